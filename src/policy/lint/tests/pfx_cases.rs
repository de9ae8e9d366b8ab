//! Examples for the lints about PFX files.

use super::draft::{Draft, Key, oid};
use super::input::{
    EXTENDED, FRIENDLY_NAME, ID, Input, KEY_USAGE, LOCAL_KEY_ID, MACHINE_KEYSET, PROVIDER, TYPE_24, attribute, bag,
    bmp, certificate_bag, clean_pfx, key_attributes, key_bag, modern, scheme, secret, set, unset,
};
use super::{Case, case};
use crate::cert::der::{raw_element, sequence, tlv};
use crate::cert::pfx::{
    Attribute, Bag, BagContent, BagKind, BagOutline, EncryptionScheme, MacScheme, Outline, PasswordEncoding, Pfx,
    SafeOutline, Target,
};
use crate::cert::signature::Hash;

const OLD: Option<Target> = Some(Target::Server2016);
const NEW: Option<Target> = Some(Target::Server2019);

/// The clean file in the legacy profile.
fn legacy(pfx: &mut Pfx) {
    encrypt_certificates(pfx, EncryptionScheme::PbeSha1TripleDes);
    encrypt_key(pfx, EncryptionScheme::PbeSha1TripleDes);
    pfx.mac.as_mut().unwrap().hash = Hash::Sha1;
}

fn encrypt_certificates(pfx: &mut Pfx, with: EncryptionScheme) {
    pfx.safes[1].encryption = Some(scheme(with));
}

fn encrypt_key(pfx: &mut Pfx, with: EncryptionScheme) {
    if let BagContent::ShroudedKey { encryption, .. } = &mut pfx.safes[0].bags[0].content {
        encryption.scheme = with;
    }
}

fn iterations(mac: u32, certificates: u32) -> Input {
    Input::pfx(|pfx| {
        pfx.mac.as_mut().unwrap().iterations = mac;
        pfx.safes[1].encryption.as_mut().unwrap().iterations = certificates;
    })
}

fn mac_hash(hash: Hash) -> Input {
    Input::pfx(|pfx| pfx.mac.as_mut().unwrap().hash = hash)
}

fn clean() -> Input {
    Input::pfx(|_| {})
}

/// A file of which the certificates cannot be seen.
fn locked(bags: Option<Vec<BagOutline>>) -> Input {
    let opened = clean_pfx();
    Input::locked(Outline {
        mac: opened.mac,
        was_ber: false,
        trailing_octets: 0,
        password_encodings: Vec::new(),
        safes: vec![SafeOutline { encryption: bags.is_none().then(modern), bags }],
    })
}

fn key_in_clear() -> Bag {
    Bag { content: BagContent::Key(secret(Key::Leaf.pair().pkcs8_der())), attributes: key_attributes() }
}

fn certificate_outline() -> BagOutline {
    BagOutline {
        kind: BagKind::Certificate,
        oid: "1.2.840.113549.1.12.10.1.3".to_owned(),
        encryption: None,
        attributes: Vec::new(),
        certificate: None,
        key_attributes: Vec::new(),
        public_key: None,
        bags: Vec::new(),
    }
}

