//! Ten years at a time: downtime, clocks that jump, a channel that dies, acknowledgements. The checker below knows the rungs
//! by arithmetic of its own and nothing of how the decision is made.

use super::*;
use crate::watch::facts::CertificateFacts;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// Far enough from the beginning of the calendar.
const START: i64 = 1_800_000_000;
/// How many histories a plain test run goes through; `S2SCERT_HISTORIES` says another number.
const HISTORIES: u64 = 200;

/// SplitMix64: every seed gives another history, and the same one each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((word ^ (word >> 31)) % bound.unsigned_abs()).unwrap_or_default()
    }
}

/// The last rung at or before an instant, from the documentation alone.
fn rung(now: i64, act_by: i64, expiry: i64) -> Option<i64> {
    let days = [60, 30, 14, 7, 2, 1];
    let to_act = days.iter().map(|day| act_by - day * DAY).chain([act_by]);
    let to_expiry = days.iter().map(|day| expiry - day * DAY).filter(|at| *at > act_by);
    let daily = if now >= expiry { Some(expiry + (now - expiry) / DAY * DAY) } else { None };
    to_act.chain(to_expiry).chain(daily).filter(|at| *at <= now).max()
}

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

fn facts(expiry: i64) -> Facts {
    let end = instant(expiry);
    let certificate = CertificateFacts {
        fingerprint: "F".repeat(64),
        thumbprint: "A".repeat(40),
        subject: "CN=crm.contoso.com".to_owned(),
        not_before: instant(START - 400 * DAY),
        not_after: end,
        expiry: end,
        limited_by: None,
        places: Vec::new(),
        more_places: 0,
        violations: Vec::new(),
        successor: None,
    };
    Facts { certificates: vec![certificate], troubles: Vec::new() }
}

/// Lives through one history, and returns what the checker finds wrong, and how many messages got through.
fn live(seed: u64, believes: fn(&Alert, Timestamp) -> bool) -> (Vec<String>, u64) {
    let mut dice = Dice(seed);
    let expiry = START + dice.below(3_000) * DAY + dice.below(DAY);
    let act_by = expiry - DAY;
    let facts = facts(expiry);
    let route = Route { name: "mail".to_owned(), level: Level::Attention, role: Role::Primary };
    let orders = Orders { routes: vec![route.clone()], ..Orders::default() };
    let (mut memory, mut faults, mut sent) = (Memory::default(), Vec::new(), 0);
    // What the checker holds for told: instants by the clock of the machine.
    let mut told: Vec<i64> = Vec::new();
    let mut acked: Option<i64> = None;
    let (mut now, mut offset) = (START, 0);
    while now < START + 3_650 * DAY {
        let (clock, alive) = (now + offset, dice.below(10) > 1);
        // A clock that was ahead when something was told: that is told again, as documented.
        if told.iter().any(|at| *at > clock + HOUR) {
            told.clear();
        }
        acked = acked.filter(|at| *at <= clock + HOUR);
        let decision = decide(&facts, &memory, &orders, instant(clock));
        memory = decision.memory;
        let last = rung(clock, act_by, expiry);
        let known = last.is_none_or(|rung| told.iter().any(|at| *at >= rung));
        let answered = acked.is_some_and(|at| clock < at + 7 * DAY) && told.iter().any(|at| *at >= expiry);
        let due =
            decision.due.first().map(|due| &decision.alerts[due.alert]).filter(|alert| believes(alert, instant(clock)));
        match due {
            Some(_) if known => faults.push(format!("{seed}: told again at {}", instant(clock))),
            Some(alert) if alive => {
                delivered(&mut memory, alert, &route, orders.escalation, instant(clock));
                told = vec![clock];
                sent += 1;
            }
            None if !known && !answered => faults.push(format!("{seed}: lost at {}", instant(clock))),
            _ => {}
        }
        if dice.below(20) == 0
            && told.iter().any(|at| *at >= expiry)
            && let Some(entry) = memory.entries.values_mut().next()
        {
            entry.acknowledge("Ada", "", instant(clock));
            acked = Some(clock);
        }
        now += match dice.below(40) {
            0 => 40 * DAY + dice.below(200 * DAY),
            1..=5 => dice.below(20 * DAY),
            _ => DAY - HOUR + dice.below(2 * HOUR),
        };
        offset = match dice.below(60) {
            0 => dice.below(800 * DAY) - 400 * DAY,
            1 => dice.below(4 * HOUR) - 2 * HOUR,
            2..=20 => 0,
            _ => offset,
        };
    }
    (faults, sent)
}

#[test]
fn in_no_history_is_a_crossing_lost_or_told_again_beyond_what_is_documented() {
    let count = std::option_env!("S2SCERT_HISTORIES").and_then(|text| text.parse().ok()).unwrap_or(HISTORIES);
    let mut total = 0;
    for seed in 0..count {
        let (faults, sent) = live(seed, |_, _| true);
        assert_eq!(faults.first(), None, "{} faults", faults.len());
        total += sent;
    }
    assert!(total > count, "hardly anything was told");
}

#[test]
fn the_checker_finds_what_is_lost_where_only_the_very_day_of_a_rung_counts() {
    let on_the_day = |alert: &Alert, now: Timestamp| {
        alert.state.rung.is_some_and(|rung| now.duration_since(rung.at).as_secs() < DAY)
    };
    let found = (0..20).filter(|seed| live(*seed, on_the_day).0.iter().any(|fault| fault.contains("lost"))).count();
    assert!(found > 10, "{found}");
}
