//! What can be told of kinds and rules: `s2scert policy explain` and `docs/policy-reference.md`.

use std::fmt::Write as _;

use schemars::SchemaGenerator;
use serde_json::Value;

use super::kind::{Kind, Scope};
use super::policy::RuleExplanation;
use super::rule::Rule;
use super::schema::kind_schema;
use super::values::word;

/// Explains one rule.
pub(crate) fn explain(rule: &Rule) -> RuleExplanation {
    let name = rule.kind.name();
    RuleExplanation {
        id: rule.id.clone(),
        kind: name.to_owned(),
        severity: rule.severity,
        why: rule.why.clone(),
        source: rule.source.clone(),
        confidence: rule.confidence,
        applies_to: (Kind::scope(name) == Some(Scope::Certificate)).then_some(rule.applies_to),
        parameters: rule.kind.parameters(),
        docs: describe(&kind_schema(name, &mut SchemaGenerator::default())).to_owned(),
        defined_in: rule.defined_in.clone(),
    }
}

/// Returns the reference of kinds and shipped policies as Markdown.
pub fn policy_reference() -> String {
    let mut out = String::from(HEAD);
    out.push_str("\n## Kinds of rule\n");
    for name in Kind::NAMES {
        let mut generator = SchemaGenerator::default();
        let schema = kind_schema(name, &mut generator);
        let definitions = generator.take_definitions(true);
        let about = match Kind::scope(name) {
            Some(Scope::Certificate) => "Looks at single certificates (`applies_to`).",
            Some(Scope::File) | None => "Looks at the file.",
        };
        // Writing to a String cannot fail.
        let _ = write!(out, "\n### `{name}`\n\n{} {about}\n", describe(&schema));
        if let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty()) {
            out.push_str("\n| parameter | value | default | meaning |\n|---|---|---|---|\n");
            for (key, property) in properties {
                let required = schema["required"].as_array().is_some_and(|list| list.iter().any(|name| name == key));
                let default = match property.get("default") {
                    _ if required => "required".to_owned(),
                    Some(Value::Null) | None => "none".to_owned(),
                    Some(default) => format!("`{default}`"),
                };
                let value = cell(&value_text(property, &definitions));
                let _ = writeln!(out, "| `{key}` | {value} | {default} | {} |", cell(describe(property)));
            }
        }
    }
    out.push_str("\n## Shipped policies\n");
    for (name, description) in super::Policy::list_shipped() {
        let _ = write!(out, "\n### `{name}`\n\n{description}\n");
        let Ok(policy) = super::Policy::shipped(name) else { continue };
        if let Some(base) = policy.extends().first() {
            let _ = write!(out, "\nExtends `{base}`, whose rules hold too unless they are named here.\n");
        }
        for disabled in policy.disabled() {
            let _ = write!(out, "\n- `{}` is switched off: {}\n", disabled.id, disabled.reason);
        }
        for rule in policy.rules().iter().filter(|rule| rule.defined_in == name) {
            out.push_str(&rule_text(rule));
        }
    }
    out
}

fn rule_text(rule: &Rule) -> String {
    let explanation = explain(rule);
    let mut text = format!("\n#### `{}`\n\n", rule.id);
    let mut facts = vec![format!("severity **{}**", word(&rule.severity)), format!("kind `{}`", explanation.kind)];
    facts.extend(explanation.applies_to.map(|applies_to| format!("applies to `{}`", word(&applies_to))));
    let _ = writeln!(text, "{}.", facts.join(", "));
    if let Some(parameters) = explanation.parameters.as_object().filter(|parameters| !parameters.is_empty()) {
        let parameters: Vec<String> = parameters.iter().map(|(key, value)| format!("`{key}` = `{value}`")).collect();
        let _ = writeln!(text, "Parameters: {}.", parameters.join(", "));
    }
    let _ = write!(text, "\n{}\n", rule.why);
    if let Some(source) = &rule.source {
        let confidence = rule.confidence.map_or_else(String::new, |confidence| format!(" ({})", word(&confidence)));
        let _ = write!(text, "\nSource: {source}{confidence}.\n");
    }
    text
}

const HEAD: &str = "# Policy reference

Made from the source code and from `policies/`; do not edit. `policies/README.md` tells how to write a policy.

Severities: an `error` stops the command with exit code 3 unless it is waived; a `warning` works today, or on most servers;
an `info` is worth knowing. Confidence says how sure the source of a rule is: `documented` by the vendor or a standard,
`seen-in-code` that somebody runs, `practice` of administrators, `inferred` from the facts around it.

## What `check` looks at

Each file is judged by itself. Of the certificates in one file the leaf is judged together with the chain that the same file
holds: the certificate of the file's private key, else the one that issued no other in the file. So:

- a single `.crt` or `.cer` has no chain, even where its issuers lie beside it in the folder: rules about the chain, such as
  `chain-complete`, find it incomplete. Put leaf, intermediates and root into one file (`s2scert import`, or one PEM), or check the PFX;
- a file that holds only a root or an intermediate is judged as if it were a leaf: rules for leaves that an authority's
  certificate cannot fulfil are found. Check the files of the S2S certificate, or keep those of authorities in another folder;
- in a folder a file without a certificate is passed over and counted; one that was named, one that is damaged, and one that
  bears the name of a certificate (`.cer`, `.pfx`, ...) and is none, is unreadable (exit code 4);
- two different certificates with one subject, in whatever files of the run, give the warning `subject-shared-across-files`.
  65,536 subjects are remembered; further leaves are compared with those only, and `subjects-not-all-compared` says so.
";

fn describe(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Says in words what values a schema allows.
fn value_text(schema: &Value, definitions: &serde_json::Map<String, Value>) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/$defs/");
        return definitions.get(name).map_or_else(|| name.to_owned(), |schema| value_text(schema, definitions));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            let choices = choices.iter().filter(|choice| choice["type"] != "null");
            let texts: Vec<String> = choices.map(|choice| value_text(choice, definitions)).collect();
            return texts.join(", ");
        }
    }
    if let Some(value) = schema["const"].as_str() {
        return format!("`{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        let texts: Vec<String> = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
        return texts.join(", ");
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("array") => format!("list of: {}", value_text(&schema["items"], definitions)),
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let texts: Vec<String> =
                properties.map(|(key, schema)| format!("`{key}`: {}", value_text(schema, definitions))).collect();
            format!("table of {}", texts.join(", "))
        }
        Some("string") => "text".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("boolean") => "`true`, `false`".to_owned(),
        _ => "value".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_the_repository_is_that_of_the_types() {
        crate::current::assert_current("docs/policy-reference.md", &policy_reference());
    }

    #[test]
    fn every_kind_and_every_parameter_is_explained() {
        for name in Kind::NAMES {
            let schema = kind_schema(name, &mut SchemaGenerator::default());
            assert!(describe(&schema).ends_with('.'), "{name} has no documentation");
            let properties = schema["properties"].as_object().cloned().unwrap_or_default();
            let mut names: Vec<&str> = properties.keys().map(String::as_str).collect();
            let mut fields = Kind::fields(name).to_vec();
            names.sort_unstable();
            fields.sort_unstable();
            assert_eq!(names, fields, "{name}: the schema and the reader know different parameters");
            for (key, property) in &properties {
                assert!(describe(property).ends_with('.'), "{name}.{key} has no documentation");
            }
        }
    }
}
