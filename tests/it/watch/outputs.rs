//! What machines and mail readers get: metrics by promtool, alert rules, a calendar by another parser, HTML in a browser.

use std::fs;

use serde_json::Value as Json;

use super::Desk;
use crate::architecture::root;
use crate::oracles;
use crate::tools::tool;

/// A subject in which everything stands that a label, a calendar or a page has to escape.
fn desk() -> Desk {
    let desk = Desk::new(&[]);
    let subject = "CN=crm \\\"a\\\"\\; b\\\\\\\\c \\<i\\>,O=Contoso Gesellschaft f\u{fc}r sehr lange Namen mit \u{e4}\u{f6}\u{fc}\u{df} und \u{20ac}";
    let issue = ["issue", "--subject", subject, "--days", "20", "--policy", "evaluation", "--out", "farm/a.pfx"];
    fs::create_dir(desk.path("farm")).unwrap();
    let output = desk.command(&[&issue[..], &["--generate-password-to", "pass"]].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    desk.settings(
        "paths = [\"farm\"]\npasswords = [{ file = \"pass\" }]\npolicy = \"evaluation\"\n[heartbeat]\nfile = \"beat.json\"\n\
         textfile = \"s2scert.prom\"\ncalendar = \"act-by.ics\"\n[[file]]\nname = \"drop\"\nfolder = \"farm\"\n",
    );
    desk
}

#[test]
fn the_metrics_are_read_by_promtool_and_name_only_series_that_the_rules_know() {
    let desk = desk();
    let answer = desk.watch(&[]);
    assert_eq!(answer.alerts("expiry").len(), 1, "{answer:?}");
    let text = fs::read_to_string(desk.path("s2scert.prom")).unwrap();
    assert!(text.contains("s2scert_watch_last_delivery_timestamp_seconds 1"), "{text}");
    assert!(text.contains("s2scert_watch_alerts_of_kind{kind=\"expiry\"} 1"), "{text}");
    assert!(text.contains("s2scert_roll_state{state=\"none\"} 1"), "{text}");
    assert_eq!(text.matches("s2scert_roll_state{").count(), 7, "{text}");
    let rules = fs::read_to_string(root().join("examples/prometheus/s2scert.rules.yml")).unwrap();
    let names = regex::Regex::new(r"s2scert_[a-z_]+").unwrap();
    for name in names.find_iter(&rules).map(|found| found.as_str()) {
        assert!(text.contains(&format!("# TYPE {name} gauge")), "no metric {name}: {text}");
    }
    let Some(promtool) = tool("promtool", "--version") else { return };
    let checked = promtool.output(&["check", "metrics"], text.as_bytes());
    let said = String::from_utf8_lossy(&checked.stderr).into_owned() + &String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn the_alert_rules_are_good_and_fire_when_they_should() {
    let Some(promtool) = tool("promtool", "--version") else { return };
    let folder = root().join("examples/prometheus");
    promtool.run(&["check", "rules", &folder.join("s2scert.rules.yml").display().to_string()]);
    promtool.run(&["test", "rules", &folder.join("s2scert.rules.test.yml").display().to_string()]);
}

#[test]
fn an_audit_log_that_was_written_anew_is_found_by_the_head_of_a_heartbeat_and_of_a_message() {
    let desk = desk();
    let id = desk.watch(&[]).json["alerts"][0]["id"].as_str().unwrap().to_owned();
    let answer =
        |words: &[&str]| desk.command(&[words, &["--state-dir", "state", "--json"]].concat()).output().unwrap();
    assert!(answer(&["alert", "ack", &id, "--by", "Ada", "--note", "ordered"]).status.success());
    // Another certificate is spoken of, so that there is a message behind the answer.
    let issue = ["issue", "--subject", "CN=other", "--days", "20", "--policy", "evaluation", "--out", "farm/b.pfx"];
    assert!(
        desk.command(&[&issue[..], &["--generate-password-to", "farm/b.pass"]].concat()).status().unwrap().success()
    );
    fs::remove_file(desk.path("farm/b.pfx")).unwrap();
    desk.watch(&[]);
    let beat: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("beat.json")).unwrap()).unwrap();
    let head = beat["audit"]["head"].as_str().unwrap().to_owned();
    assert_eq!(beat["audit"]["lines"], 1);
    let told = fs::read_dir(desk.path("farm")).unwrap().flatten().filter(|file| {
        let text = fs::read_to_string(file.path()).unwrap_or_default();
        text.contains("s2scert.message/1.0") && text.contains(&head)
    });
    assert_eq!(told.count(), 1, "the message tells the head");
    assert_eq!(answer(&["audit", "verify", "--head", &head]).status.code(), Some(0));
    fs::remove_file(desk.path("state/audit.sqlite")).unwrap();
    assert!(answer(&["alert", "ack", &id, "--by", "Eve", "--note", "ordered"]).status.success());
    assert_eq!(answer(&["audit", "verify", "--head", &head]).status.code(), Some(3));
}

#[test]
fn the_calendar_is_read_by_another_parser() {
    let desk = desk();
    let answer = desk.watch(&[]);
    if let Some(missing) = oracles::python_missing() {
        crate::tools::skip(&missing);
        return;
    }
    let (calendar, out) = (desk.path("act-by.ics"), desk.path("events.json"));
    for line in fs::read(&calendar).unwrap().split(|octet| *octet == b'\n') {
        assert!(line.len() <= 76, "{line:?}");
    }
    oracles::run_python([oracles::source("ics.py").as_os_str(), calendar.as_os_str(), out.as_os_str()]);
    let read: Json = serde_json::from_slice(&fs::read(out).unwrap()).unwrap();
    let alert = answer.json["alerts"].as_array().unwrap().iter().find(|one| one["kind"] == "expiry").unwrap();
    assert_eq!((read["version"].as_str(), read["errors"].as_array().map(Vec::len)), (Some("2.0"), Some(0)), "{read}");
    let event = &read["events"][0];
    let instant = |json: &Json| json.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
    assert_eq!(instant(&event["start"]), instant(&alert["act_by"]), "{read}");
    assert_eq!(event["summary"], format!("Roll {} by now", alert["title"].as_str().unwrap()), "{read}");
    assert!(event["description"].as_str().unwrap().ends_with(alert["remedy"].as_str().unwrap()), "{read}");
}
