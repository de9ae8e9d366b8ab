//! The planner: a pure function of the basis. It opens nothing, reads no clock, draws no random number.

mod forward;
mod objection;
mod unwind;

use std::collections::BTreeSet;

use super::basis::{Basis, FarmSeen, NodeSeen, Strategy};
use super::belief::Belief;
use super::plan::{Accounts, Act, Change, Check, Phase, Plan, SCHEMA, ScriptOrder, Step, Wait};
use crate::cert::Fingerprint;
use crate::cert::digest::hex_upper;
use crate::cert::pfx::{PfxProfile, Target};
use crate::protocol::Id;

pub use objection::Objection;

/// A change on one machine is there at once, or it is not there.
const AT_ONCE: Wait = Wait { deadline_seconds: 60, poll_seconds: 10 };
/// The metadata document is cached for a minute; a web server that starts takes another.
const METADATA: Wait = Wait { deadline_seconds: 300, poll_seconds: 15 };
/// A service or a pool starts within minutes.
const SERVICE: Wait = Wait { deadline_seconds: 300, poll_seconds: 10 };
/// A timer job is picked up within a minute and runs for a few.
const JOB: Wait = Wait { deadline_seconds: 1800, poll_seconds: 30 };

/// Plans.
///
/// # Errors
/// Everything that stands against a roll on this basis.
pub fn plan(basis: &Basis) -> Result<Plan, Vec<Objection>> {
    let objections = objection::all(basis);
    if !objections.is_empty() {
        return Err(objections);
    }
    let strategy = strategy(basis);
    let draft = Draft { basis, strategy };
    let steps = draft.steps();
    let unwind = draft.unwind();
    let no_return = steps.iter().find(|step| step.phase == Phase::Retire && step.act.changes());
    let no_return = no_return.map(|step| step.id.clone());
    Ok(Plan {
        schema: SCHEMA.to_owned(),
        roll: roll(basis),
        strategy,
        pfx: profile(&basis.seen),
        unknowns: unknowns(&steps),
        steps,
        unwind,
        no_return,
        basis: basis.clone(),
    })
}

/// Returns the shape: what was asked for, or what the rows say.
pub(super) fn strategy(basis: &Basis) -> Strategy {
    basis
        .asked
        .strategy
        .unwrap_or_else(|| if basis.seen.issuer_rows().next().is_none() { Strategy::Initial } else { Strategy::Direct })
}

/// Names the roll by its basis, so that two plans of one name are one plan.
fn roll(basis: &Basis) -> Id {
    let text = serde_json::to_vec(basis).unwrap_or_default();
    Id::word(&format!("roll-{}", hex_upper(&Fingerprint::of(&text).as_bytes()[..8]).to_ascii_lowercase()))
}

/// The oldest Windows that must open the PFX decides.
fn profile(seen: &FarmSeen) -> PfxProfile {
    let oldest = scope(seen).map(|node| node.os).min();
    oldest.map_or(PfxProfile::Legacy, Target::profile)
}

/// Returns the nodes to which the PFX goes.
fn scope(seen: &FarmSeen) -> impl Iterator<Item = &NodeSeen> {
    seen.nodes.iter().filter(|node| node.signs() || node.name == seen.update_crm)
}

fn unknowns(steps: &[Step]) -> Vec<Belief> {
    let mut found = BTreeSet::new();
    for step in steps {
        match &step.act {
            Act::ImportByScript(_) => found.extend([Belief::ScriptHonoursProvider, Belief::ScriptGrants]),
            Act::Switch(_) => {
                found.extend([Belief::RowReplaced, Belief::ScriptImportsAgain, Belief::MetadataWithinAMinute]);
            }
            Act::Recycle(_) | Act::Restart(_) => {
                found.insert(Belief::RecycleNeeded);
            }
            Act::Refresh => found.extend([Belief::JobThere, Belief::TrustFollowsJob]),
            _ => {}
        }
    }
    found.into_iter().collect()
}

/// A plan in the making.
struct Draft<'a> {
    basis: &'a Basis,
    strategy: Strategy,
}

impl Draft<'_> {
    fn seen(&self) -> &FarmSeen {
        &self.basis.seen
    }

    /// Returns whether the row names the new certificate already, so that nothing is to be switched.
    fn switched_already(&self) -> bool {
        let new = self.basis.asked.certificate.thumbprint;
        self.seen().current().is_some_and(|row| row.thumbprint == Some(new))
    }

    fn holds_new(&self, node: &NodeSeen) -> bool {
        node.holds(&self.basis.asked.certificate.thumbprint)
    }
}

/// Puts a step together.
fn step(id: &str, phase: Phase, node: &Id, doing: (Check, Act, Change), wait: Wait) -> Step {
    let (check, act, change) = doing;
    Step { id: Id::word(id), phase, node: node.clone(), check, act, change, wait, undoes: None }
}

fn accounts(node: &NodeSeen) -> Accounts {
    Accounts { names: node.accounts.clone() }
}

/// What the script is given on a node: the first account, where there are several; the others are granted by us.
fn order(node: &NodeSeen, seen: &FarmSeen) -> Option<ScriptOrder> {
    let account = node.accounts.first().or_else(|| seen.signing().find_map(|other| other.accounts.first()));
    Some(ScriptOrder { script_sha256: node.script_sha256?, service_account: account?.clone() })
}
