//! Examples for the lints about subjects.

use super::draft::{ALT_NAME, Draft, element, name};
use super::input::Input;
use super::{Case, case};
use crate::cert::der::{sequence, tlv};
use crate::cert::signature::{Hash, SignatureAlgorithm};

const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const BMP: u8 = 0x1e;

fn subject(text: &str) -> Input {
    Input::leaf(|leaf| leaf.named(text))
}

/// A leaf with one element, of one attribute or several.
fn element_of(attributes: &[(&str, u8, &[u8])]) -> Input {
    Input::leaf(|mut leaf| {
        leaf.subject = sequence(&[&element(attributes)]);
        leaf
    })
}

fn cn(text: &str) -> Input {
    element_of(&[("CN", UTF8, text.as_bytes())])
}

fn host(name: &str) -> Input {
    let names = sequence(&[&tlv(0x82, name.as_bytes())]);
    Input::leaf(|leaf: Draft| leaf.with(ALT_NAME, false, &names))
}

fn request(text: &str) -> Input {
    Input::request(&name(text), SignatureAlgorithm::RsaPkcs1(Hash::Sha256))
}

/// A request whose CN has this tag: the reader of certificates knows fewer string types than that of names.
fn raw_request(tag: u8, octets: &[u8]) -> Input {
    Input::request(&sequence(&[&element(&[("CN", tag, octets)])]), SignatureAlgorithm::RsaPkcs1(Hash::Sha256))
}

pub(super) fn all() -> Vec<Case> {
    let long = |length: usize| cn(&"S2S 2026 ".chars().cycle().take(length - 1).chain("x".chars()).collect::<String>());
    vec![
        case("name-empty", subject(""), subject("CN=S2S 2026")),
        case("name-no-generation", subject("CN=S2S Token Issuer,O=Contoso"), subject("CN=S2S Token Issuer 2026")),
        case("name-no-generation", subject("CN=crm.contoso.com"), subject("CN=crm-g7.contoso.com")),
        case("name-no-generation", subject("CN=CRM01,OU=S2S"), subject("CN=CRM01,OU=S2S gen2")),
        case("name-no-generation", request("CN=S2S"), request("CN=S2S,OU=S2S g20260101-a1b2c3")),
        case("name-wildcard", subject("CN=*.contoso.com"), subject("CN=crm.contoso.com")),
        case("name-wildcard", host("*.contoso.com"), host("crm.contoso.com")),
        case(
            "name-multi-valued",
            element_of(&[("CN", UTF8, b"S2S 2026"), ("OU", UTF8, b"CRM")]),
            subject("CN=S2S 2026,OU=CRM"),
        ),
        case(
            "name-old-string-type",
            element_of(&[("CN", TELETEX, b"S2S 2026")]),
            element_of(&[("CN", PRINTABLE, b"S2S 2026")]),
        ),
        case("name-old-string-type", element_of(&[("CN", BMP, b"\0S\0\x32\0S")]), cn("S2S")),
        case("name-old-string-type", raw_request(0x1c, b"\0\0\0S\0\0\0\x32"), raw_request(0x0c, b"S2")),
        case("name-lookup-uncertain", raw_request(0x1c, b"\0\0\0S\0\0\0\x32"), raw_request(0x0c, b"S2")),
        case("name-spaces", cn(" S2S 2026"), cn("S2S 2026")),
        case("name-spaces", cn("S2S  2026"), cn("S2S 20 26")),
        case("name-spaces", cn("S2S 2026 "), cn("S2S 2026.")),
        case("name-control-character", cn("S2S\n2026"), cn("S2S 2026")),
        case("name-control-character", cn("S2S\u{200b}2026"), cn("S2S\u{20ac}2026")),
        case("name-unreadable-value", element_of(&[("CN", BMP, b"S")]), element_of(&[("CN", BMP, b"\0S")])),
        case("name-unreadable-value", element_of(&[("CN", 0x04, b"S2S")]), element_of(&[("CN", IA5, b"S2S")])),
        case("name-non-ascii", cn("S2S Größe 2026"), cn("S2S Groesse 2026")),
        case("name-special-character", cn("Contoso, Ltd. 2026"), cn("Contoso Ltd. 2026")),
        case("name-too-long", long(65), long(64)),
        case("name-too-long", cn(""), cn("7")),
        case("name-too-long", element_of(&[("C", PRINTABLE, b"DEU")]), element_of(&[("C", PRINTABLE, b"DE")])),
        case(
            "name-too-long",
            subject(&["OU=a unit whose name has forty characters !!"; 6].join(",")),
            subject(&["OU=a unit whose name has forty characters !!"; 5].join(",")),
        ),
        case("name-duplicate-attribute", subject("CN=S2S 2026,CN=S2S"), subject("CN=S2S 2026,OU=S2S,OU=CRM")),
        case("name-duplicate-attribute", subject("CN=S2S 2026,OU=S2S,OU=S2S"), subject("CN=S2S,OU=S2S")),
        case(
            "name-email-address",
            element_of(&[("E", IA5, b"admin@contoso.com")]),
            element_of(&[("CN", IA5, b"admin@contoso.com")]),
        ),
    ]
}
