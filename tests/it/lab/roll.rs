//! A roll of the lab by the real program over real connections: cut off by SIGKILL at writes of the journal and resumed,
//! taken over by another controller, taken back.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use super::secrets::{self, Watcher};
use crate::lab_farm::{Folder, NODES};
use crate::standin::World;

/// So many writes of the journal, drawn from a seed, are the last of their controller.
const KILLS: usize = 4;
/// The seed.
const SEED: u64 = 20_261_125;
/// A roll of the small farm writes about so many records.
const RECORDS: u64 = 28;
/// How often a journal is looked at.
const POLL: Duration = Duration::from_millis(5);

/// An operator with a state folder of his own.
pub(super) struct Operator<'a> {
    lab: &'a Folder,
    program: &'a Path,
    state: PathBuf,
}

impl<'a> Operator<'a> {
    pub(super) fn new(lab: &'a Folder, program: &'a Path, name: &str) -> Self {
        Self { lab, program, state: lab.path(&format!("operator-{name}")) }
    }

    /// Words that begin with `rotate`, with the files of the lab.
    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(self.program);
        command.args(line.split(' ')).current_dir(&self.lab.0).env("S2SCERT_STATE", &self.state);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(super) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// Runs a command that has to end with this exit code, and returns the last line of its JSON.
    pub(super) fn ends(&self, line: &str, code: i32) -> Json {
        let output = self.run(&format!("{line} --json"));
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{line}\n{stdout}\n{stderr}");
        serde_json::from_str(&stdout)
            .or_else(|_| serde_json::from_str(stdout.lines().next_back().unwrap_or_default()))
            .unwrap_or_else(|_| panic!("{line}: {stdout}\n{stderr}"))
    }

    /// Returns how many records the journal has.
    fn records(&self) -> usize {
        let Ok(rolls) = std::fs::read_dir(self.state.join("rolls")) else { return 0 };
        let folders = rolls.flatten().flat_map(|roll| std::fs::read_dir(roll.path()).into_iter().flatten().flatten());
        let journals = folders.filter(|file| file.path().extension().is_some_and(|end| end == "journal"));
        journals.map(|file| std::fs::read(file.path()).unwrap_or_default()).map(|text| lines(&text)).sum()
    }

    /// Kills a controller as soon as its journal has so many records. Returns whether it was still there.
    fn kill_at(&self, child: &mut Child, records: usize) -> bool {
        loop {
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            if self.records() >= records {
                child.kill().unwrap();
                child.wait().unwrap();
                return true;
            }
            std::thread::sleep(POLL);
        }
    }

    /// Goes on with a roll; where the killed one had taken the lease and not written that down yet, as a person would.
    fn resumes(&self, line: &str) -> Child {
        let status = self.run("rotate status --farm small.toml --json");
        let status: Json = serde_json::from_slice(&status.stdout).unwrap();
        let fence = &status["lease"]["fence"];
        let line = if fence.is_u64() { format!("{line} --take-over {fence}") } else { line.to_owned() };
        self.command(&line).spawn().unwrap()
    }
}

fn lines(text: &[u8]) -> usize {
    text.iter().filter(|octet| **octet == b'\n').count()
}

/// Two servers that sign and one of SharePoint: the other two are left out, so that a roll is short.
pub(super) fn small_farm(lab: &Folder) {
    let text = std::fs::read_to_string(lab.farm()).unwrap();
    let mut tables: Vec<&str> = text.split("\n[[").collect();
    tables.retain(|table| !table.contains("name = \"crm-web-2\"") && !table.contains("name = \"crm-web-3\""));
    std::fs::write(lab.path("small.toml"), tables.join("\n[[")).unwrap();
}

/// What the stand-in has written down: how often the row was changed, and how many calls of the script overlapped.
pub(super) fn deeds(lab: &Folder) -> (usize, usize) {
    let record = World::Shared(lab.world()).record();
    let changed = record.iter().filter(|entry| entry["row-changed"] == "S2STokenIssuer").count();
    let (mut open, mut overlapping) = (BTreeSet::new(), 0);
    for entry in record.iter().filter(|entry| entry["reconfiguration"].is_string()) {
        let process = entry["process"].to_string();
        if entry["reconfiguration"] == "begins" {
            overlapping += usize::from(!open.is_empty());
            open.insert(process);
        } else {
            open.remove(&process);
        }
    }
    (changed, overlapping)
}

