//! A policy: rules, waivers, and the pure function from facts to findings.

use std::borrow::Cow;
use std::cmp::Reverse;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::{PolicyError, PolicyProblem, nearest};
use super::facts::Facts;
use super::finding::{Finding, Severity};
use super::read::{PolicyFile, ReadRule, Reader};
use super::report::{Place, Report, Violation};
use super::rule::{AppliesTo, Confidence, Rule};
use super::shipped;
use super::view::CertificateView;
use super::waiver::{self, Waiver, WaiverUse};

/// How many policies may extend one another.
const MAX_DEPTH: usize = 8;

/// A set of rules under a name.
#[derive(Clone, Debug)]
pub struct Policy {
    name: String,
    description: String,
    extends: Vec<String>,
    rules: Vec<Rule>,
    disabled: Vec<DisabledRule>,
    waivers: Vec<Waiver>,
}

/// An inherited rule that a policy has switched off.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct DisabledRule {
    /// The id of the rule.
    pub id: String,
    /// Why it is switched off.
    pub reason: String,
    /// The policy that did so.
    pub by: String,
}

/// The text of a policy and the name under which errors speak of it.
#[derive(Clone, Debug)]
pub struct PolicyText {
    /// A path, or any other name that tells two texts apart.
    pub source_name: String,
    /// The TOML.
    pub text: String,
}

/// Fetches the text of a policy named by path in `extends`: the path as written, and the name of the text that wrote it.
/// The error is one sentence.
pub type Loader<'a> = dyn FnMut(&str, &str) -> Result<PolicyText, String> + 'a;

/// Everything that can be told about one rule.
#[derive(Clone, Debug, JsonSchema, PartialEq, Serialize)]
pub struct RuleExplanation {
    /// The id of the rule.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// How much a breach weighs.
    pub severity: Severity,
    /// Why the rule exists.
    pub why: String,
    /// Where that is written down.
    pub source: Option<String>,
    /// How sure the source is.
    pub confidence: Option<Confidence>,
    /// The certificates that are looked at; `None` where the rule looks at the file.
    pub applies_to: Option<AppliesTo>,
    /// The parameters in effect, defaults included.
    pub parameters: serde_json::Value,
    /// What rules of this kind do.
    pub docs: String,
    /// The policy in which the rule stands.
    pub defined_in: String,
}

impl Policy {
    /// Reads a policy. `source_name` is how errors call the text; `loader` fetches what it extends by path.
    ///
    /// # Errors
    /// [`PolicyError`] with file, line and rule when the text is not a policy of a format that is known here, or when what it
    /// extends cannot be read.
    pub fn parse(text: &str, source_name: &str, loader: &mut Loader<'_>) -> Result<Self, PolicyError> {
        let policy = Self::parse_below(text, source_name, loader, &mut Vec::new())?;
        if policy.rules.is_empty() {
            return Err(Reader { source_name, text }.error(None, None, PolicyProblem::NoRules));
        }
        Ok(policy)
    }

    /// Returns a policy that is shipped with the program.
    ///
    /// # Errors
    /// [`PolicyProblem::Unknown`] with the nearest name when none has this name.
    pub fn shipped(name: &str) -> Result<Self, PolicyError> {
        let no_paths = &mut |_: &str, _: &str| Err("shipped policies extend shipped policies only".to_owned());
        let source = shipped::find(name).ok_or_else(|| PolicyError {
            source_name: "s2scert".to_owned(),
            line: None,
            part: None,
            problem: Box::new(unknown("shipped policy", name, shipped::SHIPPED.iter().map(|policy| policy.name))),
        })?;
        Self::parse(source.text, &source.source_name(), no_paths)
    }

    /// Returns the names of the shipped policies, each with what it is for.
    pub fn list_shipped() -> Vec<(&'static str, String)> {
        let names = shipped::SHIPPED.iter().map(|policy| policy.name);
        names.filter_map(|name| Some((name, Self::shipped(name).ok()?.description))).collect()
    }

