//! The lab: a farm of real processes, broken in one way after the other.
//!
//! One lab serves the whole suite, because a farm takes longer to set up than to break.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod carry;
mod expected;
mod operator;
mod roll;
mod secrets;
mod shapes;
mod status;
mod token;
mod unattended;
mod watching;
mod winrm;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use s2scert::app::farm::metadata::Documents;
use s2scert::farm::description;
use s2scert::farm::truth::{MetadataAnswer, Seen};
use s2scert::transport::Push;
use serde_json::{Value as Json, json};

use expected::{EXPECTED, Expected};

use crate::lab_farm::breakages::{BREAKAGES, break_it, broken, mend};
use crate::lab_farm::sshd::{self, Sshd};
use crate::lab_farm::{Folder, Lab, NODES, Node, Programs};

/// How long a web server may take: enough for any that answers, and for one that never does.
const PATIENCE: Duration = Duration::from_secs(60);
const IMPATIENCE: Duration = Duration::from_secs(2);
const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// What never answers is waited for in a lab of its own, while the other farm is broken in all other ways.
const WAITING: [&str; 3] = ["node-hangs", "node-stops", "web-hangs"];

/// The programs of a lab, where this machine has what one needs. Both are copies without what only a debugger reads: each
/// node computes the hash of the whole file for each request.
fn programs() -> Option<(tempfile::TempDir, Programs)> {
    if sshd::program().is_none() {
        crate::tools::skip("sshd");
        return None;
    }
    for (program, probe) in [("ssh", "-V"), ("setfacl", "--version"), ("faketime", "--version")] {
        crate::tools::tool(program, probe)?;
    }
    let folder = tempfile::TempDir::new().unwrap();
    let copy = |from: &Path| {
        let to = folder.path().join(from.file_name().unwrap());
        let stripped = Command::new("strip").arg("-o").arg(&to).arg(from).status().is_ok_and(|ended| ended.success());
        // A machine without binutils is slower and no worse.
        if !stripped {
            std::fs::copy(from, &to).unwrap();
        }
        to
    };
    let programs =
        Programs { s2scert: copy(Path::new(PROGRAM)), powershell: copy(crate::powershell::standin_program()) };
    Some((folder, programs))
}

/// Sets a lab up in a folder that holds its programs too, where this machine has what it needs.
fn lab() -> Option<(tempfile::TempDir, Lab, Programs)> {
    let (folder, programs) = programs()?;
    let lab = Lab::up(&folder.path().join("lab"), &programs);
    Some((folder, lab, programs))
}

/// Asks a node over its own `sshd`.
fn ask(lab: &Folder, node: &Node, action: &Json) -> Output {
    let program = std::fs::read_dir(lab.of(node.name).join("program")).unwrap().next().unwrap().unwrap().path();
    let known = format!("UserKnownHostsFile={}", lab.path("known_hosts").display());
    let mut command = Command::new("ssh");
    command.arg("-i").arg(lab.path("client-key")).args(["-F", "none", "-o", &known, "-o", "BatchMode=yes"]);
    command.args(["-p", &Sshd::port(lab, node.name), node.address, &format!("{}/s2scert node", program.display())]);
    let request = json!({
        "schema": "s2scert.node-request/1.0", "request": "q-1", "deadline_seconds": 60, "mode": "observe", "action": action
    });
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), request.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn facts(lab: &Folder, node: &Node, action: &Json) -> Json {
    let output = ask(lab, node, action);
    let answer: Json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}: {}", node.name, String::from_utf8_lossy(&output.stderr)));
    answer["outcome"]["observed"]["facts"].clone()
}

