//! Lints about friendlyName and localKeyId, and about attributes of bags as such.

use std::collections::{HashMap, HashSet};

use const_oid::ObjectIdentifier;

use super::bags::BagView;
use super::provider::of_key_bags;
use super::view::View;
use super::{ANY_PFX, Confidence, Hit, Lint, OPENED, Place, Weight};
use crate::cert::digest::hex_upper;
use crate::cert::pfx::attribute::oid;
use crate::cert::pfx::{Attribute, AttributeValue};
use crate::policy::Severity::{Error, Info, Warning};

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "pfx-local-key-id-missing",
        weight: Weight::Always(Warning),
        title: "key or leaf has no localKeyId",
        reason: "The attribute pairs a key with its certificate. Without it each reader guesses, and Java shows no key entry.",
        remedy: "write the file again, which writes it: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 2985 section 5.5.2; OpenJDK PKCS12KeyStore",
        confidence: Confidence::Code,
        scopes: OPENED,
        check: id_missing,
    },
    Lint {
        id: "pfx-local-key-id-mismatch",
        weight: Weight::Always(Error),
        title: "key and certificate of one pair have different localKeyIds",
        reason: "Readers pair by this attribute, so the certificate ends without its key, or with another.",
        remedy: "write the file again, which writes it anew: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 2985 section 5.5.2; dotnet/runtime, PKCS#12 loader",
        confidence: Confidence::Code,
        scopes: OPENED,
        check: id_mismatch,
    },
    Lint {
        id: "pfx-local-key-id-duplicated",
        weight: Weight::Always(Warning),
        title: "two certificates or two keys with one localKeyId",
        reason: "The attribute must tell pairs apart. The first or the last one wins.",
        remedy: "write the file again, which writes it on key and leaf only: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 2985 section 5.5.2",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: id_duplicated,
    },
    Lint {
        id: "pfx-friendly-name-missing",
        weight: Weight::Always(Info),
        title: "the leaf has no friendlyName",
        reason: "It is the only text that people can choose for the list in certlm.msc; keytool needs an alias to export.",
        remedy: "s2scert export FILE --friendly-name 'S2S token issuer' --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 2985 section 5.5.1",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: name_missing,
    },
    Lint {
        id: "pfx-friendly-name-non-ascii",
        weight: Weight::Always(Info),
        title: "a friendlyName with characters outside ASCII",
        reason: "Windows shows it rightly. Older tools and scripts lose it on the way through code pages.",
        remedy: "s2scert export FILE --friendly-name 'S2S token issuer' --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 2985 section 5.5.1",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: name_non_ascii,
    },
    Lint {
        id: "pfx-friendly-name-differs",
        weight: Weight::Always(Info),
        title: "key and leaf have different friendlyNames",
        reason: "Windows shows that of the certificate, Java that of the key: two names for one thing.",
        remedy: "s2scert export FILE --friendly-name 'S2S token issuer' --for TARGET --out s2s-TARGET.pfx",
        source: "OpenJDK PKCS12KeyStore; Microsoft, wincrypt.h",
        confidence: Confidence::Code,
        scopes: OPENED,
        check: name_differs,
    },
    Lint {
        id: "pfx-friendly-name-on-key",
        weight: Weight::Always(Info),
        title: "the key bag's friendlyName becomes the name of the key container",
        reason: "Windows uses it so. Two certificates with one name would want one container: keep the name unique for each \
                 generation.",
        remedy: "choose a name with the generation in it: s2scert export FILE --friendly-name 'S2S g20260131' --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, wincrypt.h; dotnet/runtime, PKCS#12 loader (PreserveKeyName)",
        confidence: Confidence::Code,
        scopes: ANY_PFX,
        check: name_on_key,
    },
    Lint {
        id: "pfx-attribute-duplicate",
        weight: Weight::Always(Warning),
        title: "a bag has one attribute twice",
        reason: "Attributes are a set: which of the two counts is not defined, and the .NET loader refuses the file by default.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2; .NET, Pkcs12LoaderLimits.AllowDuplicateAttributes",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: attribute_duplicate,
    },
    Lint {
        id: "pfx-attribute-unreadable",
        weight: Weight::Always(Warning),
        title: "a known attribute with a value that cannot be read",
        reason: "Windows may refuse the file or pass the attribute over, so the key may land anywhere.",
        remedy: "write the file again, which writes it anew: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: attribute_unreadable,
    },
    Lint {
        id: "pfx-extended-attributes",
        weight: Weight::Always(Info),
        title: "Microsoft's extended attributes stand on a bag",
        reason: "'Export all extended properties' writes them. They carry properties of the store that the file came from.",
        remedy: "nothing needs to be done; s2scert export keeps them",
        source: "Microsoft, wincrypt.h (1.3.6.1.4.1.311.17.3)",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: extended,
    },
];

fn bags<'a>(view: &'a View<'_>) -> impl Iterator<Item = (usize, &'a BagView<'a>)> {
    view.bags.iter().enumerate()
}

