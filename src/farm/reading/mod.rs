//! Reading what people write in TOML: places, spans, and the nearest word that would have been right.
//!
//! Shared by the reader of policies and that of farm.toml. Nothing here knows what either file means.

mod fields;

use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

pub(crate) use fields::fields_of;

/// How much of a wrong word is repeated in a message, in characters.
const SHOWN: usize = 64;
/// The longest message taken over from the TOML reader, which repeats what it read.
const MAX_MESSAGE: usize = 300;

/// Returns the candidate most like `word`, if one is like it at all.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if word.len() > SHOWN {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// Returns the question that ends a message about a wrong word.
pub(crate) fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean {name:?}?"))
}

/// Shortens a word for a message.
pub(crate) fn shown(word: &str) -> String {
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &word[..end]),
        None => word.to_owned(),
    }
}

/// Returns where the value of each key of a table stands.
pub(crate) fn value_spans(table: &Spanned<DeTable<'_>>) -> Vec<(String, Range<usize>)> {
    table.get_ref().iter().map(|(key, value)| (shown(key.get_ref()), value.span())).collect()
}

/// Makes one bounded line of a message of the TOML reader, in our own words.
pub(crate) fn tidy(message: &str) -> String {
    let line = message
        .trim()
        .replace('\n', "; ")
        .replace("missing field", "missing key")
        .replace("unknown field", "unknown key");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
