//! Installing, checking and removing on machines in memory: nothing without a yes, everything proven, every change found.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::PathBuf;

use super::*;
use crate::fake_host::FakeHost;
use crate::watch::schedule::{SERVICE, TIMER};

const SETTINGS: &str =
    "format = \"1.0\"\npaths = [\"certs\", \"gone\"]\npasswords = [{ env = \"PFX\" }, { file = \"pass\" }]\n
[schedule]\ncron = \"0 7 * * *\"\n\n[heartbeat]\nfile = \"/mnt/beat/crm01.json\"\n
[[smtp]]\nname = \"mail\"\nserver = \"mail.contoso.com\"\nfrom = \"s2s@contoso.com\"\nto = [\"farm@contoso.com\"]\n";

fn machine(kind: SchedulerKind) -> FakeHost {
    let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1).with_scheduler(kind);
    let machine = machine.with_file("/conf/watch.toml", SETTINGS).with_file("/conf/certs/a.pem", "a");
    let program = machine.host().machine.program().unwrap();
    machine.with_file("/conf/pass", "secret").with_file(program.to_str().unwrap(), "program")
}

fn options() -> Options {
    let (config, state) = (PathBuf::from("/conf/watch.toml"), PathBuf::from("/var/lib/s2scert"));
    Options { config: Some(config), state: Some(state), ..Options::default() }
}

const KINDS: [(SchedulerKind, TriggerKind); 3] = [
    (SchedulerKind::Systemd, TriggerKind::Systemd),
    (SchedulerKind::Cron, TriggerKind::Cron),
    (SchedulerKind::Tasks, TriggerKind::Task),
];

fn messages(report: &ScheduleReport) -> String {
    report.findings.iter().map(|finding| format!("{}\n", finding.message)).collect()
}

#[test]
fn nothing_is_changed_before_somebody_agrees() {
    for (scheduler, kind) in KINDS {
        let machine = machine(scheduler);
        let before = machine.names();
        let report = install(&machine.host(), &options(), |report| {
            assert!(report.pending && report.kind == Some(kind));
            assert!(report.texts.iter().all(|text| text.standing == Standing::Missing));
            Ok(false)
        })
        .unwrap();
        assert_eq!((report.changed, report.exit_code()), (false, ExitCode::ChangesPending), "{kind:?}");
        assert_eq!((machine.names(), machine.task()), (before, None), "{kind:?}");
    }
}

#[test]
fn what_is_installed_is_seen_checked_and_taken_away_again() {
    for (scheduler, kind) in KINDS {
        let machine = machine(scheduler);
        let host = machine.host();
        let before = machine.names();
        let done = install(&host, &options(), |_| Ok(true)).unwrap();
        assert!(done.changed && done.findings.is_empty(), "{kind:?}: {:?} {:?}", done.findings, machine.called());
        assert!(done.texts.iter().all(|text| text.standing == Standing::Same), "{kind:?}");
        let again = install(&host, &options(), |_| panic!("nothing is to be asked")).unwrap();
        assert!(!again.changed && !again.pending, "{kind:?}");
        let checked = check(&host, &options()).unwrap();
        assert_eq!(messages(&checked), "", "{kind:?}");
        assert_eq!(faults(&host, &options().state.unwrap()), [], "{kind:?}");
        let gone = remove(&host, &options(), |_| Ok(true)).unwrap();
        assert!(gone.changed && gone.findings.is_empty(), "{kind:?}: {:?}", gone.findings);
        assert_eq!((machine.names(), machine.task()), (before, None), "{kind:?}");
        assert_eq!(messages(&check(&host, &options()).unwrap()), "no schedule was installed for this state folder\n");
        assert!(!remove(&host, &options(), |_| Ok(true)).unwrap().changed);
    }
}

/// What somebody does to a machine.
type Change = Box<dyn Fn(&FakeHost)>;

#[test]
fn every_change_that_somebody_makes_to_the_schedule_is_found() {
    let units = format!("/etc/systemd/system/{TIMER}");
    let put = |path: &str, text: &str| {
        let (path, text) = (path.to_owned(), text.to_owned());
        move |machine: &FakeHost| {
            let _ = machine.clone().with_file(&path, text.clone());
        }
    };
    let take = |path: String| move |machine: &FakeHost| drop(machine.host().scheduler.remove(Path::new(&path)));
    let program = machine(SchedulerKind::Cron).host().machine.program().unwrap().display().to_string();
    let cases: Vec<(SchedulerKind, Change, &str)> = vec![
        (SchedulerKind::Systemd, Box::new(take(units.clone())), "is gone"),
        (SchedulerKind::Systemd, Box::new(put(&units, "[Timer]\nOnCalendar=yearly\n")), "has \"OnCalendar=yearly\""),
        (SchedulerKind::Systemd, Box::new(take(format!("/etc/systemd/system/{SERVICE}"))), "is gone"),
        (SchedulerKind::Systemd, Box::new(FakeHost::switch_off), "not enabled"),
        (SchedulerKind::Systemd, Box::new(|machine| machine.refuse("systemctl show")), "systemctl does not answer"),
        (SchedulerKind::Cron, Box::new(take("/etc/cron.d/s2scert-watch".to_owned())), "is gone"),
        (SchedulerKind::Cron, Box::new(put("/etc/cron.d/s2scert-watch", "# off\n")), "is not as it was installed"),
        (SchedulerKind::Cron, Box::new(take(program)), "which the schedule starts, is gone"),
        (SchedulerKind::Tasks, Box::new(|machine| machine.change_task(|_| None)), "is gone"),
        (
            SchedulerKind::Tasks,
            Box::new(|machine| {
                machine.change_task(|task| {
                    Some(task.replace(
                        "    <Enabled>true</Enabled>\n    <Hidden>",
                        "    <Enabled>false</Enabled>\n    <Hidden>",
                    ))
                });
            }),
            "whether it is enabled",
        ),
        (SchedulerKind::Tasks, Box::new(|machine| machine.refuse("schtasks /Query")), "cannot be seen"),
    ];
    for (scheduler, change, said) in cases {
        let machine = machine(scheduler);
        install(&machine.host(), &options(), |_| Ok(true)).unwrap();
        change(&machine);
        let report = check(&machine.host(), &options()).unwrap();
        assert!(messages(&report).contains(said), "{said}: {}", messages(&report));
        assert_eq!(report.exit_code(), ExitCode::Finding);
        assert!(!faults(&machine.host(), &options().state.unwrap()).is_empty(), "{said}");
    }
}

