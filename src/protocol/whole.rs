//! What a node tells of a certificate beyond what names it, where it was asked for.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::action::MOST_NAMES;
use super::facts::{MOST_ROWS, Seen};
use super::word::{List, Octets, Text};

/// All that a controller judges a certificate with.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WholeFacts {
    /// The DER of the certificate.
    pub certificate: Octets,
    /// The TLS bindings of http.sys that use it.
    pub tls_bindings: List<Text, MOST_ROWS>,
    /// The first issuer that no store of the machine has, or that does not verify; absent where the chain is whole.
    pub missing_issuer: Seen<Text>,
    /// The issuer in the chain that expires first, where that is before the certificate itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_early: Option<EarlyEnd>,
    /// The container of its key, where a provider of Windows keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// Who can read its key. Who is not known on this machine is left out.
    pub readers: Seen<List<ReaderFacts, MOST_NAMES>>,
}

/// An issuer that expires before what it has issued.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyEnd {
    /// Its subject.
    pub issuer: Text,
    /// Its last instant of validity.
    pub not_after: Timestamp,
}

/// A container of a key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Container {
    /// Its name.
    pub name: Text,
    /// Whether it is the machine's, and not one user's.
    pub machine: bool,
}

/// Whether somebody can read a key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReaderFacts {
    /// Who, as he was asked for.
    pub name: Text,
    /// Whether he can.
    pub reading: Readable,
}

/// Whether a key can be read.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Readable {
    /// It can.
    Granted,
    /// No entry lets it.
    Missing,
    /// An entry forbids it.
    Denied,
}
