//! Lints about which bags a PFX holds, and whether key and certificates belong together.

use super::view::View;
use super::{Confidence, Hit, Lint, OPENED, Place, Weight};
use crate::cert::pfx::BagContent;
use crate::policy::Severity::{Error, Info, Warning};

/// What the .NET loader accepts by default, of keys and of certificates.
const MOST_ENTRIES: usize = 200;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "pfx-no-key",
        weight: Weight::Always(Error),
        title: "no private key",
        reason: "The token issuer signs. Certificates alone install, and then the product says 'Private key not found'.",
        remedy: "bring the key: s2scert import FILE key.pem --out bundle.pem, then s2scert export bundle.pem --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, Troubleshooting server-based authentication",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: no_key,
    },
    Lint {
        id: "pfx-no-certificate",
        weight: Weight::Always(Error),
        title: "no certificate",
        reason: "Windows imports keys by way of their certificate. A key alone installs nothing.",
        remedy: "bring the certificate: s2scert import FILE s2s.cer --out bundle.pem, then s2scert export bundle.pem --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: no_certificate,
    },
    Lint {
        id: "pfx-key-mismatch",
        weight: Weight::Always(Error),
        title: "the key belongs to none of the certificates",
        reason: "The import succeeds or says NTE_BAD_PUBLIC_KEY, and signing fails afterwards.",
        remedy: "let import find which key fits which certificate: s2scert import FILE *.cer *.key --out bundle.pem",
        source: "Microsoft, CryptAcquireCertificatePrivateKey",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: key_mismatch,
    },
    Lint {
        id: "pfx-key-unreadable",
        weight: Weight::Always(Error),
        title: "a private key that cannot be read",
        reason: "It is not PKCS#8, or of a kind that s2scert does not know. The product needs RSA.",
        remedy: "take the key from its origin again, or issue a new one: s2scert issue --subject DN --out s2s.pfx",
        source: "RFC 7292 section 4.2.2",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: key_unreadable,
    },
    Lint {
        id: "pfx-several-keys",
        weight: Weight::Always(Warning),
        title: "more than one private key",
        reason: "All are imported, each into a container of its own; it is not defined which certificate the script takes.",
        remedy: "choose the certificate of one by its thumbprint: s2scert import FILE --leaf THUMBPRINT --out bundle.pem",
        source: "Microsoft, PFXImportCertStore",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: several_keys,
    },
    Lint {
        id: "pfx-certificate-unreadable",
        weight: Weight::Always(Warning),
        title: "a certificate bag whose content is no certificate",
        reason: "Windows refuses the whole file, or passes the bag over.",
        remedy: "write the file again, which leaves it out: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2.3",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: certificate_unreadable,
    },
    Lint {
        id: "pfx-crl-bag",
        weight: Weight::Always(Info),
        title: "a revocation list in the file",
        reason: "It is out of date in days. Some readers refuse the bag.",
        remedy: "write the file again, which leaves it out: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2.4",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: crl,
    },
    Lint {
        id: "pfx-secret-bag",
        weight: Weight::Always(Warning),
        title: "another secret in the file",
        reason: "Files with secret bags have been refused by Windows as 'an internal error', and a second secret travels where \
                 nobody expects one.",
        remedy: "write the file again, which leaves it out: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "dotnet/runtime issue 92921",
        confidence: Confidence::Reported,
        scopes: OPENED,
        check: secret,
    },
    Lint {
        id: "pfx-unknown-bag",
        weight: Weight::Always(Warning),
        title: "a bag of an unknown type",
        reason: "Readers pass it over or refuse the file. What it holds is not known.",
        remedy: "write the file again, which leaves it out: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: unknown,
    },
    Lint {
        id: "pfx-nested-bags",
        weight: Weight::Always(Warning),
        title: "bags nested in a bag",
        reason: "Hardly any program writes this and several readers do not look inside.",
        remedy: "write the file again, which writes them flat: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2.6",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: nested,
    },
    Lint {
        id: "pfx-many-entries",
        weight: Weight::Always(Warning),
        title: "more than 200 keys or certificates",
        reason: "The .NET loader refuses such a file by default. It is a trust store, not the file of one certificate.",
        remedy: "take one certificate out of it: s2scert import FILE --out bundle.pem",
        source: "dotnet/runtime Pkcs12LoaderLimits.cs",
        confidence: Confidence::Code,
        scopes: OPENED,
        check: many_entries,
    },
];

fn file(condition: bool, message: impl FnOnce() -> String) -> Vec<Hit> {
    condition.then(|| Hit::new(Place::File, message())).into_iter().collect()
}

fn of_bags(view: &View<'_>, message: impl Fn(&BagContent) -> Option<String>) -> Vec<Hit> {
    let bags = view.bags.iter().enumerate();
    bags.filter_map(|(at, bag)| Some(Hit::new(Place::Bag(at), message(&bag.opened?.content)?))).collect()
}

fn no_key(view: &View<'_>) -> Vec<Hit> {
    file(view.keys.is_empty(), || format!("{} certificates and no key", view.certificates.len()))
}

fn no_certificate(view: &View<'_>) -> Vec<Hit> {
    file(view.certificates.is_empty(), || "no certificate bag that can be read".to_owned())
}

fn key_mismatch(view: &View<'_>) -> Vec<Hit> {
    if view.certificates.is_empty() {
        return Vec::new();
    }
    let (fitting, strangers): (Vec<_>, Vec<_>) = view
        .pairs()
        .partition(|(_, pair)| view.certificates.iter().any(|one| one.key.bits() == pair.public_key().bits()));
    // One pair that fits is enough to work with; the other key is only in the way.
    let severity = if fitting.is_empty() { Error } else { Warning };
    strangers
        .into_iter()
        .map(|(place, pair)| {
            Hit::new(place, format!("no certificate has this {} key", pair.algorithm())).with(severity)
        })
        .collect()
}

fn key_unreadable(view: &View<'_>) -> Vec<Hit> {
    let broken = view.keys.iter().filter(|key| key.pair.is_none());
    broken.map(|key| Hit::new(key.place, "the content is no private key that can be read")).collect()
}

fn several_keys(view: &View<'_>) -> Vec<Hit> {
    file(view.keys.len() > 1, || format!("{} private keys", view.keys.len()))
}

fn certificate_unreadable(view: &View<'_>) -> Vec<Hit> {
    of_bags(view, |content| match content {
        BagContent::Certificate { der, parsed: None } => Some(format!("{} octets that are no certificate", der.len())),
        _ => None,
    })
}

fn crl(view: &View<'_>) -> Vec<Hit> {
    of_bags(view, |content| match content {
        BagContent::Crl { der } => Some(format!("a revocation list of {} octets", der.len())),
        _ => None,
    })
}

fn secret(view: &View<'_>) -> Vec<Hit> {
    of_bags(view, |content| match content {
        BagContent::Secret { oid, .. } => Some(format!("a secret of type {oid}")),
        _ => None,
    })
}

fn unknown(view: &View<'_>) -> Vec<Hit> {
    of_bags(view, |content| match content {
        BagContent::Other { oid, .. } => Some(format!("a bag of type {oid}")),
        _ => None,
    })
}

fn nested(view: &View<'_>) -> Vec<Hit> {
    let count = view.bags.iter().filter(|bag| bag.nested).count();
    file(count > 0, || format!("{count} bags lie inside another bag"))
}

fn many_entries(view: &View<'_>) -> Vec<Hit> {
    let (keys, certificates) = (view.keys.len(), view.certificates.len());
    file(keys.max(certificates) > MOST_ENTRIES, || format!("{keys} keys and {certificates} certificates"))
}
