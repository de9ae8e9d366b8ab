//! The view of `check`: written while the work goes on, so that memory stays flat.
//!
//! JSON has two arrays. Findings are written as they come; the entries of the files wait in a spool that moves to a temporary
//! file when it grows.

use std::fmt::Write as _;
use std::io::{Seek as _, SeekFrom, Write as _};

use serde::Serialize;
use tempfile::SpooledTempFile;

use super::findings;
use crate::app::check::{FileEntry, FileFinding, Outcome, SCHEMA, Sink, Verdict};
use crate::cli::output::{Output, clean};
use crate::error::{Error, Kind, Result};
use crate::policy::Finding;

/// The spool moves from memory to a temporary file beyond this size.
const SPOOL_IN_MEMORY: usize = 1 << 20;

/// Renders results as they come.
pub(crate) struct View<'a, 'b> {
    output: &'a mut Output<'b>,
    files: SpooledTempFile,
    findings: u64,
    entries: u64,
}

impl<'a, 'b> View<'a, 'b> {
    /// Starts a view.
    pub(crate) fn new(output: &'a mut Output<'b>) -> Self {
        Self { output, files: SpooledTempFile::new(SPOOL_IN_MEMORY), findings: 0, entries: 0 }
    }

    /// Ends the view with the numbers.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub(crate) fn finish(mut self, outcome: &Outcome) -> Result<()> {
        if !self.output.json {
            return self.finish_text(outcome);
        }
        self.start_json()?;
        for finding in &outcome.waivers {
            self.json_finding(finding)?;
        }
        self.output.data(b"],\"files\":[")?;
        let mut chunk = vec![0; 1 << 16];
        self.files.seek(SeekFrom::Start(0)).map_err(spool)?;
        loop {
            let length = std::io::Read::read(&mut self.files, &mut chunk).map_err(spool)?;
            if length == 0 {
                break;
            }
            self.output.data(&chunk[..length])?;
        }
        let tail = format!("],\"policy\":{},\"summary\":{}}}\n", json(&outcome.policy)?, json(&outcome.summary)?);
        self.output.data(tail.as_bytes())
    }

    fn finish_text(&mut self, outcome: &Outcome) -> Result<()> {
        let mut text = String::new();
        for finding in &outcome.waivers {
            findings::one(&mut text, &plain(finding));
        }
        let summary = &outcome.summary;
        let _ = write!(
            text,
            "Policy {}: {} checked, {} passed, {} failed",
            outcome.policy, summary.checked, summary.passed, summary.failed
        );
        if summary.unreadable > 0 {
            let _ = write!(text, ", {} unreadable", summary.unreadable);
        }
        if summary.passed_over > 0 {
            let files = if summary.passed_over == 1 { "file" } else { "files" };
            let _ = write!(text, "; {} {files} without a certificate passed over", summary.passed_over);
        }
        text.push('\n');
        if summary.checked + summary.unreadable == 0 {
            text.push_str("Nothing was checked: no certificate was found\n");
        }
        self.output.data(clean(&text).as_bytes())
    }

    fn start_json(&mut self) -> Result<()> {
        if self.entries == 0 {
            let head = format!("{{\"schema\":{},\"findings\":[", json(&SCHEMA)?);
            self.output.data(head.as_bytes())?;
        }
        Ok(())
    }

    fn json_finding(&mut self, finding: &FileFinding) -> Result<()> {
        let separator = if self.findings == 0 { "" } else { "," };
        self.findings += 1;
        let text = format!("{separator}{}", json(finding)?);
        self.output.data(text.as_bytes())
    }
}

impl Sink for View<'_, '_> {
    fn take(&mut self, entry: FileEntry, found: Vec<FileFinding>) -> Result<()> {
        if self.output.json {
            self.start_json()?;
            let separator = if self.entries == 0 { "" } else { "," };
            self.entries += 1;
            write!(self.files, "{separator}{}", json(&entry)?).map_err(spool)?;
            return found.iter().try_for_each(|finding| self.json_finding(finding));
        }
        self.entries += 1;
        if matches!(entry.verdict, Verdict::Ok | Verdict::PassedOver) {
            return Ok(());
        }
        let mut text = String::new();
        let _ = writeln!(text, "{}", entry.file.display());
        match (&entry.error, &entry.subject, &entry.thumbprint) {
            (Some(error), ..) => {
                let _ = writeln!(text, "  unreadable: {error}");
            }
            (None, Some(subject), Some(thumbprint)) => {
                let _ = writeln!(text, "  {subject}  {thumbprint}");
            }
            _ => {}
        }
        found.iter().for_each(|finding| findings::one(&mut text, &plain(finding)));
        self.output.data(clean(&text).as_bytes())
    }
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|e| Error::new(Kind::Internal, "the answer cannot be written as JSON").because(e))
}

fn spool(error: std::io::Error) -> Error {
    Error::new(Kind::Internal, "the temporary file for the answer cannot be used").because(error)
}

fn plain(finding: &FileFinding) -> Finding {
    Finding {
        id: finding.id.clone().into(),
        severity: finding.severity,
        subject: finding.subject.clone(),
        message: finding.message.clone(),
        reason: finding.reason.clone().into(),
        remedy: finding.remedy.clone().into(),
        waived_by: finding.waived_by.clone(),
    }
}
