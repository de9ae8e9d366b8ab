//! State folders on the real file system.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests arrange and examine the file system")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::super::host;
use crate::fake_host::FakeHost;
use crate::ports::{FileFault, StateFolder, StateFolders};

fn real() -> (TempDir, PathBuf, Arc<dyn StateFolders>) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().canonicalize().unwrap().join("state/s2scert");
    (folder, path, host().state)
}

/// Runs a case on the real machine and on the one in memory.
fn on_both(case: impl Fn(&dyn StateFolders, Arc<dyn StateFolder>)) {
    let (_keep, path, real) = real();
    case(&*real, real.create(&path).unwrap());
    let fake = FakeHost::new(jiff::Timestamp::UNIX_EPOCH, 1).host().state;
    case(&*fake, fake.create(&PathBuf::from("/srv/s2scert")).unwrap());
}

#[test]
fn what_is_written_is_read_again_whole() {
    on_both(|folders, folder| {
        assert!(folder.read("lease.json", 10).unwrap().is_none());
        folder.write("lease.json", b"one").unwrap();
        folder.write("lease.json", b"three").unwrap();
        assert_eq!(folder.read("lease.json", 5).unwrap().unwrap().as_slice(), b"three");
        assert_eq!(folder.read("lease.json", 4).unwrap_err().fault(), &FileFault::TooLarge { limit: 4 });
        let again = folders.find(folder.path()).unwrap().unwrap();
        assert_eq!(
            again.entries().unwrap().iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(),
            ["lease.json"]
        );
        assert!(again.remove("lease.json").unwrap());
        assert!(!again.remove("lease.json").unwrap());
    });
}

#[test]
fn appending_cuts_off_what_a_broken_run_left() {
    on_both(|_, folder| {
        folder.append("journal.log", 0, b"one\ntw").unwrap();
        folder.append("journal.log", 4, b"two\n").unwrap();
        assert_eq!(folder.read("journal.log", 100).unwrap().unwrap().as_slice(), b"one\ntwo\n");
    });
}

#[test]
fn folders_below_are_made_once_and_found() {
    on_both(|_, folder| {
        assert!(folder.find("staging").unwrap().is_none());
        folder.create("staging").unwrap().write("a", b"x").unwrap();
        folder.create("staging").unwrap();
        assert_eq!(folder.find("staging").unwrap().unwrap().entries().unwrap().len(), 1);
        assert!(folder.entries().unwrap().iter().any(|entry| entry.folder && entry.name == "staging"));
    });
}

#[test]
fn a_lock_has_one_holder() {
    on_both(|_, folder| {
        let held = folder.lock("action.lock", Duration::ZERO).unwrap().unwrap();
        assert!(folder.lock("action.lock", Duration::ZERO).unwrap().is_none());
        drop(held);
        assert!(folder.lock("action.lock", Duration::ZERO).unwrap().is_some());
    });
}

#[test]
fn a_name_cannot_lead_out_of_the_folder() {
    let (_keep, path, folders) = real();
    let folder = folders.create(&path).unwrap();
    for name in ["", ".", "..", "a/b", "a\\b", "/etc/passwd", "C:", "nul:", "a\0", "\u{e9}", &"a".repeat(101)] {
        let fault = folder.write(name, b"x").unwrap_err().fault().clone();
        assert!(matches!(fault, FileFault::InvalidName { .. }), "{name:?}: {fault:?}");
        assert!(folder.read(name, 1).is_err() && folder.lock(name, Duration::ZERO).is_err(), "{name:?}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_found_to_be_missing_and_not_made() {
    let (keep, path, folders) = real();
    assert!(folders.find(&path).unwrap().is_none());
    assert_eq!(std::fs::read_dir(keep.path()).unwrap().count(), 0);
}
