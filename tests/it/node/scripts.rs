//! The acts through PowerShell: the engine and the real acts over the stand-in, whose world is looked at before and after.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use s2scert::node::engine::Allow;
use s2scert::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::{Answer, ask_engine, difference, fixture, leaf, machine, password, request};
use crate::fake_host::FakeHost;
use crate::powershell::{InProcess, contoso};
use crate::standin::World;

/// The stand-in, kept by the machine.
struct StandIn(Arc<World>);

impl PowerShell for StandIn {
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        InProcess { world: &self.0, text: None }.run(arguments, stdin, limits)
    }
}

/// A Windows server of the farm that is not there.
pub(super) struct Server {
    pub(super) fake: FakeHost,
    world: Arc<World>,
}

impl Server {
    pub(super) fn new(before: impl FnOnce(&mut Json)) -> Self {
        let mut state = contoso();
        before(&mut state);
        let world = Arc::new(World::of(state));
        Self { fake: machine().with_powershell(Arc::new(StandIn(Arc::clone(&world)))), world }
    }

    fn look(&self, action: &Json) -> Answer {
        ask_engine(&self.fake, Allow::All, request(action, None).to_string().as_bytes())
    }

    fn act(&self, action: &Json, step: &str) -> Answer {
        let ticket = json!(["roll-1", step, 1, 1]);
        ask_engine(&self.fake, Allow::All, request(action, Some(&ticket)).to_string().as_bytes())
    }

    fn holds(&self, action: &Json) -> String {
        let answer = self.look(action);
        answer.outcome()["observed"]["holds"].as_str().unwrap_or_else(|| panic!("{}", answer.json)).to_owned()
    }
}

fn expect(answer: &Answer, expected: &Json) {
    assert_eq!(difference(expected, answer.outcome(), "outcome"), None, "{}", answer.json);
}

/// A request to stage the PFX of the fixtures.
pub(super) fn stage_request(fence: u64) -> Json {
    let pfx = BASE64.encode(fixture("chain.pfx"));
    let stage = json!({"stage": {"thumbprint": leaf().thumbprint().to_string(), "pfx": pfx, "password": password()}});
    request(&stage, Some(&json!(["roll-1", "stage", 1, fence])))
}

/// Microsoft's script in the world of the fixtures.
pub(super) const SCRIPT: &str = "C:\\Program Files\\Dynamics 365\\Tools\\CertificateReconfiguration.ps1";
/// Before every change of the world of the fixtures.
const LONG_AGO: &str = "2026-10-01T00:00:00Z";
/// After the start of every process in it, before its clock.
const TODAY: &str = "2026-11-02T07:00:00Z";

#[test]
fn a_server_describes_powershell_script_and_measured_network_identity() {
    let server = Server::new(|state| state["files"][SCRIPT]["sha256"] = json!("AB".repeat(32)));
    expect(
        &server.look(&json!({"describe": {}})),
        &json!({"observed": {"facts": {"node": {
            "script": {"there": {"file": SCRIPT, "sha256": "AB".repeat(32)}},
            "powershell": {"there": {"language_mode": "FullLanguage", "version": "~5.1"}},
            "network_identity": {"there": {"reached": true}}
        }}}}),
    );
    let lonely = Server::new(|state| state["session"]["networkIdentity"] = json!(false));
    expect(
        &lonely.look(&json!({"describe": {}})),
        &json!({"observed": {"facts": {"node": {"network_identity": {"there": {"reached": false, "why": "*"}}}}}}),
    );
    let bare = Server::new(|state| state["files"] = json!({}));
    expect(
        &bare.look(&json!({"describe": {}})),
        &json!({"observed": {"facts": {"node": {"script": {"absent": "*"}}}}}),
    );
}

