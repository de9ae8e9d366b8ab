//! Files that OpenSSL, NSS, Java, pyca/cryptography and GnuTLS wrote are read by us, and the vectors of RFC 9579.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s2scert::cert::Password;
use s2scert::cert::pfx::{Bag, Pfx, PfxError};
use serde::Deserialize;

use crate::oracles::{Oracle, python_missing, run_python, skip, source};

/// A file that `make_foreign.py` lists.
#[derive(Deserialize)]
struct Foreign {
    id: String,
    path: PathBuf,
    password: Option<String>,
    keys: Vec<String>,
    certificates: Vec<String>,
    labels: Labels,
}

/// What the attributes of the key must say, where the maker was told so.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Labels {
    name: Option<String>,
    csp: Option<String>,
    machine_keyset: bool,
    key_usage: Option<u8>,
}

#[test]
fn what_openssl_writes_is_read_equal() {
    assert_reads("openssl", Oracle::OpenSsl, 24);
}

#[test]
fn what_nss_writes_is_read_equal() {
    for file in assert_reads("nss", Oracle::Nss, 2) {
        assert!(file.was_ber, "NSS was expected to write indefinite lengths");
    }
}

#[test]
fn what_java_writes_is_read_equal() {
    assert_reads("java", Oracle::Java, 6);
}

#[test]
fn what_pyca_writes_is_read_equal() {
    assert_reads("pyca", Oracle::Pyca, 7);
}

#[test]
fn what_gnutls_writes_is_read_equal() {
    assert_reads("gnutls", Oracle::GnuTls, 6);
}

#[test]
fn the_vectors_of_pyca_are_read_as_pyca_reads_them() {
    assert_reads("vectors", Oracle::Pyca, 31);
}

/// Has a maker write its files and reads them.
fn assert_reads(maker: &str, program: Oracle, count: usize) -> Vec<Pfx> {
    if let Some(missing) = program.missing().or_else(python_missing) {
        skip(&missing);
        return Vec::new();
    }
    let folder = tempfile::tempdir().unwrap();
    run_python([source("make_foreign.py").as_os_str(), folder.path().as_os_str(), maker.as_ref()]);
    let list = std::fs::read(folder.path().join("files.json")).unwrap();
    let files: Vec<Foreign> = serde_json::from_slice(&list).unwrap();
    assert_eq!(files.len(), count);
    let (read, wrong): (Vec<_>, Vec<_>) = files.iter().map(compare).partition(Result::is_ok);
    let wrong: Vec<_> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    read.into_iter().filter_map(Result::ok).collect()
}

fn compare(file: &Foreign) -> Result<Pfx, String> {
    let octets = std::fs::read(&file.path).unwrap();
    let password = Password::new(file.password.clone().unwrap_or_default());
    let pfx = Pfx::open(&octets, &password).map_err(|e| format!("{}: {e}", file.id))?;
    let keys = sorted(pfx.keys().map(|bag| bag.key_pair().unwrap().unwrap().public_key().fingerprint().to_string()));
    let certificates = sorted(pfx.certificates().map(|bag| bag.certificate().unwrap().fingerprint().to_string()));
    if (&keys, &certificates) != (&sorted(file.keys.iter().cloned()), &sorted(file.certificates.iter().cloned())) {
        return Err(format!("{}: read keys {keys:?} and certificates {certificates:?}", file.id));
    }
    if let Some(key) = pfx.keys().next() {
        compare_labels(key, &file.labels).map_err(|what| format!("{}: {what}", file.id))?;
    }
    if pfx.mac.is_some() && file.id != "nss-default" {
        // A quick proof that the MAC is looked at. Not for 600,000 iterations in every encoding of the password.
        let error = Pfx::open(&octets, &Password::new("another".to_owned())).map(|_| ());
        if error != Err(PfxError::WrongPassword) {
            return Err(format!("{}: with another password {error:?}", file.id));
        }
    }
    Ok(pfx)
}

fn compare_labels(key: &Bag, labels: &Labels) -> Result<(), String> {
    let differs = |what: &str, seen: String| Err(format!("{what} is {seen}"));
    if labels.name.is_some() && key.friendly_name() != labels.name {
        return differs("the friendly name", format!("{:?}", key.friendly_name()));
    }
    if labels.csp.is_some() && key.provider_name() != labels.csp {
        return differs("the provider", format!("{:?}", key.provider_name()));
    }
    if labels.machine_keyset != key.is_machine_keyset() {
        return differs("the machine key set", key.is_machine_keyset().to_string());
    }
    if labels.key_usage.is_some() && key.key_usage() != labels.key_usage {
        return differs("the key usage", format!("{:?}", key.key_usage()));
    }
    Ok(())
}

