//! The way back: the row first, then what follows it, and only then the certificates of the servers.

use super::forward::{Shown, refresh, trusts};
use super::{AT_ONCE, Draft, scope, step};
use crate::protocol::Id;
use crate::rotation::basis::NodeSeen;
use crate::rotation::plan::{Act, Change, Check, Phase, Step, Which};

impl Draft<'_> {
    /// Returns every step back, in order. A step back is taken where the step that it undoes was begun.
    pub(super) fn unwind(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if self.overlaps() {
            self.overlap_back(&mut steps);
        } else if !self.switched_already() {
            self.switch_back(&mut steps);
        }
        self.certificates_back(scope(self.seen()).filter(|node| !node.by_hand()).collect(), &mut steps);
        self.back_by_hand(&mut steps);
        steps
    }

    /// The certificates of servers go, or become what they were; the last server first.
    pub(super) fn certificates_back(&self, mut nodes: Vec<&NodeSeen>, steps: &mut Vec<Step>) {
        nodes.reverse();
        for node in nodes {
            let name = &node.name;
            let before = steps.len();
            if self.holds_new(node) {
                // The script that writes the row imports again. A key that was mended stays mended.
                let doing = (Check::Usable, Act::Mend, Change::Keep);
                steps.push(step(&format!("mend-back-{name}"), Phase::Prepare, name, doing, AT_ONCE));
                let doing = (Check::AccessAsBefore, Act::RestoreAccess, Change::Alter);
                steps.push(step(&format!("access-back-{name}"), Phase::Prepare, name, doing, AT_ONCE));
                undoing(&mut steps[before..], &format!("grant-{name}"));
            } else {
                let doing = (Check::Gone(Which::New), Act::Remove(Which::New), Change::Remove);
                steps.push(step(&format!("remove-{name}"), Phase::Prepare, name, doing, AT_ONCE));
                let undone = if node.signs() { format!("import-{name}") } else { "switch".to_owned() };
                undoing(&mut steps[before..], &undone);
            }
        }
    }

    fn switch_back(&self, steps: &mut Vec<Step>) {
        let doing = (Check::RowsAsBefore, Act::RestoreRows, Change::Alter);
        steps.push(step("rows-back", Phase::Switch, &self.seen().update_crm, doing, AT_ONCE));
        if self.follows() {
            self.documents("metadata-back", Phase::Settle, Shown::Old, steps);
        }
        for node in self.seen().signing_reached() {
            self.restart("recycle-back", node, false, steps);
        }
        if self.follows() {
            self.trusts_back(steps);
        }
        undoing(steps, "switch");
    }

    /// SharePoint reads the old certificate again.
    pub(super) fn trusts_back(&self, steps: &mut Vec<Step>) {
        for farm in &self.seen().sharepoint {
            if let Some(server) = self.reached(farm).filter(|_| farm.trusts.iter().any(|trust| trust.by_metadata)) {
                refresh("refresh-back", Phase::Trust, farm, server, steps);
                trusts("trust-back", Phase::Trust, farm, server, Which::Old, steps);
            }
        }
    }
}

pub(super) fn undoing(steps: &mut [Step], undone: &str) {
    for step in steps {
        step.undoes = Some(Id::word(undone));
    }
}
