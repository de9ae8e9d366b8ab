//! Policies that extend others.

use std::collections::HashMap;

use super::*;
use crate::policy::{PolicyProblem, PolicyText, Severity};

fn rule(id: &str, more: &str) -> String {
    format!("[[rule]]\nid = \"{id}\"\nkind = \"chain-complete\"\nseverity = \"error\"\nwhy = \"Because.\"\n{more}\n")
}

fn policy(extends: &str, body: &str) -> String {
    let extends = if extends.is_empty() { String::new() } else { format!("extends = \"{extends}\"\n") };
    format!("{HEAD}{extends}{body}")
}

/// Parses `main.toml` of some files that stand beside each other.
fn parse_files(files: &[(&str, String)]) -> Result<Policy, PolicyError> {
    let files: HashMap<&str, &String> = files.iter().map(|(name, text)| (*name, text)).collect();
    Policy::parse(files["main.toml"], "main.toml", &mut |reference, _| {
        let text = files.get(reference).ok_or("no such file")?;
        Ok(PolicyText { source_name: reference.to_owned(), text: (*text).clone() })
    })
}

fn rule_ids(policy: &Policy) -> Vec<&str> {
    policy.rules().iter().map(|rule| rule.id()).collect()
}

#[test]
fn rules_are_inherited_replaced_and_disabled_only_when_said_so() {
    let base = (
        "base.toml",
        policy("", &[rule("a", ""), rule("b", ""), rule("c", "")].concat()).replace("\"test\"", "\"base\""),
    );
    let main = policy(
        "base.toml",
        &[
            rule("b", "replaces = true").replace("\"error\"", "\"info\""),
            rule("d", ""),
            "[[disable]]\nid = \"c\"\nreason = \"We cannot.\"\n".to_owned(),
        ]
        .concat(),
    );
    let policy = parse_files(&[base, ("main.toml", main)]).unwrap();
    assert_eq!(rule_ids(&policy), ["a", "b", "d"]);
    assert_eq!(policy.extends(), ["base"]);
    assert_eq!(policy.rules()[1].severity(), Severity::Info);
    assert_eq!([policy.rules()[0].defined_in(), policy.rules()[1].defined_in()], ["base", "test"]);
    assert_eq!((policy.disabled()[0].id.as_str(), policy.disabled()[0].reason.as_str()), ("c", "We cannot."));
}

#[test]
fn silent_changes_of_inherited_rules_are_refused() {
    let base = policy("", &rule("chain-complete", ""));
    let cases = [
        (
            rule("chain-complete", ""),
            "main.toml:5: rule \"chain-complete\": the id is taken by a rule of test; write `replaces = true`",
        ),
        (rule("x", "replaces = true"), "main.toml:5: rule \"x\": there is no inherited rule \"x\""),
        (rule("x", "") + &rule("x", ""), "main.toml:11: rule \"x\": the id is taken"),
        (rule("x", "") + &rule("x", "replaces = true"), "main.toml:11: rule \"x\": the id is taken"),
        (
            "[[disable]]\nid = \"chain-complet\"\nreason = \"r\"\n".to_owned(),
            "main.toml:5: there is no inherited rule \"chain-complet\"; did you mean \"chain-complete\"?",
        ),
        ("[[disable]]\nid = \"chain-complete\"\n".to_owned(), "main.toml:5: disable 1: missing key `reason`"),
        ("[[disable]]\nid = \"a\"\nreson = \"r\"\n".to_owned(), "unknown key \"reson\"; did you mean \"reason\"?"),
    ];
    for (body, expected) in cases {
        let files = [("base.toml", base.clone()), ("main.toml", policy("base.toml", &body))];
        let told = parse_files(&files).unwrap_err().to_string();
        assert!(told.contains(expected), "{body}\n  told:     {told}\n  expected: {expected}");
    }
}

#[test]
fn circles_long_lines_and_missing_files_are_refused() {
    let circle = parse_files(&[("a.toml", policy("main.toml", "")), ("main.toml", policy("a.toml", ""))]).unwrap_err();
    assert_eq!(
        circle.to_string(),
        "a.toml:4: policies extend each other in a circle: main.toml -> a.toml -> main.toml"
    );

    let itself = parse_files(&[("main.toml", policy("main.toml", ""))]).unwrap_err();
    assert!(matches!(*itself.problem, PolicyProblem::Circle(_)), "{itself}");

    let missing = parse_files(&[("main.toml", policy("./b.toml", ""))]).unwrap_err().to_string();
    assert_eq!(missing, "main.toml:4: cannot read \"./b.toml\", which this policy extends: no such file");

    let names: Vec<String> = (0..20).map(|n| format!("{n}.toml")).collect();
    let mut files: Vec<(&str, String)> =
        names.iter().zip(1..).map(|(name, next)| (name.as_str(), policy(&format!("{next}.toml"), ""))).collect();
    files.push(("main.toml", policy("0.toml", "")));
    let long = parse_files(&files).unwrap_err();
    assert!(matches!(*long.problem, PolicyProblem::TooMany { limit: 8, .. }), "{long}");
}

#[test]
fn names_of_shipped_policies_need_no_loader() {
    let policy_of_site = parse(&policy("production", &rule("site", ""))).unwrap();
    assert_eq!(policy_of_site.extends(), ["production", "baseline"]);
    assert!(rule_ids(&policy_of_site).ends_with(&["site"]));
    let told = parse(&policy("prodution", "")).unwrap_err().to_string();
    assert_eq!(told, "test.toml:4: there is no shipped policy \"prodution\"; did you mean \"production\"?");
}
