//! What one server shows: the body of a bundle. `C` is a certificate: base64 in a document, decoded in the program.

use std::convert::Infallible;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::farm::KeyLocation;
use crate::farm::description::Role;

/// Something that was looked at, or the reason why it was not.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen<T> {
    /// This was there.
    Seen(T),
    /// It could not be seen, and why.
    Unseen(String),
}

impl<T> Default for Seen<T> {
    /// A document that says nothing of a place has not seen it.
    fn default() -> Self {
        Self::Unseen("the document does not speak of it".to_owned())
    }
}

impl<T> Seen<T> {
    /// Returns what was seen.
    pub fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(value) => Some(value),
            Self::Unseen(_) => None,
        }
    }

    /// Returns why it was not seen.
    pub fn gap(&self) -> Option<&str> {
        match self {
            Self::Seen(_) => None,
            Self::Unseen(why) => Some(why),
        }
    }

    /// Turns what was seen into something else; what cannot be turned was not seen.
    fn map<U>(self, turn: impl FnOnce(T) -> Result<U, String>) -> Seen<U> {
        match self {
            Self::Seen(value) => turn(value).map_or_else(Seen::Unseen, Seen::Seen),
            Self::Unseen(why) => Seen::Unseen(why),
        }
    }
}

/// Everything that one server shows.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct ServerFacts<C> {
    /// The server's name, as farm.toml has it.
    pub server: String,
    /// When it was looked at, by the clock of that server.
    pub collected_at: Timestamp,
    /// The s2scert that looked.
    pub collected_by: String,
    /// How far the server's clock is ahead of the reference (its domain controller, or the machine that asked), in seconds.
    #[serde(default)]
    pub clock_offset_seconds: Seen<i64>,
    /// LocalMachine\My, and what it is judged with.
    #[serde(default)]
    pub store: Seen<StoreFacts<C>>,
    /// The services that sign, with the accounts under which they run.
    #[serde(default)]
    pub services: Seen<Vec<ServiceFacts>>,
    /// The rows of the configuration database that hold a certificate.
    #[serde(default)]
    pub rows: Seen<Vec<RowFacts<C>>>,
    /// The metadata documents, asked from this server itself.
    #[serde(default)]
    pub metadata: Vec<MetadataFacts<C>>,
    /// The trusted security token issuers of SharePoint.
    #[serde(default)]
    pub trusts: Seen<Vec<TrustFacts<C>>>,
    /// The timer job that re-reads the metadata; `null` where there is none.
    #[serde(default)]
    pub refresh_job: Seen<Option<RefreshJob>>,
    /// The SHA-256 of `CertificateReconfiguration.ps1`, upper-case hexadecimal; `null` where the server has none. From 1.1 on.
    #[serde(default)]
    pub script_sha256: Seen<Option<String>>,
    /// Whether a session there had credentials to go on with to other servers, as it was measured. From 1.1 on.
    #[serde(default)]
    pub network_identity: Seen<bool>,
    /// The rows of other types, which a roll must not disturb. From 1.1 on.
    #[serde(default)]
    pub other_rows: Seen<Vec<OtherRowFacts>>,
}

/// A certificate store.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct StoreFacts<C> {
    /// The certificates in LocalMachine\My.
    pub certificates: Vec<StoredCertificate<C>>,
    /// Whether the issuers of each are there too.
    #[serde(default)]
    pub issuers: Seen<Vec<IssuerFacts>>,
}

/// Whether Windows finds the issuers of a certificate on that server.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct IssuerFacts {
    /// The SHA-256 of the certificate, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The first issuer that is missing or not trusted; `null` where the chain is whole.
    pub missing: Option<String>,
    /// The issuer that expires first, where that is before the certificate itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earliest: Option<EarlyIssuer>,
}

/// An issuer that expires before what it has issued.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct EarlyIssuer {
    /// Its subject.
    pub subject: String,
    /// The end of its validity.
    pub not_after: Timestamp,
}

/// A certificate in a store.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct StoredCertificate<C> {
    /// The certificate.
    pub certificate: C,
    /// Its private key; `null` where the store has none.
    #[serde(default)]
    pub key: Seen<Option<KeyFacts>>,
    /// The TLS bindings that use it: `0.0.0.0:443`.
    #[serde(default)]
    pub tls_bindings: Vec<String>,
    /// Whether it names a key, be that there or not. From 1.1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names_key: Option<bool>,
}

/// A private key.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct KeyFacts {
    /// Where Windows keeps it; absent for a key in a file, as a server without Windows has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<KeyLocation>,
    /// Whether it is the key of the certificate.
    pub matches: bool,
    /// What the accounts of the services can do with it.
    #[serde(default)]
    pub readers: Seen<Vec<Reader>>,
}

/// What an account can do with a key.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Reader {
    /// The account, as farm.toml or the service names it.
    pub account: String,
    /// What it can do.
    pub reading: Reading,
}

/// Whether an account can read a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// It can.
    Granted,
    /// No entry lets it.
    Missing,
    /// An entry forbids it.
    Denied,
}

