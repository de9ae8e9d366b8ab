//! Whoever rolls the lab with the real program, and what is looked at afterwards.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value as Json;

use crate::lab_farm::{Folder, NODES};
use crate::standin::World;

/// How often a journal is looked at.
pub(super) const POLL: Duration = Duration::from_millis(5);

/// An operator with a state folder of his own.
pub(super) struct Operator<'a> {
    pub(super) lab: &'a Folder,
    program: &'a Path,
    pub(super) state: PathBuf,
}

impl<'a> Operator<'a> {
    pub(super) fn new(lab: &'a Folder, program: &'a Path, name: &str) -> Self {
        Self { lab, program, state: lab.path(&format!("operator-{name}")) }
    }

    /// Words that begin with `rotate`, with the files of the lab.
    pub(super) fn command(&self, line: &str) -> Command {
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
    pub(super) fn records(&self) -> usize {
        let Ok(rolls) = std::fs::read_dir(self.state.join("rolls")) else { return 0 };
        let folders = rolls.flatten().flat_map(|roll| std::fs::read_dir(roll.path()).into_iter().flatten().flatten());
        let journals = folders.filter(|file| file.path().extension().is_some_and(|end| end == "journal"));
        journals.map(|file| std::fs::read(file.path()).unwrap_or_default()).map(|text| lines(&text)).sum()
    }

    /// Kills a controller as soon as its journal has so many records. Returns whether it was still there.
    pub(super) fn kill_at(&self, child: &mut Child, records: usize) -> bool {
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
    pub(super) fn resumes(&self, line: &str) -> Child {
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
    let own = || std::fs::read_dir(&lab.0).unwrap().map(|entry| entry.unwrap().path());
    let ends = |path: &Path, end: &str| path.extension().is_some_and(|found| found == end);
    let typed = own().filter(|path| ends(path, "pass")).map(|path| std::fs::read_to_string(path).unwrap());
    let passwords: BTreeSet<String> = record
        .iter()
        .filter_map(|entry| entry["parameters"]["password"].as_str())
        .map(str::to_owned)
        .chain(typed.map(|text| text.trim().to_owned()))
        .collect();
    assert!(!passwords.is_empty());
    let kept = NODES.iter().flat_map(|node| below(&lab.of(node.name).join("state")));
    let kept = kept.chain(operators.iter().flat_map(|one| below(&one.state)));
    let kept = kept.chain(own().filter(|path| ends(path, "json") && *path != lab.world()));
    for path in kept {
        assert!(path.extension().is_none_or(|end| end != "pfx"), "{} is left", path.display());
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let found = passwords.iter().any(|password| text.contains(password));
        assert!(!found, "{} holds a password", path.display());
    }
}

/// What a roll changes and takes back, one line a fact: each file of the stores with its hash, each row, each trust.
pub(super) fn facts(lab: &Folder) -> BTreeSet<String> {
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
