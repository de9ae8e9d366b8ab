//! The facts that a plan rests on: what was asked for, and what was seen of the farm.
//!
//! They stand in the plan itself, so that anybody can plan again from them and compare. No secret is among them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::pfx::Target;
use crate::farm::description::{ArgumentList, Freeze, Role, Transport, Window};
use crate::protocol::{Hex, Id, Octets, Text};

/// The facts of a plan.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// What was asked for.
    pub asked: Asked,
    /// What was seen.
    pub seen: FarmSeen,
}

/// What was asked for.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// When it was asked, by the clock of the controller.
    pub now: Timestamp,
    /// The shape of the roll; without one it follows from what was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// The certificate that the farm is to sign with.
    pub certificate: NewCertificate,
    /// After how many days the old certificate is removed; without a number it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retire_after_days: Option<u16>,
    /// Why it is rolled, where that shapes the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The servers that are repaired; none stands for all that sign. For `repair` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Id>,
    /// The certificate that goes. For `retire` only; elsewhere it is that of the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Hex<20>>,
    /// When an earlier roll verified the certificate of the row, by its journal. For `retire` only: the quarantine began then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Timestamp>,
}

impl Asked {
    /// Asks for a certificate, and leaves the rest to what is seen.
    #[must_use]
    pub const fn new(now: Timestamp, certificate: NewCertificate) -> Self {
        Self {
            now,
            strategy: None,
            certificate,
            retire_after_days: None,
            reason: None,
            nodes: Vec::new(),
            old: None,
            verified: None,
        }
    }
}

/// Why a certificate is rolled.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The key of the old certificate is in other hands: the old one goes at once, and whatever still rests on it breaks.
    KeyCompromise,
}

/// The shape of a roll.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// No row yet: import, grant, gate, register once, see it in the metadata.
    Initial,
    /// The documented way, with a gap until SharePoint has read the metadata again.
    Direct,
    /// Both certificates are published before and after the switch, so that there is no gap.
    Overlap,
    /// The old certificate has expired: as `direct`, and SharePoint's web servers are started anew.
    Recover,
    /// No switch: servers are brought to the certificate that the row names.
    Repair,
    /// No switch: an old certificate is removed after its quarantine.
    Retire,
}

impl Strategy {
    /// Returns whether the row is written.
    #[must_use]
    pub const fn switches(self) -> bool {
        !matches!(self, Self::Repair | Self::Retire)
    }

    /// Returns its word, as plans and commands have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Direct => "direct",
            Self::Overlap => "overlap",
            Self::Recover => "recover",
            Self::Repair => "repair",
            Self::Retire => "retire",
        }
    }
}

/// The certificate that the farm is to sign with. Its key is in none of these.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// Its DER.
    pub certificate: Octets,
    /// SHA-1 of it.
    pub thumbprint: Hex<20>,
    /// SHA-256 of it.
    pub fingerprint_sha256: Hex<32>,
    /// The subject as RFC 4514 text.
    pub subject: Text,
    /// The first instant of validity.
    pub not_before: Timestamp,
    /// The last instant of validity.
    pub not_after: Timestamp,
}

/// What was seen of a farm. Everything is sorted by name, so that the order of looking makes no difference.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FarmSeen {
    /// The name of the farm.
    pub farm: Text,
    /// The node on which the row is written.
    pub update_crm: Id,
    /// The servers.
    pub nodes: Vec<NodeSeen>,
    /// The certificate rows of the deployment.
    pub rows: Vec<RowSeen>,
    /// The organizations.
    pub organizations: Vec<OrganizationSeen>,
    /// The SharePoint farms.
    pub sharepoint: Vec<SharePointSeen>,
    /// Who else must get the new certificate.
    pub consumers: Vec<ConsumerSeen>,
    /// When services may be started anew, as farm.toml says; without one, at any time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Window>,
    /// Days on which nothing may change, as farm.toml says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub freezes: Vec<Freeze>,
    /// Where it was not looked at the servers themselves: the bundles from which all this is known, by server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collected: Vec<CollectedSeen>,
}

/// A bundle of `farm collect` in place of a look.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CollectedSeen {
    /// The server.
    pub node: Id,
    /// When it was looked at, by its own clock.
    pub at: Timestamp,
    /// The s2scert that looked.
    pub by: Text,
    /// SHA-256 of the facts in it.
    pub sha256: Hex<32>,
}

/// One server.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSeen {
    /// Its name, as farm.toml has it.
    pub name: Id,
    /// What it does.
    pub roles: Vec<Role>,
    /// Its Windows Server.
    pub os: Target,
    /// How it is reached.
    pub transport: Transport,
    /// SHA-256 of `CertificateReconfiguration.ps1`; nothing where the node has none.
    pub script_sha256: Option<Hex<32>>,
    /// Whether a session there has credentials to go on with.
    pub network_identity: bool,
    /// Who must be able to read the key.
    pub accounts: Vec<Text>,
    /// What is started anew when the certificate has changed.
    pub services: Vec<ServiceSeen>,
    /// What is in LocalMachine\My.
    pub certificates: Vec<StoredSeen>,
    /// How it is taken out of the load balancer, as farm.toml says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balancer: Option<BalancerSeen>,
}

