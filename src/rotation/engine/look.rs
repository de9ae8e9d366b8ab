//! Whether what a step is to bring about is so.

use super::Engine;
use super::talk::Seen;
use crate::cert::{Password, Thumbprint};
use crate::protocol::{
    Action, Facts, Hex, Holds, Id, Identities, Install, List, Nothing, Prove, Remove, Restart, RestoreAccess, Row,
    SecretText, Text,
};
use crate::rotation::basis::{ALTERNATIVE_ROW, ISSUER_ROW, ServiceKind, ServiceSeen};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::plan::{Accounts, Check, MetadataCheck, Season, Step, TrustCheck, Which};
use crate::rotation::record::{JournalError, Record, Since};
use crate::rotation::season::{self, Closed};

/// What a proof in a roll is for.
const PURPOSE: &str = "rotation";

/// What a look found.
pub(super) enum Look {
    /// It is so.
    Holds,
    /// It is not so, and why.
    Not(String),
    /// It could not be seen, and why.
    Unseen(String),
}

impl Look {
    fn of(seen: Result<Seen, String>, why: &str) -> Self {
        match seen {
            Ok(Seen { holds: Some(Holds::Yes), .. }) => Self::Holds,
            Ok(Seen { holds: Some(Holds::No), .. }) => Self::Not(why.to_owned()),
            Ok(_) => Self::Unseen(format!("it could not be seen whether {why}")),
            Err(why) => Self::Unseen(why),
        }
    }

    fn when(holds: bool, why: &str) -> Self {
        if holds { Self::Holds } else { Self::Not(why.to_owned()) }
    }
}

