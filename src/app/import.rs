//! `import`: a key and certificates from any mix of files, into one bundle.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::gate::{self, Gate};
use super::outputs::{self, Output};
use super::passwords::{self, InputPasswords, OutSource, Source};
use super::pfx_choice::with_random;
use super::report::{CertificateReport, Identity, optional_path_text, path_text};
use super::source::{self, Choice, Gathered};
use crate::cert::bundle::{self, Attributes, Protection};
use crate::cert::{Certificate, Credential, Password};
use crate::error::{Error, Kind, Result};
use crate::policy::Finding;
use crate::ports::{Access, Host};

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files; `-` is stdin.
    pub files: Vec<PathBuf>,
    /// The bundle to write.
    pub out: PathBuf,
    /// The thumbprint of the leaf, where one is named.
    pub leaf: Option<String>,
    /// The policy and waivers.
    pub gate: gate::Options,
    /// Where the passwords of the files come from.
    pub in_passwords: Vec<Source>,
    /// Where the password of the bundle comes from.
    pub password: OutSource,
    /// Whether the key is written without a password.
    pub unencrypted: bool,
    /// Whether a file that exists is replaced.
    pub force: bool,
}

/// What `import` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ImportReport {
    /// `s2scert.import/1.0`.
    pub schema: &'static str,
    /// Whether the bundle was written. It is not when a finding of severity error stands.
    pub written: bool,
    /// SHA-1 of the leaf, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject of the leaf as RFC 4514 text.
    pub subject: String,
    /// The subject of the leaf as DER, base64.
    pub subject_der: String,
    /// The leaf's first instant of validity, RFC 3339, UTC.
    pub not_before: Timestamp,
    /// The leaf's last instant of validity, RFC 3339, UTC.
    pub not_after: Timestamp,
    /// The chain, leaf first.
    pub chain: Vec<CertificateReport>,
    /// Whether the chain ends in a self-signed certificate.
    pub complete: bool,
    /// What is absent above the chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Where several certificates could have been the issuer: which was taken, and why.
    pub choices: Vec<String>,
    /// What is odd about the links of the chain.
    pub remarks: Vec<String>,
    /// The certificates that are not in the chain.
    pub unused: Vec<String>,
    /// What was passed over, and where.
    pub passed_over: Vec<String>,
    /// The bundle.
    #[serde(serialize_with = "path_text")]
    pub bundle_file: PathBuf,
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
}

/// The schema of [`ImportReport`].
pub const SCHEMA: &str = "s2scert.import/1.0";

/// Imports.
///
/// # Errors
/// Whatever stops it before a verdict of the policy: a file that cannot be read, no key, no leaf. Nothing is written then.
pub fn import(host: &Host, options: &Options) -> Result<ImportReport> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let existing = outputs::existing(options.force);
    if options.unencrypted && options.password != OutSource::Ask {
        return Err(Error::new(Kind::Usage, "a password for the output has no meaning here")
            .at(options.out.display())
            .because("--insecure-unencrypted writes the key without one")
            .hint("leave one of the two away; --in-password-file FILE is the password of the input"));
    }
    let password_file = options.password_file();
    let targets: Vec<&Path> = [Some(options.out.as_path()), password_file].into_iter().flatten().collect();
    let others = passwords::files(&options.in_passwords, &options.password).chain(options.gate.files());
    let inputs: Vec<PathBuf> = options.files.iter().cloned().chain(others).collect();
    outputs::admit(host, &inputs, &targets, existing)?;

    let mut passwords = InputPasswords::collect(host, &options.in_passwords)?;
    let mut gathered = Gathered::default();
    for file in &options.files {
        let input = source::read_asking(host, file, &mut passwords)?;
        if let Some(error) = input.locked_error(file, source::IN_PASSWORD) {
            return Err(error);
        }
        gathered.add(file, input);
    }
    let Choice { found, key } = gathered.choose(options.leaf.as_deref(), now)?;
    let leaf = found.chain.leaf();
    let key = key.ok_or_else(|| no_key(leaf, &gathered))?;

    let mut report = ImportReport::of(options, &found, &gathered, now, &gate);
    let mut facts = gate::facts_of_found(&found, now, None);
    facts.key = gate::key_facts(&key, leaf);
    report.findings = gate.evaluate(&facts);
    if gate::refuses(&report.findings) {
        return Ok(report);
    }

    let credential = Credential::prove(found.chain.clone(), key).map_err(mismatch)?;
    let password =
        if options.unencrypted { None } else { Some(passwords::for_output(host, &options.password, &options.out)?) };
    let attributes = Attributes::of(&credential, &gathered.items);
    let text = bundle_text(host, &options.out, &credential, &attributes, password.as_ref())?;
    let mut files = vec![Output { path: &options.out, access: Access::Secret, bytes: text.as_bytes() }];
    let line = password.as_ref().map(|password| Zeroizing::new(format!("{}\n", password.expose())));
    if let (Some(path), Some(line)) = (password_file, &line) {
        // Before what it opens: a run that is killed in between leaves a password without a file, not a file without one.
        files.insert(0, Output { path, access: Access::Secret, bytes: line.as_bytes() });
    }
    outputs::write(host, &files, existing)?;
    report.written = true;
    report.next = next_steps(options);
    Ok(report)
}

