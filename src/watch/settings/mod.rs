//! watch.toml: what is watched, when somebody is told, and how. Text in; settings, or one mistake with its line, out.
//!
//! | file | holds |
//! |---|---|
//! | `nouns` | the file as typed nouns; their documentation is that of the published schema |
//! | `words` | spans, shares, mail addresses, secrets |
//! | `channels` | the ways to tell somebody |
//! | `places` | certificate stores, servers that answer, a farm |

mod channels;
mod nouns;
mod places;
mod words;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::Schema;

pub use channels::{
    Channel, ChannelKind, CommandChannel, EventLogChannel, FileChannel, SmtpChannel, SyslogChannel, SyslogProtocol,
    TlsWord, WebhookChannel, WebhookShape,
};
pub use nouns::{ActByTable, EscalationTable, FreezeTable, HeartbeatTable, LadderTable, ScheduleTable, Settings};
pub use places::{Asked, Endpoint, EndpointTable, FarmTable, SignalsTable, StoreTable};
pub use words::{MailAddress, Secret, Span};

use super::act_by::{FreezeSpan, LeadTimes};
use super::decide::{Escalation, Orders, Role, Route};
use super::facts::Rules;
use super::ladder::{Ladder, MOST_THRESHOLDS};
use crate::farm::description::SecretSource;
use crate::farm::reading::tidy;
use crate::farm::store::StorePlace;

/// The format that this program reads.
pub const FORMAT: &str = "1.0";
/// The largest text, in octets.
pub const MAX_BYTES: usize = 1 << 20;
/// The most channels.
const MOST_CHANNELS: usize = 50;
/// The most certificate stores, and the most endpoints.
const MOST_PLACES: usize = 500;

/// The most days back for which events count.
const MOST_SIGNAL_DAYS: u8 = 31;

/// What is wrong with the file. It never repeats a value that could be a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// The line, counted from 1, where it is known.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

/// Reads watch.toml.
///
/// # Errors
/// The first mistake.
pub fn read(text: &str) -> Result<Settings, SettingsError> {
    let wrong = |line, message: String| SettingsError { line, message };
    if text.len() > MAX_BYTES {
        return Err(wrong(None, format!("more than {MAX_BYTES} octets")));
    }
    let line_of = |error: &toml::de::Error| {
        error.span().map(|span| text.bytes().take(span.start).filter(|octet| *octet == b'\n').count() + 1)
    };
    let told = |error: toml::de::Error| wrong(line_of(&error), tidy(error.message()));
    let table: toml::Table = toml::from_str(text).map_err(told)?;
    match table.get("format").and_then(toml::Value::as_str) {
        Some(FORMAT) => {}
        Some(_) => {
            return Err(wrong(None, format!("the format is not {FORMAT}: this s2scert is too old for the file")));
        }
        None => return Err(wrong(None, format!("the first key is missing: format = \"{FORMAT}\""))),
    }
    let settings: Settings = toml::from_str(text).map_err(told)?;
    validate(&settings).map_err(|message| wrong(None, message))?;
    Ok(settings)
}

/// Returns the schema of the file.
#[must_use]
pub fn schema() -> Schema {
    schemars::schema_for!(Settings)
}

fn validate(settings: &Settings) -> Result<(), String> {
    if settings.ladder.thresholds.is_empty() || settings.ladder.thresholds.len() > MOST_THRESHOLDS {
        return Err(format!("ladder.thresholds: 1 to {MOST_THRESHOLDS} thresholds"));
    }
    let channels = settings.channels();
    if channels.len() > MOST_CHANNELS {
        return Err(format!("more than {MOST_CHANNELS} channels"));
    }
    for (index, channel) in channels.iter().enumerate() {
        let folded = channel.name.folded();
        if channels[..index].iter().any(|other| other.name.folded() == folded) {
            return Err(format!("two channels have the name {}", channel.name));
        }
    }
    if !channels.is_empty() && channels.iter().all(|channel| channel.role != Role::Primary) {
        return Err("no channel has the role primary, so nobody would be told at first".to_owned());
    }
    if settings.store.len() > MOST_PLACES || settings.endpoint.len() > MOST_PLACES {
        return Err(format!("more than {MOST_PLACES} stores or endpoints"));
    }
    if let Some(signals) = &settings.signals {
        if settings.farm.is_none() {
            return Err("signals: they are those of a farm; add a table [farm] with file = \"farm.toml\"".to_owned());
        }
        if !(1..=MOST_SIGNAL_DAYS).contains(&signals.days) {
            return Err(format!("signals.days: 1 to {MOST_SIGNAL_DAYS}"));
        }
    }
    if let Some(one) = settings.freezes.iter().find(|freeze| freeze.until < freeze.from) {
        return Err(format!("the freeze {:?} ends before it begins", one.reason.as_str()));
    }
    settings.time_zone().map(drop)
}

