//! PKCS#12 personal information exchange files (RFC 7292): reading what others write, writing what Windows imports.
//!
//! [`Pfx::open`] proves the password and returns everything inside; [`Outline`] is what may be shown of it, with or without
//! the password; [`seal`] writes [`Contents`]. Words used as in RFC 7292: a *safe* is one `ContentInfo` of the
//! `AuthenticatedSafe` (section 4.1), a *bag* is one `SafeBag` (section 4.2).
//!
//! | file | holds |
//! |---|---|
//! | `algorithm` | object identifiers and parameters of encryption and MAC |
//! | [`attribute`] | [`Attribute`]: friendly name, local key id, the Microsoft ones |
//! | `cipher` | encryption and decryption of one content |
//! | `contents` | [`Contents`]: what is to be written, with the attributes that steer Windows |
//! | `error` | [`PfxError`] |
//! | `kdf` | the PKCS#12 key derivation and PBKDF2 |
//! | `mac` | the integrity check, PBMAC1 included |
//! | `outline` | [`Outline`] |
//! | `pbe` | the same encryption for PKCS#8 files |
//! | `private_key` | attributes inside a PKCS#8 key |
//! | `profile` | [`PfxProfile`] and [`Target`] |
//! | `read` | bytes to [`Pfx`] |
//! | `scheme` | the names: [`Encryption`], [`MacInfo`] |
//! | `structure` | the outer structure, before anything is decrypted |
//! | `write` | [`Contents`] to bytes |

mod algorithm;
pub mod attribute;
mod cipher;
mod contents;
mod error;
mod kdf;
mod limits;
mod mac;
mod outline;
pub(in crate::cert) mod pbe;
mod private_key;
mod profile;
mod read;
mod scheme;
mod structure;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::key::{KeyError, KeyPair};
use super::password::Password;

pub use attribute::{Attribute, AttributeValue};
pub use contents::{Contents, DEFAULT_PROVIDER, Labels};
pub use error::PfxError;
pub use limits::{MAX_BAGS, MAX_DEPTH, MAX_FILE_SIZE, MAX_ITERATIONS, MAX_TOTAL_ITERATIONS};
pub use outline::{BagKind, BagOutline, Outline, SafeOutline};
pub use profile::{PfxProfile, Target, TargetError};
pub use scheme::{Cipher, Encryption, EncryptionScheme, MacInfo, MacScheme};
pub use write::{MAX_WRITTEN_ITERATIONS, MAX_WRITTEN_ITERATIONS_TOGETHER, MIN_WRITTEN_ITERATIONS, Settings, seal};

/// An opened PFX.
#[derive(Clone, Debug)]
pub struct Pfx {
    /// The safes, in the order of the file.
    pub safes: Vec<Safe>,
    /// How integrity is protected; `None` for a file without MAC.
    pub mac: Option<MacInfo>,
    /// Whether the file is BER that is not DER: indefinite lengths, chunked octet strings.
    pub was_ber: bool,
    /// How many octets follow the PFX in the file. They are not covered by anything and are not read.
    pub trailing_octets: usize,
    /// The encodings of the password that fitted, each once, in the order in which they were found.
    pub password_encodings: Vec<PasswordEncoding>,
}

/// One safe: a `ContentInfo` of the `AuthenticatedSafe` (RFC 7292 section 4.1).
#[derive(Clone, Debug)]
pub struct Safe {
    /// How the whole safe is encrypted; `None` for one in clear (its key bags may be encrypted one by one).
    pub encryption: Option<Encryption>,
    /// The bags, in the order of the file.
    pub bags: Vec<Bag>,
}

/// One bag: content and attributes (RFC 7292 section 4.2).
#[derive(Clone, Debug)]
pub struct Bag {
    /// What the bag holds.
    pub content: BagContent,
    /// The attributes, in the order of the file.
    pub attributes: Vec<Attribute>,
}

