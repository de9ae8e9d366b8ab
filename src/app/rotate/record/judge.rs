//! Whose output it is, and whether it is whole: an output belongs to one script of one step of one plan, by its marker lines.
//!
//! The marker lines follow from the plan and are no secret. They tell outputs apart; they do not prove who wrote one.

use serde_json::Value;

use super::shown::{self, Says};
use crate::app::rotate::emit::{Part, Piece, Pieces};
use crate::cert::{Fingerprint, text};
use crate::error::{Error, Kind, Result};
use crate::node::powershell::{AnswerError, read};
use crate::protocol::Hex;
use crate::rotation::plan::Step;

/// How the marker lines begin.
const MARKERS: [&str; 2] = ["s2scert-begin-", "s2scert-end-"];

/// What an output says.
#[derive(Clone, Copy, Debug, Eq, PartialEq, schemars::JsonSchema, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// What the step is to bring about is so.
    Proven,
    /// The script came to its end; what it says proves nothing.
    Shown,
    /// It is not so.
    NotSo,
}

/// One output that was judged.
pub(super) struct Judged<'a> {
    pub(super) step: &'a Step,
    pub(super) script: &'static str,
    pub(super) part: Part,
    pub(super) sha256: Hex<32>,
    pub(super) says: Says,
}

/// Why an output is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Refused {
    #[error("{0}")]
    NoText(String),
    #[error("no line of it is a marker line of s2scert")]
    NoAnswer,
    #[error("its beginning is missing")]
    NoBeginning,
    #[error("its marker lines are those of no script of this plan: it belongs to another plan, or they were edited")]
    OtherPlan,
    #[error("it is the output of the step {0}")]
    OtherStep(String),
    #[error("it was made on {machine}, and the step belongs to {node}")]
    OtherServer { machine: String, node: String },
    #[error(transparent)]
    Answer(AnswerError),
    #[error("the answer has not the form in which {script} writes it: {why}")]
    Form { script: &'static str, why: String },
}

impl Refused {
    /// Says it as an error, with what to do.
    pub(super) fn error(self, place: &str) -> Error {
        let error = Error::new(Kind::Refused, "this output is not taken").at(place);
        let again = "run the script again, and hand in the .txt file as Tee-Object wrote it, whole and unchanged";
        match &self {
            Self::OtherStep(step) => {
                let hint = format!("hand it in as that: s2scert rotate record {step} --output FILE");
                error.because(self).hint(hint)
            }
            Self::OtherPlan => error
                .because(self)
                .hint("take the files of this very plan: s2scert rotate emit plan.json --dir by-hand")
                .hint(again),
            Self::OtherServer { .. } => {
                error.because(self).hint("run the script on the server whose folder it lies in")
            }
            _ => error.because(self).hint(again),
        }
    }
}

/// Judges an output.
///
/// # Errors
/// [`Refused`] within, when it is not taken; outside, when the scripts of the plan cannot be put together.
pub(super) fn judge<'a>(
    pieces: &Pieces<'a>,
    wanted: Option<&Step>,
    switched: Option<jiff::Timestamp>,
    bytes: &[u8],
) -> Result<std::result::Result<Judged<'a>, Refused>> {
    let text = match text::decode(bytes) {
        Ok(text) => text,
        Err(error) => return Ok(Err(Refused::NoText(error.to_string()))),
    };
    let Some(first) = text.lines().map(str::trim).find(|line| MARKERS.iter().any(|one| line.starts_with(one))) else {
        return Ok(Err(Refused::NoAnswer));
    };
    if first.starts_with(MARKERS[1]) {
        return Ok(Err(Refused::NoBeginning));
    }
    let Some((step, piece)) = owner(pieces, first)? else { return Ok(Err(Refused::OtherPlan)) };
    if wanted.is_some_and(|wanted| wanted.id != step.id) {
        return Ok(Err(Refused::OtherStep(step.id.to_string())));
    }
    let script = piece.runs.name();
    let says = match read::<Value>(text.as_bytes(), &pieces.marker(step, piece.part, script)) {
        Ok(value) => shown::says(pieces, step, &piece, value, switched),
        // The script itself says that it failed: that is a whole output, and a bad one.
        Err(
            failed @ (AnswerError::LanguageMode
            | AnswerError::FileRefused { .. }
            | AnswerError::Refused { .. }
            | AnswerError::Script(_)),
        ) => Ok(Says::not_so(failed.to_string())),
        Err(error) => Err(Refused::Answer(error)),
    };
    let sha256 = Hex::from(*Fingerprint::of(bytes).as_bytes());
    Ok(says.map(|says| Judged { step, script, part: piece.part, sha256, says }))
}

/// Finds the script whose answer begins with this line.
fn owner<'a>(pieces: &Pieces<'a>, line: &str) -> Result<Option<(&'a Step, Piece)>> {
    for step in pieces.plan.steps.iter().chain(&pieces.plan.unwind) {
        for piece in pieces.of(step)? {
            if pieces.marker(step, piece.part, piece.runs.name()).begin() == line {
                return Ok(Some((step, piece)));
            }
        }
    }
    Ok(None)
}
