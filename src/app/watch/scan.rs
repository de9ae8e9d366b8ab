//! Looking at files: the scan of `check`, with what is known from earlier runs left out.
//!
//! A file is not read again when its stamp, the rules by which it was judged and their version are the same, and it was judged
//! less than a day ago. What is kept of it is only what can have something to say within that day, so that the memory of a
//! run does not grow with the number of certificates that have years to live.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::check::{self, FileEntry, FileFinding, Sink, Verdict};
use super::super::gate::Gate;
use super::globs::Named;
use super::places::Places;
use crate::cert::Fingerprint;
use crate::error::Result;
use crate::policy::Severity;
use crate::ports::{FileStamp, Host};
use crate::store::WatchStore;
use crate::store::watch::KnownFile;
use crate::watch::Level;
use crate::watch::facts::{CertificateFacts, Facts, Kind, MOST_PLACES, Rules, Trouble, Violation, may_matter};
use crate::watch::succession::{merged, silenced, succeed};

/// How long what a file showed is believed without reading it.
const BELIEVED: SignedDuration = SignedDuration::from_hours(23);
/// A file written less than so long before it was looked at may be written again without another stamp.
const RACY: SignedDuration = SignedDuration::from_secs(3);
/// How many files are noted with one write.
const FLUSH: usize = 2_000;
/// The most certificates that are spoken of by name; of more the most urgent.
pub(super) const MOST_CERTIFICATES: usize = 10_000;
/// The most files that are spoken of because they cannot be read.
const MOST_UNREADABLE: usize = 100;
/// Rules about time: the ladder speaks of that, once.
pub(super) const OF_TIME: [&str; 3] = ["remaining-life", "remaining-life-critical", "valid-now"];

/// What a scan has seen.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) facts: Facts,
    /// Certificates, those of known files among them.
    pub(super) certificates: u64,
    /// Files that were read.
    pub(super) read: u64,
    /// Files that were known.
    pub(super) known: u64,
    /// Files that could not be read.
    pub(super) unreadable: u64,
    /// Said where the memory of the files cannot be used.
    pub(super) notes: Vec<String>,
    /// SHA-256 of the certificate that the row of the farm names.
    pub(super) registered: Option<String>,
}

impl Scan {
    /// Adds what was seen in places that are no files, and says of whom nobody is told any more.
    pub(super) fn add(&mut self, seen: Places, rules: &Rules, now: Timestamp) {
        self.certificates += seen.certificates.len() as u64;
        self.unreadable += seen.unseen;
        self.registered = seen.registered;
        self.notes.extend(seen.notes);
        self.facts.troubles.extend(seen.troubles);
        let mut all = std::mem::take(&mut self.facts.certificates);
        all.extend(seen.certificates);
        let mut all = merged(all);
        succeed(&mut all, now);
        self.notes.extend(silenced(&all, rules, now));
        let ahead = rules.times.longest(&rules.freezes);
        all.retain(|one| !one.violations.is_empty() || may_matter(one.not_before, one.expiry, rules, ahead, now));
        self.facts.certificates = all;
    }
}

/// What is kept of a file.
#[derive(Deserialize, Serialize)]
struct Kept {
    /// How many certificates it holds.
    certificates: u64,
    /// Those that may have something to say.
    facts: Vec<CertificateFacts>,
}

