//! The views of `farm`.

pub(crate) mod html;
pub(crate) mod status;

use std::fmt::Write as _;

use super::{WIDTH, field, findings, wrapped};
use crate::app::farm::check::{FarmCheckReport, ListedNode};
use crate::app::farm::init::FarmInitReport;
use crate::app::farm::report::FarmReportReport;

/// Renders what a description says and what is wrong with it.
pub(crate) fn render_check(report: &FarmCheckReport) -> String {
    let mut text = String::new();
    let name = report.name.as_deref().unwrap_or("(a farm without a name)");
    let _ = writeln!(text, "{name}, as {} describes it", report.file.display());
    for node in &report.nodes {
        field(&mut text, "node", &of_node(node));
    }
    for organization in &report.organizations {
        field(&mut text, "organization", organization);
    }
    for farm in &report.sharepoint {
        let version = word(&farm.version);
        let line = format!("{} ({version}) on {}; trusts {}", farm.name, list(&farm.servers), list(&farm.trusts));
        field(&mut text, "sharepoint", &line);
    }
    for consumer in &report.consumers {
        field(&mut text, "consumer", &format!("{}: {}", consumer.name, consumer.step));
    }
    if let (Some(target), Some(profile)) = (report.oldest_target, report.pfx_profile) {
        field(
            &mut text,
            "PFX",
            &format!("{}, because the oldest server with the key is {}", word(&profile), target.product()),
        );
    }
    findings::render(&mut text, "Findings", &report.findings);
    text
}

fn of_node(node: &ListedNode) -> String {
    let roles: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
    let mut line = format!("{}: {}; {}; {}", node.name, roles.join(", "), node.os.product(), node.transport.word());
    if let Some(address) = node.address.as_ref().filter(|address| **address != node.name) {
        let _ = write!(line, " to {address}");
    }
    if !node.readers.is_empty() {
        let _ = write!(line, "; key for {}", node.readers.join(", "));
    }
    line
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Returns the word under which a value stands in a file.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}

/// Renders what was written to begin with.
pub(crate) fn render_init(report: &FarmInitReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} written", report.file.display());
    for (title, lines) in [("This server shows:", &report.found), ("It does not show:", &report.unseen)] {
        if !lines.is_empty() {
            let _ = writeln!(text, "{title}");
        }
        for line in lines {
            wrapped(&mut text, "  ", WIDTH, line);
        }
    }
    if !report.examples.is_empty() {
        let _ = writeln!(text, "Look at these lines; nobody has said yet what stands there:");
    }
    for example in &report.examples {
        let _ = writeln!(text, "  {:>4}  {}", example.line, example.text);
    }
    findings::render(&mut text, "Findings", &report.findings);
    let next = format!("Then check it: s2scert farm check --farm {}", report.file.display());
    wrapped(&mut text, "", WIDTH, &next);
    text
}

/// Renders that a report was written.
pub(crate) fn render_report(report: &FarmReportReport) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} written", report.file.display());
    field(&mut text, "errors", &report.errors.to_string());
    field(&mut text, "warnings", &report.warnings.to_string());
    field(&mut text, "not seen", &report.gaps.to_string());
    text
}

/// Renders what was collected.
pub(crate) fn render_collect(report: &crate::app::farm::collect::FarmCollectReport) -> String {
    let mut text = String::new();
    for one in &report.written {
        field(&mut text, &one.server, &one.file.display().to_string());
    }
    for gap in &report.gaps {
        field(&mut text, &gap.server, &format!("not seen: {}", gap.why));
    }
    for one in &report.unwritten {
        field(&mut text, &one.server, &format!("not written: {}", one.why));
    }
    text
}
