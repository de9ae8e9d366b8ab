//! What a PFX tells Windows. These rules say nothing of files that are no PFX.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::facts::{Facts, PfxEncryption, PfxFacts, PfxMac, PfxOrder};
use crate::policy::report::{Place, Report};
use crate::policy::values::Verdict;
use crate::policy::view::CertificateView;

use super::FileRule;

const REWRITE: &str = "write the PFX again: s2scert export FILE --out NEW.pfx";

/// The provider attribute (1.3.6.1.4.1.311.17.1) of the key bag, which decides where Windows puts the key
/// (PFXImportCertStore). Names are compared without regard to case.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderAttribute {
    /// The only names that may stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    allowed: Option<Vec<String>>,
    /// Names that must not stand there.
    #[serde(default)]
    forbidden: Vec<String>,
    /// Whether the attribute may be missing.
    missing: Verdict,
}

impl FileRule for ProviderAttribute {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let Some(pfx) = &facts.pfx else { return };
        let remedy = "write the PFX again with the right provider: s2scert export FILE --out NEW.pfx";
        let Some(provider) = &pfx.provider else {
            if self.missing == Verdict::Forbidden {
                let message = "the key bag names no provider, so the importing program decides where the key goes";
                report.add(Place::KeyBag, message, remedy);
            }
            return;
        };
        let within = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(provider));
        let refused = self.allowed.as_ref().is_some_and(|names| !within(names)) || within(&self.forbidden);
        if refused {
            let message = if is_key_storage_provider(provider) {
                format!(
                    "the key bag names {provider:?}, a CNG key storage provider: the product says \"Invalid provider type specified\""
                )
            } else {
                format!("the key bag names the provider {provider:?}, which the policy does not accept")
            };
            report.add(Place::KeyBag, message, remedy);
        }
    }
}

/// Microsoft's and most other makers' CNG providers carry these words, CSPs never do.
fn is_key_storage_provider(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("key storage provider") || name.contains("platform crypto provider")
}

/// The key bag carries the machine keyset attribute (1.3.6.1.4.1.311.17.2), so that the key is not put into the profile of
/// whoever imports it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MachineKeyset {}

impl FileRule for MachineKeyset {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        if facts.pfx.as_ref().is_some_and(|pfx| !pfx.machine_keyset) {
            report.add(Place::KeyBag, "the key bag has no machine keyset attribute", REWRITE);
        }
    }
}

/// The key usage attribute (2.5.29.15) of the key bag makes the key an exchange key: KeySpec 1, AT_KEYEXCHANGE.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BagKeyUsage {
    /// Whether the attribute may be missing; RSA keys then become exchange keys.
    missing: Verdict,
}

/// keyEncipherment and dataEncipherment: AT_KEYEXCHANGE (PFXImportCertStore).
const EXCHANGE_BITS: u8 = 0x20 | 0x10;
/// digitalSignature, keyCertSign and cRLSign: AT_SIGNATURE (PFXImportCertStore).
const SIGNATURE_BITS: u8 = 0x80 | 0x04 | 0x02;

impl FileRule for BagKeyUsage {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let Some(PfxFacts { key_usage, .. }) = facts.pfx else { return };
        let fault = match key_usage {
            None if self.missing == Verdict::Allowed => return,
            None => "the key bag has no key usage attribute".to_owned(),
            Some(bits) if bits & EXCHANGE_BITS != 0 && bits & SIGNATURE_BITS == 0 => return,
            Some(bits) if bits & EXCHANGE_BITS != 0 => {
                format!(
                    "the key usage of the key bag is {bits:#04x}, both exchange and signature: the outcome is not documented"
                )
            }
            Some(bits) if bits & SIGNATURE_BITS != 0 => {
                format!("the key usage of the key bag is {bits:#04x}, which makes a signature key (KeySpec 2)")
            }
            Some(bits) => {
                format!("the key usage of the key bag is {bits:#04x}, which says neither exchange nor signature")
            }
        };
        report.add(Place::KeyBag, fault, REWRITE);
    }
}

/// The oldest Windows Server that has to read the PFX can decrypt it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PfxProfileForTarget {
    /// When the rule speaks.
    #[serde(default = "TargetIs::known")]
    target: TargetIs,
}

/// Whether the caller has named a server.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetIs {
    /// A server was named.
    Known,
    /// None was named: any Windows Server may have to read the file.
    Unknown,
}

impl TargetIs {
    fn known() -> Self {
        Self::Known
    }
}

impl FileRule for PfxProfileForTarget {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let Some(pfx) = &facts.pfx else { return };
        let encryption = match &pfx.encryption {
            PfxEncryption::Legacy => return,
            PfxEncryption::Modern => "AES-256",
            PfxEncryption::Other(description) => description,
        };
        match (self.target, facts.target) {
            (TargetIs::Known, Some(target)) if !(target.reads_modern() && pfx.encryption == PfxEncryption::Modern) => {
                let message = format!(
                    "the PFX is encrypted with {encryption}; {} may refuse it as a wrong password",
                    target.product()
                );
                report.add(
                    Place::File,
                    message,
                    "write it again with: s2scert export FILE --profile legacy --out NEW.pfx",
                );
            }
            (TargetIs::Unknown, None) => {
                let message =
                    format!("the PFX is encrypted with {encryption}, which Windows Server 2016 and older cannot read");
                report.add(Place::File, message, "name the oldest server with --for, or export with --profile legacy");
            }
            _ => {}
        }
    }
}

/// The integrity check of the PFX is there and of a known form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PfxMacRule {
    /// The forms that may be used.
    allowed: Vec<MacName>,
}

/// The integrity check of a PFX.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub(crate) enum MacName {
    /// HMAC with SHA-1: every Windows.
    #[serde(rename = "sha-1")]
    Sha1,
    /// HMAC with SHA-256: Windows Server 2019 and later.
    #[serde(rename = "sha-256")]
    Sha256,
    /// Any other check.
    #[serde(rename = "other")]
    Other,
    /// No check: damage and forgery are not seen.
    #[serde(rename = "none")]
    None,
}

impl FileRule for PfxMacRule {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        let Some(pfx) = &facts.pfx else { return };
        let (mac, message) = match pfx.mac {
            PfxMac::Absent => (MacName::None, "the PFX has no integrity check"),
            PfxMac::Sha1 => (MacName::Sha1, "the integrity check of the PFX is HMAC with SHA-1"),
            PfxMac::Sha256 => (MacName::Sha256, "the integrity check of the PFX is HMAC with SHA-256"),
            PfxMac::Other => (MacName::Other, "the integrity check of the PFX is of an unusual form"),
        };
        if !self.allowed.contains(&mac) {
            report.add(Place::File, message, REWRITE);
        }
    }
}

/// The certificates stand in the PFX as leaf, intermediates, root.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PfxOrderRule {}

impl FileRule for PfxOrderRule {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        if let Some(PfxFacts { order: PfxOrder::Other(order), .. }) = &facts.pfx {
            let message = format!("the certificates do not stand leaf first: {order}");
            report.add(Place::File, message, REWRITE);
        }
    }
}
