//! What happens to a watch that is killed, meets another one, has no disk, a damaged memory, or is shown what no file should be.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::{Answer, Desk};
use crate::tools::tool;

const USUAL: [&str; 7] = ["watch", "--once", "--json", "--config", "watch.toml", "--state-dir", "state"];

/// Tells a program that writes down each message it gets, one JSON after the other.
fn settings(more: &str) -> String {
    format!("paths = [\"farm\"]\n[[command]]\nname = \"page\"\ncommand = [\"sh\", \"-c\", \"{more}cat >> told\"]\n")
}

fn farm(desk: &Desk, files: &[&str]) {
    for (name, bytes) in crate::transcripts::FILES.iter().filter(|(name, _)| files.contains(name)) {
        desk.write(&format!("farm/{name}"), bytes);
    }
}

/// How often each crossing was told.
fn told(desk: &Desk) -> BTreeMap<String, u32> {
    let text = fs::read(desk.path("told")).unwrap_or_default();
    let mut all = BTreeMap::new();
    for message in serde_json::Deserializer::from_slice(&text).into_iter::<Json>() {
        for alert in message.unwrap()["alerts"].as_array().unwrap() {
            *all.entry(alert["crossing"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    all
}

/// Builds what kills the program at a change of a file.
fn killer(desk: &Desk) -> Option<String> {
    let cc = tool("cc", "--version")?;
    let (source, library) =
        (crate::architecture::root().join("tests/support/kill_at.c"), desk.path("kill_at.so").display().to_string());
    cc.run(&["-shared", "-fPIC", "-O1", "-o", &library, &source.display().to_string(), "-ldl"]);
    Some(library)
}

#[test]
fn wherever_a_run_is_killed_at_a_write_of_its_memory_nothing_is_lost_and_nothing_told_more_than_once_again() {
    let tools = Desk::new(&[]);
    let Some(library) = killer(&tools) else { return };
    let desk = |when: &str, at: Option<u32>| {
        let desk = Desk::new(&[]);
        farm(&desk, &["expired.cer", "damaged.pem"]);
        desk.settings(&settings(""));
        let mut command = desk.command(&USUAL);
        command.env("LD_PRELOAD", &library).env("KILL_PATH", "/state/").env("KILL_WHEN", when);
        match at {
            Some(at) => command.env("KILL_AT", at.to_string()),
            None => command.env("KILL_COUNT", desk.path("count")),
        };
        let output = command.stdout(Stdio::null()).stderr(Stdio::null()).output().unwrap();
        (desk, output.status)
    };
    let (whole, status) = desk("before", None);
    assert_eq!(status.code(), Some(7));
    let writes: u32 = fs::read_to_string(whole.path("count")).unwrap().parse().unwrap();
    assert!(writes > 10, "{writes}");
    let once = told(&whole);
    assert!(once.len() == 2 && once.values().all(|count| *count == 1), "{once:?}");
    let mut repeated = 0;
    for (when, at) in (1..=writes).flat_map(|at| [("before", at), ("after", at)]) {
        let (desk, status) = desk(when, Some(at));
        assert_eq!(status.signal(), Some(9), "{when} {at} of {writes}");
        for run in 0..2 {
            let answer = desk.watch(&[]);
            assert_eq!(answer.code, 7, "{when} {at}, {run}: {answer:?}");
            assert!(!answer.notes().contains("damaged"), "{when} {at}: {answer:?}");
            // The second run after the kill has nothing to say.
            assert!(run == 0 || answer.number("delivered") == 0, "{when} {at}: {answer:?}");
        }
        let told = told(&desk);
        assert_eq!(told.len(), 2, "{when} {at}: lost: {told:?}");
        assert!(told.values().all(|count| *count <= 2), "{when} {at}: told too often: {told:?}");
        repeated += u32::from(told.values().any(|count| *count == 2));
    }
    // Between the delivery and its record a kill costs a repetition: some of the writes lie there, and most do not.
    assert!(repeated > 0 && repeated < 2 * writes, "{repeated} of {writes}");
}

#[test]
fn a_run_that_is_killed_by_the_delivery_itself_is_told_once_again() {
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer"]);
    desk.settings("paths = [\"farm\"]\n[[command]]\nname = \"page\"\ncommand = [\"sh\", \"-c\", \"cat >> told; test -e once || { touch once; kill -9 $PPID; }\"]\n");
    let output = desk.command(&USUAL).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{output:?}");
    let answer = desk.watch(&[]);
    assert_eq!((answer.code, answer.number("delivered")), (7, 1), "{answer:?}");
    assert_eq!(desk.watch(&[]).number("delivered"), 0);
    assert_eq!(told(&desk).into_values().collect::<Vec<_>>(), [2]);
}

#[test]
fn of_two_runs_at_once_the_second_waits_and_says_nothing_twice_or_gives_up_with_a_reason() {
    for (seconds, code) in [(2, Some(7)), (14, None)] {
        let desk = Desk::new(&[]);
        farm(&desk, &["expired.cer"]);
        desk.settings(&settings(&format!("touch begun; sleep {seconds}; ")));
        let mut first = desk.command(&USUAL).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while !desk.path("begun").exists() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(20));
        }
        let second = desk.watch(&[]);
        assert_eq!(first.wait().unwrap().code(), Some(7));
        match code {
            Some(code) => assert_eq!((second.code, second.number("delivered")), (code, 0), "{second:?}"),
            None => {
                let said = format!("{}{}", second.json, second.stderr);
                assert!(said.contains("another run of the watch is at work"), "{second:?}");
                assert_ne!(second.code, 0);
            }
        }
        assert_eq!(told(&desk).into_values().collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn a_memory_of_a_later_version_is_refused_and_a_damaged_one_is_kept_aside_and_costs_a_repetition() {
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer"]);
    desk.settings(&settings(""));
    assert_eq!(desk.watch(&[]).number("delivered"), 1);
    let memory = desk.path("state/watch.sqlite");
    let whole = fs::read(&memory).unwrap();
    for spoilt in [b"nothing of the kind".to_vec(), whole[..whole.len() / 2].to_vec(), Vec::new()] {
        for beside in ["-wal", "-shm"] {
            let _ = fs::remove_file(desk.path(&format!("state/watch.sqlite{beside}")));
        }
        fs::write(&memory, &spoilt).unwrap();
        let answer = desk.watch(&[]);
        assert_eq!((answer.code, answer.number("delivered")), (7, 1), "{answer:?}");
        assert!(spoilt.is_empty() || answer.notes().contains("damaged"), "{answer:?}");
        assert_eq!(desk.watch(&[]).number("delivered"), 0);
    }
    let database = rusqlite::Connection::open(&memory).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let answer = desk.watch(&[]);
    let said = format!("{}{}", answer.json, answer.stderr);
    assert!(said.contains("the memory of the watch is of a later version"), "{answer:?}");
}

#[test]
fn a_clock_that_jumps_by_years_is_spoken_of_and_what_was_told_by_it_keeps_nothing_back() {
    if tool("faketime", "--version").is_none() {
        return;
    }
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer", "leaf.cer"]);
    desk.settings(&settings(""));
    let at = |jump: &str| {
        let mut command = Command::new("faketime");
        command.args(["-f", jump, env!("CARGO_BIN_EXE_s2scert")]).args(USUAL);
        command.current_dir(desk.dir()).stdin(Stdio::null());
        Answer::of(command)
    };
    let expired = |answer: &Answer| answer.alerts("expiry").len();
    let today = desk.watch(&[]);
    assert_eq!((expired(&today), today.number("delivered")), (1, 1), "{today:?}");
    // Both have expired thirty years from now.
    let later = at("+30y");
    assert_eq!((later.code, expired(&later), later.number("delivered")), (7, 2, 1), "{later:?}");
    // Back again: the clock is doubted, and what was told then counts for nothing.
    let back = desk.watch(&[]);
    assert_eq!((back.code, back.alerts("doubt").len(), expired(&back)), (7, 1, 1), "{back:?}");
    assert_eq!(back.number("delivered"), 1);
    assert_eq!(desk.watch(&[]).number("delivered"), 0);
    // Thirty years ago neither was valid yet: that is told, and it costs a repetition at most.
    let before = at("-30y");
    assert_eq!(before.alerts("not-yet-valid").len(), 2, "{before:?}");
    let again = desk.watch(&[]);
    assert_eq!((again.code, expired(&again)), (7, 1), "{again:?}");
}

#[test]
fn on_a_full_disk_what_is_due_is_told_without_a_memory_and_so_again() {
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer"]);
    // The folder for messages is elsewhere in life; here a program that writes nothing.
    desk.settings("paths = [\"farm\"]\n[[command]]\nname = \"page\"\ncommand = [\"cat\"]\n");
    for _ in 0..2 {
        let script = "trap '' XFSZ; ulimit -c 0; ulimit -f 1; exec \"$0\" \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_s2scert")]).args(USUAL).current_dir(desk.dir());
        let answer = Answer::of({
            command.stdin(Stdio::null());
            command
        });
        assert_eq!((answer.code, answer.number("delivered")), (7, 1), "{answer:?}");
        assert!(answer.notes().contains("told again"), "{answer:?}");
    }
    assert_eq!(desk.watch(&[]).number("delivered"), 1);
    assert_eq!(desk.watch(&[]).number("delivered"), 0);
}

#[test]
fn what_is_no_file_is_never_waited_for_and_a_circle_of_links_is_no_circle() {
    let desk = Desk::new(&["expired.cer"]);
    farm(&desk, &["expired.cer"]);
    let Some(mkfifo) = tool("mkfifo", "--version") else { return };
    mkfifo.run(&[&desk.path("farm/pipe.pem").display().to_string()]);
    std::os::unix::fs::symlink("/dev/zero", desk.path("farm/zero.pem")).unwrap();
    std::os::unix::fs::symlink("..", desk.path("farm/up")).unwrap();
    std::os::unix::fs::symlink("self.pem", desk.path("farm/self.pem")).unwrap();
    std::os::unix::fs::symlink("nowhere.pem", desk.path("farm/dead.pem")).unwrap();
    desk.settings("");
    let answer = desk.watch(&["farm"]);
    assert_eq!((answer.code, answer.number("certificates")), (7, 1), "{answer:?}");
    // What is named is told, each by its own line.
    for name in ["farm/pipe.pem", "/dev/zero", "farm/self.pem", "farm/dead.pem"] {
        let answer = desk.watch(&["farm/expired.cer", name]);
        assert_eq!((answer.code, answer.number("unreadable")), (7, 1), "{name}: {answer:?}");
        assert!(answer.alerts("unreadable")[0].starts_with(name), "{answer:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_read_is_told_and_the_rest_is_seen() {
    let desk = Desk::new(&["leaf.cer"]);
    farm(&desk, &["expired.cer"]);
    desk.write("farm/closed/expired.cer", "x");
    desk.settings("");
    fs::set_permissions(desk.path("farm/closed"), fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(desk.dir(), fs::Permissions::from_mode(0o755)).unwrap();
    // Nothing is closed to root, so somebody else looks.
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let answer = if is_root {
        if tool("setpriv", "--version").is_none() {
            return;
        }
        let program = desk.path("s2scert");
        fs::copy(env!("CARGO_BIN_EXE_s2scert"), &program).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
        command.args(["watch", "--once", "--json", "farm"]).current_dir(desk.dir()).stdin(Stdio::null());
        Answer::of(command)
    } else {
        desk.watch(&["farm"])
    };
    fs::set_permissions(desk.path("farm/closed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((answer.number("certificates"), answer.number("unreadable")), (1, 1), "{answer:?}");
    assert!(answer.alerts("unreadable")[0].contains("farm/closed"), "{answer:?}");
}

#[test]
fn a_broken_pfx_and_one_with_an_unknown_password_are_told_and_hide_nothing() {
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer", "chain.pfx"]);
    let whole = fs::read(desk.path("farm/chain.pfx")).unwrap();
    desk.write("farm/cut.pfx", &whole[..whole.len() / 2]);
    desk.write("farm/empty.pfx", "");
    desk.settings("");
    let answer = desk.watch(&["farm"]);
    assert_eq!((answer.code, answer.number("certificates"), answer.number("unreadable")), (7, 1, 3), "{answer:?}");
    let told = answer.alerts("unreadable").join("\n");
    for part in ["farm/chain.pfx cannot be read: ", "needs a password", "farm/cut.pfx", "farm/empty.pfx"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_seen_whole_or_told() {
    let desk = Desk::new(&[]);
    farm(&desk, &["expired.cer"]);
    let bytes = fs::read(desk.path("farm/expired.cer")).unwrap();
    desk.settings("");
    let path = desk.path("farm/expired.cer");
    let ended = std::sync::atomic::AtomicBool::new(false);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(std::sync::atomic::Ordering::SeqCst) {
                fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
                fs::write(&path, &bytes).unwrap();
            }
        });
        let answers = (0..20).map(|_| desk.watch(&["farm"])).collect();
        ended.store(true, std::sync::atomic::Ordering::SeqCst);
        answers
    });
    for answer in answers {
        match answer.code {
            7 => assert_eq!(answer.number("certificates"), 1, "{answer:?}"),
            4 => assert_eq!((answer.number("certificates"), answer.number("unreadable")), (0, 1), "{answer:?}"),
            _ => panic!("{answer:?}"),
        }
    }
    // Nothing of the half file is believed afterwards.
    let answer = desk.watch(&["farm"]);
    assert_eq!((answer.code, answer.number("certificates")), (7, 1), "{answer:?}");
}
