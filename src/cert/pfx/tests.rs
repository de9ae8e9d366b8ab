//! Tests of PKCS#12 reading and writing.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod fixture;
mod hostile;
mod interop;
mod vectors;

use proptest::prelude::*;

use super::*;
use crate::cert::signature::Hash;
use fixture::{chain, counting, credential, password, reseal, seal_as};

#[test]
fn a_sealed_credential_holds_what_windows_needs_in_the_right_places() {
    for profile in PfxProfile::ALL {
        let labels = Labels { friendly_name: Some("CRM S2S 😀".to_owned()), ..Labels::default() };
        let bytes = seal_as(&Contents::of_credential(credential(), &labels), "pässword", profile);
        let pfx = Pfx::open(&bytes, &password("pässword")).unwrap();

        let certificates: Vec<_> = pfx.certificates().map(|bag| bag.certificate().unwrap().clone()).collect();
        assert_eq!(certificates, credential().chain().certificates(), "leaf first, root last");
        let keys: Vec<_> = pfx.keys().collect();
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].key_pair().unwrap().unwrap().pkcs8_der(), credential().key().pkcs8_der());
        assert_eq!(keys[0].provider_name().as_deref(), Some(DEFAULT_PROVIDER));
        assert!(keys[0].is_machine_keyset());
        assert_eq!(keys[0].key_usage(), Some(0x10));
        assert_eq!(keys[0].key_attributes(), [Attribute::key_usage(0x10)]);
        let leaf = pfx.certificates().next().unwrap();
        for bag in [keys[0], leaf] {
            assert_eq!(bag.friendly_name().as_deref(), Some("CRM S2S 😀"));
            assert_eq!(bag.local_key_id(), Some(vec![1, 0, 0, 0]));
        }
        assert!(pfx.certificates().skip(1).all(|bag| bag.attributes.is_empty()), "issuers carry no label");
        assert!(!leaf.is_machine_keyset() && leaf.provider_name().is_none());
        assert!(!pfx.was_ber && pfx.trailing_octets == 0);
    }
}

#[test]
fn each_profile_is_what_the_design_says() {
    let contents = Contents::of_credential(credential(), &Labels::default());
    let legacy = Outline::read(&seal_as(&contents, "x", PfxProfile::Legacy)).unwrap();
    let modern = Outline::read(&seal_as(&contents, "x", PfxProfile::Modern)).unwrap();
    let pbes2 = EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 };
    for (outline, scheme, hash, iterations, salt_length) in
        [(legacy, EncryptionScheme::PbeSha1TripleDes, Hash::Sha1, 2_000, 8), (modern, pbes2, Hash::Sha256, 10_000, 16)]
    {
        let encryption = Encryption { scheme, iterations, salt_length };
        assert_eq!(outline.mac, Some(MacInfo { scheme: MacScheme::Pkcs12Kdf, hash, iterations, salt_length: 20 }));
        assert_eq!(outline.safes.len(), 2);
        let keys = outline.safes[0].bags.as_ref().unwrap();
        assert_eq!((keys.len(), keys[0].kind, keys[0].encryption), (1, BagKind::ShroudedKey, Some(encryption)));
        assert_eq!((outline.safes[1].encryption, outline.safes[1].bags.is_none()), (Some(encryption), true));
    }
}

#[test]
fn the_outline_is_serialised_without_a_secret() {
    let bytes = seal_as(&Contents::of_credential(credential(), &Labels::default()), "x", PfxProfile::Modern);
    let pfx = Pfx::open(&bytes, &password("x")).unwrap();
    let json = serde_json::to_value(pfx.outline()).unwrap();
    assert_eq!(json["safes"][0]["bags"][0]["kind"], "shrouded-key");
    assert_eq!(json["safes"][0]["bags"][0]["encryption"]["scheme"], "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256");
    assert_eq!(json["mac"]["scheme"], "PKCS#12 KDF");
    assert_eq!(json["password_encodings"], serde_json::json!(["utf16", "utf8"]));
    let key = pfx.keys().next().unwrap().key_der().unwrap();
    let middle = crate::cert::digest::hex_upper(&key.expose()[200..208]);
    assert!(!json.to_string().to_uppercase().contains(&middle));
    let length = key.expose().len();
    let debug = format!("{:?}", pfx.keys().next().unwrap().content);
    assert!(debug.ends_with(&format!("key: [secret, {length} octets] }}")), "{debug}");
}