/// Returns each key bag with the certificate bags of the same public key.
fn pairs<'a>(view: &'a View<'_>) -> Vec<(usize, usize)> {
    let mut by_key: HashMap<&'a [u8], usize> = HashMap::new();
    for entry in &view.certificates {
        if let Some(bag) = entry.bag {
            by_key.entry(entry.key.bits()).or_insert(bag);
        }
    }
    view.pairs()
        .filter_map(|(place, pair)| match place {
            Place::Bag(key) => Some((key, *by_key.get(pair.public_key().bits())?)),
            Place::File | Place::Safe(_) | Place::Certificate(_) | Place::Key | Place::Request => None,
        })
        .collect()
}

/// Runs a check over pairs of a key bag and its certificate bag.
fn of_pairs(view: &View<'_>, message: impl Fn(&BagView<'_>, &BagView<'_>) -> Option<String>) -> Vec<Hit> {
    pairs(view)
        .into_iter()
        .filter_map(|(key, leaf)| Some(Hit::new(Place::Bag(key), message(&view.bags[key], &view.bags[leaf])?)))
        .collect()
}

fn id_missing(view: &View<'_>) -> Vec<Hit> {
    of_pairs(view, |key, leaf| match (key.local_key_id(), leaf.local_key_id()) {
        (None, None) => Some("neither the key nor its certificate has one".to_owned()),
        (None, Some(_)) => Some("the key has none".to_owned()),
        (Some(_), None) => Some("the certificate of this key has none".to_owned()),
        (Some(_), Some(_)) => None,
    })
}

fn id_mismatch(view: &View<'_>) -> Vec<Hit> {
    of_pairs(view, |key, leaf| {
        let (key, leaf) = (key.local_key_id()?, leaf.local_key_id()?);
        (key != leaf).then(|| format!("the key has {}, its certificate {}", hex_upper(&key), hex_upper(&leaf)))
    })
}

fn id_duplicated(view: &View<'_>) -> Vec<Hit> {
    let mut seen = HashSet::new();
    bags(view)
        .filter_map(|(at, bag)| {
            let id = bag.local_key_id()?;
            let is_key = bag.holds_key();
            let message = format!("another {} has {} too", if is_key { "key" } else { "certificate" }, hex_upper(&id));
            (!seen.insert((is_key, id))).then(|| Hit::new(Place::Bag(at), message))
        })
        .collect()
}

fn name_missing(view: &View<'_>) -> Vec<Hit> {
    of_pairs(view, |_, leaf| {
        leaf.friendly_name().is_none().then(|| "the certificate of this key has no friendlyName".to_owned())
    })
}

fn name_non_ascii(view: &View<'_>) -> Vec<Hit> {
    bags(view)
        .filter_map(|(at, bag)| {
            let name = bag.friendly_name()?;
            (!name.is_ascii()).then(|| Hit::new(Place::Bag(at), format!("the friendlyName is {name:?}")))
        })
        .collect()
}

fn name_differs(view: &View<'_>) -> Vec<Hit> {
    of_pairs(view, |key, leaf| {
        let (key, leaf) = (key.friendly_name()?, leaf.friendly_name()?);
        (key != leaf).then(|| format!("the key is called {key:?}, its certificate {leaf:?}"))
    })
}

fn name_on_key(view: &View<'_>) -> Vec<Hit> {
    of_key_bags(view, |bag| Some(format!("the container will be called {:?}", bag.friendly_name()?)))
}

fn attribute_duplicate(view: &View<'_>) -> Vec<Hit> {
    bags(view)
        .filter_map(|(at, bag)| {
            let mut seen = HashSet::new();
            let twice = bag.attributes.iter().find(|attribute| !seen.insert(attribute.oid()))?;
            Some(Hit::new(Place::Bag(at), format!("{} stands more than once", twice.name())))
        })
        .collect()
}

fn attribute_unreadable(view: &View<'_>) -> Vec<Hit> {
    bags(view)
        .filter_map(|(at, bag)| {
            let broken = bag
                .attributes
                .iter()
                .find(|attribute| attribute.value() == AttributeValue::Other && is_known(attribute))?;
            Some(Hit::new(Place::Bag(at), format!("the value of {} cannot be read", broken.name())))
        })
        .collect()
}

fn extended(view: &View<'_>) -> Vec<Hit> {
    bags(view)
        .filter_map(|(at, bag)| {
            bag.attributes.iter().find_map(|attribute| match attribute.value() {
                AttributeValue::ExtendedAttributes(octets) => {
                    Some(Hit::new(Place::Bag(at), format!("{octets} octets of them")))
                }
                _ => None,
            })
        })
        .collect()
}

/// Returns whether a value of this type is understood here: `Other` then means that it cannot be read.
fn is_known(attribute: &Attribute) -> bool {
    const KNOWN: [ObjectIdentifier; 4] = [oid::FRIENDLY_NAME, oid::LOCAL_KEY_ID, oid::PROVIDER_NAME, oid::KEY_USAGE];
    KNOWN.contains(&attribute.oid())
}
