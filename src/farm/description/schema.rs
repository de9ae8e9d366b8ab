//! The JSON schema of farm.toml, made from the types that read it. Editors complete against it.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::nouns::{
    CertificateWish, Consumer, Freeze, Head, Identity, Node, Organization, SharePoint, Ssh, Thresholds, UpdateCrm,
    Watcher, Window,
};
use super::read::FORMAT;
use super::unattended::Unattended;

/// Returns the schema of a farm.toml (JSON Schema 2020-12).
#[must_use]
pub fn farm_schema() -> Schema {
    let mut generator = SchemaGenerator::default();
    let mut schema = Head::json_schema(&mut generator).to_value();
    schema["properties"]["format"]["const"] = json!(FORMAT);
    let singles = [
        ("certificate", generator.subschema_for::<CertificateWish>()),
        ("thresholds", generator.subschema_for::<Thresholds>()),
        ("update_crm", generator.subschema_for::<UpdateCrm>()),
        ("watcher", generator.subschema_for::<Watcher>()),
        ("unattended", generator.subschema_for::<Unattended>()),
        ("ssh", generator.subschema_for::<Ssh>()),
    ];
    let lists = [
        ("node", generator.subschema_for::<Node>()),
        ("identity", generator.subschema_for::<Identity>()),
        ("organization", generator.subschema_for::<Organization>()),
        ("sharepoint", generator.subschema_for::<SharePoint>()),
        ("consumer", generator.subschema_for::<Consumer>()),
        ("window", generator.subschema_for::<Window>()),
        ("freeze", generator.subschema_for::<Freeze>()),
    ];
    for (key, one) in singles {
        schema["properties"][key] = one.to_value();
    }
    for (key, one) in lists {
        schema["properties"][key] = json!({ "type": "array", "items": one.to_value() });
    }
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("s2scert farm");
    schema["description"] =
        json!("A farm of Dynamics 365 (on-premises) and the SharePoint farms that trust it. See docs/farm.md.");
    schema["$defs"] = Value::Object(generator.take_definitions(true));
    let Value::Object(fields) = schema else { return Schema::default() };
    fields.into()
}
