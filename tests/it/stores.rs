//! Stores that are folders, against the real kernel: a service reads its key where it was granted, and several installations at
//! once leave one certificate with one key.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::access::is_root;
use crate::transcripts::{FILES, PASSWORD};

const INSTALL: [&str; 6] = ["install", "chain.pfx", "--password-file", "pass", "--store-dir", "stores"];

/// A folder that others may enter, with a PFX and its password.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (_, pfx) = FILES.iter().find(|(name, _)| *name == "chain.pfx").unwrap();
    fs::write(folder.path().join("chain.pfx"), pfx).unwrap();
    fs::write(folder.path().join("pass"), PASSWORD).unwrap();
    folder
}

fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
    command.args(arguments).arg("--json").current_dir(folder).env("S2SCERT_STATE", folder.join("state"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = program(folder, arguments).output().unwrap();
    (output.status.code(), json(&output))
}

#[test]
fn a_service_reaches_and_reads_the_key_that_was_granted_and_no_other_user_does() {
    if !is_root() {
        return;
    }
    let folder = folder();
    let (code, report) = run(folder.path(), &[&INSTALL[..], &["--grant", "daemon"]].concat());
    assert_eq!((code, report["changed"].as_bool()), (Some(0), Some(true)));
    let key = PathBuf::from(report["entry"]["key"]["place"]["file"].as_str().unwrap());
    let key = key.to_str().unwrap();
    let (code, proof) = run(folder.path(), &["access", "prove", key, "daemon"]);
    assert_eq!((code, proof["proven"].as_bool()), (Some(0), Some(true)));
    assert_eq!(run(folder.path(), &["access", "prove", key, "nobody"]).0, Some(4));
    assert_eq!(run(folder.path(), &["access", "check", key, "daemon"]).0, Some(0));
    // Taken away and granted again by a second installation, which keeps the key.
    assert_eq!(run(folder.path(), &["access", "revoke", key, "daemon"]).0, Some(0));
    let (code, again) = run(folder.path(), &[&INSTALL[..], &["--grant", "daemon"]].concat());
    assert_eq!((code, again["changed"].as_bool()), (Some(0), Some(true)));
    assert_eq!(again["entry"]["key"]["place"], report["entry"]["key"]["place"]);
    assert_eq!(run(folder.path(), &["access", "prove", key, "daemon"]).0, Some(0));
}

/// What the audit log holds: what was done, and what came of it.
fn written_down(folder: &Path) -> Vec<String> {
    let (_, log) = run(folder, &["audit", "show", "--most", "100"]);
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let events = log["events"].as_array().unwrap_or_else(|| panic!("{log}"));
    events.iter().map(|event| format!("{}: {}", text(event, "what"), text(event, "result"))).collect()
}

#[test]
fn who_was_given_access_and_what_was_installed_and_removed_is_written_down_before_and_after() {
    let folder = folder();
    let dir = folder.path();
    let report = run(dir, &INSTALL).1;
    let print = report["thumbprint"].as_str().unwrap().to_owned();
    let key = report["entry"]["key"]["place"]["file"].as_str().unwrap().to_owned();
    assert_eq!(run(dir, &[&INSTALL[..], &["--repair"]].concat()).1["changed"], false);
    let stranger = program(dir, &["access", "grant", &key, "no-such-account-anywhere"]).output().unwrap();
    assert!(!stranger.status.success());
    // Looking is not written down.
    run(dir, &["access", "show", &key]);
    run(dir, &["store", "list", "--store-dir", "stores"]);
    assert_eq!(
        run(dir, &["store", "remove", "--thumbprint", &print, "--with-key", "--store-dir", "stores"]).0,
        Some(0)
    );
    assert_eq!(
        written_down(dir),
        [
            "store install: begins",
            "store install: done",
            "store install --repair: begins",
            "store install --repair: nothing changed",
            "access grant: begins",
            "access grant: failed",
            "store remove: begins",
            "store remove: done",
        ]
    );
    // What cannot be written down is not begun.
    fs::remove_dir_all(dir.join("state")).unwrap();
    fs::write(dir.join("state"), "in the way").unwrap();
    let refused = program(dir, &INSTALL).output().unwrap();
    assert!(!refused.status.success());
    let (_, list) = run(dir, &["store", "list", "--store-dir", "stores"]);
    assert_eq!(list["entries"].as_array().map(Vec::len), Some(0), "{list}");
}

#[test]
fn several_installations_at_once_leave_one_certificate_with_one_key() {
    let folder = folder();
    let begun: Vec<_> = (0..6).map(|_| program(folder.path(), &INSTALL).spawn().unwrap()).collect();
    let ended: Vec<Output> = begun.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    for output in &ended {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let changed = ended.iter().filter(|output| json(output)["changed"] == true).count();
    assert_eq!(changed, 1, "the first installs, the others find nothing to do");
    let (code, list) =
        run(folder.path(), &["store", "list", "--store", "my", "--store", "ca", "--store-dir", "stores"]);
    let entries = list["entries"].as_array().unwrap();
    let stores: Vec<&str> = entries.iter().map(|entry| entry["store"].as_str().unwrap()).collect();
    assert_eq!((code, stores), (Some(0), vec!["my", "ca"]));
    assert_eq!(entries[0]["key"]["state"], "matches");
    let (_, orphans) = run(folder.path(), &["store", "orphans", "--store-dir", "stores"]);
    assert_eq!((orphans["keys"].as_array().unwrap().len(), orphans["certificates"].as_array().unwrap().len()), (0, 0));
}
