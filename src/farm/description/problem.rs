//! What can be wrong with a farm.toml: the sort, the place, and the sentence. How much it weighs is said in `policy`.

use std::fmt;

use super::nouns::Role;
use crate::farm::reading::did_you_mean;

/// A place in the text, both numbers counted from 1; columns are characters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where, if there is one place.
    pub place: Option<Place>,
    /// The part of the file: `node "crm-web-1"`, `certificate`, `farm`.
    pub part: String,
    /// What.
    pub fault: Fault,
}

/// What is wrong. No variant carries the value of a key that may hold a secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// The file is larger than any sensible description.
    #[error("the file has {bytes} octets; {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// The text is not TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// There is no version of the format, or one that is no version.
    #[error("the file does not say its format; its first line is: format = \"1.0\"")]
    NoFormat,
    /// The version of the format is a later one.
    #[error(
        "the file has format {0}, which is newer than 1.0, the newest that this s2scert reads; use a newer s2scert"
    )]
    NewerFormat(String),
    /// More tables of one sort than allowed.
    #[error("more than {limit} of [[{key}]]")]
    TooMany {
        /// The table.
        key: &'static str,
        /// The bound.
        limit: usize,
    },
    /// A key that has no meaning here.
    #[error("unknown key {key:?}{}", did_you_mean(nearest))]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A key that has to be there.
    #[error("the key `{0}` is missing")]
    MissingKey(String),
    /// A value that is not of the right form.
    #[error("`{key}`: {message}")]
    WrongValue {
        /// The key.
        key: String,
        /// Why.
        message: String,
    },
    /// A secret stands in the file, or its source is not understood.
    #[error(
        "`{0}` is a source, never the secret itself: {{ env = \"NAME\" }}, {{ file = \"PATH\" }}, {{ command = [\"PROGRAM\"] }} or {{ prompt = \"TEXT\" }}"
    )]
    Secret(String),
    /// A name is given twice.
    #[error("there is another {what} {name:?} at line {first}")]
    Duplicate {
        /// Of what.
        what: &'static str,
        /// The name.
        name: String,
        /// The line of the first.
        first: usize,
    },
    /// Two servers have one address.
    #[error("node {other:?} has the address {address} too")]
    SameAddress {
        /// The address.
        address: String,
        /// The other server.
        other: String,
    },
    /// Two organizations have one metadata document.
    #[error("organization {other:?} has the same metadata document")]
    SameMetadata {
        /// The other organization.
        other: String,
    },
    /// A reference leads nowhere.
    #[error("there is no {what} {name:?}{}", did_you_mean(nearest))]
    Unknown {
        /// To what.
        what: &'static str,
        /// The name.
        name: String,
        /// The known name that is most like it.
        nearest: Option<String>,
    },
    /// A server lacks a role that this use of it needs.
    #[error("node {node:?} has not the role {role}")]
    LacksRole {
        /// The server.
        node: String,
        /// The role, as the file writes it.
        role: &'static str,
    },
    /// There is no server with this role.
    #[error("no node has the role {0}")]
    NoNode(&'static str),
    /// There is no organization.
    #[error("no [[organization]] is described")]
    NoOrganization,
    /// A server has no role, or an identity none that signs.
    #[error("{0}")]
    Roles(&'static str),
    /// No account is known for the services of a role.
    #[error("no [[identity]] has the role {0}: it is not known who must read the key there")]
    NoIdentity(&'static str),
    /// A server is reached over the network and has no address.
    #[error("transport {0} needs an `address`")]
    NoAddress(&'static str),
    /// A key that the transport does not use.
    #[error("transport {transport} does not use `{key}`")]
    Unused {
        /// The transport.
        transport: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Two servers are said to be this machine.
    #[error("node {0:?} has transport local too; one machine is one node")]
    LocalTwice(String),
    /// The transport cannot work with this Windows Server.
    #[error("{transport} is not possible on {product}: {why}")]
    TransportTooNew {
        /// The transport.
        transport: &'static str,
        /// The server's product.
        product: &'static str,
        /// Why.
        why: &'static str,
    },
    /// Where the global step is done is not said.
    #[error("[update_crm] is missing: it is not known on which node the step is done that is done once")]
    NoUpdateCrm,
    /// A SharePoint 2013 farm trusts more than one organization.
    #[error("SharePoint 2013 takes one organization for each farm, and {0} are trusted")]
    OneOrganization(usize),
    /// An organization is trusted by no SharePoint farm.
    #[error("no SharePoint farm has a trust for this organization")]
    Untrusted,
    /// One organization is trusted twice in one farm.
    #[error("this farm has another trust for organization {0:?}")]
    TrustTwice(String),
    /// The metadata document is read without TLS.
    #[error("the metadata document is read over http: anyone on the way can exchange the certificate in it")]
    PlainMetadata,
    /// The metadata document is that of another organization.
    #[error("the address names {0}")]
    OtherOrganization(String),
    /// The subject has no place for the generation.
    #[error("the subject has no {{g}}; the generation will be added as an OU")]
    NoGeneration,
    /// A number that makes no sense.
    #[error("{0}")]
    Senseless(&'static str),
    /// Of drain and undrain there is one.
    #[error("there is `{there}` and no `{missing}`")]
    HalfDrained {
        /// The key that is there.
        there: &'static str,
        /// The key that is missing.
        missing: &'static str,
    },
}

impl Fault {
    /// Returns the stable identifier, never reused.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "farm-too-large",
            Self::Syntax(_) => "farm-not-toml",
            Self::NoFormat => "farm-without-format",
            Self::NewerFormat(_) => "farm-format-newer",
            Self::TooMany { .. } => "farm-too-many",
            Self::UnknownKey { .. } => "farm-unknown-key",
            Self::MissingKey(_) => "farm-missing-key",
            Self::WrongValue { .. } => "farm-wrong-value",
            Self::Secret(_) => "farm-secret",
            Self::Duplicate { .. } => "farm-duplicate",
            Self::SameAddress { .. } => "farm-address-twice",
            Self::SameMetadata { .. } => "farm-metadata-twice",
            Self::Unknown { .. } => "farm-unknown-reference",
            Self::LacksRole { .. } => "farm-role-missing",
            Self::NoNode(_) => "farm-no-node",
            Self::NoOrganization => "farm-no-organization",
            Self::Roles(_) => "farm-roles",
            Self::NoIdentity(_) => "farm-no-identity",
            Self::NoAddress(_) => "farm-no-address",
            Self::Unused { .. } => "farm-unused-key",
            Self::LocalTwice(_) => "farm-local-twice",
            Self::TransportTooNew { .. } => "farm-transport-impossible",
            Self::NoUpdateCrm => "farm-no-update-crm",
            Self::OneOrganization(_) => "farm-one-organization",
            Self::Untrusted => "farm-organization-untrusted",
            Self::TrustTwice(_) => "farm-trust-twice",
            Self::PlainMetadata => "farm-metadata-http",
            Self::OtherOrganization(_) => "farm-metadata-of-another",
            Self::NoGeneration => "farm-no-generation",
            Self::Senseless(_) => "farm-senseless",
            Self::HalfDrained { .. } => "farm-half-drained",
        }
    }
}

impl Role {
    /// Returns the word of the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Async => "async",
            Self::DeploymentTools => "deployment-tools",
            Self::Sharepoint => "sharepoint",
        }
    }
}
