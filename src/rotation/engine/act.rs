//! What is done for a step whose check does not hold.

use super::look::{Look, install, restart};
use super::talk::Acted;
use super::{Engine, Halt};
use crate::farm::description::ArgumentList;
use crate::protocol::Text;
use crate::protocol::{
    Action, After, CrmCertificateRemove, CrmCertificateSet, Facts, Hex, Id, Nothing, Reconfigure, Remove,
    RestoreAccess, Row, RowType, Stage,
};
use crate::rotation::basis::{ISSUER_ROW, RowSeen};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::plan::{Accounts, Act, Check, Phase, ScriptOrder, Step, Which};
use crate::rotation::record::{Came, Outcome, Record};
use crate::rotation::world::Sealed;

/// How the row finds the certificate.
const FIND_TYPE: &str = "FindBySubjectDistinguishedName";

impl Engine<'_> {
    /// Acts once for a step.
    pub(super) fn act(&mut self, step: &Step) -> Result<Acted, Halt> {
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        match &step.act {
            Act::Look | Act::ByHand(_) => Ok(Acted::Never("nothing is done for this step".to_owned())),
            Act::ImportByScript(order) => self.run_script(step, order, false),
            Act::ImportNatively => self.install(step),
            Act::Mend => {
                let remove = Action::Remove(Remove { thumbprint, with_key: true });
                match self.act_once(step, "remove", remove)? {
                    Acted::Done(_) => self.install(step),
                    not => Ok(not),
                }
            }
            Act::Grant(accounts) => {
                let action = Action::Grant(self.identities(accounts));
                self.act_once(step, "", action)
            }
            Act::Switch(order) => match self.may_switch(&step.node) {
                Ok(()) => self.run_script(step, order, true),
                Err(why) => Ok(Acted::Never(why)),
            },
            Act::RestoreRows => self.restore_rows(step),
            Act::SetAlternative(which) => self.set_alternative(step, *which),
            Act::RemoveAlternative => self.remove_alternative(step),
            Act::HoldJob => self.act_once(step, "", Action::MetadataJobHold(Nothing {})),
            Act::ReleaseJob => self.act_once(step, "", Action::MetadataJobRelease(Nothing {})),
            Act::ResetWeb => match self.state.instants.get(&step.id) {
                Some(after) => {
                    let action = Action::IisReset(After { after: *after });
                    self.act_once(step, "", action)
                }
                None => Ok(Acted::Not("the clock of the node was not seen".to_owned())),
            },
            Act::Recycle(_) | Act::Restart(_) => match (&step.check, self.state.instants.get(&step.id)) {
                (Check::Began(began), Some(after)) => {
                    let action = restart(&began.service, *after);
                    self.act_once(step, "", action)
                }
                _ => Ok(Acted::Not("the clock of the node was not seen".to_owned())),
            },
            Act::Refresh => match self.state.instants.get(&step.id) {
                Some(after) => {
                    let action = Action::MetadataJobStart(After { after: *after });
                    self.act_once(step, "", action)
                }
                None => Ok(Acted::Not("the clock of the node was not seen".to_owned())),
            },
            Act::Drain(command) => self.balance(step, command, "drain"),
            Act::Undrain(command) => self.balance(step, command, "undrain"),
            Act::Remove(which) => self.remove(step, *which),
            Act::RestoreAccess => match self.state.before.get(&step.node).cloned() {
                Some(list) => {
                    let action = Action::RestoreAccess(RestoreAccess { thumbprint, list });
                    self.act_once(step, "", action)
                }
                None => Ok(Acted::Never("the access list before is not known".to_owned())),
            },
        }
    }

    /// Puts a PFX on the node. Returns its one-use password.
    fn stage(&mut self, step: &Step) -> Result<Result<crate::protocol::SecretText, Acted>, Halt> {
        let Sealed { pfx, password } = match self.world.credential.seal(self.plan.pfx) {
            Ok(sealed) => sealed,
            Err(why) => return Ok(Err(Acted::Never(why))),
        };
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        let stage = Action::Stage(Stage { thumbprint, pfx, password: password.clone() });
        Ok(match self.act_once(step, "stage", stage)? {
            Acted::Done(_) => Ok(password),
            not => Err(not),
        })
    }

    fn install(&mut self, step: &Step) -> Result<Acted, Halt> {
        let password = match self.stage(step)? {
            Ok(password) => password,
            Err(not) => return Ok(not),
        };
        let readers = self.plan.basis.seen.node(step.node.as_str()).map(|node| node.accounts.clone());
        let thumbprint = self.plan.basis.asked.certificate.thumbprint;
        let action = Action::Install(install(thumbprint, password, &readers.unwrap_or_default()));
        self.act_once(step, "", action)
    }

    fn run_script(&mut self, step: &Step, order: &ScriptOrder, update_crm: bool) -> Result<Acted, Halt> {
        let password = match self.stage(step)? {
            Ok(password) => password,
            Err(not) => return Ok(not),
        };
        if update_crm && let Err(why) = self.may_switch(&step.node) {
            return Ok(Acted::Never(why));
        }
        let action = Action::Reconfigure(Reconfigure {
            thumbprint: self.plan.basis.asked.certificate.thumbprint,
            password,
            script_sha256: order.script_sha256,
            certificate_type: RowType::S2STokenIssuer,
            service_account: order.service_account.clone(),
            store_find_type: Some(Id::word(FIND_TYPE)),
            update_crm,
        });
        let acted = self.act_once(step, "", action)?;
        // The node removes the PFX itself, and says so where it could not.
        let left = matches!(&acted, Acted::Done(Facts::Script(run)) if !run.staged.is_empty());
        if left {
            self.settle(&step.node)?;
        }
        Ok(acted)
    }

    /// The gate: every server that signs has proven in this run that it is ready, and nothing was done to it since; and the row
    /// is what the plan expects.
    fn may_switch(&mut self, node: &Id) -> Result<(), String> {
        let expected: Vec<&RowSeen> = self.plan.basis.seen.issuer_rows().collect();
        let rows = self.rows(node)?;
        let same = rows.len() == expected.len()
            && rows.iter().zip(&expected).all(|(row, wanted)| row.thumbprint == wanted.thumbprint);
        if !same {
            return Err("the rows are not what the plan rests on".to_owned());
        }
        let by_hand = |step: &&Step| step.phase == Phase::Gate && matches!(step.act, Act::ByHand(_));
        if let Some(step) = self.plan.steps.iter().filter(by_hand).find(|step| !self.state.recorded.contains(&step.id))
        {
            return Err(format!("step {} is done by hand, and nobody has recorded it", step.id));
        }
        for one in self.plan.basis.seen.signing_reached() {
            if is_out(Part::Gate) || self.proven.contains(&one.name) {
                continue;
            }
            let accounts = Accounts { names: one.accounts.clone() };
            match self.ready(&one.name, &accounts) {
                Look::Holds => {}
                Look::Not(why) | Look::Unseen(why) => return Err(format!("{} is not ready: {why}", one.name)),
            }
        }
        Ok(())
    }

    /// Makes the rows of the type what they were, as far as this roll changed them.
    fn restore_rows(&mut self, step: &Step) -> Result<Acted, Halt> {
        let rows = match self.rows(&step.node) {
            Ok(rows) => rows,
            Err(why) => return Ok(Acted::Not(why)),
        };
        let new = self.plan.basis.asked.certificate.thumbprint;
        let before = self.plan.basis.seen.issuer_rows().next();
        match way_back(&rows, before, new) {
            Ok(action) => self.act_once(step, "", action),
            Err(why) => Ok(Acted::Never(why.to_owned())),
        }
    }

    /// Runs a command of the load balancer, on the controller. It is written down as everything else is.
    fn balance(&mut self, step: &Step, command: &ArgumentList, action: &str) -> Result<Acted, Halt> {
        self.keep_lease()?;
        let attempt = self.intend(step, &step.id, action, None)?;
        self.copy_records()?;
        let went = self.world.balancer.run(command);
        let why = went.as_ref().err().cloned();
        let result = if went.is_ok() { Came::Done } else { Came::Failed };
        let (why, ticket, at) = (why.as_deref().map(Text::told), step.id.clone(), self.now());
        self.record(Record::Outcome(Outcome { ticket, attempt, result, why, at }))?;
        Ok(match went {
            Ok(()) => {
                self.ran.insert(step.id.clone());
                Acted::Done(Facts::Nothing(Nothing {}))
            }
            Err(why) => Acted::Not(why),
        })
    }

    /// Publishes a certificate beside the one that is signed with. A row that this roll did not write is not touched.
    fn set_alternative(&mut self, step: &Step, which: Which) -> Result<Acted, Halt> {
        let basis = &self.plan.basis;
        let der = match which {
            Which::New => Some(basis.asked.certificate.certificate.clone()),
            Which::Old => basis.seen.current().and_then(|row| row.certificate.clone()),
        };
        let (Some(wanted), Some(certificate)) = (self.certificate(which), der) else {
            return Ok(Acted::Never("the certificate is not in the plan".to_owned()));
        };
        let rows = match self.alternatives(&step.node) {
            Ok(rows) => rows,
            Err(why) => return Ok(Acted::Not(why)),
        };
        let certificate_type = RowType::AlternativeS2STokenIssuer;
        let action = match rows.as_slice() {
            rows if !rows.iter().all(|row| self.is_ours(row)) => {
                return Ok(Acted::Never("the row beside it was written by somebody else".to_owned()));
            }
            [] | [_] => {
                let expected = rows.first().and_then(|row| row.thumbprint);
                Action::CrmCertificateSet(CrmCertificateSet { certificate_type, certificate, expected, name: None })
            }
            // Where a row was added instead of replaced, the other one goes.
            rows => match rows.iter().find(|row| row.thumbprint != Some(wanted)) {
                Some(other) => {
                    let id = Id::word(other.id.as_str());
                    Action::CrmCertificateRemove(CrmCertificateRemove { certificate_type, id })
                }
                None => return Ok(Acted::Never("there are two equal rows beside it".to_owned())),
            },
        };
        self.act_once(step, "", action)
    }

    fn remove_alternative(&mut self, step: &Step) -> Result<Acted, Halt> {
        let rows = match self.alternatives(&step.node) {
            Ok(rows) => rows,
            Err(why) => return Ok(Acted::Not(why)),
        };
        let certificate_type = RowType::AlternativeS2STokenIssuer;
        match rows.iter().find(|row| self.is_ours(row)) {
            Some(row) => {
                let id = Id::word(row.id.as_str());
                let action = Action::CrmCertificateRemove(CrmCertificateRemove { certificate_type, id });
                self.act_once(step, "", action)
            }
            None => Ok(Acted::Never("the row beside it was written by somebody else".to_owned())),
        }
    }

    /// Returns whether a row holds one of the two certificates of this roll.
    fn is_ours(&self, row: &Row) -> bool {
        let ours = [self.certificate(Which::New), self.certificate(Which::Old)];
        row.thumbprint.is_some() && ours.contains(&row.thumbprint)
    }

    fn remove(&mut self, step: &Step, which: Which) -> Result<Acted, Halt> {
        let Some(thumbprint) = self.certificate(which) else {
            return Ok(Acted::Never("there is no such certificate".to_owned()));
        };
        let seen = &self.plan.basis.seen;
        let update_crm = seen.update_crm.clone();
        // A repair that is taken back leaves a server as it was found: without the certificate that the row named all along.
        let found_without = seen.current().is_some_and(|row| row.thumbprint == Some(thumbprint))
            && seen.node(step.node.as_str()).is_some_and(|node| !node.holds(&thumbprint));
        // Whatever the plan says, no certificate goes that a row names.
        match self.all_rows(&update_crm) {
            Ok(_) if is_out(Part::UndoRow) || found_without => {}
            Ok(rows) if rows.iter().any(|row| row.thumbprint == Some(thumbprint)) => {
                return Ok(Acted::Never("the row names this certificate".to_owned()));
            }
            Ok(rows) if which == Which::Old && !names_alone(&rows, self.certificate(Which::New)) => {
                return Ok(Acted::Not("the row does not name the new certificate, or not alone".to_owned()));
            }
            Ok(_) => {}
            Err(why) => return Ok(Acted::Not(why)),
        }
        // The old one goes only from a server that has just signed with the new one.
        if which == Which::Old && !is_out(Part::LastProof) {
            let names =
                self.plan.basis.seen.node(step.node.as_str()).map(|node| node.accounts.clone()).unwrap_or_default();
            match self.ready(&step.node, &Accounts { names }) {
                Look::Holds => {}
                Look::Not(why) | Look::Unseen(why) => return Ok(Acted::Not(format!("it is not ready: {why}"))),
            }
        }
        self.act_once(step, "", Action::Remove(Remove { thumbprint, with_key: true }))
    }
}

