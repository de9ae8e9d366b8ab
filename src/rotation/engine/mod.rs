//! The engine: takes the steps of a plan, one after the other. It decides nothing that the plan decides.
//!
//! For each step: look; if it is so, go on; else write down the intent, act, write down the outcome, look again. Only what is
//! seen makes a step done. The lease is renewed before each act; a request of which no answer came back is fenced off and
//! awaited before anything else is asked of its node; so nothing happens twice and nothing happens at once.

mod act;
mod end;
mod hold;
mod look;
mod talk;
mod verify;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::admission::Admitted;
use super::mutant::{Part, is_out};
use super::plan::{Act, Check, Plan, Step};
use super::record::{Began, EndKind, Journal, JournalError, Record, State};
use super::world::World;
use crate::farm::description::{Farm, Node};
use crate::protocol::{Hex, Id, Text};

pub use end::{End, Left};
use look::Look;
pub use verify::{Verdict, verify};

/// A roll in progress.
pub struct Engine<'a> {
    plan: &'a Plan,
    digest: Hex<32>,
    farm: &'a Farm,
    world: World<'a>,
    journal: &'a mut dyn Journal,
    state: State,
    owner: Text,
    /// Who holds the lease: the owner, and what tells this run from every other.
    holder: Text,
    fence: u64,
    /// When the lease is to be renewed, by the clock of the controller.
    renew_at: Timestamp,
    /// How many records stand on the node of the lease.
    copied: u32,
    requests: u64,
    settled: u64,
    /// Nodes that this run has proven ready, since the last thing that could have changed them.
    proven: BTreeSet<Id>,
    /// Steps whose command has ended well in this run.
    ran: BTreeSet<Id>,
    /// What this run itself begun.
    acted: bool,
    /// Whether a server that does not answer is asked again for a while.
    patient: bool,
    nodes: BTreeMap<Id, &'a Node>,
}

/// How a roll is taken up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// It begins.
    Apply,
    /// It goes on in the direction in which it was going.
    Resume,
    /// It is taken back.
    Rollback,
    /// It is given up: what was changed stays.
    Abort,
}

/// Who takes it up, and whether somebody said that the holder of the lease is dead.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Who, for people: who, and on which machine.
    pub owner: Text,
    /// The fence of the lease that is taken over.
    pub take_over: Option<u64>,
}

/// Why a run did not go on. Nothing of this roll is done by it any more.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Stop {
    /// Another holds the lease.
    #[error("somebody holds the farm: {0}")]
    Held(String),
    /// Another controller has taken over.
    #[error("another controller has taken over: {0}")]
    Fenced(String),
    /// Another roll stands on a node.
    #[error("{0}")]
    Stands(String),
    /// The journal cannot be used.
    #[error("the journal cannot be used: {0}")]
    Journal(String),
    /// It is not the time for this.
    #[error("{0}")]
    Order(&'static str),
}

/// Why a run ends before its last step.
enum Halt {
    /// It is not ours to go on.
    Stop(Stop),
    /// A node that is needed cannot be reached, so that nothing can be said of it.
    Lost(Id, String),
}

impl From<JournalError> for Halt {
    fn from(error: JournalError) -> Self {
        Self::Stop(Stop::Journal(error.to_string()))
    }
}

impl From<JournalError> for Stop {
    fn from(error: JournalError) -> Self {
        Self::Journal(error.to_string())
    }
}

/// Takes up a roll, and carries it to an end.
///
/// # Errors
/// [`Stop`], when it is not ours to go on.
pub fn run(
    admitted: &Admitted,
    farm: &Farm,
    world: World<'_>,
    journal: &mut dyn Journal,
    way: Way,
    operator: &Operator,
) -> Result<End, Stop> {
    let engine = Engine::new(admitted, farm, world, journal, operator)?;
    match (way, engine.state.over(), engine.state.plan_sha256) {
        (_, Some(end), _) => engine.over_already(end, operator),
        (Way::Apply, None, Some(_)) => Err(Stop::Order("this roll has begun: resume it, or roll it back")),
        (Way::Apply, None, None) => engine.begin(operator),
        (Way::Resume | Way::Rollback | Way::Abort, None, _) => engine.take_up(way, operator),
    }
}

impl<'a> Engine<'a> {
    fn new(
        admitted: &'a Admitted,
        farm: &'a Farm,
        world: World<'a>,
        journal: &'a mut dyn Journal,
        operator: &Operator,
    ) -> Result<Self, Stop> {
        let plan = admitted.plan();
        let state = journal.state().map_err(|error| Stop::Journal(error.to_string()))?;
        if state.plan_sha256.is_some_and(|sha256| sha256 != admitted.digest()) {
            return Err(Stop::Order("the journal is that of another plan"));
        }
        let mut name = [0; 4];
        world.random.fill(&mut name).map_err(|error| Stop::Journal(error.to_string()))?;
        let nodes = plan.nodes().into_iter().filter_map(|name| Some((name.clone(), farm.node(name.as_str())?)));
        Ok(Self {
            plan,
            digest: admitted.digest(),
            farm,
            world,
            journal,
            state,
            holder: Text::told(&format!("{} #{:08x}", operator.owner.as_str(), u32::from_be_bytes(name))),
            owner: operator.owner.clone(),
            fence: 0,
            renew_at: Timestamp::MIN,
            copied: 0,
            requests: 0,
            settled: 0,
            proven: BTreeSet::new(),
            ran: BTreeSet::new(),
            acted: false,
            patient: true,
            nodes: nodes.collect(),
        })
    }

