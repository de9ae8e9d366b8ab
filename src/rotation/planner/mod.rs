//! The planner: a pure function of the basis. It opens nothing, reads no clock, draws no random number.

mod by_hand;
mod forward;
mod objection;
mod overlap;
mod unwind;
mod upkeep;

use std::collections::BTreeSet;

use super::basis::{Basis, FarmSeen, NodeSeen, Reason, Strategy};
use super::belief::Belief;
use super::plan::{Accounts, Act, Change, Check, Phase, Plan, SCHEMA, ScriptOrder, Season, Step, Wait};
use crate::cert::Fingerprint;
use crate::cert::digest::hex_upper;
use crate::cert::pfx::{PfxProfile, Target};
use crate::protocol::{Id, Text};

pub use by_hand::HandPart;
pub use objection::Objection;

/// A change on one machine is there at once, or it is not there.
const AT_ONCE: Wait = Wait { deadline_seconds: 60, poll_seconds: 10 };
/// The metadata document is cached for a minute; a web server that starts takes another.
const METADATA: Wait = Wait { deadline_seconds: 300, poll_seconds: 15 };
/// A service or a pool starts within minutes.
const SERVICE: Wait = Wait { deadline_seconds: 300, poll_seconds: 10 };
/// A window is waited for as long as it takes; a roll is resumed rather than sat through.
const SEASON: Wait = Wait { deadline_seconds: 5_184_000, poll_seconds: 60 };
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
    let (steps, unwind) = match strategy {
        Strategy::Repair => (draft.repair(), draft.repair_back()),
        Strategy::Retire => (draft.retirement(), Vec::new()),
        Strategy::Initial | Strategy::Direct | Strategy::Overlap | Strategy::Recover => (draft.steps(), draft.unwind()),
    };
    let no_return = steps.iter().find(|step| step.phase >= Phase::Withdraw && step.act.changes());
    let no_return = no_return.map(|step| step.id.clone());
    Ok(Plan {
        schema: SCHEMA.to_owned(),
        roll: roll(basis),
        strategy,
        pfx: profile(&basis.seen),
        unknowns: unknowns(&steps),
        breaks: draft.breaks(),
        steps,
        unwind,
        no_return,
        basis: basis.clone(),
    })
}

/// Returns the shape: what was asked for, or what the rows say.
pub(super) fn strategy(basis: &Basis) -> Strategy {
    let expired = basis.seen.current().and_then(|row| row.not_after).is_some_and(|end| end <= basis.asked.now);
    basis.asked.strategy.unwrap_or_else(|| match basis.seen.issuer_rows().next() {
        None => Strategy::Initial,
        Some(_) if expired => Strategy::Recover,
        Some(_) => Strategy::Direct,
    })
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
            Act::SetAlternative(_) => {
                found.insert(Belief::RowReplaced);
            }
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

    /// Returns whether both certificates are published while the row is written.
    fn overlaps(&self) -> bool {
        self.strategy == Strategy::Overlap && !self.switched_already()
    }

    /// Returns whether SharePoint has trusts that must follow.
    fn follows(&self) -> bool {
        self.strategy != Strategy::Initial
    }

    /// Says what will not work any more.
    fn breaks(&self) -> Vec<Text> {
        if self.basis.asked.reason != Some(Reason::KeyCompromise) {
            return Vec::new();
        }
        let mut found = vec![
            "whatever was signed with the old certificate is refused as soon as SharePoint has read the metadata"
                .to_owned(),
            "until then SharePoint still accepts what the holder of the old key signs".to_owned(),
            "the old certificate and its key go at once: after that there is no way back, and no quarantine".to_owned(),
        ];
        for farm in &self.seen().sharepoint {
            let by_hand = farm.trusts.iter().filter(|trust| !trust.by_metadata);
            found.extend(by_hand.map(|trust| {
                format!(
                    "the trust {} of SharePoint farm {} until somebody gives it the new certificate",
                    trust.name.as_str(),
                    farm.name
                )
            }));
        }
        let consumers = self.seen().consumers.iter();
        found.extend(consumers.map(|one| format!("{}, until its part is done: {}", one.name, one.step.as_str())));
        found.iter().map(|one| Text::told(one)).collect()
    }

    /// Waits until it is the time, where farm.toml has a say in it.
    fn open(&self, id: &str, phase: Phase, season: Season, steps: &mut Vec<Step>) {
        let seen = self.seen();
        let held = match season {
            Season::Change => !seen.freezes.is_empty(),
            Season::Restart => !seen.freezes.is_empty() || !seen.windows.is_empty(),
        };
        if held {
            let doing = (Check::Open(season), Act::Look, Change::Keep);
            // Once the row is written nothing is gained by waiting before it.
            let until = (phase < Phase::Switch && self.strategy.switches()).then(|| Id::word("switch"));
            steps.push(Step { until, ..step(id, phase, &seen.update_crm, doing, SEASON) });
        }
    }

    fn holds_new(&self, node: &NodeSeen) -> bool {
        node.holds(&self.basis.asked.certificate.thumbprint)
    }
}

/// Puts a step together.
fn step(id: &str, phase: Phase, node: &Id, doing: (Check, Act, Change), wait: Wait) -> Step {
    let (check, act, change) = doing;
    Step { id: Id::word(id), phase, node: node.clone(), check, act, change, wait, undoes: None, until: None }
}

fn accounts(node: &NodeSeen) -> Accounts {
    Accounts { names: node.accounts.clone() }
}

/// What the script is given on a node: the first account, where there are several; the others are granted by us.
fn order(node: &NodeSeen, seen: &FarmSeen) -> Option<ScriptOrder> {
    let account = node.accounts.first().or_else(|| seen.signing().find_map(|other| other.accounts.first()));
    Some(ScriptOrder { script_sha256: node.script_sha256?, service_account: account?.clone() })
}
