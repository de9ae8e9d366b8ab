//! The linter behind `s2scert inspect --lint`: what is wrong, or merely odd, with a file that is meant to become the S2S
//! token-issuer certificate.
//!
//! Every lint is one [`Lint`]: an entry in the table of its file together with its check function. [`lint`] runs all that
//! apply. The rules of public certificate authorities are left out on purpose: they are noise for a signing certificate of
//! one farm. `docs/lint-reference.md` is made from the same tables.
//!
//! | file | lints about |
//! |---|---|
//! | `protection` | encryption and MAC of a PFX |
//! | `envelope` | password, encoding and size of a PFX |
//! | `contents` | which bags a PFX holds |
//! | `provider` | attributes of a key bag: provider, key set, key usage |
//! | `labels` | friendlyName, localKeyId, attributes as such |
//! | `chain` | how the certificates of the input fit together |
//! | `sharing` | certificates that share what should be their own |
//! | `key` | public keys: size, exponent, weak generators |
//! | `certificate` | one certificate by itself |
//! | `extensions` | the extensions of one certificate |
//! | `name` | distinguished names and how Windows finds them |
//!
//! The checks look at a `View` of the input (`view`, with `bags` and `links`); `constraints` and `roca` hold two longer rules.

mod bags;
mod certificate;
mod chain;
mod constraints;
mod contents;
mod envelope;
mod extensions;
mod key;
mod labels;
mod links;
mod name;
mod protection;
mod provider;
pub mod reference;
mod roca;
mod sharing;
#[cfg(test)]
mod tests;
mod view;

use jiff::Timestamp;

use super::finding::{Finding, Severity};
use crate::cert::key::PublicKey;
use crate::cert::pfx::{Outline, Pfx, Target};
use crate::cert::signature::SignatureAlgorithm;
use crate::cert::{Certificate, DistinguishedName, KeyPair, Password};
use view::View;

/// What is linted.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Certificates without a key, in the order of the file.
    Certificates(&'a [Certificate]),
    /// A PFX that was opened.
    Pfx {
        /// The file, decrypted.
        pfx: &'a Pfx,
        /// The size of the file in octets.
        size: usize,
        /// The password that opened it; `None` where it is not known.
        password: Option<&'a Password>,
    },
    /// A PFX of which only the outside can be seen.
    LockedPfx {
        /// What can be read without the password.
        outline: &'a Outline,
        /// The size of the file in octets.
        size: usize,
    },
    /// A private key by itself.
    Key(&'a KeyPair),
    /// A certification request (RFC 2986).
    Request {
        /// The subject asked for.
        subject: &'a DistinguishedName,
        /// The key to be certified.
        key: &'a PublicKey,
        /// The algorithm with which the request is signed.
        signature: SignatureAlgorithm,
    },
}

/// The kinds of [`Subject`], for the column "applies to".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// [`Subject::Certificates`].
    Certificates,
    /// [`Subject::Pfx`].
    Pfx,
    /// [`Subject::LockedPfx`].
    LockedPfx,
    /// [`Subject::Key`].
    Key,
    /// [`Subject::Request`].
    Request,
}

/// How much a lint weighs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Weight {
    /// The same for every target.
    Always(Severity),
    /// Only some targets are concerned. Where the target is not known the finding stands with less weight.
    ByTarget {
        /// For a target that is concerned.
        concerned: Severity,
        /// Where no target is named.
        unknown: Severity,
    },
}

/// How well a lint's reason is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Confidence {
    /// The vendor's documentation, or a standard.
    Documented,
    /// Seen in public source code.
    Code,
    /// Reported by people who met it.
    Reported,
    /// Concluded from the facts around it; not tried on a real server.
    Inferred,
}

/// One lint: what it says and how it is found.
#[derive(Debug)]
pub struct Lint {
    /// The stable identifier, never reused.
    pub id: &'static str,
    /// The weight.
    pub weight: Weight,
    /// What is found, in a few words.
    pub title: &'static str,
    /// Why it matters for this certificate.
    pub reason: &'static str,
    /// What to do, as a command where one exists.
    pub remedy: &'static str,
    /// Where the reason is written down.
    pub source: &'static str,
    /// How well it is known.
    pub confidence: Confidence,
    /// The kinds of input that it looks at.
    pub scopes: &'static [Scope],
    check: fn(&View<'_>) -> Vec<Hit>,
}

/// Where a lint hit, in the order in which hits are listed.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Place {
    File,
    /// A safe of a PFX, counted from 0 in file order.
    Safe(usize),
    /// A bag of a PFX, counted from 0 in file order.
    Bag(usize),
    /// A certificate, counted from 0 in file order.
    Certificate(usize),
    Key,
    Request,
}

