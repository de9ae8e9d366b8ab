//! The views of `watch` and `alert`.

use std::fmt::Write as _;

use super::{WIDTH, field, wrapped};
use crate::app::watch::alerts::{AlertAnswer, AlertHistory, AlertList, AlertTest, ListedAlert};
use crate::app::watch::round::Round;
use crate::app::watch::{Sent, WatchReport};
use crate::error::ExitCode;
use crate::watch::Level;
use crate::watch::facts::minute;

/// The most alerts that are printed one by one.
const MOST_SHOWN: usize = 100;

/// Renders a run in sentences.
pub(crate) fn render(report: &WatchReport) -> String {
    let mut text = String::new();
    for alert in report.alerts.iter().take(MOST_SHOWN) {
        let _ = writeln!(text, "{}  {}", alert.level.word().to_uppercase(), alert.id);
        wrapped(&mut text, "  ", WIDTH, &alert.message);
        for detail in &alert.details {
            field(&mut text, detail.label, &detail.value);
        }
        if let Some(who) = &alert.acknowledged_by {
            field(&mut text, "taken on by", who);
        }
        if let Some(until) = alert.snoozed_until {
            field(&mut text, "snoozed until", &minute(until));
        }
        wrapped(&mut text, "  ", WIDTH, &alert.remedy);
    }
    if report.alerts.len() > MOST_SHOWN {
        let _ = writeln!(text, "{} more alerts stand", report.alerts.len() - MOST_SHOWN);
    }
    tail(&mut text, report);
    text
}

/// Renders a run with one line for each alert.
pub(crate) fn render_table(report: &WatchReport) -> String {
    let mut text = String::new();
    if !report.alerts.is_empty() {
        let _ = writeln!(text, "{:<10} {:<10} {:<20} {:<20} ABOUT", "ID", "LEVEL", "ACT BY", "EXPIRES");
    }
    for alert in &report.alerts {
        let date = |at: Option<jiff::Timestamp>| at.map_or_else(|| "-".to_owned(), minute);
        let (act_by, expiry) = (date(alert.act_by), date(alert.expiry));
        let _ = writeln!(text, "{:<10} {:<10} {act_by:<20} {expiry:<20} {}", alert.id, alert.level.word(), alert.title);
    }
    tail(&mut text, report);
    text
}

/// Renders a round of a schedule.
pub(crate) fn render_round(round: &Round) -> String {
    let mut text = round.report.as_ref().map(render).unwrap_or_default();
    for note in &round.notes {
        wrapped(&mut text, "", WIDTH, &format!("Note: {note}"));
    }
    let why = match round.due {
        Some(reason) => format!("Looked because {}", reason.words()),
        None if round.busy => "Nothing done: another run is at work".to_owned(),
        None => "Nothing is due".to_owned(),
    };
    let last = round.last.as_ref().filter(|_| round.due.is_none());
    let last = last.map_or_else(String::new, |last| format!("; the last run began at {}", minute(last.started)));
    wrapped(&mut text, "", WIDTH, &format!("{why}{last}. Next run: {}", round.next_told));
    text
}

fn tail(text: &mut String, report: &WatchReport) {
    for sent in &report.sent {
        let _ = writeln!(text, "{}", of_sent(sent));
    }
    for note in &report.notes {
        wrapped(text, "", WIDTH, &format!("Note: {note}"));
    }
    let summary = &report.summary;
    let alerts = match report.alerts.len() {
        0 => "nothing to tell".to_owned(),
        1 => "1 alert".to_owned(),
        more => format!("{more} alerts"),
    };
    let noun = if summary.certificates == 1 { "certificate" } else { "certificates" };
    let _ = write!(text, "{} {noun} looked at: {alerts}", summary.certificates);
    if summary.unchanged > 0 {
        let _ = write!(text, "; {} files read, {} unchanged", summary.read, summary.unchanged);
    }
    if summary.unreadable > 0 {
        let _ = write!(text, "; {} unreadable", summary.unreadable);
    }
    text.push('\n');
    if report.channels == 0 && !report.alerts.is_empty() {
        text.push_str("Nobody else is told: the settings name no channel\n");
    }
}

