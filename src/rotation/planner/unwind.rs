//! The way back: the row first, then what follows it, and only then the certificates of the servers.

use super::forward::{refresh, trusts};
use super::{AT_ONCE, Draft, scope, step};
use crate::protocol::Id;
use crate::rotation::basis::Strategy;
use crate::rotation::plan::{Act, Change, Check, Phase, Step, Which};

impl Draft<'_> {
    /// Returns every step back, in order. A step back is taken where the step that it undoes was begun.
    pub(super) fn unwind(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.switched_already() {
            self.switch_back(&mut steps);
        }
        let mut nodes: Vec<_> = scope(self.seen()).collect();
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
        steps
    }

    fn switch_back(&self, steps: &mut Vec<Step>) {
        let doing = (Check::RowsAsBefore, Act::RestoreRows, Change::Alter);
        steps.push(step("rows-back", Phase::Switch, &self.seen().update_crm, doing, AT_ONCE));
        let follows = self.strategy == Strategy::Direct;
        if follows {
            self.documents("metadata-back", Phase::Settle, Which::Old, steps);
        }
        for node in self.seen().signing() {
            self.restart("recycle-back", node, steps);
        }
        for farm in self.seen().sharepoint.iter().filter(|_| follows) {
            if let Some(server) = self.reached(farm).filter(|_| farm.trusts.iter().any(|trust| trust.by_metadata)) {
                refresh("refresh-back", farm, server, steps);
                trusts("trust-back", Phase::Trust, farm, server, Which::Old, steps);
            }
        }
        undoing(steps, "switch");
    }
}

fn undoing(steps: &mut [Step], undone: &str) {
    for step in steps {
        step.undoes = Some(Id::word(undone));
    }
}