/// Looks at everything. Without a store nothing is known and nothing is noted.
///
/// # Errors
/// When the policy, the waivers or a password cannot be read.
pub(super) fn scan(
    host: &Host,
    options: &check::Options,
    rules: &Rules,
    store: Option<&mut WatchStore>,
    now: Timestamp,
) -> Result<Scan> {
    let digest = digest(host, options, rules)?;
    let mut scan = Scan::default();
    let known = match store.as_deref().map(WatchStore::files) {
        Some(Ok(files)) => files,
        Some(Err(error)) => {
            scan.notes.push(format!("every file is read again: {error}"));
            HashMap::new()
        }
        None => HashMap::new(),
    };
    let looked = Looked::default();
    let named = Named::of(host, &options.paths);
    let options = &check::Options { paths: named.roots(), ..options.clone() };
    let skip = |path: &Path| !named.means(path) || looked.is_known(host, path, &known, &digest, now);
    let ahead = rules.times.longest(&rules.freezes);
    let mut collector = Collector {
        now,
        rules,
        ahead,
        digest: &digest,
        looked: &looked,
        store,
        scan,
        pending: HashMap::new(),
        found: BTreeMap::new(),
    };
    let outcome = check::check_but(host, options, &skip, &mut collector)?;
    collector.flush(0);
    for (path, kept) in looked.hits() {
        collector.scan.known += 1;
        collector.scan.certificates += kept.certificates;
        kept.facts.into_iter().for_each(|facts| collector.found(facts, &path));
    }
    let gone: Vec<String> = known.keys().filter(|path| !looked.seen(path)).cloned().collect();
    if let Some(Err(error)) = collector.store.as_deref_mut().map(|store| store.keep_files(&[], &gone)) {
        collector.scan.notes.push(format!("the memory of the files cannot be written: {error}"));
    }
    for pattern in named.unmet() {
        collector.scan.unreadable += 1;
        collector.scan.facts.troubles.push(Trouble {
            kind: Kind::Unreadable,
            about: pattern.to_owned(),
            level: Level::Warning,
            message: format!("{pattern}: no file has such a name"),
            remedy: "put the files back, or take the pattern out of what is watched".to_owned(),
        });
    }
    for finding in
        outcome.waivers.iter().filter(|one| one.severity >= Severity::Warning && one.id.starts_with("waiver-"))
    {
        collector.scan.facts.troubles.push(Trouble {
            kind: Kind::Waiver,
            about: finding.subject.clone(),
            level: Level::Warning,
            message: format!("{}: {}", finding.subject, finding.message),
            remedy: finding.remedy.clone(),
        });
    }
    Ok(collector.finish())
}

/// By what files are judged: the policy with its waivers, the ladder, the number of passwords, the version of the program.
fn digest(host: &Host, options: &check::Options, rules: &Rules) -> Result<String> {
    let gate = Gate::load(host, &options.gate)?;
    let text = format!("{}\n{:?}\n{rules:?}\n{:?}", env!("CARGO_PKG_VERSION"), gate.policy(), options.passwords);
    Ok(Fingerprint::of(text.as_bytes()).to_string())
}

/// What was found out about files before they were read.
#[derive(Default)]
struct Looked(Mutex<LookedInner>);

#[derive(Default)]
struct LookedInner {
    hits: Vec<(String, Kept)>,
    stamps: HashMap<PathBuf, FileStamp>,
    seen: HashSet<String>,
}

impl Looked {
    fn inner(&self) -> std::sync::MutexGuard<'_, LookedInner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_known(
        &self,
        host: &Host,
        path: &Path,
        known: &HashMap<String, KnownFile>,
        rules: &str,
        now: Timestamp,
    ) -> bool {
        let Some(text) = path.to_str() else { return false };
        let Ok(Some(stamp)) = host.files.stamp(path) else { return false };
        let before = known.get(text).filter(|one| {
            let age = now.duration_since(one.judged);
            one.stamp == stamp && one.rules == rules && !age.is_negative() && age < BELIEVED
        });
        let kept = before.and_then(|one| serde_json::from_str::<Kept>(&one.body).ok());
        let mut inner = self.inner();
        if known.contains_key(text) {
            inner.seen.insert(text.to_owned());
        }
        if let Some(kept) = kept {
            inner.hits.push((text.to_owned(), kept));
            return true;
        }
        // One that was written just now can be written again within the same instant.
        if now.duration_since(stamp.written) > RACY {
            inner.stamps.insert(path.to_owned(), stamp);
        }
        false
    }

    fn hits(&self) -> Vec<(String, Kept)> {
        let mut hits = std::mem::take(&mut self.inner().hits);
        hits.sort_by(|a, b| a.0.cmp(&b.0));
        hits
    }

    fn stamp(&self, path: &Path) -> Option<FileStamp> {
        self.inner().stamps.remove(path)
    }

    fn seen(&self, path: &str) -> bool {
        self.inner().seen.contains(path)
    }
}

/// Takes the results of `check` and keeps what may matter.
struct Collector<'a> {
    now: Timestamp,
    rules: &'a Rules,
    ahead: SignedDuration,
    digest: &'a str,
    looked: &'a Looked,
    store: Option<&'a mut WatchStore>,
    scan: Scan,
    pending: HashMap<PathBuf, Kept>,
    found: BTreeMap<String, CertificateFacts>,
}

