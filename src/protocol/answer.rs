//! What a node answers.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::facts::Facts;
use super::word::{Id, List, Text};
use super::{ANSWER_SCHEMA, Ticket};
use crate::error::{Error, ExitCode, Kind};

/// The most causes or next steps that are told.
const MOST_WORDS: usize = 16;

/// One answer of a node. It holds no secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// `s2scert.node-answer/1.0`.
    pub schema: String,
    /// The number of the request, where it could be read.
    pub request: Option<Id>,
    /// The name of the machine.
    pub node: Text,
    /// When this came out, by the clock of the node. A repeat of an attempt tells the instant of the attempt.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a request.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// What was seen. Nothing was changed.
    Observed(Observed),
    /// The action ended well. The probe says whether it is so.
    Done(Done),
    /// The action failed, and what it had changed is as before.
    Failed(Trouble),
    /// It is not known whether the action had its effect: it was cut off, or it failed in the middle.
    Unclear(Unclear),
    /// An attempt is running. Ask again.
    Busy(Busy),
    /// Nothing was done, on purpose.
    Refused(Refusal),
}

/// Why an answer shows nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unshown {
    /// The sort, where the node refused to look.
    pub code: Option<RefusalCode>,
    /// Why, for people.
    pub why: Text,
}

impl Outcome {
    /// Returns what was looked at. An answer about anything else shows nothing, and says why.
    ///
    /// # Errors
    /// [`Unshown`].
    pub fn shown(self) -> Result<Facts, Unshown> {
        let unshown = |why: Text| Unshown { code: None, why };
        match self {
            Self::Observed(Observed { facts: Facts::Unseen(trouble), .. }) | Self::Failed(trouble) => {
                Err(unshown(trouble.sentence()))
            }
            Self::Observed(Observed { facts, .. }) => Ok(facts),
            Self::Refused(refusal) => Err(Unshown { code: Some(refusal.code), why: refusal.why }),
            Self::Busy(_) => Err(unshown(Text::told("an action is running on this node; ask again"))),
            Self::Done(_) | Self::Unclear(_) => Err(unshown(Text::told("the node acted, though it was asked to look"))),
        }
    }
}

/// Whether it is so already.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// It could not be seen.
    Unseen,
}

/// What was seen.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Observed {
    /// For an action that changes something: whether it is so already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Holds>,
    /// What was seen.
    pub facts: Facts,
}

/// An action that ended well.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// Whether anything is other than before.
    pub changed: bool,
    /// What is now.
    pub facts: Facts,
    /// What undoes it, where that can be said. It holds no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Box<Action>>,
}

/// A failure as a person reads it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// The exit code that the same failure has on the command line.
    pub exit_code: u8,
    /// What happened.
    pub what: Text,
    /// Where.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Text>,
    /// Why, outermost cause first.
    #[serde(default)]
    pub causes: List<Text, MOST_WORDS>,
    /// The next steps.
    #[serde(default)]
    pub next: List<Text, MOST_WORDS>,
}

/// An attempt of which it is not known whether it had its effect.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unclear {
    /// When it began.
    pub begun: Timestamp,
    /// Why that is not known.
    pub why: Text,
    /// What the probe finds now.
    pub holds: Holds,
    /// What was seen by it.
    pub facts: Facts,
}

/// An attempt that runs.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Busy {
    /// Which, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Ticket>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

/// Why nothing was done.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The sort.
    pub code: RefusalCode,
    /// Why.
    pub why: Text,
    /// The next steps.
    #[serde(default)]
    pub next: List<Text, MOST_WORDS>,
}

/// The sorts of refusal.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalCode {
    /// The request is not understood.
    Malformed,
    /// It has a version that is not understood.
    Version,
    /// It is larger than a request may be.
    TooLarge,
    /// It did not come in time.
    Late,
    /// This node was started to observe only.
    ObserveOnly,
    /// The state folder could be another's doing.
    UnsafeState,
    /// A file in the state folder cannot be understood.
    DamagedState,
    /// A higher fence was seen, or another holds the lease.
    Fenced,
    /// Somebody holds the lease.
    LeaseHeld,
    /// Another roll stands on this node.
    RollStands,
    /// This attempt was another action.
    TicketUsed,
    /// A record would leave a gap in the journal, or differs from the one that stands there.
    Journal,
    /// A bound of what is kept is reached, or the disk is full.
    Full,
    /// What the action is about is not as the request expects.
    Moved,
    /// This machine cannot do it.
    NotHere,
    /// The account has not the rights.
    Rights,
}

impl Answer {
    /// Puts an answer together.
    #[must_use]
    pub fn new(request: Option<Id>, node: &str, at: Timestamp, outcome: Outcome) -> Self {
        Self { schema: ANSWER_SCHEMA.to_owned(), request, node: Text::told(node), at, outcome }
    }

    /// Returns the exit code of the program that gives this answer.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match &self.outcome {
            Outcome::Observed(_) | Outcome::Done(_) => ExitCode::Ok,
            Outcome::Refused(refusal) => match refusal.code {
                RefusalCode::Malformed | RefusalCode::Version | RefusalCode::TooLarge | RefusalCode::Late => {
                    ExitCode::Usage
                }
                _ => ExitCode::Refused,
            },
            Outcome::Busy(_) | Outcome::Unclear(_) => ExitCode::Refused,
            Outcome::Failed(trouble) => {
                let known = ExitCode::TABLE.iter().find(|(code, _)| code.code() == trouble.exit_code);
                known.map_or(
                    ExitCode::Internal,
                    |(code, _)| if *code == ExitCode::Ok { ExitCode::Internal } else { *code },
                )
            }
        }
    }
}

impl Refusal {
    /// Makes a refusal with one next step.
    #[must_use]
    pub fn new(code: RefusalCode, why: &str, next: &str) -> Self {
        Self { code, why: Text::told(why), next: List::first([Text::told(next)]) }
    }
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        Self {
            exit_code: error.kind().exit_code().code(),
            what: Text::told(error.what()),
            place: error.place().map(Text::told),
            causes: List::first(error.causes().iter().map(|text| Text::told(text))),
            next: List::first(error.hints().iter().map(|text| Text::told(text))),
        }
    }
}

impl Trouble {
    /// Returns what happened and why, as one sentence.
    #[must_use]
    pub fn sentence(&self) -> Text {
        let words: Vec<&str> = [&self.what].into_iter().chain(&*self.causes).map(Text::as_str).collect();
        Text::told(&words.join(": "))
    }

    /// Makes one of a kind and what happened.
    #[must_use]
    pub fn new(kind: Kind, what: &str) -> Self {
        Self::from(&Error::new(kind, what))
    }
}
