//! Certificate signing requests (PKCS#10, RFC 2986), read for inspection.

use const_oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::Extension;
use x509_cert::request::CertReq;

use super::der::{INTEGER, Reader, raw_element};
use super::extensions::text;
use super::key::PublicKey;
use super::name::DistinguishedName;
use super::signature::{SignatureAlgorithm, VerifyError};

/// `extensionRequest`, RFC 2985 section 5.4.2.
const EXTENSION_REQUEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.14");
/// The same from certreq of old: `szOID_CERT_EXTENSIONS`.
const MICROSOFT_EXTENSIONS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.14");

/// `szOID_ENROLLMENT_NAME_VALUE_PAIR`: what certreq was told with `-attrib`.
const NAME_VALUE_PAIR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.13.2.1");
/// `szOID_ENROLLMENT_CSP_PROVIDER`: the provider that made the key.
const ENROLLMENT_PROVIDER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.13.2.2");
/// `szOID_OS_VERSION`: the Windows on which the request was made.
const OS_VERSION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.13.2.3");

/// Why bytes are not a request.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a certificate signing request: {reason}")]
pub struct CsrError {
    reason: String,
}

/// An attribute of a request that asks for no extension.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CsrAttribute {
    /// Its type.
    pub oid: ObjectIdentifier,
    /// What it says, where that is known and no secret: the provider that certreq names, the template that is asked for.
    /// A challenge password is a secret.
    pub text: Option<String>,
}

/// A certificate signing request.
#[derive(Clone, Debug)]
pub struct Csr {
    der: Vec<u8>,
    subject: DistinguishedName,
    public_key: PublicKey,
    extensions: Vec<Extension>,
    other_attributes: Vec<CsrAttribute>,
    signature_algorithm: SignatureAlgorithm,
    signature: Result<(), VerifyError>,
}

impl Csr {
    /// Reads exactly one DER request and verifies its signature. A wrong signature is kept as a fact, see
    /// [`Csr::signature`].
    ///
    /// # Errors
    /// [`CsrError`] when the bytes are not a `CertificationRequest` of RFC 2986 section 4.2.
    pub fn from_der(der: &[u8]) -> Result<Self, CsrError> {
        let damaged = |e: der::Error| CsrError { reason: e.to_string() };
        let request = CertReq::from_der(der).map_err(damaged)?;
        let public_key = PublicKey::from_spki_der(&request.info.public_key.to_der().map_err(damaged)?);
        let signature_algorithm = SignatureAlgorithm::from_identifier(&request.algorithm);
        let signature = match (raw_element(der, &[0]), request.signature.as_bytes()) {
            (Some(info), Some(signature)) => signature_algorithm.verify(&public_key, info, signature),
            _ => Err(VerifyError::Malformed),
        };
        let (mut extensions, mut other_attributes) = (Vec::new(), Vec::new());
        for attribute in request.info.attributes.iter() {
            if [EXTENSION_REQUEST, MICROSOFT_EXTENSIONS].contains(&attribute.oid) {
                for value in attribute.values.iter() {
                    extensions.extend(value.decode_as::<Vec<Extension>>().map_err(damaged)?);
                }
            } else {
                let value = attribute.values.iter().next().and_then(|value| value.to_der().ok());
                let text = value.and_then(|der| attribute_text(attribute.oid, &der));
                other_attributes.push(CsrAttribute { oid: attribute.oid, text });
            }
        }
        let subject = DistinguishedName::from_decoded(&request.info.subject);
        let der = der.to_vec();
        Ok(Self { der, subject, public_key, extensions, other_attributes, signature_algorithm, signature })
    }

    /// Returns the DER as it was read.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the subject asked for.
    pub fn subject(&self) -> &DistinguishedName {
        &self.subject
    }

    /// Returns the public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Returns the extensions asked for.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// Returns the other attributes, such as those with which certreq names its provider.
    pub fn other_attributes(&self) -> &[CsrAttribute] {
        &self.other_attributes
    }

    /// Returns the algorithm of the signature.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signature_algorithm
    }

    /// Returns whether the signature was made with the private key of the request.
    ///
    /// # Errors
    /// [`VerifyError`] when it was not, or cannot be verified here.
    pub fn signature(&self) -> Result<(), VerifyError> {
        self.signature.clone()
    }
}

/// Reads what an attribute of Microsoft's says. A name that `-attrib` did not give to the template may belong to a secret.
fn attribute_text(oid: ObjectIdentifier, der: &[u8]) -> Option<String> {
    match oid {
        OS_VERSION => text(der),
        NAME_VALUE_PAIR => {
            let mut pair = Reader::new(der).sequence().ok()?;
            let name = text(pair.any().ok()?.whole)?;
            let value = text(pair.any().ok()?.whole)?;
            Some(if name.eq_ignore_ascii_case("CertificateTemplate") { format!("{name}={value}") } else { name })
        }
        ENROLLMENT_PROVIDER => {
            let mut provider = Reader::new(der).sequence().ok()?;
            provider.expect(INTEGER).ok()?;
            text(provider.any().ok()?.whole)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::cert::certificate::oid;
    use crate::cert::test_pki::{Draft, ec_key, key_pair};

    fn request() -> (Vec<u8>, rcgen::KeyPair) {
        let key = ec_key();
        let mut draft = Draft::leaf("s2s.contoso.com");
        draft.0.is_ca = rcgen::IsCa::NoCa;
        draft.0.use_authority_key_identifier_extension = false;
        (draft.0.serialize_request(&key).unwrap().der().to_vec(), key)
    }

    #[test]
    fn subject_key_extensions_and_signature_are_read() {
        let (der, key) = request();
        let csr = Csr::from_der(&der).unwrap();
        assert_eq!(csr.subject().to_string(), "CN=s2s.contoso.com");
        assert_eq!(csr.public_key(), key_pair(&key).public_key());
        assert!(csr.extensions().iter().any(|extension| extension.extn_id == oid::EXTENDED_KEY_USAGE));
        assert_eq!((csr.signature(), csr.der()), (Ok(()), der.as_slice()));
    }

    #[test]
    fn an_altered_request_does_not_verify() {
        let (mut der, _) = request();
        let at = der.windows(3).position(|window| window == b"s2s").unwrap();
        der[at] = b'x';
        let csr = Csr::from_der(&der).unwrap();
        assert_eq!(csr.subject().to_string(), "CN=x2s.contoso.com");
        assert_eq!(csr.signature(), Err(VerifyError::Invalid));
    }

    #[test]
    fn a_truncated_request_is_an_error() {
        let (der, _) = request();
        for length in 0..der.len() {
            assert!(Csr::from_der(&der[..length]).is_err(), "{length}");
        }
    }
}
