//! Every command line that a remedy, a hint or a page shows is one that the program understands.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;

use clap::Parser;
use clap::error::ErrorKind;
use regex::Regex;
use s2scert::cli::args::Cli;

use crate::architecture::root;
use crate::transcripts::split;

/// A command line and the file in which it stands.
struct Shown {
    file: String,
    line: String,
}

#[test]
fn every_command_line_that_is_shown_is_understood() {
    let mut shown = Vec::new();
    for folder in ["src", "policies", "explanations", "docs"] {
        collect(&root().join(folder), &mut shown);
    }
    shown.extend(lines_of("README.md", &fs::read_to_string(root().join("README.md")).unwrap()));
    assert!(shown.len() > 100, "only {} command lines are found", shown.len());
    let faults: Vec<String> = shown
        .iter()
        .filter_map(|one| fault(&one.line).map(|fault| format!("{}: {}: {fault}", one.file, one.line)))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn an_option_that_does_not_exist_is_found() {
    let text = "let remedy = \"do it again: s2scert export FILE --fro server2016 --out NEW.pfx\";";
    let lines = lines_of("x", text);
    assert_eq!(lines.len(), 1);
    assert!(fault(&lines[0].line).unwrap().contains("--fro"));
    assert_eq!(fault("s2scert export FILE --for TARGET --out NEW.pfx"), None);
    assert!(fault("s2scert renew").is_some());
}

fn collect(folder: &Path, shown: &mut Vec<Shown>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, shown);
        } else if let Ok(text) = fs::read_to_string(&path) {
            shown.extend(lines_of(&path.strip_prefix(root()).unwrap().display().to_string(), &text));
        }
    }
}

/// What begins like a command line and is none: what is signed to test a key, the mark in a certificate.
const NO_COMMANDS: [&str; 3] = [
    "s2scert key pair self test",
    "s2scert evaluation certificate, not for production",
    "s2scert looks after one certificate",
];

/// Finds command lines that open a clause: after a colon, a bracket, a quotation mark, a backtick, a `then`, or at the start
/// of a line. The program's name in the middle of a sentence is no command line.
fn lines_of(file: &str, text: &str) -> Vec<Shown> {
    // What a person typed in a transcript may be wrong on purpose; so may what a test says.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    // In a page a quotation mark belongs to the command line; in a source it ends the text.
    let text = if file.ends_with(".md") {
        Regex::new(r"(?m) +# .*$").unwrap().replace_all(text, "").replace('"', "\u{1}")
    } else {
        text.to_owned()
    };
    let joined = Regex::new(r"\\\n\s*").unwrap().replace_all(&text, "").replace("\\\"", "\u{1}");
    let opens = Regex::new(r#"(?m)(^\s*|: |\(|"|`|then )s2scert ([a-z-]+[^\n`"]*)"#).unwrap();
    let ends = Regex::new(r"\)|; |, then | then |, (or|and|which|so) |: |[^.]\.( |$)").unwrap();
    opens
        .captures_iter(&joined)
        .map(|found| {
            let rest = &found[2];
            let end = ends.find(rest).map_or(rest.len(), |mark| mark.start() + mark.as_str().find('.').unwrap_or(0));
            Shown { file: file.to_owned(), line: format!("s2scert {}", rest[..end].replace('\u{1}', "\"").trim()) }
        })
        .filter(|one| !NO_COMMANDS.contains(&one.line.as_str()))
        .collect()
}

/// Returns why a command line is not understood. One that is only named, without a file or a placeholder, may lack what it
/// needs.
fn fault(line: &str) -> Option<String> {
    let field = Regex::new(r"\{[^}]*\}").unwrap();
    let line = field
        .replace_all(line, "x")
        .replace("TARGET", "server2016")
        .replace("--days N", "--days 365")
        .replace("COMMAND", "issue");
    let words = split(&line);
    let named_only = words.iter().skip(1).all(|word| !word.contains(|c: char| c == '.' || c.is_ascii_uppercase()));
    match Cli::try_parse_from(&words) {
        Ok(_) => None,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => None,
        Err(e) if named_only && e.kind() == ErrorKind::MissingRequiredArgument => None,
        Err(e) if named_only && e.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => None,
        Err(e) => Some(e.to_string().lines().next().unwrap_or_default().to_owned()),
    }
}
