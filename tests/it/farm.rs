//! `farm` on the real machine: published schemas, and a description that others may write.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn run(folder: &Path, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
    command.args(line.split(' ')).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn the_schema_of_farm_toml_is_published_and_fits_what_init_writes() {
    let folder = tempfile::tempdir().unwrap();
    let printed: Value = serde_json::from_slice(&run(folder.path(), "schema farm").stdout).unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/farm.json");
    let published: Value = serde_json::from_slice(&fs::read(page).unwrap()).unwrap();
    assert_eq!(printed, published, "docs/schema/farm.json has drifted; run: s2scert schema farm");
    assert_eq!(run(folder.path(), "farm init").status.code(), Some(0));
    let text = fs::read_to_string(folder.path().join("farm.toml")).unwrap();
    let value = serde_json::to_value(toml::from_str::<toml::Table>(&text).unwrap()).unwrap();
    let faults: Vec<String> =
        jsonschema::validator_for(&published).unwrap().iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn the_description_in_the_pages_is_sound() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/farm.md")).unwrap();
    let text = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let reading = s2scert::farm::description::read(text);
    assert_eq!(reading.problems, []);
    assert!(reading.farm.nodes.len() > 2);
}

/// As root a description that others may write is refused; others read it, because they give nothing away.
#[cfg(unix)]
#[test]
fn elevated_a_description_that_others_may_write_is_refused() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let folder = tempfile::tempdir().unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    assert_eq!(run(folder.path(), "farm init").status.code(), Some(0));
    let file = folder.path().join("farm.toml");
    for (path, mode, safe) in [(&file, 0o644, true), (&file, 0o666, false), (&folder.path().to_owned(), 0o777, false)] {
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let output = run(folder.path(), "farm check");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let wanted = if safe || !root { 0 } else { 9 };
        assert_eq!(output.status.code(), Some(wanted), "{path:?} {mode:o}: {stderr}");
        assert_eq!(stderr.contains("not safe"), wanted == 9, "{stderr}");
    }
}
