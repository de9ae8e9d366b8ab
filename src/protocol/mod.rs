//! What goes over the wire to a node and back: one JSON request, one JSON answer, both with a version.
//!
//! Reading is strict. An unknown or repeated key is refused, and so is a newer version; every list and text has a bound.
//! Secrets stand in types that are erased, never printed, and told in no error. `docs/node-protocol.md` explains each action.

mod action;
mod answer;
pub mod chain;
mod facts;
mod farm;
mod secret;
mod signals;
mod table;
mod token;
mod whole;
mod wire;
mod word;

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use action::*;
pub use answer::*;
pub use facts::*;
pub use farm::*;
pub use secret::{SecretBytes, SecretText};
pub use signals::{LoggedEvent, MOST_EVENTS, MonitoringFacts, SignalFacts, SignalKind, SignalsRead};
pub use table::{Effect, Info, Needs, Proof, Rights, Runs, TABLE};
pub use token::*;
pub use whole::{Container, EarlyEnd, Readable, ReaderFacts, WholeFacts};
pub use wire::{ascii, write};
pub use word::{Hex, Id, LONGEST_ID, List, Octets, Text};

/// The schema of a request.
pub const REQUEST_SCHEMA: &str = "s2scert.node-request/1.0";
/// The schema of an answer.
pub const ANSWER_SCHEMA: &str = "s2scert.node-answer/1.0";
/// The most octets of a request. A PFX of [`MAX_PFX`] as base64 has a third more than its own size.
pub const MAX_REQUEST: u64 = 4 << 20;
/// The most octets of an answer.
pub const MAX_ANSWER: usize = 8 << 20;
/// The most octets of a PFX that is staged.
pub const MAX_PFX: usize = 1 << 20;
/// The longest time for one request, in seconds.
pub const MAX_DEADLINE: u32 = 3600;
/// The largest fence: what every reader of JSON takes for a whole number.
pub const MAX_FENCE: u64 = 1 << 53;

/// Whether a request may change anything.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Looks only. For an action that changes something this is its probe: is it so already?
    Observe,
    /// Acts.
    Perform,
}

/// One request to a node.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `s2scert.node-request/1.0`.
    pub schema: String,
    /// The number of this request. The answer repeats it.
    pub request: Id,
    /// How long the node may take, in seconds from the moment it has read the request: 1 to 3600.
    pub deadline_seconds: u32,
    /// Whether it may change anything.
    pub mode: Mode,
    /// The roll, with `perform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll: Option<Id>,
    /// The step of the plan, with `perform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Id>,
    /// The attempt at this step, from 1, with `perform`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The fencing number of the lease, with `perform`. Lower ones than the highest that was seen are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// What to look at or to do.
    pub action: Action,
}

impl Request {
    /// Makes a request: to act under a ticket, to look without one.
    #[must_use]
    pub fn new(request: Id, deadline_seconds: u32, ticket: Option<Ticket>, action: Action) -> Self {
        let mode = if ticket.is_some() { Mode::Perform } else { Mode::Observe };
        let (roll, step, attempt, fence) = match ticket {
            Some(ticket) => (Some(ticket.roll), Some(ticket.step), Some(ticket.attempt), Some(ticket.fence)),
            None => (None, None, None, None),
        };
        Self { schema: REQUEST_SCHEMA.to_owned(), request, deadline_seconds, mode, roll, step, attempt, fence, action }
    }
}

/// What entitles a request to act, and tells it from every other attempt.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The roll.
    pub roll: Id,
    /// The step of the plan.
    pub step: Id,
    /// The attempt at this step.
    pub attempt: u32,
    /// The fencing number.
    pub fence: u64,
}

/// A request that was understood, its parts found to fit one another.
#[derive(Clone, Debug)]
pub struct Order {
    /// The number of the request.
    pub request: Id,
    /// How long the node may take, in seconds.
    pub deadline_seconds: u32,
    /// Who acts, where the request is to act.
    pub ticket: Option<Ticket>,
    /// What to look at or to do.
    pub action: Action,
}

/// What is read of a request before its version is known.
#[derive(Deserialize)]
struct Envelope {
    schema: Option<String>,
    request: Option<Id>,
}

/// Why a request was not understood, and its number where that could be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unread {
    /// The number of the request.
    pub request: Option<Id>,
    /// What is wrong.
    pub refusal: Refusal,
}

