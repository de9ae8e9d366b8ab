//! People do their part of a plan, and say so.

use super::state::{State, Stored};
use super::trace::{Cert, NEW, OLD, What};
use super::world::Sim;
use crate::protocol::Id;
use crate::rotation::engine::End;

/// How it is told that a step is done by hand.
const RECORD: &str = "s2scert rotate record ";

/// Does everything that an end leaves to people in the plan, most of the time, and returns what is to be recorded.
pub(super) fn by_hand(sim: &Sim, end: &End) -> Vec<Id> {
    let End::Manual { left, .. } = end else { return Vec::new() };
    let told = left.iter().flat_map(|one| &one.commands).filter_map(|command| command.strip_prefix(RECORD));
    let mut state = sim.state();
    if state.dice.below(4) == 0 {
        return Vec::new();
    }
    told.map(|step| {
        state.done_by_hand(step);
        Id::word(step)
    })
    .collect()
}

impl State {
    fn done_by_hand(&mut self, step: &str) {
        let part = |begin: &str| step.strip_prefix(begin).and_then(|name| self.places.get(name).copied());
        let (ready, recycle) = (part("hand-ready-"), part("hand-recycle-"));
        let (retire, back) = (part("hand-retire-"), part("hand-back-"));
        if let Some(node) = ready {
            let readers = self.needed(node);
            self.nodes[node].store.retain(|one| one.cert != NEW);
            self.nodes[node].store.push(Stored { cert: NEW, usable: true, readers });
            self.tell_as(0, What::Imported { node, cert: NEW });
        }
        if let Some(node) = retire {
            self.gone_by_hand(node, OLD);
        }
        if let Some(node) = back {
            self.gone_by_hand(node, NEW);
        }
        if let Some(node) = recycle.or(back) {
            let names: Vec<String> = self.nodes[node].processes.iter().map(|one| one.seen.name.clone()).collect();
            for name in names {
                self.restart(0, node, &name);
            }
        }
    }

    fn gone_by_hand(&mut self, node: usize, cert: Cert) {
        self.nodes[node].store.retain(|one| one.cert != cert);
        self.tell_as(0, What::Removed { node, cert, bound: false, all_new: true });
    }
}
