//! `watch --once --if-due` and `watch --stay`: whether a run is due, the run, and the record of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::channels::chain;
use super::{Options, WatchReport, beat, folder, once, watcher};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::{Host, StateFolder};
use crate::watch::schedule::{Cron, Known, LastRun, Reason, TRIGGER_MINUTES, Verdict, due, told};
use crate::watch::settings::Settings;

/// The record of the schedule in the state folder.
const FILE: &str = "schedule.json";
/// The lock that a run which is due holds.
const LOCK: &str = "schedule.lock";
/// The most that is read of the record.
const MAX_FILE: u64 = 64 << 10;
/// The format of the record.
const FORMAT: &str = "1.0";
/// The schema of [`Round`].
pub const SCHEMA: &str = "s2scert.watch-round/1.0";

/// The record: when the trigger called last, and the last run that was due.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Record {
    format: String,
    /// When the trigger called last, whether a run was due or not.
    pub(crate) called: Timestamp,
    /// The last run that was due.
    #[serde(default)]
    pub(crate) last: Option<LastRun>,
}

/// What `watch --once --if-due --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Round {
    /// `s2scert.watch-round/1.0`.
    pub schema: &'static str,
    /// When it was decided.
    pub at: Timestamp,
    /// The cron expression.
    pub cron: String,
    /// The time zone in which it is meant.
    pub zone: String,
    /// Why a run was due; nothing where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Reason>,
    /// Whether another run was at work, so that this one left it alone.
    pub busy: bool,
    /// The last run that was due, this one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastRun>,
    /// When the next run is due; nothing where the expression names no later instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Timestamp>,
    /// The same in words, in the zone of the schedule.
    pub next_told: String,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// The run, where one was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<WatchReport>,
}

impl Round {
    /// Returns the exit code: that of the run, and 0 where none was due.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        self.report.as_ref().map_or(ExitCode::Ok, WatchReport::exit_code)
    }
}

/// The expression and the zone of the settings.
///
/// # Errors
/// [`Kind::Usage`] where there is none.
pub(crate) fn timing(settings: &Settings) -> Result<(Cron, TimeZone)> {
    let schedule = settings.schedule.as_ref().ok_or_else(|| {
        Error::new(Kind::Usage, "the settings have no schedule")
            .hint("write a table [schedule] into them, with cron = \"0 7 * * *\"")
            .hint("or look at once: s2scert watch --once --config watch.toml")
    })?;
    let zone = settings.time_zone().map_err(|why| Error::new(Kind::Unreadable, why))?;
    Ok((schedule.cron.clone(), zone))
}

/// Looks where a run is due, and notes that somebody called.
///
/// # Errors
/// As [`once`]; and where the settings have no schedule, or the state folder cannot be used.
pub fn if_due(host: &Host, options: &Options) -> Result<Round> {
    let now = host.clock.now();
    let (settings, _) = watcher::settled(host, options.config.as_deref(), watcher::Need::Schedule)?;
    let (cron, zone) = timing(&settings)?;
    let folder = folder(host, options.state.as_deref())?;
    let mut round = Round {
        schema: SCHEMA,
        at: now,
        cron: cron.to_string(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        due: None,
        busy: false,
        last: None,
        next: None,
        next_told: String::new(),
        notes: Vec::new(),
        report: None,
    };
    // Whoever looks holds the lock; the decision is taken under it, so that of two calls at once one looks.
    let held = match folder.lock(LOCK, Duration::ZERO) {
        Ok(Some(held)) => Some(held),
        Ok(None) => {
            round.busy = true;
            None
        }
        Err(error) => {
            round.notes.push(format!("the schedule cannot be locked: {}", Error::from(error)));
            None
        }
    };
    let (record, mut sure) = read(&*folder, &mut round.notes);
    let mut record = record.unwrap_or_else(|| Record { format: FORMAT.to_owned(), called: now, last: None });
    record.called = now;
    if sure && !round.busy {
        // Written before anything is decided: a record that cannot be kept is not gone by, or each call would look.
        let unwritten = write(&*folder, &record);
        sure = unwritten.is_none();
        round.notes.extend(unwritten);
    }
    let known = match (&record.last, sure) {
        (_, false) => Known::Unknown,
        (Some(last), true) => Known::Run(last),
        (None, true) => Known::Nothing,
    };
    let verdict = if round.busy { Verdict::Wait } else { due(&cron, &zone, known, now) };
    if let Verdict::Due(reason) = verdict {
        round.due = Some(reason);
        let report = once(host, options)?;
        record.last = Some(LastRun {
            started: report.at,
            ended: host.clock.now(),
            exit_code: report.exit_code().code(),
            untold: report.summary.untold > 0,
        });
        round.report = Some(report);
        round.notes.extend(write(&*folder, &record));
    } else {
        round.notes.extend(beat::alive(host, &settings, now));
    }
    drop(held);
    round.next = cron.next(&zone, host.clock.now());
    round.next_told = told(round.next, &zone);
    round.last = record.last;
    Ok(round)
}

/// Returns how long `watch --stay` waits after a round: until the trigger of a machine would call next, or until the next run
/// is due. It is counted from the clock each time, so that nothing adds up.
#[must_use]
pub fn pause(now: Timestamp, next: Option<Timestamp>) -> Duration {
    let period = i64::from(TRIGGER_MINUTES) * 60;
    let call = period - now.as_second().rem_euclid(period);
    let until_due = next.map_or(call, |next| (next.as_second() - now.as_second()).max(1));
    Duration::from_secs(u64::try_from(call.min(until_due)).unwrap_or(1))
}

/// Reads the record. The second value says whether its absence can be believed.
pub(super) fn read(folder: &dyn StateFolder, notes: &mut Vec<String>) -> (Option<Record>, bool) {
    let mut say = |why: String| {
        notes.push(format!("the record of the schedule cannot be used, so a run is due at its time only: {why}"));
        (None, false)
    };
    match folder.read(FILE, MAX_FILE) {
        Ok(None) => (None, true),
        Ok(Some(bytes)) => match serde_json::from_slice::<Record>(&bytes) {
            Ok(record) if record.format == FORMAT => (Some(record), true),
            Ok(record) => say(format!("its format is {}", record.format.escape_debug())),
            Err(error) => say(chain(&error)),
        },
        Err(error) => say(Error::from(error).to_string()),
    }
}

fn write(folder: &dyn StateFolder, record: &Record) -> Option<String> {
    let bytes = serde_json::to_vec_pretty(record).unwrap_or_default();
    let written = folder.write(FILE, &bytes);
    written.err().map(|error| format!("the record of the schedule cannot be written: {}", Error::from(error)))
}

/// Returns the record of a state folder that exists.
pub(crate) fn existing(host: &Host, state: &Path) -> Option<Record> {
    let folder: Arc<dyn StateFolder> = host.state.find(state).ok()??;
    read(&*folder, &mut Vec::new()).0
}

#[cfg(test)]
mod tests;
