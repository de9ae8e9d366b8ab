//! `check`: files and folders against a policy, on all cores, with memory that does not grow with their number.
//!
//! Paths come from the walk one by one and are worked on in batches; each result goes to the sink in the order of the walk
//! and is forgotten.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::{self, Gate};
use super::passwords::{InputPasswords, Source};
use super::report::{optional_path_text, path_text};
use super::source::{self, Input};
use crate::cert::chain::{SearchError, Wanted, find};
use crate::cert::pfx::Target;
use crate::cert::{Certificate, KeyPair, Password, Thumbprint};
use crate::error::{Error, ExitCode, Result};
use crate::policy::{Facts, Finding, Severity, WaiverUse};
use crate::ports::Host;

/// How many files are in work at once: enough for every core, few enough that memory stays flat.
const BATCH: usize = 1_024;

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Files and folders; `-` is stdin.
    pub paths: Vec<PathBuf>,
    /// The policy and waivers.
    pub gate: gate::Options,
    /// The oldest server that must read a PFX.
    pub target: Option<Target>,
    /// Where passwords come from.
    pub passwords: Vec<Source>,
}

/// What `check --json` prints. The arrays are written as the work goes on.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CheckReport {
    /// `s2scert.check/1.0`.
    pub schema: &'static str,
    /// The policy that was asked.
    pub policy: String,
    /// Every finding, with the file it is about.
    pub findings: Vec<FileFinding>,
    /// One entry for each leaf certificate that was checked, for each file that could not be read, and for each that was
    /// passed over.
    pub files: Vec<FileEntry>,
    /// The numbers.
    pub summary: Summary,
}

/// A finding and its file.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FileFinding {
    /// The stable identifier of the rule.
    pub id: String,
    /// The weight.
    pub severity: Severity,
    /// The file; absent for findings about waivers.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_path_text")]
    pub file: Option<PathBuf>,
    /// The thumbprint of the leaf it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// Which part of the file.
    pub subject: String,
    /// What was seen.
    pub message: String,
    /// Why it matters.
    pub reason: String,
    /// What to do.
    pub remedy: String,
    /// The waiver that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waived_by: Option<crate::policy::WaivedBy>,
}

/// One leaf certificate and its verdict, or one file that could not be read or was passed over.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FileEntry {
    /// The file.
    #[serde(serialize_with = "path_text")]
    pub file: PathBuf,
    /// `ok`, `findings` (none of severity error), `fails`, `unreadable`, or `passed-over`.
    pub verdict: Verdict,
    /// SHA-1 of the leaf, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// SHA-256 of the leaf, upper-case hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_sha256: Option<String>,
    /// The subject of the leaf as RFC 4514 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The leaf's first instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The leaf's last instant of validity, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<Timestamp>,
    /// Why the file could not be read, or was passed over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// How one leaf fared.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing found.
    Ok,
    /// Something found, nothing of severity error.
    Findings,
    /// A finding of severity error stands.
    Fails,
    /// The file could not be read.
    Unreadable,
    /// The file stands in a folder and holds no certificate.
    PassedOver,
}

/// The numbers of a run.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Summary {
    /// Leaf certificates that were checked.
    pub checked: u64,
    /// Of those, how many have nothing of severity error.
    pub passed: u64,
    /// Of those, how many fail.
    pub failed: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Files in folders that hold no certificate, and were passed over.
    pub passed_over: u64,
}

/// The schema of [`CheckReport`].
pub const SCHEMA: &str = "s2scert.check/1.0";

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The name of the policy.
    pub policy: String,
    /// The numbers.
    pub summary: Summary,
    /// Findings about the waivers.
    pub waivers: Vec<FileFinding>,
}

/// Takes results in the order of the walk.
pub trait Sink {
    /// Takes the verdict on one leaf, with its findings.
    ///
    /// # Errors
    /// When it cannot be written.
    fn take(&mut self, entry: FileEntry, findings: Vec<FileFinding>) -> Result<()>;
}

impl Outcome {
    /// Returns the exit code: a file that cannot be read weighs more than a finding, because nothing is known of it. Where
    /// no certificate was found at all, nothing is known either.
    pub fn exit_code(&self) -> ExitCode {
        let stops = |finding: &FileFinding| finding.severity == Severity::Error && finding.waived_by.is_none();
        if self.summary.unreadable > 0 || self.summary.checked == 0 {
            ExitCode::Unreadable
        } else if self.summary.failed > 0 || self.waivers.iter().any(stops) {
            ExitCode::Finding
        } else {
            ExitCode::Ok
        }
    }
}

