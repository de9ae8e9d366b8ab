//! The acts on a store, over a machine in memory: each with a failure at every call of a port.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair as RcKey, PKCS_RSA_SHA256};

use super::*;
use crate::cert::pfx::DEFAULT_PROVIDER;
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::cert::{Certificate, Chain, Credential, KeyPair, pem};
use crate::error::ExitCode;
use crate::fake_host::{FakeHost, Outcome};
use crate::farm::access::{AccessState, Principal, well_known};
use crate::farm::store::{KeyState, TlsBinding};
use crate::farm::{KeyLocation, KeyPlace, KeySpec};
use crate::ports::StoredCertificate;

const PLACE: StorePlace = StorePlace::LocalMachine;
const NONCE: &[u8] = b"0123456789abcdef";

struct Pki {
    root: Certificate,
    issuing: Certificate,
    leaf: Certificate,
    /// Another certificate of the leaf's subject, and one that differs in letter case only.
    same: Certificate,
    similar: Certificate,
    key: KeyPair,
    other_key: KeyPair,
}

static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let read = |octets: &[u8]| KeyPair::from_pkcs8_der(&pem::scan(octets).unwrap()[0].content).unwrap();
    let key = read(include_bytes!("../../../tests/data/keys/leaf.pem"));
    let other_key = read(include_bytes!("../../../tests/data/keys/other.pem"));
    let rc = |key: &KeyPair| {
        RcKey::from_pkcs8_der_and_sign_algo(&key.pkcs8_der().as_slice().into(), &PKCS_RSA_SHA256).unwrap()
    };
    let params = |name: &str, ca: bool| {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = if ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
        params
    };
    let (root_key, issuing_key) = (RcKey::generate().unwrap(), RcKey::generate().unwrap());
    let (root, issuing) = (params("Contoso Root CA", true), params("Contoso Issuing CA", true));
    let parsed = |certificate: rcgen::Certificate| Certificate::from_der(certificate.der()).unwrap();
    let by = |params: &CertificateParams, key: &RcKey, issuer: &CertificateParams, issuer_key: &RcKey| {
        parsed(params.signed_by(key, &Issuer::from_params(issuer, issuer_key)).unwrap())
    };
    let leaf = |name: &str, key: &KeyPair| by(&params(name, false), &rc(key), &issuing, &issuing_key);
    Pki {
        root: parsed(root.self_signed(&root_key).unwrap()),
        issuing: by(&issuing, &issuing_key, &root, &root_key),
        leaf: leaf("crm.contoso.com", &key),
        same: leaf("crm.contoso.com", &other_key),
        similar: leaf("CRM.contoso.com", &other_key),
        key,
        other_key,
    }
});

fn credential() -> Credential {
    let chain = Chain::new(PKI.leaf.clone(), vec![PKI.issuing.clone(), PKI.root.clone()]);
    Credential::prove(chain, PKI.key.clone()).unwrap()
}

fn machine() -> FakeHost {
    FakeHost::new("2026-11-25T00:00:00Z".parse().unwrap(), 7).with_bindings(Vec::new())
}

fn service() -> Vec<Principal> {
    vec![Principal::Sid(well_known::NETWORK_SERVICE.sid())]
}

fn order<'a>(credential: &'a Credential, readers: &'a [Principal]) -> InstallOrder<'a> {
    InstallOrder {
        place: &PLACE,
        credential,
        readers,
        friendly_name: None,
        default_name: Some("S2S 2026"),
        provider: DEFAULT_PROVIDER,
        exportable: false,
        trust_root: false,
        allow_same_subject: false,
        repair: false,
        nonce: NONCE,
        purpose: PURPOSE,
    }
}

fn location(container: &str) -> KeyLocation {
    KeyLocation {
        provider: DEFAULT_PROVIDER.to_owned(),
        provider_type: 24,
        container: container.to_owned(),
        key_spec: KeySpec::Exchange,
        machine: true,
    }
}

