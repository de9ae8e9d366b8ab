//! What a roll that nobody sits at is made with: the code behind `rotate status`, `rotate plan`, `rehearse` and `rotate apply`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::super::passwords::Source;
use super::super::super::rehearse;
use super::super::super::rotate::{Credentials, Staged, plan, run, staged, status};
use super::super::{Options, Ways};
use crate::app::gate;
use crate::error::{Error, Kind, Result};
use crate::ports::{Host, Transport};
use crate::rotation::engine::Way;
use crate::rotation::record::EndKind;
use crate::watch::unattended::Outcome;

/// The most steps of a plan that an alert holds, and the most reasons against one.
const MOST_STEPS: usize = 60;
const MOST_REASONS: usize = 5;
/// The seed of the rehearsal: the same plan is rehearsed the same way.
const SEED: u64 = 1;
/// Servers of a sample farm, of which none is rehearsed here.
const NO_SAMPLE: u32 = 1;

/// What is to be planned and carried out.
#[derive(Clone, Debug)]
pub(in crate::app::watch) struct Trial {
    /// The description of the farm.
    pub(super) farm: PathBuf,
    /// The credential, which is that of farm.toml.
    pub(super) credentials: Credentials,
    /// Where the plan is written.
    pub(super) out: PathBuf,
    /// SHA-256 of its certificate.
    pub(super) certificate: String,
}

impl Trial {
    /// Returns the file of the credential.
    pub(super) fn file(&self) -> PathBuf {
        self.credentials.file.clone().unwrap_or_default()
    }
}

/// A plan, or what stands against one.
#[derive(Clone, Debug, Default)]
pub(in crate::app::watch) struct Planned {
    /// What stands against it.
    pub(super) against: Option<(Outcome, String)>,
    /// SHA-256 of the certificate that it is for.
    pub(super) certificate: String,
    /// The roll.
    pub(super) roll: String,
    /// SHA-256 of the plan.
    pub(super) digest: String,
    /// Whether some of its steps are done by hand.
    pub(super) by_hand: bool,
    /// The plan, for whoever reads the alert.
    pub(super) details: Vec<(&'static str, String)>,
    /// The next command; empty where there is none but to plan again.
    pub(super) next: String,
}

/// How a rehearsal went.
#[derive(Clone, Debug, Default)]
pub(in crate::app::watch) struct Rehearsed {
    /// What it showed, in one line.
    pub(super) told: String,
    /// Why it failed.
    pub(super) against: Option<String>,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub(in crate::app::watch) struct Ran {
    pub(super) outcome: Outcome,
    pub(super) why: String,
    pub(super) details: Vec<(&'static str, String)>,
    pub(super) next: String,
}

/// What is done with a farm.
pub(in crate::app::watch) trait Hands {
    /// Tells of a roll, or of somebody who holds the farm.
    fn standing(&self, farm: &Path) -> Result<Option<String>>;
    /// Opens the credential.
    fn staged(&self, file: &Path, passwords: &[Source]) -> Result<Staged>;
    /// Plans.
    fn plan(&self, trial: &Trial) -> Result<Planned>;
    /// Rehearses a plan.
    fn rehearse(&self, plan: &Path) -> Result<Rehearsed>;
    /// Carries a plan out.
    fn apply(&self, trial: &Trial, digest: &str) -> Result<Ran>;
}

/// The real thing.
pub(in crate::app::watch) struct Machine<'a> {
    pub(in crate::app::watch) host: &'a Host,
    pub(in crate::app::watch) options: &'a Options,
}

impl Machine<'_> {
    fn reach(&self, ways: &Ways, file: &Path) -> Result<Arc<dyn Transport>> {
        let wire = ways.0.as_ref().ok_or_else(|| Error::new(Kind::Internal, "no way to the servers is wired"))?;
        wire(self.host, file)
    }
}

impl Hands for Machine<'_> {
    fn standing(&self, farm: &Path) -> Result<Option<String>> {
        let options = status::Options { farm: farm.to_owned(), state: self.options.state.clone(), here_only: false };
        let report = status::status(self.host, &options, &|file| self.reach(&self.options.ways, file))?;
        if let Some(roll) = report.rolls.iter().find(|roll| roll.open) {
            return Ok(Some(format!("the roll {} is {}", roll.roll, roll.standing)));
        }
        for node in &report.nodes {
            if let Some(roll) = &node.roll {
                return Ok(Some(format!("the roll {roll} stands on {}", node.node)));
            }
            if let Some(why) = &node.unseen {
                return Ok(Some(format!("it is not known what stands on {}: {why}", node.node)));
            }
        }
        let lease = report.lease.filter(|lease| !lease.over);
        Ok(lease.map(|lease| format!("{} holds the farm for {} until {}", lease.holder, lease.roll, lease.until)))
    }

    fn staged(&self, file: &Path, passwords: &[Source]) -> Result<Staged> {
        staged(self.host, file, passwords)
    }

