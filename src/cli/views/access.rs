//! The views of `access`.

use std::fmt::Write as _;

use super::{field, findings};
use crate::app::access::ProveReport;
use crate::farm::access::{DeviationKind, Principal};
use crate::node::access::{AccessReport, Action};

/// Renders the answer of every act but `prove`.
pub(crate) fn render(report: &AccessReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", headline(report));
    if let Some(key) = &report.key {
        field(&mut text, "container", &key.container);
        field(&mut text, "provider", &format!("{}, type {}", key.provider, key.provider_type));
    }
    if let Some(file) = &report.file {
        field(&mut text, "file", &file.display().to_string());
    }
    for change in &report.changes {
        let line = format!("{}: {} -> {}", report.label(&change.principal), change.from, change.to);
        field(&mut text, "changed", &line);
    }
    holdings(&mut text, report);
    for deviation in &report.deviations {
        let who = deviation.principal.as_ref().map_or_else(|| "an entry".to_owned(), |one| report.label(one));
        let line = match deviation.kind {
            DeviationKind::Missing => format!("{who} has {}, should have {}", deviation.found, deviation.wanted),
            DeviationKind::Excess => format!("{who} has {}, {} is enough", deviation.found, deviation.wanted),
            DeviationKind::Blocked => format!("{who} is denied by an entry"),
            DeviationKind::Foreign => format!("{who} has {} and was not named", deviation.found),
            DeviationKind::Unknown => format!("{who} is of a sort that s2scert does not judge"),
        };
        field(&mut text, "differs", &line);
    }
    for obstacle in report.obstacle_texts() {
        field(&mut text, "in the way", &obstacle);
    }
    if report.changed {
        field(&mut text, "before", &report.before);
    }
    field(&mut text, if report.changed { "now" } else { "list" }, &report.now);
    if !report.findings.is_empty() {
        findings::render(&mut text, "Findings", &report.findings);
    }
    text
}

/// Writes who holds what.
pub(super) fn holdings(text: &mut String, report: &AccessReport) {
    for holding in &report.holdings {
        let mut line = format!("{}: ", report.label(&holding.principal));
        line.push_str(if holding.denies { "denied " } else { "" });
        let _ = write!(line, "{} ({})", holding.level, holding.rights);
        line.push_str(if holding.inherited { ", inherited" } else { "" });
        line.push_str(if holding.owner { ", owner" } else { "" });
        field(text, "entry", &line);
    }
}

fn headline(report: &AccessReport) -> String {
    let outcome = match (report.action, report.changed) {
        (Action::Show, _) => "Access to the key".to_owned(),
        (Action::Check, _) if report.deviations.is_empty() => "The access is exactly as it should be".to_owned(),
        (Action::Check, _) => match report.deviations.len() {
            1 => "The access differs in 1 place".to_owned(),
            number => format!("The access differs in {number} places"),
        },
        (_, false) => "Nothing to do".to_owned(),
        (Action::Restore, true) => "The access list was put back".to_owned(),
        (_, true) => format!("{} changed", count(report.changes.len())),
    };
    if report.obstacles.is_empty() { outcome } else { format!("{outcome}, but something stands in the way") }
}

fn count(number: usize) -> String {
    if number == 1 { "1 identity".to_owned() } else { format!("{number} identities") }
}

/// Renders the answer of `prove`.
pub(crate) fn render_prove(report: &ProveReport) -> String {
    let mut text = String::new();
    let who = match (&report.name, &report.principal) {
        (Some(name), Principal::Sid(sid)) => format!("{name} ({sid})"),
        (Some(name), _) => name.clone(),
        (None, principal) => principal.to_string(),
    };
    let _ = writeln!(text, "{who} opened the key and signed; the signature verifies");
    field(&mut text, "file", &report.file.display().to_string());
    if let Some(thumbprint) = &report.thumbprint {
        field(&mut text, "certificate", thumbprint);
    }
    field(&mut text, "public key", &report.public_key_sha256);
    text
}
