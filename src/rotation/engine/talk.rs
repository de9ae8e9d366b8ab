//! Asking nodes: looks that may be repeated, and acts that may not.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Engine, Halt, Stop};
use crate::ports::CarryError;
use crate::protocol::{Action, Answer, Facts, Holds, Id, Outcome, Refusal, RefusalCode, Request, Text, Ticket, Which};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::plan::Step;
use crate::rotation::record::{self, Came, Intent, Record};

/// How long a node may be away before it counts as lost, in seconds.
const AWAY: i64 = 900;
/// How long to wait before a node is asked again, in seconds.
const AGAIN: u64 = 20;
/// How long an action of another may run before it is given up, in seconds: the longest deadline of a request.
const BUSY: i64 = 3900;

/// What a look brought.
pub(super) struct Seen {
    /// Whether it is so, where that was asked.
    pub(super) holds: Option<Holds>,
    /// What was seen.
    pub(super) facts: Facts,
    /// When, by the clock of the node.
    pub(super) at: Timestamp,
}

/// What came of an act.
pub(super) enum Acted {
    /// The node says that it ended well.
    Done(Facts),
    /// It did not, or nobody knows. The look decides.
    Not(String),
    /// The node will not do it, however often it is asked.
    Never(String),
}

/// How long an action may take.
fn seconds(action: &Action) -> u32 {
    match action {
        Action::Reconfigure(_) => 900,
        Action::Install(_)
        | Action::Prove(_)
        | Action::Token(_)
        | Action::ServiceRestart(_)
        | Action::PoolRecycle(_)
        | Action::IisReset(_)
        | Action::CrmCertificateSet(_)
        | Action::CrmCertificateRemove(_)
        | Action::CrmCertificates(_)
        | Action::SharepointTrusts(_)
        | Action::MetadataJob(_)
        | Action::MetadataJobStart(_)
        | Action::MetadataJobHold(_)
        | Action::MetadataJobRelease(_) => 300,
        _ => 60,
    }
}