    fn plan(&self, trial: &Trial) -> Result<Planned> {
        let options = plan::Options {
            farm: trial.farm.clone(),
            strategy: None,
            credential: plan::Source::File(trial.credentials.clone()),
            retire_after_days: None,
            reason: None,
            nodes: Vec::new(),
            old: None,
            policy: None,
            waivers: None,
            from: None,
            state: self.options.state.clone(),
            out: trial.out.clone(),
            force: true,
            verb: None,
        };
        let report = plan::plan(self.host, &options, &|file| self.reach(&self.options.ways, file))?;
        Ok(planned(report))
    }

    fn rehearse(&self, plan: &Path) -> Result<Rehearsed> {
        let options = rehearse::Options { plan: Some(plan.to_owned()), from: None, servers: NO_SAMPLE, seed: SEED };
        let report = rehearse::rehearse(self.host, &options)?;
        let end = report.life.last().map(|chapter| chapter.end.clone()).unwrap_or_default();
        let broken = report.violations.len();
        let against = match report.violations.first() {
            Some(first) => Some(format!("{broken} invariants are broken, the first: {first}")),
            // Its life without a fault has to end well.
            None if !end.starts_with("done") => Some(format!("without any fault it ends so: {end}")),
            None => None,
        };
        let told = format!("{} rolls simulated, {broken} invariants broken; without a fault: {end}", report.rolls);
        Ok(Rehearsed { told, against })
    }

    fn apply(&self, trial: &Trial, digest: &str) -> Result<Ran> {
        let options = run::Options {
            way: Way::Apply,
            plan: Some(trial.out.clone()),
            approved: Some(digest.to_owned()),
            verb: None,
            farm: Some(trial.farm.clone()),
            credentials: trial.credentials.clone(),
            state: self.options.state.clone(),
            take_over: None,
            from_node: false,
        };
        let report = run::run(self.host, &options, &|file| self.reach(&self.options.hands, file), &|_| {})?;
        Ok(ran(report))
    }
}

fn planned(report: plan::PlanReport) -> Planned {
    let reasons = |reasons: Vec<String>| reasons.into_iter().take(MOST_REASONS).collect::<Vec<_>>().join("; ");
    let against = if gate::refuses(&report.findings) {
        let rules = report.findings.iter().map(|one| format!("{}: {}", one.id, one.message)).collect();
        Some((Outcome::Forbidden, format!("the policy refuses the certificate: {}", reasons(rules))))
    } else if !report.objections.is_empty() {
        Some((Outcome::NotPlanned, reasons(report.objections.iter().map(|one| one.what.clone()).collect())))
    } else if !report.unseen.is_empty() {
        let unseen = report.unseen.iter().map(|one| format!("{}: {}", one.node, one.why)).collect();
        Some((Outcome::NotPlanned, format!("not everything was seen: {}", reasons(unseen))))
    } else if !report.written || !report.changes {
        Some((Outcome::NotPlanned, "nothing is to do".to_owned()))
    } else {
        None
    };
    let objection = report.objections.first().map(|one| one.next.clone());
    let next = objection.or_else(|| report.next.last().cloned());
    let mut details = Vec::new();
    let file = report.plan_file.as_ref().map(|file| file.display().to_string());
    let new =
        report.certificate.as_ref().map(|one| format!("{} {}, until {}", one.thumbprint, one.subject, one.not_after));
    for (label, value) in [
        ("plan", file),
        ("plan sha-256", report.plan_sha256.clone()),
        ("roll", report.roll.clone()),
        ("strategy", report.strategy_words.map(str::to_owned)),
        ("new", new),
        ("gap", Some(report.gap.clone()).filter(|gap| !gap.is_empty())),
    ] {
        details.extend(value.map(|value| (label, value)));
    }
    let steps = report.steps.iter().take(MOST_STEPS);
    details.extend(steps.map(|step| ("step", format!("{} {}: {}", step.number, step.node, step.what))));
    let more = report.steps.len().saturating_sub(MOST_STEPS);
    details.extend((more > 0).then(|| ("more steps", more.to_string())));
    Planned {
        against,
        certificate: report.certificate.map(|one| one.fingerprint_sha256).unwrap_or_default(),
        roll: report.roll.unwrap_or_default(),
        digest: report.plan_sha256.unwrap_or_default(),
        by_hand: report.steps.iter().any(|step| !step.commands.is_empty()),
        details,
        next: next.unwrap_or_default(),
    }
}

fn ran(report: run::RunReport) -> Ran {
    let outcome = match report.end {
        EndKind::Done | EndKind::NothingToDo => Outcome::Done,
        EndKind::RolledBack => Outcome::RolledBack,
        EndKind::Manual | EndKind::Aborted => Outcome::Manual,
    };
    let mut details = vec![("seconds", report.seconds.to_string()), ("journal head", report.journal_head)];
    for left in report.left.into_iter().take(MOST_REASONS) {
        details.push(("left to do", format!("{}: {}: {}", left.node, left.what, left.commands.join("; "))));
    }
    let next = report.next.into_iter().next();
    let next = next.unwrap_or_else(|| "prove it once more: s2scert rotate verify".to_owned());
    Ran { outcome, why: report.why, details, next }
}
