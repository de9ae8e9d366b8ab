//! `version`: what this program was built from.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cert::Fingerprint;
use crate::cert::digest::hex_upper;
use crate::ports::Host;

/// Every package that went in, with its version and checksum.
const LOCK: &[u8] = include_bytes!("../../Cargo.lock");

/// What `version` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct VersionReport {
    /// `s2scert.version/1.0`.
    pub schema: &'static str,
    /// The version of the package.
    pub version: &'static str,
    /// The commit, where whoever built it said so; else `unknown`.
    pub commit: &'static str,
    /// The target it was built for.
    pub target: &'static str,
    /// The Cargo profile: `release` or `debug`.
    pub profile: &'static str,
    /// The compiler.
    pub rustc: &'static str,
    /// The SHA-256 of the `Cargo.lock` that names every package in it, upper-case hexadecimal.
    pub lock_sha256: String,
    /// The SHA-256 of the running file, where it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_sha256: Option<String>,
}

/// Tells what this program was built from. A program whose file is gone only lacks its hash.
#[must_use]
pub fn version(host: &Host) -> VersionReport {
    VersionReport {
        schema: "s2scert.version/1.0",
        version: env!("CARGO_PKG_VERSION"),
        commit: env!("S2SCERT_COMMIT"),
        target: env!("S2SCERT_TARGET"),
        profile: env!("S2SCERT_PROFILE"),
        rustc: env!("S2SCERT_RUSTC"),
        lock_sha256: Fingerprint::of(LOCK).to_string(),
        program_sha256: host.machine.program_sha256().ok().map(|octets| hex_upper(&octets)),
    }
}
