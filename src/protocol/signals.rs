//! Signals that a server gives by itself: what is asked, and what a node tells.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::word::{List, Text};

/// The most events of one answer.
pub const MOST_EVENTS: usize = 50;

/// The kinds of events.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalKind {
    /// Event 8311 of SharePoint: a certificate cannot be validated.
    SharePoint,
    /// The monitoring service of Dynamics: source `MSCRMMonitoringServerRole`.
    Monitoring,
}

/// Which events.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsRead {
    /// The kind.
    pub kind: SignalKind,
    /// Since when, by the clock of the server.
    pub since: Timestamp,
}

/// Events of the Application log.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignalFacts {
    /// The events.
    pub events: List<LoggedEvent, MOST_EVENTS>,
}

/// One event.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoggedEvent {
    /// Its source.
    pub source: Text,
    /// Its number.
    pub code: u32,
    /// 1 is an error, 2 a warning, 3 information.
    pub severity: u32,
    /// When, by the clock of the server.
    pub at: Timestamp,
    /// Its text.
    pub message: Text,
}

/// From when on the deployment itself warns of a certificate.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MonitoringFacts {
    /// `CertificateLifetimeNotificationThreshold`: percent of the lifetime; nothing where there is no number.
    pub threshold: Option<u32>,
}
