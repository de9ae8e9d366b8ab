//! Files that OpenSSL writes, opened by our reader, get the findings that they deserve.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::draft::{Draft, Key};
use crate::cert::pfx::{Outline, Pfx, Target};
use crate::cert::{Password, test_tools};
use crate::policy::Severity;
use crate::policy::lint::{Subject, lint};

const PASSWORD: &str = "a password of OpenSSL";
const MODERN: &[&str] = &["pfx-aes-for-old-target", "pfx-sha2-mac-for-old-target"];
const BARE_KEY: &[&str] = &["pfx-provider-missing", "pfx-machine-keyset-missing"];
const TYPE_24: &str = "Microsoft Enhanced RSA and AES Cryptographic Provider";

#[expect(clippy::disallowed_methods, reason = "the files of the other program")]
fn write_pem(path: &Path, label: &str, der: &[u8]) {
    let text = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der));
    std::fs::write(path, text).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the files of the other program")]
fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

/// Returns the ids of warnings and errors, each once, for Server 2016.
fn heavy(subject: &Subject<'_>) -> Vec<String> {
    let findings = lint(subject, Some(Target::Server2016), "2026-01-31T12:00:00Z".parse().unwrap());
    let heavy = findings.into_iter().filter(|finding| finding.severity > Severity::Info);
    let mut ids: Vec<String> = heavy.map(|finding| finding.id.into_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

fn sorted(lists: &[&[&str]]) -> Vec<String> {
    let mut all: Vec<String> = lists.concat().into_iter().map(str::to_owned).collect();
    all.sort();
    all
}

#[test]
fn files_of_openssl_get_the_findings_that_they_deserve() {
    let Some(openssl) = test_tools::openssl() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    write_pem(path("key").as_ref(), "PRIVATE KEY", Key::Leaf.pair().pkcs8_der());
    write_pem(path("leaf").as_ref(), "CERTIFICATE", Draft::leaf().make().der());
    write_pem(path("issuing").as_ref(), "CERTIFICATE", Draft::issuing().make().der());

    let old = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "SHA1"];
    let steered = ["-CSP", TYPE_24, "-LMK", "-keyex"];
    let cng = ["-CSP", "Microsoft Software Key Storage Provider", "-LMK", "-keysig"];
    for (arguments, expected) in [
        (vec![], sorted(&[MODERN, BARE_KEY])),
        (steered.to_vec(), sorted(&[MODERN])),
        (old.to_vec(), sorted(&[BARE_KEY])),
        ([&old[..], &["-iter", "10", "-name", "S2S"]].concat(), sorted(&[BARE_KEY, &["pfx-iterations-low"]])),
        ([&old[..], &steered[..]].concat(), Vec::new()),
        ([&old[..], &steered[..], &["-nomac"]].concat(), sorted(&[&["pfx-mac-missing"]])),
        ([&old[..], &cng[..]].concat(), sorted(&[&["pfx-provider-cng", "pfx-key-usage-signature"]])),
        (vec!["-legacy"], sorted(&[BARE_KEY, &["pfx-rc2-certificates"]])),
        (vec!["-keypbe", "NONE", "-certpbe", "NONE", "-macalg", "SHA1"], sorted(&[BARE_KEY, &["pfx-key-in-clear"]])),
    ] {
        let (key, leaf, issuing, out) = (path("key"), path("leaf"), path("issuing"), path("out"));
        let pass = format!("pass:{PASSWORD}");
        let fixed =
            ["pkcs12", "-export", "-inkey", &key, "-in", &leaf, "-certfile", &issuing, "-passout", &pass, "-out", &out];
        openssl.run(&[&fixed[..], &arguments].concat());

        let file = read(out.as_ref());
        let password = Password::new(PASSWORD.to_owned());
        let pfx = Pfx::open(&file, &password).unwrap();
        let opened = heavy(&Subject::Pfx { pfx: &pfx, size: file.len(), password: Some(&password) });
        assert_eq!(opened, expected, "openssl pkcs12 -export {arguments:?}");

        // What needs no password is found without it too, but for the key usage inside the key.
        let outline = Outline::read(&file).unwrap();
        let locked = heavy(&Subject::LockedPfx { outline: &outline, size: file.len() });
        let outside: Vec<String> = expected.into_iter().filter(|id| id != "pfx-key-usage-signature").collect();
        assert_eq!(locked, outside, "without the password: {arguments:?}");
    }
}
