//! What is asked and typed on a terminal: `script` lends the program one.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::transcripts::{FILES, PASSWORD};

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// What a terminal showed, and how the program ended.
pub(crate) struct Talk {
    /// Everything that was shown, prompts included.
    pub(crate) shown: String,
    /// The exit code.
    pub(crate) code: i32,
}

/// Runs a command line on a terminal and types each answer when its question has come. Nothing where `script` is missing.
pub(crate) fn converse(folder: &Path, line: &str, answers: &[(&str, &str)]) -> Option<Talk> {
    let mut command = Command::new("script");
    command.args(["-q", "-e", "-c", &format!("'{PROGRAM}' {line}"), "/dev/null"]).current_dir(folder);
    command.env("TMPDIR", folder).env("HOME", folder).env("TERM", "xterm");
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = started else {
        #[expect(clippy::print_stderr, reason = "a test says aloud what it skips")]
        {
            eprintln!("skipped: script not found");
        }
        assert_ne!(std::env::var("S2SCERT_REQUIRE_TOOLS").as_deref(), Ok("1"), "script is required");
        return None;
    };
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut octet) = (Vec::new(), [0]);
    for (question, answer) in answers {
        while !shown.ends_with(question.as_bytes()) {
            let count = stdout.read(&mut octet).unwrap();
            assert_eq!(count, 1, "{question:?} was not asked: {}", String::from_utf8_lossy(&shown));
            shown.push(octet[0]);
        }
        stdin.write_all(format!("{answer}\r").as_bytes()).unwrap();
    }
    stdout.read_to_end(&mut shown).unwrap();
    let code = child.wait().unwrap().code().unwrap();
    Some(Talk { shown: String::from_utf8(shown).unwrap(), code })
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in FILES.iter() {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

const ASKED: &str = "Password of chain.pfx: ";

#[test]
fn a_wrong_password_at_the_prompt_of_inspect_is_told_as_one_from_a_file_is() {
    let folder = folder();
    for (typed, code, said) in [
        ("Transkript-2", 4, "no password that was given opens the PFX"),
        (PASSWORD, 0, "belongs to"),
        // Who has no password sees the outside.
        ("", 0, "with its password (--password-file), the rest can be shown"),
    ] {
        let Some(talk) = converse(folder.path(), "inspect chain.pfx", &[(ASKED, typed)]) else { return };
        assert_eq!(talk.code, code, "{typed:?}: {}", talk.shown);
        assert!(talk.shown.contains(said), "{typed:?}: {}", talk.shown);
        assert!(!talk.shown.contains("Transkript"), "{}", talk.shown);
    }
}

#[test]
fn the_old_password_is_proven_before_a_new_one_is_asked_for() {
    let folder = folder();
    for line in ["export chain.pfx --out new.pfx", "import chain.pfx --out new.pem"] {
        let Some(talk) = converse(folder.path(), line, &[(ASKED, "Transkript-2")]) else { return };
        assert_eq!(talk.code, 4, "{line}: {}", talk.shown);
        assert!(!talk.shown.contains("New password"), "{line}: {}", talk.shown);
    }
    for (line, out) in [("export chain.pfx --out new.pfx", "new.pfx"), ("import chain.pfx --out new.pem", "new.pem")] {
        let new = format!("New password for {out}: ");
        let answers = [(ASKED, PASSWORD), (&new, "Neu-geheim-12345"), ("The same again: ", "Neu-geheim-12345")];
        let Some(talk) = converse(folder.path(), line, &answers) else { return };
        assert_eq!(talk.code, 0, "{line}: {}", talk.shown);
        assert!(folder.path().join(out).exists(), "{line}");
        assert!(!talk.shown.contains("Neu-geheim") && !talk.shown.contains("Transkript"), "{}", talk.shown);
    }
    let twice = [("New password for third.pfx: ", "Neu-1"), ("The same again: ", "Neu-2")];
    let Some(talk) = converse(folder.path(), "issue --key-file leaf.key --out third.pfx", &twice) else { return };
    assert_eq!(talk.code, 2, "{}", talk.shown);
    assert!(talk.shown.contains("the two passwords differ; nothing was written"), "{}", talk.shown);
    assert!(!folder.path().join("third.pfx").exists());
}

#[test]
fn farm_init_asks_for_what_this_server_does_not_show() {
    let folder = folder();
    let answers = [
        ("Web servers, apart by spaces (empty: an example): ", "crm-web-1 crm-web-2"),
        ("Servers of the asynchronous service (empty: crm-web-1): ", "-x"),
        ("Servers of the asynchronous service (empty: crm-web-1): ", "crm-async-1"),
        ("Servers with the deployment tools (empty: crm-web-1): ", ""),
        ("SharePoint servers (empty: an example): ", "sp-1"),
        ("Unique names of the organizations (empty: an example): ", "sales"),
        ("Host under which they are reached (empty: an example): ", "crm.contoso.com"),
        ("Account of the services (empty: NETWORK SERVICE): ", "CONTOSO\\svc-crm"),
    ];
    let Some(talk) = converse(folder.path(), "farm init --out asked.toml", &answers) else { return };
    assert_eq!(talk.code, 0, "{}", talk.shown);
    assert!(talk.shown.contains("That cannot be: "), "{}", talk.shown);
    let text = fs::read_to_string(folder.path().join("asked.toml")).unwrap();
    for said in ["\"crm-web-2\"", "\"crm-async-1\"", "\"sp-1\"", "\"sales\"", "crm.contoso.com", "svc-crm"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // Nobody is asked who said that he will not answer, or who reads JSON.
    for line in ["farm init --no-input --out quiet.toml", "farm init --json --out json.toml"] {
        let Some(talk) = converse(folder.path(), line, &[]) else { return };
        assert_eq!(talk.code, 0, "{line}: {}", talk.shown);
        assert!(!talk.shown.contains("Web servers"), "{line}: {}", talk.shown);
    }
}
