//! The views of `rotate`.

pub(crate) mod files;
pub(crate) mod plan;

use std::fmt::Write as _;

use super::{WIDTH, wrapped};
use crate::app::rotate::progress::{Event, Progress};
use crate::app::rotate::record::{RecordReport, Verdict};
use crate::app::rotate::run::RunReport;
use crate::app::rotate::status::{RollLine, StatusReport};
use crate::app::rotate::verify::VerifyReport;
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
        EndKind::Aborted => "GIVEN UP: what was changed stays; no PFX is left, and another roll may begin",
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

/// What is proven.
pub(crate) fn render_verify(report: &VerifyReport) -> String {
    let mut text = String::new();
    let verdict = if report.proven { "PROVEN" } else { "NOT PROVEN" };
    let _ = writeln!(text, "{verdict}: the farm uses {}, the certificate of {}", report.thumbprint, report.roll);
    for line in &report.lines {
        let word = match line.verdict {
            "so" => "so",
            "not" => "NOT SO",
            _ => "NOT SEEN",
        };
        let why = line.why.as_ref().map_or_else(String::new, |why| format!(" - {why}"));
        let _ = writeln!(text, "  {word:<8} {}: {}{why}", line.node, line.what);
        for one in &line.next {
            wrapped(&mut text, "           ", WIDTH, &format!("next: {one}"));
        }
    }
    for one in &report.references {
        let _ = writeln!(text, "  NOT SO   the old certificate: {one}");
    }
    if !report.remains.is_empty() {
        let _ =
            writeln!(text, "  the old certificate still lies on {}; that breaks nothing", report.remains.join(", "));
    }
    text
}

/// What is done by hand.
pub(crate) fn render_record(report: &RecordReport) -> String {
    let mut text = String::new();
    let _ =
        writeln!(text, "{}: {}", report.roll, if report.changed { "written down" } else { "nothing was written down" });
    for output in &report.outputs {
        let word = match output.verdict {
            Verdict::Proven => "PROVEN",
            Verdict::Shown => "shown",
            Verdict::NotSo => "NOT SO",
        };
        let place = format!("{}, {} of {} on {}", output.file.display(), output.script, output.step, output.server);
        wrapped(&mut text, "  ", WIDTH, &format!("{word}: {place}: {}", output.what));
        if !output.not.is_empty() {
            wrapped(&mut text, "    ", WIDTH, &format!("it does not prove {}", output.not));
        }
        if !output.missing.is_empty() {
            wrapped(
                &mut text,
                "    ",
                WIDTH,
                &format!("hand in with it what these printed: {}", output.missing.join(", ")),
            );
        }
    }
    if report.steps.is_empty() {
        text.push_str("  no step of it is done by hand\n");
    }
    for step in &report.steps {
        let word = if step.recorded { "recorded" } else { "TO DO" };
        let _ = writeln!(text, "  {word:<8} {:>3} {}: {}", step.number, step.step, step.what);
        for command in step.commands.iter().filter(|_| !step.recorded) {
            let _ = writeln!(text, "               {command}");
        }
    }
    next(&mut text, &report.next);
    text
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
