//! The walk: one step after the other, forward, and back where a step does not become so.

use jiff::SignedDuration;

use super::look::Look;
use super::talk::Acted;
use super::{Engine, Halt};
use crate::protocol::{Facts, ScriptRun, Text};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::plan::{Act, Check, Phase, Plan, Step, Which};
use crate::rotation::record::{Done, Moment, Record, Turned};
use crate::rotation::world::News;

/// How often a step is acted on.
const ATTEMPTS: u32 = 3;
/// A wait that is longer than this, in seconds, is not sat through: the roll is resumed later.
const LONGEST_WAIT: u32 = 3600;
/// How many of the errors that a script has told are repeated.
const SAID: usize = 3;
/// How long one pause is, so that the lease is renewed in time, in seconds.
const LONGEST_PAUSE: u32 = 60;

/// How a walk ended.
pub(super) enum Walked {
    /// Every step is so.
    Forward {
        /// What others have to do.
        by_hand: Vec<Step>,
    },
    /// Everything is as before.
    Back {
        /// Why.
        why: String,
        /// What others have to do for it.
        by_hand: Vec<Step>,
    },
    /// It cannot go on by itself.
    Stuck {
        /// Why.
        why: String,
        /// The step at which it stopped.
        at: Step,
    },
    /// It goes on at a later time.
    Later {
        /// Why.
        why: String,
        /// The step that is waited for.
        at: Step,
    },
}

/// What came of a step.
enum Taken {
    /// It was so.
    Held,
    /// It became so.
    Changed,
    /// Somebody has to do it by hand.
    ByHand,
    /// It did not become so.
    Failed(String),
    /// It becomes so later than anybody would wait.
    Later(String),
}

