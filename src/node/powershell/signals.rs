//! Requests for signals that a server gives by itself: events of its log, and the monitoring of Dynamics.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::input::Field;
use super::script::{GET_CRM_MONITORING, GET_EVENTS, Script};

/// Asks for events of the Application log.
#[derive(Clone, Debug)]
pub struct GetEvents {
    /// The condition, in the words of WQL. It is made of constants and an instant, never of what somebody typed.
    pub query: String,
}

/// Events, in the order of the log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogEvents {
    /// The events; at most fifty.
    pub events: Vec<LogEvent>,
}

/// One event.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct LogEvent {
    /// Its source.
    pub source: String,
    /// Its number.
    pub code: u32,
    /// 1 is an error, 2 a warning, 3 information.
    pub severity: u32,
    /// When, by the clock of the server, ISO 8601 in UTC.
    pub at: String,
    /// Its text, in the language of the server.
    pub message: String,
}

impl Call for GetEvents {
    const SCRIPT: Script = GET_EVENTS;
    type Answer = LogEvents;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("query", Field::Text(&self.query))]
    }
}

/// Asks from when on the deployment warns of its certificates.
#[derive(Clone, Copy, Debug)]
pub struct GetCrmMonitoring;

/// The setting `CertificateLifetimeNotificationThreshold`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CrmMonitoring {
    /// The value as text, one for each object that the cmdlet gives: one.
    pub thresholds: Vec<String>,
}

impl Call for GetCrmMonitoring {
    const SCRIPT: Script = GET_CRM_MONITORING;
    type Answer = CrmMonitoring;
}
