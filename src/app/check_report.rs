//! What `check` says of a run, of a file, of a finding.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::report::{about_file, optional_path_text, path_text};
use crate::cert::{Certificate, Chain};
use crate::error::Error;
use crate::policy::{Finding, Severity};

/// What `check --json` prints. The arrays are written as the work goes on.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CheckReport {
    /// `s2scert.check/1.0`.
    pub schema: &'static str,
    /// The policy that was asked.
    pub policy: String,
    /// Every finding, with the file it is about.
    pub findings: Vec<FileFinding>,
    /// One entry for each leaf certificate that was checked, for each file that could not be read, and for each that was
    /// passed over.
    pub files: Vec<FileEntry>,
    /// The numbers.
    pub summary: Summary,
}

/// A finding and its file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FileFinding {
    /// The stable identifier of the rule.
    pub id: String,
    /// The weight.
    pub severity: Severity,
    /// The file; absent for findings about waivers and about the run as a whole.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_path_text")]
    pub file: Option<PathBuf>,
    /// The thumbprint of the leaf it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// Which part of the file.
    pub subject: String,
    /// What was seen.
    pub message: String,
    /// Why it matters.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// The waiver that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<crate::policy::WaivedBy>,
}

/// One leaf certificate and its verdict, or one file that could not be read or was passed over.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FileEntry {
    /// The file.
    #[serde(serialize_with = "path_text")]
    pub file: PathBuf,
    /// `ok`, `findings` (none of severity error), `fails`, `unreadable`, or `passed-over`.
    pub verdict: Verdict,
    /// SHA-1 of the leaf, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_sha256: Option<String>,
    /// The subject of the leaf as RFC 4514 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The leaf's first instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The leaf's last instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Why the file could not be read, or was passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When the first certificate of the chain expires, and which one that is.
    #[serde(skip)]
    #[schemars(skip)]
    pub expiry: Option<ChainExpiry>,
}

/// When the first certificate of a chain expires.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChainExpiry {
    /// The instant.
    pub at: Timestamp,
    /// The subject of that certificate, where it is not the leaf.
    pub limited_by: Option<String>,
}

impl ChainExpiry {
    pub(super) fn of(chain: &Chain) -> Self {
        let at = chain.effective_not_after();
        let is_leaf = chain.leaf().not_after() == at;
        let limiting = chain.issuers().iter().find(|one| one.not_after() == at).filter(|_| !is_leaf);
        Self { at, limited_by: limiting.map(|one| one.subject().to_string()) }
    }
}

/// How one leaf fared.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing found.
    Ok,
    /// Something found, nothing of severity error.
    Findings,
    /// A finding of severity error stands.
    Fails,
    /// The file could not be read.
    Unreadable,
    /// The file stands in a folder and holds no certificate.
    PassedOver,
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Summary {
    /// Leaf certificates that were checked.
    pub checked: u64,
    /// Of those, how many have nothing of severity error.
    pub passed: u64,
    /// Of those, how many fail.
    pub failed: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Files in folders that hold no certificate, and were passed over.
    pub passed_over: u64,
}

impl FileEntry {
    pub(super) fn of(path: &Path, verdict: Verdict, leaf: &Certificate) -> Self {
        Self {
            file: path.to_owned(),
            verdict,
            thumbprint: Some(leaf.thumbprint().to_string()),
            fingerprint_sha256: Some(leaf.fingerprint().to_string()),
            subject: Some(leaf.subject().to_string()),
            not_before: Some(leaf.not_before()),
            not_after: Some(leaf.not_after()),
            error: None,
            expiry: None,
        }
    }

    /// A file of which no certificate is known, and why.
    pub(super) fn without(verdict: Verdict, path: &Path, error: &Error) -> Self {
        let causes = error.causes().iter().fold(error.what().to_owned(), |text, cause| format!("{text}: {cause}"));
        let causes = error.hints().iter().fold(causes, |text, hint| format!("{text}; {hint}"));
        Self {
            file: path.to_owned(),
            verdict,
            thumbprint: None,
            fingerprint_sha256: None,
            subject: None,
            not_before: None,
            not_after: None,
            error: Some(causes),
            expiry: None,
        }
    }
}

impl FileFinding {
    pub(super) fn of(finding: Finding, file: Option<&Path>, thumbprint: Option<&str>) -> Self {
        Self {
            id: finding.id.into_owned(),
            severity: finding.severity,
            file: file.map(Path::to_owned),
            thumbprint: thumbprint.map(str::to_owned),
            subject: finding.subject,
            message: finding.message,
            reason: finding.reason.into_owned(),
            remedy: file.map_or_else(|| finding.remedy.to_string(), |file| about_file(&finding.remedy, file)),
            waived_by: finding.waived_by,
        }
    }
}
