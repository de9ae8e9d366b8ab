//! `docs/DEPENDENCIES.md` names every direct dependency with the version of the lock file.

use std::collections::BTreeMap;

use crate::architecture::{Source, product_sources, root};

const PAGE: &str = "docs/DEPENDENCIES.md";

#[test]
fn every_direct_dependency_has_a_row_with_its_locked_version_and_licence() {
    let page = read(PAGE);
    let locked = locked_versions();
    let faults: Vec<String> = direct_dependencies()
        .into_iter()
        .filter(|name| locked[name].iter().all(|version| !has_row(&page, name, version)))
        .map(|name| format!("| {name} | {} | ... |", locked[&name].join(" or ")))
        .collect();
    assert!(faults.is_empty(), "{PAGE} lacks:\n{}", faults.join("\n"));
}

#[test]
fn every_row_is_a_direct_dependency() {
    let direct = direct_dependencies();
    let page = read(PAGE);
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    let strangers: Vec<&str> = rows.filter(|name| *name != "package" && !direct.iter().any(|d| d == name)).collect();
    assert!(strangers.is_empty(), "{PAGE} has rows for what is not in Cargo.toml: {strangers:?}");
}

#[test]
fn every_dependency_of_the_program_is_used_by_it() {
    let sources = product_sources();
    let used = |name: &str| {
        // md-5 is the one package whose library is named otherwise.
        let library = if name == "md-5" { "md5".to_owned() } else { name.replace('-', "_") };
        sources.iter().flat_map(Source::paths).any(|path| path[0] == library)
    };
    let unused: Vec<String> = dependencies_in(&["dependencies"]).into_iter().filter(|name| !used(name)).collect();
    assert!(unused.is_empty(), "no source names {unused:?}: take them out of Cargo.toml");
}

fn has_row(page: &str, name: &str, version: &str) -> bool {
    let head = format!("| {name} | {version} | ");
    page.lines().any(|line| line.strip_prefix(&head).is_some_and(|rest| rest.trim().len() > 20))
}

fn direct_dependencies() -> Vec<String> {
    dependencies_in(&["dependencies", "dev-dependencies", "build-dependencies"])
}

fn dependencies_in(kinds: &[&str]) -> Vec<String> {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap_or_else(|error| panic!("Cargo.toml: {error}"));
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
    let tables = targets.filter_map(toml::Value::as_table).chain([&manifest]);
    let mut names: Vec<String> = tables
        .flat_map(|table| kinds.iter().filter_map(|kind| table.get(*kind)))
        .filter_map(toml::Value::as_table)
        .flat_map(|dependencies| dependencies.keys().cloned())
        .collect();
    names.sort();
    names.dedup();
    assert!(names.len() > 20, "Cargo.toml was not understood: {names:?}");
    names
}

/// Returns the versions of each locked package, without build metadata.
fn locked_versions() -> BTreeMap<String, Vec<String>> {
    let lock: toml::Table = read("Cargo.lock").parse().unwrap_or_else(|error| panic!("Cargo.lock: {error}"));
    let mut versions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in lock["package"].as_array().into_iter().flatten() {
        let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap_or_default());
        let version = version.split('+').next().unwrap_or_default();
        versions.entry(name.to_owned()).or_default().push(version.to_owned());
    }
    versions
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_version_or_without_words_is_no_row() {
        let page = "| jiff | 0.2.46 | time | a long enough reason |\n| serde | 1.0.1 | x |";
        assert!(has_row(page, "jiff", "0.2.46"));
        assert!(!has_row(page, "jiff", "0.2.47"));
        assert!(!has_row(page, "serde", "1.0.1"));
    }
}
