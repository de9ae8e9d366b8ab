//! The schedule on the real machine: units before systemd's own checker, and a watch that stays and is asked to end.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use s2scert::watch::schedule::{Trigger, TriggerKind};

use crate::tools;

const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

#[test]
fn systemd_takes_the_units_without_a_word() {
    let Some(analyze) = tools::tool("systemd-analyze", "--version") else { return };
    for (account, state, writes, config) in [
        (None, "/var/lib/s2scert", vec![], "/etc/s2scert/watch.toml"),
        (Some("daemon"), "/srv/state of s2s", vec!["/mnt/a b", "/mnt/50%"], "/etc/a b/100% \"sure\"/watch.toml"),
    ] {
        let words = ["watch", "--once", "--if-due", "--config", config, "--state-dir", state];
        let trigger = Trigger {
            kind: TriggerKind::Systemd,
            program: PROGRAM.to_owned(),
            arguments: words.map(str::to_owned).to_vec(),
            account: account.map(str::to_owned),
            state: PathBuf::from(state),
            writes: writes.into_iter().map(PathBuf::from).collect(),
            rolls: account.is_none(),
        };
        let folder = tempfile::TempDir::new().unwrap();
        let mut arguments = vec!["verify".to_owned(), "--man=no".to_owned()];
        for text in trigger.texts().unwrap() {
            let path = folder.path().join(Path::new(&text.place).file_name().unwrap());
            std::fs::write(&path, text.text).unwrap();
            arguments.push(path.display().to_string());
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = analyze.output(&arguments, b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // What it says of other units of the machine is not about ours.
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("s2scert")).collect();
        assert!(output.status.success() && ours.is_empty(), "{said}");
        let broken = folder.path().join("broken.service");
        std::fs::write(&broken, "[Service]\nExecStart=no-such-program\n").unwrap();
        assert!(!analyze.output(&["verify", "--man=no", broken.to_str().unwrap()], b"").status.success());
    }
}

/// The text as the file has it: UTF-16 with a mark of its order, as its first line says.
fn utf16(text: &str) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_task_has_the_elements_types_and_ranges_that_the_format_describes() {
    let Some(xmllint) = tools::tool("xmllint", "--version") else { return };
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/schedule/task.xsd");
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("task.xml");
    let judge = |text: &str| {
        std::fs::write(&path, utf16(text)).unwrap();
        let output = xmllint.output(&["--noout", "--nonet", "--schema", schema, path.to_str().unwrap()], b"");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let mut plain = String::new();
    for account in [None, Some("CONTOSO\\s2scert$".to_owned())] {
        let words = ["watch", "--once", "--if-due", "--config", "C:\\a & b\\\u{e4} <\"1\">.toml"];
        let trigger = Trigger {
            kind: TriggerKind::Task,
            program: "C:\\Program Files\\s2scert\\s2scert.exe".to_owned(),
            arguments: words.map(str::to_owned).to_vec(),
            account,
            state: PathBuf::from("C:\\ProgramData\\s2scert"),
            writes: Vec::new(),
            rolls: false,
        };
        plain = trigger.texts().unwrap().remove(0).text;
        let (fits, said) = judge(&plain);
        assert!(fits, "{said}");
    }
    for (from, to) in [
        ("PT15M", "PT10S"),
        ("PT15M", "15 minutes"),
        ("<Count>3</Count>", "<Count>0</Count>"),
        ("<Priority>7</Priority>", "<Priority>11</Priority>"),
        ("<Priority>7</Priority>", "<Priority>7</Priority>\n    <Priority>7</Priority>"),
        ("IgnoreNew", "Ignore"),
        ("HighestAvailable", "Highest"),
        (">Password<", ">Group<"),
        ("<StartWhenAvailable>true", "<StartWhenAvailable>yes"),
        ("2026-01-01T00:00:00Z", "2026-01-01"),
        ("Context=\"Watch\"", "Context=\"Other\""),
        ("<Exec>", "<Exec><Shell>true</Shell>"),
        (
            "      <Enabled>true</Enabled>\n      <Delay>PT2M</Delay>",
            "      <Delay>PT2M</Delay>\n      <Enabled>true</Enabled>",
        ),
        ("version=\"1.2\"", ""),
        ("2004/02/mit/task", "2004/02/mit/other"),
    ] {
        let altered = plain.replacen(from, to, 1);
        assert!(altered != plain, "{from} is not in it");
        assert!(!judge(&altered).0, "{from} became {to}");
    }
}

/// Starts a watch that stays, with a channel that is a program.
fn stay(folder: &Path, command: &str) -> Child {
    let settings = format!(
        "format = \"1.0\"\npaths = [\"damaged.pem\"]\n[schedule]\ncron = \"0 7 * * *\"\n[heartbeat]\nfile = \"beat.json\"\n\
         [[command]]\nname = \"tell\"\ncommand = [\"sh\", \"-c\", '{command}']\n"
    );
    std::fs::write(folder.join("watch.toml"), settings).unwrap();
    std::fs::write(folder.join("damaged.pem"), "-----BEGIN CERTIFICATE-----\nAA\n").unwrap();
    Command::new(PROGRAM)
        .args(["watch", "--stay", "--config", "watch.toml", "--state-dir", "state"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn ask_to_end(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_watch_that_stays_ends_between_two_runs_and_never_within_one() {
    for signal in ["-TERM", "-INT"] {
        let folder = tempfile::TempDir::new().unwrap();
        // The channel says that it has begun, waits to be let go, and then takes the message.
        let fifo = |name: &str| {
            let path = folder.path().join(name);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            path
        };
        let (begun, go) = (fifo("begun"), fifo("go"));
        let mut child = stay(folder.path(), "echo > begun; cat go; cat > told");
        std::fs::read(&begun).unwrap();
        ask_to_end(&child, signal);
        std::fs::write(&go, "").unwrap();
        let status = child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(status.success(), "{signal}: {status} {said}");
        assert!(said.contains("asked to end"), "{said}");
        let record = std::fs::read_to_string(folder.path().join("state/schedule.json")).unwrap();
        assert!(record.contains("\"exit_code\": 4"), "{record}");
        assert!(std::fs::read_to_string(folder.path().join("told")).unwrap().contains("s2scert.message/1.0"));
        assert!(folder.path().join("beat.json").is_file());
    }
}

#[test]
fn a_watch_that_waits_for_its_next_run_ends_at_once_when_it_is_asked() {
    let folder = tempfile::TempDir::new().unwrap();
    let mut child = stay(folder.path(), "cat > told");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Next run:")));
    ask_to_end(&child, "-TERM");
    assert!(child.wait().unwrap().success());
}
