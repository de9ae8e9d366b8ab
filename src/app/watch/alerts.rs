//! `alert`: what stands in the memory, and what people answer.

use std::path::Path;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::channels::{Sender, Sent};
use super::{load, machine_name, refused};
use crate::app::audit;
use crate::error::{Error, Kind, Result};
use crate::node::engine;
use crate::notify::Message;
use crate::ports::Host;
use crate::store::watch::{Delivery, Run};
use crate::store::{WatchStore, watch};
use crate::watch::Level;
use crate::watch::decide::{Alert, Detail, State, Why};
use crate::watch::facts::{self, Item};
use crate::watch::later;
use crate::watch::memory::{Entry, Memory, Snooze};

/// The longest snooze.
const LONGEST_SNOOZE: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The longest name or note of a person, in characters.
const LONGEST_TEXT: usize = 200;

/// What `alert list --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AlertList {
    /// `s2scert.alert-list/1.0`.
    pub schema: &'static str,
    /// When it was asked.
    pub at: Timestamp,
    /// The last run of the watch, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_run: Option<Run>,
    /// What was told.
    pub alerts: Vec<ListedAlert>,
}

/// What is remembered of one alert.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedAlert {
    /// The short name.
    pub id: String,
    /// The de-duplication key.
    pub key: String,
    /// What it is about.
    pub title: String,
    /// How bad it was when it was told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The stage of the ladder that was told last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// When it was told last on any channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// On which channels.
    pub channels: Vec<String>,
    /// When the watch last saw it.
    pub last_seen: Timestamp,
    /// Who has taken it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// What they said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who does not want to hear of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_by: Option<String>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
}

/// What `alert ack --json` and `alert snooze --json` print.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AlertAnswer {
    /// `s2scert.alert-answer/1.0`.
    pub schema: &'static str,
    /// Whether anything was changed.
    pub changed: bool,
    /// How it stands now.
    pub alert: ListedAlert,
}

/// What `alert history --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AlertHistory {
    /// `s2scert.alert-history/1.0`.
    pub schema: &'static str,
    /// The delivery log, the newest first.
    pub deliveries: Vec<Delivery>,
}

/// What `alert test --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AlertTest {
    /// `s2scert.alert-test/1.0`.
    pub schema: &'static str,
    /// How it went.
    pub sent: Sent,
}

/// Who answers, and what they say.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The id of the alert or its beginning, or its key.
    pub id: String,
    /// Who; without a name, the account that runs this.
    pub by: Option<String>,
    /// What they say.
    pub note: String,
}

/// Lists what was told.
///
/// # Errors
/// When the memory cannot be read.
pub fn list(host: &Host, state: Option<&Path>) -> Result<AlertList> {
    let at = host.clock.now();
    let Some(store) = existing(host, state)? else {
        return Ok(AlertList { schema: "s2scert.alert-list/1.0", at, last_run: None, alerts: Vec::new() });
    };
    let memory = store.memory().map_err(refused)?;
    let mut alerts: Vec<ListedAlert> = memory.entries.iter().map(|(key, entry)| listed(key, entry, at)).collect();
    alerts.sort_by(|a, b| (b.level, b.told, &a.key).cmp(&(a.level, a.told, &b.key)));
    let last_run = store.last_run().map_err(refused)?;
    Ok(AlertList { schema: "s2scert.alert-list/1.0", at, last_run, alerts })
}

/// Notes that somebody has taken an alert on.
///
/// # Errors
/// When there is no such alert, or the memory cannot be used.
pub fn acknowledge(host: &Host, state: Option<&Path>, answer: &Answer) -> Result<AlertAnswer> {
    let now = host.clock.now();
    let by = who(host, answer)?;
    change(host, state, answer, "alert ack", |entry| {
        if entry.worst_told().is_none() {
            return Err(Error::new(Kind::Unreadable, "nobody has been told of it yet").at(&answer.id));
        }
        entry.acknowledge(&by, &answer.note, now);
        Ok(())
    })
}

