//! The plan as one page: what happens on which server, and what may go wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::words;
use super::bundles::{self, BundleLine};
use super::service::{gap, waves};
use super::{Again, Judged, NO_FILE, Options, missing};
use crate::app::gate;
use crate::app::report::{Identity, optional_path_text, quoted};
use crate::cert::pfx::PfxProfile;
use crate::error::ExitCode;
use crate::farm::description::{Role, Transport};
use crate::policy::Finding;
use crate::protocol::{Needs, Rights, TABLE};
use crate::rotation::basis::{NodeSeen, Strategy};
use crate::rotation::observe::Unseen;
use crate::rotation::plan::{Act, Check, Phase, Plan, Step};
use crate::rotation::planner::Objection;

/// The schema of [`PlanReport`].
pub const SCHEMA: &str = "s2scert.rotate-plan/1.0";

/// What `rotate plan` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct PlanReport {
    /// `s2scert.rotate-plan/1.0`.
    pub schema: &'static str,
    /// The name of the farm.
    pub farm: String,
    /// Whether a plan was made and written.
    pub written: bool,
    /// Whether the plan would change anything.
    pub changes: bool,
    /// The plan.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_path_text")]
    pub plan_file: Option<PathBuf>,
    /// SHA-256 of it: what somebody approves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_sha256: Option<String>,
    /// The name of the roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<String>,
    /// When it was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planned: Option<Timestamp>,
    /// The shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// What the shape is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy_words: Option<&'static str>,
    /// The new certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateLine>,
    /// The certificate that the row names now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_thumbprint: Option<String>,
    /// How the PFX is sealed on its way to each server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfx: Option<PfxProfile>,
    /// Why it is sealed so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfx_reason: Option<String>,
    /// The servers.
    pub nodes: Vec<NodeLine>,
    /// The steps, in order.
    pub steps: Vec<StepLine>,
    /// The order in which servers are taken out of service for a moment, one after the other.
    pub waves: Vec<String>,
    /// The number of the step that is global.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub global_step: Option<usize>,
    /// The number of the first step that cannot be taken back; nothing where every step can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_return: Option<usize>,
    /// The gap in service that is to be expected, and why.
    pub gap: String,
    /// What the plan rests on that nobody has documented.
    pub unknowns: Vec<&'static str>,
    /// What stands against a roll, all at once.
    pub objections: Vec<ObjectionLine>,
    /// The bundles from which it was planned; empty where the servers themselves were looked at.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleLine>,
    /// What of the farm was not seen.
    pub unseen: Vec<Missing>,
    /// The policy by which the certificate was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it found.
    pub findings: Vec<Finding>,
    /// Remarks.
    pub notes: Vec<String>,
    /// The next commands.
    pub next: Vec<String>,
}

/// The new certificate.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CertificateLine {
    /// SHA-1, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject.
    pub subject: String,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The file with its key.
    pub file: String,
}

/// One server of the plan.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct NodeLine {
    /// Its name.
    pub name: String,
    /// What it does.
    pub roles: Vec<Role>,
    /// Its Windows Server.
    pub os: String,
    /// How it is reached.
    pub transport: Transport,
    /// Who imports the certificate there: `script`, `native`; nothing where none is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub importer: Option<&'static str>,
    /// How the PFX is sealed for it; nothing where none goes there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pfx: Option<PfxProfile>,
    /// Who gets access to the key.
    pub accounts: Vec<String>,
    /// What is started anew.
    pub services: Vec<String>,
    /// The rights that the steps there need.
    pub rights: Vec<&'static str>,
    /// Whether a step there goes on to another server.
    pub needs_network_identity: bool,
    /// Whether a session there has credentials to go on with.
    pub network_identity: bool,
}

/// One step of the plan.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct StepLine {
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub id: String,
    /// The part of the roll.
    pub phase: Phase,
    /// What the part is for.
    pub phase_words: &'static str,
    /// The server.
    pub node: String,
    /// `+` adds, `~` alters, `-` removes, `=` keeps.
    pub sign: char,
    /// What is done or looked for.
    pub what: String,
    /// What must be so before the next step is taken.
    pub until: String,
    /// How long that may take, in seconds.
    pub deadline_seconds: u32,
    /// The steps that take it back.
    pub undo: Vec<String>,
    /// What somebody types, for a step that is done by hand.
    pub commands: Vec<String>,
}

/// What stands against a roll.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct ObjectionLine {
    /// What.
    pub what: String,
    /// The next step.
    pub next: String,
}

