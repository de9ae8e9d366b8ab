//! Names of a site out of an answer of the node, before it is handed on.
//!
//! A text is one of three kinds, told by its key. Plain ones hold no name (versions, hashes, states) and stay. Names are
//! replaced whole by a pseudonym, the same for the same name within one bundle. Prose is what a person wrote or the
//! system said: every name that stands anywhere in the bundle is replaced in it. A key that is not known counts as a name.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use regex::Regex;
use serde_json::Value;

use crate::cert::Fingerprint;

/// Keys whose texts hold no name of a site.
const PLAIN: &[&str] = &[
    "after",
    "at",
    "begun",
    "certificate_type",
    "code",
    "execution_policy",
    "fingerprint_sha256",
    "holds",
    "language_mode",
    "last_success",
    "made",
    "not_after",
    "not_before",
    "program_sha256",
    "provider",
    "request",
    "schedule",
    "schema",
    "sha256",
    "signature",
    "since",
    "site_clock",
    "state",
    "store",
    "store_find_type",
    "store_location",
    "store_name",
    "system",
    "system_version",
    "taken",
    "thumbprint",
    "until",
    "version",
    "written",
];

/// Keys whose texts are sentences, access lists or paths.
const PROSE: &[&str] = &[
    "absent",
    "access",
    "before",
    "causes",
    "differences",
    "file",
    "findings",
    "folder",
    "next",
    "now",
    "place",
    "share",
    "unseen",
    "unusable",
    "what",
    "why",
];

/// Keys whose texts are octets as base64: certificates, and records of a journal.
const OCTETS: &[&str] = &["authorities", "certificate", "certificates", "record", "records", "subject_der"];

/// Names that every Windows has, so that they tell nothing.
const COMMON: &[&str] = &[
    "administrators",
    "builtin",
    "contoso",
    "local service",
    "localservice",
    "localsystem",
    "network service",
    "networkservice",
    "nt authority",
    "nt service",
    "system",
    "users",
    "windows",
];

/// The shortest part of a name that is looked for in prose: shorter ones stand in ordinary words.
const SHORTEST: usize = 3;

/// Replaces the names in all answers. The salt makes that nobody can try names against the pseudonyms; it is not kept.
pub(super) fn redact(answers: &mut [Value], salt: &[u8]) {
    let mut names = BTreeSet::new();
    answers.iter().for_each(|answer| collect(answer, "", &mut names));
    let names: Vec<String> = names.into_iter().collect();
    // The longest wins, so that a name within another does not cut it up.
    let search =
        AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(&names);
    let rules = Rules { salt, search: search.ok(), by: names.iter().map(|name| pseudonym(salt, name)).collect() };
    answers.iter_mut().for_each(|answer| rules.apply(answer, ""));
}

struct Rules<'a> {
    salt: &'a [u8],
    /// Finds every name; nothing where there are too many to search for, and then no prose is let through.
    search: Option<AhoCorasick>,
    /// The pseudonym of each name.
    by: Vec<String>,
}

fn collect(value: &Value, key: &str, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| collect(value, key, names)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, names)),
        Value::String(text) if is_name(key) => {
            // The search folds ASCII letters alone.
            let telling = parts(text).filter(|part| is_telling(part));
            names.extend(telling.flat_map(|part| [part.to_owned(), part.to_lowercase(), part.to_uppercase()]));
        }
        _ => {}
    }
}

/// Returns a name and its parts: `CONTOSO\crm-svc` is also `crm-svc`, `crm01.contoso.com` is also `crm01`.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    std::iter::once(name).chain(name.split(['\\', '/', '@', '.', ',', '=', ':', ' ', '$']))
}

fn is_telling(part: &str) -> bool {
    part.len() >= SHORTEST
        && !is_sid(part)
        && !part.bytes().all(|octet| octet.is_ascii_digit())
        && !COMMON.contains(&part.to_ascii_lowercase().as_str())
}

fn is_name(key: &str) -> bool {
    !PLAIN.contains(&key) && !PROSE.contains(&key) && !OCTETS.contains(&key)
}

/// The same name in other letters has the same pseudonym: Windows does not tell them apart.
fn pseudonym(salt: &[u8], name: &str) -> String {
    let digest = Fingerprint::of(&[salt, name.to_lowercase().as_bytes()].concat()).to_string();
    format!("name-{}", digest[..10].to_ascii_lowercase())
}

impl Rules<'_> {
    fn apply(&self, value: &mut Value, key: &str) {
        match value {
            Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| self.apply(value, key)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.apply(item, key)),
            Value::String(text) if PLAIN.contains(&key) => *text = domain_sids(text),
            Value::String(text) if PROSE.contains(&key) => {
                let named = self.search.as_ref().map(|search| search.replace_all(text, &self.by));
                *text = domain_sids(&named.unwrap_or_else(|| pseudonym(self.salt, text)));
            }
            Value::String(text) if OCTETS.contains(&key) => *text = BASE64.encode(pseudonym(self.salt, text)),
            Value::String(text) if is_sid(text) => *text = domain_sids(text),
            Value::String(text) if !text.is_empty() && !COMMON.contains(&text.to_ascii_lowercase().as_str()) => {
                *text = pseudonym(self.salt, text);
            }
            _ => {}
        }
    }
}

