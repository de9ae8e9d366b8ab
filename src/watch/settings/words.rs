//! Single values of watch.toml.

use std::fmt;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::farm::description::SecretSource;
use crate::watch::ladder::{span_of, span_text};

/// A span of time: 14d, 36h, 45m.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Span(pub SignedDuration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        span_of(&text).map(Self)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span_text(span.0)
    }
}

/// A mail address: user@host, or Name <user@host>.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct MailAddress(String);

impl MailAddress {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MailAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let bare = text.rsplit_once('<').map_or(text.as_str(), |(_, rest)| rest.trim_end_matches('>'));
        let fits = text.len() <= 320
            && !text.chars().any(char::is_control)
            && bare.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && !host.is_empty() && !host.contains('@') && !bare.contains(char::is_whitespace)
            });
        if fits { Ok(Self(text)) } else { Err("this is no mail address; write it as user@contoso.com".to_owned()) }
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0
    }
}

/// Where a secret comes from: { env = "NAME" }, { file = "PATH" } or { command = ["PROGRAM", ..] }. Never the secret.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(with = "SecretSource")]
pub struct Secret(pub SecretSource);

impl<'de> Deserialize<'de> for Secret {
    /// Reads anything first and tells nothing of it: what stands there by mistake may be the secret itself.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = toml::Value::deserialize(deserializer)?;
        match value.try_into::<SecretSource>() {
            Ok(SecretSource::Prompt(_)) | Err(_) => Err(serde::de::Error::custom(HOW)),
            Ok(source) => Ok(Self(source)),
        }
    }
}

const HOW: &str = "a secret does not stand here, only its source: { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\"] }";

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&span_text(self.0))
    }
}
