//! The written credential file: one PEM text with the key and the leaf-first chain, which OpenSSL reads. No format of our own.
//!
//! The key is an encrypted PKCS#8 (RFC 5958). The bag attributes that a PFX had for the key are kept in its `attributes`
//! field, inside the encryption; those of certificates stand as text before their block, see [`listing`]. The file is read
//! back by [`container::read`](super::container::read).

pub mod listing;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::container::{Content, Item};
use super::credential::Credential;
use super::der::{self, DerError, OCTET_STRING};
use super::digest::Thumbprint;
use super::key::KeyPair;
use super::key_file;
use super::password::Password;
use super::pem;
use super::pfx::pbe::Pbe;
use super::pfx::{Attribute, MAX_ITERATIONS};

/// The iterations of PBKDF2 for a written key. The password may be a person's, so a guess must cost something: some 20
/// milliseconds here. A bundle is read by us and by OpenSSL, never by Windows, which bounds the iterations of a PFX.
pub const DEFAULT_ITERATIONS: u32 = 100_000;
/// The least iterations that are written: OpenSSL's own default.
pub const MIN_ITERATIONS: u32 = 2_048;

/// How the key of a bundle is protected.
#[derive(Clone, Copy, Debug)]
pub enum Protection<'a> {
    /// PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA-256 (RFC 8018).
    Encrypted {
        /// The password.
        password: &'a Password,
        /// The iterations of PBKDF2, [`DEFAULT_ITERATIONS`] if nobody asks for others.
        iterations: u32,
    },
    /// Not at all: whoever reads the file has the key.
    Clear,
}

/// The attributes that key and certificates brought along from a PFX.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Attributes {
    /// Those of the key.
    pub key: Vec<Attribute>,
    /// Those of certificates.
    pub certificates: Vec<(Thumbprint, Vec<Attribute>)>,
}

/// Why a bundle cannot be written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BundleError {
    /// The password has no character.
    #[error("an empty password does not protect the key")]
    EmptyPassword,
    /// The iterations are out of range.
    #[error("{iterations} iterations cannot be written: {MIN_ITERATIONS} to {MAX_ITERATIONS} are allowed")]
    Iterations {
        /// The iterations asked for.
        iterations: u32,
    },
    /// The key is not the structure that it should be.
    #[error("the private key cannot be written")]
    Key(#[source] DerError),
    /// The cipher failed.
    #[error("the private key cannot be encrypted")]
    Encryption,
}

impl Attributes {
    /// Gathers the attributes of a credential from the items that were read. The first that fits counts.
    pub fn of<'a>(credential: &Credential, items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut found = Self::default();
        for item in items.into_iter().filter(|item| !item.attributes.is_empty()) {
            match &item.content {
                Content::Key(file)
                    if found.key.is_empty() && file.key.public_key() == credential.key().public_key() =>
                {
                    found.key.clone_from(&item.attributes);
                }
                Content::Certificate(certificate)
                    if found.certificate(certificate).is_empty()
                        && credential.chain().certificates().contains(certificate) =>
                {
                    found.certificates.push((certificate.thumbprint(), item.attributes.clone()));
                }
                _ => {}
            }
        }
        found
    }

    /// Returns the attributes of one certificate.
    pub fn certificate(&self, certificate: &Certificate) -> &[Attribute] {
        let thumbprint = certificate.thumbprint();
        self.certificates.iter().find(|(one, _)| *one == thumbprint).map_or(&[], |(_, attributes)| attributes)
    }
}

/// Writes key and chain. `random` fills what it is given with random octets: salt and initialisation vector.
///
/// # Errors
/// [`BundleError`] for an empty password and for iterations out of range.
pub fn write(
    credential: &Credential,
    attributes: &Attributes,
    protection: Protection<'_>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Zeroizing<String>, BundleError> {
    let key = write_key(credential.key(), &attributes.key, protection, random)?;
    let certificates = write_certificates(credential.chain().certificates(), attributes);
    let mut text = Zeroizing::new(String::with_capacity(key.len() + certificates.len()));
    text.push_str(&key);
    text.push_str(&certificates);
    Ok(text)
}

/// Writes a key alone, with its attributes inside. `random` as for [`write()`].
///
/// # Errors
/// As [`write()`].
pub fn write_key(
    key: &KeyPair,
    attributes: &[Attribute],
    protection: Protection<'_>,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Zeroizing<String>, BundleError> {
    let pkcs8 = key_file::with_attributes(key, attributes).map_err(BundleError::Key)?;
    let Protection::Encrypted { password, iterations } = protection else {
        return Ok(pem::encode("PRIVATE KEY", &pkcs8));
    };
    if password.is_empty() {
        return Err(BundleError::EmptyPassword);
    }
    let count = NonZeroU32::new(iterations)
        .filter(|count| (MIN_ITERATIONS..=MAX_ITERATIONS).contains(&count.get()))
        .ok_or(BundleError::Iterations { iterations })?;
    let (mut salt, mut iv) = ([0; 16], [0; 16]);
    random(&mut salt);
    random(&mut iv);
    let scheme = Pbe::aes_256(&salt, &iv, count);
    let ciphertext = scheme.encrypt(password, &pkcs8).ok_or(BundleError::Encryption)?;
    // EncryptedPrivateKeyInfo, RFC 5208 section 6.
    let info = der::sequence(&[&scheme.encode(), &der::tlv(OCTET_STRING, &ciphertext)]);
    Ok(pem::encode("ENCRYPTED PRIVATE KEY", &info))
}

/// Writes certificates alone, in the given order.
pub fn write_certificates(certificates: &[Certificate], attributes: &Attributes) -> String {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str(&listing::write(attributes.certificate(certificate)));
        text.push_str(&format!("subject={}\n", one_line(&certificate.subject().to_string())));
        text.push_str(&format!("issuer={}\n", one_line(&certificate.issuer().to_string())));
        text.push_str(&pem::encode("CERTIFICATE", certificate.der()));
    }
    text
}

/// A name is text of somebody else: a line end in it could start a block of its own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}
