//! What can be wrong, as data: the sort, whom it concerns, and the places that show it. Weight and words are in `policy`.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;

use super::facts::{Reading, RowKind};
use super::seen::SeenCertificate;

/// A part of what a server shows.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Its certificate store.
    Store,
    /// Its services.
    Services,
    /// The rows of the configuration database.
    Rows,
    /// The metadata document of an organization.
    Metadata(String),
    /// The trusts of SharePoint.
    Trusts,
    /// The timer job of SharePoint.
    RefreshJob,
    /// Its clock.
    Clock,
}

/// A part of what one server shows.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Spot {
    /// The server.
    pub server: String,
    /// The part.
    pub topic: Topic,
}

impl Spot {
    /// Names a part of what a server shows.
    pub fn new(server: &str, topic: Topic) -> Self {
        Self { server: server.to_owned(), topic }
    }
}

/// One disagreement. It stands as long as the spots in its evidence are seen, whatever else is not.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// What.
    pub kind: Kind,
    /// Whom it concerns: a server, an organization on a server, a trust.
    pub about: String,
    /// The certificate, if it is about one.
    pub certificate: Option<Arc<SeenCertificate>>,
    /// Whether the row names that certificate, so that tokens are signed with it now.
    pub in_use: bool,
    /// What shows it.
    pub evidence: Vec<Spot>,
}

/// The sorts of disagreement.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Kind {
    /// No row of type S2STokenIssuer.
    RowMissing,
    /// More than one row of a type.
    RowTwice(RowSort, usize),
    /// Rows of other types name the certificate too.
    SharedWithRow(Vec<String>),
    /// Two servers show different rows.
    RowsDiffer(String),
    /// The row names a certificate that a server lacks.
    RowNamesMissing,
    /// A server has another certificate under the subject that the row names.
    OtherBehindSubject(String),
    /// A subject stands twice in a store.
    SubjectTwice(usize),
    /// The store has the certificate without a private key.
    KeyMissing,
    /// The private key is not that of the certificate.
    KeyMismatch,
    /// The key is in CNG.
    KeyInCng(String),
    /// The key was filed as AT_SIGNATURE, or as nothing.
    KeySpecWrong(u32),
    /// The key belongs to a user.
    KeyOfUser,
    /// An account cannot read the key.
    KeyUnread(String, Unread),
    /// An issuer is missing or not trusted.
    ChainMissing(String),
    /// A TLS binding uses the certificate too.
    SharedWithTls(Vec<String>),
    /// A metadata document does not have the certificate of the row.
    MetadataStale(String),
    /// A metadata document has no key at all.
    MetadataEmpty(String),
    /// A trust does not have the certificate of the row.
    TrustLacks,
    /// SharePoint has no trust of this name.
    TrustMissing,
    /// A trust does not read the metadata.
    TrustFixed,
    /// A trust names another issuer than the metadata.
    TrustIssuer(String, String),
    /// The job that re-reads the metadata is missing or off.
    RefreshOff,
    /// The job ran last too long ago.
    RefreshLate(Option<Timestamp>),
    /// A certificate has expired in a place.
    Expired(Where),
    /// A certificate expires within the threshold, in days.
    ExpiresSoon(Where, i64),
    /// Clocks are apart, in seconds.
    ClocksApart(String, i64),
    /// A service runs under another account than the description says.
    AccountDiffers(String, String),
    /// What a server showed is old, in hours.
    FactsOld(i64),
    /// What a server showed is from the future.
    FactsFromFuture,
}

/// A row type, ordered.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RowSort {
    /// S2STokenIssuer.
    Primary,
    /// AlternativeS2STokenIssuer.
    Alternative,
}

impl From<RowKind> for RowSort {
    fn from(kind: RowKind) -> Self {
        match kind {
            RowKind::S2STokenIssuer => Self::Primary,
            RowKind::AlternativeS2STokenIssuer => Self::Alternative,
        }
    }
}

/// Why an account cannot read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Unread {
    /// Nothing lets it.
    Missing,
    /// Something forbids it.
    Denied,
}

impl Unread {
    /// Returns why, unless it can.
    pub(super) fn of(reading: Reading) -> Option<Self> {
        match reading {
            Reading::Granted => None,
            Reading::Missing => Some(Self::Missing),
            Reading::Denied => Some(Self::Denied),
        }
    }
}

/// In which place a certificate expires.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Where {
    /// In a store.
    Store,
    /// In the row.
    Row,
    /// In the second row.
    AlternativeRow,
    /// In a metadata document.
    Metadata,
    /// As the signing certificate of a trust.
    TrustSigning,
    /// As an additional certificate of a trust.
    TrustAdditional,
}

impl Where {
    /// Returns the place in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Store => "the certificate store",
            Self::Row => "the row S2STokenIssuer",
            Self::AlternativeRow => "the row AlternativeS2STokenIssuer",
            Self::Metadata => "the metadata document",
            Self::TrustSigning => "the signing certificate of the trust",
            Self::TrustAdditional => "an additional certificate of the trust",
        }
    }
}

impl Kind {
    /// Returns the stable identifier, never reused.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        match self {
            Self::RowMissing => "row-missing",
            Self::RowTwice(..) => "row-twice",
            Self::RowsDiffer(_) => "rows-differ",
            Self::SharedWithRow(_) => "row-shared",
            Self::RowNamesMissing => "row-certificate-missing",
            Self::OtherBehindSubject(_) => "other-certificate-behind-subject",
            Self::SubjectTwice(_) => "subject-twice",
            Self::KeyMissing => "key-missing",
            Self::KeyMismatch => "key-of-another-certificate",
            Self::KeyInCng(_) => "key-in-cng",
            Self::KeySpecWrong(_) => "key-specification",
            Self::KeyOfUser => "key-of-a-user",
            Self::KeyUnread(..) => "key-not-readable",
            Self::ChainMissing(_) => "chain-missing",
            Self::SharedWithTls(_) => "shared-with-tls",
            Self::MetadataStale(_) => "metadata-stale",
            Self::MetadataEmpty(_) => "metadata-empty",
            Self::TrustLacks => "trust-lacks-certificate",
            Self::TrustMissing => "trust-missing",
            Self::TrustFixed => "trust-not-from-metadata",
            Self::TrustIssuer(..) => "trust-issuer-differs",
            Self::RefreshOff => "refresh-job-off",
            Self::RefreshLate(_) => "refresh-job-late",
            Self::Expired(_) => "expired",
            Self::ExpiresSoon(..) => "expires-soon",
            Self::ClocksApart(..) => "clocks-apart",
            Self::AccountDiffers(..) => "account-differs",
            Self::FactsOld(_) => "facts-old",
            Self::FactsFromFuture => "facts-from-the-future",
        }
    }
}