fn stored(certificate: &Certificate, key: Option<KeyLocation>) -> StoredCertificate {
    StoredCertificate { der: certificate.der().to_vec(), friendly_name: None, key: key.map(KeyPlace::Key) }
}

fn prints(fake: &FakeHost, store: StoreName) -> Vec<String> {
    let report = list(&fake.host(), &PLACE, &[store]).unwrap();
    report.entries.into_iter().map(|entry| entry.thumbprint).collect()
}

#[test]
fn an_installation_puts_each_certificate_in_its_store_and_proves_the_key_and_the_second_run_writes_nothing() {
    let (fake, credential, readers) = (machine(), credential(), service());
    let report = install(&fake.host(), &order(&credential, &readers)).unwrap();
    assert!(report.changed && report.installed);
    assert_eq!(report.exit_code(), ExitCode::Ok);
    assert_eq!(prints(&fake, StoreName::My), [PKI.leaf.thumbprint().to_string()]);
    assert_eq!(prints(&fake, StoreName::Ca), [PKI.issuing.thumbprint().to_string()]);
    assert_eq!(prints(&fake, StoreName::Root), Vec::<String>::new());
    let entry = report.entry.unwrap();
    let key = entry.key.unwrap();
    let KeyPlace::Key(found) = &key.place else { panic!("a container is wanted") };
    assert_eq!((found.provider_type, found.key_spec, found.machine), (24, KeySpec::Exchange, true));
    assert_eq!((key.state, key.exportable), (KeyState::Matches, Some(false)));
    assert_eq!(entry.friendly_name.as_deref(), Some("S2S 2026"));
    // The access was there before the key: nothing had to be written afterwards.
    assert_eq!((fake.access_written(), report.access.unwrap().holdings.len()), (0, 3));
    let proof = report.proof.unwrap();
    assert_eq!((proof.node.as_str(), proof.purpose.as_str()), ("crm01", "install"));
    let text = proof_text(&proof.nonce, &proof.node, &proof.purpose, &entry.thumbprint);
    let signature = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &proof.signature).unwrap();
    let verify =
        |text: &[u8]| SignatureAlgorithm::RsaPkcs1(Hash::Sha256).verify(&PKI.leaf.public_key(), text, &signature);
    assert_eq!(verify(&text), Ok(()));
    assert!(verify(&proof_text(&proof.nonce, "crm02", &proof.purpose, &entry.thumbprint)).is_err());

    let before = fake.stores_text();
    let second = install(&fake.host(), &order(&credential, &readers)).unwrap();
    assert_eq!((second.changed, second.installed, second.exit_code()), (false, true, ExitCode::Ok));
    assert_eq!(fake.stores_text(), before);
}

#[test]
fn a_root_is_trusted_only_where_that_is_asked_for() {
    let (fake, credential) = (machine(), credential());
    let first = install(&fake.host(), &order(&credential, &[])).unwrap();
    assert_eq!(first.chain.iter().filter(|one| one.store.is_none()).count(), 1);
    let trusting = InstallOrder { trust_root: true, ..order(&credential, &[]) };
    assert!(install(&fake.host(), &trusting).unwrap().changed);
    assert_eq!(prints(&fake, StoreName::Root), [PKI.root.thumbprint().to_string()]);
    assert!(!install(&fake.host(), &trusting).unwrap().changed);
}

#[test]
fn another_certificate_of_the_subject_is_refused_with_both_thumbprints_also_where_it_is_uncertain() {
    let credential = credential();
    for other in [&PKI.same, &PKI.similar] {
        let fake = machine().with_certificate(StoreName::My, stored(other, None));
        let before = fake.stores_text();
        let error = install(&fake.host(), &order(&credential, &[])).unwrap_err();
        assert_eq!(error.kind(), Kind::Refused);
        let report = error.report();
        for print in [other.thumbprint(), PKI.leaf.thumbprint()] {
            assert!(report.contains(&print.to_string()), "{report}");
        }
        assert_eq!(fake.stores_text(), before);
        let allowed = InstallOrder { allow_same_subject: true, ..order(&credential, &[]) };
        assert!(install(&fake.host(), &allowed).unwrap().installed);
        let shown = show(&fake.host(), &PLACE, StoreName::My, &PKI.leaf.thumbprint().to_string()).unwrap();
        assert_eq!(shown.same_subject, [other.thumbprint().to_string()]);
        assert_eq!(shown.exit_code(), ExitCode::Finding);
    }
}

