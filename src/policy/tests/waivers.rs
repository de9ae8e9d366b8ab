//! The life of a waiver.

use super::*;
use crate::policy::{Severity, WaiverUse};

fn waiver(rule: &str, cover: &str, until: &str) -> String {
    format!("[[waiver]]\nrule = \"{rule}\"\n{cover}\nowner = \"PKI team\"\nreason = \"Ordered.\"\nuntil = {until}\n")
}

/// A policy whose only rule every chain without a root breaks, with one waiver.
fn with_waiver(waiver: &str) -> Policy {
    let rule = "[[rule]]\nid = \"whole\"\nkind = \"chain-complete\"\nseverity = \"error\"\nwhy = \"Because.\"\n";
    parse(&format!("{HEAD}{rule}{waiver}")).unwrap()
}

/// The same certificate at every call, so that its fingerprint can be written into a waiver.
fn leaf_alone() -> Chain {
    static ALONE: LazyLock<Chain> = LazyLock::new(|| Chain::new(chain(unchanged).leaf().clone(), Vec::new()));
    ALONE.clone()
}

fn findings(policy: &Policy, now: &str) -> Vec<(String, Severity, bool)> {
    let chain = leaf_alone();
    let findings = policy.evaluate(&Facts::of_chain(now.parse().unwrap(), &chain));
    findings.iter().map(|f| (f.id.to_string(), f.severity, f.waived_by.is_some())).collect()
}

#[test]
fn a_waiver_covers_until_its_last_day_is_over_and_says_so_before() {
    let policy = with_waiver(&waiver("whole", "subject = '.*crm.*'", "2027-01-31"));
    let covered = ("whole".to_owned(), Severity::Error, true);
    let open = ("whole".to_owned(), Severity::Error, false);
    let about = |id: &str, severity| (id.to_owned(), severity, false);
    let cases = [
        ("2026-01-30T23:59:59Z", vec![open.clone(), about("waiver-too-long", Severity::Warning)]),
        ("2026-01-31T00:00:00Z", vec![covered.clone()]),
        ("2026-12-31T23:59:59Z", vec![covered.clone()]),
        ("2027-01-01T00:00:00Z", vec![covered.clone(), about("waiver-expiring", Severity::Info)]),
        ("2027-01-23T23:59:59Z", vec![covered.clone(), about("waiver-expiring", Severity::Info)]),
        ("2027-01-24T00:00:00Z", vec![covered.clone(), about("waiver-expiring", Severity::Warning)]),
        ("2027-01-31T23:59:59.999Z", vec![covered, about("waiver-expiring", Severity::Warning)]),
        ("2027-02-01T00:00:00Z", vec![open, about("waiver-expired", Severity::Warning)]),
    ];
    for (now, expected) in cases {
        assert_eq!(findings(&policy, now), expected, "{now}");
    }
}

#[test]
fn a_waiver_covers_only_its_rule_and_its_certificate() {
    let fingerprint = leaf_alone().leaf().fingerprint().to_string();
    let other = "ab".repeat(32);
    let cases = [
        ("whole", format!("fingerprint = \"{fingerprint}\""), vec![("whole", true)]),
        ("whole", format!("fingerprint = \"{other}\""), vec![("whole", false), ("waiver-unused", false)]),
        ("whole", "subject = 'CN=crm'".to_owned(), vec![("whole", false), ("waiver-unused", false)]),
        ("hole", "subject = '.*'".to_owned(), vec![("whole", false), ("waiver-unused", false)]),
    ];
    for (rule, cover, expected) in cases {
        let policy = with_waiver(&waiver(rule, &cover, "\"2026-12-01\""));
        let found = findings(&policy, "2026-07-01T00:00:00Z");
        let found: Vec<(&str, bool)> = found.iter().map(|(id, _, waived)| (id.as_str(), *waived)).collect();
        assert_eq!(found, expected, "{rule} {cover}");
    }
}

#[test]
fn a_waived_finding_stops_nothing_and_names_its_owner() {
    let policy = with_waiver(&waiver("whole", "subject = '.*'", "2026-12-01"));
    let chain = leaf_alone();
    let finding = policy.evaluate(&Facts::of_chain(now(), &chain)).remove(0);
    assert!(!finding.stops());
    let waived_by = finding.waived_by.unwrap();
    assert_eq!(
        (waived_by.owner.as_str(), waived_by.reason.as_str(), waived_by.until.as_str()),
        ("PKI team", "Ordered.", "2026-12-01")
    );
}

#[test]
fn one_use_of_many_files_is_use() {
    let mut policy = with_waiver("");
    let file = format!("format = \"1.0\"\n{}", waiver("whole", "subject = '.*crm.*'", "2026-12-01"));
    policy.add_waivers(&file, "waivers.toml").unwrap();
    let (good, bad) = (chain(unchanged), leaf_alone());
    let uses = [&good, &bad, &good].map(|chain| {
        let mut used = WaiverUse::default();
        policy.evaluate_rules(&Facts::of_chain(now(), chain), &mut used);
        used
    });
    let mut all = WaiverUse::default();
    assert_eq!(ids(&policy.waiver_findings(now(), &all)), ["waiver-unused"]);
    for used in &uses {
        all.merge(used);
    }
    assert_eq!(policy.waiver_findings(now(), &all), []);
    assert_eq!(ids(&policy.waiver_findings(now(), &uses[0])), ["waiver-unused"]);
}

#[test]
fn mistakes_in_waivers_are_told() {
    let good = waiver("whole", "subject = '.*'", "2026-12-01");
    let cases = [
        ("rule = \"whole\"\n", "", "w.toml:2: waiver 1: missing key `rule`"),
        ("owner", "ower", "w.toml:5: waiver 1: unknown key \"ower\"; did you mean \"owner\"?"),
        ("subject = '.*'", "", "w.toml:2: waiver 1: give the `fingerprint` or the `subject`"),
        (
            "subject = '.*'",
            "subject = 'a'\nfingerprint = '0000000000000000000000000000000000000000000000000000000000000000'",
            "not both",
        ),
        ("until = 2026-12-01\n", "", "w.toml:2: waiver 1: missing key `until`"),
        ("2026-12-01", "\"next year\"", "w.toml:7: waiver 1: `until`: \"next year\" is no date"),
        ("2026-12-01", "2026-12-01T00:00:00Z", "is no date"),
        ("2026-12-01", "\"2026-02-30\"", "is no date"),
        ("2026-12-01", "2026", "`until`: invalid type: integer `2026`, expected a string"),
        ("[[waiver]]", "[[rule]]", "unknown key \"rule\""),
        ("[[waiver]]", "[waiver]", "`waiver` is written as a table with two brackets"),
    ];
    for (right, wrong, expected) in cases {
        let mut policy = with_waiver("");
        let text = format!("format = \"1.0\"\n{}", good.replacen(right, wrong, 1));
        let told = policy.add_waivers(&text, "w.toml").unwrap_err().to_string();
        assert!(told.contains(expected), "{wrong:?}\n  told:     {told}\n  expected: {expected}");
    }
}
