//! Servers, places and certificates put together into one table.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::disagreement::{Disagreement, Topic};
use super::facts::{KeyFacts, RowKind, Seen};
use super::find;
use super::find_keys::{self, Usable};
use super::seen::SeenCertificate;
use super::verdict::{PlaceState, Verdict, verdict};
use super::view::{Facts, Observation};
use crate::cert::Fingerprint;
use crate::farm::description::{Node, Role};

/// What was seen of a farm, and what is wrong.
#[derive(Debug)]
pub struct TruthTable {
    /// The certificates that have to do with the farm, the one that expires last first.
    pub lines: Vec<Line>,
    /// What is wrong.
    pub disagreements: Vec<Disagreement>,
    /// What was not seen.
    pub gaps: Vec<Gap>,
}

/// The place of the rows among `PLACES`.
const ROW: usize = 1;

/// One certificate.
#[derive(Debug)]
pub struct Line {
    /// The certificate.
    pub certificate: Arc<SeenCertificate>,
    /// Whether the row names it.
    pub registered: bool,
    /// When it, or the first of its issuers, expires.
    pub end: Timestamp,
    /// Whose end that is, where it is not its own.
    pub limited_by: Option<String>,
    /// Its state in the four places.
    pub states: [PlaceState; 4],
    /// What that means.
    pub verdict: Verdict,
    /// Its state at each spot.
    pub cells: Vec<Cell>,
}

/// The state of one certificate at one spot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cell {
    /// The server, or the trust: `crm in intranet`.
    pub about: String,
    /// The place: an index of `PLACES`.
    pub place: usize,
    /// The organization, for metadata.
    pub organization: Option<String>,
    /// The state.
    pub state: PlaceState,
    /// Whether the certificate itself was seen there, whatever its key.
    pub there: bool,
}

/// Something that should have been seen and was not.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Gap {
    /// The server.
    pub server: String,
    /// What of it; `None` for all of it.
    pub topic: Option<Topic>,
    /// Why.
    pub why: String,
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.topic {
            None => write!(f, "{}: {}", self.server, self.why),
            Some(topic) => write!(f, "{}, {}: {}", self.server, topic.words(), self.why),
        }
    }
}

impl Topic {
    /// Returns the part in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Store => "certificate store".to_owned(),
            Self::Services => "services".to_owned(),
            Self::Rows => "configuration rows".to_owned(),
            Self::Metadata(organization) => format!("metadata of {organization}"),
            Self::Trusts => "trusts".to_owned(),
            Self::RefreshJob => "RefreshMetadataFeed".to_owned(),
            Self::Clock => "clock".to_owned(),
        }
    }
}

impl TruthTable {
    /// Puts the table together.
    #[must_use]
    pub fn of(seen: &Observation<'_>) -> Self {
        Self { lines: lines(seen), disagreements: find::disagreements(seen), gaps: gaps(seen) }
    }
}

/// The certificates that rows, metadata and trusts show, and those in stores that share their subject or fit the template.
fn candidates(seen: &Observation<'_>) -> Vec<Arc<SeenCertificate>> {
    let mut found: HashMap<Fingerprint, &Arc<SeenCertificate>> = HashMap::new();
    for (_, facts) in seen.seen() {
        let rows = facts.rows.seen().into_iter().flatten().map(|row| &row.certificate);
        let metadata = facts.metadata.iter().filter_map(|one| one.answer.seen()).flat_map(|answer| &answer.keys);
        for one in rows.chain(metadata) {
            found.insert(one.fingerprint, one);
        }
    }
    for farm in &seen.farm.sharepoint {
        let Some((_, trusts)) = seen.trusts_of(farm) else { continue };
        for wanted in &farm.trusts {
            let trust = trusts.iter().filter(|one| one.name.eq_ignore_ascii_case(wanted.name.as_str()));
            for one in trust.flat_map(|trust| trust.signing.iter().chain(&trust.additional)) {
                found.insert(one.fingerprint, one);
            }
        }
    }
    let subjects: HashSet<_> = found.values().map(|one| &one.subject_key).collect();
    let mut in_stores: HashMap<Fingerprint, &Arc<SeenCertificate>> = HashMap::new();
    for (_, facts) in seen.seen().filter(|(node, _)| node.signs()) {
        for stored in facts.store.seen().into_iter().flat_map(|store| &store.certificates) {
            let one = &stored.certificate;
            if one.of_farm || subjects.contains(&one.subject_key) {
                in_stores.insert(one.fingerprint, one);
            }
        }
    }
    found.extend(in_stores);
    let mut candidates: Vec<_> = found.into_values().cloned().collect();
    candidates.sort_by(|a, b| b.not_after.cmp(&a.not_after).then(a.fingerprint.cmp(&b.fingerprint)));
    candidates
}

