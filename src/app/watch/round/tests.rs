//! Rounds of a schedule on a machine in memory: what is due, what is kept, who is told.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::PathBuf;

use super::*;
use crate::fake_host::FakeHost;

const SETTINGS: &str = "format = \"1.0\"\nname = \"crm01\"\nzone = \"Europe/Berlin\"\npaths = [\"notes.txt\"]\n
[schedule]\ncron = \"0 7 * * *\"\n\n[heartbeat]\nfile = \"beat.json\"\n
[[syslog]]\nname = \"log\"\nserver = \"log.contoso.com\"\n";

fn machine(now: &str) -> FakeHost {
    FakeHost::new(now.parse().unwrap(), 1).with_file("watch.toml", SETTINGS).with_file("notes.txt", "nothing here")
}

fn options() -> Options {
    Options { config: Some(PathBuf::from("watch.toml")), state: Some(PathBuf::from("state")), ..Options::default() }
}

fn round(machine: &FakeHost) -> Round {
    if_due(&machine.host(), &options()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_run_is_made_once_for_each_time_and_the_rounds_between_are_only_noted() {
    let machine = machine("2026-11-25T12:00:00Z");
    let first = round(&machine);
    assert_eq!((first.due, first.next_told.as_str()), (Some(Reason::First), "2026-11-26 07:00 Europe/Berlin"));
    let beat = |machine: &FakeHost| -> serde_json::Value {
        serde_json::from_slice(&machine.file("beat.json").unwrap().1).unwrap()
    };
    assert_eq!(beat(&machine)["next"], "2026-11-26T06:00:00Z");
    let mut runs = Vec::new();
    // Two days of calls, every quarter of an hour and one minute late.
    machine.pass(60);
    for _ in 0..(2 * 96) {
        machine.pass(900);
        let round = round(&machine);
        assert_eq!(round.notes, Vec::<String>::new());
        assert_eq!(beat(&machine)["called"], round.at.to_string());
        if round.due.is_some() {
            assert_eq!(round.due, Some(Reason::Time));
            runs.push(round.at.to_string());
        }
    }
    assert_eq!(runs, ["2026-11-26T06:01:00Z", "2026-11-27T06:01:00Z"]);
    // Off for ten days: one run.
    machine.pass(10 * 86_400);
    assert_eq!(round(&machine).due, Some(Reason::Missed));
    machine.pass(900);
    assert_eq!(round(&machine).due, None);
    // Set back by a year, it looks at once and goes on from there.
    machine.pass(-365 * 86_400);
    assert_eq!(round(&machine).due, Some(Reason::ClockWentBack));
    machine.pass(900);
    assert_eq!(round(&machine).due, None);
}

#[test]
fn a_run_that_could_tell_nobody_is_made_again_at_the_next_call() {
    let machine = machine("2026-11-25T12:00:00Z").with_file("damaged.pem", "-----BEGIN CERTIFICATE-----\nAA\n");
    let machine = machine.with_file("watch.toml", SETTINGS.replace("notes.txt", "damaged.pem"));
    let machine = machine.deaf("log.contoso.com", 3);
    let first = round(&machine);
    assert_eq!((first.due, first.exit_code()), (Some(Reason::First), ExitCode::Undelivered));
    machine.pass(900);
    let second = round(&machine);
    assert_eq!((second.due, second.exit_code()), (Some(Reason::Untold), ExitCode::Unreadable));
    assert!(second.report.unwrap().summary.delivered > 0);
    machine.pass(900);
    assert_eq!(round(&machine).due, None);
}

#[test]
fn without_a_record_that_can_be_kept_nobody_is_told_every_quarter_of_an_hour() {
    let machine = machine("2026-11-25T05:50:00Z");
    let folder = tempfile::TempDir::new().unwrap();
    let host = Host { state: crate::sys::host().state, ..machine.host() };
    let options = Options { state: Some(folder.path().join("state")), ..options() };
    let state = host.state.create(&folder.path().join("state")).unwrap();
    state.create(FILE).unwrap();
    let due: Vec<String> = (0..8)
        .filter_map(|_| {
            let round = if_due(&host, &options).unwrap();
            assert!(round.notes[0].contains("cannot be used"), "{:?}", round.notes);
            machine.pass(900);
            round.due.map(|_| round.at.to_string())
        })
        .collect();
    assert_eq!(due, ["2026-11-25T06:05:00Z", "2026-11-25T06:20:00Z"]);
}

#[test]
fn a_damaged_record_is_said_and_mended_by_the_next_run() {
    let machine = machine("2026-11-25T12:00:00Z");
    round(&machine);
    let folder = machine.host().state.find(&PathBuf::from("state")).unwrap().unwrap();
    for damaged in ["", "{", "[]", "{\"format\":\"9.0\",\"called\":\"2026-11-25T12:00:00Z\"}"] {
        folder.write(FILE, damaged.as_bytes()).unwrap();
        machine.pass(900);
        let waits = round(&machine);
        assert!(waits.due.is_none() && waits.notes[0].contains("cannot be used"), "{damaged}: {:?}", waits.notes);
    }
    machine.pass(18 * 3600);
    let record = |machine: &FakeHost| round(machine).due;
    assert_eq!(record(&machine), None);
    for _ in 0..96 {
        machine.pass(900);
        if round(&machine).due.is_some() {
            assert_eq!(round(&machine).notes, Vec::<String>::new());
            return;
        }
    }
    panic!("no run was made within a day");
}

#[test]
fn settings_without_a_schedule_are_refused_with_what_to_write() {
    let machine =
        FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1).with_file("watch.toml", "format = \"1.0\"\n");
    let error = if_due(&machine.host(), &options()).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(error.hints()[0].contains("[schedule]"));
}

#[test]
fn the_pause_ends_at_the_next_quarter_or_at_the_next_run_and_never_adds_up() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    for (now, next, seconds) in [
        ("2026-11-25T12:00:00Z", None, 900),
        ("2026-11-25T12:00:01.9Z", None, 899),
        ("2026-11-25T12:14:59Z", None, 1),
        ("2026-11-25T12:01:00Z", Some("2026-11-25T12:05:00Z"), 240),
        ("2026-11-25T12:01:00Z", Some("2026-11-26T12:05:00Z"), 840),
        ("2026-11-25T12:05:00Z", Some("2026-11-25T12:05:00Z"), 1),
    ] {
        assert_eq!(pause(at(now), next.map(at)), Duration::from_secs(seconds), "{now} {next:?}");
    }
}
