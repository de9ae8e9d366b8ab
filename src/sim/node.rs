//! A simulated node: the same rules of fence, lease, marker, attempt and `busy` as `node::engine`, on values.

use jiff::Timestamp;

use super::fault::{Fault, Straggler};
use super::state::{Attempt, Running, State, span};
use super::trace::What;
use crate::ports::{CarryError, CarryFault};
use crate::protocol::{
    Action, Answer, Busy, Done, Effect, Facts, JournalFacts, Lease, LeaseFacts, LeaseTake, List, Mode, Nothing,
    Observed, Outcome, Refusal, RefusalCode, Request, RollFacts, RollMarker, Text, Ticket, Trouble, Unclear,
};

/// How many records one answer holds.
const RECORDS: usize = 64;

/// What a request comes to: an answer or none, and whether the controller dies over it.
pub(super) struct Carried {
    pub(super) result: Result<Answer, CarryError>,
    pub(super) dies: bool,
}

fn error(fault: CarryFault, reached: bool, why: &str) -> CarryError {
    CarryError { fault, reached, why: why.to_owned(), next: "ask again".to_owned() }
}

/// How long an action lasts, in seconds.
fn lasts(action: &Action) -> i64 {
    match action {
        Action::Reconfigure(_) => 40,
        Action::Install(_) | Action::ServiceRestart(_) | Action::PoolRecycle(_) | Action::IisReset(_) => 10,
        Action::CrmCertificateSet(_) | Action::CrmCertificateRemove(_) => 5,
        _ => 1,
    }
}

impl State {
    /// Carries one request.
    pub(super) fn carry(&mut self, name: &str, request: &Request) -> Carried {
        self.requests += 1;
        self.advance(1);
        self.deliver();
        let lives = |result| Carried { result, dies: false };
        let Some(node) = self.places.get(name).copied() else {
            return lives(Err(error(CarryFault::Unreachable, false, "no such server")));
        };
        let fate = self.fate().or_else(|| self.lasting(node, request));
        match fate {
            Some(Fault::NodeGone) => self.nodes[node].down_until = self.now + 600 + self.dice.below(4000) as i64,
            Some(Fault::ClockJumps) => self.set_a_clock(node),
            Some(Fault::Hand) => self.hand(),
            Some(Fault::DiesBefore) => {
                return Carried { result: Err(error(CarryFault::Broken, true, "died")), dies: true };
            }
            _ => {}
        }
        if self.nodes[node].down_until > self.now || self.nodes[node].by_hand {
            self.advance(20);
            return lives(Err(error(CarryFault::Unreachable, false, "the server does not answer")));
        }
        if fate == Some(Fault::Unsent) {
            return lives(Err(error(CarryFault::Unreachable, false, "the connection was refused")));
        }
        if request.mode == Mode::Observe {
            let broken = matches!(fate, Some(Fault::Lost | Fault::AnswerLost | Fault::Hangs | Fault::Straggles));
            if broken {
                self.advance(60);
                return lives(Err(error(CarryFault::Late, true, "no answer came in time")));
            }
            let outcome = self.observe(node, &request.action);
            return lives(Ok(self.answer(node, request, outcome)));
        }
        self.performed(node, request, fate)
    }

    fn performed(&mut self, node: usize, request: &Request, fate: Option<Fault>) -> Carried {
        let lives = |result| Carried { result, dies: false };
        let late = || Err(error(CarryFault::Late, true, "no answer came in time"));
        match fate {
            Some(Fault::Lost) => {
                self.advance(i64::from(request.deadline_seconds));
                return lives(late());
            }
            Some(Fault::Straggles) => {
                let at = self.now + self.dice.below(2 * u64::from(request.deadline_seconds) + 60) as i64;
                self.stragglers.push(Straggler { at, node, request: request.clone(), run: self.run });
                self.advance(i64::from(request.deadline_seconds));
                self.deliver();
                return lives(late());
            }
            _ => {}
        }
        let outcome = self.perform(node, request, fate, self.run);
        match fate {
            Some(Fault::Dies) => Carried { result: late(), dies: true },
            Some(Fault::Hangs) => {
                self.advance(i64::from(request.deadline_seconds));
                lives(late())
            }
            Some(Fault::AnswerLost) => lives(Err(error(CarryFault::Broken, true, "the connection broke"))),
            Some(Fault::NodeFalls) => lives(Err(error(CarryFault::Broken, true, "the connection broke"))),
            Some(Fault::Doubled) => {
                let again = self.perform(node, request, None, self.run);
                lives(Ok(self.answer(node, request, again)))
            }
            _ => lives(Ok(self.answer(node, request, outcome))),
        }
    }

