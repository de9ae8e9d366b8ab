//! `rotate plan`: looks at the farm, plans, and tells the plan as one page.

mod bundles;
mod page;
mod service;
mod stand_in;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::credential::{Credentials, is_needed, open};
use super::places::Rolls;
use super::{Reach, collected, described, refused};
use crate::app::farm::DEFAULT_FILE;
use crate::app::gate::{self, Gate};
use crate::app::issue;
use crate::app::outputs::{self, Output};
use crate::app::passwords::{self, OutSource};
use crate::app::pfx_choice::PfxOptions;
use crate::app::report::{Identity, quoted};
use crate::app::source;
use crate::cert::Certificate;
use crate::cert::key::KeySpec;
use crate::error::{Error, Kind, Result};
use crate::farm::description::Farm;
use crate::policy::Finding;
use crate::ports::{Access, Host};
use crate::protocol::{Hex, Id, Octets, Text};
use crate::rotation::basis::{Asked, Basis, FarmSeen, NewCertificate, Reason, Strategy};
use crate::rotation::observe::{Unseen, observe};
use crate::rotation::plan::{MAX_BYTES, Plan};
use crate::rotation::{admission, planner};

pub use bundles::BundleLine;
pub(in crate::app) use bundles::lines as bundle_lines;
pub use page::{CertificateLine, Missing, NodeLine, ObjectionLine, PlanReport, SCHEMA, StepLine};
pub use stand_in::StandIn;
pub(in crate::app) use stand_in::stand_in;

/// Where a plan is written unless somebody says otherwise.
pub const DEFAULT_OUT: &str = "plan.json";
/// What stands where a file was not named.
const NO_FILE: &str = "FILE";
/// How long a certificate lives that is issued with a plan, in days.
const DAYS: u32 = 365;

/// What is planned.
#[derive(Clone, Debug)]
pub struct Options {
    /// The description of the farm.
    pub farm: PathBuf,
    /// The shape; without one it follows from what is seen.
    pub strategy: Option<Strategy>,
    /// The certificate that the farm is to sign with.
    pub credential: Source,
    /// A folder with bundles of `farm collect`, from which it is planned in place of a look at the servers.
    pub from: Option<PathBuf>,
    /// The state folder, where the journals of earlier rolls are.
    pub state: Option<PathBuf>,
    /// After how many days the old one is removed; without a number it stays.
    pub retire_after_days: Option<u16>,
    /// Why it is rolled, where that shapes the plan.
    pub reason: Option<Reason>,
    /// The servers that are repaired; none stands for all that sign.
    pub nodes: Vec<String>,
    /// The certificate that goes, for `retire`.
    pub old: Option<Hex<20>>,
    /// The policy by which the certificate is judged: farm.toml's where none is named.
    pub policy: Option<String>,
    /// Waivers of findings.
    pub waivers: Option<PathBuf>,
    /// Where the plan is written.
    pub out: PathBuf,
    /// Whether a file there is replaced.
    pub force: bool,
    /// The verb that asks for the plan, where it is not `rotate plan`.
    pub verb: Option<Verb>,
}

/// Where the new certificate comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file with key and chain. Where none is named and the row stays as it is, the certificate is that of the row.
    File(Credentials),
    /// It is made, self-signed, and written.
    Issue {
        /// The PFX that is written.
        out: PathBuf,
        /// Where its password comes from.
        password: OutSource,
    },
}

/// With what files a plan is carried out, as they are typed.
struct Again {
    farm: String,
    /// The options for the credential, and a space before them.
    credential: String,
    /// What carries a plan out that is no roll: the verb that made it.
    verb: Option<Verb>,
}

/// The verbs that plan and carry out what is no roll.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verb {
    /// `rotate repair`.
    Repair,
    /// `rotate retire`.
    Retire,
}

impl Verb {
    /// Returns its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Retire => "retire",
        }
    }

    const fn command(self) -> &'static str {
        match self {
            Self::Repair => "s2scert rotate repair",
            Self::Retire => "s2scert rotate retire",
        }
    }

    /// Returns the shape that it plans.
    #[must_use]
    pub const fn strategy(self) -> Strategy {
        match self {
            Self::Repair => Strategy::Repair,
            Self::Retire => Strategy::Retire,
        }
    }
}

impl Again {
    fn of(options: &Options) -> Self {
        let (file, password) = match &options.credential {
            Source::File(Credentials { file, passwords }) => {
                let password = passwords.iter().find_map(|source| match source {
                    passwords::Source::File(path) => Some(path),
                    _ => None,
                });
                (file.as_ref(), password)
            }
            Source::Issue { out, password: OutSource::Generate(password) } => (Some(out), Some(password)),
            Source::Issue { out, .. } => (Some(out), None),
        };
        let mut credential = format!(" --credential {}", file.map_or_else(|| NO_FILE.to_owned(), |file| quoted(file)));
        if let Some(file) = password {
            credential.push_str(&format!(" --password-file {}", quoted(file)));
        }
        Self { farm: quoted(&options.farm), credential, verb: options.verb }
    }

