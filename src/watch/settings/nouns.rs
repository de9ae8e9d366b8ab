//! The file as nouns. The documentation of each field is what the published schema says of it.

use std::path::PathBuf;

use jiff::SignedDuration;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::channels::{CommandChannel, EventLogChannel, FileChannel, SmtpChannel, SyslogChannel, WebhookChannel};
use super::places::{EndpointTable, FarmTable, SignalsTable, StoreTable};
use super::words::{Secret, Span};
use crate::farm::description::{Label, Url};
use crate::watch::Level;
use crate::watch::ladder::Threshold;
use crate::watch::schedule::Cron;

/// What is watched, when somebody is told, and how.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of the file format: "1.0".
    pub format: String,
    /// The name under which this watch speaks; without one, that of the machine.
    #[serde(default)]
    pub name: Option<Label>,
    /// Files and folders, in addition to those of the command line; with * and ? within a name, and ** for folders.
    #[serde(default)]
    pub paths: Vec<PathBuf>,
    /// Certificate stores of this machine.
    #[serde(default)]
    pub store: Vec<StoreTable>,
    /// Servers that show certificates.
    #[serde(default)]
    pub endpoint: Vec<EndpointTable>,
    /// A farm.
    #[serde(default)]
    pub farm: Option<FarmTable>,
    /// Signals that the servers of the farm give by themselves.
    #[serde(default)]
    pub signals: Option<SignalsTable>,
    /// The policy by which what is deployed is judged: a shipped name or a path.
    #[serde(default)]
    pub policy: Option<String>,
    /// The waivers.
    #[serde(default)]
    pub waivers: Option<PathBuf>,
    /// Sources of the passwords of PFX files; each is tried on each.
    #[serde(default)]
    pub passwords: Vec<Secret>,
    /// The zone in which freezes and the schedule are meant: Europe/Berlin. UTC where none is named.
    #[serde(default)]
    pub zone: Option<String>,
    /// The thresholds.
    #[serde(default)]
    pub ladder: LadderTable,
    /// How long a roll takes.
    #[serde(default)]
    pub act_by: ActByTable,
    /// Days on which nothing may change.
    #[serde(default, rename = "freeze")]
    pub freezes: Vec<FreezeTable>,
    /// When somebody else is told.
    #[serde(default)]
    pub escalation: EscalationTable,
    /// How others see that the watch lives.
    #[serde(default)]
    pub heartbeat: HeartbeatTable,
    /// When `watch --once --if-due` has something to do.
    #[serde(default)]
    pub schedule: Option<ScheduleTable>,
    /// Mail.
    #[serde(default)]
    pub smtp: Vec<SmtpChannel>,
    /// Webhooks.
    #[serde(default)]
    pub webhook: Vec<WebhookChannel>,
    /// Syslog.
    #[serde(default)]
    pub syslog: Vec<SyslogChannel>,
    /// The event log of Windows.
    #[serde(default)]
    pub eventlog: Vec<EventLogChannel>,
    /// Files in a folder.
    #[serde(default)]
    pub file: Vec<FileChannel>,
    /// Programs.
    #[serde(default)]
    pub command: Vec<CommandChannel>,
}

/// The thresholds.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LadderTable {
    /// How long before act-by, and once that has passed before the expiry, somebody is told: "14d", "36h", or a share of the
    /// life, "10%".
    pub thresholds: Vec<Threshold>,
    /// From how long before the expiry on it is critical.
    pub critical: Span,
}

impl Default for LadderTable {
    fn default() -> Self {
        Self {
            thresholds: [60, 30, 14, 7, 2, 1].map(Threshold::days).to_vec(),
            critical: Span(SignedDuration::from_hours(7 * 24)),
        }
    }
}

/// How long a roll takes. The act-by date is the expiry minus all three, before any freeze that is in the way.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActByTable {
    /// How long the certification authority takes.
    pub lead: Span,
    /// How long both certificates are to be valid side by side.
    pub overlap: Span,
    /// How long SharePoint may keep what it has read.
    pub cache: Span,
}

impl Default for ActByTable {
    fn default() -> Self {
        let zero = Span(SignedDuration::ZERO);
        Self { lead: zero, overlap: zero, cache: Span(SignedDuration::from_hours(24)) }
    }
}

/// Days on which nothing may change.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeTable {
    /// Why.
    pub reason: Label,
    /// The first day: "2026-12-20".
    #[schemars(with = "String")]
    pub from: Date,
    /// The last day.
    #[schemars(with = "String")]
    pub until: Date,
}

/// When somebody else is told.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct EscalationTable {
    /// How long somebody has to acknowledge.
    pub after: Span,
    /// From which level on.
    pub level: Level,
}

impl Default for EscalationTable {
    fn default() -> Self {
        Self { after: Span(SignedDuration::from_hours(48)), level: Level::Error }
    }
}

/// How others see that the watch lives.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeartbeatTable {
    /// A file that is written by each run, for example on a share.
    pub file: Option<PathBuf>,
    /// Metrics for Prometheus' node exporter, written by each run: DIR/s2scert.prom.
    pub textfile: Option<PathBuf>,
    /// An address that is asked after each run that ended well.
    pub ping: Option<Url>,
    /// A calendar of act-by dates, written by each run.
    pub calendar: Option<PathBuf>,
    /// Heartbeat files of other watches. One that is older than `late` is spoken of.
    pub others: Vec<PathBuf>,
    /// From which age on a heartbeat is late. Without it: two hours after the run that its schedule promises or after the last
    /// call of its trigger, and 46 hours where it has no schedule.
    pub late: Option<Span>,
}

/// When the watch looks.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleTable {
    /// A cron expression of five fields (minute, hour, day of the month, month, day of the week), in the zone of the file:
    /// "0 7 * * *" is every day at seven.
    #[schemars(with = "String")]
    pub cron: Cron,
}
