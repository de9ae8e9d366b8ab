//! The part of people in a roll, done as its files say: the bridge's scripts run in the stand-in for PowerShell, and
//! `s2scert rotate record` judges what they printed. The scripts that no PowerShell here can run are answered with the true key.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use s2scert::cert::{Certificate, KeyPair, pem};
use s2scert::protocol::Text;
use s2scert::rotation::journal::FileJournal;
use s2scert::rotation::plan::{Act, Plan};
use s2scert::rotation::record::{Began, Done, Journal as _, Record, Run};
use serde_json::{Value as Json, json};

use crate::bundles;
use crate::standin::{self, World};
use crate::transcripts::fixtures::{FILES, PASSWORD};

/// The server that people look after.
const SERVER: &str = "crm-web-2";
/// When the row was written, by the journal: before anything of the stand-in's world is done.
const SWITCHED: &str = "2026-11-02T07:00:00Z";

fn fixture(name: &str) -> &'static [u8] {
    FILES.iter().find(|(one, _)| *one == name).map(|(_, bytes)| bytes.as_slice()).unwrap()
}

struct Desk {
    folder: tempfile::TempDir,
    world: World,
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program, which has to end with this code, and returns what it says in JSON.
    fn says(&self, line: &str, code: i32) -> Json {
        let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
        command.args(line.split(' ')).arg("--json").current_dir(self.folder.path()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let told = [output.stdout.as_slice(), &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        assert_eq!(output.status.code(), Some(code), "{line}: {told:?}");
        serde_json::from_str(&told[0]).unwrap()
    }

    /// The files of a step on that server, by the end of their names.
    fn file(&self, step: &str, script: &str) -> PathBuf {
        let runbook = std::fs::read_to_string(self.path("by-hand/RUNBOOK.md")).unwrap();
        let wanted = format!("({script}:");
        let named = |line: &&str| line.contains(&format!("-{step}.")) && line.contains(&wanted);
        let line = runbook.lines().find(named).unwrap_or_else(|| panic!("{step}: {script}"));
        self.path("by-hand").join(line.split('`').nth(1).unwrap())
    }

    /// Runs a script as the runbook says, and keeps what it prints as a console of PowerShell 5.1 does.
    fn run(&self, step: &str, script: &str) -> String {
        let file = self.file(step, script);
        let data = std::fs::read(file.with_extension("json")).unwrap();
        let ended = standin::run(&std::fs::read_to_string(&file).unwrap(), &data, &self.world).unwrap();
        assert_eq!(ended.code, 0, "{script}: {}", ended.stderr);
        self.keep(&format!("{step}-{script}.txt"), &ended.stdout)
    }

    fn keep(&self, name: &str, text: &str) -> String {
        let wide: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        std::fs::write(self.path(name), wide).unwrap();
        name.to_owned()
    }

    /// Answers in place of a script that needs the store of Windows.
    fn answered(&self, step: &str, script: &str, value: impl FnOnce(&Json) -> Json) -> String {
        let data: Json =
            serde_json::from_slice(&std::fs::read(self.file(step, script).with_extension("json")).unwrap()).unwrap();
        let answer = json!({ "ok": true, "value": value(&data) });
        let line = |name: &str| data[name].as_str().unwrap().to_owned();
        self.keep(&format!("{step}-{script}.txt"), &format!("{}\r\n{answer}\r\n{}\r\n", line("begin"), line("end")))
    }
}

/// A roll whose row was written, and which waits for what people do.
fn desk() -> (Desk, Plan) {
    let desk = Desk {
        folder: tempfile::tempdir().unwrap(),
        world: World::of(serde_json::from_str(include_str!("../standin/contoso.json")).unwrap()),
    };
    bundles::write(desk.folder.path(), &bundles::healthy(fixture("other.cer")));
    let places = ["crm-web-1", "crm-async-1", "sp-1"].iter().enumerate();
    let farm = places.fold(bundles::FARM.to_owned(), |text, (number, name)| {
        let (before, behind) = text.split_once(&format!("name = \"{name}\"\n")).unwrap();
        let behind = behind.replacen("\"manual\"", &format!("\"ssh\"\naddress = \"10.0.0.{number}\""), 1);
        format!("{before}name = \"{name}\"\n{behind}")
    });
    std::fs::write(desk.path("farm.toml"), farm).unwrap();
    std::fs::write(desk.path("new.pfx"), fixture("modern.pfx")).unwrap();
    std::fs::write(desk.path("pass"), PASSWORD).unwrap();
    let credential = "--credential new.pfx --password-file pass --policy evaluation";
    desk.says(&format!("rotate plan --from collected {credential} --state-dir state"), 5);
    desk.says("rotate emit plan.json --dir by-hand", 0);
    let bytes = std::fs::read(desk.path("plan.json")).unwrap();
    let plan = Plan::read(&bytes).unwrap();
    begun(&desk.path("state"), &plan, &bytes);
    (desk, plan)
}

/// Keeps the roll as `apply` does that has written the row.
fn begun(state: &Path, plan: &Plan, bytes: &[u8]) {
    let state = s2scert::sys::host().state.create(state).unwrap();
    let kept = state.create("rolls").unwrap().create(plan.roll.as_str()).unwrap();
    kept.write("plan.json", bytes).unwrap();
    let mut journal = FileJournal::open(kept, &plan.roll).unwrap();
    let at = SWITCHED.parse().unwrap();
    let switch = plan.steps.iter().find(|step| matches!(step.act, Act::Switch(_))).unwrap();
    for record in [
        Record::Began(Began { roll: plan.roll.clone(), plan_sha256: plan.digest(), at }),
        Record::Run(Run { holder: Text::told("ada"), fence: 1, at }),
        Record::Done(Done { step: switch.id.clone(), at }),
    ] {
        journal.append(&record).unwrap();
    }
}

#[test]
fn what_people_did_on_their_server_is_handed_in_and_judged_to_the_last_step() {
    let (desk, plan) = desk();
    let left = desk.says("rotate record --state-dir state", 11);
    assert_eq!(left["steps"].as_array().unwrap().len(), 2, "{left}");

    let (ready, recycle) = (format!("hand-ready-{SERVER}"), format!("hand-recycle-{SERVER}"));
    let blocks = pem::scan(include_bytes!("../data/keys/leaf.pem")).unwrap();
    let key = KeyPair::from_pkcs8_der(&blocks[0].content).unwrap();
    let new = Certificate::from_der(plan.basis.asked.certificate.certificate.as_bytes()).unwrap();
    assert_eq!(new.public_key(), *key.public_key(), "the key is that of the credential");
    let proof = desk.answered(&ready, "ProveKey", |data| {
        let text = BASE64.decode(data["text"].as_str().unwrap()).unwrap();
        json!({ "machine": "CRM-WEB-2", "signature": BASE64.encode(key.sign_sha256(&text).unwrap()) })
    });
    let shown = desk.answered(&ready, "ShowCertificate", |data| {
        assert_eq!(data["thumbprint"], new.thumbprint().to_string());
        let names = data["accounts"].as_str().unwrap().split('|');
        let readers: Vec<Json> = names.map(|name| json!({ "name": name, "sid": "S-1-5-20", "reads": true })).collect();
        json!({
            "machine": "CRM-WEB-2", "found": 1, "hasKey": true, "provider": "Microsoft Enhanced RSA and AES Cryptographic Provider",
            "providerType": 24, "keySpec": "Exchange", "machineKeySet": true, "container": "s2s", "access": "D:", "readers": readers,
        })
    });
    let report =
        desk.says(&format!("rotate record {ready} --output {proof} --output {shown} --by ada --state-dir state"), 11);
    assert_eq!(report["changed"], true, "{report}");

    // Before the pool is recycled its process is that from before the switch, and the look says so.
    let early = desk.run(&recycle, "GetAppPools");
    let report = desk.says(&format!("rotate record --output {early} --state-dir state"), 3);
    assert_eq!(
        (report["changed"].as_bool(), report["outputs"][0]["verdict"].as_str()),
        (Some(false), Some("not-so")),
        "{report}"
    );
    desk.run(&recycle, "RecycleAppPool");
    let late = desk.run(&recycle, "GetAppPools");
    let report = desk.says(&format!("rotate record --output {late} --note ticket-7 --state-dir state"), 0);
    assert_eq!(
        (report["changed"].as_bool(), report["outputs"][0]["verdict"].as_str()),
        (Some(true), Some("proven")),
        "{report}"
    );
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["recorded"] == true), "{report}");
    // A second time changes nothing.
    let again = desk.says(&format!("rotate record --output {late} --state-dir state"), 0);
    assert_eq!(again["changed"], false, "{again}");
}

#[test]
fn the_looks_of_a_runbook_are_judged_as_the_world_is() {
    let (desk, plan) = desk();
    let switch = plan.steps.iter().find(|step| matches!(step.act, Act::Switch(_))).unwrap();
    let before = desk.run(switch.id.as_str(), "GetCrmCertificate");
    let report = desk.says(&format!("rotate record --output {before} --state-dir state"), 3);
    assert_eq!(report["outputs"][0]["verdict"], "not-so", "{report}");
    desk.world.with(|world| {
        for row in world["crm"]["rows"].as_array_mut().unwrap() {
            if row["certificateType"] == "S2STokenIssuer" {
                row["data"] = json!(BASE64.encode(plan.basis.asked.certificate.certificate.as_bytes()));
            }
        }
    });
    let after = desk.run(switch.id.as_str(), "GetCrmCertificate");
    let report = desk.says(&format!("rotate record {} --output {after} --state-dir state", switch.id), 11);
    assert_eq!(
        (report["changed"].as_bool(), report["outputs"][0]["verdict"].as_str()),
        (Some(true), Some("proven")),
        "{report}"
    );
}