/// Whether there is one row of the type that is signed with, and it names a certificate.
fn names_alone(rows: &[Row], thumbprint: Option<Hex<20>>) -> bool {
    let mut issuers = rows.iter().filter(|row| row.certificate_type.as_str() == ISSUER_ROW);
    issuers.next().is_some_and(|row| row.thumbprint == thumbprint) && issuers.next().is_none()
}

/// Returns the one action that brings the rows nearer to what they were. A row that this roll did not write is not touched.
fn way_back(rows: &[Row], before: Option<&RowSeen>, new: Hex<20>) -> Result<Action, &'static str> {
    let ours = rows.iter().find(|row| row.thumbprint == Some(new));
    let certificate_type = RowType::S2STokenIssuer;
    let remove = |row: &Row| {
        Action::CrmCertificateRemove(CrmCertificateRemove { certificate_type, id: Id::word(row.id.as_str()) })
    };
    let set = |before: &RowSeen, expected| {
        let certificate = before.certificate.clone().ok_or("the certificate of the row is not in the plan")?;
        Ok(Action::CrmCertificateSet(CrmCertificateSet { certificate_type, certificate, expected, name: None }))
    };
    match (before, rows, ours) {
        (None, _, Some(ours)) => Ok(remove(ours)),
        (Some(before), [_], Some(_)) => set(before, Some(new)),
        (Some(before), [], _) => set(before, None),
        (Some(before), rows, Some(ours)) if rows.iter().any(|row| row.thumbprint == before.thumbprint) => {
            Ok(remove(ours))
        }
        _ => Err("the row was written by somebody else meanwhile"),
    }
}
