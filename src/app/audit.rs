//! `audit`: who did what, and whether the log of it is whole.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::outputs::publish;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::node::engine;
use crate::notify::AuditHead;
use crate::ports::Host;
use crate::protocol::{Hex, chain};
use crate::store::audit::{Event, LAYOUT};
use crate::store::{AuditStore, StoreError};

/// The most characters of what is about, or more about, an event.
const MOST: usize = 500;

/// What `audit show --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AuditShow {
    /// `s2scert.audit-show/1.0`.
    pub schema: &'static str,
    /// How many events the log holds.
    pub events_in_all: usize,
    /// The last of them, in order.
    pub events: Vec<Event>,
    /// The number of the first of them, from 0.
    pub first: usize,
    /// The hash of the last line; nothing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Hex<32>>,
    /// Where the chain breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Break>,
}

/// What `audit verify --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AuditVerify {
    /// `s2scert.audit-verify/1.0`.
    pub schema: &'static str,
    /// How many lines the log holds.
    pub lines: usize,
    /// The hash of the last line; nothing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Hex<32>>,
    /// Where the chain breaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<Break>,
    /// The head that was asked for, and the number of its line; without a number it is not in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedHead>,
}

/// Where a chain breaks.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Break {
    /// The number of the first line that does not follow, from 0.
    pub line: usize,
    /// Why not.
    pub why: String,
}

/// A head that somebody knows from elsewhere.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct AskedHead {
    /// The head.
    pub head: Hex<32>,
    /// The number of its line, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What `audit export --json` prints.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AuditExport {
    /// `s2scert.audit-export/1.0`.
    pub schema: &'static str,
    /// The file that was written.
    pub file: PathBuf,
    /// How many lines.
    pub lines: usize,
    /// The hash of the last line; nothing where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<Hex<32>>,
}

impl AuditVerify {
    /// Returns the exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let lost = self.asked.as_ref().is_some_and(|asked| asked.line.is_none());
        if self.broken.is_some() || lost { ExitCode::Finding } else { ExitCode::Ok }
    }
}

/// What is written down of an act.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// What was done, as the command is called.
    pub what: &'a str,
    /// To what.
    pub about: &'a str,
    /// What came of it.
    pub result: &'a str,
    /// More about it.
    pub detail: &'a str,
}

/// Writes an act down, and returns the new head. Nothing in it may be a secret.
///
/// # Errors
/// [`Kind::Refused`] when the log is in use or of a later version, or what the system reports.
pub fn note(host: &Host, state: Option<&Path>, act: &Act<'_>) -> Result<Hex<32>> {
    let path = engine::place(host, state)?;
    let (mut store, aside) = AuditStore::open(&*host.state.create(&path)?, host.clock.now()).map_err(refused)?;
    let facts = host.machine.facts().ok();
    let (account, machine) = facts.map_or_else(Default::default, |facts| (facts.account, facts.name));
    let event = |what: &str, about: &str, result: &str, detail: &str| Event {
        at: host.clock.now(),
        account: account.clone(),
        machine: machine.clone(),
        what: short(what),
        about: short(about),
        result: short(result),
        detail: short(detail),
    };
    if let Some(aside) = aside {
        // The new log says where the old one went, so that nobody takes it for the first.
        let kept = aside.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        store.append(&event("audit", LAYOUT.file, "damaged", &format!("kept as {kept}"))).map_err(refused)?;
    }
    store.append(&event(act.what, act.about, act.result, act.detail)).map_err(refused)
}

