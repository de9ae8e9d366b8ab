//! The store on real folders: damage, later versions, two at once.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests damage files")]

use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::ports::StateFolder;
use crate::watch::Level;
use crate::watch::memory::Told;

fn now() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn folder(root: &Path) -> Arc<dyn StateFolder> {
    crate::sys::host().state.create(&root.join("state")).unwrap()
}

fn entry() -> Entry {
    let mut entry = Entry::new("CN=crm.contoso.com", now());
    let told = Told { at: now(), level: Level::Warning, stage: None, marks: ["a".to_owned()].into() };
    entry.told.insert("mail".to_owned(), told);
    entry
}

fn line() -> Delivery {
    let text = |text: &str| text.to_owned();
    Delivery {
        at: now(),
        channel: text("mail"),
        crossing: text("expiry/F/late/2027"),
        level: text("error"),
        title: text("CN=crm.contoso.com"),
        outcome: text("delivered"),
        attempts: 2,
        why: String::new(),
    }
}

fn open(folder: &dyn StateFolder) -> (WatchStore, Option<std::path::PathBuf>) {
    WatchStore::open(folder, now()).unwrap()
}

#[test]
fn what_is_written_is_read_by_the_next_run() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    let (mut store, set_aside) = open(&*folder);
    assert_eq!((set_aside, store.last_run().unwrap()), (None, None));
    store.record("k", &entry(), Some(&line())).unwrap();
    let run = Run { started: now(), ended: now(), exit_code: 7, certificates: 3, alerts: 2, delivered: 1, failed: 0 };
    store.end_run(&run).unwrap();
    let stamp = FileStamp { size: 7, written: now(), identity: (u64::MAX, 1, -1) };
    let known = KnownFile { stamp, rules: "r".to_owned(), judged: now(), body: "{}".to_owned() };
    store.keep_files(&[("a.cer".to_owned(), known.clone()), ("b.cer".to_owned(), known.clone())], &[]).unwrap();
    drop(store);
    let (mut store, _) = open(&*folder);
    let memory = store.memory().unwrap();
    assert_eq!(memory.entries.get("k"), Some(&entry()));
    assert_eq!(store.last_run().unwrap(), Some(run));
    assert_eq!(store.deliveries(10).unwrap(), [line()]);
    store.keep_files(&[], &["b.cer".to_owned()]).unwrap();
    assert_eq!(store.files().unwrap().into_iter().collect::<Vec<_>>(), [("a.cer".to_owned(), known)]);
    store.keep(&memory, &Memory::default()).unwrap();
    assert_eq!(store.memory().unwrap(), Memory::default());
}

#[test]
fn a_damaged_file_is_kept_aside_and_a_new_one_begun() {
    for octets in [
        &b"not a database at all, but long enough to look like one........................................"[..],
        b"SQLite format 3\0torn",
    ] {
        let root = tempfile::TempDir::new().unwrap();
        let folder = folder(root.path());
        folder.write(LAYOUT.file, octets).unwrap();
        let (store, set_aside) = open(&*folder);
        let aside = set_aside.unwrap();
        assert_eq!(std::fs::read(&aside).unwrap(), octets);
        assert_eq!(store.memory().unwrap(), Memory::default());
    }
    // Pages overwritten in the middle of one that was good.
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    let (mut store, _) = open(&*folder);
    for number in 0..500 {
        store.record(&format!("key {number}"), &entry(), None).unwrap();
    }
    drop(store);
    let path = folder.path().join(LAYOUT.file);
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[4096..end].fill(0xa5);
    std::fs::write(&path, &bytes).unwrap();
    let (store, set_aside) = open(&*folder);
    assert!(set_aside.is_some());
    assert_eq!(store.memory().unwrap(), Memory::default());
}

#[test]
fn a_later_layout_is_refused_and_left_as_it_is() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    drop(open(&*folder));
    let path = folder.path().join(LAYOUT.file);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let refused = WatchStore::open(&*folder, now());
    assert!(matches!(refused, Err(StoreError::Newer { found: 99, known: 1, .. })));
    assert!(path.exists());
}

#[test]
fn the_file_of_another_program_is_not_taken_for_ours() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    folder.write(LAYOUT.file, b"").unwrap();
    let connection = rusqlite::Connection::open(folder.path().join(LAYOUT.file)).unwrap();
    connection.execute_batch("CREATE TABLE a (b); PRAGMA application_id = 7;").unwrap();
    drop(connection);
    assert!(open(&*folder).1.is_some());
}

#[test]
fn a_record_that_is_none_is_passed_over() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    let (mut store, _) = open(&*folder);
    store.record("good", &entry(), None).unwrap();
    store.database.transaction(|one| one.execute("INSERT INTO entry VALUES ('bad', 'x')", []).map(drop)).unwrap();
    assert_eq!(store.memory().unwrap().entries.keys().collect::<Vec<_>>(), ["good"]);
}