/// What was not seen.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Missing {
    /// The server.
    pub node: String,
    /// Why.
    pub why: String,
}

impl PlanReport {
    /// Returns the exit code: a plan that would change something is pending.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if gate::refuses(&self.findings) || !self.objections.is_empty() {
            ExitCode::Finding
        } else if !self.unseen.is_empty() {
            ExitCode::PartialView
        } else if self.changes {
            ExitCode::ChangesPending
        } else {
            ExitCode::Ok
        }
    }

    pub(super) fn empty(farm: &str) -> Self {
        Self {
            schema: SCHEMA,
            farm: farm.to_owned(),
            written: false,
            changes: false,
            plan_file: None,
            plan_sha256: None,
            roll: None,
            planned: None,
            strategy: None,
            strategy_words: None,
            certificate: None,
            old_thumbprint: None,
            pfx: None,
            pfx_reason: None,
            nodes: Vec::new(),
            steps: Vec::new(),
            waves: Vec::new(),
            global_step: None,
            no_return: None,
            gap: String::new(),
            unknowns: Vec::new(),
            objections: Vec::new(),
            bundles: Vec::new(),
            unseen: Vec::new(),
            policy: None,
            findings: Vec::new(),
            notes: Vec::new(),
            next: Vec::new(),
        }
    }

    /// What was not seen is not known to be absent, so there is no plan without it.
    pub(super) fn unseen(farm: &str, unseen: &[Unseen], options: &Options) -> Self {
        Self { unseen: missing(unseen), next: bundles::after_unseen(options), ..Self::empty(farm) }
    }

    pub(super) fn against(farm: &str, objections: &[Objection]) -> Self {
        let line = |one: &Objection| ObjectionLine { what: one.to_string(), next: one.next().to_owned() };
        Self { objections: objections.iter().map(line).collect(), ..Self::empty(farm) }
    }

    /// Says of which certificate a plan is, where nobody judges it.
    pub(super) fn with_certificate_of(mut self, plan: &Plan) -> Self {
        let new = &plan.basis.asked.certificate;
        self.certificate = Some(CertificateLine {
            thumbprint: words::print(&new.thumbprint),
            fingerprint_sha256: new.fingerprint_sha256.to_string(),
            subject: new.subject.as_str().to_owned(),
            not_after: new.not_after,
            file: NO_FILE.to_owned(),
        });
        self
    }

    /// Adds what is said of the certificate.
    pub(super) fn judged(mut self, judged: &Judged) -> Self {
        self.policy.clone_from(&judged.policy);
        self.findings.clone_from(&judged.findings);
        let file = judged.file.display().to_string();
        if let Some(certificate) = &judged.certificate {
            let Identity { thumbprint, fingerprint_sha256, subject, not_after, .. } = Identity::of(certificate);
            if judged.issued {
                let what = "the certificate was made with this plan and is self-signed; keep its PFX and password";
                self.notes.push(what.to_owned());
                if !self.written {
                    self.notes.push(format!("it is there already when you plan again: --credential {file}"));
                }
            }
            self.certificate = Some(CertificateLine { thumbprint, fingerprint_sha256, subject, not_after, file });
        }
        self
    }

    pub(super) fn of(plan: &Plan, file: &Path, again: &Again) -> Self {
        let seen = &plan.basis.seen;
        let place = |wanted: &dyn Fn(&Step) -> bool| plan.steps.iter().position(wanted).map(|place| place + 1);
        let oldest = seen.signing().map(|node| node.os).min();
        let reason = oldest.map(|os| format!("because the oldest server that opens it is {}", os.product()));
        let out = quoted(file);
        let mut report = Self {
            written: true,
            changes: plan.steps.iter().any(|step| step.change != crate::rotation::plan::Change::Keep),
            plan_file: Some(file.to_owned()),
            plan_sha256: Some(plan.digest().to_string()),
            roll: Some(plan.roll.to_string()),
            planned: Some(plan.basis.asked.now),
            strategy: Some(plan.strategy),
            strategy_words: Some(words::strategy(plan.strategy)),
            old_thumbprint: seen.current().and_then(|row| row.thumbprint).map(|one| words::print(&one)),
            pfx: Some(plan.pfx),
            pfx_reason: reason,
            nodes: seen.nodes.iter().map(|node| node_line(node, plan)).collect(),
            steps: plan.steps.iter().enumerate().map(|(place, step)| step_line(place, step, plan)).collect(),
            waves: waves(plan),
            global_step: place(&|step| matches!(step.act, Act::Switch(_))),
            no_return: plan.no_return.as_ref().and_then(|id| place(&|step| step.id == *id)),
            gap: gap(plan),
            unknowns: plan.unknowns.iter().map(|one| one.words()).collect(),
            bundles: bundles::lines(plan),
            ..Self::empty(seen.farm.as_str())
        };
        report.next = vec![
            format!("see it go, and see it fail, on a farm that is not there: s2scert rehearse {out}"),
            format!("carry it out: {} --approved-digest {}", again.command(plan, &out), plan.digest()),
        ];
        report
    }
}

