//! What is written is read back, by us and by the openssl program.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "a test hands files to the program that judges them")]

use super::*;
use crate::cert::chain::Chain;
use crate::cert::container::{self, ContainerKind};
use crate::cert::test_pki::{Draft, PKI, ec_key};
use crate::cert::test_tools::openssl;

const PASSWORD: &str = "Zoë-密碼 \"quoted\"";

fn password() -> Password {
    Password::new(PASSWORD.to_owned())
}

fn credential() -> Credential {
    let chain = Chain::new(PKI.leaf.clone(), PKI.chain()[1..].to_vec());
    Credential::prove(chain, PKI.key.clone()).unwrap()
}

fn attributes() -> Attributes {
    Attributes {
        key: vec![
            Attribute::friendly_name("{4F1B6A1E-0000}"),
            Attribute::local_key_id(&[1, 0, 0, 0]),
            Attribute::provider_name("Microsoft Enhanced RSA and AES Cryptographic Provider"),
            Attribute::machine_keyset(),
            Attribute::key_usage(0x10),
            Attribute::new("1.2.3.4".parse().unwrap(), vec![vec![5, 0]]),
        ],
        certificates: vec![
            (PKI.leaf.thumbprint(), vec![Attribute::friendly_name("CRM S2S"), Attribute::local_key_id(&[1, 0, 0, 0])]),
            (PKI.root.thumbprint(), vec![Attribute::new("1.2.3.5".parse().unwrap(), vec![vec![5, 0]])]),
        ],
    }
}

fn count_up() -> impl FnMut(&mut [u8]) {
    let mut next = 0u8;
    move |octets: &mut [u8]| {
        for octet in octets {
            *octet = next;
            next = next.wrapping_add(1);
        }
    }
}

fn encrypted(password: &Password) -> Protection<'_> {
    Protection::Encrypted { password, iterations: MIN_ITERATIONS }
}

fn sorted(mut attributes: Vec<Attribute>) -> Vec<Attribute> {
    attributes.sort_by_key(|attribute| attribute.oid().to_string());
    attributes
}

#[test]
fn key_chain_and_every_attribute_are_read_back() {
    let password = password();
    for protection in [encrypted(&password), Protection::Clear] {
        let text = write(&credential(), &attributes(), protection, &mut count_up()).unwrap();
        let contents = container::read(text.as_bytes(), std::slice::from_ref(&password)).unwrap();
        assert_eq!(contents.kind, ContainerKind::Pem);
        assert_eq!(contents.certificates().cloned().collect::<Vec<_>>(), PKI.chain());
        assert_eq!(contents.keys().map(|file| file.key.pkcs8_der()).collect::<Vec<_>>(), [PKI.key.pkcs8_der()]);
        let read = Attributes::of(&credential(), &contents.items);
        // Inside the key they are a set, in the order of DER.
        assert_eq!(sorted(read.key), sorted(attributes().key));
        assert_eq!(read.certificates, attributes().certificates);
    }
}