    /// Returns the text of a shipped policy, for copying.
    pub fn shipped_text(name: &str) -> Option<&'static str> {
        shipped::find(name).map(|policy| policy.text)
    }

    /// Adds the waivers of a waiver file.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn add_waivers(&mut self, text: &str, source_name: &str) -> Result<(), PolicyError> {
        self.waivers.extend(Reader { source_name, text }.waiver_file()?);
        Ok(())
    }

    /// Returns all findings: those of the rules as [`Policy::evaluate_rules`] sorts them, then those about waivers.
    pub fn evaluate(&self, facts: &Facts<'_>) -> Vec<Finding> {
        let mut used = WaiverUse::default();
        let mut findings = self.evaluate_rules(facts, &mut used);
        findings.extend(self.waiver_findings(facts.now, &used));
        findings
    }

    /// Returns every breach of every rule: heaviest first, then by place in the file, then in the order of the rules.
    pub fn evaluate_rules(&self, facts: &Facts<'_>, used: &mut WaiverUse) -> Vec<Finding> {
        let views: Vec<CertificateView<'_>> =
            (0..facts.chain.certificates().len()).map(|position| CertificateView::new(facts, position)).collect();
        let mut report = Report::default();
        let mut breaches: Vec<(&Rule, Violation)> = Vec::new();
        for rule in &self.rules {
            for view in views.iter().filter(|view| rule.applies_to.covers(view)) {
                rule.kind.check_certificate(view, facts, &mut report);
            }
            rule.kind.check_file(&views, facts, &mut report);
            breaches.extend(report.violations.drain(..).map(|violation| (rule, violation)));
        }
        breaches.sort_by_key(|(rule, violation)| (Reverse(rule.severity), violation.place));
        breaches
            .into_iter()
            .map(|(rule, violation)| {
                let view = match violation.place {
                    Place::Certificate(position) => views.get(position).or_else(|| views.first()),
                    Place::Key | Place::KeyBag | Place::File => views.first(),
                };
                let waived_by = view.and_then(|view| waiver::cover(&self.waivers, &rule.id, view, facts.now, used));
                Finding {
                    id: Cow::Owned(rule.id.clone()),
                    severity: rule.severity,
                    subject: violation.place.describe(facts),
                    message: violation.message,
                    reason: Cow::Owned(rule.why.clone()),
                    remedy: rule.remedy.clone().map_or(violation.remedy, Cow::Owned),
                    waived_by,
                }
            })
            .collect()
    }

    /// Returns the findings about the waivers themselves, after all files of a run: `waiver-expired`, `waiver-expiring`,
    /// `waiver-too-long`, `waiver-unused`.
    pub fn waiver_findings(&self, now: Timestamp, used: &WaiverUse) -> Vec<Finding> {
        waiver::findings(&self.waivers, &self.rules, now, used)
    }

    /// Explains one rule.
    ///
    /// # Errors
    /// [`PolicyProblem::Unknown`] with the nearest id when the policy has no such rule.
    pub fn explain(&self, id: &str) -> Result<RuleExplanation, PolicyError> {
        let rule = self.rules.iter().find(|rule| rule.id == id).ok_or_else(|| PolicyError {
            source_name: self.name.clone(),
            line: None,
            part: None,
            problem: Box::new(unknown("rule", id, self.rules.iter().map(Rule::id))),
        })?;
        Ok(super::reference::explain(rule))
    }

    /// Returns the JSON schema of policy files, for editors.
    pub fn json_schema() -> serde_json::Value {
        super::schema::policy_schema()
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns what the policy is for.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns the names of the policies that this one extends, nearest first.
    pub fn extends(&self) -> &[String] {
        &self.extends
    }

    /// Returns the rules in effect, inherited ones first.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Returns the inherited rules that are switched off.
    pub fn disabled(&self) -> &[DisabledRule] {
        &self.disabled
    }

    fn parse_below(
        text: &str,
        source_name: &str,
        loader: &mut Loader<'_>,
        stack: &mut Vec<String>,
    ) -> Result<Self, PolicyError> {
        let reader = Reader { source_name, text };
        let file = reader.policy()?;
        stack.push(source_name.to_owned());
        let base = match &file.header.extends {
            Some(reference) => Some(Self::parse_base(&reader, reference, file.extends_line, loader, stack)?),
            None => None,
        };
        stack.pop();
        Self::combine(&reader, file, base)
    }

    fn parse_base(
        reader: &Reader<'_>,
        reference: &str,
        line: Option<usize>,
        loader: &mut Loader<'_>,
        stack: &mut Vec<String>,
    ) -> Result<Self, PolicyError> {
        let fail = |problem| reader.error(line, None, problem);
        let base = if is_path(reference) {
            loader(reference, reader.source_name).map_err(|reason| {
                fail(PolicyProblem::Unreadable { reference: super::error::shown(reference), reason })
            })?
        } else {
            let known = || unknown("shipped policy", reference, shipped::SHIPPED.iter().map(|policy| policy.name));
            let policy = shipped::find(reference).ok_or_else(|| fail(known()))?;
            PolicyText { source_name: policy.source_name(), text: policy.text.to_owned() }
        };
        if stack.contains(&base.source_name) {
            stack.push(base.source_name);
            return Err(fail(PolicyProblem::Circle(stack.join(" -> "))));
        }
        if stack.len() >= MAX_DEPTH {
            return Err(fail(PolicyProblem::TooMany { what: "policies that extend one another", limit: MAX_DEPTH }));
        }
        Self::parse_below(&base.text, &base.source_name, loader, stack)
    }

    fn combine(reader: &Reader<'_>, file: PolicyFile, base: Option<Self>) -> Result<Self, PolicyError> {
        let name = file.header.name.0;
        let mut policy = Self {
            name: name.clone(),
            description: file.header.description.0,
            extends: Vec::new(),
            rules: Vec::new(),
            disabled: Vec::new(),
            waivers: Vec::new(),
        };
        if let Some(base) = base {
            policy.extends.push(base.name);
            policy.extends.extend(base.extends);
            policy.rules = base.rules;
            policy.disabled = base.disabled;
            policy.waivers = base.waivers;
        }
        for (disable, line) in file.disable {
            let id = disable.id.0;
            let Some(position) = policy.rules.iter().position(|rule| rule.id == id) else {
                let problem = unknown("inherited rule", &id, policy.rules.iter().map(Rule::id));
                return Err(reader.error(Some(line), None, problem));
            };
            policy.rules.remove(position);
            policy.disabled.push(DisabledRule { id, reason: disable.reason.0, by: name.clone() });
        }
        let inherited = policy.rules.len();
        for ReadRule { rule, replaces, line } in file.rules {
            let fail = |problem| Err(reader.error(Some(line), Some(format!("rule {:?}", rule.id)), problem));
            let taken = policy.rules.iter().position(|other| other.id == rule.id);
            match taken {
                Some(position) if replaces && position < inherited => policy.rules[position] = rule,
                Some(position) => {
                    return fail(PolicyProblem::Duplicate { by: policy.rules[position].defined_in.clone() });
                }
                None if replaces => {
                    let problem = unknown("inherited rule", &rule.id, policy.rules.iter().map(Rule::id));
                    return fail(problem);
                }
                None => policy.rules.push(rule),
            }
        }
        policy.waivers.extend(file.waivers);
        Ok(policy)
    }
}

/// What stands after `extends` is a path when it looks like one; all else is the name of a shipped policy.
fn is_path(reference: &str) -> bool {
    reference.contains(['/', '\\']) || reference.ends_with(".toml")
}

fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> PolicyProblem {
    PolicyProblem::Unknown { what, name: super::error::shown(name), nearest: nearest(name, known) }
}
