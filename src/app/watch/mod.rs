//! `watch` and `alert`: look, decide, tell, and note what was told.

pub mod alerts;
mod beat;
mod channels;
mod farm;
mod globs;
mod places;
pub mod round;
mod scan;
mod signals;
mod telling;
mod unattended;
pub(crate) mod watcher;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::check;
use super::gate::{self, Gate};
use super::passwords::Source;
use super::schedule::{self, ScheduleFinding};
use crate::cert::text;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::node::engine;
use crate::ports::{Host, StateFolder};
use crate::store::watch::Run;
use crate::store::{StoreError, WatchStore};
use crate::watch::Level;
use crate::watch::decide::{Alert, Orders};
use crate::watch::facts::{self, CertificateFacts, Trouble};
use crate::watch::settings::{self, Settings};
pub use channels::Sent;
use channels::chain;
pub use farm::{Ways, Wire};
use telling::Teller;
pub use watcher::alarm;

/// The most that is read of watch.toml; the reader's own bound lies below.
const MAX_FILE: u64 = 4 << 20;
/// The policy by which what is deployed is judged where none is named.
const DEFAULT_POLICY: &str = "baseline";
/// How many lines of the delivery log are searched for the last that got through.
const MOST_SEARCHED: u32 = 1_000;
/// The schema of [`WatchReport`].
pub const SCHEMA: &str = "s2scert.watch/1.0";

/// What the person asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files, folders, patterns and endpoints, in addition to those of the settings.
    pub paths: Vec<PathBuf>,
    /// The ways to the servers of a farm, to look.
    pub ways: Ways,
    /// The ways to the servers of a farm, to roll.
    pub hands: Ways,
    /// Whether a roll is prepared, and carried out where it may be, once the certificate of the row should have been rolled.
    pub rotate: bool,
    /// The settings.
    pub config: Option<PathBuf>,
    /// The state folder; without one, the usual.
    pub state: Option<PathBuf>,
    /// The policy, in place of that of the settings.
    pub policy: Option<String>,
    /// The waivers, in place of those of the settings.
    pub waivers: Option<PathBuf>,
    /// Sources of passwords, in addition to those of the settings.
    pub passwords: Vec<Source>,
}

/// What `watch --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct WatchReport {
    /// `s2scert.watch/1.0`.
    pub schema: &'static str,
    /// Who speaks.
    pub name: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The numbers.
    pub summary: WatchSummary,
    /// Everything that stands, the worst first.
    pub alerts: Vec<Alert>,
    /// What was sent.
    pub sent: Vec<Sent>,
    /// What else is to be said of the run.
    pub notes: Vec<String>,
    /// Whether channels are named; without one nobody but the reader of this is told, and nothing is remembered.
    pub channels: u64,
    /// The watch that sends, where this installation only looks whether that one lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<String>,
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WatchSummary {
    /// Certificates that were looked at.
    pub certificates: u64,
    /// Files that were read.
    pub read: u64,
    /// Files that have not changed since they were read.
    pub unchanged: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Messages that got through.
    pub delivered: u64,
    /// Messages that did not.
    pub failed: u64,
    /// Alerts of which somebody should have been told, and nobody has been on any channel.
    pub untold: u64,
}

impl WatchReport {
    /// Adds what was told; what stands is what stood last.
    fn add(&mut self, told: telling::Told) {
        let delivered = told.sent.iter().filter(|sent| sent.delivered).count() as u64;
        self.summary.delivered += delivered;
        self.summary.failed += told.sent.len() as u64 - delivered;
        self.summary.untold = told.untold;
        self.alerts = told.alerts;
        self.sent.extend(told.sent);
    }

    /// Returns the exit code: nothing delivered weighs most, then how bad it is, then what could not be read.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let worst = self.alerts.iter().map(|alert| alert.level).max();
        if self.summary.untold > 0 {
            ExitCode::Undelivered
        } else if worst >= Some(Level::Error) {
            ExitCode::AlertCritical
        } else if self.summary.unreadable > 0 || (self.summary.certificates == 0 && self.standby.is_none()) {
            ExitCode::Unreadable
        } else if worst.is_some() {
            ExitCode::AlertWarning
        } else {
            ExitCode::Ok
        }
    }
}

