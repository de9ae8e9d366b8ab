//! What stands against a roll.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Draft, scope, strategy};
use crate::cert::pfx::Target;
use crate::farm::description::Transport;
use crate::protocol::{Id, Text};
use crate::rotation::basis::{Basis, NodeSeen, Reason, Strategy};

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
    /// A server that is to be repaired is none that signs.
    NotSigning(Id),
    /// The row names another certificate than the one that servers are brought to.
    NotTheRow,
    /// It was not said which certificate goes.
    NothingToRetire,
    /// A row names the certificate that is to go.
    OldInUse,
    /// There is a row already of the type that is published beside the other.
    AlternativeThere,
    /// The old certificate has expired, or its end is not known: nothing accepts it.
    OldExpired,
    /// A SharePoint farm cannot be held and seen by the program.
    FarmNotReached(Id),
    /// A trust does not follow the metadata, or does not accept the old certificate now.
    TrustApart(Text),
    /// The old certificate goes at once, so that both cannot be accepted for a while.
    NoOverlapAtOnce,
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
            if node.script_sha256.is_none() && strategy(basis).switches() {
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
    match strategy(basis) {
        Strategy::Overlap => found.extend(overlap(basis)),
        Strategy::Repair | Strategy::Retire => found.extend(upkeep(basis)),
        Strategy::Initial | Strategy::Direct | Strategy::Recover => {}
    }
    if basis.asked.reason == Some(Reason::KeyCompromise) && seen.alternative_rows().next().is_some() {
        found.push(Objection::AlternativeThere);
    }
    found
}

/// What a roll without a gap needs beside everything else.
fn overlap(basis: &Basis) -> Vec<Objection> {
    let seen = &basis.seen;
    let mut found = Vec::new();
    if basis.asked.reason == Some(Reason::KeyCompromise) {
        found.push(Objection::NoOverlapAtOnce);
    }
    if seen.alternative_rows().next().is_some() {
        found.push(Objection::AlternativeThere);
    }
    // The way back would have to wait for people while two certificates are published.
    found.extend(seen.signing_by_hand().map(|node| Objection::ByHand(node.name.clone())));
    let Some(row) = seen.current() else { return found };
    if row.not_after.is_none_or(|end| end <= basis.asked.now) {
        found.push(Objection::OldExpired);
    }
    for farm in &seen.sharepoint {
        let server = farm.server.as_ref().and_then(|server| seen.node(server.as_str()));
        if !server.is_some_and(|server| server.network_identity && server.transport != Transport::Manual) {
            found.push(Objection::FarmNotReached(farm.name.clone()));
        }
        let accepts = |accepted: &[crate::protocol::Hex<20>]| row.thumbprint.is_some_and(|old| accepted.contains(&old));
        let apart = farm.trusts.iter().filter(|trust| !trust.by_metadata || !accepts(&trust.accepted));
        found.extend(apart.map(|trust| Objection::TrustApart(trust.name.clone())));
    }
    found
}

/// What stands against a shape in which the row stays as it is.
fn upkeep(basis: &Basis) -> Vec<Objection> {
    let (asked, seen) = (&basis.asked, &basis.seen);
    let mut found = Vec::new();
    if seen.current().is_some_and(|row| row.thumbprint != Some(asked.certificate.thumbprint)) {
        found.push(Objection::NotTheRow);
    }
    let draft = Draft { basis, strategy: strategy(basis) };
    found.extend(draft.not_signing().cloned().map(Objection::NotSigning));
    if strategy(basis) == Strategy::Retire {
        match asked.old {
            None => found.push(Objection::NothingToRetire),
            Some(old) if seen.rows.iter().any(|row| row.thumbprint == Some(old)) => found.push(Objection::OldInUse),
            Some(_) => {}
        }
    }
    found
}

fn rows(basis: &Basis) -> Option<Objection> {
    let rows: Vec<_> = basis.seen.issuer_rows().collect();
    match (strategy(basis), rows.as_slice()) {
        (_, [_, _, ..]) => Some(Objection::ManyRows(rows.len())),
        (Strategy::Initial, [_]) => Some(Objection::RowThere),
        (Strategy::Initial, []) => None,
        (_, []) => Some(Objection::NoRow),
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
    let retired = strategy(basis) == Strategy::Retire;
    if !retired && node.certificates.iter().any(|other| other.thumbprint != *new && same(&other.subject)) {
        found.push(Objection::SameSubject(name()));
    }
    if node.signs() && node.accounts.is_empty() && !node.by_hand() {
        found.push(Objection::NoAccount(name()));
    }
    if node.by_hand() {
        if node.name == basis.seen.update_crm {
            found.push(Objection::ByHand(name()));
        }
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
                write!(f, "{node}: its transport is manual, so that it can neither write the row nor take part in an overlap")
            }
            Self::TooOld(node) => write!(f, "{node}: the program runs on Windows Server 2016 and later"),
            Self::NotSigning(node) => write!(f, "{node}: no server of this name has the role web or async"),
            Self::NotTheRow => f.write_str("the row names another certificate, and this shape does not write the row"),
            Self::NothingToRetire => f.write_str("it was not said which certificate is to go"),
            Self::OldInUse => f.write_str("a certificate row names the certificate that is to go"),
            Self::AlternativeThere => f.write_str("there is a row AlternativeS2STokenIssuer already"),
            Self::OldExpired => {
                f.write_str("the certificate of the row has expired or its end could not be read, so that nothing would accept it beside the new one")
            }
            Self::FarmNotReached(farm) => {
                write!(f, "SharePoint farm {farm}: its job cannot be held and its trusts cannot be seen by the program")
            }
            Self::TrustApart(trust) => write!(
                f,
                "the trust {} does not follow the metadata, or does not accept the certificate of the row now",
                trust.as_str()
            ),
            Self::NoOverlapAtOnce => {
                f.write_str("a certificate whose key is in other hands goes at once; overlap would keep it accepted")
            }
        }
    }
}

impl Objection {
    /// Returns the next step.
    #[must_use]
    pub const fn next(&self) -> &'static str {
        match self {
            Self::NobodySigns | Self::NoUpdateCrm | Self::TwoOfOneName(_) => "correct farm.toml",
            Self::NotSigning(_) => "name a server of farm.toml that signs",
            Self::NotTheRow => {
                "give the credential of the certificate that the row names, or roll with the strategy direct"
            }
            Self::NothingToRetire => "name it by its thumbprint",
            Self::OldInUse => "roll to another certificate first, or remove the row with Remove-CrmCertificate",
            Self::AlternativeThere => {
                "read it with Get-CrmCertificate; where nobody needs it, remove it with Remove-CrmCertificate"
            }
            Self::OldExpired => "plan with the strategy recover where it has expired, else direct",
            Self::FarmNotReached(_) | Self::TrustApart(_) | Self::NoOverlapAtOnce => "plan with the strategy direct",
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
            Self::ByHand(_) => "reach it by local, ssh or winrm, or name another in [update_crm]",
            Self::TooOld(_) => "set its transport to manual in farm.toml: its steps are then done by hand and recorded",
        }
    }
}
