//! What the public and the private key must be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::KeyAlgorithm;
use crate::policy::facts::{Facts, KeyFacts};
use crate::policy::report::{Place, Report};
use crate::policy::values::{KeyFamily, Sha256Hex, words};
use crate::policy::view::CertificateView;

use super::{CertificateRule, FileRule};

/// The public key belongs to one of the named families.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyAlgorithmRule {
    /// The families that may be used.
    allowed: Vec<KeyFamily>,
}

impl CertificateRule for KeyAlgorithmRule {
    fn validate(&self) -> Result<(), String> {
        if self.allowed.is_empty() { Err("`allowed` names no algorithm".to_owned()) } else { Ok(()) }
    }

    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let algorithm = view.key_algorithm();
        if !KeyFamily::of(algorithm).is_some_and(|family| self.allowed.contains(&family)) {
            let message = format!("the key is {algorithm}; allowed: {}", words(&self.allowed));
            report.certificate(view, message, "issue a new certificate with a key of an allowed algorithm");
        }
    }
}

/// The public key is neither too short nor too long. Families without bounds are not looked at.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeySize {
    /// Bounds for the RSA modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rsa: Option<SizeBounds>,
    /// Bounds for the field of an elliptic curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ec: Option<SizeBounds>,
}

/// Bounds in bits, both included.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SizeBounds {
    /// The shortest key allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<u32>,
    /// The longest key allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<u32>,
}

impl CertificateRule for KeySize {
    fn validate(&self) -> Result<(), String> {
        let bounds: Vec<&SizeBounds> = self.rsa.iter().chain(&self.ec).collect();
        if bounds.is_empty() || bounds.iter().any(|b| b.min.is_none() && b.max.is_none()) {
            return Err("give `rsa` or `ec` with `min`, `max` or both".to_owned());
        }
        if bounds.iter().any(|b| b.min.zip(b.max).is_some_and(|(min, max)| min > max)) {
            return Err("`min` is larger than `max`".to_owned());
        }
        Ok(())
    }

    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let algorithm = view.key_algorithm();
        let (bounds, bits) = match algorithm {
            KeyAlgorithm::Rsa { bits, .. } => (&self.rsa, *bits),
            KeyAlgorithm::Ec { curve } => match curve_bits(curve) {
                Some(bits) => (&self.ec, bits),
                None => return,
            },
            KeyAlgorithm::Ed25519 | KeyAlgorithm::Other(_) => return,
        };
        let Some(bounds) = bounds else { return };
        if let Some(min) = bounds.min.filter(|min| bits < *min) {
            let message = format!("the key is {algorithm}, shorter than {min} bits");
            report.certificate(view, message, longer_key(min));
        }
        if let Some(max) = bounds.max.filter(|max| bits > *max) {
            let message = format!("the key is {algorithm}, longer than {max} bits");
            report.certificate(
                view,
                message,
                "issue a new certificate with a shorter key (s2scert issue --key rsa-4096)",
            );
        }
    }
}

/// Says how to get a key that is long enough.
fn longer_key(min: u32) -> &'static str {
    match min {
        ..=2_048 => "issue a new certificate with a longer key (s2scert issue --key rsa-2048)",
        2_049..=3_072 => "issue a new certificate with a longer key (s2scert issue --key rsa-3072)",
        3_073..=4_096 => "issue a new certificate with a longer key (s2scert issue --key rsa-4096)",
        _ => "issue a new certificate with a longer key",
    }
}

fn curve_bits(curve: &str) -> Option<u32> {
    match curve {
        "P-256" | "secp256k1" => Some(256),
        "P-384" => Some(384),
        "P-521" => Some(521),
        _ => None,
    }
}

/// The public exponent of an RSA key is odd and within bounds.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RsaExponent {
    /// The smallest exponent allowed.
    #[serde(default = "fermat_4")]
    min: u64,
    /// The largest exponent allowed. CryptoAPI keeps the exponent in 32 bits.
    #[serde(default = "largest_dword")]
    max: u64,
}

fn fermat_4() -> u64 {
    65537
}

fn largest_dword() -> u64 {
    u64::from(u32::MAX)
}

impl CertificateRule for RsaExponent {
    fn validate(&self) -> Result<(), String> {
        if self.min > self.max { Err("`min` is larger than `max`".to_owned()) } else { Ok(()) }
    }

    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let KeyAlgorithm::Rsa { exponent, .. } = view.key_algorithm() else { return };
        let fault = match *exponent {
            None => "the public exponent has more than 64 bits".to_owned(),
            Some(exponent) if exponent % 2 == 0 => {
                format!("the public exponent {exponent} is even: this is no RSA key")
            }
            Some(exponent) if exponent < self.min => format!("the public exponent {exponent} is below {}", self.min),
            Some(exponent) if exponent > self.max => format!("the public exponent {exponent} is above {}", self.max),
            Some(_) => return,
        };
        report.certificate(view, fault, "issue a new certificate with a new key; 65537 is the exponent everybody uses");
    }
}

/// The public key is none of those that must not be used again: retired, leaked or test keys.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyReuse {
    /// SHA-256 hashes of the `SubjectPublicKeyInfo` of the keys, in hexadecimal.
    forbidden: Vec<Sha256Hex>,
}

impl CertificateRule for KeyReuse {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        if self.forbidden.is_empty() {
            return;
        }
        let fingerprint = view.public_key().fingerprint();
        if self.forbidden.iter().any(|hash| hash.is(&fingerprint)) {
            let message = format!("the key {fingerprint} is on the list of keys that must not be used again");
            report.certificate(view, message, "issue a new certificate with a new key");
        }
    }
}

/// There is a private key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateKeyPresent {
    /// Where it is looked for.
    #[serde(default = "KeyPlace::pfx")]
    place: KeyPlace,
}

/// The files that have to hold a private key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyPlace {
    /// Only a PFX: other files are often meant to hold certificates alone.
    Pfx,
    /// Every file.
    Any,
}

impl KeyPlace {
    fn pfx() -> Self {
        Self::Pfx
    }
}

impl FileRule for PrivateKeyPresent {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let expected = self.place == KeyPlace::Any || facts.pfx.is_some();
        if expected && facts.key == KeyFacts::Absent {
            let remedy = "export the certificate again, this time with its private key";
            report.add(Place::File, "there is no private key in the file", remedy);
        }
    }
}

/// The private key, where there is one, belongs to the leaf.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateKeyMatches {}

impl FileRule for PrivateKeyMatches {
    fn check(&self, views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let (KeyFacts::Present { algorithm, matches_leaf: false }, Some(leaf)) = (&facts.key, views.first()) else {
            return;
        };
        let message = format!(
            "the private key ({algorithm}) does not belong to the leaf, whose public key is {}",
            leaf.key_algorithm()
        );
        report.add(Place::Key, message, "find the private key of this certificate, or the certificate of this key");
    }
}