fn of_sent(sent: &Sent) -> String {
    let number = if sent.alerts.len() == 1 { "1 alert".to_owned() } else { format!("{} alerts", sent.alerts.len()) };
    let attempts = if sent.attempts > 1 { format!(" after {} attempts", sent.attempts) } else { String::new() };
    match &sent.error {
        None => format!("{}: {number} delivered{attempts}", sent.channel),
        Some(why) => format!("{}: {number} NOT delivered{attempts}: {why}", sent.channel),
    }
}

/// Renders a run as Nagios wants it: one line with performance data, and an exit code of 0 to 3, chosen by its number.
pub(crate) fn nagios(report: &WatchReport) -> (String, ExitCode) {
    let worst = report.alerts.first();
    let (word, code) = match report.exit_code() {
        ExitCode::Ok => ("OK", ExitCode::Ok),
        ExitCode::AlertWarning => ("WARNING", ExitCode::Internal),
        ExitCode::AlertCritical | ExitCode::Undelivered => ("CRITICAL", ExitCode::Usage),
        _ => ("UNKNOWN", ExitCode::Finding),
    };
    let said = match (report.exit_code(), worst) {
        (ExitCode::Undelivered, _) => "nothing could be delivered".to_owned(),
        (_, Some(alert)) => alert.message.clone(),
        (ExitCode::Unreadable, None) => "no certificate was found".to_owned(),
        (_, None) => "nothing to tell".to_owned(),
    };
    let count = |level| report.alerts.iter().filter(|alert| alert.level == level).count();
    let mut line = format!("S2SCERT {word} - {} |", nagios_text(&said));
    for level in Level::ALL {
        let _ = write!(line, " {}={}", level.word(), count(level));
    }
    let _ = writeln!(line, " certificates={} unreadable={}", report.summary.certificates, report.summary.unreadable);
    (line, code)
}

/// Text of a line for Nagios: a bar begins the performance data.
pub(crate) fn nagios_text(text: &str) -> String {
    text.replace(['|', '\n', '\r'], " ")
}

/// Renders what was told.
pub(crate) fn render_list(list: &AlertList) -> String {
    let mut text = String::new();
    match &list.last_run {
        Some(run) => {
            let _ = writeln!(text, "The watch last ended at {} with exit code {}", minute(run.ended), run.exit_code);
        }
        None => text.push_str("The watch has not run with a channel yet\n"),
    }
    for alert in &list.alerts {
        one(&mut text, alert);
    }
    if list.alerts.is_empty() {
        text.push_str("Nothing was told\n");
    }
    text
}

fn one(text: &mut String, alert: &ListedAlert) {
    let level = alert.level.map_or("-", Level::word);
    let _ = writeln!(text, "{}  {level}  {}", alert.id, alert.title);
    if let Some(stage) = &alert.stage {
        field(text, "stage", stage);
    }
    if let Some(told) = alert.told {
        field(text, "told", &format!("{} on {}", minute(told), alert.channels.join(", ")));
    }
    if let Some(who) = &alert.acknowledged_by {
        let note = alert.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
        field(text, "taken on by", &format!("{who}{note}"));
    }
    if let Some(until) = alert.snoozed_until {
        let by = alert.snoozed_by.as_ref().map_or_else(String::new, |by| format!(", says {by}"));
        field(text, "snoozed until", &format!("{}{by}", minute(until)));
    }
}

/// Renders an answer to an alert.
pub(crate) fn render_answer(answer: &AlertAnswer) -> String {
    let mut text = String::new();
    one(&mut text, &answer.alert);
    text
}

/// Renders the delivery log.
pub(crate) fn render_history(history: &AlertHistory) -> String {
    let mut text = String::new();
    for line in &history.deliveries {
        let _ = write!(
            text,
            "{}  {:<10} {:<9} {:<9} {}",
            minute(line.at),
            line.channel,
            line.level,
            line.outcome,
            line.title
        );
        let _ = if line.why.is_empty() { writeln!(text) } else { writeln!(text, ": {}", line.why) };
    }
    if history.deliveries.is_empty() {
        text.push_str("Nothing was sent\n");
    }
    text
}

/// Renders the test of a channel.
pub(crate) fn render_test(test: &AlertTest) -> String {
    format!("{}\n", of_sent(&test.sent))
}