/// An identity by its number. Those of Windows itself are the same everywhere; those of a domain lose its numbers.
fn is_sid(text: &str) -> bool {
    text.starts_with("S-1-") && text.bytes().skip(4).all(|octet| octet.is_ascii_digit() || octet == b'-')
}

/// The SID of a domain's account, up to the number of the account.
#[expect(clippy::expect_used, reason = "the pattern is a constant, and a test uses it")]
static DOMAIN_SID: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"S-1-5-21-\d+-\d+-\d+").expect("a constant"));

/// Takes the three numbers of a domain out of its SIDs; the last number, that of the account, stays.
fn domain_sids(text: &str) -> String {
    DOMAIN_SID.replace_all(text, "S-1-5-21-0-0-0").into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_name_of_the_site_is_left_and_equal_names_stay_equal() {
        let mut answers = vec![
            json!({"node": "CRM01", "schema": "s2scert.node-answer/1.0", "outcome": {"observed": {"facts": {"node": {
                "machine": "crm01", "account": "S-1-5-21-11-22-33-1104", "version": "0.1.0", "elevated": true,
                "network_identity": {"there": {"share": "\\\\fabrikam.local\\SYSVOL", "reached": false,
                    "why": "Access is denied for FABRIKAM\\crm-svc on CRM01."}}}}}}}),
            json!({"services": [{"name": "MSCRMAsyncService", "account": "FABRIKAM\\crm-svc"},
                {"name": "MSCRMAsyncService$maintenance", "account": "NT AUTHORITY\\NETWORK SERVICE"}],
                "certificates": [{"subject": "CN=crm.fabrikam.local", "thumbprint": "00FF", "access": "D:(A;;FR;;;S-1-5-21-11-22-33-1104)"}],
                "new_field_of_a_later_version": "fabrikam secret plan"}),
        ];
        redact(&mut answers, b"salt");
        let text = serde_json::to_string(&answers).unwrap_or_default();
        for name in ["fabrikam", "crm01", "crm-svc", "11-22-33", "secret plan"] {
            assert!(!text.to_lowercase().contains(name), "{name}: {text}");
        }
        assert_eq!(answers[0]["node"], answers[0]["outcome"]["observed"]["facts"]["node"]["machine"]);
        assert_eq!(answers[0]["outcome"]["observed"]["facts"]["node"]["version"], "0.1.0");
        assert_eq!(answers[1]["certificates"][0]["thumbprint"], "00FF");
        assert_eq!(answers[1]["certificates"][0]["access"], "D:(A;;FR;;;S-1-5-21-0-0-0-1104)");
        let why = &answers[0]["outcome"]["observed"]["facts"]["node"]["network_identity"]["there"]["why"];
        assert!(why.as_str().is_some_and(|why| why.starts_with("Access is denied for name-")), "{why}");
    }

    #[test]
    fn another_salt_gives_other_pseudonyms() {
        let redacted = |salt: &[u8]| {
            let mut answers = vec![json!({"node": "CRM01"})];
            redact(&mut answers, salt);
            answers.remove(0)
        };
        assert_eq!(redacted(b"one"), redacted(b"one"));
        assert_ne!(redacted(b"one"), redacted(b"two"));
    }

    /// Every key of an answer whose value is an instant stays as it is, and octets stay octets, or a bundle could not be read
    /// back.
    #[test]
    fn instants_are_plain_and_every_plain_key_exists() {
        let schema = schemars::schema_for!(crate::protocol::Answer).to_value();
        let mut keys = Keys::default();
        keys.collect(&schema);
        let torn: Vec<_> = keys.instants.iter().filter(|key| !PLAIN.contains(&key.as_str())).collect();
        assert_eq!(torn, Vec::<&String>::new());
        let octets: Vec<&str> = keys.octets.iter().map(String::as_str).filter(|key| !PLAIN.contains(key)).collect();
        assert_eq!(octets, OCTETS);
        let strange: Vec<_> = PLAIN.iter().chain(PROSE).filter(|key| !keys.all.contains(**key)).collect();
        assert_eq!(strange, Vec::<&&str>::new());
    }

    /// The names of all properties of a schema, and of those that are instants or octets.
    #[derive(Default)]
    struct Keys {
        all: BTreeSet<String>,
        instants: BTreeSet<String>,
        octets: BTreeSet<String>,
    }

    impl Keys {
        fn collect(&mut self, schema: &Value) {
            match schema {
                Value::Object(fields) => {
                    for (name, value) in fields.get("properties").and_then(Value::as_object).into_iter().flatten() {
                        self.all.insert(name.clone());
                        if value["format"] == "date-time" {
                            self.instants.insert(name.clone());
                        }
                        if [value, &value["items"]].iter().any(|form| form["contentEncoding"] == "base64") {
                            self.octets.insert(name.clone());
                        }
                    }
                    fields.values().for_each(|value| self.collect(value));
                }
                Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
                _ => {}
            }
        }
    }
}
