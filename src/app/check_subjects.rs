//! Whether two leaves of one run of `check` have one subject. Windows finds the S2S certificate by its whole subject, so
//! two such certificates stand in each other's way as soon as both are in a store, whatever files they came in.
//!
//! Memory is bounded: for each subject a hash of its normalised form, the first leaf's thumbprint and its file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::cert::{Certificate, Thumbprint};
use crate::policy::{Finding, Severity};

/// Subjects that are remembered: some ten megabytes. Later ones are still compared with these, but not with one another.
const MAX_SUBJECTS: usize = 1 << 16;

/// A hash of a subject in which everything is left out that some software does not see: letter case, string types, spaces.
/// Equal hashes are names that are the same, or may be taken for the same.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct SubjectHash(u64, u64);

/// The first leaf of each subject.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    first: HashMap<SubjectHash, (Thumbprint, PathBuf)>,
    not_remembered: u64,
}

impl SubjectHash {
    /// Hashes the subject of a leaf; an empty subject, which many certificates may have, has none.
    pub(super) fn of(leaf: &Certificate) -> Option<Self> {
        let subject = leaf.subject();
        let half = |start: u8| {
            let mut hasher = DefaultHasher::new();
            start.hash(&mut hasher);
            subject.normalised_key().hash(&mut hasher);
            hasher.finish()
        };
        (!subject.is_empty()).then(|| Self(half(0), half(1)))
    }
}

impl Subjects {
    /// Takes a leaf, and returns a finding where another certificate before it had its subject.
    pub(super) fn take(
        &mut self,
        hash: SubjectHash,
        thumbprint: Thumbprint,
        subject: &str,
        file: &Path,
    ) -> Option<Finding> {
        let is_full = self.first.len() >= MAX_SUBJECTS;
        match self.first.entry(hash) {
            Entry::Occupied(known) => {
                let (first, first_file) = known.get();
                (*first != thumbprint).then(|| shared(subject, (thumbprint, file), (*first, first_file)))
            }
            Entry::Vacant(_) if is_full => {
                self.not_remembered += 1;
                None
            }
            Entry::Vacant(free) => {
                free.insert((thumbprint, file.to_owned()));
                None
            }
        }
    }

    /// Returns what is to be said at the end of the run: that not all were compared with one another, where that is so.
    pub(super) fn at_the_end(&self) -> Option<Finding> {
        (self.not_remembered > 0).then(|| Finding {
            id: "subjects-not-all-compared".into(),
            severity: Severity::Info,
            subject: "all files".to_owned(),
            message: format!(
                "{} leaves were compared with the first {MAX_SUBJECTS} subjects only, not with one another",
                self.not_remembered
            ),
            reason: "The subjects that are remembered are bounded, so that memory stays flat.".into(),
            remedy: "check the folders one by one".into(),
            waived_by: None,
        })
    }
}

fn shared(subject: &str, this: (Thumbprint, &Path), first: (Thumbprint, &Path)) -> Finding {
    Finding {
        id: "subject-shared-across-files".into(),
        severity: Severity::Warning,
        subject: "leaf".to_owned(),
        message: format!(
            "{} in {} and {} in {} are two certificates with one subject: {subject}",
            first.0,
            first.1.display(),
            this.0,
            this.1.display()
        ),
        reason: "Windows finds the S2S certificate by its whole subject. With both in a store it takes the wrong one, or says \
                 'Private key not found'."
            .into(),
        remedy: "keep one of the two on the servers, and give each new certificate a subject of its own, with a generation"
            .into(),
        waived_by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thumbprint(number: usize) -> Thumbprint {
        Thumbprint::of(&number.to_be_bytes())
    }

    #[test]
    fn beyond_the_bound_nothing_is_remembered_and_that_is_said() {
        let mut subjects = Subjects::default();
        let file = Path::new("a.cer");
        for number in 0..MAX_SUBJECTS {
            assert!(subjects.take(SubjectHash(number as u64, 0), thumbprint(number), "CN=a", file).is_none());
        }
        assert!(subjects.at_the_end().is_none());
        for again in 0..2 {
            let unknown = SubjectHash(u64::MAX, 0);
            assert!(subjects.take(unknown, thumbprint(MAX_SUBJECTS + again), "CN=b", file).is_none());
        }
        assert_eq!(subjects.first.len(), MAX_SUBJECTS);
        let said = subjects.at_the_end().map(|finding| finding.message);
        assert!(said.is_some_and(|text| text.starts_with("2 leaves were compared with the first 65536 subjects only")));
        let known = subjects.take(SubjectHash(7, 0), thumbprint(MAX_SUBJECTS), "CN=a", Path::new("b.cer"));
        let message = known.map(|finding| finding.message).unwrap_or_default();
        assert!(message.contains("a.cer") && message.contains("b.cer"), "{message}");
        assert!(subjects.take(SubjectHash(7, 0), thumbprint(7), "CN=a", Path::new("c.cer")).is_none());
    }
}
