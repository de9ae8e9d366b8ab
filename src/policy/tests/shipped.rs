//! The policies that come with the program.

use super::*;
use crate::policy::Target;
use crate::policy::shipped::SHIPPED;

/// Evaluates a shipped policy in the middle of the certificate's life.
fn findings(policy: &str, chain: &Chain, seen: Seen) -> Vec<String> {
    let mut facts = Facts::of_chain(now(), chain);
    seen(&mut facts);
    ids(&Policy::shipped(policy).unwrap().evaluate(&facts)).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_rule_of_every_shipped_policy_names_its_source_and_how_sure_it_is() {
    assert_eq!(Policy::list_shipped().len(), SHIPPED.len());
    for shipped in &SHIPPED {
        let policy = Policy::shipped(shipped.name).unwrap();
        assert_eq!(policy.name(), shipped.name);
        for rule in policy.rules() {
            let explanation = policy.explain(rule.id()).unwrap();
            assert!(explanation.source.is_some() && explanation.confidence.is_some(), "{}", rule.id());
            assert!(explanation.why.ends_with('.') && explanation.docs.ends_with('.'), "{}", rule.id());
        }
    }
}

#[test]
fn production_is_content_with_an_issued_chain_and_our_own_pfx() {
    let good = chain(unchanged);
    assert_eq!(findings("production", &good, good_pfx), Vec::<String>::new());
    assert_eq!(findings("production", &good, as_read), Vec::<String>::new());
}

#[test]
fn evaluation_is_content_with_what_issue_makes_and_production_is_not() {
    let issued = self_signed(|_, params| {
        let comment = crate::cert::der::tlv(0x16, crate::cert::certificate::EVALUATION_COMMENT.as_bytes());
        let extension = rcgen::CustomExtension::from_oid_content(&[2, 16, 840, 1, 113_730, 1, 13], comment);
        params.custom_extensions.push(extension);
    });
    assert_eq!(findings("evaluation", &issued, good_pfx), Vec::<String>::new());
    assert_eq!(findings("production", &issued, good_pfx), ["self-signed-forbidden", "evaluation-mark-forbidden"]);
}

#[test]
fn the_usual_faults_of_a_pfx_are_found_together() {
    let leaf_alone = Chain::new(chain(unchanged).leaf().clone(), Vec::new());
    let found = findings("production", &leaf_alone, |facts| {
        good_pfx(facts);
        facts.target = Some(Target::Server2016);
        let pfx = facts.pfx.as_mut().unwrap();
        pfx.encryption = PfxEncryption::Modern;
        pfx.mac = PfxMac::Sha256;
        pfx.provider = Some("Microsoft Software Key Storage Provider".to_owned());
        pfx.machine_keyset = false;
        pfx.key_usage = Some(0x80);
    });
    let expected = ["pfx-provider", "pfx-key-spec", "pfx-readable-by-target", "chain-complete", "pfx-machine-keyset"];
    assert_eq!(found, expected);
}

#[test]
fn an_expired_wildcard_is_found_in_every_policy() {
    let wildcard = self_signed(|_, params| {
        params.distinguished_name = DistinguishedName::new();
        name(params, "*.contoso.com");
        params.not_after = date_time_ymd(2026, 6, 30);
    });
    for (policy, expected) in [
        ("baseline", &["valid-now"][..]),
        ("evaluation", &["valid-now", "evaluation-mark", "generation-element"]),
        (
            "production",
            &[
                "valid-now",
                "self-signed-forbidden",
                "remaining-life-critical",
                "remaining-life",
                "generation-element",
                "wildcard",
            ],
        ),
    ] {
        assert_eq!(findings(policy, &wildcard, as_read), expected, "{policy}");
    }
}

#[test]
fn rules_and_policies_are_found_by_their_nearest_name() {
    let told = Policy::shipped("prod").unwrap_err().to_string();
    assert_eq!(told, "s2scert: there is no shipped policy \"prod\"; did you mean \"production\"?");
    let production = Policy::shipped("production").unwrap();
    let told = production.explain("pfx-providr").unwrap_err().to_string();
    assert_eq!(told, "production: there is no rule \"pfx-providr\"; did you mean \"pfx-provider\"?");
    let explanation = production.explain("rsa-exponent").unwrap();
    assert_eq!(explanation.parameters, serde_json::json!({ "min": 65537, "max": 4_294_967_295_u32 }));
    assert_eq!((explanation.defined_in.as_str(), explanation.kind.as_str()), ("baseline", "rsa-exponent"));
}

#[test]
fn the_examples_of_the_readme_are_policies() {
    let readme = include_str!("../../../policies/README.md");
    let mut examples = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut policy = parse(examples.next().unwrap()).unwrap();
    assert_eq!(policy.explain("lifetime-max").unwrap().defined_in, "contoso");
    policy.add_waivers(examples.next().unwrap(), "README.md").unwrap();
    assert_eq!(examples.next(), None);
}