#[test]
fn a_schedule_that_calls_no_more_is_found_whatever_its_texts_say() {
    let machine = machine(SchedulerKind::Cron);
    install(&machine.host(), &options(), |_| Ok(true)).unwrap();
    machine.pass(3_600);
    assert_eq!(messages(&check(&machine.host(), &options()).unwrap()), "");
    machine.pass(1);
    let quiet = "the schedule has not called since 2026-11-25 12:00 UTC\n";
    assert_eq!(messages(&check(&machine.host(), &options()).unwrap()), quiet);
    let watch = super::super::watch::Options {
        config: options().config,
        state: options().state,
        ..super::super::watch::Options::default()
    };
    let called = machine.clone().with_variable("PFX", "x");
    let round = round::if_due(&called.host(), &watch).unwrap();
    assert!(round.report.unwrap().alerts.iter().all(|alert| !alert.message.contains("has not called")));
    assert_eq!(messages(&check(&machine.host(), &options()).unwrap()), "");
}

#[test]
fn a_scheduler_that_refuses_is_told_and_leaves_no_record() {
    for (scheduler, refused) in [
        (SchedulerKind::Systemd, "systemctl enable"),
        (SchedulerKind::Systemd, "systemd-analyze verify"),
        (SchedulerKind::Tasks, "schtasks /Create"),
    ] {
        let machine = machine(scheduler);
        machine.refuse(refused);
        let error = install(&machine.host(), &options(), |_| Ok(true)).map(|_| ()).unwrap_err();
        assert!(error.causes().join(" ").contains("Access is denied"), "{refused}: {error}");
        assert!(kept::read(&machine.host(), &options().state.unwrap()).unwrap().is_none(), "{refused}");
        assert_eq!(
            messages(&check(&machine.host(), &options()).unwrap()),
            "no schedule was installed for this state folder\n"
        );
    }
}

#[test]
fn rights_are_tried_and_what_is_missing_is_said() {
    let machine = machine(SchedulerKind::Cron);
    let report = show(&machine.host(), &options()).unwrap();
    let seen = |to: &str| report.needs.iter().find(|need| need.to == to).map(|need| (need.right, need.seen));
    assert_eq!(seen("/conf/certs"), Some((Right::Read, Seen::Held)));
    assert_eq!(seen("/conf/gone"), Some((Right::Read, Seen::Missing)));
    assert_eq!(seen("/conf/pass"), Some((Right::Read, Seen::Held)));
    assert_eq!(seen("PFX"), Some((Right::Have, Seen::Missing)));
    assert_eq!(seen("mail.contoso.com"), Some((Right::Reach, Seen::NotTried)));
    assert_eq!(seen("/mnt/beat"), Some((Right::Write, Seen::Held)));
    // Somebody else's rights are not those of whoever asks.
    let other = Options { account: Some("nobody-here".to_owned()), ..options() };
    let report = show(&machine.host(), &other).unwrap();
    let certs = report.needs.iter().find(|need| need.to == "/conf/certs").unwrap();
    assert_eq!(certs.seen, Seen::NotTried);
    assert!(certs.why.as_ref().unwrap().contains("nobody-here"));
}

#[test]
fn a_machine_without_a_scheduler_is_told_what_to_do() {
    let machine = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1).with_file("/conf/watch.toml", SETTINGS);
    let error = show(&machine.host(), &options()).map(|_| ()).unwrap_err();
    assert!(error.hints().iter().any(|hint| hint.contains("--stay")), "{:?}", error.hints());
    let systemd = Options { kind: Some(TriggerKind::Systemd), ..options() };
    assert_eq!(show(&machine.host(), &systemd).unwrap().texts.len(), 2);
    let refused = install(&machine.host(), &systemd, |_| Ok(true)).map(|_| ()).unwrap_err();
    assert_eq!(refused.kind(), Kind::Refused);
}

#[test]
fn a_run_of_the_watch_speaks_of_its_own_schedule() {
    let machine = machine(SchedulerKind::Cron);
    let watch = super::super::watch::Options {
        config: options().config,
        state: options().state,
        paths: vec![PathBuf::from("/conf/certs/a.pem")],
        ..super::super::watch::Options::default()
    };
    let silent = |machine: &FakeHost| {
        let machine = machine.clone().with_variable("PFX", "x");
        let report = super::super::watch::once(&machine.host(), &watch).unwrap();
        report.alerts.iter().filter(|alert| alert.title.contains("the own schedule")).count()
    };
    install(&machine.host(), &options(), |_| Ok(true)).unwrap();
    assert_eq!(silent(&machine), 0);
    machine.host().scheduler.remove(Path::new("/etc/cron.d/s2scert-watch")).unwrap();
    assert_eq!(silent(&machine), 1);
}
