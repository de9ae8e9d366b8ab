//! Certificates made octet by octet, so that each rule can be broken by itself.

use std::sync::OnceLock;

use crate::cert::der::{sequence, tlv, unsigned};
use crate::cert::key::KeySpec;
use crate::cert::{Certificate, KeyPair};

pub(super) const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
pub(super) const SHA1_RSA: &str = "1.2.840.113549.1.1.5";
pub(super) const MD5_RSA: &str = "1.2.840.113549.1.1.4";

pub(super) const LEAF: &str = "CN=S2S Token Issuer,OU=S2S g20260101-a1b2c3,O=Contoso";
pub(super) const ISSUING: &str = "CN=Contoso Issuing CA,O=Contoso";
pub(super) const ROOT: &str = "CN=Contoso Root CA,O=Contoso";

/// The keys of the tests. Each is generated once for the whole run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Key {
    Leaf,
    Issuing,
    Root,
    Other,
}

impl Key {
    pub(super) fn pair(self) -> KeyPair {
        static PAIRS: [OnceLock<KeyPair>; 4] = [const { OnceLock::new() }; 4];
        PAIRS[self as usize].get_or_init(|| KeyPair::generate(KeySpec::Rsa2048).unwrap()).clone()
    }
}

/// A certificate to be made. The fields are DER but where a type says otherwise.
#[derive(Clone)]
pub(super) struct Draft {
    /// The version as encoded: 2 for version 3. `None` leaves the field out.
    pub(super) version: Option<u8>,
    /// The content octets of the serial number.
    pub(super) serial: Vec<u8>,
    pub(super) algorithm: &'static str,
    pub(super) issuer: Vec<u8>,
    pub(super) subject: Vec<u8>,
    /// `YYMMDDHHMMSSZ`.
    pub(super) not_before: String,
    pub(super) not_after: String,
    pub(super) spki: Vec<u8>,
    pub(super) extensions: Vec<Extension>,
    pub(super) signer: Key,
}

#[derive(Clone)]
pub(super) struct Extension {
    pub(super) oid: &'static str,
    pub(super) critical: bool,
    pub(super) value: Vec<u8>,
}

pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const EXT_KEY_USAGE: &str = "2.5.29.37";
pub(super) const SUBJECT_KEY_ID: &str = "2.5.29.14";
pub(super) const AUTHORITY_KEY_ID: &str = "2.5.29.35";
pub(super) const ALT_NAME: &str = "2.5.29.17";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";

impl Draft {
    /// The leaf of the tests: nothing is wrong with it.
    pub(super) fn leaf() -> Self {
        Self::new(LEAF, Key::Leaf, ISSUING, Key::Issuing)
            .until("270101000000Z")
            .with(KEY_USAGE, true, &[0x03, 0x02, 0x05, 0xa0])
            .with(EXT_KEY_USAGE, false, &sequence(&[&oid("1.3.6.1.5.5.7.3.1")]))
    }

    pub(super) fn issuing() -> Self {
        Self::authority(ISSUING, Key::Issuing, ROOT, Key::Root, Some(0))
    }

    pub(super) fn root() -> Self {
        Self::authority(ROOT, Key::Root, ROOT, Key::Root, None)
    }

    /// A self-signed end entity certificate.
    pub(super) fn self_signed() -> Self {
        let mut draft = Self::leaf();
        draft.issuer = draft.subject.clone();
        draft.signer = Key::Leaf;
        draft.with(AUTHORITY_KEY_ID, false, &authority_key_id(Key::Leaf))
    }

