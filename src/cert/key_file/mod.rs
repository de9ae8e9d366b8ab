//! Files of private keys in every form that people hand in.
//!
//! | form | source |
//! |---|---|
//! | PKCS#8, in clear and encrypted | RFC 5208, RFC 5958, RFC 8018 |
//! | PKCS#1 `RSA PRIVATE KEY` | RFC 8017 appendix A.1.2 |
//! | SEC 1 `EC PRIVATE KEY` | RFC 5915 |
//! | the last two encrypted by PEM headers | RFC 1421 section 4.6.1, OpenSSL's `PEM_read_bio_PrivateKey` |

mod decrypt;
#[cfg(test)]
mod tests;

use std::fmt;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::der::{self, DerError, INTEGER, NULL, OCTET_STRING, Reader, SEQUENCE};
use super::key::{EC_PUBLIC_KEY, ED25519, KeyError, KeyPair, RSA_ENCRYPTION};
use super::password::Password;
use super::pem::Block;
use super::pfx::{Attribute, PfxError};

/// `id-dsa`, RFC 3279 section 2.3.2.
const DSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10040.4.1");
/// `[0]`, constructed: the attributes of a PKCS#8 key, the curve of a SEC 1 key.
pub(super) const CONTEXT_0: u8 = 0xa0;

/// The form of a private key in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    /// PKCS#8 `PrivateKeyInfo`.
    Pkcs8,
    /// PKCS#8 `EncryptedPrivateKeyInfo`.
    EncryptedPkcs8,
    /// PKCS#1 `RSAPrivateKey`.
    Pkcs1,
    /// SEC 1 `ECPrivateKey`.
    Sec1,
    /// DSA in OpenSSL's own form. Recognised, never read.
    Dsa,
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 => "PKCS#8 private key",
            Self::EncryptedPkcs8 => "encrypted PKCS#8 private key",
            Self::Pkcs1 => "RSA private key (PKCS#1)",
            Self::Sec1 => "elliptic curve private key (SEC 1)",
            Self::Dsa => "DSA private key",
        })
    }
}

/// A private key that was read.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// The key, without attributes.
    pub key: KeyPair,
    /// The form in which it stood.
    pub form: KeyForm,
    /// How it was encrypted, in words; `None` for a key in clear.
    pub encryption: Option<String>,
    /// The attributes of the PKCS#8 form (RFC 5208 section 5). A bundle keeps those of a PFX there.
    pub attributes: Vec<Attribute>,
}

/// Why a private key cannot be read. No text holds anything of the key or the password.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyFileError {
    /// The key is encrypted and there is no password to try.
    #[error("the private key is encrypted ({encryption}) and no password was given")]
    PasswordNeeded {
        /// How the key is encrypted.
        encryption: String,
    },
    /// No password fits.
    #[error("no password that was given opens the private key ({encryption})")]
    WrongPassword {
        /// How the key is encrypted.
        encryption: String,
    },
    /// The structure is broken. After decryption this means that the password was right.
    #[error("the {form} is damaged: {reason}")]
    Damaged {
        /// The form that was recognised.
        form: KeyForm,
        /// What is wrong.
        reason: String,
    },
    /// The encryption is not read.
    #[error(
        "the private key is encrypted with {algorithm}, which is not read: write it again with 'openssl pkey -in FILE -aes256 -out NEW'"
    )]
    Unsupported {
        /// The name of the algorithm.
        algorithm: String,
    },
    /// The key derivation asks for too much work.
    #[error("the key derivation of the private key asks for {asked}; at most {most} is done")]
    TooMuchWork {
        /// What the file asks for.
        asked: String,
        /// The bound.
        most: String,
    },
    /// The numbers are not a key that can be used.
    #[error("the private key cannot be used: {reason}")]
    Key {
        /// Why.
        reason: String,
    },
    /// A DSA key.
    #[error("this is a DSA key: the product signs with RSA")]
    Dsa,
}

