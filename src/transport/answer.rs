//! What came back: is it an answer, and to this request?

use crate::ports::{CarryError, CarryFault};
use crate::protocol::{self, Answer, Outcome, Request};

/// How much of what a stranger wrote is repeated, in characters.
const SHOWN: usize = 300;

/// Reads what a node wrote.
pub(super) fn read(bytes: &[u8], request: &Request) -> Result<Answer, CarryError> {
    let answer = protocol::read_answer(bytes).map_err(|why| {
        let what = if bytes.trim_ascii_start().starts_with(b"{") {
            format!("what came back is no answer: {why}")
        } else {
            format!("what came back is no answer; it begins with: {}", shown(bytes))
        };
        garbled(what)
    })?;
    own(answer, request)
}

/// Refuses the answer to another request.
pub(super) fn own(answer: Answer, request: &Request) -> Result<Answer, CarryError> {
    if answer.request.as_ref() == Some(&request.request) {
        return Ok(answer);
    }
    Err(match (&answer.request, &answer.outcome) {
        (None, Outcome::Refused(refusal)) => {
            garbled(format!("the node did not understand the request: {}", refusal.why.as_str()))
        }
        _ => garbled("what came back is the answer to another request".to_owned()),
    })
}

/// Says that what came back cannot be used.
pub(super) fn garbled(why: String) -> CarryError {
    CarryError {
        fault: CarryFault::Garbled,
        reached: true,
        why,
        next: "look at what the login of that account prints (a profile, a banner), and use one version of s2scert on \
               controller and node"
            .to_owned(),
    }
}

/// Returns the beginning of what a program wrote as one line without control characters.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN * 4)]).into_owned();
    let plain: String = text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}
