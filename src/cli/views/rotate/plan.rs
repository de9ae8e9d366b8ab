//! The page of a plan.

use std::fmt::Write as _;

use super::super::{WIDTH, field, findings, wrapped};
use super::next;
use crate::app::rotate::plan::{BundleLine, NodeLine, PlanReport, StepLine};
use crate::farm::description::{Role, Transport};

/// Renders a plan, or what stands against one.
pub(crate) fn render(report: &PlanReport) -> String {
    let mut text = String::new();
    match &report.roll {
        Some(roll) => {
            let _ = writeln!(text, "{roll} of the farm {}", report.farm);
        }
        None => {
            let _ = writeln!(text, "NO PLAN was made for the farm {}", report.farm);
        }
    }
    head(&mut text, report);
    obstacles(&mut text, report);
    if report.roll.is_some() {
        servers(&mut text, &report.nodes);
        steps(&mut text, &report.steps);
        facts(&mut text, report);
    }
    for note in &report.notes {
        wrapped(&mut text, "  ", WIDTH, &format!("note: {note}"));
    }
    next(&mut text, &report.next);
    text
}

fn head(text: &mut String, report: &PlanReport) {
    if let (Some(strategy), Some(words)) = (&report.strategy, report.strategy_words) {
        let name = serde_json::to_value(strategy).ok().and_then(|name| name.as_str().map(str::to_owned));
        field(text, "strategy", &format!("{}: {words}", name.unwrap_or_default()));
    }
    if let Some(certificate) = &report.certificate {
        field(text, "new certificate", &certificate.subject);
        field(text, "", &format!("{}, until {}", certificate.thumbprint, certificate.not_after.strftime("%Y-%m-%d")));
        if certificate.file != "FILE" {
            field(text, "", &format!("in {}", certificate.file));
        }
    }
    if let Some(old) = &report.old_thumbprint {
        field(text, "old certificate", old);
    }
    if let (Some(pfx), Some(why)) = (report.pfx, &report.pfx_reason) {
        field(text, "PFX", &format!("{pfx}, sealed anew for each server and run, {why}"));
    }
    if let (Some(file), Some(digest)) = (&report.plan_file, &report.plan_sha256) {
        field(text, "plan", &file.display().to_string());
        field(text, "SHA-256", digest);
    }
    bundles(text, &report.bundles);
}

/// From what bundles, and how old they are: that is how old the facts are.
pub(crate) fn bundles(text: &mut String, bundles: &[BundleLine]) {
    for (place, one) in bundles.iter().enumerate() {
        let label = if place == 0 { "from bundles" } else { "" };
        field(text, label, &format!("{}: looked at {}, by {}", one.server, one.age, one.by));
    }
}

/// Everything that stands against a roll, at once.
fn obstacles(text: &mut String, report: &PlanReport) {
    if !report.objections.is_empty() {
        text.push_str("\nAgainst a roll stands:\n");
    }
    for one in &report.objections {
        wrapped(text, "  ", WIDTH, &one.what);
        wrapped(text, "    ", WIDTH, &format!("next: {}", one.next));
    }
    if !report.unseen.is_empty() {
        text.push_str("\nNot seen, and without it there is no plan:\n");
    }
    for one in &report.unseen {
        wrapped(text, "  ", WIDTH, &format!("{}: {}", one.node, one.why));
    }
    if !report.findings.is_empty() {
        let heading = format!("\nPolicy {} on the certificate", report.policy.as_deref().unwrap_or_default());
        findings::render(text, &heading, &report.findings);
    }
}

fn servers(text: &mut String, nodes: &[NodeLine]) {
    text.push_str("\nServers\n");
    for node in nodes {
        let roles: Vec<&str> = node.roles.iter().map(|role| role_word(*role)).collect();
        let how = match node.transport {
            Transport::Local => "this machine",
            Transport::Ssh => "ssh",
            Transport::Winrm => "winrm",
            Transport::Manual => "by hand",
        };
        let _ = writeln!(text, "  {}  {}; {}, {how}", node.name, roles.join(", "), node.os);
        if let (Some(importer), Some(pfx)) = (node.importer, node.pfx) {
            let who = if importer == "script" { "Microsoft's script" } else { "this program" };
            let _ = writeln!(text, "    importer: {who}, from a PFX of the profile {pfx}");
        }
        if !node.accounts.is_empty() && node.importer.is_some() {
            let _ = writeln!(text, "    may read the key: {}", node.accounts.join(", "));
        }
        if !node.rights.is_empty() {
            let identity = match (node.needs_network_identity, node.network_identity) {
                (true, true) => ", and a network identity, which the session there has",
                (true, false) => ", and a network identity, which the session there LACKS",
                (false, _) => "",
            };
            let _ = writeln!(text, "    needs: {}{identity}", node.rights.join(", "));
        }
    }
}

const fn role_word(role: Role) -> &'static str {
    match role {
        Role::Web => "web",
        Role::Async => "async",
        Role::DeploymentTools => "deployment tools",
        Role::Sharepoint => "SharePoint",
    }
}

fn steps(text: &mut String, steps: &[StepLine]) {
    text.push_str("\nSteps (+ adds, ~ alters, - removes, = looks or keeps)\n");
    let width = steps.iter().map(|step| step.node.chars().count()).max().unwrap_or_default();
    let mut phase = None;
    for step in steps {
        if phase != Some(step.phase) {
            let _ = writeln!(text, "\n  {}", step.phase_words);
            phase = Some(step.phase);
        }
        let _ = writeln!(text, "  {:>3} {} {:<width$}  {}", step.number, step.sign, step.node, step.what);
        for command in &step.commands {
            let _ = writeln!(text, "          {command}");
        }
    }
}

fn facts(text: &mut String, report: &PlanReport) {
    text.push('\n');
    let number = |number: Option<usize>| number.map(|number| format!("step {number}"));
    let global = number(report.global_step).unwrap_or_else(|| "none: the row names the certificate already".to_owned());
    field(text, "global step", &format!("{global}, once for the whole deployment"));
    let no_return = number(report.no_return);
    field(text, "no return", &no_return.unwrap_or_else(|| "none: every step can be taken back".to_owned()));
    if !report.waves.is_empty() {
        field(text, "begin anew", "one server after the other, each only when the one before serves again");
        report.waves.iter().enumerate().for_each(|(place, wave)| field(text, "", &format!("{}. {wave}", place + 1)));
    }
    text.push_str("\n  Gap in service\n");
    wrapped(text, "    ", WIDTH, &report.gap);
    if !report.unknowns.is_empty() {
        text.push_str("\n  The plan rests on what is believed and not documented:\n");
    }
    for one in &report.unknowns {
        wrapped(text, "    ", WIDTH, one);
    }
}
