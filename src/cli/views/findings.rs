//! Findings as text: weight, rule, what it is about, then what was seen, why it matters, and what to do.

use std::fmt::Write as _;

use super::{WIDTH, wrapped};
use crate::policy::{Finding, Severity};

/// Renders findings under a heading. Without findings there is one line that says so.
pub(crate) fn render(text: &mut String, heading: &str, findings: &[Finding]) {
    let _ = writeln!(text, "{heading}: {}", counts(findings));
    for finding in findings {
        one(text, finding);
    }
}

/// Counts findings by weight: `1 error, 2 warnings`.
pub(crate) fn counts(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity == severity && f.waived_by.is_none()).count();
    let waived = findings.iter().filter(|f| f.waived_by.is_some()).count();
    let parts: Vec<String> = [
        (count(Severity::Error), "error", "errors"),
        (count(Severity::Warning), "warning", "warnings"),
        (count(Severity::Info), "remark", "remarks"),
        (waived, "waived", "waived"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") }
}

/// Renders one finding.
pub(crate) fn one(text: &mut String, finding: &Finding) {
    let weight = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let weight = if finding.waived_by.is_some() { "waived" } else { weight };
    let _ = writeln!(text, "  {weight:<8} {}  [{}]", finding.id, finding.subject);
    wrapped(text, "           ", WIDTH, &finding.message);
    wrapped(text, "           ", WIDTH, &format!("why: {}", finding.reason));
    if !finding.remedy.is_empty() {
        wrapped(text, "           ", WIDTH, &format!("do:  {}", finding.remedy));
    }
    if let Some(waiver) = &finding.waived_by {
        let line = format!("waived until {} by {}: {}", waiver.until, waiver.owner, waiver.reason);
        wrapped(text, "           ", WIDTH, &line);
    }
}
