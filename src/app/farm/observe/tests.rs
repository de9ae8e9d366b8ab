//! Looking at a farm over a transport that answers from memory.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value as Json, json};

use super::*;
use crate::fake_host::FakeHost;
use crate::farm::description;
use crate::ports::CarryFault;
use crate::protocol::{Observed, Refusal};

const NOW: &str = "2026-11-25T12:00:00Z";

/// Answers by the word of the action; a server that is not there answers nothing.
struct Memory {
    fake: FakeHost,
    facts: Json,
    down: &'static str,
    /// How long each answer takes, in seconds, and how far the servers' clocks are ahead.
    takes: i64,
    ahead: i64,
    asked: Mutex<Vec<(String, String, Duration)>>,
}

impl Transport for Memory {
    fn ask(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError> {
        let action = serde_json::to_value(&request.action).unwrap();
        let word = action.as_object().unwrap().keys().next().unwrap().clone();
        self.asked.lock().unwrap().push((node.name.to_string(), word.clone(), patience));
        self.fake.pass(self.takes);
        if node.name.as_str() == self.down {
            let (why, next) = ("nothing answers".to_owned(), "look at it".to_owned());
            return Err(CarryError { fault: CarryFault::Unreachable, reached: false, why, next });
        }
        let outcome = match &self.facts[&word] {
            Json::String(why) => {
                let code = if why == "moved" { RefusalCode::Moved } else { RefusalCode::NotHere };
                Outcome::Refused(Refusal::new(code, why, "next"))
            }
            facts => Outcome::Observed(Observed { holds: None, facts: serde_json::from_value(facts.clone()).unwrap() }),
        };
        let at = self.fake.host().clock.now() + SignedDuration::from_secs(self.ahead);
        Ok(Answer::new(Some(request.request.clone()), node.name.as_str(), at, outcome))
    }
}

fn described(reached: bool) -> Json {
    json!({ "node": {
        "version": "0.1.0", "program_sha256": null, "system": "windows", "system_version": "10.0.17763", "machine": "x",
        "account": "S-1-5-18", "elevated": true,
        "state": { "folder": "C:\\x", "highest_fence": 0, "lease": null, "roll": null, "staged": [], "open_attempts": [] },
        "powershell": { "unseen": "no" }, "script": { "unseen": "no" },
        "network_identity": { "there": { "share": "\\\\contoso.com\\SYSVOL", "reached": reached } },
    } })
}

fn memory() -> Memory {
    let pool = json!({ "name": "CRMAppPool", "state": "Started", "account": "CONTOSO\\pool", "begun": null });
    let facts = json!({
        "describe": described(true),
        "services": { "services": { "services": [], "pools": [pool] } },
        "store-list": { "certificates": { "certificates": [] } },
        "crm-certificates": { "rows": { "rows": [] } },
        "sharepoint-trusts": { "trusts": { "build": "", "realm": "", "issuers": [], "roots": [], "servers": [] } },
        "metadata-job": "moved",
    });
    let fake = FakeHost::new(NOW.parse().unwrap(), 1);
    Memory { fake, facts, down: "", takes: 0, ahead: 0, asked: Mutex::default() }
}

fn looked(memory: Memory, seconds: u64, only: &[&str]) -> (Vec<Looked>, Arc<Memory>) {
    let memory = Arc::new(memory);
    let text = include_str!("../../../../tests/data/farm/contoso.toml").replace("\"manual\"", "\"local\"");
    let farm = description::read(&text).farm;
    let host = memory.fake.host();
    let live = Live {
        transport: memory.clone(),
        deadline: Duration::from_secs(seconds),
        only: only.iter().map(|name| (*name).to_owned()).collect(),
    };
    (observe(&host, &farm, &Documents::of(&host, &farm, Path::new("/srv/farm.toml")), &live), memory)
}

#[test]
fn each_server_is_asked_what_its_roles_have_to_do_with_and_no_more() {
    let (all, memory) = looked(memory(), 60, &[]);
    let asked = |name: &str| -> Vec<String> {
        let asked = memory.asked.lock().unwrap();
        asked.iter().filter(|one| one.0 == name).map(|one| one.1.clone()).collect()
    };
    assert_eq!(asked("crm-web-1"), ["describe", "services", "store-list", "crm-certificates"]);
    assert_eq!(asked("crm-async-1"), ["describe", "services", "store-list"]);
    assert_eq!(asked("sp-1"), ["describe", "sharepoint-trusts", "metadata-job"]);
    let facts = |place: usize| all[place].facts.as_ref().unwrap();
    assert_eq!(facts(0).rows, Seen::Seen(Vec::new()));
    assert!(facts(1).rows.gap().unwrap().starts_with("not asked"));
    // A farm without the job says so by a refusal of its own, and that is seen.
    assert_eq!(facts(3).refresh_job, Seen::Seen(None));
    assert_eq!(all[0].reached.version.as_deref(), Some("0.1.0"));
    assert_eq!(all[0].reached.network_identity, Some(true));
}

#[test]
fn a_server_that_does_not_answer_is_a_gap_with_its_next_step_and_the_others_are_seen() {
    let (all, _) = looked(Memory { down: "crm-web-2", ..memory() }, 60, &[]);
    assert_eq!(all[1].facts.as_ref().unwrap_err(), "nothing answers; look at it");
    assert_eq!(all.iter().filter(|one| one.facts.is_ok()).count(), 3);
    let (named, _) = looked(memory(), 60, &["CRM-ASYNC-1"]);
    assert_eq!(named.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["crm-async-1"]);
}

#[test]
fn what_a_session_without_credentials_did_not_see_is_told_with_that() {
    let mut narrow = memory();
    narrow.facts["describe"] = described(false);
    narrow.facts["crm-certificates"] = json!("the login failed");
    let (all, _) = looked(narrow, 60, &["crm-web-1"]);
    let facts = all[0].facts.as_ref().unwrap();
    let why = facts.rows.gap().unwrap();
    assert!(why.starts_with("the login failed; ") && why.contains("double hop"), "{why}");
    assert_eq!(all[0].reached.network_identity, Some(false));
    // The same failure with credentials is not theirs.
    let mut wide = memory();
    wide.facts["crm-certificates"] = json!("the login failed");
    let (all, _) = looked(wide, 60, &["crm-web-1"]);
    assert_eq!(all[0].facts.as_ref().unwrap().rows.gap(), Some("the login failed"));
}

#[test]
fn an_answer_about_something_else_shows_nothing() {
    for (word, facts) in [("describe", json!({ "nothing": {} })), ("services", json!({ "nothing": {} }))] {
        let mut odd = memory();
        odd.facts[word] = facts;
        let (all, _) = looked(odd, 60, &["crm-async-1"]);
        match &all[0].facts {
            Err(why) => assert_eq!((word, why.as_str()), ("describe", "the node described something else")),
            Ok(facts) => {
                assert_eq!((word, facts.services.gap()), ("services", Some("the node answered something else")))
            }
        }
    }
}

#[test]
fn all_questions_to_one_server_share_its_time_and_its_clock_is_that_of_the_quickest_answer() {
    let (all, memory) = looked(Memory { takes: 4, ahead: 300, ..memory() }, 60, &["crm-async-1"]);
    let patience: Vec<u64> = memory.asked.lock().unwrap().iter().map(|one| one.2.as_secs()).collect();
    assert_eq!(patience, [60, 56, 52]);
    // Told at the end of four seconds, and taken for half-way.
    assert_eq!(all[0].facts.as_ref().unwrap().clock_offset_seconds, Seen::Seen(302));
    assert_eq!(all[0].reached.took_ms, 12_000);
}

/// What a farm shows in which everything that a plan rests on is there.
fn whole_farm() -> Memory {
    let mut memory = memory();
    let key = crate::app::keygen::generate(crate::cert::key::KeySpec::Rsa2048).unwrap();
    let request = crate::cert::issue::Request {
        subject: crate::cert::DistinguishedName::parse("CN=crm.contoso.com g1,O=Contoso").unwrap(),
        dns_names: Vec::new(),
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2028-01-01T00:00:00Z".parse().unwrap(),
        serial: [7; 16],
    };
    let one = crate::cert::issue::self_sign(&request, &key).unwrap();
    let der = one.der().to_vec();
    let service = |name: &str, state: &str, begun: Json| json!({ "name": name, "state": state, "account": "CONTOSO\\pool", "begun": begun });
    let row = |id: &str, kind: &str, certificate: Json| {
        json!({
            "id": id, "name": "x", "certificate_type": kind, "thumbprint": one.thumbprint().to_string(),
            "certificate": certificate, "store_name": "My", "store_location": "LocalMachine",
            "store_find_type": "FindBySubjectDistinguishedName",
        })
    };
    memory.facts["describe"]["node"]["script"] =
        json!({ "there": { "file": "C:\\x.ps1", "sha256": "AB".repeat(32), "signature": "Valid" } });
    memory.facts["services"] = json!({ "services": {
        "services": [service("MSCRMAsyncService", "Running", json!(NOW)), service("MSCRMAsyncService$maintenance", "Stopped", Json::Null)],
        "pools": [service("CRMAppPool", "Started", Json::Null), service("CRMAppPoolOld", "Started", Json::Null)],
    } });
    memory.facts["store-list"] = json!({ "certificates": { "certificates": [{
        "thumbprint": one.thumbprint().to_string(), "fingerprint_sha256": one.fingerprint().to_string(),
        "subject": one.subject().to_string(), "subject_der": base64(one.subject().der()), "issuer": one.issuer().to_string(),
        "not_before": one.not_before(), "not_after": one.not_after(),
        "key": { "place": "container:s2s", "state": "missing" },
        "whole": {
            "certificate": base64(&der), "tls_bindings": [], "missing_issuer": { "absent": "" },
            "readers": { "unseen": "no key" },
        },
    }] } });
    memory.facts["crm-certificates"] = json!({ "rows": { "rows": [
        row("b", "S2STokenIssuer", json!(base64(&der))), row("a", "WSFedServiceProvider", json!(base64(b"of another kind"))),
    ] } });
    memory.facts["sharepoint-trusts"] = json!({ "trusts": {
        "build": "16", "realm": "r", "roots": [], "servers": ["sp-1"],
        "issuers": [{
            "name": "crm", "registered_name": "x", "metadata_endpoint": "https://crm.contoso.com/",
            "certificates": [base64(&der), base64(b"an additional one")],
        }],
    } });
    memory
}

#[test]
fn a_plan_rests_on_the_same_facts_whether_bundles_are_read_or_servers_are_asked() {
    let (all, memory) = looked(whole_farm(), 60, &[]);
    let text = include_str!("../../../../tests/data/farm/contoso.toml").replace("\"manual\"", "\"local\"");
    let farm = description::read(&text).farm;
    let live = crate::rotation::observe::observe(&farm, &*memory).unwrap();
    assert_eq!((live.rows.len(), live.sharepoint[0].trusts[0].accepted.len()), (2, 2));
    assert!(live.nodes.iter().any(|node| node.services.len() == 1 && node.script_sha256.is_some()));
    let seal =
        |facts: &ServerFacts<String>| serde_json::to_string(&crate::farm::bundle::Bundle::seal(facts.clone())).unwrap();
    let bundles: Vec<(String, String)> =
        all.iter().map(|one| (format!("/bundles/{}.json", one.name), seal(one.facts.as_ref().unwrap()))).collect();
    let read = |bundles: &[(String, String)]| {
        let fake = bundles.iter().fold(FakeHost::new(NOW.parse().unwrap(), 1), |fake, (path, text)| {
            fake.with_file(path, text.clone().into_bytes())
        });
        crate::app::rotate::collected::seen(&fake.host(), &farm, Path::new("/bundles")).unwrap()
    };
    let seen = read(&bundles).unwrap();
    let told: Vec<&str> = seen.collected.iter().map(|one| one.node.as_str()).collect();
    assert_eq!(told, ["crm-async-1", "crm-web-1", "crm-web-2", "sp-1"]);
    assert_eq!(crate::rotation::basis::FarmSeen { collected: Vec::new(), ..seen }, live);
    // An earlier version did not tell all of it; a server may be missing; a place may not have been seen. Each is told.
    type Bundles = Vec<(String, String)>;
    let unseen = |change: &dyn Fn(&mut Bundles)| {
        let mut other = bundles.clone();
        change(&mut other);
        let unseen = read(&other).unwrap_err();
        unseen.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let old = unseen(&|all| all[1].1 = all[1].1.replacen("farm-facts/1.1", "farm-facts/1.0", 1));
    assert!(old.contains("crm-web-2: its bundle is of version 1.0 and does not tell the script"), "{old}");
    let missing = unseen(&|all| drop(all.remove(3)));
    assert!(missing.contains("sp-1: no bundle of it is in /bundles; collect it again"), "{missing}");
    let broken = unseen(&|all| all[0].1 = all[0].1.replacen("CRMAppPool", "CRMAppPoor", 1));
    assert!(broken.contains("crm-web-1: altered or cut after it was written"), "{broken}");
    let facts = ServerFacts { other_rows: Seen::Unseen("no rights".to_owned()), ..all[0].facts.clone().unwrap() };
    let gap = unseen(&|all| all[0].1 = seal(&facts));
    assert!(gap.contains("crm-web-1: its bundle does not show the rows of other types: no rights"), "{gap}");
}
