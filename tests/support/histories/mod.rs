//! Ten years of a watch at a time: downtime, clocks that jump, summer time, dead channels, crashes, answers of people.
//!
//! The world is drawn from a seed. The [`Checker`] knows rungs, levels, answers and escalation by arithmetic of its own, from
//! docs/watch.md; of the decision it knows what was sent. What it finds stands in [`Found`].

use jiff::civil::date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use s2scert::watch::Level;
use s2scert::watch::act_by::{FreezeSpan, LeadTimes};
use s2scert::watch::decide::{Alert, Escalation, Orders, Role, Route, decide, delivered};
use s2scert::watch::facts::{CertificateFacts, Facts, Rules};
use s2scert::watch::memory::{Memory, Snooze};
use s2scert::watch::silence::{Beat, silence};

mod checker;

use checker::{Checker, Expected};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
const YEARS: i64 = 10;
/// The first day, in days since 1970: 2027-01-15.
const START: i64 = 20_833;

/// What the channels are, in this order.
const CHANNELS: [(&str, Level, Role); 4] = [
    ("mail", Level::Attention, Role::Primary),
    ("hook", Level::Error, Role::Primary),
    ("log", Level::Attention, Role::Fallback),
    ("boss", Level::Attention, Role::Escalation),
];

/// What was wrong in a history, and how much happened in it.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Crossings and escalations of which a living channel was not told.
    pub(crate) lost: Vec<String>,
    /// What was told although nothing documented asks for it.
    pub(crate) repeated: Vec<String>,
    /// Silences of which the other watch did not speak in time, or spoke without reason.
    pub(crate) silence: Vec<String>,
    /// Runs of the watch.
    pub(crate) runs: u64,
    /// Messages that got through, by alert and channel.
    pub(crate) told: u64,
    /// Silences of more than two periods.
    pub(crate) silences: u64,
}

/// Which of the alerts that are due are believed to be due: all of them, but for a mutant.
pub(crate) type Believes = fn(&Alert, Timestamp) -> bool;

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

    fn once_in(&mut self, bound: i64) -> bool {
        self.below(bound) == 0
    }
}

/// Returns the instant of a number of seconds since 1970.
fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or_default()
}

/// A certificate that lies there for a while.
#[derive(Clone, Debug)]
struct Present {
    facts: CertificateFacts,
    from: i64,
    until: i64,
    checker: Checker,
}

/// Draws the certificates of ten years: each is replaced by the next, mostly in time.
fn certificates(dice: &mut Dice, times: [i64; 2], freezes: &[(i64, i64)]) -> Vec<Present> {
    let mut found = Vec::new();
    let mut from = START * DAY;
    while from < (START + YEARS * 366) * DAY {
        let expiry = from + 60 * DAY + dice.below(700 * DAY);
        let replaced = expiry + dice.below(100 * DAY) - 70 * DAY;
        let until = if dice.once_in(6) { expiry + dice.below(900 * DAY) } else { replaced };
        let act_by = checker::act_by(expiry, times, freezes);
        let facts = CertificateFacts {
            fingerprint: format!("{:064X}", found.len()),
            thumbprint: "A".repeat(40),
            subject: "CN=crm.contoso.com".to_owned(),
            not_before: instant(from - 400 * DAY),
            not_after: instant(expiry),
            expiry: instant(expiry),
            limited_by: None,
            places: Vec::new(),
            more_places: 0,
            violations: Vec::new(),
            successor: None,
        };
        found.push(Present { facts, from, until, checker: Checker::new(act_by, expiry) });
        from = replaced.max(from + DAY);
    }
    found
}

/// The machine on which the watch runs, and what goes wrong around it.
struct World {
    dice: Dice,
    zone: TimeZone,
    /// How far its clock is ahead of the time.
    offset: i64,
    /// Whether its clock shows local time for UTC, and so jumps with summer time.
    local: bool,
    /// Until when it is down.
    down: i64,
    /// Until when each channel is dead.
    dead: [i64; 4],
}

