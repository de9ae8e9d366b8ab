//! `rehearse`: the planner and the engine at work on a farm that is not there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::rotate::plan::{BundleLine, StandIn, bundle_lines, stand_in};
use super::rotate::refused;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;
use crate::rotation::admission;
use crate::rotation::basis::{Basis, Strategy};
use crate::rotation::belief::Belief;
use crate::rotation::engine::End;
use crate::rotation::plan::{MAX_BYTES, Plan};
use crate::rotation::record::EndKind;
use crate::rotation::world::{Audience, News};
use crate::sim::fault::Fault;
use crate::sim::roll::{Rolled, Shape, roll, roll_before};
use crate::sim::trace::{NEW, OLD, What};

/// The schema of [`RehearseReport`].
pub const SCHEMA: &str = "s2scert.rehearse/1.0";
/// What stands on every page.
pub const NOTICE: &str = "SIMULATION: no server was asked and nothing was changed.";
/// The most servers of the sample farm.
pub const MOST_SERVERS: u32 = 20;
/// When every simulation begins, in seconds since 1970: 2026-06-01T00:00:00Z.
const BEGINNING: i64 = 1_780_272_000;
/// How long a certificate of the sample farm lives, and how long before its end somebody is told, in days.
const LIFE: (i64, i64) = (365, 60);

/// What is rehearsed.
#[derive(Clone, Debug)]
pub struct Options {
    /// The plan that is rehearsed, on the farm as it was seen when it was made; without one a sample farm.
    pub plan: Option<PathBuf>,
    /// The bundles of a farm for which a plan is made first, and what of.
    pub from: Option<StandIn>,
    /// Servers of Dynamics.
    pub servers: u32,
    /// The seed of what is left to chance.
    pub seed: u64,
}

/// What `rehearse` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RehearseReport {
    /// `s2scert.rehearse/1.0`.
    pub schema: &'static str,
    /// Always true: nothing here was done to a real farm.
    pub simulation: bool,
    /// The same in words.
    pub notice: &'static str,
    /// The roll whose plan was rehearsed; nothing for the sample farm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<String>,
    /// The bundles from which it was planned; empty where it was not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleLine>,
    /// Servers of Dynamics in the farm.
    pub servers: u32,
    /// The seed.
    pub seed: u64,
    /// The life of the farm without a fault, part by part.
    pub life: Vec<Chapter>,
    /// How rolls end in which one thing goes wrong, for each way and at each request in turn.
    pub faults: Vec<FaultLine>,
    /// How rolls end where something is not as it is believed to be.
    pub beliefs: Vec<BeliefLine>,
    /// How many rolls were simulated.
    pub rolls: u64,
    /// Invariants that were broken, with what happened. There should be none.
    pub violations: Vec<String>,
}

/// A part of the life of the farm.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Chapter {
    /// When it begins, by the clock of the simulation.
    pub at: Timestamp,
    /// What it is.
    pub title: String,
    /// What happens, in order.
    pub lines: Vec<ChapterLine>,
    /// How it ends.
    pub end: String,
}

/// Something that happens.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ChapterLine {
    /// Seconds from the beginning of the part.
    pub seconds: i64,
    /// What.
    pub what: String,
}

/// How rolls with one fault end.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FaultLine {
    /// What goes wrong.
    pub fault: String,
    /// At how many requests it was tried.
    pub tried: u64,
    /// How many rolls end so.
    pub ends: Ends,
}

/// How rolls end where a belief is wrong.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct BeliefLine {
    /// What is believed, and what is done should it be otherwise.
    pub belief: &'static str,
    /// How a roll ends where it is otherwise.
    pub end: String,
}

/// Numbers of ends.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Ends {
    /// The farm uses the new certificate.
    pub done: u64,
    /// The farm is as before.
    pub rolled_back: u64,
    /// Something is left to do, with its commands.
    pub manual: u64,
}

impl RehearseReport {
    /// Returns the exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.violations.is_empty() { ExitCode::Ok } else { ExitCode::Internal }
    }
}

/// What is simulated.
struct Stage {
    seed: u64,
    servers: u32,
    /// The plan, where one is rehearsed.
    plan: Option<(Plan, Arc<Basis>)>,
}

impl Stage {
    fn of(host: &Host, options: &Options) -> Result<Self> {
        let Options { plan, from, servers, seed } = options;
        let plan = match (plan, from) {
            (Some(file), _) => {
                let bytes = host.files.read(file, MAX_BYTES as u64 + 1)?;
                admission::admit(&bytes).map_err(|fault| refused::plan(&fault, file))?.into_plan()
            }
            (None, Some(from)) => stand_in(host, from)?,
            (None, None) => return Ok(Self { seed: *seed, servers: *servers, plan: None }),
        };
        let servers = plan.basis.seen.signing().count() as u32;
        let basis = Arc::new(plan.basis.clone());
        Ok(Self { seed: *seed, servers, plan: Some((plan, basis)) })
    }

