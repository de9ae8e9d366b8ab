//! Where Windows keeps a private key: what the certificate property `CERT_KEY_PROV_INFO_PROP_ID` tells.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The kind of key store that a provider belongs to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// CryptoAPI, a cryptographic service provider. The only kind that the product can sign with.
    Csp,
    /// CNG, a key storage provider. Its provider type is 0.
    Cng,
}

/// What a CryptoAPI key was made for. Source: `wincrypt.h`, `dwKeySpec` of `CRYPT_KEY_PROV_INFO`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeySpec {
    /// `AT_KEYEXCHANGE`, 1: signs and decrypts. What the product needs.
    Exchange,
    /// `AT_SIGNATURE`, 2: signs only.
    Signature,
    /// 0 (a CNG key), or a value that is neither 1 nor 2.
    None,
}

impl KeySpec {
    /// Returns the noun for a `dwKeySpec`.
    #[must_use]
    pub const fn from_value(value: u32) -> Self {
        match value {
            1 => Self::Exchange,
            2 => Self::Signature,
            _ => Self::None,
        }
    }

    /// Returns the `dwKeySpec`.
    #[must_use]
    pub const fn value(self) -> u32 {
        match self {
            Self::Exchange => 1,
            Self::Signature => 2,
            Self::None => 0,
        }
    }
}

/// The place of a private key on a Windows machine.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct KeyLocation {
    /// The provider's name, for example "Microsoft Enhanced RSA and AES Cryptographic Provider".
    pub provider: String,
    /// The provider's type, `dwProvType`: 24 is `PROV_RSA_AES`, 0 is CNG.
    pub provider_type: u32,
    /// The name of the key container.
    pub container: String,
    /// What the key was made for.
    pub key_spec: KeySpec,
    /// Whether the container belongs to the machine (`CRYPT_MACHINE_KEYSET`) and not to one user.
    pub machine: bool,
}

impl KeyLocation {
    /// Returns the kind of key store.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        if self.provider_type == 0 { KeyKind::Cng } else { KeyKind::Csp }
    }
}

#[cfg(test)]
mod tests {
    use super::KeySpec;

    #[test]
    fn a_key_spec_keeps_the_values_that_windows_knows() {
        for value in [0, 1, 2] {
            assert_eq!(KeySpec::from_value(value).value(), value);
        }
        assert_eq!(KeySpec::from_value(0xffff_ffff), KeySpec::None);
    }
}
