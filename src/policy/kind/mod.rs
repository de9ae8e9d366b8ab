//! The kinds of rule. Each is a struct of parameters, whose documentation is what `docs/policy-reference.md` prints, and a
//! check that looks at values only.
//!
//! | file | holds |
//! |---|---|
//! | `key` | what the public and the private key must be |
//! | `time` | validity, lifetime, remaining life |
//! | `usage` | key usages, constraints and other extensions |
//! | `subject` | subject and alternative names |
//! | `issue` | who signed, and how |
//! | `chain` | the certificates above the leaf |
//! | `pfx` | what a PFX tells Windows |

mod chain;
mod issue;
mod key;
mod pfx;
mod subject;
mod time;
mod usage;

use schemars::{Schema, SchemaGenerator};
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::facts::Facts;
use super::report::Report;
use super::view::CertificateView;
pub(crate) use crate::farm::reading::fields_of;

/// A rule about one certificate; `applies_to` says which.
trait CertificateRule {
    /// Refuses parameters that are of the right type and make no sense.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// Looks at one certificate.
    fn check(&self, view: &CertificateView<'_>, facts: &Facts<'_>, report: &mut Report);
}

/// A rule about the file as a whole: its chain, its private key, its PFX attributes.
trait FileRule {
    /// Refuses parameters that are of the right type and make no sense.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// Looks at the file.
    fn check(&self, views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report);
}

/// What a rule of some kind looks at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    /// One certificate.
    Certificate,
    /// The file.
    File,
}

macro_rules! kinds {
    (certificate { $($cname:literal => $cvariant:ident($cparams:ty),)* } file { $($fname:literal => $fvariant:ident($fparams:ty),)* }) => {
        /// The kind of a rule with its parameters.
        #[derive(Clone, Debug)]
        pub(crate) enum Kind {
            $($cvariant($cparams),)*
            $($fvariant($fparams),)*
        }

        impl Kind {
            /// The names of all kinds, in the order of the reference.
            pub(crate) const NAMES: &[&str] = &[$($cname,)* $($fname,)*];

            /// Returns the name as it stands in a policy file.
            pub(crate) fn name(&self) -> &'static str {
                match self {
                    $(Self::$cvariant(_) => $cname,)*
                    $(Self::$fvariant(_) => $fname,)*
                }
            }

            /// Returns what rules of this kind look at; `None` for a name that is no kind.
            pub(crate) fn scope(name: &str) -> Option<Scope> {
                match name {
                    $($cname => Some(Scope::Certificate),)*
                    $($fname => Some(Scope::File),)*
                    _ => None,
                }
            }

            /// Returns the names of the parameters of a kind.
            pub(crate) fn fields(name: &str) -> &'static [&'static str] {
                match name {
                    $($cname => fields_of::<$cparams>(),)*
                    $($fname => fields_of::<$fparams>(),)*
                    _ => &[],
                }
            }

            /// Returns the schema of the parameters of a kind, documentation included.
            pub(crate) fn schema(name: &str, generator: &mut SchemaGenerator) -> Option<Schema> {
                match name {
                    $($cname => Some(<$cparams as schemars::JsonSchema>::json_schema(generator)),)*
                    $($fname => Some(<$fparams as schemars::JsonSchema>::json_schema(generator)),)*
                    _ => None,
                }
            }

            /// Reads the parameters of a kind; `None` for a name that is no kind.
            pub(crate) fn read(name: &str, parameters: Spanned<DeTable<'_>>) -> Option<Result<Self, toml::de::Error>> {
                match name {
                    $($cname => Some(decode::<$cparams>(parameters).and_then(|parameters| {
                        CertificateRule::validate(&parameters).map_err(serde::de::Error::custom)?;
                        Ok(Self::$cvariant(parameters))
                    })),)*
                    $($fname => Some(decode::<$fparams>(parameters).and_then(|parameters| {
                        FileRule::validate(&parameters).map_err(serde::de::Error::custom)?;
                        Ok(Self::$fvariant(parameters))
                    })),)*
                    _ => None,
                }
            }

            /// Returns the parameters in effect, defaults included.
            pub(crate) fn parameters(&self) -> serde_json::Value {
                let value = match self {
                    $(Self::$cvariant(parameters) => serde_json::to_value(parameters),)*
                    $(Self::$fvariant(parameters) => serde_json::to_value(parameters),)*
                };
                value.unwrap_or_default()
            }

            /// Looks at one certificate; says nothing where the kind looks at the file.
            pub(crate) fn check_certificate(&self, view: &CertificateView<'_>, facts: &Facts<'_>, report: &mut Report) {
                match self {
                    $(Self::$cvariant(rule) => rule.check(view, facts, report),)*
                    $(Self::$fvariant(_) => {})*
                }
            }

            /// Looks at the file; says nothing where the kind looks at single certificates.
            pub(crate) fn check_file(&self, views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
                match self {
                    $(Self::$cvariant(_) => {})*
                    $(Self::$fvariant(rule) => rule.check(views, facts, report),)*
                }
            }
        }
    };
}