    /// Returns the command that carries a plan out, its options for the farm and the approval left out.
    fn command(&self, plan: &Plan, file: &str) -> String {
        let credential = if is_needed(plan) { self.credential.as_str() } else { "" };
        match self.verb {
            Some(verb) => format!("{} --out {file} --farm {}{credential}", verb.command(), self.farm),
            None => format!("s2scert rotate apply {file} --farm {}{credential}", self.farm),
        }
    }
}

/// A certificate, with what a policy says of it.
struct Judged {
    /// Nothing where none was made, because the policy refuses it.
    certificate: Option<Certificate>,
    /// Nothing where nobody judged it.
    policy: Option<String>,
    findings: Vec<Finding>,
    file: PathBuf,
    issued: bool,
}

/// Plans.
///
/// # Errors
/// When the description or the credential cannot be read, or the plan cannot be written. What stands against a roll, and what
/// of the farm was not seen, is no error: it is in the report, all at once.
pub fn plan(host: &Host, options: &Options, reach: &Reach<'_>) -> Result<PlanReport> {
    let now = host.clock.now();
    let farm = described(host, &options.farm)?;
    let name = farm.name.as_ref().map(ToString::to_string).unwrap_or_default();
    outputs::admit(host, std::slice::from_ref(&options.farm), &[&options.out], outputs::existing(options.force))?;
    let seen = match &options.from {
        Some(folder) => collected::seen(host, &farm, folder)?,
        None => observe(&farm, &*reach(&options.farm)?),
    };
    // A key is not made for a farm that cannot be planned for.
    if let (Err(unseen), Source::Issue { .. }) = (&seen, &options.credential) {
        return Ok(PlanReport::unseen(&name, unseen, options));
    }
    let judged = match &options.credential {
        Source::File(Credentials { file: None, .. }) if options.keeps_row() => match &seen {
            Ok(seen) => of_the_row(seen)?,
            Err(unseen) => return Ok(PlanReport::unseen(&name, unseen, options)),
        },
        Source::File(credentials) => judge(host, &farm, options, credentials, now)?,
        Source::Issue { out, password } => made(host, &farm, options, out, password)?,
    };
    let seen = match seen {
        Ok(seen) => seen,
        Err(unseen) => return Ok(PlanReport::unseen(&name, &unseen, options).judged(&judged)),
    };
    let certificate = match &judged.certificate {
        Some(certificate) if !gate::refuses(&judged.findings) => certificate,
        _ => return Ok(PlanReport::empty(&name).judged(&judged)),
    };
    let basis = Basis { asked: asked(host, now, options, certificate)?, seen };
    let plan = match planner::plan(&basis) {
        Ok(plan) => plan,
        Err(objections) => return Ok(PlanReport::against(&name, &objections).judged(&judged)),
    };
    let admitted = admission::sound(plan)
        .map_err(|fault| Error::new(Kind::Internal, "the plan breaks a rule of its own").because(fault))?;
    let plan = admitted.plan();
    write(host, options, plan)?;
    Ok(PlanReport::of(plan, &options.out, &Again::of(options)).judged(&judged))
}

/// Shows a plan that was made before, to whoever has to approve it. No server is asked.
///
/// # Errors
/// When it cannot be read, or is not what the planner makes of the facts in it.
pub fn show(host: &Host, file: &Path) -> Result<PlanReport> {
    let bytes = host.files.read(file, MAX_BYTES as u64 + 1)?;
    let admitted = admission::admit(&bytes).map_err(|fault| refused::plan(&fault, file))?;
    let plan = admitted.plan();
    let credential = format!(" --credential {NO_FILE}");
    let again = Again { farm: DEFAULT_FILE.to_owned(), credential, verb: None };
    Ok(PlanReport::of(plan, file, &again).with_certificate_of(plan))
}

impl Options {
    /// Returns whether the row stays as it is.
    fn keeps_row(&self) -> bool {
        self.strategy.is_some_and(|strategy| !strategy.switches())
    }
}

fn asked(host: &Host, now: Timestamp, options: &Options, certificate: &Certificate) -> Result<Asked> {
    let certificate = new_certificate(certificate)?;
    let verified = match options.strategy {
        Some(Strategy::Retire) => verified(host, options.state.as_deref(), &certificate)?,
        _ => None,
    };
    Ok(Asked {
        strategy: options.strategy,
        retire_after_days: options.retire_after_days,
        reason: options.reason,
        nodes: options.nodes.iter().map(|name| Id::word(name)).collect(),
        old: options.old,
        verified,
        ..Asked::new(now, certificate)
    })
}

/// Returns when a roll from here first verified a certificate, by its journal: its quarantine began then.
fn verified(host: &Host, state: Option<&Path>, certificate: &NewCertificate) -> Result<Option<Timestamp>> {
    let Some(rolls) = Rolls::find(host, state)? else { return Ok(None) };
    let mut first: Option<Timestamp> = None;
    for kept in rolls.all()? {
        // What cannot be read shortens no quarantine.
        let Ok((_, state)) = kept.state() else { continue };
        let Ok(plan) = kept.plan().map(|bytes| Plan::read(&bytes)) else { continue };
        let is_of_it = plan.is_ok_and(|plan| {
            plan.strategy != Strategy::Retire && plan.basis.asked.certificate.thumbprint == certificate.thumbprint
        });
        if let Some(at) = state.verified.filter(|_| is_of_it && state.turned.is_none()) {
            first = Some(first.map_or(at, |other| other.min(at)));
        }
    }
    Ok(first)
}

