//! `AlgorithmIdentifier`s: the object identifiers of encryption and MAC, with their parameters.

use std::num::NonZeroU32;

use const_oid::ObjectIdentifier;

use super::error::PfxError;
use super::limits::MAX_ITERATIONS;
use super::scheme::{Cipher, Encryption, EncryptionScheme, MacInfo, MacScheme};
use crate::cert::der::{self, DerError, INTEGER, OCTET_STRING, Reader, SEQUENCE};
use crate::cert::signature::Hash;

const PBES2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.13");
const PBKDF2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.12");
const PBMAC1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.5.14");

/// RFC 7292 appendix C.
const PKCS12_PBES: [(ObjectIdentifier, EncryptionScheme); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3"), EncryptionScheme::PbeSha1TripleDes),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.4"), EncryptionScheme::PbeSha1TwoKeyTripleDes),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5"), EncryptionScheme::PbeSha1Rc2_128),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6"), EncryptionScheme::PbeSha1Rc2_40),
];

const CIPHERS: [(ObjectIdentifier, Cipher); 4] = [
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.2"), Cipher::Aes128),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.22"), Cipher::Aes192),
    (ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42"), Cipher::Aes256),
    (ObjectIdentifier::new_unwrap("1.2.840.113549.3.7"), Cipher::TripleDes),
];

/// The hashes, each with the identifier of its HMAC (RFC 8018 appendix B.1.2).
const HASHES: [(ObjectIdentifier, ObjectIdentifier, Hash); 5] = [
    (ObjectIdentifier::new_unwrap("1.3.14.3.2.26"), ObjectIdentifier::new_unwrap("1.2.840.113549.2.7"), Hash::Sha1),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4"),
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.8"),
        Hash::Sha224,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1"),
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.9"),
        Hash::Sha256,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2"),
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.10"),
        Hash::Sha384,
    ),
    (
        ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3"),
        ObjectIdentifier::new_unwrap("1.2.840.113549.2.11"),
        Hash::Sha512,
    ),
];

