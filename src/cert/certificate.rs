//! One X.509 certificate (RFC 5280) and what can be asked of it.
//!
//! The DER is kept as it came: thumbprints and comparisons rest on it, and it is what is written out again.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, KeyUsage};
use x509_cert::time::Time;

use super::digest::{Fingerprint, Thumbprint, hex_upper};
use super::extensions::Extensions;
use super::key::{KeyAlgorithm, PublicKey};
use super::name::DistinguishedName;
use super::signature::{SignatureAlgorithm, VerifyError};

/// The object identifiers of the extensions that s2scert reads.
pub mod oid {
    use const_oid::ObjectIdentifier;

    /// `subjectKeyIdentifier`, RFC 5280 section 4.2.1.2.
    pub const SUBJECT_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
    /// `keyUsage`, RFC 5280 section 4.2.1.3.
    pub const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
    /// `subjectAltName`, RFC 5280 section 4.2.1.6.
    pub const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
    /// `basicConstraints`, RFC 5280 section 4.2.1.9.
    pub const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    /// `authorityKeyIdentifier`, RFC 5280 section 4.2.1.1.
    pub const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
    /// `extKeyUsage`, RFC 5280 section 4.2.1.12.
    pub const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
    /// `id-kp-serverAuth`, RFC 5280 section 4.2.1.12.
    pub const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
    /// The Netscape comment: an IA5String that every certificate viewer shows as it is.
    pub const COMMENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113730.1.13");
}

/// The comment with which [`issue`](super::issue) marks a self-signed evaluation certificate.
pub const EVALUATION_COMMENT: &str = "s2scert evaluation certificate, not for production";

/// Why bytes are not a certificate.
#[derive(Debug, thiserror::Error)]
#[error("not an X.509 certificate: {reason}")]
pub struct CertificateError {
    reason: String,
}

/// One X.509 certificate. Equality and hash are those of its DER.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    inner: Arc<CertificateInner<Raw>>,
}

/// A name under which a host or service is known, from the `subjectAltName` extension.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum AltName {
    /// A DNS name.
    Dns(String),
    /// An IP address, printed.
    Ip(String),
    /// An e-mail address.
    Email(String),
    /// A URI.
    Uri(String),
    /// Any other form, described.
    Other(String),
}

