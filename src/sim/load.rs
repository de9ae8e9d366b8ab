//! A simulated farm as a real one was seen: from the basis of a plan.
//!
//! What a look cannot tell is taken to be well: clocks agree, keys are usable where there is one, every account of a server reads
//! them, no TLS binding uses a certificate.

use std::collections::BTreeMap;

use super::build::{Made, sim_node};
use super::chance::web;
use super::state::{CertInfo, Process, RowKind, SimRow, SimSharePoint, Stored};
use super::trace::{Cert, FOREIGN, NEW, OLD};
use crate::farm::description::Role;
use crate::protocol::{Hex, Text};
use crate::rotation::basis::{ALTERNATIVE_ROW, Basis, ISSUER_ROW, NodeSeen};

/// The most accounts of a farm: each is a bit of who reads a key.
const MOST_ACCOUNTS: usize = 32;

/// Puts a farm together that is as the basis says.
///
/// # Errors
/// What a simulation cannot hold.
pub(super) fn load(basis: &Basis) -> Result<Made, String> {
    let mut certs = Certs::new(basis)?;
    let accounts = accounts(basis)?;
    let bit = |name: &Text| accounts.iter().position(|one| one == name).map_or(0, |bit| 1_u32 << bit);
    let issuer = basis.seen.current().and_then(|row| row.thumbprint);
    let mut nodes = Vec::new();
    for seen in &basis.seen.nodes {
        let mut node = sim_node(seen.name.clone(), seen.roles.clone(), seen.accounts.clone());
        node.by_hand = seen.by_hand();
        node.balanced = seen.balancer.is_some();
        let readers = seen.accounts.iter().map(bit).fold(0, |all, one| all | one);
        for one in &seen.certificates {
            if let Some(cert) = certs.known(&one.thumbprint) {
                node.store.push(Stored { cert, usable: one.has_key, readers });
            }
        }
        if seen.roles.contains(&Role::Sharepoint) {
            node.processes.push(web());
        }
        let loaded = issuer.filter(|issuer| seen.holds(issuer)).and_then(|issuer| certs.known(&issuer));
        node.processes.extend(processes(seen, loaded));
        node.script = seen.script_sha256;
        nodes.push(node);
    }
    let update_crm = nodes.iter().position(|node| node.name == basis.seen.update_crm);
    let update_crm = update_crm.ok_or("the node that writes the row is not among the servers")?;
    let mut rows = Vec::new();
    for (place, row) in basis.seen.rows.iter().enumerate() {
        let kind = match row.certificate_type.as_str() {
            ISSUER_ROW => RowKind::Issuer,
            ALTERNATIVE_ROW => RowKind::Alternative,
            // Rows of other types are never written, and nothing is asked of them.
            _ => continue,
        };
        let cert = row.thumbprint.and_then(|thumbprint| certs.known(&thumbprint)).unwrap_or(FOREIGN);
        rows.push(SimRow { id: place as u32 + 1, kind, cert });
    }
    let mut sharepoint = Vec::new();
    for farm in &basis.seen.sharepoint {
        let place = |name| nodes.iter().position(|node| node.name == name);
        let Some(server) = farm.server.clone().and_then(place) else { continue };
        let mut trusts = Vec::new();
        for trust in farm.trusts.iter().filter(|trust| trust.by_metadata) {
            let mut accepted: Vec<Cert> = Vec::new();
            for one in &trust.accepted {
                accepted.push(certs.known_or_new(one)?);
            }
            trusts.push((trust.name.clone(), accepted));
        }
        let (running, last_success, every) = (None, None, 86_400);
        sharepoint.push(SimSharePoint { server, trusts, running, last_success, next: 50_000, every, held: false });
    }
    Ok(Made { nodes, update_crm, rows, sharepoint, certs: certs.all, accounts, strategy: None })
}

fn processes(seen: &NodeSeen, loaded: Option<Cert>) -> Vec<Process> {
    seen.services.iter().map(|service| Process { seen: service.clone(), begun: -1000, loaded }).collect()
}

fn accounts(basis: &Basis) -> Result<Vec<Text>, String> {
    let mut found: Vec<Text> = Vec::new();
    for account in basis.seen.nodes.iter().flat_map(|node| &node.accounts) {
        if !found.contains(account) {
            found.push(account.clone());
        }
    }
    match found.len() {
        0..=MOST_ACCOUNTS => Ok(found),
        many => Err(format!("the farm has {many} accounts, and a simulation holds {MOST_ACCOUNTS}")),
    }
}

/// The certificates of the farm, by number.
struct Certs {
    all: Vec<CertInfo>,
    numbers: BTreeMap<[u8; 20], Cert>,
}

impl Certs {
    fn new(basis: &Basis) -> Result<Self, String> {
        let made = |number| CertInfo::new(number).ok_or("no certificate can be made up");
        let mut all = vec![made(OLD)?, made(NEW)?, made(FOREIGN)?];
        let new = &basis.asked.certificate;
        all[usize::from(NEW)] =
            CertInfo { der: new.certificate.clone(), thumbprint: new.thumbprint, subject: new.subject.clone() };
        let mut numbers = BTreeMap::from([(*new.thumbprint.as_bytes(), NEW)]);
        if let Some(old) = basis.old().filter(|old| *old != new.thumbprint) {
            let row = basis.seen.rows.iter().find(|row| row.thumbprint == Some(old));
            let info = &mut all[usize::from(OLD)];
            info.thumbprint = old;
            if let Some(der) = row.and_then(|row| row.certificate.clone()) {
                info.der = der;
            }
            let mut stored = basis.seen.nodes.iter().flat_map(|node| &node.certificates);
            if let Some(one) = stored.find(|one| one.thumbprint == old) {
                info.subject = one.subject.clone();
            }
            numbers.insert(*old.as_bytes(), OLD);
        }
        let mut certs = Self { all, numbers };
        for row in &basis.seen.rows {
            let (Some(thumbprint), Some(der)) = (row.thumbprint, row.certificate.clone()) else { continue };
            let number = certs.known_or_new(&thumbprint)?;
            certs.all[usize::from(number)].der = der;
        }
        Ok(certs)
    }

    fn known(&self, thumbprint: &Hex<20>) -> Option<Cert> {
        self.numbers.get(thumbprint.as_bytes()).copied()
    }

    fn known_or_new(&mut self, thumbprint: &Hex<20>) -> Result<Cert, String> {
        if let Some(number) = self.known(thumbprint) {
            return Ok(number);
        }
        let number = Cert::try_from(self.all.len()).map_err(|_| "more certificates than a simulation holds")?;
        let mut info = CertInfo::new(number).ok_or("no certificate can be made up")?;
        info.thumbprint = *thumbprint;
        self.all.push(info);
        self.numbers.insert(*thumbprint.as_bytes(), number);
        Ok(number)
    }
}
