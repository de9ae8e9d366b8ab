//! The questions that only a real server can answer, read from `questions.toml`. `docs/FIELD-TESTS.md` is made from them.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const TEXT: &str = include_str!("questions.toml");

/// On which kind of server a question can be answered.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Where {
    /// A server of Dynamics 365.
    Crm,
    /// A server of SharePoint.
    Sharepoint,
    /// Any Windows Server.
    Any,
}

impl Where {
    /// Returns the words for a person.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Crm => "a Dynamics 365 server",
            Self::Sharepoint => "a SharePoint server",
            Self::Any => "any Windows Server",
        }
    }
}

/// One question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The identifier, for good.
    pub id: String,
    /// Where it can be answered.
    #[serde(rename = "where")]
    pub place: Where,
    /// The question.
    pub question: String,
    /// What depends on the answer.
    pub why: String,
    /// What is written about it.
    pub source: String,
    /// What s2scert takes for true until somebody has looked.
    pub assumed: String,
    /// The looks of `s2scert node` that answer it, or a part of it.
    pub reads: Vec<String>,
    /// What to do by hand. What changes something begins with [`CHANGES`].
    #[serde(rename = "try")]
    pub by_hand: Vec<String>,
    /// What the assumption would show.
    pub expect: String,
}

/// The beginning of an instruction that changes something: for test systems only.
pub const CHANGES: &str = "CHANGES: ";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    version: u32,
    question: Vec<Question>,
}

/// Returns every question, in the order of the page.
///
/// # Panics
/// Never in a program that was tested: the text is a constant, and a test reads it.
#[must_use]
pub fn all() -> Vec<Question> {
    #[expect(clippy::expect_used, reason = "the text is a constant of this program, and a test reads it")]
    let page: Page = toml::from_str(TEXT).expect("questions.toml is read by a test");
    debug_assert_eq!(page.version, 1);
    page.question
}

/// Renders `docs/FIELD-TESTS.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Field tests\n\n\
         What nobody here has seen yet on a real server, what s2scert takes for true until then, and how to find out. Written from\n\
         `src/app/fieldtest/questions.toml`; a test compares the two.\n\n\
         ```sh\n\
         s2scert fieldtest --read-only --out bundle.json\n\
         ```\n\n\
         runs every look below that changes nothing, replaces names by pseudonyms, and writes one JSON file that can be handed on. What\n\
         begins with \"On a test system\" changes something: never do it on a farm that people work with.\n",
    );
    for one in all() {
        let _ = write!(page, "\n## {}\n\n{}\n\n", one.id, one.question);
        let _ = writeln!(page, "- Where: {}.", one.place.words());
        let _ = writeln!(page, "- Why it matters: {}", one.why);
        let _ = writeln!(page, "- Written about it: {}.", one.source.trim_end_matches('.'));
        let _ = writeln!(page, "- Taken for true: {}", one.assumed);
        let _ = writeln!(page, "- That would show: {}", one.expect);
        if !one.reads.is_empty() {
            let _ = writeln!(page, "- Looked at by `fieldtest`: {}.", one.reads.join(", "));
        }
        for step in &one.by_hand {
            let _ = match step.strip_prefix(CHANGES) {
                Some(step) => writeln!(page, "- On a test system: {step}"),
                None => writeln!(page, "- By hand: `{step}`"),
            };
        }
    }
    page
}

#[cfg(test)]
mod tests {

    use std::collections::BTreeSet;

    use super::*;
    use crate::app::fieldtest::reads;

    #[test]
    fn every_question_is_whole_and_asks_for_looks_that_exist() {
        let all = all();
        assert!(all.len() >= 25, "{} questions", all.len());
        let ids: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), all.len(), "an id stands twice");
        for one in &all {
            for text in [&one.question, &one.why, &one.source, &one.assumed, &one.expect] {
                assert!(text.len() > 4, "{}: {text:?}", one.id);
            }
            assert!(!one.reads.is_empty() || !one.by_hand.is_empty(), "{}: there is no way to find out", one.id);
            for read in &one.reads {
                assert!(reads::requests(read).is_some(), "{}: {read}", one.id);
            }
        }
    }

    #[test]
    fn the_page_is_that_of_the_questions() {
        crate::current::assert_current("docs/FIELD-TESTS.md", &page());
    }
}
