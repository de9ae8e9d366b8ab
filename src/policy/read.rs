//! Policy text to policy. Dispatch on `kind` is made by hand, so that each mistake is told with its rule, its line and the
//! nearest key that would have been right.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::error::{PolicyError, PolicyProblem, nearest, shown};
use super::kind::{Kind, Scope, fields_of};
use super::rule::{Rule, RuleHeader, RuleId, Sentence};
use super::waiver::Waiver;
use crate::farm::reading::{tidy, value_spans};

/// The largest policy text, in bytes. The shipped ones have about ten thousand.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// The most rules of one file: each may hold a compiled pattern.
const MAX_RULES: usize = 200;
/// The most waivers of one file.
const MAX_WAIVERS: usize = 1000;

/// The format that this program writes and reads.
pub(crate) const FORMAT: &str = "1.0";

/// The head of a policy file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyHeader {
    /// The version of the file format: "1.0".
    #[expect(dead_code, reason = "looked at before anything else is read")]
    format: String,
    /// The name of the policy.
    pub(crate) name: Sentence,
    /// What the policy is for.
    pub(crate) description: Sentence,
    /// The policy whose rules are taken over: the name of a shipped one, or a path, which contains a separator or ends in `.toml`.
    #[serde(default)]
    pub(crate) extends: Option<String>,
}

/// An inherited rule that is switched off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disable {
    /// The id of the inherited rule.
    pub(crate) id: RuleId,
    /// Why it is switched off here.
    pub(crate) reason: Sentence,
}

/// What one policy file says, before inheritance is resolved.
pub(crate) struct PolicyFile {
    pub(crate) header: PolicyHeader,
    pub(crate) extends_line: Option<usize>,
    pub(crate) disable: Vec<(Disable, usize)>,
    pub(crate) rules: Vec<ReadRule>,
    pub(crate) waivers: Vec<Waiver>,
}

/// A rule with its place in the file.
pub(crate) struct ReadRule {
    pub(crate) rule: Rule,
    pub(crate) replaces: bool,
    pub(crate) line: usize,
}

/// A text that is being read, for error messages.
pub(crate) struct Reader<'t> {
    pub(crate) source_name: &'t str,
    pub(crate) text: &'t str,
}

impl<'t> Reader<'t> {
    /// Reads a policy.
    pub(crate) fn policy(&self) -> Result<PolicyFile, PolicyError> {
        let mut root = self.root()?;
        let rules = self.tables(&mut root, "rule", MAX_RULES)?;
        let disable = self.tables(&mut root, "disable", MAX_RULES)?;
        let waivers = self.waivers(&mut root)?;
        let extends_line = root.get_ref().get("extends").map(|value| self.line(value.span().start));
        self.known_keys(&root, None, &[fields_of::<PolicyHeader>(), &["rule", "disable", "waiver"]])?;
        let header: PolicyHeader = self.decode(root, None)?;
        let disable = disable
            .into_iter()
            .enumerate()
            .map(|(index, table)| {
                let line = self.line(table.span().start);
                let part = Some(format!("disable {}", index + 1));
                self.known_keys(&table, part.as_deref(), &[fields_of::<Disable>()])?;
                Ok((self.decode(table, part)?, line))
            })
            .collect::<Result<_, _>>()?;
        let rules = rules
            .into_iter()
            .enumerate()
            .map(|(index, table)| self.rule(table, index, &header.name.0))
            .collect::<Result<_, _>>()?;
        Ok(PolicyFile { header, extends_line, disable, rules, waivers })
    }

    /// Reads a file that holds waivers only.
    pub(crate) fn waiver_file(&self) -> Result<Vec<Waiver>, PolicyError> {
        let mut root = self.root()?;
        let waivers = self.waivers(&mut root)?;
        self.known_keys(&root, None, &[&["format", "waiver"]])?;
        Ok(waivers)
    }

