//! What becomes of answers: each part of a fact, and what is no fact.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use serde_json::{Value as Json, json};

use super::*;

fn facts(json: Json) -> Facts {
    serde_json::from_value(json).unwrap()
}

#[test]
fn the_services_that_sign_are_told_by_the_beginning_of_their_names() {
    let one =
        |name: &str, account: &str| json!({ "name": name, "state": "Running", "account": account, "begun": null });
    let told = services(facts(json!({ "services": {
        "services": [one("mscrmasyncservice$maintenance", "CONTOSO\\async"), one("W3SVC", "SYSTEM"), one("M", "x")],
        "pools": [one("CRMAppPool", "NETWORK SERVICE"), one("DefaultAppPool", "y")],
    } })));
    let told = told.unwrap();
    let seen: Vec<_> = told.iter().map(|one| (one.name.as_str(), one.role, one.account.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("mscrmasyncservice$maintenance", Role::Async, "CONTOSO\\async"),
            ("CRMAppPool", Role::Web, "NETWORK SERVICE")
        ]
    );
}

fn row(kind: &str, certificate: Json) -> Json {
    json!({
        "id": format!("id of {kind}"), "name": "s2s", "certificate_type": kind, "thumbprint": null, "certificate": certificate,
        "store_name": "My", "store_location": "LocalMachine", "store_find_type": "FindBySubjectDistinguishedName",
    })
}

#[test]
fn rows_of_other_types_are_left_out_but_that_they_share_a_certificate_is_told() {
    let told = rows(facts(json!({ "rows": { "rows": [
        row("S2STokenIssuer", json!("AQI=")),
        row("AlternativeS2STokenIssuer", json!("AQI=")),
        row("TokenEncryption", json!("AQI=")),
        row("WSFedServiceProvider", json!("AwQ=")),
        row("Unread", Json::Null),
    ] } })));
    let told = told.unwrap();
    let seen: Vec<_> = told.iter().map(|one| (one.kind, one.certificate.as_str(), one.shared_with.clone())).collect();
    // That the second row of ours names it too is what a roll does.
    let shared = vec!["TokenEncryption".to_owned()];
    assert_eq!(
        seen,
        [(RowKind::S2STokenIssuer, "AQI=", shared.clone()), (RowKind::AlternativeS2STokenIssuer, "AQI=", shared)]
    );
    let unread = rows(facts(json!({ "rows": { "rows": [row("S2STokenIssuer", Json::Null)] } })));
    assert_eq!(unread.unwrap_err(), "the certificate of row id of S2STokenIssuer is not told");
}

fn certificate(key: Json, whole: Json) -> Json {
    json!({
        "thumbprint": "AB".repeat(20), "fingerprint_sha256": "CD".repeat(32), "subject": "CN=crm", "subject_der": "MAA=",
        "issuer": "CN=ca", "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T00:00:00Z", "key": key,
        "whole": whole,
    })
}

fn key_of(state: &str) -> Json {
    json!({ "place": "container:s2s", "provider": "P", "provider_type": 24, "key_spec": 1, "state": state })
}

fn whole() -> Json {
    json!({
        "certificate": "AQI=", "tls_bindings": ["0.0.0.0:443"], "missing_issuer": { "absent": "" },
        "container": { "name": "s2s", "machine": true },
        "readers": { "there": [{ "name": "NETWORK SERVICE", "reading": "granted" }, { "name": "x", "reading": "denied" }] },
    })
}

fn stored(key: Json, whole: Json) -> Result<StoreFacts<String>, String> {
    store(facts(json!({ "certificates": { "certificates": [certificate(key, whole)] } })))
}

#[test]
fn a_store_is_told_with_key_place_readers_bindings_and_chain() {
    let told = stored(key_of("matches"), whole()).unwrap();
    let one = &told.certificates[0];
    assert_eq!((one.certificate.as_str(), one.tls_bindings.as_slice()), ("AQI=", &["0.0.0.0:443".to_owned()][..]));
    let key = one.key.seen().unwrap().clone().unwrap();
    let location = key.location.unwrap();
    assert_eq!((location.container.as_str(), location.provider_type, location.machine), ("s2s", 24, true));
    assert_eq!((location.provider.as_str(), location.key_spec, key.matches), ("P", KeySpec::Exchange, true));
    let readers = key.readers.seen().unwrap();
    assert_eq!(readers.iter().map(|one| one.reading).collect::<Vec<_>>(), [Reading::Granted, Reading::Denied]);
    assert_eq!(told.issuers.seen().unwrap()[0].missing, None);
}

