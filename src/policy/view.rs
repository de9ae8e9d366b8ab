//! A certificate as rules look at it: each part is decoded at most once, and only when a rule asks for it.

use std::cell::OnceCell;

use const_oid::ObjectIdentifier;
use x509_cert::der::{Decode, Tag, Tagged};
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::name::Name;

use crate::cert::certificate::{AltName, oid};
use crate::cert::key::PublicKey;
use crate::cert::{Certificate, DistinguishedName, Fingerprint, KeyAlgorithm};

use super::facts::Facts;

/// One certificate of the chain.
pub(crate) struct CertificateView<'a> {
    pub(crate) certificate: &'a Certificate,
    /// The position in the chain; the leaf is 0.
    pub(crate) position: usize,
    /// Whether this is a self-signed certificate above the leaf.
    pub(crate) is_root: bool,
    self_signed_last: bool,
    public_key: OnceCell<PublicKey>,
    subject: OnceCell<DistinguishedName>,
    attributes: OnceCell<Vec<Attribute>>,
    key_usage: OnceCell<Extension<KeyUsage>>,
    extended_key_usage: OnceCell<Extension<Vec<ObjectIdentifier>>>,
    alt_names: OnceCell<Extension<Vec<AltName>>>,
    fingerprint: OnceCell<Fingerprint>,
}

/// An extension as it was found.
pub(crate) enum Extension<T> {
    /// It does not stand in the certificate.
    Absent,
    /// It stands there and cannot be decoded.
    Unreadable,
    /// Its content.
    Present(T),
}

/// One attribute of a subject.
pub(crate) struct Attribute {
    /// The type.
    pub(crate) kind: ObjectIdentifier,
    /// The value as text; hexadecimal where it is no string.
    pub(crate) value: String,
}

impl<'a> CertificateView<'a> {
    /// Looks at the certificate at `position` of the chain.
    pub(crate) fn new(facts: &Facts<'a>, position: usize) -> Self {
        let certificates = facts.chain.certificates();
        let self_signed_last = facts.complete && position + 1 == certificates.len();
        Self {
            certificate: &certificates[position],
            position,
            is_root: self_signed_last && position > 0,
            self_signed_last,
            public_key: OnceCell::new(),
            subject: OnceCell::new(),
            attributes: OnceCell::new(),
            key_usage: OnceCell::new(),
            extended_key_usage: OnceCell::new(),
            alt_names: OnceCell::new(),
            fingerprint: OnceCell::new(),
        }
    }

    /// Returns the public key.
    pub(crate) fn public_key(&self) -> &PublicKey {
        self.public_key.get_or_init(|| self.certificate.public_key())
    }

    /// Returns algorithm and size of the public key.
    pub(crate) fn key_algorithm(&self) -> &KeyAlgorithm {
        self.public_key().algorithm()
    }

    /// Returns whether the certificate is self-signed. The proof for the last of a chain is taken from the facts: it costs as
    /// much as all rules together.
    pub(crate) fn is_self_signed(&self) -> bool {
        self.self_signed_last || self.certificate.is_self_issued() && self.certificate.is_self_signed()
    }

    /// Returns the subject.
    pub(crate) fn subject(&self) -> &DistinguishedName {
        self.subject.get_or_init(|| self.certificate.subject())
    }

    /// Returns the attributes of the subject in the order in which they are encoded.
    pub(crate) fn attributes(&self) -> &[Attribute] {
        self.attributes.get_or_init(|| {
            let Ok(name) = Name::from_der(self.subject().der()) else { return Vec::new() };
            name.iter()
                .map(|attribute| Attribute {
                    kind: attribute.oid,
                    value: text_of(attribute.value.tag(), attribute.value.value()),
                })
                .collect()
        })
    }

    /// Returns the key usage.
    pub(crate) fn key_usage(&self) -> &Extension<KeyUsage> {
        self.key_usage.get_or_init(|| self.extension(oid::KEY_USAGE, Certificate::key_usage))
    }