    /// Reads the TOML and refuses formats that this program does not know, before anything else is judged.
    fn root(&self) -> Result<Spanned<DeTable<'t>>, PolicyError> {
        if self.text.len() > MAX_BYTES {
            return Err(self.error(None, None, PolicyProblem::TooLarge { bytes: self.text.len(), limit: MAX_BYTES }));
        }
        let root = DeTable::parse(self.text).map_err(|error| {
            let line = error.span().map(|span| self.line(span.start));
            self.error(line, None, PolicyProblem::Malformed(format!("not TOML: {}", tidy(error.message()))))
        })?;
        let format = root.get_ref().get("format");
        let line = format.map(|value| self.line(value.span().start));
        check_format(format.and_then(|value| value.get_ref().as_str()))
            .map_err(|problem| self.error(line, None, PolicyProblem::Format(problem)))?;
        Ok(root)
    }

    fn tables(
        &self,
        root: &mut Spanned<DeTable<'t>>,
        key: &'static str,
        limit: usize,
    ) -> Result<Vec<Spanned<DeTable<'t>>>, PolicyError> {
        let Some(value) = root.get_mut().remove(key) else { return Ok(Vec::new()) };
        let line = self.line(value.span().start);
        let wrong = || {
            let problem = format!("`{key}` is written as a table with two brackets: [[{key}]]");
            self.error(Some(line), None, PolicyProblem::Malformed(problem))
        };
        let DeValue::Array(array) = value.into_inner() else { return Err(wrong()) };
        if array.len() > limit {
            return Err(self.error(Some(line), None, PolicyProblem::TooMany { what: key, limit }));
        }
        DeArray::into_iter(array)
            .map(|element| {
                let span = element.span();
                match element.into_inner() {
                    DeValue::Table(table) => Ok(Spanned::new(span, table)),
                    _ => Err(wrong()),
                }
            })
            .collect()
    }

    fn rule(&self, mut table: Spanned<DeTable<'t>>, index: usize, policy: &str) -> Result<ReadRule, PolicyError> {
        let span = table.span();
        let line = self.line(span.start);
        let text = |table: &Spanned<DeTable<'_>>, key: &str| {
            table.get_ref().get(key).and_then(|value| value.get_ref().as_str()).map(str::to_owned)
        };
        let part = match text(&table, "id") {
            Some(id) => format!("rule {:?}", shown(&id)),
            None => format!("rule {}", index + 1),
        };
        let part = Some(part);
        let Some(kind) = text(&table, "kind") else {
            let problem = PolicyProblem::Malformed("missing key `kind`, as text".to_owned());
            return Err(self.error(Some(line), part, problem));
        };
        let Some(scope) = Kind::scope(&kind) else {
            let nearest = nearest(&kind, Kind::NAMES.iter().copied());
            let line = table.get_ref().get("kind").map_or(line, |value| self.line(value.span().start));
            return Err(self.error(Some(line), part, PolicyProblem::UnknownKind { kind: shown(&kind), nearest }));
        };
        self.known_keys(&table, part.as_deref(), &[Kind::fields(&kind), fields_of::<RuleHeader>()])?;
        let mut header = DeTable::new();
        for key in fields_of::<RuleHeader>() {
            if let Some((key, value)) = table.get_mut().remove_entry(*key) {
                header.insert(key, value);
            }
        }
        if scope == Scope::File
            && let Some((key, _)) = header.get_key_value("applies_to")
        {
            let problem =
                format!("`applies_to` has no meaning here: {kind} looks at the file, not at single certificates");
            return Err(self.error(Some(self.line(key.span().start)), part, PolicyProblem::Malformed(problem)));
        }
        let header: RuleHeader = self.decode(Spanned::new(span, header), part.clone())?;
        let spans = value_spans(&table);
        let Some(kind) = Kind::read(&kind, table) else {
            return Err(self.error(Some(line), part, PolicyProblem::UnknownKind { kind, nearest: None }));
        };
        let kind = kind.map_err(|error| self.wrong_value(&error, &spans, line, part))?;
        let rule = Rule {
            id: header.id.0,
            severity: header.severity,
            why: header.why.0,
            source: header.source,
            confidence: header.confidence,
            applies_to: header.applies_to.unwrap_or_default(),
            remedy: header.remedy.map(|remedy| remedy.0),
            defined_in: policy.to_owned(),
            kind,
        };
        Ok(ReadRule { rule, replaces: header.replaces, line })
    }

    fn waivers(&self, root: &mut Spanned<DeTable<'t>>) -> Result<Vec<Waiver>, PolicyError> {
        let tables = self.tables(root, "waiver", MAX_WAIVERS)?;
        let read = |(index, mut table): (usize, Spanned<DeTable<'t>>)| {
            let part = Some(format!("waiver {}", index + 1));
            let line = self.line(table.span().start);
            self.known_keys(&table, part.as_deref(), &[fields_of::<Waiver>()])?;
            // TOML has dates of its own; people write them with and without quotes.
            if let Some(until) = table.get_mut().get_mut("until")
                && let DeValue::Datetime(date) = until.get_ref()
            {
                *until.get_mut() = DeValue::String(date.to_string().into());
            }
            let waiver: Waiver = self.decode(table, part.clone())?;
            waiver.validate().map_err(|problem| self.error(Some(line), part, PolicyProblem::Malformed(problem)))?;
            Ok(waiver)
        };
        tables.into_iter().enumerate().map(read).collect()
    }

    fn known_keys(
        &self,
        table: &Spanned<DeTable<'_>>,
        part: Option<&str>,
        known: &[&[&'static str]],
    ) -> Result<(), PolicyError> {
        // The table keeps its keys sorted; the first in the file is the one to tell.
        let unknown = table.get_ref().keys().filter(|key| !known.concat().contains(&key.get_ref().as_ref()));
        let Some(key) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let nearest = nearest(key.get_ref(), known.concat());
        let problem = PolicyProblem::UnknownKey { key: shown(key.get_ref()), nearest };
        Err(self.error(Some(self.line(key.span().start)), part.map(str::to_owned), problem))
    }

    fn decode<T: for<'de> Deserialize<'de>>(
        &self,
        table: Spanned<DeTable<'_>>,
        part: Option<String>,
    ) -> Result<T, PolicyError> {
        let line = self.line(table.span().start);
        let spans = value_spans(&table);
        T::deserialize(Deserializer::from(table)).map_err(|error| self.wrong_value(&error, &spans, line, part))
    }

    /// Names the key whose value the TOML reader refused: its message has the value only.
    fn wrong_value(
        &self,
        error: &toml::de::Error,
        spans: &[(String, Range<usize>)],
        line: usize,
        part: Option<String>,
    ) -> PolicyError {
        let at = error.span();
        let key =
            at.as_ref().and_then(|at| spans.iter().find(|(_, span)| span.start <= at.start && at.end <= span.end));
        let message = tidy(error.message());
        let message = key.map_or_else(|| message.clone(), |(key, _)| format!("`{key}`: {message}"));
        let line = key.and(at).map_or(line, |at| self.line(at.start));
        self.error(Some(line), part, PolicyProblem::Malformed(message))
    }

    pub(crate) fn error(&self, line: Option<usize>, part: Option<String>, problem: PolicyProblem) -> PolicyError {
        PolicyError { source_name: self.source_name.to_owned(), line, part, problem: Box::new(problem) }
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

fn check_format(format: Option<&str>) -> Result<(), String> {
    let Some(format) = format else {
        return Err(format!("the file does not say its format; write: format = {FORMAT:?}"));
    };
    if format == FORMAT {
        return Ok(());
    }
    let number = |text: &str| (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then_some(());
    let shown = shown(format);
    match format.split_once('.').map(|(major, minor)| (number(major), number(minor))) {
        // Format 1.0 is the first, so any other version is a later one.
        Some((Some(()), Some(()))) => Err(format!(
            "the file has format {shown}, which is newer than {FORMAT}, the newest that this s2scert reads; use a newer s2scert"
        )),
        _ => Err(format!("{shown:?} is no format version; write: format = {FORMAT:?}")),
    }
}
