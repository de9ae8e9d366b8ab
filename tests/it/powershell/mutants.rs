//! Every statement of every script deleted, every literal and operator altered: some case must fail each time.

use std::collections::BTreeSet;

use s2scert::node::powershell::{SCRIPTS, Script};
use tree_sitter::{Node, Parser};

use super::cases;
use super::lint::scripts;

/// Mutants that no case can tell from the original: the file, what is altered, how, and why that changes nothing.
const EQUIVALENT: &[(&str, &str, &str, &str)] = &[
    ("RemoveCrmCertificate.ps1", "-gt", "left side only", "a count is true where it is more than 0"),
    ("SharePoint.ps1", "-gt", "left side only", "a count is true where it is more than 0"),
    ("CertificateReconfiguration.ps1", "$ErrorActionPreference = 'Stop'", "deleted", "nothing behind it can fail"),
    ("CertificateReconfiguration.ps1", "$Stage = 'after'", "deleted", "nothing behind it can fail"),
    ("CertificateReconfiguration.ps1", "'after'", "another text", "nothing behind it can fail"),
    ("AskNode.ps1", "$Found = ''", "deleted", "a new session has no variable of this name"),
    ("AskNode.ps1", "$Code = $null", "deleted", "a new session has no variable of this name"),
    ("frame.ps1", "-Compress", "deleted", "an answer may be folded"),
    ("frame.ps1", "0", "one more", "an error is believed whatever the exit code is"),
    ("frame.ps1", "8", "one more", "no answer is as deep"),
    ("GetServices.ps1", "-ne", "left side only", "a process number is true where it is not 0"),
];

/// A script file with one thing altered.
struct Mutant {
    /// What was altered.
    was: String,
    /// How.
    how: String,
    line: usize,
    text: String,
}

/// The opposite of an operator, or another of its kind.
const OPPOSITES: &[(&str, &str)] = &[
    ("-eq", "-ne"),
    ("-ne", "-eq"),
    ("-cne", "-ceq"),
    ("-gt", "-le"),
    ("-is", "-isnot"),
    ("-isnot", "-is"),
    ("-match", "-notmatch"),
    ("-contains", "-notcontains"),
];

/// Parameters without a value.
const SWITCHES: &[&str] = &["-Compress", "-Force", "-List", "-ListAvailable", "-Registered"];

/// Statements that can be deleted.
const STATEMENTS: &[&str] = &["pipeline", "if_statement", "try_statement", "flow_control_statement"];

fn mutants(text: &str) -> Vec<Mutant> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    let mut found = Vec::new();
    alter(parser.parse(text, None).unwrap().root_node(), text, &mut found);
    found
}