fn lines(seen: &Observation<'_>) -> Vec<Line> {
    let registered = seen.registered();
    let spots = spots(seen);
    let line = |(rank, certificate): (usize, Arc<SeenCertificate>)| {
        let cells: Vec<Cell> = spots.iter().map(|spot| spot.cell(rank)).collect();
        let states = together(&cells);
        let [store, row, metadata, trust] = states;
        let (end, limited_by) = seen.end_of(&certificate);
        Line {
            end,
            limited_by,
            registered: registered.iter().any(|row| row.certificate.fingerprint == certificate.fingerprint),
            states,
            verdict: verdict(store, row, metadata, trust),
            cells,
            certificate,
        }
    };
    candidates(seen).into_iter().enumerate().map(line).collect()
}

/// Puts the states of the spots together, place by place. A place without spots asks for nothing.
fn together(cells: &[Cell]) -> [PlaceState; 4] {
    let mut worst = [PlaceState::Present; 4];
    for cell in cells {
        worst[cell.place] = worst[cell.place].max(cell.state);
    }
    if worst[ROW] != PlaceState::Absent {
        return worst;
    }
    let mut still = [PlaceState::Absent; 4];
    for cell in cells.iter().filter(|cell| cell.place != ROW) {
        // Of what has to go it does not matter whether its key can be used.
        let state = if cell.there { PlaceState::Present } else { cell.state };
        still[cell.place] = still[cell.place].still(state);
    }
    still
}

/// A spot in the table, with the ranks of the candidates that stand there; nothing where it was not seen.
struct Spotted {
    about: String,
    place: usize,
    organization: Option<String>,
    /// Sorted; a higher rank expires earlier.
    ranks: Option<Vec<usize>>,
    /// Those of which the services cannot use the key, or of which that was not seen.
    keys: Vec<(usize, Usable)>,
}

impl Spotted {
    fn cell(&self, rank: usize) -> Cell {
        let state = match &self.ranks {
            None => PlaceState::Unseen,
            Some(ranks) if ranks.binary_search(&rank).is_ok() => match self.key(rank) {
                Usable::Yes => PlaceState::Present,
                Usable::No => PlaceState::Absent,
                Usable::Unseen => PlaceState::Unseen,
            },
            Some(ranks) if ranks.last().is_some_and(|oldest| *oldest > rank) => PlaceState::Stale,
            Some(_) => PlaceState::Absent,
        };
        let there = self.ranks.as_ref().is_some_and(|ranks| ranks.binary_search(&rank).is_ok());
        Cell { about: self.about.clone(), place: self.place, organization: self.organization.clone(), state, there }
    }

    fn key(&self, rank: usize) -> Usable {
        self.keys.iter().find(|(one, _)| *one == rank).map_or(Usable::Yes, |(_, usable)| *usable)
    }
}

fn spots(seen: &Observation<'_>) -> Vec<Spotted> {
    let ranks: HashMap<Fingerprint, usize> =
        candidates(seen).iter().enumerate().map(|(rank, one)| (one.fingerprint, rank)).collect();
    let ranked = |certificates: &mut dyn Iterator<Item = &Arc<SeenCertificate>>| {
        let mut found: Vec<usize> = certificates.filter_map(|one| ranks.get(&one.fingerprint).copied()).collect();
        found.sort_unstable();
        found
    };
    let mut spots = Vec::new();
    let mut rows_seen = false;
    for (node, facts) in seen.servers() {
        let name = node.name.to_string();
        let facts = facts.as_ref().ok();
        if node.signs() {
            let store = facts.and_then(|facts| facts.store.seen());
            let here = store.map(|store| ranked(&mut store.certificates.iter().map(|stored| &stored.certificate)));
            let keys = store.into_iter().flat_map(|store| &store.certificates).filter_map(|stored| {
                let rank = *ranks.get(&stored.certificate.fingerprint)?;
                let usable = find_keys::usable(seen.farm, node, &stored.key);
                (usable != Usable::Yes).then_some((rank, usable))
            });
            let keys = keys.collect();
            spots.push(Spotted { about: name.clone(), place: 0, organization: None, ranks: here, keys });
        }
        if let Some(rows) = facts.and_then(|facts| facts.rows.seen()) {
            rows_seen = true;
            let primary = rows.iter().filter(|row| row.kind == RowKind::S2STokenIssuer);
            let here = Some(ranked(&mut primary.map(|row| &row.certificate)));
            spots.push(Spotted { about: name.clone(), place: 1, organization: None, ranks: here, keys: Vec::new() });
        }
        if node.has(Role::Web) {
            for organization in &seen.farm.organizations {
                let answer = facts.and_then(|facts| document(facts, organization.name.as_str()));
                let here = answer.map(|answer| ranked(&mut answer.keys.iter()));
                let organization = Some(organization.name.to_string());
                spots.push(Spotted { about: name.clone(), place: 2, organization, ranks: here, keys: Vec::new() });
            }
        }
    }
    // The rows are those of the whole deployment: one server that shows them is enough.
    if !rows_seen {
        spots.push(Spotted {
            about: "configuration database".to_owned(),
            place: 1,
            organization: None,
            ranks: None,
            keys: Vec::new(),
        });
    }
    for farm in &seen.farm.sharepoint {
        let trusts = seen.trusts_of(farm).map(|(_, trusts)| trusts);
        for wanted in &farm.trusts {
            let about = format!("{} in {}", wanted.name, farm.name);
            let here = trusts.map(|trusts| {
                let trust = trusts.iter().find(|one| one.name.eq_ignore_ascii_case(wanted.name.as_str()));
                ranked(&mut trust.into_iter().flat_map(|trust| trust.signing.iter().chain(&trust.additional)))
            });
            spots.push(Spotted { about, place: 3, organization: None, ranks: here, keys: Vec::new() });
        }
    }
    spots
}

