//! Issuing the self-signed evaluation certificate.
//!
//! Profile: version 3, SHA-256 with RSA, digitalSignature and keyEncipherment (critical), serverAuth, subject key
//! identifier, DNS names where given, and a Netscape comment that marks it as an evaluation certificate, so that policy
//! can tell it from a bought one. No `basicConstraints`: the certificate issues nothing. docs/certificate-profile.md has
//! the reasons and sources.

use std::time::Duration;

use der::asn1::{BitString, Ia5String, OctetString};
use jiff::Timestamp;
use signature::Keypair;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, EncodePublicKey, SubjectPublicKeyInfoOwned,
    SubjectPublicKeyInfoRef,
};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::der::{Any, Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::certificate::{Certificate, CertificateError, EVALUATION_COMMENT, oid};
use super::key::{KeyError, KeyPair};
use super::name::DistinguishedName;

/// How far NotBefore lies in the past, so that a node whose clock is a little slow accepts the certificate at once.
pub const BACKDATED: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// The longest validity in days that can be asked for: a hundred years, well inside the year 9999 of RFC 5280.
pub const MAX_DAYS: u32 = 36_525;

/// The longest DNS name, RFC 1035 section 2.3.4, in its textual form.
const MAX_DNS_NAME: usize = 253;

/// What the certificate shall say.
#[derive(Clone, Debug)]
pub struct Request {
    /// The subject, which is the issuer too.
    pub subject: DistinguishedName,
    /// DNS names for `subjectAltName`; empty leaves the extension out.
    pub dns_names: Vec<String>,
    /// The first instant of validity; parts of a second are dropped.
    pub not_before: Timestamp,
    /// The last instant of validity; parts of a second are dropped.
    pub not_after: Timestamp,
    /// Sixteen random octets: the serial number.
    pub serial: [u8; 16],
}

/// Why a certificate was not issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// A DNS name is not one.
    #[error("{name:?} is not a DNS name: {reason}")]
    DnsName {
        /// The text that was given.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The validity period is empty or outside what RFC 5280 can write.
    #[error("the validity period {not_before} to {not_after} cannot be written")]
    Validity {
        /// The first instant.
        not_before: Timestamp,
        /// The last instant.
        not_after: Timestamp,
    },
    /// The key cannot sign.
    #[error("the key cannot sign the certificate")]
    Key(#[source] KeyError),
    /// The encoder refused a value.
    #[error("the certificate cannot be encoded: {0}")]
    Encoding(String),
    /// What was encoded cannot be read back.
    #[error("the new certificate cannot be read back")]
    ReadBack(#[source] CertificateError),
}

/// Issues a self-signed evaluation certificate.
///
/// # Errors
/// [`IssueError`] names the value that cannot be written.
pub fn self_sign(request: &Request, key: &KeyPair) -> Result<Certificate, IssueError> {
    let encoding = |e: &dyn std::fmt::Display| IssueError::Encoding(e.to_string());
    let subject = Name::from_der(request.subject.der()).map_err(|e| encoding(&e))?;
    let spki = SubjectPublicKeyInfoOwned::from_der(key.public_key().spki_der()).map_err(|e| encoding(&e))?;
    let profile = EvaluationProfile { subject, alt_names: alt_names(&request.dns_names)? };
    let serial = SerialNumber::new(&request.serial).map_err(|e| encoding(&e))?;
    let mut builder = CertificateBuilder::new(profile, serial, validity(request)?, spki).map_err(|e| encoding(&e))?;

    let signer = RsaSigner(key);
    let tbs = builder.finalize(&signer).map_err(|e| encoding(&e))?;
    let signature = key.sign_sha256(&tbs).map_err(IssueError::Key)?;
    let signature = BitString::from_bytes(&signature).map_err(|e| encoding(&e))?;
    let certificate = builder.assemble(signature, &signer).map_err(|e| encoding(&e))?;
    let der = certificate.to_der().map_err(|e| encoding(&e))?;
    Certificate::from_der(&der).map_err(IssueError::ReadBack)
}

fn validity(request: &Request) -> Result<Validity, IssueError> {
    let refused = || IssueError::Validity { not_before: request.not_before, not_after: request.not_after };
    let time = |instant: Timestamp| {
        let seconds = u64::try_from(instant.as_second()).map_err(|_| refused())?;
        Time::try_from(std::time::UNIX_EPOCH + Duration::from_secs(seconds)).map_err(|_| refused())
    };
    if request.not_before >= request.not_after {
        return Err(refused());
    }
    Ok(Validity::new(time(request.not_before)?, time(request.not_after)?))
}

fn alt_names(names: &[String]) -> Result<Option<SubjectAltName>, IssueError> {
    if names.is_empty() {
        return Ok(None);
    }
    let name = |text: &String| {
        check_dns_name(text).map_err(|reason| IssueError::DnsName { name: text.clone(), reason })?;
        Ia5String::new(text).map(GeneralName::DnsName).map_err(|e| IssueError::Encoding(e.to_string()))
    };
    Ok(Some(SubjectAltName(names.iter().map(name).collect::<Result<_, _>>()?)))
}

/// The preferred name syntax of RFC 1034 section 3.5 as RFC 5280 section 4.2.1.6 demands it, and underscores, which
/// Windows host names carry.
fn check_dns_name(text: &str) -> Result<(), &'static str> {
    if text.is_empty() || text.len() > MAX_DNS_NAME {
        return Err("a name has 1 to 253 characters");
    }
    let labels = text.strip_prefix("*.").unwrap_or(text);
    for label in labels.split('.') {
        if label.is_empty() || label.len() > 63 {
            return Err("each part between dots has 1 to 63 characters");
        }
        if !label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_') {
            return Err(
                "only letters, digits, hyphens and underscores stand between dots; write other scripts as xn--",
            );
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a part does not begin or end with a hyphen");
        }
    }
    Ok(())
}

struct EvaluationProfile {
    subject: Name,
    alt_names: Option<SubjectAltName>,
}

impl BuilderProfile for EvaluationProfile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _issuer_key: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let usage = KeyUsage(KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment);
        let mut extensions = vec![
            SubjectKeyIdentifier::try_from(key)?.to_extension(tbs.subject(), &[])?,
            usage.to_extension(tbs.subject(), &[])?,
            ExtendedKeyUsage(vec![oid::SERVER_AUTH]).to_extension(tbs.subject(), &[])?,
        ];
        if let Some(names) = &self.alt_names {
            extensions.push(names.to_extension(tbs.subject(), &extensions)?);
        }
        let comment = Ia5String::new(EVALUATION_COMMENT)?.to_der()?;
        extensions.push(Extension { extn_id: oid::COMMENT, critical: false, extn_value: OctetString::new(comment)? });
        Ok(extensions)
    }
}