/// A service, and who runs it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ServiceFacts {
    /// The service or application pool: `CRMAppPool`, `MSCRMAsyncService`.
    pub name: String,
    /// The role to which it belongs.
    pub role: Role,
    /// The account.
    pub account: String,
    /// Whether it ran. From 1.1 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<bool>,
}

/// The rows that s2scert looks at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum RowKind {
    /// The certificate with which tokens are signed.
    S2STokenIssuer,
    /// A second certificate that the metadata publishes.
    AlternativeS2STokenIssuer,
}

/// A row of the configuration database.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct RowFacts<C> {
    /// Its type; rows of other types are not written down.
    pub kind: RowKind,
    /// Its identifier.
    pub id: String,
    /// The certificate.
    pub certificate: C,
    /// The types of other rows that name the same certificate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_with: Vec<String>,
}

/// A row of a type that no roll writes.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct OtherRowFacts {
    /// Its type, as Dynamics writes it.
    pub certificate_type: String,
    /// Its identifier.
    pub id: String,
    /// The SHA-1 of its certificate, upper-case hexadecimal; `null` where that could not be read.
    pub thumbprint: Option<String>,
}

/// The metadata document of one organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct MetadataFacts<C> {
    /// The organization.
    pub organization: String,
    /// The answer.
    pub answer: Seen<MetadataAnswer<C>>,
}

/// What a metadata document says.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct MetadataAnswer<C> {
    /// The issuer: `00000007-0000-0000-c000-000000000000@REALM`.
    pub issuer: Option<String>,
    /// The certificates.
    pub keys: Vec<C>,
}

/// Whence a trust takes its certificates.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustSource {
    /// From the metadata document at this address.
    Metadata(String),
    /// Somebody set them by hand.
    Fixed,
}

/// A trusted security token issuer.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
pub struct TrustFacts<C> {
    /// Its name.
    pub name: String,
    /// The issuer that it names.
    pub registered_issuer: Option<String>,
    /// Whence its certificates come.
    pub source: TrustSource,
    /// The signing certificate.
    pub signing: Option<C>,
    /// Further certificates.
    #[serde(default)]
    pub additional: Vec<C>,
}

/// The timer job `RefreshMetadataFeed`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RefreshJob {
    /// Whether it runs at all.
    pub enabled: bool,
    /// When it last ended well.
    pub last_success: Option<Timestamp>,
}

impl<C> ServerFacts<C> {
    /// Turns every certificate into another form. A place with one that cannot be turned was not seen: what is left of it
    /// could be taken for all there is.
    pub fn turn<D>(self, mut turn: impl FnMut(C) -> Result<D, String>) -> ServerFacts<D> {
        let store = self.store.map(|store| {
            let one = |stored: StoredCertificate<C>| {
                Ok(StoredCertificate {
                    certificate: turn(stored.certificate)?,
                    key: stored.key,
                    tls_bindings: stored.tls_bindings,
                    names_key: stored.names_key,
                })
            };
            let certificates = store.certificates.into_iter().map(one).collect::<Result<_, String>>()?;
            Ok(StoreFacts { certificates, issuers: store.issuers })
        });
        let rows = self.rows.map(|rows| {
            rows.into_iter()
                .map(|row| {
                    let RowFacts { kind, id, certificate, shared_with } = row;
                    Ok(RowFacts { kind, id, certificate: turn(certificate)?, shared_with })
                })
                .collect()
        });
        let mut metadata = Vec::new();
        for one in self.metadata {
            let answer = one.answer.map(|answer| {
                let keys = answer.keys.into_iter().map(&mut turn).collect::<Result<_, String>>()?;
                Ok(MetadataAnswer { issuer: answer.issuer, keys })
            });
            metadata.push(MetadataFacts { organization: one.organization, answer });
        }
        let trusts = self.trusts.map(|trusts| {
            let one = |trust: TrustFacts<C>| {
                Ok(TrustFacts {
                    name: trust.name,
                    registered_issuer: trust.registered_issuer,
                    source: trust.source,
                    signing: trust.signing.map(&mut turn).transpose()?,
                    additional: trust.additional.into_iter().map(&mut turn).collect::<Result<_, String>>()?,
                })
            };
            trusts.into_iter().map(one).collect()
        });
        ServerFacts {
            server: self.server,
            collected_at: self.collected_at,
            collected_by: self.collected_by,
            clock_offset_seconds: self.clock_offset_seconds,
            store,
            services: self.services,
            rows,
            metadata,
            trusts,
            refresh_job: self.refresh_job,
            script_sha256: self.script_sha256,
            network_identity: self.network_identity,
            other_rows: self.other_rows,
        }
    }

    /// As [`ServerFacts::turn`] where nothing can fail.
    pub fn turn_surely<D>(self, mut turn: impl FnMut(C) -> D) -> ServerFacts<D> {
        self.turn(|certificate| Ok::<D, Infallible>(turn(certificate)).map_err(|never| match never {}))
    }
}