/// What a bag holds.
#[derive(Clone, Debug)]
pub enum BagContent {
    /// A private key that is not encrypted by itself (`keyBag`, RFC 7292 section 4.2.1): PKCS#8 `PrivateKeyInfo`.
    Key(SecretDer),
    /// A private key encrypted by itself (`pkcs8ShroudedKeyBag`, RFC 7292 section 4.2.2), decrypted.
    ShroudedKey {
        /// How it is encrypted in the file.
        encryption: Encryption,
        /// The PKCS#8 `PrivateKeyInfo`.
        key: SecretDer,
    },
    /// An X.509 certificate (`certBag`, RFC 7292 section 4.2.3).
    Certificate {
        /// The DER as it stands in the file.
        der: Vec<u8>,
        /// The certificate, where the DER is one.
        parsed: Option<Certificate>,
    },
    /// An X.509 revocation list (`crlBag`, RFC 7292 section 4.2.4).
    Crl {
        /// The DER as it stands in the file.
        der: Vec<u8>,
    },
    /// Another secret (`secretBag`, RFC 7292 section 4.2.5).
    Secret {
        /// The type of the secret.
        oid: ObjectIdentifier,
        /// The DER of the value.
        value: SecretDer,
    },
    /// More bags (`safeContentsBag`, RFC 7292 section 4.2.6).
    SafeContents(Vec<Bag>),
    /// A bag of another type, or a certificate or revocation list bag of a type other than X.509.
    Other {
        /// The type of the bag.
        oid: ObjectIdentifier,
        /// The DER of its value. It may be secret.
        value: SecretDer,
    },
}

/// DER that may hold a secret: erased when dropped, never printed.
#[derive(Clone, Eq, PartialEq)]
pub struct SecretDer(Zeroizing<Vec<u8>>);

/// How the characters of the password became the octets that a key derivation took.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordEncoding {
    /// UTF-16, big-endian, with two zero octets at the end: RFC 7292 appendix B.1. An empty password is two zero octets.
    Utf16,
    /// No octets at all: how OpenSSL and some others encode the absence of a password.
    NoOctets,
    /// UTF-8: RFC 8018 section 3, for PBES2 and PBMAC1. An empty password is no octets.
    Utf8,
    /// Each octet of the UTF-8 form as one character: OpenSSL before 1.1.0. Not standard.
    WidenedUtf8,
    /// UTF-16 as in RFC 7292 appendix B.1, where PBES2 asks for UTF-8: old NSS. Not standard.
    Utf16ForPbes2,
}

impl Pfx {
    /// Reads a PFX. The MAC, where there is one, is verified before anything is decrypted, so a wrong password and a file
    /// damaged inside are told apart.
    ///
    /// # Errors
    /// [`PfxError::WrongPassword`] when the MAC does not verify: another password, or an altered file.
    /// [`PfxError::Undecryptable`] when a file without MAC does not decrypt: the two causes cannot be told apart.
    /// [`PfxError::Damaged`] when the structure is broken (after a verified MAC: broken by whoever wrote it).
    /// [`PfxError::Unsupported`] for algorithms that are not read, by name. The limits have variants of their own.
    pub fn open(bytes: &[u8], password: &Password) -> Result<Self, PfxError> {
        read::open(bytes, password, MAX_TOTAL_ITERATIONS)
    }

    /// Returns what may be shown of the opened file.
    pub fn outline(&self) -> Outline {
        Outline::of(self)
    }

    /// Returns all bags that hold something, in order: nested safe contents are walked, not returned.
    pub fn bags(&self) -> Vec<&Bag> {
        let mut found = Vec::new();
        for safe in &self.safes {
            for bag in &safe.bags {
                bag.walk(&mut found);
            }
        }
        found
    }

    /// Returns the bags that hold a private key.
    pub fn keys(&self) -> impl Iterator<Item = &Bag> {
        self.bags().into_iter().filter(|bag| bag.key_der().is_some())
    }

    /// Returns the bags that hold a certificate, readable or not.
    pub fn certificates(&self) -> impl Iterator<Item = &Bag> {
        self.bags().into_iter().filter(|bag| matches!(bag.content, BagContent::Certificate { .. }))
    }
}