/// Looks once, and tells who is due to be told.
///
/// # Errors
/// When the settings, the policy or a password cannot be read, nothing is named to look at, another run is at work, or a later
/// version wrote the memory. A memory that cannot be used otherwise is said, and what is due is told all the same.
pub fn once(host: &Host, options: &Options) -> Result<WatchReport> {
    let now = host.clock.now();
    let (settings, standby) = watcher::settled(host, options.config.as_deref(), watcher::Need::Looking)?;
    let rotates = options.rotate || settings.farm.as_ref().is_some_and(|farm| farm.rotate);
    let farm = settings.farm.as_ref().map(|table| table.file.clone());
    if rotates && farm.is_none() {
        return Err(Error::new(Kind::Usage, "the settings name no farm, so there is nothing to roll")
            .hint("write a table [farm] into them, with file = \"farm.toml\""));
    }
    let orders = settings.orders();
    let speaks = !orders.routes.is_empty();
    let mut notes = Vec::new();
    // Without a channel nobody is told, so there is nothing to remember.
    let mut store = if speaks { open(host, options.state.as_deref(), now, &mut notes)? } else { None };
    let mut scan = match &standby {
        // Another watch speaks of everything else.
        Some(standby) => {
            notes.push(standby.told());
            scan::Scan::default()
        }
        None => seen(host, &settings, options, &orders, store.as_mut(), now)?,
    };
    notes.append(&mut scan.notes);
    scan.facts.troubles.extend(doubts(store.as_ref(), now));
    scan.facts.troubles.extend(dead_channels(store.as_ref(), &settings));
    scan.facts.troubles.extend(schedule_troubles(host, options.state.as_deref()));
    scan.facts.troubles.extend(beat::others(host, &settings.heartbeat, now));
    let machine = machine_name(host);
    let name = settings.name.as_ref().map_or_else(|| machine.clone(), |name| name.as_str().to_owned());
    let crossed = crossed(&scan, &orders, now).filter(|_| rotates && standby.is_none()).cloned();
    let hands = unattended::Machine { host, options };
    let mut begin = None;
    if let (Some(certificate), Some(farm)) = (crossed, farm) {
        let hidden = channels::hidden(&settings);
        let order = unattended::Order { farm, certificate, state: options.state.clone(), hidden, now };
        let (news, ready) = unattended::prepare(host, order, &hands);
        (scan.facts.roll, begin) = (Some(news), ready);
    }
    let state = options.state.as_deref();
    let teller = Teller { host, settings: &settings, orders: &orders, name: &name, machine: &machine, state };
    let told = teller.tell(&scan.facts, &mut store, now, &mut notes);
    let summary = WatchSummary {
        certificates: scan.certificates,
        read: scan.read,
        unchanged: scan.known,
        unreadable: scan.unreadable,
        ..WatchSummary::default()
    };
    let channels = orders.routes.len() as u64;
    let mut report = WatchReport {
        schema: SCHEMA,
        name: name.clone(),
        at: now,
        summary,
        alerts: Vec::new(),
        sent: Vec::new(),
        notes,
        channels,
        standby: standby.map(|standby| standby.sender),
    };
    report.add(told);
    finish(host, &settings, options, &mut report, store.as_mut());
    let Some(begin) = begin else { return Ok(report) };
    // A roll may take a day: everybody has been told of everything else, and nobody waits for the memory meanwhile.
    drop(store);
    scan.facts.roll = Some(begin.carried_out());
    let (now, mut notes) = (host.clock.now(), Vec::new());
    let again = if speaks { open(host, options.state.as_deref(), now, &mut notes) } else { Ok(None) };
    // What has become of a roll is told in any case.
    let mut store = again.unwrap_or_else(|error| {
        notes.push(format!("what has become of the roll is told without a memory: {error}"));
        None
    });
    report.add(teller.tell(&scan.facts, &mut store, now, &mut notes));
    report.notes.append(&mut notes);
    finish(host, &settings, options, &mut report, store.as_mut());
    Ok(report)
}

/// Returns the certificate of the row, where the date has passed by which its roll should have begun.
fn crossed<'s>(scan: &'s scan::Scan, orders: &Orders, now: Timestamp) -> Option<&'s CertificateFacts> {
    let registered = scan.registered.as_deref()?;
    let facts = scan.facts.certificates.iter().find(|one| one.fingerprint == registered)?;
    (now >= orders.rules.deadlines(facts.not_before, facts.expiry).act_by).then_some(facts)
}

