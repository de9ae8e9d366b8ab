//! Keys in every form and encryption that the openssl program writes, and hostile ones made by hand.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::*;
use crate::cert::pem;
use crate::cert::test_pki::{PKI, ec_key, key_pair};
use crate::cert::test_tools::openssl;

const LEGACY: [&str; 4] = ["-provider", "legacy", "-provider", "default"];
const HOSTILE: &str = "Zoë-密碼-😀 \"'$%";

fn passwords(texts: &[&str]) -> Vec<Password> {
    texts.iter().map(|text| Password::new((*text).to_owned())).collect()
}

fn pem_of(key: &KeyPair) -> Zeroizing<String> {
    pem::encode("PRIVATE KEY", key.pkcs8_der())
}

fn only_block(text: &[u8]) -> Block {
    let mut blocks = pem::scan(text).unwrap();
    assert_eq!(blocks.len(), 1);
    blocks.remove(0)
}

/// Same private numbers: compared by the public key and by a signature where the key can sign.
fn same(read: &KeyPair, key: &KeyPair) {
    assert_eq!(read.public_key(), key.public_key());
    if matches!(key.algorithm(), super::super::KeyAlgorithm::Rsa { .. }) {
        read.self_test().unwrap();
    }
}

#[test]
fn every_clear_form_of_openssl_is_read() {
    let Some(openssl) = openssl() else { return };
    let ec = key_pair(&ec_key());
    let ed25519 = openssl.run(&["genpkey", "-algorithm", "ed25519"]);
    let p384 = openssl.run(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    let cases: [(&KeyPair, &[&str], KeyForm); 5] = [
        (&PKI.key, &["pkey"], KeyForm::Pkcs8),
        (&PKI.key, &["rsa", "-traditional"], KeyForm::Pkcs1),
        (&PKI.key, &["pkcs8", "-topk8", "-nocrypt"], KeyForm::Pkcs8),
        (&ec, &["pkey"], KeyForm::Pkcs8),
        (&ec, &["ec"], KeyForm::Sec1),
    ];
    for (key, command, form) in cases {
        let text = openssl.run_with(command, pem_of(key).as_bytes());
        let read = from_block(&only_block(&text), &[]).unwrap();
        assert_eq!((read.form, read.encryption, read.attributes), (form, None, vec![]), "{command:?}");
        same(&read.key, key);
        let der = openssl.run_with(&[command, &["-outform", "DER"]].concat(), pem_of(key).as_bytes());
        same(&from_der(&der, &[]).unwrap().key, key);
    }
    for text in [ed25519, p384] {
        from_block(&only_block(&text), &[]).unwrap();
    }
    let dsa = openssl.run(&["dsaparam", "-genkey", "-noout", "1024"]);
    let old_dsa = openssl.run_with(&["pkey", "-traditional"], &dsa);
    for text in [dsa, old_dsa] {
        assert_eq!(from_block(&only_block(&text), &[]).unwrap_err(), KeyFileError::Dsa);
    }
}

#[test]
fn every_encryption_of_openssl_is_read_with_the_right_password_only() {
    let Some(openssl) = openssl() else { return };
    let pkcs8 = |options: &[&'static str]| [&["pkcs8", "-topk8"], options].concat();
    let ec = key_pair(&ec_key());
    let mut cases: Vec<(&KeyPair, Vec<&str>, &str)> = vec![
        (&PKI.key, pkcs8(&[]), "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256"),
        (&PKI.key, pkcs8(&["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA1"]), "PBES2 AES-128-CBC, PBKDF2-HMAC-SHA-1"),
        (
            &PKI.key,
            pkcs8(&["-v2", "aes-192-cbc", "-v2prf", "hmacWithSHA512"]),
            "PBES2 AES-192-CBC, PBKDF2-HMAC-SHA-512",
        ),
        (
            &ec,
            pkcs8(&["-v2", "aes256", "-v2prf", "hmacWithSHA384", "-iter", "9"]),
            "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-384",
        ),
        (&ec, pkcs8(&["-v2", "aes256", "-v2prf", "hmacWithSHA224"]), "PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-224"),
        (&PKI.key, pkcs8(&["-v2", "des3"]), "PBES2 3DES-CBC, PBKDF2-HMAC-SHA-256"),
        (&PKI.key, [pkcs8(&["-v2", "des"]), LEGACY.to_vec()].concat(), "PBES2 PBKDF2, cipher 1.3.14.3.2.7"),
        (&PKI.key, pkcs8(&["-scrypt", "-scrypt_N", "256"]), "PBES2 scrypt, cipher 2.16.840.1.101.3.4.1.42"),
        (&PKI.key, vec!["rsa", "-traditional", "-aes128"], "AES-128-CBC in PEM headers"),
        (&PKI.key, vec!["rsa", "-traditional", "-aes192"], "AES-192-CBC in PEM headers"),
        (&PKI.key, vec!["rsa", "-traditional", "-aes256"], "AES-256-CBC in PEM headers"),
        (&PKI.key, vec!["rsa", "-traditional", "-des3"], "DES-EDE3-CBC in PEM headers"),
        (&PKI.key, [&["rsa", "-traditional", "-des"], &LEGACY[..]].concat(), "DES-CBC in PEM headers"),
        (&ec, vec!["ec", "-aes256"], "AES-256-CBC in PEM headers"),
    ];
    for scheme in ["PBE-SHA1-3DES", "PBE-SHA1-2DES", "PBE-SHA1-RC2-128", "PBE-SHA1-RC2-40"] {
        cases.push((&PKI.key, [pkcs8(&["-v1", scheme]), LEGACY.to_vec()].concat(), scheme));
    }
    for scheme in ["PBE-MD5-DES", "PBE-SHA1-DES", "PBE-MD5-RC2-64", "PBE-SHA1-RC2-64"] {
        cases.push((&ec, [pkcs8(&["-v1", scheme]), LEGACY.to_vec()].concat(), scheme));
    }
    for (key, command, encryption) in cases {
        for password in ["secret-1", HOSTILE] {
            let argument = format!("pass:{password}");
            let text =
                openssl.run_with(&[command.as_slice(), &["-passout", &argument]].concat(), pem_of(key).as_bytes());
            let block = only_block(&text);
            let read = from_block(&block, &passwords(&["not this one", password])).unwrap();
            assert_eq!(read.encryption.as_deref(), Some(encryption));
            same(&read.key, key);
            let wrong = from_block(&block, &passwords(&["secret-2", ""])).unwrap_err();
            assert_eq!(wrong, KeyFileError::WrongPassword { encryption: encryption.to_owned() });
            let none = from_block(&block, &[]).unwrap_err();
            assert_eq!(none, KeyFileError::PasswordNeeded { encryption: encryption.to_owned() });
            let mut cut = block.clone();
            cut.content.pop();
            let error = from_block(&cut, &passwords(&[password])).unwrap_err();
            assert!(matches!(error, KeyFileError::Damaged { .. }), "{encryption}: {error}");
        }
    }
}

#[test]
fn damage_behind_a_right_password_is_not_called_a_wrong_password() {
    let Some(openssl) = openssl() else { return };
    let text = openssl.run_with(&["rsa", "-traditional", "-aes256", "-passout", "pass:p"], pem_of(&PKI.key).as_bytes());
    let mut block = only_block(&text);
    // One flipped bit in CBC destroys its block and one bit of the next: here the modulus' header, not the outer one.
    block.content[20] ^= 1;
    let error = from_block(&block, &passwords(&["p"]));
    assert!(!matches!(error, Err(KeyFileError::WrongPassword { .. })), "{error:?}");
}

#[test]
fn absurd_work_is_refused_before_it_is_done() {
    let identifier =
        |oid: &str, parameters: &[&[u8]]| der::sequence(&[&der::oid(oid.parse().unwrap()), &der::sequence(parameters)]);
    let salt = der::tlv(OCTET_STRING, &[1; 8]);
    let number = |value: u64| der::unsigned(&value.to_be_bytes());
    let aes =
        der::sequence(&[&der::oid("2.16.840.1.101.3.4.1.42".parse().unwrap()), &der::tlv(OCTET_STRING, &[0; 16])]);
    let pbes2 = |kdf: &[u8], cipher: &[u8]| identifier("1.2.840.113549.1.5.13", &[kdf, cipher]);
    let pbkdf2 = |count| identifier("1.2.840.113549.1.5.12", &[&salt, &number(count)]);
    let scrypt = |n, r, p| identifier("1.3.6.1.4.1.11591.4.11", &[&salt, &number(n), &number(r), &number(p)]);
    let des = der::sequence(&[&der::oid("1.3.14.3.2.7".parse().unwrap()), &der::tlv(OCTET_STRING, &[0; 8])]);
    let pbes1 = |count| identifier("1.2.840.113549.1.5.10", &[&salt, &number(count)]);
    for (identifier, asked) in [
        (pbes2(&pbkdf2(10_000_001), &aes), "10000001 iterations; at most 10000000"),
        (pbes2(&pbkdf2(u64::MAX), &des), "18446744073709551615 iterations; at most 10000000"),
        (pbes2(&scrypt(1 << 22, 8, 1), &aes), "scrypt with N=4194304, r=8, p=1; at most 256 MiB"),
        (pbes2(&scrypt(1 << 14, 8, 1 << 20), &aes), "scrypt with N=16384, r=8, p=1048576; at most 256 MiB"),
        (pbes1(1 << 40), "1099511627776 iterations; at most 10000000"),
    ] {
        let file = der::sequence(&[&identifier, &der::tlv(OCTET_STRING, &[0; 16])]);
        let error = from_der(&file, &passwords(&["p"])).unwrap_err();
        assert!(matches!(error, KeyFileError::TooMuchWork { .. }), "{error}");
        assert!(error.to_string().contains(asked), "{error}");
    }
    // A salt longer than the library for scrypt can hold.
    let long = der::tlv(OCTET_STRING, &[1; 200]);
    let kdf = identifier("1.3.6.1.4.1.11591.4.11", &[&long, &number(16384), &number(8), &number(1)]);
    let file = der::sequence(&[&pbes2(&kdf, &aes), &der::tlv(OCTET_STRING, &[0; 16])]);
    assert!(matches!(from_der(&file, &passwords(&["p"])), Err(KeyFileError::Unsupported { .. })));
}

#[test]
fn attributes_are_kept_apart_from_the_key() {
    let oid = |text: &str| text.parse().unwrap();
    let attributes = [
        Attribute::new(oid("1.3.6.1.4.1.311.17.1"), vec![der::tlv(der::BMP_STRING, b"\0C\0S\0P")]),
        Attribute::new(oid("1.3.6.1.4.1.311.17.2"), vec![]),
    ];
    let der = with_attributes(&PKI.key, &attributes).unwrap();
    let mut read = from_der(&der, &[]).unwrap();
    read.attributes.sort_by_key(|attribute| attribute.oid().to_string());
    assert_eq!(read.attributes, attributes);
    assert_eq!(read.key.pkcs8_der(), PKI.key.pkcs8_der());
    let Some(openssl) = openssl() else { return };
    let text = openssl.run_with(&["pkey"], pem::encode("PRIVATE KEY", &der).as_bytes());
    same(&from_block(&only_block(&text), &[]).unwrap().key, &PKI.key);
}

#[test]
fn what_is_no_key_is_not_recognised_as_one() {
    for (der, form) in [
        (PKI.key.pkcs8_der().to_vec(), Some(KeyForm::Pkcs8)),
        (PKI.leaf.der().to_vec(), None),
        (crate::cert::pkcs7::certificates_only(&PKI.chain()), None),
        (Vec::new(), None),
        (vec![0x30, 0x80], None),
    ] {
        assert_eq!(recognise(&der), form);
    }
}

#[test]
fn no_truncation_of_a_key_panics_or_is_read() {
    let der = PKI.key.pkcs8_der();
    for length in 0..der.len() {
        assert!(from_der(&der[..length], &[]).is_err(), "{length}");
    }
}

proptest::proptest! {
    #[test]
    fn flipped_bits_never_panic(at in 0usize..2000, bit in 0u32..8) {
        let attribute = Attribute::new("1.2.3".parse().unwrap(), vec![vec![5, 0]]);
        let mut der = with_attributes(&PKI.key, &[attribute]).unwrap();
        let at = at % der.len();
        der[at] ^= 1 << bit;
        let _ = from_der(&der, &[]);
    }
}
