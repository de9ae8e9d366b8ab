//! How others see that the watch lives, and how it sees that of others: heartbeat files, metrics, a ping.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::audit;
use super::super::rotate::state::{self as roll_state, RollState};
use super::WatchReport;
use crate::error::{Error, ExitCode};
use crate::notify::AuditHead;
use crate::ports::{Access, Existing, Host, WebRequest, WebTrust};
use crate::store::watch::Run;
use crate::watch::Level;
use crate::watch::facts::{Kind, Trouble, minute};
use crate::watch::settings::{HeartbeatTable, Settings};
use crate::watch::silence::{self, Silence};

/// The schema of a heartbeat file.
const SCHEMA: &str = "s2scert.heartbeat/1.0";
/// The most that is read of another's heartbeat.
const MAX_FILE: u64 = 64 << 10;
/// How long a ping may take.
const PING: Duration = Duration::from_secs(20);
/// The most certificates of which there are metrics: the number of series is bounded.
const MOST_SERIES: usize = 200;

/// A heartbeat file.
#[derive(Deserialize, Serialize)]
struct Beat {
    schema: String,
    name: String,
    machine: String,
    ended: Timestamp,
    exit_code: u8,
    alerts: u64,
    delivered: u64,
    failed: u64,
    /// When the trigger called last, where there is a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    called: Option<Timestamp>,
    /// When the next run is due, where there is a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Timestamp>,
    /// The head of the audit log: where the log later lacks it, lines were cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audit: Option<AuditHead>,
}

/// Writes everything that tells that this run has ended; `told` is when a message last got through. What cannot be written is
/// said and stops nothing.
pub(super) fn write(
    host: &Host,
    settings: &Settings,
    state: Option<&Path>,
    report: &WatchReport,
    run: &Run,
    told: Option<Timestamp>,
) -> Vec<String> {
    let beat = &settings.heartbeat;
    let mut notes = Vec::new();
    let roll = roll_state::newest(host, state).map_err(|error| {
        notes.push(format!("how the newest roll stands is not known: {error}"));
    });
    let audit = audit::head(host, state).unwrap_or_default();
    let mut put = |what: &str, path: &Path, bytes: &[u8]| {
        if let Err(error) = host.files.create(path, Access::Public, Existing::Replace, bytes) {
            notes.push(format!("{what} cannot be written: {}", Error::from(error)));
        }
    };
    if let Some(path) = &beat.file {
        let beat = Beat {
            schema: SCHEMA.to_owned(),
            name: report.name.clone(),
            machine: super::machine_name(host),
            ended: run.ended,
            exit_code: run.exit_code,
            alerts: run.alerts,
            delivered: run.delivered,
            failed: run.failed,
            called: settings.schedule.as_ref().map(|_| run.ended),
            next: settings.next_run(run.ended),
            audit,
        };
        put("the heartbeat", path, &serde_json::to_vec_pretty(&beat).unwrap_or_default());
    }
    if let Some(path) = &beat.textfile {
        put("the metrics", path, metrics(report, run, told, roll.ok()).as_bytes());
    }
    if let Some(path) = &beat.calendar {
        put("the calendar", path, calendar(report).as_bytes());
    }
    if let Some(url) = beat.ping.as_ref().filter(|_| report.exit_code() != ExitCode::Undelivered) {
        notes.extend(ping(host, url.as_str()).map(|why| format!("the ping did not get through: {why}")));
    }
    notes
}

/// Notes in the heartbeat that the trigger has called, where a run left one and nothing was due.
pub(super) fn alive(host: &Host, settings: &Settings, now: Timestamp) -> Option<String> {
    let path = settings.heartbeat.file.as_ref()?;
    let bytes = host.files.read(path, MAX_FILE).ok()?;
    let mut beat = serde_json::from_slice::<Beat>(&bytes).ok()?;
    (beat.called, beat.next) = (Some(now), settings.next_run(now));
    let bytes = serde_json::to_vec_pretty(&beat).unwrap_or_default();
    let written = host.files.create(path, Access::Public, Existing::Replace, &bytes);
    written.err().map(|error| format!("the heartbeat cannot be written: {}", Error::from(error)))
}

fn ping(host: &Host, url: &str) -> Option<String> {
    let request = WebRequest {
        url: url.to_owned(),
        connect_to: None,
        trust: WebTrust::System,
        body: None,
        headers: Vec::new(),
        deadline: PING,
        most: MAX_FILE,
    };
    match host.web.exchange(&request) {
        Ok(answer) if answer.status < 300 => None,
        Ok(answer) => Some(format!("the server answered {}", answer.status)),
        Err(error) => Some(error.why),
    }
}

/// Looks at the heartbeats of others.
pub(super) fn others(host: &Host, beat: &HeartbeatTable, now: Timestamp) -> Vec<Trouble> {
    let late = beat.late.map(|span| span.0);
    beat.others.iter().filter_map(|path| other(host, path, late, now)).collect()
}

pub(super) fn other(host: &Host, path: &Path, late: Option<SignedDuration>, now: Timestamp) -> Option<Trouble> {
    let about = path.display().to_string();
    let trouble = |message: String| {
        Some(Trouble {
            kind: Kind::Silent,
            about: about.clone(),
            level: Level::Error,
            message,
            remedy: "see on that machine whether its schedule still runs, and run it once by hand".to_owned(),
        })
    };
    let bytes = match host.files.read(path, MAX_FILE) {
        Ok(bytes) => bytes,
        Err(error) => return trouble(format!("the heartbeat of another watch cannot be read: {}", Error::from(error))),
    };
    let Ok(beat) = serde_json::from_slice::<Beat>(&bytes) else {
        return trouble(format!("{about} is no heartbeat of a watch"));
    };
    let seen = silence::Beat {
        ended: beat.ended,
        called: beat.called,
        next: beat.next,
        could_tell: beat.exit_code != ExitCode::Undelivered.code(),
    };
    let who = format!("the watch {} on {}", beat.name, beat.machine);
    let ended = minute(beat.ended);
    trouble(match silence::silence(seen, late, now)? {
        Silence::Late => format!("{who} has been silent since {ended}"),
        Silence::Missed(next) => format!("{who} should have looked at {}, and looked last at {ended}", minute(next)),
        Silence::Uncalled(called) => format!("the schedule of {who} has not called since {}", minute(called)),
        Silence::Ahead => format!("{who} ended at {ended}, which has not come yet: one of the two clocks is wrong"),
        Silence::Mute => format!("{who} could not tell anybody anything"),
    })
}

