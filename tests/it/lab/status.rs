//! `farm status` over the lab: what each breakage makes it say, and how the rest of the farm is still shown.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use super::expected::Expected;
use crate::lab_farm::{Folder, NODES, Programs};

/// How long a node may take that never answers, in seconds; the others need less, on a busy machine too.
const HANGING: &str = "15";
const USUAL: &str = "120";

/// What the command answered.
pub(super) struct Status {
    code: i32,
    json: Json,
    findings: Vec<String>,
    gaps: Vec<String>,
}

/// Asks for the status of the farm.
fn ask(lab: &Folder, program: &Path, breakage: &str) -> Status {
    let hangs = matches!(breakage, "node-hangs" | "node-stops" | "web-hangs");
    let mut command = Command::new(program);
    command.args(["farm", "status", "--json", "--deadline", if hangs { HANGING } else { USUAL }, "--farm"]);
    let output = command.arg(lab.farm()).output().unwrap();
    let json: Json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}", String::from_utf8_lossy(&output.stderr)));
    let text = |json: &Json, key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str, one: &dyn Fn(&Json) -> String| {
        let mut all: Vec<String> = json[key].as_array().unwrap_or_else(|| panic!("{json}")).iter().map(one).collect();
        all.sort();
        all
    };
    let findings = list("findings", &|one| {
        // Which clock is the slowest of all is chance; which one is fast is not.
        let fast = text(one, "id") == "clocks-apart" && text(one, "message").contains("crm-async-1");
        let subject = if fast { "crm-async-1".to_owned() } else { text(one, "subject") };
        format!("{} {subject}", text(one, "id"))
    });
    let gaps = list("gaps", &|one| format!("{}: {}", text(one, "server"), text(one, "why")));
    Status { code: output.status.code().unwrap(), json, findings, gaps }
}

/// A farm in order has nothing to tell, and its JSON is as published.
pub(super) fn is_in_order(lab: &Folder, program: &Path) {
    let status = ask(lab, program, "");
    assert_eq!((status.findings.as_slice(), status.gaps.as_slice()), (&[][..], &[][..]), "{}", status.json);
    assert_eq!(status.code, 0);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/farm-status.json");
    let schema: Json = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator.iter_errors(&status.json).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    assert!(status.json["complete"].as_bool().unwrap());
}

/// Says where the answer differs: what is broken is told, nothing else is, and whoever can be seen is shown.
pub(super) fn faults(lab: &Folder, program: &Path, expected: &Expected) -> Vec<String> {
    let name = expected.name;
    let status = ask(lab, program, name);
    let mut faults = Vec::new();
    let mut wrong = |what: String| faults.push(format!("{name}: {what}"));
    if status.findings != expected.findings {
        wrong(format!("the findings are {:#?}", status.findings));
    }
    // What is lost of a server may be told for each of its parts.
    let fits = |gap: &str, wanted: &str| {
        let (server, why) = wanted.split_once(": ").unwrap();
        gap.strip_prefix(server).is_some_and(|rest| rest.starts_with(": ") && rest.contains(why))
    };
    for wanted in expected.gaps.iter().filter(|wanted| !status.gaps.iter().any(|gap| fits(gap, wanted))) {
        wrong(format!("{:#?} lacks {wanted:?}", status.gaps));
    }
    let lost = expected.gaps.iter().any(|gap| gap.starts_with("crm-web-2: ")) && name.starts_with("node")
        || name == "host-key";
    let of_lost = |gap: &str| lost && gap.starts_with("crm-web-2: ");
    for gap in &status.gaps {
        if !expected.gaps.iter().any(|wanted| fits(gap, wanted)) && !of_lost(gap) {
            wrong(format!("{gap:?} is no gap of it"));
        }
    }
    let errors = status.json["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "error");
    let code = match (errors, status.gaps.is_empty()) {
        (true, _) => 3,
        (false, false) => 8,
        (false, true) => 0,
    };
    if status.code != code {
        wrong(format!("the exit code is {}", status.code));
    }
    for node in &NODES {
        let shown = status.json["servers"].as_array().unwrap().iter().find(|one| one["name"] == node.name).unwrap();
        if shown.get("collected_at").is_none() != (lost && node.name == "crm-web-2") {
            wrong(format!("{shown}"));
        }
    }
    faults
}

/// A server by itself, in a folder without a description: it shows its roles, and with them what a bundle holds.
pub(super) fn a_server_is_collected_alone(lab: &Folder, programs: &Programs) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut command = Command::new(&programs.s2scert);
    command
        .args(["farm", "collect", "--node", "crm-web-1", "--out", "alone.json", "--json"])
        .current_dir(folder.path());
    command.env("S2SCERT_STATE", lab.of("crm-web-1").join("state"));
    command.env("S2SCERT_TEST_POWERSHELL", &programs.powershell).env("S2SCERT_STANDIN_STATE", lab.world());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let bundle: Json = serde_json::from_slice(&std::fs::read(folder.path().join("alone.json")).unwrap()).unwrap();
    let facts = &bundle["facts"];
    assert_eq!(facts["server"], "crm-web-1");
    for part in ["store", "services", "rows", "trusts", "refresh_job"] {
        assert!(facts[part]["seen"].is_array() || facts[part]["seen"].is_object(), "{part}: {}", facts[part]);
    }
}