    /// A farm in which nothing goes wrong: that of the plan, or the sample.
    fn calm(&self, strategy: Strategy) -> Shape {
        match &self.plan {
            Some((_, basis)) => Shape::observed(Arc::clone(basis)),
            None => Shape::sample(self.servers, strategy),
        }
    }
}

/// Rehearses.
///
/// # Errors
/// When the plan cannot be read or is refused; [`Kind::Internal`] when the farm cannot be simulated.
pub fn rehearse(host: &Host, options: &Options) -> Result<RehearseReport> {
    let options = &Stage::of(host, options)?;
    let mut report = RehearseReport {
        schema: SCHEMA,
        simulation: true,
        notice: NOTICE,
        roll: options.plan.as_ref().map(|(plan, _)| plan.roll.to_string()),
        bundles: options.plan.as_ref().map(|(plan, _)| bundle_lines(plan)).unwrap_or_default(),
        servers: options.servers,
        seed: options.seed,
        life: Vec::new(),
        faults: Vec::new(),
        beliefs: Vec::new(),
        rolls: 0,
        violations: Vec::new(),
    };
    life(options, &mut report)?;
    faults(options, &mut report)?;
    beliefs(options, &mut report)?;
    Ok(report)
}

fn life(options: &Stage, report: &mut RehearseReport) -> Result<()> {
    if let Some((plan, _)) = &options.plan {
        let (told, end) = watched(options, plan.strategy, report)?;
        let title = format!("{} goes as planned", plan.roll);
        report.life.push(Chapter { at: plan.basis.asked.now, title, lines: told, end });
        return Ok(());
    }
    let begin = Timestamp::from_second(BEGINNING).unwrap_or(Timestamp::UNIX_EPOCH);
    let later = |days: i64| begin.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(begin);
    let (told, end) = watched(options, Strategy::Initial, report)?;
    let title = "A certificate is issued, and registered for the first time".to_owned();
    report.life.push(Chapter { at: begin, title, lines: told, end });
    let alarm =
        ChapterLine { seconds: 0, what: format!("the certificate expires in {} days; a new one is issued", LIFE.1) };
    let title = "Most of a year passes, and the alarm is given".to_owned();
    let at = later(LIFE.0 - LIFE.1);
    report.life.push(Chapter { at, title, lines: vec![alarm], end: "the roll is planned".to_owned() });
    let (told, end) = watched(options, Strategy::Direct, report)?;
    let title = "The certificate is rolled, the documented way".to_owned();
    report.life.push(Chapter { at, title, lines: told, end });
    Ok(())
}

/// Rolls once while every step is written down.
fn watched(options: &Stage, strategy: Strategy, report: &mut RehearseReport) -> Result<(Vec<ChapterLine>, String)> {
    let listener = Listener::default();
    let shape = options.calm(strategy);
    let rolled = roll_before(options.seed, &shape, &listener).map_err(broken)?;
    report.rolls += 1;
    report.violations.extend(rolled.violations.iter().map(|one| format!("{}: {}", one.invariant, one.what)));
    let steps = listener.steps.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut lines: Vec<ChapterLine> = timeline(&rolled);
    lines.push(ChapterLine {
        seconds: ended(&rolled),
        what: format!("{steps} steps of the plan were looked at and found so"),
    });
    let mut end = rolled.end.as_ref().map_or_else(String::new, words);
    if let Some(gap) = gap(&rolled) {
        end = format!("{end}; for {gap} seconds the farm signed with what SharePoint did not accept yet");
    }
    Ok((lines, end))
}

/// Returns when the first run ended.
fn ended(rolled: &Rolled) -> i64 {
    let end = rolled.story.events.iter().find(|event| matches!(event.what, What::RunEnds(_)));
    end.map_or(0, |event| event.at)
}

