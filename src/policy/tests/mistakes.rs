//! What is said of mistakes in a policy file: the line, the rule, the nearest right word.

use super::*;

/// A good rule; its first line is line 4 of the file.
const RULE: &str = "[[rule]]
id = \"key-long-enough\"
kind = \"key-size\"
severity = \"error\"
why = \"Because.\"
rsa = { min = 2048 }
";

fn told(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

#[test]
fn a_mistake_in_a_rule_is_told_with_line_rule_and_nearest_key() {
    let cases = [
        ("rsa = {", "rssa = {", r#"test.toml:9: rule "key-long-enough": unknown key "rssa"; did you mean "rsa"?"#),
        (
            "severity",
            "severty",
            r#"test.toml:7: rule "key-long-enough": unknown key "severty"; did you mean "severity"?"#,
        ),
        ("rsa = {", "allowed = [", r#"test.toml:9: not TOML"#),
        (
            "why = \"Because.\"",
            "why = \"Because.\"\npercent = 3",
            r#"test.toml:9: rule "key-long-enough": unknown key "percent""#,
        ),
        (
            "key-size",
            "key-sise",
            r#"test.toml:6: rule "key-long-enough": there is no rule kind "key-sise"; did you mean "key-size"?"#,
        ),
        ("key-size", "zzz", r#"test.toml:6: rule "key-long-enough": there is no rule kind "zzz""#),
        ("kind = \"key-size\"\n", "", r#"test.toml:4: rule "key-long-enough": missing key `kind`"#),
        ("why = \"Because.\"\n", "", r#"test.toml:4: rule "key-long-enough": missing key `why`"#),
        ("why = \"Because.\"", "why = \" \"", r#"test.toml:8: rule "key-long-enough": `why`: the text is empty"#),
        ("id = \"key-long-enough\"\n", "", "test.toml:4: rule 1: missing key `id`"),
        ("key-long-enough", "Key Long", r#"test.toml:5: rule "Key Long": `id`: "Key Long" is no rule id"#),
        ("key-long-enough", "waiver-x", r#"`id`: "waiver-x" is no rule id: waiver-... is kept"#),
        ("key-long-enough", "a--b", r#"is no rule id"#),
        (
            "\"error\"",
            "\"fatal\"",
            "test.toml:7: rule \"key-long-enough\": `severity`: unknown variant `fatal`, expected one of",
        ),
        (
            "2048",
            "\"2048\"",
            "test.toml:9: rule \"key-long-enough\": `rsa`: invalid type: string \"2048\", expected u32",
        ),
        ("2048", "-1", "`rsa`: invalid value: integer `-1`"),
        ("2048", "4096, max = 2048", "test.toml:4: rule \"key-long-enough\": `min` is larger than `max`"),
        ("rsa = { min = 2048 }", "", "give `rsa` or `ec`"),
        (
            "rsa = { min = 2048 }",
            "rsa = { minimum = 2048 }",
            "test.toml:9: rule \"key-long-enough\": `rsa`: unknown key `minimum`, expected `min` or `max`",
        ),
        (
            "rsa = { min = 2048 }",
            "applies_to = \"leafs\"\nrsa = { min = 2048 }",
            "`applies_to`: unknown variant `leafs`",
        ),
        ("[[rule]]", "[rule]", "test.toml:4: `rule` is written as a table with two brackets: [[rule]]"),
    ];
    assert!(parse(&format!("{HEAD}{RULE}")).is_ok());
    for (right, wrong, expected) in cases {
        let told = told(&format!("{HEAD}{RULE}").replacen(right, wrong, 1));
        assert!(told.contains(expected), "{wrong:?}\n  told:     {told}\n  expected: {expected}");
        assert!(!told.contains('\n'), "{told}");
    }
}

#[test]
fn values_are_checked_when_the_policy_is_read() {
    let cases = [
        ("signature-hash", "allowed = []", "`allowed` names no hash"),
        ("key-algorithm", "allowed = []", "`allowed` names no algorithm"),
        ("rsa-exponent", "min = 5\nmax = 3", "`min` is larger than `max`"),
        ("min-remaining-life", "", "give `days`, `percent` or both"),
        ("min-remaining-life", "percent = 101", "`percent` goes from 1 to 100"),
        ("issuer-pin", "", "give `keys`, `certificates` or `names`"),
        ("issuer-pin", "keys = ['abcd']", "`keys`: not a SHA-256 hash"),
        ("chain-max-length", "certificates = 0", "at least one certificate"),
        ("chain-complete", "applies_to = 'leaf'", "`applies_to` has no meaning here"),
        ("subject-pattern", "pattern = '('", "`pattern`: not a regular expression"),
        ("subject-pattern", "pattern = '(?:(?:a{99}){99}){99}'", "bytes of memory"),
        ("subject-attributes", "required = ['CNN']", "`required`: \"CNN\" is no attribute type"),
        ("extended-key-usage", "required = ['serverAuht']", "did you mean \"serverAuth\"?"),
        ("key-usage", "required = ['signing']", "unknown variant `signing`"),
        ("key-reuse", "forbidden = ['zz']", "not a SHA-256 hash"),
    ];
    for (kind, parameters, expected) in cases {
        let rule = format!("[[rule]]\nid = 'r'\nkind = '{kind}'\nseverity = 'error'\nwhy = 'x'\n{parameters}\n");
        let told = told(&format!("{HEAD}{rule}"));
        assert!(
            told.starts_with("test.toml:") && told.contains("rule \"r\"") && told.contains(expected),
            "{kind}: {told}"
        );
    }
}

#[test]
fn a_mistake_outside_of_rules_is_told_too() {
    let cases = [
        ("name = 'x'\n", "test.toml: the file does not say its format; write: format = \"1.0\""),
        ("format = 1.0\n", "test.toml:1: the file does not say its format"),
        ("format = '2.0'\nnew_idea = 1\n", "test.toml:1: the file has format 2.0, which is newer than 1.0"),
        ("format = '1.1'\n", "test.toml:1: the file has format 1.1, which is newer than 1.0"),
        ("format = 'one'\n", "test.toml:1: \"one\" is no format version"),
        ("format = '1.0'\ndescription = 'd'\n", "missing key `name`"),
        (
            "format = '1.0'\nname = 'x'\ndescripton = 'd'\n",
            "test.toml:3: unknown key \"descripton\"; did you mean \"description\"?",
        ),
        (
            "format = '1.0'\nname = 'x'\ndescription = 'd'\n[[rules]]\n",
            "test.toml:4: unknown key \"rules\"; did you mean \"rule\"?",
        ),
        ("format = '1.0'\nname = 'x'\nname = 'y'\n", "test.toml:3: not TOML: duplicate key"),
        ("format = '1.0\n", "test.toml:1: not TOML"),
        ("rule = 1\nformat = '1.0'\nname = 'x'\ndescription = 'd'\n", "test.toml:1: `rule` is written as a table"),
    ];
    for (text, expected) in cases {
        let told = told(text);
        assert!(told.contains(expected), "{text:?}\n  told:     {told}\n  expected: {expected}");
    }
}

#[test]
fn windows_editors_are_forgiven() {
    let text = format!("\u{feff}{}", format!("{HEAD}{RULE}").replace('\n', "\r\n"));
    assert_eq!(parse(&text).unwrap().rules().len(), 1);
}
