//! Plans: what stands against one, what the lint finds in one, when one is admitted.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use proptest::prelude::*;

use super::admission::{Refused, admit, still_rests};
use super::basis::{Basis, Strategy};
use super::lint::lint;
use super::plan::{Act, Check, Plan, ReadError, Step, Which};
use super::planner::{Objection, plan};
use super::record::{Began, Done, EndKind, Ended, Intent, Record, Run, State, Turned};
use crate::cert::pfx::{PfxProfile, Target};
use crate::farm::description::Transport;
use crate::protocol::{Hex, Id, Text};
use crate::sim::roll::{Shape, roll};

/// The plan of a sample farm of three servers that retires the old certificate after 14 days.
fn sample() -> Plan {
    let mut basis = roll(0, &Shape::sample(3, Strategy::Direct)).unwrap().plan.basis;
    basis.asked.retire_after_days = Some(14);
    plan(&basis).unwrap()
}

#[test]
fn a_sound_plan_has_no_fault_and_is_admitted_octet_for_octet() {
    let sample = sample();
    assert_eq!(lint(&sample), []);
    let admitted = admit(&sample.bytes()).unwrap();
    assert_eq!(admitted.plan(), &sample);
    assert_eq!(admitted.digest(), sample.digest());
    assert_eq!(sample.no_return.as_ref().unwrap().as_str(), "retire-crm-001");
}

#[test]
fn what_stands_against_a_roll_is_told() {
    type Change = fn(&mut Basis);
    type Told = fn(&Objection) -> bool;
    let cases: [(Change, Told); 13] = [
        (|b| b.seen.nodes.clear(), |o| *o == Objection::NobodySigns),
        (|b| b.seen.update_crm = Id::word("nobody"), |o| *o == Objection::NoUpdateCrm),
        (|b| b.seen.nodes[1].name = Id::word("CRM-001"), |o| matches!(o, Objection::TwoOfOneName(_))),
        (|b| b.asked.strategy = Some(Strategy::Initial), |o| *o == Objection::RowThere),
        (
            |b| {
                b.asked.strategy = Some(Strategy::Direct);
                b.seen.rows.clear();
            },
            |o| *o == Objection::NoRow,
        ),
        (|b| b.seen.rows.push(b.seen.rows[0].clone()), |o| *o == Objection::ManyRows(2)),
        (|b| b.seen.rows[0].certificate = None, |o| *o == Objection::UnreadableRow),
        (|b| b.asked.now = b.asked.certificate.not_after, |o| *o == Objection::NotValid),
        (
            |b| {
                b.seen.nodes[1].certificates[0].subject =
                    Text::told(&b.asked.certificate.subject.as_str().to_uppercase());
            },
            |o| matches!(o, Objection::SameSubject(name) if name.as_str() == "crm-002"),
        ),
        (|b| b.seen.nodes[0].script_sha256 = None, |o| matches!(o, Objection::NoScript(_))),
        (|b| b.seen.nodes[0].network_identity = false, |o| matches!(o, Objection::NoNetworkIdentity(_))),
        (|b| b.seen.nodes[0].transport = Transport::Manual, |o| matches!(o, Objection::ByHand(_))),
        (|b| b.seen.nodes[1].os = Target::Server2012R2, |o| matches!(o, Objection::TooOld(_))),
    ];
    for (number, (change, is_told)) in cases.into_iter().enumerate() {
        let mut basis = sample().basis;
        change(&mut basis);
        let objections = plan(&basis).unwrap_err();
        assert!(objections.iter().any(is_told), "case {number}: {objections:?}");
        assert!(objections.iter().all(|one| !one.to_string().is_empty() && !one.next().is_empty()));
    }
    let mut basis = sample().basis;
    basis.seen.nodes[2].accounts.clear();
    assert_eq!(plan(&basis).unwrap_err(), [Objection::NoAccount(Id::word("crm-003"))]);
}

#[test]
fn the_oldest_server_decides_how_the_pfx_is_sealed() {
    for (os, profile) in [(Target::Server2016, PfxProfile::Legacy), (Target::Server2022, PfxProfile::Modern)] {
        let mut basis = sample().basis;
        basis.seen.nodes[1].os = os;
        assert_eq!(plan(&basis).unwrap().pfx, profile);
    }
}

