//! `farm report`: the page is made by a view; here it is written.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::status::FarmStatusReport;
use crate::app::outputs::publish;
use crate::error::Result;
use crate::policy::Severity;
use crate::ports::Host;

/// The schema of [`FarmReportReport`].
pub const SCHEMA: &str = "s2scert.farm-report/1.0";

/// What `farm report` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmReportReport {
    /// `s2scert.farm-report/1.0`.
    pub schema: &'static str,
    /// The file that was written.
    pub file: PathBuf,
    /// Findings of severity error in it.
    pub errors: usize,
    /// Findings of severity warning.
    pub warnings: usize,
    /// What was not seen.
    pub gaps: usize,
}

/// Writes a page.
///
/// # Errors
/// [`crate::error::Kind::Refused`] when the file exists and is not to be replaced, or what the system reports.
pub fn write(host: &Host, file: &Path, force: bool, status: &FarmStatusReport, page: &str) -> Result<FarmReportReport> {
    publish(host, file, force, page.as_bytes())?;
    let count = |severity| status.findings.iter().filter(|finding| finding.severity == severity).count();
    Ok(FarmReportReport {
        schema: SCHEMA,
        file: file.to_owned(),
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        gaps: status.gaps.len(),
    })
}
