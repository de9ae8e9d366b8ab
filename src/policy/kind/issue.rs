//! Who signed, and how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::facts::Facts;
use crate::policy::report::{Place, Report};
use crate::policy::values::{HashName, Sha256Hex, Verdict, words};
use crate::policy::view::CertificateView;

use super::{CertificateRule, FileRule};

/// The hash under the signature is one of the named. Signatures without a hash of their own (Ed25519) pass.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignatureHash {
    /// The hashes that may be used.
    allowed: Vec<HashName>,
}

impl CertificateRule for SignatureHash {
    fn validate(&self) -> Result<(), String> {
        if self.allowed.is_empty() { Err("`allowed` names no hash".to_owned()) } else { Ok(()) }
    }

    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let Some(hash) = view.certificate.signature_algorithm().hash() else { return };
        if !self.allowed.iter().any(|name| name.is(hash)) {
            let message = format!("the certificate is signed over {hash}; allowed: {}", words(&self.allowed));
            report.certificate(view, message, "have the certificate issued again with SHA-256");
        }
    }
}

/// Whether the certificate may be signed with its own key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelfSigned {
    /// Whether it may. `allowed` never finds anything; it serves to replace an inherited rule and to say so.
    verdict: Verdict,
}

impl CertificateRule for SelfSigned {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        if self.verdict == Verdict::Forbidden && view.is_self_signed() {
            let remedy = "request a certificate from your certificate authority, then: s2scert import FILE... --out BUNDLE; \
                 for a test system of your own give import, export and check --policy evaluation";
            report.certificate(view, "the certificate is self-signed", remedy);
        }
    }
}

/// Whether the certificate carries the mark with which `s2scert issue` tells evaluation certificates.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EvaluationMark {
    /// What is demanded of the mark.
    mark: Mark,
}

/// What is demanded of the evaluation mark.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Mark {
    /// It must not be there.
    Forbidden,
    /// It must be there if the certificate is self-signed.
    RequiredIfSelfSigned,
}

impl CertificateRule for EvaluationMark {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let marked = view.certificate.is_evaluation();
        match self.mark {
            Mark::Forbidden if marked => {
                let remedy = "request a certificate from your certificate authority; on a test system this one is judged with --policy evaluation";
                report.certificate(view, "the certificate is marked as made for evaluation", remedy);
            }
            Mark::RequiredIfSelfSigned if !marked && view.is_self_signed() => {
                let message = "the certificate is self-signed and not marked as made for evaluation";
                report.certificate(view, message, "make evaluation certificates with: s2scert issue");
            }
            Mark::Forbidden | Mark::RequiredIfSelfSigned => {}
        }
    }
}

/// The serial number is long enough to have been drawn at random. Randomness itself cannot be seen in one number.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SerialEntropy {
    /// The bits that the number must be able to hold, counted in whole octets.
    min_bits: u32,
}

impl CertificateRule for SerialEntropy {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let serial = view.certificate.serial();
        // A leading zero octet only keeps the number positive (X.690 section 8.3).
        let octets = serial.iter().skip_while(|octet| **octet == 0).count();
        let bits = u32::try_from(octets).unwrap_or(u32::MAX).saturating_mul(8);
        if bits < self.min_bits {
            let message = format!("the serial number holds {bits} bits, fewer than {}", self.min_bits);
            report.certificate(view, message, "have the certificate issued by an authority that draws serial numbers");
        }
    }
}

/// Some certificate above the leaf, or the issuer's name, is one of those that are trusted for this purpose. Any one match
/// is enough. Names alone can be forged: pin keys where you can.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerPin {
    /// SHA-256 hashes of the `SubjectPublicKeyInfo` of issuers.
    #[serde(default)]
    keys: Vec<Sha256Hex>,
    /// SHA-256 fingerprints of issuer certificates.
    #[serde(default)]
    certificates: Vec<Sha256Hex>,
    /// Subjects of issuers in RFC 4514 text, compared without regard to case.
    #[serde(default)]
    names: Vec<String>,
}

impl FileRule for IssuerPin {
    fn validate(&self) -> Result<(), String> {
        if self.keys.is_empty() && self.certificates.is_empty() && self.names.is_empty() {
            return Err("give `keys`, `certificates` or `names`: without any, no issuer would be accepted".to_owned());
        }
        Ok(())
    }

    fn check(&self, views: &[CertificateView<'_>], _facts: &Facts<'_>, report: &mut Report) {
        let Some((leaf, above)) = views.split_first() else { return };
        // A self-signed leaf is its own issuer.
        let issuers = if above.is_empty() && leaf.is_self_signed() { views } else { above };
        let by_certificate = issuers.iter().any(|issuer| {
            (!self.keys.is_empty() && {
                let key = issuer.public_key().fingerprint();
                self.keys.iter().any(|pin| pin.is(&key))
            }) || self.certificates.iter().any(|pin| pin.is(issuer.fingerprint()))
        });
        if by_certificate {
            return;
        }
        let direct = leaf.certificate.issuer().to_string();
        let named = |name: &str| self.names.iter().any(|pin| pin.to_lowercase() == name.to_lowercase());
        if !self.names.is_empty()
            && (named(&direct) || issuers.iter().any(|issuer| named(&issuer.subject().to_string())))
        {
            return;
        }
        let message = format!("the issuer {direct} is none of those that the policy names");
        report.add(
            Place::Certificate(0),
            message,
            "have the certificate issued by the authority that the policy names",
        );
    }
}
