//! What a node tells of the farm: the deployment of Dynamics, services, SharePoint.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::{GapFacts, MOST_RECORDS, MOST_ROWS};
use super::word::{Hex, List, Octets, Text};

/// The principal of Dynamics, as SharePoint registers it before `@` and the realm (docs/rolling.md).
pub const DYNAMICS: &str = "00000007-0000-0000-c000-000000000000";

/// Certificate rows of the deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// The rows.
    pub rows: List<Row, MOST_ROWS>,
}

/// One row.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its number.
    pub id: Text,
    /// Its name.
    pub name: Text,
    /// Its type.
    pub certificate_type: Text,
    /// SHA-1 of its certificate; nothing where that cannot be read.
    pub thumbprint: Option<Hex<20>>,
    /// The DER of its certificate.
    pub certificate: Option<Octets>,
    /// The store, its location, and how it is searched.
    pub store_name: Text,
    /// The location.
    pub store_location: Text,
    /// How it is searched.
    pub store_find_type: Text,
}

/// Servers of the deployment.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Servers {
    /// The servers.
    pub servers: List<Server, MOST_ROWS>,
}

/// One server.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Its name.
    pub name: Text,
    /// Its roles, as Dynamics writes them.
    pub roles: Text,
    /// Its state.
    pub state: Text,
    /// Its version.
    pub version: Text,
}

/// Services and application pools.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Services {
    /// The services.
    pub services: List<Service, MOST_ROWS>,
    /// The application pools.
    pub pools: List<Service, MOST_ROWS>,
    /// What could not be seen.
    #[serde(default)]
    pub gaps: List<GapFacts, MOST_ROWS>,
}

/// One service or pool.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name.
    pub name: Text,
    /// Its state.
    pub state: Text,
    /// Whose rights it has.
    pub account: Text,
    /// When its oldest process began; nothing where none runs.
    pub begun: Option<Timestamp>,
}

/// Trusts of SharePoint.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Trusts {
    /// The build of the farm.
    pub build: Text,
    /// Its realm.
    pub realm: Text,
    /// The trusted token issuers.
    pub issuers: List<Issuer, MOST_ROWS>,
    /// The root authorities.
    pub roots: List<RootAuthority, MOST_ROWS>,
    /// The servers on which SharePoint is installed.
    pub servers: List<Text, MOST_ROWS>,
    /// The service applications.
    #[serde(default)]
    pub applications: List<ApplicationFacts, MOST_ROWS>,
    /// Their proxies, through which they are reached.
    #[serde(default)]
    pub proxies: List<ApplicationFacts, MOST_ROWS>,
}

/// One service application, or the proxy of one.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationFacts {
    /// The name that somebody gave it.
    pub name: Text,
    /// What it is, in the language of the farm.
    pub kind: Text,
    /// `Online` where it is started.
    pub status: Text,
}

/// One trusted token issuer.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Its name.
    pub name: Text,
    /// The name under which it is registered.
    pub registered_name: Text,
    /// Where its metadata are; empty for one that is not driven by metadata.
    pub metadata_endpoint: Text,
    /// The DER of each certificate that is accepted, the primary one first.
    pub certificates: List<Octets, MOST_RECORDS>,
}

impl Issuer {
    /// Returns the realm with which SharePoint has registered Dynamics; nothing where it has registered somebody else.
    #[must_use]
    pub fn realm_of_dynamics(&self) -> Option<&str> {
        self.registered_name.as_str().strip_prefix(DYNAMICS)?.strip_prefix('@')
    }
}

/// One root authority.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RootAuthority {
    /// Its name.
    pub name: Text,
    /// The DER of its certificate.
    pub certificate: Octets,
}

/// The job that reads the metadata of trusted issuers.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JobFacts {
    /// Its name.
    pub name: Text,
    /// Whether it is held.
    pub held: bool,
    /// How many runs go on now.
    pub running: u32,
    /// When the last run that succeeded began.
    pub last_success: Option<Timestamp>,
    /// Its schedule.
    pub schedule: Text,
}