    /// Late requests come through.
    fn deliver(&mut self) {
        while let Some(place) = self.stragglers.iter().position(|one| one.at <= self.now) {
            let Straggler { node, request, run, .. } = self.stragglers.remove(place);
            if self.nodes[node].down_until <= self.now {
                self.perform(node, &request, None, run);
            }
        }
    }

    fn answer(&self, node: usize, request: &Request, outcome: (Timestamp, Outcome)) -> Answer {
        let (at, outcome) = outcome;
        Answer::new(Some(request.request.clone()), self.nodes[node].name.as_str(), at, outcome)
    }

    /// Looks. Nothing is changed.
    fn observe(&mut self, node: usize, action: &Action) -> (Timestamp, Outcome) {
        let outcome = match self.look(node, action) {
            Ok((holds, facts)) => Outcome::Observed(Observed { holds, facts }),
            Err(outcome) => outcome,
        };
        (self.clock(node), outcome)
    }

    /// Acts, once for each ticket.
    fn perform(&mut self, node: usize, request: &Request, fate: Option<Fault>, run: u32) -> (Timestamp, Outcome) {
        let now = self.clock(node);
        let (Some(roll), Some(step), Some(attempt), Some(fence)) =
            (&request.roll, &request.step, request.attempt, request.fence)
        else {
            return (now, refused(RefusalCode::Malformed, "a request to perform names its attempt"));
        };
        let ticket = Ticket { roll: roll.clone(), step: step.clone(), attempt, fence };
        if request.action.info().effect == Effect::Keeps {
            return (now, self.keep(node, &ticket, &request.action, run));
        }
        let key = (ticket.roll.clone(), ticket.step.clone(), attempt);
        if let Some(refusal) = self.nodes[node].standing.objection(&ticket, &request.action, now) {
            return (now, Outcome::Refused(refusal));
        }
        let same = |one: &Attempt| one.action.digest() == request.action.digest();
        let known = self.nodes[node].attempts.get(&key).map(|one| (same(one), one.end.clone()));
        let running = self.nodes[node].running.is_some();
        match known {
            Some((false, _)) => return (now, refused(RefusalCode::TicketUsed, "this attempt was another action")),
            Some((true, Some(end))) => return end,
            Some((true, None)) if !running => {
                let (holds, facts) = match self.look(node, &request.action) {
                    Ok((holds, facts)) => (holds.unwrap_or(crate::protocol::Holds::Unseen), facts),
                    Err(_) => (crate::protocol::Holds::Unseen, Facts::Nothing(Nothing {})),
                };
                let why = Text::told("the attempt was cut off before its end was written down");
                return (now, Outcome::Unclear(Unclear { begun: now, why, holds, facts }));
            }
            _ if running => return (now, Outcome::Busy(Busy { running: None, since: None })),
            _ => {}
        }
        let standing = &mut self.nodes[node].standing;
        standing.highest_fence = standing.highest_fence.max(fence);
        self.nodes[node].attempts.insert(key.clone(), Attempt { action: request.action.clone(), end: None });
        self.tell_as(run, What::Acts { node, fence });
        self.begin(node, &request.action, run);
        let lasts = lasts(&request.action);
        match fate {
            Some(Fault::Hangs | Fault::Dies) => {
                let until = self.now + lasts + 600;
                self.nodes[node].running = Some(Running { key, until, run });
                (now, Outcome::Busy(Busy { running: None, since: None }))
            }
            Some(Fault::NodeFalls) => {
                self.advance(lasts);
                if self.dice.below(2) == 0 {
                    self.effect(node, &request.action, run, None);
                } else {
                    self.cut(node, &request.action, run);
                }
                self.nodes[node].down_until = self.now + 30 + self.dice.below(600) as i64;
                (now, Outcome::Busy(Busy { running: None, since: None }))
            }
            fate => {
                self.advance(lasts);
                let outcome = self.effect(node, &request.action, run, fate);
                let end = (self.clock(node), outcome);
                if let Some(attempt) = self.nodes[node].attempts.get_mut(&key) {
                    attempt.end = Some(end.clone());
                }
                end
            }
        }
    }

