//! The acts of a node, as the engine sees them: look, act, and tell what surrounds the program.
//!
//! The engine knows nothing behind this page. [`MachineActs`] does them for real; a simulated node does them on values.

mod access;
mod crm;
mod machine;
mod script;
mod services;
mod sharepoint;
mod signals;
mod store;
mod token;
mod told;
mod whole;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::error::Error;
use crate::ports::{Host, StateFolder};
use crate::protocol::{
    Action, Facts, Holds, NetworkFacts, Nothing, PowerShellFacts, Refusal, ScriptFacts, Seen, Trouble,
};

pub use machine::MachineActs;

/// What an act may use.
pub struct Work<'a> {
    /// The machine.
    pub host: &'a Host,
    /// Where the state folder stands, whether it exists or not.
    pub place: &'a Path,
    /// The folder of the node in it, where that exists.
    pub folder: Option<Arc<dyn StateFolder>>,
    /// When the act must be over.
    pub until: Timestamp,
}

impl Work<'_> {
    /// Returns how much time is left.
    #[must_use]
    pub fn left(&self) -> Duration {
        Duration::try_from(self.until.duration_since(self.host.clock.now())).unwrap_or_default()
    }
}

/// What a look saw.
#[derive(Clone, Debug)]
pub struct Look {
    /// For an action that changes something: whether it is so already.
    pub holds: Option<Holds>,
    /// What was seen.
    pub facts: Facts,
}

impl Look {
    /// Makes one of an action that only looks.
    #[must_use]
    pub fn of(facts: Facts) -> Self {
        Self { holds: None, facts }
    }

    /// Makes a probe.
    #[must_use]
    pub fn probe(holds: bool, facts: Facts) -> Self {
        Self { holds: Some(if holds { Holds::Yes } else { Holds::No }), facts }
    }
}

/// What an act did.
#[derive(Clone, Debug)]
pub struct Did {
    /// Whether anything is other than before.
    pub changed: bool,
    /// What is now.
    pub facts: Facts,
    /// What undoes it.
    pub undo: Option<Action>,
}

impl Did {
    /// Makes one that there is nothing to tell of.
    #[must_use]
    pub fn of(changed: bool, facts: Facts) -> Self {
        Self { changed, facts, undo: None }
    }

    /// Makes one without facts.
    #[must_use]
    pub fn silent(changed: bool) -> Self {
        Self::of(changed, Facts::Nothing(Nothing {}))
    }
}

/// Why a look or an act came to nothing.
#[derive(Clone, Debug)]
pub enum Fault {
    /// It was not begun, on purpose.
    Refused(Refusal),
    /// It failed, and nothing is other than before.
    Failed(Trouble),
    /// It failed in the middle: whether it had its effect is not known.
    Unclear(Trouble),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(Trouble::from(&error))
    }
}

impl From<crate::ports::FileError> for Fault {
    fn from(error: crate::ports::FileError) -> Self {
        Error::from(error).into()
    }
}

/// What surrounds the program on this machine.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Windows PowerShell.
    pub powershell: Seen<PowerShellFacts>,
    /// Microsoft's script.
    pub script: Seen<ScriptFacts>,
    /// Whether this session has credentials to go on with.
    pub network_identity: Seen<NetworkFacts>,
}

/// Looks at a machine and acts on it.
pub trait Acts: Send + Sync {
    /// Looks: what an action that only looks asks for, or whether an action that changes something is done already. Changes
    /// nothing.
    ///
    /// # Errors
    /// [`Fault`]; never [`Fault::Unclear`].
    fn look(&self, action: &Action, work: &Work<'_>) -> Result<Look, Fault>;

    /// Acts, once.
    ///
    /// # Errors
    /// [`Fault`].
    fn act(&self, action: &Action, work: &Work<'_>) -> Result<Did, Fault>;

    /// Tells what surrounds the program. Changes nothing.
    fn surroundings(&self, work: &Work<'_>) -> Surroundings;
}
