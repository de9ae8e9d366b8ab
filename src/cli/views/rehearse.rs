//! The view of `rehearse`. Every page of it says that it is a simulation.

use std::fmt::Write as _;

use super::{WIDTH, wrapped};
use crate::app::rehearse::{Chapter, RehearseReport};

/// Renders a rehearsal.
pub(crate) fn render(report: &RehearseReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}\n", report.notice);
    let _ = writeln!(
        text,
        "{}: {} of Dynamics{}. Certificates are names here.",
        match (&report.roll, report.bundles.is_empty()) {
            (Some(_), true) => "The farm as it was seen for the plan",
            (Some(_), false) => "The farm as its servers were collected",
            (None, _) => "The sample farm",
        },
        if report.servers == 1 { "one server".to_owned() } else { format!("{} servers", report.servers) },
        if report.roll.is_some() { "" } else { ", one SharePoint farm" },
    );
    super::rotate::plan::bundles(&mut text, &report.bundles);
    for chapter in &report.life {
        part(&mut text, chapter);
    }
    let _ = writeln!(text, "\n{}\nOne thing goes wrong, at each request of the roll in turn\n", report.notice);
    let _ = writeln!(text, "{:<58} {:>5} {:>5} {:>5} {:>6}", "", "tried", "done", "back", "manual");
    for line in &report.faults {
        let ends = line.ends;
        let _ = writeln!(
            text,
            "{:<58} {:>5} {:>5} {:>5} {:>6}",
            line.fault, line.tried, ends.done, ends.rolled_back, ends.manual
        );
    }
    let _ = writeln!(text, "\n{}\nSomething is not as it is believed to be\n", report.notice);
    for line in &report.beliefs {
        wrapped(&mut text, "  ", WIDTH, line.belief);
        let _ = writeln!(text, "    otherwise: {}", line.end);
    }
    let verdict = match report.violations.as_slice() {
        [] => "no invariant was broken".to_owned(),
        broken => format!("{} INVARIANTS WERE BROKEN", broken.len()),
    };
    let _ = writeln!(text, "\n{} rolls were simulated; {verdict}.", report.rolls);
    for violation in &report.violations {
        let _ = writeln!(text, "  {violation}");
    }
    let _ = writeln!(text, "{}", report.notice);
    text
}

fn part(text: &mut String, chapter: &Chapter) {
    let day = chapter.at.to_string();
    let _ = writeln!(text, "\n{}  {}", day.get(..10).unwrap_or(&day), chapter.title);
    for line in &chapter.lines {
        let _ = writeln!(text, "  {:>5} s  {}", line.seconds, line.what);
    }
    let _ = writeln!(text, "           {}", chapter.end);
}
