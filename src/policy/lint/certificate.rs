//! Lints about one certificate by itself: signature, validity, serial number, purpose. Extensions have a file of their own.

use jiff::{SignedDuration, Timestamp};

use super::view::{Entry, View};
use super::{CERTIFICATES, Confidence, Hit, Lint, NAMES, Place, Weight};
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::policy::Severity::{Error, Info, Warning};

/// Three years and a month: what SharePoint's and Entra's own signing certificates have.
const LONGEST_LIFE_DAYS: i64 = 3 * 366 + 31;
/// The watch tells of expiry from 90 days on; below 60 the roll should have a date.
const SOON_DAYS: i64 = 60;
/// RFC 5280 section 4.1.2.2: conforming certificates have at most 20 octets.
const MAX_SERIAL_OCTETS: usize = 20;
/// 64 bits, what the rules of public authorities ask for at least.
const MIN_SERIAL_OCTETS: usize = 8;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "cert-signature-broken-hash",
        weight: Weight::Always(Error),
        title: "signed with SHA-1, MD5 or MD2",
        reason: "Collisions can be made for these hashes, and Windows and SharePoint may refuse the chain. The signature of \
                 a root is exempt: nobody rests on it.",
        remedy: "have the certificate issued again with SHA-256",
        source: "Microsoft, Windows enforcement of SHA-1 certificates; NIST SP 800-131A",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: broken_hash,
    },
    Lint {
        id: "cert-signature-unusual",
        weight: Weight::Always(Warning),
        title: "signed with another algorithm than RSA PKCS#1 v1.5 and SHA-2",
        reason: "RSA-PSS (the alternate signature format of AD CS), ECDSA and others are refused by parts of older Windows \
                 and .NET Framework software. The chain must be verified on every server, SharePoint's included.",
        remedy: "have the certificate issued with sha256RSA (AD CS: AlternateSignatureAlgorithm=0)",
        source: "Microsoft, CAPolicy.inf syntax, AlternateSignatureAlgorithm",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: unusual_signature,
    },
    Lint {
        id: "cert-expired",
        weight: Weight::Always(Error),
        title: "the certificate has expired",
        reason: "Tokens signed with an expired certificate are refused (SharePoint logs NotTimeValid).",
        remedy: "ask your authority for a new one; for evaluation: s2scert issue --subject DN --out s2s.pfx",
        source: "OfficeDocs-SharePoint issue 1382; RFC 5280 section 6.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: expired,
    },
    Lint {
        id: "cert-not-yet-valid",
        weight: Weight::Always(Error),
        title: "the certificate is not valid yet",
        reason: "Until then every token signed with it is refused.",
        remedy: "wait until it is valid, or check the clock and issue again: s2scert issue --subject DN --out s2s.pfx",
        source: "RFC 5280 section 6.1.3",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: not_yet_valid,
    },
    Lint {
        id: "cert-validity-inverted",
        weight: Weight::Always(Error),
        title: "the validity ends before it begins",
        reason: "There is no instant at which this certificate is valid.",
        remedy: "have the certificate issued again",
        source: "RFC 5280 section 4.1.2.5",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: inverted,
    },
    Lint {
        id: "cert-expires-soon",
        weight: Weight::Always(Warning),
        title: "the certificate expires within 60 days",
        reason: "A roll takes two teams and a maintenance window, and a renewal by AD CS needs the old certificate to be \
                 still valid.",
        remedy: "begin the next roll now: ask your authority for a new one; for evaluation: s2scert issue --subject DN --out s2s.pfx",
        source: "Microsoft, certreq and troubleshooting server-based authentication",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: expires_soon,
    },
    Lint {
        id: "cert-lifetime-long",
        weight: Weight::Always(Warning),
        title: "valid for more than three years",
        reason: "Long enough that nobody who rolled it last is there to roll it next, and long enough to break the key.",
        remedy: "issue for one or two years: s2scert issue --days 365 --subject DN --out s2s.pfx",
        source: "Microsoft, Set up SharePoint server-to-server authentication (two years in its sample)",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: long_life,
    },
    Lint {
        id: "cert-self-signed",
        weight: Weight::Always(Info),
        title: "the certificate is self-signed",
        reason: "The product's documentation allows self-signed certificates for evaluation only.",
        remedy: "order one from your authority for production; what it must fulfil: s2scert check FILE --policy production",
        source: "Microsoft, Configure server-based authentication with Customer Engagement and SharePoint on-premises",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: self_signed,
    },
    Lint {
        id: "cert-evaluation-mark",
        weight: Weight::Always(Info),
        title: "marked as an evaluation certificate",
        reason: "The mark is there so that the production policy refuses the certificate; s2scert issue puts it into each one.",
        remedy: "for production order a certificate from your authority",
        source: "s2scert, docs/SECURITY.md",
        confidence: Confidence::Code,
        scopes: CERTIFICATES,
        check: evaluation,
    },
    Lint {
        id: "cert-leaf-is-ca",
        weight: Weight::Always(Warning),
        title: "the certificate is a certificate authority",
        reason: "Its key could issue certificates that every server trusts once this one is in a Root store. A token signer \
                 needs no such power.",
        remedy: "issue an end entity certificate: s2scert issue --subject DN --out s2s.pfx",
        source: "RFC 5280 section 4.2.1.9",
        confidence: Confidence::Inferred,
        scopes: CERTIFICATES,
        check: leaf_is_ca,
    },
    Lint {
        id: "cert-old-version",
        weight: Weight::Always(Warning),
        title: "an X.509 certificate of version 1 or 2",
        reason: "It has no extensions: no key usage, no key identifiers to build a chain with.",
        remedy: "have the certificate issued again as version 3",
        source: "RFC 5280 section 4.1.2.1",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: old_version,
    },
    Lint {
        id: "cert-serial-invalid",
        weight: Weight::Always(Warning),
        title: "the serial number is zero, negative or longer than 20 octets",
        reason: "Windows finds certificates by issuer and serial number; readers disagree about such numbers.",
        remedy: "have the certificate issued again",
        source: "RFC 5280 section 4.1.2.2",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: serial_invalid,
    },
    Lint {
        id: "cert-serial-short",
        weight: Weight::Always(Info),
        title: "the serial number has less than 64 bits",
        reason: "Small numbers are counted or chosen by hand: two of one issuer may be equal, and collisions are easier to \
                 prepare.",
        remedy: "use random serial numbers of at least 64 bits",
        source: "CA/Browser Forum baseline requirements section 7.1",
        confidence: Confidence::Documented,
        scopes: CERTIFICATES,
        check: serial_short,
    },
];