pub(super) fn protection() -> Vec<Case> {
    let old_key = |with| Input::pfx(|pfx| encrypt_key(pfx, with));
    let password = |text| clean().with_password(Some(text));
    let encoded = |one| Input::pfx(|pfx| pfx.password_encodings.push(one));
    vec![
        case("pfx-aes-for-old-target", clean().for_target(OLD), clean().for_target(NEW)),
        case("pfx-aes-for-old-target", locked(None).for_target(None), Input::pfx(legacy).for_target(OLD)),
        case("pfx-sha2-mac-for-old-target", clean().for_target(OLD), clean().for_target(NEW)),
        case(
            "pfx-sha2-mac-for-old-target",
            mac_hash(Hash::Sha512).for_target(None),
            mac_hash(Hash::Sha1).for_target(None),
        ),
        case(
            "pfx-pbmac1",
            Input::pfx(|pfx| pfx.mac.as_mut().unwrap().scheme = MacScheme::Pbmac1 { prf: Hash::Sha256 }),
            clean(),
        ),
        case("pfx-legacy-for-new-target", Input::pfx(legacy).for_target(NEW), Input::pfx(legacy).for_target(OLD)),
        case("pfx-legacy-for-new-target", Input::pfx(legacy).for_target(NEW), Input::pfx(legacy).for_target(None)),
        case(
            "pfx-rc2-certificates",
            Input::pfx(|pfx| encrypt_certificates(pfx, EncryptionScheme::PbeSha1Rc2_40)),
            Input::pfx(|pfx| encrypt_certificates(pfx, EncryptionScheme::PbeSha1TripleDes)),
        ),
        case(
            "pfx-weak-key-encryption",
            old_key(EncryptionScheme::PbeSha1Rc2_40),
            old_key(EncryptionScheme::PbeSha1TripleDes),
        ),
        case("pfx-key-in-clear", Input::pfx(|pfx| pfx.safes[0].bags[0] = key_in_clear()), clean()),
        case(
            "pfx-key-in-clear",
            Input::pfx(|pfx| pfx.safes[0].bags[0] = key_in_clear()),
            Input::pfx(|pfx| {
                pfx.safes[0].bags[0] = key_in_clear();
                pfx.safes[0].encryption = Some(modern());
            }),
        ),
        case("pfx-certificates-in-clear", Input::pfx(|pfx| pfx.safes[1].encryption = None), clean()),
        case("pfx-mac-missing", Input::pfx(|pfx| pfx.mac = None), clean()),
        case("pfx-mac-weak", Input::pfx(|pfx| pfx.mac.as_mut().unwrap().salt_length = 7), clean()),
        case("pfx-iterations-low", iterations(999, 2_000), iterations(1_000, 2_000)),
        case("pfx-iterations-low", iterations(2_000, 1), iterations(2_000, 1_000)),
        case("pfx-iterations-high", iterations(300_001, 2_000), iterations(300_000, 2_000)),
        case("pfx-iterations-high", iterations(300_000, 290_001), iterations(300_000, 290_000)),
        case("pfx-password-empty", password(""), password("x")),
        case("pfx-password-short", password("elevenchars"), password("twelve chars")),
        case("pfx-password-non-ascii", password("Prüfwort für Contoso"), password("Pruefwort fuer Contoso")),
        case("pfx-password-non-ascii", password("Prüfwort für Contoso"), clean().with_password(None)),
        case("pfx-password-encoding", encoded(PasswordEncoding::NoOctets), encoded(PasswordEncoding::Utf8)),
        case("pfx-ber", Input::pfx(|pfx| pfx.was_ber = true), clean()),
        case("pfx-trailing-octets", Input::pfx(|pfx| pfx.trailing_octets = 1), clean()),
        case("pfx-large", clean().with_size(65_537), clean().with_size(65_536)),
        case("pfx-locked", locked(None), locked(Some(vec![certificate_outline()]))),
    ]
}

pub(super) fn contents() -> Vec<Case> {
    let and = |content: BagContent| Input::pfx(|pfx| pfx.safes[1].bags.push(bag(content)));
    let crl = || BagContent::Crl { der: vec![0x30, 0x00] };
    let unknown = || BagContent::Other { oid: "1.2.3.4".parse().unwrap(), value: secret(&[0x05, 0x00]) };
    let other_secret = || BagContent::Secret { oid: "1.2.3.4".parse().unwrap(), value: secret(&[0x05, 0x00]) };
    let no_certificate = || BagContent::Certificate { der: vec![0x30, 0x00], parsed: None };
    let no_key = || BagContent::Key(secret(&[0x30, 0x00]));
    let second_key = |key| Input::pfx(|pfx| pfx.safes[0].bags.push(key_bag(key, Vec::new())));
    let many = |count: usize| {
        Input::pfx(|pfx| {
            let root = certificate_bag(&Draft::root(), Vec::new());
            pfx.safes[1].bags.extend(vec![root; count - 3]);
        })
    };
    vec![
        case("pfx-no-key", Input::pfx(|pfx| pfx.safes[0].bags.clear()), clean()),
        case("pfx-no-certificate", Input::pfx(|pfx| pfx.safes[1].bags.clear()), clean()),
        case(
            "pfx-key-mismatch",
            Input::pfx(|pfx| pfx.safes[0].bags = vec![key_bag(Key::Other, key_attributes())]),
            clean(),
        ),
        case("pfx-key-mismatch", second_key(Key::Other), second_key(Key::Issuing)),
        case("pfx-key-unreadable", and(no_key()), clean()),
        case("pfx-several-keys", second_key(Key::Other), clean()),
        case("pfx-certificate-unreadable", and(no_certificate()), clean()),
        case("pfx-crl-bag", and(crl()), and(unknown())),
        case("pfx-secret-bag", and(other_secret()), and(unknown())),
        case("pfx-unknown-bag", and(unknown()), and(crl())),
        case("pfx-nested-bags", and(BagContent::SafeContents(vec![bag(crl())])), and(crl())),
        case(
            "pfx-nested-bags",
            and(BagContent::SafeContents(vec![bag(crl())])),
            and(BagContent::SafeContents(Vec::new())),
        ),
        case("pfx-many-entries", many(201), many(200)),
    ]
}

