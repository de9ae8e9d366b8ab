//! A plan: every step of a roll, in order, with the facts it rests on. It leaves nothing to decide and holds no secret.
//!
//! The same basis gives the same octets. Whoever edits a plan changes its octets, so that it is no longer what the planner
//! makes of its basis.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::basis::{Basis, Strategy};
use super::belief::Belief;
use crate::cert::Fingerprint;
use crate::cert::pfx::PfxProfile;
use crate::farm::description::ArgumentList;
use crate::protocol::{Hex, Id, Text};

/// The format of a plan.
pub const SCHEMA: &str = "s2scert.rotation-plan/1.0";
/// The part of it before the version.
const FAMILY: &str = "s2scert.rotation-plan/";
/// The largest plan, in octets. One of 50 servers has about two hundred thousand.
pub const MAX_BYTES: usize = 8 << 20;

/// A plan.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// `s2scert.rotation-plan/1.0`.
    pub schema: String,
    /// The name of the roll. It follows from the basis.
    pub roll: Id,
    /// The shape.
    pub strategy: Strategy,
    /// How the PFX is sealed on its way to the servers, by the oldest of them.
    pub pfx: PfxProfile,
    /// What is done, in this order.
    pub steps: Vec<Step>,
    /// What takes it back, in this order: the last change first.
    pub unwind: Vec<Step>,
    /// The first step that cannot be taken back.
    pub no_return: Option<Id>,
    /// What is believed and not known.
    pub unknowns: Vec<Belief>,
    /// What will not work any more, and why; where the plan is shaped so that something breaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Text>,
    /// The facts.
    pub basis: Basis,
}

/// One step.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Its name, unique in the plan.
    pub id: Id,
    /// The part of the roll.
    pub phase: Phase,
    /// The node on which it is done, or from which it is looked.
    pub node: Id,
    /// What is to be so. It is looked at before and after; only this makes a step done.
    pub check: Check,
    /// What is done where it is not so.
    pub act: Act,
    /// What is expected to change.
    pub change: Change,
    /// How long it may take to become so, and how often it is looked at.
    pub wait: Wait,
    /// The step that this one takes back; in `unwind` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Id>,
    /// The step with which this one is over: once that was begun, this one is neither looked at nor acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Id>,
}

/// The parts of a roll, in order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Every server gets the certificate.
    Prepare,
    /// Every server is proven ready.
    Gate,
    /// The new certificate is published beside the old one, until every trust accepts both.
    Publish,
    /// The row is written.
    Switch,
    /// Metadata and services follow.
    Settle,
    /// SharePoint follows.
    Trust,
    /// Everything is looked at once more.
    Verify,
    /// What others have to do.
    HandOver,
    /// The old certificate is published no longer.
    Withdraw,
    /// The old certificate goes.
    Retire,
}

/// What is done. The certificate is always that of the basis.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Nothing: it is only looked.
    Look,
    /// The PFX is staged, and imported by Microsoft's script without `-updateCrm`.
    ImportByScript(ScriptOrder),
    /// The PFX is staged, and imported natively.
    ImportNatively,
    /// The certificate is removed with its key, and imported natively.
    Mend,
    /// The accounts get access to the key.
    Grant(Accounts),
    /// The PFX is staged, and the script runs with `-updateCrm`: the global step.
    Switch(ScriptOrder),
    /// The rows of the type are made what they were, never by the script.
    RestoreRows,
    /// A certificate is published beside the one that is signed with, never by the script.
    SetAlternative(Which),
    /// It is published no longer.
    RemoveAlternative,
    /// An application pool is recycled.
    Recycle(Named),
    /// A service is restarted.
    Restart(Named),
    /// SharePoint's job is started.
    Refresh,
    /// SharePoint's job is held, so that no run of it begins.
    HoldJob,
    /// SharePoint's job is released.
    ReleaseJob,
    /// The web server of a machine is started anew.
    ResetWeb,
    /// The server is taken out of the load balancer.
    Drain(ArgumentList),
    /// It is put back.
    Undrain(ArgumentList),
    /// A certificate is removed with its key.
    Remove(Which),
    /// The access list is made what it was.
    RestoreAccess,
    /// Somebody does it by hand.
    ByHand(Hand),
}

/// What the script is given.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptOrder {
    /// SHA-256 of the script that was looked at.
    pub script_sha256: Hex<32>,
    /// `-serviceAccount`.
    pub service_account: Text,
}

/// Accounts.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Accounts {
    /// SIDs or names.
    pub names: Vec<Text>,
}

/// Something by its name.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name.
    pub name: Text,
}

/// What somebody does by hand.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Hand {
    /// What, as a sentence.
    pub what: Text,
    /// The commands, where there are some.
    pub commands: Vec<Text>,
}

/// One of the two certificates of a roll.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// The new one.
    New,
    /// The one that the row held before.
    Old,
}