impl Engine<'_> {
    fn send(&mut self, node: &Id, ticket: Option<Ticket>, action: Action) -> Result<Answer, CarryError> {
        self.requests += 1;
        let deadline_seconds = seconds(&action);
        let number = Id::word(&format!("q-{}-{}", self.fence, self.requests));
        let request = Request::new(number, deadline_seconds, ticket, action);
        match self.nodes.get(node) {
            // The answer may come a little after the deadline of the node.
            Some(there) => {
                let patience = Duration::from_secs(u64::from(deadline_seconds) + 30);
                self.world.transport.ask(there, &request, patience)
            }
            None => Err(CarryError {
                fault: crate::ports::CarryFault::Unusable,
                reached: false,
                why: format!("{node} is not in farm.toml"),
                next: "use the farm.toml of the plan".to_owned(),
            }),
        }
    }

    /// Looks. A node that does not answer is asked again for a while.
    pub(super) fn see(&mut self, node: &Id, action: &Action) -> Result<Seen, String> {
        let until = self.until(AWAY);
        loop {
            let why = match self.send(node, None, action.clone()) {
                Ok(Answer { at, outcome: Outcome::Observed(seen), .. }) => {
                    return Ok(Seen { holds: seen.holds, facts: seen.facts, at });
                }
                Ok(Answer { outcome, .. }) => return Err(words(&outcome)),
                Err(error) => error.why,
            };
            if self.now() >= until || !self.patient {
                return Err(why);
            }
            self.wait(AGAIN);
        }
    }

    /// Asks for a change of what s2scert keeps on a node. It may be asked for any number of times.
    pub(super) fn keep(&mut self, node: &Id, action: &Action) -> Result<(), Halt> {
        let until = self.until(AWAY);
        loop {
            let ticket = self.ticket(Id::word("keep"), 1);
            let why = match self.send(node, Some(ticket), action.clone()) {
                Ok(Answer { outcome: Outcome::Done(_), .. }) => return Ok(()),
                Ok(Answer { outcome: Outcome::Refused(refusal), .. }) if is_final(&refusal) => {
                    return Err(Halt::Stop(stop(&refusal)));
                }
                Ok(Answer { outcome, .. }) => words(&outcome),
                Err(error) => error.why,
            };
            if self.now() >= until {
                return Err(Halt::Lost(node.clone(), why));
            }
            self.wait(AGAIN);
        }
    }

    /// Asks for a change of the farm, once. The intent is written down here and on the node of the lease before it is asked
    /// for, and the outcome after.
    pub(super) fn act_once(&mut self, step: &Step, part: &str, action: Action) -> Result<Acted, Halt> {
        self.keep_lease()?;
        let node = &step.node;
        let before = self.access_before(step, &action);
        let name = if part.is_empty() { step.id.clone() } else { Id::word(&format!("{}@{part}", step.id)) };
        let attempt = self.intend(step, &name, action.info().name, before)?;
        self.copy_records()?;
        self.acted = true;
        self.proven.remove(node);
        let ticket = self.ticket(name.clone(), attempt);
        let answer = self.send(node, Some(ticket), action);
        let (came, why) = match &answer {
            Ok(Answer { outcome: Outcome::Done(_), .. }) => (Came::Done, None),
            Ok(Answer { outcome, .. }) => (came(outcome), Some(words(outcome))),
            Err(error) if error.reached => (Came::Lost, Some(error.why.clone())),
            Err(error) => (Came::Unsent, Some(error.why.clone())),
        };
        let told = why.as_deref().map(Text::told);
        let at = self.now();
        self.record(Record::Outcome(record::Outcome { ticket: name, attempt, result: came, why: told, at }))?;
        let why = why.unwrap_or_default();
        match answer {
            Ok(Answer { outcome: Outcome::Done(done), .. }) => return Ok(Acted::Done(done.facts)),
            Ok(Answer { outcome: Outcome::Refused(refusal), .. }) => {
                return match refusal.code {
                    _ if is_final(&refusal) => Err(Halt::Stop(stop(&refusal))),
                    RefusalCode::Full | RefusalCode::Late | RefusalCode::TicketUsed => Ok(Acted::Not(why)),
                    _ => Ok(Acted::Never(why)),
                };
            }
            Ok(Answer { outcome: Outcome::Failed(_), .. }) => return Ok(Acted::Not(why)),
            Err(error) if !error.reached => {
                self.wait(AGAIN);
                return Ok(Acted::Not(why));
            }
            Ok(_) | Err(_) => {}
        }
        // It may have acted, or act still. Whatever is on its way is fenced off, and the node awaited.
        self.fence_off()?;
        self.settle(node)?;
        Ok(Acted::Not(why))
    }

    /// Writes down that a move of a step is about to be made. Returns the number of the attempt.
    pub(super) fn intend(&mut self, step: &Step, name: &Id, action: &str, before: Option<Text>) -> Result<u32, Halt> {
        let attempt = self.state.attempts.get(name).copied().unwrap_or_default() + 1;
        let known = if is_out(Part::Intent) { Id::word("unknown") } else { step.id.clone() };
        self.record(Record::Intent(Intent {
            step: known,
            ticket: name.clone(),
            attempt,
            node: step.node.clone(),
            action: Text::told(action),
            before,
            at: self.now(),
        }))?;
        Ok(attempt)
    }

    /// Returns the access list of a key that was there before the roll, before the first act that could change it.
    fn access_before(&mut self, step: &Step, action: &Action) -> Option<Text> {
        let may_change = matches!(
            action,
            Action::Grant(_) | Action::Remove(_) | Action::Install(_) | Action::Reconfigure(_) | Action::Stage(_)
        );
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        let was_there = self.plan.basis.seen.node(step.node.as_str()).is_some_and(|node| node.holds(&thumbprint));
        if !may_change || !was_there || self.state.before.contains_key(&step.node) {
            return None;
        }
        match self.see(&step.node, &Action::AccessShow(Which { thumbprint })).ok()?.facts {
            Facts::Access(access) => Some(access.now),
            _ => None,
        }
    }

    /// Waits until nothing of ours runs on a node, and leaves no PFX there.
    pub(super) fn settle(&mut self, node: &Id) -> Result<(), Halt> {
        if is_out(Part::Settle) {
            return Ok(());
        }
        let (mut away, busy) = (self.until(AWAY), self.until(BUSY));
        loop {
            self.keep_lease()?;
            self.settled += 1;
            // A ticket of its own each time: a repeat would be told what came of the first.
            let name = Id::word(&format!("settle@{}", self.settled));
            let ticket = self.ticket(name, 1);
            let action = Action::Unstage(crate::protocol::Nothing {});
            let (why, until) = match self.send(node, Some(ticket), action) {
                Ok(Answer { outcome: Outcome::Done(_), .. }) => return Ok(()),
                Ok(Answer { outcome: Outcome::Refused(refusal), .. }) if is_final(&refusal) => {
                    return Err(Halt::Stop(stop(&refusal)));
                }
                Ok(Answer { outcome: outcome @ Outcome::Busy(_), .. }) => {
                    away = self.until(AWAY);
                    (words(&outcome), busy)
                }
                Ok(Answer { outcome, .. }) => (words(&outcome), away),
                Err(error) => (error.why, away),
            };
            if self.now() >= until {
                return Err(Halt::Lost(node.clone(), why));
            }
            self.wait(AGAIN);
        }
    }

    /// Asks once, and does not insist on an answer.
    pub(super) fn send_once(&mut self, node: &Id, ticket: Ticket, action: Action) -> Option<Outcome> {
        self.send(node, Some(ticket), action).ok().map(|answer| answer.outcome)
    }

    pub(super) fn ticket(&self, step: Id, attempt: u32) -> Ticket {
        // Steps of two fences never share a record, but for those that the journal counts.
        let step =
            if step.as_str().starts_with("settle@") { Id::word(&format!("{step}@{}", self.fence)) } else { step };
        Ticket { roll: self.plan.roll.clone(), step, attempt, fence: self.fence }
    }

    pub(super) fn until(&self, seconds: i64) -> Timestamp {
        self.now().checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
    }

    pub(super) fn wait(&self, seconds: u64) {
        self.world.patience.pause(Duration::from_secs(seconds));
    }
}

