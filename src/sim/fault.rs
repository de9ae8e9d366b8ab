//! What goes wrong, drawn from the seed.

use super::state::State;
use crate::protocol::{Effect, Mode, Request};

/// How much goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// How many faults are left.
    pub left: u32,
    /// In how many of a thousand requests one of them happens.
    pub rate: u64,
    /// At which request, counted over all runs, a fault happens for certain; for searches.
    pub at: Option<(u64, Fault)>,
    /// From which request on an act fails for good; for searches.
    pub lasting: Option<u64>,
    /// What fails for good: the server, and the name of the action.
    pub broken: Option<(usize, &'static str)>,
}

/// One way to go wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The request does not reach the node.
    Unsent,
    /// It is lost on its way, and nobody knows.
    Lost,
    /// It is late, and comes through when nobody waits for it any more.
    Straggles,
    /// It fails, and nothing is changed.
    Fails,
    /// It has its effect, and says that it failed.
    FailsAfter,
    /// The answer is lost.
    AnswerLost,
    /// The request comes twice.
    Doubled,
    /// It hangs, and ends ten minutes later.
    Hangs,
    /// The controller dies; the request was not sent.
    DiesBefore,
    /// The controller dies; the action ends ten minutes later.
    Dies,
    /// The node goes down in the middle, and comes back.
    NodeFalls,
    /// The node is down for long.
    NodeGone,
    /// A clock is set.
    ClockJumps,
    /// Somebody changes the farm by hand.
    Hand,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Unsent,
        Self::Lost,
        Self::Straggles,
        Self::Fails,
        Self::FailsAfter,
        Self::AnswerLost,
        Self::Doubled,
        Self::Hangs,
        Self::DiesBefore,
        Self::Dies,
        Self::NodeFalls,
        Self::NodeGone,
        Self::ClockJumps,
        Self::Hand,
    ];

    /// Returns what goes wrong, for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Unsent => "the request does not reach the server",
            Self::Lost => "the request is lost, and nobody knows",
            Self::Straggles => "the request comes through late",
            Self::Fails => "the action fails and changes nothing",
            Self::FailsAfter => "the action fails after its effect",
            Self::AnswerLost => "the answer is lost",
            Self::Doubled => "the request comes twice",
            Self::Hangs => "the action hangs, and ends ten minutes later",
            Self::DiesBefore => "the controller dies before it asks",
            Self::Dies => "the controller dies, the action ends ten minutes later",
            Self::NodeFalls => "the server goes down in the middle, and comes back",
            Self::NodeGone => "the server is down for up to an hour",
            Self::ClockJumps => "a clock is set by up to an hour",
            Self::Hand => "somebody changes the farm by hand",
        }
    }
}

/// A request that comes through late.
#[derive(Clone, Debug)]
pub(super) struct Straggler {
    pub(super) at: i64,
    pub(super) node: usize,
    pub(super) request: Request,
    pub(super) run: u32,
}

impl State {
    /// Draws what happens to the next request.
    pub(super) fn fate(&mut self) -> Option<Fault> {
        if let Some((at, fault)) = self.faults.at
            && at == self.requests
        {
            return Some(fault);
        }
        if self.faults.left == 0 || !self.dice.thousandth(self.faults.rate) {
            return None;
        }
        self.faults.left -= 1;
        // A change by hand excuses much, so it is rare.
        let fault = Fault::ALL[self.dice.below(Fault::ALL.len() as u64) as usize];
        (fault != Fault::Hand || self.dice.below(4) == 0).then_some(fault)
    }

    /// Returns whether an act fails for good.
    pub(super) fn lasting(&mut self, node: usize, request: &Request) -> Option<Fault> {
        let from = self.faults.lasting.filter(|from| *from <= self.requests)?;
        let info = request.action.info();
        if request.mode != Mode::Perform || info.effect == Effect::Keeps || from == 0 {
            return None;
        }
        let broken = *self.faults.broken.get_or_insert((node, info.name));
        (broken == (node, info.name)).then_some(Fault::Fails)
    }

    /// Draws whether the controller dies at a write of its journal.
    pub(super) fn dies_at_journal(&mut self) -> bool {
        let dies = self.faults.left > 0 && self.dice.thousandth(self.faults.rate / 4);
        if dies {
            self.faults.left -= 1;
        }
        dies
    }

    /// Sets a clock: of a node, or of the controller.
    pub(super) fn set_a_clock(&mut self, node: usize) {
        let by = self.dice.below(7200) as i64 - 3600;
        let node = (self.dice.below(2) == 0).then_some(node);
        self.tell_as(0, super::trace::What::ClockSet { node });
        match node {
            Some(node) => self.nodes[node].ahead += by,
            None => self.controller_ahead += by,
        }
    }
}