#[test]
fn rows_and_servers_are_read() {
    let server = Server::new(|_| {});
    let rows = server.look(&json!({"crm-certificates": {}}));
    expect(
        &rows,
        &json!({"observed": {"facts": {"rows": {"rows": [
            {"certificate_type": "S2STokenIssuer", "certificate": "T0xE", "thumbprint": "*"},
            {"certificate_type": "TokenEncryption"}
        ]}}}}),
    );
    let servers = server.look(&json!({"crm-servers": {}}));
    assert!(!servers.outcome()["observed"]["facts"]["servers"]["servers"].as_array().unwrap().is_empty());
    let hop = Server::new(|state| state["session"]["networkIdentity"] = json!(false));
    assert_eq!(hop.look(&json!({"crm-certificates": {}})).outcome()["failed"]["exit_code"], 4);
}

#[test]
fn signals_are_read_and_a_log_that_is_not_shown_is_never_an_empty_one() {
    let server = Server::new(|_| {});
    let asked = |kind: &str| json!({"signals": {"kind": kind, "since": "2026-10-26T08:00:00Z"}});
    for (kind, source) in [("sharepoint", "SharePoint Foundation"), ("monitoring", "MSCRMMonitoringServerRole")] {
        let answer = server.look(&asked(kind));
        let events = answer.outcome()["observed"]["facts"]["signals"]["events"].as_array().unwrap().clone();
        assert_eq!(events.len(), 1, "{kind}: {}", answer.json);
        assert_eq!(events[0]["source"], source);
    }
    let threshold = server.look(&json!({"crm-monitoring": {}}));
    expect(&threshold, &json!({"observed": {"facts": {"monitoring": {"threshold": 10}}}}));
    let blind = Server::new(|state| state["logs"] = json!([]));
    assert_eq!(blind.look(&asked("sharepoint")).outcome()["refused"]["code"], "not-here");
    let hop = Server::new(|state| state["session"]["networkIdentity"] = json!(false));
    assert_eq!(hop.look(&json!({"crm-monitoring": {}})).outcome()["failed"]["exit_code"], 4);
}

fn thumbprint_of(data: &[u8]) -> String {
    s2scert::cert::Thumbprint::of(data).to_string()
}

#[test]
fn a_row_is_written_once_if_it_is_what_was_seen_and_its_undo_puts_back_the_old_one() {
    let (old, new) = (thumbprint_of(b"OLD"), thumbprint_of(b"NEW"));
    let server = Server::new(|state| {
        let file = |print: &str| format!("/var/lib/s2scert/node/certificates/{print}.cer");
        state["files"][file(&new)] = json!({"data": "TkVX"});
        state["files"][file(&old)] = json!({"data": "T0xE"});
    });
    let set = |certificate: &str, expected: Option<&str>| json!({"crm-certificate-set": {"certificate_type": "S2STokenIssuer", "certificate": certificate, "expected": expected}});
    assert_eq!(server.holds(&set("TkVX", Some(&old))), "no");
    let moved = server.act(&set("TkVX", Some(&new)), "moved");
    assert_eq!(moved.outcome()["refused"]["code"], "moved", "{}", moved.json);
    let none = server.act(&set("TkVX", None), "none");
    assert_eq!(none.outcome()["refused"]["code"], "moved", "{}", none.json);
    let done = server.act(&set("TkVX", Some(&old)), "set");
    expect(
        &done,
        &json!({"done": {"changed": true, "undo": {"crm-certificate-set": {"certificate": "T0xE", "expected": new}}}}),
    );
    assert_eq!(server.holds(&set("TkVX", Some(&old))), "yes");
    let undo = done.outcome()["done"]["undo"].clone();
    expect(&server.act(&undo, "undo"), &json!({"done": {"changed": true}}));
    assert_eq!(server.holds(&set("TkVX", Some(&old))), "no");
    assert_eq!(server.world.state()["crm"]["rows"][0]["data"], "T0xE");
    // What was written for the cmdlet is gone.
    assert!(!server.fake.folders().files().iter().any(|path| path.to_string_lossy().ends_with(".cer")));
}

