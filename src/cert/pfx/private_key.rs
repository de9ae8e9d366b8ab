//! The attributes inside a PKCS#8 `PrivateKeyInfo` (RFC 5958 section 2).
//!
//! Windows and `openssl pkcs12 -keyex` write the key usage there, inside the encryption, and not on the bag.

use super::SecretDer;
use super::attribute::Attribute;
use super::structure::EXPLICIT_0;
use crate::cert::der::{self, DerError, Reader, SEQUENCE};
use zeroize::Zeroizing;

/// A `PrivateKeyInfo` cut at its attributes.
struct Cut<'a> {
    /// Version, algorithm and private key.
    front: &'a [u8],
    attributes: Vec<Attribute>,
    /// What follows the attributes: a public key.
    back: &'a [u8],
}

/// Returns the attributes of a `PrivateKeyInfo`; none where it cannot be read.
pub(super) fn attributes(key: &SecretDer) -> Vec<Attribute> {
    cut(key.expose()).map(|cut| cut.attributes).unwrap_or_default()
}

/// Returns the `PrivateKeyInfo` with these attributes instead of those it has. One that cannot be read stays as it is.
pub(super) fn with_attributes(key: &SecretDer, attributes: &[Attribute]) -> SecretDer {
    let Ok(cut) = cut(key.expose()) else { return key.clone() };
    let mut set = Vec::new();
    if !attributes.is_empty() {
        // attributes [0] IMPLICIT SET OF: the tag of the set is replaced.
        set = der::set_of(&attributes.iter().map(Attribute::encode).collect::<Vec<_>>());
        set[0] = EXPLICIT_0;
    }
    SecretDer::new(Zeroizing::new(der::join(SEQUENCE, &[cut.front, &set, cut.back])))
}

fn cut(key: &[u8]) -> Result<Cut<'_>, DerError> {
    let content = Reader::new(key).expect(SEQUENCE)?.content;
    let mut reader = Reader::new(content);
    for _ in 0..3 {
        reader.any()?;
    }
    let front = &content[..content.len() - reader.remaining().len()];
    let attributes = match reader.optional(EXPLICIT_0)? {
        Some(set) => Attribute::read_all(set.inside())?,
        None => Vec::new(),
    };
    Ok(Cut { front, attributes, back: reader.remaining() })
}
