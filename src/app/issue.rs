//! `issue`: make a key and a self-signed evaluation certificate, check them, and write PFX and certificate.
//!
//! The policy is asked twice: about the certificate as made, and about the PFX as it was read back from the octets that
//! would be written. Nothing that fails it is written.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::{self, Gate};
use super::inspect::InspectReport;
use super::outputs::{self, Output};
use super::passwords::{self, OutSource, Source};
use super::pfx_choice::{PfxOptions, with_random};
use super::report::{CertificateReport, Identity, optional_path_text, path_text};
use super::{inspect, keygen, source};
use crate::cert::issue::{BACKDATED, Request, self_sign};
use crate::cert::key::KeySpec;
use crate::cert::name::{Generation, SubjectName};
use crate::cert::pfx::{Contents, Labels, Pfx, PfxProfile, seal};
use crate::cert::{Certificate, Chain, Credential, KeyPair, Password};
use crate::error::{Error, Kind, Result};
use crate::policy::{Finding, Stage};
use crate::ports::{Access, Host};

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The subject template.
    pub subject: String,
    /// The generation, if one was given.
    pub generation: Option<String>,
    /// The validity in days.
    pub days: u32,
    /// DNS names for the certificate.
    pub dns_names: Vec<String>,
    /// The kind of key to make.
    pub key: KeySpec,
    /// A key that exists already, with the sources of its password.
    pub key_file: Option<(PathBuf, Vec<Source>)>,
    /// The PFX.
    pub out: PathBuf,
    /// The certificate.
    pub cer: PathBuf,
    /// How the PFX is made.
    pub pfx: PfxOptions,
    /// The policy and waivers.
    pub gate: gate::Options,
    /// The password of the PFX.
    pub password: OutSource,
    /// Whether to show what was written.
    pub show: bool,
    /// Whether files that exist are replaced.
    pub force: bool,
}

/// What `issue` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct IssueReport {
    /// `s2scert.issue/1.0`.
    pub schema: &'static str,
    /// Whether the files were written. They are not when a finding of severity error stands.
    pub written: bool,
    /// SHA-1 of the certificate, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the certificate, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject as RFC 4514 text.
    pub subject: String,
    /// The subject as DER, base64.
    pub subject_der: String,
    /// The first instant of validity, RFC 3339, UTC.
    pub not_before: Timestamp,
    /// The last instant of validity, RFC 3339, UTC.
    pub not_after: Timestamp,
    /// The generation element of the subject.
    pub generation: String,
    /// The certificate in full.
    pub certificate: CertificateReport,
    /// The encryption profile of the PFX.
    pub profile: PfxProfile,
    /// Why it is that profile.
    pub profile_reason: &'static str,
    /// The iterations of key derivation and MAC.
    pub iterations: u32,
    /// The provider into which Windows imports the key.
    pub provider: String,
    /// The friendly name.
    pub friendly_name: String,
    /// The PFX.
    #[serde(serialize_with = "path_text")]
    pub pfx_file: PathBuf,
    /// The certificate, DER.
    #[serde(serialize_with = "path_text")]
    pub cer_file: PathBuf,
    /// The file with the generated password, where one was made.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_path_text")]
    pub password_file: Option<PathBuf>,
    /// The policy that was asked.
    pub policy: String,
    /// What it found.
    pub findings: Vec<Finding>,
    /// Remarks that are no findings.
    pub notes: Vec<String>,
    /// The next steps.
    pub next: Vec<String>,
    /// What `inspect` shows of the PFX, with `--show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Box<InspectReport>>,
}

/// The schema of [`IssueReport`].
pub const SCHEMA: &str = "s2scert.issue/1.0";