/// Does something between two events of the log: that it begins, and what came of it. What cannot be written down is not begun.
///
/// # Errors
/// As [`note`], and whatever the act reports. Where only what came of it cannot be written down, the error says that the act is done.
pub fn around<T>(
    host: &Host,
    act: &Act<'_>,
    run: impl FnOnce() -> Result<T>,
    end: impl FnOnce(&T) -> (&'static str, String),
) -> Result<T> {
    note(host, None, act)?;
    match run() {
        Ok(done) => {
            let (result, detail) = end(&done);
            let told = note(host, None, &Act { result, detail: &detail, ..*act });
            told.map_err(|error| error.hint("the act itself is done; only what came of it is not written down"))?;
            Ok(done)
        }
        Err(error) => {
            // The reason itself is told, with or without this line.
            drop(note(host, None, &Act { result: "failed", detail: &error.to_string(), ..*act }));
            Err(error)
        }
    }
}

/// Returns the last events.
///
/// # Errors
/// When the log cannot be used.
pub fn show(host: &Host, state: Option<&Path>, most: usize) -> Result<AuditShow> {
    let lines = lines(host, state)?;
    let events: Vec<Event> =
        lines.iter().filter_map(|line| chain::alone::<Event>(line.as_bytes()).ok()).map(|read| read.1).collect();
    let first = events.len().saturating_sub(most);
    let chain = Chain::read(&lines);
    Ok(AuditShow {
        schema: "s2scert.audit-show/1.0",
        events_in_all: lines.len(),
        events: events.into_iter().skip(first).collect(),
        first,
        head: chain.head(),
        broken: chain.broken,
    })
}

/// Reads the chain from its beginning, and looks for a head in it.
///
/// # Errors
/// When the log cannot be used.
pub fn verify(host: &Host, state: Option<&Path>, head: Option<Hex<32>>) -> Result<AuditVerify> {
    let lines = lines(host, state)?;
    let chain = Chain::read(&lines);
    // A line counts only while the chain holds up to it.
    let at = |wanted: Hex<32>| chain.sound.iter().position(|hash| *hash == wanted);
    Ok(AuditVerify {
        schema: "s2scert.audit-verify/1.0",
        lines: lines.len(),
        head: chain.head(),
        asked: head.map(|head| AskedHead { head, line: at(head) }),
        broken: chain.broken,
    })
}

/// Writes the lines as they stand into a file, one on each line, for a checker that is not ours.
///
/// # Errors
/// When the log cannot be used, or the file cannot be written.
pub fn export(host: &Host, state: Option<&Path>, file: &Path, force: bool) -> Result<AuditExport> {
    let lines = lines(host, state)?;
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    publish(host, file, force, text.as_bytes())?;
    Ok(AuditExport {
        schema: "s2scert.audit-export/1.0",
        file: file.to_owned(),
        lines: lines.len(),
        head: Chain::read(&lines).head(),
    })
}

/// Returns the lines of the log; none where there is no log.
///
/// # Errors
/// When the log cannot be used.
pub fn lines(host: &Host, state: Option<&Path>) -> Result<Vec<String>> {
    let Some(store) = store(host, state)? else { return Ok(Vec::new()) };
    store.lines().map_err(refused)
}

/// Opens the log where there is one.
fn store(host: &Host, state: Option<&Path>) -> Result<Option<AuditStore>> {
    let Some(folder) = host.state.find(&engine::place(host, state)?)? else { return Ok(None) };
    if !folder.entries()?.iter().any(|entry| entry.name == LAYOUT.file) {
        return Ok(None);
    }
    AuditStore::open(&*folder, host.clock.now()).map(|(store, _)| Some(store)).map_err(refused)
}

/// Returns the head of the log, so that it can be known elsewhere; nothing where there is no log.
///
/// # Errors
/// When the log cannot be used.
pub fn head(host: &Host, state: Option<&Path>) -> Result<Option<AuditHead>> {
    let Some(store) = store(host, state)? else { return Ok(None) };
    let head = store.head().map_err(refused)?;
    Ok(head.map(|(lines, head)| AuditHead { lines, head: head.to_string() }))
}

/// The lines as far as each follows the one before.
struct Chain {
    /// The hash of each.
    sound: Vec<Hex<32>>,
    /// Where the chain breaks.
    broken: Option<Break>,
}

impl Chain {
    /// Follows the lines from the first one.
    fn read(lines: &[String]) -> Self {
        let mut chain = Self { sound: Vec::new(), broken: None };
        for (line, text) in lines.iter().enumerate() {
            let head = chain.sound.last().copied().unwrap_or_else(chain::beginning);
            match chain::follow::<Event>(text.as_bytes(), u32::try_from(line).unwrap_or(u32::MAX), &head) {
                Ok((_, hash)) => chain.sound.push(hash),
                Err(why) => {
                    chain.broken = Some(Break { line, why });
                    break;
                }
            }
        }
        chain
    }

    /// Returns the hash of the last line of a whole chain.
    fn head(&self) -> Option<Hex<32>> {
        self.sound.last().copied().filter(|_| self.broken.is_none())
    }
}

fn refused(error: StoreError) -> Error {
    match error {
        StoreError::InUse { .. } => Error::new(Kind::Refused, "another run is writing the audit log")
            .because(error)
            .hint("try again in a moment"),
        StoreError::Newer { .. } => Error::new(Kind::Refused, "the audit log is of a later version")
            .because(error)
            .hint("use the s2scert that wrote it, or another folder: --state-dir DIR"),
        error => Error::new(Kind::Internal, "the audit log cannot be used").because(error),
    }
}

/// A text of one line and bounded length.
fn short(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(MOST).collect()
}