impl Settings {
    /// Makes every relative path one that is relative to the folder of the file: a scheduled run has a folder of its own.
    pub fn beside(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        let secret = |secret: &mut Secret| {
            if let SecretSource::File(path) = &mut secret.0 {
                *path = folder.join(&*path);
            }
        };
        self.paths.iter_mut().chain(&mut self.waivers).for_each(join);
        self.passwords.iter_mut().for_each(secret);
        let beat = &mut self.heartbeat;
        beat.file.iter_mut().chain(&mut beat.textfile).chain(&mut beat.calendar).chain(&mut beat.others).for_each(join);
        self.smtp.iter_mut().filter_map(|one| one.authorities.as_mut()).for_each(join);
        self.syslog.iter_mut().filter_map(|one| one.authorities.as_mut()).for_each(join);
        self.smtp.iter_mut().filter_map(|one| one.password.as_mut()).for_each(secret);
        self.webhook.iter_mut().filter_map(|one| one.authorities.as_mut()).for_each(join);
        self.webhook.iter_mut().flat_map(|one| one.secret.iter_mut().chain(&mut one.url_from)).for_each(secret);
        self.file.iter_mut().for_each(|one| join(&mut one.folder));
        self.farm.iter_mut().for_each(|one| join(&mut one.file));
        self.endpoint.iter_mut().filter_map(|one| one.authorities.as_mut()).for_each(join);
        for one in &mut self.store {
            if let StorePlace::Folder(path) = &mut one.place {
                join(path);
            }
        }
        if let Some(policy) = self.policy.as_mut().filter(|policy| policy.contains(['/', '\\', '.'])) {
            *policy = folder.join(&*policy).display().to_string();
        }
    }

    /// Returns the zone in which dates and the schedule are meant.
    ///
    /// # Errors
    /// A sentence, where it is not known.
    pub fn time_zone(&self) -> Result<TimeZone, String> {
        match self.zone.as_deref() {
            None | Some("UTC") => Ok(TimeZone::UTC),
            Some(name) => TimeZone::get(name).map_err(|_| {
                format!("zone: {name:?} is no known time zone; write it as Europe/Berlin, or leave it out for UTC")
            }),
        }
    }

    /// Returns when the schedule has the next run after `now`, where there is a schedule.
    #[must_use]
    pub fn next_run(&self, now: Timestamp) -> Option<Timestamp> {
        self.schedule.as_ref()?.cron.next(&self.time_zone().ok()?, now)
    }

    /// Returns by what it is decided who is told.
    #[must_use]
    pub fn orders(&self) -> Orders {
        let zone = self.time_zone().unwrap_or(TimeZone::UTC);
        let freezes = self.freezes.iter().map(|freeze| FreezeSpan::of_days(freeze.from, freeze.until, &zone)).collect();
        let times = LeadTimes { lead: self.act_by.lead.0, overlap: self.act_by.overlap.0, cache: self.act_by.cache.0 };
        let ladder = Ladder::new(self.ladder.thresholds.clone(), self.ladder.critical.0);
        let route =
            |channel: Channel| Route { name: channel.name.to_string(), level: channel.level, role: channel.role };
        Orders {
            rules: Rules { ladder, times, freezes },
            routes: self.channels().into_iter().map(route).collect(),
            escalation: Escalation { after: self.escalation.after.0, level: self.escalation.level },
        }
    }
}

#[cfg(test)]
mod tests;
