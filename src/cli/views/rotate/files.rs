//! The views of what `rotate` writes for others: a plan by hand, and evidence.

use std::fmt::Write as _;

use crate::app::rotate::emit::EmitReport;
use crate::app::rotate::evidence::EvidenceReport;
use crate::cli::views::{WIDTH, field, wrapped};

/// Renders what was written for people who run a plan by hand.
pub(crate) fn render_emit(report: &EmitReport) -> String {
    let mut text = format!("{} files written to {}\n", report.files.len(), report.folder.display());
    field(&mut text, "roll", &report.roll);
    field(&mut text, "plan", &format!("SHA-256 {}", report.plan_sha256));
    field(&mut text, "read first", &report.runbook.display().to_string());
    for step in &report.without_script {
        field(&mut text, "no script", &format!("{step}: somebody does it, or waits for it"));
    }
    text
}

/// Renders what the evidence holds.
pub(crate) fn render_evidence(report: &EvidenceReport) -> String {
    let mut text = format!("evidence of the roll {} written to {}\n", report.roll, report.file.display());
    field(&mut text, "roll", report.standing);
    field(&mut text, "journal", &format!("{} records, head {}", report.records, report.journal_head));
    field(&mut text, "audit log", &format!("{} lines", report.audit_lines));
    let looked = if report.looked { "as the farm is now" } else { "not looked at" };
    field(&mut text, "facts afterwards", looked);
    for gap in &report.gaps {
        wrapped(&mut text, "  ", WIDTH, &format!("not seen: {gap}"));
    }
    let _ = writeln!(
        text,
        "Keep the head elsewhere, and check the file: python3 check_evidence.py {} --journal-head {}",
        report.file.display(),
        report.journal_head
    );
    text
}
