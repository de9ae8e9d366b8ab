//! The closed list of what a node can be asked, each with what it needs to know.
//!
//! No request names the path of a program, a script or a key file: the node finds those, and compares them with what the
//! request expects.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::{SecretBytes, SecretText};
use super::signals::SignalsRead;
use super::table::{Info, TABLE};
use super::token::TokenOrder;
use super::word::{Hex, Id, List, Octets, Text};
use crate::cert::Password;
use crate::cert::digest::{Fingerprint, hex_upper};

/// The most identities of one request.
pub const MOST_NAMES: usize = 32;
/// The longest lease, in seconds.
pub const LONGEST_LEASE: u32 = 3600;

/// What is looked at or done. On the wire an object with one key: `{"store-show": {"thumbprint": "..."}}`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// What this node is, and what stands on it.
    Describe(Nothing),
    /// The certificates of one store of the machine.
    StoreList(StoreList),
    /// One certificate of the store My, its key and who reads it.
    StoreShow(Which),
    /// Keys that no certificate names.
    Orphans(Nothing),
    /// Puts a PFX, sealed with a one-use password, into the staging folder.
    Stage(Stage),
    /// Removes every staged PFX.
    Unstage(Nothing),
    /// Installs the staged PFX into the stores of the machine, natively.
    Install(Install),
    /// Removes a certificate from the store My.
    Remove(Remove),
    /// Who may use the key of a certificate.
    AccessShow(Which),
    /// Lets identities read the key.
    Grant(Identities),
    /// Takes the entries of identities away.
    Revoke(Identities),
    /// Puts an access list back that an earlier answer told.
    RestoreAccess(RestoreAccess),
    /// Runs `CertificateReconfiguration.ps1` on the staged PFX.
    Reconfigure(Reconfigure),
    /// The certificate rows of the deployment.
    CrmCertificates(Nothing),
    /// Writes the row of one type.
    CrmCertificateSet(CrmCertificateSet),
    /// Removes one row.
    CrmCertificateRemove(CrmCertificateRemove),
    /// The servers of the deployment.
    CrmServers(Nothing),
    /// The services and application pools of this machine.
    Services(Nothing),
    /// Restarts one service that runs.
    ServiceRestart(Restart),
    /// Recycles one application pool that runs.
    PoolRecycle(Restart),
    /// Restarts the web server of this machine, of Dynamics or of SharePoint.
    IisReset(After),
    /// Who holds the lease.
    Lease(Nothing),
    /// Takes the lease.
    LeaseTake(LeaseTake),
    /// Makes the lease last longer.
    LeaseRenew(LeaseRenew),
    /// Gives the lease back.
    LeaseRelease(Nothing),
    /// The roll that stands on this node.
    RollMarker(Nothing),
    /// Writes the roll marker.
    RollMarkerWrite(RollMarkerWrite),
    /// Takes the roll marker away.
    RollMarkerClear(Nothing),
    /// The journal of a roll.
    Journal(JournalRead),
    /// Writes one record behind the last.
    JournalAppend(JournalAppend),
    /// The trusted token issuers and root authorities of the SharePoint farm.
    SharepointTrusts(Nothing),
    /// The job that reads the metadata of trusted issuers.
    MetadataJob(Nothing),
    /// Starts that job.
    MetadataJobStart(After),
    /// Holds that job: it does not run until it is released.
    MetadataJobHold(Nothing),
    /// Releases that job.
    MetadataJobRelease(Nothing),
    /// Signs a nonce with the key of a certificate.
    Prove(Prove),
    /// Events of the Application log that speak of certificates.
    Signals(SignalsRead),
    /// From when on the deployment itself warns of its certificates.
    CrmMonitoring(Nothing),
    /// Asks a site of SharePoint with a token that the node makes and signs with the key of a certificate.
    Token(TokenOrder),
}

/// Nothing more is to be known.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A store of the machine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// Certificates with their keys.
    My,
    /// Intermediate authorities.
    Ca,
    /// Trusted authorities.
    Root,
}

