//! Asking the policy: loading it, gathering the facts it looks at, and its verdict.

use std::path::Path;

use jiff::Timestamp;

use super::policies;
use crate::cert::pfx::{BagContent, EncryptionScheme, MacScheme, Pfx, Target};
use crate::cert::signature::Hash;
use crate::cert::{Certificate, Chain, KeyPair};
use crate::error::Result;
use crate::policy::{
    Facts, Finding, KeyFacts, PfxEncryption, PfxFacts, PfxMac, PfxOrder, Policy, Waivers,
};
use crate::ports::Host;

/// Which policy and waivers.
#[derive(Clone, Debug)]
pub struct Options {
    /// The name of a shipped policy or a path.
    pub policy: String,
    /// A file of waivers.
    pub waivers: Option<std::path::PathBuf>,
}
