//! Examples for the lints about keys, single certificates and their extensions.

use zeroize::Zeroizing;

use super::draft::{
    BASIC_CONSTRAINTS, Draft, EXT_KEY_USAGE, KEY_USAGE, Key, MD5_RSA, NAME_CONSTRAINTS, SHA1_RSA, SUBJECT_KEY_ID, name,
    odd_number, oid, rsa_spki,
};
use super::input::Input;
use super::{Case, case};
use crate::cert::KeyPair;
use crate::cert::certificate::EVALUATION_COMMENT;
use crate::cert::der::{sequence, tlv};
use crate::cert::signature::{Hash, SignatureAlgorithm};

const F4: &[u8] = &[1, 0, 1];

fn with_key(modulus: &[u8], exponent: &[u8]) -> Input {
    Input::leaf(|mut leaf| {
        leaf.spki = rsa_spki(modulus, exponent);
        leaf
    })
}

fn leaf_key(spki: Vec<u8>) -> Input {
    Input::leaf(|mut leaf| {
        leaf.spki = spki;
        leaf
    })
}

fn ec_spki() -> Vec<u8> {
    let algorithm = sequence(&[&oid("1.2.840.10045.2.1"), &oid("1.2.840.10045.3.1.7")]);
    sequence(&[&algorithm, &tlv(0x03, &[&[0, 4][..], &[0x5a; 64]].concat())])
}

/// A power of 65537 passes every test of the fingerprint, by its definition.
fn power_of_65537(exponent: u32) -> Vec<u8> {
    let mut number = vec![1_u32];
    for _ in 0..exponent {
        let mut carry = 0_u64;
        for digit in number.iter_mut() {
            let product = u64::from(*digit) * 65537 + carry;
            *digit = product as u32;
            carry = product >> 32;
        }
        if carry > 0 {
            number.push(carry as u32);
        }
    }
    number.iter().rev().flat_map(|digit| digit.to_be_bytes()).skip_while(|octet| *octet == 0).collect()
}

/// The leaf's key with one octet of its private exponent changed: the public part stays as it was.
fn broken_key() -> KeyPair {
    let mut der = Zeroizing::new(Key::Leaf.pair().pkcs8_der().to_vec());
    // The private exponent follows the 257 octets of the modulus and the exponent 65537, which is found by its encoding.
    let exponent = der.windows(5).position(|octets| octets == [0x02, 0x03, 1, 0, 1]).unwrap();
    der[exponent + 5 + 40] ^= 1;
    KeyPair::from_pkcs8_der(&der).unwrap()
}

fn signed_with(algorithm: &'static str) -> Input {
    Input::leaf(|leaf| Draft { algorithm, ..leaf })
}

fn with_md5(draft: Draft) -> Draft {
    Draft { algorithm: MD5_RSA, ..draft }
}

fn serial(octets: &[u8]) -> Input {
    Input::leaf(|mut leaf| {
        leaf.serial = octets.to_vec();
        leaf
    })
}

fn valid(from: &str, to: &str) -> Input {
    Input::leaf(|mut leaf| {
        from.clone_into(&mut leaf.not_before);
        leaf.until(to)
    })
}

fn clean() -> Input {
    Input::leaf(|leaf| leaf)
}

fn comment(text: &str) -> Input {
    Input::leaf(|leaf| leaf.with("2.16.840.1.113730.1.13", false, &tlv(0x16, text.as_bytes())))
}

pub(super) fn all() -> Vec<Case> {
    keys().into_iter().chain(certificates()).chain(extensions()).collect()
}

fn keys() -> Vec<Case> {
    vec![
        case("key-rsa-too-small", with_key(&odd_number(2047), F4), with_key(&odd_number(2048), F4)),
        case("key-rsa-too-large", with_key(&odd_number(4097), F4), with_key(&odd_number(4096), F4)),
        case("key-odd-length", with_key(&odd_number(2056), F4), with_key(&odd_number(3072), F4)),
        case("key-rsa-exponent-unusable", with_key(&odd_number(2048), &[4]), with_key(&odd_number(2048), &[3])),
        case("key-rsa-exponent-unusable", with_key(&odd_number(2048), &[1]), with_key(&odd_number(2048), F4)),
        case(
            "key-rsa-exponent-unusable",
            with_key(&odd_number(2048), &[1, 0, 0, 0, 1]),
            with_key(&odd_number(2048), &[0xff, 0xff, 0xff, 0xff]),
        ),
        case("key-rsa-exponent-unusable", with_key(&odd_number(2048), &[1; 9]), with_key(&odd_number(2048), F4)),
        case("key-rsa-exponent-small", with_key(&odd_number(2048), &[3]), with_key(&odd_number(2048), F4)),
        case("key-not-rsa", leaf_key(ec_spki()), clean()),
        case("key-roca", with_key(&power_of_65537(128), F4), clean()),
        case("key-broken", Input::key(broken_key()), Input::key(Key::Leaf.pair())),
    ]
}

