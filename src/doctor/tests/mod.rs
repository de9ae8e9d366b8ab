//! Each check of the table over what it may see: ok, warn, fail, unseen.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::farm::description::{Farm, read};
use crate::farm::truth::{Gap, SeenCertificate, ServerFacts, Topic};
use crate::policy::{Finding, Severity};
use crate::protocol::{JobFacts, NodeFacts, Seen, Servers, Text, Trusts};

/// A farm with a window, so that every part of a description is there.
const EXTRA: &str = "\n[[window]]\nname = \"night\"\ndays = [\"thursday\"]\nfrom = \"22:00\"\nuntil = \"02:00\"\n";

/// Everything that the facts are made of, to be altered by a case.
pub(super) struct World {
    pub(super) now: &'static str,
    pub(super) toml: String,
    pub(super) described: Described,
    pub(super) here: Value,
    pub(super) ways: BTreeMap<&'static str, Way>,
    pub(super) nodes: BTreeMap<&'static str, Value>,
    pub(super) services: Value,
    pub(super) deployment: Value,
    pub(super) trusts: Value,
    pub(super) job: Value,
    pub(super) findings: Vec<(&'static str, Severity)>,
    pub(super) gaps: Vec<(&'static str, Option<Topic>)>,
    /// Whether each server showed a document, in which nothing but the store was seen.
    pub(super) shown: Option<()>,
}

pub(super) const WEB: &str = "crm-web-1";
pub(super) const WEB_2: &str = "crm-web-2";
pub(super) const ASYNC: &str = "crm-async-1";
pub(super) const SP: &str = "sp-1";
const ALL: [&str; 4] = [WEB, WEB_2, ASYNC, SP];

fn node(name: &str) -> Value {
    json!({
        "version": "0.1.0", "program_sha256": "11".repeat(32), "system": "windows", "system_version": "10.0.17763",
        "machine": name, "account": "S-1-5-21-1-2-3-500", "elevated": true,
        "state": { "folder": "C:\\ProgramData\\s2scert", "highest_fence": 0, "lease": null, "roll": null, "staged": [], "open_attempts": [] },
        "powershell": { "there": {
            "version": "5.1.17763.1", "language_mode": "FullLanguage", "execution_policy": "RemoteSigned", "is_64_bit": true,
            "module_logging": false, "script_block_logging": false, "transcription": false, "code_integrity": 0,
            "disks": [{ "name": "D:", "free": null }, { "name": "C:", "free": 50_000_000_000_u64 }],
        } },
        "script": { "there": { "file": "C:\\Tools\\CertificateReconfiguration.ps1", "sha256": "22".repeat(32), "signature": "NotSigned" } },
        "network_identity": { "there": { "share": "\\\\contoso.com\\SYSVOL", "reached": true } },
    })
}

fn service(name: &str, state: &str, account: &str) -> Value {
    json!({ "name": name, "state": state, "account": account, "begun": null })
}

fn application(kind: &str) -> Value {
    json!({ "name": kind, "kind": format!("{kind} Service Application"), "status": "Online" })
}

impl World {
    /// A farm in which everything is as it has to be.
    fn healthy() -> Self {
        Self {
            // A Wednesday.
            now: "2026-11-25T12:00:00Z",
            toml: format!("{}{EXTRA}", include_str!("../../../tests/data/farm/contoso.toml")),
            described: Described::Read(Vec::new()),
            here: node("ops-1"),
            ways: ALL.into_iter().map(|name| (name, Way::Answered)).collect(),
            nodes: ALL.into_iter().map(|name| (name, node(name))).collect(),
            services: json!({
                "services": [
                    service("MSCRMAsyncService", "Running", "CONTOSO\\svc-crm"), service("W3SVC", "Running", "LocalSystem"),
                    service("SPTimerV4", "Running", "CONTOSO\\svc-sp"),
                ],
                "pools": [service("CRMAppPool", "Started", "CONTOSO\\svc-crm")],
            }),
            deployment: json!({ "servers": [
                { "name": "CRM-WEB-1", "roles": "WebApplicationServer", "state": "Enabled", "version": "9.1.21.21" },
                { "name": "crm-web-2.contoso.com", "roles": "WebApplicationServer", "state": "Enabled", "version": "9.1.21.21" },
                { "name": "CRM-ASYNC-1", "roles": "AsynchronousProcessingService", "state": "Enabled", "version": "9.1.21.21" },
            ] }),
            trusts: json!({
                "build": "16.0.10337.12109", "realm": "5f2a", "roots": [], "servers": ["SP-1"],
                "applications": [application("App Management"), application("Subscription Settings"), application("User Profile")],
                "proxies": [application("App Management"), application("Subscription Settings")],
                "issuers": [{
                    "name": "crm", "registered_name": "00000007-0000-0000-c000-000000000000@5f2a",
                    "metadata_endpoint": "https://crm.contoso.com/", "certificates": [],
                }],
            }),
            job: json!({ "name": "RefreshMetadataFeed", "held": false, "running": 0, "last_success": null, "schedule": "daily" }),
            findings: Vec::new(),
            gaps: Vec::new(),
            shown: None,
        }
    }

    /// Nothing answers, no bundle is there, and no description.
    pub(super) fn nothing(&mut self) {
        for name in ALL {
            self.unseen(name);
            self.gaps.push((name, None));
        }
        self.described = Described::Missing;
        self.deployment = Value::Null;
        self.trusts = Value::Null;
        self.job = Value::Null;
        self.services = Value::Null;
    }

    /// A server of which nothing is seen.
    pub(super) fn unseen(&mut self, name: &'static str) {
        self.ways.insert(name, Way::NotAsked("nobody asked it".to_owned()));
        self.nodes.insert(name, Value::Null);
    }

    /// Alters what a server tells of itself.
    pub(super) fn set(&mut self, name: &'static str, pointer: &str, value: Value) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        self.nodes.get_mut(name).unwrap().pointer_mut(parent).unwrap()[key] = value;
    }

    fn grade(&self, id: &str) -> Judged {
        let farm: Farm = read(&self.toml).farm;
        let servers = farm.nodes.iter().map(|node| {
            let name = node.name.as_str();
            Server {
                node,
                way: self.ways.get(name).unwrap().clone(),
                told: seen(&self.nodes[name], |value| Box::new(serde_json::from_value::<NodeFacts>(value).unwrap())),
                services: seen(&self.services, |value| serde_json::from_value(value).unwrap()),
                deployment: seen(&self.deployment, |value| serde_json::from_value::<Servers>(value).unwrap()),
                trusts: seen(&self.trusts, |value| serde_json::from_value::<Trusts>(value).unwrap()),
                job: seen(&self.job, |value| serde_json::from_value::<JobFacts>(value).unwrap()),
                shown: self.shown.as_ref().map(|_| shown(name)).ok_or_else(|| "no bundle".to_owned()),
            }
        });
        let findings = self.findings.iter().map(|(id, severity)| finding(id, *severity));
        let gaps = self.gaps.iter().map(|(server, topic)| Gap {
            server: (*server).to_owned(),
            topic: topic.clone(),
            why: "not collected".to_owned(),
        });
        let facts = Facts {
            now: self.now.parse().unwrap(),
            here: Some(Box::new(serde_json::from_value(self.here.clone()).unwrap())),
            described: self.described.clone(),
            farm: &farm,
            servers: servers.collect(),
            findings: findings.collect(),
            gaps: gaps.collect(),
        };
        judge(&facts).into_iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no check {id}"))
    }
}

pub(super) fn finding(id: &'static str, severity: Severity) -> Finding {
    Finding {
        id: id.into(),
        severity,
        subject: WEB.to_owned(),
        message: format!("{id} was found"),
        reason: "".into(),
        remedy: "".into(),
        waived_by: None,
    }
}

/// A document in which a store without certificates is all that was seen.
fn shown(name: &str) -> ServerFacts<Arc<SeenCertificate>> {
    let document = json!({
        "server": name, "collected_at": "2026-11-25T11:00:00Z", "collected_by": "s2scert 0.1.0",
        "store": { "seen": { "certificates": [] } },
    });
    let facts: ServerFacts<String> = serde_json::from_value(document).unwrap();
    facts.turn(|_| Err(String::new()))
}

/// Null is unseen, a text is why it is absent.
fn seen<T>(value: &Value, there: impl Fn(Value) -> T) -> Seen<T> {
    match value {
        Value::Null => Seen::Unseen(Text::told("nobody asked it")),
        Value::String(why) if why.starts_with("failed") => Seen::Unseen(Text::told(why)),
        Value::String(why) => Seen::Absent(Text::told(why)),
        value => Seen::There(there(value.clone())),
    }
}

#[test]
fn each_case_gives_its_grade() {
    for case in cases::CASES {
        let mut world = World::healthy();
        (case.alter)(&mut world);
        let judged = world.grade(case.id);
        assert_eq!(judged.grade, case.grade, "{}: {}: {:?}", case.id, case.name, judged.seen);
        let told = judged.seen.iter().any(|sight| sight.grade == case.grade && !sight.what.is_empty());
        assert!(told, "{}: {}: {:?}", case.id, case.name, judged.seen);
    }
}

/// Checks that s2scert cannot make itself.
const BY_HAND: [&str; 3] = ["site-certificate", "watch-scheduled", "people-ready"];

#[test]
fn every_check_is_ok_on_a_healthy_farm_and_unseen_where_nothing_is_seen() {
    let (healthy, mut nothing) = (World::healthy(), World::healthy());
    nothing.nothing();
    for check in TABLE.iter().flat_map(|part| part.checks) {
        let wanted = if BY_HAND.contains(&check.id) { Grade::Unseen } else { Grade::Ok };
        let judged = healthy.grade(check.id);
        assert_eq!(judged.grade, wanted, "{}: {:?}", check.id, judged.seen);
        let judged = nothing.grade(check.id);
        let wanted = if check.id == "farm-described" { Grade::Warn } else { Grade::Unseen };
        // What needs no server is known without one.
        if check.id != "facts-fresh" && check.id != "transport-usable" {
            assert_eq!(judged.grade, wanted, "{}: {:?}", check.id, judged.seen);
        }
    }
}

#[test]
fn every_check_has_a_case_in_which_it_is_not_well_and_all_its_words() {
    let bad: BTreeSet<&str> =
        cases::CASES.iter().filter(|case| case.grade > Grade::Unseen).map(|case| case.id).collect();
    let all: Vec<&Check> = TABLE.iter().flat_map(|part| part.checks).collect();
    assert!(all.len() >= 60, "{}", all.len());
    assert_eq!(
        all.iter().map(|check| check.id).collect::<BTreeSet<_>>().len(),
        all.len(),
        "an identifier stands twice"
    );
    for check in all {
        // Consumers are told and never wrong.
        let never = BY_HAND.contains(&check.id) || check.id == "consumers";
        assert!(never || bad.contains(check.id), "{} is never warn or fail", check.id);
        for words in [check.wants, check.why, check.remedy, check.look, check.source] {
            assert!(words.len() > 7 && !words.ends_with('.'), "{}: {words}", check.id);
        }
    }
}

#[test]
fn a_sight_of_many_servers_names_each_and_the_worst_counts() {
    let mut world = World::healthy();
    world.set(WEB_2, "/elevated", json!(false));
    world.unseen(ASYNC);
    let judged = world.grade("elevated");
    let grades: Vec<(&str, Grade)> = judged.seen.iter().map(|sight| (sight.about.as_str(), sight.grade)).collect();
    assert_eq!(grades, [(WEB, Grade::Ok), (WEB_2, Grade::Fail), (ASYNC, Grade::Unseen)]);
    assert_eq!(judged.grade, Grade::Fail);
}

#[test]
fn the_page_is_that_of_the_table() {
    crate::current::assert_current("docs/doctor.md", &doctor_page());
}
