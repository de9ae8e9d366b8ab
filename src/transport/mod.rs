//! One JSON request to a node, and one answer back: on this machine, by OpenSSH, by Windows Remote Management, or by hand.
//!
//! A transport carries and decides nothing. What runs on the far side is our own binary, `s2scert node`, found in a folder
//! that is named by its hash. Programs are started through the ports; `docs/transports.md` tells what each way needs.

mod answer;
mod ssh;
mod staging;
mod winrm;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod winrm_tests;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::farm::description::{self, Node};
use crate::ports::{CarryError, CarryFault, Host, Transport};
use crate::protocol::{self, Answer, Request};

/// Answers a request on this machine, in this process.
pub type Here = dyn Fn(&[u8]) -> Answer + Send + Sync;

/// Whether the program is put on a node that lacks it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Push {
    /// Never: a node without it is told.
    Never,
    /// Where it is missing or another one stands in its place.
    WhenMissing,
}

/// With what nodes are reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The files for ssh, their paths as they are to be used.
    pub ssh: description::Ssh,
    /// The program for nodes of another system than this machine's.
    pub node_program: Option<PathBuf>,
    /// Whether it is put there.
    pub push: Push,
}

/// Reaches the nodes of a farm, each by its own way.
pub struct Carrier {
    host: Host,
    here: Arc<Here>,
    settings: Settings,
    /// The nodes on which the program was found to be the right one, in this run.
    checked: Mutex<HashSet<String>>,
    own_hash: OnceLock<Result<String, String>>,
    given_hash: OnceLock<Result<String, String>>,
}

impl Carrier {
    /// Makes one. `here` answers for the node that is this machine.
    #[must_use]
    pub fn new(host: &Host, here: Arc<Here>, settings: Settings) -> Self {
        let (own_hash, given_hash) = (OnceLock::new(), OnceLock::new());
        Self { host: host.clone(), here, settings, checked: Mutex::default(), own_hash, given_hash }
    }

    /// Answers here. Whatever waits in a node waits no longer than its request allows, so nothing has to be ended from outside.
    fn local(&self, request: &Request) -> Result<Answer, CarryError> {
        let bytes = encoded(request)?;
        answer::own((self.here)(&bytes), request)
    }

    fn is_checked(&self, node: &Node) -> bool {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).contains(&node.name.folded())
    }

    fn check_held(&self, node: &Node) {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner).insert(node.name.folded());
    }
}

impl Transport for Carrier {
    fn ask(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError> {
        match node.transport {
            description::Transport::Local => self.local(request),
            description::Transport::Ssh => self.by_ssh(node, request, patience),
            description::Transport::Winrm => self.by_winrm(node, request, patience),
            description::Transport::Manual => Err(error(
                CarryFault::Manual,
                "the steps of this server are done by hand",
                &format!(
                    "run there: {}; put the file beside the others and look: s2scert farm status --from DIR",
                    collect(node)
                ),
            )),
        }
    }
}

/// The command with which a server shows itself.
fn collect(node: &Node) -> String {
    format!("s2scert farm collect --node {0} --out {0}.json", node.name)
}

/// Makes an error of a request that has not reached the node.
fn error(fault: CarryFault, why: &str, next: &str) -> CarryError {
    CarryError { fault, reached: false, why: why.to_owned(), next: next.to_owned() }
}

/// Writes a request as it goes over the wire.
fn encoded(request: &Request) -> Result<zeroize::Zeroizing<Vec<u8>>, CarryError> {
    protocol::write(request).ok_or_else(|| {
        error(CarryFault::Unusable, "the request is larger than a request may be", "ask for less at once")
    })
}