/// Runs a check over the certificates for use.
fn of_leaves(view: &View<'_>, message: impl Fn(&Entry) -> Option<String>) -> Vec<Hit> {
    view.leaves().filter_map(|(at, leaf)| Some(Hit::new(Place::Certificate(at), message(leaf)?))).collect()
}

fn signatures<'a>(view: &'a View<'_>) -> impl Iterator<Item = (Place, SignatureAlgorithm)> + 'a {
    let certificates = view.certificates.iter().enumerate().filter(|(_, entry)| !entry.is_root());
    certificates
        .map(|(at, entry)| (Place::Certificate(at), entry.certificate.signature_algorithm()))
        .chain(view.request.iter().map(|request| (Place::Request, request.signature)))
}

fn broken_hash(view: &View<'_>) -> Vec<Hit> {
    signatures(view)
        .filter(|(_, algorithm)| algorithm.hash().is_some_and(Hash::is_broken))
        .map(|(place, algorithm)| Hit::new(place, format!("the signature is {algorithm}")))
        .collect()
}

fn unusual_signature(view: &View<'_>) -> Vec<Hit> {
    signatures(view)
        .filter(|(_, algorithm)| {
            !matches!(algorithm, SignatureAlgorithm::RsaPkcs1(_)) && !algorithm.hash().is_some_and(Hash::is_broken)
        })
        .map(|(place, algorithm)| Hit::new(place, format!("the signature is {algorithm}")))
        .collect()
}

fn expired(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let end = leaf.certificate.not_after();
        (end < view.now).then(|| format!("it expired on {}, {} ago", day(end), days(view.now.duration_since(end))))
    })
}

fn not_yet_valid(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let begin = leaf.certificate.not_before();
        (begin > view.now).then(|| format!("it is valid from {begin}, and it is {}", view.now))
    })
}

fn inverted(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let (begin, end) = (leaf.certificate.not_before(), leaf.certificate.not_after());
        (end < begin).then(|| format!("it is valid from {begin} to {end}"))
    })
}

fn expires_soon(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let end = leaf.certificate.not_after();
        let left = end.duration_since(view.now);
        (end >= view.now && left < SignedDuration::from_hours(SOON_DAYS * 24))
            .then(|| format!("it expires on {}, in {}", day(end), days(left)))
    })
}

fn long_life(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let life = leaf.certificate.not_after().duration_since(leaf.certificate.not_before());
        (life > SignedDuration::from_hours(LONGEST_LIFE_DAYS * 24)).then(|| format!("it is valid for {}", days(life)))
    })
}

fn self_signed(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        leaf.self_signed.then(|| "subject and issuer are the same, and its own key signed it".to_owned())
    })
}

fn evaluation(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        leaf.certificate
            .is_evaluation()
            .then(|| format!("its comment says: {}", crate::cert::certificate::EVALUATION_COMMENT))
    })
}

fn leaf_is_ca(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        leaf.certificate.is_ca().then(|| "basicConstraints says that it may issue certificates".to_owned())
    })
}

fn old_version(view: &View<'_>) -> Vec<Hit> {
    view.certificates
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.certificate.version() < 3)
        .map(|(at, entry)| Hit::new(Place::Certificate(at), format!("it has version {}", entry.certificate.version())))
        .collect()
}

fn serial_invalid(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let serial = leaf.certificate.serial();
        if serial.iter().all(|octet| *octet == 0) {
            Some("the serial number is zero".to_owned())
        } else if serial[0] & 0x80 != 0 {
            Some(format!("the serial number {} is negative", leaf.certificate.serial_hex()))
        } else if serial.len() > MAX_SERIAL_OCTETS {
            Some(format!("the serial number has {} octets", serial.len()))
        } else {
            None
        }
    })
}

fn serial_short(view: &View<'_>) -> Vec<Hit> {
    of_leaves(view, |leaf| {
        let serial = leaf.certificate.serial();
        let short = serial.len() < MIN_SERIAL_OCTETS && serial.iter().any(|octet| *octet != 0);
        short.then(|| format!("the serial number is {}", leaf.certificate.serial_hex()))
    })
}

/// Prints the UTC day of an instant.
pub(super) fn day(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d").to_string()
}

fn days(duration: SignedDuration) -> String {
    match duration.as_hours() / 24 {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}