/// What happened, as a person would tell it.
fn timeline(rolled: &Rolled) -> Vec<ChapterLine> {
    let name = |node: usize| rolled.story.before.nodes[node].name.clone();
    let mut lines: Vec<ChapterLine> = Vec::new();
    let end = rolled.story.events.iter().position(|event| matches!(event.what, What::RunEnds(_)));
    for event in rolled.story.events.iter().take(end.unwrap_or(usize::MAX)) {
        let what = match &event.what {
            What::ScriptBegins { node, update_crm: true, .. } => {
                format!("{}: Microsoft's script runs with -updateCrm, once in this roll", name(*node))
            }
            What::ScriptBegins { node, .. } => format!("{}: Microsoft's script imports the certificate", name(*node)),
            What::Access { node } => format!("{}: the accounts get access to the key", name(*node)),
            What::Proved { node } => format!("{}: signs with the new certificate what was drawn for it", name(*node)),
            What::Rows { after, .. } if after.as_slice() == [NEW] => "the row names the new certificate".to_owned(),
            What::Rows { .. } => "the row names another".to_owned(),
            What::Restarted { node, .. } => format!("{}: a process begins anew", name(*node)),
            What::JobStarted => "SharePoint is told to read the metadata again".to_owned(),
            What::TrustsRead { accepted, .. } if accepted.contains(&NEW) => {
                "SharePoint has read them: its trusts accept the new certificate".to_owned()
            }
            _ => continue,
        };
        if lines.last().is_none_or(|last| last.what != what) {
            lines.push(ChapterLine { seconds: event.at, what });
        }
    }
    lines
}

/// Returns for how long a server signed with what no trust accepted yet, in seconds.
fn gap(rolled: &Rolled) -> Option<i64> {
    let accepted_old = rolled.story.before.trusts.iter().any(|trust| trust.contains(&OLD));
    let mut events = rolled.story.events.iter();
    events.find(|event| matches!(&event.what, What::Rows { after, .. } if after.contains(&NEW)))?;
    // A process signs with the old certificate, which is accepted, until it begins anew.
    let began = events.find(|event| matches!(event.what, What::Restarted { .. }))?.at;
    let read = |what: &What| matches!(what, What::TrustsRead { accepted, .. } if accepted.contains(&NEW));
    let read = events.find(|event| read(&event.what))?.at;
    accepted_old.then_some(read - began)
}

fn faults(options: &Stage, report: &mut RehearseReport) -> Result<()> {
    let calm = options.calm(Strategy::Direct);
    let requests = roll(options.seed, &calm).map_err(broken)?.requests;
    for fault in Fault::ALL {
        let rolled: Vec<Rolled> = (1..=requests)
            .into_par_iter()
            .map(|request| roll(options.seed, &Shape { fault_at: Some((request, fault)), ..calm.clone() }))
            .collect::<std::result::Result<_, String>>()
            .map_err(broken)?;
        let mut ends = Ends::default();
        for one in &rolled {
            match one.end.as_ref().map(End::kind) {
                Some(EndKind::Done | EndKind::NothingToDo) => ends.done += 1,
                Some(EndKind::RolledBack) => ends.rolled_back += 1,
                Some(EndKind::Manual | EndKind::Aborted) | None => ends.manual += 1,
            }
            let told = one.violations.iter().map(|one| format!("{fault:?}: {}: {}", one.invariant, one.what));
            report.violations.extend(told);
        }
        report.rolls += requests;
        report.faults.push(FaultLine { fault: fault.words().to_owned(), tried: requests, ends });
    }
    Ok(())
}

fn beliefs(options: &Stage, report: &mut RehearseReport) -> Result<()> {
    for belief in Belief::ALL {
        let shape = Shape { disbelieved: vec![belief], ..options.calm(Strategy::Direct) };
        let rolled = roll(options.seed, &shape).map_err(broken)?;
        report.rolls += 1;
        report.violations.extend(rolled.violations.iter().map(|one| format!("{}: {}", one.invariant, one.what)));
        let end = rolled.end.as_ref().map_or_else(String::new, words);
        report.beliefs.push(BeliefLine { belief: belief.words(), end });
    }
    Ok(())
}

/// Returns the plan of the sample farm.
///
/// # Errors
/// As [`rehearse`].
pub fn sample_plan(servers: u32) -> Result<Plan> {
    Ok(roll(0, &Shape::sample(servers, Strategy::Direct)).map_err(broken)?.plan)
}

fn words(end: &End) -> String {
    match end {
        End::Done => "done: every server and every trust was proven".to_owned(),
        End::RolledBack { why } => format!("rolled back: {why}"),
        End::NothingToDo => "nothing to do".to_owned(),
        End::Aborted => "given up".to_owned(),
        End::Manual { why, left } => format!("left to do by hand ({} things): {why}", left.len()),
    }
}

fn broken(why: String) -> Error {
    Error::new(Kind::Internal, "the farm cannot be simulated").because(why)
}

/// Counts what is seen to be so.
#[derive(Default)]
struct Listener {
    steps: Mutex<u64>,
}

impl Audience for Listener {
    fn tell(&self, news: &News<'_>) {
        if matches!(news, News::Holds(_) | News::Done(_)) {
            *self.steps.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
}