/// Names for what is refused, so that the refusal says more than numbers.
const REFUSED: [(&str, &str); 31] = [
    ("1.2.840.113549.1.12.1.1", "pbeWithSHAAnd128BitRC4"),
    ("1.2.840.113549.1.12.1.2", "pbeWithSHAAnd40BitRC4"),
    ("1.2.840.113549.1.5.1", "pbeWithMD2AndDES-CBC"),
    ("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC"),
    ("1.2.840.113549.1.5.4", "pbeWithMD2AndRC2-CBC"),
    ("1.2.840.113549.1.5.6", "pbeWithMD5AndRC2-CBC"),
    ("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC"),
    ("1.2.840.113549.1.5.11", "pbeWithSHA1AndRC2-CBC"),
    ("1.3.6.1.4.1.11591.4.11", "scrypt"),
    ("1.2.840.113549.2.2", "MD2"),
    ("1.2.840.113549.2.4", "MD4"),
    ("1.2.840.113549.2.5", "MD5"),
    ("1.2.840.113549.2.6", "HMAC-MD5"),
    ("1.2.840.113549.2.12", "HMAC-SHA-512/224"),
    ("1.2.840.113549.2.13", "HMAC-SHA-512/256"),
    ("2.16.840.1.101.3.4.2.5", "SHA-512/224"),
    ("2.16.840.1.101.3.4.2.6", "SHA-512/256"),
    ("2.16.840.1.101.3.4.2.7", "SHA3-224"),
    ("2.16.840.1.101.3.4.2.8", "SHA3-256"),
    ("2.16.840.1.101.3.4.2.9", "SHA3-384"),
    ("2.16.840.1.101.3.4.2.10", "SHA3-512"),
    ("1.3.36.3.2.1", "RIPEMD-160"),
    ("1.2.156.10197.1.401", "SM3"),
    ("1.2.643.7.1.1.2.2", "GOST R 34.11-2012 (256 bit)"),
    ("1.2.643.7.1.1.2.3", "GOST R 34.11-2012 (512 bit)"),
    ("1.3.14.3.2.7", "DES-CBC"),
    ("1.2.840.113549.3.2", "RC2-CBC"),
    ("1.2.392.200011.61.1.1.1.2", "Camellia-128-CBC"),
    ("1.2.392.200011.61.1.1.1.4", "Camellia-256-CBC"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
];

/// An encryption with all that the password still has to be joined to.
#[derive(Clone, Debug)]
pub(super) struct EncryptionParameters {
    /// What may be shown.
    pub(super) encryption: Encryption,
    /// The iterations again, proven not to be zero.
    pub(super) iterations: NonZeroU32,
    /// The salt.
    pub(super) salt: Vec<u8>,
    /// The initialisation vector, for PBES2; the others derive it.
    pub(super) iv: Vec<u8>,
}

/// A MAC with all that the password still has to be joined to.
#[derive(Clone, Debug)]
pub(super) struct MacParameters {
    /// What may be shown.
    pub(super) info: MacInfo,
    /// The iterations again, proven not to be zero.
    pub(super) iterations: NonZeroU32,
    /// The salt.
    pub(super) salt: Vec<u8>,
    /// The length of the derived key in octets.
    pub(super) key_length: usize,
    /// The MAC that the file claims.
    pub(super) digest: Vec<u8>,
}

/// `PBKDF2-params`, RFC 8018 appendix A.2.
struct Pbkdf2 {
    salt: Vec<u8>,
    iterations: NonZeroU32,
    key_length: Option<u64>,
    prf: Hash,
}

impl EncryptionParameters {
    /// Reads the `AlgorithmIdentifier` of an encryption. `place` is named in errors.
    pub(super) fn read(identifier: Reader<'_>, place: &'static str) -> Result<Self, PfxError> {
        let damaged = |error| PfxError::damaged(place, error);
        let (oid, mut parameters) = split(identifier, place)?;
        if oid == PBES2 {
            // RFC 8018 appendix A.4: PBES2-params.
            let kdf = Pbkdf2::read(parameters.sequence().map_err(damaged)?, place)?;
            let (cipher_oid, mut cipher_parameters) = split(parameters.sequence().map_err(damaged)?, place)?;
            parameters.finish().map_err(damaged)?;
            let cipher = find(&CIPHERS, cipher_oid, place)?;
            let iv = cipher_parameters.expect(OCTET_STRING).map_err(damaged)?.content.to_vec();
            if iv.len() != cipher.block_length() {
                return Err(damaged(DerError::Value("initialisation vector")));
            }
            if kdf.key_length.is_some_and(|length| length != cipher.key_length() as u64) {
                return Err(damaged(DerError::Value("key length")));
            }
            let scheme = EncryptionScheme::Pbes2 { cipher, prf: kdf.prf };
            return Ok(Self::new(scheme, kdf.salt, kdf.iterations, iv));
        }
        let scheme = find(&PKCS12_PBES, oid, place)?;
        // RFC 7292 appendix C: pkcs-12PbeParams.
        let salt = parameters.expect(OCTET_STRING).map_err(damaged)?.content.to_vec();
        let iterations = iterations(parameters.expect(INTEGER).map_err(damaged)?.unsigned().map_err(damaged)?, place)?;
        parameters.finish().map_err(damaged)?;
        Ok(Self::new(scheme, salt, iterations, Vec::new()))
    }

    pub(super) fn new(scheme: EncryptionScheme, salt: Vec<u8>, iterations: NonZeroU32, iv: Vec<u8>) -> Self {
        let encryption = Encryption { scheme, iterations: iterations.get(), salt_length: salt.len() };
        Self { encryption, iterations, salt, iv }
    }

    /// Encodes the `AlgorithmIdentifier`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let count = der::unsigned(&self.iterations.get().to_be_bytes());
        let salt = der::tlv(OCTET_STRING, &self.salt);
        if let EncryptionScheme::Pbes2 { cipher, prf } = self.encryption.scheme {
            let prf = der::sequence(&[&der::oid(hmac_oid(prf)), &NULL]);
            let kdf = der::sequence(&[&der::oid(PBKDF2), &der::sequence(&[&salt, &count, &prf])]);
            let scheme = der::sequence(&[&der::oid(oid_of(&CIPHERS, cipher)), &der::tlv(OCTET_STRING, &self.iv)]);
            return der::sequence(&[&der::oid(PBES2), &der::sequence(&[&kdf, &scheme])]);
        }
        der::sequence(&[&der::oid(oid_of(&PKCS12_PBES, self.encryption.scheme)), &der::sequence(&[&salt, &count])])
    }
}

