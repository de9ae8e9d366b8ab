//! Every format under every coat, refusals by their text, and damage. Orders of handing in: `tests/it/permutations.rs`.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::cert::bundle::{self, Attributes, MIN_ITERATIONS, Protection};
use crate::cert::certificate::Certificate;
use crate::cert::chain::Chain;
use crate::cert::credential::Credential;
use crate::cert::key_file::KeyForm;
use crate::cert::pfx::{self, Labels, PfxProfile, Settings};
use crate::cert::pkcs7;
use crate::cert::test_pki::{Draft, PKI, ec_key};

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn pem_of(certificates: &[Certificate]) -> String {
    certificates.iter().map(|one| pem::encode("CERTIFICATE", one.der()).to_string()).collect()
}

fn der_of(certificates: &[Certificate]) -> Vec<u8> {
    certificates.iter().flat_map(|one| one.der().to_vec()).collect()
}

fn utf16_le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn pfx() -> Vec<u8> {
    let chain = Chain::new(PKI.leaf.clone(), PKI.chain()[1..].to_vec());
    let credential = Credential::prove(chain, PKI.key.clone()).unwrap();
    let contents = pfx::Contents::of_credential(&credential, &Labels::default());
    let settings = Settings::of(PfxProfile::Legacy);
    pfx::seal(&contents, &password("p"), &settings, &mut |octets| octets.fill(7)).unwrap().to_vec()
}

fn encrypted_key() -> String {
    let password = password("k");
    let protection = Protection::Encrypted { password: &password, iterations: MIN_ITERATIONS };
    bundle::write_key(&PKI.key, &[], protection, &mut |octets| octets.fill(7)).unwrap().to_string()
}

fn csr() -> Vec<u8> {
    let mut draft = Draft::leaf("s2s.contoso.com");
    draft.0.is_ca = rcgen::IsCa::NoCa;
    draft.0.use_authority_key_identifier_extension = false;
    draft.0.serialize_request(&ec_key()).unwrap().der().to_vec()
}

/// One letter for each item.
fn summary(contents: &Contents) -> String {
    let letter = |item: &Item| match item.content {
        Content::Certificate(_) => 'c',
        Content::Key(_) => 'k',
        Content::Csr(_) => 'r',
        Content::Locked(_) => 'l',
        Content::PassedOver(_) => '-',
    };
    contents.items.iter().map(letter).collect()
}

#[test]
fn every_format_is_read_by_what_it_is() {
    let chain = PKI.chain();
    let p7b = pkcs7::certificates_only(&chain);
    let key = PKI.key.pkcs8_der();
    let base64 = STANDARD.encode(PKI.leaf.der());
    let lines: String =
        base64.as_bytes().chunks(76).map(|line| format!("{}\r\n", str::from_utf8(line).unwrap())).collect();
    let mixed = format!(
        "junk\r\n{}{}{}more junk\n{}",
        pem_of(&chain[..2]),
        *pem::encode("PRIVATE KEY", key),
        *pem::encode("PKCS7", &p7b),
        *pem::encode("NEW CERTIFICATE REQUEST", &csr())
    );
    let trusted = [chain[0].der(), &[0x30, 0x02, 0x05, 0x00]].concat();
    let spki = PKI.key.public_key().spki_der();
    use ContainerKind::{Base64, Certificate, Csr, Key, Other, Pem, Pfx, Pkcs7};
    let cases: Vec<(&str, Vec<u8>, ContainerKind, &str)> = vec![
        ("PEM chain", pem_of(&chain).into_bytes(), Pem, "cccc"),
        ("PEM in UTF-16 with mark", utf16_le(&format!("\u{feff}{}", pem_of(&chain))), Pem, "cccc"),
        ("PEM in UTF-16 without mark", utf16_le(&pem_of(&chain)), Pem, "cccc"),
        ("a mix with junk", mixed.into_bytes(), Pem, "cckccccr"),
        ("DER certificate", chain[0].der().to_vec(), Certificate, "c"),
        ("DER certificate with a line end", [chain[0].der(), b"\r\n"].concat(), Certificate, "c"),
        ("DER certificates in a row", der_of(&chain), Certificate, "cccc"),
        ("DER certificate and rubbish", [chain[0].der(), b"rubbish"].concat(), Certificate, "c-"),
        ("PKCS#7", p7b.clone(), Pkcs7, "cccc"),
        ("PKCS#7 under another label", pem::encode("CERTIFICATE", &p7b).as_bytes().to_vec(), Pem, "cccc"),
        ("PFX", pfx(), Pfx, "kcccc"),
        ("PFX by certutil -encode", pem::encode("CERTIFICATE", &pfx()).as_bytes().to_vec(), Pem, "kcccc"),
        ("base64", base64.clone().into_bytes(), Base64, "c"),
        ("base64 in lines", lines.into_bytes(), Base64, "c"),
        ("base64 of a PFX", STANDARD.encode(pfx()).into_bytes(), Base64, "kcccc"),
        ("DER key", key.to_vec(), Key, "k"),
        ("DER request", csr(), Csr, "r"),
        ("trusted certificate", pem::encode("TRUSTED CERTIFICATE", &trusted).as_bytes().to_vec(), Pem, "c"),
        ("public key", spki.to_vec(), Other, "-"),
        ("parameters", pem::encode("EC PARAMETERS", &[6, 1, 1]).as_bytes().to_vec(), Pem, "-"),
        ("unknown block", pem::encode("THING", &[6, 1, 1]).as_bytes().to_vec(), Pem, "-"),
    ];
    for (name, bytes, kind, items) in cases {
        let contents = read(&bytes, &[password("wrong"), password("p")]).unwrap();
        assert_eq!((contents.kind, summary(&contents).as_str()), (kind, items), "{name}");
        assert_eq!(contents.pfx.is_some(), name.contains("PFX"), "{name}");
    }
}

