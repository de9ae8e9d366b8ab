//! Whatever is handed in: read, put in order, judged, and written as a bundle that reads the same.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use s2scert::app::source::{Choice, Gathered, Input};
use s2scert::app::{gate, inspect};
use s2scert::cert::bundle::{self, Attributes, MIN_ITERATIONS, Protection};
use s2scert::cert::{Certificate, Credential, Password, container, pem, pkcs7};
use s2scert::policy::Policy;

/// The passwords of the seeds.
const PASSWORDS: [&str; 2] = ["p", "k"];

static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-22T12:00:00Z".parse().expect("an instant"));
static PRODUCTION: LazyLock<Policy> = LazyLock::new(|| Policy::shipped("production").expect("a shipped policy"));

fuzz_target!(|bytes: &[u8]| {
    let passwords = PASSWORDS.map(|text| Password::new(text.to_owned()));
    let path = Path::new("f");
    if let Ok(report) = inspect::of_bytes(path, bytes, &passwords, Some(None), *NOW) {
        serde_json::to_string(&report).expect("a report is JSON");
    }
    let Ok(input) = Input::of_bytes(path, bytes, &passwords) else { return };
    let mut gathered = Gathered::default();
    certificates_written_again_read_the_same(&input.certificates());
    gathered.add(path, input);
    let chosen = gathered.choose(None, *NOW);
    the_order_decides_nothing(&gathered, chosen.as_ref().ok());
    let Ok(choice) = chosen else { return };
    let mut facts = gate::facts_of_found(&choice.found, *NOW, None);
    let Some(key) = choice.key else { return };
    facts.key = gate::key_facts(&key, choice.found.chain.leaf());
    PRODUCTION.evaluate(&facts);
    let Ok(credential) = Credential::prove(choice.found.chain.clone(), key) else { return };
    let attributes = Attributes::of(&credential, &gathered.items);
    reads_the_same(&credential, &attributes, Protection::Clear, &[]);
    let protection = Protection::Encrypted { password: &passwords[0], iterations: MIN_ITERATIONS };
    reads_the_same(&credential, &attributes, protection, &passwords);
});

fn certificates_written_again_read_the_same(certificates: &[Certificate]) {
    if certificates.is_empty() {
        return;
    }
    let read = |bytes: &[u8]| container::read(bytes, &[]).expect("what is written is read");
    let pem: String = certificates.iter().map(|one| pem::encode("CERTIFICATE", one.der()).to_string()).collect();
    assert_eq!(read(pem.as_bytes()).certificates().cloned().collect::<Vec<_>>(), certificates);
    // PKCS#7 is a set: sorted by its octets, and without repetitions of ours to keep apart.
    let sorted = |certificates: &mut dyn Iterator<Item = &Certificate>| {
        let mut ders: Vec<Vec<u8>> = certificates.map(|one| one.der().to_vec()).collect();
        ders.sort();
        ders.dedup();
        ders
    };
    let again = read(&pkcs7::certificates_only(certificates));
    assert_eq!(sorted(&mut again.certificates()), sorted(&mut certificates.iter()));
}

/// The chain depends on what was handed in, never on the order.
fn the_order_decides_nothing(gathered: &Gathered, chosen: Option<&Choice>) {
    let mut turned =
        Gathered { certificates: gathered.certificates.clone(), keys: gathered.keys.clone(), ..Gathered::default() };
    turned.certificates.reverse();
    turned.keys.reverse();
    let again = turned.choose(None, *NOW).ok();
    assert_eq!(again.map(|choice| choice.found.chain), chosen.map(|choice| choice.found.chain.clone()));
}

fn reads_the_same(credential: &Credential, attributes: &Attributes, how: Protection<'_>, passwords: &[Password]) {
    let text = bundle::write(credential, attributes, how, &mut |octets| octets.fill(7)).expect("a bundle is written");
    let read = container::read(text.as_bytes(), passwords).expect("a bundle is read");
    assert_eq!(read.certificates().cloned().collect::<Vec<_>>(), credential.chain().certificates());
    let keys: Vec<_> = read.keys().map(|file| file.key.public_key()).collect();
    assert_eq!(keys, [credential.key().public_key()]);
    assert_eq!(told(&Attributes::of(credential, &read.items)), told(attributes));
}

/// Bag attributes are a SET (RFC 7292 section 4.2), so their order is nothing that must survive.
fn told(attributes: &Attributes) -> Vec<String> {
    let certificates =
        attributes.certificates.iter().flat_map(|(one, all)| all.iter().map(move |a| format!("{one:?} {a:?}")));
    let mut told: Vec<String> = attributes.key.iter().map(|a| format!("key {a:?}")).chain(certificates).collect();
    told.sort();
    told
}
