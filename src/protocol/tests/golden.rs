//! The octets of version 1.0, as they stand in `tests/data/node`. A change here breaks every node that is out there.

use std::path::PathBuf;

use super::super::*;
use crate::protocol::samples;

fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/node").join(name)
}

/// Compares with the file of that name. `S2SCERT_WRITE_GOLDEN=1` writes the files anew.
#[expect(clippy::disallowed_methods, reason = "the test reads its own data")]
fn compare(name: &str, text: &str) {
    if std::env::var_os("S2SCERT_WRITE_GOLDEN").is_some() {
        std::fs::write(page(name), text).unwrap();
    }
    let kept = std::fs::read_to_string(page(name)).unwrap();
    assert_eq!(kept, text, "{name} has drifted");
}

#[test]
fn every_action_is_written_as_it_always_was_and_read_again_whole() {
    let mut page = String::new();
    for action in samples::actions() {
        let text = serde_json::to_string(&samples::request(action)).unwrap();
        let again: Request = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        assert!(read(text.as_bytes()).is_ok(), "{text}");
        page.push_str(&text);
        page.push('\n');
    }
    compare("requests.jsonl", &page);
}

#[test]
fn every_outcome_is_written_as_it_always_was_and_read_again_whole() {
    let at = "2026-11-25T10:00:00Z".parse().unwrap();
    let ticket = Ticket { roll: samples::of("roll-1"), step: samples::of("step-1"), attempt: 2, fence: 7 };
    let trouble = Trouble::from(
        &crate::error::Error::new(crate::error::Kind::Unreadable, "access is denied")
            .at("LocalMachine\\My")
            .because(std::io::Error::other("error 5"))
            .hint("run as an administrator"),
    );
    let lease = Lease {
        roll: samples::of("roll-1"),
        holder: samples::of("CONTOSO\\ada on ops01"),
        fence: 7,
        taken: at,
        until: at,
    };
    let facts = Facts::Lease(LeaseFacts { lease: Some(lease), highest_fence: 7 });
    let undo = Some(Box::new(Action::LeaseRelease(Nothing {})));
    let outcomes = [
        Outcome::Observed(Observed { holds: Some(Holds::No), facts: facts.clone() }),
        Outcome::Done(Done { changed: true, facts: facts.clone(), undo }),
        Outcome::Failed(trouble.clone()),
        Outcome::Unclear(Unclear {
            begun: at,
            why: samples::of("the attempt was cut off"),
            holds: Holds::Unseen,
            facts: Facts::Unseen(trouble),
        }),
        Outcome::Busy(Busy { running: Some(ticket), since: Some(at) }),
        Outcome::Refused(Refusal::new(RefusalCode::Fenced, "a higher fence was seen", "take the lease again")),
    ];
    let mut page = String::new();
    for outcome in outcomes {
        let text = serde_json::to_string(&Answer::new(Some(samples::of("q-1")), "crm01", at, outcome)).unwrap();
        let again = read_answer(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
        page.push_str(&text);
        page.push('\n');
    }
    compare("answers.jsonl", &page);
}
