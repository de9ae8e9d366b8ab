//! Policy text: mistakes are told, never a panic; what is read evaluates, explains itself, and reads the same twice.

#![no_main]

use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use s2scert::cert::{Certificate, Chain};
use s2scert::policy::{Facts, Policy, PolicyText};

static CHAIN: LazyLock<Chain> = LazyLock::new(|| {
    let leaf = Certificate::from_der(include_bytes!("../seeds/container/leaf.cer")).expect("the seed is a certificate");
    Chain::new(leaf, Vec::new())
});
static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-22T12:00:00Z".parse().expect("an instant"));

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let facts = Facts::of_chain(*NOW, &CHAIN);
    let mut production = Policy::shipped("production").expect("a shipped policy");
    match production.add_waivers(text, "waivers.toml") {
        Ok(()) => drop(production.evaluate(&facts)),
        Err(error) => drop(error.to_string()),
    }
    // What is extended by path is the text itself, under another name each time: a chain of policies without an end.
    let mut depth = 0;
    let mut loader = |_: &str, _: &str| {
        depth += 1;
        Ok(PolicyText { source_name: format!("{depth}.toml"), text: text.to_owned() })
    };
    let policy = match Policy::parse(text, "policy.toml", &mut loader) {
        Ok(policy) => policy,
        Err(error) => return drop(error.to_string()),
    };
    let findings = policy.evaluate(&facts);
    for rule in policy.rules() {
        let explanation = policy.explain(rule.id()).expect("a rule is explained");
        serde_json::to_string(&explanation).expect("an explanation is JSON");
    }
    for finding in &findings {
        assert!(!finding.message.is_empty() && !finding.remedy.is_empty(), "{finding:?}");
    }
    let mut no_paths = |_: &str, _: &str| Err("once is enough".to_owned());
    if let Ok(again) = Policy::parse(text, "policy.toml", &mut no_paths) {
        assert_eq!(again.evaluate(&facts), findings);
    }
});
