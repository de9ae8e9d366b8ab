//! The view of `doctor`: one line for each check, and below it what is not as it has to be.

use super::{WIDTH, wrapped};
use crate::app::doctor::DoctorReport;
use crate::doctor::{Grade, Judged, Sight};

/// The most things that are told of one check.
const MOST: usize = 12;
const INDENT: &str = "          ";
/// The width of grade and identifier.
const HEAD: usize = 38;

/// Renders the report.
pub(crate) fn render(report: &DoctorReport) -> String {
    let mut text = String::new();
    let machine = report.machine.as_deref().unwrap_or("a machine that does not tell its name");
    let farm = match &report.farm {
        Some(path) => format!("{}, {} servers", path.display(), report.servers.len()),
        None => "no farm.toml: this server alone".to_owned(),
    };
    text.push_str(&format!("Looked at from {machine}, {}\nFarm: {farm}\n", report.at.strftime("%Y-%m-%dT%H:%M:%SZ")));
    let mut part = "";
    for check in &report.checks {
        if check.part != part {
            part = check.part;
            text.push_str(&format!("\n{part}\n"));
        }
        one(&mut text, check);
    }
    let counts = report.counts;
    text.push_str(&format!(
        "\n{} ok, {} warn, {} fail, {} unseen of {} checks\n",
        counts.ok,
        counts.warn,
        counts.fail,
        counts.unseen,
        report.checks.len()
    ));
    text
}

fn one(text: &mut String, check: &Judged) {
    let mut wants = String::new();
    wrapped(&mut wants, &" ".repeat(HEAD), WIDTH, check.wants);
    let behind = wants.trim_start();
    text.push_str(&format!("{:<HEAD$}{behind}", format!("  {:<6}  {}  ", check.grade.word(), check.id)));
    if check.grade == Grade::Ok {
        return;
    }
    let told = grouped(check);
    for (sight, whom) in told.iter().take(MOST) {
        // Where grades differ each says its own.
        let grade = if sight.grade == check.grade { String::new() } else { format!("{}: ", sight.grade.word()) };
        wrapped(text, INDENT, WIDTH, &format!("- {whom}: {grade}{}", sight.what));
    }
    if told.len() > MOST {
        text.push_str(&format!("{INDENT}- and {} more; --json tells all\n", told.len() - MOST));
    }
    if check.grade > Grade::Unseen {
        wrapped(text, INDENT, WIDTH, &format!("Why: {}", check.why));
        wrapped(text, INDENT, WIDTH, &format!("Do: {}", check.remedy));
    } else {
        wrapped(text, INDENT, WIDTH, &format!("Look: {}", check.look));
    }
}

/// What is not as it has to be; those of whom the same is said stand together.
fn grouped(check: &Judged) -> Vec<(&Sight, String)> {
    let mut groups: Vec<(&Sight, String)> = Vec::new();
    for sight in check.seen.iter().filter(|sight| sight.grade != Grade::Ok) {
        match groups.iter_mut().find(|(first, _)| first.grade == sight.grade && first.what == sight.what) {
            Some((_, whom)) => whom.push_str(&format!(", {}", sight.about)),
            None => groups.push((sight, sight.about.clone())),
        }
    }
    groups
}
