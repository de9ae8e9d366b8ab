//! What a check found, as data. Words for people are made from it at the very end.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

/// How much a finding weighs. `Error` stops the command with exit code 3.
#[derive(Clone, Copy, Debug, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, serde::Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Works today, or on most servers.
    Warning,
    /// Will not work, or is not allowed.
    Error,
}

/// One finding of a policy rule or of the linter.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Finding {
    /// The stable identifier of the rule, never reused: `pfx-aes-for-old-target`.
    pub id: Cow<'static, str>,
    /// The weight.
    pub severity: Severity,
    /// What it is about: `leaf`, `certificate 2 (CN=Contoso Issuing CA)`, `key bag 1`, `file`.
    pub subject: String,
    /// What was seen, in one sentence with the values.
    pub message: String,
    /// Why it matters here.
    pub reason: Cow<'static, str>,
    /// What to do, as a command where one exists.
    pub remedy: Cow<'static, str>,
    /// The waiver that covers it, if one does. A waived finding no longer stops anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<WaivedBy>,
}

/// Who took responsibility for a finding, and until when.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct WaivedBy {
    /// The person or team that answers for it.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which the waiver holds (RFC 3339 full-date, UTC).
    pub until: String,
}

impl Finding {
    /// Returns whether this finding stops the command: severity `error` and not waived.
    pub fn stops(&self) -> bool {
        self.severity == Severity::Error && self.waived_by.is_none()
    }
}
