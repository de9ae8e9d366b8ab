//! What is refused, and in which words.

use serde_json::{Value, json};

use super::super::*;
use crate::protocol::samples::{self, CANARY};

fn unstage() -> Value {
    serde_json::to_value(samples::request(Action::Unstage(Nothing {}))).unwrap()
}

fn stage() -> String {
    let stage = samples::actions().into_iter().find(|action| action.info().name == "stage").unwrap();
    String::from_utf8(samples::bytes(stage)).unwrap()
}

/// The request with other values at some keys; `null` takes a key away.
fn with(changes: &Value) -> Vec<u8> {
    let mut request = unstage();
    for (key, value) in changes.as_object().unwrap() {
        if value.is_null() {
            request.as_object_mut().unwrap().remove(key);
        } else {
            request[key] = value.clone();
        }
    }
    serde_json::to_vec(&request).unwrap()
}

fn refusal(bytes: &[u8]) -> (RefusalCode, String) {
    let unread = read(bytes).unwrap_err();
    (unread.refusal.code, unread.refusal.why.as_str().to_owned())
}

#[test]
fn what_is_no_request_is_refused_with_a_reason() {
    let too_many: Vec<String> = (0..=32).map(|number| format!("user:{number}")).collect();
    let grant = |names: Value| json!({"action": {"grant": {"thumbprint": "AB".repeat(20), "names": names}}});
    let cases = [
        (b"".to_vec(), "there is no request"),
        (b" \n ".to_vec(), "there is no request"),
        (b"\xff\xfe{".to_vec(), "not JSON"),
        (b"{".to_vec(), "breaks off"),
        (b"[]".to_vec(), "wrong kind"),
        (b"{} {}".to_vec(), "not JSON"),
        (b"{}".to_vec(), "missing field `schema`"),
        (with(&json!({"request": null})), "missing field `request`"),
        (with(&json!({"request": "a b"})), "a name is not 1 to 80"),
        (with(&json!({"request": "x".repeat(81)})), "a name is not 1 to 80"),
        (with(&json!({"more": 1})), "unknown field `more`"),
        (with(&json!({"deadline_seconds": 0})), "between 1 and 3600"),
        (with(&json!({"deadline_seconds": 3601})), "between 1 and 3600"),
        (with(&json!({"deadline_seconds": -1})), "wrong kind"),
        (with(&json!({"mode": "look"})), "unknown variant `look`"),
        (with(&json!({"fence": null})), "needs roll, step, attempt and fence"),
        (with(&json!({"fence": 0})), "count from 1"),
        (with(&json!({"attempt": 0})), "count from 1"),
        (with(&json!({"fence": (1_u64 << 53) + 1})), "ends at 2^53"),
        (with(&json!({"fence": 1.5})), "wrong kind"),
        (with(&json!({"mode": "observe"})), "carries no roll"),
        (with(&json!({"action": {"describe": {}}})), "only looks"),
        (with(&json!({"action": {"format-disk": {}}})), "unknown variant `format-disk`"),
        (with(&json!({"action": {"unstage": {"path": "C:\\"}}})), "unknown field `path`"),
        (with(&json!({"action": {"unstage": {}, "describe": {}}})), "two things where one belongs"),
        (with(&json!({"action": "unstage"})), "wrong kind"),
        (with(&grant(json!(too_many))), "more than 32 elements"),
        (with(&grant(json!(["a\u{0}b"]))), "control character"),
        (with(&json!({"action": {"store-show": {"thumbprint": "AB"}}})), "not hexadecimal of the right length"),
        (with(&json!({"action": {"store-show": {"thumbprint": "\u{20ac}".repeat(14)}}})), "not hexadecimal"),
        (format!("{}{}", "[".repeat(5000), "]".repeat(5000)).into_bytes(), "wrong kind"),
    ];
    for (bytes, said) in cases {
        let (code, why) = refusal(&bytes);
        let shown: String = String::from_utf8_lossy(&bytes).chars().take(100).collect();
        assert_eq!(code, RefusalCode::Malformed, "{shown}: {why}");
        assert!(why.contains(said), "{shown}: {why}");
    }
}

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let text = String::from_utf8(samples::bytes(Action::Unstage(Nothing {}))).unwrap();
    let doubled = text.replace("\"fence\":1", "\"fence\":1,\"fence\":2");
    assert!(refusal(doubled.as_bytes()).1.contains("duplicate field `fence`"));
}

