//! What the acts on a certificate store answer. Field names are API.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::ExitCode;
use crate::farm::store::{SameSubject, StoreEntry, StoreName, StorePlace, TlsBinding};
use crate::farm::{Gap, KeyPlace};
use crate::node::access::AccessReport;
use crate::policy::Finding;

/// The schema of [`ListReport`].
pub const LIST_SCHEMA: &str = "s2scert.store-list/1.0";
/// The schema of [`ShowReport`].
pub const SHOW_SCHEMA: &str = "s2scert.store-show/1.0";
/// The schema of [`InstallReport`].
pub const INSTALL_SCHEMA: &str = "s2scert.store-install/1.0";
/// The schema of [`RemoveReport`].
pub const REMOVE_SCHEMA: &str = "s2scert.store-remove/1.0";
/// The schema of [`OrphansReport`].
pub const ORPHANS_SCHEMA: &str = "s2scert.store-orphans/1.0";

/// What a proof is for, where nobody says otherwise.
pub const PURPOSE: &str = "install";

/// The answer of `store list`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListReport {
    /// `s2scert.store-list/1.0`.
    pub schema: &'static str,
    /// Always false.
    pub changed: bool,
    /// Whose stores.
    pub place: StorePlace,
    /// Which of them.
    pub stores: Vec<StoreName>,
    /// The certificates, store by store.
    pub entries: Vec<StoreEntry>,
    /// Certificates of My that have, or may have, one subject.
    pub same_subjects: Vec<SameSubject>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

/// A certificate that uses the key of another.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StoreUse {
    /// The store it is in.
    pub store: StoreName,
    /// Its thumbprint.
    pub thumbprint: String,
    /// Its subject.
    pub subject: String,
}

/// The answer of `store show`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ShowReport {
    /// `s2scert.store-show/1.0`.
    pub schema: &'static str,
    /// Always false.
    pub changed: bool,
    /// Whose store.
    pub place: StorePlace,
    /// The certificate and its key.
    pub entry: StoreEntry,
    /// Who may use the key, where that could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessReport>,
    /// Other certificates that name the same key.
    pub used_by: Vec<StoreUse>,
    /// TLS bindings of http.sys that name this certificate.
    pub tls_bindings: Vec<TlsBinding>,
    /// Thumbprints of other certificates in the store whose subject is, or may be taken for, this one.
    pub same_subject: Vec<String>,
    /// What keeps the product from signing with it, and what is wrong with the access.
    pub findings: Vec<Finding>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

impl ShowReport {
    /// Returns the exit code: 3 where a finding of severity error stands.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.findings.iter().any(Finding::stops) { ExitCode::Finding } else { ExitCode::Ok }
    }
}

/// A certificate of the chain, and where it went.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Placed {
    /// The store; nothing for a root that was not asked to be trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreName>,
    /// Its thumbprint.
    pub thumbprint: String,
    /// Its subject.
    pub subject: String,
    /// Whether it was not there before.
    pub new: bool,
}

/// A signature by the key that the store names, so that whoever asked can verify it with the certificate alone.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Proof {
    /// The nonce, hexadecimal.
    pub nonce: String,
    /// The name of the machine.
    pub node: String,
    /// What it is for.
    pub purpose: String,
    /// RSASSA-PKCS1-v1_5 with SHA-256 over the text of [`proof_text`], base64.
    pub signature: String,
    /// Whether it verifies with the certificate.
    pub verified: bool,
}

/// Returns the text that a proof signs. No two proofs have one text, whatever the names hold.
#[must_use]
pub fn proof_text(nonce: &str, node: &str, purpose: &str, thumbprint: &str) -> Vec<u8> {
    let part = |text: &str| format!("{}:{text}\n", text.len());
    ["s2scert.proof/1", nonce, node, purpose, thumbprint].map(part).concat().into_bytes()
}

/// The answer of `store install`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct InstallReport {
    /// `s2scert.store-install/1.0`.
    pub schema: &'static str,
    /// Whether anything was written.
    pub changed: bool,
    /// Whether the certificate is in the store now, its key proven. It is not when a finding of severity error stands.
    pub installed: bool,
    /// Whose store.
    pub place: StorePlace,
    /// SHA-1 of the leaf, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject of the leaf.
    pub subject: String,
    /// The leaf as it is in the store now, with its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<StoreEntry>,
    /// Where each certificate of the chain went.
    pub chain: Vec<Placed>,
    /// The proof that the key works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
    /// Who may use the key, as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessReport>,
    /// The key that the certificate named before a repair. It still exists unless it was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub former_key: Option<KeyPlace>,
    /// The policy that was asked; nothing where the caller has asked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it found.
    pub findings: Vec<Finding>,
    /// Remarks that are no findings.
    pub notes: Vec<String>,
}

impl InstallReport {
    /// Returns the exit code: 3 where a finding stops it, 12 where the access is not what was asked for.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.findings.iter().any(Finding::stops) {
            return ExitCode::Finding;
        }
        self.access.as_ref().map_or(ExitCode::Ok, AccessReport::exit_code)
    }
}

/// The answer of `store remove`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RemoveReport {
    /// `s2scert.store-remove/1.0`.
    pub schema: &'static str,
    /// Whether anything was removed.
    pub changed: bool,
    /// Whose store.
    pub place: StorePlace,
    /// What was there; nothing where it was gone already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<StoreEntry>,
    /// Whether the certificate was removed.
    pub removed: bool,
    /// Whether its key was deleted.
    pub key_deleted: bool,
    /// Other certificates that name the same key.
    pub used_by: Vec<StoreUse>,
    /// TLS bindings of http.sys that name the certificate.
    pub tls_bindings: Vec<TlsBinding>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// A key that no certificate names.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct OrphanKey {
    /// Where it is.
    pub place: KeyPlace,
    /// The file that holds it, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// Whose it is, where Windows or its web server makes a container of this name for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belongs_to: Option<&'static str>,
    /// SHA-256 of its public key, where it could be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key_sha256: Option<String>,
    /// Thumbprints of certificates that have this public key, and do not name it.
    pub fits: Vec<String>,
}

/// The answer of `store orphans`.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct OrphansReport {
    /// `s2scert.store-orphans/1.0`.
    pub schema: &'static str,
    /// Always false.
    pub changed: bool,
    /// Whose stores.
    pub place: StorePlace,
    /// Keys that no certificate names.
    pub keys: Vec<OrphanKey>,
    /// Certificates whose key is gone.
    pub certificates: Vec<StoreEntry>,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}
