//! Rules as data, lint, and the findings of both. Pure: `now` is an argument, nothing is opened.
//!
//! [`Facts`] go in, [`Finding`]s come out of [`Policy::evaluate`]: all of them, never only the first.
//!
//! | file | holds |
//! |---|---|
//! | `access`, `farm`, `truth` | what is wrong with access to a key, a description, a farm |
//! | `facts` | everything a rule may look at |
//! | `policy` | a set of rules, inheritance, evaluation |
//! | `rule`, `kind` | one rule; the kinds, each with its parameters and its check |
//! | `waiver` | findings that somebody answers for, until a day |
//! | `read`, `error` | TOML to policy, and what is said of mistakes |
//! | `values`, `view`, `report` | parameters as types; a certificate decoded once; breaches on their way to findings |
//! | `symptom` | error texts and codes, with their likely causes |
//! | `schema`, `reference` | the JSON schema and `docs/policy-reference.md`, made from the types |
//! | `shipped` | the policies in `policies/`, embedded |

pub mod access;
mod error;
pub mod facts;
pub mod farm;
pub mod finding;
mod kind;
pub mod lint;
#[expect(clippy::module_inception, reason = "the room is named after its noun")]
mod policy;
mod read;
mod reference;
mod report;
mod rule;
mod schema;
mod shipped;
pub mod store;
pub mod symptom;
pub mod truth;
mod values;
mod view;
mod waiver;

#[cfg(test)]
mod tests;

pub use error::{PolicyError, PolicyProblem};
pub use facts::{ChainProblem, Facts, KeyFacts, PfxEncryption, PfxFacts, PfxMac, PfxOrder, Stage, Target};
pub use finding::{Finding, Severity, WaivedBy};
pub use policy::{DisabledRule, Loader, Policy, PolicyText, RuleExplanation};
pub use reference::policy_reference;
pub use rule::{AppliesTo, Confidence, Rule};
pub use waiver::{Waiver, WaiverUse};
