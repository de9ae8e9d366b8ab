//! The end of a run: what it is called, what is cleared away, what is left to do.

use schemars::JsonSchema;
use serde::Serialize;

use super::walk::Walked;
use super::{Engine, Halt, Stop};
use crate::cert::digest::hex_upper;
use crate::protocol::{Action, Facts, Id, Nothing, Text};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::plan::{Act, Check, Step, Which};
use crate::rotation::record::{EndKind, Ended, Record};

/// How a roll is gone on with.
const RESUME: &str = "s2scert rotate resume";
/// How it is told that a step is done that is done by hand.
const RECORD: &str = "s2scert rotate record";
/// How it is taken back.
const ROLLBACK: &str = "s2scert rotate rollback";
/// How SharePoint's job is let run again.
const RELEASE: &str = "Get-SPTimerJob | Where-Object { $_.Name -match 'RefreshMetadataFeed' } | Enable-SPTimerJob";

/// How a run ended.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The farm uses the new certificate, and it was proven.
    Done,
    /// The farm is as before.
    RolledBack {
        /// Why.
        why: String,
    },
    /// It was so already.
    NothingToDo,
    /// It was given up: what was changed stays.
    Aborted,
    /// Something is left to do.
    Manual {
        /// Why the run could not do it.
        why: String,
        /// What, with the commands.
        left: Vec<Left>,
    },
}

/// Something that is left to do.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Left {
    /// The node.
    pub node: String,
    /// What.
    pub what: String,
    /// The commands, in order.
    pub commands: Vec<String>,
}

impl End {
    /// What a roll that is over is told as, when somebody takes it up again.
    pub(super) fn of_the_past(kind: EndKind) -> Self {
        match kind {
            EndKind::RolledBack => Self::RolledBack { why: "this roll was taken back before; plan anew".to_owned() },
            EndKind::Done | EndKind::NothingToDo | EndKind::Manual | EndKind::Aborted => Self::NothingToDo,
        }
    }

    /// Returns the sort.
    #[must_use]
    pub const fn kind(&self) -> EndKind {
        match self {
            Self::Done => EndKind::Done,
            Self::RolledBack { .. } => EndKind::RolledBack,
            Self::NothingToDo => EndKind::NothingToDo,
            Self::Aborted => EndKind::Aborted,
            Self::Manual { .. } => EndKind::Manual,
        }
    }
}

