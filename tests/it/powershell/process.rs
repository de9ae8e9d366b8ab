//! The bridge with a real process behind it: the program of this test takes the part of s2scert, and the stand-in that of
//! PowerShell. What a process gets and leaves is read from the stand-in's record.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use s2scert::node::powershell::{SCRIPTS, Script};
use s2scert::ports::{CommandError, ProgramLimits};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::cases;
use super::conform::{Fixed, contoso, words};
use crate::architecture::product_sources;
use crate::standin::World;

/// The program in the place of PowerShell. Only a build for tests looks at it.
const PROGRAM: &str = "S2SCERT_TEST_POWERSHELL";
const STATE: &str = "S2SCERT_STANDIN_STATE";
const CASE: &str = "S2SCERT_TEST_CASE";
const RESULT: &str = "S2SCERT_TEST_RESULT";
const PASSWORD: &str = "0123456789abcdefghjkmnpqrs";
const LONG_ENOUGH: Duration = Duration::from_secs(60);

/// Builds the stand-in, which a run of one test alone does not.
pub(crate) fn program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let this = std::env::current_exe().unwrap();
        let profile = this.parent().and_then(Path::parent).unwrap();
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--example", "powershell", "--target-dir"]);
        cargo.arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
        assert!(cargo.status().unwrap().success());
        profile.join("examples").join(format!("powershell{}", std::env::consts::EXE_SUFFIX))
    })
}

