//! `inspect`: everything a person wants to know of one file.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::passwords::{InputPasswords, Source};
use super::report::{CertificateReport, KeyReport};
use super::source::{self, Input};
use crate::cert::pfx::{Outline, Target};
use crate::cert::{Certificate, Password};
use crate::error::Result;
use crate::policy::{Finding, lint};
use crate::ports::Host;

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The file; `-` is stdin.
    pub file: PathBuf,
    /// Whether to say what will not work.
    pub lint: bool,
    /// The oldest server that must read the file.
    pub target: Option<Target>,
    /// Where passwords come from.
    pub passwords: Vec<Source>,
}

/// What `inspect` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct InspectReport {
    /// `s2scert.inspect/1.0`.
    pub schema: &'static str,
    /// The file as it was named; `-` is stdin.
    pub file: PathBuf,
    /// Its size in octets.
    pub size: usize,
    /// What the file is: `PFX`, `PEM`, `PKCS#7`.
    pub kind: String,
    /// SHA-1 of the leaf (or only) certificate, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_sha256: Option<String>,
    /// The subject of the leaf as RFC 4514 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The subject of the leaf as DER, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_der: Option<String>,
    /// The leaf's first instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The leaf's last instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// All certificates, in the order of the file.
    pub certificates: Vec<CertificateEntry>,
    /// All private keys, in the order of the file.
    pub keys: Vec<KeyEntry>,
    /// All certificate signing requests.
    pub requests: Vec<RequestEntry>,
    /// The chain that the certificates make, as positions in `certificates`, leaf first.
    pub chain: Vec<usize>,
    /// Whether the chain ends in a self-signed certificate.
    pub chain_complete: bool,
    /// What could not be opened, and why.
    pub locked: Vec<String>,
    /// What was passed over, and why.
    pub skipped: Vec<String>,
    /// The structure of a PFX.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfx: Option<Outline>,
    /// What will not work, with `--lint`.
    pub findings: Vec<Finding>,
    /// Whether `--lint` was given.
    pub linted: bool,
    /// Remarks that are no findings.
    pub notes: Vec<String>,
}

/// A certificate and where it stood.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CertificateEntry {
    /// Where in the file: `line 12`, `bag 2`.
    pub place: String,
    /// The certificate.
    pub certificate: CertificateReport,
}

/// A private key and where it stood. The key itself is never shown.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct KeyEntry {
    /// Where in the file.
    pub place: String,
    /// Its public half.
    pub key: KeyReport,
    /// The thumbprint of the certificate in the file to which it belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<String>,
}

/// A certificate signing request and where it stood.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RequestEntry {
    /// Where in the file.
    pub place: String,
    /// The subject asked for.
    pub subject: String,
    /// The key asked for.
    pub key: KeyReport,
    /// The signature algorithm.
    pub signature_algorithm: String,
    /// Whether the request was signed with its own key.
    pub signature_valid: bool,
    /// Names asked for.
    pub alt_names: Vec<String>,
}

/// The schema of [`InspectReport`].
pub const SCHEMA: &str = "s2scert.inspect/1.0";
