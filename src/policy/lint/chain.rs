//! Lints about how the certificates of one input fit together.

use std::collections::HashSet;

use super::certificate::day;
use super::links::Link;
use super::view::View;
use super::{CERTIFICATES, Confidence, Hit, Lint, Place, Weight, constraints};
use crate::policy::Severity::{Error, Info, Warning};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "chain-leaf-not-first",
        weight: Weight::Always(Warning),
        title: "the first certificate is not the leaf",
        reason: "Readers that take the first certificate for the one of the key (root first is the common case) take the \
                 wrong one.",
        remedy: "write the file again, which orders it leaf to root: s2scert export FILE --out NEW",
        source: "chris2511/xca issue 339; rmbolger/Posh-ACME issue 683",
        confidence: Confidence::Reported,
        scopes: CERTIFICATES,
        check: leaf_not_first,
    },
    Lint {
        id: "chain-order",
        weight: Weight::Always(Info),
        title: "the issuers are not in the order of issue",
        reason: "Windows sorts for itself; readers that send or store the chain as it stands do not.",
        remedy: "write the file again, which orders it leaf to root: s2scert export FILE --out NEW",
        source: "chris2511/xca issue 339",
        confidence: Confidence::Reported,
        scopes: CERTIFICATES,
        check: order,
    },
    Lint {
        id: "chain-issuer-missing",
        weight: Weight::Always(Warning),
        title: "the certificate of the leaf's issuer is missing",
        reason: "Servers without that intermediate in their store cannot build the chain. The documented export ticks \
                 'Include all certificates in the certification path'.",
        remedy: "add it: s2scert import FILE issuer.cer --out bundle.pem, then s2scert export bundle.pem --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, Configure server-based authentication with Customer Engagement and SharePoint on-premises",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: issuer_missing,
    },
    Lint {
        id: "chain-root-missing",
        weight: Weight::Always(Info),
        title: "the chain does not reach a root",
        reason: "Each server needs the root in its own store, and SharePoint in its trusted root authorities; the file does \
                 not bring it.",
        remedy: "add it: s2scert import FILE root.cer --out bundle.pem, then s2scert export bundle.pem --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, Configure server-based authentication with Customer Engagement and SharePoint on-premises",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: root_missing,
    },
    Lint {
        id: "chain-broken-signature",
        weight: Weight::Always(Error),
        title: "the named issuer did not sign the certificate",
        reason: "The name fits and the key does not: the authority was renewed with a new key, or the file mixes two \
                 authorities of one name.",
        remedy: "get the issuer's certificate with the right key: its subjectKeyIdentifier must be the authorityKeyIdentifier",
        source: "RFC 5280 section 6.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: broken_signature,
    },
    Lint {
        id: "chain-aki-mismatch",
        weight: Weight::Always(Warning),
        title: "authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
        reason: "Windows ranks issuers by these identifiers and may pick another certificate, or none.",
        remedy: "check that the issuer's certificate is the one that the authority uses now",
        source: "RFC 5280 section 4.2.1.1",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: aki_mismatch,
    },
    Lint {
        id: "chain-issuer-not-ca",
        weight: Weight::Always(Error),
        title: "an issuer is not allowed to issue certificates",
        reason: "A certificate without CA in basicConstraints, or without keyCertSign, cannot vouch for another. Every chain \
                 engine refuses this.",
        remedy: "have the certificate issued by a certificate authority",
        source: "RFC 5280 section 6.1.4 (k) to (n)",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: issuer_not_ca,
    },
    Lint {
        id: "chain-path-too-long",
        weight: Weight::Always(Error),
        title: "more authorities below an issuer than it allows",
        reason: "pathLenConstraint is exceeded, and every chain engine refuses this.",
        remedy: "have the certificate issued by an authority higher up, or the intermediate renewed",
        source: "RFC 5280 section 4.2.1.9",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: path_too_long,
    },
    Lint {
        id: "chain-name-constraint",
        weight: Weight::Always(Error),
        title: "a name constraint of an issuer is broken",
        reason: "The issuer may not vouch for this name, so the chain is refused.",
        remedy: "issue with a subject and DNS names inside the permitted subtrees",
        source: "RFC 5280 section 4.2.1.10",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: name_constraint,
    },
    Lint {
        id: "chain-issuer-not-valid",
        weight: Weight::Always(Error),
        title: "an issuer has expired or is not valid yet",
        reason: "A chain is valid only while all of its certificates are.",
        remedy: "get the renewed certificate of the authority and write the file again with it",
        source: "RFC 5280 section 6.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: issuer_not_valid,
    },
    Lint {
        id: "chain-outlives-issuer",
        weight: Weight::Always(Warning),
        title: "an issuer expires before the leaf",
        reason: "The certificate stops working with its issuer, earlier than its own date says.",
        remedy: "plan the roll by the issuer's date, or have the authority renewed first",
        source: "RFC 5280 section 6.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: outlives_issuer,
    },
    Lint {
        id: "chain-unrelated",
        weight: Weight::Always(Warning),
        title: "a certificate that does not belong to the chain",
        reason: "Windows imports it all the same: into My or a store of authorities, where nobody expects it.",
        remedy: "write the file again, which keeps the chain only: s2scert export FILE --out NEW",
        source: "RFC 7292 section 4.2.3",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: unrelated,
    },
    Lint {
        id: "chain-name-encoding",
        weight: Weight::Always(Warning),
        title: "the issuer's name is encoded differently in the two certificates",
        reason: "Windows and others compare these names octet by octet first (PrintableString is not UTF8String) and may not \
                 find the issuer.",
        remedy: "have the certificate issued again: the issuer field must be copied from the authority's subject",
        source: "RFC 5280 section 4.1.2.4",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: name_encoding,
    },
];

