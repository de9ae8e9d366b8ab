//! From the arguments of `rotate` to what the jobs are asked.

use std::path::PathBuf;

use super::args::RehearseArgs;
use super::rotate_args::{
    AgainArgs, ApplyArgs, CredentialArgs, EvidenceArgs, PlanArgs, ReasonArg, RecordArgs, RepairArgs, RetireArgs,
    StatusArgs, StrategyArg, UpkeepArgs, VerifyArgs,
};
use crate::app::farm::DEFAULT_FILE;
use crate::app::passwords::{OutSource, Source};
use crate::app::rehearse;
use crate::app::rotate::plan::Verb;
use crate::app::rotate::{Credentials, evidence, plan, record, run, status, verify};
use crate::rotation::basis::{Reason, Strategy};
use crate::rotation::engine::Way;

impl CredentialArgs {
    fn sources(&self) -> Vec<Source> {
        let files = self.password_file.iter().cloned().map(Source::File);
        let stdin = self.password_stdin.then_some(Source::Stdin);
        let command = |line: &String| Source::Command { line: line.clone(), hidden: Vec::new() };
        files.chain(stdin).chain(self.password_command.iter().map(command)).collect()
    }

    fn credentials(&self) -> Credentials {
        Credentials { file: self.credential.clone(), passwords: self.sources() }
    }
}

impl PlanArgs {
    pub(super) fn options(&self) -> plan::Options {
        let credential = if self.issue {
            let out = self.credential.credential.clone().unwrap_or_else(|| PathBuf::from("s2s-new.pfx"));
            let password = self.generate_password_to.clone().unwrap_or_else(|| out.with_extension("pass"));
            plan::Source::Issue { out, password: OutSource::Generate(password) }
        } else {
            plan::Source::File(self.credential.credentials())
        };
        plan::Options {
            farm: self.farm.file.clone(),
            strategy: self.strategy.map(StrategyArg::strategy),
            credential,
            from: self.from.clone(),
            state: self.state.state_dir.clone(),
            retire_after_days: self.retire_after,
            reason: self.reason.map(|ReasonArg::KeyCompromise| Reason::KeyCompromise),
            nodes: self.node.clone(),
            old: self.old,
            policy: self.policy.policy.clone(),
            waivers: self.policy.waivers.clone(),
            out: self.out.clone(),
            force: self.force,
            verb: None,
        }
    }
}

impl StrategyArg {
    const fn strategy(self) -> Strategy {
        match self {
            Self::Initial => Strategy::Initial,
            Self::Direct => Strategy::Direct,
            Self::Overlap => Strategy::Overlap,
            Self::Recover => Strategy::Recover,
            Self::Repair => Strategy::Repair,
            Self::Retire => Strategy::Retire,
        }
    }
}

impl RehearseArgs {
    pub(super) fn options(&self) -> rehearse::Options {
        let from = self.from.as_ref().map(|folder| plan::StandIn {
            folder: folder.clone(),
            farm: self.farm.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE)),
            strategy: self.strategy.map(StrategyArg::strategy),
        });
        rehearse::Options { plan: self.plan.clone(), from, servers: self.servers, seed: self.seed }
    }
}

impl RepairArgs {
    pub(super) fn options(&self) -> plan::Options {
        plan::Options { nodes: self.node.clone(), ..self.upkeep.plan(Verb::Repair) }
    }
}

impl RetireArgs {
    pub(super) fn options(&self) -> plan::Options {
        plan::Options { old: self.old, retire_after_days: self.retire_after, ..self.upkeep.plan(Verb::Retire) }
    }
}

impl UpkeepArgs {
    fn file(&self, verb: Verb) -> PathBuf {
        self.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.json", verb.word())))
    }

    fn plan(&self, verb: Verb) -> plan::Options {
        plan::Options {
            farm: self.farm.file.clone(),
            strategy: Some(verb.strategy()),
            credential: plan::Source::File(self.credential.credentials()),
            from: None,
            state: self.state.state_dir.clone(),
            retire_after_days: None,
            reason: None,
            nodes: Vec::new(),
            old: None,
            policy: self.policy.policy.clone(),
            waivers: self.policy.waivers.clone(),
            out: self.file(verb),
            force: self.force,
            verb: Some(verb),
        }
    }

    /// What carries a plan of the verb out, once this is approved.
    pub(super) fn run(&self, verb: Verb, approved: String) -> run::Options {
        run::Options {
            way: Way::Apply,
            plan: Some(self.file(verb)),
            approved: Some(approved),
            verb: Some(verb),
            farm: Some(self.farm.file.clone()),
            credentials: self.credential.credentials(),
            state: self.state.state_dir.clone(),
            take_over: self.take_over,
            from_node: false,
        }
    }
}

impl ApplyArgs {
    pub(super) fn options(&self) -> run::Options {
        run::Options {
            way: Way::Apply,
            plan: Some(self.plan.clone()),
            approved: self.approved_digest.clone(),
            verb: None,
            farm: Some(self.farm.file.clone()),
            credentials: self.credential.credentials(),
            state: self.state.state_dir.clone(),
            take_over: self.take_over,
            from_node: false,
        }
    }
}

impl AgainArgs {
    pub(super) fn options(&self, way: Way) -> run::Options {
        run::Options {
            way,
            plan: self.plan.clone(),
            approved: None,
            verb: None,
            farm: self.farm.clone(),
            credentials: self.credential.credentials(),
            state: self.state.state_dir.clone(),
            take_over: self.take_over,
            from_node: self.from_node,
        }
    }
}

impl VerifyArgs {
    pub(super) const fn with(&self) -> verify::With {
        if self.token { verify::With::Token } else { verify::With::Nothing }
    }

    pub(super) fn options(&self) -> run::Options {
        run::Options {
            way: Way::Resume,
            plan: self.plan.clone(),
            approved: None,
            verb: None,
            farm: self.farm.clone(),
            credentials: Credentials::default(),
            state: self.state.state_dir.clone(),
            take_over: None,
            from_node: false,
        }
    }
}

impl RecordArgs {
    pub(super) fn options(&self) -> record::Options {
        record::Options {
            step: self.step.clone(),
            outputs: self.output.clone(),
            plan: self.plan.clone(),
            by: self.by.clone(),
            note: self.note.clone(),
            state: self.state.state_dir.clone(),
        }
    }
}

impl StatusArgs {
    pub(super) fn options(&self) -> status::Options {
        status::Options { farm: self.farm.file.clone(), state: self.state.state_dir.clone(), here_only: self.here }
    }
}

impl EvidenceArgs {
    pub(super) fn options(&self) -> evidence::Options {
        evidence::Options {
            roll: self.roll.clone(),
            out: self.out.clone(),
            force: self.force,
            here_only: self.here,
            farm: self.farm.clone(),
            state: self.state.state_dir.clone(),
        }
    }
}