/// Looks at everything that is named.
fn seen(
    host: &Host,
    settings: &Settings,
    options: &Options,
    orders: &Orders,
    store: Option<&mut WatchStore>,
    now: Timestamp,
) -> Result<scan::Scan> {
    let check = check_options(settings, options)?;
    let mut scan = scan::scan(host, &check, &orders.rules, store, now)?;
    let judge = places::Judge { gate: &Gate::load(host, &check.gate)?, now };
    let places = places::look(host, settings, options, &judge)?;
    scan.add(places, &orders.rules, now);
    Ok(scan)
}

/// Notes the end of the run where others look for it.
fn finish(
    host: &Host,
    settings: &Settings,
    options: &Options,
    report: &mut WatchReport,
    store: Option<&mut WatchStore>,
) {
    let run = Run {
        started: report.at,
        ended: host.clock.now(),
        exit_code: report.exit_code().code(),
        certificates: report.summary.certificates,
        alerts: report.alerts.len() as u64,
        delivered: report.summary.delivered,
        failed: report.summary.failed,
    };
    let told = store.as_deref().and_then(|store| store.deliveries(MOST_SEARCHED).ok()).unwrap_or_default();
    let told = told.into_iter().find(|one| one.outcome == "delivered").map(|one| one.at);
    if let Some(Err(error)) = store.map(|store| store.end_run(&run)) {
        report.notes.push(format!("the end of the run cannot be noted: {}", chain(&error)));
    }
    let notes = beat::write(host, settings, options.state.as_deref(), report, &run, told);
    report.notes.extend(notes);
}

/// Reads the settings.
///
/// # Errors
/// [`Kind::Unreadable`] when they are missing or wrong; [`Kind::Refused`] when others may write them while we are elevated.
pub(super) fn load(host: &Host, path: Option<&Path>) -> Result<Settings> {
    let Some(path) = path else {
        return settings::read(&format!("format = {:?}", settings::FORMAT))
            .map_err(|e| Error::new(Kind::Internal, "the settings that hold without a file are wrong").because(e));
    };
    super::farm::refuse_what_others_may_write(host, path)?;
    let bytes = host.files.read(path, MAX_FILE)?;
    let text = text::decode(&bytes)
        .map_err(|e| Error::new(Kind::Unreadable, "the file is not text").at(path.display()).because(e))?;
    let mut settings = settings::read(&text).map_err(|error| {
        let place = error.line.map_or_else(|| path.display().to_string(), |line| format!("{}:{line}", path.display()));
        Error::new(Kind::Unreadable, "the settings of the watch cannot be used").at(place).because(error)
    })?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        settings.beside(folder);
    }
    Ok(settings)
}

fn check_options(settings: &Settings, options: &Options) -> Result<check::Options> {
    let named = options.paths.iter().filter(|path| !places::is_endpoint(path));
    let paths: Vec<PathBuf> = settings.paths.iter().chain(named).cloned().collect();
    let elsewhere = !settings.store.is_empty() || !settings.endpoint.is_empty() || settings.farm.is_some();
    if paths.is_empty() && !elsewhere && !options.paths.iter().any(|path| places::is_endpoint(path)) {
        return Err(Error::new(Kind::Usage, "nothing is named to look at")
            .hint("name files or folders: s2scert watch --once FILE")
            .hint("or put them into the settings: paths = [\"FOLDER\"]"));
    }
    if paths.iter().any(|path| super::source::is_stdin(path)) {
        return Err(Error::new(Kind::Usage, "a watch does not read stdin").at("-").hint("name a file or folder"));
    }
    let hidden = channels::hidden(settings);
    let passwords: Result<Vec<Source>> =
        settings.passwords.iter().map(|one| channels::source_of(&one.0, &hidden)).collect();
    let mut passwords = passwords?;
    passwords.extend(options.passwords.iter().cloned());
    let policy = options.policy.clone().or_else(|| settings.policy.clone());
    let waivers = options.waivers.clone().or_else(|| settings.waivers.clone());
    let gate = gate::Options { policy: policy.unwrap_or_else(|| DEFAULT_POLICY.to_owned()), waivers };
    Ok(check::Options { paths, gate, target: None, passwords })
}