/// Everything that decides how the lab behaves: each file with its content and access. What the servers write is left out.
fn shape(lab: &Folder) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![lab.0.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let (path, metadata) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
            let ending = path.extension().unwrap_or_default();
            if metadata.is_dir() {
                open.extend((path != lab.path("kept") && !path.ends_with("program")).then_some(path));
            } else if !["log", "pid", "lock"].iter().any(|of_servers| ending == *of_servers) {
                found.push((path.clone(), metadata.permissions().mode(), std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// What one web server publishes, asked over its own HTTPS server with the trust of farm.toml: thumbprints, or why not.
fn published(lab: &Folder, node: &str, patience: Duration) -> Result<MetadataAnswer<String>, String> {
    let host = s2scert::sys::host();
    let farm = description::read(&std::fs::read_to_string(lab.farm()).unwrap()).farm;
    let documents = Documents::of(&host, &farm, &lab.farm());
    match documents.ask(farm.node(node).unwrap(), patience).remove(0).answer {
        Seen::Seen(answer) => Ok(answer),
        Seen::Unseen(why) => Err(why),
    }
}

#[test]
fn a_farm_of_real_processes_shows_what_is_broken_and_is_mended_to_the_octet() {
    let Some((folder, programs)) = programs() else { return };
    let faults = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let lab = Lab::up(&folder.path().join("waiting"), &programs);
            broken_and_mended(&lab.folder, &programs, &|name| WAITING.contains(&name))
        });
        let lab = Lab::up(&folder.path().join("lab"), &programs);
        let (lab, programs) = (&lab.folder, &programs);
        for node in &NODES {
            let facts = facts(lab, node, &json!({ "describe": {} }));
            assert_eq!(facts["node"]["state"]["folder"], json!(lab.of(node.name).join("state")), "{facts}");
            assert!(facts["node"]["powershell"]["there"].is_object(), "{facts}");
        }
        for node in NODES.iter().filter(|node| node.is_web()) {
            assert_eq!(published(lab, node.name, PATIENCE).map(|answer| answer.keys.len()), Ok(1));
        }
        carry::every_node_answers(lab, &programs.s2scert);
        carry::the_program_is_put_where_it_is_missing(lab, &programs.s2scert);
        status::is_in_order(lab, &programs.s2scert);
        status::a_server_is_collected_alone(lab, programs);
        winrm::shows_what_ssh_shows(lab, programs);
        let mut faults = broken_and_mended(lab, programs, &|name| !WAITING.contains(&name));
        assert!(break_it(lab, "no-such").is_err());
        faults.extend(waiting.join().unwrap());
        faults
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(EXPECTED.len(), BREAKAGES.len());
}

/// Breaks a farm in one way after the other, and says what was told otherwise than expected.
fn broken_and_mended(lab: &Folder, programs: &Programs, taken: &dyn Fn(&str) -> bool) -> Vec<String> {
    let reach = carry::Reach::new(lab, &programs.s2scert, Push::Never);
    let (before, mut faults) = (shape(lab), Vec::new());
    for breakage in BREAKAGES.iter().filter(|breakage| taken(breakage.name)) {
        let name = breakage.name;
        break_it(lab, name).unwrap();
        assert_eq!(broken(lab).as_deref(), Some(name));
        assert!(break_it(lab, "row-missing").is_err());
        assert!(shape(lab) != before, "{name} changes nothing");
        let expected = EXPECTED.iter().find(|one| one.name == name).unwrap();
        metadata_is(lab, expected);
        reach.is_as_broken(name);
        faults.extend(status::faults(lab, &programs.s2scert, expected));
        mend(lab);
        assert!(shape(lab) == before, "{name} is not mended");
    }
    faults
}

/// The gaps of the third web server are those of its document.
fn metadata_is(lab: &Folder, expected: &Expected) {
    let gap = expected.gaps.iter().find_map(|gap| gap.strip_prefix("crm-web-3: "));
    let patience = if expected.name == "web-hangs" { IMPATIENCE } else { PATIENCE };
    match (published(lab, "crm-web-3", patience), gap) {
        (Err(why), Some(part)) => assert!(why.contains(part), "{}: {why}", expected.name),
        (Ok(answer), None) => {
            let wanted = match expected.name {
                "row-missing" | "metadata-empty" => 0,
                "row-twice" => 2,
                "metadata-ten" => 9,
                _ => 1,
            };
            assert_eq!(answer.keys.len(), wanted, "{}", expected.name);
        }
        (seen, _) => panic!("{}: {seen:?}", expected.name),
    }
}