/// Which store.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoreList {
    /// The store.
    pub store: Store,
    /// What else is asked of each certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Whole>,
}

/// Asks for all that a controller judges a certificate with: its DER, the TLS bindings that use it, whether its issuers are
/// there, and who can read its key.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// Of whom it is asked whether he can read the key.
    #[serde(default)]
    pub readers: List<Text, MOST_NAMES>,
}

/// Which certificate of the store My.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// SHA-1 of the certificate.
    pub thumbprint: Hex<20>,
}

/// A PFX on its way to a node. The node opens it before it keeps it, so that a wrong password is found here.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The certificate that must be in it, with its key.
    pub thumbprint: Hex<20>,
    /// The PFX, sealed for this node and this roll.
    pub pfx: SecretBytes,
    /// The one-use password that it is sealed with. It is not kept.
    pub password: SecretText,
}

/// Installs the staged PFX. It is gone afterwards, whatever comes of it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// The certificate that the staged PFX must hold.
    pub thumbprint: Hex<20>,
    /// The one-use password of the staged PFX.
    pub password: SecretText,
    /// Who shall read the key, beside SYSTEM and Administrators.
    #[serde(default)]
    pub readers: List<Text, MOST_NAMES>,
    /// The name that Windows shows beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<Text>,
    /// Whether the root goes into the store Root.
    #[serde(default)]
    pub trust_root: bool,
    /// Whether another certificate may have the same subject.
    #[serde(default)]
    pub same_subject: bool,
}

/// Removes a certificate.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Remove {
    /// The certificate.
    pub thumbprint: Hex<20>,
    /// Whether its key goes too.
    #[serde(default)]
    pub with_key: bool,
}

/// Identities and the key of a certificate.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// The certificate whose key is meant.
    pub thumbprint: Hex<20>,
    /// SIDs or names.
    pub names: List<Text, MOST_NAMES>,
}

/// Puts an access list back.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreAccess {
    /// The certificate whose key is meant.
    pub thumbprint: Hex<20>,
    /// The list, as an answer told it under `before`.
    pub list: Text,
}

/// The rows that this product may touch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum RowType {
    /// What Dynamics signs with.
    S2STokenIssuer,
    /// What is published beside it.
    AlternativeS2STokenIssuer,
}

/// Runs Microsoft's script. The staged PFX is gone afterwards, whatever comes of it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reconfigure {
    /// The certificate that the staged PFX must hold.
    pub thumbprint: Hex<20>,
    /// The one-use password of the staged PFX.
    pub password: SecretText,
    /// SHA-256 of the script that was looked at when the roll was planned.
    pub script_sha256: Hex<32>,
    /// The row.
    pub certificate_type: RowType,
    /// The account that the script gives access to.
    pub service_account: Text,
    /// `-storeFindType`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_find_type: Option<Id>,
    /// Whether the row is written too.
    pub update_crm: bool,
}

/// Writes a row. Only the public certificate is needed.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CrmCertificateSet {
    /// The row.
    pub certificate_type: RowType,
    /// The DER of the certificate.
    pub certificate: Octets,
    /// The certificate that the row must hold now; nothing where there must be no row.
    pub expected: Option<Hex<20>>,
    /// A name for the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
}

/// Removes a row.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CrmCertificateRemove {
    /// The type that the row must have.
    pub certificate_type: RowType,
    /// Its number, as `crm-certificates` tells it.
    pub id: Id,
}

/// Restarts something, so that it has begun after an instant.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// Its name, as `services` tells it.
    pub name: Text,
    /// What it must see, by the clock of this node. It holds when it began later.
    pub after: Timestamp,
}

/// Does something, so that it has begun after an instant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// What it must see, by the clock of this node. It holds when it began later.
    pub after: Timestamp,
}

/// Takes the lease. The fence of the request must be higher than every one that this node has seen.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseTake {
    /// Who holds it, for people: who, and on which machine.
    pub holder: Text,
    /// How long it lasts without being renewed: 10 to 3600.
    pub seconds: u32,
    /// The fence of a lease that has not run out and is taken over, because a person said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<u64>,
}

