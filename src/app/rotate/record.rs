//! `rotate record`: what somebody has done by hand is written into the journal, with his name; what a script printed that was run
//! by hand is judged before.

mod judge;
mod shown;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

pub use judge::Verdict;
use judge::judge;

use super::credential::Credentials;
use super::emit::{Part, Pieces};
use super::places::{How, Kept, Rolls};
use super::run::open_roll;
use super::{owner, refused, words};
use crate::app::farm::{DEFAULT_FILE, refuse_what_others_may_write};
use crate::app::report::path_text;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::node::powershell::LIMIT_OF_ANSWER;
use crate::ports::Host;
use crate::protocol::{Hex, Id, Text};
use crate::rotation::admission;
use crate::rotation::journal::FileJournal;
use crate::rotation::plan::{Act, MAX_BYTES, Plan, Step};
use crate::rotation::record::{Began, Journal as _, Record, Recorded};

/// The schema of [`RecordReport`].
pub const SCHEMA: &str = "s2scert.rotate-record/1.0";

/// The most octets of an output.
const MAX_OUTPUT: u64 = LIMIT_OF_ANSWER;
/// The path that stands for standard input.
const STDIN: &str = "-";

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// The step, by its name or its number on the page. Without one, outputs say whose they are; without those it is only told
    /// what is left.
    pub step: Option<String>,
    /// What scripts printed that were run by hand; `-` is standard input.
    pub outputs: Vec<PathBuf>,
    /// The plan of a roll that is done by hand from its beginning. Without one the roll that is open here.
    pub plan: Option<PathBuf>,
    /// Who has done it; without one the account that runs this.
    pub by: Option<String>,
    /// What he says of it.
    pub note: String,
    /// The state folder.
    pub state: Option<PathBuf>,
}

/// What `rotate record` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RecordReport {
    /// `s2scert.rotate-record/1.0`.
    pub schema: &'static str,
    /// The roll.
    pub roll: String,
    /// Whether something was written down.
    pub changed: bool,
    /// What was handed in, and what it proves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputLine>,
    /// The steps that are done by hand.
    pub steps: Vec<HandLine>,
    /// The next commands.
    pub next: Vec<String>,
}

/// A step that is done by hand.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct HandLine {
    /// Its number on the page.
    pub number: usize,
    /// Its name.
    pub step: String,
    /// What is done.
    pub what: String,
    /// The commands.
    pub commands: Vec<String>,
    /// Whether somebody has recorded it.
    pub recorded: bool,
}

/// An output that was judged.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct OutputLine {
    /// The file; `-` for standard input.
    #[serde(serialize_with = "path_text")]
    pub file: PathBuf,
    /// SHA-256 of it.
    pub sha256: Hex<32>,
    /// The step whose output it is.
    pub step: String,
    /// The server on which that is done.
    pub server: String,
    /// The script that printed it.
    pub script: &'static str,
    /// Why it was run: `look`, `do`.
    pub part: &'static str,
    /// What comes of it.
    pub verdict: Verdict,
    /// What it proves, shows or contradicts.
    pub what: String,
    /// What it does not prove.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub not: String,
    /// The looks of that step of which no output was handed in with it; without those the step is not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<&'static str>,
}

impl RecordReport {
    /// Returns the exit code: what is not so is a finding; what is not recorded is left to do.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.outputs.iter().any(|output| output.verdict == Verdict::NotSo) {
            return ExitCode::Finding;
        }
        if self.steps.iter().all(|step| step.recorded) { ExitCode::Ok } else { ExitCode::ManualLeft }
    }
}

/// Records.
///
/// # Errors
/// When no roll is open here, the step is none that is done by hand, an output is not taken, or another process rolls.
pub fn record(host: &Host, options: &Options) -> Result<RecordReport> {
    let rolls = Rolls::create(host, options.state.as_deref())?;
    let _held = rolls.lock()?;
    let kept = match &options.plan {
        Some(file) => begun_by_hand(host, &rolls, file)?,
        None => open_roll(&rolls)?,
    };
    let plan = Plan::read(&kept.plan()?)
        .map_err(|error| Error::new(Kind::Unreadable, "the plan of this roll cannot be read").because(error))?;
    let (mut journal, mut state) = kept.opened()?;
    let by = match &options.by {
        Some(by) => Text::told(by),
        None => owner(host)?,
    };
    let mut outputs = Vec::new();
    let mut records: Vec<Recorded> = Vec::new();
    if !options.outputs.is_empty() {
        let pieces = Pieces { plan: &plan, digest: plan.digest() };
        let step = options.step.as_deref().map(|wanted| any(&plan, wanted)).transpose()?;
        outputs = judged(host, &pieces, step, switched(&plan, &journal.records()), &options.outputs)?;
        for (step, what) in proven(&pieces, &mut outputs)? {
            let said = if options.note.is_empty() { what } else { format!("{}; {what}", options.note) };
            records.push(Recorded { step, by: by.clone(), note: Text::told(&said), at: host.clock.now() });
        }
    } else if let Some(wanted) = &options.step {
        let step = meant(&plan, wanted)?.id.clone();
        records.push(Recorded { step, by, note: Text::told(&options.note), at: host.clock.now() });
    }
    records.retain(|one| !state.recorded.contains(&one.step));
    let changed = !records.is_empty();
    for one in records {
        state.recorded.insert(one.step.clone());
        write(&mut journal, Record::Recorded(one))?;
    }
    let hands = plan.steps.iter().enumerate().filter_map(|(place, step)| match &step.act {
        Act::ByHand(hand) => Some(HandLine {
            number: place + 1,
            step: step.id.to_string(),
            what: words::step(step),
            commands: hand.commands.iter().map(|one| one.as_str().to_owned()).collect(),
            recorded: state.recorded.contains(&step.id),
        }),
        _ => None,
    });
    let next = vec!["go on: s2scert rotate resume".to_owned()];
    Ok(RecordReport { schema: SCHEMA, roll: plan.roll.to_string(), changed, outputs, steps: hands.collect(), next })
}

