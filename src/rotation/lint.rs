//! Reads a plan as a stranger would: only what stands in it counts, not how it was made.
//!
//! Each fault names the invariant of DESIGN 6 that it would break. What cannot be seen in a plan (secrets on a node, the order of
//! two controllers, what a crash leaves) is for the engine, and the trace checker looks at it.

use std::collections::BTreeSet;
use std::fmt;

use super::basis::{NodeSeen, Strategy};
use super::plan::{Act, Check, Phase, Plan, Step, Which};
use crate::farm::description::Transport;
use crate::protocol::Id;

/// Something wrong with a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LintFault {
    /// The invariant, 1 to 9.
    pub invariant: u8,
    /// The step, where it is one.
    pub step: Option<Id>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for LintFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(f, "invariant {}: step {step}: {}", self.invariant, self.what),
            None => write!(f, "invariant {}: {}", self.invariant, self.what),
        }
    }
}

/// Finds everything wrong with a plan.
#[must_use]
pub fn lint(plan: &Plan) -> Vec<LintFault> {
    let mut reader = Reader { plan, faults: Vec::new() };
    reader.one_switch();
    reader.gate();
    reader.no_gap();
    reader.after_the_switch();
    reader.retirement();
    reader.order();
    reader.way_back();
    reader.places();
    reader.faults
}

struct Reader<'a> {
    plan: &'a Plan,
    faults: Vec<LintFault>,
}

impl<'a> Reader<'a> {
    fn fault(&mut self, invariant: u8, step: Option<&Step>, what: &str) {
        self.faults.push(LintFault { invariant, step: step.map(|step| step.id.clone()), what: what.to_owned() });
    }

    fn switch(&self) -> Option<usize> {
        self.plan.steps.iter().position(|step| matches!(step.act, Act::Switch(_)))
    }

    /// Returns the servers that must be ready in the end: all that sign, or those that are repaired.
    fn signing(&self) -> impl Iterator<Item = &'a NodeSeen> + use<'a> {
        let plan = self.plan;
        let all = plan.strategy != Strategy::Repair || plan.basis.asked.nodes.is_empty();
        plan.basis.seen.signing_reached().filter(move |node| all || plan.basis.asked.nodes.contains(&node.name))
    }

    /// 1: the row is written once, on the node that was named, and taken back without the script.
    fn one_switch(&mut self) {
        let plan = self.plan;
        let new = plan.basis.asked.certificate.thumbprint;
        let named = plan.basis.seen.current().and_then(|row| row.thumbprint) == Some(new);
        let needed = usize::from(plan.strategy.switches() && !named);
        let switches: Vec<&Step> = plan.steps.iter().filter(|step| matches!(step.act, Act::Switch(_))).collect();
        if switches.len() != needed {
            self.fault(1, None, &format!("the row is switched {} times instead of {needed}", switches.len()));
        }
        for step in switches {
            if step.node != plan.basis.seen.update_crm {
                self.fault(1, Some(step), "the row is not written on the node that was named for it");
            }
            if step.check != Check::RowIsNew {
                self.fault(1, Some(step), "the switch is not proven by the row");
            }
        }
        for step in &plan.unwind {
            if matches!(step.act, Act::Switch(_) | Act::ImportByScript(_)) {
                self.fault(1, Some(step), "the way back runs the script");
            }
        }
    }

    /// 3: every server that signs is proven ready, after the last change to it, before the row is written.
    fn gate(&mut self) {
        let steps = &self.plan.steps;
        let Some(switch) = self.switch() else { return };
        for node in self.signing() {
            let of_node = |step: &&Step| step.node == node.name;
            let proven = steps[..switch].iter().rposition(|step| of_node(&step) && is_ready(step, node));
            let changed = steps[..switch].iter().rposition(|step| of_node(&step) && step.act.touches_key());
            if proven.is_none() || changed > proven {
                let what = format!("{} is not proven ready before the row is written", node.name);
                self.fault(3, Some(&steps[switch]), &what);
            }
        }
        for node in self.plan.basis.seen.signing_by_hand() {
            let told = |step: &Step| matches!(&step.act, Act::ByHand(hand) if hand.what.as_str().starts_with(&format!("{}: ", node.name)));
            let gated = steps[..switch]
                .iter()
                .any(|step| step.phase == Phase::Gate && step.check == Check::Recorded && told(step));
            if !gated {
                let what = format!("nobody has to record that {} is ready before the row is written", node.name);
                self.fault(3, Some(&steps[switch]), &what);
            }
        }
        for node in self.signing().filter(|node| node.name == steps[switch].node) {
            if !steps[switch..].iter().any(|step| step.phase == Phase::Switch && is_ready(step, node)) {
                self.fault(3, Some(&steps[switch]), "the node that wrote the row is not proven ready again");
            }
        }
    }

