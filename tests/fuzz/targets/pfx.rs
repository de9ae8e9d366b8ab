//! Reading PKCS#12: nothing panics, what opens has an outline, and what opens is written again and reads the same.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use s2scert::app::inspect;
use s2scert::cert::Password;
use s2scert::cert::pfx::{Bag, BagContent, Contents, Outline, Pfx, PfxError, PfxProfile, Settings, seal};

/// The password of every seed that has one.
const PASSWORD: &str = "p";

fuzz_target!(|bytes: &[u8]| {
    let password = Password::new(PASSWORD.to_owned());
    let outline = Outline::read(bytes);
    let opened = Pfx::open(bytes, &password);
    if let Ok(pfx) = &opened {
        let outline = outline.expect("what opens can be seen from outside");
        assert_eq!(outline.safes.len(), pfx.safes.len());
        written_again_reads_the_same(pfx, &password);
    }
    // All that a person is shown, the lint included.
    if let Ok(report) = inspect::of_bytes(Path::new("f"), bytes, &[password], Some(None), jiff::Timestamp::UNIX_EPOCH) {
        serde_json::to_string(&report).expect("a report is JSON");
    }
});

fn written_again_reads_the_same(pfx: &Pfx, password: &Password) {
    let contents = Contents::of_pfx(pfx);
    for profile in [PfxProfile::Legacy, PfxProfile::Modern] {
        let settings = Settings::of(profile).with_iterations(1_000);
        let sealed = match seal(&contents, password, &settings, &mut |octets| octets.fill(7)) {
            Ok(sealed) => sealed,
            // No bag, or more keys than others would decrypt.
            Err(PfxError::Empty | PfxError::IterationsOutOfRange { .. }) => return,
            Err(error) => panic!("what was read cannot be written: {error}"),
        };
        let again = match Pfx::open(&sealed, password) {
            Ok(again) => again,
            // Writing is bounded for other readers, reading for us; the fuzzer's bound on iterations is the tightest.
            Err(PfxError::TooManyIterationsTogether | PfxError::TooManyBags) => return,
            Err(error) => panic!("what was written cannot be read: {error}"),
        };
        // Keys are moved to the front, in order.
        let mut bags = pfx.safes.iter().flat_map(|safe| &safe.bags).collect::<Vec<_>>();
        bags.sort_by_key(|bag| bag.key_der().is_none());
        assert_eq!(told(&bags), told(&again.safes.iter().flat_map(|safe| &safe.bags).collect::<Vec<_>>()));
    }
}

/// Everything that must survive, as text.
fn told(bags: &[&Bag]) -> Vec<String> {
    bags.iter().map(|bag| format!("{} {:?}", content(bag), bag.attributes)).collect()
}

fn content(bag: &Bag) -> String {
    match &bag.content {
        BagContent::Key(key) | BagContent::ShroudedKey { key, .. } => format!("key {:?}", key.expose()),
        BagContent::Certificate { der, .. } => format!("certificate {der:?}"),
        BagContent::Crl { der } => format!("crl {der:?}"),
        BagContent::Secret { oid, value } => format!("secret {oid} {:?}", value.expose()),
        BagContent::SafeContents(bags) => format!("bags {:?}", told(&bags.iter().collect::<Vec<_>>())),
        BagContent::Other { oid, value } => format!("other {oid} {:?}", value.expose()),
    }
}
