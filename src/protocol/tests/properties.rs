//! Whatever comes in ends as an order or a refusal.

use proptest::prelude::*;

use super::super::*;
use crate::protocol::samples;

/// Octets of a request with some of them changed, cut or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let actions = samples::actions().into_iter().map(samples::bytes).collect::<Vec<_>>();
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0_u8..5, any::<u8>()), 0..4);
    (prop::sample::select(actions), edits).prop_map(|(mut bytes, edits)| {
        for (place, how, octet) in edits {
            let at = place.index(bytes.len() + 1);
            match how {
                0 if at < bytes.len() => bytes[at] = octet,
                1 => bytes.truncate(at),
                2 => bytes.insert(at, octet),
                3 if at < bytes.len() => {
                    bytes.remove(at);
                }
                _ => {
                    let tail = bytes[at..].to_vec();
                    bytes.extend(tail);
                }
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_octets_are_an_order_or_a_refusal(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let _ = read_answer(&bytes);
    }

    #[test]
    fn a_mutated_request_is_an_order_that_is_written_and_read_again_or_a_refusal(bytes in mutated()) {
        match read(&bytes) {
            Ok(_) => {
                let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
                let request: Request = serde_json::from_slice(text).unwrap();
                let written = serde_json::to_string(&request).unwrap();
                let again: Request = serde_json::from_str(&written).unwrap();
                prop_assert_eq!(serde_json::to_string(&again).unwrap(), written);
                prop_assert_eq!(again.action.digest(), request.action.digest());
            }
            Err(unread) => {
                prop_assert!(!unread.refusal.why.as_str().is_empty());
                prop_assert!(unread.refusal.why.as_str().len() < 2000);
            }
        }
    }

    #[test]
    fn what_the_machine_told_becomes_a_text_that_fits(words in any::<String>()) {
        let told = Text::told(&words);
        prop_assert_eq!(told.as_str().parse::<Text>(), Ok(told.clone()));
    }
}
