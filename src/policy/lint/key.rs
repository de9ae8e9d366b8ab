//! Lints about public keys, wherever one is seen: in a certificate, a key bag, a key file or a request.

use der::Decode as _;
use der::asn1::UintRef;

use super::view::View;
use super::{Confidence, Hit, KEYS, Lint, Scope, Weight, roca};
use crate::cert::der::raw_element;
use crate::cert::key::{KeyAlgorithm, PublicKey};
use crate::policy::Severity::{Error, Info, Warning};

/// The product's documentation demands this many bits.
const MIN_BITS: u32 = 2048;
/// Nothing is known about larger keys in the product, and every token costs their signature.
const MAX_BITS: u32 = 4096;
/// A CryptoAPI key blob holds the exponent in 32 bits.
const MAX_EXPONENT: u64 = u32::MAX as u64;
/// The least exponent in general use.
const COMMON_EXPONENT: u64 = 65537;

/// 16384 bits: nothing in use is larger, and a hostile file may hold megabytes.
const MAX_MODULUS: usize = 2048;
/// A signature costs milliseconds, and a hostile file may hold thousands of keys.
const MAX_TESTED: usize = 20;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "key-rsa-too-small",
        weight: Weight::Always(Error),
        title: "RSA key of less than 2048 bits",
        reason: "The product asks for at least 2048 bits, and Windows blocks keys of less than 1024.",
        remedy: "issue a new key: s2scert issue --key rsa-2048 --subject DN --out s2s.pfx",
        source: "Microsoft, Configure server-based authentication with Customer Engagement and SharePoint on-premises",
        confidence: Confidence::Documented,
        scopes: KEYS,
        check: rsa_too_small,
    },
    Lint {
        id: "key-rsa-too-large",
        weight: Weight::Always(Warning),
        title: "RSA key of more than 4096 bits",
        reason: "No largest size is documented for the product. Each token is signed with this key, and the time grows \
                 with the cube of its length.",
        remedy: "issue a key of 2048 to 4096 bits: s2scert issue --key rsa-3072 --subject DN --out s2s.pfx",
        source: "Microsoft, Key Storage and Retrieval (CNG takes 16384 bits); nothing is stated for the product",
        confidence: Confidence::Inferred,
        scopes: KEYS,
        check: rsa_too_large,
    },
    Lint {
        id: "key-rsa-exponent-unusable",
        weight: Weight::Always(Error),
        title: "RSA exponent that is even, 1, or longer than 32 bits",
        reason: "An even exponent or 1 gives no working key. CryptoAPI keeps the exponent in 32 bits, so a longer one \
                 cannot be imported into a CSP.",
        remedy: "issue a new key: s2scert issue --key rsa-2048 --subject DN --out s2s.pfx",
        source: "RFC 8017 section 3.1; Microsoft, RSAPUBKEY structure (wincrypt.h)",
        confidence: Confidence::Documented,
        scopes: KEYS,
        check: exponent_unusable,
    },
    Lint {
        id: "key-rsa-exponent-small",
        weight: Weight::Always(Warning),
        title: "RSA exponent below 65537",
        reason: "Faulty signature checks can be tricked where the exponent is as small as 3, and FIPS 186-5 forbids \
                 exponents below 65537.",
        remedy: "issue a new key: s2scert issue --key rsa-2048 --subject DN --out s2s.pfx",
        source: "FIPS 186-5 appendix A.1.1",
        confidence: Confidence::Documented,
        scopes: KEYS,
        check: exponent_small,
    },
    Lint {
        id: "key-not-rsa",
        weight: Weight::Always(Error),
        title: "a key that is not RSA",
        reason: "The product signs its tokens with RS256, which needs an RSA key; a legacy CSP holds no other.",
        remedy: "issue an RSA key: s2scert issue --key rsa-2048 --subject DN --out s2s.pfx",
        source: "Microsoft, AD FS and KeySpec property; RFC 7518 section 3.3",
        confidence: Confidence::Documented,
        scopes: KEYS,
        check: not_rsa,
    },
    Lint {
        id: "key-roca",
        weight: Weight::Always(Error),
        title: "RSA key with the fingerprint of CVE-2017-15361 (ROCA)",
        reason: "Keys from certain chips and TPMs can be factored from the public key alone. Another key looks like this \
                 once in some 200 million.",
        remedy: "issue a new key in software: s2scert issue --key rsa-2048 --subject DN --out s2s.pfx",
        source: "Nemec et al., The Return of Coppersmith's Attack, ACM CCS 2017",
        confidence: Confidence::Documented,
        scopes: KEYS,
        check: faulty_generator,
    },
    Lint {
        id: "key-broken",
        weight: Weight::Always(Error),
        title: "a private key that does not sign",
        reason: "The private numbers do not fit the public ones, so every token would be refused.",
        remedy: "take the key from its origin again, or issue a new one: s2scert issue --subject DN --out s2s.pfx",
        source: "RFC 8017 section 3.2",
        confidence: Confidence::Documented,
        scopes: &[Scope::Pfx, Scope::Key],
        check: broken,
    },
    Lint {
        id: "key-odd-length",
        weight: Weight::Always(Info),
        title: "RSA key whose length is no multiple of 1024",
        reason: "Such keys work in theory. 2048, 3072 and 4096 bits are what every tool is tested with.",
        remedy: "prefer: s2scert issue --key rsa-3072 --subject DN --out s2s.pfx",
        source: "NIST SP 800-56B revision 2 section 6.3",
        confidence: Confidence::Inferred,
        scopes: KEYS,
        check: odd_length,
    },
];

