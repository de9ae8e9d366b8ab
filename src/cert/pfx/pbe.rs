//! Password-based encryption outside a PFX: the same schemes in PKCS#8 files.

use std::fmt;
use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::algorithm::EncryptionParameters;
use super::error::PfxError;
use super::kdf;
use super::scheme::{Cipher, EncryptionScheme};
use crate::cert::der::Reader;
use crate::cert::password::Password;
use crate::cert::signature::Hash;

/// One encryption with its parameters.
pub(in crate::cert) struct Pbe(EncryptionParameters);

impl Pbe {
    /// Reads the inside of an `AlgorithmIdentifier`. `place` is named in errors.
    pub(in crate::cert) fn read(identifier: Reader<'_>, place: &'static str) -> Result<Self, PfxError> {
        EncryptionParameters::read(identifier, place).map(Self)
    }

    /// Makes PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256.
    pub(in crate::cert) fn aes_256(salt: &[u8; 16], iv: &[u8; 16], iterations: NonZeroU32) -> Self {
        let scheme = EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 };
        Self(EncryptionParameters::new(scheme, salt.to_vec(), iterations, iv.to_vec()))
    }

    /// Encodes the `AlgorithmIdentifier`.
    pub(in crate::cert) fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    /// Returns the length of a block of the cipher in octets.
    pub(in crate::cert) fn block_length(&self) -> usize {
        match self.0.encryption.scheme {
            EncryptionScheme::Pbes2 { cipher, .. } => cipher.block_length(),
            EncryptionScheme::PbeSha1TripleDes
            | EncryptionScheme::PbeSha1TwoKeyTripleDes
            | EncryptionScheme::PbeSha1Rc2_128
            | EncryptionScheme::PbeSha1Rc2_40 => 8,
        }
    }

    /// Returns what each encoding of the password decrypts to, where the padding fits.
    pub(in crate::cert) fn decrypt(&self, password: &Password, ciphertext: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
        let encodings = self.0.family().encodings(password);
        encodings.iter().filter_map(|encoding| self.0.decrypt(&kdf::encode(password, *encoding), ciphertext)).collect()
    }

    /// Encrypts under the standard encoding of the password. `None` for a scheme that is not written.
    pub(in crate::cert) fn encrypt(&self, password: &Password, content: &[u8]) -> Option<Vec<u8>> {
        let encoding = self.0.family().encodings(password).first()?;
        self.0.encrypt(&kdf::encode(password, *encoding), content)
    }
}

impl fmt::Display for Pbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.encryption.scheme.fmt(f)
    }
}
