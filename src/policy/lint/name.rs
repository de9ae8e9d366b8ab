//! Lints about subjects. Windows finds the private key by the text of the whole distinguished name
//! (`FindBySubjectDistinguishedName`), so a name that can be written in two ways, or that two certificates share, is a risk.

use const_oid::ObjectIdentifier;

use super::view::View;
use super::{Confidence, Hit, Lint, NAMES, Place, Weight};
use crate::cert::certificate::AltName;
use crate::cert::name::{AttributeValue, StringKind};
use crate::policy::Severity::{Error, Info, Warning};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `emailAddress`, RFC 2985 section 5.2.1.
const EMAIL_ADDRESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
/// Above this a name no longer fits the columns and dialogs in which people compare it.
const MAX_DN: usize = 255;
/// Each attribute is compared with all before it, and a hostile name may hold a million.
const MAX_COMPARED: usize = 200;
/// What needs an escape in RFC 4514 or quotes in the text that Windows and .NET make.
const SPECIAL: &[char] = &[',', '+', '"', '\\', '<', '>', ';', '=', '#'];

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "name-empty",
        weight: Weight::Always(Error),
        title: "the subject is empty",
        reason: "The configuration row finds the private key by the subject. There is nothing to find.",
        remedy: "issue with a subject: s2scert issue --subject 'CN=S2S Token Issuer,O=Contoso' --out s2s.pfx",
        source: ".NET, X509FindType.FindBySubjectDistinguishedName",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: empty,
    },
    Lint {
        id: "name-no-generation",
        weight: Weight::Always(Warning),
        title: "the subject has no generation element",
        reason: "The next certificate will have the same name. Two certificates with one name in the store end in 'Private \
                 key not found', or in the old one signing.",
        remedy: "let issue add a generation: s2scert issue --subject DN --out s2s.pfx",
        source: "Microsoft, Troubleshooting server-based authentication",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: no_generation,
    },
    Lint {
        id: "name-wildcard",
        weight: Weight::Always(Warning),
        title: "a wildcard name",
        reason: "A wildcard certificate is shared with web sites. Its renewal keeps the subject while the old one stays in \
                 the store, and whoever renews it does not know that tokens are signed with it.",
        remedy: "use a certificate of its own for the token issuer: s2scert issue --subject DN --out s2s.pfx",
        source: "stoneridgesoftware.com 2020; Microsoft, Troubleshooting server-based authentication",
        confidence: Confidence::Reported,
        scopes: NAMES,
        check: wildcard,
    },
    Lint {
        id: "name-multi-valued",
        weight: Weight::Always(Warning),
        title: "an element of the subject has several values",
        reason: "The order of the values within one element is not fixed, so the text of the name is not either, and the \
                 comparison of texts may fail.",
        remedy: "issue with one value for each element (a comma instead of a plus sign in --subject)",
        source: "RFC 4514 section 2.2",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: multi_valued,
    },
    Lint {
        id: "name-old-string-type",
        weight: Weight::Always(Warning),
        title: "the subject uses TeletexString, BMPString or UniversalString",
        reason: "Readers disagree about the characters of the first, and byte comparison with a PrintableString or \
                 UTF8String fails for all three.",
        remedy: "have the certificate issued with UTF8String or PrintableString, as s2scert issue does",
        source: "RFC 5280 section 4.1.2.4",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: old_string_type,
    },
    Lint {
        id: "name-lookup-uncertain",
        weight: Weight::Always(Warning),
        title: "it is not known how Windows prints the subject",
        reason: "The key is found by the printed subject. Where versions of Windows may print it differently, the look-up may \
                 fail on one server and work on the next.",
        remedy: "issue with common types (CN, OU, O, L, S, C, DC) and plain text",
        source: "s2scert, docs/distinguished-names.md",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: lookup_uncertain,
    },
    Lint {
        id: "name-spaces",
        weight: Weight::Always(Warning),
        title: "leading, trailing or repeated spaces in the subject",
        reason: "Some comparisons fold spaces and others do not, and nobody sees them in a dialog.",
        remedy: "issue with single spaces between words only",
        source: "RFC 5280 section 7.1; RFC 4518 section 2.6.1",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: spaces,
    },
    Lint {
        id: "name-control-character",
        weight: Weight::Always(Error),
        title: "control or invisible characters in the subject",
        reason: "The name that people see is not the name that is compared.",
        remedy: "issue with a subject of visible characters",
        source: "RFC 4518 section 2.2",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: control_character,
    },
    Lint {
        id: "name-unreadable-value",
        weight: Weight::Always(Warning),
        title: "a value of the subject is not a readable string",
        reason: "Windows shows such a value as hexadecimal digits or not at all, and the comparison of texts is not known.",
        remedy: "have the certificate issued again",
        source: "RFC 5280 section 4.1.2.4",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: unreadable,
    },
    Lint {
        id: "name-non-ascii",
        weight: Weight::Always(Info),
        title: "characters outside ASCII in the subject",
        reason: "The comparison ignores case, and outside ASCII the rules for that differ (Turkish i, German sharp s). One \
                 letter can also be encoded in two ways.",
        remedy: "prefer ASCII in --subject",
        source: ".NET, X509FindType.FindBySubjectDistinguishedName",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: non_ascii,
    },
    Lint {
        id: "name-special-character",
        weight: Weight::Always(Info),
        title: "characters in the subject that must be quoted or escaped",
        reason: "RFC 4514, OpenSSL and .NET write them differently, so a name copied from one tool is not found by another.",
        remedy: "avoid , + \" \\ < > ; = and # in --subject",
        source: "RFC 4514 section 2.4",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: special_character,
    },
    Lint {
        id: "name-too-long",
        weight: Weight::Always(Warning),
        title: "a value of the subject is longer or shorter than allowed",
        reason: "AD CS and others refuse or cut values outside the bounds of RFC 5280, so the renewal gets another name \
                 or none.",
        remedy: "issue with at most 64 characters in CN, O and OU, and 255 in all",
        source: "RFC 5280 appendix A.1",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: too_long,
    },
    Lint {
        id: "name-duplicate-attribute",
        weight: Weight::Always(Warning),
        title: "the subject has two common names, or one element twice",
        reason: "Tools that show or compare the common name take the first or the last.",
        remedy: "issue with one CN and no element twice",
        source: "RFC 5280 section 4.1.2.6 has no rule for it",
        confidence: Confidence::Inferred,
        scopes: NAMES,
        check: duplicate_attribute,
    },
    Lint {
        id: "name-email-address",
        weight: Weight::Always(Info),
        title: "an e-mail address in the subject",
        reason: "Its short name differs between tools (E, emailAddress, an object identifier), so texts of the name differ.",
        remedy: "issue without the address",
        source: "RFC 5280 section 4.1.2.6",
        confidence: Confidence::Documented,
        scopes: NAMES,
        check: email_address,
    },
];