fn write(journal: &mut FileJournal, record: Record) -> Result<()> {
    journal.append(&record).map_err(|error| Error::new(Kind::Internal, "the journal cannot be written").because(error))
}

/// Finds the roll of a plan, and begins its journal where people do it from its beginning. No server is asked and no lease
/// taken: that is left to whoever resumes.
fn begun_by_hand(host: &Host, rolls: &Rolls, file: &Path) -> Result<Kept> {
    refuse_what_others_may_write(host, file)?;
    let bytes = host.files.read(file, MAX_BYTES as u64 + 1)?;
    let admitted = admission::admit(&bytes).map_err(|fault| refused::plan(&fault, file))?;
    let kept = rolls.of(&admitted.plan().roll)?;
    let mut journal = kept.journal()?;
    if journal.length() == 0 {
        kept.keep(&bytes, &How::new(Path::new(DEFAULT_FILE), &Credentials::default()))?;
        let (roll, at) = (admitted.plan().roll.clone(), host.clock.now());
        write(&mut journal, Record::Began(Began { roll, plan_sha256: admitted.digest(), at }))?;
    }
    let (_, state) = kept.state()?;
    if state.over().is_some() {
        return Err(Error::new(Kind::Refused, "this roll is over, and nothing is recorded any more")
            .at(&kept.roll)
            .hint("see how it ended: s2scert rotate status"));
    }
    Ok(kept)
}

/// Judges every output before anything is written down. One that is not taken stops all.
fn judged(
    host: &Host,
    pieces: &Pieces<'_>,
    step: Option<&Step>,
    switched: Option<Timestamp>,
    files: &[PathBuf],
) -> Result<Vec<OutputLine>> {
    let mut lines = Vec::new();
    for file in files {
        let bytes = match file.as_os_str() == STDIN {
            true => host.files.read_stdin(MAX_OUTPUT)?,
            false => host.files.read(file, MAX_OUTPUT)?,
        };
        let one =
            judge(pieces, step, switched, &bytes)?.map_err(|refused| refused.error(&file.display().to_string()))?;
        lines.push(OutputLine {
            file: file.clone(),
            sha256: one.sha256,
            step: one.step.id.to_string(),
            server: pieces.place(one.step).to_string(),
            script: one.script,
            part: one.part.word(),
            verdict: one.says.verdict,
            what: one.says.what,
            not: one.says.not,
            missing: Vec::new(),
        });
    }
    Ok(lines)
}

/// Returns the steps of which every look was handed in and proves it, with what was proven.
fn proven(pieces: &Pieces<'_>, outputs: &mut [OutputLine]) -> Result<Vec<(Id, String)>> {
    let mut steps = Vec::new();
    for step in pieces.plan.steps.iter().chain(&pieces.plan.unwind) {
        let of_it = |line: &OutputLine| line.step == step.id.as_str();
        if !outputs.iter().any(of_it) {
            continue;
        }
        let looks =
            pieces.of(step)?.into_iter().filter(|piece| piece.part == Part::Look).map(|piece| piece.runs.name());
        let looks: Vec<&'static str> = looks.collect();
        let shown = |script: &&'static str| {
            outputs.iter().any(|line| of_it(line) && line.script == *script && line.part == Part::Look.word())
        };
        let missing: Vec<&'static str> = looks.iter().copied().filter(|script| !shown(script)).collect();
        let own = || outputs.iter().filter(|line| of_it(line));
        let all_prove = own().filter(|line| line.part == Part::Look.word()).all(|line| line.verdict == Verdict::Proven);
        if missing.is_empty() && !looks.is_empty() && all_prove && own().all(|line| line.verdict != Verdict::NotSo) {
            let told: Vec<String> =
                own().map(|line| format!("{} (output {}): {}", line.script, line.sha256, line.what)).collect();
            steps.push((step.id.clone(), told.join("; ")));
        }
        outputs.iter_mut().filter(|line| of_it(line)).for_each(|line| line.missing.clone_from(&missing));
    }
    Ok(steps)
}

/// Returns when the row was seen to name the new certificate, by the journal.
fn switched(plan: &Plan, records: &[Record]) -> Option<Timestamp> {
    let switch = plan.steps.iter().find(|step| matches!(step.act, Act::Switch(_)))?;
    records.iter().find_map(|record| match record {
        Record::Done(done) if done.step == switch.id => Some(done.at),
        _ => None,
    })
}

/// Finds a step by its number on the page or its name.
fn any<'a>(plan: &'a Plan, wanted: &str) -> Result<&'a Step> {
    let numbered = wanted.parse::<usize>().ok().and_then(|number| plan.steps.get(number.checked_sub(1)?));
    let named = || plan.steps.iter().chain(&plan.unwind).find(|step| step.id.as_str() == wanted);
    numbered.or_else(named).ok_or_else(|| {
        Error::new(Kind::Usage, "the plan has no such step")
            .at(wanted)
            .hint("see its steps: s2scert rotate show plan.json")
    })
}

fn meant<'a>(plan: &'a Plan, wanted: &str) -> Result<&'a Step> {
    let found = any(plan, wanted).ok().filter(|step| matches!(step.act, Act::ByHand(_)));
    found.ok_or_else(|| {
        Error::new(Kind::Usage, "this is no step that is done by hand")
            .at(wanted)
            .hint("see those that are: s2scert rotate record")
    })
}

#[cfg(test)]
mod tests;
