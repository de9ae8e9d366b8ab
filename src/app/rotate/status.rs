//! `rotate status`: the rolls that are kept here, and what stands on the servers. Nothing is changed.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::places::Rolls;
use super::run::lease;
use super::{Reach, described, words};
use crate::error::{ExitCode, Result};
use crate::farm::description::{Farm, Node, Transport as How};
use crate::ports::{Host, Transport};
use crate::protocol::{Action, Facts, Id, Lease, Nothing, Outcome, Request, RollMarker};
use crate::rotation::plan::Plan;
use crate::rotation::record::{EndKind, Record, State};

/// The schema of [`StatusReport`].
pub const SCHEMA: &str = "s2scert.rotate-status/1.0";
/// How long a server may take to tell what stands on it, in seconds.
const LOOK: u32 = 60;

/// How a roll is gone on with.
const RESUME: &str = "s2scert rotate resume";

/// What is asked.
#[derive(Clone, Debug)]
pub struct Options {
    /// The description of the farm.
    pub farm: PathBuf,
    /// The state folder.
    pub state: Option<PathBuf>,
    /// Whether no server is asked.
    pub here_only: bool,
}

/// What `rotate status` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct StatusReport {
    /// `s2scert.rotate-status/1.0`.
    pub schema: &'static str,
    /// The rolls that are kept here.
    pub rolls: Vec<RollLine>,
    /// Who holds the farm now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseLine>,
    /// What stands on each server that was asked.
    pub nodes: Vec<Standing>,
    /// The next commands.
    pub next: Vec<String>,
}

/// One roll.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RollLine {
    /// Its name.
    pub roll: String,
    /// How it stands.
    pub standing: &'static str,
    /// Whether it has not ended.
    pub open: bool,
    /// When the last record was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// How many steps were done by a change.
    pub done: usize,
    /// How many steps the plan has; nothing where the plan is not here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// The step that was acted on last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Acts that were asked for, and of which nobody has written down what came.
    pub unclear: Vec<String>,
    /// Why it is being taken back, or why the last run ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How many records the journal has.
    pub records: usize,
    /// What is wrong with what is kept of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// The lease.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct LeaseLine {
    /// Who holds it.
    pub holder: String,
    /// For which roll.
    pub roll: String,
    /// Since when.
    pub taken: Timestamp,
    /// Until when, unless it is renewed.
    pub until: Timestamp,
    /// Its fence, which takes over from it.
    pub fence: u64,
    /// Whether it has run out.
    pub over: bool,
}

/// What stands on a server.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Standing {
    /// The server.
    pub node: String,
    /// The roll that stands on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// In which direction it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<Timestamp>,
    /// Why it was not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unseen: Option<String>,
}

impl StatusReport {
    /// Returns the exit code: an open roll is work that is left.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let stands = self.nodes.iter().any(|node| node.roll.is_some());
        match (self.rolls.iter().any(|roll| roll.open) || stands, self.nodes.iter().any(|node| node.unseen.is_some())) {
            (true, _) => ExitCode::ManualLeft,
            (false, true) => ExitCode::PartialView,
            (false, false) => ExitCode::Ok,
        }
    }
}

/// Tells how it stands.
///
/// # Errors
/// When the description or the state folder cannot be read.
pub fn status(host: &Host, options: &Options, reach: &Reach<'_>) -> Result<StatusReport> {
    let mut report =
        StatusReport { schema: SCHEMA, rolls: Vec::new(), lease: None, nodes: Vec::new(), next: Vec::new() };
    if let Some(rolls) = Rolls::find(host, options.state.as_deref())? {
        for kept in rolls.all()? {
            let plan = kept.plan().ok().and_then(|bytes| Plan::read(&bytes).ok());
            match kept.state() {
                Ok((records, _)) if records.is_empty() => {}
                Ok((records, state)) => report.rolls.push(line(&kept.roll, plan.as_ref(), &records, &state)),
                Err(error) => report.rolls.push(RollLine {
                    standing: "not known",
                    open: true,
                    fault: Some(error.causes().join(": ")),
                    ..line(&kept.roll, plan.as_ref(), &[], &State::default())
                }),
            }
        }
    }
    if !options.here_only {
        let farm = described(host, &options.farm)?;
        let transport = reach(&options.farm)?;
        report.nodes = standings(&farm, &*transport);
        let node = farm.update_crm.as_ref().map(|one| one.node.as_str().to_owned()).unwrap_or_default();
        let lease = lease(&farm, &node, &*transport).ok().flatten();
        report.lease = lease.map(|lease| lease_line(lease, host.clock.now()));
    }
    report.next = next(&report);
    Ok(report)
}