/// Machines on which the certificate stands with a key that the product cannot use, and a word of the reason.
fn wrong_machines() -> Vec<(FakeHost, &'static str)> {
    let with = |location: KeyLocation, key: &KeyPair| {
        machine()
            .with_certificate(StoreName::My, stored(&PKI.leaf, Some(location.clone())))
            .with_container(&location, key)
    };
    let changed = |change: fn(&mut KeyLocation)| {
        let mut location = location("old");
        change(&mut location);
        location
    };
    vec![
        (with(changed(|one| one.provider_type = 0), &PKI.key), "CNG"),
        (with(changed(|one| one.provider_type = 12), &PKI.key), "type 12"),
        (with(changed(|one| one.key_spec = KeySpec::Signature), &PKI.key), "KeySpec"),
        (with(changed(|one| one.machine = false), &PKI.key), "one user"),
        (with(location("old"), &PKI.other_key), "another certificate"),
        (machine().with_certificate(StoreName::My, stored(&PKI.leaf, Some(location("old")))), "does not exist"),
    ]
}

#[test]
fn a_wrong_key_of_a_certificate_that_is_there_is_refused_with_the_repair_and_repaired() {
    let (credential, readers) = (credential(), service());
    for (fake, word) in wrong_machines() {
        let before = fake.stores_text();
        let error = install(&fake.host(), &order(&credential, &readers)).unwrap_err();
        let report = error.report();
        assert!(report.contains(word) && report.contains("--repair"), "{report}");
        assert_eq!((error.kind(), fake.stores_text()), (Kind::Refused, before));
        let repair = InstallOrder { repair: true, ..order(&credential, &readers) };
        let repaired = install(&fake.host(), &repair).unwrap();
        assert!(repaired.changed && repaired.proof.unwrap().verified, "{word}");
        let still_there = word != "does not exist";
        assert_eq!(repaired.former_key, still_there.then(|| repaired.former_key.clone().unwrap()), "{word}");
        assert_eq!(orphans(&fake.host(), &PLACE).unwrap().keys.len(), usize::from(still_there), "{word}");
        assert!(!install(&fake.host(), &repair).unwrap().changed);
    }
}

#[test]
fn a_certificate_without_a_key_gets_it() {
    let credential = credential();
    let fake = machine().with_certificate(StoreName::My, stored(&PKI.leaf, None));
    let shown = show(&fake.host(), &PLACE, StoreName::My, &PKI.leaf.thumbprint().to_string()).unwrap();
    assert_eq!(shown.findings[0].id, "store-no-key");
    let named = InstallOrder { friendly_name: Some("CRM"), ..order(&credential, &[]) };
    let report = install(&fake.host(), &named).unwrap();
    assert_eq!(report.entry.unwrap().friendly_name.as_deref(), Some("CRM"));
}

#[test]
fn a_provider_with_which_the_product_cannot_sign_is_refused() {
    let (fake, credential) = (machine(), credential());
    for provider in ["Microsoft Software Key Storage Provider", "Microsoft RSA SChannel Cryptographic Provider"] {
        let error = install(&fake.host(), &InstallOrder { provider, ..order(&credential, &[]) }).unwrap_err();
        assert_eq!(error.kind(), Kind::Refused, "{provider}");
    }
    assert_eq!(fake.stores_text(), "");
}

