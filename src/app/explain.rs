//! `explain`: a text or code to its likely causes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::policy::symptom::{self, Match};

/// The schema of [`ExplainReport`].
pub const SCHEMA: &str = "s2scert.explain/1.0";

/// What `explain` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ExplainReport {
    /// `s2scert.explain/1.0`.
    pub schema: &'static str,
    /// What was asked.
    pub asked: String,
    /// The codes that were found in it, in the common spellings.
    pub codes: Vec<String>,
    /// What it may be, the best fit first.
    pub matches: Vec<Match>,
}

/// Explains a text or code.
///
/// # Errors
/// [`Kind::Unreadable`] when nothing is known that resembles it.
pub fn explain(asked: &str) -> Result<ExplainReport> {
    let matches = symptom::search(asked);
    if matches.is_empty() {
        return Err(Error::new(Kind::Unreadable, "nothing is known of this text or code")
            .hint("give the words of the message itself, or its code: s2scert explain \"Keyset does not exist\"")
            .hint("docs/explain.md lists all that is known"));
    }
    let codes = symptom::codes_in(asked).into_iter().map(symptom::spellings).collect();
    Ok(ExplainReport { schema: SCHEMA, asked: asked.to_owned(), codes, matches })
}