    pub(super) fn authority(subject: &str, key: Key, issuer: &str, signer: Key, below: Option<u8>) -> Self {
        let length = below.map(|below| vec![0x02, 0x01, below]).unwrap_or_default();
        Self::new(subject, key, issuer, signer).with(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x06]).with(
            BASIC_CONSTRAINTS,
            true,
            &sequence(&[&[0x01, 0x01, 0xff], &length]),
        )
    }

    pub(super) fn new(subject: &str, key: Key, issuer: &str, signer: Key) -> Self {
        Self {
            version: Some(2),
            serial: [0x11; 16].to_vec(),
            algorithm: SHA256_RSA,
            issuer: name(issuer),
            subject: name(subject),
            not_before: "260101000000Z".to_owned(),
            not_after: "350101000000Z".to_owned(),
            spki: key.pair().public_key().spki_der().to_vec(),
            extensions: Vec::new(),
            signer,
        }
        .with(SUBJECT_KEY_ID, false, &tlv(0x04, &key_id(key)))
        .with(AUTHORITY_KEY_ID, false, &authority_key_id(signer))
    }

    pub(super) fn until(mut self, not_after: &str) -> Self {
        not_after.clone_into(&mut self.not_after);
        self
    }

    pub(super) fn named(mut self, subject: &str) -> Self {
        self.subject = name(subject);
        self
    }

    /// Sets an extension, in the place of the one that stands.
    pub(super) fn with(mut self, oid: &'static str, critical: bool, value: &[u8]) -> Self {
        let extension = Extension { oid, critical, value: value.to_vec() };
        match self.extensions.iter_mut().find(|other| other.oid == oid) {
            Some(place) => *place = extension,
            None => self.extensions.push(extension),
        }
        self
    }

    pub(super) fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|extension| extension.oid != oid);
        self
    }

    pub(super) fn der(&self) -> Vec<u8> {
        let algorithm = sequence(&[&oid(self.algorithm), &[0x05, 0x00]]);
        let version = self.version.map(|version| tlv(0xa0, &[0x02, 0x01, version])).unwrap_or_default();
        let validity = sequence(&[&tlv(0x17, self.not_before.as_bytes()), &tlv(0x17, self.not_after.as_bytes())]);
        let extensions: Vec<u8> = self.extensions.iter().flat_map(Extension::der).collect();
        let extensions = if extensions.is_empty() { Vec::new() } else { tlv(0xa3, &sequence(&[&extensions])) };
        let tbs = sequence(&[
            &version,
            &tlv(0x02, &self.serial),
            &algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &self.spki,
            &extensions,
        ]);
        // Whatever the identifier says: other hashes are not verified by anything that is tested here.
        let signature = self.signer.pair().sign_sha256(&tbs).unwrap();
        sequence(&[&tbs, &algorithm, &tlv(0x03, &[&[0], signature.as_slice()].concat())])
    }

    pub(super) fn make(&self) -> Certificate {
        Certificate::from_der(&self.der()).unwrap()
    }
}

impl Extension {
    fn der(&self) -> Vec<u8> {
        let critical: &[u8] = if self.critical { &[0x01, 0x01, 0xff] } else { &[] };
        sequence(&[&oid(self.oid), critical, &tlv(0x04, &self.value)])
    }
}

pub(super) fn authority_key_id(key: Key) -> Vec<u8> {
    sequence(&[&tlv(0x80, &key_id(key))])
}

fn key_id(key: Key) -> Vec<u8> {
    key.pair().public_key().fingerprint().as_bytes()[..20].to_vec()
}

/// Encodes an object identifier.
pub(super) fn oid(text: &str) -> Vec<u8> {
    tlv(0x06, const_oid::ObjectIdentifier::new(text).unwrap().as_bytes())
}

/// Encodes a name from plain `TYPE=value` pairs, the last one first as in RFC 4514, in UTF8String.
pub(super) fn name(text: &str) -> Vec<u8> {
    let elements: Vec<Vec<u8>> = text
        .split(',')
        .rev()
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (kind, value) = pair.split_once('=').unwrap();
            element(&[(kind, 0x0c, value.as_bytes())])
        })
        .collect();
    sequence(&[&elements.concat()])
}

/// Encodes one element of a name from attributes: type, tag of the string, octets.
pub(super) fn element(attributes: &[(&str, u8, &[u8])]) -> Vec<u8> {
    let attributes: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, tag, octets)| {
            let kind = match *kind {
                "CN" => "2.5.4.3",
                "C" => "2.5.4.6",
                "O" => "2.5.4.10",
                "OU" => "2.5.4.11",
                "E" => "1.2.840.113549.1.9.1",
                other => other,
            };
            sequence(&[&oid(kind), &tlv(*tag, octets)])
        })
        .collect();
    tlv(0x31, &attributes.concat())
}

/// Encodes the `SubjectPublicKeyInfo` of an RSA key that nobody holds.
pub(super) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let key = sequence(&[&unsigned(modulus), &unsigned(exponent)]);
    let algorithm = sequence(&[&oid("1.2.840.113549.1.1.1"), &[0x05, 0x00]]);
    sequence(&[&algorithm, &tlv(0x03, &[&[0], key.as_slice()].concat())])
}

/// Makes an odd number of exactly this many bits.
pub(super) fn odd_number(bits: usize) -> Vec<u8> {
    let mut octets = vec![0x5a; bits.div_ceil(8)];
    let top = (bits - 1) % 8;
    octets[0] = 1 << top;
    *octets.last_mut().unwrap() |= 1;
    octets
}
