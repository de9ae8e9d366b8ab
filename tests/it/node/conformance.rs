//! `tests/data/node/conformance.jsonl`, one case a line, in order, on one node.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use s2scert::node::engine::Allow;
use serde_json::Value as Json;

use super::{Answer, ask_engine, data, difference, fixture, leaf, machine, password, request};

/// Runs the suite against a node. `reader` is an identity that the machine knows.
pub(super) fn run(reader: &str, ask: &mut dyn FnMut(&[u8], Allow) -> Answer) -> usize {
    let values = [
        ("${thumbprint}", leaf().thumbprint().to_string()),
        ("${pfx}", BASE64.encode(fixture("chain.pfx"))),
        ("${password}", password().to_owned()),
        ("${reader}", reader.to_owned()),
    ];
    let mut page = fs::read_to_string(data("conformance.jsonl")).unwrap();
    for (name, value) in values {
        page = page.replace(name, &value);
    }
    let mut before: Vec<u8> = Vec::new();
    let mut passed = 0;
    for line in page.lines() {
        let case: Json = serde_json::from_str(line).unwrap();
        let name = case["name"].as_str().unwrap();
        let bytes = match (&case["raw"], &case["observe"], &case["perform"]) {
            (Json::String(raw), _, _) => raw.clone().into_bytes(),
            (_, Json::Null, action) => request(action, Some(&case["ticket"])).to_string().into_bytes(),
            (_, action, _) => request(action, None).to_string().into_bytes(),
        };
        let allow = if case["allow"] == "observe" { Allow::Observe } else { Allow::All };
        let answer = ask(&bytes, allow);
        let fault = difference(&case["outcome"], answer.outcome(), "outcome");
        assert_eq!(fault, None, "{name}");
        assert_eq!(i64::from(answer.code), case["exit"], "{name}");
        if case["same"] == true {
            assert_eq!(String::from_utf8_lossy(&answer.bytes), String::from_utf8_lossy(&before), "{name}");
        }
        let text = String::from_utf8_lossy(&answer.bytes).into_owned();
        assert!(!text.contains(password()), "{name}: the password is in the answer");
        before = answer.bytes;
        passed += 1;
    }
    passed
}

#[test]
fn the_engine_over_a_machine_in_memory_conforms() {
    let fake = machine();
    let passed = run("S-1-5-20", &mut |bytes, allow| ask_engine(&fake, allow, bytes));
    assert!(passed > 50, "{passed}");
    assert!(!fake.folders().holds(password().as_bytes()), "the password is in the state");
    assert!(!fake.folders().files().iter().any(|path| path.to_string_lossy().ends_with(".pfx")));
}

#[cfg(unix)]
#[test]
fn the_program_conforms() {
    let node = super::process::Node::new();
    let passed = run("user:4711", &mut |bytes, allow| node.ask_allowing(bytes, allow));
    assert!(passed > 50, "{passed}");
    node.holds_nowhere(password().as_bytes());
}

#[test]
fn a_difference_is_found_wherever_it_is() {
    let found: Json = serde_json::from_str(r#"{"a":{"b":[1,{"c":"some text"}]},"d":null}"#).unwrap();
    let is_found = |expected: &str| difference(&serde_json::from_str(expected).unwrap(), &found, "x").is_some();
    for same in ["{}", r#"{"a":{"b":[1,{"c":"*"}]}}"#, r#"{"a":{"b":[1,{"c":"~me te"}]}}"#, r#"{"d":null}"#] {
        assert!(!is_found(same), "{same}");
    }
    for other in [
        "[]",
        r#"{"e":1}"#,
        r#"{"d":1}"#,
        r#"{"a":{"b":[1]}}"#,
        r#"{"a":{"b":[1,{"c":"some"}]}}"#,
        r#"{"a":{"b":[1,{"c":"~other"}]}}"#,
        r#"{"a":{"b":[2,{}]}}"#,
    ] {
        assert!(is_found(other), "{other}");
    }
}
