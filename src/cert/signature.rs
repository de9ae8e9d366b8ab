//! Signature algorithms of certificates, and the verification of one signature.

use std::fmt;

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use const_oid::ObjectIdentifier;
use spki::AlgorithmIdentifierOwned;
use x509_cert::der::{Decode, Encode, asn1::ContextSpecific};

use super::key::{KeyAlgorithm, PublicKey};

/// The hash under a signature.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Hash {
    /// MD2, broken.
    Md2,
    /// MD5, broken.
    Md5,
    /// SHA-1, broken for signatures.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Returns whether collisions can be made for this hash, so that a signature over it proves nothing.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Md2 | Self::Md5 | Self::Sha1)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// The algorithm of a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2).
    RsaPkcs1(Hash),
    /// RSASSA-PSS (RFC 8017 section 8.1). The hash is `None` where the parameters cannot be read.
    RsaPss(Option<Hash>),
    /// ECDSA.
    Ecdsa(Hash),
    /// Ed25519.
    Ed25519,
    /// One that s2scert does not know.
    Other(ObjectIdentifier),
}

/// Why a signature was not accepted.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifyError {
    /// The signature was not made by this key over this content.
    #[error("the signature does not verify with the issuer's key")]
    Invalid,
    /// The structure around the signature is damaged.
    #[error("the signed structure is damaged")]
    Malformed,
    /// The algorithm or key size cannot be verified here.
    #[error("signatures of {0} cannot be verified")]
    Unsupported(String),
}

impl SignatureAlgorithm {
    /// Names the algorithm of an `AlgorithmIdentifier`.
    pub fn from_identifier(identifier: &AlgorithmIdentifierOwned) -> Self {
        let text = identifier.oid.to_string();
        match text.as_str() {
            "1.2.840.113549.1.1.2" => Self::RsaPkcs1(Hash::Md2),
            "1.2.840.113549.1.1.4" => Self::RsaPkcs1(Hash::Md5),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::RsaPkcs1(Hash::Sha1),
            "1.2.840.113549.1.1.14" => Self::RsaPkcs1(Hash::Sha224),
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(Hash::Sha256),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(Hash::Sha384),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(Hash::Sha512),
            "1.2.840.113549.1.1.10" => Self::RsaPss(pss_hash(identifier)),
            "1.2.840.10045.4.1" => Self::Ecdsa(Hash::Sha1),
            "1.2.840.10045.4.3.1" => Self::Ecdsa(Hash::Sha224),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(Hash::Sha256),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(Hash::Sha384),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(Hash::Sha512),
            "1.3.101.112" => Self::Ed25519,
            _ => Self::Other(identifier.oid),
        }
    }

    /// Returns the hash, where the algorithm has one of its own.
    pub fn hash(self) -> Option<Hash> {
        match self {
            Self::RsaPkcs1(hash) | Self::Ecdsa(hash) => Some(hash),
            Self::RsaPss(hash) => hash,
            Self::Ed25519 | Self::Other(_) => None,
        }
    }

    /// Verifies `signature` over `content`.
    ///
    /// # Errors
    /// [`VerifyError::Invalid`] where the signature is wrong; [`VerifyError::Unsupported`] for algorithms and key sizes
    /// outside the reach of the cryptographic library.
    pub fn verify(self, key: &PublicKey, content: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
        let algorithm = self
            .verification(key.algorithm())
            .ok_or_else(|| VerifyError::Unsupported(format!("{self} with {} keys", key.algorithm())))?;
        UnparsedPublicKey::new(algorithm, key.bits()).verify(content, signature).map_err(|_| VerifyError::Invalid)
    }

    fn verification(self, key: &KeyAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
        match (self, key) {
            (Self::RsaPkcs1(hash), KeyAlgorithm::Rsa { bits, .. }) => match (hash, *bits) {
                (Hash::Sha1, 1024..=8192) => Some(&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
                (Hash::Sha256, 1024..=8192) => Some(&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
                (Hash::Sha384, 2048..=8192) => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
                (Hash::Sha512, 1024..=8192) => Some(&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY),
                _ => None,
            },
            (Self::RsaPss(Some(hash)), KeyAlgorithm::Rsa { bits: 2048..=8192, .. }) => match hash {
                Hash::Sha256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
                Hash::Sha384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
                Hash::Sha512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
                _ => None,
            },
            (Self::Ecdsa(hash), KeyAlgorithm::Ec { curve }) => match (curve.as_str(), hash) {
                ("P-256", Hash::Sha256) => Some(&signature::ECDSA_P256_SHA256_ASN1),
                ("P-256", Hash::Sha384) => Some(&signature::ECDSA_P256_SHA384_ASN1),
                ("P-256", Hash::Sha512) => Some(&signature::ECDSA_P256_SHA512_ASN1),
                ("P-384", Hash::Sha256) => Some(&signature::ECDSA_P384_SHA256_ASN1),
                ("P-384", Hash::Sha384) => Some(&signature::ECDSA_P384_SHA384_ASN1),
                ("P-384", Hash::Sha512) => Some(&signature::ECDSA_P384_SHA512_ASN1),
                ("P-521", Hash::Sha256) => Some(&signature::ECDSA_P521_SHA256_ASN1),
                ("P-521", Hash::Sha384) => Some(&signature::ECDSA_P521_SHA384_ASN1),
                ("P-521", Hash::Sha512) => Some(&signature::ECDSA_P521_SHA512_ASN1),
                _ => None,
            },
            (Self::Ed25519, KeyAlgorithm::Ed25519) => Some(&signature::ED25519),
            _ => None,
        }
    }
}

fn pss_hash(identifier: &AlgorithmIdentifierOwned) -> Option<Hash> {
    let parameters = identifier.parameters.as_ref()?.to_der().ok()?;
    // RSASSA-PSS-params, RFC 4055 section 3.1: all fields are optional, the hash stands first if it stands.
    let first = super::der::raw_element(&parameters, &[0]);
    let hash = match first {
        None => return Some(Hash::Sha1), // RFC 4055: the default.
        Some(element) => ContextSpecific::<AlgorithmIdentifierOwned>::from_der(element).ok()?.value,
    };
    match hash.oid.to_string().as_str() {
        "1.3.14.3.2.26" => Some(Hash::Sha1),
        "2.16.840.1.101.3.4.2.4" => Some(Hash::Sha224),
        "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(hash) => write!(f, "RSA with {hash}"),
            Self::RsaPss(Some(hash)) => write!(f, "RSA-PSS with {hash}"),
            Self::RsaPss(None) => f.write_str("RSA-PSS"),
            Self::Ecdsa(hash) => write!(f, "ECDSA with {hash}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) => write!(f, "{oid}"),
        }
    }
}