#[test]
fn the_clear_key_is_written_only_when_asked_for_and_attributes_lie_inside_the_encryption() {
    let password = password();
    let text = write(&credential(), &attributes(), encrypted(&password), &mut count_up()).unwrap();
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert!(!text.contains("4F1B6A1E"));
    let clear = write(&credential(), &attributes(), Protection::Clear, &mut count_up()).unwrap();
    assert!(clear.starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

#[test]
fn salt_and_initialisation_vector_come_from_the_caller() {
    let password = password();
    let one = write_key(&PKI.key, &[], encrypted(&password), &mut count_up()).unwrap();
    assert_eq!(one, write_key(&PKI.key, &[], encrypted(&password), &mut count_up()).unwrap());
    let other = write_key(&PKI.key, &[], encrypted(&password), &mut |octets| octets.fill(7)).unwrap();
    assert_ne!(one, other);
}

#[test]
fn an_empty_password_and_absurd_iterations_are_refused() {
    let (empty, password) = (Password::new(String::new()), password());
    let error = write_key(&PKI.key, &[], encrypted(&empty), &mut count_up()).unwrap_err();
    assert_eq!(error, BundleError::EmptyPassword);
    for iterations in [0, 1, MIN_ITERATIONS - 1, MAX_ITERATIONS + 1] {
        let protection = Protection::Encrypted { password: &password, iterations };
        let error = write_key(&PKI.key, &[], protection, &mut count_up()).unwrap_err();
        assert_eq!(error, BundleError::Iterations { iterations });
    }
}

#[test]
fn openssl_reads_the_bundle() {
    let Some(openssl) = openssl() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let password = password();
    let protection = Protection::Encrypted { password: &password, iterations: DEFAULT_ITERATIONS };
    let text = write(&credential(), &attributes(), protection, &mut count_up()).unwrap();
    std::fs::write(path("s2s.pem"), text.as_bytes()).unwrap();
    let pass = format!("pass:{PASSWORD}");
    let key = openssl.run(&["pkey", "-in", &path("s2s.pem"), "-passin", &pass, "-pubout", "-outform", "DER"]);
    assert_eq!(key, PKI.key.public_key().spki_der());
    let wrong = openssl.output(&["pkey", "-in", &path("s2s.pem"), "-passin", "pass:other"], b"");
    assert!(!wrong.status.success());
    let leaf = openssl.run(&["x509", "-in", &path("s2s.pem"), "-outform", "DER"]);
    assert_eq!(leaf, PKI.leaf.der());
    // And on to a PFX, which is read back.
    let out = path("s2s.pfx");
    let export = ["pkcs12", "-export", "-in", &path("s2s.pem"), "-passin", &pass, "-passout", &pass, "-out", &out];
    openssl.run(&export);
    let contents = container::read(&std::fs::read(&out).unwrap(), &[password]).unwrap();
    assert_eq!(contents.certificates().cloned().collect::<Vec<_>>(), PKI.chain());
    assert_eq!(contents.keys().next().unwrap().key.public_key(), PKI.key.public_key());
    assert!(contents.pfx.is_some());
}

#[test]
fn what_openssl_prints_of_a_pfx_keeps_its_attributes() {
    let Some(openssl) = openssl() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let text = write(&credential(), &Attributes::default(), Protection::Clear, &mut count_up()).unwrap();
    std::fs::write(path("in.pem"), text.as_bytes()).unwrap();
    let csp = "Microsoft Enhanced RSA and AES Cryptographic Provider";
    let (input, out) = (path("in.pem"), path("out.pfx"));
    let head = ["pkcs12", "-export", "-in", &input, "-name", "CRM S2S", "-CSP", csp, "-LMK", "-keyex"];
    openssl.run(&[&head[..], &["-passout", "pass:p", "-out", &out]].concat());
    let printed = openssl.run(&["pkcs12", "-in", &out, "-passin", "pass:p", "-nodes"]);
    let from_pfx = container::read(&std::fs::read(&out).unwrap(), &[Password::new("p".to_owned())]).unwrap();
    let from_text = container::read(&printed, &[]).unwrap();
    let of = |contents: &container::Contents| Attributes::of(&credential(), &contents.items);
    assert_eq!(sorted(of(&from_text).key), sorted(of(&from_pfx).key));
    assert_eq!(of(&from_text).certificates, of(&from_pfx).certificates);
    assert_eq!(of(&from_text).key.len(), 5);
}

#[test]
fn a_name_cannot_smuggle_in_a_block() {
    let evil = "x\n-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----";
    let certificate = Draft::leaf(evil).self_signed(&ec_key());
    let name = Attribute::friendly_name(evil);
    let attributes = Attributes { key: vec![], certificates: vec![(certificate.thumbprint(), vec![name.clone()])] };
    let text = write_certificates(std::slice::from_ref(&certificate), &attributes);
    let contents = container::read(text.as_bytes(), &[]).unwrap();
    assert_eq!(contents.items.len(), 1);
    assert_eq!(contents.certificates().next(), Some(&certificate));
    assert_eq!(contents.items[0].attributes, [name]);
}
