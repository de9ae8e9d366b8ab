//! What is said of a roll that nobody sits at: refused with the reason, prepared, or carried out. One certificate, one story.

use std::collections::BTreeSet;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Level;
use super::facts::{Item, Kind, Matter};

/// The most crossings that are remembered: a farm has one in a year.
const MOST_ATTEMPTS: usize = 100;
/// The format of the record.
pub const FORMAT: &str = "1.0";

/// How far a roll came that nobody sits at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No credential is staged, or it cannot be used.
    NotStaged,
    /// What is staged is not what farm.toml names.
    OtherCredential,
    /// The description, the policy or the machine forbids it.
    Forbidden,
    /// Another roll stands, or it is not known whether one does.
    Busy,
    /// There was a roll for this crossing already.
    Tried,
    /// No plan could be made.
    NotPlanned,
    /// The rehearsal of the plan failed.
    NotRehearsed,
    /// Planned and rehearsed; it is not the time to change anything.
    Closed,
    /// Planned and rehearsed, for a person to carry out.
    Prepared,
    /// Planned and rehearsed, and about to be carried out.
    Begins,
    /// The farm uses the new certificate.
    Done,
    /// The farm is as before.
    RolledBack,
    /// Something is left to do by hand.
    Manual,
    /// It began, and stopped.
    Stopped,
}

impl Outcome {
    /// Returns the word by which one state of it is told from another.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotStaged => "not-staged",
            Self::OtherCredential => "other-credential",
            Self::Forbidden => "forbidden",
            Self::Busy => "busy",
            Self::Tried => "tried",
            Self::NotPlanned => "not-planned",
            Self::NotRehearsed => "not-rehearsed",
            Self::Closed => "closed",
            Self::Prepared => "prepared",
            Self::Begins => "begins",
            Self::Done => "done",
            Self::RolledBack => "rolled-back",
            Self::Manual => "manual",
            Self::Stopped => "stopped",
        }
    }

    /// Returns what has become of it, as the end of a sentence about it.
    const fn words(self) -> &'static str {
        match self {
            Self::NotStaged => "is not begun, because no credential is staged for it",
            Self::OtherCredential => "is refused, because what is staged is not what farm.toml names",
            Self::Forbidden => "is refused, because it is not permitted",
            Self::Busy => "is not begun, because another roll may be in progress",
            Self::Tried => "is not begun a second time",
            Self::NotPlanned => "is not begun, because no plan can be made",
            Self::NotRehearsed => "is refused, because its rehearsal failed",
            Self::Closed => "is planned and rehearsed, and waits for its time",
            Self::Prepared => "is planned and rehearsed, and waits for somebody",
            Self::Begins => "begins now",
            Self::Done => "is done",
            Self::RolledBack => "was taken back",
            Self::Manual => "has left something to do by hand",
            Self::Stopped => "has stopped",
        }
    }

    /// Returns how bad it is. What needs no answer is less than what keeps a due roll from being made.
    #[must_use]
    pub const fn level(self) -> Level {
        match self {
            Self::Begins | Self::Done => Level::Attention,
            Self::Closed | Self::Prepared => Level::Warning,
            Self::NotStaged
            | Self::OtherCredential
            | Self::Forbidden
            | Self::Busy
            | Self::Tried
            | Self::NotPlanned
            | Self::NotRehearsed
            | Self::RolledBack
            | Self::Manual
            | Self::Stopped => Level::Error,
        }
    }
}

/// What has become of a roll that nobody sits at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RollNews {
    /// SHA-256 of the certificate that should have been rolled, upper-case hexadecimal.
    pub certificate: String,
    /// Its subject.
    pub subject: String,
    /// How far it came.
    pub outcome: Outcome,
    /// Why, in some words; empty where there is nothing to add.
    pub why: String,
    /// The plan, the rehearsal, the run: label and value.
    pub details: Vec<(&'static str, String)>,
    /// The next command.
    pub next: String,
}

impl RollNews {
    /// Returns it as something that is spoken of: told once for each state that it comes to.
    #[must_use]
    pub fn item(&self) -> Item {
        let why = if self.why.is_empty() { String::new() } else { format!(": {}", self.why) };
        Item {
            key: format!("{}/{}", Kind::Roll.word(), self.certificate),
            kind: Kind::Roll,
            title: format!("unattended roll of {}", self.subject),
            said: format!("the unattended roll of {} {}{why}", self.subject, self.outcome.words()),
            details: self.details.clone(),
            remedy: self.next.clone(),
            matter: Matter::Standing {
                level: self.outcome.level(),
                marks: BTreeSet::from([self.outcome.word().to_owned()]),
            },
            retired: false,
        }
    }
}

/// Every roll that was begun while nobody sat there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    /// The version of the format.
    pub format: String,
    /// The rolls, in order.
    pub attempts: Vec<Attempt>,
}

/// One roll that was begun while nobody sat there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// SHA-256 of the certificate that should have been rolled. One certificate crosses its act-by date once.
    pub certificate: String,
    /// When it was begun.
    pub at: Timestamp,
    /// The roll.
    pub roll: String,
    /// SHA-256 of its plan.
    pub plan_sha256: String,
    /// How it ended; nothing where that was never written down.
    #[serde(default)]
    pub end: Option<Outcome>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), attempts: Vec::new() }
    }
}

impl Attempts {
    /// Returns the roll that was begun for a certificate.
    #[must_use]
    pub fn of(&self, certificate: &str) -> Option<&Attempt> {
        self.attempts.iter().rev().find(|one| one.certificate == certificate)
    }

    /// Notes that one begins.
    pub fn begin(&mut self, attempt: Attempt) {
        self.attempts.push(attempt);
        let more = self.attempts.len().saturating_sub(MOST_ATTEMPTS);
        self.attempts.drain(..more);
    }

    /// Notes how the last one ended.
    pub fn end(&mut self, outcome: Outcome) {
        if let Some(last) = self.attempts.last_mut() {
            last.end = Some(outcome);
        }
    }
}
