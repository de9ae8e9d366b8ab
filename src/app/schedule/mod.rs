//! `schedule`: the trigger that the machine keeps, shown before it is changed, proven after, and looked at by every run.
//!
//! | file | holds |
//! |---|---|
//! | `kept` | the record of what was installed |
//! | `registered` | what the machine has of it |
//! | `needs` | what the watch must be allowed to do, and whether it is |
//! | `act` | installing and removing |

mod act;
mod kept;
mod needs;
mod registered;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::watch::round::{self, Record};
use super::watch::{folder_path, watcher};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::{Host, SchedulerKind};
use crate::watch::facts::minute;
use crate::watch::schedule::{LastRun, SERVICE, TASK_NAME, TIMER, Text, Trigger, TriggerKind, told};
use crate::watch::settings::Settings;
pub use act::{install, remove};
use kept::Kept;
pub use needs::{Need, Right, Seen};
pub use registered::Standing;

/// The schema of [`ScheduleReport`].
pub const SCHEMA: &str = "s2scert.schedule/1.0";
/// How long a schedule may be quiet: it calls four times in that time.
const QUIET: SignedDuration = SignedDuration::from_hours(1);
/// How many of the next runs are shown.
const MOST_RUNS: usize = 5;

/// What the person asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The settings of the watch.
    pub config: Option<PathBuf>,
    /// The state folder; without one, the usual.
    pub state: Option<PathBuf>,
    /// The sort of trigger; without one, the best that the machine has.
    pub kind: Option<TriggerKind>,
    /// As whom it runs; without one, root or SYSTEM.
    pub account: Option<String>,
}

/// What `schedule --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ScheduleReport {
    /// `s2scert.schedule/1.0`.
    pub schema: &'static str,
    /// When it was looked.
    pub at: Timestamp,
    /// Whether this call has changed the machine.
    pub changed: bool,
    /// Whether something would be changed that nobody has agreed to yet.
    pub pending: bool,
    /// The sort of trigger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<TriggerKind>,
    /// As whom it runs.
    pub account: String,
    /// The texts of the trigger, and how each stands on the machine.
    pub texts: Vec<ShownText>,
    /// The commands that install or remove it, as they are run.
    pub commands: Vec<Vec<String>>,
    /// When the watch looks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<Timing>,
    /// What the watch must be allowed to do.
    pub needs: Vec<Need>,
    /// What is wrong.
    pub findings: Vec<ScheduleFinding>,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// One text of a trigger.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ShownText {
    /// Where it stands: a path, or the name of a task.
    pub place: String,
    /// What it is to be.
    pub text: String,
    /// How it stands on the machine.
    pub standing: Standing,
}

/// When the watch looks.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Timing {
    /// The cron expression.
    pub cron: String,
    /// The time zone in which it is meant.
    pub zone: String,
    /// The next runs.
    pub next: Vec<Timestamp>,
    /// The first of them in words, in the zone of the schedule.
    pub next_told: String,
    /// The last run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<LastRun>,
    /// When the trigger called last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called: Option<Timestamp>,
}

