//! The HTML report in a real browser: what a screen reader is told, contrast in both schemes, requests, a telephone's width.
//!
//! `tests/report/check.py` drives headless Chromium over its debugging pipe, with Python's standard library only.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::architecture::root;
use crate::bundles;
use crate::tools::tool;

/// What is spoilt in a page: a name, a text, what stands there instead, and the fault that must be found.
const SPOILT: &[(&str, &str, &str, &str)] = &[
    ("language", "<html lang=\"en\">", "<html>", "language"),
    ("title", "<title>Farm", "<title></title><title>Farm", "title"),
    ("script", "</main>", "<script>1</script></main>", "scripts"),
    ("no-main", "<main id=\"main\" tabindex=\"-1\">", "<div id=\"main\">", "landmarks"),
    ("nameless-navigation", "<nav aria-label=\"Contents\">", "<nav>", "landmarks"),
    ("heading-level", "<h2 id=\"findings\">", "<h4 id=\"findings\">", "headings"),
    ("empty-heading", "<h2 id=\"servers\">Servers</h2>", "<h2 id=\"servers\">&nbsp;</h2>", "headings"),
    ("nameless-link", "<li><a href=\"#gaps\">Not seen</a>", "<li><a href=\"#gaps\"></a>", "controls"),
    ("dead-link", "href=\"#gaps\"", "href=\"#gap\"", "controls"),
    ("untitled-drawing", "<title id=\"timeline-title\">", "<title id=\"timeline-title\"></title><title>", "drawings"),
    ("silent-drawing", " role=\"img\" aria-labelledby", " data-x", "drawings"),
    ("no-caption", "<caption>Servers of the description</caption>", "", "tables"),
    ("no-column-header", "<th scope=\"col\">Roles</th>", "<td>Roles</td>", "tables"),
    ("no-row-header", "<tr><th scope=\"row\">crm-web-1</th>", "<tr><td>crm-web-1</td>", "tables"),
    ("faint-text", "--soft:#51595f", "--soft:#9aa2a8", "contrast"),
    ("faint-text-at-night", "--soft:#aab3b9", "--soft:#5a6369", "contrast"),
    ("faint-bars", "--wrong:#a3161c", "--wrong:#f5b5b5", "contrast"),
    ("foreign-picture", "default-src 'none'", "default-src *", "requests"),
    ("too-wide", "overflow-wrap:anywhere}", "white-space:nowrap}", "narrow"),
    ("out-of-reach", " role=\"region\" tabindex=\"0\"", "", "narrow"),
];

/// A page that asks for nothing needs a picture to do so once it is allowed to.
const PICTURE: &str = "<footer><img alt=\"x\" src=\"http://127.0.0.1:9/x.png\">";

#[test]
fn the_report_serves_keyboard_reader_night_and_telephone_and_each_fault_would_be_found() {
    let (Some(python), Some(_)) = (tool("python3", "--version"), tool("chromium", "--version")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = write(folder.path());
    let whole = folder.path().join("whole.html");
    fs::write(&whole, &page).unwrap();
    let mut files = vec![whole.display().to_string()];
    for (name, from, to, _) in SPOILT {
        assert!(page.contains(from), "{name}: the page has no {from}");
        let mut spoilt = page.replace(from, to);
        if *name == "foreign-picture" {
            spoilt = spoilt.replace("<footer>", PICTURE);
        }
        let file = folder.path().join(format!("{name}.html"));
        fs::write(&file, spoilt).unwrap();
        files.push(file.display().to_string());
    }
    let script = root().join("tests/report/check.py").display().to_string();
    let arguments: Vec<&str> = std::iter::once(script.as_str()).chain(files.iter().map(String::as_str)).collect();
    let output = python.output(&arguments, b"");
    let talk = String::from_utf8_lossy(&output.stderr);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {talk}"));
    assert_eq!(found[&files[0]], serde_json::json!([]), "the report as it is");
    assert_eq!(output.status.code(), Some(1), "spoilt pages are among them");
    for ((name, _, _, id), file) in SPOILT.iter().zip(&files[1..]) {
        let faults = found[file].as_array().unwrap();
        assert!(faults.iter().any(|fault| fault["id"] == *id), "{name}: {faults:?}");
    }
}

/// A report of a farm in which much is wrong, so that every colour and every sort of row is on the page.
fn write(folder: &Path) -> String {
    let file = |name: &str| crate::transcripts::FILES.iter().find(|(one, _)| *one == name).unwrap().1.as_slice();
    let mut facts = bundles::healthy(file("leaf.cer"));
    bundles::damage(&mut facts, file("expired.cer"), file("other.cer"));
    bundles::write(folder, &facts);
    fs::remove_file(folder.join("collected/sp-1.json")).unwrap();
    let arguments = ["farm", "report", "--from", "collected", "--html", "farm.html"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
    let output = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read_to_string(folder.join("farm.html")).unwrap()
}