/// After a failure at each call, before or after its work, everything is as before; and without one, it is not.
fn withstands(make: impl Fn() -> FakeHost, act: impl Fn(&FakeHost) -> Result<bool>) {
    withstands_but(make, act, &[]);
}

/// As [`withstands`]; a failure of these calls is part of the answer.
fn withstands_but(make: impl Fn() -> FakeHost, act: impl Fn(&FakeHost) -> Result<bool>, told: &[&str]) {
    let counted = make();
    counted.failing_call(usize::MAX, Outcome::NotDone);
    assert!(act(&counted).unwrap());
    let calls = counted.calls();
    assert!(calls.len() > 4);
    let mut failures = 0;
    for (number, name) in calls.iter().enumerate() {
        for outcome in [Outcome::NotDone, Outcome::Done] {
            let fake = make();
            let before = fake.stores_text();
            fake.failing_call(number, outcome);
            match act(&fake) {
                // What is only told, and can be missing, does not fail the act.
                Ok(_) => {
                    let told = ["read", "key_file"].contains(name) || told.contains(name);
                    assert!(told, "call {number}, {name}, {outcome:?} passed");
                }
                Err(error) => {
                    failures += 1;
                    assert_eq!(fake.stores_text(), before, "call {number}, {name}, {outcome:?}: {}", error.report());
                    assert!(!error.report().contains("left behind"), "{}", error.report());
                }
            }
        }
    }
    assert!(failures > calls.len(), "{failures} failures over {} calls", calls.len());
}

#[test]
fn after_any_failed_call_nothing_of_an_installation_is_left() {
    let (credential, readers) = (credential(), service());
    let fresh = InstallOrder { trust_root: true, ..order(&credential, &readers) };
    withstands(machine, |fake| Ok(install(&fake.host(), &fresh)?.changed));
    let repair = InstallOrder { repair: true, friendly_name: Some("CRM"), ..fresh };
    for index in 0..wrong_machines().len() {
        // A key that cannot be opened is as wrong as one that is of no use.
        let make = || wrong_machines().swap_remove(index).0;
        withstands_but(make, |fake| Ok(install(&fake.host(), &repair)?.changed), &["open_key"]);
    }
    let sound = || {
        machine()
            .with_certificate(StoreName::My, stored(&PKI.leaf, Some(location("old"))))
            .with_container(&location("old"), &PKI.key)
    };
    withstands(sound, |fake| Ok(install(&fake.host(), &fresh)?.changed));
}

#[test]
fn what_could_not_be_taken_back_is_told() {
    let credential = credential();
    let fake = machine();
    fake.failing_call(usize::MAX, Outcome::NotDone);
    install(&fake.host(), &order(&credential, &[])).unwrap();
    let sign = fake.calls().iter().position(|name| *name == "sign").unwrap();
    let fake = machine();
    fake.failing_from(sign);
    let report = install(&fake.host(), &order(&credential, &[])).unwrap_err().report();
    assert!(report.contains("left behind") && report.contains("container s2scert-"), "{report}");
}

fn removal(print: &str) -> RemoveOrder<'_> {
    RemoveOrder { place: &PLACE, store: StoreName::My, thumbprint: print, with_key: false, even_if_used: false }
}

#[test]
fn a_certificate_is_removed_and_its_key_only_where_that_is_asked_for() {
    let credential = credential();
    let print = PKI.leaf.thumbprint().to_string();
    let fake = machine();
    install(&fake.host(), &order(&credential, &[])).unwrap();
    let removed = remove(&fake.host(), &removal(&print)).unwrap();
    assert_eq!((removed.changed, removed.removed, removed.key_deleted), (true, true, false));
    let left = orphans(&fake.host(), &PLACE).unwrap();
    assert_eq!((left.keys.len(), left.certificates.len()), (1, 0));
    assert!(!remove(&fake.host(), &removal(&print)).unwrap().changed);
    install(&fake.host(), &order(&credential, &[])).unwrap();
    let removed = remove(&fake.host(), &RemoveOrder { with_key: true, ..removal(&print) }).unwrap();
    assert_eq!((removed.removed, removed.key_deleted), (true, true));
    assert_eq!(orphans(&fake.host(), &PLACE).unwrap().keys.len(), 1);
}

