//! Crossings, acknowledgements, snoozes, escalations.

use super::*;
use crate::watch::facts::{CertificateFacts, Trouble, Violation};
use crate::watch::memory::Snooze;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_default()
}

fn certificate() -> CertificateFacts {
    CertificateFacts {
        fingerprint: "F".repeat(64),
        thumbprint: "A".repeat(40),
        subject: "CN=crm.contoso.com".to_owned(),
        not_before: at("2026-06-10T12:00:00Z"),
        not_after: at("2027-06-10T12:00:00Z"),
        expiry: at("2027-06-10T12:00:00Z"),
        limited_by: None,
        places: vec!["s2s.pfx".to_owned()],
        more_places: 0,
        violations: Vec::new(),
        successor: None,
    }
}

fn facts() -> Facts {
    Facts { certificates: vec![certificate()], ..Facts::default() }
}

fn orders() -> Orders {
    let route = |name: &str, level, role| Route { name: name.to_owned(), level, role };
    Orders {
        routes: vec![
            route("mail", Level::Attention, Role::Primary),
            route("pager", Level::Critical, Role::Primary),
            route("boss", Level::Attention, Role::Escalation),
        ],
        ..Orders::default()
    }
}

/// A watch whose channels can be dead.
struct Story {
    orders: Orders,
    memory: Memory,
    facts: Facts,
}

impl Story {
    fn new() -> Self {
        Self { orders: orders(), memory: Memory::default(), facts: facts() }
    }

    /// Runs once, and returns what got through as `channel:stage`.
    fn run(&mut self, now: &str, dead: &[&str]) -> String {
        let now = at(now);
        let decision = decide(&self.facts, &self.memory, &self.orders, now);
        self.memory = decision.memory;
        let mut told = Vec::new();
        for due in decision.due.iter().filter(|due| !dead.contains(&due.channel.as_str())) {
            let route =
                self.orders.routes.iter().find(|route| route.name == due.channel).unwrap_or(&self.orders.routes[0]);
            let alert = &decision.alerts[due.alert];
            delivered(&mut self.memory, alert, route, self.orders.escalation, now);
            told.push(format!("{}:{}", due.channel, alert.crossing.split('/').nth(2).unwrap_or_default()));
        }
        told.join(" ")
    }

    fn entry(&mut self) -> &mut Entry {
        self.memory.entries.values_mut().next().unwrap_or_else(|| panic!("nothing was told"))
    }
}

#[test]
fn a_crossing_is_told_once_and_a_missed_one_is_made_up_for() {
    let mut story = Story::new();
    for (now, told) in [
        ("2027-04-10T11:59:00Z", ""),
        ("2027-04-10T12:00:00Z", "mail:act-by-60d"),
        ("2027-04-10T12:15:00Z", ""),
        ("2027-05-30T00:00:00Z", "mail:act-by-14d"),
        ("2027-05-30T00:15:00Z", ""),
        ("2027-06-05T00:00:00Z", "mail:act-by-7d pager:act-by-7d"),
        ("2027-06-09T12:00:00Z", "mail:late pager:late boss:late"),
        ("2027-06-10T12:00:00Z", "mail:expired-0 pager:expired-0"),
        ("2027-06-10T23:00:00Z", ""),
        ("2027-06-11T12:00:00Z", "mail:expired-1 pager:expired-1"),
        ("2027-06-14T13:00:00Z", "mail:expired-4 pager:expired-4"),
    ] {
        assert_eq!(story.run(now, &[]), told, "{now}");
    }
}

#[test]
fn a_dead_channel_hears_of_it_when_it_is_back_and_the_others_do_not_wait() {
    let mut story = Story::new();
    assert_eq!(story.run("2027-06-05T00:00:00Z", &["mail"]), "pager:act-by-7d");
    assert_eq!(story.run("2027-06-05T00:15:00Z", &["mail"]), "");
    assert_eq!(story.run("2027-06-05T00:30:00Z", &[]), "mail:act-by-7d");
}

#[test]
fn a_clock_that_was_ahead_takes_nothing_away() {
    let mut story = Story::new();
    assert_eq!(story.run("2029-01-01T00:00:00Z", &["boss"]), "mail:expired-570 pager:expired-570");
    assert_eq!(story.run("2027-05-20T00:00:00Z", &[]), "mail:act-by-30d");
    assert_eq!(story.run("2027-05-26T12:00:00Z", &[]), "mail:act-by-14d");
    // A step of less than the tolerance is none.
    assert_eq!(story.run("2027-05-26T11:30:00Z", &[]), "");
    assert_eq!(story.run("2027-05-26T12:01:00Z", &[]), "");
}