fn sorted(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut values: Vec<_> = values.map(|value| value.to_lowercase()).collect();
    values.sort();
    values
}

/// RFC 9579 appendix A: PBMAC1 in PKCS#12. The password of all is `1234`.
const A1: &str = include_str!("../data/rfc9579/a1-sha256-sha256.b64");
const A2: &str = include_str!("../data/rfc9579/a2-sha256-sha512.b64");
const A3: &str = include_str!("../data/rfc9579/a3-sha512-sha512.b64");

/// SHA-256 of the public key and of the certificate in A.1, as the independent ASN.1 walk saw them.
const A1_KEY: &str = "8a94f942ed5b375195e87817b61c4e2bc04727e4c0d104807f38e46432496c40";
const A1_CERTIFICATE: &str = "4e31dc3d4448ecb30591fa2475fa1c9abefaa0429ba43c45b34aca2fecddb916";

fn vector(text: &str) -> Vec<u8> {
    STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn open(octets: &[u8]) -> Result<Pfx, PfxError> {
    Pfx::open(octets, &Password::new("1234".to_owned()))
}

#[test]
fn the_valid_vectors_of_rfc_9579_are_read() {
    for text in [A1, A2, A3] {
        let pfx = open(&vector(text)).unwrap();
        let key = pfx.keys().next().unwrap().key_pair().unwrap().unwrap();
        let certificate = pfx.certificates().next().unwrap().certificate().unwrap();
        assert_eq!(key.public_key().spki_der(), certificate.public_key().spki_der());
        assert_eq!(key.public_key().fingerprint().to_string().to_lowercase(), A1_KEY);
        assert_eq!(certificate.fingerprint().to_string().to_lowercase(), A1_CERTIFICATE);
        let wrong = Pfx::open(&vector(text), &Password::new("12345".to_owned())).map(|_| ());
        assert_eq!(wrong, Err(PfxError::WrongPassword));
    }
}

/// As the invalid vectors of RFC 9579 appendix A.4 to A.6: A.1 with another iteration count, another salt, and no key length.
#[test]
fn damaged_pbmac1_parameters_are_refused() {
    let valid = vector(A1);
    // PBKDF2-params of the MAC: OCTET STRING of 8 octets, INTEGER 2048, INTEGER 32, then the PRF.
    let salt = [0x6f, 0x47, 0x3c, 0x38, 0xb0, 0x2e, 0x31, 0x73];
    let at = valid.windows(8).rposition(|window| window == salt).unwrap();
    assert_eq!(valid[at + 8..at + 15], [0x02, 0x02, 0x08, 0x00, 0x02, 0x01, 0x20]);

    let mut iterations = valid.clone();
    iterations[at + 10..at + 12].copy_from_slice(&[0x0f, 0xff]);
    assert_eq!(open(&iterations).map(|_| ()), Err(PfxError::Altered));

    let mut other_salt = valid.clone();
    other_salt[at] ^= 1;
    assert_eq!(open(&other_salt).map(|_| ()), Err(PfxError::Altered));

    // The three octets of the key length go, and each enclosing length with them.
    let mut no_length = valid;
    no_length.drain(at + 12..at + 15);
    for enclosing in enclosing_lengths(&no_length, at) {
        no_length[enclosing] -= 3;
    }
    let low = u16::from_be_bytes([no_length[2], no_length[3]]) - 3;
    no_length[2..4].copy_from_slice(&low.to_be_bytes());
    let error = open(&no_length).map(|_| ()).unwrap_err();
    assert!(matches!(error, PfxError::Damaged { .. } | PfxError::Unsupported { .. }), "{error:?}");
}

/// Where the short lengths of the SEQUENCEs around the PBKDF2 parameters stand: from the salt outwards each is one octet
/// after its tag, at distances that the structure of RFC 8018 appendix A fixes.
fn enclosing_lengths(octets: &[u8], salt: usize) -> Vec<usize> {
    // OCTET STRING header 2; PBKDF2-params 2; OID PBKDF2 11, AlgorithmIdentifier 2, PBMAC1-params 2; OID PBMAC1 11,
    // AlgorithmIdentifier 2, DigestInfo 2, MacData 2.
    let starts = [4, 4 + 11 + 2, 4 + 11 + 4, 4 + 11 + 4 + 11 + 2, 4 + 11 + 4 + 11 + 4, 4 + 11 + 4 + 11 + 6];
    let tags: Vec<_> = starts.iter().map(|distance| salt - distance).collect();
    assert!(tags.iter().all(|tag| octets[*tag] == 0x30), "the vector has another shape");
    tags.into_iter().map(|tag| tag + 1).collect()
}
