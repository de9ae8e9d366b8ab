//! Why a text is not a policy: which file, which line, which rule, and the nearest thing that would have been right.

use std::fmt;

use crate::farm::reading::did_you_mean;
pub(crate) use crate::farm::reading::{nearest, shown};

/// Why a policy or a waiver file was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct PolicyError {
    /// The name of the text, as the caller gave it: a path, or `production (shipped)`.
    pub source_name: String,
    /// The line, counted from 1; `None` where no single line is at fault.
    pub line: Option<usize>,
    /// The id of the rule or the position of the waiver at fault: `rule "key-is-rsa"`.
    pub part: Option<String>,
    /// What is wrong.
    pub problem: Box<PolicyProblem>,
}

/// What is wrong with a policy text.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyProblem {
    /// The text is larger than any sensible policy.
    #[error("the file has {bytes} bytes; a policy may have {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// There are more rules, waivers or steps of inheritance than allowed.
    #[error("more than {limit} {what}")]
    TooMany {
        /// Of what there are too many.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The text is not TOML, or a value is not of the right form.
    #[error("{0}")]
    Malformed(String),
    /// The format is newer than this program, or no format at all.
    #[error("{0}")]
    Format(String),
    /// A key that has no meaning here.
    #[error("unknown key {key:?}{}", did_you_mean(nearest))]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that is most like it.
        nearest: Option<String>,
    },
    /// A rule kind that does not exist.
    #[error("there is no rule kind {kind:?}{}", did_you_mean(nearest))]
    UnknownKind {
        /// The kind.
        kind: String,
        /// The known kind that is most like it.
        nearest: Option<String>,
    },
    /// A rule, a shipped policy or a rule to disable that does not exist.
    #[error("there is no {what} {name:?}{}", did_you_mean(nearest))]
    Unknown {
        /// What was looked for: `rule`, `shipped policy`.
        what: &'static str,
        /// The name.
        name: String,
        /// The known name that is most like it.
        nearest: Option<String>,
    },
    /// Two rules with one id.
    #[error(
        "the id is taken by a rule of {by}; write `replaces = true` to replace an inherited rule, or choose another id"
    )]
    Duplicate {
        /// Where the other rule stands.
        by: String,
    },
    /// A policy in which no rule is in effect.
    #[error("no rule is in effect, so everything would pass; write a [[rule]], or extends = \"baseline\"")]
    NoRules,
    /// A policy that extends itself.
    #[error("policies extend each other in a circle: {0}")]
    Circle(String),
    /// A policy that is extended cannot be read.
    #[error("cannot read {reference:?}, which this policy extends: {reason}")]
    Unreadable {
        /// The text after `extends`.
        reference: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source_name)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(part) = &self.part {
            write!(f, ": {part}")?;
        }
        write!(f, ": {}", self.problem)
    }
}
