//! Creating: whole or not at all, whatever step fails, and one winner of two writers.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;

use super::super::files::SystemFiles;
use super::*;
use crate::ports::{Files, place_all};

/// Returns every name in a folder with its content.
fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let content = std::fs::read(entry.path()).unwrap_or_default();
            (entry.file_name().into_string().unwrap(), content)
        })
        .collect()
}

/// Returns files whose `n`th step fails, and the count of steps that were begun.
fn failing_at(n: usize) -> (SystemFiles, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let before = move |_: Step| match counter.fetch_add(1, Ordering::SeqCst) {
        place if place == n => Err(io::Error::from(ErrorKind::StorageFull)),
        _ => Ok(()),
    };
    (SystemFiles::failing(Arc::new(before)), count)
}

fn create_three(files: &SystemFiles, folder: &Path, existing: Existing) -> Result<(), FileError> {
    place_all(vec![
        files.stage(&folder.join("s2s.pfx"), Access::Secret, existing, b"new key")?,
        files.stage(&folder.join("s2s.cer"), Access::Public, existing, b"new certificate")?,
        files.stage(&folder.join("s2s.password"), Access::Secret, existing, b"new password")?,
    ])
}

#[test]
fn a_created_file_holds_its_bytes_and_nothing_lies_beside_it() {
    let folder = TempDir::new().unwrap();
    create_three(&SystemFiles::default(), folder.path(), Existing::Refuse).unwrap();
    let expected = [("s2s.cer", "new certificate"), ("s2s.password", "new password"), ("s2s.pfx", "new key")];
    let expected: BTreeMap<_, _> = expected.iter().map(|(n, c)| ((*n).to_owned(), c.as_bytes().to_vec())).collect();
    assert_eq!(listing(folder.path()), expected);
}

#[test]
fn a_failure_at_any_step_leaves_the_folder_as_it_was() {
    // Which of the three targets stand before.
    for present in 0..8_u8 {
        let existing = if present == 0 { Existing::Refuse } else { Existing::Replace };
        let mut n = 0;
        loop {
            let folder = TempDir::new().unwrap();
            for (bit, name) in ["s2s.pfx", "s2s.cer", "s2s.password"].iter().enumerate() {
                if present >> bit & 1 == 1 {
                    std::fs::write(folder.path().join(name), format!("old {name}")).unwrap();
                }
            }
            let before = listing(folder.path());
            let (files, count) = failing_at(n);
            match create_three(&files, folder.path(), existing) {
                Err(error) => assert_eq!(error.fault(), &FileFault::DiskFull),
                Ok(()) => {
                    assert_eq!(count.load(Ordering::SeqCst), n, "the step that was to fail was not reached");
                    break;
                }
            }
            assert_eq!(listing(folder.path()), before, "present {present:03b}, step {n}");
            n += 1;
        }
        assert_eq!(n, if existing == Existing::Refuse { 15 } else { 18 }, "steps of three files");
    }
}

#[test]
fn a_staged_file_that_is_dropped_was_never_there() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("s2s.pfx");
    let staged = SystemFiles::default().stage(&target, Access::Secret, Existing::Refuse, b"key").unwrap();
    assert_eq!(listing(folder.path()).len(), 1);
    assert!(!target.exists());
    drop(staged);
    assert_eq!(listing(folder.path()).len(), 0);
}

#[test]
fn a_file_put_there_by_another_in_the_meantime_survives_the_undo() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("s2s.pfx");
    let mut staged = SystemFiles::default().stage(&target, Access::Secret, Existing::Refuse, b"key").unwrap();
    staged.place().unwrap();
    // ext4 gives the number of a removed file to the next one, NTFS does not; Wine does, but only it.
    if cfg!(unix) {
        std::fs::remove_file(&target).unwrap();
    }
    std::fs::write(folder.path().join("theirs"), b"theirs").unwrap();
    std::fs::rename(folder.path().join("theirs"), &target).unwrap();
    drop(staged);
    assert_eq!(std::fs::read(&target).unwrap(), b"theirs");
}

