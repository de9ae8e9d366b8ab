//! Inputs of the linter, owned, with a clean one to start from.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::draft::{Draft, Key, oid as encoded_oid};
use crate::cert::der::tlv;
use crate::cert::key::PublicKey;
use crate::cert::pfx::{
    Attribute, Bag, BagContent, Cipher, Encryption, EncryptionScheme, MacInfo, MacScheme, Outline, PasswordEncoding,
    Pfx, Safe, SecretDer, Target,
};
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::cert::{Certificate, DistinguishedName, KeyPair, Password};
use crate::policy::Finding;
use crate::policy::lint::{Subject, lint};

pub(super) const FRIENDLY_NAME: &str = "1.2.840.113549.1.9.20";
pub(super) const LOCAL_KEY_ID: &str = "1.2.840.113549.1.9.21";
pub(super) const PROVIDER: &str = "1.3.6.1.4.1.311.17.1";
pub(super) const MACHINE_KEYSET: &str = "1.3.6.1.4.1.311.17.2";
pub(super) const EXTENDED: &str = "1.3.6.1.4.1.311.17.3";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const TYPE_24: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";
pub(super) const ID: &[u8] = &[1, 0, 0, 0];

/// What is linted, and as what.
pub(super) struct Input {
    what: What,
    target: Option<Target>,
    now: Timestamp,
}

enum What {
    Certificates(Vec<Certificate>),
    Pfx { pfx: Pfx, size: usize, password: Option<Password> },
    Locked { outline: Outline, size: usize },
    Key(KeyPair),
    Request { subject: DistinguishedName, key: PublicKey, signature: SignatureAlgorithm },
}

impl Input {
    fn new(what: What) -> Self {
        // A month into the validity of the leaf.
        Self { what, target: Some(Target::Server2022), now: "2026-01-31T12:00:00Z".parse().unwrap() }
    }

    pub(super) fn certificates(drafts: &[Draft]) -> Self {
        Self::new(What::Certificates(drafts.iter().map(Draft::make).collect()))
    }

    /// Certificates that were read already.
    pub(super) fn read(certificates: Vec<Certificate>) -> Self {
        Self::new(What::Certificates(certificates))
    }

    /// The clean chain with another leaf.
    pub(super) fn leaf(change: impl FnOnce(Draft) -> Draft) -> Self {
        Self::certificates(&[change(Draft::leaf()), Draft::issuing(), Draft::root()])
    }

    /// The clean PFX, changed.
    pub(super) fn pfx(change: impl FnOnce(&mut Pfx)) -> Self {
        let mut pfx = clean_pfx();
        change(&mut pfx);
        Self::new(What::Pfx { pfx, size: 5_000, password: Some(Password::new("7q0w9d3k5m8n2p4r6t".to_owned())) })
    }

    /// The clean PFX with other attributes on its key bag.
    pub(super) fn key_bag(change: impl FnOnce(&mut Vec<Attribute>)) -> Self {
        Self::pfx(|pfx| change(&mut pfx.safes[0].bags[0].attributes))
    }

    pub(super) fn locked(outline: Outline) -> Self {
        Self::new(What::Locked { outline, size: 5_000 })
    }

    pub(super) fn key(pair: KeyPair) -> Self {
        Self::new(What::Key(pair))
    }

    pub(super) fn request(subject: &[u8], signature: SignatureAlgorithm) -> Self {
        Self::new(What::Request {
            subject: DistinguishedName::from_der(subject).unwrap(),
            key: Key::Leaf.pair().public_key().clone(),
            signature,
        })
    }

    pub(super) fn for_target(mut self, target: Option<Target>) -> Self {
        self.target = target;
        self
    }

    pub(super) fn at(mut self, now: &str) -> Self {
        self.now = now.parse().unwrap();
        self
    }

    pub(super) fn with_password(mut self, text: Option<&str>) -> Self {
        if let What::Pfx { password, .. } = &mut self.what {
            *password = text.map(|text| Password::new(text.to_owned()));
        }
        self
    }

    pub(super) fn with_size(mut self, octets: usize) -> Self {
        if let What::Pfx { size, .. } | What::Locked { size, .. } = &mut self.what {
            *size = octets;
        }
        self
    }

