//! One roll from a seed: the farm, what goes wrong, as many runs as it takes, and what the checker says.

use std::sync::Arc;

use super::acts::CANARY;
use super::build::build;
use super::checker::{Violation, check};
use super::fault::{Fault, Faults};
use super::trace::Story;
use super::world::{RunEnd, Sim, SimJournal};
use crate::rotation::basis::{Basis, Reason, Strategy};
use crate::rotation::belief::Belief;
use crate::rotation::engine::{End, Stop, Way};
use crate::rotation::plan::Plan;
use crate::rotation::record::{EndKind, Journal};
use crate::rotation::world::{Audience, Nobody};

/// How many runs a roll may take before it counts as one that does not come to an end.
const RUNS: u32 = 40;
/// Of how many rolls one is searched for passwords.
const SEARCHED: u64 = 16;

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The fewest servers of Dynamics.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// Whether anything goes wrong by chance.
    pub faults: bool,
    /// What goes wrong for certain, and at which request.
    pub fault_at: Option<(u64, Fault)>,
    /// What is not as it is believed to be.
    pub disbelieved: Vec<Belief>,
    /// Whether a roll may remove the old certificate.
    pub retire: bool,
    /// A farm without oddities, for a roll of this shape: what is shown to people.
    pub plain: Option<Strategy>,
    /// The shape of the roll; without one it is drawn.
    pub strategy: Option<Strategy>,
    /// A farm as it was seen, and what was asked for, in place of one that is drawn: the basis of a plan.
    pub observed: Option<Arc<Basis>>,
}

impl Shape {
    /// A farm of so many servers in which things go wrong.
    #[must_use]
    pub const fn chaos(least: u32, most: u32) -> Self {
        Self {
            least,
            most,
            faults: true,
            fault_at: None,
            disbelieved: Vec::new(),
            retire: true,
            plain: None,
            strategy: None,
            observed: None,
        }
    }

    /// One in which nothing does.
    #[must_use]
    pub const fn calm(least: u32, most: u32) -> Self {
        Self {
            least,
            most,
            faults: false,
            fault_at: None,
            disbelieved: Vec::new(),
            retire: true,
            plain: None,
            strategy: None,
            observed: None,
        }
    }

    /// The farm that is shown to people: so many servers, a SharePoint farm, nothing odd.
    #[must_use]
    pub const fn sample(servers: u32, strategy: Strategy) -> Self {
        Self {
            least: servers,
            most: servers,
            faults: false,
            fault_at: None,
            disbelieved: Vec::new(),
            retire: false,
            plain: Some(strategy),
            strategy: None,
            observed: None,
        }
    }

    /// The farm of a plan, as it was seen, in which nothing goes wrong. The planner makes the plan again from the basis.
    #[must_use]
    pub const fn observed(basis: Arc<Basis>) -> Self {
        Self {
            least: 1,
            most: 1,
            faults: false,
            fault_at: None,
            disbelieved: Vec::new(),
            retire: false,
            plain: None,
            strategy: None,
            observed: Some(basis),
        }
    }
}

/// What came of a roll.
#[derive(Clone, Debug)]
pub struct Rolled {
    /// How it ended.
    pub end: Option<End>,
    /// How many runs it took.
    pub runs: u32,
    /// How many requests.
    pub requests: u64,
    /// What must not have happened.
    pub violations: Vec<Violation>,
    /// What happened.
    pub story: Story,
    /// The plan.
    pub plan: Plan,
}

/// Rolls.
///
/// # Errors
/// When the farm of the seed cannot be planned for: a fault of the simulation.
pub fn roll(seed: u64, shape: &Shape) -> Result<Rolled, String> {
    roll_before(seed, shape, &Nobody)
}