/// One hit of a check: the place and what was seen there.
#[derive(Debug)]
struct Hit {
    place: Place,
    message: String,
    /// Another weight than the lint's own, for a milder or worse case of the same thing.
    severity: Option<Severity>,
}

impl Hit {
    fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into(), severity: None }
    }

    fn with(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }
}

/// Certificates, alone or inside a PFX as far as they can be seen.
const CERTIFICATES: &[Scope] = &[Scope::Certificates, Scope::Pfx, Scope::LockedPfx];
/// Everything in which a public key can be seen.
const KEYS: &[Scope] = &[Scope::Certificates, Scope::Pfx, Scope::LockedPfx, Scope::Key, Scope::Request];
/// Everything in which a subject can be seen.
const NAMES: &[Scope] = &[Scope::Certificates, Scope::Pfx, Scope::LockedPfx, Scope::Request];
/// A PFX that was opened.
const OPENED: &[Scope] = &[Scope::Pfx];
/// A PFX, opened or not.
const ANY_PFX: &[Scope] = &[Scope::Pfx, Scope::LockedPfx];

const TABLES: [&[Lint]; 11] = [
    protection::LINTS,
    envelope::LINTS,
    contents::LINTS,
    provider::LINTS,
    labels::LINTS,
    chain::LINTS,
    sharing::LINTS,
    key::LINTS,
    certificate::LINTS,
    extensions::LINTS,
    name::LINTS,
];

/// Returns every lint, in the order of the reference.
pub fn catalogue() -> impl Iterator<Item = &'static Lint> {
    TABLES.iter().flat_map(|table| table.iter())
}

/// Returns the lint with this identifier.
pub fn find(id: &str) -> Option<&'static Lint> {
    catalogue().find(|lint| lint.id == id)
}

/// Returns the id that is most like `id`, if one is like it at all.
pub fn nearest(id: &str) -> Option<String> {
    super::error::nearest(id, catalogue().map(|lint| lint.id))
}

/// Returns all findings about `subject`, worst first, then by place, then in the order of the catalogue.
///
/// `target` is the oldest Windows Server that must read the file; `None` where it is not known. `now` decides what is
/// expired.
pub fn lint(subject: &Subject<'_>, target: Option<Target>, now: Timestamp) -> Vec<Finding> {
    let view = View::new(subject, target, now);
    let scope = subject.scope();
    let mut found: Vec<(Severity, Place, &Lint, Hit)> = catalogue()
        .filter(|lint| lint.scopes.contains(&scope))
        .flat_map(|lint| (lint.check)(&view).into_iter().map(move |hit| (lint, hit)))
        .map(|(lint, hit)| (hit.severity.unwrap_or_else(|| lint.weight.for_target(target)), hit.place, lint, hit))
        .collect();
    // A stable sort: the order of the catalogue decides between equals.
    found.sort_by_key(|(severity, place, ..)| (std::cmp::Reverse(*severity), *place));
    found.into_iter().map(|(severity, place, lint, hit)| finding(&view, severity, place, lint, hit)).collect()
}

fn finding(view: &View<'_>, severity: Severity, place: Place, lint: &'static Lint, hit: Hit) -> Finding {
    let remedy = if lint.remedy.contains(TARGET) {
        // Every Windows reads what is written for this one.
        let target = view.target.unwrap_or(Target::Server2016);
        lint.remedy.replace(TARGET, &target.to_string()).into()
    } else {
        lint.remedy.into()
    };
    Finding {
        id: lint.id.into(),
        severity,
        subject: view.words(place),
        message: hit.message,
        reason: lint.reason.into(),
        remedy,
        waived_by: None,
    }
}

/// Stands in a remedy for the name of the oldest target.
const TARGET: &str = "TARGET";

impl Subject<'_> {
    fn scope(&self) -> Scope {
        match self {
            Self::Certificates(_) => Scope::Certificates,
            Self::Pfx { .. } => Scope::Pfx,
            Self::LockedPfx { .. } => Scope::LockedPfx,
            Self::Key(_) => Scope::Key,
            Self::Request { .. } => Scope::Request,
        }
    }
}

impl Lint {
    /// Returns the weight for a target that is concerned.
    pub fn severity(&self) -> Severity {
        match self.weight {
            Weight::Always(severity) | Weight::ByTarget { concerned: severity, .. } => severity,
        }
    }
}

impl Weight {
    fn for_target(self, target: Option<Target>) -> Severity {
        match self {
            Self::Always(severity) => severity,
            Self::ByTarget { concerned, unknown } => target.map_or(unknown, |_| concerned),
        }
    }
}