fn line(roll: &Id, plan: Option<&Plan>, records: &[Record], state: &State) -> RollLine {
    let done = records.iter().filter(|record| matches!(record, Record::Done(_))).count();
    let step = records.iter().rev().find_map(|record| match record {
        Record::Intent(intent) => Some(intent.step.clone()),
        _ => None,
    });
    let told = records.iter().rev().find_map(|record| match record {
        Record::Ended(ended) => Some(ended.why.as_str().to_owned()),
        Record::Turned(turned) => Some(turned.why.as_str().to_owned()),
        _ => None,
    });
    let in_words = |step: &Id| {
        let found = plan.and_then(|plan| plan.step(step));
        found.map_or_else(|| step.to_string(), |step| format!("{}: {}", step.node, words::step(step)))
    };
    RollLine {
        roll: roll.to_string(),
        standing: standing(state),
        open: state.over().is_none(),
        last: last(records),
        done,
        steps: plan.map(|plan| plan.steps.len()),
        step: step.as_ref().map(in_words),
        unclear: state.open.iter().map(ToString::to_string).collect(),
        why: told.filter(|why| !why.is_empty()),
        records: records.len(),
        fault: None,
    }
}

fn lease_line(lease: Lease, now: Timestamp) -> LeaseLine {
    LeaseLine {
        holder: lease.holder.as_str().to_owned(),
        roll: lease.roll.to_string(),
        taken: lease.taken,
        until: lease.until,
        fence: lease.fence,
        over: lease.until <= now,
    }
}

/// Asks every server at once what stands on it.
fn standings(farm: &Farm, transport: &dyn Transport) -> Vec<Standing> {
    let asked = || farm.nodes.iter().filter(|node| node.transport != How::Manual);
    std::thread::scope(|scope| {
        let threads: Vec<_> = asked().map(|node| scope.spawn(move || marker(node, transport))).collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("it failed".to_owned())));
        asked().zip(answers).map(|(node, answer)| one(node, answer)).collect()
    })
}

fn one(node: &Node, answer: Result<Option<RollMarker>, String>) -> Standing {
    let (marker, unseen) = match answer {
        Ok(marker) => (marker, None),
        Err(why) => (None, Some(why)),
    };
    Standing {
        node: node.name.to_string(),
        roll: marker.as_ref().map(|one| one.roll.to_string()),
        owner: marker.as_ref().map(|one| one.owner.as_str().to_owned()),
        phase: marker.as_ref().map(|one| one.phase.to_string()),
        begun: marker.as_ref().map(|one| one.begun),
        unseen,
    }
}

fn marker(node: &Node, transport: &dyn Transport) -> Result<Option<RollMarker>, String> {
    let request = Request::new(Id::word("marker"), LOOK, None, Action::RollMarker(Nothing {}));
    let patience = Duration::from_secs(u64::from(LOOK) + 10);
    match transport.ask(node, &request, patience).map_err(|error| error.why)?.outcome {
        Outcome::Observed(seen) => match seen.facts {
            Facts::Roll(facts) => Ok(facts.roll),
            _ => Err("it does not tell what stands on it".to_owned()),
        },
        Outcome::Refused(refusal) => Err(refusal.why.as_str().to_owned()),
        _ => Err("it does not tell what stands on it".to_owned()),
    }
}

fn next(report: &StatusReport) -> Vec<String> {
    let mut next = Vec::new();
    let open = report.rolls.iter().any(|roll| roll.open);
    let elsewhere = report.nodes.iter().filter_map(|node| node.roll.as_ref());
    let elsewhere = elsewhere.clone().any(|roll| !report.rolls.iter().any(|own| own.open && own.roll == *roll));
    if open {
        next.push("go on with it: s2scert rotate resume".to_owned());
        next.push("take it back: s2scert rotate rollback".to_owned());
    }
    if elsewhere {
        next.push(
            "a roll stands on servers that is not open here; end it where it was begun, or with its plan at hand: s2scert rotate resume plan.json --from-node"
                .to_owned(),
        );
    }
    if let Some(lease) = report.lease.as_ref().filter(|lease| !lease.over) {
        next.push(format!(
            "whoever holds the farm may be at work; only when it is dead: {RESUME} --take-over {}",
            lease.fence
        ));
    }
    next
}

/// Returns when the last record of a journal was written.
pub(super) fn last(records: &[Record]) -> Option<Timestamp> {
    records.iter().rev().find_map(when)
}

/// Returns when a record was written, where it says so.
const fn when(record: &Record) -> Option<Timestamp> {
    Some(match record {
        Record::Began(one) => one.at,
        Record::Run(one) => one.at,
        Record::Intent(one) => one.at,
        Record::Outcome(one) => one.at,
        Record::Since(_) => return None,
        Record::Done(one) => one.at,
        Record::Verified(one) => one.at,
        Record::Turned(one) => one.at,
        Record::Recorded(one) => one.at,
        Record::Ended(one) => one.at,
    })
}

/// Says in which direction a roll goes, or how it ended.
pub(super) fn standing(state: &State) -> &'static str {
    match (state.over(), state.turned.is_some(), state.verified.is_some()) {
        (Some(EndKind::Done), ..) => "done",
        (Some(EndKind::RolledBack), ..) => "rolled back",
        (Some(EndKind::Aborted), ..) => "given up",
        (Some(EndKind::NothingToDo), ..) => "nothing was to do",
        (_, true, _) => "open, being taken back",
        (_, false, true) => "open, verified",
        (_, false, false) => "open",
    }
}
