//! Policies: loading them from their name or path, and showing them.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::cert::text;
use crate::error::{Error, Kind, Result};
use crate::policy::{AppliesTo, DisabledRule, Policy, PolicyError, PolicyText, RuleExplanation, Severity, lint};
use crate::ports::Host;

/// The most that is read of a policy or waiver file; the parser's own bound lies below.
const MAX_POLICY_FILE: u64 = 4 << 20;

/// What `policy list` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct PolicyList {
    /// `s2scert.policy-list/1.0`.
    pub schema: &'static str,
    /// The shipped policies.
    pub policies: Vec<ListedPolicy>,
}

/// One shipped policy.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ListedPolicy {
    /// The name for `--policy`.
    pub name: &'static str,
    /// What it is for.
    pub description: String,
    /// How many rules are in effect.
    pub rules: usize,
}

/// What `policy show` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ShownPolicy {
    /// `s2scert.policy/1.0`.
    pub schema: &'static str,
    /// The name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The policies it extends, nearest first.
    pub extends: Vec<String>,
    /// The rules in effect, inherited ones first.
    pub rules: Vec<RuleExplanation>,
    /// The inherited rules that are switched off.
    pub disabled: Vec<DisabledRule>,
    /// The TOML of a shipped policy, to start an own one from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<&'static str>,
}

/// What `policy explain` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Explanation {
    /// `s2scert.explanation/1.0`.
    pub schema: &'static str,
    /// The id.
    pub id: String,
    /// Whether it is a policy rule or a lint.
    pub origin: String,
    /// How much it weighs.
    pub severity: Severity,
    /// What it looks for.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Where that is known from, with the confidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The certificates it looks at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<AppliesTo>,
    /// The parameters in effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<serde_json::Value>,
}

/// Loads a shipped policy, or one from a path. What looks like a path (a separator, or `.toml`) is never a shipped name.
///
/// # Errors
/// [`Kind::Unreadable`] when the file cannot be read or is no policy; the nearest shipped name for a misspelt one.
pub fn load(host: &Host, reference: &str) -> Result<Policy> {
    if !is_path(reference) {
        return Policy::shipped(reference).map_err(|e| {
            refused(e).hint(
                "one of your own is named by its path, such as ./own.toml; see the shipped ones: s2scert policy list",
            )
        });
    }
    let first = read(host, Path::new(reference))?;
    let mut loader = |path: &str, from: &str| {
        let path = path.strip_prefix("./").unwrap_or(path);
        let beside = Path::new(from).parent().map_or_else(|| PathBuf::from(path), |folder| folder.join(path));
        read(host, &beside).map_err(|e| e.to_string())
    };
    Policy::parse(&first.text, &first.source_name, &mut loader).map_err(refused)
}

/// Adds the waivers of a file to a policy.
///
/// # Errors
/// As [`load`].
pub fn add_waivers(host: &Host, policy: &mut Policy, path: &Path) -> Result<()> {
    let file = read(host, path)?;
    policy
        .add_waivers(&file.text, &file.source_name)
        .map_err(|e| Error::new(Kind::Unreadable, "the waivers cannot be used").because(e))
}

/// Lists the shipped policies.
pub fn list() -> PolicyList {
    let count = |name: &str| Policy::shipped(name).map_or(0, |policy| policy.rules().len());
    PolicyList {
        schema: "s2scert.policy-list/1.0",
        policies: Policy::list_shipped()
            .into_iter()
            .map(|(name, description)| ListedPolicy { name, description, rules: count(name) })
            .collect(),
    }
}

/// Shows a policy with everything it inherits.
///
/// # Errors
/// As [`load`].
pub fn show(host: &Host, reference: &str) -> Result<ShownPolicy> {
    let policy = load(host, reference)?;
    let rules = policy.rules().iter().filter_map(|rule| policy.explain(rule.id()).ok()).collect();
    Ok(ShownPolicy {
        schema: "s2scert.policy/1.0",
        name: policy.name().to_owned(),
        description: policy.description().to_owned(),
        extends: policy.extends().to_vec(),
        rules,
        disabled: policy.disabled().to_vec(),
        text: if is_path(reference) { None } else { Policy::shipped_text(reference) },
    })
}

/// Explains a rule of a policy, or a lint.
///
/// # Errors
/// [`Kind::Usage`] when neither has that id; as [`load`].
pub fn explain(host: &Host, reference: &str, id: &str) -> Result<Explanation> {
    const SCHEMA: &str = "s2scert.explanation/1.0";
    let policy = load(host, reference)?;
    // `issue` asks another policy than the others do, so a finding's rule may stand in any of them.
    let elsewhere = || {
        let shipped = Policy::list_shipped().into_iter().filter_map(|(name, _)| Policy::shipped(name).ok());
        shipped.filter_map(|policy| policy.explain(id).ok()).next()
    };
    match policy.explain(id).or_else(|unknown| elsewhere().ok_or(unknown)) {
        Ok(rule) => Ok(Explanation {
            schema: SCHEMA,
            origin: format!("rule of policy {}", rule.defined_in),
            id: rule.id,
            severity: rule.severity,
            what: rule.docs,
            why: rule.why,
            remedy: None,
            source: rule.source,
            applies_to: rule.applies_to,
            parameters: Some(rule.parameters),
        }),
        Err(unknown) => {
            let lint = lint::find(id).ok_or_else(|| {
                let error = Error::new(Kind::Usage, "no rule or lint has this id")
                    .at(id)
                    .because(unknown)
                    .hint("docs/lint-reference.md lists the lints; see the rules: s2scert policy show NAME");
                match lint::nearest(id) {
                    Some(name) => error.hint(format!("the nearest lint is {name}")),
                    None => error,
                }
            })?;
            Ok(Explanation {
                schema: SCHEMA,
                id: lint.id.to_owned(),
                origin: "lint of inspect --lint".to_owned(),
                severity: lint.severity(),
                what: lint.title.to_owned(),
                why: lint.reason.to_owned(),
                remedy: Some(lint.remedy.to_owned()),
                source: Some(lint.source.to_owned()),
                applies_to: None,
                parameters: None,
            })
        }
    }
}

/// Returns whether a reference is a path and not the name of a shipped policy.
pub(super) fn is_path(reference: &str) -> bool {
    reference.contains(['/', '\\']) || reference.ends_with(".toml")
}

fn read(host: &Host, path: &Path) -> Result<PolicyText> {
    let bytes = host.files.read(path, MAX_POLICY_FILE)?;
    let text = text::decode(&bytes)
        .map_err(|e| Error::new(Kind::Unreadable, "the file is not text").at(path.display()).because(e))?;
    Ok(PolicyText { source_name: path.display().to_string(), text: text.to_string() })
}

fn refused(error: PolicyError) -> Error {
    Error::new(Kind::Unreadable, "the policy cannot be used").because(error)
}
