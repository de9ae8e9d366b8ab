//! What stands in the extensions of a certificate, and in those that a request asks for (RFC 5280 section 4.2).
//!
//! What cannot be read counts as absent here; that the extension stands is still seen in the list.

use const_oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::DistributionPointName;
use x509_cert::ext::pkix::{
    AuthorityInfoAccessSyntax, AuthorityKeyIdentifier, BasicConstraints, CertificatePolicies, CrlDistributionPoints,
    ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier,
};

use super::certificate::{AltName, oid};
use super::der::{BMP_STRING, INTEGER, Reader, SEQUENCE};

/// `cRLDistributionPoints`, RFC 5280 section 4.2.1.13.
const CRL_DISTRIBUTION_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
/// `certificatePolicies`, RFC 5280 section 4.2.1.4.
const CERTIFICATE_POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
/// `id-qt-cps`, RFC 5280 section 4.2.1.4: where the authority publishes its rules.
const CPS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.2.1");
/// `authorityInfoAccess`, RFC 5280 section 4.2.2.1.
const AUTHORITY_INFO_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
/// `szOID_ENROLL_CERTTYPE_EXTENSION`: the name of an AD CS template of version 1.
const TEMPLATE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.20.2");
/// `szOID_CERTIFICATE_TEMPLATE`: the identifier of an AD CS template of version 2 and later.
const TEMPLATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.21.7");

/// A list of extensions in their order.
#[derive(Clone, Copy, Debug)]
pub struct Extensions<'a>(pub &'a [Extension]);

/// A place where the authority offers something (`AccessDescription`, RFC 5280 section 4.2.2.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// What is offered there: `id-ad-caIssuers`, `id-ad-ocsp`.
    pub method: ObjectIdentifier,
    /// Where.
    pub location: AltName,
}

/// A policy under which the certificate was issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct IssuingPolicy {
    /// Its identifier.
    pub id: ObjectIdentifier,
    /// Where it is published.
    pub published_at: Vec<String>,
}

/// The AD CS template by which a certificate was made, or is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Template {
    /// By name: `WebServer`.
    Name(String),
    /// By identifier, with the version.
    Id {
        /// The identifier.
        id: ObjectIdentifier,
        /// Major and minor version.
        version: (u64, u64),
    },
}

impl<'a> Extensions<'a> {
    /// Returns the first extension with this identifier.
    pub fn get(self, oid: ObjectIdentifier) -> Option<&'a Extension> {
        self.0.iter().find(|extension| extension.extn_id == oid)
    }

    /// Returns the first extension with this identifier, decoded.
    pub(super) fn decoded<T: Decode<'a>>(self, oid: ObjectIdentifier) -> Option<T> {
        T::from_der(self.get(oid)?.extn_value.as_bytes()).ok()
    }

    /// Returns the key usage bits, if the extension stands and can be read.
    pub fn key_usage(self) -> Option<KeyUsage> {
        self.decoded(oid::KEY_USAGE)
    }

    /// Returns the extended key usages; empty where the extension is absent.
    pub fn extended_key_usage(self) -> Vec<ObjectIdentifier> {
        self.decoded::<ExtendedKeyUsage>(oid::EXTENDED_KEY_USAGE).map_or_else(Vec::new, |usage| usage.0)
    }

    /// Returns the alternative names; empty where the extension is absent.
    pub fn alt_names(self) -> Vec<AltName> {
        self.decoded::<SubjectAltName>(oid::SUBJECT_ALT_NAME)
            .map_or_else(Vec::new, |names| names.0.iter().map(AltName::from_general).collect())
    }

    /// Returns whether the certificate may issue others, and how long the path below may be.
    pub fn basic_constraints(self) -> Option<BasicConstraints> {
        self.decoded(oid::BASIC_CONSTRAINTS)
    }

    /// Returns the subject key identifier.
    pub fn subject_key_id(self) -> Option<Vec<u8>> {
        self.decoded::<SubjectKeyIdentifier>(oid::SUBJECT_KEY_IDENTIFIER).map(|id| id.0.as_bytes().to_vec())
    }

    /// Returns the authority key identifier.
    pub fn authority_key_id(self) -> Option<AuthorityKeyIdentifier> {
        self.decoded(oid::AUTHORITY_KEY_IDENTIFIER)
    }

    /// Returns where revocation lists are published; empty where the extension is absent.
    pub fn crl_distribution_points(self) -> Vec<AltName> {
        let points = self.decoded::<CrlDistributionPoints>(CRL_DISTRIBUTION_POINTS).map_or_else(Vec::new, |all| all.0);
        points
            .iter()
            .filter_map(|point| match &point.distribution_point {
                Some(DistributionPointName::FullName(names)) => Some(names.iter().map(AltName::from_general)),
                Some(DistributionPointName::NameRelativeToCRLIssuer(_)) | None => None,
            })
            .flatten()
            .collect()
    }

    /// Returns where the authority offers its certificate and revocation answers; empty where the extension is absent.
    pub fn authority_info_access(self) -> Vec<Access> {
        let access =
            self.decoded::<AuthorityInfoAccessSyntax>(AUTHORITY_INFO_ACCESS).map_or_else(Vec::new, |all| all.0);
        access
            .iter()
            .map(|one| Access { method: one.access_method, location: AltName::from_general(&one.access_location) })
            .collect()
    }

    /// Returns the policies of the authority; empty where the extension is absent.
    pub fn certificate_policies(self) -> Vec<IssuingPolicy> {
        let policies = self.decoded::<CertificatePolicies>(CERTIFICATE_POLICIES).map_or_else(Vec::new, |all| all.0);
        policies
            .iter()
            .map(|policy| IssuingPolicy {
                id: policy.policy_identifier,
                published_at: policy
                    .policy_qualifiers
                    .iter()
                    .flatten()
                    .filter(|qualifier| qualifier.policy_qualifier_id == CPS)
                    .filter_map(|qualifier| ia5(&qualifier.qualifier.as_ref()?.to_der().ok()?))
                    .collect(),
            })
            .collect()
    }

    /// Returns the AD CS template; the identifier where both forms stand.
    pub fn template(self) -> Option<Template> {
        let by_id = self.get(TEMPLATE).and_then(|one| template_id(one.extn_value.as_bytes()));
        by_id.or_else(|| text(self.get(TEMPLATE_NAME)?.extn_value.as_bytes()).map(Template::Name))
    }
}

