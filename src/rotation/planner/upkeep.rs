//! Shapes in which the row is not written: servers are repaired, an old certificate is retired.

use super::forward::{Shown, ready};
use super::unwind::undoing;
use super::{AT_ONCE, Draft, step};
use crate::protocol::Id;
use crate::rotation::basis::NodeSeen;
use crate::rotation::plan::{Act, Change, Check, Phase, Season, Step};

/// After how many days an old certificate goes, where nobody says.
const QUARANTINE: u16 = 14;

impl Draft<'_> {
    /// Returns the servers that are repaired.
    pub(super) fn repaired(&self) -> impl Iterator<Item = &NodeSeen> {
        let asked = &self.basis.asked.nodes;
        self.seen().signing_reached().filter(move |node| asked.is_empty() || asked.contains(&node.name))
    }

    /// Brings servers to the certificate that the row names. Services are started anew only where something was changed.
    pub(super) fn repair(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let update_crm = &self.seen().update_crm;
        self.open("open", Phase::Prepare, Season::Restart, &mut steps);
        self.prepare(self.repaired(), &mut steps);
        self.gate(self.repaired(), &mut steps);
        for node in self.repaired() {
            self.restart("recycle", node, true, &mut steps);
            self.documents_of("health", Phase::Settle, node, Shown::New, &mut steps);
        }
        let doing = (Check::RowIsNew, Act::Look, Change::Keep);
        steps.push(step("verify-row", Phase::Verify, update_crm, doing, AT_ONCE));
        for node in self.repaired() {
            steps.push(ready(&format!("verify-{}", node.name), Phase::Verify, node));
            self.documents_of("verify", Phase::Verify, node, Shown::New, &mut steps);
        }
        steps
    }

    /// Takes a repair back: what was put there goes, and what began with it begins anew.
    pub(super) fn repair_back(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.certificates_back(self.repaired().collect(), &mut steps);
        for node in self.repaired() {
            let begun = steps.len();
            self.restart("recycle-back", node, false, &mut steps);
            for back in &mut steps[begun..] {
                // A server that was taken out is put back, whatever came of its services.
                let undone = back.id.as_str().replacen("recycle-back-", "recycle-", 1);
                let undone = undone.replacen("recycle-undrain-", "recycle-drain-", 1);
                undoing(std::slice::from_mut(back), &undone);
            }
        }
        steps
    }

    /// Removes an old certificate, after everything was proven and its quarantine has passed.
    pub(super) fn retirement(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.verify(&mut steps);
        if let Some(old) = self.basis.old() {
            self.remove_old(&old, self.basis.asked.retire_after_days.unwrap_or(QUARANTINE), &mut steps);
        }
        steps
    }
}

impl Draft<'_> {
    /// Returns names that were asked for and are no servers that sign.
    pub(super) fn not_signing(&self) -> impl Iterator<Item = &Id> {
        self.basis.asked.nodes.iter().filter(|name| !self.seen().signing_reached().any(|node| node.name == **name))
    }
}
