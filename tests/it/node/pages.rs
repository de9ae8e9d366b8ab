//! The table of `docs/node-protocol.md` is that of the program, and every sort of refusal is explained there.
//!
//! `S2SCERT_WRITE_DOCS=1 cargo test --test it node::pages` writes the table anew.

use std::fmt::Write as _;
use std::fs;

use s2scert::protocol::{Effect, Needs, Proof, Rights, Runs, TABLE};

use crate::architecture::root;

const PAGE: &str = "docs/node-protocol.md";
const BEGIN: &str = "<!-- The table is written by a test. -->\n";
const END: &str = "<!-- The end of the table. -->\n";

fn table() -> String {
    let mut text = String::from(
        "| action | does | needs | rights | runs | it is so already when | undo | proof |\n|---|---|---|---|---|---|---|---|\n",
    );
    for info in &TABLE {
        let effect = match info.effect {
            Effect::Observes => "looks",
            Effect::Keeps => "keeps",
            Effect::Changes => "changes",
        };
        let needs = match info.needs {
            Needs::Local => "local",
            Needs::NetworkIdentity => "network identity",
        };
        let rights = match info.rights {
            Rights::Anyone => "to read",
            Rights::Administrator => "administrator",
            Rights::DeploymentAdministrator => "deployment administrator",
            Rights::FarmAdministrator => "farm administrator",
        };
        let runs = match info.runs {
            Runs::State => "state",
            Runs::Native => "native",
            Runs::Script => "script",
        };
        let proof = match info.proof {
            Proof::WineTested => "Wine-tested",
            Proof::LinuxTested => "Linux-tested",
            Proof::SubsetInterpreted => "subset-interpreted",
        };
        let _ = writeln!(
            text,
            "| `{}` | {effect} | {needs} | {rights} | {runs} | {} | {} | {proof} |",
            info.name, info.probe, info.undo
        );
    }
    text
}

#[test]
fn the_table_of_the_page_is_that_of_the_program() {
    let path = root().join(PAGE);
    let mut page = fs::read_to_string(&path).unwrap();
    let begin = page.find(BEGIN).unwrap() + BEGIN.len();
    let end = page.find(END).unwrap();
    if std::env::var_os("S2SCERT_WRITE_DOCS").is_some() {
        page.replace_range(begin..end, &table());
        fs::write(&path, &page).unwrap();
    } else {
        assert_eq!(&page[begin..end], table(), "{PAGE} is out of date: run with S2SCERT_WRITE_DOCS=1");
    }
}

#[test]
fn every_sort_of_refusal_is_on_the_page() {
    let page = fs::read_to_string(root().join(PAGE)).unwrap();
    let schema = fs::read_to_string(root().join("docs/schema/node-answer.json")).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let codes = schema["$defs"]["RefusalCode"]["oneOf"].as_array().unwrap();
    assert!(codes.len() > 10);
    for code in codes {
        let word = code["const"].as_str().unwrap();
        assert!(page.contains(&format!("| `{word}` |")), "{word} is not on the page");
    }
}

#[test]
fn the_published_schemas_take_every_golden_request_and_answer() {
    for (name, file) in [("node-request", "requests.jsonl"), ("node-answer", "answers.jsonl")] {
        let printed = std::process::Command::new(super::PROGRAM).args(["schema", name]).output().unwrap().stdout;
        let printed: serde_json::Value = serde_json::from_slice(&printed).unwrap();
        let published = fs::read(root().join(format!("docs/schema/{name}.json"))).unwrap();
        let published: serde_json::Value = serde_json::from_slice(&published).unwrap();
        assert_eq!(printed, published, "docs/schema/{name}.json has drifted; run: s2scert schema {name}");
        let validator = jsonschema::validator_for(&published).unwrap();
        let lines = fs::read_to_string(super::data(file)).unwrap();
        assert!(lines.lines().count() > 5);
        for line in lines.lines() {
            let document: serde_json::Value = serde_json::from_str(line).unwrap();
            let faults: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
            assert_eq!(faults, Vec::<String>::new(), "{line}");
            let mut strange = document.clone();
            strange["more"] = serde_json::json!(1);
            assert!(!validator.is_valid(&strange), "{line}");
        }
    }
}