#[test]
fn places_are_named() {
    let text =
        format!("{}{}", pem_of(&PKI.chain()[..1]), *pem::encode("PKCS7", &pkcs7::certificates_only(&PKI.chain())));
    let contents = read(text.as_bytes(), &[]).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("BEGIN PKCS7")).unwrap();
    assert_eq!(contents.items[0].origin.to_string(), "block 1 (CERTIFICATE), line 1");
    assert_eq!(contents.items[2].origin.to_string(), format!("block 2 (PKCS7), line {line}, entry 2"));
    let contents = read(&der_of(&PKI.chain()), &[]).unwrap();
    assert_eq!(contents.items[1].origin.to_string(), "structure 2");
    assert_eq!(read(PKI.leaf.der(), &[]).unwrap().items[0].origin.to_string(), "the file");
}

#[test]
fn what_stays_locked_is_an_item_and_the_rest_is_read() {
    let text = format!("{}{}", encrypted_key(), pem_of(&PKI.chain()));
    let scheme = "the private key (PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256)";
    let cases = [
        (
            text.clone().into_bytes(),
            vec![],
            "lcccc",
            format!("{scheme} is protected by a password, and none was given"),
        ),
        (text.into_bytes(), vec!["x"], "lcccc", format!("{scheme} is not opened by the password that was given")),
        (pfx(), vec![], "l", "the PFX is protected by a password, and none was given".to_owned()),
        (pfx(), vec!["x", "y"], "l", "the PFX is not opened by any of the 2 passwords that were given".to_owned()),
    ];
    for (bytes, passwords, items, locked) in cases {
        let passwords: Vec<_> = passwords.into_iter().map(password).collect();
        let contents = read(&bytes, &passwords).unwrap();
        assert_eq!(summary(&contents), items);
        assert_eq!(contents.locked().map(Locked::to_string).collect::<Vec<_>>(), [locked]);
    }
    let contents = read(encrypted_key().as_bytes(), &[password("x"), password("k")]).unwrap();
    assert_eq!(contents.keys().map(|file| file.form).collect::<Vec<_>>(), [KeyForm::EncryptedPkcs8]);
}

#[test]
fn a_pfx_without_a_password_needs_none() {
    let contents = pfx::Contents::of_certificates(&PKI.chain());
    let settings = Settings::of(PfxProfile::Legacy);
    let bytes = pfx::seal(&contents, &password(""), &settings, &mut |octets| octets.fill(7)).unwrap();
    assert_eq!(summary(&read(&bytes, &[]).unwrap()), "cccc");
    assert_eq!(summary(&read(&bytes, &[password("x")]).unwrap()), "cccc");
}

#[test]
fn bag_attributes_of_a_pfx_stay_with_their_items() {
    let contents = read(&pfx(), &[password("p")]).unwrap();
    let chain = Chain::new(PKI.leaf.clone(), PKI.chain()[1..].to_vec());
    let credential = Credential::prove(chain, PKI.key.clone()).unwrap();
    let attributes = Attributes::of(&credential, &contents.items);
    let opened = contents.pfx.unwrap();
    let bag = opened.keys().next().unwrap();
    let all: std::collections::HashSet<_> =
        bag.attributes.iter().chain(&bag.key_attributes()).map(pfx::Attribute::oid).collect();
    assert_eq!(attributes.key.iter().map(pfx::Attribute::oid).collect::<std::collections::HashSet<_>>(), all);
    assert!(attributes.key.starts_with(&bag.attributes) && attributes.key.len() >= 4);
    assert_eq!(attributes.certificate(&PKI.leaf), opened.certificates().next().unwrap().attributes);
}