    pub(super) fn findings(&self) -> Vec<Finding> {
        let subject = match &self.what {
            What::Certificates(certificates) => Subject::Certificates(certificates),
            What::Pfx { pfx, size, password } => Subject::Pfx { pfx, size: *size, password: password.as_ref() },
            What::Locked { outline, size } => Subject::LockedPfx { outline, size: *size },
            What::Key(pair) => Subject::Key(pair),
            What::Request { subject, key, signature } => Subject::Request { subject, key, signature: *signature },
        };
        lint(&subject, self.target, self.now)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.findings().into_iter().map(|finding| finding.id.into_owned()).collect()
    }

    /// Renders the findings as the report of a person would.
    pub(super) fn report(&self) -> String {
        let lines = self.findings().into_iter().map(|finding| {
            let severity = format!("{:?}", finding.severity).to_lowercase();
            format!(
                "{severity} {} at {}: {}\n  remedy: {}\n",
                finding.id, finding.subject, finding.message, finding.remedy
            )
        });
        lines.collect()
    }
}

/// What `s2scert export --for server2022` writes.
pub(super) fn clean_pfx() -> Pfx {
    let leaf = vec![attribute(LOCAL_KEY_ID, &tlv(0x04, ID)), attribute(FRIENDLY_NAME, &bmp("S2S g20260101"))];
    Pfx {
        safes: vec![
            Safe { encryption: None, bags: vec![key_bag(Key::Leaf, key_attributes())] },
            Safe {
                encryption: Some(modern()),
                bags: vec![
                    certificate_bag(&Draft::leaf(), leaf),
                    certificate_bag(&Draft::issuing(), Vec::new()),
                    certificate_bag(&Draft::root(), Vec::new()),
                ],
            },
        ],
        mac: Some(MacInfo { scheme: MacScheme::Pkcs12Kdf, hash: Hash::Sha256, iterations: 10_000, salt_length: 16 }),
        was_ber: false,
        trailing_octets: 0,
        password_encodings: vec![PasswordEncoding::Utf16, PasswordEncoding::Utf8],
    }
}

pub(super) fn key_attributes() -> Vec<Attribute> {
    vec![
        attribute(LOCAL_KEY_ID, &tlv(0x04, ID)),
        attribute(PROVIDER, &bmp(TYPE_24)),
        attribute(MACHINE_KEYSET, &[0x05, 0x00]),
        attribute(KEY_USAGE, &[0x03, 0x02, 0x04, 0x10]),
    ]
}

pub(super) fn key_bag(key: Key, attributes: Vec<Attribute>) -> Bag {
    Bag { content: BagContent::ShroudedKey { encryption: modern(), key: secret(key.pair().pkcs8_der()) }, attributes }
}

pub(super) fn certificate_bag(draft: &Draft, attributes: Vec<Attribute>) -> Bag {
    let parsed = draft.make();
    Bag { content: BagContent::Certificate { der: parsed.der().to_vec(), parsed: Some(parsed) }, attributes }
}

pub(super) fn bag(content: BagContent) -> Bag {
    Bag { content, attributes: Vec::new() }
}

pub(super) fn secret(octets: &[u8]) -> SecretDer {
    SecretDer::new(Zeroizing::new(octets.to_vec()))
}

pub(super) fn modern() -> Encryption {
    scheme(EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 })
}

pub(super) fn scheme(scheme: EncryptionScheme) -> Encryption {
    Encryption { scheme, iterations: 10_000, salt_length: 16 }
}

pub(super) fn attribute(oid: &str, value: &[u8]) -> Attribute {
    Attribute::new(oid.parse().unwrap(), vec![value.to_vec()])
}

/// Puts an attribute in the place of the one of its type.
pub(super) fn set(attributes: &mut Vec<Attribute>, oid: &str, value: &[u8]) {
    unset(attributes, oid);
    attributes.push(attribute(oid, value));
}

pub(super) fn unset(attributes: &mut Vec<Attribute>, oid: &str) {
    attributes.retain(|one| one.oid().as_bytes() != &encoded_oid(oid)[2..]);
}

/// Encodes a BMPString.
pub(super) fn bmp(text: &str) -> Vec<u8> {
    tlv(0x1e, &text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>())
}