/// Reads a request.
///
/// # Errors
/// [`Unread`], with no text in it that could be a secret.
pub fn read(bytes: &[u8]) -> Result<Order, Unread> {
    // A byte order mark is what Windows PowerShell writes before a text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let fault = |request: &Option<Id>, code, why: String, next: &str| Unread {
        request: request.clone(),
        refusal: Refusal::new(code, &why, next),
    };
    let send_one = "send one JSON document as docs/node-protocol.md describes it";
    if bytes.trim_ascii().is_empty() {
        return Err(fault(&None, RefusalCode::Malformed, "there is no request on standard input".to_owned(), send_one));
    }
    let envelope: Envelope = serde_json::from_slice(bytes)
        .map_err(|error| fault(&None, RefusalCode::Malformed, explain(&error), send_one))?;
    let request = envelope.request;
    if let Some(why) = envelope.schema.as_deref().and_then(wrong_version) {
        let next = "use one version of s2scert on the controller and on every node";
        return Err(fault(&request, RefusalCode::Version, why, next));
    }
    let parsed: Request = serde_json::from_slice(bytes)
        .map_err(|error| fault(&request, RefusalCode::Malformed, explain(&error), send_one))?;
    order(parsed).map_err(|why| fault(&request, RefusalCode::Malformed, why.to_owned(), send_one))
}

/// Reads an answer, as a controller does.
///
/// # Errors
/// Why it is none: the place, and what is wrong there.
pub fn read_answer(bytes: &[u8]) -> Result<Answer, String> {
    let answer: Answer = serde_json::from_slice(bytes).map_err(|error| explain(&error))?;
    if answer.schema != ANSWER_SCHEMA {
        return Err(format!(
            "the answer has another schema than {ANSWER_SCHEMA}: the node runs another version of s2scert"
        ));
    }
    Ok(answer)
}

/// Says why a request of this schema cannot be read here, or nothing where it can.
fn wrong_version(schema: &str) -> Option<String> {
    if schema == REQUEST_SCHEMA {
        return None;
    }
    let version = schema.strip_prefix("s2scert.node-request/").and_then(|text| {
        let (major, minor) = text.split_once('.')?;
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    });
    Some(match version {
        Some(asked) if asked > (1, 0) => {
            format!(
                "the request has version {}.{} and this s2scert knows 1.0: it is older than the controller",
                asked.0, asked.1
            )
        }
        Some(asked) => format!("version {}.{} of the request is no longer understood, only 1.0", asked.0, asked.1),
        None => "the schema is not s2scert.node-request/1.0".to_owned(),
    })
}

/// Finds the parts of a request that do not fit one another.
fn order(request: Request) -> Result<Order, &'static str> {
    let Request { request, deadline_seconds, mode, roll, step, attempt, fence, action, .. } = request;
    if !(1..=MAX_DEADLINE).contains(&deadline_seconds) {
        return Err("deadline_seconds is not between 1 and 3600");
    }
    let ticket = match (mode, roll, step, attempt, fence) {
        (Mode::Observe, None, None, None, None) => None,
        (Mode::Observe, ..) => return Err("a request to observe carries no roll, step, attempt or fence"),
        (Mode::Perform, Some(roll), Some(step), Some(attempt), Some(fence)) => {
            if attempt == 0 || fence == 0 || fence > MAX_FENCE {
                return Err("attempt and fence count from 1, and a fence ends at 2^53");
            }
            Some(Ticket { roll, step, attempt, fence })
        }
        (Mode::Perform, ..) => return Err("a request to perform needs roll, step, attempt and fence"),
    };
    match (&ticket, action.info().effect) {
        (Some(_), Effect::Observes) => Err("this action only looks: ask with mode observe"),
        _ => Ok(Order { request, deadline_seconds, ticket, action }),
    }
}

/// Words of the parser that name keys and kinds, and no value.
const PLAIN_WORDS: &[&str] = &["unknown field", "missing field", "duplicate field", "unknown variant"];
/// The most characters of such words that are repeated.
const MOST_WORDS: usize = 300;

/// Explains a fault of the parser by its place. Its words are repeated only where they cannot hold a value.
fn explain(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    let words = error.to_string();
    let said = words.strip_prefix(word::OURS).map(|rest| rest.to_owned());
    let plain = || PLAIN_WORDS.iter().any(|start| words.starts_with(start)).then(|| words.clone());
    match error.classify() {
        serde_json::error::Category::Eof => format!("the document breaks off ({place})"),
        serde_json::error::Category::Syntax => {
            format!("the document is not JSON, or holds two things where one belongs ({place})")
        }
        _ => match said.or_else(plain) {
            Some(words) => words.chars().filter(|letter| !letter.is_control()).take(MOST_WORDS).collect(),
            None => format!("a value is of the wrong kind ({place})"),
        },
    }
}