    /// Whether a hold is released on the way forward and on the way back, and never in the same direction before.
    fn is_released(&self, hold: &Step) -> bool {
        let released = |steps: &[Step]| {
            steps
                .iter()
                .any(|step| step.act == Act::ReleaseJob && step.node == hold.node && step.check == Check::JobFree)
        };
        released(&self.plan.steps) && released(&self.plan.unwind)
    }

    /// Whether a server that is taken out of the load balancer is put back behind it, on the way forward and on the way back.
    fn is_put_back(&self, drain: &Step) -> bool {
        let back =
            |steps: &[Step]| steps.iter().any(|step| step.node == drain.node && matches!(step.act, Act::Undrain(_)));
        back(&self.plan.steps) && back(&self.plan.unwind)
    }

    /// 2: in an overlap every trust accepts the new certificate before the switch, the job is held while not both are published,
    /// and the old one is withdrawn after the last process has begun anew.
    fn no_gap(&mut self) {
        let plan = self.plan;
        let Some(switch) = self.switch().filter(|_| plan.strategy == Strategy::Overlap) else { return };
        let at = |wanted: &dyn Fn(&Step) -> bool| plan.steps.iter().position(wanted);
        for farm in &plan.basis.seen.sharepoint {
            let Some(server) = &farm.server else { continue };
            for trust in &farm.trusts {
                let accepts = |step: &Step| {
                    step.phase == Phase::Publish
                        && matches!(&step.check, Check::Trust(check) if check.which == Which::New && check.name == trust.name)
                };
                if at(&accepts).is_none_or(|place| place > switch) {
                    let what = format!(
                        "the row is written before the trust {} accepts the new certificate",
                        trust.name.as_str()
                    );
                    self.fault(2, Some(&plan.steps[switch]), &what);
                }
            }
            let held = at(&|step| step.act == Act::HoldJob && step.node == *server);
            let free = at(&|step| step.act == Act::ReleaseJob && step.node == *server);
            let crossed = at(&|step| step.act == Act::SetAlternative(Which::Old));
            if held.is_none_or(|held| held > switch) || crossed.is_none() || free < crossed || crossed < Some(switch) {
                self.fault(
                    2,
                    Some(&plan.steps[switch]),
                    &format!("SharePoint farm {} may read a single certificate", farm.name),
                );
            }
        }
        let withdrawn = at(&|step| step.act == Act::RemoveAlternative);
        let last = plan.steps.iter().rposition(|step| matches!(step.act, Act::Recycle(_) | Act::Restart(_)));
        if withdrawn.is_none() || withdrawn < last {
            self.fault(2, None, "the old certificate is withdrawn before the last process has begun anew");
        }
        let back = |wanted: &dyn Fn(&Step) -> bool| plan.unwind.iter().position(wanted);
        let (rows, gone) =
            (back(&|step| step.act == Act::RestoreRows), back(&|step| step.act == Act::RemoveAlternative));
        let last = plan.unwind.iter().rposition(|step| matches!(step.act, Act::Recycle(_) | Act::Restart(_)));
        let held = back(&|step| step.act == Act::HoldJob);
        let farms = plan.basis.seen.sharepoint.iter().any(|farm| !farm.trusts.is_empty());
        if gone < last || gone < rows || (farms && held.is_none_or(|held| Some(held) > rows)) {
            self.fault(2, None, "the way back has a gap");
        }
    }