#[test]
fn an_answer_to_a_wrong_clock_holds_nothing_back_even_when_that_instant_has_come() {
    for snoozed in [false, true] {
        let mut story = Story::new();
        let ahead = at("2027-07-01T12:00:00Z");
        assert_eq!(story.run("2027-07-01T12:00:00Z", &[]), "mail:expired-21 pager:expired-21");
        let entry = story.entry();
        if snoozed {
            let (by, note) = ("Ada".to_owned(), String::new());
            entry.snooze =
                Some(Snooze { at: ahead, until: at("2027-08-01T00:00:00Z"), level: Level::Critical, by, note });
        } else {
            entry.acknowledge("Ada", "", ahead);
        }
        assert_eq!(story.run("2027-06-30T12:00:00Z", &[]), "mail:expired-20 pager:expired-20");
        assert_eq!(story.run("2027-07-01T12:30:00Z", &[]), "mail:expired-21 pager:expired-21");
        assert_eq!(story.run("2027-07-03T12:00:00Z", &[]), "mail:expired-23 pager:expired-23 boss:expired-23");
    }
}

#[test]
fn who_has_not_answered_is_counted_by_a_right_clock() {
    let mut story = Story::new();
    assert_eq!(story.run("2027-07-01T12:00:00Z", &[]), "mail:expired-21 pager:expired-21");
    // The clock is put right before the certificate is late: nobody has been asked to answer that yet.
    assert_eq!(story.run("2027-05-20T00:00:00Z", &[]), "mail:act-by-30d");
    assert_eq!(story.run("2027-06-09T12:00:00Z", &[]), "mail:late pager:late");
    assert_eq!(story.run("2027-06-11T12:00:00Z", &[]), "mail:expired-1 pager:expired-1 boss:expired-1");
    // An answer that a wrong clock has dated is none: whoever had to answer has two days from then on.
    let mut story = Story::new();
    assert_eq!(story.run("2027-06-09T12:00:00Z", &[]), "mail:late pager:late");
    story.entry().acknowledge("Ada", "", at("2027-09-01T00:00:00Z"));
    assert_eq!(story.run("2027-06-09T13:00:00Z", &[]), "");
    assert_eq!(story.run("2027-06-10T11:00:00Z", &[]), "");
    assert_eq!(story.run("2027-06-11T12:59:00Z", &["mail", "pager"]), "");
    assert_eq!(story.run("2027-06-11T13:00:00Z", &["mail", "pager"]), "boss:expired-1");
}

#[test]
fn a_date_that_moves_makes_new_crossings_in_both_directions() {
    let mut story = Story::new();
    assert_eq!(story.run("2027-04-10T12:00:00Z", &[]), "mail:act-by-60d");
    story.facts.certificates[0].expiry = at("2027-04-20T12:00:00Z");
    assert_eq!(story.run("2027-04-10T12:15:00Z", &[]), "mail:act-by-14d");
    story.facts.certificates[0].expiry = at("2027-08-20T12:00:00Z");
    assert_eq!(story.run("2027-04-10T12:30:00Z", &[]), "");
    assert_eq!(story.run("2027-06-20T12:00:00Z", &[]), "mail:act-by-60d");
}

#[test]
fn an_answer_keeps_back_escalation_and_for_a_week_the_daily_word() {
    let mut story = Story::new();
    assert_eq!(story.run("2027-06-08T12:00:00Z", &[]), "mail:act-by-1d pager:act-by-1d");
    story.entry().acknowledge("Ada", "ordered", at("2027-06-08T13:00:00Z"));
    assert_eq!(story.run("2027-06-09T12:00:00Z", &[]), "mail:late pager:late");
    assert_eq!(story.run("2027-06-10T12:00:00Z", &[]), "mail:expired-0 pager:expired-0");
    story.entry().acknowledge("Ada", "tonight", at("2027-06-10T13:00:00Z"));
    for day in 11..=17 {
        assert_eq!(story.run(&format!("2027-06-{day}T12:00:00Z"), &[]), "", "{day}");
    }
    assert_eq!(story.run("2027-06-18T12:00:00Z", &[]), "mail:expired-8 pager:expired-8");
    assert_eq!(story.run("2027-06-20T11:00:00Z", &[]), "mail:expired-9 pager:expired-9");
    assert_eq!(story.run("2027-06-20T12:00:00Z", &[]), "mail:expired-10 pager:expired-10 boss:expired-10");
    assert_eq!(story.run("2027-06-21T12:00:00Z", &[]), "mail:expired-11 pager:expired-11");
}

