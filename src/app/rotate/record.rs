//! `rotate record`: what somebody has done by hand is written into the journal, with his name.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::places::Rolls;
use super::run::open_roll;
use super::{owner, words};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;
use crate::protocol::Text;
use crate::rotation::plan::{Act, Plan, Step};
use crate::rotation::record::{Journal as _, Record, Recorded};

/// The schema of [`RecordReport`].
pub const SCHEMA: &str = "s2scert.rotate-record/1.0";

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// The step, by its name or its number on the page. Without one it is only told what is left.
    pub step: Option<String>,
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

impl RecordReport {
    /// Returns the exit code: what is not recorded is left to do.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.steps.iter().all(|step| step.recorded) { ExitCode::Ok } else { ExitCode::ManualLeft }
    }
}

/// Records.
///
/// # Errors
/// When no roll is open here, the step is none that is done by hand, or another process rolls.
pub fn record(host: &Host, options: &Options) -> Result<RecordReport> {
    let rolls = Rolls::create(host, options.state.as_deref())?;
    let _held = rolls.lock()?;
    let kept = open_roll(&rolls)?;
    let plan = Plan::read(&kept.plan()?)
        .map_err(|error| Error::new(Kind::Unreadable, "the plan of this roll cannot be read").because(error))?;
    let (mut journal, mut state) = kept.opened()?;
    let mut changed = false;
    if let Some(wanted) = &options.step {
        let step = meant(&plan, wanted)?;
        let by = match &options.by {
            Some(by) => Text::told(by),
            None => owner(host)?,
        };
        if !state.recorded.contains(&step.id) {
            let recorded =
                Recorded { step: step.id.clone(), by, note: Text::told(&options.note), at: host.clock.now() };
            journal
                .append(&Record::Recorded(recorded))
                .map_err(|error| Error::new(Kind::Internal, "the journal cannot be written").because(error))?;
            state.recorded.insert(step.id.clone());
            changed = true;
        }
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
    Ok(RecordReport { schema: SCHEMA, roll: plan.roll.to_string(), changed, steps: hands.collect(), next })
}

fn meant<'a>(plan: &'a Plan, wanted: &str) -> Result<&'a Step> {
    let numbered = wanted.parse::<usize>().ok().and_then(|number| plan.steps.get(number.checked_sub(1)?));
    let named = || plan.steps.iter().chain(&plan.unwind).find(|step| step.id.as_str() == wanted);
    let found = numbered.or_else(named).filter(|step| matches!(step.act, Act::ByHand(_)));
    found.ok_or_else(|| {
        Error::new(Kind::Usage, "this is no step that is done by hand")
            .at(wanted)
            .hint("see those that are: s2scert rotate record")
    })
}
