//! One request, one answer: what each rule of the engine says.

use super::*;
use crate::fake_acts::Ending;
use crate::protocol::samples::{self, of};
use crate::protocol::{JournalAppend, JournalRead, LeaseTake, Nothing, Octets, RollMarkerWrite, Which};

fn remove() -> Request {
    samples::request(samples::actions().into_iter().find(|action| action.info().name == "remove").unwrap())
}

fn perform(action: Action) -> Request {
    samples::request(action)
}

fn observe(action: Action) -> Request {
    Request { mode: protocol::Mode::Observe, roll: None, step: None, attempt: None, fence: None, ..perform(action) }
}

#[test]
fn a_repeat_is_told_the_same_octets_and_nothing_happens_twice() {
    let node = Node::new();
    let bytes = serde_json::to_vec(&remove()).unwrap();
    let first = node.asked(&bytes);
    node.fake.pass(60);
    let second = node.asked(&bytes);
    assert_eq!(String::from_utf8_lossy(&first.bytes), String::from_utf8_lossy(&second.bytes));
    assert_eq!((first.exit_code, node.acts.total()), (ExitCode::Ok, 1));
    // One line, and nothing behind it.
    assert_eq!(first.bytes.iter().filter(|octet| **octet == b'\n').count(), 1);
}

#[test]
fn a_failure_is_recorded_too_and_the_next_attempt_acts() {
    let node = Node::new();
    node.acts.ending(Ending::Fails);
    assert!(matches!(node.ask(&remove()), Outcome::Failed(_)));
    node.acts.ending(Ending::Well);
    assert!(matches!(node.ask(&remove()), Outcome::Failed(_)));
    assert_eq!(node.acts.total(), 0);
    assert!(matches!(node.ask(&Request { attempt: Some(2), ..remove() }), Outcome::Done(_)));
    assert_eq!(node.acts.total(), 1);
}

#[test]
fn an_act_that_failed_in_the_middle_is_unclear_and_tells_what_the_probe_finds() {
    let node = Node::new();
    node.acts.ending(Ending::Unclear);
    for _ in 0..2 {
        let Outcome::Unclear(unclear) = node.ask(&remove()) else { panic!("not unclear") };
        assert_eq!((unclear.holds, unclear.why.as_str()), (Holds::Yes, "the script was ended"));
    }
    assert_eq!(node.acts.total(), 1);
}

#[test]
fn another_action_with_the_same_ticket_is_refused() {
    let node = Node::new();
    node.ask(&remove());
    let other = Request { action: Action::Unstage(Nothing {}), ..remove() };
    assert_eq!(code(&node.ask(&other)), Some(RefusalCode::TicketUsed));
}

#[test]
fn while_one_acts_a_repeat_is_told_busy_and_so_is_everybody_else() {
    // The intent stands, and somebody holds the lock.
    let cut_off = |call| {
        let node = Node::new();
        node.ask(&Request { step: Some(of("before")), ..remove() });
        node.fake.folders().crash_at(call, crate::fake_host::Crash::Before);
        node.ask(&remove());
        node.fake.folders().revive();
        matches!(node.ask(&remove()), Outcome::Unclear(_)).then_some(node)
    };
    let node = (0..40).find_map(cut_off).unwrap();
    let crashed = node.fake.folders();
    crashed.occupy(&node.folder().join(ACTION_LOCK));
    let Outcome::Busy(busy) = node.ask(&remove()) else { panic!("not busy: {:?}", node.ask(&remove())) };
    assert_eq!(busy.running.unwrap().step, of("step-1"));
    let Outcome::Busy(busy) = node.ask(&Request { step: Some(of("other")), ..remove() }) else { panic!("not busy") };
    assert_eq!(busy.running, None);
    // What is over is told all the same, and a lower fence is refused.
    assert!(matches!(node.ask(&Request { step: Some(of("before")), ..remove() }), Outcome::Done(_)));
    let other = Request { action: Action::Unstage(Nothing {}), ..remove() };
    assert_eq!(code(&node.ask(&other)), Some(RefusalCode::TicketUsed));
    // The lease is renewed while an action lasts.
    let take = LeaseTake { holder: of("ada"), seconds: 60, over: None };
    let taken = node.ask(&Request { fence: Some(2), ..perform(Action::LeaseTake(take)) });
    assert!(matches!(taken, Outcome::Done(_)), "{taken:?}");
    assert_eq!(code(&node.ask(&remove())), Some(RefusalCode::Fenced));
}

