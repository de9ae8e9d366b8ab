//! Facts by server and place.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::disagreement::{Spot, Topic};
use super::facts::{RowFacts, RowKind, ServerFacts, TrustFacts};
use super::seen::SeenCertificate;
use crate::cert::Fingerprint;
use crate::farm::description::{Farm, Node, SharePoint};

/// Facts with decoded certificates.
pub(super) type Facts = ServerFacts<Arc<SeenCertificate>>;

/// Everything that was seen of a farm.
#[derive(Debug)]
pub struct Observation<'a> {
    /// The description.
    pub farm: &'a Farm,
    /// When the question is asked.
    pub now: Timestamp,
    /// What each server of the description shows, in its order; or why nothing was seen of it.
    servers: Vec<Result<Facts, String>>,
}

impl<'a> Observation<'a> {
    /// Puts together what servers show. Of two documents of one server the later one counts; what belongs to no server of the
    /// description is left out.
    #[must_use]
    pub fn new(farm: &'a Farm, now: Timestamp, facts: Vec<Facts>, gaps: &[(String, String)]) -> Self {
        let mut by_name: HashMap<String, Facts> = HashMap::new();
        for one in facts {
            let name = one.server.to_ascii_lowercase();
            if by_name.get(&name).is_none_or(|other| other.collected_at < one.collected_at) {
                by_name.insert(name, one);
            }
        }
        let why = |name: &str| {
            let told = gaps.iter().find(|(server, _)| server.eq_ignore_ascii_case(name));
            told.map_or_else(|| "no document of this server".to_owned(), |(_, why)| why.clone())
        };
        let server = |node: &Node| by_name.remove(&node.name.folded()).ok_or_else(|| why(node.name.as_str()));
        let servers = farm.nodes.iter().map(server).collect();
        Self { farm, now, servers }
    }

    /// Returns each server with what it shows, or why it shows nothing.
    pub(super) fn servers(&self) -> impl Iterator<Item = (&'a Node, &Result<Facts, String>)> {
        self.farm.nodes.iter().zip(&self.servers)
    }

    /// Returns each server that was seen.
    pub(super) fn seen(&self) -> impl Iterator<Item = (&'a Node, &Facts)> {
        self.servers().filter_map(|(node, facts)| Some((node, facts.as_ref().ok()?)))
    }

    /// Returns what a server shows.
    pub(super) fn of(&self, name: &str) -> Option<&Result<Facts, String>> {
        self.servers().find(|(node, _)| node.name.as_str().eq_ignore_ascii_case(name)).map(|(_, facts)| facts)
    }

    /// Returns every server that shows the rows, with them.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&'a Node, &Vec<RowFacts<Arc<SeenCertificate>>>)> {
        self.seen().filter_map(|(node, facts)| Some((node, facts.rows.seen()?)))
    }

    /// Returns the certificates that rows of type S2STokenIssuer name, each with the servers that show it.
    pub(super) fn registered(&self) -> Vec<Registered> {
        let mut found: Vec<Registered> = Vec::new();
        for (node, rows) in self.rows() {
            for row in rows.iter().filter(|row| row.kind == RowKind::S2STokenIssuer) {
                let spot = Spot::new(node.name.as_str(), Topic::Rows);
                match found.iter_mut().find(|one| one.certificate.fingerprint == row.certificate.fingerprint) {
                    Some(one) if one.evidence.contains(&spot) => {}
                    Some(one) => one.evidence.push(spot),
                    None => found.push(Registered { certificate: row.certificate.clone(), evidence: vec![spot] }),
                }
            }
        }
        found.sort_by_key(|one| one.certificate.fingerprint);
        found
    }

    /// Returns when a certificate cannot be used any more: when it, or the first of the issuers that a server has, expires. With it whose
    /// end that is, where it is not its own.
    pub(super) fn end_of(&self, certificate: &SeenCertificate) -> (Timestamp, Option<String>) {
        let print = certificate.fingerprint.to_string();
        let issuers = self.seen().filter_map(|(_, facts)| facts.store.seen()?.issuers.seen()).flatten();
        let early = issuers.filter(|one| one.fingerprint_sha256 == print).filter_map(|one| one.earliest.as_ref());
        match early.min_by_key(|one| one.not_after) {
            Some(one) if one.not_after < certificate.not_after => (one.not_after, Some(one.subject.clone())),
            _ => (certificate.not_after, None),
        }
    }

    /// Returns the first server of a SharePoint farm that shows its trusts, with them.
    pub(super) fn trusts_of(&self, farm: &SharePoint) -> Option<(&str, &Vec<TrustFacts<Arc<SeenCertificate>>>)> {
        farm.servers.iter().find_map(|server| {
            let facts = self.of(server.as_str())?.as_ref().ok()?;
            Some((facts.server.as_str(), facts.trusts.seen()?))
        })
    }
}

/// A certificate that a row names.
pub(super) struct Registered {
    pub(super) certificate: Arc<SeenCertificate>,
    pub(super) evidence: Vec<Spot>,
}

/// Returns the entry for a certificate.
pub(super) fn named(registered: &[Registered], fingerprint: Fingerprint) -> Option<&Registered> {
    registered.iter().find(|one| one.certificate.fingerprint == fingerprint)
}
