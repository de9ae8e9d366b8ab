//! The farm of the lab by the transport `winrm`: the real program starts the stand-in for `powershell.exe`, whose sessions lead
//! to the real program of each node. What Windows itself does between the two is not shown.

use std::process::Command;

use serde_json::{Value as Json, json};

use crate::lab_farm::{Folder, NODES, Programs};
use crate::powershell::contoso;

/// The node on which the program is missing.
const WITHOUT: &str = "crm-web-2";

/// Each server is seen, and nothing is found that ssh does not find. The names lead nowhere, so the documents are gaps.
pub(super) fn shows_what_ssh_shows(lab: &Folder, programs: &Programs) {
    let octets = std::fs::read(&programs.s2scert).unwrap();
    let sum = s2scert::cert::Fingerprint::of(&octets).to_string();
    let place = format!(r"C:\PROGRA~1\s2scert\{sum}\s2scert.exe");
    let mut world = contoso();
    world["files"][programs.s2scert.to_str().unwrap()] = json!({ "sha256": sum });
    let mut text = std::fs::read_to_string(lab.farm()).unwrap();
    for node in &NODES {
        let address = format!("{}.contoso.invalid", node.name);
        let variables = [
            format!("S2SCERT_STATE={}", lab.of(node.name).join("state").display()),
            format!("S2SCERT_TEST_POWERSHELL={}", programs.powershell.display()),
            format!("S2SCERT_STANDIN_STATE={}", lab.world().display()),
        ];
        let mut run = vec!["env".to_owned()];
        run.extend(variables);
        run.push(programs.s2scert.display().to_string());
        let files = if node.name == WITHOUT { json!({}) } else { json!({ &place: { "sha256": sum } }) };
        world["remote"][&address] = json!({ "files": files, "folders": {}, "programs": { &place: { "run": run } } });
        text = text.replace(&format!("address = {:?}", node.address), &format!("address = {address:?}"));
    }
    let kept = |line: &&str| {
        !["port = ", "staging = ", "[ssh]", "identity_file", "known_hosts"].iter().any(|key| line.starts_with(key))
    };
    let text: String = text.lines().filter(kept).map(|line| format!("{line}\n")).collect();
    let text = text.replace("transport = \"ssh\"", "transport = \"winrm\"");
    let far = tempfile::TempDir::new().unwrap();
    let (farm, state) = (far.path().join("farm.toml"), far.path().join("far.json"));
    std::fs::write(&farm, text).unwrap();
    std::fs::copy(lab.path("tls-ca.pem"), far.path().join("tls-ca.pem")).unwrap();
    std::fs::write(&state, world.to_string()).unwrap();
    let ask = |more: &[&str]| {
        let mut command = Command::new(&programs.s2scert);
        command.args(["farm", "status", "--json", "--deadline", "120", "--farm"]).arg(&farm);
        command.arg("--node-program").arg(&programs.s2scert).args(more);
        command.env("S2SCERT_TEST_POWERSHELL", &programs.powershell).env("S2SCERT_STANDIN_STATE", &state);
        let output = command.output().unwrap();
        let json: Json = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
        json
    };
    let unseen = |json: &Json| -> Vec<String> {
        let all = json["servers"].as_array().unwrap().iter();
        all.filter(|one| one.get("collected_at").is_none())
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(unseen(&ask(&[])), [WITHOUT]);
    let json = ask(&["--push"]);
    assert_eq!((unseen(&json), &json["findings"]), (Vec::new(), &json!([])), "{json}");
    let gaps: Vec<&str> = json["gaps"].as_array().unwrap().iter().map(|gap| gap["server"].as_str().unwrap()).collect();
    assert_eq!(gaps, ["crm-web-1", "crm-web-2", "crm-web-3"], "{json}");
    let state: Json = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
    assert_eq!(state["sessions"], 0);
    assert_eq!(state["remote"][format!("{WITHOUT}.contoso.invalid")]["files"], json!({ &place: { "sha256": sum } }));
}