/// Runs a check over the attributes of each subject for use; the first hit of each subject is reported.
fn each(view: &View<'_>, message: impl Fn(&AttributeValue) -> Option<String>) -> Vec<Hit> {
    view.own_names().filter_map(|(place, name)| Some(Hit::new(place, name.attributes().find_map(&message)?))).collect()
}

/// As [`each`], for values that can be read as text.
fn each_text(view: &View<'_>, wrong: impl Fn(&str) -> Option<String>) -> Vec<Hit> {
    each(view, |attribute| {
        let text = attribute.text()?;
        Some(format!("{} is {text:?}: {}", short_name(attribute), wrong(text)?))
    })
}

/// Returns the usual short name of the type, or its object identifier.
fn short_name(attribute: &AttributeValue) -> String {
    let oid = attribute.oid().to_string();
    let known = match oid.as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return oid,
    };
    known.to_owned()
}

fn empty(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter(|(_, name)| name.is_empty())
        .map(|(place, _)| Hit::new(place, "the subject has no element"))
        .collect()
}

fn no_generation(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter(|(_, name)| !name.is_empty() && !name.attributes().filter_map(AttributeValue::text).any(has_generation))
        .map(|(place, name)| {
            Hit::new(place, format!("no value of {name} looks like a generation (a date, a year, g7)"))
        })
        .collect()
}

/// Returns whether a value tells one generation from the next: it has a run of at least four digits, or a word of a letter
/// or two and digits such as `g7` or `v12`.
fn has_generation(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let letters = word.len() - digits.len();
        let all_digits = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
        all_digits && (digits.len() >= 4 || matches!(word[..letters].to_ascii_lowercase().as_str(), "g" | "gen" | "v"))
    })
}

