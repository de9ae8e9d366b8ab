//! What a simulated farm is at one moment.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::dice::Dice;
use super::trace::{Cert, Event, NEW, NodeShot, OLD, Snapshot, What};
use crate::cert::Thumbprint;
use crate::farm::description::Role;
use crate::node::engine::Standing;
use crate::protocol::{Action, Hex, Id, Octets, Outcome, Text};
use crate::rotation::basis::{ServiceKind, ServiceSeen};
use crate::rotation::belief::Belief;

/// When every simulation begins: 2026-06-01T00:00:00Z.
const BEGINNING: i64 = 1_780_272_000;

/// A certificate of the simulation. Its DER is only a name.
#[derive(Clone, Debug)]
pub(super) struct CertInfo {
    pub(super) der: Octets,
    pub(super) thumbprint: Hex<20>,
    pub(super) subject: Text,
}

impl CertInfo {
    pub(super) fn new(number: Cert) -> Option<Self> {
        let der = format!("certificate {number} of a simulation").into_bytes();
        let thumbprint = Hex::from(*Thumbprint::of(&der).as_bytes());
        let subject = Text::told(&format!("CN=s2s.contoso.com,OU=Generation {number},O=Contoso"));
        Some(Self { der: Octets::new(der)?, thumbprint, subject })
    }
}

/// A certificate in a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Stored {
    pub(super) cert: Cert,
    /// Whether its key is in a CSP with KeySpec 1.
    pub(super) usable: bool,
    /// Who reads it, a bit for each account.
    pub(super) readers: u32,
}

/// A process that signs.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) seen: ServiceSeen,
    pub(super) begun: i64,
    pub(super) loaded: Option<Cert>,
}

/// An attempt on record.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) action: Action,
    pub(super) end: Option<(Timestamp, Outcome)>,
}

/// An action that runs on while nobody waits for it.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) key: (Id, Id, u32),
    pub(super) until: i64,
    pub(super) run: u32,
}

/// A server.
#[derive(Clone, Debug)]
pub(super) struct SimNode {
    pub(super) name: Id,
    pub(super) roles: Vec<Role>,
    /// Whether people do there what is to be done, so that it answers no request.
    pub(super) by_hand: bool,
    /// Whether it stands behind a load balancer, and is out of it now.
    pub(super) balanced: bool,
    pub(super) drained: bool,
    /// It does not answer before this moment.
    pub(super) down_until: i64,
    /// How far its clock is ahead, in seconds.
    pub(super) ahead: i64,
    pub(super) standing: Standing,
    pub(super) journals: BTreeMap<Id, Vec<Octets>>,
    pub(super) attempts: BTreeMap<(Id, Id, u32), Attempt>,
    pub(super) running: Option<Running>,
    /// The number of the staged PFX.
    pub(super) staged: Option<u64>,
    pub(super) store: Vec<Stored>,
    pub(super) accounts: Vec<Text>,
    pub(super) processes: Vec<Process>,
    pub(super) script: Option<Hex<32>>,
    pub(super) bound: Option<Cert>,
    /// What its web process shows, and since when.
    pub(super) shown: Option<(i64, Vec<Cert>)>,
}

impl SimNode {
    pub(super) fn signs(&self) -> bool {
        self.roles.iter().any(|role| role.signs())
    }

    pub(super) fn find(&self, cert: Cert) -> Option<&Stored> {
        self.store.iter().find(|one| one.cert == cert)
    }
}

/// The types of rows that a roll writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum RowKind {
    /// What is signed with.
    Issuer,
    /// What is published beside it.
    Alternative,
}

/// A row.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SimRow {
    pub(super) id: u32,
    pub(super) kind: RowKind,
    pub(super) cert: Cert,
}

/// A SharePoint farm.
#[derive(Clone, Debug)]
pub(super) struct SimSharePoint {
    pub(super) server: usize,
    pub(super) trusts: Vec<(Text, Vec<Cert>)>,
    /// When the run that goes on ends, and when it began by the clock of the server.
    pub(super) running: Option<(i64, i64)>,
    pub(super) last_success: Option<i64>,
    /// When the job runs by itself.
    pub(super) next: i64,
    /// How often it does, in seconds.
    pub(super) every: i64,
    /// Whether the job is held, so that no run of it begins.
    pub(super) held: bool,
}