fn hit(at: usize, message: impl Into<String>) -> Hit {
    Hit::new(Place::Certificate(at), message)
}

/// Returns the certificates above the leaf, nearest first. Empty without a leaf.
fn above_leaf(view: &View<'_>) -> Vec<usize> {
    view.leaf().map_or_else(Vec::new, |(at, _)| view.path(at).split_off(1))
}

fn leaf_not_first(view: &View<'_>) -> Vec<Hit> {
    match view.leaf() {
        Some((at @ 1.., leaf)) => {
            let first = &view.certificates[0];
            let what = if first.self_signed { "the root" } else { "another certificate" };
            vec![hit(
                at,
                format!("{what} {} comes first, the leaf {} is number {}", first.subject, leaf.subject, at + 1),
            )]
        }
        Some((0, _)) | None => Vec::new(),
    }
}

fn order(view: &View<'_>) -> Vec<Hit> {
    let path = above_leaf(view);
    let wrong = path.windows(2).find(|pair| pair[0] > pair[1]);
    wrong.map_or_else(Vec::new, |pair| {
        let subject = |at: usize| &view.certificates[at].subject;
        vec![hit(pair[1], format!("{} comes before {}, which it issued", subject(pair[1]), subject(pair[0])))]
    })
}

fn issuer_missing(view: &View<'_>) -> Vec<Hit> {
    view.leaves()
        .filter(|(_, leaf)| leaf.link == Link::Missing)
        .map(|(at, leaf)| hit(at, format!("its issuer {} is not in the file", leaf.issuer)))
        .collect()
}

fn root_missing(view: &View<'_>) -> Vec<Hit> {
    above_leaf(view)
        .last()
        .filter(|at| view.certificates[**at].link == Link::Missing)
        .map(|at| hit(*at, format!("its issuer {} is not in the file", view.certificates[*at].issuer)))
        .into_iter()
        .collect()
}

fn broken_signature(view: &View<'_>) -> Vec<Hit> {
    view.certificates
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| match entry.link {
            Link::Broken(issuer) => {
                let subject = &view.certificates[issuer].subject;
                Some(hit(at, format!("{subject} is in the file and did not sign this certificate")))
            }
            Link::Itself | Link::To(_) | Link::Missing => None,
        })
        .collect()
}

fn aki_mismatch(view: &View<'_>) -> Vec<Hit> {
    view.certificates
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let issuer = match entry.link {
                Link::To(issuer) => &view.certificates[issuer],
                Link::Itself => entry,
                Link::Broken(_) | Link::Missing => return None,
            };
            let wanted = entry.certificate.authority_key_id()?.key_identifier?;
            let found = issuer.certificate.subject_key_id()?;
            (wanted.as_bytes() != found)
                .then(|| hit(at, format!("the issuer {} has another identifier", issuer.subject)))
        })
        .collect()
}