impl Options {
    fn password_file(&self) -> Option<&Path> {
        match &self.password {
            OutSource::Generate(path) if !self.unencrypted => Some(path),
            OutSource::Generate(_) | OutSource::From(_) | OutSource::Ask => None,
        }
    }
}

/// Makes a bundle; without a password its key is in clear.
pub(super) fn bundle_text(
    host: &Host,
    out: &Path,
    credential: &Credential,
    attributes: &Attributes,
    password: Option<&Password>,
) -> Result<Zeroizing<String>> {
    let protection = match password {
        Some(password) => Protection::Encrypted { password, iterations: bundle::DEFAULT_ITERATIONS },
        None => Protection::Clear,
    };
    with_random(
        host,
        |random| bundle::write(credential, attributes, protection, random),
        |e| Error::new(Kind::Internal, "the bundle cannot be made").at(out.display()).because(e),
    )
}

/// Says which key is missing.
pub(super) fn no_key(leaf: &Certificate, gathered: &Gathered) -> Error {
    let error = Error::new(Kind::Unreadable, "the private key of this certificate is not in what was handed in")
        .at(format!("{} {}", leaf.thumbprint(), leaf.subject()));
    // A key that was there and could not be used is the likely one.
    let error = gathered.passed_over.iter().fold(error, |error, what| error.hint(format!("passed over: {what}")));
    error.hint("the key was made where the certificate was requested: export it there as PFX, or add its key file")
}

/// Says that key and certificate do not work together.
pub(super) fn mismatch(error: crate::cert::credential::CredentialError) -> Error {
    Error::new(Kind::Unreadable, "certificate and private key do not work together").because(error)
}

impl ImportReport {
    fn of(
        options: &Options,
        found: &crate::cert::chain::Found,
        gathered: &Gathered,
        now: Timestamp,
        gate: &Gate,
    ) -> Self {
        let identity = Identity::of(found.chain.leaf());
        let unused = found.unused.iter().map(|one| format!("{} {}", one.thumbprint(), one.subject()));
        Self {
            schema: SCHEMA,
            written: false,
            thumbprint: identity.thumbprint,
            fingerprint_sha256: identity.fingerprint_sha256,
            subject: identity.subject,
            subject_der: identity.subject_der,
            not_before: identity.not_before,
            not_after: identity.not_after,
            chain: CertificateReport::of_chain(&found.chain, now),
            complete: found.missing.is_none(),
            missing: found.missing.as_ref().map(ToString::to_string),
            choices: found.choices.iter().map(ToString::to_string).collect(),
            remarks: found.remarks.iter().map(ToString::to_string).collect(),
            unused: unused.collect(),
            passed_over: gathered.passed_over.clone(),
            bundle_file: options.out.clone(),
            password_file: options.password_file().map(Path::to_owned),
            policy: gate.name().to_owned(),
            findings: Vec::new(),
            notes: Vec::new(),
            next: Vec::new(),
        }
    }
}

fn next_steps(options: &Options) -> Vec<String> {
    let file = match &options.password {
        _ if options.unencrypted => None,
        OutSource::Generate(path) | OutSource::From(Source::File(path)) => Some(path),
        OutSource::From(_) | OutSource::Ask => None,
    };
    let password = file.map_or_else(String::new, |path| format!(" --in-password-file {}", quoted(path)));
    vec![format!(
        "make the PFX for the servers, naming the oldest: s2scert export {}{password} --for server2016 --out s2s.pfx \
         --generate-password-to s2s.pass",
        quoted(&options.out)
    )]
}

/// Writes a path so that a shell, cmd and PowerShell take it for one word.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(' ') { format!("\"{text}\"") } else { text }
}
