//! The acts of a node that is not there: what was done is a list, and any act can be made to fail.

#![allow(dead_code, reason = "every test crate uses a part")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use s2scert::error::Kind;
use s2scert::node::acts::{Acts, Did, Fault, Look, Surroundings, Work};
use s2scert::protocol::{Action, Effect, Facts, Nothing, Seen, Text, Trouble};

use super::fake_host::FakeFolders;

/// How the next acts end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Ending {
    /// Well.
    #[default]
    Well,
    /// They fail without an effect.
    Fails,
    /// They have their effect, and nobody learns of it.
    Unclear,
}

/// The acts. Clones share what was done.
#[derive(Clone, Default)]
pub(crate) struct FakeActs {
    folders: FakeFolders,
    done: Arc<Mutex<Done>>,
}

#[derive(Default)]
struct Done {
    times: BTreeMap<String, usize>,
    ending: Ending,
}

impl FakeActs {
    /// Makes acts that die together with these folders.
    pub(crate) fn beside(folders: &FakeFolders) -> Self {
        Self { folders: folders.clone(), done: Arc::default() }
    }

    /// Sets how the next acts end.
    pub(crate) fn ending(&self, ending: Ending) {
        self.done().ending = ending;
    }

    /// Returns how often an action had its effect.
    pub(crate) fn times(&self, action: &Action) -> usize {
        self.done().times.get(&action.digest().to_string()).copied().unwrap_or(0)
    }

    /// Returns how often anything had an effect.
    pub(crate) fn total(&self) -> usize {
        self.done().times.values().sum()
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn dead() -> Fault {
    Fault::Failed(Trouble::new(Kind::Internal, "the process has died"))
}

impl Acts for FakeActs {
    fn look(&self, action: &Action, _: &Work<'_>) -> Result<Look, Fault> {
        let nothing = Facts::Nothing(Nothing {});
        self.folders.step(Path::new("look"), || ()).map_err(|_| dead())?;
        Ok(match action.info().effect {
            Effect::Observes => Look::of(nothing),
            Effect::Keeps | Effect::Changes => Look::probe(self.times(action) > 0, nothing),
        })
    }

    fn act(&self, action: &Action, _: &Work<'_>) -> Result<Did, Fault> {
        let ending = self.done().ending;
        if ending == Ending::Fails {
            return Err(Fault::Failed(Trouble::new(Kind::Unreadable, "it does not want to")));
        }
        let effect = || *self.done().times.entry(action.digest().to_string()).or_default() += 1;
        self.folders.step(Path::new("act"), effect).map_err(|_| dead())?;
        match ending {
            Ending::Unclear => Err(Fault::Unclear(Trouble::new(Kind::Internal, "the script was ended"))),
            _ => Ok(Did::silent(true)),
        }
    }

    fn surroundings(&self, _: &Work<'_>) -> Surroundings {
        let absent = || Text::told("not on this machine");
        Surroundings {
            powershell: Seen::Absent(absent()),
            script: Seen::Absent(absent()),
            network_identity: Seen::Unseen(absent()),
        }
    }
}