/// Issues a certificate.
///
/// # Errors
/// Whatever stops it before a verdict of the policy; nothing is written then.
pub fn issue(host: &Host, options: &Options) -> Result<IssueReport> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let template = SubjectName::parse(&options.subject)
        .map_err(|e| Error::new(Kind::Usage, "the subject cannot be understood").at("--subject").because(e))?;
    let existing = outputs::existing(options.force);
    let password_file = match &options.password {
        OutSource::Generate(path) => Some(path.as_path()),
        OutSource::From(_) | OutSource::Ask => None,
    };
    let (key_file, key_sources) = match &options.key_file {
        Some((path, sources)) => (Some(path.clone()), sources.as_slice()),
        None => (None, [].as_slice()),
    };
    let others = passwords::files(key_sources, &options.password).chain(options.gate.files());
    let inputs: Vec<PathBuf> = key_file.into_iter().chain(others).collect();
    let targets: Vec<&Path> =
        [Some(options.out.as_path()), Some(options.cer.as_path()), password_file].into_iter().flatten().collect();
    outputs::admit(host, &inputs, &targets, existing)?;
    let password = passwords::for_output(host, &options.password, &options.out)?;

    let key = key(host, options)?;
    let generation = generation(options, now, &key)?;
    let certificate = certificate(host, options, &template, &generation, now, &key)?;
    let chain = Chain::new(certificate.clone(), Vec::new());
    let credential = Credential::prove(chain, key)
        .map_err(|e| Error::new(Kind::Internal, "the new key and certificate do not fit").because(e))?;

    let choice = options.pfx.choose();
    let settings = options.pfx.settings();
    let friendly_name = options.pfx.friendly_name.clone().unwrap_or_else(|| generation.as_str().to_owned());
    let labels = Labels { friendly_name: Some(friendly_name.clone()), provider: Some(options.pfx.provider.clone()) };
    let mut report = IssueReport::of(options, &certificate, now, &generation, friendly_name, &gate);

    let mut facts = gate::facts_of_chain(credential.chain(), now, choice.target);
    facts.stage = Stage::Issue;
    facts.key = gate::key_facts(credential.key(), &certificate);
    report.findings = gate.evaluate(&facts);
    if gate::refuses(&report.findings) {
        return Ok(report);
    }

    let contents = Contents::of_credential(&credential, &labels);
    let pfx = with_random(
        host,
        |random| seal(&contents, &password, &settings, random),
        |e| Error::new(Kind::Usage, "the PFX cannot be made").at(options.out.display()).because(e),
    )?;
    let read_back = read_back(&pfx, &password, &certificate)?;
    facts.pfx = Some(gate::pfx_facts(&read_back, credential.chain()));
    report.findings = gate.evaluate(&facts);
    if gate::refuses(&report.findings) {
        return Ok(report);
    }

    let mut files = vec![
        Output { path: &options.out, access: Access::Secret, bytes: &pfx },
        Output { path: &options.cer, access: Access::Public, bytes: certificate.der() },
    ];
    let password_line = zeroize::Zeroizing::new(format!("{}\n", password.expose()));
    if let Some(path) = password_file {
        // Before what it opens: a run that is killed in between leaves a password without a file, not a file without one.
        files.insert(0, Output { path, access: Access::Secret, bytes: password_line.as_bytes() });
    }
    outputs::write(host, &files, existing)?;
    report.written = true;
    report.next = next_steps(options, &report);
    if options.show {
        let passwords = std::slice::from_ref(&password);
        report.inspected = Some(Box::new(inspect::of_bytes(&options.out, &pfx, passwords, None, now)?));
    }
    if !password.is_ascii() {
        report.notes.push("the password is not ASCII: Java refuses such files, and older tools may too".to_owned());
    }
    Ok(report)
}

fn key(host: &Host, options: &Options) -> Result<KeyPair> {
    match &options.key_file {
        Some((path, sources)) => source::read_key(host, path, sources),
        None => {
            keygen::generate(options.key).map_err(|e| Error::new(Kind::Internal, "no key could be made").because(e))
        }
    }
}

fn generation(options: &Options, now: Timestamp, key: &KeyPair) -> Result<Generation> {
    match &options.generation {
        Some(text) => Generation::new(text)
            .map_err(|e| Error::new(Kind::Usage, "the generation cannot be used").at("--generation").because(e)),
        None => Ok(Generation::default_for(now.to_zoned(jiff::tz::TimeZone::UTC).date(), key.public_key().spki_der())),
    }
}