#[test]
fn what_is_used_is_not_removed_unless_that_is_asked_for() {
    let print = PKI.leaf.thumbprint().to_string();
    let sound = |fake: FakeHost| {
        fake.with_certificate(StoreName::My, stored(&PKI.leaf, Some(location("old"))))
            .with_container(&location("old"), &PKI.key)
    };
    let binding = TlsBinding { endpoint: "0.0.0.0:443".to_owned(), thumbprint: print.clone(), store: "My".to_owned() };
    let unseen = FakeHost::new("2026-11-25T00:00:00Z".parse().unwrap(), 7);
    let cases = [
        (sound(machine().with_bindings(vec![binding])), "a TLS binding"),
        (
            sound(machine()).with_certificate(StoreName::Ca, stored(&PKI.same, Some(location("old")))),
            "another certificate names the same key",
        ),
        (sound(unseen), "could not be seen"),
    ];
    for (fake, word) in cases {
        let before = fake.stores_text();
        let error = remove(&fake.host(), &RemoveOrder { with_key: true, ..removal(&print) }).unwrap_err();
        assert!(error.kind() == Kind::Refused && error.report().contains(word), "{}", error.report());
        assert_eq!(fake.stores_text(), before);
        let order = RemoveOrder { with_key: true, even_if_used: true, ..removal(&print) };
        assert!(remove(&fake.host(), &order).unwrap().key_deleted);
    }
}

#[test]
fn after_any_failed_call_of_a_removal_everything_is_as_before() {
    let print = PKI.leaf.thumbprint().to_string();
    let make = || {
        let access = AccessState::Windows("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)".parse().unwrap());
        machine()
            .with_certificate(StoreName::My, stored(&PKI.leaf, Some(location("old"))))
            .with_container(&location("old"), &PKI.key)
            .with_access("old", access)
    };
    let order = RemoveOrder { even_if_used: true, ..removal(&print) };
    let act = |fake: &FakeHost| match remove(&fake.host(), &order) {
        Ok(report) => Ok(report.removed),
        Err(error) => Err(error),
    };
    withstands_but(make, act, &["tls_bindings", "open_key"]);
}

#[test]
fn orphans_of_both_sorts_are_told_and_what_windows_makes_for_itself_is_named() {
    let fake = machine()
        .with_certificate(StoreName::My, stored(&PKI.leaf, Some(location("gone"))))
        .with_container(&location("left"), &PKI.key)
        .with_container(&location("iisWasKey"), &PKI.other_key);
    let report = orphans(&fake.host(), &PLACE).unwrap();
    assert_eq!(report.certificates[0].thumbprint, PKI.leaf.thumbprint().to_string());
    let keys: Vec<_> =
        report.keys.iter().map(|one| (one.place.text(), one.belongs_to.is_some(), one.fits.len())).collect();
    assert_eq!(keys, [("container iisWasKey".to_owned(), true, 0), ("container left".to_owned(), false, 1)]);
}

#[test]
fn a_thumbprint_is_understood_with_separators_and_in_either_case() {
    let fake = machine().with_certificate(StoreName::My, stored(&PKI.leaf, None));
    let print = PKI.leaf.thumbprint().to_string();
    let pairs: Vec<String> = print.as_bytes().chunks(2).map(|two| String::from_utf8_lossy(two).into_owned()).collect();
    for text in [print.to_lowercase(), format!("\u{200e}{}", pairs.join(" ")), PKI.leaf.fingerprint().to_string()] {
        assert!(find(&fake.host(), &PLACE, StoreName::My, &text).is_ok(), "{text}");
    }
    let error = find(&fake.host(), &PLACE, StoreName::My, "AB").unwrap_err();
    assert_eq!(error.kind(), Kind::Unreadable);
}