impl Engine<'_> {
    /// Walks to an end.
    pub(super) fn walk(&mut self) -> Result<Walked, Halt> {
        if self.state.turned.is_none()
            && let Some(walked) = self.forward()?
        {
            return Ok(walked);
        }
        self.back()
    }

    /// Walks forward. Returns nothing where it has turned.
    fn forward(&mut self) -> Result<Option<Walked>, Halt> {
        let plan: &Plan = self.plan;
        let mut by_hand = Vec::new();
        let mut changed = false;
        for (place, step) in plan.steps.iter().enumerate() {
            if step.phase >= Phase::Withdraw && !by_hand.is_empty() {
                break;
            }
            match self.take(step)? {
                Taken::Held => {}
                Taken::Changed => changed = true,
                // What comes before the switch is waited for; the rest is told in the end.
                Taken::ByHand if step.phase < Phase::Switch => {
                    let why = format!("step {} is done by hand, and nobody has recorded it", step.id);
                    return Ok(Some(Walked::Later { why, at: step.clone() }));
                }
                Taken::ByHand => by_hand.push(step.clone()),
                Taken::Later(why) => return Ok(Some(Walked::Later { why, at: step.clone() })),
                Taken::Failed(why) => {
                    self.world.audience.tell(&News::Fails(step, &why));
                    // Once all is proven, an automatic way back would do more harm than a person who looks.
                    if self.state.verified.is_some() || step.phase >= Phase::Withdraw {
                        return Ok(Some(Walked::Stuck { why, at: step.clone() }));
                    }
                    self.turn(&format!("{}: {why}", step.id))?;
                    return Ok(None);
                }
            }
            let verified =
                step.phase == Phase::Verify && plan.steps.get(place + 1).is_none_or(|next| next.phase != Phase::Verify);
            if verified && (changed || self.state.verified.is_none()) {
                self.record(Record::Verified(Moment { at: self.now() }))?;
            }
        }
        Ok(Some(Walked::Forward { by_hand }))
    }

    /// Turns the roll back.
    pub(super) fn turn(&mut self, why: &str) -> Result<(), Halt> {
        self.world.audience.tell(&News::Turns(why));
        self.record(Record::Turned(Turned { why: Text::told(why), at: self.now() }))?;
        let node = self.lease_node();
        self.mark(&node, "back")
    }

    fn back(&mut self) -> Result<Walked, Halt> {
        let plan: &Plan = self.plan;
        let mut by_hand = Vec::new();
        for step in plan.unwind.iter().filter(|step| self.is_begun(step)).collect::<Vec<_>>() {
            match self.take(step)? {
                Taken::Held | Taken::Changed => {}
                Taken::ByHand => by_hand.push(step.clone()),
                Taken::Failed(why) | Taken::Later(why) => {
                    self.world.audience.tell(&News::Fails(step, &why));
                    return Ok(Walked::Stuck { why, at: step.clone() });
                }
            }
        }
        let why = self.state.turned.as_ref().map(|why| why.as_str().to_owned());
        Ok(Walked::Back { why: why.unwrap_or_default(), by_hand })
    }

    /// Takes one step.
    fn take(&mut self, step: &Step) -> Result<Taken, Halt> {
        if is_left_out(step) {
            return Ok(Taken::Held);
        }
        // What a later step has done away with is not brought about again.
        if step.until.as_ref().is_some_and(|end| self.state.begun.contains(end)) && !is_out(Part::Until) {
            return Ok(Taken::Held);
        }
        self.keep_lease()?;
        let mut why = match self.look_patiently(step)? {
            Look::Holds if !(is_out(Part::FirstProbe) && step.act.changes()) => {
                self.world.audience.tell(&News::Holds(step));
                return Ok(Taken::Held);
            }
            Look::Holds => String::new(),
            Look::Not(why) => why,
            // What cannot be seen is not acted on.
            Look::Unseen(why) => return Ok(Taken::Failed(why)),
        };
        if matches!(step.act, Act::ByHand(_)) {
            return Ok(Taken::ByHand);
        }
        if step.act == Act::Look {
            return self.await_check(step, why, false);
        }
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                match self.look_patiently(step)? {
                    Look::Holds => return self.done(step),
                    Look::Unseen(why) => return Ok(Taken::Failed(why)),
                    Look::Not(_) => {}
                }
            }
            self.world.audience.tell(&News::Acts(step));
            let acted = self.act(step)?;
            match acted {
                Acted::Never(never) => return self.settled_otherwise(step, never),
                Acted::Not(not) => {
                    // It may have had its effect all the same.
                    match self.look(step)? {
                        Look::Holds => return self.done(step),
                        Look::Not(_) | Look::Unseen(_) => why = not,
                    }
                }
                Acted::Done(_) if is_out(Part::SecondProbe) => return self.done(step),
                Acted::Done(facts) => match self.await_check(step, why, true)? {
                    Taken::Failed(not) => why = with_what_was_said(not, &facts),
                    taken => return Ok(taken),
                },
            }
        }
        Ok(Taken::Failed(why))
    }

    /// Looks until it is seen, or the time of the step is over.
    fn look_patiently(&mut self, step: &Step) -> Result<Look, Halt> {
        let until = self.until(i64::from(step.wait.deadline_seconds.min(LONGEST_WAIT)));
        loop {
            match self.look(step)? {
                Look::Unseen(why) if self.now() < until => {
                    self.world.audience.tell(&News::Waits(step, &why));
                    self.wait(u64::from(step.wait.poll_seconds.min(LONGEST_PAUSE)));
                    self.keep_lease()?;
                }
                seen => return Ok(seen),
            }
        }
    }

    /// The node will not act. What it was to bring about may be so for another reason.
    fn settled_otherwise(&mut self, step: &Step, never: String) -> Result<Taken, Halt> {
        match self.look(step)? {
            Look::Holds => self.done(step),
            Look::Not(_) | Look::Unseen(_) => Ok(Taken::Failed(never)),
        }
    }

    fn done(&mut self, step: &Step) -> Result<Taken, Halt> {
        self.record(Record::Done(Done { step: step.id.clone(), at: self.now() }))?;
        self.world.audience.tell(&News::Done(step));
        Ok(Taken::Changed)
    }

    /// Looks until it is so, or its time is over.
    fn await_check(&mut self, step: &Step, mut why: String, acted: bool) -> Result<Taken, Halt> {
        let sat_through = self.now().checked_add(SignedDuration::from_secs(i64::from(LONGEST_WAIT)));
        match &step.check {
            Check::Quarantine(_) if step.wait.poll_seconds > LONGEST_WAIT => return Ok(Taken::Later(why)),
            Check::Open(season) => {
                let opens = self.closed(*season).map(|closed| closed.opens);
                if opens.is_some_and(|opens| opens.is_none_or(|opens| sat_through.is_ok_and(|end| opens > end))) {
                    return Ok(Taken::Later(why));
                }
            }
            _ => {}
        }
        let until = self.until(i64::from(step.wait.deadline_seconds));
        let mut first = acted;
        loop {
            if !first {
                if self.now() >= until {
                    return Ok(Taken::Failed(why));
                }
                self.world.audience.tell(&News::Waits(step, &why));
                self.wait(u64::from(step.wait.poll_seconds.min(LONGEST_PAUSE)));
                self.keep_lease()?;
            }
            first = false;
            match self.look(step)? {
                Look::Holds if acted => return self.done(step),
                Look::Holds => return Ok(Taken::Held),
                Look::Not(not) | Look::Unseen(not) => why = not,
            }
        }
    }

    /// Returns whether everything is so already. What follows a change is not asked for where nothing changes.
    pub(super) fn nothing_to_do(&mut self) -> bool {
        let plan: &Plan = self.plan;
        let follows = |step: &&Step| {
            let passing = matches!(step.check, Check::Quarantine(_) | Check::Open(_));
            !passing && !matches!(step.check, Check::Began(_) | Check::JobRan | Check::Recorded)
        };
        plan.steps.iter().filter(follows).all(|step| matches!(self.look(step), Ok(Look::Holds)))
    }
}

