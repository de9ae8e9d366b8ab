//! A certificate chain: leaf first, then intermediates, then the root; and the [`search`] for one in a bag.

mod account;
mod explain;
pub mod search;
#[cfg(test)]
mod tests;

pub use account::{Choice, Found, Missing, NotChosen, Remark};
pub use search::{SearchError, Wanted, find};

use super::certificate::Certificate;

/// A chain of certificates, leaf first, never empty. The order is that of issue; it says nothing about validity.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chain {
    certificates: Vec<Certificate>,
}

impl Chain {
    /// Makes a chain of a leaf and those that issued it, in order.
    pub fn new(leaf: Certificate, issuers: Vec<Certificate>) -> Self {
        let mut certificates = Vec::with_capacity(issuers.len() + 1);
        certificates.push(leaf);
        certificates.extend(issuers);
        Self { certificates }
    }

    /// Returns the leaf.
    pub fn leaf(&self) -> &Certificate {
        &self.certificates[0]
    }

    /// Returns the issuers above the leaf, nearest first.
    pub fn issuers(&self) -> &[Certificate] {
        &self.certificates[1..]
    }

    /// Returns all certificates, leaf first.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Returns the earliest end of validity in the chain: no certificate lives longer than its issuers.
    pub fn effective_not_after(&self) -> jiff::Timestamp {
        self.certificates.iter().map(Certificate::not_after).min().unwrap_or(jiff::Timestamp::MAX)
    }

    /// Returns whether the last certificate is self-signed, so that nothing is missing above it.
    pub fn is_complete(&self) -> bool {
        self.certificates.last().is_some_and(Certificate::is_self_signed)
    }
}