/// Returns where the state folder stands.
///
/// # Errors
/// When the environment does not tell.
pub(super) fn folder_path(host: &Host, path: Option<&Path>) -> Result<PathBuf> {
    Ok(engine::place(host, path)?)
}

/// What is wrong with the trigger that was installed for this state folder.
fn schedule_troubles(host: &Host, state: Option<&Path>) -> Vec<Trouble> {
    let Ok(path) = folder_path(host, state) else { return Vec::new() };
    let trouble = |finding: ScheduleFinding| Trouble {
        kind: facts::Kind::Silent,
        about: "the own schedule".to_owned(),
        level: Level::Error,
        message: finding.message,
        remedy: finding.remedy,
    };
    let mut troubles: Vec<Trouble> = schedule::faults(host, &path).into_iter().map(trouble).collect();
    // One thing is spoken of under one key; the first says enough to look.
    troubles.truncate(1);
    troubles
}

/// Opens the state folder.
///
/// # Errors
/// When it is unsafe or cannot be made.
fn folder(host: &Host, path: Option<&Path>) -> Result<Arc<dyn StateFolder>> {
    Ok(host.state.create(&folder_path(host, path)?)?)
}

/// Opens the memory. One that cannot be used for a reason of the machine is done without: rather is something told twice than
/// not at all.
fn open(host: &Host, path: Option<&Path>, now: Timestamp, notes: &mut Vec<String>) -> Result<Option<WatchStore>> {
    match WatchStore::open(&*folder(host, path)?, now) {
        Ok((store, None)) => Ok(Some(store)),
        Ok((store, Some(aside))) => {
            notes.push(format!(
                "the memory was damaged: it is kept as {}, and what was told before is told again",
                aside.display()
            ));
            Ok(Some(store))
        }
        Err(error @ (StoreError::InUse { .. } | StoreError::Newer { .. })) => Err(refused(error)),
        Err(error) => {
            notes.push(format!(
                "there is no memory in this run, so what was told before is told again: {}",
                chain(&error)
            ));
            Ok(None)
        }
    }
}

/// Turns an error of the store into one that a person sees.
pub(super) fn refused(error: StoreError) -> Error {
    match error {
        StoreError::InUse { .. } => Error::new(Kind::Refused, "another run of the watch is at work")
            .because(error)
            .hint("wait until it has ended; it ends by itself"),
        StoreError::Newer { .. } => Error::new(Kind::Refused, "the memory of the watch is of a later version")
            .because(error)
            .hint("use the s2scert that wrote it, or another folder: --state-dir DIR"),
        error => Error::new(Kind::Internal, "the memory of the watch cannot be used").because(error),
    }
}

/// A clock that has gone back since the last run is spoken of: every date rests on it.
fn doubts(store: Option<&WatchStore>, now: Timestamp) -> Option<Trouble> {
    let last = store?.last_run().ok()??;
    let back = last.ended.duration_since(now);
    (back > crate::watch::CLOCK_TOLERANCE).then(|| Trouble {
        kind: facts::Kind::Doubt,
        about: "clock".to_owned(),
        level: Level::Warning,
        message: format!(
            "the clock says {}, and the last run ended at {}: it has gone back",
            facts::minute(now),
            facts::minute(last.ended)
        ),
        remedy: "see that the clock of this machine is right; everything that was told meanwhile is told again"
            .to_owned(),
    })
}

/// A channel that took nothing in earlier runs is spoken of on the others. It hears of it itself only while it is dead, which
/// is never.
fn dead_channels(store: Option<&WatchStore>, settings: &Settings) -> Vec<Trouble> {
    let dead = store.and_then(|store| store.dead_channels().ok()).unwrap_or_default();
    let channels = settings.channels();
    let known = dead.into_iter().filter(|(name, ..)| channels.iter().any(|channel| channel.name.as_str() == name));
    known
        .map(|(name, since, why)| Trouble {
            kind: facts::Kind::Channel,
            message: format!("nothing has got through on the channel {name} since {}: {why}", facts::minute(since)),
            level: Level::Warning,
            remedy: format!("mend it, then try it: s2scert alert test {name} --config watch.toml"),
            about: name,
        })
        .collect()
}

pub(super) fn machine_name(host: &Host) -> String {
    host.machine.facts().map_or_else(|_| "this machine".to_owned(), |facts| facts.name)
}
