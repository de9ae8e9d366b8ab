//! What docs/watch.md promises of one certificate, by arithmetic of its own: rungs, levels, answers, escalation.

use s2scert::watch::Level;
use s2scert::watch::decide::Role;

use super::{DAY, HOUR};

/// The days of the ladder.
const THRESHOLDS: [i64; 6] = [60, 30, 14, 7, 2, 1];

/// What a channel is to hear in a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    /// It is to be told.
    Due,
    /// It has been told, or is not to be told.
    Known,
}

/// Where a certificate stands.
#[derive(Clone, Copy, Debug)]
struct Standing {
    /// The instant of the last rung.
    rung: i64,
    level: Level,
}

/// What was told last on a channel.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: i64,
    standing: Standing,
}

/// What somebody said.
#[derive(Clone, Copy, Debug)]
struct Answer {
    at: i64,
    /// A snooze ends.
    until: i64,
    to: Standing,
}

/// One certificate, and everything that is known of it.
#[derive(Clone, Debug)]
pub(super) struct Checker {
    act_by: i64,
    expiry: i64,
    told: [Option<Told>; 4],
    unanswered: Option<i64>,
    ack: Option<Answer>,
    snooze: Option<Answer>,
}

/// Returns the act-by date: the change ends at the expiry, or where it would meet a freeze at the beginning of that. Freezes
/// lie further from one another than a change is long.
pub(super) fn act_by(expiry: i64, [lead, change]: [i64; 2], freezes: &[(i64, i64)]) -> i64 {
    let meets = freezes.iter().find(|(from, until)| *from < expiry && expiry - change < *until);
    meets.map_or(expiry, |(from, _)| *from) - change - lead
}

impl Checker {
    pub(super) fn new(act_by: i64, expiry: i64) -> Self {
        Self { act_by, expiry, told: [None; 4], unanswered: None, ack: None, snooze: None }
    }

    /// The memory is lost.
    pub(super) fn forget(&mut self) {
        *self = Self::new(self.act_by, self.expiry);
    }

    /// What a clock that was ahead by more than an hour has dated counts as never said.
    pub(super) fn look(&mut self, clock: i64) {
        let right = |at: i64| at <= clock + HOUR;
        for told in &mut self.told {
            *told = told.filter(|told| right(told.at));
        }
        self.unanswered = self.unanswered.filter(|since| right(*since));
        self.snooze = self.snooze.filter(|snooze| right(snooze.at));
        if self.ack.is_some_and(|ack| !right(ack.at)) {
            self.ack = None;
            if self.unanswered.is_none() && self.told.iter().flatten().any(|told| told.standing.level >= Level::Error) {
                self.unanswered = Some(clock);
            }
        }
    }

    /// Returns the last rung at or before an instant, and how bad it is then.
    fn standing(&self, clock: i64) -> Option<Standing> {
        let level = |days: i64| match days {
            15.. => Level::Attention,
            3..=14 => Level::Warning,
            _ => Level::Error,
        };
        let to_act = THRESHOLDS.iter().map(|days| (self.act_by - days * DAY, level(*days)));
        let to_expiry = THRESHOLDS.iter().map(|days| (self.expiry - days * DAY, Level::Error));
        let to_expiry = to_expiry.filter(|(at, _)| *at > self.act_by);
        let daily = (clock >= self.expiry).then(|| (clock - (clock - self.expiry) % DAY, Level::Critical));
        let rungs = to_act.chain([(self.act_by, Level::Error)]).chain(to_expiry).chain(daily);
        let (rung, level) = rungs.filter(|(at, _)| *at <= clock).max_by_key(|(at, _)| *at)?;
        let near = clock >= self.expiry - 7 * DAY;
        Some(Standing { rung, level: if near { Level::Critical } else { level } })
    }

    fn worst_told(&self) -> Option<Standing> {
        self.told.iter().flatten().map(|told| told.standing).max_by_key(|one| (one.rung, one.level))
    }

    /// Returns whether what was acknowledged is not better than how it stands. After the expiry that holds for a week.
    fn is_answered(&self, now: Standing, clock: i64) -> bool {
        self.ack.is_some_and(|ack| {
            let both_expired = now.rung >= self.expiry && ack.to.rung >= self.expiry;
            now.level <= ack.to.level && if both_expired { clock < ack.at + 7 * DAY } else { now.rung <= ack.to.rung }
        })
    }

    pub(super) fn expects(&self, channel: usize, least: Level, role: Role, clock: i64) -> Expected {
        let Some(now) = self.standing(clock) else { return Expected::Known };
        let told = self.told[channel];
        let snoozed = self.snooze.is_some_and(|snooze| clock < snooze.until && now.level <= snooze.to.level);
        let due = match role {
            Role::Escalation => {
                let late = self.unanswered.is_some_and(|since| clock >= since + 2 * DAY);
                let since = self.unanswered.unwrap_or_default();
                let heard = told.is_some_and(|told| told.at >= since && told.standing.level >= now.level);
                now.level >= Level::Error && late && !heard
            }
            Role::Primary | Role::Fallback => {
                let heard = told.is_some_and(|told| told.at >= now.rung);
                let daily = now.rung >= self.expiry && told.is_some_and(|told| told.standing.rung >= self.expiry);
                !(heard || daily && self.is_answered(now, clock))
            }
        };
        if due && !snoozed && now.level >= least { Expected::Due } else { Expected::Known }
    }

    pub(super) fn told(&mut self, channel: usize, role: Role, clock: i64) {
        let Some(standing) = self.standing(clock) else { return };
        self.told[channel] = Some(Told { at: clock, standing });
        if !self.is_answered(standing, clock) {
            self.ack = None;
        }
        if role != Role::Escalation && standing.level >= Level::Error && self.ack.is_none() {
            self.unanswered.get_or_insert(clock);
        }
    }

    pub(super) fn acknowledge(&mut self, clock: i64) {
        let Some(to) = self.worst_told() else { return };
        self.ack = Some(Answer { at: clock, until: clock, to });
        self.unanswered = None;
    }

    pub(super) fn snooze(&mut self, clock: i64, until: i64) -> Level {
        let to = self.worst_told().unwrap_or(Standing { rung: clock, level: Level::Attention });
        self.snooze = Some(Answer { at: clock, until, to });
        to.level
    }
}