impl World {
    /// Lets a day pass, and returns the instants at which the watch runs on it: at seven o'clock local time, or when the machine
    /// comes back.
    fn day(&mut self, day: i64) -> Vec<i64> {
        let noon = instant(day * DAY + 12 * HOUR).to_zoned(self.zone.clone());
        let seven = noon.date().at(7, 0, 0, 0).to_zoned(self.zone.clone()).map_or(0, |at| at.timestamp().as_second());
        let seven = seven + self.dice.below(900);
        let midnight = day * DAY;
        let was_down = self.down > midnight;
        let returns = was_down && self.down < midnight + DAY;
        let mut runs = Vec::new();
        if returns && self.down < seven {
            runs.push(self.down);
        }
        if seven >= self.down {
            runs.push(seven);
        }
        if returns && self.down > seven {
            runs.push(self.down);
        }
        self.down = match self.dice.below(100) {
            0 => midnight + DAY + self.dice.below(200 * DAY),
            1..=4 => midnight + DAY + self.dice.below(10 * DAY),
            _ => self.down,
        };
        for dead in &mut self.dead {
            *dead = match self.dice.below(60) {
                0 => midnight + self.dice.below(40 * DAY),
                1..=2 => midnight + self.dice.below(2 * DAY),
                _ => *dead,
            };
        }
        self.offset = match self.dice.below(90) {
            0 => self.dice.below(800 * DAY) - 400 * DAY,
            1 => self.dice.below(4 * HOUR) - 2 * HOUR,
            2..=20 => 0,
            _ => self.offset,
        };
        self.local = if self.dice.once_in(120) { !self.local } else { self.local };
        runs
    }

    /// Returns what the clock of the machine shows.
    fn clock(&self, real: i64) -> i64 {
        let summer = if self.local { i64::from(self.zone.to_offset(instant(real)).seconds()) } else { 0 };
        real + self.offset + summer
    }
}

/// Lives through one history.
pub(crate) fn live(seed: u64, believes: Believes) -> Found {
    let mut dice = Dice(seed);
    let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap_or(TimeZone::UTC);
    // lead, and overlap with the cache of SharePoint.
    let times = [[0, 10 * DAY][usize::from(dice.once_in(2))], DAY + [0, 7 * DAY][usize::from(dice.once_in(2))]];
    let frozen = dice.once_in(2);
    let winters = (2026..2040).filter(|_| frozen);
    // From the beginning of 20 December to the end of 3 January, by a clock that is one hour ahead of UTC in winter.
    let start = |year: i16, month, day| date(year, month, day).at(0, 0, 0, 0).to_zoned(TimeZone::UTC);
    let second = |year, month, day| start(year, month, day).map_or(0, |at| at.timestamp().as_second() - HOUR);
    let freezes: Vec<(i64, i64)> = winters.map(|year| (second(year, 12, 20), second(year + 1, 1, 4))).collect();
    let spans = (2026..2040)
        .filter(|_| frozen)
        .map(|year| FreezeSpan::of_days(date(year, 12, 20), date(year + 1, 1, 3), &zone));
    let seconds = SignedDuration::from_secs;
    let rules = Rules {
        times: LeadTimes { lead: seconds(times[0]), overlap: seconds(times[1] - DAY), cache: seconds(DAY) },
        freezes: spans.collect(),
        ..Rules::default()
    };
    let route =
        |(name, level, role): &(&str, Level, Role)| Route { name: (*name).to_owned(), level: *level, role: *role };
    let orders = Orders { rules, routes: CHANNELS.iter().map(route).collect(), escalation: Escalation::default() };
    let mut present = certificates(&mut dice, times, &freezes);
    let mut world = World { dice, zone, offset: 0, local: false, down: 0, dead: [0; 4] };
    let (mut memory, mut found) = (Memory::default(), Found::default());
    let mut other = Other::default();
    for day in START..START + YEARS * 365 {
        for real in world.day(day) {
            let clock = world.clock(real);
            run(&mut world, real, clock, &mut present, &mut memory, &orders, believes, &mut found, seed);
            other.beat = Some((real, clock));
            found.runs += 1;
        }
        other.look(day * DAY + 12 * HOUR, &mut found, seed);
    }
    found
}