/// Whether a refusal tells that it is not ours to go on.
fn is_final(refusal: &Refusal) -> bool {
    matches!(refusal.code, RefusalCode::Fenced | RefusalCode::LeaseHeld | RefusalCode::RollStands)
}

pub(super) fn stop(refusal: &Refusal) -> Stop {
    let why = refusal.why.as_str().to_owned();
    match refusal.code {
        RefusalCode::LeaseHeld => Stop::Held(why),
        RefusalCode::RollStands => Stop::Stands(why),
        _ => Stop::Fenced(why),
    }
}

fn came(outcome: &Outcome) -> Came {
    match outcome {
        Outcome::Done(_) => Came::Done,
        Outcome::Failed(_) => Came::Failed,
        Outcome::Busy(_) => Came::Busy,
        Outcome::Refused(_) => Came::Refused,
        Outcome::Unclear(_) | Outcome::Observed(_) => Came::Unclear,
    }
}

/// Says what an outcome is.
fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Observed(_) => "the node only looked".to_owned(),
        Outcome::Done(_) => "done".to_owned(),
        Outcome::Failed(trouble) => trouble.sentence().as_str().to_owned(),
        Outcome::Unclear(unclear) => format!("it is not known whether it had its effect: {}", unclear.why.as_str()),
        Outcome::Busy(_) => "another action is running there".to_owned(),
        Outcome::Refused(refusal) => refusal.why.as_str().to_owned(),
    }
}
