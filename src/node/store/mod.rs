//! The certificate stores of one server: what is in them, installing a certificate with its key, removing one, and what was
//! left behind.
//!
//! Each act reads, decides over values, changes through the port, and proves: what the store then names is opened again. An
//! act that fails takes back what it did.

mod install;
mod orphans;
mod remove;
mod report;
mod seen;
mod undo;

use crate::error::{Error, Kind, Result};
use crate::farm::Gap;
use crate::farm::store::{KeyState, StoreName, StorePlace, same_subjects};
use crate::node::access;
use crate::policy::store as rules;
use crate::ports::Host;

pub use install::{InstallOrder, install};
pub use orphans::orphans;
pub use remove::{RemoveOrder, remove};
pub use report::{
    INSTALL_SCHEMA, InstallReport, LIST_SCHEMA, ListReport, ORPHANS_SCHEMA, OrphanKey, OrphansReport, PURPOSE, Placed,
    Proof, REMOVE_SCHEMA, RemoveReport, SHOW_SCHEMA, ShowReport, StoreUse, proof_text,
};
pub use seen::{Seen, find};

/// Lists the certificates of some stores, with what is known of their keys.
///
/// # Errors
/// When a store cannot be read. A key that cannot be opened is part of the answer.
pub fn list(host: &Host, place: &StorePlace, stores: &[StoreName]) -> Result<ListReport> {
    let mut report = ListReport {
        schema: LIST_SCHEMA,
        changed: false,
        place: place.clone(),
        stores: stores.to_vec(),
        entries: Vec::new(),
        same_subjects: Vec::new(),
        gaps: Vec::new(),
    };
    for &store in stores {
        let seen = seen::read(host, place, store)?;
        // Only there does the product look for its certificate.
        if store == StoreName::My {
            let certificates: Vec<_> = seen.certificates.iter().map(|one| one.certificate.clone()).collect();
            report.same_subjects.extend(same_subjects(store, &certificates));
        }
        report.entries.extend(seen.certificates.iter().map(|one| one.entry(host)));
        report.gaps.extend(seen.gaps);
    }
    Ok(report)
}

/// Returns every certificate of a store that can be read as one.
///
/// # Errors
/// When the store cannot be read.
pub fn contents(host: &Host, place: &StorePlace, store: StoreName) -> Result<Vec<Seen>> {
    Ok(seen::read(host, place, store)?.certificates)
}

/// Shows one certificate: its key, who may use it, who else uses it, and whether the product can sign with it.
///
/// # Errors
/// When there is no such certificate, or the store cannot be read.
pub fn show(host: &Host, place: &StorePlace, store: StoreName, thumbprint: &str) -> Result<ShowReport> {
    let seen = find(host, place, store, thumbprint)?;
    let entry = seen.entry(host);
    let mut gaps = Vec::new();
    let same_subject = seen::others_of_one_name(host, place, &seen, &mut gaps)?;
    let used = seen::uses(host, place, &seen, &mut gaps)?;
    let is_gone = entry.key.as_ref().is_some_and(|key| key.state == KeyState::Missing);
    let access = match &seen.stored.key {
        Some(key) if !is_gone => match access::show(host, key) {
            Ok(report) => Some(report),
            Err(error) => {
                gaps.push(gap("the access to the key", &error));
                None
            }
        },
        _ => None,
    };
    let mut findings = rules::findings(place, &entry);
    findings.extend(rules::same_subject(&entry, &same_subject));
    findings.extend(access.iter().flat_map(|access| access.findings.clone()));
    Ok(ShowReport {
        schema: SHOW_SCHEMA,
        changed: false,
        place: place.clone(),
        entry,
        access,
        used_by: used.certificates,
        tls_bindings: used.bindings,
        same_subject,
        findings,
        gaps,
    })
}

/// Says what was not seen, and why.
fn gap(what: impl Into<String>, error: &Error) -> Gap {
    let mut why = error.to_string();
    for cause in error.causes() {
        why.push_str(": ");
        why.push_str(&cause);
    }
    Gap { what: what.into(), why }
}

/// Says that a certificate that was asked for is not there.
fn no_certificate(place: &StorePlace, store: StoreName, thumbprint: &str) -> Error {
    Error::new(Kind::Unreadable, "no certificate in the store has this thumbprint")
        .at(format!("{} in {}", thumbprint, place.text(store)))
        .hint("see what is there: s2scert store list")
}

#[cfg(test)]
mod tests;