#[test]
fn the_alternative_row_is_made_and_removed_and_no_other_row_is_touched() {
    let new = thumbprint_of(b"NEW");
    let server = Server::new(|state| {
        state["files"][format!("/var/lib/s2scert/node/certificates/{new}.cer")] = json!({"data": "TkVX"});
    });
    let set = json!({"crm-certificate-set": {
        "certificate_type": "AlternativeS2STokenIssuer", "certificate": "TkVX", "expected": null
    }});
    let done = server.act(&set, "set");
    let undo = done.outcome()["done"]["undo"].clone();
    assert!(undo["crm-certificate-remove"]["id"].is_string(), "{}", done.json);
    assert_eq!(server.holds(&undo), "no");
    expect(&server.act(&undo, "undo"), &json!({"done": {"changed": true}}));
    assert_eq!(server.holds(&undo), "yes");
    let foreign = json!({"crm-certificate-remove": {
        "certificate_type": "S2STokenIssuer", "id": "22222222-0000-0000-0000-000000000000"
    }});
    let refused = server.act(&foreign, "foreign");
    assert_eq!(refused.outcome()["refused"]["code"], "moved", "{}", refused.json);
    assert_eq!(server.world.state()["crm"]["rows"].as_array().unwrap().len(), 2);
}

#[test]
fn a_service_and_a_pool_begin_anew_and_the_probe_sees_it_by_the_start_of_their_processes() {
    let server = Server::new(|_| {});
    for (action, name) in [("service-restart", "MSCRMAsyncService"), ("pool-recycle", "CRMAppPool")] {
        let asked = |after: &str| json!({action: {"name": name, "after": after}});
        assert_eq!(server.holds(&asked(LONG_AGO)), "yes", "{action}");
        assert_eq!(server.holds(&asked(TODAY)), "no", "{action}");
        expect(
            &server.act(&asked(TODAY), action),
            &json!({"done": {"changed": true, "facts": {"services": {"gaps": []}}}}),
        );
        assert_eq!(server.holds(&asked(TODAY)), "yes", "{action}");
    }
    let stopped = json!({"service-restart": {"name": "MSCRMAsyncService$maintenance", "after": TODAY}});
    assert_eq!(server.act(&stopped, "stopped").outcome()["refused"]["code"], "moved");
    let absent = json!({"pool-recycle": {"name": "NoSuchPool", "after": TODAY}});
    assert_eq!(server.act(&absent, "absent").outcome()["refused"]["code"], "not-here");
    assert_eq!(server.holds(&absent), "no");
}

#[test]
fn the_web_server_is_restarted() {
    let server = Server::new(|_| {});
    let reset = json!({"iis-reset": {"after": TODAY}});
    assert_eq!(server.holds(&reset), "no");
    expect(&server.act(&reset, "reset"), &json!({"done": {"changed": true}}));
    assert_eq!(server.holds(&reset), "yes");
}

#[test]
fn trusts_are_read_and_the_job_is_held_started_and_released() {
    let server = Server::new(|_| {});
    let trusts = server.look(&json!({"sharepoint-trusts": {}}));
    assert!(!trusts.outcome()["observed"]["facts"]["trusts"]["issuers"].as_array().unwrap().is_empty());
    let (hold, release) = (json!({"metadata-job-hold": {}}), json!({"metadata-job-release": {}}));
    let start = json!({"metadata-job-start": {"after": TODAY}});
    assert_eq!((server.holds(&hold).as_str(), server.holds(&release).as_str()), ("no", "yes"));
    expect(&server.act(&hold, "hold"), &json!({"done": {"changed": true, "undo": {"metadata-job-release": {}}}}));
    assert_eq!((server.holds(&hold).as_str(), server.holds(&release).as_str()), ("yes", "no"));
    assert_eq!(server.act(&start, "start-held").outcome()["refused"]["code"], "moved");
    expect(&server.act(&release, "release"), &json!({"done": {"changed": true, "undo": {"metadata-job-hold": {}}}}));
    assert_eq!(server.holds(&start), "no");
    expect(&server.act(&start, "start"), &json!({"done": {"changed": true, "facts": {"job": {"held": false}}}}));
    expect(&server.look(&json!({"metadata-job": {}})), &json!({"observed": {"facts": {"job": {"name": "*"}}}}));
}