/// Checks everything.
///
/// # Errors
/// When the policy or a password cannot be read, or the sink fails. What cannot be read among the files is a result.
pub fn check(host: &Host, options: &Options, sink: &mut dyn Sink) -> Result<Outcome> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let passwords = InputPasswords::collect(host, &options.passwords)?;
    let mut run = Run {
        host,
        gate: &gate,
        passwords: passwords.known(),
        target: options.target,
        now,
        summary: Summary::default(),
        used: WaiverUse::default(),
    };
    let mut failure = None;
    let (stdin, paths): (Vec<PathBuf>, Vec<PathBuf>) =
        options.paths.iter().cloned().partition(|path| source::is_stdin(path));
    if let Some(path) = stdin.into_iter().next() {
        run.batch(&[Ok(path)], &paths, sink)?;
    }
    let mut batch = Vec::with_capacity(BATCH);
    host.files.walk(&paths, &mut |entry| {
        batch.push(entry.map_err(Error::from));
        if batch.len() < BATCH {
            return ControlFlow::Continue(());
        }
        match run.batch(&std::mem::take(&mut batch), &paths, sink) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failure = Some(e);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    run.batch(&batch, &paths, sink)?;
    let waivers = gate.waiver_findings(now, &run.used);
    Ok(Outcome {
        policy: gate.name().to_owned(),
        summary: run.summary,
        waivers: waivers.into_iter().map(|finding| FileFinding::of(finding, None, None)).collect(),
    })
}

struct Run<'a> {
    host: &'a Host,
    gate: &'a Gate,
    passwords: &'a [Password],
    target: Option<Target>,
    now: Timestamp,
    summary: Summary,
    used: WaiverUse,
}

/// What one file came to.
enum Checked {
    Leaves(Vec<(FileEntry, Vec<FileFinding>)>, WaiverUse),
    Unreadable(FileEntry),
    PassedOver(FileEntry),
}

/// The names under which certificates are kept. A file of such a name that is nothing of the kind is damaged, not foreign: a
/// check that passed it over would go blind when a transfer broke.
const CERTIFICATE_FILES: [&str; 8] = ["cer", "crt", "der", "p12", "p7b", "p7c", "pem", "pfx"];

fn is_named_as_certificate(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    CERTIFICATE_FILES.iter().any(|one| extension.eq_ignore_ascii_case(one))
}

