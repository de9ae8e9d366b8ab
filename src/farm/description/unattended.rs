//! `[unattended]` of farm.toml: what a watch may do while nobody sits there.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{SecretSource, Sha256};

/// What `watch --rotate` prepares, and carries out where it may, once the certificate of the row should have been rolled.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unattended {
    /// The credential that was staged beforehand: a PFX, or another file with key and chain. Relative to the folder of this file.
    pub credential: PathBuf,
    /// The SHA-256 of that file, 64 hexadecimal digits. Another file in its place is refused.
    pub sha256: Sha256,
    /// The SHA-256 of its public key (SubjectPublicKeyInfo), 64 hexadecimal digits, `spki_sha256` of `s2scert inspect --json`.
    pub key_sha256: Sha256,
    /// Where its password comes from: { env = ".." }, { file = ".." }, { command = [".."] }. Nobody can be asked.
    #[serde(default)]
    pub password: Option<SecretSource>,
    /// Whether the plan is carried out, within a maintenance window. Without it plan and rehearsal are sent with the alert only.
    #[serde(default)]
    pub apply: bool,
}