    /// What the switch changes is awaited and verified everywhere.
    fn after_the_switch(&mut self) {
        let plan = self.plan;
        let verified = |wanted: &dyn Fn(&Step) -> bool| {
            plan.steps.iter().any(|step| step.phase == Phase::Verify && !step.act.changes() && wanted(step))
        };
        if !verified(&|step| step.check == Check::RowIsNew) {
            self.fault(5, None, "the row is not looked at in the end");
        }
        for node in self.signing() {
            if !verified(&|step| step.node == node.name && is_ready(step, node)) {
                self.fault(5, None, &format!("{} is not proven in the end", node.name));
            }
            let documents = plan.steps.iter().filter(|step| {
                step.phase == Phase::Verify && step.node == node.name && matches!(step.check, Check::Metadata(_))
            });
            let organizations = &plan.basis.seen.organizations;
            if node.publishes() && documents.count() != organizations.len() {
                self.fault(5, None, &format!("not every metadata document of {} is looked at in the end", node.name));
            }
            for service in &node.services {
                let began = |step: &Step| matches!(&step.check, Check::Began(began) if began.service == *service);
                let switched = self.switch();
                let starts = plan.steps.iter().rposition(|step| step.node == node.name && began(step));
                if switched.is_some() && starts < switched {
                    self.fault(5, None, &format!("{} on {} is not started anew", service.name, node.name));
                }
            }
        }
    }

    /// 4: what is old goes last, after proof and quarantine, and nothing else uses it.
    fn retirement(&mut self) {
        let plan = self.plan;
        let goes = |step: &&Step| step.act == Act::Remove(Which::Old);
        for step in plan.unwind.iter().filter(goes) {
            self.fault(4, Some(step), "the way back removes the old certificate");
        }
        if plan.strategy == Strategy::Retire && plan.basis.asked.old == Some(plan.basis.asked.certificate.thumbprint) {
            self.fault(4, None, "the certificate that goes is the one that stays");
        }
        let Some(first) = plan.steps.iter().position(|step| goes(&step)) else { return };
        let before = &plan.steps[..first];
        let quarantine = before.iter().rposition(|step| matches!(step.check, Check::Quarantine(_)));
        let verified = before.iter().rposition(|step| step.phase == Phase::Verify);
        if quarantine.is_none() || verified.is_none() || quarantine < verified {
            self.fault(4, Some(&plan.steps[first]), "the old certificate goes before proof and quarantine");
        }
        let point = plan.no_return.as_ref().and_then(|id| plan.steps.iter().position(|step| step.id == *id));
        if point.is_none_or(|point| point > first) {
            self.fault(4, Some(&plan.steps[first]), "this is the point of no return, and the plan does not say so");
        }
        let old = plan.basis.old();
        let rows = plan.basis.seen.rows.iter().filter(|row| row.thumbprint == old).count();
        if old.is_none() || rows != usize::from(plan.strategy != Strategy::Retire) {
            self.fault(4, Some(&plan.steps[first]), "another row uses the certificate that goes");
        }
        if plan.steps[first..].iter().any(|step| step.phase != Phase::Retire) {
            self.fault(4, Some(&plan.steps[first]), "something else is done after the old certificate is gone");
        }
    }

    /// 5 and 6: every step has a name of its own, a proof and a time, in the order of the phases.
    fn order(&mut self) {
        let plan = self.plan;
        let mut names = BTreeSet::new();
        for step in plan.steps.iter().chain(&plan.unwind) {
            if !names.insert(&step.id) {
                self.fault(5, Some(step), "two steps have this name");
            }
            if step.wait.poll_seconds == 0 || step.wait.deadline_seconds == 0 {
                self.fault(5, Some(step), "it has no time");
            }
            if step.act.changes() && step.check == Check::Recorded {
                self.fault(5, Some(step), "it acts, and nothing proves it");
            }
        }
        let hand_over = |step: &&Step| step.phase != Phase::HandOver;
        let phases: Vec<Phase> = plan.steps.iter().filter(hand_over).map(|step| step.phase).collect();
        if !phases.is_sorted() {
            self.fault(6, None, "the phases are out of order");
        }
    }

