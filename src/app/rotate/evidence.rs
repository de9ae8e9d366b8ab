//! `rotate evidence`: the plan, the journal, the facts afterwards and the audit log of a roll in one file.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::places::{Kept, Rolls, description};
use super::status::standing;
use super::{Reach, described};
use crate::app::outputs::publish;
use crate::app::{audit, version};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;
use crate::protocol::Hex;
use crate::rotation::admission::admit;
use crate::rotation::evidence::{After, Evidence, Parts, Program};
use crate::rotation::observe::observe;
use crate::rotation::record::Journal as _;

/// The schema of [`EvidenceReport`].
pub const SCHEMA: &str = "s2scert.rotate-evidence/1.0";

/// What is put together.
#[derive(Clone, Debug)]
pub struct Options {
    /// The roll; without one, the one that was last written to.
    pub roll: Option<String>,
    /// The file to write.
    pub out: PathBuf,
    /// Whether it may replace another.
    pub force: bool,
    /// Whether no server is asked.
    pub here_only: bool,
    /// The description of the farm; without one, that with which the roll was begun.
    pub farm: Option<PathBuf>,
    /// The state folder.
    pub state: Option<PathBuf>,
}

/// What `rotate evidence` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct EvidenceReport {
    /// `s2scert.rotate-evidence/1.0`.
    pub schema: &'static str,
    /// The roll.
    pub roll: String,
    /// How it stands: `done`, `rolled back`, `open` and so on.
    pub standing: &'static str,
    /// The file that was written.
    pub file: PathBuf,
    /// How many records the journal has.
    pub records: u32,
    /// The hash of its last record: keep it elsewhere.
    pub journal_head: Hex<32>,
    /// How many lines of the audit log are in it.
    pub audit_lines: usize,
    /// Whether the farm was looked at for it.
    pub looked: bool,
    /// What was not seen, so that the facts afterwards are not in it.
    pub gaps: Vec<String>,
    /// The hash of the document.
    pub sha256: Hex<32>,
}

impl EvidenceReport {
    /// Returns the exit code.
    #[must_use]
    pub const fn exit_code(&self) -> ExitCode {
        if self.gaps.is_empty() { ExitCode::Ok } else { ExitCode::PartialView }
    }
}

/// Puts the evidence of a roll together and writes it.
///
/// # Errors
/// When there is no such roll, its journal or plan cannot be used, or the file cannot be written.
pub fn evidence(host: &Host, options: &Options, reach: &Reach<'_>) -> Result<EvidenceReport> {
    let state = options.state.as_deref();
    let kept = chosen(host, state, options.roll.as_deref())?;
    let admitted = admit(&kept.plan()?).map_err(|why| {
        Error::new(Kind::Refused, "the plan of this roll cannot be used").at(kept.roll.as_str()).because(why)
    })?;
    let (journal, standing_now) = kept.opened()?;
    let lines = (0..journal.length()).filter_map(|index| journal.octets(index));
    let lines = lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect();
    let (after, gaps) = if options.here_only { (None, Vec::new()) } else { seen(host, options, &kept, reach) };
    let audit = audit::lines(host, state)?;
    let (looked, audit_lines) = (after.is_some(), audit.len());
    let parts = Parts { journal: lines, journal_head: journal.head(), after, audit };
    let document = Evidence::of(&admitted, parts, program(host), host.clock.now());
    let text = serde_json::to_vec_pretty(&document)
        .map_err(|error| Error::new(Kind::Internal, "the evidence cannot be written as JSON").because(error))?;
    publish(host, &options.out, options.force, &text)?;
    Ok(EvidenceReport {
        schema: SCHEMA,
        roll: kept.roll.to_string(),
        standing: standing(&standing_now),
        file: options.out.clone(),
        records: journal.length(),
        journal_head: journal.head(),
        audit_lines,
        looked,
        gaps,
        sha256: document.sha256,
    })
}

/// Returns the roll that was asked for, or the one that was last written to.
fn chosen(host: &Host, state: Option<&Path>, roll: Option<&str>) -> Result<Kept> {
    let none = || {
        Error::new(Kind::Unreadable, "no such roll is kept here")
            .at(roll.unwrap_or("any roll"))
            .hint("see which there are: s2scert rotate status --here")
    };
    let rolls = Rolls::find(host, state)?.ok_or_else(none)?;
    let found = match roll {
        Some(name) => rolls.all()?.into_iter().find(|kept| kept.roll.as_str() == name),
        None => rolls.newest()?.map(|(_, kept)| kept),
    };
    found.ok_or_else(none)
}

/// Looks at the farm as it is now. What cannot be seen leaves the facts out, and is told.
fn seen(host: &Host, options: &Options, kept: &Kept, reach: &Reach<'_>) -> (Option<After>, Vec<String>) {
    let file = description(options.farm.as_ref(), kept.how().ok().flatten().as_ref());
    let farm = match described(host, &file) {
        Ok(farm) => farm,
        Err(error) => return (None, vec![error.to_string()]),
    };
    let transport = match reach(&file) {
        Ok(transport) => transport,
        Err(error) => return (None, vec![error.to_string()]),
    };
    match observe(&farm, &*transport) {
        Ok(seen) => (Some(After { at: host.clock.now(), seen }), Vec::new()),
        Err(gaps) => (None, gaps.iter().map(ToString::to_string).collect()),
    }
}

fn program(host: &Host) -> Program {
    let report = version::version(host);
    Program {
        version: report.version.to_owned(),
        commit: Some(report.commit).filter(|commit| *commit != "unknown").map(str::to_owned),
        sha256: report.program_sha256.and_then(|hash| hash.parse().ok()),
    }
}
