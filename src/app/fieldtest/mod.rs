//! `fieldtest`: looks, without changing anything, at what nobody has seen yet on a real server, and writes one bundle.
//!
//! Every look is a request to the node in this process, started to observe only. What a look cannot answer stands in
//! `docs/FIELD-TESTS.md`, to be tried by hand.

pub mod questions;
mod reads;
mod redact;

use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::outputs::{self, Output};
use super::report::path_text;
use super::version::{VersionReport, version};
use crate::cert::Fingerprint;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::node::acts::Acts;
use crate::node::engine;
use crate::ports::{Access, Host};
use crate::protocol::{Answer, Facts, Outcome, Text, Trouble};
use questions::{Question, Where};

/// The schema of [`Bundle`].
pub const BUNDLE_SCHEMA: &str = "s2scert.fieldtest-bundle/1.0";
/// The schema of [`FieldReport`].
pub const SCHEMA: &str = "s2scert.fieldtest/1.0";

/// Octets of the salt of the pseudonyms.
const SALT: usize = 32;

/// What the person asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The bundle to write.
    pub out: PathBuf,
    /// Whether a file that exists is replaced.
    pub force: bool,
    /// The state folder of the node, where it is not the default one.
    pub state: Option<PathBuf>,
}

/// What is written: everything that was seen, without the names of the site.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Bundle {
    /// `s2scert.fieldtest-bundle/1.0`.
    pub schema: &'static str,
    /// The program that looked.
    pub program: VersionReport,
    /// When.
    pub at: Timestamp,
    /// The questions, each with the looks that answer it or a part of it.
    pub questions: Vec<AskedQuestion>,
    /// The answers of the node, names replaced.
    pub looks: Vec<LookAnswer>,
}

/// One question of a bundle.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct AskedQuestion {
    /// Its identifier in `docs/FIELD-TESTS.md`.
    pub id: String,
    /// Where it can be answered.
    #[serde(rename = "where")]
    pub place: Where,
    /// The question.
    pub question: String,
    /// What s2scert takes for true until then.
    pub assumed: String,
    /// The looks that answer it, or a part of it.
    pub looks: Vec<String>,
    /// Whether all of those looks saw something.
    pub seen: bool,
    /// How many steps are left to be tried by hand.
    pub by_hand: usize,
}

/// What a node answered to one look.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct LookAnswer {
    /// The look.
    pub look: String,
    /// The answer, as `s2scert schema node-answer` describes it, names replaced.
    pub answer: Value,
}

/// What `fieldtest` tells.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FieldReport {
    /// `s2scert.fieldtest/1.0`.
    pub schema: &'static str,
    /// The bundle.
    #[serde(serialize_with = "path_text")]
    pub bundle: PathBuf,
    /// The SHA-256 of it, upper-case hexadecimal.
    pub sha256: String,
    /// Each look, and why it saw nothing where it did not.
    pub looks: Vec<LookResult>,
    /// How many questions there are.
    pub questions: usize,
    /// How many of them have every look that they ask for.
    pub seen: usize,
    /// How many steps are left to be tried by hand.
    pub by_hand: usize,
}

/// One look.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct LookResult {
    /// The look.
    pub look: String,
    /// Whether something was seen.
    pub seen: bool,
    /// Why nothing was, in the words of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl FieldReport {
    /// Returns the exit code: 8 where a look saw nothing.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.looks.iter().all(|look| look.seen) { ExitCode::Ok } else { ExitCode::PartialView }
    }
}

/// Looks, and writes the bundle.
///
/// # Errors
/// When the bundle cannot be written. What cannot be seen is part of the answer.
pub fn fieldtest(host: &Host, acts: &dyn Acts, options: &Options) -> Result<FieldReport> {
    let existing = outputs::existing(options.force);
    outputs::admit(host, &[], &[&options.out], existing)?;
    let mut salt = [0; SALT];
    host.random.fill(&mut salt).map_err(|e| Error::new(Kind::Internal, "the random generator failed").because(e))?;

    let questions = questions::all();
    let (mut names, mut results, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    for word in words(&questions) {
        for action in reads::requests(&word).into_iter().flatten() {
            let name = format!("fieldtest-{}", answers.len() + 1);
            let answer = engine::look(host, acts, options.state.as_deref(), &name, action);
            let why = unseen(&answer);
            results.push(LookResult { look: word.clone(), seen: why.is_none(), why });
            answers.push(serde_json::to_value(&answer).map_err(unwritable)?);
            names.push(word.clone());
        }
    }
    redact::redact(&mut answers, &salt);

    let asked: Vec<AskedQuestion> = questions.into_iter().map(|one| AskedQuestion::of(one, &results)).collect();
    let bundle = Bundle {
        schema: BUNDLE_SCHEMA,
        program: version(host),
        at: host.clock.now(),
        looks: names.into_iter().zip(answers).map(|(look, answer)| LookAnswer { look, answer }).collect(),
        questions: asked,
    };
    let mut bytes = serde_json::to_vec_pretty(&bundle).map_err(unwritable)?;
    bytes.push(b'\n');
    // Names are replaced, and still: what a server is like is nobody's business until its owner has read it.
    outputs::write(host, &[Output { path: &options.out, access: Access::Secret, bytes: &bytes }], existing)?;
    Ok(FieldReport {
        schema: SCHEMA,
        bundle: options.out.clone(),
        sha256: Fingerprint::of(&bytes).to_string(),
        looks: results,
        questions: bundle.questions.len(),
        seen: bundle.questions.iter().filter(|one| one.seen).count(),
        by_hand: bundle.questions.iter().map(|one| one.by_hand).sum(),
    })
}

/// Returns each look once, in the order of the questions.
fn words(questions: &[Question]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in questions.iter().flat_map(|one| &one.reads) {
        if !words.contains(word) {
            words.push(word.clone());
        }
    }
    words
}

/// Returns why an answer shows nothing.
fn unseen(answer: &Answer) -> Option<String> {
    match &answer.outcome {
        Outcome::Observed(seen) => match &seen.facts {
            Facts::Unseen(trouble) => Some(words_of(trouble)),
            _ => None,
        },
        Outcome::Refused(refusal) => Some(refusal.why.as_str().to_owned()),
        Outcome::Failed(trouble) => Some(words_of(trouble)),
        Outcome::Busy(_) => Some("an action is running on this node".to_owned()),
        Outcome::Done(_) | Outcome::Unclear(_) => Some("the node answered something else than was asked".to_owned()),
    }
}

/// What happened, and why.
fn words_of(trouble: &Trouble) -> String {
    let causes = trouble.causes.iter().map(Text::as_str);
    std::iter::once(trouble.what.as_str()).chain(causes).collect::<Vec<_>>().join(": ")
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(Kind::Internal, "the answer cannot be written as JSON").because(error)
}

impl AskedQuestion {
    fn of(one: Question, results: &[LookResult]) -> Self {
        let seen = |word: &String| results.iter().filter(|result| result.look == *word).all(|result| result.seen);
        Self {
            seen: !one.reads.is_empty() && one.reads.iter().all(seen),
            by_hand: one.by_hand.len(),
            id: one.id,
            place: one.place,
            question: one.question,
            assumed: one.assumed,
            looks: one.reads,
        }
    }
}