fn rsa(view: &View<'_>, message: impl Fn(u32, Option<u64>) -> Option<String>) -> Vec<Hit> {
    view.public_keys()
        .filter_map(|(place, key)| match key.algorithm() {
            KeyAlgorithm::Rsa { bits, exponent } => Some(Hit::new(place, message(*bits, *exponent)?)),
            KeyAlgorithm::Ec { .. } | KeyAlgorithm::Ed25519 | KeyAlgorithm::Other(_) => None,
        })
        .collect()
}

fn rsa_too_small(view: &View<'_>) -> Vec<Hit> {
    rsa(view, |bits, _| (bits < MIN_BITS).then(|| format!("the RSA key has {bits} bits, {MIN_BITS} are needed")))
}

fn rsa_too_large(view: &View<'_>) -> Vec<Hit> {
    rsa(view, |bits, _| (bits > MAX_BITS).then(|| format!("the RSA key has {bits} bits")))
}

fn odd_length(view: &View<'_>) -> Vec<Hit> {
    rsa(view, |bits, _| (bits > MIN_BITS && bits % 1024 != 0).then(|| format!("the RSA key has {bits} bits")))
}

fn exponent_unusable(view: &View<'_>) -> Vec<Hit> {
    rsa(view, |_, exponent| match exponent {
        None => Some("the public exponent is longer than 64 bits".to_owned()),
        Some(value) if value % 2 == 0 || value == 1 || value > MAX_EXPONENT => {
            Some(format!("the public exponent is {value}"))
        }
        Some(_) => None,
    })
}

fn exponent_small(view: &View<'_>) -> Vec<Hit> {
    rsa(view, |_, exponent| {
        let value = exponent.filter(|value| value % 2 == 1 && (3..COMMON_EXPONENT).contains(value))?;
        Some(format!("the public exponent is {value}"))
    })
}

fn not_rsa(view: &View<'_>) -> Vec<Hit> {
    view.public_keys()
        .filter(|(place, _)| view.is_for_use(*place))
        .filter(|(_, key)| !matches!(key.algorithm(), KeyAlgorithm::Rsa { .. }))
        .map(|(place, key)| Hit::new(place, format!("the key is {}", key.algorithm())))
        .collect()
}

fn faulty_generator(view: &View<'_>) -> Vec<Hit> {
    view.public_keys()
        .filter(|(_, key)| modulus(key).is_some_and(roca::has_fingerprint))
        .map(|(place, key)| {
            Hit::new(place, format!("the modulus of the {} key carries the fingerprint", key.algorithm()))
        })
        .collect()
}

/// Returns the modulus of an RSA key: the first number of its `RSAPublicKey`.
fn modulus(key: &PublicKey) -> Option<&[u8]> {
    matches!(key.algorithm(), KeyAlgorithm::Rsa { .. }).then_some(())?;
    let number = UintRef::from_der(raw_element(key.bits(), &[0])?).ok()?;
    Some(number.as_bytes()).filter(|octets| octets.len() <= MAX_MODULUS)
}

fn broken(view: &View<'_>) -> Vec<Hit> {
    // Only where the cryptographic library can sign at all does a failure say something about the key.
    view.pairs()
        .take(MAX_TESTED)
        .filter(|(_, pair)| matches!(pair.algorithm(), KeyAlgorithm::Rsa { bits: 2048..=8192, exponent: Some(65537) }))
        .filter_map(|(place, pair)| Some(Hit::new(place, pair.self_test().err()?.to_string())))
        .collect()
}
