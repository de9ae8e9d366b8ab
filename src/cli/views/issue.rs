//! The view of `issue`.

use std::fmt::Write as _;

use super::{WIDTH, certificate, field, findings, inspect, wrapped};
use crate::app::issue::IssueReport;

/// Renders the report.
pub(crate) fn render(report: &IssueReport) -> String {
    let mut text = String::new();
    if report.written {
        text.push_str("Issued a self-signed certificate for evaluation.\n\n");
    } else {
        let _ = writeln!(text, "Nothing was written: the certificate fails the policy {}.\n", report.policy);
    }
    certificate::render(&mut text, &report.certificate);
    field(&mut text, "generation", &report.generation);
    if report.written {
        text.push_str("\nWritten:\n");
        field(&mut text, "PFX", &report.pfx_file.display().to_string());
        field(&mut text, "certificate", &report.cer_file.display().to_string());
        if let Some(path) = &report.password_file {
            field(&mut text, "password", &path.display().to_string());
        }
        if !report.friendly_name.is_empty() {
            field(&mut text, "friendly name", &report.friendly_name);
        }
        field(&mut text, "provider", &report.provider);
        field(&mut text, "profile", &format!("{}, {} iterations", report.profile, report.iterations));
        wrapped(&mut text, &" ".repeat(18), WIDTH, report.profile_reason);
    }
    text.push('\n');
    findings::render(&mut text, &format!("Policy {}", report.policy), &report.findings);
    notes(&mut text, &report.notes);
    if !report.next.is_empty() {
        text.push_str("\nNext:\n");
        for (number, step) in report.next.iter().enumerate() {
            let mut lines = String::new();
            wrapped(&mut lines, "     ", WIDTH, step);
            let _ = write!(text, "  {}. {}", number + 1, &lines[5..]);
        }
    }
    if let Some(inspected) = &report.inspected {
        let _ = write!(text, "\nRead back from {}:\n\n{}", report.pfx_file.display(), inspect::render(inspected));
    }
    text
}

/// Renders remarks that are no findings.
pub(crate) fn notes(text: &mut String, notes: &[String]) {
    for note in notes {
        wrapped(text, "", WIDTH, &format!("Note: {note}"));
    }
}