    /// An action that nobody waited for comes to its end.
    pub(super) fn finish(&mut self, node: usize) {
        let Some(Running { key, run, .. }) = self.nodes[node].running.take() else { return };
        let Some(action) = self.nodes[node].attempts.get(&key).map(|one| one.action.clone()) else { return };
        let outcome = self.effect(node, &action, run, None);
        let end = (self.clock(node), outcome);
        if let Some(attempt) = self.nodes[node].attempts.get_mut(&key) {
            attempt.end = Some(end);
        }
    }

    /// Changes what s2scert itself keeps.
    fn keep(&mut self, node: usize, ticket: &Ticket, action: &Action, run: u32) -> Outcome {
        let now = self.clock(node);
        let there = &mut self.nodes[node];
        if let Some(refusal) = there.standing.objection(ticket, action, now) {
            return Outcome::Refused(refusal);
        }
        let standing = &mut there.standing;
        let until = |seconds: u32| now.checked_add(span(i64::from(seconds))).unwrap_or(Timestamp::MAX);
        match action {
            Action::LeaseTake(LeaseTake { holder, seconds, .. }) => {
                let held = standing.lease.as_ref().is_some_and(|lease| {
                    lease.roll == ticket.roll && lease.fence == ticket.fence && lease.holder == *holder
                });
                if !held {
                    let (roll, holder) = (ticket.roll.clone(), holder.clone());
                    let until = until(*seconds);
                    standing.lease = Some(Lease { roll, holder, fence: ticket.fence, taken: now, until });
                    self.tell_as(run, What::Leased);
                }
            }
            Action::LeaseRenew(renew) => match &mut standing.lease {
                Some(lease) => {
                    lease.until = until(renew.seconds);
                    self.tell_as(run, What::Leased);
                }
                None => return failed("nobody holds the lease, so it cannot be renewed"),
            },
            Action::LeaseRelease(_) => {
                standing.lease = None;
                self.tell(What::Released);
            }
            Action::RollMarkerWrite(wanted) => {
                let begun = standing.roll.as_ref().map_or(now, |roll| roll.begun);
                standing.roll = Some(RollMarker {
                    roll: ticket.roll.clone(),
                    plan_sha256: wanted.plan_sha256,
                    owner: wanted.owner.clone(),
                    phase: wanted.phase.clone(),
                    begun,
                    written: now,
                });
            }
            Action::RollMarkerClear(_) => {
                standing.roll = None;
                self.tell(What::Unmarked);
            }
            Action::JournalAppend(append) => {
                let records = there.journals.entry(ticket.roll.clone()).or_default();
                match records.get(append.index as usize) {
                    Some(record) if *record == append.record => {}
                    Some(_) => return refused(RefusalCode::Journal, "another record stands at this number"),
                    None if records.len() == append.index as usize => records.push(append.record.clone()),
                    None => return refused(RefusalCode::Journal, "the record would leave a gap"),
                }
            }
            _ => return failed("this is nothing that a node keeps"),
        }
        // What was refused or failed has raised no fence.
        let standing = &mut self.nodes[node].standing;
        standing.highest_fence = standing.highest_fence.max(ticket.fence);
        done(Facts::Nothing(Nothing {}))
    }

    /// Looks at what s2scert itself keeps.
    pub(super) fn look_at_kept(&self, node: usize, action: &Action) -> Option<Facts> {
        let node = &self.nodes[node];
        Some(match action {
            Action::Lease(_) => {
                let (lease, highest_fence) = (node.standing.lease.clone(), node.standing.highest_fence);
                Facts::Lease(LeaseFacts { lease, highest_fence })
            }
            Action::RollMarker(_) => Facts::Roll(RollFacts { roll: node.standing.roll.clone() }),
            Action::Journal(read) => {
                let records = node.journals.get(&read.roll).map_or(&[][..], Vec::as_slice);
                let part = records.iter().skip(read.from as usize).take(RECORDS).cloned();
                let (roll, length) = (read.roll.clone(), records.len() as u32);
                Facts::Journal(JournalFacts { roll, length, from: read.from, records: List::first(part) })
            }
            _ => return None,
        })
    }
}

pub(super) fn refused(code: RefusalCode, why: &str) -> Outcome {
    Outcome::Refused(Refusal::new(code, why, "observe, and plan again"))
}

pub(super) fn failed(why: &str) -> Outcome {
    Outcome::Failed(Trouble::new(crate::error::Kind::Unreadable, why))
}

pub(super) fn done(facts: Facts) -> Outcome {
    Outcome::Done(Done { changed: true, facts, undo: None })
}