/// Notes that nobody wants to hear of an alert for a while.
///
/// # Errors
/// When there is no such alert, the end cannot be understood or is too far ahead, or the memory cannot be used.
pub fn snooze(host: &Host, state: Option<&Path>, answer: &Answer, until: &str) -> Result<AlertAnswer> {
    let now = host.clock.now();
    let by = who(host, answer)?;
    let until = instant(until, now)?;
    change(host, state, answer, "alert snooze", |entry| {
        let told = entry.worst_told();
        let level = told.map(|told| told.level);
        let level =
            level.ok_or_else(|| Error::new(Kind::Unreadable, "nobody has been told of it yet").at(&answer.id))?;
        entry.snooze = Some(Snooze { at: now, until, level, by, note: answer.note.clone() });
        Ok(())
    })
}

/// Returns the delivery log, the newest first.
///
/// # Errors
/// When the memory cannot be read.
pub fn history(host: &Host, state: Option<&Path>, most: u32) -> Result<AlertHistory> {
    let deliveries = match existing(host, state)? {
        Some(store) => store.deliveries(most).map_err(refused)?,
        None => Vec::new(),
    };
    Ok(AlertHistory { schema: "s2scert.alert-history/1.0", deliveries })
}

/// Sends a message that says that it is a test.
///
/// # Errors
/// When the settings cannot be read, or have no such channel.
pub fn test(host: &Host, config: &Path, channel: &str) -> Result<AlertTest> {
    let settings = load(host, Some(config))?;
    let now = host.clock.now();
    let channels = settings.channels();
    let found = channels.iter().find(|one| one.name.as_str().eq_ignore_ascii_case(channel));
    let found = found.ok_or_else(|| {
        let names: Vec<&str> = channels.iter().map(|one| one.name.as_str()).collect();
        let hint = if names.is_empty() {
            "the settings have no channel".to_owned()
        } else {
            format!("the channels are: {}", names.join(", "))
        };
        Error::new(Kind::Unreadable, "there is no channel of this name").at(channel).hint(hint)
    })?;
    let machine = machine_name(host);
    let from = settings.name.as_ref().map_or_else(|| machine.clone(), |name| name.as_str().to_owned());
    let escalation = settings.orders().escalation;
    let alert = specimen(now);
    let mut message = Message::new(&from, &machine, now, Why::Crossing, &[&alert]);
    message.test = true;
    let sender = Sender { host, settings: &settings, from, machine, now, escalation, audit: None };
    Ok(AlertTest { schema: "s2scert.alert-test/1.0", sent: sender.one(found, &message, &[&alert]) })
}

fn specimen(now: Timestamp) -> Alert {
    let key = format!("test/{}", now.as_second());
    Alert {
        id: Item::id(&key),
        crossing: key.clone(),
        key,
        kind: facts::Kind::Channel,
        level: Level::Attention,
        title: "a test of the channel".to_owned(),
        message: "a test of the channel; nothing has happened".to_owned(),
        details: vec![Detail { label: "sent at", value: facts::minute(now) }],
        remedy: "nothing: if you can read this, the channel works".to_owned(),
        act_by: None,
        expiry: None,
        acknowledged_by: None,
        snoozed_until: None,
        state: State { level: Level::Attention, rung: None, marks: std::collections::BTreeSet::new() },
    }
}

fn existing(host: &Host, state: Option<&Path>) -> Result<Option<WatchStore>> {
    let Some(folder) = host.state.find(&engine::place(host, state)?)? else { return Ok(None) };
    if !folder.entries()?.iter().any(|entry| entry.name == watch::LAYOUT.file) {
        return Ok(None);
    }
    WatchStore::open(&*folder, host.clock.now()).map(|(store, _)| Some(store)).map_err(refused)
}