#[expect(clippy::too_many_arguments, reason = "everything there is in a history")]
fn run(
    world: &mut World,
    real: i64,
    clock: i64,
    present: &mut [Present],
    memory: &mut Memory,
    orders: &Orders,
    believes: Believes,
    found: &mut Found,
    seed: u64,
) {
    let now = instant(clock);
    if world.dice.once_in(3_000) {
        *memory = Memory::default();
        present.iter_mut().for_each(|one| one.checker.forget());
    }
    present.iter_mut().for_each(|one| one.checker.look(clock));
    let here = |one: &&Present| one.from <= real && real < one.until;
    let facts =
        Facts { certificates: present.iter().filter(here).map(|one| one.facts.clone()).collect(), ..Facts::default() };
    let decision = decide(&facts, memory, orders, now);
    *memory = decision.memory.clone();
    for one in present.iter_mut().filter(|one| one.from <= real && real < one.until) {
        let mine = |alert: &Alert| alert.key.ends_with(&one.facts.fingerprint);
        let (mut tried, mut reached) = (false, false);
        for (index, (name, level, role)) in
            CHANNELS.iter().enumerate().filter(|(_, channel)| channel.2 != Role::Fallback).chain([(2, &CHANNELS[2])])
        {
            let due = decision.due.iter().find(|due| due.channel == *name && mine(&decision.alerts[due.alert]));
            let alert = due.map(|due| &decision.alerts[due.alert]).filter(|alert| believes(alert, now));
            let expected = one.checker.expects(index, *level, *role, clock);
            let told = || format!("{seed}: {name} at {now} of {}", one.facts.expiry);
            match (alert, expected) {
                (None, Expected::Due) => found.lost.push(told()),
                (Some(_), Expected::Known) => found.repeated.push(told()),
                _ => {}
            }
            let alive = world.dead[index] <= real;
            let Some(alert) = alert.filter(|_| *role != Role::Fallback || (tried && !reached)) else { continue };
            tried |= *role == Role::Primary;
            if !alive {
                continue;
            }
            reached |= *role == Role::Primary;
            found.told += 1;
            if world.dice.once_in(100) {
                // It has arrived, and the machine went down before that was noted: told again, once.
                continue;
            }
            delivered(memory, alert, &orders.routes[index], orders.escalation, now);
            one.checker.told(index, *role, clock);
        }
        answer(&mut world.dice, one, memory, clock);
    }
}

/// What people do.
fn answer(dice: &mut Dice, one: &mut Present, memory: &mut Memory, clock: i64) {
    let entry = memory.entries.iter_mut().find(|(key, _)| key.ends_with(&one.facts.fingerprint));
    let Some((_, entry)) = entry.filter(|(_, entry)| !entry.told.is_empty()) else { return };
    if dice.once_in(15) {
        entry.acknowledge("Ada", "", instant(clock));
        one.checker.acknowledge(clock);
    }
    if dice.once_in(60) {
        let until = clock + DAY + dice.below(89 * DAY);
        let level = one.checker.snooze(clock, until);
        let (by, note) = ("Ada".to_owned(), String::new());
        entry.snooze = Some(Snooze { at: instant(clock), until: instant(until), level, by, note });
    }
}

/// Another watch that looks at the heartbeat of the first each day at noon.
#[derive(Default)]
struct Other {
    /// When the first ended last, by the time and by its clock.
    beat: Option<(i64, i64)>,
    counted: i64,
}

impl Other {
    fn look(&mut self, now: i64, found: &mut Found, seed: u64) {
        let Some((real, clock)) = self.beat.filter(|(real, _)| *real <= now) else { return };
        let beat = Beat { ended: instant(clock), called: None, next: None, could_tell: true };
        let spoken = silence(beat, None, instant(now)).is_some();
        // The first run that did not come was due a day after the last; two periods later it must have been spoken of.
        let silent = now - real >= 3 * DAY;
        let fresh = now - real < DAY + 2 * HOUR && (clock - real).abs() < 60;
        if silent && self.counted != real {
            self.counted = real;
            found.silences += 1;
        }
        let must = if clock - real <= 600 { silent } else { clock > now + 600 };
        if (must && !spoken) || (fresh && spoken) {
            found.silence.push(format!("{seed}: at {} of {}", instant(now), instant(real)));
        }
    }
}

impl Found {
    /// Adds up two histories.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.lost.extend(other.lost);
        self.repeated.extend(other.repeated);
        self.silence.extend(other.silence);
        self.runs += other.runs;
        self.told += other.told;
        self.silences += other.silences;
        self
    }
}