/// Everything.
#[derive(Debug)]
pub(super) struct State {
    /// Seconds from the beginning.
    pub(super) now: i64,
    /// How far the clock of the controller is ahead, in seconds.
    pub(super) controller_ahead: i64,
    pub(super) dice: Dice,
    pub(super) nodes: Vec<SimNode>,
    /// Where each node stands in the list.
    pub(super) places: HashMap<String, usize>,
    pub(super) update_crm: usize,
    pub(super) rows: Vec<SimRow>,
    pub(super) sharepoint: Vec<SimSharePoint>,
    pub(super) certs: Vec<CertInfo>,
    pub(super) accounts: Vec<Text>,
    /// What is not as it is believed to be.
    pub(super) disbelieved: Vec<Belief>,
    pub(super) events: Vec<Event>,
    /// The run of the controller that acts now.
    pub(super) run: u32,
    pub(super) faults: super::fault::Faults,
    pub(super) sealed: u64,
    pub(super) by_hand: bool,
    pub(super) requests: u64,
    /// Requests that were lost and come through later.
    pub(super) stragglers: Vec<super::fault::Straggler>,
}

impl State {
    pub(super) fn believed(&self, belief: Belief) -> bool {
        !self.disbelieved.contains(&belief)
    }

    pub(super) fn tell(&mut self, what: What) {
        self.tell_as(self.run, what);
    }

    pub(super) fn tell_as(&mut self, run: u32, what: What) {
        self.events.push(Event { at: self.now, run, what });
    }

    pub(super) fn instant(&self, seconds: i64) -> Timestamp {
        Timestamp::from_second(BEGINNING.saturating_add(seconds)).unwrap_or(Timestamp::MAX)
    }

    /// Returns the present by the clock of a node.
    pub(super) fn clock(&self, node: usize) -> Timestamp {
        self.instant(self.now + self.nodes[node].ahead)
    }

    pub(super) fn controller_clock(&self) -> Timestamp {
        self.instant(self.now + self.controller_ahead)
    }

    pub(super) fn cert_of(&self, thumbprint: &Hex<20>) -> Option<Cert> {
        self.certs.iter().position(|one| one.thumbprint == *thumbprint).map(|place| place as Cert)
    }

    pub(super) fn thumbprint(&self, cert: Cert) -> Hex<20> {
        self.certs[usize::from(cert)].thumbprint
    }

    pub(super) fn row_certs(&self) -> Vec<Cert> {
        self.certs_of(RowKind::Issuer).collect()
    }

    /// Returns the certificates of the rows of a type.
    pub(super) fn certs_of(&self, kind: RowKind) -> impl Iterator<Item = Cert> {
        self.rows.iter().filter(move |row| row.kind == kind).map(|row| row.cert)
    }

    /// Returns the bits of accounts.
    pub(super) fn mask(&self, names: &[Text]) -> u32 {
        names.iter().filter_map(|name| self.accounts.iter().position(|one| one == name)).map(|bit| 1 << bit).sum()
    }

    pub(super) fn needed(&self, node: usize) -> u32 {
        self.mask(&self.nodes[node].accounts)
    }

    /// Returns whether a node could sign with the new certificate now.
    pub(super) fn can_sign(&self, node: usize) -> bool {
        let needed = self.needed(node);
        self.nodes[node].find(NEW).is_some_and(|one| one.usable && one.readers & needed == needed)
    }