#[test]
fn a_row_that_is_new_already_is_never_switched() {
    let mut basis = sample().basis;
    basis.seen.rows[0].thumbprint = Some(basis.asked.certificate.thumbprint);
    let plan = plan(&basis).unwrap();
    assert!(!plan.steps.iter().any(|step| matches!(step.act, Act::Switch(_) | Act::Remove(Which::Old))));
    assert_eq!(lint(&plan), []);
}

#[test]
fn a_server_without_the_script_is_imported_natively() {
    let mut basis = sample().basis;
    basis.seen.nodes[1].script_sha256 = None;
    let plan = plan(&basis).unwrap();
    let act = |id: &str| plan.step(&Id::word(id)).unwrap().act.clone();
    assert!(matches!(act("import-crm-001"), Act::ImportByScript(_)));
    assert_eq!(act("import-crm-002"), Act::ImportNatively);
}

#[test]
fn a_sharepoint_farm_that_is_not_reached_is_left_to_people() {
    let mut basis = sample().basis;
    basis.seen.sharepoint[0].server = None;
    let plan = plan(&basis).unwrap();
    assert!(!plan.steps.iter().any(|step| step.act == Act::Refresh));
    assert!(plan.steps.iter().any(|step| matches!(&step.act, Act::ByHand(hand) if hand.commands.len() == 2)));
    assert_eq!(lint(&plan), []);
}

fn without(plan: &mut Plan, goes: fn(&Step) -> bool) {
    plan.steps.retain(|step| !goes(step));
}

#[test]
fn the_lint_finds_each_fault_in_a_plan() {
    type Change = fn(&mut Plan);
    let cases: [(u8, &str, Change); 14] = [
        (1, "switched 0 times", |p| without(p, |step| matches!(step.act, Act::Switch(_)))),
        (1, "switched 2 times", |p| {
            let switch = p.step(&Id::word("switch")).unwrap().clone();
            p.steps.push(switch);
        }),
        (1, "not written on the node", |p| {
            p.steps.iter_mut().for_each(|step| {
                if step.id.as_str() == "switch" {
                    step.node = Id::word("crm-002");
                }
            });
        }),
        (1, "runs the script", |p| {
            let act = p.step(&Id::word("switch")).unwrap().act.clone();
            p.unwind[0].act = act;
        }),
        (3, "crm-002 is not proven ready before", |p| without(p, |step| step.id.as_str() == "ready-crm-002")),
        (3, "not proven ready again", |p| without(p, |step| step.id.as_str() == "ready-again-crm-001")),
        (4, "before proof and quarantine", |p| without(p, |step| matches!(step.check, Check::Quarantine(_)))),
        (4, "does not say so", |p| p.no_return = None),
        (4, "another row uses", |p| {
            let mut row = p.basis.seen.rows[0].clone();
            row.certificate_type = Text::told("AlternativeS2STokenIssuer");
            p.basis.seen.rows.push(row);
        }),
        (5, "the row is not looked at", |p| without(p, |step| step.id.as_str() == "verify-row")),
        (5, "not started anew", |p| without(p, |step| step.id.as_str() == "recycle-crm-003@1")),
        (5, "have this name", |p| p.steps[1].id = p.steps[0].id.clone()),
        (6, "before the row is what it was", |p| p.unwind.reverse()),
        (8, "no credentials", |p| p.basis.seen.nodes[0].network_identity = false),
    ];
    for (invariant, what, change) in cases {
        let mut plan = sample();
        change(&mut plan);
        let faults = lint(&plan);
        let found = faults.iter().any(|fault| fault.invariant == invariant && fault.what.contains(what));
        assert!(found, "{what}: {faults:?}");
    }
}

