//! `node`: one request, one answer; and what a node tells people of itself.

use super::shell::Shell;

const OBSERVE: &str = r#"{"schema": "s2scert.node-request/1.0", "request": "q-1", "deadline_seconds": 60, "mode": "observe",
 "action": {"lease": {}}}"#;
const TAKE: &str = r#"{"schema": "s2scert.node-request/1.0", "request": "q-2", "deadline_seconds": 60, "mode": "perform",
 "roll": "2026-autumn", "step": "lease", "attempt": 1, "fence": 1,
 "action": {"lease-take": {"holder": "ada on ops01", "seconds": 3600}}}"#;
const UNSTAGE: &str = r#"{"schema": "s2scert.node-request/1.0", "request": "q-3", "deadline_seconds": 60, "mode": "perform",
 "roll": "2026-autumn", "step": "clean", "attempt": 1, "fence": 1, "action": {"unstage": {}}}"#;
const FOREIGN: &str = r#"{"schema": "s2scert.node-request/1.0", "request": "q-4", "deadline_seconds": 60, "mode": "perform",
 "roll": "2027-spring", "step": "lease", "attempt": 1, "fence": 2,
 "action": {"lease-take": {"holder": "bob on ops02", "seconds": 60}}}"#;

#[test]
fn node() {
    let mut shell = Shell::new();
    shell
        .run("s2scert node describe --state-dir state")
        .file("look.json", OBSERVE)
        .run("s2scert node --state-dir state < look.json")
        .file("take.json", TAKE)
        .says("A node that may observe only acts on nothing.")
        .run("s2scert node --allow observe --state-dir state < take.json")
        .run("s2scert node --state-dir state < take.json")
        .file("unstage.json", UNSTAGE)
        .run("s2scert node --state-dir state --json < unstage.json")
        .file("foreign.json", FOREIGN)
        .run("s2scert node --state-dir state < foreign.json")
        .run("S2SCERT_STATE=state s2scert node --read-within 5 < look.json")
        .run("s2scert node describe --state-dir state")
        .run_to("s2scert node describe --state-dir state --json", 5)
        .compare("node");
}

#[test]
fn node_errors() {
    let mut shell = Shell::new();
    shell
        .run("s2scert node --state-dir state")
        .run("s2scert node --state-dir state < notes.txt")
        .file("newer.json", r#"{"schema": "s2scert.node-request/2.0", "request": "q-9"}"#)
        .run("s2scert node --state-dir state < newer.json")
        .file("look.json", OBSERVE)
        .says("A file is no state folder.")
        .run("s2scert node --state-dir notes.txt < look.json")
        .run("s2scert node describe --state-dir notes.txt")
        .run("s2scert node --read-within 0")
        .run("s2scert node --allow everything")
        .run("s2scert node describe --allow observe")
        .run("s2scert node perform")
        .compare("node-errors");
}

#[test]
fn node_help() {
    let mut shell = Shell::new();
    shell.run("s2scert node --help").run("s2scert node describe --help").compare("node-help");
}
