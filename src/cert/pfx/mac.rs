//! The integrity check over the authenticated safe: RFC 7292 section 5.2 and PBMAC1 (RFC 9579).

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

use super::algorithm::MacParameters;
use super::kdf::{self, Family, Purpose};
use super::scheme::MacScheme;
use crate::cert::signature::Hash;

impl MacParameters {
    /// Returns the family of the key derivation.
    pub(super) fn family(&self) -> Family {
        match self.info.scheme {
            MacScheme::Pkcs12Kdf => Family::Pkcs12,
            MacScheme::Pbmac1 { .. } => Family::Pbkdf2,
        }
    }

    /// Returns whether the MAC in the file is that of `content`. `password` is encoded already.
    pub(super) fn verify(&self, password: &[u8], content: &[u8]) -> bool {
        // Compared in constant time; digests of another length are never equal.
        self.compute(password, content).is_some_and(|mac| mac.as_ref().ct_eq(&self.digest).into())
    }

    /// Computes the MAC over `content`.
    pub(super) fn compute(&self, password: &[u8], content: &[u8]) -> Option<hmac::Tag> {
        let key = match self.info.scheme {
            // RFC 7292 appendix B.4: ID 3.
            MacScheme::Pkcs12Kdf => {
                kdf::pkcs12(self.info.hash, Purpose::Mac, password, &self.salt, self.iterations, self.key_length)
            }
            MacScheme::Pbmac1 { prf } => kdf::pbkdf2(prf, password, &self.salt, self.iterations, self.key_length),
        }?;
        let algorithm = match self.info.hash {
            Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Hash::Sha224 => hmac::HMAC_SHA224,
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
            Hash::Sha512 => hmac::HMAC_SHA512,
            Hash::Md2 | Hash::Md5 => return None,
        };
        Some(hmac::sign(&hmac::Key::new(algorithm, &key), content))
    }
}
