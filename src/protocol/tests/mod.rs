//! Requests and answers on the wire.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod golden;
mod properties;
mod refusals;

use super::*;
use crate::protocol::samples;

#[test]
fn the_table_names_every_action_once_in_the_words_of_the_wire() {
    let samples = samples::actions();
    assert_eq!(samples.len(), TABLE.len());
    for (action, info) in samples.iter().zip(&TABLE) {
        let wire = serde_json::to_value(action).unwrap();
        assert_eq!(wire.as_object().unwrap().keys().collect::<Vec<_>>(), [info.name]);
        assert!(std::ptr::eq(action.info(), info), "{}", info.name);
    }
    let mut names: Vec<&str> = TABLE.iter().map(|info| info.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TABLE.len());
}

#[test]
fn what_changes_something_has_a_probe_and_an_undo_and_what_looks_has_none() {
    for info in &TABLE {
        let looks = info.effect == Effect::Observes;
        assert_eq!((info.probe.is_empty(), info.undo.is_empty()), (looks, looks), "{}", info.name);
    }
}

#[test]
fn the_digest_tells_actions_apart_and_knows_no_password() {
    let stage = |pfx: &[u8], password: &str| {
        Action::Stage(Stage {
            thumbprint: Hex::from([1; 20]),
            pfx: SecretBytes::new(pfx.to_vec().into()),
            password: SecretText::new(crate::cert::Password::new(password.to_owned())),
        })
    };
    assert_eq!(stage(b"one", "a").digest(), stage(b"one", "b").digest());
    assert_ne!(stage(b"one", "a").digest(), stage(b"two", "a").digest());
    let mut digests: Vec<String> = samples::actions().iter().map(|action| action.digest().to_string()).collect();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), TABLE.len());
}

#[test]
fn a_secret_is_in_no_debug_text() {
    for action in samples::actions() {
        let order = samples::order(action);
        assert!(!format!("{order:?}").contains(samples::CANARY), "{order:?}");
    }
}
