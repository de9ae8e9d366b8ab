//! `doctor` and `farm init` on a server of the farm: from the scripts in the stand-in to what a person is told.

use std::path::PathBuf;

use s2scert::app::doctor::{DoctorReport, Options, doctor};
use s2scert::app::farm::init::{Request, init};
use s2scert::doctor::Grade;
use s2scert::farm::description::{Role, Transport, read};
use s2scert::node::acts::MachineActs;
use serde_json::{Value as Json, json};

use super::scripts::Server;

/// An alteration of the server.
type Alter = fn(&mut Json);

fn examine(alter: Alter) -> DoctorReport {
    let server = Server::new(alter);
    doctor(&server.fake.host(), &MachineActs, &|_| unreachable!("there is no description"), &Options::default())
        .unwrap()
}

fn grade(report: &DoctorReport, id: &str) -> Grade {
    report.checks.iter().find(|check| check.id == id).unwrap_or_else(|| panic!("no check {id}")).grade
}

const LOGGING: &str = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell\\ScriptBlockLogging";
const RULES: &str = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\SrpV2\\Exe";
const RESTART: &str = "HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending";

/// What is altered on the server, the check that has to tell, and how; before the alteration it is well.
const CASES: &[(Alter, &str, Grade)] = &[
    (|state| state["session"]["networkIdentity"] = json!(false), "network-identity", Grade::Fail),
    (|state| state["session"]["languageMode"] = json!("ConstrainedLanguage"), "language-mode", Grade::Fail),
    (|state| state["session"]["policies"][0]["policy"] = json!("AllSigned"), "execution-policy", Grade::Fail),
    (
        |state| state["registry"][LOGGING] = json!({ "EnableScriptBlockLogging": 1 }),
        "script-block-logging",
        Grade::Warn,
    ),
    (|state| state["registry"][RULES] = json!({}), "app-locker", Grade::Warn),
    (|state| state["registry"][RESTART] = json!({}), "restart-pending", Grade::Warn),
    (|state| state["codeIntegrity"] = json!(2), "application-control", Grade::Warn),
    (|state| state["disks"][0]["free"] = json!(1000), "disk-space", Grade::Fail),
    (|state| state["services"][0]["state"] = json!("Stopped"), "async-running", Grade::Fail),
    (|state| state["services"][3]["state"] = json!("Stopped"), "sharepoint-timer", Grade::Fail),
    (|state| state["pools"][0]["state"] = json!("Stopped"), "pool-running", Grade::Fail),
    (
        |state| state["services"][0]["startName"] = json!("NT AUTHORITY\\NetworkService"),
        "service-accounts",
        Grade::Warn,
    ),
    (|state| state["sharepoint"]["jobs"][1]["held"] = json!(true), "refresh-job-free", Grade::Fail),
    (|state| state["sharepoint"]["proxies"] = json!([]), "app-management", Grade::Fail),
    (|state| state["sharepoint"]["build"] = json!("15.0.4420.1017"), "sharepoint-version", Grade::Fail),
];

#[test]
fn what_a_server_shows_is_judged_and_each_alteration_is_told() {
    let well = examine(|_| {});
    assert_eq!(well.servers, ["crm01"]);
    for (alter, id, wanted) in CASES {
        assert_eq!(grade(&well, id), Grade::Ok, "{id} before");
        assert_eq!(grade(&examine(*alter), id), *wanted, "{id}");
    }
    // The deployment of the fixtures has a disabled server and two versions, and a service application that is stopped.
    for (id, wanted) in [
        ("farm-described", Grade::Warn),
        ("deployment-enabled", Grade::Warn),
        ("deployment-versions", Grade::Warn),
        ("deployment-administrator", Grade::Ok),
        ("farm-administrator", Grade::Ok),
        ("dynamics-9", Grade::Ok),
        ("user-profiles", Grade::Fail),
        ("key-readable", Grade::Unseen),
    ] {
        assert_eq!(grade(&well, id), wanted, "{id}");
    }
}

#[test]
fn a_description_is_begun_with_what_the_server_shows() {
    let server = Server::new(|_| {});
    let none = Vec::new;
    let request = Request {
        out: PathBuf::from("/srv/farm.toml"),
        force: false,
        name: "contoso".to_owned(),
        web: none(),
        asynchronous: none(),
        tools: none(),
        sharepoint: none(),
        organizations: none(),
        host: None,
        account: None,
        transport: Transport::Winrm,
        offline: false,
        ask: false,
    };
    let report = init(&server.fake.host(), &MachineActs, &request).unwrap();
    assert_eq!(report.unseen, Vec::<String>::new());
    let (_, bytes) = server.fake.file("/srv/farm.toml").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let reading = read(&text);
    assert_eq!(reading.problems, [], "{text}");
    let farm = reading.farm;
    let nodes: Vec<(&str, Transport)> = farm.nodes.iter().map(|node| (node.name.as_str(), node.transport)).collect();
    let far = Transport::Winrm;
    assert_eq!(
        nodes,
        [("crm01", Transport::Local), ("crm1.contoso.com", far), ("crm2.contoso.com", far), ("SP1", far)]
    );
    assert_eq!(farm.nodes[1].roles, [Role::Web, Role::DeploymentTools]);
    let accounts: Vec<&str> = farm.identities.iter().map(|one| one.account.as_str()).collect();
    assert_eq!(accounts, ["CONTOSO\\crmweb", "CONTOSO\\crmasync"]);
    assert_eq!(farm.organizations[0].name.as_str(), "contoso");
    assert_eq!(farm.sharepoint[0].trusts[0].name.as_str(), "crm");

    let quiet = Request { out: PathBuf::from("/srv/quiet.toml"), offline: true, ..request };
    let report = init(&server.fake.host(), &MachineActs, &quiet).unwrap();
    assert!(report.found.is_empty() && report.unseen.is_empty());
}
