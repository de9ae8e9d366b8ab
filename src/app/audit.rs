//! `audit`: what was done in a roll, whether the record of it is whole, and all of it in one file for somebody else.

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::rotate::places::{Kept, Rolls};
use super::rotate::{Reach, described, when};
use crate::cert::Fingerprint;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::{Access, Existing, Host};
use crate::protocol::Hex;
use crate::rotation::observe::observe;
use crate::rotation::record::{Journal as _, Record};

/// The schema of [`AuditReport`].
pub const SCHEMA: &str = "s2scert.audit/1.0";
/// The schema of [`ExportReport`].
pub const EXPORT_SCHEMA: &str = "s2scert.audit-export/1.0";
/// The schema of [`Evidence`].
pub const EVIDENCE_SCHEMA: &str = "s2scert.evidence/1.0";

/// Which roll.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Its name; without one the last that was begun here.
    pub roll: Option<String>,
    /// The hash that somebody wrote down.
    pub head: Option<Hex<32>>,
    /// The state folder.
    pub state: Option<PathBuf>,
}

/// What `audit show` and `audit verify` answer.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AuditReport {
    /// `s2scert.audit/1.0`.
    pub schema: &'static str,
    /// The roll.
    pub roll: String,
    /// The records, in order.
    pub records: Vec<AuditLine>,
    /// The hash of the last record. Each is made over the one before.
    pub head: String,
    /// The number of the record that the given hash belongs to, from 1; nothing where none was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_until: Option<usize>,
    /// What the chain of hashes does not prove.
    pub limits: &'static str,
}

/// One record.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AuditLine {
    /// Its number, from 1.
    pub number: usize,
    /// When it was written, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// What it says.
    pub what: String,
}

/// What a hash chain does not prove.
const LIMITS: &str = "the hashes show that nothing was changed, left out or put in between the first record and the last; that the last \
                      records were not cut off shows only a hash that was written down elsewhere";

/// Shows what was done in a roll. The hashes are verified on the way.
///
/// # Errors
/// When no roll is kept here, its journal is damaged, or the given hash belongs to no record of it.
pub fn show(host: &Host, options: &Options) -> Result<AuditReport> {
    let kept = kept(host, options)?;
    let journal = kept.journal()?;
    let records = journal.records();
    let lines = records.iter().enumerate().map(|(place, record)| line(place + 1, record)).collect();
    let known_until = options.head.map(|head| {
        let hashes = (0..journal.length()).filter_map(|index| journal.octets(index));
        let own = |line: &crate::protocol::Octets| sha256_of(line.as_bytes()) == Some(head);
        hashes.into_iter().position(|line| own(&line)).map(|place| place + 1).ok_or_else(|| {
            Error::new(Kind::Refused, "no record of this journal has this hash").at(head).hint(
                "the journal is another one, or its end was cut off: compare it with the copy on the update-crm node",
            )
        })
    });
    Ok(AuditReport {
        schema: SCHEMA,
        roll: kept.roll.to_string(),
        records: lines,
        head: journal.head().to_string(),
        known_until: known_until.transpose()?,
        limits: LIMITS,
    })
}

/// Where everything about a roll is written.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// Which roll.
    pub of: Options,
    /// The file.
    pub out: PathBuf,
    /// Whether it is replaced.
    pub force: bool,
    /// The description of the farm, which is looked at once more; nothing where no server is asked.
    pub farm: Option<PathBuf>,
}

/// What `audit export` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ExportReport {
    /// `s2scert.audit-export/1.0`.
    pub schema: &'static str,
    /// The roll.
    pub roll: String,
    /// The file.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The hash of the last record in it.
    pub head: String,
    /// What of the farm was not seen now.
    pub unseen: Vec<String>,
    /// The next commands.
    pub next: Vec<String>,
}

impl ExportReport {
    /// Returns the exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.unseen.is_empty() { ExitCode::Ok } else { ExitCode::PartialView }
    }
}

/// Everything about a roll in one file. It holds no secret.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Evidence {
    /// `s2scert.evidence/1.0`.
    pub schema: &'static str,
    /// The version of s2scert that wrote it.
    pub version: &'static str,
    /// When.
    pub exported: Timestamp,
    /// The roll.
    pub roll: String,
    /// The plan, octet for octet. The facts before the roll stand in it.
    pub plan: String,
    /// SHA-256 of it.
    pub plan_sha256: String,
    /// The lines of the journal, octet for octet.
    pub journal: Vec<String>,
    /// The hash of the last.
    pub journal_head: String,
    /// The facts after the roll, as JSON; nothing where no server was asked, or not everything was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts_after: Option<String>,
    /// SHA-256 of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts_after_sha256: Option<String>,
}

