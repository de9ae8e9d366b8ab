//! Public and private keys.
//!
//! A [`KeyPair`] holds the PKCS#8 form (RFC 5208, RFC 5958) and erases it when dropped. Its `Debug` shows no secret.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use const_oid::ObjectIdentifier;
use der::asn1::UintRef;
use der::{Decode, Encode, SliceReader};
use pkcs8::PrivateKeyInfoRef;
use spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

use super::digest::Fingerprint;

/// `rsaEncryption`, RFC 8017 appendix A.1.
pub const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey`, RFC 5480 section 2.1.1.
pub const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// `id-Ed25519`, RFC 8410 section 3.
pub const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The algorithm of a key and its size.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa {
        /// The length of the modulus in bits.
        bits: u32,
        /// The public exponent; `None` where it does not fit 64 bits.
        exponent: Option<u64>,
    },
    /// Elliptic curve.
    Ec {
        /// The name of the curve (`P-256`), or its object identifier.
        curve: String,
    },
    /// Ed25519.
    Ed25519,
    /// One that s2scert does not know, by object identifier.
    Other(String),
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits, .. } => write!(f, "RSA {bits}"),
            Self::Ec { curve } => write!(f, "EC {curve}"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}

/// A public key: its `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PublicKey {
    spki: Vec<u8>,
    bits: Vec<u8>,
    algorithm: KeyAlgorithm,
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`. What cannot be read becomes [`KeyAlgorithm::Other`].
    pub fn from_spki_der(der: &[u8]) -> Self {
        let Ok(spki) = SubjectPublicKeyInfoRef::from_der(der) else {
            return Self {
                spki: der.to_vec(),
                bits: Vec::new(),
                algorithm: KeyAlgorithm::Other("unreadable".to_owned()),
            };
        };
        let bits = spki.subject_public_key.raw_bytes().to_vec();
        let algorithm = match spki.algorithm.oid {
            RSA_ENCRYPTION => rsa_algorithm(&bits),
            EC_PUBLIC_KEY => KeyAlgorithm::Ec { curve: curve_name(spki.algorithm.parameters_oid().ok()) },
            ED25519 => KeyAlgorithm::Ed25519,
            other => KeyAlgorithm::Other(other.to_string()),
        };
        Self { spki: der.to_vec(), bits, algorithm }
    }

    /// Returns the DER of the `SubjectPublicKeyInfo`.
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the content of the `subjectPublicKey` bit string.
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// Returns algorithm and size.
    pub fn algorithm(&self) -> &KeyAlgorithm {
        &self.algorithm
    }

    /// Returns the SHA-256 hash of the `SubjectPublicKeyInfo`, by which key reuse is seen.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.spki)
    }
}

/// The kinds of key that s2scert makes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeySpec {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
}

impl KeySpec {
    /// Returns the length of the modulus in bits.
    pub fn bits(self) -> u32 {
        match self {
            Self::Rsa2048 => 2048,
            Self::Rsa3072 => 3072,
            Self::Rsa4096 => 4096,
        }
    }
}

/// Why a private key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not a PKCS#8 private key.
    #[error("not a PKCS#8 private key: {0}")]
    Malformed(String),
    /// The private numbers do not fit each other, or the size is out of reach.
    #[error("the private key is refused by the cryptographic library: {0}")]
    Rejected(String),
    /// Only RSA keys can sign here.
    #[error("{0} keys cannot sign here: the product signs with RSA")]
    CannotSign(String),
    /// The key generator failed.
    #[error("the key generator failed")]
    Generation,
}

/// A private key with its public key. The private part is erased when dropped and never printed.
#[derive(Clone)]
pub struct KeyPair {
    pkcs8: Zeroizing<Vec<u8>>,
    public: PublicKey,
}

impl KeyPair {
    /// Generates a key. The time it takes varies widely: the search for primes is a lottery.
    ///
    /// # Errors
    /// [`KeyError::Generation`] when the cryptographic library fails.
    pub fn generate(spec: KeySpec) -> Result<Self, KeyError> {
        let size = match spec {
            KeySpec::Rsa2048 => KeySize::Rsa2048,
            KeySpec::Rsa3072 => KeySize::Rsa3072,
            KeySpec::Rsa4096 => KeySize::Rsa4096,
        };
        let pair = RsaKeyPair::generate(size).map_err(|_| KeyError::Generation)?;
        let pkcs8 = pair.as_der().map_err(|_| KeyError::Generation)?;
        Self::from_pkcs8_der(pkcs8.as_ref())
    }

    /// Reads a PKCS#8 `PrivateKeyInfo`. The private numbers are not tested: see [`KeyPair::self_test`].
    ///
    /// # Errors
    /// [`KeyError::Malformed`] when the structure is damaged, [`KeyError::CannotSign`] when the public key cannot be found
    /// in it (an elliptic curve key without its public point).
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, KeyError> {
        let info = PrivateKeyInfoRef::from_der(der).map_err(|e| KeyError::Malformed(e.to_string()))?;
        let spki = public_part(&info)?;
        Ok(Self { pkcs8: Zeroizing::new(der.to_vec()), public: PublicKey::from_spki_der(&spki) })
    }

    /// Returns the PKCS#8 form. Secret: the caller keeps it in memory that is erased.
    pub fn pkcs8_der(&self) -> &Zeroizing<Vec<u8>> {
        &self.pkcs8
    }

    /// Returns the public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Returns algorithm and size.
    pub fn algorithm(&self) -> &KeyAlgorithm {
        self.public.algorithm()
    }

    /// Signs with RSASSA-PKCS1-v1_5 and SHA-256, as the product signs its tokens (RS256).
    ///
    /// # Errors
    /// [`KeyError::CannotSign`] for keys that are not RSA; [`KeyError::Rejected`] when the key is damaged or outside 2048 to
    /// 8192 bits.
    pub fn sign_sha256(&self, content: &[u8]) -> Result<Vec<u8>, KeyError> {
        if !matches!(self.algorithm(), KeyAlgorithm::Rsa { .. }) {
            return Err(KeyError::CannotSign(self.algorithm().to_string()));
        }
        let pair = RsaKeyPair::from_pkcs8(&self.pkcs8).map_err(|e| KeyError::Rejected(e.to_string()))?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content, &mut signature)
            .map_err(|_| KeyError::Rejected("signing failed".to_owned()))?;
        debug_assert_eq!(pair.public_key().as_ref(), self.public.bits());
        Ok(signature)
    }

    /// Signs a fixed text and verifies it with the public key.
    ///
    /// # Errors
    /// As [`KeyPair::sign_sha256`]; [`KeyError::Rejected`] also when the signature does not verify.
    pub fn self_test(&self) -> Result<(), KeyError> {
        const TEXT: &[u8] = b"s2scert key pair self test";
        let signature = self.sign_sha256(TEXT)?;
        super::signature::SignatureAlgorithm::RsaPkcs1(super::signature::Hash::Sha256)
            .verify(&self.public, TEXT, &signature)
            .map_err(|e| KeyError::Rejected(e.to_string()))
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Destructured without `..`, so that a new field forces a decision about what is secret.
        let Self { pkcs8: _, public } = self;
        f.debug_struct("KeyPair").field("pkcs8", &"[secret]").field("algorithm", public.algorithm()).finish()
    }
}

/// `RSAPublicKey`, RFC 8017 appendix A.1.1.
fn rsa_algorithm(bits: &[u8]) -> KeyAlgorithm {
    let numbers = SliceReader::new(bits).and_then(|mut reader| {
        use der::Reader as _;
        reader.sequence(|inner| {
            let modulus = UintRef::decode(inner)?.as_bytes().to_vec();
            let exponent = UintRef::decode(inner)?.as_bytes().to_vec();
            Ok::<_, der::Error>((modulus, exponent))
        })
    });
    match numbers {
        Ok((modulus, exponent)) => KeyAlgorithm::Rsa { bits: bit_length(&modulus), exponent: small(&exponent) },
        Err(_) => KeyAlgorithm::Other("RSA, unreadable".to_owned()),
    }
}

fn bit_length(number: &[u8]) -> u32 {
    let Some(first) = number.iter().position(|octet| *octet != 0) else { return 0 };
    let octets = u32::try_from(number.len() - first).unwrap_or(u32::MAX / 8);
    octets * 8 - number[first].leading_zeros()
}

fn small(number: &[u8]) -> Option<u64> {
    if number.len() > 8 {
        return None;
    }
    Some(number.iter().fold(0, |value, octet| value << 8 | u64::from(*octet)))
}

fn curve_name(oid: Option<ObjectIdentifier>) -> String {
    let Some(oid) = oid else { return "explicit parameters".to_owned() };
    match oid.to_string().as_str() {
        "1.2.840.10045.3.1.7" => "P-256".to_owned(),
        "1.3.132.0.34" => "P-384".to_owned(),
        "1.3.132.0.35" => "P-521".to_owned(),
        "1.3.132.0.10" => "secp256k1".to_owned(),
        other => other.to_owned(),
    }
}

/// Builds the `SubjectPublicKeyInfo` that belongs to a private key.
fn public_part(info: &PrivateKeyInfoRef<'_>) -> Result<Vec<u8>, KeyError> {
    let malformed = |e: der::Error| KeyError::Malformed(e.to_string());
    match info.algorithm.oid {
        RSA_ENCRYPTION => rsa_public_part(info.private_key.as_bytes()).map_err(malformed),
        EC_PUBLIC_KEY => {
            let pair = aws_lc_rs::signature::EcdsaKeyPair::from_private_key_der(
                ec_signing(info)?,
                &info.to_der().map(Zeroizing::new).map_err(malformed)?,
            )
            .map_err(|e| KeyError::Rejected(e.to_string()))?;
            let spki = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key())
                .map_err(|_| KeyError::Rejected("no public point".to_owned()))?;
            Ok(spki.as_ref().to_vec())
        }
        ED25519 => {
            let pair = aws_lc_rs::signature::Ed25519KeyPair::from_pkcs8_maybe_unchecked(
                &info.to_der().map(Zeroizing::new).map_err(malformed)?,
            )
            .map_err(|e| KeyError::Rejected(e.to_string()))?;
            let spki = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key())
                .map_err(|_| KeyError::Rejected("no public key".to_owned()))?;
            Ok(spki.as_ref().to_vec())
        }
        other => Err(KeyError::Malformed(format!("key algorithm {other} is not known"))),
    }
}

fn ec_signing(info: &PrivateKeyInfoRef<'_>) -> Result<&'static aws_lc_rs::signature::EcdsaSigningAlgorithm, KeyError> {
    match curve_name(info.algorithm.parameters_oid().ok()).as_str() {
        "P-256" => Ok(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        "P-384" => Ok(&aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1_SIGNING),
        "P-521" => Ok(&aws_lc_rs::signature::ECDSA_P521_SHA512_ASN1_SIGNING),
        other => Err(KeyError::CannotSign(format!("EC {other}"))),
    }
}

/// `RSAPrivateKey`, RFC 8017 appendix A.1.2, to the `SubjectPublicKeyInfo` with its modulus and exponent.
fn rsa_public_part(private: &[u8]) -> der::Result<Vec<u8>> {
    use der::Reader as _;
    let (modulus, exponent) = SliceReader::new(private)?.sequence(|inner| {
        let _version = u8::decode(inner)?;
        let modulus = UintRef::decode(inner)?.as_bytes().to_vec();
        let exponent = UintRef::decode(inner)?.as_bytes().to_vec();
        // The private numbers follow; they are passed over, not copied.
        inner.read_slice(inner.remaining_len())?;
        Ok::<_, der::Error>((modulus, exponent))
    })?;
    let public = super::der::sequence(&[&super::der::unsigned(&modulus), &super::der::unsigned(&exponent)]);
    let algorithm = super::der::sequence(&[&RSA_ENCRYPTION.to_der()?, &[0x05, 0x00]]);
    let mut bit_string = vec![0];
    bit_string.extend_from_slice(&public);
    Ok(super::der::sequence(&[&algorithm, &super::der::tlv(0x03, &bit_string)]))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn a_generated_key_signs_and_knows_its_size() {
        let pair = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        assert_eq!(*pair.algorithm(), KeyAlgorithm::Rsa { bits: 2048, exponent: Some(65537) });
        pair.self_test().unwrap();
    }

    #[test]
    fn debug_shows_no_private_octet() {
        let pair = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        assert_eq!(
            format!("{pair:?}"),
            "KeyPair { pkcs8: \"[secret]\", algorithm: Rsa { bits: 2048, exponent: Some(65537) } }"
        );
    }

    #[test]
    fn a_truncated_key_is_an_error() {
        let pair = KeyPair::generate(KeySpec::Rsa2048).unwrap();
        for length in [0, 1, 20, 100, pair.pkcs8_der().len() - 1] {
            assert!(matches!(KeyPair::from_pkcs8_der(&pair.pkcs8_der()[..length]), Err(KeyError::Malformed(_))));
        }
    }
}