/// The clean file with this key usage inside the key too, as Windows writes it.
fn inner_usage(bits: u8) -> Input {
    let usage = Attribute::key_usage(bits);
    let set = tlv(0x31, &usage.values().concat());
    let attribute = sequence(&[&oid(KEY_USAGE), &set]);
    let plain = Key::Leaf.pair();
    // PrivateKeyInfo ends with the attributes, [0] (RFC 5208 section 5): add them inside the outermost sequence.
    let fields: Vec<u8> = (0..3).filter_map(|at| raw_element(plain.pkcs8_der(), &[at])).flatten().copied().collect();
    let der = sequence(&[&fields, &tlv(0xa0, &attribute)]);
    Input::pfx(|pfx| {
        pfx.safes[0].bags[0].content = BagContent::ShroudedKey { encryption: modern(), key: secret(&der) };
    })
}

/// A file without its password, of which the attributes of the key bag can be seen.
fn locked_key(attributes: &[Attribute]) -> Input {
    let key = BagOutline {
        kind: BagKind::ShroudedKey,
        encryption: Some(modern()),
        attributes: attributes.to_vec(),
        ..certificate_outline()
    };
    locked(Some(vec![key]))
}

pub(super) fn attributes() -> Vec<Case> {
    let with = |oid: &'static str, value: Vec<u8>| Input::key_bag(move |all| set(all, oid, &value));
    let without = |oid: &'static str| Input::key_bag(|all| unset(all, oid));
    let provider = |name: &str| with(PROVIDER, bmp(name));
    let usage = |bits: u8| with(KEY_USAGE, vec![0x03, 0x02, 0x00, bits]);
    let leaf = |change: &dyn Fn(&mut Vec<Attribute>)| Input::pfx(|pfx| change(&mut pfx.safes[1].bags[0].attributes));
    let root = |oid: &'static str, value: Vec<u8>| {
        Input::pfx(move |pfx| pfx.safes[1].bags[2].attributes.push(attribute(oid, &value)))
    };
    let id = |octets: &[u8]| tlv(0x04, octets);
    vec![
        case("pfx-provider-missing", without(PROVIDER), clean()),
        case("pfx-provider-cng", provider("Microsoft Software Key Storage Provider"), provider(TYPE_24)),
        case("pfx-provider-sha1-only", provider("Microsoft RSA SChannel Cryptographic Provider"), provider(TYPE_24)),
        case("pfx-provider-sha1-only", provider("Microsoft Enhanced Cryptographic Provider v1.0"), provider("Contoso")),
        case(
            "pfx-provider-unknown",
            provider("Contoso HSM Provider"),
            provider("microsoft strong cryptographic provider"),
        ),
        case("pfx-machine-keyset-missing", without(MACHINE_KEYSET), clean()),
        case("pfx-key-usage-signature", usage(0x80), usage(0x20)),
        case("pfx-key-usage-signature", usage(0x04), usage(0xa0)),
        case("pfx-key-usage-unclear", usage(0x90), usage(0x10)),
        case("pfx-key-usage-unclear", usage(0x40), usage(0x80)),
        case("pfx-key-usage-contradiction", inner_usage(0x80), inner_usage(0x20)),
        case("pfx-key-usage-absent", without(KEY_USAGE), clean()),
        case("pfx-key-usage-absent", without(KEY_USAGE), locked_key(&[])),
        case(
            "pfx-provider-cng",
            locked_key(&[Attribute::provider_name("Microsoft Software Key Storage Provider")]),
            locked_key(&[]),
        ),
        case("pfx-local-key-id-missing", without(LOCAL_KEY_ID), clean()),
        case("pfx-local-key-id-missing", leaf(&|all| unset(all, LOCAL_KEY_ID)), clean()),
        case("pfx-local-key-id-mismatch", with(LOCAL_KEY_ID, id(&[2, 0, 0, 0])), with(LOCAL_KEY_ID, id(ID))),
        case("pfx-local-key-id-duplicated", root(LOCAL_KEY_ID, id(ID)), root(LOCAL_KEY_ID, id(&[2]))),
        case("pfx-friendly-name-missing", leaf(&|all| unset(all, FRIENDLY_NAME)), clean()),
        case(
            "pfx-friendly-name-non-ascii",
            root(FRIENDLY_NAME, bmp("Contoso Wurzel für S2S")),
            root(FRIENDLY_NAME, bmp("Root")),
        ),
        case("pfx-friendly-name-differs", with(FRIENDLY_NAME, bmp("1")), with(FRIENDLY_NAME, bmp("S2S g20260101"))),
        case("pfx-friendly-name-on-key", with(FRIENDLY_NAME, bmp("S2S g20260101")), root(FRIENDLY_NAME, bmp("Root"))),
        case(
            "pfx-attribute-duplicate",
            Input::key_bag(|all| all.push(attribute(PROVIDER, &bmp(TYPE_24)))),
            root(PROVIDER, bmp(TYPE_24)),
        ),
        case("pfx-attribute-unreadable", with(PROVIDER, vec![0x05, 0x00]), with("1.2.3.4", vec![0x05, 0x00])),
        case("pfx-extended-attributes", root(EXTENDED, tlv(0x04, &[1, 2, 3])), root("1.2.3.4", tlv(0x04, &[1, 2, 3]))),
    ]
}