/// The commands of a load balancer for one server. They run on the controller.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BalancerSeen {
    /// Takes the server out.
    pub drain: ArgumentList,
    /// Puts it back.
    pub undrain: ArgumentList,
}

/// A service or application pool that signs.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceSeen {
    /// What it is.
    pub kind: ServiceKind,
    /// Its name.
    pub name: String,
    /// As whom it runs.
    pub account: String,
}

/// What can be started anew.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceKind {
    /// An application pool.
    Pool,
    /// A Windows service.
    Service,
}

/// A certificate in a store.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoredSeen {
    /// SHA-1 of it.
    pub thumbprint: Hex<20>,
    /// Its subject.
    pub subject: Text,
    /// Whether it has its key there.
    pub has_key: bool,
}

/// A row.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RowSeen {
    /// Its type, as Dynamics writes it.
    pub certificate_type: Text,
    /// Its number.
    pub id: Text,
    /// SHA-1 of its certificate; nothing where that cannot be read.
    pub thumbprint: Option<Hex<20>>,
    /// Its certificate, where its type is one that a roll writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Octets>,
    /// The last instant at which that is valid, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
}

/// An organization.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OrganizationSeen {
    /// Its unique name.
    pub name: Id,
    /// Its metadata document.
    pub metadata: Text,
}

/// A SharePoint farm.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SharePointSeen {
    /// Its name here.
    pub name: Id,
    /// The server that is asked; nothing where none can be reached by the program.
    pub server: Option<Id>,
    /// All of its servers that are reached by the program, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Id>,
    /// Its trusts, as far as they belong to organizations of this farm.
    pub trusts: Vec<TrustSeen>,
}

/// A trust.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrustSeen {
    /// The name under which SharePoint knows it.
    pub name: Text,
    /// The organization that it trusts.
    pub organization: Id,
    /// Whether it takes its certificates from the metadata.
    pub by_metadata: bool,
    /// The certificates that it accepts, by SHA-1, sorted.
    pub accepted: Vec<Hex<20>>,
}

/// Somebody else who must get the new certificate.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerSeen {
    /// Its name.
    pub name: Id,
    /// What somebody has to do there.
    pub step: Text,
}

/// The type of the row that is signed with.
pub const ISSUER_ROW: &str = "S2STokenIssuer";
/// The type of the row that is published beside it.
pub const ALTERNATIVE_ROW: &str = "AlternativeS2STokenIssuer";

impl NodeSeen {
    /// Returns whether the server needs the certificate with its private key.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.roles.iter().any(|role| role.signs())
    }

    /// Returns whether people do there what is to be done.
    #[must_use]
    pub fn by_hand(&self) -> bool {
        self.transport == Transport::Manual
    }

    /// Returns whether it publishes the metadata document.
    #[must_use]
    pub fn publishes(&self) -> bool {
        self.roles.contains(&Role::Web)
    }

    /// Returns whether its store holds a certificate.
    #[must_use]
    pub fn holds(&self, thumbprint: &Hex<20>) -> bool {
        self.certificates.iter().any(|one| one.thumbprint == *thumbprint)
    }
}

impl Basis {
    /// Returns the certificate that is replaced or goes: what was named, or that of the row.
    #[must_use]
    pub fn old(&self) -> Option<Hex<20>> {
        self.asked.old.or_else(|| self.seen.current().and_then(|row| row.thumbprint))
    }
}

impl FarmSeen {
    /// Returns the server of a name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<&NodeSeen> {
        self.nodes.iter().find(|node| node.name.as_str() == name)
    }

    /// Returns the rows of the type that is signed with.
    pub fn issuer_rows(&self) -> impl Iterator<Item = &RowSeen> {
        self.rows.iter().filter(|row| row.certificate_type.as_str() == ISSUER_ROW)
    }

    /// Returns the rows of the type that is published beside it.
    pub fn alternative_rows(&self) -> impl Iterator<Item = &RowSeen> {
        self.rows.iter().filter(|row| row.certificate_type.as_str() == ALTERNATIVE_ROW)
    }

    /// Returns the servers that need the key.
    pub fn signing(&self) -> impl Iterator<Item = &NodeSeen> {
        self.nodes.iter().filter(|node| node.signs())
    }

    /// Returns the servers that need the key and are reached by the program.
    pub fn signing_reached(&self) -> impl Iterator<Item = &NodeSeen> {
        self.signing().filter(|node| !node.by_hand())
    }

    /// Returns the servers that need the key and are looked after by people.
    pub fn signing_by_hand(&self) -> impl Iterator<Item = &NodeSeen> {
        self.signing().filter(|node| node.by_hand())
    }

    /// Returns the one certificate that the farm signs with, where there is exactly one such row.
    #[must_use]
    pub fn current(&self) -> Option<&RowSeen> {
        let mut rows = self.issuer_rows();
        rows.next().filter(|_| rows.next().is_none())
    }
}