#[test]
fn another_version_is_refused_before_its_body_is_looked_at() {
    for (schema, said) in [
        ("s2scert.node-request/1.1", "older than the controller"),
        ("s2scert.node-request/2.0", "older than the controller"),
        ("s2scert.node-request/0.9", "no longer understood"),
        ("s2scert.node-request/1", "the schema is not"),
        ("s2scert.plan/1.0", "the schema is not"),
    ] {
        let bytes = json!({"schema": schema, "request": "q-9", "new": {"field": [1, 2]}}).to_string();
        let unread = read(bytes.as_bytes()).unwrap_err();
        assert_eq!(unread.refusal.code, RefusalCode::Version, "{schema}");
        assert!(unread.refusal.why.as_str().contains(said), "{:?}", unread.refusal);
        assert_eq!(unread.request, Some(samples::of("q-9")));
    }
}

#[test]
fn a_byte_order_mark_as_windows_powershell_writes_it_is_passed_over() {
    let bytes = [b"\xef\xbb\xbf".to_vec(), samples::bytes(Action::Unstage(Nothing {}))].concat();
    assert!(read(&bytes).is_ok());
}

#[test]
fn no_refusal_repeats_a_secret() {
    let stage = stage();
    let pfx = "\"pfx\":\"MAM=\"";
    assert!(stage.contains(pfx) && stage.contains(CANARY));
    let hostile = [
        stage.replace(pfx, "\"pfx\":\"*\""),
        stage.replace(pfx, &format!("\"pfx\":\"{CANARY}\"")),
        stage.replace(&format!("\"{CANARY}\""), &format!("[\"{CANARY}\"]")),
        stage.replace(&format!("\"{CANARY}\""), &format!("{{\"{CANARY}\":1}}")),
        stage.replace(CANARY, &format!("\\u0041{CANARY}")),
        stage.replace(CANARY, &CANARY.repeat(40)),
        stage.replace("\"perform\"", "\"observe\""),
        stage.replace("\"fence\":1", "\"fence\":0"),
        stage[..stage.find(CANARY).unwrap() + 10].to_owned(),
    ];
    for text in hostile {
        let unread = read(text.as_bytes()).unwrap_err();
        assert!(!format!("{unread:?}").contains(&CANARY[..10]), "{unread:?}");
    }
    for value in ["1", "-1", "1.5", "true", "null"] {
        let why = refusal(stage.replace(&format!("\"{CANARY}\""), value).as_bytes()).1;
        assert!(why.contains("wrong kind"), "{why}");
    }
}

#[test]
fn a_pfx_that_is_too_large_is_refused() {
    let large = SecretBytes::new(vec![0x30; MAX_PFX + 1].into());
    let text = serde_json::to_string(&large).unwrap();
    assert!(serde_json::from_str::<SecretBytes>(&text).unwrap_err().to_string().contains("larger than"));
}

#[test]
fn an_answer_of_another_version_is_refused() {
    let answer = r#"{"schema":"s2scert.node-answer/1.1","request":null,"node":"a","at":"2026-11-25T10:00:00Z","outcome":{"busy":{}}}"#;
    assert!(read_answer(answer.as_bytes()).unwrap_err().contains("another version"));
    assert!(read_answer(b"ssh: connect to host crm01: refused").unwrap_err().contains("not JSON"));
}