/// What is to be so.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// The store holds the new certificate, with or without what makes it usable.
    Present,
    /// The key of the new certificate opens, is its own, and is in a CSP with KeySpec 1.
    Usable,
    /// These accounts may read it.
    Readable(Accounts),
    /// All of that, and the node has signed with it what was drawn for this question.
    Ready(Accounts),
    /// Exactly one row of the type exists and holds the new certificate.
    RowIsNew,
    /// The rows of the type are what they were.
    RowsAsBefore,
    /// There is exactly one row of the type that is published beside the other, and it holds this certificate.
    AlternativeIs(Which),
    /// There is no row of that type.
    NoAlternative,
    /// The metadata document of an organization, asked from this node, shows this certificate and not the other, or both.
    Metadata(MetadataCheck),
    /// The process began after the step `after` was seen done, by the clock of the node.
    Began(Began),
    /// The last run of SharePoint's job that succeeded began after the step was seen done, by the clock of the node.
    JobRan,
    /// SharePoint's job is held, and no run of it goes on.
    JobHeld,
    /// SharePoint's job is not held.
    JobFree,
    /// A trust accepts this certificate.
    Trust(TrustCheck),
    /// A trust does not accept it.
    Untrusted(TrustCheck),
    /// The store does not hold it.
    Gone(Which),
    /// The access list is what it was before the roll changed it.
    AccessAsBefore,
    /// The command of the step has ended well in this roll, or need not run: nothing was changed on the node.
    Ran(Ran),
    /// By farm.toml it is the time to change something, or to start services anew.
    Open(Season),
    /// So many days have passed since everything was verified.
    Quarantine(Days),
    /// Somebody has said so.
    Recorded,
}

/// A metadata document.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MetadataCheck {
    /// The organization.
    pub organization: Id,
    /// The certificate.
    pub which: Which,
    /// Whether the other is to be shown too, rather than not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub both: bool,
}

/// A process that is to be new.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Began {
    /// The service or pool.
    pub service: super::basis::ServiceSeen,
    /// Whether it may stay where this roll has changed nothing on its node.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_changed: bool,
}

/// A trust.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustCheck {
    /// Its name.
    pub name: Text,
    /// The certificate.
    pub which: Which,
}

/// A command that is run.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    /// Whether it need not run where this roll has changed nothing on the node.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub if_changed: bool,
}

/// What it must be the time for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Season {
    /// To change something: no freeze.
    Change,
    /// To start services anew: no freeze, and a maintenance window is open.
    Restart,
}

/// Days.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// How many.
    pub days: u16,
}

/// What is expected to change.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Something is added.
    Add,
    /// Something becomes other.
    Alter,
    /// Something goes.
    Remove,
    /// Nothing.
    Keep,
}

impl Change {
    /// Returns the sign on the page.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Alter => '~',
            Self::Remove => '-',
            Self::Keep => '=',
        }
    }
}

/// How long something may take.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The longest, in seconds, from when it is first looked at.
    pub deadline_seconds: u32,
    /// How often it is looked at, in seconds.
    pub poll_seconds: u32,
}

/// Why a file is no plan that can be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReadError {
    /// It is no JSON, or no plan.
    #[error("no plan of s2scert: {0}")]
    Other(String),
    /// It is of a later version.
    #[error("a plan of version {0}, which is newer than 1.0, the newest that this s2scert knows")]
    Newer(String),
    /// It is longer than any.
    #[error("longer than {MAX_BYTES} octets")]
    TooLarge,
}

/// What is read before the version is known.
#[derive(Deserialize)]
struct Envelope {
    schema: String,
}

impl Plan {
    /// Returns the octets of the plan: JSON with line breaks, and a line break at the end.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        // What is made of plain structures can always be written.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Returns SHA-256 of the octets.
    #[must_use]
    pub fn digest(&self) -> Hex<32> {
        Hex::from(*Fingerprint::of(&self.bytes()).as_bytes())
    }

    /// Reads a plan. Whether it is what the planner makes is for [`super::admission`] to say.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        if bytes.len() > MAX_BYTES {
            return Err(ReadError::TooLarge);
        }
        let envelope: Envelope = serde_json::from_slice(bytes).map_err(|error| ReadError::Other(error.to_string()))?;
        match envelope.schema.strip_prefix(FAMILY) {
            Some("1.0") => {}
            Some(version) => return Err(ReadError::Newer(version.chars().take(20).collect())),
            None => return Err(ReadError::Other(format!("its `schema` is not {SCHEMA}"))),
        }
        serde_json::from_slice(bytes).map_err(|error| ReadError::Other(error.to_string()))
    }

    /// Returns a step by its name, of the way forward or back.
    #[must_use]
    pub fn step(&self, id: &Id) -> Option<&Step> {
        self.steps.iter().chain(&self.unwind).find(|step| step.id == *id)
    }

    /// Returns the nodes on which anything is done or looked at, each once, sorted.
    #[must_use]
    pub fn nodes(&self) -> Vec<&Id> {
        let mut nodes: Vec<&Id> = self.steps.iter().chain(&self.unwind).map(|step| &step.node).collect();
        nodes.push(&self.basis.seen.update_crm);
        // Most steps are on the node of the step before.
        nodes.dedup();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    }
}

impl Act {
    /// Returns whether it does anything.
    #[must_use]
    pub const fn changes(&self) -> bool {
        !matches!(self, Self::Look | Self::ByHand(_))
    }

    /// Returns whether it may change a certificate on its node, the key of it, or who reads that.
    #[must_use]
    pub const fn touches_key(&self) -> bool {
        match self {
            Self::ImportByScript(_)
            | Self::ImportNatively
            | Self::Mend
            | Self::Grant(_)
            | Self::Switch(_)
            | Self::Remove(_)
            | Self::RestoreAccess => true,
            Self::Look
            | Self::RestoreRows
            | Self::SetAlternative(_)
            | Self::RemoveAlternative
            | Self::Recycle(_)
            | Self::Restart(_)
            | Self::Refresh
            | Self::HoldJob
            | Self::ReleaseJob
            | Self::ResetWeb
            | Self::Drain(_)
            | Self::Undrain(_)
            | Self::ByHand(_) => false,
        }
    }
}
