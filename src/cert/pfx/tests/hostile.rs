//! Input that nobody honest made: no panic, no endless work, a clear error.

use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::fixture::{chain, credential, password, reseal, seal_as};
use crate::cert::der::{self, INTEGER, OCTET_STRING, Reader};
use crate::cert::pfx::algorithm::EncryptionParameters;
use crate::cert::pfx::structure::{DATA, EXPLICIT_0, IMPLICIT_0, Structure};
use crate::cert::pfx::{
    Bag, BagContent, Cipher, Contents, EncryptionScheme, Labels, MAX_BAGS, MAX_FILE_SIZE, Outline, PasswordEncoding,
    Pfx, PfxError, PfxProfile, SecretDer, kdf, read,
};
use crate::cert::signature::Hash;

fn ours(profile: PfxProfile) -> Zeroizing<Vec<u8>> {
    seal_as(&Contents::of_credential(credential(), &Labels::default()), "right", profile)
}

/// A PFX without MAC around these `ContentInfo`s.
fn without_mac(safes: &[&[u8]]) -> Vec<u8> {
    let data = der::tlv(EXPLICIT_0, &der::tlv(OCTET_STRING, &der::sequence(safes)));
    der::sequence(&[&der::unsigned(&[3]), &der::sequence(&[&der::oid(DATA), &data])])
}

fn clear_safe(bags: &[&[u8]]) -> Vec<u8> {
    let content = der::tlv(EXPLICIT_0, &der::tlv(OCTET_STRING, &der::sequence(bags)));
    der::sequence(&[&der::oid(DATA), &content])
}

fn bag(oid: &str, value: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(oid.parse().unwrap()), &der::tlv(EXPLICIT_0, value)])
}

fn open_error(bytes: &[u8]) -> PfxError {
    Pfx::open(bytes, &password("right")).unwrap_err()
}

#[test]
fn every_truncation_is_an_error() {
    for profile in PfxProfile::ALL {
        let bytes = ours(profile);
        for length in 0..bytes.len() {
            let error = Outline::read(&bytes[..length]).unwrap_err();
            assert!(matches!(error, PfxError::Damaged { place: "file", .. }), "{length}: {error}");
            assert_eq!(open_error(&bytes[..length]), error, "{length}");
        }
    }
}

#[test]
fn five_thousand_flipped_bits_never_panic_and_never_pass_unseen() {
    // A small linear congruential generator: the same flips each time.
    let mut state = 0x5eed_u64;
    let mut draw = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let certificates = seal_as(&Contents::of_certificates(&chain()[..1]), "right", PfxProfile::Legacy);
    let reference = Pfx::open(&certificates, &password("right")).unwrap();
    let (mut opened, mut clear) = (0, 0);
    for round in 0..5_000 {
        let mut bytes = certificates.to_vec();
        let place = draw(bytes.len());
        bytes[place] ^= 1 << draw(8);
        if round % 5 == 0 {
            // With a MAC made anew, so that the flip reaches what lies behind it.
            let target = draw(1_000_000);
            bytes = reseal(&certificates, "right", |authenticated| {
                let target = target % authenticated.len();
                authenticated[target] ^= 1 << (place % 8);
            });
            clear += usize::from(Pfx::open(&bytes, &password("right")).is_ok());
        } else if let Ok(pfx) = Pfx::open(&bytes, &password("right")) {
            // Only what is not under the MAC may change unseen, and it changes nothing that is read.
            assert_eq!(format!("{:?}", pfx.safes), format!("{:?}", reference.safes), "octet {place}");
            opened += 1;
        }
        let _ = Outline::read(&bytes);
    }
    assert!(opened < 100, "{opened} of 4,000 flips changed nothing");
    assert!(clear < 1_000, "some flips under a valid MAC are damage");
}

