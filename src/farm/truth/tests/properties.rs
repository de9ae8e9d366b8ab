//! What holds of every farm: less seen never means less wrong elsewhere, nothing is called missing unseen, order is nothing.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// Makes a part of what a server shows unseen, and tells which.
fn hide(all: &mut [Facts], which: usize) -> (String, Topic) {
    let server = &mut all[which / 7];
    let hidden = || "hidden".to_owned();
    let topic = match which % 7 {
        0 => {
            server.store = Seen::Unseen(hidden());
            Topic::Store
        }
        1 => {
            server.rows = Seen::Unseen(hidden());
            Topic::Rows
        }
        2 => {
            server.metadata.clear();
            Topic::Metadata("sales".to_owned())
        }
        3 => {
            server.trusts = Seen::Unseen(hidden());
            Topic::Trusts
        }
        4 => {
            server.clock_offset_seconds = Seen::Unseen(hidden());
            Topic::Clock
        }
        5 => {
            server.services = Seen::Unseen(hidden());
            Topic::Services
        }
        _ => {
            server.refresh_job = Seen::Unseen(hidden());
            Topic::RefreshJob
        }
    };
    (server.server.clone(), topic)
}

/// A farm in which each place holds any of the certificates, in any order, with any fault of a key.
fn any_farm() -> impl Strategy<Value = Vec<Facts>> {
    let pool = || -> Vec<Arc<SeenCertificate>> {
        vec![OLD.clone(), NEW.clone(), TWIN.clone(), TLS.clone(), certificate("CN=old", -3)]
    };
    let some = move || proptest::sample::subsequence(pool(), 0..4);
    let place = (some(), some(), some(), some(), 0u8..6, -400i64..400);
    proptest::collection::vec(place, 4).prop_map(|places| {
        let mut all = servers();
        for (facts, (in_store, in_rows, in_metadata, in_trust, fault, clock)) in all.iter_mut().zip(places) {
            facts.clock_offset_seconds = Seen::Seen(clock);
            if facts.store.seen().is_some() {
                *store(facts) = in_store.iter().map(stored).collect();
                if let Some(Seen::Seen(Some(key))) = store(facts).first_mut().map(|first| &mut first.key) {
                    key.matches = fault != 1;
                    key.location.as_mut().unwrap().provider_type = if fault == 2 { 0 } else { 24 };
                    key.location.as_mut().unwrap().machine = fault != 3;
                }
            }
            if facts.rows.seen().is_some() {
                *rows(facts) = in_rows.iter().map(|one| row(one, RowKind::S2STokenIssuer)).collect();
            }
            if !facts.metadata.is_empty() {
                answer(facts).keys = in_metadata;
            }
            if facts.trusts.seen().is_some() {
                trust(facts).signing = in_trust.first().cloned();
                trust(facts).additional = in_trust.into_iter().skip(1).collect();
            }
        }
        all
    })
}

fn keyed(one: &Disagreement) -> String {
    format!("{:?} {} {:?} {}", one.kind, one.about, one.certificate.as_ref().map(|c| c.fingerprint), one.in_use)
}

proptest! {
    #[test]
    fn seeing_less_takes_away_only_what_rests_on_it(all in any_farm(), which in 0usize..28) {
        let whole = table(all.clone());
        let mut less = all;
        let (server, topic) = hide(&mut less, which);
        let partly = table(less);
        let left: Vec<String> = partly.disagreements.iter().map(keyed).collect();
        for one in &whole.disagreements {
            let rests = one.evidence.iter().any(|spot| spot.server == server && spot.topic == topic);
            prop_assert!(rests || left.contains(&keyed(one)), "{} {topic:?} took {}", server, keyed(one));
        }
    }

    #[test]
    fn a_cell_that_was_not_seen_never_makes_a_verdict_say_missing(all in any_farm(), which in 0usize..28) {
        let mut less = all;
        hide(&mut less, which);
        for line in table(less).lines {
            for place in line.verdict.says_missing() {
                let lacking = line.cells.iter().any(|cell| cell.place == *place && matches!(cell.state, PlaceState::Stale | PlaceState::Absent));
                prop_assert!(lacking, "{:?} {:?}", line.verdict, line.cells);
            }
        }
    }

    #[test]
    fn the_order_of_the_servers_does_not_matter(all in any_farm(), by in 1usize..4) {
        let mut farm = DESCRIPTION.clone();
        farm.nodes.rotate_left(by);
        let mut turned = all.clone();
        turned.rotate_left(4 - by);
        let (a, b) = (table(all), TruthTable::of(&Observation::new(&farm, now(), turned, &[])));
        prop_assert_eq!(a.disagreements.iter().map(keyed).collect::<Vec<_>>(), b.disagreements.iter().map(keyed).collect::<Vec<_>>());
        let verdicts = |table: &TruthTable| table.lines.iter().map(|line| (line.certificate.fingerprint, line.verdict)).collect::<Vec<_>>();
        prop_assert_eq!(verdicts(&a), verdicts(&b));
        prop_assert_eq!(a.gaps, b.gaps);
    }
}