fn document<'f>(
    facts: &'f Facts,
    organization: &str,
) -> Option<&'f super::facts::MetadataAnswer<Arc<SeenCertificate>>> {
    facts.metadata.iter().find(|one| one.organization.eq_ignore_ascii_case(organization))?.answer.seen()
}

/// What each server should show by its roles, and does not.
fn gaps(seen: &Observation<'_>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut tell = |server: &str, topic: Option<Topic>, why: &str| {
        gaps.push(Gap { server: server.to_owned(), topic, why: why.to_owned() });
    };
    let rows_seen = seen.rows().next().is_some();
    let registered = seen.registered();
    for (node, facts) in seen.servers() {
        let name = node.name.as_str();
        let facts = match facts {
            Ok(facts) => facts,
            Err(why) => {
                tell(name, None, why);
                continue;
            }
        };
        if let Some(why) = facts.store.gap().filter(|_| node.signs()) {
            tell(name, Some(Topic::Store), why);
        }
        // Who runs the services decides who must read the key.
        if let Some(why) = facts.services.gap().filter(|_| node.signs()) {
            tell(name, Some(Topic::Services), why);
        }
        if let Some(why) = facts.rows.gap().filter(|_| node.has(Role::DeploymentTools) && !rows_seen) {
            tell(name, Some(Topic::Rows), why);
        }
        for organization in seen.farm.organizations.iter().filter(|_| node.has(Role::Web)) {
            let topic = || Some(Topic::Metadata(organization.name.folded()));
            match facts.metadata.iter().find(|one| one.organization.eq_ignore_ascii_case(organization.name.as_str())) {
                Some(document) => {
                    if let Some(why) = document.answer.gap() {
                        tell(name, topic(), why);
                    }
                }
                None => tell(name, topic(), "the document does not speak of it"),
            }
        }
        if let Some(why) = facts.trusts.gap().filter(|_| !shown_by_another(seen, node)) {
            tell(name, Some(Topic::Trusts), why);
        }
        for stored in facts.store.seen().into_iter().flat_map(|store| &store.certificates).filter(|_| node.signs()) {
            let named = registered.iter().any(|row| row.certificate.fingerprint == stored.certificate.fingerprint);
            if stored.certificate.of_farm || named {
                for why in unseen_of_key(seen, node, &stored.key) {
                    tell(name, Some(Topic::Store), &format!("key of {}: {why}", stored.certificate.thumbprint));
                }
            }
        }
    }
    gaps.sort();
    gaps.dedup();
    gaps
}

/// What of a key was not seen: the key, who reads it, or one of those who should.
fn unseen_of_key(seen: &Observation<'_>, node: &Node, key: &Seen<Option<KeyFacts>>) -> Vec<String> {
    let key = match key {
        Seen::Unseen(why) => return vec![why.clone()],
        Seen::Seen(None) => return Vec::new(),
        Seen::Seen(Some(key)) => key,
    };
    let readers = match &key.readers {
        Seen::Unseen(why) => return vec![format!("who reads it: {why}")],
        Seen::Seen(readers) => readers,
    };
    let accounts = seen.farm.identities_of(node).map(|one| one.account.as_str());
    let asked = |account: &str| readers.iter().any(|reader| reader.account.eq_ignore_ascii_case(account));
    accounts
        .filter(|account| !asked(account))
        .map(|account| format!("nobody asked whether {account} reads it"))
        .collect()
}

/// Whether the trusts of every SharePoint farm of this server are shown by some server; so also where it belongs to none.
fn shown_by_another(seen: &Observation<'_>, node: &Node) -> bool {
    let own =
        seen.farm.sharepoint.iter().filter(|farm| farm.servers.iter().any(|one| one.folded() == node.name.folded()));
    own.into_iter().all(|farm| seen.trusts_of(farm).is_some())
}