fn wildcard(view: &View<'_>) -> Vec<Hit> {
    let mut hits = each(view, |attribute| {
        let text = attribute.text()?;
        text.starts_with("*.").then(|| format!("{} is {text:?}", short_name(attribute)))
    });
    for (at, leaf) in view.leaves() {
        let host = leaf.certificate.alt_names().into_iter().find_map(|name| match name {
            AltName::Dns(host) if host.starts_with("*.") => Some(host),
            _ => None,
        });
        if let (Some(host), false) = (host, hits.iter().any(|hit| hit.place == Place::Certificate(at))) {
            hits.push(Hit::new(Place::Certificate(at), format!("a DNS name is {host:?}")));
        }
    }
    hits
}

fn multi_valued(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter_map(|(place, name)| {
            let element = name.rdns().iter().find(|element| element.attributes.len() > 1)?;
            let types = element.attributes.iter().map(short_name).collect::<Vec<_>>().join(" + ");
            Some(Hit::new(place, format!("one element holds {types}")))
        })
        .collect()
}

fn old_string_type(view: &View<'_>) -> Vec<Hit> {
    each(view, |attribute| {
        let kind = match attribute.kind() {
            StringKind::Teletex => "TeletexString",
            StringKind::Bmp => "BMPString",
            StringKind::Universal => "UniversalString",
            StringKind::Printable
            | StringKind::Utf8
            | StringKind::Ia5
            | StringKind::Numeric
            | StringKind::Visible
            | StringKind::Other(_) => return None,
        };
        Some(format!("{} is a {kind}", short_name(attribute)))
    })
}

fn lookup_uncertain(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter(|(_, name)| !name.is_empty() && !name.windows_text().certain)
        .map(|(place, name)| Hit::new(place, format!("not every Windows is known to print {name} alike")))
        .collect()
}

fn spaces(view: &View<'_>) -> Vec<Hit> {
    each_text(view, |text| {
        let odd = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
        odd.then(|| "spaces at an end, or several in a row".to_owned())
    })
}

fn control_character(view: &View<'_>) -> Vec<Hit> {
    each_text(view, |text| {
        let hidden = text.chars().find(|c| c.is_control() || is_invisible(*c))?;
        Some(format!("it holds U+{:04X}", u32::from(hidden)))
    })
}

/// Format characters that leave no mark: zero width, direction marks, byte order mark, soft hyphen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn unreadable(view: &View<'_>) -> Vec<Hit> {
    each(view, |attribute| {
        attribute.text().is_none().then(|| format!("{} is no readable string", short_name(attribute)))
    })
}

fn non_ascii(view: &View<'_>) -> Vec<Hit> {
    each_text(view, |text| (!text.is_ascii()).then(|| "not ASCII".to_owned()))
}

fn special_character(view: &View<'_>) -> Vec<Hit> {
    each_text(view, |text| Some(format!("it holds {:?}", text.chars().find(|c| SPECIAL.contains(c))?)))
}

fn too_long(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter_map(|(place, name)| {
            let length = name.to_string().chars().count();
            let broken = name.bound_violations().first().map(ToString::to_string);
            let whole = || (length > MAX_DN).then(|| format!("the whole name has {length} characters"));
            Some(Hit::new(place, broken.or_else(whole)?))
        })
        .collect()
}

fn duplicate_attribute(view: &View<'_>) -> Vec<Hit> {
    view.own_names()
        .filter_map(|(place, name)| {
            let attributes: Vec<&AttributeValue> = name.attributes().take(MAX_COMPARED).collect();
            let twice = attributes.iter().enumerate().find_map(|(at, one)| {
                let again = attributes[..at].iter().any(|other| {
                    other.oid() == one.oid() && (one.oid() == COMMON_NAME || other.encoded() == one.encoded())
                });
                again.then_some(one)
            })?;
            Some(Hit::new(place, format!("{} stands more than once", short_name(twice))))
        })
        .collect()
}

fn email_address(view: &View<'_>) -> Vec<Hit> {
    each(view, |attribute| {
        (attribute.oid() == EMAIL_ADDRESS)
            .then(|| format!("the subject holds {}", attribute.text().unwrap_or("an e-mail address")))
    })
}
