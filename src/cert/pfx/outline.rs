//! What may be shown of a PFX: its structure, no secret.

use schemars::JsonSchema;
use serde::Serialize;

use super::attribute::Attribute;
use super::error::PfxError;
use super::scheme::{Encryption, MacInfo};
use super::{PasswordEncoding, Pfx};
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
        let _ = bytes;
        Err(PfxError::Damaged { place: "file", reason: "not read yet".to_owned() })
    }

    pub(super) fn of(pfx: &Pfx) -> Self {
        Self {
            mac: pfx.mac,
            was_ber: pfx.was_ber,
            trailing_octets: pfx.trailing_octets,
            password_encodings: pfx.password_encodings.clone(),
            safes: Vec::new(),
        }
    }
}
