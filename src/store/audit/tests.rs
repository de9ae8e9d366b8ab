//! The chain of lines: what is written is read again, and what was changed is found.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::Path;
use std::sync::Arc;

use super::*;

fn now() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

fn event(about: &str) -> Event {
    let text = |text: &str| text.to_owned();
    Event {
        at: now(),
        account: text("uid:0"),
        machine: text("crm01"),
        what: text("rotate apply"),
        about: text(about),
        result: text("begins"),
        detail: String::new(),
    }
}

fn folder(root: &Path) -> Arc<dyn StateFolder> {
    crate::sys::host().state.create(&root.join("state")).unwrap()
}

fn chained(lines: &[String]) -> Result<usize, String> {
    let mut head = chain::beginning();
    for (number, line) in lines.iter().enumerate() {
        head = chain::follow::<Event>(line.as_bytes(), number as u32, &head)?.1;
    }
    Ok(lines.len())
}

#[test]
fn events_of_several_runs_are_one_chain() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    let mut heads = Vec::new();
    for run in 0..3 {
        let (mut store, aside) = AuditStore::open(&*folder, now()).unwrap();
        assert_eq!(aside, None);
        heads.push(store.append(&event(&format!("roll-{run}"))).unwrap());
    }
    let (store, _) = AuditStore::open(&*folder, now()).unwrap();
    assert_eq!(store.head().unwrap(), Some((3, heads[2])));
    let lines = store.lines().unwrap();
    assert_eq!(chained(&lines).unwrap(), 3);
    let last: (u32, Event, Hex<32>) = chain::alone(lines[2].as_bytes()).unwrap();
    assert_eq!((last.0, last.1, last.2), (2, event("roll-2"), heads[2]));
}

#[test]
fn behind_an_altered_line_events_are_still_written_and_the_break_is_seen() {
    let root = tempfile::TempDir::new().unwrap();
    let folder = folder(root.path());
    let (mut store, _) = AuditStore::open(&*folder, now()).unwrap();
    store.append(&event("one")).unwrap();
    let alter = "UPDATE line SET text = replace(text, 'one', 'two')";
    store.database.transaction(|transaction| transaction.execute(alter, [])).unwrap();
    store.append(&event("three")).unwrap();
    assert_eq!(store.lines().unwrap().len(), 2);
    assert!(chained(&store.lines().unwrap()).is_err());
}