/// Writes everything about a roll into one file.
///
/// # Errors
/// As [`show`], and when the file cannot be written.
pub fn export(host: &Host, options: &ExportOptions, reach: &Reach<'_>) -> Result<ExportReport> {
    let kept = kept(host, &options.of)?;
    let journal = kept.journal()?;
    let plan = kept.plan()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut facts_after, mut unseen) = (None, Vec::new());
    if let Some(file) = &options.farm {
        let farm = described(host, file)?;
        match observe(&farm, &*reach(file)?) {
            Ok(seen) => facts_after = serde_json::to_string(&seen).ok(),
            Err(gaps) => unseen = gaps.iter().map(ToString::to_string).collect(),
        }
    }
    let lines = (0..journal.length()).filter_map(|index| journal.octets(index));
    let evidence = Evidence {
        schema: EVIDENCE_SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        exported: host.clock.now(),
        roll: kept.roll.to_string(),
        plan_sha256: Fingerprint::of(&plan).to_string(),
        plan: text(&plan),
        journal: lines.map(|line| text(line.as_bytes())).collect(),
        journal_head: journal.head().to_string(),
        facts_after_sha256: facts_after.as_ref().map(|facts| Fingerprint::of(facts.as_bytes()).to_string()),
        facts_after,
    };
    let bytes = serde_json::to_vec_pretty(&evidence).unwrap_or_default();
    let existing = if options.force { Existing::Replace } else { Existing::Refuse };
    host.files.create(&options.out, Access::Public, existing, &bytes)?;
    Ok(ExportReport {
        schema: EXPORT_SCHEMA,
        roll: evidence.roll,
        file: options.out.display().to_string(),
        sha256: Fingerprint::of(&bytes).to_string(),
        head: evidence.journal_head,
        unseen,
        next: vec![format!(
            "have it checked without s2scert: python3 examples/check_evidence.py {}",
            super::report::quoted(&options.out)
        )],
    })
}

/// Finds the roll that is meant.
fn kept(host: &Host, options: &Options) -> Result<Kept> {
    let none = || {
        Error::new(Kind::Unreadable, "no such roll is kept here")
            .hint("see those that are: s2scert rotate status --here")
    };
    let rolls = Rolls::find(host, options.state.as_deref())?.ok_or_else(none)?;
    let mut newest: Option<(Timestamp, Kept)> = None;
    for kept in rolls.all()? {
        if options.roll.as_ref().is_some_and(|wanted| wanted != kept.roll.as_str()) {
            continue;
        }
        let at = kept.journal()?.records().iter().rev().find_map(when).unwrap_or(Timestamp::MIN);
        if newest.as_ref().is_none_or(|(other, _)| at > *other) {
            newest = Some((at, kept));
        }
    }
    newest.map(|(_, kept)| kept).ok_or_else(none)
}

/// Returns the hash that a line of a journal says of itself. That it is right was seen when the journal was opened.
fn sha256_of(line: &[u8]) -> Option<Hex<32>> {
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    value["sha256"].as_str()?.parse().ok()
}

/// Says what a record says.
fn line(number: usize, record: &Record) -> AuditLine {
    let what = match record {
        Record::Began(one) => format!("the roll begins, by the plan {}", one.plan_sha256),
        Record::Run(one) => format!("{} takes it up, with fence {}", one.holder.as_str(), one.fence),
        Record::Intent(one) => {
            format!("{}: about to {} for the step {}, attempt {}", one.node, one.action.as_str(), one.step, one.attempt)
        }
        Record::Outcome(one) => {
            let came = serde_json::to_value(one.result).ok();
            let came = came.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            let why = one.why.as_ref().map_or_else(String::new, |why| format!(": {}", why.as_str()));
            format!("{}: {came}{why}", one.ticket)
        }
        Record::Since(one) => format!("{}: what must be new has to differ from {}", one.step, one.after),
        Record::Done(one) => format!("{}: done, and seen to be so", one.step),
        Record::Verified(_) => "everything was verified".to_owned(),
        Record::Turned(one) => format!("the roll is taken back: {}", one.why.as_str()),
        Record::Recorded(one) => format!("{}: done by hand, says {}: {}", one.step, one.by.as_str(), one.note.as_str()),
        Record::Ended(one) => {
            let end = serde_json::to_value(one.end).ok();
            let end = end.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
            format!("the run ends: {end} {}", one.why.as_str()).trim_end().to_owned()
        }
    };
    AuditLine { number, at: when(record), what }
}
