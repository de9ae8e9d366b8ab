//! Both certificates are published before and after the switch, so that at no instant a server signs with what SharePoint does
//! not accept. Between the switch and the moment at which both are published again SharePoint's job is held.

use super::forward::{Shown, refresh, trusts};
use super::unwind::undoing;
use super::{AT_ONCE, Draft, JOB, step};
use crate::protocol::Id;
use crate::rotation::basis::SharePointSeen;
use crate::rotation::plan::{Act, Change, Check, Phase, Step, Which};

impl Draft<'_> {
    /// The new certificate is published beside the old one, until every trust accepts it; then the job is held.
    pub(super) fn publish(&self, steps: &mut Vec<Step>) {
        let update_crm = &self.seen().update_crm;
        let begun = steps.len();
        let doing = (Check::AlternativeIs(Which::New), Act::SetAlternative(Which::New), Change::Add);
        steps.push(step("publish", Phase::Publish, update_crm, doing, AT_ONCE));
        self.documents("listed", Phase::Publish, Shown::OldWithNew, steps);
        for (farm, server) in self.following() {
            refresh("refresh-early", Phase::Publish, farm, server, steps);
            trusts("trust-early", Phase::Publish, farm, server, Which::New, steps);
        }
        until(&mut steps[begun..], "switch");
        self.hold("hold", Phase::Publish, "release", steps);
    }

    /// After the switch the old certificate is published beside the new one.
    pub(super) fn cross(&self, steps: &mut Vec<Step>) {
        let begun = steps.len();
        let doing = (Check::AlternativeIs(Which::Old), Act::SetAlternative(Which::Old), Change::Alter);
        steps.push(step("cross", Phase::Switch, &self.seen().update_crm, doing, AT_ONCE));
        until(&mut steps[begun..], "withdraw");
    }

    /// In the end the new certificate stands alone.
    pub(super) fn withdraw(&self, steps: &mut Vec<Step>) {
        let doing = (Check::NoAlternative, Act::RemoveAlternative, Change::Remove);
        steps.push(step("withdraw", Phase::Withdraw, &self.seen().update_crm, doing, AT_ONCE));
        self.documents("alone", Phase::Withdraw, Shown::New, steps);
    }

    /// The way back, until the old certificate stands alone: as without a gap forward, so without a gap back.
    pub(super) fn overlap_back(&self, steps: &mut Vec<Step>) {
        let update_crm = &self.seen().update_crm;
        self.hold("hold-back", Phase::Publish, "release-back", steps);
        let doing = (Check::RowsAsBefore, Act::RestoreRows, Change::Alter);
        steps.push(step("rows-back", Phase::Switch, update_crm, doing, AT_ONCE));
        let begun = steps.len();
        let doing = (Check::AlternativeIs(Which::New), Act::SetAlternative(Which::New), Change::Alter);
        steps.push(step("cross-back", Phase::Switch, update_crm, doing, AT_ONCE));
        until(&mut steps[begun..], "withdraw-back");
        self.documents("listed-back", Phase::Settle, Shown::OldWithNewBack, steps);
        undoing(steps, "switch");
        for (farm, server) in self.following() {
            let begun = steps.len();
            let doing = (Check::JobFree, Act::ReleaseJob, Change::Alter);
            steps.push(step(&format!("release-back-{}", farm.name), Phase::Settle, server, doing, JOB));
            undoing(&mut steps[begun..], &format!("hold-{}", farm.name));
        }
        let begun = steps.len();
        for node in self.seen().signing_reached() {
            self.restart("recycle-back", node, false, steps);
        }
        undoing(&mut steps[begun..], "switch");
        let begun = steps.len();
        let doing = (Check::NoAlternative, Act::RemoveAlternative, Change::Remove);
        steps.push(step("withdraw-back", Phase::Withdraw, update_crm, doing, AT_ONCE));
        self.documents("metadata-back", Phase::Settle, Shown::Old, steps);
        self.trusts_back(steps);
        undoing(&mut steps[begun..], "publish");
    }

    fn hold(&self, word: &str, phase: Phase, end: &str, steps: &mut Vec<Step>) {
        for (farm, server) in self.following() {
            let begun = steps.len();
            let doing = (Check::JobHeld, Act::HoldJob, Change::Alter);
            steps.push(step(&format!("{word}-{}", farm.name), phase, server, doing, JOB));
            until(&mut steps[begun..], &format!("{end}-{}", farm.name));
        }
    }

    /// The job is released where it was held.
    pub(super) fn release(&self, word: &str, phase: Phase, steps: &mut Vec<Step>) {
        for (farm, server) in self.following() {
            let doing = (Check::JobFree, Act::ReleaseJob, Change::Alter);
            steps.push(step(&format!("{word}-{}", farm.name), phase, server, doing, JOB));
        }
    }

    /// Returns the SharePoint farms with trusts that follow the metadata.
    fn following(&self) -> impl Iterator<Item = (&SharePointSeen, &Id)> {
        let following = |farm: &&SharePointSeen| farm.trusts.iter().any(|trust| trust.by_metadata);
        self.seen().sharepoint.iter().filter(following).filter_map(|farm| Some((farm, self.reached(farm)?)))
    }
}

fn until(steps: &mut [Step], end: &str) {
    for step in steps {
        step.until = Some(Id::word(end));
    }
}
