//! The program as a user runs it: exit codes, JSON against its published schema, and a password that is found nowhere.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// The canary: no other text contains it.
const CANARY: &str = "kanarienvogel-7Q4x-Zwitscher";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn issue(folder: &Path, more: &[&str]) -> Output {
    fs::write(folder.join("pass"), format!("{CANARY}\n")).unwrap();
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
        ("farm-init", run(dir, &["farm", "init", "--json"])),
        ("farm-check", run(dir, &["farm", "check", "--json"])),
        ("explain", run(dir, &["explain", "0x80090016", "--json"])),
        ("farm-status", status(dir)),
        ("farm-report", run(dir, &["farm", "report", "--from", "collected", "--html", "farm.html", "--json"])),
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

#[test]
fn the_password_is_in_nothing_that_is_written_or_printed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let outputs = [
        issue(dir, &["--show"]),
        run(dir, &["inspect", "s2s.pfx", "--password-file", "pass", "--lint", "--json"]),
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
            ],
        ),
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
            ],
        ),
        run(dir, &["check", "s2s.pfx", "--password-file", "pass", "--policy", "evaluation", "--json"]),
        // A password that does not fit is as secret as one that does.
        run(dir, &["inspect", "e.pfx", "--password-file", "pass", "--for", "server2016", "--lint"]),
    ];
    for output in &outputs {
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(!holds_canary(&output.stdout) && !holds_canary(&output.stderr));
    }
    let written: Vec<String> = names(dir).into_iter().filter(|name| name != "pass").collect();
    assert_eq!(written, ["b.pem", "e.pfx", "s2s.cer", "s2s.pfx"]);
    for name in written {
        assert!(!holds_canary(&fs::read(dir.join(&name)).unwrap()), "{name}");
    }
    assert!(holds_canary(&fs::read(dir.join("pass")).unwrap()), "the search itself must find it where it is");
}

/// The child tells its own environment and arguments, and the arguments of the program that started it.
#[cfg(target_os = "linux")]
#[test]
fn the_password_is_not_handed_to_programs_that_are_started() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    assert_eq!(issue(dir, &[]).status.code(), Some(0));
    fs::write(
        dir.join("tell.sh"),
        "env > told.environment\ntr '\\0' '\\n' < /proc/$$/cmdline > told.own\n\
         tr '\\0' '\\n' < /proc/$PPID/cmdline > told.parent\ncat pass\n",
    )
    .unwrap();
    let cases: [(&str, &str, &str); 7] = [
        ("inspect s2s.pfx", "--password-env", "--password-command"),
        ("check s2s.pfx --policy evaluation", "--password-env", "--password-command"),
        ("import s2s.pfx --policy evaluation --out a.pem", "--in-password-env", "--password-command"),
        ("import s2s.pfx --policy evaluation --out b.pem", "--password-env", "--in-password-command"),
        ("export s2s.pfx --policy evaluation --out c.pfx", "--in-password-env", "--password-command"),
        ("export s2s.pfx --policy evaluation --out d.pfx", "--password-env", "--in-password-command"),
        ("issue --key-file s2s.pfx --out e.pfx", "--in-password-env", "--password-command"),
    ];
    for (line, variable, command) in cases {
        let mut program = Command::new(PROGRAM);
        program.args(line.split(' ')).args([variable, "S2S_CANARY", command, "sh tell.sh"]).env("S2S_CANARY", CANARY);
        let output = program.current_dir(dir).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        for told in ["told.environment", "told.own", "told.parent"] {
            let text = fs::read(dir.join(told)).unwrap();
            assert!(!text.is_empty(), "{line}: {told}");
            assert!(!holds_canary(&text), "{line}: {told}");
            fs::remove_file(dir.join(told)).unwrap();
        }
        assert!(!holds_canary(&output.stdout) && !holds_canary(&output.stderr), "{line}");
    }
}

/// Looks for the canary as text, UTF-16 of both byte orders, hexadecimal and base64 at each of its three alignments.
fn holds_canary(bytes: &[u8]) -> bool {
    let plain = CANARY.as_bytes();
    let little: Vec<u8> = CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = CANARY.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let hex: String = plain.iter().map(|octet| format!("{octet:02x}")).collect();
    let base64 = (0..3).map(|skipped| {
        // The inner characters do not depend on what stands before and behind.
        let inner = &plain[skipped..skipped + (plain.len() - skipped) / 3 * 3];
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(inner).into_bytes()
    });
    let forms = [plain.to_vec(), little, big, hex.to_uppercase().into_bytes(), hex.into_bytes()];
    forms.into_iter().chain(base64).any(|form| bytes.windows(form.len()).any(|window| window == form))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The user of this process, as `access` takes it.
#[cfg(unix)]
fn me() -> String {
    use std::os::unix::fs::MetadataExt as _;
    format!("user:{}", fs::metadata("/proc/self").unwrap().uid())
}
