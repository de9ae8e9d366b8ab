//! Who sends: the one watch that farm.toml names, and what all others do.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use super::super::{Options, once, round};
use super::*;
use crate::error::ExitCode;
use crate::fake_host::FakeHost;

const FARM: &str = "format = \"1.0\"\nname = \"contoso\"\n
[[node]]\nname = \"crm-a\"\nroles = [\"web\", \"async\", \"deployment-tools\"]\nos = \"server2022\"\ntransport = \"local\"\n
[[node]]\nname = \"crm-b\"\nroles = [\"web\"]\nos = \"server2022\"\ntransport = \"local\"\naddress = \"CRM01.contoso.com\"\n
[watcher]\nowner = \"Farm team\"\nschedule = \"0 7 * * *\"\nzone = \"Europe/Berlin\"\nheartbeat = \"beat.json\"\n";

fn machine(watcher: &str, settings: &str) -> FakeHost {
    let settings = format!(
        "format = \"1.0\"\n{settings}\n[farm]\nfile = \"farm.toml\"\n[[syslog]]\nname = \"log\"\nserver = \"log.contoso.com\"\n"
    );
    FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1)
        .with_file("conf/farm.toml", format!("{FARM}{watcher}"))
        .with_file("conf/watch.toml", settings)
}

fn settle(machine: &FakeHost) -> (Settings, Option<Standby>) {
    settled(&machine.host(), Some(Path::new("conf/watch.toml")), Need::Schedule)
        .unwrap_or_else(|error| panic!("{error:?}"))
}

fn beat(ended: &str, next: &str) -> String {
    format!(
        "{{\"schema\":\"s2scert.heartbeat/1.0\",\"name\":\"crm-a\",\"machine\":\"crm-a\",\"ended\":\"{ended}\",\"exit_code\":0,\"alerts\":0,\"delivered\":0,\"failed\":0,\"next\":\"{next}\"}}"
    )
}

#[test]
fn the_watch_that_is_named_sends_and_every_other_one_stands_by() {
    // The machine is called crm01.
    for (watcher, settings, sender) in [
        ("node = \"crm-b\"\n", "", None),
        ("node = \"crm-a\"\n", "", Some("crm-a")),
        ("node = \"crm-a\"\n", "name = \"CRM-A\"\n", None),
        ("name = \"ops\"\n", "", Some("ops")),
        ("name = \"ops\"\n", "name = \"ops\"\n", None),
        ("name = \"crm01.contoso.com\"\n", "", None),
        ("", "", None),
    ] {
        let (settings, standby) = settle(&machine(watcher, settings));
        assert_eq!(standby.as_ref().map(|one| one.sender.as_str()), sender, "{watcher:?}");
        assert_eq!(settings.schedule.unwrap().cron.to_string(), "0 7 * * *");
        assert_eq!(settings.zone.as_deref(), Some("Europe/Berlin"));
        let heartbeat = PathBuf::from("conf/beat.json");
        if sender.is_some() {
            assert_eq!((settings.heartbeat.file, settings.heartbeat.others), (None, vec![heartbeat]));
        } else if !watcher.is_empty() {
            assert_eq!((settings.heartbeat.file, settings.heartbeat.others), (Some(heartbeat), vec![]));
        }
    }
}

#[test]
fn what_the_settings_say_themselves_is_kept() {
    let own = "zone = \"UTC\"\n[schedule]\ncron = \"0 6 * * *\"\n[heartbeat]\nfile = \"own.json\"\n";
    let (settings, _) = settle(&machine("node = \"crm-b\"\n", own));
    assert_eq!(settings.schedule.unwrap().cron.to_string(), "0 6 * * *");
    assert_eq!(settings.zone.as_deref(), Some("UTC"));
    assert_eq!(settings.heartbeat.file, Some(PathBuf::from("conf/own.json")));
}

#[test]
fn whoever_stands_by_speaks_of_the_silence_and_of_nothing_else() {
    let options = Options { config: Some(PathBuf::from("conf/watch.toml")), ..Options::default() };
    let alerts = |beat_of: Option<String>| {
        let machine = machine("node = \"crm-a\"\n", "paths = [\"no-such-folder\"]\n");
        let machine = match beat_of {
            Some(text) => machine.with_file("conf/beat.json", text),
            None => machine,
        };
        let report = once(&machine.host(), &options).unwrap();
        assert_eq!(report.standby.as_deref(), Some("crm-a"));
        assert!(report.notes.iter().any(|note| note.contains("does not send")), "{:?}", report.notes);
        (report.exit_code(), report.alerts.into_iter().map(|alert| alert.message).collect::<Vec<_>>())
    };
    let (code, said) = alerts(Some(beat("2026-11-25T06:01:00Z", "2026-11-26T06:00:00Z")));
    assert_eq!((code, said), (ExitCode::Ok, vec![]));
    let (code, said) = alerts(Some(beat("2026-11-24T06:01:00Z", "2026-11-25T06:00:00Z")));
    assert_eq!(code, ExitCode::AlertCritical);
    assert!(said.len() == 1 && said[0].contains("should have looked at"), "{said:?}");
    let (code, said) = alerts(None);
    assert!(code == ExitCode::AlertCritical && said[0].contains("cannot be read"), "{said:?}");
}

#[test]
fn the_schedule_of_the_farm_is_followed_and_a_wrong_one_is_told() {
    let options = Options {
        config: Some(PathBuf::from("conf/watch.toml")),
        state: Some(PathBuf::from("state")),
        ..Options::default()
    };
    let round = round::if_due(&machine("node = \"crm-a\"\n", "").host(), &options).unwrap();
    assert_eq!(round.next_told, "2026-11-26 07:00 Europe/Berlin");
    let wrong = machine("", "").with_file("conf/farm.toml", FARM.replace("0 7 * * *", "at seven"));
    let error = round::if_due(&wrong.host(), &options).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("the schedule in the description"), "{error}");
    // Whoever only looks is not kept from it.
    let by_hand = Options { paths: vec![PathBuf::from("conf")], ..options.clone() };
    assert!(once(&wrong.host(), &by_hand).is_ok());
    // Without a description nothing is known of the schedule.
    let gone = FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1)
        .with_file("conf/watch.toml", "format = \"1.0\"\n[farm]\nfile = \"farm.toml\"\n");
    assert!(round::if_due(&gone.host(), &options).is_err());
}

#[test]
fn a_command_that_reads_the_description_says_that_the_watch_is_silent() {
    let machine = machine("node = \"crm-a\"\n", "");
    let file = Path::new("conf/farm.toml");
    let silent = machine.clone().with_file("conf/beat.json", beat("2026-11-24T06:01:00Z", "2026-11-25T06:00:00Z"));
    assert!(alarm(&silent.host(), file).unwrap().contains("it is answered for by Farm team"));
    let lives = machine.with_file("conf/beat.json", beat("2026-11-25T06:01:00Z", "2026-11-26T06:00:00Z"));
    assert_eq!(alarm(&lives.host(), file), None);
    assert_eq!(alarm(&lives.host(), Path::new("conf/no-such.toml")), None);
}