/// Recognises the form of a private key by its first elements; `None` for anything else.
pub fn recognise(der: &[u8]) -> Option<KeyForm> {
    let mut elements = Reader::new(der).sequence().ok()?;
    let first = elements.any().ok()?;
    let second = elements.any().ok()?;
    match (first.tag, second.tag) {
        (SEQUENCE, OCTET_STRING) if elements.is_empty() => {
            first.inside().oid().is_ok().then_some(KeyForm::EncryptedPkcs8)
        }
        (INTEGER, SEQUENCE) => {
            let key = elements.any().ok()?;
            (second.inside().oid().is_ok() && key.tag == OCTET_STRING).then_some(KeyForm::Pkcs8)
        }
        (INTEGER, OCTET_STRING) if first.unsigned() == Ok(1) => Some(KeyForm::Sec1),
        (INTEGER, INTEGER) => {
            let mut numbers = 2;
            while let Ok(number) = elements.any() {
                // The list of a multi-prime key (RFC 8017 appendix A.1.2) is a SEQUENCE at the end.
                numbers += usize::from(number.tag == INTEGER);
            }
            match numbers {
                9 => Some(KeyForm::Pkcs1),
                6 => Some(KeyForm::Dsa),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Reads a private key from DER. Each password is tried.
///
/// # Errors
/// [`KeyFileError`]. A wrong password and damage are told apart as far as the encryption allows.
pub fn from_der(der: &[u8], passwords: &[Password]) -> Result<KeyFile, KeyFileError> {
    let form = recognise(der).ok_or_else(|| KeyFileError::Damaged {
        form: KeyForm::Pkcs8,
        reason: "it is none of the known forms".to_owned(),
    })?;
    match form {
        KeyForm::EncryptedPkcs8 => decrypt::pkcs8(der, passwords),
        KeyForm::Pkcs8 | KeyForm::Pkcs1 | KeyForm::Sec1 | KeyForm::Dsa => clear(der, form),
    }
}

/// Reads a private key from a PEM block, which may be encrypted by its headers.
///
/// # Errors
/// As [`from_der`].
pub fn from_block(block: &Block, passwords: &[Password]) -> Result<KeyFile, KeyFileError> {
    match block.header("Proc-Type") {
        Some(kind) if kind.contains("ENCRYPTED") => {
            let form = if block.label.starts_with("EC ") { KeyForm::Sec1 } else { KeyForm::Pkcs1 };
            decrypt::traditional(block, form, passwords)
        }
        _ => from_der(&block.content, passwords),
    }
}

/// Puts attributes into the PKCS#8 form of a key, RFC 5208 section 5. They must be read back with [`from_der`].
pub(super) fn with_attributes(key: &KeyPair, attributes: &[Attribute]) -> Result<Zeroizing<Vec<u8>>, DerError> {
    if attributes.is_empty() {
        return Ok(key.pkcs8_der().clone());
    }
    let mut set = der::set_of(&attributes.iter().map(Attribute::encode).collect::<Vec<_>>());
    set[0] = CONTEXT_0;
    let elements = Reader::new(key.pkcs8_der()).expect(SEQUENCE)?;
    // The attributes stand after the private key and before the public key of RFC 5958.
    let mut position = elements.inside();
    let before: usize = (0..3).map(|_| position.any().map(|element| element.whole.len())).sum::<Result<_, _>>()?;
    let (private, public) = elements.content.split_at(before);
    Ok(Zeroizing::new(der::sequence(&[private, &set, public])))
}

fn clear(der: &[u8], form: KeyForm) -> Result<KeyFile, KeyFileError> {
    let damaged = |error: DerError| KeyFileError::Damaged { form, reason: error.to_string() };
    let (pkcs8, attributes) = match form {
        KeyForm::Pkcs8 => split_attributes(der).map_err(damaged)?,
        KeyForm::Pkcs1 => (wrap(RSA_ENCRYPTION, &[NULL, 0], der), Vec::new()),
        KeyForm::Sec1 => (wrap(EC_PUBLIC_KEY, curve(der).map_err(damaged)?, der), Vec::new()),
        KeyForm::Dsa => return Err(KeyFileError::Dsa),
        KeyForm::EncryptedPkcs8 => return Err(damaged(DerError::Malformed)),
    };
    let algorithm = algorithm(&pkcs8).map_err(damaged)?;
    if algorithm == DSA {
        return Err(KeyFileError::Dsa);
    }
    if ![RSA_ENCRYPTION, EC_PUBLIC_KEY, ED25519].contains(&algorithm) {
        return Err(KeyFileError::Key { reason: format!("its algorithm {algorithm} is not known") });
    }
    let key = KeyPair::from_pkcs8_der(&pkcs8).map_err(|error| match error {
        KeyError::Malformed(reason) => KeyFileError::Damaged { form, reason },
        other => KeyFileError::Key { reason: other.to_string() },
    })?;
    Ok(KeyFile { key, form, encryption: None, attributes })
}

/// Splits a `PrivateKeyInfo` into itself without attributes, and the attributes.
fn split_attributes(der: &[u8]) -> Result<(Zeroizing<Vec<u8>>, Vec<Attribute>), DerError> {
    let mut whole = Reader::new(der);
    let mut elements = whole.sequence()?;
    whole.finish()?;
    let (mut kept, mut attributes) = (Vec::new(), Vec::new());
    while !elements.is_empty() {
        let element = elements.any()?;
        if element.tag == CONTEXT_0 {
            attributes = Attribute::read_all(element.inside())?;
        } else {
            kept.push(element.whole);
        }
    }
    Ok((Zeroizing::new(der::sequence(&kept)), attributes))
}

/// Makes a `PrivateKeyInfo` (RFC 5208 section 5) around an older form.
fn wrap(algorithm: ObjectIdentifier, parameters: &[u8], der: &[u8]) -> Zeroizing<Vec<u8>> {
    let identifier = der::sequence(&[&der::oid(algorithm), parameters]);
    let key = Zeroizing::new(der::tlv(OCTET_STRING, der));
    Zeroizing::new(der::sequence(&[&der::unsigned(&[0]), &identifier, &key]))
}

/// Returns the algorithm of a `PrivateKeyInfo`.
fn algorithm(pkcs8: &[u8]) -> Result<ObjectIdentifier, DerError> {
    let mut elements = Reader::new(pkcs8).sequence()?;
    elements.expect(INTEGER)?;
    elements.sequence()?.oid()
}

/// Returns the curve of an `ECPrivateKey`, RFC 5915 section 3.
fn curve(der: &[u8]) -> Result<&[u8], DerError> {
    let mut elements = Reader::new(der).sequence()?;
    let (_version, _key) = (elements.expect(INTEGER)?, elements.expect(OCTET_STRING)?);
    let curve = elements.optional(CONTEXT_0)?.ok_or(DerError::Value("curve that is not named"))?;
    Ok(curve.inside().any()?.whole)
}

impl From<PfxError> for KeyFileError {
    fn from(error: PfxError) -> Self {
        match error {
            PfxError::Unsupported { algorithm, .. } => Self::Unsupported { algorithm },
            PfxError::TooManyIterations { iterations, .. } => Self::TooMuchWork {
                asked: format!("{iterations} iterations"),
                most: super::pfx::MAX_ITERATIONS.to_string(),
            },
            other => Self::Damaged { form: KeyForm::EncryptedPkcs8, reason: other.to_string() },
        }
    }
}
