//! The names of encryption and MAC schemes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::cert::signature::Hash;

/// How one content is encrypted.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Encryption {
    /// The scheme, serialised as its text.
    #[serde(serialize_with = "text")]
    #[schemars(with = "String")]
    pub scheme: EncryptionScheme,
    /// The iterations of the key derivation.
    pub iterations: u32,
    /// The length of the salt in octets.
    pub salt_length: usize,
}

/// The encryption schemes that are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EncryptionScheme {
    /// PBES2 with PBKDF2 (RFC 8018 section 6.2).
    Pbes2 {
        /// The cipher, in CBC mode.
        cipher: Cipher,
        /// The hash of PBKDF2's HMAC.
        prf: Hash,
    },
    /// `pbeWithSHAAnd3-KeyTripleDES-CBC` (RFC 7292 appendix C): all that Windows before Server 2019 writes.
    PbeSha1TripleDes,
    /// `pbeWithSHAAnd2-KeyTripleDES-CBC`.
    PbeSha1TwoKeyTripleDes,
    /// `pbeWithSHAAnd128BitRC2-CBC`.
    PbeSha1Rc2_128,
    /// `pbeWithSHAAnd40BitRC2-CBC`: breakable by trying all keys.
    PbeSha1Rc2_40,
}

/// The ciphers of PBES2, all in CBC mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cipher {
    /// AES with a key of 128 bits.
    Aes128,
    /// AES with a key of 192 bits.
    Aes192,
    /// AES with a key of 256 bits.
    Aes256,
    /// Triple DES with three keys.
    TripleDes,
}

/// How the integrity of the file is protected.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct MacInfo {
    /// The scheme, serialised as its text.
    #[serde(serialize_with = "text")]
    #[schemars(with = "String")]
    pub scheme: MacScheme,
    /// The hash of the HMAC, serialised as its text.
    #[serde(serialize_with = "text")]
    #[schemars(with = "String")]
    pub hash: Hash,
    /// The iterations of the key derivation.
    pub iterations: u32,
    /// The length of the salt in octets.
    pub salt_length: usize,
}

/// How the key of the MAC is derived.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MacScheme {
    /// The key derivation of RFC 7292 appendix B.
    Pkcs12Kdf,
    /// PBMAC1 (RFC 9579): PBKDF2.
    Pbmac1 {
        /// The hash of PBKDF2's HMAC.
        prf: Hash,
    },
}

impl EncryptionScheme {
    /// Returns whether Windows before Server 2019 refuses it: everything in PBES2.
    pub fn is_modern(self) -> bool {
        matches!(self, Self::Pbes2 { .. })
    }
}

impl fmt::Display for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aes128 => "AES-128-CBC",
            Self::Aes192 => "AES-192-CBC",
            Self::Aes256 => "AES-256-CBC",
            Self::TripleDes => "3DES-CBC",
        })
    }
}

impl fmt::Display for EncryptionScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pbes2 { cipher, prf } => write!(f, "PBES2 {cipher}, PBKDF2-HMAC-{prf}"),
            Self::PbeSha1TripleDes => f.write_str("PBE-SHA1-3DES"),
            Self::PbeSha1TwoKeyTripleDes => f.write_str("PBE-SHA1-2DES"),
            Self::PbeSha1Rc2_128 => f.write_str("PBE-SHA1-RC2-128"),
            Self::PbeSha1Rc2_40 => f.write_str("PBE-SHA1-RC2-40"),
        }
    }
}

impl fmt::Display for MacScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pkcs12Kdf => f.write_str("PKCS#12 KDF"),
            Self::Pbmac1 { prf } => write!(f, "PBMAC1, PBKDF2-HMAC-{prf}"),
        }
    }
}

pub(super) fn text<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
