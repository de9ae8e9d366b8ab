//! The views of `rotate`.

pub(crate) mod files;
pub(crate) mod plan;

use std::fmt::Write as _;

use super::{WIDTH, wrapped};
use crate::app::rotate::progress::{Event, Progress};
use crate::app::rotate::run::RunReport;
use crate::app::rotate::status::{RollLine, StatusReport};
use crate::rotation::record::EndKind;

/// One line of what happens.
pub(crate) fn progress(one: &Progress) -> String {
    let time = format!("{:>3}:{:02}", one.seconds / 60, one.seconds % 60);
    let place = one.number.map_or_else(String::new, |number| format!("{number}/{} ", one.steps));
    let node = one.node.as_ref().map_or_else(String::new, |node| format!("{node}: "));
    let word = match one.event {
        Event::Begins | Event::Turns => "",
        Event::Holds => "is so: ",
        Event::Acts => "now: ",
        Event::Waits => "waits until: ",
        Event::Done => "done: ",
        Event::Fails => "NOT SO: ",
    };
    let why = one.why.as_ref().map_or_else(String::new, |why| format!(" - {why}"));
    format!("{time}  {place}{node}{word}{}{why}", one.what)
}

/// How a run ended.
pub(crate) fn render_run(report: &RunReport) -> String {
    let mut text = String::new();
    let end = match report.end {
        EndKind::Done => "done: every server and every trust was proven with the new certificate",
        EndKind::RolledBack => "rolled back: the farm is as before",
        EndKind::NothingToDo => "nothing to do: it is so already",
        EndKind::Manual => "NOT AT ITS END: something is left to do",
    };
    let _ = writeln!(text, "{}  {end}", report.roll);
    if !report.why.is_empty() {
        wrapped(&mut text, "  ", WIDTH, &format!("because: {}", report.why));
    }
    for left in &report.left {
        let _ = writeln!(text, "\n  {}", left.node);
        wrapped(&mut text, "    ", WIDTH, &left.what);
        for command in &left.commands {
            let _ = writeln!(text, "      {command}");
        }
    }
    let _ = writeln!(
        text,
        "\n  {} in {} s; the journal has {} records, its head is {}",
        if report.changed { "servers were changed" } else { "no server was changed" },
        report.seconds,
        report.records,
        report.journal_head
    );
    next(&mut text, &report.next);
    text
}

/// How it stands.
pub(crate) fn render_status(report: &StatusReport) -> String {
    let mut text = String::new();
    if report.rolls.is_empty() {
        text.push_str("No roll was begun from here.\n");
    }
    for roll in &report.rolls {
        one_roll(&mut text, roll);
    }
    if let Some(lease) = &report.lease {
        let what = if lease.over { "held the farm" } else { "holds the farm" };
        let _ = writeln!(
            text,
            "\n{} {what} for {}, since {}, until {} unless it is renewed; fence {}",
            lease.holder, lease.roll, lease.taken, lease.until, lease.fence
        );
    } else if !report.nodes.is_empty() {
        text.push_str("\nNobody holds the farm.\n");
    }
    if !report.nodes.is_empty() {
        text.push('\n');
    }
    for node in &report.nodes {
        let what = match (&node.roll, &node.unseen) {
            (_, Some(why)) => format!("not seen: {why}"),
            (Some(roll), None) => format!(
                "{roll} of {} stands there since {}, going {}",
                node.owner.as_deref().unwrap_or_default(),
                node.begun.map(|at| at.to_string()).unwrap_or_default(),
                node.phase.as_deref().unwrap_or_default()
            ),
            (None, None) => "no roll stands there".to_owned(),
        };
        let _ = writeln!(text, "  {:<16} {what}", node.node);
    }
    next(&mut text, &report.next);
    text
}

fn one_roll(text: &mut String, roll: &RollLine) {
    let steps = roll.steps.map_or_else(String::new, |steps| format!(" of {steps} steps"));
    let at = roll.last.map_or_else(String::new, |at| format!(", last record {at}"));
    let _ = writeln!(text, "{}  {}: {} changes done{steps}{at}", roll.roll, roll.standing, roll.done);
    if let Some(fault) = &roll.fault {
        let _ = writeln!(text, "  NOT READABLE: {fault}");
    }
    if roll.open {
        if let Some(step) = &roll.step {
            let _ = writeln!(text, "  last acted on: {step}");
        }
        for one in &roll.unclear {
            let _ = writeln!(text, "  not known what came of: {one}");
        }
    }
    if let Some(why) = &roll.why {
        wrapped(text, "  ", WIDTH, &format!("because: {why}"));
    }
}

/// The next commands, each with what it is for.
pub(super) fn next(text: &mut String, next: &[String]) {
    if !next.is_empty() {
        text.push_str("\nnext:\n");
    }
    for one in next {
        wrapped(text, "  ", WIDTH, one);
    }
}
