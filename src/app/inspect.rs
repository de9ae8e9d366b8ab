//! `inspect`: everything a person wants to know of one file.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::passwords::{InputPasswords, Source};
use super::report::{CertificateReport, Identity, KeyReport, name_or_oid, path_text};
use super::source::{self, Input};
use crate::cert::chain::{Wanted, find};
use crate::cert::container::{Content, Item, Origin};
use crate::cert::pfx::{Outline, Target};
use crate::cert::{Certificate, Password};
use crate::error::Result;
use crate::policy::Finding;
use crate::policy::lint::{self, Subject};
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
    #[serde(serialize_with = "path_text")]
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
    /// The extensions asked for, by name where one is known.
    pub extensions: Vec<String>,
}

/// The schema of [`InspectReport`].
pub const SCHEMA: &str = "s2scert.inspect/1.0";

/// Inspects a file.
///
/// # Errors
/// When it cannot be read, is nothing that holds certificates or keys, or when no password that was named opens it.
pub fn inspect(host: &Host, options: &Options) -> Result<InspectReport> {
    let now = host.clock.now();
    let mut passwords = InputPasswords::collect(host, &options.passwords)?;
    let input = source::read_asking(host, &options.file, &mut passwords)?;
    if passwords.are_named()
        && let Some(error) = input.locked_error(&options.file, source::PASSWORD)
    {
        return Err(error);
    }
    let lint = options.lint.then_some(options.target);
    Ok(InspectReport::of(&options.file, &input, passwords.known(), lint, now))
}

/// Inspects octets that are at hand.
///
/// # Errors
/// As [`inspect`].
pub fn of_bytes(
    file: &Path,
    bytes: &[u8],
    passwords: &[Password],
    lint: Option<Option<Target>>,
    now: Timestamp,
) -> Result<InspectReport> {
    let input = Input::of_bytes(file, bytes, passwords)?;
    Ok(InspectReport::of(file, &input, passwords, lint, now))
}

impl InspectReport {
    fn of(file: &Path, input: &Input, passwords: &[Password], lint: Option<Option<Target>>, now: Timestamp) -> Self {
        let certificates = input.certificates();
        let chain = best_chain(input, &certificates, now);
        let leaf = chain.first().or_else(|| certificates.first().filter(|_| certificates.len() == 1)).map(Identity::of);
        let mut report = Self {
            schema: SCHEMA,
            file: file.to_owned(),
            size: input.size(),
            kind: input.kind().to_string(),
            thumbprint: leaf.as_ref().map(|leaf| leaf.thumbprint.clone()),
            fingerprint_sha256: leaf.as_ref().map(|leaf| leaf.fingerprint_sha256.clone()),
            subject: leaf.as_ref().map(|leaf| leaf.subject.clone()),
            not_before: leaf.as_ref().map(|leaf| leaf.not_before),
            not_after: leaf.as_ref().map(|leaf| leaf.not_after),
            subject_der: leaf.map(|leaf| leaf.subject_der),
            certificates: Vec::new(),
            keys: Vec::new(),
            requests: Vec::new(),
            chain: positions(&chain, &certificates),
            chain_complete: chain.last().is_some_and(Certificate::is_self_signed),
            locked: Vec::new(),
            skipped: Vec::new(),
            pfx: input.outline().cloned(),
            findings: Vec::new(),
            linted: lint.is_some(),
            notes: Vec::new(),
        };
        for item in input.items() {
            report.add(item, &certificates, now);
        }
        if input.is_locked() && passwords.is_empty() {
            report.notes.push("with its password (--password-file), the rest can be shown".to_owned());
        }
        if let Some(target) = lint {
            report.findings = findings(input, &certificates, passwords, target, now);
        }
        report
    }

    fn add(&mut self, item: &Item, certificates: &[Certificate], now: Timestamp) {
        let place = item.origin.to_string();
        match &item.content {
            Content::Certificate(certificate) => {
                self.certificates
                    .push(CertificateEntry { place, certificate: CertificateReport::of(certificate, now) });
            }
            Content::Key(file) => {
                let bits = file.key.public_key().bits();
                let owner = certificates.iter().find(|certificate| certificate.public_key().bits() == bits);
                self.keys.push(KeyEntry {
                    place,
                    key: KeyReport::of(file.key.public_key()),
                    belongs_to: owner.map(|certificate| certificate.thumbprint().to_string()),
                });
            }
            Content::Csr(request) => self.requests.push(RequestEntry {
                place,
                subject: request.subject().to_string(),
                key: KeyReport::of(request.public_key()),
                signature_algorithm: request.signature_algorithm().to_string(),
                signature_valid: request.signature().is_ok(),
                extensions: request.extensions().iter().map(|one| name_or_oid(&one.extn_id)).collect(),
            }),
            Content::Locked(locked) => {
                let how = locked.encryption.as_ref().map_or_else(String::new, |how| format!(", {how}"));
                let place = if item.origin == Origin::default() { String::new() } else { format!("{place}: ") };
                self.locked.push(format!("{place}{}{how}", locked.what));
            }
            Content::PassedOver(what) => self.skipped.push(format!("{place}: {what}")),
        }
    }
}

/// The chain of the file's key, or of its only leaf; empty where that cannot be told.
fn best_chain(input: &Input, certificates: &[Certificate], now: Timestamp) -> Vec<Certificate> {
    let keys = input.keys();
    let key = match keys.as_slice() {
        [only] => Some(only.public_key()),
        _ => None,
    };
    find(certificates, &Wanted { key, leaf: None }, now)
        .map_or_else(|_| Vec::new(), |found| found.chain.certificates().to_vec())
}

fn positions(chain: &[Certificate], certificates: &[Certificate]) -> Vec<usize> {
    chain.iter().filter_map(|one| certificates.iter().position(|other| other == one)).collect()
}

fn findings(
    input: &Input,
    certificates: &[Certificate],
    passwords: &[Password],
    target: Option<Target>,
    now: Timestamp,
) -> Vec<Finding> {
    let size = input.size();
    if let Some(pfx) = input.pfx() {
        let password = match passwords {
            [only] => Some(only),
            _ => None,
        };
        return lint::lint(&Subject::Pfx { pfx, size, password }, target, now);
    }
    if let Some(outline) = input.outline() {
        return lint::lint(&Subject::LockedPfx { outline, size }, target, now);
    }
    let mut findings = Vec::new();
    if !certificates.is_empty() {
        findings.extend(lint::lint(&Subject::Certificates(certificates), target, now));
    }
    for item in input.items() {
        match &item.content {
            // The key of a certificate that is here has been looked at with it.
            Content::Key(file)
                if !certificates.iter().any(|one| one.public_key().bits() == file.key.public_key().bits()) =>
            {
                findings.extend(lint::lint(&Subject::Key(&file.key), target, now));
            }
            Content::Csr(request) => {
                let subject = Subject::Request {
                    subject: request.subject(),
                    key: request.public_key(),
                    signature: request.signature_algorithm(),
                };
                findings.extend(lint::lint(&subject, target, now));
            }
            Content::Key(_) | Content::Certificate(_) | Content::Locked(_) | Content::PassedOver(_) => {}
        }
    }
    findings
}
