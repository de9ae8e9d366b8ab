//! What stands against a roll.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{scope, strategy};
use crate::cert::pfx::Target;
use crate::farm::description::Transport;
use crate::protocol::{Id, Text};
use crate::rotation::basis::{Basis, NodeSeen, Strategy};

/// One reason why no plan is made.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objection {
    /// No server needs the certificate.
    NobodySigns,
    /// The node on which the row is to be written is not among the servers.
    NoUpdateCrm,
    /// Two servers have one name.
    TwoOfOneName(Id),
    /// There is a row where an initial roll needs none.
    RowThere,
    /// There is no row where a direct roll needs one.
    NoRow,
    /// There is more than one row of the type that is signed with.
    ManyRows(usize),
    /// The certificate of the row cannot be read, so that it could not be put back.
    UnreadableRow,
    /// The certificate is not valid now.
    NotValid,
    /// Another certificate of the same subject is on a server.
    SameSubject(Id),
    /// The script is not on the node where it must run.
    NoScript(Id),
    /// The session on that node has no credentials to go on with.
    NoNetworkIdentity(Id),
    /// No account is known that must read the key.
    NoAccount(Id),
    /// The steps of a server that signs are done by hand.
    ByHand(Id),
    /// The program does not run on that Windows.
    TooOld(Id),
}

/// Finds everything that stands against a roll.
pub(super) fn all(basis: &Basis) -> Vec<Objection> {
    let seen = &basis.seen;
    let mut found = Vec::new();
    if seen.signing().next().is_none() {
        found.push(Objection::NobodySigns);
    }
    for (place, node) in seen.nodes.iter().enumerate() {
        if seen.nodes[..place].iter().any(|other| other.name.as_str().eq_ignore_ascii_case(node.name.as_str())) {
            found.push(Objection::TwoOfOneName(node.name.clone()));
        }
    }
    found.extend(rows(basis));
    let new = &basis.asked.certificate;
    if basis.asked.now < new.not_before || basis.asked.now >= new.not_after {
        found.push(Objection::NotValid);
    }
    match seen.node(seen.update_crm.as_str()) {
        None => found.push(Objection::NoUpdateCrm),
        Some(node) => {
            if node.script_sha256.is_none() {
                found.push(Objection::NoScript(node.name.clone()));
            }
            if !node.network_identity {
                found.push(Objection::NoNetworkIdentity(node.name.clone()));
            }
        }
    }
    for node in scope(seen) {
        found.extend(one(node, new.subject.as_str(), basis));
    }
    found
}

fn rows(basis: &Basis) -> Option<Objection> {
    let rows: Vec<_> = basis.seen.issuer_rows().collect();
    match (strategy(basis), rows.as_slice()) {
        (_, [_, _, ..]) => Some(Objection::ManyRows(rows.len())),
        (Strategy::Initial, [_]) => Some(Objection::RowThere),
        (Strategy::Direct, []) => Some(Objection::NoRow),
        (_, [row]) if row.thumbprint.is_none() || row.certificate.is_none() => Some(Objection::UnreadableRow),
        _ => None,
    }
}

fn one(node: &NodeSeen, subject: &str, basis: &Basis) -> Vec<Objection> {
    let new = &basis.asked.certificate.thumbprint;
    let mut found = Vec::new();
    let name = || node.name.clone();
    // Windows compares the whole text without regard to letter case.
    let same = |other: &Text| other.as_str().to_lowercase() == subject.to_lowercase();
    if node.certificates.iter().any(|other| other.thumbprint != *new && same(&other.subject)) {
        found.push(Objection::SameSubject(name()));
    }
    if node.signs() && node.accounts.is_empty() {
        found.push(Objection::NoAccount(name()));
    }
    if node.transport == Transport::Manual {
        found.push(Objection::ByHand(name()));
    } else if node.os == Target::Server2012R2 {
        found.push(Objection::TooOld(name()));
    }
    found
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodySigns => f.write_str("no server of the farm has the role web or async"),
            Self::NoUpdateCrm => f.write_str("the node of [update_crm] is not among the servers"),
            Self::TwoOfOneName(name) => write!(f, "{name}: two servers have this name"),
            Self::RowThere => f.write_str("there is a row S2STokenIssuer already, so this is no first set-up"),
            Self::NoRow => f.write_str("there is no row S2STokenIssuer, so there is nothing to replace"),
            Self::ManyRows(count) => write!(f, "there are {count} rows S2STokenIssuer; Dynamics allows one"),
            Self::UnreadableRow => {
                f.write_str("the certificate of the row cannot be read, so it could not be put back")
            }
            Self::NotValid => f.write_str("the certificate is not valid now"),
            Self::SameSubject(node) => write!(
                f,
                "{node}: another certificate there has the same subject; Dynamics finds its key by the subject alone"
            ),
            Self::NoScript(node) => write!(f, "{node}: CertificateReconfiguration.ps1 was not found there"),
            Self::NoNetworkIdentity(node) => write!(
                f,
                "{node}: a session there has no credentials to go on with, and the row is written over the network"
            ),
            Self::NoAccount(node) => write!(f, "{node}: no account is known that must read the key"),
            Self::ByHand(node) => {
                write!(f, "{node}: its transport is manual, and this version rolls no signing server by hand")
            }
            Self::TooOld(node) => write!(f, "{node}: the program runs on Windows Server 2016 and later"),
        }
    }
}

impl Objection {
    /// Returns the next step.
    #[must_use]
    pub const fn next(&self) -> &'static str {
        match self {
            Self::NobodySigns | Self::NoUpdateCrm | Self::TwoOfOneName(_) => "correct farm.toml",
            Self::RowThere => "plan with the strategy direct",
            Self::NoRow => "plan with the strategy initial",
            Self::ManyRows(_) => {
                "remove the wrong row with Remove-CrmCertificate, after reading both with Get-CrmCertificate"
            }
            Self::UnreadableRow => "read it with Get-CrmCertificate, and repair it first",
            Self::NotValid => "issue another certificate",
            Self::SameSubject(_) => "issue the certificate with a subject of its own: {g} in farm.toml, or --subject",
            Self::NoScript(_) => "name a node with the deployment tools in [update_crm]",
            Self::NoNetworkIdentity(_) => "run the controller on that node, or give the session a delegated identity",
            Self::NoAccount(_) => "add an [[identity]] for its role to farm.toml",
            Self::ByHand(_) => "reach it by local, ssh or winrm",
            Self::TooOld(_) => "import there by hand, and take the node out of farm.toml for this roll",
        }
    }
}
