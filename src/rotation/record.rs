//! The journal of a roll: what was meant to be done, and what came of it. State is a fold over the records, and one `match`
//! holds every legal order of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::{Hex, Id, Octets, Text};

/// One record.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// The roll begins. Always the first.
    Began(Began),
    /// A controller takes it up.
    Run(Run),
    /// An action is about to be asked for.
    Intent(Intent),
    /// What came of it.
    Outcome(Outcome),
    /// From when on a process must have begun, by the clock of its node.
    Since(Since),
    /// A step was acted on, and its check holds.
    Done(Done),
    /// Everything was verified end to end.
    Verified(Moment),
    /// From here on the roll is taken back.
    Turned(Turned),
    /// Somebody has said that a step is done that is done by hand.
    Recorded(Recorded),
    /// The run ended.
    Ended(Ended),
}

/// The beginning of a roll.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The roll.
    pub roll: Id,
    /// SHA-256 of the plan.
    pub plan_sha256: Hex<32>,
    /// When.
    pub at: Timestamp,
}

/// A controller takes the roll up.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Who.
    pub holder: Text,
    /// The fence of its lease.
    pub fence: u64,
    /// When.
    pub at: Timestamp,
}

/// What is about to be asked for.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The step of the plan.
    pub step: Id,
    /// The move in it, as the ticket names it.
    pub ticket: Id,
    /// The attempt at this move, from 1.
    pub attempt: u32,
    /// The node.
    pub node: Id,
    /// The action.
    pub action: Text,
    /// The access list before, where the action changes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Text>,
    /// When.
    pub at: Timestamp,
}

/// What came of a move.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The move.
    pub ticket: Id,
    /// The attempt.
    pub attempt: u32,
    /// What came of it.
    pub result: Came,
    /// Why, where it is not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// When.
    pub at: Timestamp,
}

/// What came of a move.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Came {
    /// The node says that it ended well.
    Done,
    /// The node says that it failed and changed nothing.
    Failed,
    /// The node does not know.
    Unclear,
    /// The node was doing something else.
    Busy,
    /// The node refused.
    Refused,
    /// No answer came back.
    Lost,
    /// The request never reached the node.
    Unsent,
}

/// From when on a process must have begun.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The step.
    pub step: Id,
    /// By the clock of its node.
    pub after: Timestamp,
}

/// A step that was acted on.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    /// The step.
    pub step: Id,
    /// When.
    pub at: Timestamp,
}

/// What somebody has said that he did.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The step.
    pub step: Id,
    /// Who says so.
    pub by: Text,
    /// What he says of it: what was seen, a ticket, the output of a command.
    pub note: Text,
    /// When.
    pub at: Timestamp,
}

/// An instant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
}

/// The roll is taken back.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Turned {
    /// Why.
    pub why: Text,
    /// When.
    pub at: Timestamp,
}

/// The end of a run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// How.
    pub end: EndKind,
    /// Why.
    pub why: Text,
    /// When.
    pub at: Timestamp,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndKind {
    /// The farm uses the new certificate, and it was proven.
    Done,
    /// The farm is as before.
    RolledBack,
    /// It was so already.
    NothingToDo,
    /// Something is left to do; the roll goes on.
    Manual,
    /// Somebody gave it up: what was changed stays, and another roll may begin.
    Aborted,
}

/// A record that cannot follow those before it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("record {index} of the journal cannot stand there: {why}")]
pub struct Illegal {
    /// Its number, from 0.
    pub index: usize,
    /// Why not.
    pub why: &'static str,
}

/// What the records say.
#[derive(Clone, Debug, Default)]
pub struct State {
    length: usize,
    /// The plan, once the roll has begun.
    pub plan_sha256: Option<Hex<32>>,
    /// Whether the roll is being taken back, and why.
    pub turned: Option<Text>,
    /// The highest fence of its runs.
    pub fence: u64,
    /// How often each move was attempted.
    pub attempts: BTreeMap<Id, u32>,
    /// Moves with an intent and no outcome.
    pub open: BTreeSet<Id>,
    /// Steps of which a move was begun.
    pub begun: BTreeSet<Id>,
    /// Steps that were acted on, and are so.
    pub done: BTreeSet<Id>,
    /// From when on processes must have begun.
    pub instants: BTreeMap<Id, Timestamp>,
    /// Access lists of nodes before the first change.
    pub before: BTreeMap<Id, Text>,
    /// When everything was verified.
    pub verified: Option<Timestamp>,
    /// Steps of which somebody has said that they are done.
    pub recorded: BTreeSet<Id>,
    /// How the last run ended.
    pub ended: Option<EndKind>,
}