/// A world in a file, and the folder that holds it.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new(state: &Json) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("world.json"), state.to_string()).unwrap();
        Self { folder }
    }

    fn world(&self) -> World {
        World::Shared(self.folder.path().join("world.json"))
    }

    fn result(&self) -> PathBuf {
        self.folder.path().join("result")
    }

    /// Starts this program again with the request of a case.
    fn start(&self, case: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "powershell::process::sends_one_request", "--ignored", "--quiet"]);
        command.env(PROGRAM, program()).env(STATE, self.folder.path().join("world.json"));
        command.env(CASE, case).env(RESULT, self.result());
        command.env("PSModulePath", "C:\\seven").env("CONTOSO_PASSWORD", PASSWORD).env("Temp", "C:\\temp");
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
    }

    fn ask(&self, case: &str) -> Json {
        assert!(self.start(case).wait().unwrap().success(), "{case}");
        serde_json::from_str(&std::fs::read_to_string(self.result()).unwrap()).unwrap()
    }

    /// Waits until the record holds what is looked for.
    fn until(&self, holds: impl Fn(&[Json]) -> bool) {
        let end = Instant::now() + LONG_ENOUGH;
        while !holds(&self.world().record()) {
            assert!(Instant::now() < end, "{:?}", self.world().record());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
#[ignore = "run by the other tests here, which start this program again"]
fn sends_one_request() {
    let (Ok(name), Some(result)) = (std::env::var(CASE), std::env::var_os(RESULT)) else { return };
    let case = cases::all().into_iter().find(|case| case.name == name).unwrap();
    let answer = match (case.request)(&*s2scert::sys::powershell(), &Fixed) {
        Ok(value) => json!({ "value": value }),
        Err(error) => json!({ "error": words(&error) }),
    };
    std::fs::write(result, answer.to_string()).unwrap();
}

fn begins(record: &[Json]) -> bool {
    record.iter().any(|entry| entry["reconfiguration"] == "begins")
}

/// The most calls of Microsoft's script that ran at once.
fn most_at_once(record: &[Json]) -> usize {
    let mut running = 0_usize;
    let steps = record.iter().map(|entry| match entry["reconfiguration"].as_str() {
        Some("begins") => {
            running += 1;
            running
        }
        Some("ends") => {
            running -= 1;
            running
        }
        _ => running,
    });
    steps.max().unwrap_or(0)
}

fn count(record: &[Json], key: &str) -> usize {
    record.iter().filter(|entry| !entry[key].is_null()).count()
}

#[test]
fn every_script_runs_in_a_process_whose_arguments_hold_no_datum() {
    let all = cases::all();
    for script in SCRIPTS {
        let case = all.iter().find(|case| case.script == *script && case.expected.is_ok()).unwrap();
        let mut state = contoso();
        (case.before)(&mut state);
        let stage = Stage::new(&state);
        assert_eq!(stage.ask(case.name), json!({ "value": case.expected.clone().unwrap() }), "{}", script.name);
        let record = stage.world().record();
        let started: Vec<&Json> = record.iter().filter(|entry| !entry["started"].is_null()).collect();
        assert_eq!(started.len(), 1);
        assert_eq!(started[0]["started"], json!(script.arguments()), "{}", script.name);
        // A variable of Windows arrives. One that may hold a secret does not, nor what PowerShell 7 left for its modules.
        let environment = &started[0]["environment"];
        assert_eq!(environment["Temp"], "C:\\temp");
        for name in ["CONTOSO_PASSWORD", "PSModulePath", CASE, RESULT, PROGRAM, "CARGO_MANIFEST_DIR"] {
            assert_eq!(environment[name], Json::Null, "{name}");
        }
    }
}

#[test]
fn the_password_is_seen_in_the_one_parameter_and_nowhere_else() {
    let mut state = contoso();
    state["reconfiguration"]["output"] = json!(["it is {password}"]);
    let stage = Stage::new(&state);
    let answer = stage.ask("a script that prints its password");
    assert!(!answer.to_string().contains(PASSWORD), "{answer}");
    assert_eq!(answer["value"]["output"], json!(["it is (password)"]));
    let record = stage.world().record();
    let holding: Vec<&Json> = record.iter().filter(|entry| entry.to_string().contains(PASSWORD)).collect();
    assert_eq!(holding.len(), 1, "{holding:?}");
    assert_eq!(holding[0]["parameters"]["password"], PASSWORD);
    assert_eq!(holding[0].to_string().matches(PASSWORD).count(), 1);
    for script in SCRIPTS {
        assert!(!script.text().contains(PASSWORD));
    }
}

#[test]
fn at_the_deadline_the_process_is_ended() {
    let mut state = contoso();
    state["faults"] = json!([{ "on": "Get-CimInstance", "kind": "hang" }]);
    let stage = Stage::new(&state);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "powershell::process::waits_for_the_deadline", "--ignored", "--quiet"]);
    command.env(PROGRAM, program()).env(STATE, stage.folder.path().join("world.json")).stdout(Stdio::null());
    assert!(command.status().unwrap().success());
    let record = stage.world().record();
    let process = record.iter().find_map(|entry| entry["process"].as_u64()).unwrap();
    assert_eq!(record.last().unwrap()["cmdlet"], "Get-CimInstance");
    let end = Instant::now() + LONG_ENOUGH;
    while runs(process) {
        assert!(Instant::now() < end, "the process still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Returns whether a process runs, where the system shows that in a file.
fn runs(process: u64) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .is_ok_and(|text| !text.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
}

#[test]
#[ignore = "run by at_the_deadline_the_process_is_ended"]
fn waits_for_the_deadline() {
    if std::env::var_os(STATE).is_none() {
        return;
    }
    let script = Script::named("GetServices").unwrap();
    let stdin = Zeroizing::new(br#"{"begin":"b","end":"e"}"#.to_vec());
    // Long enough for the start on a busy machine; the stand-in never ends by itself.
    let limits = ProgramLimits { output: 1000, deadline: Duration::from_secs(20) };
    let ended = s2scert::sys::powershell().run(&script.arguments(), stdin, limits);
    assert!(matches!(ended, Err(CommandError::Overran { .. })));
}

#[test]
fn what_is_printed_otherwise_is_told_through_real_pipes_too() {
    let cases = [
        (json!({ "kind": "oversize" }), " wrote more than 8388608 octets and was ended | unclear"),
        (json!({ "kind": "clixml", "text": "Der Schl_x00FC_ssel", "code": 1 }), "said: Der Schl\u{fc}ssel | unclear"),
        (
            json!({ "kind": "instead", "text": "Zugriff verweigert: M\u{fc}ller" }),
            "said: Zugriff verweigert: M\u{fc}ller | unclear",
        ),
        (json!({ "kind": "code", "code": 5 }), "PowerShell answered and yet ended with exit code 5 | unclear"),
    ];
    for (mut order, told) in cases {
        order["on"] = json!("output");
        let mut state = contoso();
        state["faults"] = json!([order]);
        let answer = Stage::new(&state).ask("a service is restarted");
        assert!(answer["error"].as_str().is_some_and(|error| error.ends_with(told)), "{answer}");
    }
}

/// A world in which the first call of Microsoft's script waits until the gate is opened.
fn gated() -> Stage {
    let mut state = contoso();
    state["faults"] = json!([{ "on": "CertificateReconfiguration.ps1", "kind": "gate" }]);
    Stage::new(&state)
}

fn open_gate(stage: &Stage) {
    stage.world().with(|state| state["gate"] = json!("open"));
}

#[test]
fn a_script_goes_on_when_its_caller_is_killed_and_the_row_tells() {
    let stage = gated();
    let mut caller = stage.start("with the row");
    stage.until(begins);
    caller.kill().unwrap();
    caller.wait().unwrap();
    assert_eq!(stage.world().state()["crm"]["rows"][0]["data"], "T0xE");
    open_gate(&stage);
    stage.until(|record| record.iter().any(|entry| entry["reconfiguration"] == "ends"));
    assert_eq!(stage.world().state()["crm"]["rows"][0]["data"], "TkVX");
    assert!(!stage.result().exists());
}

#[test]
fn overlapping_calls_and_changes_of_a_row_can_be_counted() {
    let stage = gated();
    let mut first = stage.start("with the row");
    stage.until(begins);
    stage.ask("with the row");
    open_gate(&stage);
    assert!(first.wait().unwrap().success());
    let record = stage.world().record();
    assert_eq!(most_at_once(&record), 2);
    // The second write found the row as it should be.
    assert_eq!(count(&record, "row-changed"), 1);
}

#[test]
fn a_release_build_takes_no_other_program() {
    let mut found = 0;
    for source in product_sources() {
        for (place, _) in source.text.match_indices(PROGRAM) {
            let before = &source.text[..place];
            let item = &before[..before.rfind("fn ").unwrap()];
            let attribute = item.lines().rev().find(|line| !line.trim().is_empty()).unwrap();
            assert_eq!(attribute, "#[cfg(debug_assertions)]", "{}", source.path);
            found += 1;
        }
    }
    assert_eq!(found, 1);
}
