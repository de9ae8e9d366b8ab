//! The JSON schema of policy files, made from the types that read them. Editors complete against it.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::kind::{Kind, Scope};
use super::read::{Disable, FORMAT, PolicyHeader};
use super::rule::RuleHeader;
use super::waiver::Waiver;

/// Returns the schema of a policy file (JSON Schema 2020-12).
pub(crate) fn policy_schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let mut root = object_schema::<PolicyHeader>(&mut generator);
    root["properties"]["format"]["const"] = json!(FORMAT);
    root["properties"]["rule"] = json!({
        "description": "The rules.",
        "type": "array",
        "items": { "oneOf": Kind::NAMES.iter().map(|name| rule_schema(name, &mut generator)).collect::<Vec<_>>() },
    });
    root["properties"]["disable"] =
        list("Inherited rules that are switched off.", object_schema::<Disable>(&mut generator));
    root["properties"]["waiver"] =
        list("Findings that somebody answers for, until a day.", object_schema::<Waiver>(&mut generator));
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "s2scert policy",
    });
    merge(&mut schema, root);
    // A file of waivers alone, for --waivers, has neither name nor rules.
    schema["required"] = json!(["format"]);
    schema["anyOf"] = json!([
        { "title": "policy", "required": ["name", "description"] },
        {
            "title": "waivers",
            "required": ["waiver"],
            "properties": { "name": false, "description": false, "extends": false, "rule": false, "disable": false },
        },
    ]);
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    schema["description"] =
        json!("A policy of s2scert, rules as data, or a file of waivers for --waivers. See docs/policy-reference.md.");
    schema
}

/// The keys that every rule has, together with the parameters of one kind.
fn rule_schema(name: &str, generator: &mut SchemaGenerator) -> Value {
    let mut schema = object_schema::<RuleHeader>(generator);
    if Kind::scope(name) == Some(Scope::File)
        && let Some(properties) = schema["properties"].as_object_mut()
    {
        properties.remove("applies_to");
    }
    let parameters = kind_schema(name, generator);
    let required = [&schema["required"], &parameters["required"]];
    let required: Vec<Value> = required.into_iter().filter_map(Value::as_array).flatten().cloned().collect();
    merge(&mut schema["properties"], parameters["properties"].clone());
    schema["properties"]["kind"] = json!({ "const": name, "description": "The kind of the rule." });
    schema["required"] = Value::Array(required);
    schema["title"] = json!(name);
    schema["description"] = parameters["description"].clone();
    schema
}

/// Returns the schema of the parameters of one kind, with its documentation as `description`.
pub(crate) fn kind_schema(name: &str, generator: &mut SchemaGenerator) -> Value {
    let schema = Kind::schema(name, generator).map(|schema| schema.to_value()).unwrap_or_default();
    one_line_descriptions(schema)
}

fn object_schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    one_line_descriptions(T::json_schema(generator).to_value())
}

fn list(description: &str, items: Value) -> Value {
    json!({ "description": description, "type": "array", "items": items })
}

fn merge(into: &mut Value, from: Value) {
    let (Some(into), Value::Object(from)) = (as_object(into), from) else { return };
    into.extend(from);
}

fn as_object(value: &mut Value) -> Option<&mut Map<String, Value>> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Source lines end where the page does; a reader's lines end elsewhere.
fn one_line_descriptions(mut schema: Value) -> Value {
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for property in properties.values_mut() {
            *property = one_line_descriptions(property.take());
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::policy::Policy;
    use crate::policy::shipped::SHIPPED;

    fn validator() -> jsonschema::Validator {
        jsonschema::validator_for(&policy_schema()).unwrap()
    }

    fn as_json(text: &str) -> Value {
        serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
    }

    #[test]
    fn the_schema_accepts_the_shipped_policies() {
        let validator = validator();
        for policy in &SHIPPED {
            let errors: Vec<String> =
                validator.iter_errors(&as_json(policy.text)).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", policy.name);
        }
    }

    #[test]
    fn the_schema_refuses_what_the_reader_refuses() {
        let validator = validator();
        let rule =
            "[[rule]]\nid = \"a\"\nkind = \"chain-max-length\"\nseverity = \"error\"\nwhy = \"b\"\ncertificates = 3\n";
        let head = "format = \"1.0\"\nname = \"n\"\ndescription = \"d\"\n";
        let good = format!("{head}{rule}");
        let cases = [
            (good.clone(), true),
            (good.replace("\"1.0\"", "\"2.0\""), false),
            (good.replace("certificates", "certificate"), false),
            (good.replace("chain-max-length", "chain-max"), false),
            (good.replace("id = \"a\"", "id = \"A b\""), false),
            (good.replace("why = \"b\"", "applies_to = \"leaf\"\nwhy = \"b\""), false),
            (good.replace("why = \"b\"\n", ""), false),
            (format!("{good}extra = 1\n"), false),
            (format!("extra = 1\n{good}"), false),
        ];
        for (text, accepted) in cases {
            let read = Policy::parse(&text, "test", &mut |_, _| Err("none".to_owned()));
            assert_eq!(read.is_ok(), accepted, "reader: {text}");
            assert_eq!(validator.is_valid(&as_json(&text)), accepted, "schema: {text}");
        }
    }

    #[test]
    fn a_file_of_waivers_is_one_for_the_schema_as_for_the_reader() {
        let validator = validator();
        let good = "format = \"1.0\"\n[[waiver]]\nrule = \"a\"\nsubject = \"CN=x\"\nowner = \"o\"\nreason = \"r\"\n\
                    until = \"2027-01-31\"\n";
        for (text, accepted) in [
            (good.to_owned(), true),
            (format!("name = \"n\"\n{good}"), false),
            (good.replace("owner", "onwer"), false),
            (format!("{good}[[rule]]\nid = \"a\"\n"), false),
        ] {
            let mut policy = Policy::shipped("baseline").unwrap();
            assert_eq!(policy.add_waivers(&text, "test").is_ok(), accepted, "reader: {text}");
            assert_eq!(validator.is_valid(&as_json(&text)), accepted, "schema: {text}");
        }
    }

    #[test]
    fn the_schema_in_the_repository_is_that_of_the_types() {
        let text = format!("{:#}\n", policy_schema());
        crate::current::assert_current("policies/schema.json", &text);
    }
}