    /// Returns the extended key usages.
    pub(crate) fn extended_key_usage(&self) -> &Extension<Vec<ObjectIdentifier>> {
        self.extended_key_usage.get_or_init(|| {
            self.extension(oid::EXTENDED_KEY_USAGE, |certificate| non_empty(certificate.extended_key_usage()))
        })
    }

    /// Returns the alternative names.
    pub(crate) fn alt_names(&self) -> &Extension<Vec<AltName>> {
        self.alt_names
            .get_or_init(|| self.extension(oid::SUBJECT_ALT_NAME, |certificate| non_empty(certificate.alt_names())))
    }

    /// Returns the SHA-256 fingerprint of the certificate.
    pub(crate) fn fingerprint(&self) -> &Fingerprint {
        self.fingerprint.get_or_init(|| self.certificate.fingerprint())
    }

    fn extension<T>(&self, oid: ObjectIdentifier, read: impl Fn(&Certificate) -> Option<T>) -> Extension<T> {
        if self.certificate.extension(oid).is_none() {
            return Extension::Absent;
        }
        read(self.certificate).map_or(Extension::Unreadable, Extension::Present)
    }
}

/// RFC 5280 gives both list extensions at least one element, so an empty list means that decoding failed.
fn non_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Returns the short name of an attribute type (RFC 4514 section 3 and common use), or its dotted form.
pub(crate) fn attribute_name(kind: ObjectIdentifier) -> String {
    let dotted = kind.to_string();
    ATTRIBUTE_NAMES.iter().find(|(_, oid)| *oid == dotted).map_or(dotted, |(name, _)| (*name).to_owned())
}

/// Returns the attribute type of a short name or dotted form.
pub(crate) fn attribute_type(name: &str) -> Option<ObjectIdentifier> {
    let dotted =
        ATTRIBUTE_NAMES.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map_or(name, |(_, oid)| oid);
    ObjectIdentifier::new(dotted).ok()
}

const ATTRIBUTE_NAMES: [(&str, &str); 12] = [
    ("CN", "2.5.4.3"),
    ("SERIALNUMBER", "2.5.4.5"),
    ("C", "2.5.4.6"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("STREET", "2.5.4.9"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("T", "2.5.4.12"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("E", "1.2.840.113549.1.9.1"),
];

/// BMPString is UTF-16 and UniversalString UTF-32, both big-endian (X.690 section 8.23); T61String is read as Latin-1, as
/// everybody does.
fn text_of(tag: Tag, octets: &[u8]) -> String {
    match tag {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::NumericString | Tag::VisibleString => {
            String::from_utf8_lossy(octets).into_owned()
        }
        Tag::BmpString => {
            let units = octets.chunks(2).map(|pair| pair.iter().fold(0, |unit, octet| unit << 8 | u16::from(*octet)));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        Tag::TeletexString => octets.iter().copied().map(char::from).collect(),
        _ => format!("#{}", crate::cert::digest::hex_upper(octets)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_values_are_read_in_every_string_type() {
        let cases: [(Tag, &[u8], &str); 5] = [
            (Tag::Utf8String, "Zürich".as_bytes(), "Zürich"),
            (Tag::BmpString, &[0x00, b'Z', 0x00, 0xfc], "Zü"),
            (Tag::BmpString, &[0xd8, 0x00], "\u{fffd}"),
            (Tag::TeletexString, &[b'Z', 0xfc], "Zü"),
            (Tag::OctetString, &[0xab], "#AB"),
        ];
        for (tag, octets, expected) in cases {
            assert_eq!(text_of(tag, octets), expected, "{tag}");
        }
    }

    #[test]
    fn attribute_names_go_both_ways() {
        for (name, dotted) in ATTRIBUTE_NAMES {
            let kind = attribute_type(&name.to_lowercase());
            assert_eq!(kind.map(|kind| kind.to_string()).as_deref(), Some(dotted));
            assert_eq!(kind.map(attribute_name).as_deref(), Some(name));
        }
        assert_eq!(attribute_type("CNN"), None);
    }
}
