//! One look at each server, whoever wants to know: an answer that came is not asked for again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::farm::description::Node;
use crate::ports::{CarryError, Transport};
use crate::protocol::{self, Answer, Request};

/// The node by its folded name, and the action as it is written.
type Question = (String, Vec<u8>);

/// A transport that carries each question to each node once, and gives the same answer to whoever asks it again. For looks
/// only: an action that is ordered twice is two attempts.
pub(super) struct Once {
    inner: Arc<dyn Transport>,
    answers: Mutex<HashMap<Question, Result<Answer, CarryError>>>,
}

impl Once {
    /// Puts it before another transport.
    pub(super) fn new(inner: Arc<dyn Transport>) -> Self {
        Self { inner, answers: Mutex::default() }
    }
}

impl Transport for Once {
    fn ask(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError> {
        let question = (node.name.folded(), protocol::ascii(&request.action));
        let held = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = held().get(&question) {
            return known.clone();
        }
        // Nobody waits behind the lock while a server thinks.
        let answer = self.inner.ask(node, request, patience);
        held().insert(question, answer.clone());
        answer
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::farm::description;
    use crate::ports::CarryFault;
    use crate::protocol::{Action, Nothing, samples};

    /// A transport that counts, and reaches nobody.
    #[derive(Default)]
    struct Counting(Mutex<Vec<String>>);

    impl Transport for Counting {
        fn ask(&self, node: &Node, request: &Request, _: Duration) -> Result<Answer, CarryError> {
            let mut all = self.0.lock().unwrap();
            all.push(format!("{} {}", node.name, request.request));
            let why = format!("answer {}", all.len());
            Err(CarryError { fault: CarryFault::Unreachable, reached: false, why, next: String::new() })
        }
    }

    #[test]
    fn a_question_goes_out_once_for_each_node_and_each_action() {
        let text = include_str!("../../tests/data/farm/contoso.toml");
        let farm = description::read(text).farm;
        let counting = Arc::new(Counting::default());
        let once = Once::new(counting.clone());
        let ask = |node: usize, action| {
            once.ask(&farm.nodes[node], &samples::request(action), Duration::from_secs(1)).unwrap_err().why
        };
        let (describe, lease) = (|| Action::Describe(Nothing {}), || Action::Lease(Nothing {}));
        assert_eq!([ask(0, describe()), ask(0, describe()), ask(0, lease())], ["answer 1", "answer 1", "answer 2"]);
        assert_eq!([ask(1, describe()), ask(0, lease()), ask(1, describe())], ["answer 3", "answer 2", "answer 3"]);
        assert_eq!(counting.0.lock().unwrap().len(), 3);
    }
}
