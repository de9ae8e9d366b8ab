//! Secrets in a request. They are erased when dropped, never printed, and told in no error.
//!
//! A secret must be written without an escape: then it is taken straight from the octets that were read, which are erased
//! too. An escape would make the parser copy it into memory that is not.

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use super::MAX_PFX;
use super::word::OURS;
use crate::cert::Password;

/// The most characters of a secret text.
const LONGEST_TEXT: usize = 1024;
/// What a value of another kind is answered with. No value is repeated.
const NO_TEXT: &str = "a secret is not a text without escapes";

/// A one-use password.
#[derive(Clone)]
pub struct SecretText(Password);

/// Octets that hold a key: a PFX. Base64 on the wire.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretText {
    /// Takes over a password.
    #[must_use]
    pub fn new(password: Password) -> Self {
        Self(password)
    }

    /// Returns the password.
    #[must_use]
    pub fn password(&self) -> &Password {
        &self.0
    }
}

impl SecretBytes {
    /// Takes over octets.
    #[must_use]
    pub fn new(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Returns the octets. The caller must not copy them into memory that is not erased.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText([secret])")
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes([secret])")
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl Serialize for SecretBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Zeroizing::new(STANDARD.encode(&*self.0)))
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(Borrowed)?;
        if text.len() > LONGEST_TEXT {
            return Err(de::Error::custom(format_args!("{OURS}a secret text is longer than {LONGEST_TEXT} octets")));
        }
        Ok(Self(Password::new(text.to_owned())))
    }
}

impl<'de> Deserialize<'de> for SecretBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_str(Borrowed)?;
        let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
        let length = STANDARD
            .decode_slice(text, &mut bytes)
            .map_err(|_| de::Error::custom(format_args!("{OURS}a secret is not base64")))?;
        bytes.truncate(length);
        if length > MAX_PFX {
            return Err(de::Error::custom(format_args!("{OURS}a PFX is larger than {MAX_PFX} octets")));
        }
        Ok(Self(bytes))
    }
}

/// Takes a text that lies unescaped in the input, and nothing else. The parser refuses every other kind, and its words are
/// not repeated (`explain`).
struct Borrowed;

impl<'de> Visitor<'de> for Borrowed {
    type Value = &'de str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret text without escapes")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<&'de str, E> {
        Ok(text)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<&'de str, E> {
        Err(E::custom(format_args!("{OURS}{NO_TEXT}")))
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> Cow<'static, str> {
        "SecretText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "maxLength": LONGEST_TEXT, "writeOnly": true,
            "description": "A secret, written without escapes. Erased after use and never repeated."
        })
    }
}

impl JsonSchema for SecretBytes {
    fn schema_name() -> Cow<'static, str> {
        "SecretBytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "contentEncoding": "base64", "writeOnly": true,
            "description": "Secret octets as base64, written without escapes. Erased after use and never repeated."
        })
    }
}
