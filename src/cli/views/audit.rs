//! The views of `audit`.

use std::fmt::Write as _;

use super::{WIDTH, field, wrapped};
use crate::app::audit::{AuditExport, AuditShow, AuditVerify, Break};
use crate::protocol::Hex;

/// Renders the last events.
pub(crate) fn render(report: &AuditShow) -> String {
    let mut text = String::new();
    for (number, event) in report.events.iter().enumerate() {
        let _ = writeln!(text, "{}  {}  {}: {}", report.first + number, event.at, event.what, event.result);
        field(&mut text, "about", &event.about);
        field(&mut text, "by", &format!("{} on {}", event.account, event.machine));
        if !event.detail.is_empty() {
            field(&mut text, "more", &event.detail);
        }
    }
    let events = match report.events_in_all {
        0 => "no event was written down here".to_owned(),
        1 => "1 event".to_owned(),
        all => format!("{all} events"),
    };
    let _ = writeln!(text, "{events}{}", ended(report.head.as_ref()));
    broken(&mut text, report.broken.as_ref());
    text
}

/// Renders the state of the chain.
pub(crate) fn render_verify(report: &AuditVerify) -> String {
    let mut text = String::new();
    match &report.broken {
        None => {
            let _ = writeln!(text, "the chain is whole: {}{}", lines(report.lines), ended(report.head.as_ref()));
        }
        Some(_) => broken(&mut text, report.broken.as_ref()),
    }
    if let Some(asked) = &report.asked {
        let _ = match asked.line {
            Some(line) => {
                writeln!(text, "the head {} is that of line {line}: nothing up to there was altered", asked.head)
            }
            None => writeln!(
                text,
                "the head {} is not in the sound part of this log: lines were removed or altered",
                asked.head
            ),
        };
    }
    text
}

/// Renders what was written.
pub(crate) fn render_export(report: &AuditExport) -> String {
    format!("{} written to {}{}\n", lines(report.lines), report.file.display(), ended(report.head.as_ref()))
}

fn lines(number: usize) -> String {
    if number == 1 { "1 line".to_owned() } else { format!("{number} lines") }
}

fn ended(head: Option<&Hex<32>>) -> String {
    head.map_or_else(String::new, |head| format!("; head {head}"))
}

fn broken(text: &mut String, broken: Option<&Break>) {
    if let Some(broken) = broken {
        let what = format!("the chain is broken at line {}: {}", broken.line, broken.why);
        wrapped(text, "", WIDTH, &what);
        wrapped(text, "", WIDTH, "keep the file, and compare it with heads that were sent out: docs/SECURITY.md");
    }
}