impl Engine<'_> {
    /// Ends a run that held the lease.
    pub(super) fn close(mut self, walked: Result<Walked, Halt>) -> Result<End, Stop> {
        let walked = match walked {
            Ok(walked) => walked,
            Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
            Err(Halt::Lost(node, why)) => return Ok(self.unreached(&node, &why)),
        };
        let mut left = match &walked {
            Walked::Forward { by_hand } | Walked::Back { by_hand, .. } => {
                by_hand.iter().map(|step| self.by_hand(step)).collect()
            }
            Walked::Stuck { at, .. } => self.rest(at),
            Walked::Later { at, .. } => self.waits_for(at),
        };
        // Whatever the end is, no PFX stays on any node.
        for node in self.names().into_iter().filter(|_| !is_out(Part::Unstage)) {
            match self.settle(&node) {
                Ok(()) => {}
                Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
                Err(Halt::Lost(_, why)) => left.push(self.unseen(&node, &why)),
            }
        }
        let end = match walked {
            Walked::Forward { .. } if left.is_empty() && !self.acted && self.state.begun.is_empty() => End::NothingToDo,
            Walked::Forward { .. } if left.is_empty() => End::Done,
            Walked::Back { why, .. } if left.is_empty() => End::RolledBack { why },
            Walked::Forward { .. } => self.manual("others have their part to do".to_owned(), left),
            Walked::Back { why, .. } => {
                self.manual(format!("the roll was taken back ({why}), and not everything was seen"), left)
            }
            Walked::Stuck { why, .. } | Walked::Later { why, .. } => self.manual(why, left),
        };
        self.seal(end)
    }

    /// Gives a roll up: nothing is taken back, no PFX stays, and the markers go, so that another roll may begin.
    pub(super) fn give_up(mut self) -> Result<End, Stop> {
        match self.begin_run() {
            Ok(()) => self.seal(End::Aborted),
            Err(Halt::Stop(stop)) => Err(self.let_go(stop)),
            Err(Halt::Lost(node, why)) => Ok(self.unreached(&node, &why)),
        }
    }

    /// Writes the end down, and clears the markers where the roll is over.
    fn seal(mut self, end: End) -> Result<End, Stop> {
        let why = match &end {
            End::RolledBack { why } | End::Manual { why, .. } => why.as_str(),
            End::Done | End::NothingToDo => "",
            End::Aborted => "somebody gave it up",
        };
        let ended = Ended { end: end.kind(), why: Text::told(why), at: self.now() };
        self.record(Record::Ended(ended))?;
        match self.copy_records() {
            Ok(()) => {}
            Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
            Err(Halt::Lost(node, why)) => return Ok(self.unreached(&node, &why)),
        }
        if end.kind() == EndKind::Manual {
            self.release();
            return Ok(end);
        }
        self.clear(end)
    }

    /// Takes the markers away and gives the lease back.
    fn clear(mut self, end: End) -> Result<End, Stop> {
        let mut left = Vec::new();
        for node in self.names().into_iter().filter(|_| !is_out(Part::Unmark)) {
            match self.keep(&node, &Action::RollMarkerClear(Nothing {})) {
                Ok(()) => {}
                Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
                Err(Halt::Lost(node, why)) => left.push(self.unseen(&node, &why)),
            }
        }
        self.release();
        if left.is_empty() {
            return Ok(end);
        }
        Ok(self.manual("a node could not be reached to end the roll there".to_owned(), left))
    }

    /// Clears away what the last run of a roll that is over could not.
    pub(super) fn finish(mut self, kind: EndKind) -> Result<End, Stop> {
        for node in self.names() {
            match self.settle(&node) {
                Ok(()) => {}
                Err(Halt::Stop(stop)) => return Err(self.let_go(stop)),
                Err(Halt::Lost(node, why)) => return Ok(self.unreached(&node, &why)),
            }
        }
        let end = match kind {
            EndKind::Done => End::Done,
            other => End::of_the_past(other),
        };
        self.clear(end)
    }

    /// Returns whether the marker of this roll stands on a node, or a node does not say.
    pub(super) fn anything_left(&mut self) -> bool {
        self.names().iter().any(|node| match self.see(node, &Action::RollMarker(Nothing {})) {
            Ok(seen) => match seen.facts {
                Facts::Roll(facts) => facts.roll.is_some_and(|marker| marker.roll == self.plan.roll),
                _ => true,
            },
            Err(_) => true,
        })
    }

    /// A roll that could not take the lease has not begun.
    pub(super) fn not_begun(mut self, halt: Halt) -> Result<End, Stop> {
        match halt {
            Halt::Stop(stop) => Err(self.let_go(stop)),
            Halt::Lost(node, why) => {
                let left = vec![self.unseen(&node, &why)];
                Ok(self.manual(format!("{node} cannot be reached, so that this run did nothing: {why}"), left))
            }
        }
    }

    /// A node without which nothing can be said or done.
    pub(super) fn unreached(mut self, node: &Id, why: &str) -> End {
        let mut left = vec![self.unseen(node, why)];
        // Who does not hold the lease does nothing at all.
        let others = self.names().into_iter().filter(|other| other != node && self.renew_at != jiff::Timestamp::MIN);
        for other in others.collect::<Vec<_>>() {
            // Nothing is insisted on: whoever resumes clears it.
            let ticket = self.ticket(Id::word(&format!("settle@last-{other}")), 1);
            let cleared = self.send_once(&other, ticket, Action::Unstage(Nothing {}));
            if !matches!(cleared, Some(crate::protocol::Outcome::Done(_))) {
                left.push(self.unseen(&other, "it was not seen whether a PFX is left there"));
            }
        }
        self.release();
        self.manual(format!("{node} cannot be reached: {why}"), left)
    }

    fn manual(&self, why: String, mut left: Vec<Left>) -> End {
        if is_out(Part::Instructions) {
            left.iter_mut().for_each(|one| one.commands.clear());
            return End::Manual { why, left };
        }
        if !is_out(Part::HeldTold) {
            left.extend(self.held());
        }
        left.extend(self.drained());
        left.push(Left {
            node: "the controller".to_owned(),
            what: "go on with this roll, or take it back".to_owned(),
            commands: vec![RESUME.to_owned(), ROLLBACK.to_owned()],
        });
        End::Manual { why, left }
    }

    /// Returns the servers on which SharePoint's job may be held. It is not released at every end: where a single certificate is
    /// published, a run of it would let the trusts forget the other.
    fn held(&self) -> Vec<Left> {
        let steps = self.plan.steps.iter().chain(&self.plan.unwind);
        let held = |step: &&Step| {
            let end = step.until.as_ref();
            let over = end.is_some_and(|end| self.state.done.contains(end));
            step.act == Act::HoldJob && self.state.begun.contains(&step.id) && !over
        };
        let left = |step: &Step| {
            Left {
            node: step.node.as_str().to_owned(),
            what: "SharePoint's job that reads the metadata may be held; it is released by going on, or by hand once both certificates are published, or one alone that every server signs with".to_owned(),
            commands: vec![RELEASE.to_owned()],
        }
        };
        steps.filter(held).map(left).collect()
    }

    /// Returns the servers that may be out of the load balancer.
    fn drained(&self) -> Vec<Left> {
        let steps = || self.plan.steps.iter().chain(&self.plan.unwind);
        let begun = |step: &&Step| self.state.begun.contains(&step.id);
        let out = steps().filter(|step| matches!(step.act, Act::Drain(_))).filter(begun);
        let out = out.filter(|step| step.until.as_ref().is_none_or(|end| !self.state.done.contains(end)));
        let left = |step: &Step| {
            let end = steps().find(|one| Some(&one.id) == step.until.as_ref());
            let words = end.and_then(|end| match &end.act {
                Act::Undrain(command) => Some(command.words().join(" ")),
                _ => None,
            });
            Left {
                node: step.node.as_str().to_owned(),
                what: "it may be out of the load balancer".to_owned(),
                commands: words.into_iter().collect(),
            }
        };
        out.map(left).collect()
    }

    fn unseen(&self, node: &Id, why: &str) -> Left {
        Left {
            node: node.as_str().to_owned(),
            what: format!("bring it back ({why}); until it was seen, a staged PFX and the roll marker may be there"),
            commands: vec!["s2scert node describe".to_owned()],
        }
    }

    /// Returns what is left from a step on, in the direction in which the roll goes.
    fn rest(&self, at: &Step) -> Vec<Left> {
        let steps = if self.state.turned.is_some() { &self.plan.unwind } else { &self.plan.steps };
        let rest = steps.iter().skip_while(|step| step.id != at.id).filter(|step| self.is_begun(step));
        let rest = rest.filter(|step| !matches!(step.act, Act::ByHand(_)) || step.phase == at.phase);
        let rest = rest.filter(|step| step.act != Act::Look || step.id == at.id);
        rest.skip(usize::from(is_out(Part::FirstInstruction))).map(|step| self.by_hand(step)).collect()
    }

    /// Returns what a roll waits for: the step, and what is to be done by hand in the same part of the roll. What comes later is
    /// not told yet, so that nobody does it too early.
    fn waits_for(&self, at: &Step) -> Vec<Left> {
        let by_hand = |step: &&Step| matches!(step.act, Act::ByHand(_)) && !self.state.recorded.contains(&step.id);
        let steps = self.plan.steps.iter().filter(|step| step.phase == at.phase).filter(by_hand);
        match at.act {
            Act::ByHand(_) => steps.map(|step| self.by_hand(step)).collect(),
            _ => vec![self.by_hand(at)],
        }
    }

    /// Says how a person does a step.
    fn by_hand(&self, step: &Step) -> Left {
        let certificate = |which| self.certificate(which).map(|one| hex_upper(one.as_bytes())).unwrap_or_default();
        let (what, commands) = match &step.act {
            Act::ByHand(hand) => {
                let mut commands: Vec<String> = hand.commands.iter().map(|one| one.as_str().to_owned()).collect();
                commands.push(format!("{RECORD} {}", step.id));
                (hand.what.as_str().to_owned(), commands)
            }
            Act::Look => (look_words(&step.check), Vec::new()),
            Act::Recycle(named) => (
                "recycle the application pool".to_owned(),
                vec![format!("Restart-WebAppPool -Name '{}'", named.name.as_str())],
            ),
            Act::Restart(named) => {
                ("restart the service".to_owned(), vec![format!("Restart-Service -Name '{}'", named.name.as_str())])
            }
            Act::Refresh => (
                "let SharePoint read the metadata again".to_owned(),
                vec![
                    "Get-SPTimerJob | Where-Object { $_.Name -match 'RefreshMetadataFeed' } | Start-SPTimerJob"
                        .to_owned(),
                ],
            ),
            Act::RestoreRows if self.plan.basis.seen.issuer_rows().next().is_none() => (
                "remove the row S2STokenIssuer, as there was none before".to_owned(),
                vec!["Get-CrmCertificate".to_owned(), "Remove-CrmCertificate -Id ID".to_owned()],
            ),
            Act::RestoreRows => (
                "make the row S2STokenIssuer what it was".to_owned(),
                vec![
                    "Get-CrmCertificate".to_owned(),
                    format!(
                        "Set-CrmCertificate -CertificateType S2STokenIssuer -StoreName My -StoreLocation LocalMachine -StoreFindType FindBySubjectDistinguishedName -DataFile {}.cer",
                        certificate(Which::Old)
                    ),
                ],
            ),
            Act::SetAlternative(which) => (
                "publish the certificate beside the one that is signed with".to_owned(),
                vec![format!(
                    "Set-CrmCertificate -CertificateType AlternativeS2STokenIssuer -StoreName My -StoreLocation LocalMachine -StoreFindType FindBySubjectDistinguishedName -DataFile {}.cer",
                    certificate(*which)
                )],
            ),
            Act::RemoveAlternative => (
                "remove the row AlternativeS2STokenIssuer".to_owned(),
                vec!["Get-CrmCertificate".to_owned(), "Remove-CrmCertificate -Id ID".to_owned()],
            ),
            Act::HoldJob => {
                ("hold SharePoint's job that reads the metadata".to_owned(), vec![RELEASE.replace("Enable", "Disable")])
            }
            Act::ReleaseJob => {
                ("release SharePoint's job that reads the metadata".to_owned(), vec![RELEASE.to_owned()])
            }
            Act::Drain(command) | Act::Undrain(command) => {
                ("run the command of the load balancer".to_owned(), vec![command.words().join(" ")])
            }
            Act::ResetWeb => ("restart the web server".to_owned(), vec!["iisreset /noforce".to_owned()]),
            Act::Remove(which) => (
                "remove the certificate with its key".to_owned(),
                vec![format!("Remove-Item -Path Cert:\\LocalMachine\\My\\{} -DeleteKey", certificate(*which))],
            ),
            Act::ImportByScript(_)
            | Act::ImportNatively
            | Act::Mend
            | Act::Grant(_)
            | Act::Switch(_)
            | Act::RestoreAccess => (format!("step {} of the plan", step.id), vec![RESUME.to_owned()]),
        };
        Left { node: step.node.as_str().to_owned(), what, commands }
    }
}

fn look_words(check: &Check) -> String {
    match check {
        Check::Metadata(check) => {
            format!("wait until the metadata document of {} shows the certificate", check.organization)
        }
        Check::Trust(check) => format!("wait until the trust {} accepts the certificate", check.name.as_str()),
        Check::Open(_) => "wait until farm.toml lets it be changed".to_owned(),
        Check::Untrusted(check) => {
            format!("wait until the trust {} does not accept the certificate any more", check.name.as_str())
        }
        Check::Quarantine(days) => format!("wait until {} days have passed since everything was verified", days.days),
        _ => "wait until the server is seen ready".to_owned(),
    }
}