fn alter(node: Node<'_>, text: &str, found: &mut Vec<Mutant>) {
    let words = &text[node.byte_range()];
    let mut put = |range: std::ops::Range<usize>, new: &str, how: &str| {
        let mut mutated = text.to_owned();
        mutated.replace_range(range, new);
        let line = node.start_position().row + 1;
        found.push(Mutant { was: words.to_owned(), how: how.to_owned(), line, text: mutated });
    };
    let parent = node.parent().map_or("", |parent| parent.kind());
    match node.kind() {
        kind if STATEMENTS.contains(&kind) && parent == "statement_list" => {
            // The grammar knows no empty script block.
            let alone = node.parent().is_some_and(|list| list.named_child_count() == 1 && in_block(list));
            put(node.byte_range(), if alone { "$null" } else { "" }, "deleted");
        }
        "hash_entry" => {
            let end = node.next_sibling().filter(|next| next.kind() == ";").unwrap_or(node).end_byte();
            put(node.start_byte()..end, "", "deleted");
        }
        "command_parameter" if SWITCHES.contains(&words) => put(node.byte_range(), "", "deleted"),
        "redirection" => put(node.byte_range(), "", "deleted"),
        "verbatim_string_characters" => put(node.end_byte() - 1..node.end_byte(), "x'", "another text"),
        "generic_token" => put(node.end_byte()..node.end_byte(), "x", "another word"),
        "decimal_integer_literal" => {
            let number: u64 = words.parse().unwrap();
            put(node.byte_range(), &(number + 1).to_string(), "one more");
            if number > 0 {
                put(node.byte_range(), "0", "zero");
            }
        }
        "variable" if !is_target(node) => match words.to_lowercase().as_str() {
            "$true" => put(node.byte_range(), "$false", "the opposite"),
            "$false" => put(node.byte_range(), "$true", "the opposite"),
            "$null" => put(node.byte_range(), "0", "zero"),
            _ => {}
        },
        "comparison_operator" | "format_operator" | "+" => {
            if let Some((_, opposite)) = OPPOSITES.iter().find(|(operator, _)| *operator == words.to_lowercase()) {
                put(node.byte_range(), opposite, "the opposite");
            }
            if let Some(parent) = node.parent() {
                put(node.start_byte()..parent.end_byte(), "", "left side only");
            }
        }
        "expression_with_unary_operator" if words.starts_with("-not") => {
            put(node.start_byte()..node.start_byte() + 4, "", "the opposite");
        }
        "if_statement" => {
            if let Some(condition) = node.named_child(0) {
                let opposite = format!("-not ({})", &text[condition.byte_range()]);
                put(condition.byte_range(), &opposite, "the opposite");
            }
        }
        _ => {}
    }
    for child in node.children(&mut node.walk()) {
        alter(child, text, found);
    }
}

fn in_block(list: Node<'_>) -> bool {
    list.parent().is_some_and(|parent| parent.kind().starts_with("script_block"))
}

fn is_target(node: Node<'_>) -> bool {
    let mut at = Some(node);
    while let Some(node) = at {
        match node.kind() {
            "left_assignment_expression" => return true,
            "pipeline" | "statement_list" => return false,
            _ => at = node.parent(),
        }
    }
    false
}

/// Returns whether a case of a script that holds the file fails when the mutant stands in its place.
fn is_found(file: &str, mutant: &Mutant, all: &[super::conform::Case]) -> bool {
    SCRIPTS.iter().any(|script| {
        let sources = script.sources();
        if !sources.contains(&file) {
            return false;
        }
        let mutated: Vec<&str> =
            sources.iter().map(|source| if *source == file { mutant.text.as_str() } else { source }).collect();
        let text = Script::assembled(&mutated);
        all.iter().filter(|case| case.script == *script).any(|case| case.run(Some(&text)).is_err())
    })
}

#[test]
fn every_mutant_fails_a_case() {
    let all = cases::all();
    let (mut survivors, mut count, mut excused) = (Vec::new(), 0, BTreeSet::new());
    for (name, file) in scripts() {
        for mutant in mutants(&file) {
            count += 1;
            let excuse = EQUIVALENT.iter().position(|(of, was, how, _)| {
                (*of, *was, *how) == (name.as_str(), mutant.was.as_str(), mutant.how.as_str())
            });
            match (is_found(&file, &mutant, &all), excuse) {
                (true, _) => {}
                (false, Some(place)) => {
                    excused.insert(place);
                }
                (false, None) => {
                    survivors.push(format!("{name}, line {}: {}: {}", mutant.line, mutant.how, mutant.was))
                }
            }
        }
    }
    assert!(survivors.is_empty(), "{} of {count} mutants fail no case:\n{}", survivors.len(), survivors.join("\n"));
    let needless: Vec<_> =
        (0..EQUIVALENT.len()).filter(|place| !excused.contains(place)).map(|place| EQUIVALENT[place]).collect();
    assert!(needless.is_empty(), "no longer needed: {needless:?}");
    assert!(count > 400, "{count}");
}

#[test]
fn every_mutant_is_a_script_that_can_be_parsed() {
    for (name, file) in scripts() {
        for mutant in mutants(&file) {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
            let clean = !parser.parse(format!("{}\n$null\n", mutant.text), None).unwrap().root_node().has_error();
            assert!(clean, "{name}, line {}: {}: {}", mutant.line, mutant.how, mutant.was);
        }
    }
}