/// Makes the lease last longer.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseRenew {
    /// How long from now: 10 to 3600.
    pub seconds: u32,
}

/// Writes the roll marker.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RollMarkerWrite {
    /// SHA-256 of the plan.
    pub plan_sha256: Hex<32>,
    /// Whose roll it is, for people.
    pub owner: Text,
    /// How far it is.
    pub phase: Id,
}

/// Reads a journal.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JournalRead {
    /// The roll.
    pub roll: Id,
    /// The number of the first record, from 0.
    #[serde(default)]
    pub from: u32,
}

/// Writes one record.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JournalAppend {
    /// The number of the record: how many stand before it.
    pub index: u32,
    /// The record. The node does not look into it.
    pub record: Octets,
}

/// Signs, so that whoever asks knows that this node can use this key now.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Prove {
    /// The certificate.
    pub thumbprint: Hex<20>,
    /// 32 octets that the caller has drawn for this request.
    pub nonce: Hex<32>,
    /// What the proof is for.
    pub purpose: Id,
}

impl Action {
    /// Returns the row of the table.
    #[must_use]
    pub fn info(&self) -> &'static Info {
        &TABLE[self.place()]
    }

    /// Returns the place in the table, which is that in the list above.
    fn place(&self) -> usize {
        match self {
            Self::Describe(_) => 0,
            Self::StoreList(_) => 1,
            Self::StoreShow(_) => 2,
            Self::Orphans(_) => 3,
            Self::Stage(_) => 4,
            Self::Unstage(_) => 5,
            Self::Install(_) => 6,
            Self::Remove(_) => 7,
            Self::AccessShow(_) => 8,
            Self::Grant(_) => 9,
            Self::Revoke(_) => 10,
            Self::RestoreAccess(_) => 11,
            Self::Reconfigure(_) => 12,
            Self::CrmCertificates(_) => 13,
            Self::CrmCertificateSet(_) => 14,
            Self::CrmCertificateRemove(_) => 15,
            Self::CrmServers(_) => 16,
            Self::Services(_) => 17,
            Self::ServiceRestart(_) => 18,
            Self::PoolRecycle(_) => 19,
            Self::IisReset(_) => 20,
            Self::Lease(_) => 21,
            Self::LeaseTake(_) => 22,
            Self::LeaseRenew(_) => 23,
            Self::LeaseRelease(_) => 24,
            Self::RollMarker(_) => 25,
            Self::RollMarkerWrite(_) => 26,
            Self::RollMarkerClear(_) => 27,
            Self::Journal(_) => 28,
            Self::JournalAppend(_) => 29,
            Self::SharepointTrusts(_) => 30,
            Self::MetadataJob(_) => 31,
            Self::MetadataJobStart(_) => 32,
            Self::MetadataJobHold(_) => 33,
            Self::MetadataJobRelease(_) => 34,
            Self::Prove(_) => 35,
            Self::Signals(_) => 36,
            Self::CrmMonitoring(_) => 37,
            Self::Token(_) => 38,
        }
    }

    /// Returns whether it shows itself to another machine with the key of a certificate. A node that may only observe does not.
    #[must_use]
    pub const fn goes_out(&self) -> bool {
        matches!(self, Self::Token(_))
    }

    /// Returns a hash that tells one action from another. No password goes into it; a PFX goes in by its own hash.
    #[must_use]
    pub fn digest(&self) -> Hex<32> {
        let mut told = self.clone();
        let no_password = || SecretText::new(Password::new(String::new()));
        match &mut told {
            Self::Stage(stage) => {
                let hash = hex_upper(Fingerprint::of(stage.pfx.expose()).as_bytes());
                stage.pfx = SecretBytes::new(hash.into_bytes().into());
                stage.password = no_password();
            }
            Self::Install(install) => install.password = no_password(),
            Self::Reconfigure(reconfigure) => reconfigure.password = no_password(),
            _ => {}
        }
        // Writing into memory does not fail, and every action can be written.
        Hex::from(*Fingerprint::of(&serde_json::to_vec(&told).unwrap_or_default()).as_bytes())
    }
}