impl Run<'_> {
    fn batch(&mut self, batch: &[Result<PathBuf>], named: &[PathBuf], sink: &mut dyn Sink) -> Result<()> {
        let results: Vec<Checked> = batch
            .par_iter()
            .map(|entry| match entry {
                Ok(path) => self.one(path, named.contains(path) || source::is_stdin(path)),
                Err(e) => Checked::Unreadable(FileEntry::without(
                    Verdict::Unreadable,
                    Path::new(e.place().unwrap_or_default()),
                    e,
                )),
            })
            .collect();
        for result in results {
            match result {
                Checked::PassedOver(entry) => {
                    self.summary.passed_over += 1;
                    sink.take(entry, Vec::new())?;
                }
                Checked::Unreadable(entry) => {
                    self.summary.unreadable += 1;
                    sink.take(entry, Vec::new())?;
                }
                Checked::Leaves(leaves, used) => {
                    self.used.merge(&used);
                    for (entry, findings) in leaves {
                        self.summary.checked += 1;
                        match entry.verdict {
                            Verdict::Fails => self.summary.failed += 1,
                            Verdict::Ok | Verdict::Findings | Verdict::Unreadable | Verdict::PassedOver => {
                                self.summary.passed += 1;
                            }
                        }
                        sink.take(entry, findings)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Checks one file. A file in a folder that holds no certificate is passed over; one that was named is not.
    fn one(&self, path: &Path, named: bool) -> Checked {
        let unreadable = |e: &Error| Checked::Unreadable(FileEntry::without(Verdict::Unreadable, path, e));
        let passed_over = |e: &Error| Checked::PassedOver(FileEntry::without(Verdict::PassedOver, path, e));
        let input = match source::read(self.host, path, self.passwords) {
            Ok(input) => input,
            Err(e) if !named && !is_named_as_certificate(path) && source::is_foreign(&e) => return passed_over(&e),
            Err(e) => return unreadable(&e),
        };
        let certificates = input.certificates();
        if certificates.is_empty() {
            return match input.locked_error(path, source::PASSWORD) {
                Some(error) => unreadable(&error),
                None if named => unreadable(&input.why_empty()),
                None => passed_over(&input.why_empty()),
            };
        }
        let mut used = WaiverUse::default();
        let keys = input.keys();
        let leaves = leaves(&certificates, &keys, self.now)
            .into_iter()
            .map(|leaf| self.leaf(path, &input, &certificates, &keys, leaf, &mut used))
            .collect();
        Checked::Leaves(leaves, used)
    }

    fn leaf(
        &self,
        path: &Path,
        input: &Input,
        certificates: &[Certificate],
        keys: &[KeyPair],
        leaf: Thumbprint,
        used: &mut WaiverUse,
    ) -> (FileEntry, Vec<FileFinding>) {
        let wanted = Wanted { key: None, leaf: Some(leaf) };
        let found = match find(certificates, &wanted, self.now) {
            Ok(found) => found,
            Err(e) => {
                let error = Error::new(crate::error::Kind::Unreadable, "no chain can be told").because(e);
                return (FileEntry::without(Verdict::Unreadable, path, &error), Vec::new());
            }
        };
        let mut facts: Facts<'_> = gate::facts_of_found(&found, self.now, self.target);
        let leaf = found.chain.leaf();
        let own = keys.iter().find(|key| key.public_key().bits() == leaf.public_key().bits());
        if let Some(key) = own.or_else(|| keys.first()) {
            facts.key = gate::key_facts(key, leaf);
        }
        facts.pfx = input.pfx().map(|pfx| gate::pfx_facts(pfx, &found.chain));
        let findings = self.gate.evaluate_one_of_many(&facts, used);
        let verdict = if gate::refuses(&findings) {
            Verdict::Fails
        } else if findings.is_empty() {
            Verdict::Ok
        } else {
            Verdict::Findings
        };
        let entry = FileEntry::of(path, verdict, leaf);
        let thumbprint = entry.thumbprint.as_deref();
        let findings = findings.into_iter().map(|f| FileFinding::of(f, Some(path), thumbprint)).collect();
        (entry, findings)
    }
}

/// The leaves of a file: those of its keys; without keys, every certificate that issued no other one in the file.
fn leaves(certificates: &[Certificate], keys: &[KeyPair], now: Timestamp) -> Vec<Thumbprint> {
    if let [only] = certificates {
        return vec![only.thumbprint()];
    }
    let mut thumbprints: Vec<Thumbprint> = certificates
        .iter()
        .filter(|one| keys.iter().any(|key| key.public_key().bits() == one.public_key().bits()))
        .map(Certificate::thumbprint)
        .collect();
    if thumbprints.is_empty() {
        thumbprints = match find(certificates, &Wanted::default(), now) {
            Ok(found) => vec![found.chain.leaf().thumbprint()],
            Err(SearchError::SeveralLeaves { leaves }) => leaves.iter().map(Certificate::thumbprint).collect(),
            Err(_) => certificates.iter().map(Certificate::thumbprint).collect(),
        };
    }
    thumbprints.dedup();
    thumbprints
}

impl FileEntry {
    fn of(path: &Path, verdict: Verdict, leaf: &Certificate) -> Self {
        Self {
            file: path.to_owned(),
            verdict,
            thumbprint: Some(leaf.thumbprint().to_string()),
            fingerprint_sha256: Some(leaf.fingerprint().to_string()),
            subject: Some(leaf.subject().to_string()),
            not_before: Some(leaf.not_before()),
            not_after: Some(leaf.not_after()),
            error: None,
        }
    }

    /// A file of which no certificate is known, and why.
    fn without(verdict: Verdict, path: &Path, error: &Error) -> Self {
        let causes = error.causes().iter().fold(error.what().to_owned(), |text, cause| format!("{text}: {cause}"));
        let causes = error.hints().iter().fold(causes, |text, hint| format!("{text}; {hint}"));
        Self {
            file: path.to_owned(),
            verdict,
            thumbprint: None,
            fingerprint_sha256: None,
            subject: None,
            not_before: None,
            not_after: None,
            error: Some(causes),
        }
    }
}

impl FileFinding {
    fn of(finding: Finding, file: Option<&Path>, thumbprint: Option<&str>) -> Self {
        Self {
            id: finding.id.into_owned(),
            severity: finding.severity,
            file: file.map(Path::to_owned),
            thumbprint: thumbprint.map(str::to_owned),
            subject: finding.subject,
            message: finding.message,
            reason: finding.reason.into_owned(),
            remedy: finding.remedy.into_owned(),
            waived_by: finding.waived_by,
        }
    }
}