impl Engine<'_> {
    /// Looks whether a step is so.
    pub(super) fn look(&mut self, step: &Step) -> Result<Look, JournalError> {
        let node = &step.node;
        let new = self.plan.basis.asked.certificate.thumbprint;
        Ok(match &step.check {
            Check::Present => match self.gone(node, new) {
                Look::Holds => Look::Not("the certificate is not in the store".to_owned()),
                Look::Not(_) => Look::Holds,
                unseen @ Look::Unseen(_) => unseen,
            },
            Check::Gone(which) => match self.certificate(*which) {
                Some(thumbprint) => self.gone(node, thumbprint),
                None => Look::Holds,
            },
            Check::Usable => self.usable(node),
            Check::Readable(accounts) => self.readable(node, accounts),
            Check::Ready(accounts) => self.ready(node, accounts),
            Check::RowIsNew => match self.rows(node) {
                Ok(rows) => Look::when(
                    matches!(rows.as_slice(), [row] if row.thumbprint == Some(new)),
                    "the row does not name the new certificate, or not alone",
                ),
                Err(why) => Look::Unseen(why),
            },
            Check::RowsAsBefore => self.rows_as_before(node),
            Check::AlternativeIs(which) => {
                let wanted = self.certificate(*which);
                match self.alternatives(node) {
                    Ok(rows) => Look::when(
                        matches!(rows.as_slice(), [row] if row.thumbprint == wanted),
                        "the row beside it does not hold that certificate, or not alone",
                    ),
                    Err(why) => Look::Unseen(why),
                }
            }
            Check::NoAlternative => match self.alternatives(node) {
                Ok(rows) => Look::when(rows.is_empty(), "there is a row beside it still"),
                Err(why) => Look::Unseen(why),
            },
            Check::JobHeld => {
                Look::of(self.see(node, &Action::MetadataJobHold(Nothing {})), "the job is not held, or a run goes on")
            }
            Check::JobFree => Look::of(self.see(node, &Action::MetadataJobRelease(Nothing {})), "the job is held"),
            Check::Metadata(check) => self.document(node, check),
            Check::Began(began) if began.if_changed && !self.has_changed(node) => Look::Holds,
            Check::Began(began) => self.began(step, &began.service)?,
            Check::JobRan => {
                let after = match self.instant(step)? {
                    Ok(after) => after,
                    Err(why) => return Ok(Look::Unseen(why)),
                };
                let action = Action::MetadataJobStart(crate::protocol::After { after });
                Look::of(self.see(node, &action), "the job has not run to its end since")
            }
            Check::Trust(check) => self.trust(node, check, true),
            Check::Untrusted(check) => self.trust(node, check, false),
            Check::AccessAsBefore => match self.state.before.get(node).cloned() {
                Some(list) => {
                    let action = Action::RestoreAccess(RestoreAccess { thumbprint: new, list });
                    Look::of(self.see(node, &action), "the access list is another than before")
                }
                None => Look::Holds,
            },
            Check::Quarantine(days) => {
                let day = jiff::SignedDuration::from_hours(24 * i64::from(days.days));
                // The quarantine of a certificate that an earlier roll has replaced began with that roll.
                let verified =
                    self.state.verified.map(|at| self.plan.basis.asked.verified.map_or(at, |one| one.min(at)));
                let over = verified.and_then(|at| at.checked_add(day).ok());
                match over {
                    _ if is_out(Part::Quarantine) => Look::Holds,
                    Some(over) if self.now() >= over => Look::Holds,
                    Some(over) => Look::Not(format!("the quarantine lasts until {over}")),
                    None => Look::Not("nothing was verified yet".to_owned()),
                }
            }
            Check::Ran(ran) if ran.if_changed && !self.has_changed(node) => Look::Holds,
            Check::Ran(_) => {
                let ran = self.state.done.contains(&step.id) || self.ran.contains(&step.id);
                Look::when(ran, "its command has not ended well")
            }
            Check::Open(season) => match self.closed(*season) {
                Some(closed) => Look::Not(closed.why),
                None => Look::Holds,
            },
            Check::Recorded => {
                Look::when(self.state.recorded.contains(&step.id), "nobody has recorded that it is done")
            }
        })
    }

    /// Returns the thumbprint of one of the two certificates.
    pub(super) fn certificate(&self, which: Which) -> Option<Hex<20>> {
        match which {
            Which::New => Some(self.plan.basis.asked.certificate.thumbprint),
            Which::Old => self.plan.basis.old(),
        }
    }

    /// Returns why farm.toml does not let something be done now.
    pub(super) fn closed(&self, season: Season) -> Option<Closed> {
        let (seen, now) = (&self.plan.basis.seen, self.now());
        match season {
            _ if is_out(Part::Freeze) => season::closed(&seen.windows, &[], now).filter(|_| season == Season::Restart),
            Season::Restart if is_out(Part::Window) => season::frozen(&seen.windows, &seen.freezes, now),
            Season::Change => season::frozen(&seen.windows, &seen.freezes, now),
            Season::Restart => season::closed(&seen.windows, &seen.freezes, now),
        }
    }

    /// Returns whether this roll has acted on a node.
    fn has_changed(&self, node: &Id) -> bool {
        self.plan.steps.iter().any(|step| step.node == *node && self.state.begun.contains(&step.id))
    }

    fn gone(&mut self, node: &Id, thumbprint: Hex<20>) -> Look {
        let action = Action::Remove(Remove { thumbprint, with_key: false });
        Look::of(self.see(node, &action), "the certificate is in the store")
    }

    fn usable(&mut self, node: &Id) -> Look {
        let action = Action::Install(install(self.plan.basis.asked.certificate.thumbprint, no_secret(), &[]));
        Look::of(self.see(node, &action), "the key does not open, is another, or is in the wrong provider")
    }

    fn readable(&mut self, node: &Id, accounts: &Accounts) -> Look {
        if accounts.names.is_empty() {
            return Look::Holds;
        }
        let action = Action::Grant(self.identities(accounts));
        Look::of(self.see(node, &action), "an account cannot read the key")
    }

    pub(super) fn identities(&self, accounts: &Accounts) -> Identities {
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        Identities { thumbprint, names: List::first(accounts.names.iter().cloned()) }
    }

    /// Proves that a node can sign with the new certificate, now.
    pub(super) fn ready(&mut self, node: &Id, accounts: &Accounts) -> Look {
        self.proven.remove(node);
        for look in [self.usable(node), self.readable(node, accounts)] {
            if !matches!(look, Look::Holds) {
                return look;
            }
        }
        let mut nonce = [0; 32];
        if let Err(error) = self.world.random.fill(&mut nonce) {
            return Look::Unseen(error.to_string());
        }
        let (nonce, purpose) = (Hex::from(nonce), Id::word(PURPOSE));
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        let seen = self.see(node, &Action::Prove(Prove { thumbprint, nonce, purpose: purpose.clone() }));
        let proof = match seen {
            Ok(Seen { facts: Facts::Proof(proof), .. }) => proof,
            Ok(_) => return Look::Unseen("the node gave no proof".to_owned()),
            Err(why) => return Look::Not(format!("the node cannot sign: {why}")),
        };
        let known =
            self.nodes.get(node).is_some_and(|there| self.world.credential.proven(&proof, there, &nonce, &purpose));
        if known {
            self.proven.insert(node.clone());
        }
        Look::when(known, "the signature is not one of the new certificate for this question")
    }

    /// Returns the rows of the type that is signed with.
    pub(super) fn rows(&mut self, node: &Id) -> Result<Vec<Row>, String> {
        self.rows_of(node, ISSUER_ROW)
    }

    /// Returns the rows of the type that is published beside it.
    pub(super) fn alternatives(&mut self, node: &Id) -> Result<Vec<Row>, String> {
        self.rows_of(node, ALTERNATIVE_ROW)
    }

    fn rows_of(&mut self, node: &Id, kind: &str) -> Result<Vec<Row>, String> {
        let mut rows = self.all_rows(node)?;
        rows.retain(|row| row.certificate_type.as_str() == kind);
        Ok(rows)
    }

    /// Returns the certificate rows of every type.
    pub(super) fn all_rows(&mut self, node: &Id) -> Result<Vec<Row>, String> {
        match self.see(node, &Action::CrmCertificates(Nothing {}))?.facts {
            Facts::Rows(rows) => Ok(rows.rows.iter().cloned().collect()),
            _ => Err("the node tells no rows".to_owned()),
        }
    }

    pub(super) fn rows_as_before(&mut self, node: &Id) -> Look {
        let wanted: Vec<Option<Hex<20>>> = self.plan.basis.seen.issuer_rows().map(|row| row.thumbprint).collect();
        match self.rows(node) {
            Ok(rows) => {
                let found: Vec<Option<Hex<20>>> = rows.iter().map(|row| row.thumbprint).collect();
                Look::when(found == wanted, "the rows are not what they were")
            }
            Err(why) => Look::Unseen(why),
        }
    }

    fn document(&mut self, node: &Id, check: &MetadataCheck) -> Look {
        let (Some(wanted), other) = (self.certificate(check.which), self.other(check.which)) else {
            return Look::Holds;
        };
        let named = |one: &&crate::farm::description::Organization| one.name.as_str() == check.organization.as_str();
        let organization = self.farm.organizations.iter().find(named);
        let (Some(there), Some(organization)) = (self.nodes.get(node), organization) else {
            return Look::Unseen("the farm has no such server or organization".to_owned());
        };
        match self.world.metadata.certificates(there, organization) {
            Ok(shown) if !shown.contains(&wanted) => Look::Not("the metadata document shows another".to_owned()),
            Ok(shown) if check.both => {
                let beside = self.certificate(if check.which == Which::New { Which::Old } else { Which::New });
                Look::when(
                    beside.is_none_or(|beside| shown.contains(&beside)),
                    "the metadata document shows one certificate and not both",
                )
            }
            Ok(shown) if other.is_some_and(|other| shown.contains(&other)) => {
                Look::Not("the metadata document shows both".to_owned())
            }
            Ok(_) => Look::Holds,
            Err(why) => Look::Unseen(why),
        }
    }

    /// Returns the certificate that a document must not show: the other one, unless another row publishes it.
    fn other(&self, which: Which) -> Option<Hex<20>> {
        let other = self.certificate(if which == Which::New { Which::Old } else { Which::New })?;
        let mut rows = self.plan.basis.seen.rows.iter();
        let published = rows.any(|row| row.certificate_type.as_str() != ISSUER_ROW && row.thumbprint == Some(other));
        (!published && self.certificate(which) != Some(other)).then_some(other)
    }

    fn trust(&mut self, node: &Id, check: &TrustCheck, accepted: bool) -> Look {
        let Some(wanted) = self.certificate(check.which) else { return Look::Holds };
        match self.see(node, &Action::SharepointTrusts(Nothing {})) {
            Ok(Seen { facts: Facts::Trusts(trusts), .. }) => {
                let accepts =
                    |der: &crate::protocol::Octets| Thumbprint::of(der.as_bytes()).as_bytes() == wanted.as_bytes();
                let mut issuers = trusts.issuers.iter().filter(|issuer| issuer.name == check.name);
                let accepts = issuers.any(|issuer| issuer.certificates.iter().any(accepts));
                let why = if accepted { "the trust does not accept it" } else { "the trust still accepts it" };
                Look::when(accepts == accepted, why)
            }
            Ok(_) => Look::Unseen("the node tells no trusts".to_owned()),
            Err(why) => Look::Unseen(why),
        }
    }

    /// Whether a process is another than the one that ran when the step was first come to, after everything that it must see.
    /// Starts are compared for being others, not for being later: a clock that was set back would make an old process new.
    fn began(&mut self, step: &Step, service: &ServiceSeen) -> Result<Look, JournalError> {
        let asked = restart(service, self.state.instants.get(&step.id).copied().unwrap_or(jiff::Timestamp::MAX));
        let (at, begun) = match self.see(&step.node, &asked) {
            Ok(Seen { at, facts: Facts::Services(services), .. }) => {
                let list = if service.kind == ServiceKind::Pool { &services.pools } else { &services.services };
                let named = |one: &&crate::protocol::Service| one.name.as_str().eq_ignore_ascii_case(&service.name);
                (at, list.iter().find(named).and_then(|one| one.begun))
            }
            Ok(_) => return Ok(Look::Unseen("the node tells no services".to_owned())),
            Err(why) => return Ok(Look::Unseen(why)),
        };
        match self.state.instants.get(&step.id) {
            Some(first) => Ok(match begun {
                Some(begun) => Look::when(begun != *first, "the process is an old one"),
                // A pool without a worker signs nothing, and loads what is there when it begins.
                None if service.kind == ServiceKind::Pool => Look::Holds,
                None => Look::Not("no process runs".to_owned()),
            }),
            None => {
                self.first_come(step, begun.unwrap_or(at))?;
                Ok(Look::Not("the process is an old one".to_owned()))
            }
        }
    }

    fn first_come(&mut self, step: &Step, after: jiff::Timestamp) -> Result<(), JournalError> {
        self.record(Record::Since(Since { step: step.id.clone(), after }))
    }

    /// Returns from when on the job must have run, by the clock of its server: the instant at which the step was first come to.
    /// It is written down, so that a later run asks for the same.
    fn instant(&mut self, step: &Step) -> Result<Result<jiff::Timestamp, String>, JournalError> {
        if let Some(after) = self.state.instants.get(&step.id) {
            return Ok(Ok(*after));
        }
        match self.see(&step.node, &Action::MetadataJob(Nothing {})) {
            Ok(seen) => {
                self.first_come(step, seen.at)?;
                Ok(Ok(seen.at))
            }
            Err(why) => Ok(Err(why)),
        }
    }
}

/// Asks for a new process.
pub(super) fn restart(service: &ServiceSeen, after: jiff::Timestamp) -> Action {
    let restart = Restart { name: Text::told(&service.name), after };
    match service.kind {
        ServiceKind::Pool => Action::PoolRecycle(restart),
        ServiceKind::Service => Action::ServiceRestart(restart),
    }
}

/// A request to install, which as a look needs no password.
pub(super) fn install(thumbprint: Hex<20>, password: SecretText, readers: &[Text]) -> Install {
    Install {
        thumbprint,
        password,
        readers: List::first(readers.iter().cloned()),
        friendly_name: None,
        trust_root: false,
        same_subject: false,
    }
}

fn no_secret() -> SecretText {
    SecretText::new(Password::new(String::new()))
}
