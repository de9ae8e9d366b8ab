//! What one rule says of one certificate or file, before it becomes a finding.

use std::borrow::Cow;

use super::facts::Facts;
use super::view::CertificateView;

/// A breach of one rule.
pub(crate) struct Violation {
    /// What it is about.
    pub(crate) place: Place,
    /// What was seen, in one sentence with the values.
    pub(crate) message: String,
    /// What to do.
    pub(crate) remedy: Cow<'static, str>,
}

/// What a violation is about, in the order in which findings are shown.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// The certificate at this position of the chain.
    Certificate(usize),
    /// The private key.
    Key,
    /// The bag of the private key in a PFX.
    KeyBag,
    /// The file as a whole.
    File,
}

impl Place {
    /// Returns the words that a person reads.
    pub(crate) fn describe(self, facts: &Facts<'_>) -> String {
        match self {
            Self::Certificate(0) => "leaf".to_owned(),
            Self::Certificate(position) => match facts.chain.certificates().get(position) {
                Some(certificate) => format!("certificate {} ({})", position + 1, certificate.subject()),
                None => format!("certificate {}", position + 1),
            },
            Self::Key => "private key".to_owned(),
            Self::KeyBag => "key bag".to_owned(),
            Self::File => "file".to_owned(),
        }
    }
}

/// Collects the violations of one rule.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) violations: Vec<Violation>,
}

impl Report {
    /// Adds a violation by one certificate.
    pub(crate) fn certificate(
        &mut self,
        view: &CertificateView<'_>,
        message: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) {
        self.add(Place::Certificate(view.position), message, remedy);
    }

    /// Adds a violation.
    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<Cow<'static, str>>) {
        self.violations.push(Violation { place, message: message.into(), remedy: remedy.into() });
    }
}