/// Writes metrics in the text format of Prometheus. The number of series is bounded, and no path or secret is a label.
fn metrics(report: &WatchReport, run: &Run, told: Option<Timestamp>, roll: Option<RollState>) -> String {
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, value: String| {
        let _ = write!(text, "# HELP s2scert_{name} {help}\n# TYPE s2scert_{name} {kind}\n{value}");
    };
    let single = |name: &str, value: i64| format!("s2scert_{name} {value}\n");
    let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let last = "watch_last_run_timestamp_seconds";
    one(last, "gauge", "When the watch last ended.", single(last, run.ended.as_second()));
    let untold = "watch_untold_alerts";
    one(
        untold,
        "gauge",
        "Alerts of which nobody could be told on any channel.",
        single(untold, count(report.summary.untold)),
    );
    let code = "watch_last_exit_code";
    one(code, "gauge", "Exit code of the last run of the watch.", single(code, i64::from(run.exit_code)));
    let seen = "watch_certificates";
    one(seen, "gauge", "Certificates that the last run looked at.", single(seen, count(run.certificates)));
    let unreadable = "watch_unreadable_sources";
    one(
        unreadable,
        "gauge",
        "Sources that the last run could not read.",
        single(unreadable, count(report.summary.unreadable)),
    );
    let failed = "watch_failed_messages";
    one(failed, "gauge", "Messages of the last run that did not get through.", single(failed, count(run.failed)));
    let alerts = Level::ALL.iter().map(|level| {
        let number = report.alerts.iter().filter(|alert| alert.level == *level).count();
        format!("s2scert_watch_alerts{{level=\"{}\"}} {number}\n", level.word())
    });
    one("watch_alerts", "gauge", "Alerts that stand, by level.", alerts.collect());
    let kinds = Kind::ALL.iter().map(|kind| {
        let number = report.alerts.iter().filter(|alert| alert.kind == *kind).count();
        format!("s2scert_watch_alerts_of_kind{{kind=\"{}\"}} {number}\n", kind.word())
    });
    one(
        "watch_alerts_of_kind",
        "gauge",
        "Alerts that stand, by kind: access is access drift, disagreement the places of a farm.",
        kinds.collect(),
    );
    if let Some(told) = told {
        let last = "watch_last_delivery_timestamp_seconds";
        one(last, "gauge", "When a message last got through on any channel.", single(last, told.as_second()));
    }
    if let Some(roll) = roll {
        // One series for each state, so that a change of state ends none.
        let states = RollState::ALL
            .iter()
            .map(|state| format!("s2scert_roll_state{{state=\"{}\"}} {}\n", state.word(), u8::from(*state == roll)));
        one(
            "roll_state",
            "gauge",
            "How the newest roll of this state folder stands: 1 for its state.",
            states.collect(),
        );
    }
    let dated: Vec<_> = report.alerts.iter().filter(|alert| alert.expiry.is_some()).take(MOST_SERIES).collect();
    for (name, help, value) in [
        ("certificate_expiry_timestamp_seconds", "When the first certificate of the chain expires.", false),
        ("certificate_act_by_timestamp_seconds", "By when somebody must begin to roll.", true),
    ] {
        let lines = dated.iter().filter_map(|alert| {
            let instant = if value { alert.act_by } else { alert.expiry };
            Some(format!(
                "s2scert_{name}{{id=\"{}\",subject=\"{}\"}} {}\n",
                alert.id,
                label(&alert.title),
                instant?.as_second()
            ))
        });
        let lines: String = lines.collect();
        if !lines.is_empty() {
            one(name, "gauge", help, lines);
        }
    }
    text
}

/// A value of a label.
fn label(text: &str) -> String {
    text.chars().take(120).fold(String::new(), |mut escaped, c| {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        escaped
    })
}

/// Writes a calendar of act-by dates (RFC 5545).
fn calendar(report: &WatchReport) -> String {
    let stamp = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//s2scert//watch//EN\r\n");
    for alert in report.alerts.iter().take(MOST_SERIES) {
        let (Some(act_by), Some(expiry)) = (alert.act_by, alert.expiry) else { continue };
        let description = format!("Expires at {}. {}", minute(expiry), alert.remedy);
        for line in [
            "BEGIN:VEVENT".to_owned(),
            format!("UID:{}@s2scert", alert.id),
            format!("DTSTAMP:{}", stamp(report.at)),
            format!("DTSTART:{}", stamp(act_by)),
            format!("SUMMARY:{}", escaped(&format!("Roll {} by now", alert.title))),
            format!("DESCRIPTION:{}", escaped(&description)),
            "END:VEVENT".to_owned(),
        ] {
            fold(&mut text, &line);
        }
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

/// A text value (section 3.3.11).
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
        escaped
    })
}

/// Breaks a line after at most 75 octets (section 3.1), between characters.
fn fold(text: &mut String, line: &str) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > 74 {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(c);
        octets += c.len_utf8();
    }
    text.push_str("\r\n");
}
