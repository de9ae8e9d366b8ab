//! One rule: what it is called, how much it weighs, why it exists, what it looks at.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Severity;
use super::kind::Kind;
use super::view::CertificateView;

/// What every rule has, whatever its kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleHeader {
    /// The name of the rule, unique in the policy and never reused: lower-case words with hyphens.
    pub(crate) id: RuleId,
    /// The kind, which decides what other keys the rule has.
    #[expect(dead_code, reason = "looked at before the rest is read")]
    kind: String,
    /// How much a breach weighs; `error` stops the command with exit code 3.
    pub(crate) severity: Severity,
    /// Why the rule exists, in a sentence that an auditor can quote.
    pub(crate) why: Sentence,
    /// Where that is written down: a document, an RFC section, an article.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// How sure the source is.
    #[serde(default)]
    pub(crate) confidence: Option<Confidence>,
    /// The certificates that are looked at; the leaf if this is not given. Only for kinds that look at single certificates.
    #[serde(default)]
    pub(crate) applies_to: Option<AppliesTo>,
    /// What to do, instead of the advice that belongs to the kind.
    #[serde(default)]
    pub(crate) remedy: Option<Sentence>,
    /// Says that an inherited rule with this id is meant to be replaced.
    #[serde(default)]
    pub(crate) replaces: bool,
}

/// The identifier of a rule: lower-case words of letters and digits, joined by single hyphens.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength" = 64))]
pub(crate) struct RuleId(pub(crate) String);

/// What findings about waivers are called; rules may not be called so.
pub(crate) const WAIVER_PREFIX: &str = "waiver-";

impl TryFrom<String> for RuleId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if text.len() > 64 || !text.split('-').all(word) {
            let text = super::error::shown(&text);
            return Err(format!("{text:?} is no rule id: use lower-case words with hyphens, at most 64 characters"));
        }
        if text.starts_with(WAIVER_PREFIX) {
            return Err(format!("{text:?} is no rule id: {WAIVER_PREFIX}... is kept for findings about waivers"));
        }
        Ok(Self(text))
    }
}

/// A text that is not empty.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1))]
pub(crate) struct Sentence(pub(crate) String);

impl TryFrom<String> for Sentence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.trim().is_empty() { Err("the text is empty".to_owned()) } else { Ok(Self(text)) }
    }
}

/// How sure the source of a rule is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// The vendor or a standard says so.
    Documented,
    /// Seen in public code that somebody runs.
    SeenInCode,
    /// Told by practitioners.
    Practice,
    /// Concluded from the facts around it.
    Inferred,
}

/// The certificates of a chain that a rule looks at.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppliesTo {
    /// The first certificate, self-signed or not.
    #[default]
    Leaf,
    /// Those between leaf and root.
    Intermediate,
    /// The self-signed certificate at the end of a chain of two or more.
    Root,
    /// The leaf and those between: all whose signature is relied on.
    BelowRoot,
    /// Every certificate.
    All,
}

impl AppliesTo {
    /// Returns whether the rule looks at this certificate.
    pub(crate) fn covers(self, view: &CertificateView<'_>) -> bool {
        match self {
            Self::Leaf => view.position == 0,
            Self::Intermediate => view.position > 0 && !view.is_root,
            Self::Root => view.is_root,
            Self::BelowRoot => !view.is_root,
            Self::All => true,
        }
    }
}

/// One rule of a policy.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(crate) id: String,
    pub(crate) severity: Severity,
    pub(crate) why: String,
    pub(crate) source: Option<String>,
    pub(crate) confidence: Option<Confidence>,
    pub(crate) applies_to: AppliesTo,
    pub(crate) remedy: Option<String>,
    pub(crate) defined_in: String,
    pub(crate) kind: Kind,
}

impl Rule {
    /// Returns the identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name of the kind.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// Returns how much a breach weighs.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Returns why the rule exists.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Returns the name of the policy in which the rule stands, which may be an inherited one.
    pub fn defined_in(&self) -> &str {
        &self.defined_in
    }
}