#[test]
fn a_lower_fence_is_refused_whatever_it_asks_for() {
    let node = Node::new();
    node.ask(&Request { fence: Some(9), ..remove() });
    for action in samples::actions() {
        let request = Request { fence: Some(8), step: Some(of("late")), ..perform(action) };
        if request.mode == protocol::Mode::Perform {
            let outcome = node.ask(&request);
            assert_eq!(code(&outcome), Some(RefusalCode::Fenced), "{outcome:?}");
        }
    }
    assert_eq!(node.acts.total(), 1);
}

#[test]
fn a_node_that_may_observe_only_acts_on_nothing_and_writes_nothing() {
    let node = Node { allow: Allow::Observe, ..Node::new() };
    for action in samples::actions() {
        let request = perform(action.clone());
        let outcome = node.ask(&request);
        let looked = node.ask(&observe(action.clone()));
        // What signs something and sends it away is more than a look.
        if request.mode == protocol::Mode::Perform || action.goes_out() {
            assert_eq!(code(&outcome), Some(RefusalCode::ObserveOnly), "{outcome:?}");
        } else {
            assert!(matches!(outcome, Outcome::Observed(_)), "{outcome:?}");
        }
        assert_eq!(matches!(looked, Outcome::Observed(_)), !action.goes_out(), "{looked:?}");
    }
    assert_eq!((node.acts.total(), node.fake.folders().files()), (0, Vec::new()));
}

#[test]
fn an_unsafe_state_folder_is_refused_by_name_and_described() {
    let node = Node::new();
    node.ask(&remove());
    let strange = node.folder().join("staging/strange.pfx");
    node.fake.folders().spoil(&strange);
    for request in [remove(), perform(Action::Unstage(Nothing {})), observe(Action::Lease(Nothing {}))] {
        let Outcome::Refused(refusal) = node.ask(&request) else { panic!("not refused") };
        assert_eq!(refusal.code, RefusalCode::UnsafeState);
        assert!(refusal.why.as_str().contains("strange.pfx"), "{}", refusal.why.as_str());
    }
    let Outcome::Observed(seen) = node.ask(&observe(Action::Describe(Nothing {}))) else { panic!("not observed") };
    let Facts::Node(facts) = seen.facts else { panic!("no facts of the node") };
    assert!(facts.state.unusable.unwrap().as_str().contains("strange.pfx"));
}

#[test]
fn a_damaged_or_newer_state_file_is_refused_and_left_alone() {
    for content in ["", "{", "{\"schema\":\"s2scert.node-standing/1.1\"}", "{\"schema\":\"s2scert.node-standing/1.0\"}"]
    {
        let node = Node::new();
        node.ask(&remove());
        let file = node.folder().join("standing.json");
        node.fake.folders().put(&file, content.as_bytes());
        let outcome = node.ask(&Request { step: Some(of("next")), ..remove() });
        assert_eq!(code(&outcome), Some(RefusalCode::DamagedState), "{content}");
        assert_eq!(node.acts.total(), 1, "{content}");
        let mut host = node.fake.folders().files();
        host.retain(|path| *path == file);
        assert_eq!(host, [file]);
    }
}

