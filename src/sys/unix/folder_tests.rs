//! Folders and files that others could have made or could change are refused, each by its name.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests arrange and examine the file system")]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::super::host;
use crate::ports::{FileError, FileFault};

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Makes a state folder with one file in a folder of its own.
fn prepared() -> (TempDir, PathBuf) {
    let keep = TempDir::new().unwrap();
    let path = keep.path().canonicalize().unwrap().join("s2scert");
    host().state.create(&path).unwrap().create("staging").unwrap().write("a.pfx", b"x").unwrap();
    (keep, path)
}

fn refusal(path: &Path) -> (PathBuf, String) {
    let error: FileError = host().state.find(path).err().or_else(|| host().state.create(path).err()).unwrap();
    match error.fault() {
        FileFault::Unsafe { why } => (error.path().to_owned(), why.clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn folders_and_files_have_their_final_access() {
    let (_keep, path) = prepared();
    assert_eq!([mode(&path), mode(&path.join("staging")), mode(&path.join("staging/a.pfx"))], [0o700, 0o700, 0o600]);
}

#[test]
fn what_others_may_write_is_refused_by_name() {
    let (_keep, path) = prepared();
    for (part, loose) in [("", 0o770), ("", 0o702), ("staging", 0o777), ("lease.json", 0o620)] {
        let part = if part.is_empty() { path.clone() } else { path.join(part) };
        if part.extension().is_some() {
            std::fs::write(&part, b"{}").unwrap();
        }
        let before = mode(&part);
        chmod(&part, loose);
        let (named, why) = refusal(&path);
        assert_eq!(named, part);
        assert!(why.contains("others may write it"), "{why}");
        chmod(&part, before & 0o700);
    }
    host().state.find(&path).unwrap().unwrap();
}

#[test]
fn links_are_refused_in_the_folder_and_for_it() {
    let (keep, path) = prepared();
    let root = keep.path().canonicalize().unwrap();
    symlink("/etc/passwd", path.join("lease.json")).unwrap();
    assert_eq!(refusal(&path), (path.join("lease.json"), "it is a symbolic link".to_owned()));
    std::fs::remove_file(path.join("lease.json")).unwrap();
    symlink(&path, root.join("link")).unwrap();
    assert_eq!(refusal(&root.join("link")).1, "it is a symbolic link, not a folder");
    // A link of ours on the way is followed, and what it leads to is examined.
    symlink(&root, root.join("way")).unwrap();
    let found = host().state.find(&root.join("way/s2scert")).unwrap().unwrap();
    assert_eq!(found.path(), path);
    symlink("turn", root.join("turn")).unwrap();
    assert_eq!(refusal(&root.join("turn/s2scert")).1, "it leads over too many links");
}

#[test]
fn a_way_that_others_may_exchange_is_refused() {
    let (keep, path) = prepared();
    let root = keep.path().canonicalize().unwrap();
    chmod(&root, 0o777);
    assert_eq!(refusal(&path), (root.clone(), "others may exchange what is below it (mode 777)".to_owned()));
    chmod(&root, 0o1777);
    host().state.find(&path).unwrap().unwrap();
}

#[test]
fn a_foreign_owner_is_refused_wherever_he_is() {
    if !geteuid().is_root() {
        eprintln!("skipped: only root can give a file away");
        assert_ne!(std::env::var("S2SCERT_REQUIRE_TOOLS").as_deref(), Ok("1"), "root is required");
        return;
    }
    let (keep, path) = prepared();
    let root = keep.path().canonicalize().unwrap();
    for (part, said) in [
        (path.clone(), "it belongs to uid 65534, and this process runs as uid 0"),
        (path.join("staging"), "it belongs to uid 65534, and this process runs as uid 0"),
        (root, "it belongs to uid 65534, who could exchange what is below it"),
    ] {
        chown(&part, Some(65534), None).unwrap();
        assert_eq!(refusal(&path), (part.clone(), said.to_owned()));
        chown(&part, Some(0), None).unwrap();
    }
    // A file that somebody prepared in the staging folder is seen when that is opened.
    chown(path.join("staging/a.pfx"), Some(65534), None).unwrap();
    let staging = host().state.find(&path).unwrap().unwrap().find("staging");
    assert_eq!(staging.err().unwrap().path(), path.join("staging/a.pfx"));
}
