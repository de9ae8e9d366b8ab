//! The views of `import` and `export`.

use std::fmt::Write as _;

use super::{WIDTH, certificate, field, findings, issue, wrapped};
use crate::app::export::{ExportReport, Format};
use crate::app::import::ImportReport;
use crate::app::report::CertificateReport;

/// Renders what `import` did.
pub(crate) fn render_import(report: &ImportReport) -> String {
    let mut text = String::new();
    if report.written {
        let _ = writeln!(text, "Imported into {}.", report.bundle_file.display());
    } else {
        let _ = writeln!(text, "Nothing was written: the certificate fails the policy {}.", report.policy);
    }
    chain(&mut text, &report.chain);
    let _ = writeln!(text);
    for (label, lines) in [("Chosen", &report.choices), ("Odd", &report.remarks), ("Not used", &report.unused)] {
        for line in lines {
            wrapped(&mut text, "", WIDTH, &format!("{label}: {line}"));
        }
    }
    if let Some(missing) = &report.missing {
        wrapped(&mut text, "", WIDTH, &format!("Missing: {missing}"));
    }
    for line in &report.passed_over {
        wrapped(&mut text, "", WIDTH, &format!("Passed over: {line}"));
    }
    if let Some(path) = report.password_file.as_ref().filter(|_| report.written) {
        let _ = writeln!(text, "Password: {}", path.display());
    }
    findings::render(&mut text, &format!("Policy {}", report.policy), &report.findings);
    issue::notes(&mut text, &report.notes);
    for step in &report.next {
        wrapped(&mut text, "", WIDTH, &format!("Next: {step}"));
    }
    text
}

/// Renders what `export` did.
pub(crate) fn render_export(report: &ExportReport) -> String {
    let mut text = String::new();
    let form = match report.format {
        Format::Pfx => "PFX",
        Format::Bundle => "bundle (key and chain, PEM)",
        Format::PemChain => "chain (PEM)",
        Format::P7b => "chain (PKCS#7)",
        Format::Cer => "certificate (DER)",
    };
    if report.written {
        let _ = writeln!(text, "Wrote {}: {form}.", report.file.display());
    } else {
        let _ = writeln!(text, "Nothing was written: the certificate fails the policy {}.", report.policy);
    }
    chain(&mut text, &report.chain);
    let _ = writeln!(text);
    if let (Some(profile), Some(iterations)) = (report.profile, report.iterations) {
        field(&mut text, "profile", &format!("{profile}, {iterations} iterations"));
        wrapped(&mut text, &" ".repeat(18), WIDTH, report.profile_reason.unwrap_or_default());
    }
    if let Some(provider) = &report.provider {
        field(&mut text, "provider", provider);
    }
    if let Some(name) = &report.friendly_name {
        field(&mut text, "friendly name", name);
    }
    if let Some(path) = report.password_file.as_ref().filter(|_| report.written) {
        field(&mut text, "password", &path.display().to_string());
    }
    findings::render(&mut text, &format!("Policy {}", report.policy), &report.findings);
    issue::notes(&mut text, &report.notes);
    text
}

/// The chain in few lines, leaf first.
fn chain(text: &mut String, chain: &[CertificateReport]) {
    for (position, one) in chain.iter().enumerate() {
        let role = match position {
            0 => "leaf",
            last if last + 1 == chain.len() && one.self_signed => "root",
            _ => "issuer",
        };
        field(text, role, &one.subject);
        let until = one.not_after.strftime("%Y-%m-%d");
        let line = format!(
            "{}  {}  until {until} ({})",
            one.thumbprint,
            certificate::key(&one.key),
            certificate::days_left(one.days_left)
        );
        field(text, "", &line);
    }
}
