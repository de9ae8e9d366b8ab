//! A roll of the lab by the real program over real connections: cut off by SIGKILL at writes of the journal and resumed,
//! taken over by another controller, taken back.

use std::collections::BTreeSet;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use super::operator::{Operator, POLL, deeds, facts, nothing_is_left, small_farm};
use super::secrets::{self, Watcher};
use crate::lab_farm::Folder;

/// So many writes of the journal, drawn from a seed, are the last of their controller.
const KILLS: usize = 10;
/// The seed.
const SEED: u64 = 20_261_125;
/// The number of that signal.
const SIGKILL: i32 = 9;
/// A roll of the small farm writes about so many records.
const RECORDS: u64 = 28;

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

/// One record is written by three changes of the file: its length is set, it is written, it is synced.
const CHANGES: usize = 3;

#[test]
#[ignore = "two rolls for each write of the journal, about an hour; run it by hand: cargo test --test it lab::roll -- --ignored --nocapture"]
fn a_roll_is_killed_at_every_write_of_its_journal_in_turn() {
    let Some((folder, lab, programs)) = super::lab() else { return };
    let Some(library) = crate::tools::killer(folder.path()) else { return };
    let (lab, program) = (&lab.folder, &*programs.s2scert);
    small_farm(lab);
    let ada = Operator::new(lab, program, "ada");
    // Several runs may share the places among them: this one takes each so-manieth, from the first that is named.
    let number = |name: &str| std::env::var(name).map_or(1, |text| text.parse().unwrap());
    let (first, stride): (usize, usize) = (number("S2SCERT_KILL_FROM"), number("S2SCERT_KILL_STRIDE"));
    let mut places = (1..).flat_map(|record| [(record, "before"), (record, "after")]).skip(first - 1).step_by(stride);
    let mut rolls = 0;
    loop {
        let (record, when) = places.next().unwrap();
        let name = format!("{when}-{record}");
        let files = format!("--credential {name}.pfx --password-file {name}.pass");
        let words = format!("--issue --credential {name}.pfx --generate-password-to {name}.pass --out {name}.json");
        ada.ends(&format!("rotate plan --farm small.toml --retire-after 0 {words}"), 5);
        let before = ada.records();
        let mut command = ada.command(&format!("rotate apply {name}.json --farm small.toml {files}"));
        command.env("LD_PRELOAD", &library).env("KILL_PATH", ".journal").env("KILL_WHEN", when);
        command.env("KILL_AT", (CHANGES * (record - 1) + 2).to_string());
        let mut output = command.output().unwrap();
        let killed = output.status.signal() == Some(SIGKILL);
        let written = ada.records() - before;
        if killed {
            assert_eq!(written, record - usize::from(when == "before"), "{name}");
            // Before its first record a roll has not begun, and is begun again.
            let again = if written == 0 {
                format!("rotate apply {name}.json --farm small.toml {files}")
            } else {
                "rotate resume".to_owned()
            };
            output = ada.resumes(&again).wait_with_output().unwrap();
        }
        rolls += 1;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{name}: {told}");
        assert_eq!(deeds(lab), (rolls, 0), "{name}: the row is changed once by each roll, and no two calls overlap");
        nothing_is_left(lab, &[&ada]);
        println!("killed {when} the write of record {record}: {killed}; {} records in the end", ada.records() - before);
        if !killed {
            // This roll has fewer writes than that: every one of them had its turn.
            assert!(record > RECORDS as usize, "the last place is {name}");
            break;
        }
    }
    ada.ends("rotate verify --farm small.toml", 0);
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