#[test]
fn an_edited_or_newer_plan_is_refused() {
    let sample = sample();
    let text = String::from_utf8(sample.bytes()).unwrap();
    for (from, to) in [
        ("\"deadline_seconds\": 60", "\"deadline_seconds\": 61"),
        ("ready-crm-002", "ready-crm-003"),
        ("\"modern\"", "\"legacy\""),
        ("\"network_identity\": true", "\"network_identity\": false"),
        ("\n", "\r\n"),
    ] {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        assert_eq!(admit(edited.as_bytes()).unwrap_err(), Refused::Edited, "{from}");
    }
    let newer = text.replacen("rotation-plan/1.0", "rotation-plan/1.1", 1);
    assert_eq!(admit(newer.as_bytes()).unwrap_err(), Refused::Unread(ReadError::Newer("1.1".to_owned())));
    for wrong in ["", "{}", "[]", "{\"schema\":\"s2scert.farm-facts/1.0\"}", &text[..text.len() / 2]] {
        assert!(matches!(admit(wrong.as_bytes()), Err(Refused::Unread(ReadError::Other(_)))), "{wrong}");
    }
}

#[test]
fn a_plan_whose_facts_have_moved_is_refused_and_says_what_moved() {
    let sample = sample();
    let (asked, seen) = (&sample.basis.asked, &sample.basis.seen);
    assert_eq!(still_rests(&sample, asked.now, seen), Ok(()));
    let mut other = seen.clone();
    other.farm = Text::told("fabrikam");
    assert!(matches!(still_rests(&sample, asked.now, &other), Err(Refused::OtherFarm { .. })));
    assert_eq!(still_rests(&sample, asked.certificate.not_after, seen), Err(Refused::NotValid));
    let mut moved = seen.clone();
    moved.nodes[1].script_sha256 = None;
    moved.rows.clear();
    moved.nodes.pop();
    let Err(Refused::Moved(what)) = still_rests(&sample, asked.now, &moved) else { panic!("it has not moved") };
    assert_eq!(what.len(), 3, "{what:?}");
}

#[test]
fn a_journal_has_one_legal_order() {
    let at = "2026-06-01T00:00:00Z".parse().unwrap();
    let began = || Record::Began(Began { roll: Id::word("r"), plan_sha256: Hex::from([1; 32]), at });
    let run = |fence| Record::Run(Run { holder: Text::told("ada"), fence, at });
    let intent = |attempt| {
        let word = Id::word;
        let action = Text::told("grant");
        Record::Intent(Intent {
            step: word("s"),
            ticket: word("s"),
            attempt,
            node: word("n"),
            action,
            before: None,
            at,
        })
    };
    let ended = |end| Record::Ended(Ended { end, why: Text::default(), at });
    let turned = || Record::Turned(Turned { why: Text::default(), at });
    let done = || Record::Done(Done { step: Id::word("s"), at });
    let cases: Vec<(Vec<Record>, bool)> = vec![
        (vec![began(), run(1), intent(1)], true),
        (vec![run(1)], false),
        (vec![began(), began()], false),
        (vec![began(), intent(1)], false),
        (vec![began(), run(1), intent(2)], false),
        (vec![began(), run(1), intent(1), intent(2)], false),
        (vec![began(), run(1), intent(1), run(2), intent(2)], true),
        (vec![began(), run(2), run(2)], false),
        (vec![began(), run(1), intent(1), ended(EndKind::RolledBack)], false),
        (vec![began(), run(1), intent(1), turned(), ended(EndKind::RolledBack)], true),
        (vec![began(), run(1), turned(), ended(EndKind::Done)], false),
        (vec![began(), run(1), turned(), turned()], false),
        (vec![began(), run(1), ended(EndKind::Done), run(2)], false),
        (vec![began(), run(1), ended(EndKind::Manual), run(2), done()], true),
        (vec![began(), run(1), ended(EndKind::Manual), done()], false),
    ];
    for (number, (records, legal)) in cases.into_iter().enumerate() {
        assert_eq!(State::of(&records).is_ok(), legal, "case {number}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The same facts give the same octets, however they have travelled; every plan is sound, and admitted.
    #[test]
    fn the_same_facts_give_the_same_octets(seed in any::<u64>(), most in 1_u32..8) {
        let basis = roll(seed, &Shape::calm(1, most)).unwrap().plan.basis;
        let travelled: Basis = serde_json::from_slice(&serde_json::to_vec(&basis).unwrap()).unwrap();
        let (one, other) = (plan(&basis).unwrap(), plan(&travelled).unwrap());
        prop_assert_eq!(one.bytes(), other.bytes());
        prop_assert_eq!(lint(&one), []);
        prop_assert!(admit(&one.bytes()).is_ok());
    }
}