/// Shows a [`KeyPair`] to the certificate builder.
struct RsaSigner<'a>(&'a KeyPair);

#[derive(Clone)]
struct RsaPublic(Vec<u8>);

impl Keypair for RsaSigner<'_> {
    type VerifyingKey = RsaPublic;

    fn verifying_key(&self) -> RsaPublic {
        RsaPublic(self.0.public_key().spki_der().to_vec())
    }
}

impl EncodePublicKey for RsaPublic {
    fn to_public_key_der(&self) -> spki::Result<der::Document> {
        der::Document::try_from(self.0.as_slice()).map_err(Into::into)
    }
}

impl DynSignatureAlgorithmIdentifier for RsaSigner<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        // RFC 4055 section 5: sha256WithRSAEncryption has NULL parameters.
        Ok(AlgorithmIdentifierOwned {
            oid: const_oid::db::rfc5912::SHA_256_WITH_RSA_ENCRYPTION,
            parameters: Some(Any::null()),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::cert::key::KeySpec;
    use crate::cert::signature::{Hash, SignatureAlgorithm};

    fn request() -> Request {
        let name: Name = "CN=Dynamics 365 S2S,OU=S2S g20261122-abcdef,O=Contoso,C=US".parse().unwrap();
        Request {
            subject: DistinguishedName::from_decoded(&name),
            dns_names: vec!["crm.contoso.com".to_owned(), "*.contoso.com".to_owned()],
            not_before: "2026-11-22T10:00:00Z".parse().unwrap(),
            not_after: "2027-11-22T10:00:00Z".parse().unwrap(),
            serial: [0xff; 16],
        }
    }

    #[test]
    fn the_certificate_says_what_was_asked_for_and_verifies_with_its_own_key() {
        let key = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        let request = request();
        let certificate = self_sign(&request, &key).unwrap();
        assert_eq!(certificate.version(), 3);
        assert_eq!(certificate.subject(), request.subject);
        assert_eq!(certificate.issuer(), request.subject);
        assert_eq!(certificate.not_before(), request.not_before);
        assert_eq!(certificate.not_after(), request.not_after);
        assert_eq!(certificate.serial_hex(), format!("00{}", "FF".repeat(16)));
        assert_eq!(certificate.signature_algorithm(), SignatureAlgorithm::RsaPkcs1(Hash::Sha256));
        assert_eq!(certificate.extended_key_usage(), [oid::SERVER_AUTH]);
        let usage = certificate.key_usage().unwrap();
        assert!(usage.digital_signature() && usage.key_encipherment() && !usage.key_cert_sign());
        assert_eq!(
            certificate.alt_names().iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["dns:crm.contoso.com", "dns:*.contoso.com"]
        );
        assert_eq!(certificate.subject_key_id().unwrap().len(), 20);
        assert!(certificate.is_evaluation() && certificate.is_self_signed() && !certificate.is_ca());
        assert_eq!(certificate.public_key(), *key.public_key());
    }

    #[test]
    fn what_is_not_a_dns_name_is_refused_with_the_reason() {
        let key = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        for (name, reason) in [
            ("", "1 to 253"),
            ("a..b", "1 to 63"),
            ("-a.contoso.com", "hyphen"),
            ("crm contoso", "only letters"),
            ("crm.münchen.de", "only letters"),
            (&"a".repeat(64), "1 to 63"),
        ] {
            let error = self_sign(&Request { dns_names: vec![name.to_owned()], ..request() }, &key).unwrap_err();
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }

    #[test]
    fn an_empty_or_unwritable_validity_is_refused() {
        let key = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        let base = request();
        for (not_before, not_after) in
            [(base.not_after, base.not_before), (base.not_before, base.not_before), (Timestamp::MIN, base.not_after)]
        {
            let error = self_sign(&Request { not_before, not_after, ..base.clone() }, &key).unwrap_err();
            assert!(matches!(error, IssueError::Validity { .. }), "{error}");
        }
    }
}