fn change(
    host: &Host,
    state: Option<&Path>,
    answer: &Answer,
    what: &str,
    act: impl FnOnce(&mut Entry) -> Result<()>,
) -> Result<AlertAnswer> {
    let unknown = || {
        Error::new(Kind::Unreadable, "there is no such alert").at(&answer.id).hint("see them all: s2scert alert list")
    };
    let mut store = existing(host, state)?.ok_or_else(unknown)?;
    let memory = store.memory().map_err(refused)?;
    let key = find(&memory, &answer.id)?.ok_or_else(unknown)?;
    let mut entry = memory.entries.get(&key).cloned().ok_or_else(unknown)?;
    act(&mut entry)?;
    store.record(&key, &entry, None).map_err(refused)?;
    let detail = format!("{}: {}", who(host, answer)?, answer.note);
    let noted = audit::Act { what, about: &key, result: "done", detail: &detail };
    audit::note(host, state, &noted).map_err(|error| error.hint("the answer itself is kept: s2scert alert list"))?;
    let alert = listed(&key, &entry, host.clock.now());
    Ok(AlertAnswer { schema: "s2scert.alert-answer/1.0", changed: true, alert })
}

/// Finds the key of an id, of its beginning, or of the key itself.
fn find(memory: &Memory, wanted: &str) -> Result<Option<String>> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let found: Vec<&String> = memory
        .entries
        .keys()
        .filter(|key| key.eq_ignore_ascii_case(&wanted) || (wanted.len() >= 4 && Item::id(key).starts_with(&wanted)))
        .collect();
    match found[..] {
        [] => Ok(None),
        [key] => Ok(Some(key.clone())),
        _ => Err(Error::new(Kind::Usage, "several alerts begin like this").at(wanted).hint("write more of it")),
    }
}

fn who(host: &Host, answer: &Answer) -> Result<String> {
    let by = match &answer.by {
        Some(by) => by.trim().to_owned(),
        None => host.machine.facts().map(|facts| facts.account).unwrap_or_default(),
    };
    let fits = |text: &str| text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control);
    if by.is_empty() || !fits(&by) || !fits(&answer.note) {
        return Err(Error::new(
            Kind::Usage,
            format!("a name or note is one line of at most {LONGEST_TEXT} characters, and a name is not empty"),
        ));
    }
    Ok(by)
}

/// Reads `2026-12-01`, an RFC 3339 instant, or a span from now on: `3d`.
fn instant(text: &str, now: Timestamp) -> Result<Timestamp> {
    let date = || text.parse::<jiff::civil::Date>().ok().filter(|_| text.len() == 10);
    let until = crate::watch::ladder::span_of(text)
        .ok()
        .map(|span| later(now, span))
        .or_else(|| text.parse::<Timestamp>().ok())
        .or_else(|| date().and_then(|date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()));
    let until = until.ok_or_else(|| {
        Error::new(Kind::Usage, "this is no end of a snooze")
            .at(text)
            .hint("write it as 3d, 2026-12-01, or 2026-12-01T08:00:00Z")
    })?;
    if until <= now || until > later(now, LONGEST_SNOOZE) {
        let days = LONGEST_SNOOZE.as_hours() / 24;
        return Err(Error::new(Kind::Usage, format!("a snooze ends after now, and within {days} days")).at(text));
    }
    Ok(until)
}

fn listed(key: &str, entry: &Entry, now: Timestamp) -> ListedAlert {
    let told = entry.worst_told();
    let (stage, level) = (told.and_then(|told| told.stage), told.map(|told| told.level));
    let marks = told.map(|told| told.marks.clone()).unwrap_or_default();
    let ack = level.and_then(|level| entry.ack_of(stage, level, &marks, now));
    let snooze = entry.snooze.as_ref().filter(|_| level.is_some_and(|level| entry.is_snoozed(level, now)));
    ListedAlert {
        id: Item::id(key),
        key: key.to_owned(),
        title: entry.title.clone(),
        level,
        stage: stage.map(|stage| stage.word()),
        told: entry.told.values().map(|told| told.at).max(),
        channels: entry.told.keys().cloned().collect(),
        last_seen: entry.last_seen,
        acknowledged_by: ack.map(|ack| ack.by.clone()),
        note: ack.map(|ack| ack.note.clone()).filter(|note| !note.is_empty()),
        snoozed_by: snooze.map(|snooze| snooze.by.clone()),
        snoozed_until: snooze.map(|snooze| snooze.until),
    }
}
