//! A canary password is found in nothing that s2scert writes, prints, starts or leaves: not as text, not as UTF-16, and of
//! neither in hexadecimal or base64; whether the command succeeds or fails.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// The canary: no other text contains it.
const CANARY: &str = "kanarienvogel-7Q4x-Zwitscher";

/// A password that is no canary.
const OTHER: &str = "Anders-als-jener-1";

/// Where a run works, and where it may leave something: its folder, that for temporary files, that of the user.
struct Place {
    work: TempDir,
    temporary: TempDir,
    home: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = || tempfile::tempdir().unwrap();
        let place = Self { work: folder(), temporary: folder(), home: folder() };
        fs::write(place.work.path().join("pass"), format!("{CANARY}\n")).unwrap();
        fs::write(place.work.path().join("other"), format!("{OTHER}\n")).unwrap();
        place
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.work.path()).env("HOME", self.home.path());
        for name in ["TMPDIR", "TEMP", "TMP"] {
            command.env(name, self.temporary.path());
        }
        for name in ["XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "S2SCERT_STATE"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command line; what follows `<` goes to its stdin.
    fn run(&self, line: &str, stdin: &str) -> Output {
        self.finish(self.command(PROGRAM).args(line.split(' ')), stdin)
    }

    fn finish(&self, command: &mut Command, stdin: &str) -> Output {
        let mut child = command.spawn().unwrap();
        // A program that does not read its input closes the pipe: that is no failure.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// Asserts that the canary is in nothing but the file that holds it.
    fn assert_silent(&self, what: &str, output: &Output, code: i32) {
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{what}: {stderr}");
        assert!(!holds_canary(&output.stdout) && !holds_canary(&output.stderr), "{what}");
        self.assert_no_leftover(what);
    }

    fn assert_no_leftover(&self, what: &str) {
        let pass = self.work.path().join("pass");
        for path in [&self.work, &self.temporary, &self.home].into_iter().flat_map(|folder| below(folder.path())) {
            assert_eq!(holds_canary(&fs::read(&path).unwrap()), path == pass, "{what}: {}", path.display());
            assert!(path == pass || !holds_canary(path.as_os_str().as_encoded_bytes()), "{what}: {}", path.display());
        }
        assert_eq!(below(self.temporary.path()), Vec::<PathBuf>::new(), "{what}: a temporary file was left");
        assert_eq!(below(self.home.path()), Vec::<PathBuf>::new(), "{what}: something was left with the user");
    }
}

/// All files of a folder and those below it.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[test]
fn the_password_is_in_nothing_that_is_written_or_printed() {
    let place = Place::new();
    for (line, stdin) in [
        ("issue --out s2s.pfx --password-file pass --show", ""),
        ("issue --out stdin.pfx --password-stdin --show --json", CANARY),
        ("inspect s2s.pfx --password-file pass --lint --json", ""),
        ("inspect s2s.pfx --password-stdin --lint --for server2016", CANARY),
        ("import s2s.pfx --out b.pem --password-file pass --policy evaluation", ""),
        ("export b.pem --in-password-stdin --out e.pfx --password-file pass --policy evaluation", CANARY),
        ("export b.pem --in-password-file pass --out f.pfx --password-stdin --policy evaluation --json", CANARY),
        ("install s2s.pfx --password-file pass --store-dir stores --policy evaluation --json", ""),
        ("check s2s.pfx --password-file pass --policy evaluation --json", ""),
        ("check . --password-stdin --policy evaluation", CANARY),
    ] {
        let output = place.run(line, stdin);
        // In the folder lie files of several runs with one password, and all of them pass.
        place.assert_silent(line, &output, 0);
    }
    let pass = place.work.path().join("pass");
    assert!(holds_canary(&fs::read(pass).unwrap()), "the search itself must find it where it is");
}

#[test]
fn a_command_that_fails_tells_no_password_and_leaves_none() {
    let place = Place::new();
    assert_eq!(place.run("issue --out s2s.pfx --password-file other", "").status.code(), Some(0));
    for (line, stdin, code) in [
        // A password that does not fit is as secret as one that does.
        ("inspect s2s.pfx --password-file pass", "", 4),
        ("inspect s2s.pfx --password-stdin --json", CANARY, 4),
        ("check s2s.pfx --password-file pass", "", 4),
        ("import s2s.pfx --in-password-file pass --out b.pem --password-file other", "", 4),
        ("export s2s.pfx --out b.pfx --password-file pass", "", 4),
        // Refused by the policy.
        ("issue --out p.pfx --password-file pass --policy production", "", 3),
        ("import s2s.pfx --in-password-file other --out b.pem --password-file pass", "", 3),
        ("export s2s.pfx --in-password-file other --out b.pfx --password-stdin --json", CANARY, 3),
        // Refused for what is there, and for what is meant.
        ("issue --out s2s.pfx --password-file pass", "", 9),
        ("issue --out no-such-folder/s2s.pfx --password-file pass", "", 4),
        ("issue --out q.pfx --password-file pass --subject CN", "", 2),
        ("issue --out q.pfx --password-stdin=kanarienvogel-7Q4x-Zwitscher", "", 2),
        ("issue --out q.pfx --password-stdin kanarienvogel-7Q4x-Zwitscher", "", 2),
        ("inspect s2s.pfx --password kanarienvogel-7Q4x-Zwitscher --json", "", 2),
        ("inspect s2s.pfx --password=kanarienvogel-7Q4x-Zwitscher --json", "", 2),
    ] {
        place.assert_silent(line, &place.run(line, stdin), code);
    }
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_no_password() {
    let place = Place::new();
    for line in [
        "issue --out s2s.pfx --password-file pass --show",
        "issue --out s2s.pfx --generate-password-to new.pass --key-file small.key --in-password-file pass",
    ] {
        fs::write(place.work.path().join("small.key"), include_bytes!("../data/keys/leaf.pem")).unwrap();
        let mut command = place.command("sh");
        command
            .args(["-c", "trap '' XFSZ; ulimit -c 0; ulimit -f 1; exec \"$0\" \"$@\"", PROGRAM])
            .args(line.split(' '));
        place.assert_silent(line, &place.finish(&mut command, ""), 1);
        assert!(!place.work.path().join("s2s.pfx").exists() && !place.work.path().join("new.pass").exists(), "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_password_that_is_typed_is_shown_and_kept_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let new = [("New password for s2s.pfx: ", CANARY), ("The same again: ", CANARY)];
    let old = [("Password of s2s.pfx: ", CANARY)];
    let lines: [(&str, &[(&str, &str)]); 2] = [("issue --out s2s.pfx --show", &new), ("inspect s2s.pfx --lint", &old)];
    for (line, answers) in lines {
        let Some(talk) = crate::terminal::converse(folder.path(), line, answers) else { return };
        assert_eq!(talk.code, 0, "{line}: {}", talk.shown);
        assert!(!holds_canary(talk.shown.as_bytes()), "{line}");
        for path in below(folder.path()) {
            assert!(!holds_canary(&fs::read(&path).unwrap()), "{line}: {}", path.display());
        }
    }
}

/// The child tells its own environment and arguments, and the arguments of the program that started it.
#[cfg(target_os = "linux")]
#[test]
fn the_password_is_not_handed_to_programs_that_are_started() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let issue = ["issue", "--out", "s2s.pfx", "--password-file", "pass"];
    fs::write(dir.join("pass"), format!("{CANARY}\n")).unwrap();
    assert_eq!(Command::new(PROGRAM).args(issue).current_dir(dir).output().unwrap().status.code(), Some(0));
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

/// Looks for the canary as text and as UTF-16 of both byte orders, and for each of these in hexadecimal and in base64 at
/// each of its three alignments.
fn holds_canary(bytes: &[u8]) -> bool {
    holds(bytes, CANARY)
}

/// As [`holds_canary`], for any secret.
pub(crate) fn holds(bytes: &[u8], secret: &str) -> bool {
    forms(secret).iter().any(|form| bytes.windows(form.len()).any(|window| window == form))
}

fn forms(secret: &str) -> Vec<Vec<u8>> {
    let plain = secret.as_bytes().to_vec();
    let little = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big = secret.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut forms = Vec::new();
    for octets in [plain, little, big] {
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        forms.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
        // The inner characters do not depend on what stands before and behind.
        let inner = |skipped: usize| &octets[skipped..skipped + (octets.len() - skipped) / 3 * 3];
        forms.extend((0..3).map(|skipped| STANDARD_NO_PAD.encode(inner(skipped)).into_bytes()));
        forms.push(octets);
    }
    forms
}

#[test]
fn the_search_finds_each_form() {
    let utf16: Vec<u8> = CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02X}")).collect::<String>();
    for before in ["", "a", "ab"] {
        let text = format!("{before}{CANARY}.");
        let wide: Vec<u8> = [before.as_bytes(), &utf16].concat();
        for form in [
            text.clone(),
            STANDARD_NO_PAD.encode(&text),
            hex(text.as_bytes()),
            STANDARD_NO_PAD.encode(&wide),
            hex(&wide),
        ] {
            assert!(holds_canary(form.as_bytes()), "{form}");
        }
        assert!(holds_canary(&wide));
    }
    assert!(!holds_canary(CANARY.to_uppercase().as_bytes()));
}
