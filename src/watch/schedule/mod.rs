//! When the watch looks: a cron expression in a time zone, and whether a run is due.
//!
//! | file | holds |
//! |---|---|
//! | `cron` | the expression, and the instants that it names in a zone |
//! | `trigger` | what is written for the scheduler of a machine: its texts by sort |
//! | `systemd`, `task` | the texts for systemd and for the Windows Task Scheduler |
//! | `xml` | the little of XML that a task needs |
//!
//! The trigger that the machine keeps is dumb: it calls every [`TRIGGER_MINUTES`] minutes. Whether there is something to do is
//! decided here, from the expression, the zone and the record of the last run. So summer time, a machine that was off and a
//! clock that was set back have one meaning on every system.

mod cron;
mod systemd;
mod task;
mod trigger;
mod xml;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use cron::Cron;
pub use task::differences;
pub use trigger::{SERVICE, TASK_NAME, TIMER, Text, Trigger, TriggerKind};
pub use xml::{Leaf, leaves};

use super::CLOCK_TOLERANCE;
use super::earlier;
use crate::watch::facts::minute;

/// How often the trigger of the machine calls, in minutes.
pub const TRIGGER_MINUTES: u16 = 15;
/// What a run without a record goes by: twice the time between two calls, so that a call that comes late still counts.
const CALLS: SignedDuration = SignedDuration::from_mins(2 * TRIGGER_MINUTES as i64);

/// What is kept of the last run that was due.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LastRun {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// With which exit code.
    pub exit_code: u8,
    /// Whether somebody should have been told, and nobody could be.
    pub untold: bool,
}

/// What is known of the last run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Known<'a> {
    /// The record was read.
    Run(&'a LastRun),
    /// There is no record: nothing has run on a schedule yet.
    Nothing,
    /// The record cannot be read or kept. Without it each call would be the first.
    Unknown,
}

/// Why a run is due.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Nothing has run on a schedule yet.
    First,
    /// An instant of the expression has come since the last run.
    Time,
    /// Several have, and this one run stands for all of them.
    Missed,
    /// The last run lies in the future: the clock was set back.
    ClockWentBack,
    /// The last run could tell nobody.
    Untold,
}

impl Reason {
    /// Says it in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::First => "nothing has run on this schedule yet",
            Self::Time => "its time has come",
            Self::Missed => "several times have passed since the last run; one run stands for all of them",
            Self::ClockWentBack => "the last run lies in the future, so the clock was set back",
            Self::Untold => "the last run could tell nobody",
        }
    }
}

/// Whether a run is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It is.
    Due(Reason),
    /// It is not.
    Wait,
}

/// Decides whether a run is due. A run by hand does not count, since it may have looked elsewhere.
#[must_use]
pub fn due(cron: &Cron, zone: &TimeZone, known: Known<'_>, now: Timestamp) -> Verdict {
    let latest = cron.latest(zone, now);
    match known {
        Known::Nothing => Verdict::Due(Reason::First),
        // Without a record the call that comes next after an instant looks, so that nobody is told the same every few minutes.
        Known::Unknown if latest.is_some_and(|latest| latest > earlier(now, CALLS)) => Verdict::Due(Reason::Time),
        Known::Unknown => Verdict::Wait,
        Known::Run(last) if last.started.duration_since(now) > CLOCK_TOLERANCE => Verdict::Due(Reason::ClockWentBack),
        Known::Run(last) if last.untold => Verdict::Due(Reason::Untold),
        Known::Run(last) => match latest {
            Some(latest) if latest > last.started => {
                let first = cron.next(zone, last.started);
                Verdict::Due(if first.is_some_and(|first| first < latest) { Reason::Missed } else { Reason::Time })
            }
            _ => Verdict::Wait,
        },
    }
}

/// Says when the next run is due, in the zone of the schedule.
#[must_use]
pub fn told(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(
        || "never again".to_owned(),
        |at| {
            let zoned = at.to_zoned(zone.clone());
            let name = zone.iana_name().unwrap_or("UTC");
            if name == "UTC" { minute(at) } else { format!("{} {name}", zoned.strftime("%Y-%m-%d %H:%M")) }
        },
    )
}

#[cfg(test)]
mod tests;
