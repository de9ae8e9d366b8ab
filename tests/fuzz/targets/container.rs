//! Whatever is handed in: read, put in order, judged, and written as a bundle that reads the same.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use s2scert::app::source::{Gathered, Input};
use s2scert::app::{gate, inspect};
use s2scert::cert::bundle::{self, Attributes, MIN_ITERATIONS, Protection};
use s2scert::cert::container::{self, Contents};
use s2scert::cert::{Credential, Password};
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
    gathered.add(path, input);
    let Ok(choice) = gathered.choose(None, *NOW) else { return };
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

fn reads_the_same(credential: &Credential, attributes: &Attributes, how: Protection<'_>, passwords: &[Password]) {
    let text = bundle::write(credential, attributes, how, &mut |octets| octets.fill(7)).expect("a bundle is written");
    let read = container::read(text.as_bytes(), passwords).expect("a bundle is read");
    assert_eq!(read.certificates().cloned().collect::<Vec<_>>(), credential.chain().certificates());
    let keys: Vec<_> = read.keys().map(|file| file.key.public_key()).collect();
    assert_eq!(keys, [credential.key().public_key()]);
    assert_eq!(Attributes::of(credential, &items(&read)), *attributes);
}

fn items(contents: &Contents) -> Vec<container::Item> {
    contents.items.clone()
}
