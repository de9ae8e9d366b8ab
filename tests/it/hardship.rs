//! What happens when the disk is full, when several write at once, and when the program is killed: files are whole or absent.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use s2scert::cert::pfx::Pfx;
use s2scert::cert::{Certificate, Password};
use tempfile::TempDir;

use crate::transcripts::{FILES, PASSWORD, without_terminal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// The signal that ends a process which writes beyond its limit, where it is not ignored.
const SIGXFSZ: i32 = 25;

const ISSUE: [&str; 7] = ["issue", "--key-file", "leaf.key", "--password-file", "pass", "--out", "s2s.pfx"];

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in FILES.iter().filter(|(name, _)| ["leaf.key", "pass", "chain.pfx", "leaf.cer"].contains(name)) {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Runs the program where no file may grow beyond one block of 512 or 1024 octets, after `first`, a line of the shell.
fn with_small_files(folder: &Path, first: &str, arguments: &[&str]) -> Output {
    let script = format!("{first}ulimit -c 0; ulimit -f 1; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, PROGRAM]).args(arguments).current_dir(folder).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing_behind() {
    let folder = folder();
    let dir = folder.path();
    let before = names(dir);
    let export = ["export", "chain.pfx", "--in-password-file", "pass", "--out", "s2s.pfx", "--password-file", "pass"];
    let import = ["import", "chain.pfx", "--in-password-file", "pass", "--out", "s2s.pem", "--password-file", "pass"];
    for arguments in [&ISSUE[..], &export, &import, &["man", "--out", "."]] {
        let output = with_small_files(dir, "trap '' XFSZ; ", arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("the disk is full, or the quota of this account is used up"), "{stderr}");
        assert_eq!(names(dir), before, "{arguments:?}");
    }
}

#[test]
fn a_full_disk_does_not_touch_the_file_that_should_be_replaced() {
    let folder = folder();
    let dir = folder.path();
    fs::write(dir.join("s2s.pfx"), "the old one").unwrap();
    let before = names(dir);
    let output = with_small_files(dir, "trap '' XFSZ; ", &[&ISSUE[..], &["--force"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(fs::read(dir.join("s2s.pfx")).unwrap(), b"the old one");
    assert_eq!(names(dir), before);
}

#[test]
fn a_program_that_is_ended_in_the_middle_of_a_write_leaves_no_target() {
    let folder = folder();
    let dir = folder.path();
    fs::write(dir.join("old.pfx"), "the old one").unwrap();
    let replace = ["issue", "--key-file", "leaf.key", "--password-file", "pass", "--out", "old.pfx", "--force"];
    for arguments in [&ISSUE[..], &replace] {
        let output = with_small_files(dir, "", arguments);
        assert_eq!(output.status.signal(), Some(SIGXFSZ), "{output:?}");
        assert!(!dir.join("s2s.pfx").exists() && !dir.join("s2s.cer").exists() && !dir.join("old.cer").exists());
        assert_eq!(fs::read(dir.join("old.pfx")).unwrap(), b"the old one");
    }
    // What it left in other places does not stand in the way of the next run.
    let again = without_terminal().args(ISSUE).current_dir(dir).output().unwrap();
    assert_eq!(again.status.code(), Some(0));
}

#[test]
fn a_program_that_is_killed_before_it_writes_leaves_the_folder_as_it_was() {
    let folder = folder();
    let dir = folder.path();
    let before = names(dir);
    let kill = "sh -c \"kill -9 $PPID\"";
    let issue = ["issue", "--key-file", "leaf.key", "--out", "s2s.pfx", "--password-command", kill];
    let import = ["import", "chain.pfx", "--in-password-file", "pass", "--out", "s2s.pem", "--password-command", kill];
    let export = ["export", "chain.pfx", "--in-password-file", "pass", "--out", "s2s.pfx", "--password-command", kill];
    for arguments in [&issue[..], &import, &export] {
        let output = Command::new(PROGRAM).args(arguments).current_dir(dir).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.signal(), Some(9), "{arguments:?}: {output:?}");
        assert_eq!(names(dir), before, "{arguments:?}");
    }
}

#[test]
fn whenever_a_program_is_killed_each_target_is_whole_or_absent() {
    for round in 0..30 {
        let folder = folder();
        let dir = folder.path();
        let mut child = Command::new(PROGRAM)
            .args(ISSUE)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(2 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        if let Ok(bytes) = fs::read(dir.join("s2s.pfx")) {
            Pfx::open(&bytes, &Password::new(PASSWORD.to_owned())).unwrap();
        }
        if let Ok(bytes) = fs::read(dir.join("s2s.cer")) {
            Certificate::from_der(&bytes).unwrap();
        }
        what_remains_is_named_and_closed_as_promised(dir);
    }
}

/// docs/SECURITY.md: what a killed run leaves has a name of its own, and nobody else can read it unless it is the certificate.
fn what_remains_is_named_and_closed_as_promised(dir: &Path) {
    let inputs = folder();
    let known = [names(inputs.path()), vec!["s2s.cer".to_owned(), "s2s.pfx".to_owned()]].concat();
    for name in names(dir).into_iter().filter(|name| !known.contains(name)) {
        let random = name.strip_prefix(".s2scert-").and_then(|rest| rest.strip_suffix(".tmp"));
        assert!(random.is_some_and(|digits| digits.len() == 16), "{name}");
        let path = dir.join(&name);
        let bytes = fs::read(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let public = bytes.is_empty() || Certificate::from_der(&bytes).is_ok();
        assert!(mode == 0o600 || public, "{name}: {mode:o}, {} octets", bytes.len());
    }
}

#[test]
fn of_several_writers_one_wins_and_its_files_belong_together() {
    let folder = folder();
    let dir = folder.path();
    let before = names(dir);
    let arguments = ["issue", "--key-file", "leaf.key", "--out", "same.pfx", "--generate-password-to", "same.pass"];
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let mut command = Command::new(PROGRAM);
            command.args(arguments).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let outputs: Vec<Output> = writers.into_iter().map(|writer| writer.wait_with_output().unwrap()).collect();
    let mut codes: Vec<i32> = outputs.iter().map(|output| output.status.code().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 9, 9, 9, 9, 9, 9, 9]);
    for lost in outputs.iter().filter(|output| output.status.code() == Some(9)) {
        assert!(String::from_utf8_lossy(&lost.stderr).contains("the file exists already; nothing was written"));
    }
    let password = fs::read_to_string(dir.join("same.pass")).unwrap();
    let pfx =
        Pfx::open(&fs::read(dir.join("same.pfx")).unwrap(), &Password::new(password.trim_end().to_owned())).unwrap();
    let certificate = Certificate::from_der(&fs::read(dir.join("same.cer")).unwrap()).unwrap();
    assert_eq!(pfx.certificates().next().and_then(|bag| bag.certificate()), Some(&certificate));
    let won = outputs.iter().find(|output| output.status.code() == Some(0)).unwrap();
    assert!(String::from_utf8_lossy(&won.stdout).contains(&certificate.thumbprint().to_string()));
    let mut expected = before;
    expected.extend(["same.cer", "same.pass", "same.pfx"].map(str::to_owned));
    expected.sort();
    assert_eq!(names(dir), expected, "a temporary file was left behind");
}

#[test]
fn names_that_are_no_unicode_are_taken_or_refused_with_words() {
    let folder = folder();
    let dir = folder.path();
    let odd = OsStr::from_bytes(b"caf\xe9.cer");
    fs::copy(dir.join("leaf.cer"), dir.join(odd)).unwrap();
    let run = |arguments: &[&OsStr]| without_terminal().args(arguments).current_dir(dir).output().unwrap();
    let word = OsStr::new;
    for arguments in [
        &[word("inspect"), odd][..],
        &[word("inspect"), odd, word("--json")],
        &[word("check"), odd, word("--policy"), word("baseline")],
        &[word("check"), odd, word("--policy"), word("baseline"), word("--json")],
        &[
            word("check"),
            word("."),
            word("--policy"),
            word("baseline"),
            word("--json"),
            word("--password-file"),
            word("pass"),
        ],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        if arguments.contains(&word("--json")) {
            serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
        }
    }
    let refused = run(&[word("issue"), word("--subject"), OsStr::from_bytes(b"CN=caf\xe9")]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("invalid UTF-8"), "{refused:?}");
    let mut command = without_terminal();
    command.args(["inspect", "chain.pfx", "--password-env", "ODD"]).env("ODD", OsStr::from_bytes(b"\xe9"));
    let output = command.current_dir(dir).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the environment variable ODD is not Unicode text"));
}