kinds! {
    certificate {
        "key-algorithm" => KeyAlgorithm(key::KeyAlgorithmRule),
        "key-size" => KeySize(key::KeySize),
        "rsa-exponent" => RsaExponent(key::RsaExponent),
        "key-reuse" => KeyReuse(key::KeyReuse),
        "signature-hash" => SignatureHash(issue::SignatureHash),
        "self-signed" => SelfSigned(issue::SelfSigned),
        "evaluation-mark" => EvaluationMark(issue::EvaluationMark),
        "serial-entropy" => SerialEntropy(issue::SerialEntropy),
        "validity-now" => ValidityNow(time::ValidityNow),
        "max-lifetime" => MaxLifetime(time::MaxLifetime),
        "min-lifetime" => MinLifetime(time::MinLifetime),
        "min-remaining-life" => MinRemainingLife(time::MinRemainingLife),
        "backdating-limit" => BackdatingLimit(time::BackdatingLimit),
        "key-usage" => KeyUsage(usage::KeyUsageRule),
        "extended-key-usage" => ExtendedKeyUsage(usage::ExtendedKeyUsageRule),
        "basic-constraints" => BasicConstraints(usage::BasicConstraintsRule),
        "required-extension" => RequiredExtension(usage::RequiredExtension),
        "forbidden-extension" => ForbiddenExtension(usage::ForbiddenExtension),
        "subject-pattern" => SubjectPattern(subject::SubjectPattern),
        "subject-attributes" => SubjectAttributes(subject::SubjectAttributes),
        "generation-element" => GenerationElement(subject::GenerationElement),
        "dn-length" => DnLength(subject::DnLength),
        "subject-alt-name" => SubjectAltName(subject::SubjectAltNameRule),
        "wildcard-name" => WildcardName(subject::WildcardName),
    }
    file {
        "subject-unambiguous" => SubjectUnambiguous(subject::SubjectUnambiguous),
        "issuer-pin" => IssuerPin(issue::IssuerPin),
        "chain-complete" => ChainComplete(chain::ChainComplete),
        "chain-valid" => ChainValid(chain::ChainValid),
        "chain-max-length" => ChainMaxLength(chain::ChainMaxLength),
        "chain-outlives-leaf" => ChainOutlivesLeaf(chain::ChainOutlivesLeaf),
        "private-key-present" => PrivateKeyPresent(key::PrivateKeyPresent),
        "private-key-matches" => PrivateKeyMatches(key::PrivateKeyMatches),
        "provider-attribute" => ProviderAttribute(pfx::ProviderAttribute),
        "machine-keyset" => MachineKeyset(pfx::MachineKeyset),
        "bag-key-usage" => BagKeyUsage(pfx::BagKeyUsage),
        "pfx-profile-for-target" => PfxProfileForTarget(pfx::PfxProfileForTarget),
        "pfx-mac" => PfxMac(pfx::PfxMacRule),
        "pfx-order" => PfxOrder(pfx::PfxOrderRule),
    }
}

fn decode<T: serde::de::DeserializeOwned>(parameters: Spanned<DeTable<'_>>) -> Result<T, toml::de::Error> {
    T::deserialize(Deserializer::from(parameters))
}
