//! The views of `policy`.

use std::fmt::Write as _;

use super::{WIDTH, field, wrapped};
use crate::app::policies::{Explanation, PolicyList, ShownPolicy};
use crate::policy::Severity;

/// Renders the shipped policies.
pub(crate) fn render_list(list: &PolicyList) -> String {
    let mut text = String::new();
    for policy in &list.policies {
        let _ = writeln!(text, "{} ({} rules)", policy.name, policy.rules);
        wrapped(&mut text, "  ", WIDTH, &policy.description);
    }
    text
}

/// Renders a policy with everything it inherits.
pub(crate) fn render_show(policy: &ShownPolicy) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", policy.name);
    wrapped(&mut text, "  ", WIDTH, &policy.description);
    if !policy.extends.is_empty() {
        let _ = writeln!(text, "  extends {}", policy.extends.join(", "));
    }
    for rule in &policy.rules {
        let _ = writeln!(text, "\n{:<8} {}  ({}, from {})", weight(rule.severity), rule.id, rule.kind, rule.defined_in);
        wrapped(&mut text, "         ", WIDTH, &rule.why);
        let parameters = rule.parameters.as_object().filter(|object| !object.is_empty());
        if parameters.is_some() {
            let _ = writeln!(text, "         {}", rule.parameters);
        }
    }
    for rule in &policy.disabled {
        let _ = writeln!(text, "\noff      {}  (by {})", rule.id, rule.by);
        wrapped(&mut text, "         ", WIDTH, &rule.reason);
    }
    text
}

/// Renders the explanation of one rule or lint.
pub(crate) fn render_explanation(explanation: &Explanation) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", explanation.id);
    field(&mut text, "origin", &explanation.origin);
    field(&mut text, "severity", weight(explanation.severity));
    for (label, value) in [
        ("looks for", Some(&explanation.what)),
        ("why", Some(&explanation.why)),
        ("do", explanation.remedy.as_ref()),
        ("source", explanation.source.as_ref()),
    ] {
        let Some(value) = value else { continue };
        let mut lines = String::new();
        wrapped(&mut lines, &" ".repeat(18), WIDTH, value);
        field(&mut text, label, lines.trim());
    }
    if let Some(parameters) = explanation.parameters.as_ref().filter(|p| p.as_object().is_some_and(|o| !o.is_empty())) {
        field(&mut text, "parameters", &parameters.to_string());
    }
    text
}

fn weight(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}
