//! What the engine needs of the world. Everything that reaches a node goes through [`Transport`].

use std::time::Duration;

use crate::cert::pfx::PfxProfile;
use crate::farm::description::{ArgumentList, Node, Organization};
use crate::ports::{Clock, Random, Transport};
use crate::protocol::{Hex, Id, ProofFacts, SecretBytes, SecretText};

/// The world of an engine.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// Nodes.
    pub transport: &'a dyn Transport,
    /// Metadata documents.
    pub metadata: &'a dyn Metadata,
    /// The credential that is rolled in.
    pub credential: &'a dyn CredentialSource,
    /// The clock of the controller.
    pub clock: &'a dyn Clock,
    /// Waiting.
    pub patience: &'a dyn Patience,
    /// Random octets, for nonces and for the name of a run.
    pub random: &'a dyn Random,
    /// Who looks on.
    pub audience: &'a dyn Audience,
    /// The load balancer.
    pub balancer: &'a dyn Balancer,
}

/// Takes servers out of the load balancer and puts them back, by the commands of farm.toml. They run on the controller and
/// may be run any number of times.
pub trait Balancer: Send + Sync {
    /// Runs a command to its end.
    ///
    /// # Errors
    /// Why it did not end well.
    fn run(&self, command: &ArgumentList) -> Result<(), String>;
}

/// A farm without a load balancer.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoBalancer;

impl Balancer for NoBalancer {
    fn run(&self, _: &ArgumentList) -> Result<(), String> {
        Err("no load balancer is at hand".to_owned())
    }
}

/// Reads metadata documents.
pub trait Metadata: Send + Sync {
    /// Returns the certificates of an organization's document by SHA-1, asked from one node itself.
    ///
    /// # Errors
    /// Why it could not be seen.
    fn certificates(&self, node: &Node, organization: &Organization) -> Result<Vec<Hex<20>>, String>;
}

/// A PFX for one node and one run, with its one-use password.
#[derive(Debug)]
pub struct Sealed {
    /// The PFX.
    pub pfx: SecretBytes,
    /// The password.
    pub password: SecretText,
}

/// Seals the credential, and knows its proofs.
pub trait CredentialSource: Send + Sync {
    /// Seals it anew, with a fresh password.
    ///
    /// # Errors
    /// Why it cannot be sealed.
    fn seal(&self, profile: PfxProfile) -> Result<Sealed, String>;

    /// Returns whether a proof was made with its key, on this node, for this nonce and purpose.
    fn proven(&self, proof: &ProofFacts, node: &Node, nonce: &Hex<32>, purpose: &Id) -> bool;
}

/// Lets time pass.
pub trait Patience: Send + Sync {
    /// Waits.
    fn pause(&self, span: Duration);
}

/// Is told how a roll goes.
pub trait Audience: Send + Sync {
    /// Something happened.
    fn tell(&self, news: &News<'_>);
}

/// What happened.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// A step was so already.
    Holds(&'a super::plan::Step),
    /// A step is acted on.
    Acts(&'a super::plan::Step),
    /// A step is not so yet; it is waited for.
    Waits(&'a super::plan::Step, &'a str),
    /// A step became so.
    Done(&'a super::plan::Step),
    /// A step did not become so.
    Fails(&'a super::plan::Step, &'a str),
    /// The roll is taken back.
    Turns(&'a str),
}

/// Nobody looks on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Audience for Nobody {
    fn tell(&self, _: &News<'_>) {}
}