#[test]
fn the_journal_grows_by_one_and_has_no_gap() {
    let node = Node::new();
    let append = |index: u32, text: &str| {
        let record = Octets::new(text.as_bytes().to_vec()).unwrap();
        node.ask(&perform(Action::JournalAppend(JournalAppend { index, record })))
    };
    let changed = |outcome: Outcome| match outcome {
        Outcome::Done(done) => done.changed,
        other => panic!("{other:?}"),
    };
    assert!(changed(append(0, "one")));
    assert!(!changed(append(0, "one")));
    assert_eq!(code(&append(0, "other")), Some(RefusalCode::Journal));
    assert_eq!(code(&append(2, "three")), Some(RefusalCode::Journal));
    // A torn line of a broken write is no record.
    let files = node.fake.folders().files();
    let journal = files.iter().find(|path| path.to_string_lossy().ends_with(".jsonl")).unwrap();
    node.fake.folders().put(journal, b"\"b25l\"\n\"dHd");
    assert!(changed(append(1, "two")));
    let read = |from| match node.ask(&observe(Action::Journal(JournalRead { roll: of("roll-1"), from }))) {
        Outcome::Observed(Observed { facts: Facts::Journal(facts), .. }) => {
            let records = facts.records.iter().map(|record| String::from_utf8_lossy(record.as_bytes()).into_owned());
            (facts.length, records.collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(read(0), (2, vec!["one".to_owned(), "two".to_owned()]));
    assert_eq!(read(1), (2, vec!["two".to_owned()]));
    assert_eq!(read(2), (2, Vec::new()));
}

#[test]
fn the_lease_goes_from_hand_to_hand_and_each_undo_puts_back_what_was() {
    let node = Node::new();
    let take = |roll: &str, holder: &str, fence, over| {
        let action = Action::LeaseTake(LeaseTake { holder: of(holder), seconds: 60, over });
        node.ask(&Request { roll: Some(of(roll)), fence: Some(fence), ..perform(action) })
    };
    assert!(matches!(take("a", "ada", 1, None), Outcome::Done(Done { changed: true, .. })));
    assert!(matches!(take("a", "ada", 1, None), Outcome::Done(Done { changed: false, .. })));
    assert_eq!(code(&take("b", "bob", 1, None)), Some(RefusalCode::LeaseHeld));
    assert_eq!(code(&take("b", "bob", 2, None)), Some(RefusalCode::LeaseHeld));
    node.fake.pass(61);
    assert!(matches!(take("b", "bob", 2, None), Outcome::Done(Done { changed: true, .. })));
    assert_eq!(code(&take("a", "ada", 1, None)), Some(RefusalCode::Fenced));
    let write = RollMarkerWrite { plan_sha256: protocol::Hex::from([1; 32]), owner: of("bob"), phase: of("import") };
    let by_bob = |action| Request { roll: Some(of("b")), fence: Some(2), ..perform(action) };
    let Outcome::Done(done) = node.ask(&by_bob(Action::RollMarkerWrite(write))) else { panic!("not done") };
    assert!(matches!(done.undo.as_deref(), Some(Action::RollMarkerClear(_))));
    assert_eq!(code(&take("c", "cyd", 3, Some(2))), Some(RefusalCode::RollStands));
    let Outcome::Done(done) = node.ask(&by_bob(Action::RollMarkerClear(Nothing {}))) else { panic!("not done") };
    assert!(matches!(done.undo.as_deref(), Some(Action::RollMarkerWrite(_))));
    assert!(matches!(take("c", "cyd", 3, Some(2)), Outcome::Done(_)));
    assert!(matches!(node.ask(&by_bob(Action::LeaseRelease(Nothing {}))), Outcome::Refused(_)));
}

#[test]
fn what_is_said_of_a_request_that_is_none_has_its_number_where_it_could_be_read() {
    let node = Node::new();
    let reply = node.asked(br#"{"schema":"s2scert.node-request/9.0","request":"q-7"}"#);
    let answer = protocol::read_answer(&reply.bytes).unwrap();
    assert_eq!((answer.request, answer.node.as_str()), (Some(of("q-7")), "crm01"));
    assert_eq!(reply.exit_code, ExitCode::Usage);
    let large = node.asked(&vec![b' '; usize::try_from(MAX_REQUEST).unwrap() + 1]);
    let answer = protocol::read_answer(&large.bytes).unwrap();
    assert_eq!(code(&answer.outcome), Some(RefusalCode::TooLarge));
}

#[test]
fn records_of_other_rolls_are_pruned_and_those_of_this_one_stay() {
    let node = Node::new();
    let number = |roll: &str, step: usize| Request {
        roll: Some(of(roll)),
        step: Some(of(&format!("s{step}"))),
        ..perform(samples::actions().into_iter().find(|action| action.info().name == "iis-reset").unwrap())
    };
    for step in 0..600 {
        node.ask(&number("old", step));
    }
    let records =
        || node.fake.folders().files().iter().filter(|path| path.starts_with(node.folder().join(ATTEMPTS))).count();
    assert_eq!(records(), 600);
    node.ask(&number("new", 0));
    assert!(records() <= 512, "{}", records());
    assert!(matches!(node.ask(&number("new", 0)), Outcome::Done(_)));
    assert_eq!(node.acts.total(), 601);
}

#[test]
fn looking_at_a_certificate_needs_no_state_folder() {
    let node = Node::new();
    let show = Action::StoreShow(Which { thumbprint: protocol::Hex::from([1; 20]) });
    assert!(matches!(node.ask(&observe(show)), Outcome::Observed(_)));
    assert_eq!(node.fake.folders().files(), Vec::<PathBuf>::new());
}