#[test]
fn flips_in_a_file_in_clear_never_panic() {
    let pair = credential().key().pkcs8_der();
    let key = bag("1.2.840.113549.1.12.10.1.1", pair);
    let nested = bag("1.2.840.113549.1.12.10.1.6", &der::sequence(&[&key, &key]));
    let secret = der::sequence(&[&der::oid(DATA), &der::tlv(EXPLICIT_0, &[4, 1, 7])]);
    let bytes = without_mac(&[&clear_safe(&[&key, &nested, &bag("1.2.840.113549.1.12.10.1.5", &secret)])]);
    assert_eq!(Pfx::open(&bytes, &password("")).unwrap().keys().count(), 3);
    let mut read = 0;
    for place in 0..bytes.len() {
        for bit in [0, 7] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            if let Ok(pfx) = Pfx::open(&flipped, &password("")) {
                read += 1;
                let _ = pfx.outline();
                let _ = Contents::of_pfx(&pfx).labelled(&Labels::default());
            }
        }
    }
    assert!(read > 0 && read < bytes.len() * 2, "{read}");
}

#[test]
fn limits_are_named_in_the_error() {
    assert_eq!(
        open_error(&vec![0x30; MAX_FILE_SIZE + 1]).to_string(),
        "the file has 16777217 octets; at most 16777216 are read"
    );
    let deep = [[0x30, 0x80].repeat(100), vec![0; 200]].concat();
    assert_eq!(open_error(&deep).to_string(), "elements nest deeper than 64 levels");

    let small = bag("1.2.3", &[5, 0]);
    let bags: Vec<&[u8]> = std::iter::repeat_n(&small[..], MAX_BAGS + 1).collect();
    assert_eq!(open_error(&without_mac(&[&clear_safe(&bags)])).to_string(), "there are more than 10000 bags");
    let safe = clear_safe(&[]);
    let safes: Vec<&[u8]> = std::iter::repeat_n(&safe[..], MAX_BAGS + 1).collect();
    assert_eq!(open_error(&without_mac(&safes)), PfxError::TooManyBags);
}