    pub(super) fn unready(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|node| self.nodes[*node].signs() && !self.can_sign(*node)).collect()
    }

    /// Returns whether every place is new: stores, row, documents, trusts.
    pub(super) fn all_new(&self) -> bool {
        let trusts = self.sharepoint.iter().flat_map(|farm| &farm.trusts);
        self.row_certs() == [NEW]
            && self.unready().is_empty()
            && trusts.into_iter().all(|(_, accepted)| accepted.contains(&NEW))
    }

    /// Returns what a process loads that begins now.
    pub(super) fn loads(&self, node: usize) -> Option<Cert> {
        let cert = self.certs_of(RowKind::Issuer).next()?;
        self.nodes[node].find(cert).map(|_| cert)
    }

    pub(super) fn change_rows(&mut self, run: u32, rows: Vec<SimRow>) {
        let of = |state: &Self, kind| -> Vec<Cert> { state.certs_of(kind).collect() };
        let before = (of(self, RowKind::Issuer), of(self, RowKind::Alternative));
        self.rows = rows;
        let after = (of(self, RowKind::Issuer), of(self, RowKind::Alternative));
        if before.0 != after.0 {
            self.tell_as(run, What::Rows { before: before.0, after: after.0 });
        }
        if before.1 != after.1 {
            self.tell_as(run, What::Alternatives { before: before.1, after: after.1 });
        }
    }

    /// Lets time pass. What was to happen meanwhile happens.
    pub(super) fn advance(&mut self, seconds: i64) {
        self.now += seconds;
        for node in 0..self.nodes.len() {
            if self.nodes[node].running.as_ref().is_some_and(|running| running.until <= self.now) {
                self.finish(node);
            }
        }
        for farm in 0..self.sharepoint.len() {
            if let Some((until, begun)) = self.sharepoint[farm].running
                && until <= self.now
            {
                self.sharepoint[farm].running = None;
                self.job_ends(farm, begun);
            }
            if self.sharepoint[farm].next <= self.now {
                self.sharepoint[farm].next = self.now + self.sharepoint[farm].every;
                self.job_begins(farm);
            }
        }
    }

    pub(super) fn job_begins(&mut self, farm: usize) {
        if self.sharepoint[farm].running.is_none() && !self.sharepoint[farm].held {
            let begun = self.now + self.nodes[self.sharepoint[farm].server].ahead;
            self.sharepoint[farm].running = Some((self.now + 25, begun));
        }
    }

    /// The job has read the document of one web server, whichever answered.
    fn job_ends(&mut self, farm: usize, begun: i64) {
        let web: Vec<usize> = (0..self.nodes.len())
            .filter(|node| self.nodes[*node].roles.contains(&Role::Web) && self.nodes[*node].down_until <= self.now)
            .collect();
        if web.is_empty() {
            return;
        }
        let node = web[self.dice.below(web.len() as u64) as usize];
        let Ok(shown) = self.document(node) else { return };
        if self.believed(Belief::TrustFollowsJob) {
            for (_, accepted) in &mut self.sharepoint[farm].trusts {
                accepted.clone_from(&shown);
            }
            self.tell_as(0, What::TrustsRead { farm, accepted: shown });
        }
        self.sharepoint[farm].last_success = Some(begun);
    }

    /// Returns what the metadata document of a node shows now.
    pub(super) fn document(&mut self, node: usize) -> Result<Vec<Cert>, String> {
        let fresh = |shown: &(i64, Vec<Cert>), now: i64, follows: bool| !follows || now - shown.0 < 60;
        let follows = self.believed(Belief::MetadataWithinAMinute);
        if let Some(shown) = self.nodes[node].shown.clone().filter(|shown| fresh(shown, self.now, follows)) {
            return Ok(shown.1);
        }
        for (kind, name) in [(RowKind::Issuer, "S2STokenIssuer"), (RowKind::Alternative, "AlternativeS2STokenIssuer")] {
            if self.certs_of(kind).count() > 1 {
                return Err(format!("More than one {name} certificate present in config database."));
            }
        }
        let mut shown = self.row_certs();
        shown.extend(self.certs_of(RowKind::Alternative));
        shown.dedup();
        self.nodes[node].shown = Some((self.now, shown.clone()));
        Ok(shown)
    }

    /// Returns what the checker compares.
    pub(super) fn snapshot(&self) -> Snapshot {
        let follows = !self.believed(Belief::RecycleNeeded);
        let shot = |number: usize, node: &SimNode| {
            let mut store: Vec<(Cert, bool, u32)> =
                node.store.iter().map(|one| (one.cert, one.usable, one.readers)).collect();
            store.sort_unstable();
            NodeShot {
                name: node.name.as_str().to_owned(),
                signs: node.signs(),
                by_hand: node.by_hand,
                balanced: node.balanced,
                drained: node.drained,
                serves_sharepoint: self.sharepoint.iter().any(|farm| farm.server == number),
                up: node.down_until <= self.now,
                store,
                readers: self.needed(number),
                staged: node.staged.is_some(),
                marked: node.standing.roll.is_some(),
                signs_with: node
                    .processes
                    .iter()
                    .map(|process| if follows { self.loads(number) } else { process.loaded })
                    .collect(),
            }
        };
        Snapshot {
            at: self.now,
            nodes: self.nodes.iter().enumerate().map(|(number, node)| shot(number, node)).collect(),
            rows: self.row_certs(),
            alternatives: self.certs_of(RowKind::Alternative).collect(),
            held: self.sharepoint.iter().filter(|farm| farm.held).map(|farm| farm.server).collect(),
            farms: self.sharepoint.iter().map(|farm| farm.trusts.len()).collect(),
            trusts: self
                .sharepoint
                .iter()
                .flat_map(|farm| &farm.trusts)
                .map(|(_, accepted)| accepted.clone())
                .collect(),
        }
    }

    /// Starts a process anew.
    pub(super) fn restart(&mut self, run: u32, node: usize, name: &str) -> bool {
        let (loads, begun) = (self.loads(node), self.now + self.nodes[node].ahead);
        let mut processes = self.nodes[node].processes.iter_mut().enumerate();
        let there = processes.find(|(_, one)| one.seen.name.eq_ignore_ascii_case(name));
        let Some((number, process)) = there else { return false };
        process.begun = begun;
        process.loaded = loads;
        if process.seen.kind == ServiceKind::Pool {
            self.nodes[node].shown = None;
        }
        self.tell_as(run, What::Restarted { node, process: number, loads });
        true
    }

    /// A person removes, revokes or writes something.
    pub(super) fn hand(&mut self) {
        self.by_hand = true;
        let node = self.dice.below(self.nodes.len() as u64) as usize;
        match self.dice.below(4) {
            0 => {
                for one in self.nodes[node].store.iter_mut().filter(|one| one.cert == NEW) {
                    one.readers = 0;
                }
                self.tell_as(0, What::Access { node });
            }
            1 => {
                let before = self.nodes[node].store.len();
                self.nodes[node].store.retain(|one| one.cert != NEW);
                if self.nodes[node].store.len() != before {
                    let (bound, all_new) = (false, false);
                    self.tell_as(0, What::Removed { node, cert: NEW, bound, all_new });
                }
            }
            2 => {
                let mut rows = self.rows.clone();
                if let Some(row) = rows.iter_mut().find(|row| row.kind == RowKind::Issuer) {
                    row.cert = super::trace::FOREIGN;
                }
                self.change_rows(0, rows);
            }
            _ => {
                let names: Vec<String> = self.nodes[node].processes.iter().map(|one| one.seen.name.clone()).collect();
                for name in names {
                    self.restart(0, node, &name);
                }
            }
        }
    }

    /// A person registers another certificate.
    #[cfg(test)]
    pub(super) fn hand_over_row(&mut self) {
        let rows = vec![SimRow { id: 1, kind: RowKind::Issuer, cert: super::trace::FOREIGN }];
        self.change_rows(0, rows);
    }

    /// Returns the time from the beginning to an instant.
    pub(super) fn seconds(&self, instant: Timestamp) -> i64 {
        instant.duration_since(self.instant(0)).as_secs()
    }

    pub(super) fn is_bound(&self, node: usize, cert: Cert) -> bool {
        self.nodes[node].bound == Some(cert)
    }
}

/// Returns how long something lasts, as a span.
pub(super) const fn span(seconds: i64) -> SignedDuration {
    SignedDuration::from_secs(seconds)
}

/// The certificate that the farm begins with.
pub(super) const FIRST: Cert = OLD;
