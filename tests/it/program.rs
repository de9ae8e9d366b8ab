//! The program as a user runs it: exit codes, JSON against its published schema, and a password that is found nowhere.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// The password of every file here.
const PASSWORD: &str = "Programm-7Q4x";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    // What is written down of acts on this machine goes into the folder of the test.
    command.env("S2SCERT_STATE", folder.join("acts"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn issue(folder: &Path, more: &[&str]) -> Output {
    fs::write(folder.join("pass"), format!("{PASSWORD}\n")).unwrap();
    let fixed = ["issue", "--out", "s2s.pfx", "--password-file", "pass"];
    run(folder, &[&fixed, more].concat())
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_published_schemas_are_those_of_the_program_and_the_output_obeys_them() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let scheduled = "format = \"1.0\"\npaths = [\"s2s.cer\"]\n[schedule]\ncron = \"0 7 * * *\"\n";
    fs::write(dir.join("w.toml"), scheduled).unwrap();
    let documents = [
        ("issue", issue(dir, &["--json", "--show"])),
        ("inspect", run(dir, &["inspect", "s2s.pfx", "--password-file", "pass", "--lint", "--json"])),
        (
            "import",
            run(
                dir,
                &[
                    "import",
                    "s2s.pfx",
                    "--in-password-file",
                    "pass",
                    "--out",
                    "b.pem",
                    "--password-file",
                    "pass",
                    "--policy",
                    "evaluation",
                    "--json",
                ],
            ),
        ),
        (
            "export",
            run(
                dir,
                &[
                    "export",
                    "b.pem",
                    "--in-password-file",
                    "pass",
                    "--out",
                    "e.pfx",
                    "--password-file",
                    "pass",
                    "--policy",
                    "evaluation",
                    "--json",
                ],
            ),
        ),
        ("check", run(dir, &["check", "s2s.cer", "--policy", "production", "--json"])),
        ("policy-list", run(dir, &["policy", "list", "--json"])),
        ("policy", run(dir, &["policy", "show", "production", "--json"])),
        ("explanation", run(dir, &["policy", "explain", "rsa-key-size", "--json"])),
        ("access", run(dir, &["access", "show", "s2s.pfx", "--json"])),
        #[cfg(unix)]
        ("access-prove", run(dir, &["access", "prove", "s2s.pfx", &me(), "--password-file", "pass", "--json"])),
        ("version", run(dir, &["version", "--json"])),
        ("fieldtest", run(dir, &["fieldtest", "--read-only", "--out", "seen.json", "--state-dir", "state", "--json"])),
        #[cfg(unix)]
        ("store-install", install(dir, &["--json"])),
        #[cfg(unix)]
        ("store-list", run(dir, &["store", "list", "--store-dir", "stores", "--json"])),
        #[cfg(unix)]
        ("store-show", run(dir, &["store", "show", &thumbprint(dir), "--store-dir", "stores", "--json"])),
        #[cfg(unix)]
        (
            "store-remove",
            run(dir, &["store", "remove", "--thumbprint", &thumbprint(dir), "--store-dir", "stores", "--json"]),
        ),
        #[cfg(unix)]
        ("store-orphans", run(dir, &["store", "orphans", "--store-dir", "stores", "--json"])),
        ("node-answer", run(dir, &["node", "describe", "--state-dir", "state", "--json"])),
        ("farm-init", run(dir, &["farm", "init", "--json"])),
        ("farm-check", run(dir, &["farm", "check", "--json"])),
        ("doctor", run(dir, &["doctor", "--state-dir", "state", "--json"])),
        ("explain", run(dir, &["explain", "0x80090016", "--json"])),
        ("watch", run(dir, &["watch", "--once", "s2s.cer", "--json"])),
        (
            "watch-round",
            run(dir, &["watch", "--once", "--if-due", "--config", "w.toml", "--state-dir", "round", "--json"]),
        ),
        (
            "schedule",
            run(
                dir,
                &["schedule", "show", "--kind", "systemd", "--config", "w.toml", "--state-dir", "round", "--json"],
            ),
        ),
        ("alert-list", run(dir, &["alert", "list", "--state-dir", "watch-state", "--json"])),
        ("alert-history", run(dir, &["alert", "history", "--state-dir", "watch-state", "--json"])),
        ("audit-show", run(dir, &["audit", "show", "--state-dir", "watch-state", "--json"])),
        ("audit-verify", run(dir, &["audit", "verify", "--state-dir", "watch-state", "--json"])),
        (
            "audit-export",
            run(dir, &["audit", "export", "--state-dir", "watch-state", "--out", "audit.jsonl", "--json"]),
        ),
        ("farm-status", status(dir)),
        ("farm-report", run(dir, &["farm", "report", "--from", "collected", "--html", "farm.html", "--json"])),
        ("rehearse", run(dir, &["rehearse", "--servers", "1", "--json"])),
        ("error", run(dir, &["inspect", "nothing-here", "--json"])),
        ("error", run(dir, &["inspect", "--no-such-option", "--json"])),
    ];
    for (name, output) in documents {
        let printed: Value = json(&run(dir, &["schema", name]));
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.json"));
        let published: Value = serde_json::from_slice(&fs::read(page).unwrap()).unwrap();
        assert_eq!(printed, published, "docs/schema/{name}.json has drifted; run: s2scert schema {name}");
        let document = json(&output);
        let faults: Vec<String> =
            jsonschema::validator_for(&published).unwrap().iter_errors(&document).map(|e| e.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
        let version = document["schema"].as_str().unwrap();
        assert!(version.starts_with(&format!("s2scert.{name}/1.")), "{version}");
    }
}

/// The status of a farm with faults of several sorts.
fn status(folder: &Path) -> Output {
    let der = fs::read(folder.join("s2s.cer")).unwrap();
    let mut facts = crate::bundles::healthy(&der);
    crate::bundles::damage(&mut facts, &der, &der);
    crate::bundles::write(folder, &facts[1..]);
    run(folder, &["farm", "status", "--from", "collected", "--json"])
}

#[test]
fn each_failure_ends_with_the_exit_code_of_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    assert_eq!(issue(dir, &[]).status.code(), Some(0));
    fs::write(dir.join("wrong"), "wrong\n").unwrap();
    fs::write(dir.join("cut.pfx"), &fs::read(dir.join("s2s.pfx")).unwrap()[..300]).unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["inspect", "s2s.pfx", "--password-file", "pass"], 0, ""),
        (&["check", "s2s.cer", "--policy", "evaluation"], 0, ""),
        (&["check", "s2s.cer", "--policy", "production"], 3, ""),
        (&["no-such-command"], 2, "unrecognized subcommand"),
        (&["issue", "--out", "new.pfx"], 2, "no terminal to ask on"),
        (&["issue", "--out", "new.pfx", "--password-file", "pass", "--subject", "CN"], 2, "subject"),
        (&["inspect", "s2s.pfx", "--password-file", "wrong"], 4, "no password that was given opens the PFX"),
        (&["inspect", "s2s.pfx", "--password-file", "absent"], 4, "no such file"),
        (&["inspect", "cut.pfx"], 4, "cut off"),
        (&["inspect", "."], 4, "is a directory"),
        (&["check", "s2s.pfx"], 4, ""),
        (&["check", "s2s.cer", "--policy", "produktion"], 4, "production"),
        (&["issue", "--out", "s2s.pfx", "--password-file", "pass"], 9, "exists already"),
        (&["issue", "--out", "a.pfx", "--cer", "a.pfx", "--password-file", "pass"], 9, "two outputs would be"),
        (
            &[
                "export",
                "s2s.pfx",
                "--in-password-file",
                "pass",
                "--out",
                "s2s.pfx",
                "--force",
                "--password-file",
                "pass",
            ],
            9,
            "input and output",
        ),
    ];
    let before = names(dir);
    for (arguments, code, said) in cases {
        let output = run(dir, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said), "{arguments:?}: {stderr}");
    }
    assert_eq!(names(dir), before, "a command that failed left something behind");
}

#[test]
fn what_fails_the_policy_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let output = issue(folder.path(), &["--policy", "production", "--json"]);
    assert_eq!(output.status.code(), Some(3));
    let report = json(&output);
    assert_eq!(report["written"], false);
    let ids: Vec<&str> = report["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"self-signed-forbidden") && ids.contains(&"evaluation-mark-forbidden"), "{ids:?}");
    assert_eq!(names(folder.path()), ["pass"]);
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Installs the certificate of [`issue`] into a store in the folder.
#[cfg(unix)]
fn install(folder: &Path, more: &[&str]) -> Output {
    let fixed = ["install", "s2s.pfx", "--password-file", "pass", "--store-dir", "stores", "--policy", "evaluation"];
    run(folder, &[&fixed, more].concat())
}

/// The thumbprint of the certificate of [`issue`].
#[cfg(unix)]
fn thumbprint(folder: &Path) -> String {
    let der = fs::read(folder.join("s2s.cer")).unwrap();
    s2scert::cert::Certificate::from_der(&der).unwrap().thumbprint().to_string()
}

/// The user of this process, as `access` takes it.
#[cfg(unix)]
fn me() -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("user:{}", fs::metadata("/proc/self").unwrap().uid())
}
