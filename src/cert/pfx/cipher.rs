//! Encryption and decryption of one content, once its key is derived.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit};
use cbc::{Decryptor, Encryptor};
use des::{TdesEde2, TdesEde3};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::algorithm::EncryptionParameters;
use super::kdf::{self, Family, Purpose};
use super::scheme::{Cipher, EncryptionScheme};
use crate::cert::signature::Hash;

/// The key and the initialisation vector of one content.
struct KeyAndIv {
    key: Zeroizing<Vec<u8>>,
    iv: Zeroizing<Vec<u8>>,
}

impl EncryptionParameters {
    /// Returns the family of the key derivation.
    pub(super) fn family(&self) -> Family {
        if self.encryption.scheme.is_modern() { Family::Pbkdf2 } else { Family::Pkcs12 }
    }

    /// Decrypts. `password` is encoded already. `None` when the padding is wrong: another password, or damage.
    pub(super) fn decrypt(&self, password: &[u8], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let secret = self.derive(password)?;
        let mut content = Zeroizing::new(ciphertext.to_vec());
        let length = match self.encryption.scheme {
            EncryptionScheme::Pbes2 { cipher: Cipher::Aes128, .. } => decrypt::<Aes128>(&secret, &mut content),
            EncryptionScheme::Pbes2 { cipher: Cipher::Aes192, .. } => decrypt::<Aes192>(&secret, &mut content),
            EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, .. } => decrypt::<Aes256>(&secret, &mut content),
            EncryptionScheme::Pbes2 { cipher: Cipher::TripleDes, .. } | EncryptionScheme::PbeSha1TripleDes => {
                decrypt::<TdesEde3>(&secret, &mut content)
            }
            EncryptionScheme::PbeSha1TwoKeyTripleDes => decrypt::<TdesEde2>(&secret, &mut content),
            EncryptionScheme::PbeSha1Rc2_128 | EncryptionScheme::PbeSha1Rc2_40 => decrypt::<Rc2>(&secret, &mut content),
        }?;
        content.truncate(length);
        Some(content)
    }

    /// Encrypts. `password` is encoded already. `None` for a scheme that is not written.
    pub(super) fn encrypt(&self, password: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let secret = self.derive(password)?;
        match self.encryption.scheme {
            EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, .. } => encrypt::<Aes256>(&secret, content),
            EncryptionScheme::PbeSha1TripleDes => encrypt::<TdesEde3>(&secret, content),
            EncryptionScheme::Pbes2 { .. }
            | EncryptionScheme::PbeSha1TwoKeyTripleDes
            | EncryptionScheme::PbeSha1Rc2_128
            | EncryptionScheme::PbeSha1Rc2_40 => None,
        }
    }

    fn derive(&self, password: &[u8]) -> Option<KeyAndIv> {
        let pkcs12 = |purpose, length| kdf::pkcs12(Hash::Sha1, purpose, password, &self.salt, self.iterations, length);
        let key_length = match self.encryption.scheme {
            EncryptionScheme::Pbes2 { cipher, prf } => {
                let key = kdf::pbkdf2(prf, password, &self.salt, self.iterations, cipher.key_length())?;
                return Some(KeyAndIv { key, iv: Zeroizing::new(self.iv.clone()) });
            }
            // RFC 7292 appendix C.
            EncryptionScheme::PbeSha1TripleDes => 24,
            EncryptionScheme::PbeSha1TwoKeyTripleDes | EncryptionScheme::PbeSha1Rc2_128 => 16,
            EncryptionScheme::PbeSha1Rc2_40 => 5,
        };
        Some(KeyAndIv { key: pkcs12(Purpose::Key, key_length)?, iv: pkcs12(Purpose::Iv, 8)? })
    }
}

fn decrypt<C: BlockCipherDecrypt + KeyInit>(secret: &KeyAndIv, content: &mut [u8]) -> Option<usize> {
    let cipher = C::new_from_slice(&secret.key).ok()?;
    let mode = Decryptor::inner_iv_slice_init(cipher, &secret.iv).ok()?;
    mode.decrypt_padded::<Pkcs7>(content).ok().map(<[u8]>::len)
}

fn encrypt<C: BlockCipherEncrypt + KeyInit>(secret: &KeyAndIv, content: &[u8]) -> Option<Vec<u8>> {
    let cipher = C::new_from_slice(&secret.key).ok()?;
    let mode = Encryptor::inner_iv_slice_init(cipher, &secret.iv).ok()?;
    Some(mode.encrypt_padded_vec::<Pkcs7>(content))
}