#[test]
fn what_is_not_read_is_refused_with_the_way_out() {
    let openssh = pem::encode("OPENSSH PRIVATE KEY", b"openssh-key-v1\0none");
    let leaf = PKI.leaf.der();
    let cut = format!("the file was cut off: its structure has {} octets, the file 100", leaf.len());
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "the file is empty"),
        (b"\xef\xbb\xbf \r\n\r\n".to_vec(), "the file is empty"),
        (b"\xff\xfe\r\x00\n\x00".to_vec(), "the file is empty"),
        (
            b"\xfe\xed\xfe\xed\0\0\0\x02".to_vec(),
            "this is a Java keystore (JKS): convert it with 'keytool -importkeystore",
        ),
        (b"\xce\xce\xce\xce\0\0\0\x02".to_vec(), "this is a Java keystore (JCEKS): convert it with 'keytool"),
        (b"\0\0\0\x02\0\0\0\x14salt".to_vec(), "this is a Bouncy Castle keystore (BKS): convert it with 'keytool"),
        (b"\x1e\xf1\xb5\xb0\0\0".to_vec(), "this is a Microsoft private key file (PVK): convert it with 'openssl rsa"),
        (b"PK\x03\x04zip".to_vec(), "this is a ZIP archive: unpack it"),
        (
            openssh.as_bytes().to_vec(),
            "this is an OpenSSH private key: convert a copy of it with 'ssh-keygen -p -m PEM",
        ),
        (b"PuTTY-User-Key-File-3: ssh-rsa\r\n".to_vec(), "this is a PuTTY private key: convert it with 'puttygen"),
        (b"\r\n<!DOCTYPE HTML><html>".to_vec(), "this is a web page: the download gave a login or error page"),
        (utf16_le("\u{feff}<HTML><body>"), "this is a web page"),
        (b"<?xml version='1.0'?><a/>".to_vec(), "this is an XML document: copy the text of its certificate element"),
        (b"ssh-rsa AAAAB3Nza user".to_vec(), "this is an SSH public key"),
        (
            b"dear colleague,".to_vec(),
            "this is a text without certificate, key or request: there is no line '-----BEGIN",
        ),
        (
            "\u{2013}\u{2013}BEGIN CERTIFICATE\u{2013}\u{2013}".into(),
            "this is a text without certificate, key or request: there is no line '-----BEGIN ...-----' with five hyphens",
        ),
        (
            b"> -----BEGIN CERTIFICATE-----\n> MIIB\n> -----END CERTIFICATE-----".to_vec(),
            "this is a text without certificate, key or request: a BEGIN line does not start its line",
        ),
        (leaf[..100].to_vec(), &cut),
        (
            b"\x01\x02\x03\x80\x81".to_vec(),
            "this is none of the formats that are read (PEM, DER, PKCS#7, PFX); it starts",
        ),
    ];
    for (bytes, message) in cases {
        let error = read(&bytes, &[]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}\n{message}");
    }
}

#[test]
fn a_zero_octet_in_the_junk_around_a_block_changes_nothing() {
    let plain = pem_of(&PKI.chain());
    let wanted = summary(&read(plain.as_bytes(), &[]).unwrap());
    for junk in ["\0", "\0\n", "Bag Attributes\0\n", "subject=CN\0=crm\n\0\0\0\n"] {
        for text in [
            format!("{junk}{plain}"),
            format!("{plain}{junk}"),
            plain.replace("\n-----BEGIN", &format!("\n{junk}-----BEGIN")),
        ] {
            assert_eq!(summary(&read(text.as_bytes(), &[]).unwrap()), wanted, "{junk:?}");
        }
    }
}

#[test]
fn a_file_of_zeros_alone_is_said_to_be_one() {
    let error = read(&[0; 512], &[]).unwrap_err();
    assert!(matches!(error, ContainerError::Zeros { size: 512 }), "{error}");
    for blank in [&b""[..], b" \n", b"\xef\xbb\xbf", b"\xff\xfe \0\n\0"] {
        assert!(matches!(read(blank, &[]), Err(ContainerError::Empty)), "{blank:?}");
    }
}

#[test]
fn a_damaged_item_fails_the_file_and_is_named() {
    use std::error::Error as _;
    let mut der = PKI.issuing.der().to_vec();
    der.truncate(300);
    let text = format!("{}{}", pem_of(&PKI.chain()[..1]), *pem::encode("CERTIFICATE", &der));
    let line = 1 + text.lines().count() - pem::encode("CERTIFICATE", &der).lines().count();
    let error = read(text.as_bytes(), &[]).unwrap_err();
    assert_eq!(error.to_string(), format!("block 2 (CERTIFICATE), line {line} cannot be read"));
    assert!(error.source().unwrap().to_string().starts_with("not an X.509 certificate: "));
    let error = read(format!("{}-----BEGIN CERT", pem_of(&PKI.chain())).as_bytes(), &[]).unwrap_err();
    assert!(matches!(error, ContainerError::Pem(PemError::Unclosed { .. })), "{error}");
}

proptest! {
    #[test]
    fn no_damage_panics(which in 0usize..6, at: usize, bit in 0u32..8, end: usize, any: Vec<u8>) {
        let files = [
            pem_of(&PKI.chain()).into_bytes(),
            der_of(&PKI.chain()),
            pkcs7::certificates_only(&PKI.chain()),
            pfx(),
            encrypted_key().into_bytes(),
            PKI.key.pkcs8_der().to_vec(),
        ];
        let passwords = [password("p"), password("k")];
        let mut bytes = files[which].clone();
        let place = at % bytes.len();
        bytes[place] ^= 1 << bit;
        let _ = read(&bytes, &passwords);
        let _ = read(&files[which][..end % bytes.len()], &passwords);
        let _ = read(&any, &passwords);
    }
}
