//! Everything a rule may look at. Whoever calls gathers it; the rules open nothing and read no clock.

use jiff::Timestamp;

use crate::cert::{Chain, KeyAlgorithm};

pub use crate::cert::pfx::Target;

/// What is known of one file, or of one chain about to be written.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The instant at which the question is asked.
    pub now: Timestamp,
    /// Whether the certificate is being made now or was made by somebody earlier.
    pub stage: Stage,
    /// The certificates, leaf first.
    pub chain: &'a Chain,
    /// Whether the last certificate of the chain is proven to be self-signed: [`Chain::is_complete`].
    pub complete: bool,
    /// What was found wrong while the chain was put together: a signature that does not verify, a name that does not fit.
    pub chain_problems: Vec<ChainProblem>,
    /// The private key.
    pub key: KeyFacts,
    /// What a PFX says beyond its certificates and key; `None` where the file is no PFX.
    pub pfx: Option<PfxFacts>,
    /// The oldest Windows Server that has to read the file, if the caller named one.
    pub target: Option<Target>,
    /// Why it is not known whether Windows would find the certificate by its subject.
    pub subject_ambiguity: Option<String>,
}

/// When the question is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Before or just after the certificate is made: the start of validity can be compared with `now`.
    Issue,
    /// At any later time.
    Check,
}

/// A fault in the links between the certificates of a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChainProblem {
    /// The position of the certificate in the chain; the leaf is 0.
    pub position: usize,
    /// What is wrong, in one clause: `its signature does not verify with the key of the next certificate`.
    pub problem: String,
}

/// The private key as plain values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyFacts {
    /// There is none.
    Absent,
    /// There is one.
    Present {
        /// Its algorithm and size.
        algorithm: KeyAlgorithm,
        /// Whether its public key is that of the leaf.
        matches_leaf: bool,
    },
}

/// What a PFX says beyond its certificates and key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PfxFacts {
    /// How keys and certificates are encrypted.
    pub encryption: PfxEncryption,
    /// The integrity check.
    pub mac: PfxMac,
    /// The name in the provider attribute (1.3.6.1.4.1.311.17.1) of the leaf's key bag.
    pub provider: Option<String>,
    /// Whether the key bag carries the machine keyset attribute (1.3.6.1.4.1.311.17.2).
    pub machine_keyset: bool,
    /// The first octet of the key usage attribute (2.5.29.15) of the key bag.
    pub key_usage: Option<u8>,
    /// The order of the certificates as they stand in the file.
    pub order: PfxOrder,
}

/// How the contents of a PFX are encrypted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PfxEncryption {
    /// PBE with SHA-1 and three-key triple DES: every Windows reads it.
    Legacy,
    /// PBES2 with AES-256-CBC and HMAC-SHA-256: Windows Server 2019 and later.
    Modern,
    /// Anything else, mixtures included, described.
    Other(String),
}

/// The integrity check of a PFX.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PfxMac {
    /// There is none.
    Absent,
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with SHA-256.
    Sha256,
    /// Any other.
    Other,
}

/// The order in which certificates stand in a PFX.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PfxOrder {
    /// Leaf, intermediates, root.
    LeafFirst,
    /// Anything else, described: `root first`.
    Other(String),
}

impl<'a> Facts<'a> {
    /// Starts from a chain alone: no key, no PFX, no target, no problem found.
    pub fn of_chain(now: Timestamp, chain: &'a Chain) -> Self {
        Self {
            now,
            stage: Stage::Check,
            chain,
            complete: chain.is_complete(),
            chain_problems: Vec::new(),
            key: KeyFacts::Absent,
            pfx: None,
            target: None,
            subject_ambiguity: None,
        }
    }
}