impl Sink for Collector<'_> {
    fn take(&mut self, entry: FileEntry, findings: Vec<FileFinding>) -> Result<()> {
        let path = entry.file.display().to_string();
        if entry.verdict == Verdict::Unreadable {
            self.scan.unreadable += 1;
            self.pending.remove(&entry.file);
            self.unreadable(path, entry.error.unwrap_or_default());
            return Ok(());
        }
        if !self.pending.contains_key(&entry.file) {
            self.scan.read += 1;
            self.flush(FLUSH);
        }
        let kept =
            self.pending.entry(entry.file.clone()).or_insert_with(|| Kept { certificates: 0, facts: Vec::new() });
        let Some(facts) = facts_of(&entry, &findings) else { return Ok(()) };
        self.scan.certificates += 1;
        kept.certificates += 1;
        let matters = !facts.violations.is_empty()
            || may_matter(facts.not_before, facts.expiry, self.rules, self.ahead, self.now);
        if matters {
            kept.facts.push(facts.clone());
            self.found(facts, &path);
        }
        Ok(())
    }
}

impl Collector<'_> {
    /// Notes what was read, where more than `most` files wait for it.
    fn flush(&mut self, most: usize) {
        if self.pending.len() <= most {
            return;
        }
        let mut read = Vec::with_capacity(self.pending.len());
        for (path, kept) in self.pending.drain() {
            let (Some(stamp), Some(text), Ok(body)) =
                (self.looked.stamp(&path), path.to_str(), serde_json::to_string(&kept))
            else {
                continue;
            };
            read.push((text.to_owned(), KnownFile { stamp, rules: self.digest.to_owned(), judged: self.now, body }));
        }
        if let Some(Err(error)) = self.store.as_deref_mut().map(|store| store.keep_files(&read, &[])) {
            self.scan.notes.push(format!("the memory of the files cannot be written: {error}"));
            self.store = None;
        }
    }

    fn found(&mut self, facts: CertificateFacts, place: &str) {
        let known = self
            .found
            .entry(facts.fingerprint.clone())
            .or_insert_with(|| CertificateFacts { places: Vec::new(), ..facts.clone() });
        if facts.expiry < known.expiry {
            (known.expiry, known.limited_by) = (facts.expiry, facts.limited_by);
        }
        known.violations.extend(facts.violations);
        known.violations.sort();
        known.violations.dedup();
        if known.places.len() < MOST_PLACES {
            known.places.push(place.to_owned());
        } else {
            known.more_places += 1;
        }
        if self.found.len() > 2 * MOST_CERTIFICATES {
            self.shorten();
        }
    }

    /// Keeps the most urgent.
    fn shorten(&mut self) {
        let mut all: Vec<CertificateFacts> = std::mem::take(&mut self.found).into_values().collect();
        all.sort_by_key(|one| one.expiry);
        all.truncate(MOST_CERTIFICATES);
        self.found = all.into_iter().map(|one| (one.fingerprint.clone(), one)).collect();
    }

    fn unreadable(&mut self, path: String, why: String) {
        let troubles = &mut self.scan.facts.troubles;
        if troubles.len() < MOST_UNREADABLE {
            troubles.push(Trouble {
                kind: Kind::Unreadable,
                about: path.clone(),
                level: Level::Warning,
                message: format!("{path} cannot be read: {why}"),
                remedy: format!("see why: s2scert inspect {path}"),
            });
        }
    }

    fn finish(mut self) -> Scan {
        if self.found.len() > MOST_CERTIFICATES {
            self.shorten();
        }
        let more = self.scan.unreadable.saturating_sub(MOST_UNREADABLE as u64);
        if more > 0 {
            self.scan.facts.troubles.push(Trouble {
                kind: Kind::Unreadable,
                about: "more files".to_owned(),
                level: Level::Warning,
                message: format!("{more} more files cannot be read"),
                remedy: "see them all: s2scert check FOLDER".to_owned(),
            });
        }
        self.scan.facts.certificates = self.found.into_values().collect();
        self.scan
    }
}

fn facts_of(entry: &FileEntry, findings: &[FileFinding]) -> Option<CertificateFacts> {
    let expiry = entry.expiry.as_ref()?;
    let breaks = |one: &&FileFinding| {
        one.severity == Severity::Error && one.waived_by.is_none() && !OF_TIME.contains(&one.id.as_str())
    };
    let violation = |one: &FileFinding| Violation { rule: one.id.clone(), message: one.message.clone() };
    Some(CertificateFacts {
        fingerprint: entry.fingerprint_sha256.clone()?,
        thumbprint: entry.thumbprint.clone()?,
        subject: entry.subject.clone()?,
        not_before: entry.not_before?,
        not_after: entry.not_after?,
        expiry: expiry.at,
        limited_by: expiry.limited_by.clone(),
        places: Vec::new(),
        more_places: 0,
        violations: findings.iter().filter(breaks).map(violation).collect(),
        successor: None,
    })
}
