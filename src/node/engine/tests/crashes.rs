//! The process dies in every call of a port, before and after its effect: a repeat has done it exactly once, or says that it is
//! not known.

use super::*;
use crate::fake_host::Crash;
use crate::protocol::Mode;
use crate::protocol::samples;

/// More calls than any request makes.
const CALLS: usize = 40;

#[test]
fn wherever_the_process_dies_the_effect_is_there_once_or_the_answer_is_unclear() {
    let (mut deaths, mut unclear_answers) = (0, 0);
    for action in samples::actions() {
        let request = samples::request(action.clone());
        // A PFX that can be staged is another matter: tests/it/node.rs.
        if request.mode == Mode::Observe || action.info().name == "stage" {
            continue;
        }
        for when in [Crash::Before, Crash::After] {
            for call in 0..CALLS {
                let node = Node::new();
                node.fake.folders().crash_at(call, when);
                node.ask(&request);
                if !node.fake.folders().revive() {
                    break;
                }
                deaths += 1;
                let said = format!("{} dies {when:?} call {call}", action.info().name);
                let first = node.ask(&request);
                let second = node.ask(&request);
                let times = node.acts.times(&action);
                match &first {
                    Outcome::Done(_) if action.info().effect == Effect::Keeps || action.info().name == "unstage" => {
                        assert_eq!(times, 0, "{said}");
                    }
                    Outcome::Done(_) => assert_eq!(times, 1, "{said}"),
                    Outcome::Unclear(unclear) => {
                        unclear_answers += 1;
                        assert!(times <= 1, "{said}");
                        let there = action.info().name == "unstage" || times == 1;
                        assert_eq!(unclear.holds, if there { Holds::Yes } else { Holds::No }, "{said}");
                    }
                    // The lease must be taken before it is renewed: that failure is no other after a crash.
                    Outcome::Failed(_) if action.info().name == "lease-renew" => {}
                    other => panic!("{said}: {other:?}"),
                }
                assert_eq!(std::mem::discriminant(&first), std::mem::discriminant(&second), "{said}");
                assert!(node.acts.times(&action) <= 1, "{said}");
            }
        }
    }
    assert!(deaths > 200 && unclear_answers > 20, "{deaths} deaths, {unclear_answers} unclear");
}

#[test]
fn the_next_attempt_after_an_unclear_one_acts() {
    let action = samples::actions().into_iter().find(|action| action.info().name == "remove").unwrap();
    let mut seen = 0;
    for call in 0..CALLS {
        let node = Node::new();
        node.fake.folders().crash_at(call, Crash::Before);
        let request = samples::request(action.clone());
        node.ask(&request);
        node.fake.folders().revive();
        let Outcome::Unclear(unclear) = node.ask(&request) else { continue };
        seen += 1;
        let acted_before = usize::from(unclear.holds == Holds::Yes);
        let next = Request { attempt: Some(2), ..request };
        assert!(matches!(node.ask(&next), Outcome::Done(_)));
        assert_eq!(node.acts.times(&action), acted_before + 1);
    }
    assert!(seen > 1, "never unclear");
}