/// Something that is wrong with the schedule.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ScheduleFinding {
    /// What was seen.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl ScheduleReport {
    /// Returns the exit code: what is wrong weighs most, then what is pending, then what cannot be seen.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if !self.findings.is_empty() {
            ExitCode::Finding
        } else if self.pending {
            ExitCode::ChangesPending
        } else if self.needs.iter().any(|need| need.seen == Seen::Missing) {
            ExitCode::PartialView
        } else {
            ExitCode::Ok
        }
    }

    fn new(host: &Host) -> Self {
        Self {
            schema: SCHEMA,
            at: host.clock.now(),
            changed: false,
            pending: false,
            kind: None,
            account: String::new(),
            texts: Vec::new(),
            commands: Vec::new(),
            timing: None,
            needs: Vec::new(),
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// A trigger as it is wanted, with the settings that it rests on.
struct Wanted {
    trigger: Trigger,
    texts: Vec<Text>,
    state: PathBuf,
}

/// Shows what would be installed, how that stands on the machine, and when the watch looks.
///
/// # Errors
/// When the settings cannot be read or have no schedule, or the machine has no scheduler that is known here.
pub fn show(host: &Host, options: &Options) -> Result<ScheduleReport> {
    Ok(prepared(host, options)?.1)
}

/// Tells whether the trigger that was installed is still there, switched on and as it was written, whether it calls, and whether the
/// watch is allowed what it needs.
///
/// # Errors
/// When the settings cannot be read or have no schedule.
pub fn check(host: &Host, options: &Options) -> Result<ScheduleReport> {
    let mut report = ScheduleReport::new(host);
    let (settings, state) = settings_of(host, options)?;
    timing(host, &settings, &state, &mut report)?;
    match kept::read(host, &state)? {
        None => report.findings.push(ScheduleFinding {
            message: "no schedule was installed for this state folder".to_owned(),
            remedy: "install one: s2scert schedule install --config watch.toml".to_owned(),
        }),
        Some(kept) => {
            let standing = registered::look(host, kept.trigger.kind, &kept.texts);
            report.kind = Some(kept.trigger.kind);
            report.account = account_of(&kept.trigger);
            report.findings.extend(findings(host, &kept, &standing, &state));
            report.needs = needs::of(host, &settings, &kept.trigger, absolute_config(host, options).as_deref());
            report.texts = shown(kept.texts, standing);
        }
    }
    Ok(report)
}

/// Tells what is wrong with the trigger that was installed for a state folder: one sentence and one remedy each. Nothing where none was.
pub(super) fn faults(host: &Host, state: &Path) -> Vec<ScheduleFinding> {
    match kept::read(host, state) {
        Ok(None) => Vec::new(),
        Ok(Some(kept)) => {
            let standing = registered::look(host, kept.trigger.kind, &kept.texts);
            findings(host, &kept, &standing, state)
        }
        Err(error) => vec![ScheduleFinding {
            message: format!("the record of the installed schedule cannot be read: {error}"),
            remedy: "install it again: s2scert schedule install --config watch.toml".to_owned(),
        }],
    }
}

fn findings(host: &Host, kept: &Kept, standing: &[Standing], state: &Path) -> Vec<ScheduleFinding> {
    let remedy = || "install it again: s2scert schedule install --config watch.toml".to_owned();
    let mut found = Vec::new();
    for (text, standing) in kept.texts.iter().zip(standing) {
        let message = match standing {
            Standing::Same => continue,
            Standing::Missing => format!("{} is gone", text.place),
            Standing::Differs { how } => format!("{} is not as it was installed: {}", text.place, how.join("; ")),
            Standing::Unseen { why } => format!("{} cannot be seen: {why}", text.place),
        };
        found.push(ScheduleFinding { message, remedy: remedy() });
    }
    // Where the texts are gone there is nothing to be switched on.
    if !standing.contains(&Standing::Missing) {
        let off = registered::switched_off(host, kept.trigger.kind);
        found.extend(off.into_iter().map(|message| ScheduleFinding { message, remedy: remedy() }));
    }
    // A trigger that was never seen to call is given the same time from its installation on.
    let called = round::existing(host, state).map_or(kept.at, |record| record.called.max(kept.at));
    if found.is_empty() && host.clock.now().duration_since(called) > QUIET {
        let remedy = match kept.trigger.kind {
            TriggerKind::Task => format!("see its last result: schtasks /Query /TN {TASK_NAME} /V /FO LIST"),
            TriggerKind::Systemd => format!("see its last result: systemctl status {TIMER} {SERVICE}"),
            TriggerKind::Cron => "see whether cron runs, and what it has written into the log of the system".to_owned(),
        };
        found
            .push(ScheduleFinding { message: format!("the schedule has not called since {}", minute(called)), remedy });
    }
    if !matches!(host.files.kind(Path::new(&kept.trigger.program)), Ok(Some(_))) {
        let message = format!("{}, which the schedule starts, is gone", kept.trigger.program);
        found.push(ScheduleFinding { message, remedy: remedy() });
    }
    found
}

fn settings_of(host: &Host, options: &Options) -> Result<(Settings, PathBuf)> {
    let config = options.config.as_deref().map(|path| absolute(host, path)).transpose()?;
    let (settings, _) = watcher::settled(host, config.as_deref(), watcher::Need::Schedule)?;
    let state = absolute(host, &folder_path(host, options.state.as_deref())?)?;
    Ok((settings, state))
}

fn prepared(host: &Host, options: &Options) -> Result<(Wanted, ScheduleReport)> {
    let mut report = ScheduleReport::new(host);
    let (settings, state) = settings_of(host, options)?;
    timing(host, &settings, &state, &mut report)?;
    let trigger = trigger(host, options, &settings, &state)?;
    let texts = trigger.texts().map_err(|why| Error::new(Kind::Usage, why))?;
    let standing = registered::look(host, trigger.kind, &texts);
    report.kind = Some(trigger.kind);
    report.account = account_of(&trigger);
    report.needs = needs::of(host, &settings, &trigger, absolute_config(host, options).as_deref());
    report.commands = act::commands(&trigger, &state);
    report.pending = standing.iter().any(|one| *one != Standing::Same)
        || !registered::switched_off(host, trigger.kind).is_empty()
        || kept::read(host, &state).ok().flatten().is_none_or(|kept| kept.trigger != trigger);
    report.texts = shown(texts.clone(), standing);
    Ok((Wanted { trigger, texts, state }, report))
}

fn shown(texts: Vec<Text>, standing: Vec<Standing>) -> Vec<ShownText> {
    texts
        .into_iter()
        .zip(standing)
        .map(|(text, standing)| ShownText { place: text.place, text: text.text, standing })
        .collect()
}

fn timing(host: &Host, settings: &Settings, state: &Path, report: &mut ScheduleReport) -> Result<()> {
    let (cron, zone) = round::timing(settings)?;
    let record: Option<Record> = round::existing(host, state);
    let mut next = Vec::new();
    let mut at = host.clock.now();
    while let Some(run) = cron.next(&zone, at).filter(|_| next.len() < MOST_RUNS) {
        next.push(run);
        at = run;
    }
    report.timing = Some(Timing {
        cron: cron.to_string(),
        zone: zone.iana_name().unwrap_or("UTC").to_owned(),
        next_told: told(next.first().copied(), &zone),
        next,
        called: record.as_ref().map(|record| record.called),
        last: record.and_then(|record| record.last),
    });
    Ok(())
}

fn trigger(host: &Host, options: &Options, settings: &Settings, state: &Path) -> Result<Trigger> {
    let offered = [
        (TriggerKind::Task, SchedulerKind::Tasks),
        (TriggerKind::Systemd, SchedulerKind::Systemd),
        (TriggerKind::Cron, SchedulerKind::Cron),
    ];
    let mut present = offered.iter().filter(|(_, kind)| host.scheduler.has(*kind)).map(|(kind, _)| *kind);
    let kind = options.kind.or_else(|| present.next()).ok_or_else(|| {
        Error::new(Kind::Unreadable, "this machine has no scheduler that is known here")
            .hint("in a container let the watch stay: s2scert watch --stay --config watch.toml")
            .hint("or name a sort to see its texts: s2scert schedule show --kind systemd --config watch.toml")
    })?;
    let config = options.config.as_deref().ok_or_else(|| Error::new(Kind::Usage, "no settings are named"))?;
    let program = host
        .machine
        .program()
        .map_err(|error| Error::new(Kind::Internal, "it is not known where this program stands").because(error))?;
    let text = |path: &Path| {
        path.to_str().map(str::to_owned).ok_or_else(|| {
            Error::new(Kind::Usage, "a path that is no Unicode text cannot stand in a schedule").at(path.display())
        })
    };
    let words = ["watch", "--once", "--if-due", "--config"].map(str::to_owned);
    let tail = [text(&absolute(host, config)?)?, "--state-dir".to_owned(), text(state)?];
    Ok(Trigger {
        kind,
        program: text(&program)?,
        arguments: words.into_iter().chain(tail).collect(),
        account: options.account.clone(),
        state: state.to_owned(),
        writes: needs::written_folders(settings),
        rolls: settings.farm.as_ref().is_some_and(|farm| farm.rotate),
    })
}

fn absolute_config(host: &Host, options: &Options) -> Option<PathBuf> {
    options.config.as_deref().and_then(|path| absolute(host, path).ok())
}

fn account_of(trigger: &Trigger) -> String {
    trigger.account.clone().unwrap_or_else(|| {
        match trigger.kind {
            TriggerKind::Task => "SYSTEM",
            TriggerKind::Systemd | TriggerKind::Cron => "root",
        }
        .to_owned()
    })
}

fn absolute(host: &Host, path: &Path) -> Result<PathBuf> {
    let failed =
        |error| Error::new(Kind::Unreadable, "the path cannot be made absolute").at(path.display()).because(error);
    host.scheduler.absolute(path).map_err(failed)
}

#[cfg(test)]
mod tests;