fn certificates() -> Vec<Case> {
    let request = |algorithm| Input::request(&name("CN=S2S 2026"), algorithm);
    vec![
        case("cert-signature-broken-hash", signed_with(SHA1_RSA), clean()),
        case("cert-signature-broken-hash", signed_with(MD5_RSA), signed_with("1.2.840.113549.1.1.13")),
        case(
            "cert-signature-broken-hash",
            request(SignatureAlgorithm::RsaPkcs1(Hash::Sha1)),
            request(SignatureAlgorithm::RsaPkcs1(Hash::Sha256)),
        ),
        case(
            "cert-signature-broken-hash",
            Input::certificates(&[Draft::leaf(), with_md5(Draft::issuing()), Draft::root()]),
            Input::certificates(&[Draft::leaf(), Draft::issuing(), with_md5(Draft::root())]),
        ),
        case("cert-signature-unusual", signed_with("1.2.840.10045.4.3.2"), clean()),
        case("cert-signature-unusual", request(SignatureAlgorithm::Ed25519), signed_with("1.2.840.113549.1.1.12")),
        case("cert-expired", clean().at("2027-01-01T00:00:01Z"), clean().at("2027-01-01T00:00:00Z")),
        case("cert-not-yet-valid", clean().at("2025-12-31T23:59:59Z"), clean().at("2026-01-01T00:00:00Z")),
        case(
            "cert-validity-inverted",
            valid("260102000000Z", "260101000000Z"),
            valid("260101000000Z", "260101000000Z"),
        ),
        case("cert-expires-soon", clean().at("2026-11-02T00:00:01Z"), clean().at("2026-11-02T00:00:00Z")),
        case("cert-expires-soon", clean().at("2027-01-01T00:00:00Z"), clean().at("2027-01-01T00:00:01Z")),
        case("cert-lifetime-long", valid("260101000000Z", "290203000001Z"), valid("260101000000Z", "290203000000Z")),
        case("cert-self-signed", Input::certificates(&[Draft::self_signed()]), clean()),
        case("cert-evaluation-mark", comment(EVALUATION_COMMENT), comment("another comment")),
        case(
            "cert-leaf-is-ca",
            Input::leaf(|leaf| leaf.with(BASIC_CONSTRAINTS, true, &sequence(&[&[1, 1, 0xff]]))),
            Input::leaf(|leaf| leaf.with(BASIC_CONSTRAINTS, true, &sequence(&[]))),
        ),
        case(
            "cert-old-version",
            Input::leaf(|mut leaf| {
                leaf.version = None;
                leaf.extensions.clear();
                leaf
            }),
            clean(),
        ),
        case("cert-serial-invalid", serial(&[0]), serial(&[1])),
        case("cert-serial-invalid", serial(&[0x80; 16]), serial(&[0x7f; 16])),
        case("cert-serial-invalid", serial(&[0x7f; 21]), serial(&[0x7f; 20])),
        case("cert-serial-short", serial(&[0x7f; 7]), serial(&[0x7f; 8])),
    ]
}

fn extensions() -> Vec<Case> {
    let usage = |critical, bits| Input::leaf(|leaf| leaf.with(KEY_USAGE, critical, &[0x03, 0x02, 0x05, bits]));
    let extended = |kind: &str| sequence(&[&oid(kind)]);
    let twice = |oid: &'static str| {
        Input::leaf(|mut leaf| {
            let again = leaf.extensions.iter().find(|one| one.oid == KEY_USAGE).unwrap().clone();
            leaf.extensions.push(again);
            leaf.extensions.last_mut().unwrap().oid = oid;
            leaf
        })
    };
    vec![
        case("cert-key-usage-no-signature", usage(true, 0x20), usage(true, 0x80)),
        case("cert-key-usage-no-signature", usage(true, 0x20), Input::leaf(|leaf| leaf.without(KEY_USAGE))),
        case("cert-key-usage-not-critical", usage(false, 0xa0), usage(true, 0xa0)),
        case(
            "cert-eku-no-server-auth",
            Input::leaf(|leaf| leaf.with(EXT_KEY_USAGE, false, &extended("1.3.6.1.5.5.7.3.2"))),
            Input::leaf(|leaf| leaf.without(EXT_KEY_USAGE)),
        ),
        case("cert-ski-missing", Input::leaf(|leaf| leaf.without(SUBJECT_KEY_ID)), clean()),
        case(
            "cert-unknown-critical-extension",
            Input::leaf(|leaf| leaf.with("1.3.6.1.4.1.311.21.7", true, &sequence(&[]))),
            Input::leaf(|leaf| leaf.with("1.3.6.1.4.1.311.21.7", false, &sequence(&[]))),
        ),
        case(
            "cert-unknown-critical-extension",
            Input::leaf(|leaf| leaf.with("2.5.29.99", true, &sequence(&[]))),
            Input::leaf(|leaf| leaf.with(NAME_CONSTRAINTS, true, &sequence(&[]))),
        ),
        case("cert-extension-duplicate", twice(KEY_USAGE), twice("1.3.6.1.4.1.311.21.7")),
        case(
            "cert-extension-unreadable",
            Input::leaf(|leaf| leaf.with(KEY_USAGE, true, &[0x04, 0x02, 0x05, 0xa0])),
            Input::leaf(|leaf| leaf.with("1.3.6.1.4.1.311.21.7", false, &[0x04, 0x02, 0x05])),
        ),
    ]
}
