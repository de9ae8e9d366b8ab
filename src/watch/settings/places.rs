//! What is looked at beside files: certificate stores, servers that answer, a farm.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::farm::description::Url;
use crate::farm::store::{StoreName, StorePlace};

/// How long one server of a farm may take with everything that it is asked, where nothing is said.
const FARM_SECONDS: u16 = 60;
/// How long an endpoint may take, where nothing is said.
const ENDPOINT_SECONDS: u16 = 20;

fn my() -> Vec<StoreName> {
    vec![StoreName::My]
}

/// For how many days back events count where nobody says.
const SIGNAL_DAYS: u8 = 7;

fn farm_seconds() -> u16 {
    FARM_SECONDS
}

fn endpoint_seconds() -> u16 {
    ENDPOINT_SECONDS
}

/// Certificate stores of this machine.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTable {
    /// Whose: "local-machine", "current-user", or, not on Windows, { folder = "PATH" }.
    pub place: StorePlace,
    /// Which: my, ca, root. My where none is named; issuers are looked for in all three.
    #[serde(default = "my")]
    pub stores: Vec<StoreName>,
}

/// A farm, looked at as `farm status` does.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FarmTable {
    /// The description.
    pub file: PathBuf,
    /// How many seconds each server may take, 1 to 3600.
    #[serde(default = "farm_seconds")]
    pub seconds: u16,
    /// Whether each run does what `watch --rotate` does: once the certificate of the row should have been rolled, prepare the roll
    /// that `[unattended]` of farm.toml describes, and carry it out where that is allowed.
    #[serde(default)]
    pub rotate: bool,
}

/// Signals that the servers of the farm give by themselves: event 8311 of SharePoint, events of `MSCRMMonitoringServerRole`, and
/// `CertificateLifetimeNotificationThreshold` of the deployment.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SignalsTable {
    /// For how many days back events count, 1 to 31.
    #[serde(default = "signal_days")]
    pub days: u8,
}

fn signal_days() -> u8 {
    SIGNAL_DAYS
}

/// A server that shows certificates.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// `tls://HOST:PORT`: the chain that the server shows, whoever issued it. `https://..`: the certificates of a metadata
    /// document.
    pub url: Endpoint,
    /// A PEM file of the authorities that are trusted for the server of a metadata document, in place of those of the machine.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
    /// How many seconds it may take, 1 to 300.
    #[serde(default = "endpoint_seconds")]
    pub seconds: u16,
}

impl EndpointTable {
    /// Makes one that is named on the command line.
    #[must_use]
    pub fn of(url: Endpoint) -> Self {
        Self { url, authorities: None, seconds: ENDPOINT_SECONDS }
    }
}

/// The address of a server that shows certificates: `tls://HOST[:PORT]` or `https://HOST[:PORT]/PATH`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Endpoint(String);

/// What is asked of an endpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked {
    /// The chain that it shows.
    Chain {
        /// The host, an IPv6 address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// The metadata document at an address.
    Document(String),
}

const TLS: &str = "tls://";
const HTTPS: &str = "https://";

impl Endpoint {
    /// Returns whether a word of the command line is meant as one.
    #[must_use]
    pub fn is_meant(word: &str) -> bool {
        [TLS, HTTPS].iter().any(|scheme| word.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))
    }

    /// Returns the address as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what is asked.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let Some(rest) = self.0.strip_prefix(TLS) else { return Asked::Document(self.0.clone()) };
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().unwrap_or(443)),
            _ => (authority, 443),
        };
        Asked::Chain { host: host.trim_matches(['[', ']']).to_owned(), port }
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or_default();
        let scheme = scheme.to_ascii_lowercase();
        let fits = matches!(scheme.as_str(), "tls" | "https")
            && Url::try_from(format!("{HTTPS}{rest}")).is_ok()
            && (scheme == "https" || !rest.trim_end_matches('/').contains(['/', '?']));
        if fits {
            Ok(Self(format!("{scheme}://{rest}")))
        } else {
            Err("this is no endpoint; write it as tls://crm.contoso.com:443, or https://HOST/PATH of a metadata document".to_owned())
        }
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.0
    }
}
