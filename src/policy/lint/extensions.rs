//! Lints about the extensions of one certificate (RFC 5280 section 4.2).

use std::collections::HashSet;

use const_oid::ObjectIdentifier;

use super::view::{Entry, View};
use super::{CERTIFICATES, Confidence, Hit, Lint, Place, Weight};
use crate::cert::Certificate;
use crate::cert::certificate::oid;
use crate::policy::Severity::{Error, Info, Warning};

/// The extensions that a chain engine understands. Windows knows more, which authorities do not mark as critical.
const KNOWN: [(ObjectIdentifier, &str); 15] = [
    (ObjectIdentifier::new_unwrap("2.5.29.9"), "subjectDirectoryAttributes"),
    (oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (oid::KEY_USAGE, "keyUsage"),
    (oid::SUBJECT_ALT_NAME, "subjectAltName"),
    (ObjectIdentifier::new_unwrap("2.5.29.18"), "issuerAltName"),
    (oid::BASIC_CONSTRAINTS, "basicConstraints"),
    (super::constraints::NAME_CONSTRAINTS, "nameConstraints"),
    (ObjectIdentifier::new_unwrap("2.5.29.31"), "cRLDistributionPoints"),
    (ObjectIdentifier::new_unwrap("2.5.29.32"), "certificatePolicies"),
    (ObjectIdentifier::new_unwrap("2.5.29.33"), "policyMappings"),
    (oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (ObjectIdentifier::new_unwrap("2.5.29.36"), "policyConstraints"),
    (oid::EXTENDED_KEY_USAGE, "extKeyUsage"),
    (ObjectIdentifier::new_unwrap("2.5.29.54"), "inhibitAnyPolicy"),
    (ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1"), "authorityInfoAccess"),
];

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "cert-key-usage-no-signature",
        weight: Weight::Always(Warning),
        title: "keyUsage lacks digitalSignature",
        reason: "The key's use is to sign tokens. Software that heeds keyUsage refuses a signature of this key.",
        remedy: "issue with digitalSignature and keyEncipherment, as s2scert issue does",
        source: "RFC 5280 section 4.2.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: no_digital_signature,
    },
    Lint {
        id: "cert-key-usage-not-critical",
        weight: Weight::Always(Info),
        title: "keyUsage is not marked as critical",
        reason: "RFC 5280 asks for it, so that no reader passes over the restriction.",
        remedy: "nothing needs to be done; the next certificate should mark it",
        source: "RFC 5280 section 4.2.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: key_usage_not_critical,
    },
    Lint {
        id: "cert-eku-no-server-auth",
        weight: Weight::Always(Info),
        title: "extKeyUsage stands without serverAuth",
        reason: "No extended key usage is demanded by the product. What is seen in use has serverAuth, so another list is \
                 worth a look.",
        remedy: "issue with serverAuth, as the WebServer template and s2scert issue do",
        source: "published lab scripts for this certificate",
        confidence: Confidence::Code,
        scopes: CERTIFICATES,
        check: no_server_auth,
    },
    Lint {
        id: "cert-ski-missing",
        weight: Weight::Always(Info),
        title: "no subjectKeyIdentifier",
        reason: "Chains are then built by name alone, and Windows has to compute an identifier for the store.",
        remedy: "issue with a subjectKeyIdentifier, as s2scert issue does",
        source: "RFC 5280 section 4.2.1.2",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: no_subject_key_id,
    },
    Lint {
        id: "cert-unknown-critical-extension",
        weight: Weight::Always(Error),
        title: "a critical extension that is not known",
        reason: "A reader must refuse a certificate with a critical extension that it does not understand.",
        remedy: "have the certificate issued without the extension, or not marked as critical",
        source: "RFC 5280 section 4.2",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: unknown_critical,
    },
    Lint {
        id: "cert-extension-duplicate",
        weight: Weight::Always(Warning),
        title: "an extension stands twice",
        reason: "Readers differ about which of the two counts, and some refuse the certificate.",
        remedy: "have the certificate issued again",
        source: "RFC 5280 section 4.2",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: duplicate_extension,
    },
    Lint {
        id: "cert-extension-unreadable",
        weight: Weight::Always(Warning),
        title: "a standard extension cannot be read",
        reason: "What it restricts is not known here, and Windows may refuse the certificate.",
        remedy: "have the certificate issued again",
        source: "RFC 5280 section 4.2.1",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: unreadable,
    },
];

fn of(
    entries: impl Iterator<Item = (usize, impl std::ops::Deref<Target = Entry>)>,
    message: impl Fn(&Certificate) -> Option<String>,
) -> Vec<Hit> {
    entries.filter_map(|(at, one)| Some(Hit::new(Place::Certificate(at), message(&one.certificate)?))).collect()
}

fn no_digital_signature(view: &View<'_>) -> Vec<Hit> {
    of(view.leaves(), |leaf| {
        let usage = leaf.key_usage()?;
        (!usage.digital_signature()).then(|| "keyUsage stands, and digitalSignature is not set".to_owned())
    })
}

fn key_usage_not_critical(view: &View<'_>) -> Vec<Hit> {
    of(view.leaves(), |leaf| (!leaf.extension(oid::KEY_USAGE)?.critical).then(|| "keyUsage is not critical".to_owned()))
}

fn no_server_auth(view: &View<'_>) -> Vec<Hit> {
    of(view.leaves(), |leaf| {
        let usages = leaf.extended_key_usage();
        let listed = usages.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        (!usages.is_empty() && !usages.contains(&oid::SERVER_AUTH)).then(|| format!("extKeyUsage is {listed}"))
    })
}

fn no_subject_key_id(view: &View<'_>) -> Vec<Hit> {
    of(view.certificates.iter().enumerate(), |one| {
        (one.version() == 3 && one.extension(oid::SUBJECT_KEY_IDENTIFIER).is_none())
            .then(|| "the extension is absent".to_owned())
    })
}

fn unknown_critical(view: &View<'_>) -> Vec<Hit> {
    of(view.certificates.iter().enumerate(), |one| {
        let unknown: Vec<String> = one
            .extensions()
            .iter()
            .filter(|extension| extension.critical && KNOWN.iter().all(|(known, _)| *known != extension.extn_id))
            .map(|extension| extension.extn_id.to_string())
            .collect();
        (!unknown.is_empty()).then(|| format!("critical and not known: {}", unknown.join(", ")))
    })
}

fn duplicate_extension(view: &View<'_>) -> Vec<Hit> {
    of(view.certificates.iter().enumerate(), |one| {
        let mut seen = HashSet::new();
        let twice = one.extensions().iter().find(|extension| !seen.insert(extension.extn_id))?;
        Some(format!("{} stands more than once", name_of(twice.extn_id)))
    })
}

fn unreadable(view: &View<'_>) -> Vec<Hit> {
    of(view.certificates.iter().enumerate(), |one| {
        let tried = [
            (oid::KEY_USAGE, one.key_usage().is_some()),
            (oid::BASIC_CONSTRAINTS, one.basic_constraints().is_some()),
            (oid::SUBJECT_KEY_IDENTIFIER, one.subject_key_id().is_some()),
            (oid::AUTHORITY_KEY_IDENTIFIER, one.authority_key_id().is_some()),
            // An empty list is not allowed in either (sections 4.2.1.6 and 4.2.1.12), so empty means unreadable.
            (oid::EXTENDED_KEY_USAGE, !one.extended_key_usage().is_empty()),
            (oid::SUBJECT_ALT_NAME, !one.alt_names().is_empty()),
        ];
        let broken: Vec<String> = tried
            .into_iter()
            .filter(|(oid, readable)| one.extension(*oid).is_some() && !readable)
            .map(|(oid, _)| name_of(oid))
            .collect();
        (!broken.is_empty()).then(|| format!("not readable: {}", broken.join(", ")))
    })
}

fn name_of(oid: ObjectIdentifier) -> String {
    KNOWN.iter().find(|(known, _)| *known == oid).map_or_else(|| oid.to_string(), |(_, name)| (*name).to_owned())
}
