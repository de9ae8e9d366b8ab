//! The view of `version`.

use super::field;
use crate::app::version::VersionReport;

/// Renders what the program was built from.
pub(crate) fn render(report: &VersionReport) -> String {
    let mut text = format!("s2scert {}\n", report.version);
    field(&mut text, "commit", report.commit);
    field(&mut text, "target", report.target);
    field(&mut text, "profile", report.profile);
    field(&mut text, "compiler", report.rustc);
    field(&mut text, "Cargo.lock", &report.lock_sha256);
    field(&mut text, "this file", report.program_sha256.as_deref().unwrap_or("cannot be read"));
    text
}