/// Rolls while somebody looks on.
///
/// # Errors
/// As [`roll`].
pub fn roll_before(seed: u64, shape: &Shape, audience: &dyn Audience) -> Result<Rolled, String> {
    let sim = build(seed, shape)?;
    let before = sim.state().snapshot();
    let mut journal = SimJournal::new(&sim);
    let mut way = Way::Apply;
    let mut healed = 0;
    let mut end = None;
    let mut runs = 0;
    let mut told = false;
    while runs < RUNS && !told {
        runs += 1;
        match sim.run(&mut journal, way, false, audience) {
            RunEnd::Died => {
                let mut state = sim.state();
                let gap = state.dice.below(1500) as i64;
                state.advance(gap);
                // The controller may be lost for good: another one takes the journal from the node.
                let lost = state.dice.below(4) == 0;
                drop(state);
                if lost {
                    journal = SimJournal::new(&sim);
                }
                way = Way::Resume;
            }
            RunEnd::Stop(Stop::Held(_) | Stop::Fenced(_)) => {
                sim.state().advance(400);
                way = Way::Resume;
            }
            RunEnd::Stop(Stop::Order(why)) if why.contains("has not begun") => way = Way::Apply,
            RunEnd::Stop(Stop::Order(why)) if why.contains("resume it") => way = Way::Resume,
            // Another roll stands there, or has come and gone: this one is not to be.
            RunEnd::Stop(Stop::Stands(_)) => told = true,
            RunEnd::Stop(Stop::Order(why)) if why.contains("plan anew") => told = true,
            RunEnd::Stop(stop) => return Err(stop.to_string()),
            RunEnd::End(done @ End::Manual { .. }) => {
                let said = super::hand::by_hand(&sim, &done);
                end = Some(done);
                healed += u32::from(said.is_empty());
                if healed > 3 {
                    break;
                }
                way = heal(&sim, healed);
                said.into_iter().for_each(|step| journal.say(step));
            }
            RunEnd::End(done) => {
                if end.is_none() || done.kind() != EndKind::NothingToDo {
                    end = Some(done);
                }
                break;
            }
        }
    }
    if end.as_ref().is_some_and(|end| end.kind() != EndKind::Manual) {
        // A second time changes nothing.
        sim.state().faults = Faults::default();
        sim.state().advance(4000);
        sim.run(&mut journal, Way::Resume, false, &Nobody);
    }
    let leaks = if seed.is_multiple_of(SEARCHED) { leaks(&sim, &journal) } else { Vec::new() };
    drop(journal);
    let (mut state, plan) = sim.into_parts();
    let story = Story {
        before,
        events: std::mem::take(&mut state.events),
        after: state.snapshot(),
        update_crm: state.update_crm,
        quarantine_days: quarantine(&plan),
        strategy: plan.strategy,
        scope: plan.basis.asked.nodes.iter().map(|one| one.as_str().to_owned()).collect(),
        verified: plan.basis.asked.verified.map(|at| state.seconds(at)),
        processes_follow: !state.believed(Belief::RecycleNeeded),
        by_hand: state.by_hand,
        leaks,
    };
    let mut violations = check(&story);
    if end.is_none() && !told {
        violations.push(Violation { invariant: 5, what: format!("no end after {runs} runs") });
    }
    Ok(Rolled { end, runs, requests: state.requests, violations, story, plan })
}

/// After how many days the old certificate may go, by what was asked for.
fn quarantine(plan: &Plan) -> Option<i64> {
    let asked = &plan.basis.asked;
    let days = asked.retire_after_days.map(i64::from);
    match (asked.reason, plan.strategy) {
        (Some(Reason::KeyCompromise), _) => Some(0),
        (None, Strategy::Retire) => days.or(Some(14)),
        (None, _) => days,
    }
}

/// Somebody does what is left: the servers come back, nothing more goes wrong, days pass.
fn heal(sim: &Sim, time: u32) -> Way {
    let mut state = sim.state();
    state.mend();
    let days = state.dice.below(16) as i64;
    state.advance(3600 + days * 86_400);
    if time > 1 && state.dice.below(2) == 0 { Way::Rollback } else { Way::Resume }
}

/// Returns where a one-use password stands that must not.
fn leaks(sim: &Sim, journal: &SimJournal<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if String::from_utf8_lossy(&sim.admitted.plan().bytes()).contains(CANARY) {
        found.push("the plan".to_owned());
    }
    for record in journal.records() {
        if serde_json::to_string(&record).unwrap_or_default().contains(CANARY) {
            found.push("the journal".to_owned());
        }
    }
    found
}