impl Certificate {
    /// Reads exactly one DER certificate.
    ///
    /// # Errors
    /// [`CertificateError`] when the bytes are not a certificate of RFC 5280 section 4.1, or when something follows it.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let inner = CertificateInner::<Raw>::from_der(der).map_err(|e| CertificateError { reason: e.to_string() })?;
        Ok(Self { der: der.into(), inner: Arc::new(inner) })
    }

    /// Returns the DER as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the SHA-1 thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of(&self.der)
    }

    /// Returns the SHA-256 fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    /// Returns the version as people count it: 1, 2 or 3.
    pub fn version(&self) -> u8 {
        self.inner.tbs_certificate().version() as u8 + 1
    }

    /// Returns the subject.
    pub fn subject(&self) -> DistinguishedName {
        self.name_at(4).unwrap_or_else(|| DistinguishedName::from_decoded(self.inner.tbs_certificate().subject()))
    }

    /// Returns the issuer.
    pub fn issuer(&self) -> DistinguishedName {
        self.name_at(2).unwrap_or_else(|| DistinguishedName::from_decoded(self.inner.tbs_certificate().issuer()))
    }

    /// Returns the name at a position of the `TBSCertificate`, counted from the serial number, as it is encoded: decoding
    /// sorts the attributes of a multi-valued RDN, which is not what Windows prints.
    fn name_at(&self, position: usize) -> Option<DistinguishedName> {
        // The version, `[0]`, is absent in version 1.
        let versioned = super::der::raw_element(&self.der, &[0, 0])?.first() == Some(&0xa0);
        super::der::raw_element(&self.der, &[0, position + usize::from(versioned)]).map(DistinguishedName::from_encoded)
    }

    /// Returns the content octets of the serial number.
    pub fn serial(&self) -> &[u8] {
        self.inner.tbs_certificate().serial_number().as_bytes()
    }

    /// Returns the serial number as upper-case hexadecimal.
    pub fn serial_hex(&self) -> String {
        hex_upper(self.serial())
    }

    /// Returns the first instant of validity.
    pub fn not_before(&self) -> Timestamp {
        timestamp(&self.inner.tbs_certificate().validity().not_before)
    }

    /// Returns the last instant of validity.
    pub fn not_after(&self) -> Timestamp {
        timestamp(&self.inner.tbs_certificate().validity().not_after)
    }

    /// Returns whether `now` lies within the validity period, both ends included.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before() <= now && now <= self.not_after()
    }

    /// Returns the public key.
    pub fn public_key(&self) -> PublicKey {
        let spki = self.inner.tbs_certificate().subject_public_key_info();
        // What was decoded from DER encodes again.
        PublicKey::from_spki_der(&spki.to_der().unwrap_or_default())
    }

    /// Returns the algorithm and size of the public key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.public_key().algorithm().clone()
    }

    /// Returns the algorithm of the issuer's signature.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::from_identifier(self.inner.signature_algorithm())
    }

    /// Returns the extensions in the order in which they stand.
    pub fn extensions(&self) -> &[Extension] {
        self.inner.tbs_certificate().extensions().map_or(&[], |extensions| extensions.as_slice())
    }

    /// Returns the extensions, to be asked for what they say.
    pub fn extension_set(&self) -> Extensions<'_> {
        Extensions(self.extensions())
    }

    /// Returns the content of the first extension with this identifier.
    pub fn extension(&self, oid: ObjectIdentifier) -> Option<&Extension> {
        self.extension_set().get(oid)
    }

    /// Returns the key usage bits, if the extension stands and can be read.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.extension_set().key_usage()
    }

    /// Returns the extended key usages; empty where the extension is absent.
    pub fn extended_key_usage(&self) -> Vec<ObjectIdentifier> {
        self.extension_set().extended_key_usage()
    }

    /// Returns the alternative names; empty where the extension is absent.
    pub fn alt_names(&self) -> Vec<AltName> {
        self.extension_set().alt_names()
    }

    /// Returns whether the certificate may issue others, and how long the path below may be.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.extension_set().basic_constraints()
    }

    /// Returns whether `basicConstraints` says that this is a certificate authority.
    pub fn is_ca(&self) -> bool {
        self.basic_constraints().is_some_and(|constraints| constraints.ca)
    }

    /// Returns the subject key identifier.
    pub fn subject_key_id(&self) -> Option<Vec<u8>> {
        self.extension_set().subject_key_id()
    }

    /// Returns the authority key identifier.
    pub fn authority_key_id(&self) -> Option<AuthorityKeyIdentifier> {
        self.extension_set().authority_key_id()
    }

    /// Returns the Netscape comment, if there is one.
    pub fn comment(&self) -> Option<String> {
        self.extension_set().decoded::<der::asn1::Ia5String>(oid::COMMENT).map(|text| text.to_string())
    }

    /// Returns whether this certificate carries the mark of an evaluation certificate.
    pub fn is_evaluation(&self) -> bool {
        self.comment().is_some_and(|comment| comment == EVALUATION_COMMENT)
    }

    /// Returns whether subject and issuer are the same, byte for byte.
    pub fn is_self_issued(&self) -> bool {
        self.subject() == self.issuer()
    }

    /// Returns whether the certificate is self-issued and its signature verifies with its own key.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.verify_signed_by(&self.public_key()).is_ok()
    }

    /// Verifies the signature with the public key of a supposed issuer. Names and validity are not looked at.
    ///
    /// # Errors
    /// [`VerifyError`] when the signature does not verify, or when the algorithm is one that s2scert cannot verify.
    pub fn verify_signed_by(&self, issuer: &PublicKey) -> Result<(), VerifyError> {
        let tbs = super::der::raw_element(&self.der, &[0]).ok_or(VerifyError::Malformed)?;
        let signature = self.inner.signature().as_bytes().ok_or(VerifyError::Malformed)?;
        self.signature_algorithm().verify(issuer, tbs, signature)
    }
}

impl AltName {
    pub(super) fn from_general(name: &GeneralName) -> Self {
        match name {
            GeneralName::DnsName(text) => Self::Dns(text.to_string()),
            GeneralName::Rfc822Name(text) => Self::Email(text.to_string()),
            GeneralName::UniformResourceIdentifier(text) => Self::Uri(text.to_string()),
            GeneralName::IpAddress(octets) => Self::Ip(ip_text(octets.as_bytes())),
            GeneralName::DirectoryName(name) => {
                Self::Other(format!("directory:{}", DistinguishedName::from_decoded(name)))
            }
            GeneralName::RegisteredId(oid) => Self::Other(format!("oid:{oid}")),
            GeneralName::OtherName(other) => Self::Other(format!("other:{}", other.type_id)),
            GeneralName::EdiPartyName(_) => Self::Other("ediParty".to_owned()),
        }
    }
}

impl fmt::Display for AltName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(text) => write!(f, "dns:{text}"),
            Self::Ip(text) => write!(f, "ip:{text}"),
            Self::Email(text) => write!(f, "email:{text}"),
            Self::Uri(text) => write!(f, "uri:{text}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

fn ip_text(octets: &[u8]) -> String {
    if let Ok(v4) = <[u8; 4]>::try_from(octets) {
        std::net::Ipv4Addr::from(v4).to_string()
    } else if let Ok(v6) = <[u8; 16]>::try_from(octets) {
        std::net::Ipv6Addr::from(v6).to_string()
    } else {
        hex_upper(octets)
    }
}

fn timestamp(time: &Time) -> Timestamp {
    let since_epoch = time.to_unix_duration();
    // The type holds years 1970 to 9999, which a Timestamp holds too.
    Timestamp::new(i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX), 0).unwrap_or(Timestamp::MAX)
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl Hash for Certificate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.der.hash(state);
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.thumbprint(), self.subject())
    }
}
