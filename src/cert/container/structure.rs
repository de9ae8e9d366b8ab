//! Which ASN.1 structure some octets are, by their first elements.

use const_oid::ObjectIdentifier;

use super::ContainerKind;
use crate::cert::der::{self, BIT_STRING, Element, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE};
use crate::cert::key_file;

/// `[0]`, constructed.
const CONTEXT_0: u8 = 0xa0;
/// UTCTime and GeneralizedTime.
const TIMES: [u8; 2] = [0x17, 0x18];

/// A structure that is known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Found {
    Certificate,
    Csr,
    Crl,
    Pkcs7,
    Pfx,
    Key,
    PublicKey,
}

/// What stands at the start of some octets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Structure {
    pub(super) found: Found,
    /// Its length in octets, header included.
    pub(super) length: usize,
}

impl Found {
    pub(super) fn kind(self) -> ContainerKind {
        match self {
            Self::Certificate => ContainerKind::Certificate,
            Self::Csr => ContainerKind::Csr,
            Self::Pkcs7 => ContainerKind::Pkcs7,
            Self::Pfx => ContainerKind::Pfx,
            Self::Key => ContainerKind::Key,
            Self::Crl | Self::PublicKey => ContainerKind::Other,
        }
    }
}

/// Recognises the structure at the start of `bytes`, BER included. `None` where it is cut off or nothing known.
pub(super) fn recognise(bytes: &[u8]) -> Option<Structure> {
    if bytes.first() != Some(&SEQUENCE) {
        return None;
    }
    let (whole, trailing) = der::definite(bytes).ok()?;
    let found = name(&whole)?;
    Some(Structure { found, length: bytes.len() - trailing })
}

/// Returns the length that the first element claims, header included; `None` where that cannot be an ASN.1 structure.
pub(super) fn claimed_length(bytes: &[u8]) -> Option<u64> {
    let (&tag, &first) = (bytes.first()?, bytes.get(1)?);
    if tag != SEQUENCE || first <= 0x80 || first > 0x84 {
        return None;
    }
    let octets = usize::from(first & 0x7f);
    let length = bytes.get(2..2 + octets)?.iter().fold(0u64, |length, octet| length << 8 | u64::from(*octet));
    Some(length + 2 + octets as u64)
}

fn name(der: &[u8]) -> Option<Found> {
    if key_file::recognise(der).is_some() {
        return Some(Found::Key);
    }
    let mut elements = Reader::new(der).sequence().ok()?;
    let first = elements.any().ok()?;
    let second = elements.any().ok()?;
    let third = if elements.is_empty() { None } else { Some(elements.any().ok()?) };
    match (first.tag, second.tag, third.map(|element| element.tag)) {
        // ContentInfo, RFC 5652 section 3.
        (OBJECT_IDENTIFIER, CONTEXT_0, None) => first.oid().is_ok_and(is_pkcs7).then_some(Found::Pkcs7),
        // PFX, RFC 7292 section 4: version 3.
        (INTEGER, SEQUENCE, None | Some(SEQUENCE)) if first.unsigned() == Ok(3) => {
            second.inside().oid().is_ok_and(is_pkcs7).then_some(Found::Pfx)
        }
        // RSAPublicKey, RFC 8017 appendix A.1.1.
        (INTEGER, INTEGER, None) => Some(Found::PublicKey),
        // SubjectPublicKeyInfo, RFC 5280 section 4.1.
        (SEQUENCE, BIT_STRING, None) => first.inside().oid().is_ok().then_some(Found::PublicKey),
        (SEQUENCE, SEQUENCE, Some(BIT_STRING)) => signed(first),
        _ => None,
    }
}

/// Tells certificate, request and revocation list apart by what is signed.
fn signed(content: Element<'_>) -> Option<Found> {
    let mut elements = content.inside();
    let mut tags = Vec::new();
    while tags.len() < 5 && !elements.is_empty() {
        tags.push(elements.any().ok()?.tag);
    }
    match tags.as_slice() {
        // TBSCertificate, RFC 5280 section 4.1: the version is [0] and may be absent, then the serial number.
        [CONTEXT_0, INTEGER, ..] => Some(Found::Certificate),
        // TBSCertList, RFC 5280 section 5.1: a time follows algorithm and issuer.
        [INTEGER, SEQUENCE, SEQUENCE, time, ..] | [SEQUENCE, SEQUENCE, time, ..] if TIMES.contains(time) => {
            Some(Found::Crl)
        }
        // CertificationRequestInfo, RFC 2986 section 4.1. The attributes are left out by some.
        [INTEGER, SEQUENCE, SEQUENCE] | [INTEGER, SEQUENCE, SEQUENCE, CONTEXT_0, ..] => Some(Found::Csr),
        [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, ..] => Some(Found::Certificate),
        _ => None,
    }
}

/// The content types of PKCS#7: `1.2.840.113549.1.7.*`.
fn is_pkcs7(oid: ObjectIdentifier) -> bool {
    oid.to_string().starts_with("1.2.840.113549.1.7.")
}