fn node_line(node: &NodeSeen, plan: &Plan) -> NodeLine {
    let own = || plan.steps.iter().filter(|step| step.node == node.name);
    let importer = own().find_map(|step| match step.act {
        Act::ImportByScript(_) => Some("script"),
        Act::ImportNatively => Some("native"),
        _ => None,
    });
    let gets = own().any(|step| matches!(step.act, Act::ImportByScript(_) | Act::ImportNatively | Act::Switch(_)));
    let mut rights: BTreeMap<&'static str, ()> = BTreeMap::new();
    let mut needs_network_identity = false;
    for step in own() {
        for name in actions(step) {
            let Some(info) = TABLE.iter().find(|info| info.name == *name) else { continue };
            needs_network_identity |= info.needs == Needs::NetworkIdentity;
            match info.rights {
                Rights::Anyone => {}
                Rights::Administrator => drop(rights.insert("administrator of the server", ())),
                Rights::DeploymentAdministrator => drop(rights.insert("deployment administrator of Dynamics", ())),
                Rights::FarmAdministrator => drop(rights.insert("farm administrator of SharePoint", ())),
            }
        }
    }
    NodeLine {
        name: node.name.to_string(),
        roles: node.roles.clone(),
        os: node.os.product().to_owned(),
        transport: node.transport,
        importer,
        pfx: gets.then_some(plan.pfx),
        accounts: node.accounts.iter().map(|one| one.as_str().to_owned()).collect(),
        services: node.services.iter().map(|one| one.name.clone()).collect(),
        rights: rights.into_keys().collect(),
        needs_network_identity,
        network_identity: node.network_identity,
    }
}

/// Returns the actions that a step asks its server for.
fn actions(step: &Step) -> &'static [&'static str] {
    match (&step.act, &step.check) {
        (Act::ImportByScript(_), _) => &["stage", "reconfigure"],
        (Act::Switch(_), _) => &["stage", "reconfigure", "crm-certificates", "crm-certificate-set"],
        (Act::ImportNatively | Act::Mend, _) => &["stage", "install"],
        (Act::Grant(_) | Act::RestoreAccess, _) => &["grant"],
        (Act::RestoreRows | Act::SetAlternative(_), _) => &["crm-certificate-set"],
        (Act::RemoveAlternative, _) => &["crm-certificate-remove"],
        (Act::HoldJob, _) => &["metadata-job-hold"],
        (Act::ReleaseJob, _) => &["metadata-job-release"],
        (Act::ResetWeb, _) => &["iis-reset"],
        (Act::Recycle(_), _) => &["pool-recycle"],
        (Act::Restart(_), _) => &["service-restart"],
        (Act::Refresh, _) => &["metadata-job-start"],
        (Act::Remove(_), _) => &["remove"],
        (Act::ByHand(_) | Act::Drain(_) | Act::Undrain(_), _) => &[],
        (Act::Look, Check::RowIsNew | Check::RowsAsBefore | Check::AlternativeIs(_) | Check::NoAlternative) => {
            &["crm-certificates"]
        }
        (Act::Look, Check::Trust(_) | Check::Untrusted(_) | Check::JobHeld | Check::JobFree) => &["sharepoint-trusts"],
        (Act::Look, Check::Ready(_) | Check::Usable | Check::Readable(_)) => &["prove"],
        (Act::Look, _) => &[],
    }
}

fn step_line(place: usize, step: &Step, plan: &Plan) -> StepLine {
    let undo = plan.unwind.iter().filter(|back| back.undoes.as_ref() == Some(&step.id));
    let commands = match &step.act {
        Act::ByHand(hand) => hand.commands.iter().map(|one| one.as_str().to_owned()).collect(),
        _ => Vec::new(),
    };
    StepLine {
        number: place + 1,
        id: step.id.to_string(),
        phase: step.phase,
        phase_words: words::phase(step.phase),
        node: step.node.to_string(),
        sign: step.change.sign(),
        what: words::step(step),
        until: words::look(&step.check),
        deadline_seconds: step.wait.deadline_seconds,
        undo: undo.map(words::step).collect(),
        commands,
    }
}
