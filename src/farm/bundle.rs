//! A bundle: what one server shows, as a JSON document with its hash. It holds no secret.
//!
//! The hash is the SHA-256 of `facts` as JSON without white space, keys sorted, UTF-8. It tells a document that was cut or
//! edited on its way; it proves nothing about who wrote it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::truth::ServerFacts;
use crate::cert::Fingerprint;

/// The schema of a bundle.
pub const SCHEMA: &str = "s2scert.farm-facts/1.1";
/// The part of it before the version.
const FAMILY: &str = "s2scert.farm-facts/";
/// The largest bundle, in octets. A server with a hundred certificates has about three hundred thousand.
pub const MAX_BYTES: u64 = 16 << 20;

/// The document.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct Bundle {
    /// `s2scert.farm-facts/1.1`; one of 1.0 is read as well, and lacks what a roll is planned from.
    pub schema: String,
    /// The SHA-256 of `facts`, upper-case hexadecimal.
    pub sha256: String,
    /// What the server shows; certificates are DER in base64.
    pub facts: ServerFacts<String>,
}

/// Why a document cannot be used.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// It is no JSON.
    #[error("not JSON: {0}")]
    Json(String),
    /// It is another document.
    #[error("no bundle: its `schema` is not {SCHEMA}")]
    Other,
    /// It is of a later version.
    #[error(
        "a bundle of version {0}, which is newer than 1.1, the newest that this s2scert reads; use a newer s2scert"
    )]
    Newer(String),
    /// The hash does not fit.
    #[error("altered or cut after it was written: its hash does not fit")]
    Hash,
    /// The facts are not of the right form.
    #[error("its facts cannot be understood: {0}")]
    Facts(String),
}

/// The minor version from which on a bundle tells what a roll is planned from.
const PLANNED_FROM: u8 = 1;

/// A document that was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// What the server showed.
    pub facts: ServerFacts<String>,
    /// The SHA-256 of that.
    pub sha256: Fingerprint,
    /// The minor version: 0 or 1.
    pub minor: u8,
}

impl Opened {
    /// Returns whether a roll can be planned from it, as far as its version goes.
    #[must_use]
    pub const fn is_for_plans(&self) -> bool {
        self.minor >= PLANNED_FROM
    }
}

impl Bundle {
    /// Seals facts.
    #[must_use]
    pub fn seal(facts: ServerFacts<String>) -> Self {
        // What is made of plain structures can always be written.
        let value = serde_json::to_value(&facts).unwrap_or_default();
        Self { schema: SCHEMA.to_owned(), sha256: hash(&value), facts }
    }

    /// Opens a document.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(bytes: &[u8]) -> Result<Opened, BundleError> {
        // PowerShell writes a byte order mark before UTF-8.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut document: Value =
            serde_json::from_slice(bytes).map_err(|error| BundleError::Json(error.to_string()))?;
        let schema = document["schema"].as_str().unwrap_or_default().to_owned();
        let minor = match schema.strip_prefix(FAMILY) {
            Some("1.0") => 0,
            Some("1.1") => 1,
            Some(version) if is_version(version) => return Err(BundleError::Newer(version.to_owned())),
            _ => return Err(BundleError::Other),
        };
        let facts = document["facts"].take();
        let sha256 = fingerprint(&facts);
        if !document["sha256"].as_str().is_some_and(|stated| stated.eq_ignore_ascii_case(&sha256.to_string())) {
            return Err(BundleError::Hash);
        }
        let facts = serde_json::from_value(facts).map_err(|error| BundleError::Facts(error.to_string()))?;
        Ok(Opened { facts, sha256, minor })
    }
}

fn hash(facts: &Value) -> String {
    fingerprint(facts).to_string()
}

/// Returns the SHA-256 of a document as JSON without white space, UTF-8. Keys come out sorted, because that is how a JSON object
/// is kept here.
#[must_use]
pub fn fingerprint(document: &Value) -> Fingerprint {
    Fingerprint::of(document.to_string().as_bytes())
}

fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.len() < 6 && part.bytes().all(|octet| octet.is_ascii_digit());
    text.split_once('.').is_some_and(|(major, minor)| number(major) && number(minor))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn facts() -> ServerFacts<String> {
        serde_json::from_value(serde_json::json!({
            "server": "crm-web-1", "collected_at": "2026-06-01T12:00:00Z", "collected_by": "s2scert 0.1.0",
            "clock_offset_seconds": { "seen": -3 },
        }))
        .unwrap()
    }

    #[test]
    fn what_is_sealed_is_opened_and_what_was_altered_is_not() {
        let text = serde_json::to_string_pretty(&Bundle::seal(facts())).unwrap();
        let opened = Bundle::open(text.as_bytes()).unwrap();
        assert_eq!((&opened.facts, opened.is_for_plans()), (&facts(), true));
        assert_eq!(Bundle::open(format!("\u{feff}{text}").as_bytes()).unwrap(), opened);
        let old = Bundle::open(text.replacen("farm-facts/1.1", "farm-facts/1.0", 1).as_bytes()).unwrap();
        assert_eq!((&old.facts, old.is_for_plans()), (&facts(), false), "what an earlier version wrote is read");
        for (from, to, wanted) in [
            ("crm-web-1", "crm-web-2", "hash does not fit"),
            ("farm-facts/1.1", "farm-facts/1.2", "newer than 1.1"),
            ("farm-facts/1.1", "farm-status/1.0", "no bundle"),
            ("\"sha256\"", "\"sha512\"", "hash does not fit"),
            ("{", "<html>", "not JSON"),
        ] {
            let error = Bundle::open(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        assert!(Bundle::open(&text.as_bytes()[..text.len() - 9]).is_err());
    }

    /// The hash as any other program computes it.
    #[test]
    fn the_hash_is_that_of_sorted_keys_without_spaces() {
        let value = serde_json::json!({ "b": [1, { "d": null, "c": "é" }], "a": true });
        assert_eq!(
            hash(&value),
            Fingerprint::of("{\"a\":true,\"b\":[1,{\"c\":\"é\",\"d\":null}]}".as_bytes()).to_string()
        );
    }

    #[test]
    fn facts_that_are_sealed_and_senseless_are_told() {
        let facts = serde_json::json!({ "server": 1 });
        let document = serde_json::json!({ "schema": SCHEMA, "sha256": hash(&facts), "facts": facts });
        assert!(matches!(Bundle::open(document.to_string().as_bytes()), Err(BundleError::Facts(_))));
    }
}
