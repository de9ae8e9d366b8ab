//! The way forward.

use super::{AT_ONCE, Draft, JOB, METADATA, SERVICE, accounts, order, step};
use crate::farm::description::Transport;
use crate::protocol::{Hex, Id, Text};
use crate::rotation::basis::{NodeSeen, Reason, ServiceKind, ServiceSeen, SharePointSeen, Strategy};
use crate::rotation::plan::{
    Act, Began, Change, Check, Days, Hand, MetadataCheck, Named, Phase, Ran, Season, Step, TrustCheck, Wait, Which,
};

/// Seconds of a day.
const DAY: u32 = 86_400;

impl Draft<'_> {
    /// Returns every step in order.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        self.open("open", Phase::Prepare, Season::Change, &mut steps);
        self.prepare(self.seen().signing_reached(), &mut steps);
        self.gate(self.seen().signing_reached(), &mut steps);
        self.gate_by_hand(&mut steps);
        // Between the switch and the new processes nobody waits for a window: the trusts would go on without them.
        self.open("open-switch", Phase::Gate, Season::Restart, &mut steps);
        if self.overlaps() {
            self.publish(&mut steps);
        }
        if !self.switched_already() {
            self.switch(&mut steps);
        }
        self.settle(&mut steps);
        self.trust(&mut steps);
        self.verify(&mut steps);
        self.hand_over(&mut steps);
        if self.overlaps() {
            self.withdraw(&mut steps);
        }
        self.retire(&mut steps);
        steps
    }

    pub(super) fn prepare<'a>(&self, nodes: impl Iterator<Item = &'a NodeSeen>, steps: &mut Vec<Step>) {
        for node in nodes {
            let name = &node.name;
            let there = self.holds_new(node);
            let act = match order(node, self.seen()).filter(|_| node.publishes() && node.network_identity) {
                Some(order) => Act::ImportByScript(order),
                None => Act::ImportNatively,
            };
            let (import, grant) = if there { (Change::Keep, Change::Keep) } else { (Change::Add, Change::Alter) };
            steps.push(step(&format!("import-{name}"), Phase::Prepare, name, (Check::Present, act, import), AT_ONCE));
            steps.push(mend(&format!("mend-{name}"), Phase::Prepare, node));
            steps.push(step(&format!("grant-{name}"), Phase::Prepare, name, granting(node, grant), AT_ONCE));
        }
    }

    pub(super) fn gate<'a>(&self, nodes: impl Iterator<Item = &'a NodeSeen>, steps: &mut Vec<Step>) {
        for node in nodes {
            steps.push(ready(&format!("ready-{}", node.name), Phase::Gate, node));
        }
    }

    fn switch(&self, steps: &mut Vec<Step>) {
        let seen = self.seen();
        let Some(node) = seen.node(seen.update_crm.as_str()) else { return };
        let Some(order) = order(node, seen) else { return };
        let change = if self.strategy == Strategy::Initial { Change::Add } else { Change::Alter };
        steps.push(step("switch", Phase::Switch, &node.name, (Check::RowIsNew, Act::Switch(order), change), AT_ONCE));
        if node.signs() {
            // Another run of the script may have put the key into a new container, which nobody has access to.
            let name = &node.name;
            steps.push(mend(&format!("mend-again-{name}"), Phase::Switch, node));
            let granting = granting(node, Change::Keep);
            steps.push(step(&format!("grant-again-{name}"), Phase::Switch, name, granting, AT_ONCE));
            steps.push(ready(&format!("ready-again-{name}"), Phase::Switch, node));
        }
        if self.overlaps() {
            self.cross(steps);
        }
    }

    fn settle(&self, steps: &mut Vec<Step>) {
        let shown = if self.overlaps() { Shown::NewWithOld } else { Shown::New };
        self.documents("metadata", Phase::Settle, shown, steps);
        if self.overlaps() {
            self.release("release", Phase::Settle, steps);
        }
        for node in self.seen().signing_reached() {
            self.open(&format!("open-{}", node.name), Phase::Settle, Season::Restart, steps);
            self.restart("recycle", node, false, steps);
            // The next node is not touched before this one serves again.
            self.documents_of("health", Phase::Settle, node, shown, steps);
        }
        self.settle_by_hand(steps);
    }

    /// Every service of a node is started anew, or those only on whose node something was changed.
    pub(super) fn restart(&self, word: &str, node: &NodeSeen, if_changed: bool, steps: &mut Vec<Step>) {
        let balance = |part: &str, act: Act, end: Option<String>| {
            let doing = (Check::Ran(Ran { if_changed }), act, Change::Alter);
            let one = step(&format!("{word}-{part}-{}", node.name), Phase::Settle, &node.name, doing, AT_ONCE);
            Step { until: end.as_deref().map(Id::word), ..one }
        };
        let balancer = node.balancer.as_ref().filter(|_| !node.services.is_empty());
        if let Some(balancer) = balancer {
            let end = format!("{word}-undrain-{}", node.name);
            steps.push(balance("drain", Act::Drain(balancer.drain.clone()), Some(end)));
        }
        for (number, service) in node.services.iter().enumerate() {
            let named = Named { name: Text::told(&service.name) };
            let act = match service.kind {
                ServiceKind::Pool => Act::Recycle(named),
                ServiceKind::Service => Act::Restart(named),
            };
            let check = Check::Began(Began { service: service.clone(), if_changed });
            let id = format!("{word}-{}@{}", node.name, number + 1);
            steps.push(step(&id, Phase::Settle, &node.name, (check, act, Change::Alter), SERVICE));
        }
        if let Some(balancer) = balancer {
            steps.push(balance("undrain", Act::Undrain(balancer.undrain.clone()), None));
        }
    }

    /// The metadata of every organization, asked from every server that publishes it.
    pub(super) fn documents(&self, word: &str, phase: Phase, shown: Shown, steps: &mut Vec<Step>) {
        for node in self.seen().signing_reached() {
            self.documents_of(word, phase, node, shown, steps);
        }
    }

    pub(super) fn documents_of(&self, word: &str, phase: Phase, node: &NodeSeen, shown: Shown, steps: &mut Vec<Step>) {
        let organizations = self.seen().organizations.iter().enumerate();
        for (number, organization) in organizations.filter(|_| node.publishes()) {
            let (which, both, until) = match shown {
                Shown::New => (Which::New, false, None),
                Shown::Old => (Which::Old, false, None),
                Shown::OldWithNew => (Which::New, true, Some("switch")),
                Shown::NewWithOld => (Which::New, true, Some("withdraw")),
                Shown::OldWithNewBack => (Which::Old, true, Some("withdraw-back")),
            };
            let check = Check::Metadata(MetadataCheck { organization: organization.name.clone(), which, both });
            let id = format!("{word}-{}@{}", node.name, number + 1);
            let one = step(&id, phase, &node.name, (check, Act::Look, Change::Keep), METADATA);
            steps.push(Step { until: until.map(Id::word), ..one });
        }
    }

    fn trust(&self, steps: &mut Vec<Step>) {
        for farm in &self.seen().sharepoint {
            match self.reached(farm).filter(|_| self.follows()) {
                Some(server) => {
                    if farm.trusts.iter().any(|trust| trust.by_metadata) {
                        refresh("refresh", Phase::Trust, farm, server, steps);
                        trusts("trust", Phase::Trust, farm, server, Which::New, steps);
                    }
                    if self.strategy == Strategy::Recover {
                        self.reset_web(farm, steps);
                    }
                    for trust in farm.trusts.iter().filter(|trust| !trust.by_metadata) {
                        let what = format!(
                            "SharePoint farm {}: give the trust {} the new certificate",
                            farm.name,
                            trust.name.as_str()
                        );
                        let command = format!(
                            "Set-SPTrustedSecurityTokenIssuer -Identity '{}' -Certificate (Get-PfxCertificate NEW.cer)",
                            trust.name.as_str()
                        );
                        self.hand(
                            &format!("hand-{}@{}", farm.name, steps.len()),
                            Phase::Trust,
                            &what,
                            &[&command],
                            steps,
                        );
                    }
                }
                None if self.strategy == Strategy::Initial => {
                    let what = format!(
                        "SharePoint farm {}: register the trusted token issuer from the metadata document",
                        farm.name
                    );
                    let commands = self.seen().organizations.iter().map(|one| {
                        format!(
                            "New-SPTrustedSecurityTokenIssuer -Name '{}' -IsTrustBroker:$false -MetadataEndpoint '{}'",
                            one.name,
                            one.metadata.as_str()
                        )
                    });
                    let commands: Vec<String> = commands.collect();
                    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
                    self.hand(&format!("hand-{}", farm.name), Phase::HandOver, &what, &commands, steps);
                }
                None => {
                    let what = format!(
                        "SharePoint farm {}: start the refresh of the metadata, and look that every trust has the new certificate",
                        farm.name
                    );
                    let start =
                        "Get-SPTimerJob | Where-Object { $_.Name -match 'RefreshMetadataFeed' } | Start-SPTimerJob";
                    let look = "Get-SPTrustedSecurityTokenIssuer | Format-List Name, SigningCertificate, AdditionalSigningCertificates";
                    self.hand(&format!("hand-{}", farm.name), Phase::HandOver, &what, &[start, look], steps);
                }
            }
        }
    }

    /// Returns the server through which the program can speak to a SharePoint farm.
    pub(super) fn reached<'a>(&self, farm: &'a SharePointSeen) -> Option<&'a Id> {
        let server = farm.server.as_ref()?;
        let node = self.seen().node(server.as_str())?;
        (node.network_identity && node.transport != Transport::Manual).then_some(server)
    }

    /// SharePoint's web servers forget what they have cached.
    fn reset_web(&self, farm: &SharePointSeen, steps: &mut Vec<Step>) {
        for server in &farm.servers {
            let (kind, name) = (ServiceKind::Service, "W3SVC".to_owned());
            let service = ServiceSeen { kind, name, account: String::new() };
            let check = Check::Began(Began { service, if_changed: false });
            let doing = (check, Act::ResetWeb, Change::Alter);
            steps.push(step(&format!("web-{server}"), Phase::Trust, server, doing, SERVICE));
        }
    }

    pub(super) fn verify(&self, steps: &mut Vec<Step>) {
        let update_crm = &self.seen().update_crm;
        steps.push(step("verify-row", Phase::Verify, update_crm, (Check::RowIsNew, Act::Look, Change::Keep), AT_ONCE));
        for node in self.seen().signing_reached() {
            steps.push(ready(&format!("verify-{}", node.name), Phase::Verify, node));
        }
        let shown = if self.overlaps() { Shown::NewWithOld } else { Shown::New };
        self.documents("verify", Phase::Verify, shown, steps);
        for farm in &self.seen().sharepoint {
            if let Some(server) = self.reached(farm).filter(|_| self.follows()) {
                trusts("trusted", Phase::Verify, farm, server, Which::New, steps);
                if self.basis.asked.reason == Some(Reason::KeyCompromise) {
                    untrusted(farm, server, steps);
                }
            }
        }
    }

    fn hand_over(&self, steps: &mut Vec<Step>) {
        for consumer in &self.seen().consumers {
            let what = format!("{}: {}", consumer.name, consumer.step.as_str());
            self.hand(&format!("consumer-{}", consumer.name), Phase::HandOver, &what, &[], steps);
        }
    }

    pub(super) fn hand(&self, id: &str, phase: Phase, what: &str, commands: &[&str], steps: &mut Vec<Step>) {
        let hand = Hand { what: Text::told(what), commands: commands.iter().map(|one| Text::told(one)).collect() };
        let doing = (Check::Recorded, Act::ByHand(hand), Change::Alter);
        steps.push(step(id, phase, &self.seen().update_crm, doing, AT_ONCE));
    }

    fn retire(&self, steps: &mut Vec<Step>) {
        let at_once = (self.basis.asked.reason == Some(Reason::KeyCompromise)).then_some(0);
        let Some(days) = at_once.or(self.basis.asked.retire_after_days) else { return };
        let Some(old) = self.basis.old() else { return };
        let used_elsewhere = self.seen().rows.iter().filter(|row| row.thumbprint == Some(old)).count() > 1;
        if !self.switched_already() && !used_elsewhere {
            self.remove_old(&old, days, steps);
        }
    }

    /// The old certificate goes from every server that signs, after its quarantine.
    pub(super) fn remove_old(&self, old: &Hex<20>, days: u16, steps: &mut Vec<Step>) {
        let update_crm = &self.seen().update_crm;
        let wait = Wait { deadline_seconds: u32::from(days).saturating_add(1).saturating_mul(DAY), poll_seconds: DAY };
        let doing = (Check::Quarantine(Days { days }), Act::Look, Change::Keep);
        steps.push(step("quarantine", Phase::Retire, update_crm, doing, wait));
        self.open("open-retire", Phase::Retire, Season::Change, steps);
        for node in self.seen().signing_reached().filter(|node| node.holds(old)) {
            let doing = (Check::Gone(Which::Old), Act::Remove(Which::Old), Change::Remove);
            steps.push(step(&format!("retire-{}", node.name), Phase::Retire, &node.name, doing, AT_ONCE));
        }
        self.retire_by_hand(old, steps);
    }
}

