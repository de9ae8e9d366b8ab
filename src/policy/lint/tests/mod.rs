//! Proof that each lint hits what it should and stays silent otherwise, and what whole reports look like.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod certificate_cases;
mod chain_cases;
mod clean;
mod draft;
mod foreign;
mod hostile;
mod input;
mod name_cases;
mod pfx_cases;
mod reports;

use std::collections::HashSet;

use super::{Lint, Weight, catalogue, find, reference};
use crate::cert::pfx::Target;
use crate::policy::Severity;
use input::Input;

/// One lint with an input that triggers it and one, as near to it as possible, that does not.
struct Case {
    id: &'static str,
    hit: Input,
    miss: Input,
}

fn case(id: &'static str, hit: Input, miss: Input) -> Case {
    Case { id, hit, miss }
}

fn cases() -> Vec<Case> {
    [
        certificate_cases::all(),
        chain_cases::all(),
        name_cases::all(),
        pfx_cases::protection(),
        pfx_cases::contents(),
        pfx_cases::attributes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn each_lint_hits_its_example_and_not_the_one_beside_it() {
    let mut wrong = Vec::new();
    for case in cases() {
        let (hit, miss) = (case.hit.ids(), case.miss.ids());
        if !hit.contains(&case.id.to_owned()) {
            wrong.push(format!("{} does not hit; found: {hit:?}", case.id));
        }
        if miss.contains(&case.id.to_owned()) {
            wrong.push(format!("{} hits its counter-example", case.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_lint_is_without_an_example_and_no_example_without_its_lint() {
    let proven: HashSet<&str> = cases().iter().map(|case| case.id).collect();
    let known: HashSet<&str> = catalogue().map(|lint| lint.id).collect();
    assert_eq!(known.difference(&proven).collect::<Vec<_>>(), Vec::<&&str>::new(), "without an example");
    assert_eq!(proven.difference(&known).collect::<Vec<_>>(), Vec::<&&str>::new(), "not in the catalogue");
}

#[test]
fn the_catalogue_has_unique_ids_and_whole_sentences() {
    let mut seen = HashSet::new();
    for Lint { id, title, reason, remedy, source, scopes, .. } in catalogue() {
        assert!(seen.insert(id), "{id} stands twice");
        assert!(id.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-'), "{id}");
        assert!(!title.ends_with('.') && !remedy.ends_with('.'), "{id}: title and remedy are no sentences");
        assert!(reason.ends_with('.') && !reason.contains("  "), "{id}: the reason is one or more sentences");
        for command in remedy.split("s2scert ").skip(1) {
            let writes =
                ["export bundle.pem", "export FILE", "import ", "issue -"].iter().any(|verb| command.starts_with(verb));
            assert!(!writes || command.contains("--out "), "{id}: a command that writes names its output");
        }
        assert!(!source.is_empty() && !scopes.is_empty(), "{id}");
    }
    assert!(seen.len() >= 50, "{} lints", seen.len());
}

#[test]
fn a_target_decides_how_much_aes_weighs() {
    let severity = |target| {
        let input = Input::pfx(|_| {}).for_target(target);
        let found = input.findings().into_iter().find(|finding| finding.id == "pfx-aes-for-old-target");
        found.map(|finding| finding.severity)
    };
    assert_eq!(severity(Some(Target::Server2012R2)), Some(Severity::Error));
    assert_eq!(severity(Some(Target::Server2016)), Some(Severity::Error));
    assert_eq!(severity(None), Some(Severity::Warning));
    assert_eq!(severity(Some(Target::Server2019)), None);
    assert_eq!(severity(Some(Target::Server2025)), None);
}

#[test]
fn remedies_name_the_target_that_was_asked_for() {
    for (target, command) in [
        (None, "s2scert export FILE --for server2016 --out s2s-server2016.pfx"),
        (Some(Target::Server2012R2), "s2scert export FILE --for server2012r2 --out s2s-server2012r2.pfx"),
    ] {
        let findings = Input::pfx(|_| {}).for_target(target).findings();
        let aes = findings.iter().find(|finding| finding.id == "pfx-aes-for-old-target").unwrap();
        assert_eq!(aes.remedy, command);
    }
}

#[test]
fn findings_come_worst_first_and_in_the_order_of_the_file() {
    let input = Input::pfx(|pfx| {
        pfx.mac = None;
        pfx.safes[0].bags[0].attributes.clear();
        pfx.safes[1].bags.truncate(2);
    });
    let lines: Vec<String> = input
        .for_target(Some(Target::Server2016))
        .findings()
        .iter()
        .map(|finding| format!("{:?}, {}: {}", finding.severity, finding.subject, finding.id))
        .collect();
    assert_eq!(
        lines,
        [
            "Error, safe 2: pfx-aes-for-old-target",
            "Error, key bag 1: pfx-aes-for-old-target",
            "Warning, file: pfx-mac-missing",
            "Warning, key bag 1: pfx-provider-missing",
            "Warning, key bag 1: pfx-machine-keyset-missing",
            "Warning, key bag 1: pfx-local-key-id-missing",
            "Info, key bag 1: pfx-key-usage-absent",
            "Info, certificate 2 (CN=Contoso Issuing CA,O=Contoso): chain-root-missing",
        ]
    );
}

#[test]
fn a_lint_is_found_by_its_whole_id_only() {
    assert_eq!(find("cert-expired").map(|lint| lint.title), Some("the certificate has expired"));
    assert!(find("cert-expire").is_none());
}

#[test]
fn a_weight_that_depends_on_the_target_is_lighter_where_it_is_not_known() {
    for lint in catalogue() {
        if let Weight::ByTarget { concerned, unknown } = lint.weight {
            assert!(unknown < concerned, "{}", lint.id);
            assert_eq!(find(lint.id).map(Lint::severity), Some(concerned));
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the page is written where it is compared")]
fn lint_reference_is_the_one_in_docs() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/lint-reference.md");
    let made = reference::render();
    if std::env::var_os("S2SCERT_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == made,
        "docs/lint-reference.md is out of date: S2SCERT_UPDATE_DOCS=1 cargo test --lib lint_reference"
    );
}
