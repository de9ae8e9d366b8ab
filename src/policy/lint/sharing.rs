//! Lints about certificates of one input that share what should be their own: subject, key, octets, the place of the leaf.

use std::collections::HashMap;
use std::hash::Hash;

use super::view::{Entry, View};
use super::{CERTIFICATES, Confidence, Hit, Lint, Place, Weight};
use crate::policy::Severity::{Error, Warning};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "chain-several-leaves",
        weight: Weight::Always(Warning),
        title: "more than one leaf",
        reason: "It is not defined which one the script or the next tool takes.",
        remedy: "choose one by its thumbprint: s2scert import FILE --leaf THUMBPRINT --out bundle.pem",
        source: "RFC 7292 section 4.2",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: several_leaves,
    },
    Lint {
        id: "chain-duplicate-certificate",
        weight: Weight::Always(Warning),
        title: "one certificate stands twice",
        reason: "Some readers refuse the second, and attributes of the two may disagree.",
        remedy: "write the file again: s2scert export FILE --out NEW",
        source: "RFC 7292 section 4.2.3",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: duplicate,
    },
    Lint {
        id: "chain-same-subject",
        weight: Weight::Always(Error),
        title: "two certificates with one subject",
        reason: "The product finds the key by the subject alone. With two in the store it says 'Private key not found', or \
                 the wrong one signs.",
        remedy: "keep one, and let issue give the next a generation: s2scert issue --subject DN --out s2s.pfx",
        source: "Microsoft, Troubleshooting server-based authentication",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: same_subject,
    },
    Lint {
        id: "chain-same-key",
        weight: Weight::Always(Warning),
        title: "two certificates with one key",
        reason: "A renewal that keeps the key keeps what was stolen with it, and Windows may bind either certificate to the \
                 key container.",
        remedy: "make a new key for each certificate: s2scert issue --subject DN --out s2s.pfx",
        source: "NIST SP 800-57 part 1 section 5.3",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: same_key,
    },
];

fn hit(at: usize, message: impl Into<String>) -> Hit {
    Hit::new(Place::Certificate(at), message)
}

fn several_leaves(view: &View<'_>) -> Vec<Hit> {
    let mut leaves: Vec<(usize, &Entry)> = Vec::new();
    for (at, leaf) in view.leaves() {
        if !leaves.iter().any(|(_, other)| other.certificate == leaf.certificate) {
            leaves.push((at, leaf));
        }
    }
    if leaves.len() < 2 {
        return Vec::new();
    }
    let first = leaves.iter().take(3).map(|(_, leaf)| leaf.subject.to_string()).collect::<Vec<_>>().join("; ");
    vec![Hit::new(Place::File, format!("{} leaves: {first}", leaves.len()))]
}

fn duplicate(view: &View<'_>) -> Vec<Hit> {
    let mut seen: HashMap<&[u8], usize> = HashMap::new();
    view.certificates
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let first = *seen.entry(entry.certificate.der()).or_insert(at);
            (first != at).then(|| hit(at, format!("it is the same as certificate {}", first + 1)))
        })
        .collect()
}

/// Pairs certificates for use that share something. Authorities may: cross-certificates share subject and key by design.
fn sharing<'a, K: Eq + Hash + 'a>(view: &'a View<'_>, of: impl Fn(&'a Entry) -> K) -> Vec<(usize, usize)> {
    let mut seen: HashMap<K, usize> = HashMap::new();
    view.certificates
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.is_leaf || !entry.certificate.is_ca())
        .filter_map(|(at, entry)| {
            let first = *seen.entry(of(entry)).or_insert(at);
            let differ = view.certificates[first].certificate != entry.certificate;
            (first != at && differ).then_some((first, at))
        })
        .collect()
}

fn same_subject(view: &View<'_>) -> Vec<Hit> {
    sharing(view, |entry| entry.subject.normalised_key())
        .into_iter()
        .map(|(first, at)| {
            let (one, other) = (&view.certificates[first].subject, &view.certificates[at].subject);
            let alike = if one.der() == other.der() {
                "the same subject"
            } else {
                "a subject that Windows may take for this one,"
            };
            hit(at, format!("certificate {} has {alike} {one}", first + 1))
        })
        .collect()
}

fn same_key(view: &View<'_>) -> Vec<Hit> {
    sharing(view, |entry| entry.key.spki_der())
        .into_iter()
        .map(|(first, at)| hit(at, format!("certificate {} has the same key", first + 1)))
        .collect()
}