/// Takes the certificate that the row names: its key is on the servers already. Nobody judges it anew.
fn of_the_row(seen: &FarmSeen) -> Result<Judged> {
    let row = seen.current().and_then(|row| row.certificate.as_ref());
    let der = row.ok_or_else(|| {
        Error::new(
            Kind::Unreadable,
            "there is not one row with one certificate, so that it is not known which one stays",
        )
        .hint("see the rows: s2scert farm status")
        .hint("name the certificate with its key: --credential FILE")
    })?;
    let leaf = Certificate::from_der(der.as_bytes())
        .map_err(|error| Error::new(Kind::Unreadable, "the certificate of the row cannot be read").because(error))?;
    let file = PathBuf::from(NO_FILE);
    Ok(Judged { certificate: Some(leaf), policy: None, findings: Vec::new(), file, issued: false })
}

/// Returns what a plan says of a certificate.
fn new_certificate(certificate: &Certificate) -> Result<NewCertificate> {
    let der = Octets::new(certificate.der().to_vec())
        .ok_or_else(|| Error::new(Kind::Unreadable, "the certificate is larger than any that a plan holds"))?;
    Ok(NewCertificate {
        certificate: der,
        thumbprint: Hex::from(*certificate.thumbprint().as_bytes()),
        fingerprint_sha256: Hex::from(*certificate.fingerprint().as_bytes()),
        subject: Text::told(&Identity::of(certificate).subject),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    })
}

fn write(host: &Host, options: &Options, plan: &Plan) -> Result<()> {
    // Who can read the plan learns no secret; who can write it is refused at the next step.
    let output = Output { path: &options.out, access: Access::Public, bytes: &plan.bytes() };
    outputs::write(host, &[output], outputs::existing(options.force))
}

/// Opens a credential, and judges it.
fn judge(host: &Host, farm: &Farm, options: &Options, credentials: &Credentials, now: Timestamp) -> Result<Judged> {
    let file = credentials.file.clone().unwrap_or_default();
    let opened = open(host, &file, &credentials.passwords)?;
    let gate = Gate::load(host, &gate_options(farm, options, "production"))?;
    let leaf = opened.credential.chain().leaf().clone();
    let mut facts = gate::facts_of_found(&opened.found, now, farm.oldest_target());
    facts.key = gate::key_facts(opened.credential.key(), &leaf);
    let findings = gate.evaluate(&facts);
    Ok(Judged { certificate: Some(leaf), policy: Some(gate.name().to_owned()), findings, file, issued: false })
}

fn gate_options(farm: &Farm, options: &Options, usual: &str) -> gate::Options {
    let named = options.policy.clone().or_else(|| farm.policy.clone());
    gate::Options { policy: named.unwrap_or_else(|| usual.to_owned()), waivers: options.waivers.clone() }
}

/// Makes a self-signed certificate as farm.toml wishes it, where the policy allows that.
fn made(host: &Host, farm: &Farm, options: &Options, out: &Path, password: &OutSource) -> Result<Judged> {
    let wish = farm.certificate.as_ref().ok_or_else(|| {
        Error::new(Kind::Usage, "farm.toml does not say how certificates are made")
            .at(options.farm.display())
            .hint("add [certificate] with a subject, or name a file: --credential FILE")
    })?;
    let targets = farm.nodes.iter().filter(|node| node.signs()).map(|node| node.os).collect();
    let key = match wish.key_bits {
        3072 => KeySpec::Rsa3072,
        4096 => KeySpec::Rsa4096,
        _ => KeySpec::Rsa2048,
    };
    let order = issue::Options {
        subject: wish.subject.as_str().to_owned(),
        generation: None,
        days: DAYS,
        dns_names: Vec::new(),
        key,
        key_file: None,
        out: out.to_owned(),
        cer: out.with_extension("cer"),
        pfx: PfxOptions { targets, ..PfxOptions::default() },
        gate: gate_options(farm, options, "evaluation"),
        password: password.clone(),
        show: false,
        force: options.force,
    };
    let report = issue::issue(host, &order)?;
    let certificate = match report.written {
        true => Some(source::read(host, &order.cer, &[])?.certificates().remove(0)),
        false => None,
    };
    let (policy, findings) = (Some(report.policy), report.findings);
    Ok(Judged { certificate, policy, findings, file: out.to_owned(), issued: true })
}

/// Returns what was not seen as lines.
fn missing(unseen: &[Unseen]) -> Vec<Missing> {
    let mut lines: Vec<Missing> = Vec::new();
    for one in unseen.iter().map(|one| Missing { node: one.node.clone(), why: one.why.clone() }) {
        if !lines.contains(&one) {
            lines.push(one);
        }
    }
    lines
}
