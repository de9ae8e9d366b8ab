//! What only Windows can show: device names, sharing, names that differ in case.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests arrange and examine the file system")]

use std::fs::OpenOptions;
use std::os::windows::fs::OpenOptionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::super::host;
use crate::ports::{Access, EntryKind, Existing, FileFault};

#[test]
fn device_names_are_neither_read_nor_written() {
    let folder = TempDir::new().unwrap();
    for name in ["NUL", "con", "aux.pfx", "COM1"] {
        for path in [folder.path().join(name), Path::new(name).to_owned()] {
            let error = host().files.read(&path, 10).unwrap_err();
            assert_eq!(error.fault(), &FileFault::NotAFile { kind: EntryKind::Device }, "{path:?}");
            let error = host().files.create(&path, Access::Public, Existing::Replace, b"x").unwrap_err();
            assert!(matches!(error.fault(), FileFault::InvalidName { .. }), "{path:?}");
        }
    }
}

#[test]
fn a_file_that_another_program_holds_is_said_to_be_in_use() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("s2s.pfx");
    std::fs::write(&path, b"x").unwrap();
    let held = OpenOptions::new().read(true).share_mode(0).open(&path).unwrap();
    assert_eq!(host().files.read(&path, 10).unwrap_err().fault(), &FileFault::InUse);
    drop(held);
    assert_eq!(host().files.read(&path, 10).unwrap().as_slice(), b"x");
}

#[test]
fn names_that_differ_in_case_are_one_file() {
    let folder = TempDir::new().unwrap();
    let [lower, upper] = ["s2s.pfx", "S2S.PFX"].map(|name| folder.path().join(name));
    let files = host().files;
    assert!(files.same_file(&lower, &upper).unwrap());
    files.create(&lower, Access::Secret, Existing::Refuse, b"key").unwrap();
    assert!(files.same_file(&lower, &upper).unwrap());
    let error = files.create(&upper, Access::Secret, Existing::Refuse, b"key").unwrap_err();
    assert_eq!(error.fault(), &FileFault::Exists);
}

#[test]
fn a_path_may_be_longer_than_260_characters() {
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("contoso").join("f".repeat(120)).join("f".repeat(120));
    std::fs::create_dir_all(&deep).unwrap();
    let path = deep.join("s2s.pfx");
    for existing in [Existing::Refuse, Existing::Replace] {
        host().files.create(&path, Access::Secret, existing, b"key").unwrap();
    }
    assert_eq!(host().files.read(&path, 10).unwrap().as_slice(), b"key");
    assert!(host().files.same_file(&path, &path).unwrap());
}