#[test]
fn what_is_not_known_of_a_key_or_a_chain_is_not_seen() {
    let key = |key: Json| stored(key, whole()).unwrap().certificates.remove(0).key;
    assert_eq!(key(Json::Null), Seen::Seen(None));
    assert_eq!(key(key_of("missing")), Seen::Seen(None));
    assert!(!key(key_of("other-key")).seen().unwrap().clone().unwrap().matches);
    assert_eq!(key(key_of("unreadable")), Seen::Unseen("its key: unreadable".to_owned()));
    let with = |name: &str, value: Json| {
        let mut whole = whole();
        whole[name] = value;
        stored(key_of("matches"), whole).unwrap()
    };
    let readers = |told: StoreFacts<String>| told.certificates[0].key.seen().unwrap().clone().unwrap().readers;
    assert_eq!(readers(with("readers", json!({ "unseen": "denied" }))), Seen::Unseen("denied".to_owned()));
    assert_eq!(readers(with("readers", json!({ "absent": "no key" }))), Seen::Unseen("no key".to_owned()));
    assert_eq!(with("container", Json::Null).certificates[0].key.seen().unwrap().clone().unwrap().location, None);
    assert_eq!(with("missing_issuer", json!({ "unseen": "busy" })).issuers, Seen::Unseen("busy".to_owned()));
    let missing = with("missing_issuer", json!({ "there": "CN=Root" })).issuers;
    assert_eq!(missing.seen().unwrap()[0].missing.as_deref(), Some("CN=Root"));
}

#[test]
fn a_store_of_which_a_part_was_not_seen_is_not_taken_for_all_of_it() {
    let unread = store(facts(json!({ "certificates": {
        "certificates": [certificate(Json::Null, whole())], "gaps": [{ "what": "entry 7", "why": "broken" }],
    } })));
    assert_eq!(unread.unwrap_err(), "entry 7: broken");
    assert_eq!(stored(Json::Null, Json::Null).unwrap_err(), format!("{} was not told whole", "AB".repeat(20)));
}

#[test]
fn trusts_and_the_job_are_told_as_they_are() {
    let issuer = |name: &str, endpoint: &str, certificates: Json| json!({ "name": name, "registered_name": "", "metadata_endpoint": endpoint, "certificates": certificates });
    let told = trusts(facts(json!({ "trusts": {
        "build": "16.0.1", "realm": "r", "roots": [], "servers": [],
        "issuers": [issuer("crm", "https://crm.contoso.com/", json!(["AQI=", "AwQ="])), issuer("old", "", json!([]))],
    } })));
    let told = told.unwrap();
    assert_eq!(told[0].source, TrustSource::Metadata("https://crm.contoso.com/".to_owned()));
    assert_eq!((told[0].signing.as_deref(), told[0].additional.as_slice()), (Some("AQI="), &["AwQ=".to_owned()][..]));
    assert_eq!((&told[1].source, &told[1].signing, &told[1].registered_issuer), (&TrustSource::Fixed, &None, &None));
    let held = job(facts(json!({ "job": {
        "name": "RefreshMetadataFeed", "held": true, "running": 0, "last_success": "2026-01-01T00:00:00Z", "schedule": "daily",
    } })));
    let held = held.unwrap().unwrap();
    assert!(!held.enabled && held.last_success.is_some());
}

#[test]
fn an_answer_about_something_else_is_none() {
    let other = || facts(json!({ "nothing": {} }));
    let all =
        [services(other()).err(), store(other()).err(), rows(other()).err(), trusts(other()).err(), job(other()).err()];
    assert_eq!(all, [const { Some(OTHER) }; 5].map(|why| why.map(str::to_owned)));
}
