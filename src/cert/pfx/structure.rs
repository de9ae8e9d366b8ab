//! The structure of a PFX, as far as it can be read without the password.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::algorithm::{EncryptionParameters, MacParameters};
use super::attribute::Attribute;
use super::error::PfxError;
use super::limits::{MAX_BAGS, MAX_FILE_SIZE};
use crate::cert::der::{self, Definite, DerError, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET};

/// `data`, RFC 5652 section 4.
pub(super) const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
/// `signedData`, RFC 5652 section 5.1.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
/// `envelopedData`, RFC 5652 section 6.1.
const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
/// `encryptedData`, RFC 5652 section 8.
pub(super) const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");

/// The bag types, RFC 7292 section 4.2.
pub(super) mod bag {
    use const_oid::ObjectIdentifier;

    pub(in super::super) const KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
    pub(in super::super) const SHROUDED_KEY: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
    pub(in super::super) const CERTIFICATE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
    pub(in super::super) const CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.4");
    pub(in super::super) const SECRET: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.5");
    pub(in super::super) const SAFE_CONTENTS: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.6");
    /// `x509Certificate`, RFC 7292 section 4.2.3.
    pub(in super::super) const X509_CERTIFICATE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
    /// `x509CRL`, RFC 7292 section 4.2.4.
    pub(in super::super) const X509_CRL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.23.1");
}

/// `[0]`, constructed.
pub(super) const EXPLICIT_0: u8 = 0xa0;
/// `[0]`, primitive.
pub(super) const IMPLICIT_0: u8 = 0x80;

/// A PFX before anything is decrypted.
pub(super) struct Structure {
    pub(super) mac: Option<MacParameters>,
    /// The octets under the MAC.
    pub(super) authenticated: Vec<u8>,
    pub(super) was_ber: bool,
    pub(super) trailing_octets: usize,
}

/// A safe before it is decrypted.
pub(super) enum SealedSafe {
    Clear(Zeroizing<Vec<u8>>),
    Encrypted(Sealed),
}

/// Something encrypted.
pub(super) struct Sealed {
    pub(super) parameters: EncryptionParameters,
    pub(super) ciphertext: Vec<u8>,
}

/// A bag before it is decrypted.
pub(super) struct SealedBag<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) content: SealedContent<'a>,
    pub(super) attributes: Vec<Attribute>,
}