impl State {
    /// Folds records.
    ///
    /// # Errors
    /// The first one that cannot stand where it stands.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Self, Illegal> {
        let mut state = Self::default();
        for record in records {
            state.take(record)?;
        }
        Ok(state)
    }

    /// Returns whether the roll is over.
    #[must_use]
    pub fn over(&self) -> Option<EndKind> {
        self.ended.filter(|end| *end != EndKind::Manual)
    }

    /// Takes one record more.
    ///
    /// # Errors
    /// When it cannot follow.
    pub fn take(&mut self, record: &Record) -> Result<(), Illegal> {
        let illegal = |why| Err(Illegal { index: self.length, why });
        let running = self.plan_sha256.is_some() && self.fence > 0 && self.ended.is_none();
        match record {
            Record::Began(began) => match self.plan_sha256 {
                None => self.plan_sha256 = Some(began.plan_sha256),
                Some(_) => return illegal("the roll has begun already"),
            },
            Record::Run(_) if self.plan_sha256.is_none() => return illegal("the roll has not begun"),
            Record::Run(_) if self.over().is_some() => return illegal("the roll is over"),
            Record::Run(run) if run.fence <= self.fence => return illegal("its fence is not higher than the last"),
            Record::Run(run) => {
                self.fence = run.fence;
                self.ended = None;
                // What an earlier controller left open was settled before this one acts.
                self.open.clear();
            }
            // It is said while no controller runs, by whoever has done it.
            Record::Recorded(_) if self.plan_sha256.is_none() => return illegal("the roll has not begun"),
            Record::Recorded(_) if self.over().is_some() => return illegal("the roll is over"),
            Record::Recorded(recorded) => {
                self.recorded.insert(recorded.step.clone());
            }
            _ if !running => return illegal("no run is going on"),
            Record::Intent(intent) => {
                let attempts = self.attempts.entry(intent.ticket.clone()).or_default();
                if intent.attempt != *attempts + 1 {
                    return illegal("an attempt was left out or repeated");
                }
                *attempts = intent.attempt;
                if !self.open.insert(intent.ticket.clone()) {
                    return illegal("the attempt before it has no outcome");
                }
                self.begun.insert(intent.step.clone());
                if let Some(before) = &intent.before {
                    self.before.entry(intent.node.clone()).or_insert_with(|| before.clone());
                }
            }
            Record::Outcome(outcome) => {
                let last = self.attempts.get(&outcome.ticket) == Some(&outcome.attempt);
                if !last || !self.open.remove(&outcome.ticket) {
                    return illegal("no such attempt is open");
                }
            }
            Record::Since(since) => {
                self.instants.insert(since.step.clone(), since.after);
            }
            Record::Done(done) => {
                self.done.insert(done.step.clone());
            }
            Record::Verified(moment) if self.turned.is_none() => self.verified = Some(moment.at),
            Record::Verified(_) => return illegal("a roll that is taken back is not verified"),
            Record::Turned(turned) if self.turned.is_none() => self.turned = Some(turned.why.clone()),
            Record::Turned(_) => return illegal("the roll is being taken back already"),
            Record::Ended(ended) => match (ended.end, &self.turned) {
                (EndKind::Done | EndKind::NothingToDo, Some(_)) => {
                    return illegal("a roll that is taken back is not done");
                }
                (EndKind::RolledBack, None) if !self.begun.is_empty() => {
                    return illegal("what was begun was not taken back");
                }
                _ => self.ended = Some(ended.end),
            },
        }
        self.length += 1;
        Ok(())
    }
}

/// A journal that cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct JournalError(pub String);

/// Where records are kept. What `append` has returned is on disk.
pub trait Journal {
    /// Returns every record.
    fn records(&self) -> Vec<Record>;

    /// Returns what they say.
    ///
    /// # Errors
    /// The first record that cannot stand where it stands.
    fn state(&self) -> Result<State, Illegal> {
        State::of(&self.records())
    }

    /// Returns how many there are.
    fn length(&self) -> u32;

    /// Writes a record behind the last.
    ///
    /// # Errors
    /// When it is not on disk.
    fn append(&mut self, record: &Record) -> Result<(), JournalError>;

    /// Returns the octets of a record, as they are copied to a node.
    fn octets(&self, index: u32) -> Option<Octets>;

    /// Takes over what stands on a node from a number on: what stood here from that number on goes.
    ///
    /// # Errors
    /// When the octets are no records that follow, or cannot be kept.
    fn take_over(&mut self, from: u32, records: &[Octets]) -> Result<(), JournalError>;
}