/// Returns the files of a folder, to the bottom.
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { below(&entry.path()) } else { vec![entry.path()] }).collect()
}

/// No PFX is left on any node, and no password of one stands in what the program keeps.
pub(super) fn nothing_is_left(lab: &Folder, operators: &[&Operator<'_>]) {
    let record = World::Shared(lab.world()).record();
    let passwords: BTreeSet<String> = record
        .iter()
        .filter_map(|entry| entry["parameters"]["password"].as_str())
        .map(str::to_owned)
        .chain(std::fs::read_to_string(lab.path("new.pass")).ok().map(|text| text.trim().to_owned()))
        .collect();
    assert!(!passwords.is_empty());
    let kept = NODES.iter().flat_map(|node| below(&lab.of(node.name).join("state")));
    let kept = kept.chain(operators.iter().flat_map(|one| below(&one.state))).chain([lab.path("plan.json")]);
    for path in kept {
        assert!(path.extension().is_none_or(|end| end != "pfx"), "{} is left", path.display());
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let found = passwords.iter().any(|password| text.contains(password));
        assert!(!found, "{} holds a password", path.display());
    }
}

/// Draws places from the seed, each once, in order.
fn places(count: usize) -> Vec<usize> {
    let (mut seed, mut found) = (SEED, BTreeSet::new());
    while found.len() < count {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        found.insert(1 + (seed >> 33) % RECORDS);
    }
    found.into_iter().map(|place| place as usize).collect()
}

/// Plans, and rolls while the controller is killed whenever its journal has so many records.
fn roll_killed_at(lab: &Folder, program: &Path, places: &[usize]) {
    let (ada, bob) = (Operator::new(lab, program, "ada"), Operator::new(lab, program, "bob"));
    let planned =
        ada.ends("rotate plan --farm small.toml --issue --credential new.pfx --generate-password-to new.pass", 5);
    assert_eq!(planned["strategy"], "direct");
    let watcher = Watcher::begin(lab);
    let digest = planned["plan_sha256"].as_str().unwrap();
    let credential = "--credential new.pfx --password-file new.pass";
    ada.ends(&format!("rotate apply plan.json --farm small.toml {credential} --approved-digest {}", "0".repeat(64)), 9);
    let apply = format!("rotate apply plan.json --farm small.toml {credential} --approved-digest {digest}");
    let mut child = ada.command(&apply).spawn().unwrap();
    let mut killed = 0;
    for (number, place) in places.iter().enumerate() {
        if !ada.kill_at(&mut child, *place) {
            break;
        }
        killed += 1;
        if number == 0 {
            // Whoever comes now with the same plan and does not say that he takes over is turned away, and changes nothing.
            bob.ends(&apply, 9);
        }
        child = ada.resumes("rotate resume");
    }
    assert!(killed >= places.len().min(KILLS), "only {killed} of {places:?} were reached");
    // The controller is lost for good: another one takes the roll over from the node, with the journal that is there.
    child.kill().unwrap();
    child.wait().unwrap();
    let child = bob.resumes(&format!("rotate resume plan.json --from-node --farm small.toml {credential}"));
    let output = child.wait_with_output().unwrap();
    let told = || format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{}", told());
    assert_eq!(deeds(lab), (1, 0), "the row is changed once, and no two calls overlap");
    nothing_is_left(lab, &[&ada, &bob]);
    // A second time changes nothing, and nothing stands on any node.
    let again = bob.ends("rotate resume plan.json", 0);
    assert_eq!((again["end"].as_str(), again["changed"].as_bool()), (Some("nothing-to-do"), Some(false)));
    bob.ends(&format!("{apply} --detailed-exitcode"), 20);
    let proven = bob.ends("rotate verify --farm small.toml", 0);
    assert!(proven["lines"].as_array().unwrap().len() >= 5, "{proven}");
    let status = bob.ends("rotate status --farm small.toml", 0);
    assert!(status["nodes"].as_array().unwrap().iter().all(|node| node.get("roll").is_none()), "{status}");
    assert_eq!(deeds(lab), (1, 0));
    watcher.end();
    evidence_holds(lab, &bob);
    secrets::are_nowhere(lab, &[&output.stdout, &output.stderr]);
}

/// The evidence of the roll is checked by a program that has nothing of ours, which finds what was altered in it.
fn evidence_holds(lab: &Folder, operator: &Operator<'_>) {
    let report = operator.ends("rotate evidence --farm small.toml --out evidence.json", 0);
    assert_eq!((report["looked"].as_bool(), report["standing"].as_str()), (Some(true), Some("done")), "{report}");
    assert!(report["audit_lines"].as_u64().unwrap() >= 2, "{report}");
    let Some(python) = crate::tools::tool("python3", "--version") else { return };
    let head = report["journal_head"].as_str().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/check_evidence.py");
    let check = |file: &str, head: &str| {
        let file = lab.path(file).display().to_string();
        let output = python.output(&[script, &file, "--journal-head", head], b"");
        let told = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&told).into_owned())
    };
    let (code, told) = check("evidence.json", head);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(check("evidence.json", &"0".repeat(64)).0, Some(1), "another head is not found");
    let text = std::fs::read_to_string(lab.path("evidence.json")).unwrap();
    for (from, to) in
        [("crm-web-1", "crm-web-9"), (r#"\"verified\""#, r#"\"turned\""#), ("rotate apply", "rotate abort")]
    {
        let altered = text.replacen(from, to, 1);
        assert!(altered != text, "{from} is not in it");
        std::fs::write(lab.path("altered.json"), altered).unwrap();
        assert_eq!(check("altered.json", head).0, Some(1), "{from} became {to}");
    }
}

#[test]
fn a_roll_whose_controllers_are_killed_ends_as_if_none_had_been() {
    let Some((_folder, lab, programs)) = super::lab() else { return };
    small_farm(&lab.folder);
    roll_killed_at(&lab.folder, &programs.s2scert, &places(KILLS));
}

#[test]
#[ignore = "takes an hour: a roll for each write of the journal; run it by hand: cargo test --test it lab::roll -- --ignored"]
fn a_roll_is_killed_at_every_write_of_its_journal_in_turn() {
    for place in 1..=RECORDS as usize {
        let Some((_folder, lab, programs)) = super::lab() else { return };
        small_farm(&lab.folder);
        println!("killed at record {place}");
        roll_killed_at(&lab.folder, &programs.s2scert, &[place]);
    }
}

#[test]
fn a_roll_that_is_taken_back_leaves_the_farm_as_it_was() {
    let Some((_folder, lab, programs)) = super::lab() else { return };
    let (lab, program) = (&lab.folder, &*programs.s2scert);
    small_farm(lab);
    let before = facts(lab);
    let ada = Operator::new(lab, program, "ada");
    let planned =
        ada.ends("rotate plan --farm small.toml --issue --credential new.pfx --generate-password-to new.pass", 5);
    let switch = planned["global_step"].as_u64().unwrap();
    let apply = "rotate apply plan.json --farm small.toml --credential new.pfx --password-file new.pass";
    let mut child = ada.command(apply).spawn().unwrap();
    // Each step before the switch that changes anything writes a few records; behind them the row is written.
    while deeds(lab).0 == 0 {
        assert!(child.try_wait().unwrap().is_none(), "step {switch} was not reached");
        std::thread::sleep(POLL);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = ada.resumes("rotate rollback").wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(10), "{}", String::from_utf8_lossy(&output.stderr));
    let after = facts(lab);
    let odd: Vec<_> = after.symmetric_difference(&before).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert_eq!(deeds(lab).1, 0, "no two calls overlap");
    nothing_is_left(lab, &[&ada]);
}

/// What a roll changes and takes back, one line a fact: each file of the stores with its hash, each row, each trust.
fn facts(lab: &Folder) -> BTreeSet<String> {
    let mut files: Vec<PathBuf> = NODES.iter().flat_map(|node| below(&lab.stores(node.name))).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "pem"));
    let hash = |path: &PathBuf| s2scert::cert::Fingerprint::of(&std::fs::read(path).unwrap()).to_string();
    let files = files.iter().map(|path| format!("{} {}", path.display(), hash(path)));
    let world = World::Shared(lab.world()).state();
    // The name of a row is a label. Whoever writes the row does not know it, and nobody looks for it.
    let row = |row: &Json| format!("{} {} {}", row["id"], row["certificateType"], row["data"]);
    let rows = world["crm"]["rows"].as_array().unwrap().iter().map(row);
    let trusts = world["sharepoint"]["issuers"].as_array().unwrap().iter().map(Json::to_string);
    files.chain(rows).chain(trusts).collect()
}