#[test]
fn certificates_alone_become_a_trust_store() {
    let bytes = seal_as(&Contents::of_certificates(chain()), "x", PfxProfile::Legacy);
    let pfx = Pfx::open(&bytes, &password("x")).unwrap();
    assert_eq!(pfx.safes.len(), 1);
    assert_eq!(pfx.keys().count(), 0);
    assert_eq!(pfx.certificates().count(), 3);
    let nothing =
        seal(&Contents::of_bags(Vec::new()), &password("x"), &Settings::of(PfxProfile::Legacy), &mut counting());
    assert_eq!(nothing.unwrap_err(), PfxError::Empty);
}

#[test]
fn a_wrong_password_and_an_altered_file_are_told_from_damage_inside() {
    let bytes = seal_as(&Contents::of_credential(credential(), &Labels::default()), "right", PfxProfile::Legacy);
    assert_eq!(Pfx::open(&bytes, &password("wrong")).unwrap_err(), PfxError::WrongPassword);
    let mut altered = bytes.to_vec();
    altered[bytes.len() / 2] ^= 1;
    assert_eq!(Pfx::open(&altered, &password("right")).unwrap_err(), PfxError::Altered);
    // The same fault under a MAC that was made over it.
    let broken = reseal(&bytes, "right", |authenticated| {
        let end = authenticated.len();
        authenticated[end - 1] ^= 1;
    });
    let error = Pfx::open(&broken, &password("right")).unwrap_err();
    assert!(matches!(error, PfxError::Damaged { place: "safe", .. }), "{error}");
}

