//! `rotate emit`: a plan as files that people read and run by hand, server by server, with a runbook.
//!
//! | file | holds |
//! |---|---|
//! | `piece` | which script belongs to which check and act, and its data |
//! | `hand` | the same for what people do on a server that they look after |
//! | `native` | the PowerShell of what the program does natively |
//! | `runbook` | the Markdown that leads through them |

mod hand;
mod native;
mod piece;
mod runbook;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

pub use native::{NATIVES, Native};
pub(super) use piece::{Part, Piece, Pieces};

use crate::error::{Error, Kind, Result};
use crate::ports::{Host, StateFolder};
use crate::protocol::Hex;
use crate::rotation::admission::{Admitted, admit};
use crate::rotation::plan::{MAX_BYTES, Step};

/// The schema of [`EmitReport`].
pub const SCHEMA: &str = "s2scert.rotate-emit/1.0";
/// The name of the runbook.
const RUNBOOK: &str = "RUNBOOK.md";

/// What `rotate emit` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct EmitReport {
    /// `s2scert.rotate-emit/1.0`.
    pub schema: &'static str,
    /// The folder.
    pub folder: PathBuf,
    /// The roll.
    pub roll: String,
    /// SHA-256 of the plan.
    pub plan_sha256: Hex<32>,
    /// What is read first.
    pub runbook: PathBuf,
    /// The files, as they lie in the folder, the runbook among them.
    pub files: Vec<PathBuf>,
    /// Steps of the way forward that have no script: somebody else has to do or to say something.
    pub without_script: Vec<String>,
}

/// One step with its files.
struct Sheet<'a> {
    /// The number on the page.
    number: usize,
    step: &'a Step,
    /// The server on which it is done.
    place: String,
    /// File name without its ending, and the piece.
    pieces: Vec<(String, Piece)>,
}

/// Writes a plan out. Nothing is asked of any server.
///
/// # Errors
/// [`Kind::Refused`] when the plan is not what this program plans, the folder is not empty or could be another's doing; or
/// what the system reports.
pub fn emit(host: &Host, plan: &Path, folder: &Path) -> Result<EmitReport> {
    let bytes = host.files.read(plan, MAX_BYTES as u64)?;
    let admitted = admit(&bytes).map_err(|why| {
        Error::new(Kind::Refused, "the plan cannot be written out")
            .at(plan.display())
            .because(why)
            .hint("plan anew: s2scert rotate plan --out plan.json")
    })?;
    // The scripts are run with rights over the deployment. Nobody else may write where they lie.
    let to = host.state.create(folder)?;
    if !to.entries()?.is_empty() {
        return Err(Error::new(Kind::Refused, "the folder is not empty")
            .at(folder.display())
            .hint("name another folder, so that no file of another plan lies among these"));
    }
    let mut report = EmitReport {
        schema: SCHEMA,
        folder: folder.to_owned(),
        roll: admitted.plan().roll.as_str().to_owned(),
        plan_sha256: admitted.digest(),
        runbook: folder.join(RUNBOOK),
        files: Vec::new(),
        without_script: Vec::new(),
    };
    write(&admitted, &*to, &mut report)?;
    Ok(report)
}

fn write(admitted: &Admitted, to: &dyn StateFolder, report: &mut EmitReport) -> Result<()> {
    let plan = admitted.plan();
    let pieces = Pieces { plan, digest: admitted.digest() };
    let forward = sheets(&pieces, &plan.steps, "")?;
    let back = sheets(&pieces, &plan.unwind, "back-")?;
    for sheet in forward.iter().chain(&back) {
        let node = sheet.place.as_str();
        let server = to.create(node)?;
        for (name, piece) in &sheet.pieces {
            for (ending, octets) in [("ps1", piece.runs.text().as_bytes()), ("json", &piece.data)] {
                let file = format!("{name}.{ending}");
                server.write(&file, octets)?;
                report.files.push(Path::new(node).join(file));
            }
        }
    }
    let silent = forward.iter().filter(|sheet| sheet.pieces.is_empty());
    report.without_script = silent.map(|sheet| sheet.step.id.as_str().to_owned()).collect();
    let mut write = |name: &str, octets: &[u8]| -> Result<()> {
        to.write(name, octets)?;
        report.files.push(PathBuf::from(name));
        Ok(())
    };
    write("plan.json", &plan.bytes())?;
    write("new.cer", plan.basis.asked.certificate.certificate.as_bytes())?;
    if let Some(old) = pieces.old_certificate() {
        write("old.cer", old.as_bytes())?;
    }
    // The runbook comes last: where it lies, everything lies.
    write(RUNBOOK, runbook::render(&pieces, &forward, &back).as_bytes())
}

/// Names the files of each step: the number of the step, its name, and what they are for.
fn sheets<'a>(pieces: &Pieces<'_>, steps: &'a [Step], way: &str) -> Result<Vec<Sheet<'a>>> {
    let mut sheets = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let number = index + 1;
        let stem = format!("{way}{number:03}-{}", step.id.as_str().replace('@', "-"));
        let mut named: Vec<(String, Piece)> = Vec::new();
        for piece in pieces.of(step)? {
            let again = named.iter().filter(|(_, other)| other.part == piece.part).count();
            let times = if again == 0 { String::new() } else { (again + 1).to_string() };
            named.push((format!("{stem}.{}{times}", piece.part.word()), piece));
        }
        let place = pieces.place(step).to_string();
        sheets.push(Sheet { number, step, place, pieces: named });
    }
    Ok(sheets)
}

impl Sheet<'_> {
    /// Returns the pieces of one part, in the order in which they are run.
    fn of(&self, part: Part) -> impl Iterator<Item = &(String, Piece)> {
        self.pieces.iter().filter(move |(_, piece)| piece.part == part)
    }
}

#[cfg(test)]
mod tests;