#[test]
fn of_two_writers_at_once_exactly_one_wins() {
    for round in 0..100 {
        let folder = TempDir::new().unwrap();
        let target = folder.path().join("s2s.pfx");
        let barrier = Barrier::new(2);
        let write = |content: &[u8]| {
            let mut staged = SystemFiles::default().stage(&target, Access::Secret, Existing::Refuse, content).unwrap();
            barrier.wait();
            let placed = staged.place();
            if placed.is_ok() {
                staged.keep();
            }
            placed
        };
        let results = std::thread::scope(|scope| {
            let other = scope.spawn(|| write(&[2; 5000]));
            [write(&[1; 5000]), other.join().unwrap()]
        });
        let winner = match results.each_ref().map(Result::is_ok) {
            [true, false] => 1,
            [false, true] => 2,
            both => panic!("round {round}: {both:?}"),
        };
        let loser = results.into_iter().find_map(Result::err).unwrap();
        assert_eq!(loser.fault(), &FileFault::Exists);
        assert_eq!(listing(folder.path()), BTreeMap::from([("s2s.pfx".to_owned(), vec![winner; 5000])]));
    }
}

#[test]
fn an_existing_target_stays_unless_it_may_be_replaced() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("s2s.pfx");
    std::fs::write(&target, b"old").unwrap();
    let files = SystemFiles::default();
    let refused = files.create(&target, Access::Secret, Existing::Refuse, b"new").unwrap_err();
    assert_eq!((refused.fault(), std::fs::read(&target).unwrap()), (&FileFault::Exists, b"old".to_vec()));
    files.create(&target, Access::Secret, Existing::Replace, b"new").unwrap();
    assert_eq!(listing(folder.path()), BTreeMap::from([("s2s.pfx".to_owned(), b"new".to_vec())]));
}

#[test]
fn a_folder_is_no_target() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("s2s.pfx");
    std::fs::create_dir(&target).unwrap();
    let error = SystemFiles::default().create(&target, Access::Public, Existing::Replace, b"x").unwrap_err();
    assert_eq!(error.fault(), &FileFault::TargetNotAFile { kind: EntryKind::Directory });
}

#[test]
fn what_is_wrong_with_a_target_is_said() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("file"), b"").unwrap();
    let path = |name: &str| folder.path().join(name);
    let names_folder = || FileFault::InvalidName { why: "it names a folder" };
    let cases = [
        (path("a/b/s2s.pfx"), FileFault::ParentMissing { part: path("a") }),
        (path("file/s2s.pfx"), FileFault::ParentNotDirectory { part: path("file") }),
        (path("file/a/s2s.pfx"), FileFault::ParentNotDirectory { part: path("file") }),
        (path("s2s.pfx/"), names_folder()),
        (path(".."), names_folder()),
        (PathBuf::from("/"), names_folder()),
        (PathBuf::new(), FileFault::InvalidName { why: "it is empty" }),
        (path("a\0b"), FileFault::InvalidName { why: "it contains a NUL character" }),
    ];
    for (target, fault) in cases {
        let error = SystemFiles::default().create(&target, Access::Secret, Existing::Refuse, b"x").unwrap_err();
        if cfg!(windows) && target.to_string_lossy().contains('\0') {
            assert!(matches!(error.fault(), FileFault::InvalidName { .. }), "{target:?}");
        } else {
            assert_eq!((error.fault(), error.path()), (&fault, target.as_path()));
        }
    }
    assert_eq!(listing(folder.path()).len(), 1);
}

#[test]
fn a_name_may_be_as_long_as_the_system_allows_and_no_longer() {
    let folder = TempDir::new().unwrap();
    let files = SystemFiles::default();
    files.create(&folder.path().join("n".repeat(255)), Access::Secret, Existing::Refuse, b"x").unwrap();
    let error = files.create(&folder.path().join("n".repeat(256)), Access::Secret, Existing::Refuse, b"x").unwrap_err();
    let fault = error.fault();
    assert!(matches!(fault, FileFault::NameTooLong | FileFault::InvalidName { .. }), "{fault:?}");
    assert_eq!(listing(folder.path()).len(), 1);
}
