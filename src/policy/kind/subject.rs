//! Subject and alternative names.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::certificate::AltName;
use crate::cert::name::{attribute_name, attribute_type};
use crate::policy::facts::Facts;
use crate::policy::report::{Place, Report};
use crate::policy::values::{Pattern, Presence};
use crate::policy::view::{Attribute, CertificateView, Extension};

use super::{CertificateRule, FileRule};

const NEW_SUBJECT: &str = "issue the certificate with another subject (s2scert issue --subject DN)";

/// The name of an attribute type: `CN`, `OU`, `O`, or a dotted object identifier.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub(crate) struct AttributeKind(ObjectIdentifier);

impl TryFrom<String> for AttributeKind {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        attribute_type(&text).map(Self).ok_or_else(|| {
            format!(
                "{:?} is no attribute type: write CN, OU, O, L, ST, C, DC, E or a dotted identifier",
                super::super::error::shown(&text)
            )
        })
    }
}

impl From<AttributeKind> for String {
    fn from(kind: AttributeKind) -> Self {
        attribute_name(kind.0)
    }
}

/// The subject, or every value of one of its attributes, matches a regular expression as a whole.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectPattern {
    /// The attribute; without it the whole subject is matched in its RFC 4514 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attribute: Option<AttributeKind>,
    /// The regular expression.
    pattern: Pattern,
}

impl CertificateRule for SubjectPattern {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let Some(kind) = &self.attribute else {
            let subject = view.subject().to_string();
            if !self.pattern.matches_whole(&subject) {
                report.certificate(
                    view,
                    format!("the subject {subject:?} does not match {}", self.pattern),
                    NEW_SUBJECT,
                );
            }
            return;
        };
        let name = attribute_name(kind.0);
        let mut values = view.attributes().filter(|attribute| attribute.kind == kind.0).peekable();
        if values.peek().is_none() {
            report.certificate(
                view,
                format!("the subject has no {name}, which should match {}", self.pattern),
                NEW_SUBJECT,
            );
        }
        for Attribute { value, .. } in values.filter(|attribute| !self.pattern.matches_whole(&attribute.value)) {
            report.certificate(view, format!("{name}={value} does not match {}", self.pattern), NEW_SUBJECT);
        }
    }
}

/// The subject has certain attributes and lacks others.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectAttributes {
    /// Attributes that must stand in the subject.
    #[serde(default)]
    required: Vec<AttributeKind>,
    /// Attributes that must not stand in the subject.
    #[serde(default)]
    forbidden: Vec<AttributeKind>,
}

impl CertificateRule for SubjectAttributes {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let stands = |kind: &AttributeKind| view.attributes().any(|attribute| attribute.kind == kind.0);
        for kind in self.required.iter().filter(|kind| !stands(kind)) {
            report.certificate(view, format!("the subject has no {}", attribute_name(kind.0)), NEW_SUBJECT);
        }
        for kind in self.forbidden.iter().filter(|kind| stands(kind)) {
            report.certificate(view, format!("the subject has {}", attribute_name(kind.0)), NEW_SUBJECT);
        }
    }
}

/// Some value of the subject contains an element that differs from generation to generation: a date, a running number.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerationElement {
    /// The regular expression that is looked for anywhere in any value.
    pattern: Pattern,
}

impl CertificateRule for GenerationElement {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        if !view.attributes().any(|attribute| self.pattern.matches_part(&attribute.value)) {
            let message = format!("no value of the subject {} contains a generation element", view.subject());
            let remedy = "issue with a subject of its own for each generation (s2scert issue --generation TEXT)";
            report.certificate(view, message, remedy);
        }
    }
}

/// The subject is neither empty nor too long.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnLength {
    /// The most characters that one value may have. RFC 5280 appendix A allows 64 for CN, O and OU.
    max_value: usize,
    /// The most characters that the values may have together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_total: Option<usize>,
}

impl CertificateRule for DnLength {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let mut total = 0usize;
        for attribute in view.attributes() {
            let length = attribute.value.chars().count();
            total = total.saturating_add(length);
            if length > self.max_value {
                let name = attribute_name(attribute.kind);
                let message = format!("the value of {name} has {length} characters; {} are allowed", self.max_value);
                report.certificate(view, message, NEW_SUBJECT);
            }
        }
        if total == 0 {
            report.certificate(view, "the subject is empty", NEW_SUBJECT);
        }
        if let Some(max) = self.max_total.filter(|max| total > *max) {
            let message = format!("the values of the subject have {total} characters together; {max} are allowed");
            report.certificate(view, message, NEW_SUBJECT);
        }
    }
}

/// Alternative names stand in the certificate or do not, and match a regular expression.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectAltNameRule {
    /// Whether there must be any.
    presence: Presence,
    /// The regular expression that every DNS name must match as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dns_pattern: Option<Pattern>,
}

impl CertificateRule for SubjectAltNameRule {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let remedy = "issue the certificate with the right DNS names (s2scert issue --dns NAME)";
        let names = match (view.alt_names(), self.presence) {
            (Extension::Unreadable, _) => {
                return report.certificate(view, "the subject alternative name extension is damaged", remedy);
            }
            (Extension::Absent, Presence::Required) => {
                return report.certificate(view, "there is no subject alternative name", remedy);
            }
            (Extension::Absent, _) => return,
            (Extension::Present(_), Presence::Forbidden) => {
                return report.certificate(view, "there are subject alternative names", remedy);
            }
            (Extension::Present(names), _) => names,
        };
        let Some(pattern) = &self.dns_pattern else { return };
        for name in names {
            if let AltName::Dns(dns) = name
                && !pattern.matches_whole(dns)
            {
                report.certificate(view, format!("the DNS name {dns:?} does not match {pattern}"), remedy);
            }
        }
    }
}

/// No name stands for many hosts: neither a common name nor a DNS name with an asterisk.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WildcardName {}

impl CertificateRule for WildcardName {
    fn check(&self, view: &CertificateView<'_>, _facts: &Facts<'_>, report: &mut Report) {
        let common_name =
            view.attributes().filter(|attribute| attribute.kind == COMMON_NAME).map(|attribute| attribute.value);
        let alt_names = match view.alt_names() {
            Extension::Present(names) => names.as_slice(),
            Extension::Absent | Extension::Unreadable => &[],
        };
        let dns = alt_names.iter().filter_map(|name| match name {
            AltName::Dns(dns) => Some(Cow::Borrowed(dns.as_str())),
            _ => None,
        });
        let mut names: Vec<Cow<'_, str>> = common_name.chain(dns).filter(|name| name.contains('*')).collect();
        names.dedup();
        if !names.is_empty() {
            let message = format!("the certificate is for many hosts: {}", names.join(", "));
            report.certificate(view, message, "use a certificate of its own for signing tokens, without a wildcard");
        }
    }
}

/// `commonName`, RFC 5280 appendix A.1.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// It is known how Windows compares the subject, so that the certificate is found by it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectUnambiguous {}

impl FileRule for SubjectUnambiguous {
    fn check(&self, _views: &[CertificateView<'_>], facts: &Facts<'_>, report: &mut Report) {
        if let Some(why) = &facts.subject_ambiguity {
            let message = format!("it is not known whether Windows finds this subject: {why}");
            report.add(Place::Certificate(0), message, "issue with a plain subject: ASCII letters, one value per RDN");
        }
    }
}