fn certificate(
    host: &Host,
    options: &Options,
    template: &SubjectName,
    generation: &Generation,
    now: Timestamp,
    key: &KeyPair,
) -> Result<Certificate> {
    let subject = template
        .render(generation)
        .map_err(|e| Error::new(Kind::Usage, "the subject cannot be written").at("--subject").because(e))?;
    let mut serial = [0; 16];
    host.random
        .fill(&mut serial)
        .map_err(|e| Error::new(Kind::Internal, "the system has no random numbers to give").because(e))?;
    let days = SignedDuration::from_hours(24 * i64::from(options.days));
    let too_late =
        |e: jiff::Error| Error::new(Kind::Usage, "the end of validity is out of range").at("--days").because(e);
    let request = Request {
        subject,
        dns_names: options.dns_names.clone(),
        not_before: whole_seconds(now.checked_sub(BACKDATED).map_err(too_late)?),
        not_after: whole_seconds(now.checked_add(days).map_err(too_late)?),
        serial,
    };
    self_sign(&request, key).map_err(|e| {
        let error = Error::new(Kind::Usage, "the certificate cannot be made").because(e);
        match &options.key_file {
            Some((path, _)) => {
                error.at(path.display()).hint("a key is RSA with 2048 to 4096 bits; without --key-file one is made")
            }
            None => error,
        }
    })
}

/// X.509 times have no parts of a second.
fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::new(instant.as_second(), 0).unwrap_or(instant)
}

/// Opens what would be written and compares it with what was meant.
fn read_back(pfx: &[u8], password: &Password, certificate: &Certificate) -> Result<Pfx> {
    let damaged = || Error::new(Kind::Internal, "the new PFX cannot be read back, so it was not written");
    let opened = Pfx::open(pfx, password).map_err(|e| damaged().because(e))?;
    let leaf_is_there = opened.certificates().next().and_then(|bag| bag.certificate()) == Some(certificate);
    let key_is_there = opened
        .keys()
        .next()
        .and_then(|bag| bag.key_pair())
        .and_then(Result::ok)
        .is_some_and(|key| *key.public_key() == certificate.public_key());
    if leaf_is_there && key_is_there { Ok(opened) } else { Err(damaged()) }
}

impl IssueReport {
    fn of(
        options: &Options,
        certificate: &Certificate,
        now: Timestamp,
        generation: &Generation,
        friendly_name: String,
        gate: &Gate,
    ) -> Self {
        let identity = Identity::of(certificate);
        let choice = options.pfx.choose();
        Self {
            schema: SCHEMA,
            written: false,
            thumbprint: identity.thumbprint,
            fingerprint_sha256: identity.fingerprint_sha256,
            subject: identity.subject,
            subject_der: identity.subject_der,
            not_before: identity.not_before,
            not_after: identity.not_after,
            generation: generation.as_str().to_owned(),
            certificate: CertificateReport::of(certificate, now),
            profile: choice.profile,
            profile_reason: choice.reason,
            iterations: options.pfx.settings().iterations(),
            provider: options.pfx.provider.clone(),
            friendly_name,
            pfx_file: options.out.clone(),
            cer_file: options.cer.clone(),
            password_file: match &options.password {
                OutSource::Generate(path) => Some(path.clone()),
                OutSource::From(_) | OutSource::Ask => None,
            },
            policy: gate.name().to_owned(),
            findings: Vec::new(),
            notes: Vec::new(),
            next: Vec::new(),
            inspected: None,
        }
    }
}

fn next_steps(options: &Options, report: &IssueReport) -> Vec<String> {
    let password = match &options.password {
        OutSource::Generate(path) => format!("with the password in {}", path.display()),
        OutSource::From(_) | OutSource::Ask => "with its password".to_owned(),
    };
    vec![
        format!(
            "on every server with the Web Application Server role, import {} {password} by running \
             CertificateReconfiguration.ps1; use -updateCrm on exactly one of them",
            report.pfx_file.display()
        ),
        format!(
            "before {}, issue or import a successor: a new generation has a new subject, so both can be in the store",
            report.not_after.strftime("%Y-%m-%d")
        ),
        "this certificate is for evaluation; production wants one from a certificate authority (s2scert import)"
            .to_owned(),
    ]
}