impl MacParameters {
    /// Reads the `MacData` of a PFX, RFC 7292 section 4.
    pub(super) fn read(mut mac_data: Reader<'_>) -> Result<Self, PfxError> {
        const PLACE: &str = "MAC";
        let damaged = |error| PfxError::damaged(PLACE, error);
        let mut digest_info = mac_data.sequence().map_err(damaged)?;
        let (oid, parameters) = split(digest_info.sequence().map_err(damaged)?, PLACE)?;
        let digest = digest_info.expect(OCTET_STRING).map_err(damaged)?.content.to_vec();
        digest_info.finish().map_err(damaged)?;
        let salt = mac_data.expect(OCTET_STRING).map_err(damaged)?.content.to_vec();
        let count = mac_data.optional(INTEGER).map_err(damaged)?.map(|count| count.unsigned()).transpose();
        mac_data.finish().map_err(damaged)?;
        if oid == PBMAC1 {
            return Self::pbmac1(parameters, digest);
        }
        let hash = HASHES
            .iter()
            .find(|(hash_oid, ..)| *hash_oid == oid)
            .map(|(_, _, hash)| *hash)
            .ok_or_else(|| refused(oid, PLACE))?;
        // RFC 7292 section 4: iterations DEFAULT 1.
        let iterations = iterations(count.map_err(damaged)?.unwrap_or(1), PLACE)?;
        let info =
            MacInfo { scheme: MacScheme::Pkcs12Kdf, hash, iterations: iterations.get(), salt_length: salt.len() };
        // RFC 7292 appendix B.4: the key is as long as the digest.
        Ok(Self { info, iterations, salt, key_length: digest_length(hash), digest })
    }

    /// RFC 9579 section 4: salt and iterations of `MacData` are ignored, those in the parameters hold.
    fn pbmac1(mut parameters: Reader<'_>, digest: Vec<u8>) -> Result<Self, PfxError> {
        const PLACE: &str = "MAC";
        let damaged = |error| PfxError::damaged(PLACE, error);
        let kdf = Pbkdf2::read(parameters.sequence().map_err(damaged)?, PLACE)?;
        let (mac_oid, _) = split(parameters.sequence().map_err(damaged)?, PLACE)?;
        parameters.finish().map_err(damaged)?;
        let hash = HASHES
            .iter()
            .find(|(_, hmac, _)| *hmac == mac_oid)
            .map(|(.., hash)| *hash)
            .ok_or_else(|| refused(mac_oid, PLACE))?;
        // RFC 9579 section 4: keyLength must be present. Section 6: shorter than 20 octets is refused. A key longer than
        // two blocks of SHA-512 serves nobody.
        let key_length = match kdf.key_length {
            Some(length @ 20..=256) => length as usize,
            _ => return Err(damaged(DerError::Value("key length"))),
        };
        let info = MacInfo {
            scheme: MacScheme::Pbmac1 { prf: kdf.prf },
            hash,
            iterations: kdf.iterations.get(),
            salt_length: kdf.salt.len(),
        };
        Ok(Self { info, iterations: kdf.iterations, salt: kdf.salt, key_length, digest })
    }

    /// Encodes the `MacData` of a MAC whose key comes from the PKCS#12 derivation.
    pub(super) fn encode(&self) -> Vec<u8> {
        let oid = HASHES.iter().find(|(.., hash)| *hash == self.info.hash).map_or(HASHES[0].0, |(oid, ..)| *oid);
        let algorithm = der::sequence(&[&der::oid(oid), &NULL]);
        let info = der::sequence(&[&algorithm, &der::tlv(OCTET_STRING, &self.digest)]);
        let count = der::unsigned(&self.iterations.get().to_be_bytes());
        der::sequence(&[&info, &der::tlv(OCTET_STRING, &self.salt), &count])
    }
}