    /// 6: every change is taken back, and the row before the certificates.
    fn way_back(&mut self) {
        let plan = self.plan;
        let forward: BTreeSet<&Id> = plan.steps.iter().map(|step| &step.id).collect();
        for step in &plan.unwind {
            let known = step.undoes.as_ref().is_some_and(|undone| forward.contains(undone));
            if !known {
                self.fault(6, Some(step), "it undoes nothing in this plan");
            }
        }
        let rows = plan.unwind.iter().position(|step| step.act == Act::RestoreRows);
        let removed = plan.unwind.iter().position(|step| step.act == Act::Remove(Which::New));
        if self.switch().is_some() && (rows.is_none() || removed.is_some_and(|removed| Some(removed) < rows)) {
            self.fault(6, None, "the way back removes a certificate before the row is what it was");
        }
        let back = |node: &Id, wanted: &dyn Fn(&Act) -> bool| {
            plan.unwind.iter().position(|step| step.node == *node && wanted(&step.act))
        };
        for step in &plan.steps {
            let undone = match &step.act {
                Act::Look
                | Act::ByHand(_)
                | Act::Refresh
                | Act::ResetWeb
                | Act::Mend
                | Act::RestoreRows
                | Act::RestoreAccess
                | Act::ReleaseJob
                | Act::RemoveAlternative
                | Act::Undrain(_) => true,
                Act::Drain(_) => self.is_put_back(step),
                Act::HoldJob => self.is_released(step),
                Act::SetAlternative(_) => back(&step.node, &|act| *act == Act::RemoveAlternative).is_some(),
                Act::Remove(which) => *which == Which::Old && step.phase == Phase::Retire,
                Act::Switch(_) => rows.is_some(),
                Act::ImportByScript(_) | Act::ImportNatively => {
                    let there = plan.basis.seen.node(step.node.as_str());
                    there.is_some_and(|node| node.holds(&plan.basis.asked.certificate.thumbprint))
                        || back(&step.node, &|act| *act == Act::Remove(Which::New)).is_some()
                }
                Act::Grant(_) => {
                    back(&step.node, &|act| matches!(act, Act::Remove(Which::New) | Act::RestoreAccess)).is_some()
                }
                Act::Recycle(_) | Act::Restart(_) => {
                    self.switch().is_none() || back(&step.node, &|act| *act == step.act) > rows
                }
            };
            if !undone {
                self.fault(6, Some(step), "nothing takes it back");
            }
        }
    }

    /// 8, and section 5: every step is on a node of the basis, which is reached and can do it.
    fn places(&mut self) {
        let plan = self.plan;
        for step in plan.steps.iter().chain(&plan.unwind).filter(|step| !matches!(step.act, Act::ByHand(_))) {
            let Some(node) = plan.basis.seen.node(step.node.as_str()) else {
                self.fault(8, Some(step), "its node is not among those that were seen");
                continue;
            };
            if node.transport == Transport::Manual {
                self.fault(8, Some(step), "its node is not reached by the program");
            }
            let network = matches!(step.act, Act::Switch(_) | Act::ImportByScript(_) | Act::RestoreRows | Act::Refresh)
                || matches!(step.act, Act::SetAlternative(_) | Act::RemoveAlternative | Act::HoldJob | Act::ReleaseJob)
                || matches!(step.check, Check::JobRan | Check::JobHeld | Check::Trust(_) | Check::Untrusted(_))
                || matches!(step.check, Check::RowIsNew | Check::RowsAsBefore);
            if network && !node.network_identity {
                self.fault(8, Some(step), "it goes on over the network, and the session there has no credentials");
            }
        }
    }
}

fn is_ready(step: &Step, node: &NodeSeen) -> bool {
    let all = |names: &[crate::protocol::Text]| node.accounts.iter().all(|one| names.contains(one));
    !step.act.changes()
        && step.node == node.name
        && matches!(&step.check, Check::Ready(accounts) if all(&accounts.names))
}
