//! How bad it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad it is, from worth planning for to broken.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Plan for it.
    Attention,
    /// Do it in the days to come.
    Warning,
    /// It is late.
    Error,
    /// It is broken, or will be within days.
    Critical,
}

impl Level {
    /// Every level, rising.
    pub const ALL: [Self; 4] = [Self::Attention, Self::Warning, Self::Error, Self::Critical];

    /// Returns the word used in files and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// Returns the level of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}