impl Bag {
    /// Returns the PKCS#8 of the private key, where the bag holds one.
    pub fn key_der(&self) -> Option<&SecretDer> {
        match &self.content {
            BagContent::Key(key) | BagContent::ShroudedKey { key, .. } => Some(key),
            BagContent::Certificate { .. }
            | BagContent::Crl { .. }
            | BagContent::Secret { .. }
            | BagContent::SafeContents(_)
            | BagContent::Other { .. } => None,
        }
    }

    /// Reads the private key, where the bag holds one, without the attributes inside its PKCS#8 form: they say how Windows
    /// stores the key, and are no part of it.
    pub fn key_pair(&self) -> Option<Result<KeyPair, KeyError>> {
        let bare = private_key::with_attributes(self.key_der()?, &[]);
        Some(KeyPair::from_pkcs8_der(bare.expose()))
    }

    /// Returns the attributes inside the PKCS#8 form of the private key. Windows and OpenSSL write the key usage there.
    pub fn key_attributes(&self) -> Vec<Attribute> {
        self.key_der().map(private_key::attributes).unwrap_or_default()
    }

    /// Returns the certificate, where the bag holds one that can be read.
    pub fn certificate(&self) -> Option<&Certificate> {
        match &self.content {
            BagContent::Certificate { parsed, .. } => parsed.as_ref(),
            _ => None,
        }
    }

    /// Returns the friendly name.
    pub fn friendly_name(&self) -> Option<String> {
        self.first(|value| match value {
            AttributeValue::FriendlyName(text) => Some(text),
            _ => None,
        })
    }

    /// Returns the local key id, by which a key and its certificate are paired.
    pub fn local_key_id(&self) -> Option<Vec<u8>> {
        self.first(|value| match value {
            AttributeValue::LocalKeyId(octets) => Some(octets),
            _ => None,
        })
    }

    /// Returns the name of the provider (CSP or KSP) into which Windows imports the key.
    pub fn provider_name(&self) -> Option<String> {
        self.first(|value| match value {
            AttributeValue::ProviderName(text) => Some(text),
            _ => None,
        })
    }

    /// Returns whether the key asks for the machine's key set instead of the user's.
    pub fn is_machine_keyset(&self) -> bool {
        self.first(|value| matches!(value, AttributeValue::MachineKeyset).then_some(())).is_some()
    }

    /// Returns the first octet of the key usage, on the bag or else inside the key: `0x80` digitalSignature, `0x20`
    /// keyEncipherment, `0x10` dataEncipherment.
    pub fn key_usage(&self) -> Option<u8> {
        let wanted = |value| match value {
            AttributeValue::KeyUsage(octet) => Some(octet),
            _ => None,
        };
        self.first(wanted).or_else(|| self.key_attributes().iter().find_map(|attribute| wanted(attribute.value())))
    }

    fn first<T>(&self, wanted: impl Fn(AttributeValue) -> Option<T>) -> Option<T> {
        self.attributes.iter().find_map(|attribute| wanted(attribute.value()))
    }

    fn walk<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match &self.content {
            BagContent::SafeContents(bags) => bags.iter().for_each(|bag| bag.walk(found)),
            _ => found.push(self),
        }
    }
}

impl SecretDer {
    /// Takes over DER.
    pub fn new(der: Zeroizing<Vec<u8>>) -> Self {
        Self(der)
    }

    /// Copies DER that is erased by its owner.
    fn of(der: &[u8]) -> Self {
        Self(Zeroizing::new(der.to_vec()))
    }

    /// Returns the DER. The caller must not copy it into memory that is not erased.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PasswordEncoding {
    /// Returns whether RFC 7292 or RFC 8018 names this encoding for the place where it fitted.
    pub fn is_standard(self) -> bool {
        matches!(self, Self::Utf16 | Self::Utf8)
    }
}

impl fmt::Debug for SecretDer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[secret, {} octets]", self.0.len())
    }
}
