//! One message for one channel.

use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::Fingerprint;
use crate::watch::Level;
use crate::watch::decide::{Alert, Why};
use crate::watch::facts::minute;

/// The schema of [`Message`].
pub const MESSAGE_SCHEMA: &str = "s2scert.message/1.0";
/// The most alerts that one message holds.
const MOST_ALERTS: usize = 50;
/// The most characters of a subject.
const LONGEST_SUBJECT: usize = 180;

/// What one channel is told by one run.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Message {
    /// `s2scert.message/1.0`.
    pub schema: &'static str,
    /// The same for each attempt to send the same crossings: receivers can tell repetitions by it.
    pub id: String,
    /// Who speaks.
    pub from: String,
    /// The machine on which it ran.
    pub machine: String,
    /// When it was decided.
    pub at: Timestamp,
    /// The worst level.
    pub level: Level,
    /// Why it is sent: `crossing`, or `escalation` where nobody has acknowledged.
    pub why: Why,
    /// The alerts, the worst first.
    pub alerts: Vec<Alert>,
    /// How many more there are, which this message does not hold.
    pub more: u64,
    /// Whether it is only a test of the channel.
    pub test: bool,
    /// The head of the audit log of the sender: where the log later lacks it, lines were cut off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<AuditHead>,
}

/// The head of an audit log.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AuditHead {
    /// How many lines the log has.
    pub lines: u64,
    /// The hash of the last one, hexadecimal: the command `audit verify` takes it with `--head`.
    pub head: String,
}

impl Message {
    /// Makes a message of alerts, the worst first.
    #[must_use]
    pub fn new(from: &str, machine: &str, at: Timestamp, why: Why, alerts: &[&Alert]) -> Self {
        let mut hashed = String::new();
        for alert in alerts {
            hashed.push_str(&alert.crossing);
            hashed.push('\n');
        }
        let id = Fingerprint::of(format!("{why:?}\n{hashed}").as_bytes()).to_string().to_lowercase();
        Self {
            schema: MESSAGE_SCHEMA,
            id: id.chars().take(32).collect(),
            from: from.to_owned(),
            machine: machine.to_owned(),
            at,
            level: alerts.iter().map(|alert| alert.level).max().unwrap_or(Level::Attention),
            why,
            alerts: alerts.iter().take(MOST_ALERTS).map(|&alert| alert.clone()).collect(),
            more: alerts.len().saturating_sub(MOST_ALERTS) as u64,
            test: false,
            audit: None,
        }
    }

    /// Tells the head of the audit log with it.
    #[must_use]
    pub fn with_audit(self, audit: Option<AuditHead>) -> Self {
        Self { audit, ..self }
    }

    /// Returns one line: how bad it is, how many, and the worst of them.
    #[must_use]
    pub fn subject(&self) -> String {
        let worst = self.alerts.first().map_or("nothing to tell", |alert| alert.message.as_str());
        let others = self.alerts.len().saturating_sub(1) as u64 + self.more;
        let mut text = format!("[s2scert {}] ", self.level.word());
        if self.test {
            text = "[s2scert test] ".to_owned();
        }
        if self.why == Why::Escalation {
            text.push_str("nobody has acknowledged: ");
        }
        text.push_str(worst);
        let tail = if others > 0 { format!(" (and {others} more)") } else { String::new() };
        let room = LONGEST_SUBJECT - tail.len();
        let mut line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(room).collect();
        line.push_str(&tail);
        line
    }

    /// Returns the whole as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "{}", self.opening());
        for alert in &self.alerts {
            let _ = writeln!(text, "\n{}: {}", alert.level.word().to_uppercase(), alert.message);
            for detail in &alert.details {
                let _ = writeln!(text, "  {:<12} {}", detail.label, detail.value);
            }
            let _ = writeln!(text, "  {:<12} {}", "do", alert.remedy);
            match &alert.acknowledged_by {
                Some(who) => {
                    let _ = writeln!(text, "  {:<12} {who}", "taken on by");
                }
                None => {
                    let _ = writeln!(text, "  {:<12} s2scert alert ack {}", "take it on", alert.id);
                }
            }
        }
        if self.more > 0 {
            let _ = writeln!(text, "\n{} more are not shown here. See all: s2scert alert list", self.more);
        }
        let _ = writeln!(text, "\n{}", self.closing());
        text
    }

    /// Returns the first sentence.
    #[must_use]
    pub fn opening(&self) -> String {
        match (self.test, self.why) {
            (true, _) => format!("This is a test of the channel, sent by {}. Nothing has happened.", self.from),
            (false, Why::Escalation) => {
                format!("{} tells you this because nobody has acknowledged it.", self.from)
            }
            (false, Why::Crossing) => format!("{} has seen the following.", self.from),
        }
    }

    /// Returns the last line: who, where, when, and the number by which a repetition is known.
    #[must_use]
    pub fn closing(&self) -> String {
        let log = self.audit.as_ref().map(|log| format!(" Audit log: {} lines, head {}.", log.lines, log.head));
        let log = log.unwrap_or_default();
        format!("Sent by s2scert on {} at {}. Message {}.{log}", self.machine, minute(self.at), self.id)
    }
}