/// Adds what a script has said of its own failure, which it may have ended well in spite of.
fn with_what_was_said(not: String, facts: &Facts) -> String {
    match facts {
        Facts::Script(ScriptRun { errors, .. }) if !errors.is_empty() => {
            let said: Vec<&str> = errors.iter().take(SAID).map(Text::as_str).collect();
            format!("{not}; the script said: {}", said.join("; "))
        }
        _ => not,
    }
}

/// Whether a test has taken the part out to which a step belongs.
fn is_left_out(step: &Step) -> bool {
    let back = step.undoes.is_some();
    let part = match (&step.act, &step.check, step.phase) {
        (Act::Drain(_), ..) => Part::Drain,
        (Act::Undrain(_), ..) => Part::Undrain,
        (Act::HoldJob, ..) if back => Part::UndoHold,
        (Act::HoldJob, ..) => Part::Hold,
        (Act::ReleaseJob, ..) if back => Part::UndoRelease,
        (Act::ReleaseJob, ..) => Part::Release,
        (_, _, Phase::Publish) => Part::Publish,
        (Act::SetAlternative(_), ..) if back => Part::UndoCross,
        (Act::SetAlternative(_), ..) => Part::Cross,
        (_, Check::Metadata(check), _) if check.both && back => Part::UndoCross,
        (_, Check::Metadata(check), Phase::Settle | Phase::Verify) if check.both => Part::Cross,
        (_, _, Phase::Withdraw) if back => Part::UndoPublish,
        (_, _, Phase::Withdraw) => Part::Withdraw,
        (_, Check::Metadata(_), _) if back && is_out(Part::UndoPublish) => Part::UndoPublish,
        (Act::ResetWeb, ..) => Part::ResetWeb,
        (Act::RestoreRows, ..) => Part::UndoRow,
        (Act::Remove(Which::New), ..) => Part::UndoImport,
        (Act::RestoreAccess, ..) => Part::UndoAccess,
        (Act::Recycle(_) | Act::Restart(_), ..) if back => Part::UndoRecycle,
        (Act::Recycle(_) | Act::Restart(_), ..) => Part::Recycle,
        (Act::Refresh, ..) | (_, Check::Trust(_), _) if back => Part::UndoTrust,
        (Act::Refresh, ..) | (_, Check::Trust(_), _) => Part::Trust,
        (_, _, Phase::Gate) => Part::Gate,
        (Act::Switch(_), ..) => return false,
        (_, _, Phase::Switch | Phase::Verify) => Part::ProofAfterSwitch,
        _ => return false,
    };
    is_out(part)
}
