//! A metadata document, as any web server may answer: read or refused with a text, and every certificate in it is one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use s2scert::cert::Certificate;
use s2scert::farm::metadata::{MAX_BYTES, Metadata};

fuzz_target!(|bytes: &[u8]| {
    let read = Metadata::read(bytes);
    // What is read twice is read alike.
    assert_eq!(read, Metadata::read(bytes));
    match read {
        Ok(document) => {
            assert!(bytes.len() as u64 <= MAX_BYTES);
            assert!(document.issuer.as_ref().is_none_or(|issuer| !issuer.is_empty() && !issuer.chars().any(char::is_control)));
            for (place, key) in document.keys.iter().enumerate() {
                assert!(Certificate::from_der(key).is_ok(), "key {place} is no certificate");
                assert!(!document.keys[..place].contains(key), "key {place} stands there twice");
            }
        }
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty() && text.chars().count() < 2_000);
            // It goes to a terminal and into a page.
            assert!(!text.chars().any(|character| character.is_control()), "{text:?}");
        }
    }
});