/// `CertificateTemplate` of Microsoft's certificate services: the identifier, then major and minor version.
fn template_id(der: &[u8]) -> Option<Template> {
    let mut fields = Reader::new(der).sequence().ok()?;
    let id = fields.oid().ok()?;
    let mut number = || fields.optional(INTEGER).ok()??.unsigned().ok();
    let version = (number().unwrap_or(0), number().unwrap_or(0));
    Some(Template::Id { id, version })
}

/// Reads one string: BMPString as Windows writes it, or any of the string types whose octets are UTF-8 or ASCII.
pub(super) fn text(der: &[u8]) -> Option<String> {
    let element = Reader::new(der).any().ok()?;
    if element.tag == SEQUENCE {
        return None;
    }
    if element.tag != BMP_STRING {
        return String::from_utf8(element.content.to_vec()).ok();
    }
    let (pairs, rest) = element.content.as_chunks::<2>();
    let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
    rest.is_empty().then(|| char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn ia5(der: &[u8]) -> Option<String> {
    text(der).filter(|text| text.is_ascii())
}

impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Id { id, version: (major, minor) } => write!(f, "{id}, version {major}.{minor}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use x509_cert::der::asn1::OctetString;

    use super::super::der as asn1;
    use super::*;

    fn extension(oid: ObjectIdentifier, value: &[u8]) -> Extension {
        Extension { extn_id: oid, critical: false, extn_value: OctetString::new(value).unwrap() }
    }

    fn uri(text: &str) -> Vec<u8> {
        asn1::tlv(0x86, text.as_bytes())
    }

    #[test]
    fn what_ad_cs_writes_is_read() {
        let utf16: Vec<u8> = "WebServer".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let id = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.21.8.1.2.3");
        let name = extension(TEMPLATE_NAME, &asn1::tlv(BMP_STRING, &utf16));
        let by_id =
            extension(TEMPLATE, &asn1::sequence(&[&asn1::oid(id), &asn1::unsigned(&[100]), &asn1::unsigned(&[3])]));
        let both = [name.clone(), by_id];
        assert_eq!(Extensions(&both).template(), Some(Template::Id { id, version: (100, 3) }));
        assert_eq!(Extensions(&both).template().unwrap().to_string(), "1.3.6.1.4.1.311.21.8.1.2.3, version 100.3");
        assert_eq!(Extensions(&[name]).template().unwrap().to_string(), "WebServer");
        for damaged in [&b"\x1e\x03\x00W\x00"[..], b"", b"\x30\x00"] {
            assert_eq!(Extensions(&[extension(TEMPLATE_NAME, damaged)]).template(), None, "{damaged:?}");
        }
    }

    #[test]
    fn places_and_policies_of_an_authority_are_read() {
        let (list, issuers) = ("http://pki.contoso.com/ca.crl", "http://pki.contoso.com/ca.crt");
        let point = asn1::sequence(&[&asn1::tlv(0xa0, &asn1::tlv(0xa0, &uri(list)))]);
        let ca_issuers = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
        let access = asn1::sequence(&[&asn1::oid(ca_issuers), &uri(issuers)]);
        let policy = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1");
        let cps = asn1::sequence(&[&asn1::oid(CPS), &asn1::tlv(0x16, b"http://pki.contoso.com/cps")]);
        let policies = asn1::sequence(&[&asn1::sequence(&[&asn1::oid(policy), &asn1::sequence(&[&cps])])]);
        let all = [
            extension(CRL_DISTRIBUTION_POINTS, &asn1::sequence(&[&point])),
            extension(AUTHORITY_INFO_ACCESS, &asn1::sequence(&[&access])),
            extension(CERTIFICATE_POLICIES, &policies),
        ];
        let read = Extensions(&all);
        assert_eq!(read.crl_distribution_points(), [AltName::Uri(list.to_owned())]);
        let location = AltName::Uri(issuers.to_owned());
        assert_eq!(read.authority_info_access(), [Access { method: ca_issuers, location }]);
        let published_at = vec!["http://pki.contoso.com/cps".to_owned()];
        assert_eq!(read.certificate_policies(), [IssuingPolicy { id: policy, published_at }]);
        assert!(Extensions(&[]).certificate_policies().is_empty());
    }
}