    /// Begins a roll, unless everything is so already.
    fn begin(mut self, operator: &Operator) -> Result<End, Stop> {
        if self.nothing_to_do() {
            return Ok(End::NothingToDo);
        }
        if let Err(halt) = self.hold(operator).and_then(|()| self.catch_up()) {
            return self.not_begun(halt);
        }
        if self.state.plan_sha256.is_some() {
            return Err(self.let_go(Stop::Order("this roll has begun: resume it, or roll it back")));
        }
        // Another roll may have come and gone since the plan was admitted.
        let node = self.lease_node();
        match self.rows_as_before(&node) {
            Look::Holds => {}
            Look::Not(_) => return Err(self.let_go(Stop::Order("the row is not what the plan rests on: plan anew"))),
            Look::Unseen(why) => return self.not_begun(Halt::Lost(node, why)),
        }
        let began = Began { roll: self.plan.roll.clone(), plan_sha256: self.digest, at: self.now() };
        self.record(Record::Began(began))?;
        let ended = self.begin_run().and_then(|()| self.walk());
        self.close(ended)
    }

    /// Takes up a roll that was begun.
    fn take_up(mut self, way: Way, operator: &Operator) -> Result<End, Stop> {
        match self.hold(operator).and_then(|()| self.catch_up()) {
            Ok(()) => {}
            Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
            Err(Halt::Lost(node, why)) => return Ok(self.unreached(&node, &why)),
        }
        match (self.state.over(), self.state.plan_sha256) {
            (Some(end), _) => return self.finish(end),
            (None, None) => return Err(self.let_go(Stop::Order("this roll has not begun: apply its plan"))),
            (None, Some(_)) => {}
        }
        if way == Way::Abort {
            return self.give_up();
        }
        let gone = self.plan.no_return.as_ref().is_some_and(|step| self.state.begun.contains(step));
        if way == Way::Rollback && gone && !is_out(Part::NoReturn) {
            return Err(self.let_go(Stop::Order("the point of no return is behind this roll: resume it")));
        }
        let ended = self.begin_run().and_then(|()| {
            if self.state.turned.is_none() {
                if way == Way::Rollback {
                    self.turn("somebody asked for it")?;
                } else if self.state.begun.is_empty() && !self.switched_by_hand() && self.has_moved() {
                    self.turn("another roll came between, before this one changed anything")?;
                }
            }
            self.walk()
        });
        self.close(ended)
    }

    /// A roll that is over is not taken up again; what its last run could not clear away is cleared now.
    fn over_already(mut self, end: EndKind, operator: &Operator) -> Result<End, Stop> {
        match self.anything_left() {
            false => Ok(End::of_the_past(end)),
            true => match self.hold(operator) {
                Ok(()) => self.finish(end),
                Err(Halt::Stop(stop)) => Err(self.let_go(stop)),
                Err(Halt::Lost(node, why)) => Ok(self.unreached(&node, &why)),
            },
        }
    }

    /// Returns whether people have recorded that they wrote the row of this very roll.
    fn switched_by_hand(&self) -> bool {
        let mut switches = self.plan.steps.iter().filter(|step| matches!(step.act, Act::Switch(_)));
        switches.any(|step| self.state.recorded.contains(&step.id))
    }

    /// Returns whether the row is seen not to be what the plan rests on.
    fn has_moved(&mut self) -> bool {
        let node = self.lease_node();
        matches!(self.rows_as_before(&node), Look::Not(_))
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Writes a record down here. It is copied to the node of the lease before the next action.
    fn record(&mut self, record: Record) -> Result<(), JournalError> {
        self.state.take(&record).map_err(|error| JournalError(error.to_string()))?;
        self.journal.append(&record)
    }

    /// Returns the node on which the lease and the copy of the journal are.
    fn lease_node(&self) -> Id {
        self.plan.basis.seen.update_crm.clone()
    }

    /// Returns whether a step is to be taken: on the way back, whether what it undoes was begun.
    fn is_begun(&self, step: &Step) -> bool {
        if matches!(step.check, Check::AccessAsBefore | Check::Usable) && step.undoes.is_some() {
            return self.state.before.contains_key(&step.node);
        }
        let begun = |undone: &Id| self.state.begun.contains(undone) || self.state.recorded.contains(undone);
        step.undoes.as_ref().is_none_or(begun)
    }
}