#[test]
fn a_snooze_ends_at_its_end_or_when_it_gets_worse() {
    let mut story = Story::new();
    assert_eq!(story.run("2027-05-10T12:00:00Z", &[]), "mail:act-by-30d");
    let snooze = |level| {
        Some(Snooze {
            at: at("2027-05-10T13:00:00Z"),
            until: at("2027-06-01T00:00:00Z"),
            level,
            by: "Ada".to_owned(),
            note: String::new(),
        })
    };
    story.entry().snooze = snooze(Level::Warning);
    assert_eq!(story.run("2027-05-26T12:00:00Z", &[]), "");
    assert_eq!(story.run("2027-06-01T00:00:00Z", &[]), "mail:act-by-14d");
    story.entry().snooze =
        Some(Snooze { until: at("2028-01-01T00:00:00Z"), ..snooze(Level::Warning).unwrap_or_else(|| panic!()) });
    assert_eq!(story.run("2027-06-02T12:00:00Z", &[]), "");
    assert_eq!(story.run("2027-06-07T12:00:00Z", &[]), "mail:act-by-2d pager:act-by-2d");
}

#[test]
fn what_stands_is_told_when_it_begins_gets_worse_or_is_more_and_not_when_it_flickers() {
    let mut story = Story::new();
    let unreadable = Trouble {
        kind: Kind::Unreadable,
        about: "share".to_owned(),
        level: Level::Warning,
        message: "cannot be read".to_owned(),
        remedy: "look".to_owned(),
    };
    story.facts = Facts { troubles: vec![unreadable], ..Facts::default() };
    assert!(story.run("2027-01-01T00:00:00Z", &[]).starts_with("mail:warning"));
    let with = std::mem::take(&mut story.facts);
    assert_eq!(story.run("2027-01-01T00:15:00Z", &[]), "");
    story.facts = with.clone();
    assert_eq!(story.run("2027-01-01T00:30:00Z", &[]), "");
    story.facts.troubles[0].level = Level::Error;
    assert!(story.run("2027-01-01T00:45:00Z", &[]).starts_with("mail:error"));
    story.facts = Facts::default();
    assert_eq!(story.run("2027-01-02T00:45:01Z", &[]), "");
    story.facts = with;
    assert!(story.run("2027-01-02T01:00:00Z", &[]).starts_with("mail:warning"));

    let mut story = Story::new();
    let breaks = |rule: &str| Violation { rule: rule.to_owned(), message: "seen".to_owned() };
    story.facts.certificates[0].violations = vec![breaks("a")];
    assert_eq!(story.run("2027-01-01T00:00:00Z", &[]).split(':').next(), Some("mail"));
    assert_eq!(story.run("2027-01-01T00:15:00Z", &[]), "");
    story.facts.certificates[0].violations.push(breaks("b"));
    assert_eq!(story.run("2027-01-01T00:30:00Z", &[]).split(':').next(), Some("mail"));
    story.facts.certificates[0].violations.remove(0);
    assert_eq!(story.run("2027-01-01T00:45:00Z", &[]), "");
    story.facts.certificates[0].violations.push(breaks("a"));
    assert_eq!(story.run("2027-01-01T01:00:00Z", &[]).split(':').next(), Some("mail"));
}

#[test]
fn one_proven_to_be_replaced_is_silent_and_one_that_is_only_followed_is_not() {
    let mut story = Story::new();
    let successor = |proven| crate::watch::facts::Successor {
        thumbprint: "B".repeat(40),
        expiry: at("2028-06-10T12:00:00Z"),
        proven,
    };
    story.facts.certificates[0].successor = Some(successor(true));
    assert_eq!(story.run("2027-06-11T12:00:00Z", &[]), "");
    story.facts.certificates[0].successor = Some(successor(false));
    assert_eq!(story.run("2027-06-11T12:00:00Z", &[]), "mail:expired-1 pager:expired-1");
}

#[test]
fn the_key_of_a_crossing_stays_the_same_until_the_next_and_that_of_the_alert_for_ever() {
    let decision = |now| decide(&facts(), &Memory::default(), &orders(), at(now)).alerts;
    let (one, same, next) =
        (decision("2027-05-26T12:00:00Z"), decision("2027-05-30T12:00:00Z"), decision("2027-06-02T12:00:00Z"));
    assert_eq!(one[0].crossing, same[0].crossing);
    assert_ne!(one[0].crossing, next[0].crossing);
    assert_eq!((&one[0].key, &one[0].id), (&next[0].key, &next[0].id));
}
