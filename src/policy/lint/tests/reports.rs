//! Whole reports for five files as they are met in practice.

use super::draft::{ALT_NAME, Draft, Key, MD5_RSA};
use super::input::{
    EXTENDED, FRIENDLY_NAME, Input, LOCAL_KEY_ID, PROVIDER, attribute, bmp, certificate_bag, key_attributes, key_bag,
    scheme, set,
};
use crate::cert::der::{sequence, tlv};
use crate::cert::pfx::{BagContent, EncryptionScheme, Target};
use crate::cert::signature::Hash;

fn id() -> Vec<u8> {
    tlv(0x04, &[1, 0, 0, 0])
}

#[test]
fn openssl_3_default_for_server_2016() {
    let input = Input::pfx(|pfx| {
        pfx.safes.reverse();
        pfx.safes[1].bags = vec![key_bag(Key::Leaf, vec![attribute(LOCAL_KEY_ID, &id())])];
        pfx.safes[0].bags[0].attributes = vec![attribute(LOCAL_KEY_ID, &id())];
        pfx.safes[0].bags.truncate(1);
    });
    insta::assert_snapshot!(input.for_target(Some(Target::Server2016)).report());
}

#[test]
fn export_of_an_old_server_without_target() {
    let input = Input::pfx(|pfx| {
        let mac = pfx.mac.as_mut().unwrap();
        (mac.hash, mac.iterations, mac.salt_length) = (Hash::Sha1, 2_000, 20);
        pfx.safes[1].encryption = Some(scheme(EncryptionScheme::PbeSha1Rc2_40));
        pfx.safes[1].bags.reverse();
        pfx.safes[1].bags[2].attributes.push(attribute(EXTENDED, &tlv(0x04, &[0; 24])));
        let mut key = key_bag(Key::Leaf, key_attributes());
        if let BagContent::ShroudedKey { encryption, .. } = &mut key.content {
            encryption.scheme = EncryptionScheme::PbeSha1TripleDes;
        }
        set(&mut key.attributes, PROVIDER, &bmp("Microsoft RSA SChannel Cryptographic Provider"));
        set(&mut key.attributes, FRIENDLY_NAME, &bmp("tp-0f3c9a51"));
        pfx.safes[0].bags[0] = key;
    });
    insta::assert_snapshot!(input.for_target(None).report());
}

#[test]
fn wildcard_of_the_web_team_for_server_2022() {
    let names = sequence(&[&tlv(0x82, b"*.contoso.com"), &tlv(0x82, b"contoso.com")]);
    let input = Input::pfx(|pfx| {
        let wildcard = Draft::leaf().named("CN=*.contoso.com").with(ALT_NAME, false, &names);
        let attributes = pfx.safes[1].bags[0].attributes.clone();
        pfx.safes[1].bags[0] = certificate_bag(&wildcard, attributes);
        pfx.safes[1].bags.truncate(2);
    });
    insta::assert_snapshot!(input.at("2026-12-01T00:00:00Z").report());
}

#[test]
fn new_self_signed_certificate_with_defaults() {
    let input = Input::pfx(|pfx| {
        let draft = Draft::self_signed().named("CN=S2S");
        let draft = Draft { issuer: draft.subject.clone(), ..draft };
        pfx.safes[1].bags = vec![certificate_bag(&draft, vec![attribute(LOCAL_KEY_ID, &id())])];
        set(&mut pfx.safes[0].bags[0].attributes, PROVIDER, &bmp("Microsoft Software Key Storage Provider"));
    });
    insta::assert_snapshot!(input.report());
}

#[test]
fn certificates_of_an_old_authority() {
    let mut leaf = Draft::leaf().named("CN=CRM,O=Contoso").until("310101000000Z");
    leaf.algorithm = MD5_RSA;
    leaf.serial = vec![0x1b];
    let issuing = Draft::issuing().until("260115000000Z");
    insta::assert_snapshot!(Input::certificates(&[Draft::root(), issuing, leaf]).report());
}
