//! What is emitted: complete, in order, and without a secret.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::Path;

use tree_sitter::{Node, Parser};

use super::*;
use crate::app::rehearse::sample_plan;
use crate::fake_host::FakeHost;
use crate::node::powershell::Script;
use crate::rotation::plan::Plan;

const NOW: &str = "2026-06-01T00:00:00Z";

struct Emitted {
    plan: Plan,
    report: EmitReport,
    host: Host,
}

fn written(plan: &[u8]) -> (Host, Result<EmitReport>) {
    let fake = FakeHost::new(NOW.parse().unwrap(), 1).with_file("/plan.json", plan);
    let host = fake.host();
    let report = emit(&host, Path::new("/plan.json"), Path::new("/by-hand"));
    (host, report)
}

fn sample() -> Emitted {
    let plan = sample_plan(3).unwrap();
    let (host, report) = written(&plan.bytes());
    Emitted { plan, report: report.unwrap(), host }
}

impl Emitted {
    fn file(&self, path: &Path) -> Vec<u8> {
        let mut folder = self.host.state.find(Path::new("/by-hand")).unwrap().unwrap();
        let parts: Vec<&str> = path.iter().map(|part| part.to_str().unwrap()).collect();
        let (name, folders) = parts.split_last().unwrap();
        for part in folders {
            folder = folder.find(part).unwrap().unwrap();
        }
        folder.read(name, 1 << 22).unwrap().unwrap().to_vec()
    }

    fn text(&self, path: &Path) -> String {
        String::from_utf8(self.file(path)).unwrap()
    }

    fn of(&self, ending: &str) -> Vec<(String, String)> {
        let files = self.report.files.iter().filter(|file| file.extension().is_some_and(|one| one == ending));
        files.map(|file| (file.display().to_string(), self.text(file))).collect()
    }
}

fn errors(node: Node<'_>, found: &mut Vec<String>) {
    if node.is_error() || node.is_missing() {
        found.push(format!("line {}", node.start_position().row + 1));
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        errors(child, found);
    }
}

fn faults_of(text: &str) -> Vec<String> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let mut found = Vec::new();
    errors(parser.parse(text, None).unwrap().root_node(), &mut found);
    found
}

#[test]
fn every_script_parses_and_is_ascii() {
    for native in NATIVES {
        assert_eq!(faults_of(&native.text()), Vec::<String>::new(), "{}", native.name);
    }
    let scripts = sample().of("ps1");
    assert!(scripts.len() > 50, "{}", scripts.len());
    for (name, text) in scripts {
        assert_eq!(faults_of(&text), Vec::<String>::new(), "{name}");
        assert!(text.is_ascii(), "{name}");
    }
    assert!(!faults_of("if ($x {").is_empty(), "a broken script is seen");
}

#[test]
fn what_the_bridge_runs_is_the_bridges_script_octet_for_octet() {
    let emitted = sample();
    let runbook = emitted.text(Path::new(RUNBOOK));
    let mut compared = 0;
    for (name, text) in emitted.of("ps1") {
        let line = runbook.lines().find(|line| line.contains(&format!("`{name}`"))).unwrap();
        let script = line.rsplit_once('(').unwrap().1.split_once(':').unwrap().0;
        match Script::named(script) {
            Some(bridge) => {
                assert_eq!(text, bridge.text(), "{name}");
                compared += 1;
            }
            None => assert_eq!(text, NATIVES.iter().find(|native| native.name == script).unwrap().text(), "{name}"),
        }
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn the_runbook_names_every_step_and_every_file_once() {
    let emitted = sample();
    let runbook = emitted.text(Path::new(RUNBOOK));
    for (name, _) in emitted.of("ps1") {
        assert_eq!(runbook.matches(&format!("`{name}`")).count(), 1, "{name}");
        assert!(emitted.report.files.contains(&Path::new(&name).with_extension("json")), "{name}");
    }
    for step in emitted.plan.steps.iter().chain(&emitted.plan.unwind) {
        assert_eq!(runbook.matches(&format!("**{}** on", step.id)).count(), 1, "{}", step.id);
    }
    let named = runbook.matches(".ps1`").count();
    assert_eq!(named, emitted.of("ps1").len());
}

#[test]
fn no_data_hold_a_password_and_each_is_one_line_of_json() {
    let mut asked = 0;
    for (name, text) in sample().of("json").into_iter().filter(|(name, _)| name != "plan.json") {
        let data: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text.lines().count(), 1, "{name}");
        assert!(data["begin"].as_str().unwrap().starts_with("s2scert-begin-"), "{name}");
        match data.get("password") {
            Some(password) => {
                assert!(password.is_null(), "{name}");
                asked += 1;
            }
            None => assert!(!text.contains("password"), "{name}"),
        }
    }
    assert!(asked >= 4, "{asked}");
}

#[test]
fn the_marker_lines_tell_every_step_from_every_other() {
    let mut markers: Vec<String> = Vec::new();
    for (name, text) in sample().of("json").into_iter().filter(|(name, _)| name != "plan.json") {
        let data: serde_json::Value = serde_json::from_str(&text).unwrap();
        // A step that mends has two scripts of the same purpose.
        if !name.ends_with("do2.json") {
            markers.push(data["begin"].as_str().unwrap().to_owned());
        }
    }
    let all = markers.len();
    markers.sort();
    markers.dedup();
    // The way back repeats no step of the way forward.
    assert_eq!(markers.len(), all);
}

#[test]
fn the_same_plan_gives_the_same_octets() {
    let (one, other) = (sample(), sample());
    assert_eq!(one.report.files, other.report.files);
    for file in &one.report.files {
        assert_eq!(one.file(file), other.file(file), "{}", file.display());
    }
}

#[test]
fn an_edited_plan_and_a_folder_in_use_are_refused() {
    let plan = sample_plan(2).unwrap();
    let edited = String::from_utf8(plan.bytes()).unwrap().replacen("\"poll_seconds\": 10", "\"poll_seconds\": 11", 1);
    assert!(edited.as_bytes() != plan.bytes(), "nothing was edited");
    assert_eq!(written(edited.as_bytes()).1.unwrap_err().kind(), Kind::Refused);

    let (host, report) = written(&plan.bytes());
    assert!(report.is_ok());
    let again = emit(&host, Path::new("/plan.json"), Path::new("/by-hand")).unwrap_err();
    assert_eq!(again.kind(), Kind::Refused);
    assert!(again.hints().iter().any(|hint| hint.contains("another folder")));
}