fn issuer_not_ca(view: &View<'_>) -> Vec<Hit> {
    above_leaf(view)
        .into_iter()
        .filter_map(|at| {
            let authority = &view.certificates[at].certificate;
            // A version 1 root has no extension to say so (RFC 5280 section 6.1.4 (k)); it is trusted by hand.
            if authority.version() < 3 && view.certificates[at].self_signed {
                return None;
            }
            if !authority.is_ca() {
                return Some(hit(at, "it issued a certificate, and basicConstraints does not make it an authority"));
            }
            let forbids = authority.key_usage().is_some_and(|usage| !usage.key_cert_sign());
            forbids.then(|| hit(at, "it issued a certificate, and its keyUsage lacks keyCertSign"))
        })
        .collect()
}

fn path_too_long(view: &View<'_>) -> Vec<Hit> {
    let path = above_leaf(view);
    path.iter()
        .enumerate()
        .filter_map(|(depth, at)| {
            let allowed = usize::from(view.certificates[*at].certificate.basic_constraints()?.path_len_constraint?);
            // Self-issued certificates (key rollover) do not count: RFC 5280 section 4.2.1.9.
            let below = path[..depth].iter().filter(|at| !view.certificates[**at].certificate.is_self_issued()).count();
            (below > allowed).then(|| hit(*at, format!("{below} authorities are below it, {allowed} are allowed")))
        })
        .collect()
}

fn name_constraint(view: &View<'_>) -> Vec<Hit> {
    let Some((leaf, entry)) = view.leaf() else { return Vec::new() };
    above_leaf(view)
        .into_iter()
        .filter_map(|at| {
            let reason = constraints::violation(&view.certificates[at].certificate, &entry.certificate)?;
            Some(hit(leaf, format!("{} does not allow it: {reason}", view.certificates[at].subject)))
        })
        .collect()
}

fn issuer_not_valid(view: &View<'_>) -> Vec<Hit> {
    above_leaf(view)
        .into_iter()
        .filter_map(|at| {
            let authority = &view.certificates[at].certificate;
            let (begin, end) = (authority.not_before(), authority.not_after());
            if end < view.now {
                Some(hit(at, format!("it expired on {}", day(end))))
            } else {
                (begin > view.now).then(|| hit(at, format!("it is valid from {begin}")))
            }
        })
        .collect()
}

fn outlives_issuer(view: &View<'_>) -> Vec<Hit> {
    let Some((leaf, entry)) = view.leaf() else { return Vec::new() };
    let end = entry.certificate.not_after();
    let earliest = above_leaf(view).into_iter().min_by_key(|at| view.certificates[*at].certificate.not_after());
    earliest
        .map(|at| &view.certificates[at])
        .filter(|authority| authority.certificate.not_after() < end)
        .map(|authority| {
            let first = day(authority.certificate.not_after());
            hit(leaf, format!("it is valid until {}, its issuer {} until {first}", day(end), authority.subject))
        })
        .into_iter()
        .collect()
}

fn unrelated(view: &View<'_>) -> Vec<Hit> {
    let mut related = vec![false; view.certificates.len()];
    for (leaf, _) in view.leaves() {
        for at in view.path_by_name(leaf) {
            related[at] = true;
        }
    }
    // A copy of a certificate of the chain is a duplicate, not a stranger.
    let chain: HashSet<&[u8]> =
        (0..related.len()).filter(|at| related[*at]).map(|at| view.certificates[at].certificate.der()).collect();
    let belongs = |at: usize| chain.contains(view.certificates[at].certificate.der());
    (0..related.len())
        .filter(|at| !belongs(*at))
        .map(|at| {
            hit(at, format!("{} issued nothing on the way from the leaf to the root", view.certificates[at].subject))
        })
        .collect()
}

fn name_encoding(view: &View<'_>) -> Vec<Hit> {
    view.certificates
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| match entry.link {
            Link::To(issuer) if view.certificates[issuer].subject.der() != entry.issuer.der() => {
                Some(hit(at, format!("the issuer field and the subject of {} differ in their octets", entry.issuer)))
            }
            Link::Itself | Link::To(_) | Link::Broken(_) | Link::Missing => None,
        })
        .collect()
}
