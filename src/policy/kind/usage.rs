//! Key usages, constraints and other extensions.

use const_oid::ObjectIdentifier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::certificate::oid;
use crate::policy::facts::Facts;
use crate::policy::report::Report;
use crate::policy::values::{KeyUsageBit, Oid, Verdict, words};
use crate::policy::view::{CertificateView, Extension};

use super::CertificateRule;

const REISSUE: &str = "issue the certificate again with the right extensions";

/// The key usage extension (RFC 5280 section 4.2.1.3) has the bits that it needs and no others that hurt.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyUsageRule {
    /// The bits that must be set.
    #[serde(default)]
    required: Vec<KeyUsageBit>,
    /// The bits that must not be set.
    #[serde(default)]
    forbidden: Vec<KeyUsageBit>,
    /// Whether the extension may be absent, which allows every use.
    #[serde(default = "allowed")]
    absent: Verdict,
}

fn allowed() -> Verdict {
    Verdict::Allowed
}

impl CertificateRule for KeyUsageRule {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let usage = match view.key_usage() {
            Extension::Present(usage) => usage,
            Extension::Unreadable => return report.certificate(view, "the key usage extension is damaged", REISSUE),
            Extension::Absent if self.absent == Verdict::Allowed => return,
            Extension::Absent => return report.certificate(view, "there is no key usage extension", REISSUE),
        };
        let missing = bits(&self.required, |bit| !usage.0.contains(bit.flag()));
        if !missing.is_empty() {
            report.certificate(view, format!("the key usage lacks {}", words(&missing)), REISSUE);
        }
        let present = bits(&self.forbidden, |bit| usage.0.contains(bit.flag()));
        if !present.is_empty() {
            report.certificate(view, format!("the key usage has {}", words(&present)), REISSUE);
        }
    }
}

fn bits(bits: &[KeyUsageBit], wanted: impl Fn(&KeyUsageBit) -> bool) -> Vec<KeyUsageBit> {
    bits.iter().copied().filter(wanted).collect()
}

/// The extended key usages (RFC 5280 section 4.2.1.12) are those that are wanted.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtendedKeyUsageRule {
    /// Usages that must be there. `anyExtendedKeyUsage` in the certificate stands for all of them.
    #[serde(default)]
    required: Vec<Oid>,
    /// Usages that must not be there.
    #[serde(default)]
    forbidden: Vec<Oid>,
    /// The only usages that may be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    only: Option<Vec<Oid>>,
    /// Whether the extension may be absent, which allows every purpose.
    #[serde(default = "allowed")]
    absent: Verdict,
}

impl CertificateRule for ExtendedKeyUsageRule {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let usages = match view.extended_key_usage() {
            Extension::Present(usages) => usages,
            Extension::Unreadable => return report.certificate(view, "the extended key usage is damaged", REISSUE),
            Extension::Absent if self.absent == Verdict::Allowed => return,
            Extension::Absent => return report.certificate(view, "there is no extended key usage", REISSUE),
        };
        let any = usages.contains(&ANY_EXTENDED_KEY_USAGE);
        let missing: Vec<Oid> = self.required.iter().copied().filter(|oid| !any && !usages.contains(&oid.0)).collect();
        if !missing.is_empty() {
            report.certificate(view, format!("the extended key usage lacks {}", words(&missing)), REISSUE);
        }
        let present: Vec<Oid> = self.forbidden.iter().copied().filter(|oid| usages.contains(&oid.0)).collect();
        if !present.is_empty() {
            report.certificate(view, format!("the extended key usage has {}", words(&present)), REISSUE);
        }
        if let Some(only) = &self.only {
            let others: Vec<Oid> = usages.iter().copied().map(Oid).filter(|oid| !only.contains(oid)).collect();
            if !others.is_empty() {
                let message =
                    format!("the extended key usage has {}; only {} may be there", words(&others), words(only));
                report.certificate(view, message, REISSUE);
            }
        }
    }
}

/// RFC 5280 section 4.2.1.12.
const ANY_EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// The certificate is, or is not, one of a certificate authority (RFC 5280 section 4.2.1.9).
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicConstraintsRule {
    /// The value that `cA` must have; an absent extension means false.
    ca: bool,
}

impl CertificateRule for BasicConstraintsRule {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let certificate = view.certificate;
        if certificate.extension(oid::BASIC_CONSTRAINTS).is_some() && certificate.basic_constraints().is_none() {
            report.certificate(view, "the basic constraints extension is damaged", REISSUE);
        } else if certificate.is_ca() != self.ca {
            let message = if self.ca {
                "the certificate is not that of a certificate authority"
            } else {
                "the certificate is that of a certificate authority"
            };
            report.certificate(
                view,
                message,
                "use an end-entity certificate for the server and a CA certificate above it",
            );
        }
    }
}

/// Certain extensions must be there.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequiredExtension {
    /// The extensions, by name (`subjectKeyIdentifier`) or object identifier.
    extensions: Vec<Oid>,
}

impl CertificateRule for RequiredExtension {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let missing: Vec<Oid> =
            self.extensions.iter().copied().filter(|oid| view.certificate.extension(oid.0).is_none()).collect();
        if !missing.is_empty() {
            report.certificate(view, format!("the certificate lacks the extension {}", words(&missing)), REISSUE);
        }
    }
}

/// Certain extensions must not be there.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForbiddenExtension {
    /// The extensions, by name or object identifier.
    extensions: Vec<Oid>,
}

impl CertificateRule for ForbiddenExtension {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let present: Vec<Oid> =
            self.extensions.iter().copied().filter(|oid| view.certificate.extension(oid.0).is_some()).collect();
        if !present.is_empty() {
            report.certificate(view, format!("the certificate has the extension {}", words(&present)), REISSUE);
        }
    }
}
