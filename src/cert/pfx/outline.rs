//! What may be shown of a PFX: its structure, no secret.

use const_oid::ObjectIdentifier;
use schemars::JsonSchema;
use serde::Serialize;

use super::attribute::Attribute;
use super::error::PfxError;
use super::scheme::{Encryption, MacInfo};
use super::structure::{self, SealedBag, SealedContent, SealedSafe, Structure, bag};
use super::{Bag, BagContent, PasswordEncoding, Pfx, Safe};
use crate::cert::certificate::Certificate;
use crate::cert::key::PublicKey;

/// The structure of a PFX, from an opened file or from one without its password.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Outline {
    /// How integrity is protected; `None` for a file without MAC.
    pub mac: Option<MacInfo>,
    /// Whether the file is BER that is not DER.
    pub was_ber: bool,
    /// How many octets follow the PFX in the file.
    pub trailing_octets: usize,
    /// The encodings of the password that fitted; empty without the password.
    pub password_encodings: Vec<PasswordEncoding>,
    /// The safes, in the order of the file.
    pub safes: Vec<SafeOutline>,
}

/// The structure of one safe.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct SafeOutline {
    /// How the whole safe is encrypted; `None` for one in clear.
    pub encryption: Option<Encryption>,
    /// The bags; `None` where the safe is encrypted and the password was not given.
    pub bags: Option<Vec<BagOutline>>,
}

/// One bag.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct BagOutline {
    /// What the bag holds.
    pub kind: BagKind,
    /// The object identifier of the bag, of the secret in a secret bag.
    pub oid: String,
    /// How the bag is encrypted by itself.
    pub encryption: Option<Encryption>,
    /// The attributes, in the order of the file.
    pub attributes: Vec<Attribute>,
    /// The attributes inside the PKCS#8 form of the key, where the bag holds one that is open.
    pub key_attributes: Vec<Attribute>,
    /// The certificate, where the bag holds one that can be read.
    #[serde(skip)]
    pub certificate: Option<Certificate>,
    /// The public key that belongs to the private key, where the bag holds one that is open.
    #[serde(skip)]
    pub public_key: Option<PublicKey>,
    /// The bags of a nested safe contents.
    pub bags: Vec<Self>,
}

/// What a bag holds.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BagKind {
    /// A private key in clear.
    Key,
    /// An encrypted private key.
    ShroudedKey,
    /// An X.509 certificate.
    Certificate,
    /// An X.509 revocation list.
    Crl,
    /// Another secret.
    Secret,
    /// More bags.
    SafeContents,
    /// Something else.
    Other,
}

impl Outline {
    /// Reads what can be seen without the password: safes, encryption, MAC, iterations, and bags in clear.
    ///
    /// # Errors
    /// As [`Pfx::open`], but for those that need the password.
    pub fn read(bytes: &[u8]) -> Result<Self, PfxError> {
        let mut structure = Structure::read(bytes)?;
        let (mut safes, mut count) = (Vec::new(), 0);
        let mut was_ber = false;
        for sealed in structure.safes()? {
            safes.push(match sealed {
                SealedSafe::Encrypted(sealed) => {
                    SafeOutline { encryption: Some(sealed.parameters.encryption), bags: None }
                }
                SealedSafe::Clear(content) => {
                    let definite = structure::whole(&content, "safe")?;
                    was_ber |= definite.was_ber();
                    let bags = structure::bags(&definite, &mut count)?;
                    SafeOutline { encryption: None, bags: Some(bags.iter().map(BagOutline::of_sealed).collect()) }
                }
            });
        }
        Ok(Self {
            mac: structure.mac.as_ref().map(|mac| mac.info),
            was_ber: was_ber || structure.was_ber,
            trailing_octets: structure.trailing_octets,
            password_encodings: Vec::new(),
            safes,
        })
    }

    pub(super) fn of(pfx: &Pfx) -> Self {
        let safe = |safe: &Safe| SafeOutline {
            encryption: safe.encryption,
            bags: Some(safe.bags.iter().map(BagOutline::of).collect()),
        };
        Self {
            mac: pfx.mac,
            was_ber: pfx.was_ber,
            trailing_octets: pfx.trailing_octets,
            password_encodings: pfx.password_encodings.clone(),
            safes: pfx.safes.iter().map(safe).collect(),
        }
    }
}

impl BagOutline {
    fn of(bag: &Bag) -> Self {
        let (kind, oid) = match &bag.content {
            BagContent::Key(_) => (BagKind::Key, bag::KEY),
            BagContent::ShroudedKey { .. } => (BagKind::ShroudedKey, bag::SHROUDED_KEY),
            BagContent::Certificate { .. } => (BagKind::Certificate, bag::CERTIFICATE),
            BagContent::Crl { .. } => (BagKind::Crl, bag::CRL),
            BagContent::Secret { oid, .. } => (BagKind::Secret, *oid),
            BagContent::SafeContents(_) => (BagKind::SafeContents, bag::SAFE_CONTENTS),
            BagContent::Other { oid, .. } => (BagKind::Other, *oid),
        };
        let mut outline = Self::empty(kind, oid, &bag.attributes);
        outline.key_attributes = bag.key_attributes();
        outline.public_key = bag.key_pair().and_then(Result::ok).map(|pair| pair.public_key().clone());
        outline.certificate = bag.certificate().cloned();
        if let BagContent::ShroudedKey { encryption, .. } = &bag.content {
            outline.encryption = Some(*encryption);
        }
        if let BagContent::SafeContents(bags) = &bag.content {
            outline.bags = bags.iter().map(Self::of).collect();
        }
        outline
    }

    fn of_sealed(bag: &SealedBag<'_>) -> Self {
        let (kind, oid) = match &bag.content {
            SealedContent::Key(_) => (BagKind::Key, bag.oid),
            SealedContent::ShroudedKey(_) => (BagKind::ShroudedKey, bag.oid),
            SealedContent::Certificate(_) => (BagKind::Certificate, bag.oid),
            SealedContent::Crl(_) => (BagKind::Crl, bag.oid),
            SealedContent::Secret(oid, _) => (BagKind::Secret, *oid),
            SealedContent::SafeContents(_) => (BagKind::SafeContents, bag.oid),
            SealedContent::Other(_) => (BagKind::Other, bag.oid),
        };
        let mut outline = Self::empty(kind, oid, &bag.attributes);
        match &bag.content {
            SealedContent::ShroudedKey(sealed) => outline.encryption = Some(sealed.parameters.encryption),
            SealedContent::Certificate(der) => outline.certificate = Certificate::from_der(der).ok(),
            SealedContent::SafeContents(bags) => outline.bags = bags.iter().map(Self::of_sealed).collect(),
            // A key in clear is shown with the password only, as every other key.
            SealedContent::Key(_) | SealedContent::Crl(_) | SealedContent::Secret(..) | SealedContent::Other(_) => {}
        }
        outline
    }

    fn empty(kind: BagKind, oid: ObjectIdentifier, attributes: &[Attribute]) -> Self {
        Self {
            kind,
            oid: oid.to_string(),
            encryption: None,
            attributes: attributes.to_vec(),
            key_attributes: Vec::new(),
            certificate: None,
            public_key: None,
            bags: Vec::new(),
        }
    }
}
