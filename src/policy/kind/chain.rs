//! The certificates above the leaf.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::facts::Facts;
use crate::policy::report::{Place, Report};
use crate::policy::view::{CertificateView, Extension};

use super::FileRule;
use super::time::validity_fault;

/// The chain reaches a self-signed root.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainComplete {}

impl FileRule for ChainComplete {
    fn check(&self, views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let Some(last) = views.last().filter(|_| !facts.complete) else { return };
        let message =
            format!("the chain ends before its root: the certificate of {} is missing", last.certificate.issuer());
        report.add(Place::File, message, "add the missing certificates: s2scert import FILE ISSUER... --out BUNDLE");
    }
}

/// Each link of the chain holds: signatures, and for each issuer its validity now, its right to sign certificates, the length
/// of the path below it (RFC 5280 section 6.1.4) and an unbroken signature hash (that of the root is not relied on).
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainValid {}

impl FileRule for ChainValid {
    fn check(&self, views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let remedy =
            "fetch the right issuer certificates from the authority, then: s2scert import FILE... --out BUNDLE";
        for problem in &facts.chain_problems {
            report.add(Place::Certificate(problem.position), problem.problem.clone(), remedy);
        }
        // Certificates with one name that renew a key do not count for path lengths (RFC 5280 section 6.1.4 step l).
        let mut path = 0u32;
        for view in views.iter().skip(1) {
            for fault in issuer_faults(view, facts, path) {
                report.certificate(view, fault, remedy);
            }
            if !view.certificate.is_self_issued() {
                path = path.saturating_add(1);
            }
        }
    }
}

fn issuer_faults(view: &CertificateView<'_>, facts: &Facts<'_>, path: u32) -> Vec<String> {
    let certificate = view.certificate;
    let mut faults = Vec::new();
    faults.extend(validity_fault(view, facts.now));
    let constraints = certificate.basic_constraints();
    match &constraints {
        Some(constraints) if constraints.ca => {}
        // Roots of X.509 version 1 carry no extensions and are trusted all the same (RFC 5280 section 6.1.4 step k).
        None if view.is_root && certificate.version() < 3 => {}
        _ => faults.push("it issued a certificate and is not that of a certificate authority".to_owned()),
    }
    if let Some(limit) = constraints.and_then(|constraints| constraints.path_len_constraint)
        && path > u32::from(limit)
    {
        faults.push(format!("it allows {limit} certificate authorities below it; there are {path}"));
    }
    if let Extension::Present(usage) = view.key_usage()
        && !usage.key_cert_sign()
    {
        faults.push("its key usage does not allow it to sign certificates".to_owned());
    }
    if let Some(hash) = certificate.signature_algorithm().hash().filter(|hash| hash.is_broken() && !view.is_root) {
        faults.push(format!("it is signed over {hash}, which is broken"));
    }
    faults
}

/// The chain is not longer than it should be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainMaxLength {
    /// The most certificates, leaf and root included.
    certificates: usize,
}

impl FileRule for ChainMaxLength {
    fn validate(&self) -> Result<(), String> {
        if self.certificates == 0 { Err("a chain has at least one certificate".to_owned()) } else { Ok(()) }
    }

    fn check(&self, views: &[CertificateView<'_>], _facts: &Facts<'_>, report: &mut Report) {
        if views.len() > self.certificates {
            let message = format!("the chain has {} certificates; {} are allowed", views.len(), self.certificates);
            report.add(Place::File, message, "leave out certificates that are not needed to reach the root");
        }
    }
}

/// No issuer expires before the leaf does.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChainOutlivesLeaf {}

impl FileRule for ChainOutlivesLeaf {
    fn check(&self, views: &[CertificateView<'_>], _facts: &Facts<'_>, report: &mut Report) {
        let Some((leaf, issuers)) = views.split_first() else { return };
        let end = leaf.certificate.not_after();
        for issuer in issuers.iter().filter(|issuer| issuer.certificate.not_after() < end) {
            let message = format!("it expires on {}, before the leaf ({end})", issuer.certificate.not_after());
            report.certificate(
                issuer,
                message,
                "plan the roll for the earlier date, or use a renewed issuer certificate",
            );
        }
    }
}