#[test]
fn every_kind_of_bag_and_unknown_attributes_survive_reading_and_writing() {
    let unknown = Attribute::new(ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.1"), vec![vec![4, 1, 7], vec![5, 0]]);
    let oid = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.99999.2");
    let nested = Contents::of_credential(credential(), &Labels::default()).bags().to_vec();
    let contents = [
        BagContent::Key(SecretDer::of(credential().key().pkcs8_der())),
        BagContent::Key(SecretDer::of(credential().key().pkcs8_der())),
        BagContent::Crl { der: vec![0x30, 0] },
        BagContent::Secret { oid, value: SecretDer::of(&[4, 2, 8, 9]) },
        BagContent::Other { oid, value: SecretDer::of(&[4, 2, 8, 9]) },
        BagContent::SafeContents(nested.clone()),
        BagContent::Certificate { der: vec![1, 2, 3], parsed: None },
    ];
    let bags = contents.into_iter().map(|content| Bag { content, attributes: vec![unknown.clone()] }).collect();
    let first = seal_as(&Contents::of_bags(bags), "x", PfxProfile::Modern);
    let opened = Pfx::open(&first, &password("x")).unwrap();
    let second = seal_as(&Contents::of_pfx(&opened), "x", PfxProfile::Legacy);
    let again = Pfx::open(&second, &password("x")).unwrap();
    for pfx in [&opened, &again] {
        let bags: Vec<_> = pfx.safes.iter().flat_map(|safe| &safe.bags).collect();
        assert_eq!(bags.len(), 7);
        assert!(bags.iter().all(|bag| bag.attributes == [unknown.clone()]));
        assert_eq!(pfx.keys().count(), 3);
        assert!(matches!(&bags[2].content, BagContent::Crl { der } if *der == [0x30, 0]));
        assert!(
            matches!(&bags[3].content, BagContent::Secret { oid: o, value } if *o == oid && value.expose() == [4, 2, 8, 9])
        );
        assert!(
            matches!(&bags[4].content, BagContent::Other { oid: o, value } if *o == oid && value.expose() == [4, 2, 8, 9])
        );
        let BagContent::SafeContents(inside) = &bags[5].content else { unreachable!("{:?}", bags[5].content) };
        assert_eq!(inside.len(), nested.len());
        assert_eq!(inside[0].provider_name().as_deref(), Some(DEFAULT_PROVIDER));
        assert!(matches!(&bags[6].content, BagContent::Certificate { der, parsed: None } if *der == [1, 2, 3]));
    }
    assert_eq!(again.outline().safes[1].bags.as_ref().unwrap()[3].bags.len(), nested.len());
}

#[test]
fn labels_change_what_windows_reads_and_keep_the_rest() {
    let ours = Contents::of_credential(credential(), &Labels::default());
    let mut bags = ours.bags().to_vec();
    let extended = Attribute::new(attribute::oid::EXTENDED_ATTRIBUTES, vec![vec![4, 1, 7]]);
    bags[0].attributes = vec![extended.clone(), Attribute::provider_name("Contoso KSP"), Attribute::local_key_id(&[9])];
    bags[1].attributes = vec![Attribute::friendly_name("old")];
    let imported = Pfx::open(&seal_as(&Contents::of_bags(bags), "x", PfxProfile::Modern), &password("x")).unwrap();

    let labels = Labels { friendly_name: Some("new".to_owned()), provider: None };
    let relabelled = Contents::of_pfx(&imported).labelled(&labels);
    assert_eq!(relabelled.bags()[0].local_key_id(), Some(vec![9]), "an id that is there stays");
    assert_eq!(relabelled.bags()[0].provider_name(), None);
    assert_eq!(relabelled.bags()[0].attributes[0], extended);
    assert_eq!(relabelled.bags()[1].local_key_id(), Some(vec![9]));
    assert_eq!(relabelled.bags()[1].friendly_name().as_deref(), Some("new"));

    let kept = Contents::of_credential(credential(), &Labels::default()).keep_attributes_of(&imported);
    assert!(kept.bags()[0].attributes.contains(&extended));
    assert_eq!(kept.bags()[0].provider_name().as_deref(), Some(DEFAULT_PROVIDER));
    assert_eq!(kept.bags()[1].friendly_name().as_deref(), Some("old"));
}

#[test]
fn iterations_beyond_what_net_imports_are_not_written() {
    let contents = Contents::of_credential(credential(), &Labels::default());
    let with = |iterations| {
        let settings = Settings::of(PfxProfile::Legacy).with_iterations(iterations);
        seal(&contents, &password("x"), &settings, &mut counting())
    };
    assert!(with(1_000).is_ok());
    for iterations in [0, 999, 200_001, u32::MAX] {
        let error = with(iterations).unwrap_err();
        assert_eq!(error, PfxError::IterationsOutOfRange { iterations, least: 1_000, most: 200_000 });
        assert!(error.to_string().contains("1000 to 200000"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_password_and_name_come_back(text in any::<String>(), name in any::<Option<String>>(), legacy in any::<bool>(),
                                       local_key_id in prop::collection::vec(any::<u8>(), 0..40)) {
        let profile = if legacy { PfxProfile::Legacy } else { PfxProfile::Modern };
        let mut bags = vec![Bag {
            content: BagContent::Key(SecretDer::of(credential().key().pkcs8_der())),
            attributes: vec![Attribute::local_key_id(&local_key_id)],
        }];
        bags.extend(Contents::of_certificates(chain()).bags().to_vec());
        let labels = Labels { friendly_name: name.clone(), ..Labels::default() };
        let bytes = seal_as(&Contents::of_bags(bags).labelled(&labels), &text, profile);
        let pfx = Pfx::open(&bytes, &password(&text)).unwrap();
        let wanted = name.filter(|name| !name.is_empty()).map(|name| name.trim_end_matches('\0').to_owned());
        for bag in [pfx.keys().next().unwrap(), pfx.certificates().next().unwrap()] {
            prop_assert_eq!(bag.friendly_name(), wanted.clone());
            prop_assert_eq!(bag.local_key_id(), Some(local_key_id.clone()));
        }
        prop_assert!(pfx.password_encodings.iter().all(|encoding| encoding.is_standard()));
        let other = format!("{text}x");
        prop_assert_eq!(Pfx::open(&bytes, &password(&other)).unwrap_err(), PfxError::WrongPassword);
    }
}
