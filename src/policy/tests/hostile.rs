//! Policy files from people who do not mean well.

use proptest::prelude::*;

use super::*;
use crate::policy::PolicyProblem;
use crate::policy::kind::Kind;

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused_before_it_is_read() {
    let text = format!("{HEAD}#{}", "x".repeat(1 << 20));
    assert!(matches!(*parse(&text).unwrap_err().problem, PolicyProblem::TooLarge { limit: 1_048_576, .. }));
}

#[test]
fn what_fits_into_a_mebibyte_is_refused_quickly_and_in_one_short_line() {
    let fill = |text: &str| text.repeat(((1 << 20) - 400) / text.len());
    let cases = [
        ("deep arrays", format!("{HEAD}x = {}", fill("["))),
        ("deep tables", format!("{HEAD}x = {}", fill("{a="))),
        ("deep dotted keys", format!("{HEAD}{} = 1", fill("a."))),
        ("many rules", format!("{HEAD}{}", fill("[[rule]]\n"))),
        ("many waivers", format!("{HEAD}{}", fill("[[waiver]]\n"))),
        ("a long key", format!("{HEAD}{} = 1", fill("k"))),
        ("a long kind", format!("{HEAD}[[rule]]\nid = 'a'\nkind = '{}'", fill("k"))),
        (
            "a long id",
            format!("{HEAD}[[rule]]\nid = '{}'\nkind = 'chain-complete'\nseverity = 'info'\nwhy = 'x'\n", fill("k")),
        ),
        (
            "a long value",
            format!(
                "{HEAD}[[rule]]\nid = 'a'\nkind = 'max-lifetime'\nseverity = 'info'\nwhy = 'x'\ndays = '{}'",
                fill("k")
            ),
        ),
        ("a long severity", format!("{HEAD}[[rule]]\nid = 'a'\nkind = 'max-lifetime'\nseverity = '{}'", fill("k"))),
        ("many keys", format!("{HEAD}{}", (0..80_000).map(|n| format!("k{n} = 1\n")).collect::<String>())),
        ("a long format", format!("format = '{}'", fill("1"))),
        ("a long extends", format!("{HEAD}extends = '{}'", fill("k"))),
        (
            "a long attribute",
            format!(
                "{HEAD}[[rule]]\nid = 'a'\nkind = 'subject-attributes'\nseverity = 'info'\nwhy = 'x'\nrequired = ['{}']",
                fill("k")
            ),
        ),
    ];
    for (name, text) in cases {
        assert!(text.len() <= 1 << 20, "{name}");
        let told = parse(&text).unwrap_err().to_string();
        assert!(
            told.len() < 500 && !told.contains('\n'),
            "{name}: {} characters: {}",
            told.len(),
            &told[..500.min(told.len())]
        );
    }
}

#[test]
fn a_pattern_that_makes_backtracking_engines_hang_takes_no_time() {
    let policy = one_rule("subject-pattern", "attribute = 'CN'\npattern = '(a|a)*(a+)+b'");
    let chain = self_signed(|_, params| name(params, &"a".repeat(20_000)));
    // With backtracking this would not end before the test run is given up.
    assert_eq!(policy.evaluate(&Facts::of_chain(now(), &chain)).len(), 1);
}

fn word() -> impl Strategy<Value = String> {
    let known: Vec<String> =
        ["format", "name", "description", "extends", "rule", "disable", "waiver", "id", "kind", "severity"]
            .into_iter()
            .chain([
                "why",
                "source",
                "confidence",
                "applies_to",
                "replaces",
                "until",
                "subject",
                "fingerprint",
                "owner",
                "reason",
            ])
            .chain([
                "rsa",
                "min",
                "max",
                "allowed",
                "days",
                "pattern",
                "required",
                "error",
                "leaf",
                "1.0",
                "baseline",
                "2026-12-01",
            ])
            .chain(Kind::NAMES.iter().copied())
            .map(str::to_owned)
            .collect();
    prop_oneof![4 => prop::sample::select(known), 1 => ".{0,8}", 1 => "[a-z-]{1,6}"]
}

fn value() -> impl Strategy<Value = String> {
    let simple = prop_oneof![
        word().prop_map(|word| format!("{word:?}")),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<bool>().prop_map(|truth| truth.to_string()),
        Just("2026-12-01".to_owned()),
        Just("0xffffffffffffffffffff".to_owned()),
    ];
    simple.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(", "))),
            prop::collection::vec((word(), inner), 0..4).prop_map(|pairs| {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key:?} = {value}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => word().prop_map(|word| format!("[[{word}]]")),
        1 => Just("[[rule]]\nid = \"a\"\nseverity = \"error\"\nwhy = \"x\"".to_owned()),
        1 => Just("[[waiver]]".to_owned()),
        1 => prop::sample::select(Kind::NAMES).prop_map(|kind| format!("kind = {kind:?}")),
        4 => (word(), value()).prop_map(|(key, value)| format!("{key:?} = {value}")),
        1 => ".{0,20}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_a_policy_or_an_error(text in "\\PC{0,200}") {
        let _ = parse(&text).map_err(|error| error.to_string());
    }

    #[test]
    fn anything_like_a_policy_is_a_policy_or_an_error_and_what_is_one_can_be_evaluated(
        lines in prop::collection::vec(line(), 0..12),
        head in any::<bool>(),
    ) {
        let text = format!("{}{}", if head { HEAD } else { "" }, lines.join("\n"));
        match parse(&text) {
            Ok(policy) => {
                let chain = self_signed(unchanged);
                let findings = policy.evaluate(&Facts::of_chain(now(), &chain));
                prop_assert!(findings.iter().all(|finding| !finding.message.is_empty()));
            }
            Err(error) => prop_assert!(!error.to_string().contains('\n')),
        }
    }
}