/// What a bag holds, before it is decrypted.
pub(super) enum SealedContent<'a> {
    Key(&'a [u8]),
    ShroudedKey(Sealed),
    Certificate(&'a [u8]),
    Crl(&'a [u8]),
    Secret(ObjectIdentifier, &'a [u8]),
    SafeContents(Vec<SealedBag<'a>>),
    Other(&'a [u8]),
}

impl Structure {
    /// Reads the outermost structure: `PFX`, RFC 7292 section 4.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PfxError> {
        const PLACE: &str = "file";
        let damaged = |error| PfxError::damaged(PLACE, error);
        if bytes.len() > MAX_FILE_SIZE {
            return Err(PfxError::TooLarge { size: bytes.len() });
        }
        let (definite, trailing_octets) = der::definite(bytes).map_err(damaged)?;
        let mut file = Reader::new(&definite).sequence().map_err(damaged)?;
        let version = file.expect(INTEGER).map_err(damaged)?.unsigned().map_err(damaged)?;
        if version != 3 {
            return Err(PfxError::Unsupported { place: PLACE, algorithm: format!("version {version} of PKCS#12") });
        }
        let mut auth_safe = file.sequence().map_err(damaged)?;
        match auth_safe.oid().map_err(damaged)? {
            DATA => {}
            SIGNED_DATA => return Err(PfxError::PublicKeyMode { mode: "signed data" }),
            other => return Err(unknown_content(other, PLACE)),
        }
        let authenticated = explicit_octets(&mut auth_safe).map_err(damaged)?.to_vec();
        let mac = match file.optional(SEQUENCE).map_err(damaged)? {
            Some(mac_data) => Some(MacParameters::read(mac_data.inside())?),
            None => None,
        };
        file.finish().map_err(damaged)?;
        Ok(Self { mac, authenticated, was_ber: definite.was_ber(), trailing_octets })
    }

    /// Reads the safes: `AuthenticatedSafe`, RFC 7292 section 4.1.
    pub(super) fn safes(&mut self) -> Result<Vec<SealedSafe>, PfxError> {
        const PLACE: &str = "list of safes";
        let damaged = |error| PfxError::damaged(PLACE, error);
        let definite = whole(&self.authenticated, PLACE)?;
        let mut was_ber = definite.was_ber();
        let mut list = Reader::new(&definite).sequence().map_err(damaged)?;
        let mut safes = Vec::new();
        while !list.is_empty() {
            let mut info = list.sequence().map_err(damaged)?;
            if safes.len() == MAX_BAGS {
                return Err(PfxError::TooManyBags);
            }
            safes.push(match info.oid().map_err(damaged)? {
                DATA => SealedSafe::Clear(Zeroizing::new(explicit_octets(&mut info).map_err(damaged)?.to_vec())),
                ENCRYPTED_DATA => SealedSafe::Encrypted(encrypted_data(&mut info, &mut was_ber)?),
                ENVELOPED_DATA => return Err(PfxError::PublicKeyMode { mode: "enveloped data" }),
                other => return Err(unknown_content(other, "safe")),
            });
        }
        self.was_ber |= was_ber;
        Ok(safes)
    }
}

/// Reads bags: `SafeContents`, RFC 7292 section 4.2. `definite` is the one SEQUENCE; `count` goes up with each bag.
pub(super) fn bags<'a>(definite: &'a [u8], count: &mut usize) -> Result<Vec<SealedBag<'a>>, PfxError> {
    let damaged = |error| PfxError::damaged("safe", error);
    let mut list = Reader::new(definite).sequence().map_err(damaged)?;
    let mut bags = Vec::new();
    while !list.is_empty() {
        *count += 1;
        if *count > MAX_BAGS {
            return Err(PfxError::TooManyBags);
        }
        let mut bag = list.sequence().map_err(damaged)?;
        let oid = bag.oid().map_err(damaged)?;
        let value = bag.expect(EXPLICIT_0).map_err(damaged)?;
        // RFC 7292 section 4.2: bagAttributes SET OF PKCS12Attribute OPTIONAL.
        let attributes = match bag.optional(SET).map_err(damaged)? {
            Some(set) => Attribute::read_all(set.inside()).map_err(damaged)?,
            None => Vec::new(),
        };
        bag.finish().map_err(damaged)?;
        bags.push(SealedBag { oid, content: content(oid, value.inside(), value.content, count)?, attributes });
    }
    Ok(bags)
}

fn content<'a>(
    oid: ObjectIdentifier,
    mut value: Reader<'a>,
    whole: &'a [u8],
    count: &mut usize,
) -> Result<SealedContent<'a>, PfxError> {
    Ok(match oid {
        // RFC 7292 section 4.2.1: the PrivateKeyInfo as it is.
        bag::KEY => {
            value.sequence().and_then(|_| value.finish()).map_err(|error| PfxError::damaged("key bag", error))?;
            SealedContent::Key(whole)
        }
        bag::SHROUDED_KEY => SealedContent::ShroudedKey(shrouded(&mut value)?),
        bag::CERTIFICATE => match typed_octets(value, bag::X509_CERTIFICATE) {
            Ok(Some(der)) => SealedContent::Certificate(der),
            Ok(None) => SealedContent::Other(whole),
            Err(error) => return Err(PfxError::damaged("certificate bag", error)),
        },
        bag::CRL => match typed_octets(value, bag::X509_CRL) {
            Ok(Some(der)) => SealedContent::Crl(der),
            Ok(None) => SealedContent::Other(whole),
            Err(error) => return Err(PfxError::damaged("CRL bag", error)),
        },
        bag::SECRET => {
            let damaged = |error| PfxError::damaged("secret bag", error);
            let mut secret = value.sequence().map_err(damaged)?;
            let kind = secret.oid().map_err(damaged)?;
            SealedContent::Secret(kind, secret.expect(EXPLICIT_0).map_err(damaged)?.content)
        }
        // Nested as deep as `der::MAX_DEPTH` allows: about a fifth of it.
        bag::SAFE_CONTENTS => SealedContent::SafeContents(bags(whole, count)?),
        _ => SealedContent::Other(whole),
    })
}

/// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
fn shrouded(value: &mut Reader<'_>) -> Result<Sealed, PfxError> {
    const PLACE: &str = "key bag";
    let damaged = |error| PfxError::damaged(PLACE, error);
    let mut info = value.sequence().map_err(damaged)?;
    let parameters = EncryptionParameters::read(info.sequence().map_err(damaged)?, PLACE)?;
    let ciphertext = info.expect(OCTET_STRING).map_err(damaged)?.content.to_vec();
    Ok(Sealed { parameters, ciphertext })
}

/// `CertBag` and `CRLBag`: a type and `[0] EXPLICIT OCTET STRING`. `None` for another type than the wanted one.
fn typed_octets(mut value: Reader<'_>, wanted: ObjectIdentifier) -> Result<Option<&[u8]>, DerError> {
    let mut typed = value.sequence()?;
    if typed.oid()? != wanted {
        return Ok(None);
    }
    explicit_octets(&mut typed).map(Some)
}

/// `EncryptedData`, RFC 5652 section 8.
fn encrypted_data(info: &mut Reader<'_>, was_ber: &mut bool) -> Result<Sealed, PfxError> {
    const PLACE: &str = "safe";
    let damaged = |error| PfxError::damaged(PLACE, error);
    let mut data = info.expect(EXPLICIT_0).and_then(|explicit| explicit.inside().sequence()).map_err(damaged)?;
    data.expect(INTEGER).map_err(damaged)?;
    let mut content = data.sequence().map_err(damaged)?;
    let inner = content.oid().map_err(damaged)?;
    if inner != DATA {
        return Err(unknown_content(inner, PLACE));
    }
    let parameters = EncryptionParameters::read(content.sequence().map_err(damaged)?, PLACE)?;
    let element = content.any().map_err(damaged)?;
    let ciphertext = match element.tag {
        IMPLICIT_0 => element.content.to_vec(),
        // The tag hides that this is an octet string, so its chunks are joined here and not by `der::definite`.
        EXPLICIT_0 => {
            *was_ber = true;
            let (mut chunks, mut joined) = (element.inside(), Vec::with_capacity(element.content.len()));
            while !chunks.is_empty() {
                joined.extend_from_slice(chunks.expect(OCTET_STRING).map_err(damaged)?.content);
            }
            joined
        }
        found => return Err(damaged(DerError::Tag { expected: IMPLICIT_0, found })),
    };
    Ok(Sealed { parameters, ciphertext })
}

/// Reads `[0] EXPLICIT OCTET STRING`.
fn explicit_octets<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DerError> {
    let mut inside = reader.expect(EXPLICIT_0)?.inside();
    let octets = inside.expect(OCTET_STRING)?.content;
    inside.finish()?;
    Ok(octets)
}

/// Makes lengths definite, and refuses anything behind the one element.
pub(super) fn whole<'a>(ber: &'a [u8], place: &'static str) -> Result<Definite<'a>, PfxError> {
    match der::definite(ber) {
        Ok((definite, 0)) => Ok(definite),
        Ok(_) => Err(PfxError::damaged(place, DerError::Trailing)),
        Err(error) => Err(PfxError::damaged(place, error)),
    }
}

fn unknown_content(oid: ObjectIdentifier, place: &'static str) -> PfxError {
    PfxError::Unsupported { place, algorithm: format!("the content type {oid}") }
}
