//! A certificate as rules look at it: each part is decoded at most once, and only when a rule asks for it.

use std::borrow::Cow;
use std::cell::OnceCell;

use const_oid::ObjectIdentifier;
use x509_cert::ext::pkix::KeyUsage;

use crate::cert::certificate::{AltName, oid};
use crate::cert::digest::hex_upper;
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
pub(crate) struct Attribute<'v> {
    /// The type.
    pub(crate) kind: ObjectIdentifier,
    /// The value as text; hexadecimal where it cannot be read as text.
    pub(crate) value: Cow<'v, str>,
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
    pub(crate) fn attributes(&self) -> impl Iterator<Item = Attribute<'_>> {
        self.subject().attributes().map(|value| Attribute {
            kind: value.oid(),
            value: match value.text() {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Owned(format!("#{}", hex_upper(value.encoded()))),
            },
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
