//! The view of `schedule`.

use std::fmt::Write as _;

use super::{WIDTH, field, wrapped};
use crate::app::schedule::{Need, ScheduleReport, Seen, Standing};
use crate::watch::facts::minute;

/// Renders what is installed, or would be.
pub(crate) fn render(report: &ScheduleReport) -> String {
    let mut text = String::new();
    if let Some(kind) = report.kind {
        let _ = writeln!(text, "A {} that runs as {}", kind.words(), report.account);
    }
    for shown in &report.texts {
        let how = match &shown.standing {
            Standing::Same => "is there as it is to be".to_owned(),
            Standing::Missing => "is not there".to_owned(),
            Standing::Differs { how } => format!("differs: {}", how.join("; ")),
            Standing::Unseen { why } => format!("cannot be seen: {why}"),
        };
        wrapped(&mut text, "", WIDTH, &format!("{} {how}", shown.place));
        // What is there already needs no second look.
        if shown.standing != Standing::Same && report.pending {
            for line in shown.text.lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
    }
    if report.pending && !report.commands.is_empty() {
        text.push_str("Commands\n");
        for command in &report.commands {
            let words: Vec<String> =
                command.iter().map(|word| if word.is_empty() { "\"\"".to_owned() } else { word.clone() }).collect();
            let _ = writeln!(text, "    {}", words.join(" "));
        }
    }
    if let Some(timing) = &report.timing {
        text.push_str("When it looks\n");
        field(&mut text, "expression", &format!("{} in {}", timing.cron, timing.zone));
        field(&mut text, "next run", &timing.next_told);
        if let Some(last) = &timing.last {
            field(&mut text, "last run", &format!("{}, exit code {}", minute(last.started), last.exit_code));
        }
        if let Some(called) = timing.called {
            field(&mut text, "last called", &minute(called));
        }
    }
    needs(&mut text, &report.needs);
    for finding in &report.findings {
        wrapped(&mut text, "", WIDTH, &format!("WRONG: {}", finding.message));
        wrapped(&mut text, "  ", WIDTH, &finding.remedy);
    }
    for note in &report.notes {
        wrapped(&mut text, "", WIDTH, &format!("Note: {note}"));
    }
    let ending = if report.changed && report.findings.is_empty() {
        "Done, and seen on the machine"
    } else if !report.findings.is_empty() {
        "The schedule is not right"
    } else if report.pending {
        "Nothing has been changed"
    } else if report.kind.is_some() {
        "The schedule is in order"
    } else {
        "There is nothing to do"
    };
    let _ = writeln!(text, "{ending}");
    text
}

fn needs(text: &mut String, needs: &[Need]) {
    if needs.is_empty() {
        return;
    }
    text.push_str("What it must be allowed\n");
    for need in needs {
        let mark = match need.seen {
            Seen::Held => "ok",
            Seen::Missing => "MISSING",
            Seen::NotTried => "not tried",
        };
        let why = need.why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        let line = format!("{mark}: {} {} ({}){why}", need.right.word(), need.to, need.what);
        wrapped(text, "  ", WIDTH, &line);
    }
    if needs.iter().any(|need| need.seen == Seen::Missing) {
        wrapped(text, "  ", WIDTH, "Without a right the place is unseen, and the watch says so at each run.");
    }
}