impl Pbkdf2 {
    fn read(identifier: Reader<'_>, place: &'static str) -> Result<Self, PfxError> {
        let damaged = |error| PfxError::damaged(place, error);
        let (oid, mut parameters) = split(identifier, place)?;
        if oid != PBKDF2 {
            return Err(refused(oid, place));
        }
        let salt = parameters.any().map_err(damaged)?;
        if salt.tag == SEQUENCE {
            return Err(PfxError::Unsupported { place, algorithm: "a PBKDF2 salt from another source".to_owned() });
        }
        let salt = salt.require(OCTET_STRING).map_err(damaged)?.content.to_vec();
        let iterations = iterations(parameters.any().map_err(damaged)?.unsigned().map_err(damaged)?, place)?;
        let key_length = parameters.optional(INTEGER).map_err(damaged)?.map(|length| length.unsigned()).transpose();
        let prf = match parameters.optional(SEQUENCE).map_err(damaged)? {
            // RFC 8018 appendix A.2: prf DEFAULT hmacWithSHA1.
            None => Hash::Sha1,
            Some(prf) => {
                let (oid, _) = split(prf.inside(), place)?;
                HASHES
                    .iter()
                    .find(|(_, hmac, _)| *hmac == oid)
                    .map(|(.., hash)| *hash)
                    .ok_or_else(|| refused(oid, place))?
            }
        };
        parameters.finish().map_err(damaged)?;
        Ok(Self { salt, iterations, key_length: key_length.map_err(damaged)?, prf })
    }
}

impl Cipher {
    pub(super) fn key_length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }

    pub(super) fn block_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Aes192 | Self::Aes256 => 16,
            Self::TripleDes => 8,
        }
    }
}

/// The length of a hash in octets.
pub(super) fn digest_length(hash: Hash) -> usize {
    match hash {
        Hash::Md2 | Hash::Md5 => 16,
        Hash::Sha1 => 20,
        Hash::Sha224 => 28,
        Hash::Sha256 => 32,
        Hash::Sha384 => 48,
        Hash::Sha512 => 64,
    }
}

const NULL: [u8; 2] = [der::NULL, 0];

/// Splits an `AlgorithmIdentifier` into its object identifier and its parameters: the inside of a SEQUENCE, or the one
/// element that stands there.
fn split<'a>(mut identifier: Reader<'a>, place: &'static str) -> Result<(ObjectIdentifier, Reader<'a>), PfxError> {
    let damaged = |error| PfxError::damaged(place, error);
    let oid = identifier.oid().map_err(damaged)?;
    let sequence = identifier.clone().sequence();
    Ok((oid, sequence.unwrap_or(identifier)))
}

fn iterations(count: u64, place: &'static str) -> Result<NonZeroU32, PfxError> {
    match u32::try_from(count) {
        Ok(count) if count <= MAX_ITERATIONS => {
            NonZeroU32::new(count).ok_or_else(|| PfxError::damaged(place, DerError::Value("number of iterations")))
        }
        _ => Err(PfxError::TooManyIterations { place, iterations: count }),
    }
}

fn find<T: Copy>(table: &[(ObjectIdentifier, T)], oid: ObjectIdentifier, place: &'static str) -> Result<T, PfxError> {
    table.iter().find(|(known, _)| *known == oid).map(|(_, value)| *value).ok_or_else(|| refused(oid, place))
}

fn oid_of<T: Copy + PartialEq>(table: &[(ObjectIdentifier, T)], value: T) -> ObjectIdentifier {
    table.iter().find(|(_, known)| *known == value).map_or(table[0].0, |(oid, _)| *oid)
}

fn hmac_oid(hash: Hash) -> ObjectIdentifier {
    HASHES.iter().find(|(.., known)| *known == hash).map_or(HASHES[0].1, |(_, oid, _)| *oid)
}

fn refused(oid: ObjectIdentifier, place: &'static str) -> PfxError {
    let text = oid.to_string();
    let name = REFUSED.iter().find(|(known, _)| *known == text).map(|(_, name)| *name);
    let algorithm = name.map_or_else(|| format!("the algorithm {text}"), |name| format!("{name} ({text})"));
    PfxError::Unsupported { place, algorithm }
}