#[test]
fn a_machine_without_the_cmdlets_says_so_and_does_nothing() {
    let server = Server::new(|state| state["snapins"] = json!([]));
    for action in ["crm-certificates", "crm-servers", "sharepoint-trusts", "metadata-job"] {
        let answer = server.look(&json!({action: {}}));
        assert_eq!(answer.outcome()["refused"]["code"], "not-here", "{}", answer.json);
    }
    let hold = server.act(&json!({"metadata-job-hold": {}}), "hold");
    assert_eq!(hold.outcome()["refused"]["code"], "not-here", "{}", hold.json);
}

/// A server on which a PFX is staged, and the request to run Microsoft's script on it.
fn staged(before: impl FnOnce(&mut Json)) -> (Server, Json) {
    const ONE_USE: &str = "0123456789abcdefghjkmnpqrs";
    let (thumbprint, pfx) = super::issued(ONE_USE);
    let hash = s2scert::cert::Fingerprint::of(&pfx).to_string();
    let path = format!("/var/lib/s2scert/node/staging/{}.pfx", &hash[..32]);
    let server = Server::new(|state| {
        state["files"][SCRIPT]["sha256"] = json!("AB".repeat(32));
        state["files"][&path] =
            json!({"password": ONE_USE, "subject": "CN=s2s, OU=generation 2, O=Contoso", "data": "TkVX"});
        before(state);
    });
    let stage = json!({"stage": {"thumbprint": thumbprint, "pfx": BASE64.encode(&pfx), "password": ONE_USE}});
    expect(&server.act(&stage, "stage"), &json!({"done": {"changed": true}}));
    assert!(server.fake.folders().files().iter().any(|file| file.display().to_string() == path));
    let reconfigure = json!({"reconfigure": {
        "thumbprint": thumbprint, "password": ONE_USE, "script_sha256": "AB".repeat(32),
        "certificate_type": "S2STokenIssuer", "service_account": "Network Service",
        "store_find_type": "FindBySubjectDistinguishedName", "update_crm": true
    }});
    (server, reconfigure)
}

fn runs(server: &Server) -> usize {
    server.world.record().iter().filter(|entry| entry["reconfiguration"] == "begins").count()
}

fn nothing_is_staged(server: &Server) {
    assert!(!server.fake.folders().files().iter().any(|path| path.to_string_lossy().ends_with(".pfx")));
    assert!(!server.fake.folders().holds(b"0123456789abcdefghjkmnpqrs"), "the one-use password is in a file");
}

#[test]
fn microsofts_script_runs_once_and_neither_pfx_nor_password_is_left() {
    let (server, reconfigure) = staged(|_| {});
    let first = server.act(&reconfigure, "reconfigure");
    expect(
        &first,
        &json!({"done": {"changed": true, "facts": {"script": {"staged": [], "script": {"file": SCRIPT}}}}}),
    );
    let second = server.act(&reconfigure, "reconfigure");
    assert_eq!((first.bytes == second.bytes, runs(&server)), (true, 1));
    assert_eq!(server.world.state()["crm"]["rows"][0]["data"], "TkVX");
    nothing_is_staged(&server);
}

#[test]
fn a_script_that_has_changed_since_the_plan_does_not_run() {
    let (server, reconfigure) = staged(|state| state["files"][SCRIPT]["sha256"] = json!("CD".repeat(32)));
    let answer = server.act(&reconfigure, "reconfigure");
    assert_eq!(answer.outcome()["refused"]["code"], "moved", "{}", answer.json);
    assert_eq!(runs(&server), 0);
    nothing_is_staged(&server);
}

#[test]
fn a_script_whose_answer_is_lost_is_unclear_and_is_not_run_again_by_a_repeat() {
    let (server, reconfigure) = staged(|state| state["faults"] = json!([{"on": "output", "kind": "truncated"}]));
    for _ in 0..2 {
        let answer = server.act(&reconfigure, "reconfigure");
        assert!(answer.outcome()["unclear"].is_object(), "{}", answer.json);
    }
    assert_eq!(runs(&server), 1);
    nothing_is_staged(&server);
}