/// What metadata documents are to show.
#[derive(Clone, Copy)]
pub(super) enum Shown {
    /// The new certificate and not the old one.
    New,
    /// The old one and not the new one.
    Old,
    /// Both, before the switch.
    OldWithNew,
    /// Both, after the switch.
    NewWithOld,
    /// Both, after the switch was taken back.
    OldWithNewBack,
}

fn mend(id: &str, phase: Phase, node: &NodeSeen) -> Step {
    step(id, phase, &node.name, (Check::Usable, Act::Mend, Change::Keep), AT_ONCE)
}

fn granting(node: &NodeSeen, change: Change) -> (Check, Act, Change) {
    (Check::Readable(accounts(node)), Act::Grant(accounts(node)), change)
}

pub(super) fn ready(id: &str, phase: Phase, node: &NodeSeen) -> Step {
    step(id, phase, &node.name, (Check::Ready(accounts(node)), Act::Look, Change::Keep), AT_ONCE)
}

/// SharePoint's job is started.
pub(super) fn refresh(word: &str, phase: Phase, farm: &SharePointSeen, server: &Id, steps: &mut Vec<Step>) {
    let doing = (Check::JobRan, Act::Refresh, Change::Alter);
    steps.push(step(&format!("{word}-{}", farm.name), phase, server, doing, JOB));
}

/// No trust that follows the metadata accepts the old certificate any more.
fn untrusted(farm: &SharePointSeen, server: &Id, steps: &mut Vec<Step>) {
    for (number, trust) in farm.trusts.iter().enumerate().filter(|(_, trust)| trust.by_metadata) {
        let check = Check::Untrusted(TrustCheck { name: trust.name.clone(), which: Which::Old });
        let id = format!("untrusted-{}@{}", farm.name, number + 1);
        steps.push(step(&id, Phase::Verify, server, (check, Act::Look, Change::Keep), JOB));
    }
}

/// Each trust that follows the metadata accepts a certificate.
pub(super) fn trusts(
    word: &str,
    phase: Phase,
    farm: &SharePointSeen,
    server: &Id,
    which: Which,
    steps: &mut Vec<Step>,
) {
    for (number, trust) in farm.trusts.iter().enumerate().filter(|(_, trust)| trust.by_metadata) {
        let check = Check::Trust(TrustCheck { name: trust.name.clone(), which });
        let id = format!("{word}-{}@{}", farm.name, number + 1);
        steps.push(step(&id, phase, server, (check, Act::Look, Change::Keep), JOB));
    }
}
