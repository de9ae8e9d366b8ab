//! `check`: files and folders against a policy, on all cores, with memory that does not grow with their number.
//!
//! Paths come from the walk one by one and are worked on in batches; each result goes to the sink in the order of the walk
//! and is forgotten.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rayon::prelude::*;

pub use super::check_report::{ChainExpiry, CheckReport, FileEntry, FileFinding, Summary, Verdict};
use super::check_subjects::{SubjectHash, Subjects};
use super::gate::{self, Gate};
use super::passwords::{InputPasswords, Source};
use super::source::{self, Input};
use crate::cert::chain::{SearchError, Wanted, find};
use crate::cert::pfx::Target;
use crate::cert::{Certificate, KeyPair, Password, Thumbprint};
use crate::error::{Error, ExitCode, Result};
use crate::policy::{Facts, Severity, WaiverUse};
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

/// Tells of a file whether it need not be read, because what it holds is known. Asked on all cores.
pub type Skip<'a> = &'a (dyn Fn(&Path) -> bool + Sync);

/// The schema of [`CheckReport`].
pub const SCHEMA: &str = "s2scert.check/1.0";

/// The end of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The name of the policy.
    pub policy: String,
    /// The numbers.
    pub summary: Summary,
    /// Findings about the waivers, and about the run as a whole.
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
    check_but(host, options, &|_| false, sink)
}

/// As [`check`], without the files of which `skip` says that they are known. Nothing is told of those.
///
/// # Errors
/// As [`check`].
pub fn check_but(host: &Host, options: &Options, skip: Skip<'_>, sink: &mut dyn Sink) -> Result<Outcome> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let passwords = InputPasswords::collect(host, &options.passwords)?;
    let mut run = Run {
        host,
        skip,
        gate: &gate,
        passwords: passwords.known(),
        target: options.target,
        now,
        summary: Summary::default(),
        used: WaiverUse::default(),
        subjects: Subjects::default(),
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
    let at_the_end = gate.waiver_findings(now, &run.used).into_iter().chain(run.subjects.at_the_end());
    Ok(Outcome {
        policy: gate.name().to_owned(),
        summary: run.summary,
        waivers: at_the_end.map(|finding| FileFinding::of(finding, None, None)).collect(),
    })
}

struct Run<'a> {
    host: &'a Host,
    skip: Skip<'a>,
    gate: &'a Gate,
    passwords: &'a [Password],
    target: Option<Target>,
    now: Timestamp,
    summary: Summary,
    used: WaiverUse,
    subjects: Subjects,
}

/// A leaf with its verdict.
struct Judged {
    entry: FileEntry,
    findings: Vec<FileFinding>,
    /// What tells whether another file has a leaf with this subject.
    subject: Option<(SubjectHash, Thumbprint)>,
}

/// What one file came to.
enum Checked {
    Leaves(Vec<Judged>, WaiverUse),
    Unreadable(FileEntry),
    PassedOver(FileEntry),
    Skipped,
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
                Checked::Skipped => {}
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
                    for mut leaf in leaves {
                        self.compare_subject(&mut leaf);
                        let Judged { entry, findings, .. } = leaf;
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

    fn compare_subject(&mut self, leaf: &mut Judged) {
        let Some((hash, thumbprint)) = leaf.subject else { return };
        let subject = leaf.entry.subject.as_deref().unwrap_or_default();
        if let Some(finding) = self.subjects.take(hash, thumbprint, subject, &leaf.entry.file) {
            if leaf.entry.verdict == Verdict::Ok {
                leaf.entry.verdict = Verdict::Findings;
            }
            let (file, thumbprint) = (Some(leaf.entry.file.as_path()), leaf.entry.thumbprint.as_deref());
            leaf.findings.push(FileFinding::of(finding, file, thumbprint));
        }
    }

    /// Checks one file. A file in a folder that holds no certificate is passed over; one that was named is not.
    fn one(&self, path: &Path, named: bool) -> Checked {
        if (self.skip)(path) {
            return Checked::Skipped;
        }
        let unreadable = |e: &Error| Checked::Unreadable(FileEntry::without(Verdict::Unreadable, path, e));
        let passed_over = |e: &Error| Checked::PassedOver(FileEntry::without(Verdict::PassedOver, path, e));
        let input = match source::read(self.host, path, self.passwords) {
            Ok(input) => input,
            Err(e) if !named && !source::is_named_as_certificate(path) && source::is_foreign(&e) => {
                return passed_over(&e);
            }
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
    ) -> Judged {
        let wanted = Wanted { key: None, leaf: Some(leaf) };
        let found = match find(certificates, &wanted, self.now) {
            Ok(found) => found,
            Err(e) => {
                let error = Error::new(crate::error::Kind::Unreadable, "no chain can be told").because(e);
                let entry = FileEntry::without(Verdict::Unreadable, path, &error);
                return Judged { entry, findings: Vec::new(), subject: None };
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
        let mut entry = FileEntry::of(path, verdict, leaf);
        entry.expiry = Some(ChainExpiry::of(&found.chain));
        let thumbprint = entry.thumbprint.as_deref();
        let findings = findings.into_iter().map(|f| FileFinding::of(f, Some(path), thumbprint)).collect();
        Judged { entry, findings, subject: SubjectHash::of(leaf).map(|hash| (hash, leaf.thumbprint())) }
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
