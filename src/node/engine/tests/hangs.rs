//! Calls of the system that never return, and acts that fail inside.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use super::*;
use crate::node::acts::Surroundings;
use crate::protocol::{Mode, Nothing, samples};

/// Acts that come to no end: they wait for a word that nobody says, or panic.
struct Stuck {
    word: Option<Mutex<Receiver<()>>>,
}

impl Stuck {
    fn come_to_no_end(&self) -> ! {
        match &self.word {
            Some(word) => {
                let _ = word.lock().unwrap().recv();
                unreachable!("nobody says the word while the test lasts")
            }
            None => panic!("an act that fails inside, as this test wants it"),
        }
    }
}

impl Acts for Stuck {
    fn look(&self, _: &Action, _: &Work<'_>) -> Result<Look, Fault> {
        self.come_to_no_end()
    }

    fn act(&self, _: &Action, _: &Work<'_>) -> Result<Did, Fault> {
        self.come_to_no_end()
    }

    fn surroundings(&self, _: &Work<'_>) -> Surroundings {
        self.come_to_no_end()
    }
}

fn action(name: &str) -> Action {
    samples::actions().into_iter().find(|action| action.info().name == name).unwrap()
}

#[test]
fn a_request_is_answered_though_its_act_hangs_or_fails_inside_and_its_attempt_stays_open() {
    for (hangs, why) in [(true, "had not returned 1 s after"), (false, "the program failed inside")] {
        let node = Node::new();
        let host = node.fake.host();
        let settings = Settings { allow: Allow::All, state: None, read_within: Duration::from_secs(1) };
        // The sender lives as long as the test, so that the receiver waits as long.
        let (_nobody, word) = channel();
        let acts: Arc<dyn Acts> = Arc::new(Stuck { word: hangs.then(|| Mutex::new(word)) });
        let ask = |request: &Request| {
            let mut order = protocol::read(&serde_json::to_vec(request).unwrap()).unwrap();
            order.deadline_seconds = 1;
            watchdog::answer_in_time(&host, Arc::clone(&acts), &settings, order, Duration::ZERO).outcome
        };

        let remove = samples::request(action("remove"));
        let Outcome::Unclear(unclear) = ask(&remove) else { panic!("not unclear") };
        assert!(unclear.why.as_str().contains(why), "{}", unclear.why.as_str());
        assert_eq!(unclear.holds, Holds::Unseen);

        let mut look = samples::request(Action::StoreShow(protocol::Which { thumbprint: [1; 20].into() }));
        look.mode = Mode::Observe;
        (look.roll, look.step, look.attempt, look.fence) = (None, None, None, None);
        let Outcome::Failed(trouble) = ask(&look) else { panic!("not failed") };
        assert!(trouble.what.as_str().contains(why), "{}", trouble.what.as_str());

        // The attempt is on record without an end. While the process lives, what hangs holds the lock.
        let describe = Node { fake: node.fake.clone(), acts: node.acts.clone(), allow: Allow::Observe };
        look.action = Action::Describe(Nothing {});
        let Outcome::Observed(seen) = describe.ask(&look) else { panic!("not observed") };
        let Facts::Node(facts) = seen.facts else { panic!("no description") };
        let open_attempts = facts.state.open_attempts;
        assert_eq!(open_attempts.len(), 1);
        if hangs {
            assert!(matches!(node.ask(&remove), Outcome::Busy(_)));
        }
    }
}

#[test]
fn a_request_that_ends_in_time_is_answered_by_itself() {
    let node = Node::new();
    let settings = Settings { allow: Allow::All, state: None, read_within: Duration::from_secs(1) };
    let order = protocol::read(&serde_json::to_vec(&samples::request(action("remove"))).unwrap()).unwrap();
    let acts = Arc::new(node.acts.clone());
    let answer = watchdog::answer_in_time(&node.fake.host(), acts, &settings, order, Duration::ZERO);
    assert!(matches!(answer.outcome, Outcome::Done(_)), "{answer:?}");
    assert_eq!(node.acts.total(), 1);
}
