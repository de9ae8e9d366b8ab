//! Which certificate of the input issued which, and which of them are for use.

use std::collections::HashMap;

use super::view::{Entry, KeyEntry};
use crate::cert::DistinguishedName;
use crate::cert::key::PublicKey;
use crate::cert::name::{NameMatch, compare};
use crate::cert::signature::VerifyError;

/// Certificates with one name whose signature is tried as that of an issuer. A hostile file may hold thousands.
const MAX_CANDIDATES: usize = 8;
/// Up to this many certificates, issuers are also sought by names that differ in their encoding.
const MAX_FOR_NAME_SEARCH: usize = 32;

/// What is known of a certificate's issuer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Link {
    /// It is its own issuer.
    Itself,
    /// The certificate at this index issued it.
    To(usize),
    /// The certificate at this index has the issuer's name, but another key made the signature.
    Broken(usize),
    /// No certificate of the input has the issuer's name.
    Missing,
}

/// Finds the issuer of each certificate among the others.
pub(super) fn find_issuers(entries: &mut [Entry]) {
    let mut by_subject: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        by_subject.entry(entry.subject.der()).or_default().push(at);
    }
    let links: Vec<Link> = entries.iter().map(|entry| find_issuer(entry, entries, &by_subject)).collect();
    for (entry, link) in entries.iter_mut().zip(links) {
        entry.link = link;
        entry.self_signed = link == Link::Itself;
    }
}

fn find_issuer(entry: &Entry, entries: &[Entry], by_subject: &HashMap<&[u8], Vec<usize>>) -> Link {
    if entry.certificate.is_self_issued() && could_have_signed(&entry.key, entry) {
        return Link::Itself;
    }
    let mut candidates = by_subject.get(entry.issuer.der()).cloned().unwrap_or_default();
    if candidates.is_empty() && entries.len() <= MAX_FOR_NAME_SEARCH {
        candidates = (0..entries.len()).filter(|at| may_be_one(&entries[*at].subject, &entry.issuer)).collect();
    }
    candidates.truncate(MAX_CANDIDATES);
    candidates.retain(|at| entries[*at].certificate != entry.certificate);
    match candidates.iter().find(|at| could_have_signed(&entries[**at].key, entry)) {
        Some(at) => Link::To(*at),
        None => candidates.first().map_or(Link::Missing, |at| Link::Broken(*at)),
    }
}

/// Returns whether some software takes two names for one.
fn may_be_one(one: &DistinguishedName, other: &DistinguishedName) -> bool {
    compare(one, other) != NameMatch::Different
}

/// A signature of an algorithm that cannot be verified here is given the benefit of the doubt: other lints name it.
fn could_have_signed(key: &PublicKey, entry: &Entry) -> bool {
    match entry.certificate.verify_signed_by(key) {
        Ok(()) | Err(VerifyError::Unsupported(_)) => true,
        Err(VerifyError::Invalid | VerifyError::Malformed) => false,
    }
}

/// Marks the certificates for use: those of the private keys, else those that issued no other and are no authority, else
/// (authorities alone) those that issued no other.
pub(super) fn mark_leaves(entries: &mut [Entry], keys: &[KeyEntry]) {
    let mut issues = vec![false; entries.len()];
    for entry in entries.iter() {
        if let Link::To(issuer) | Link::Broken(issuer) = entry.link {
            issues[issuer] = true;
        }
    }
    let of_key = |entry: &Entry| {
        keys.iter().filter_map(|key| key.pair.as_ref()).any(|pair| pair.public_key().bits() == entry.key.bits())
    };
    let with_key: Vec<bool> = entries.iter().map(of_key).collect();
    let ends: Vec<bool> = entries.iter().zip(&issues).map(|(e, issues)| !issues && !e.certificate.is_ca()).collect();
    let chosen: Vec<bool> = if with_key.contains(&true) {
        with_key.iter().zip(&ends).map(|(key, end)| *key || *end).collect()
    } else if ends.contains(&true) {
        ends
    } else {
        issues.iter().map(|issues| !issues).collect()
    };
    for (entry, is_leaf) in entries.iter_mut().zip(chosen) {
        entry.is_leaf = is_leaf;
    }
}
