//! Renders `docs/lint-reference.md` from the catalogue.

use std::fmt::Write as _;

use super::{Confidence, Lint, Scope, Weight, catalogue};
use crate::policy::Severity;

/// Renders the reference of all lints as Markdown.
pub fn render() -> String {
    let mut text = String::from(
        "# Lint reference\n\n\
         What `s2scert inspect --lint` can find. This page is made from the tables in `src/policy/lint`; a test fails when it \
         differs, and `S2SCERT_UPDATE_DOCS=1 cargo test --lib lint_reference` writes it again.\n\n\
         A finding of severity *error* ends the command with exit code 3. Where two severities stand, the first holds for a \
         target (`--for`) that is concerned, the second where no target is named. In remedies `TARGET` stands for the oldest \
         server that must read the file.\n\n\
         How well a reason is known: *documented* by the vendor or a standard, seen in *code*, *reported* by people who met \
         it, or *inferred* from the facts around it and not tried on a real server.\n",
    );
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{} lints:\n\n| id | severity | what |\n|---|---|---|", catalogue().count());
    for lint in catalogue() {
        let _ = writeln!(text, "| [`{}`](#{}) | {} | {} |", lint.id, lint.id, weight(lint.weight), lint.title);
    }
    for lint in catalogue() {
        entry(&mut text, lint);
    }
    text
}

fn entry(text: &mut String, lint: &Lint) {
    let scopes = lint.scopes.iter().map(|scope| scope_name(*scope)).collect::<Vec<_>>().join(", ");
    let _ = write!(
        text,
        "\n## {}\n\n{}{}.\n\n- severity: {}\n- applies to: {scopes}\n- why: {}\n- remedy: {}\n- source: {} ({})\n",
        lint.id,
        lint.title[..1].to_uppercase(),
        &lint.title[1..],
        weight(lint.weight),
        lint.reason,
        lint.remedy,
        lint.source,
        confidence(lint.confidence),
    );
}

fn weight(weight: Weight) -> String {
    match weight {
        Weight::Always(severity) => severity_name(severity).to_owned(),
        Weight::ByTarget { concerned, unknown } => format!("{} / {}", severity_name(concerned), severity_name(unknown)),
    }
}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Certificates => "certificates",
        Scope::Pfx => "PFX",
        Scope::LockedPfx => "PFX without its password",
        Scope::Key => "key",
        Scope::Request => "request",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Documented => "documented",
        Confidence::Code => "code",
        Confidence::Reported => "reported",
        Confidence::Inferred => "inferred",
    }
}