/// The file with another number of iterations in its MAC.
fn with_mac_iterations(count: &[u8]) -> Vec<u8> {
    let bytes = ours(PfxProfile::Legacy);
    let mut file = Reader::new(&bytes).sequence().unwrap();
    let (version, safe) = (file.any().unwrap().whole, file.any().unwrap().whole);
    let mut mac = file.sequence().unwrap();
    let (info, salt) = (mac.any().unwrap().whole, mac.any().unwrap().whole);
    der::sequence(&[version, safe, &der::sequence(&[info, salt, &der::tlv(INTEGER, count)])])
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the test measures")]
fn absurd_iteration_counts_are_refused_before_any_work() {
    let started = Instant::now();
    for (octets, iterations) in
        [(&[0x7f, 0xff, 0xff, 0xff][..], 0x7fff_ffff), (&[0, 0x98, 0x96, 0x81], 10_000_001), (&[0x7f; 20], u64::MAX)]
    {
        let error = open_error(&with_mac_iterations(octets));
        assert_eq!(error, PfxError::TooManyIterations { place: "MAC", iterations });
        assert!(error.to_string().contains("at most 10000000 are done"), "{error}");
    }
    for octets in [&[0][..], &[0xff], &[]] {
        assert!(matches!(open_error(&with_mac_iterations(octets)), PfxError::Damaged { place: "MAC", .. }));
    }
    // The work refused would take minutes.
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn many_key_derivations_are_bounded_together() {
    // MAC, certificates and key: 2,000 iterations each.
    let bytes = ours(PfxProfile::Legacy);
    assert!(read::open(&bytes, &password("right"), 6_000).is_ok());
    let error = read::open(&bytes, &password("right"), 5_999).unwrap_err();
    assert_eq!(error, PfxError::TooManyIterationsTogether);
    assert!(error.to_string().contains("more than 30000000 iterations together"), "{error}");
    // The second encoding of an empty password counts as well.
    let error = read::open(&bytes, &password(""), 3_999).unwrap_err();
    assert_eq!(error, PfxError::TooManyIterationsTogether);
    assert_eq!(read::open(&bytes, &password(""), 4_000).unwrap_err(), PfxError::WrongPassword);
}

#[test]
fn encodings_of_other_tools_are_found_and_named() {
    let scheme = EncryptionScheme::Pbes2 { cipher: Cipher::Aes256, prf: Hash::Sha256 };
    let pbes2 = EncryptionParameters::new(scheme, vec![7; 8], 1_000.try_into().unwrap(), vec![7; 16]);
    let pbes1 =
        EncryptionParameters::new(EncryptionScheme::PbeSha1TripleDes, vec![7; 8], 10.try_into().unwrap(), Vec::new());
    let content = der::sequence(&[&bag("1.2.3", &[5, 0])]);
    for (parameters, text, encoding) in [
        (&pbes2, "right", PasswordEncoding::Utf8),
        (&pbes2, "right", PasswordEncoding::Utf16ForPbes2),
        (&pbes2, "", PasswordEncoding::Utf8),
        (&pbes1, "right", PasswordEncoding::Utf16),
        (&pbes1, "ré", PasswordEncoding::WidenedUtf8),
        (&pbes1, "", PasswordEncoding::Utf16),
        (&pbes1, "", PasswordEncoding::NoOctets),
    ] {
        let ciphertext = parameters.encrypt(&kdf::encode(&password(text), encoding), &content).unwrap();
        let inner = der::sequence(&[&der::oid(DATA), &parameters.encode(), &der::tlv(IMPLICIT_0, &ciphertext)]);
        let data = der::tlv(EXPLICIT_0, &der::sequence(&[&der::unsigned(&[0]), &inner]));
        let safe = der::sequence(&[&der::oid("1.2.840.113549.1.7.6".parse().unwrap()), &data]);
        let pfx = Pfx::open(&without_mac(&[&safe]), &password(text)).unwrap();
        assert_eq!(pfx.password_encodings, [encoding], "{text:?}");
    }
}

#[test]
fn public_key_mode_is_refused_by_name() {
    let enveloped =
        der::sequence(&[&der::oid("1.2.840.113549.1.7.3".parse().unwrap()), &der::tlv(EXPLICIT_0, &[5, 0])]);
    let error = open_error(&without_mac(&[&enveloped]));
    assert_eq!(error, PfxError::PublicKeyMode { mode: "enveloped data" });
    let signed = der::sequence(&[&der::oid("1.2.840.113549.1.7.2".parse().unwrap()), &der::tlv(EXPLICIT_0, &[5, 0])]);
    let error = open_error(&der::sequence(&[&der::unsigned(&[3]), &signed]));
    assert_eq!(error, PfxError::PublicKeyMode { mode: "signed data" });
    let old = der::sequence(&[&der::unsigned(&[1]), &signed]);
    assert_eq!(open_error(&old).to_string(), "the file uses version 1 of PKCS#12, which is not read");
}

#[test]
fn ber_inside_and_outside_is_read_as_der() {
    let bytes = ours(PfxProfile::Modern);
    let reference = Pfx::open(&bytes, &password("right")).unwrap();
    let mut file = Reader::new(&bytes).sequence().unwrap();
    let version = file.any().unwrap().whole;
    let mac = {
        file.any().unwrap();
        file.any().unwrap().whole
    };
    let authenticated = Structure::read(&bytes).unwrap().authenticated;
    // Everything under the MAC stays; around it: indefinite lengths, and the octet string in chunks of 1,000.
    let chunks: Vec<u8> = authenticated.chunks(1_000).flat_map(|chunk| der::tlv(OCTET_STRING, chunk)).collect();
    let octets = [&[0x24, 0x80], &chunks[..], &[0, 0]].concat();
    let explicit = [&[0xa0, 0x80], &octets[..], &[0, 0]].concat();
    let safe = [&[0x30, 0x80], &der::oid(DATA)[..], &explicit, &[0, 0]].concat();
    let ber = [&[0x30, 0x80], version, &safe, mac, &[0, 0]].concat();
    let pfx = Pfx::open(&ber, &password("right")).unwrap();
    assert!(pfx.was_ber && !reference.was_ber);
    assert_eq!(format!("{:?}", pfx.safes), format!("{:?}", reference.safes));
    assert!(Outline::read(&ber).unwrap().was_ber);

    // The ciphertext of a safe in chunks, and an indefinite length inside the encryption.
    let honest =
        EncryptionParameters::new(EncryptionScheme::PbeSha1TripleDes, vec![7; 8], 10.try_into().unwrap(), Vec::new());
    let inside = [&[0x30, 0x80], &bag("1.2.3", &[5, 0])[..], &[0, 0]].concat();
    let ciphertext = honest.encrypt(&kdf::encode(&password("right"), PasswordEncoding::Utf16), &inside).unwrap();
    let chunks: Vec<u8> = ciphertext.chunks(7).flat_map(|chunk| der::tlv(OCTET_STRING, chunk)).collect();
    let content = [&der::oid(DATA)[..], &honest.encode(), &[0xa0, 0x80], &chunks, &[0, 0]].concat();
    let data = der::sequence(&[&der::unsigned(&[0]), &der::sequence(&[&content])]);
    let safe = der::sequence(&[&der::oid("1.2.840.113549.1.7.6".parse().unwrap()), &der::tlv(EXPLICIT_0, &data)]);
    let pfx = Pfx::open(&without_mac(&[&safe]), &password("right")).unwrap();
    assert!(pfx.was_ber);
    assert!(matches!(&pfx.bags()[0].content, BagContent::Other { value, .. } if value.expose() == [5, 0]));
}

#[test]
fn octets_behind_the_file_are_counted_and_not_read() {
    let bytes = [&ours(PfxProfile::Legacy)[..], &[0; 5]].concat();
    assert_eq!(Pfx::open(&bytes, &password("right")).unwrap().trailing_octets, 5);
    assert_eq!(Outline::read(&bytes).unwrap().trailing_octets, 5);
}

#[test]
fn a_key_that_is_none_is_kept_and_written_as_it_is() {
    let nonsense = Bag { content: BagContent::Key(SecretDer::of(&[0x30, 3, 2, 1, 0])), attributes: Vec::new() };
    let contents = Contents::of_bags(vec![nonsense]).labelled(&Labels::default());
    let bytes = seal_as(&contents, "right", PfxProfile::Modern);
    let pfx = Pfx::open(&bytes, &password("right")).unwrap();
    assert_eq!(pfx.keys().next().unwrap().key_der().unwrap().expose(), [0x30, 3, 2, 1, 0]);
    assert!(pfx.keys().next().unwrap().key_pair().unwrap().is_err());
    assert_eq!(pfx.outline().safes[0].bags.as_ref().unwrap()[0].public_key, None);
}

/// Found by the fuzz target `pfx`: such a bag was read, and what was then written of it could not be opened.
#[test]
fn a_key_bag_in_clear_that_holds_no_key_is_damaged() {
    let oid = "1.2.840.113549.1.12.10.1.1";
    let version_first = der::sequence(&[&der::unsigned(&[0])]);
    let cases = [
        der::tlv(OCTET_STRING, &[7]),
        der::sequence(&[]),
        der::sequence(&[&der::tlv(OCTET_STRING, &[7]), &version_first]),
    ];
    for value in cases {
        let error = open_error(&without_mac(&[&clear_safe(&[&bag(oid, &value)])]));
        assert!(matches!(error, PfxError::Damaged { place: "key bag", .. }), "{error}");
    }
    let opened = Pfx::open(&without_mac(&[&clear_safe(&[&bag(oid, &version_first)])]), &password("right")).unwrap();
    assert_eq!(opened.keys().count(), 1);
}
