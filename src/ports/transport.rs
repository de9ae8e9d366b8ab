//! Nodes at a distance: one request goes there, one answer comes back.

use std::fmt;
use std::time::Duration;

use crate::farm::description::Node;
use crate::protocol::{Answer, Request};

/// Carries requests to the nodes of a farm. It decides nothing and repeats nothing: who asks probes before asking again.
pub trait Transport: Send + Sync {
    /// Sends one request to one node and waits for its answer, at most as long as `patience` says. The answer is that of
    /// this request: its number was compared.
    ///
    /// # Errors
    /// [`CarryError`]. [`CarryError::reached`] tells whether the node may have acted.
    fn ask(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError>;
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CarryFault {
    /// The steps of this node are done by hand.
    Manual,
    /// This machine lacks what the transport needs, or cannot use it.
    Unusable,
    /// Nothing answers at the address.
    Unreachable,
    /// Something answers that is not known as this node: another host key, another certificate.
    Stranger,
    /// The node does not let us in.
    Denied,
    /// The program on the node is missing, another one, or cannot be started.
    Program,
    /// No whole answer came in time.
    Late,
    /// The connection broke before the answer was whole.
    Broken,
    /// What came back is no answer of s2scert, or too long, or that to another request.
    Garbled,
}

/// A request that brought no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CarryError {
    /// What went wrong.
    pub fault: CarryFault,
    /// Whether the request may have reached the node, so that it may have acted or may act still.
    pub reached: bool,
    /// What was seen, for people; no secret is in it.
    pub why: String,
    /// The next command or act.
    pub next: String,
}

impl fmt::Display for CarryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for CarryError {}
