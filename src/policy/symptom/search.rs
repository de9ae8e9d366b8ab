//! Finding symptoms: by code, by text, and by what is nearly the text.

use schemars::JsonSchema;
use serde::Serialize;

use super::code::codes_in;
use super::{Cause, Symptom, catalogue};

/// The most that is looked at of a text: a whole log is not an error message. In characters.
const MAX_TEXT: usize = 4_000;
/// The most answers.
const MAX_MATCHES: usize = 3;
/// Answers below this many percent are no answers.
const ENOUGH: u8 = 55;
/// Two words are one from this likeness on.
const LIKE: f64 = 0.9;
/// Words that every text has.
const FILLERS: [&str; 24] = [
    "a", "an", "and", "at", "be", "by", "could", "does", "for", "from", "has", "in", "is", "it", "not", "of", "on",
    "or", "the", "this", "to", "was", "with", "you",
];

/// A symptom that fits what was asked.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Match {
    /// How well it fits, in percent.
    pub likeness: u8,
    /// The symptom.
    pub id: String,
    /// The text under which it is best known.
    pub text: String,
    /// Which part says so.
    pub layer: String,
    /// Its codes and other names.
    pub also: Vec<String>,
    /// Why, the likeliest first.
    pub causes: Vec<Cause>,
}

/// Returns what fits a text or code, the best first; with at least one code in it, those that have the code come first.
#[must_use]
pub fn search(asked: &str) -> Vec<Match> {
    let end = asked.char_indices().nth(MAX_TEXT).map_or(asked.len(), |(end, _)| end);
    let asked = &asked[..end];
    let (codes, words) = (codes_in(asked), words(asked));
    let mut found: Vec<(u8, &Symptom)> = catalogue()
        .iter()
        .map(|symptom| (likeness(symptom, asked, &codes, &words), symptom))
        .filter(|(likeness, _)| *likeness >= ENOUGH)
        .collect();
    // The sort is stable: of equals the one that stands first in the catalogue comes first.
    found.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    // Where something fits exactly, what only resembles it is noise.
    let best = found.first().map_or(0, |(likeness, _)| *likeness);
    found.retain(|(likeness, _)| best < 95 || *likeness >= 80);
    found.truncate(MAX_MATCHES);
    found.into_iter().map(|(likeness, symptom)| of(symptom, likeness)).collect()
}

fn of(symptom: &Symptom, likeness: u8) -> Match {
    Match {
        likeness,
        id: symptom.id.clone(),
        text: symptom.texts.first().cloned().unwrap_or_default(),
        layer: symptom.layer.clone(),
        also: symptom.codes.iter().chain(&symptom.names).cloned().collect(),
        causes: symptom.causes.clone(),
    }
}

fn likeness(symptom: &Symptom, asked: &str, codes: &[u32], asked_words: &[String]) -> u8 {
    let own = symptom.codes.iter().flat_map(|code| codes_in(code));
    if own.into_iter().any(|code| codes.contains(&code)) {
        return 100;
    }
    let folded = asked_words.join(" ");
    let is_name = |name: &String| name.eq_ignore_ascii_case(asked.trim()) || contains(&folded, &words(name));
    if symptom.id.eq_ignore_ascii_case(asked.trim()) || symptom.names.iter().any(is_name) {
        return 98;
    }
    symptom.texts.iter().map(|text| of_text(text, &folded, asked_words)).max().unwrap_or_default()
}

/// Whether whole words stand in a text one after another. A lone number such as 401 counts only if it is all that was asked.
fn contains(folded: &str, words: &[String]) -> bool {
    let joined = words.join(" ");
    let number = words.len() == 1 && joined.bytes().all(|octet| octet.is_ascii_digit());
    !joined.is_empty() && if number { folded == joined } else { format!(" {folded} ").contains(&format!(" {joined} ")) }
}

fn of_text(text: &str, folded: &str, asked: &[String]) -> u8 {
    let known = words(text);
    if contains(folded, &known) {
        return 97;
    }
    // A part of the text with enough words in it to be no accident.
    if asked.len() >= 3 && format!(" {} ", known.join(" ")).contains(&format!(" {folded} ")) {
        return 95;
    }
    let telling = |word: &&String| !FILLERS.contains(&word.as_str());
    let (known, asked): (Vec<&String>, Vec<&String>) =
        (known.iter().filter(telling).collect(), asked.iter().filter(telling).collect());
    if known.is_empty() || asked.is_empty() {
        return 0;
    }
    let like = |word: &String, others: &[&String]| others.iter().any(|other| strsim::jaro_winkler(word, other) >= LIKE);
    let weight = |words: &[&String]| words.iter().map(|word| word.chars().count()).sum::<usize>();
    let shared: Vec<&String> = known.iter().copied().filter(|word| like(word, &asked)).collect();
    let covered: Vec<&String> = asked.iter().copied().filter(|word| like(word, &known)).collect();
    let (recall, precision) = (percent(weight(&shared), weight(&known)), percent(weight(&covered), weight(&asked)));
    // A short question may ask for a long text, and a long message may hold a short one.
    let mixed = (recall.max(precision) * 2 + recall.min(precision)) / 3;
    u8::try_from(mixed.min(94)).unwrap_or(94)
}

fn percent(part: usize, whole: usize) -> usize {
    part * 100 / whole.max(1)
}

/// Lower-case words; punctuation separates.
fn words(text: &str) -> Vec<String> {
    let separates = |c: char| !c.is_alphanumeric() && c != '_';
    text.split(separates).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn first(asked: &str) -> String {
        search(asked).first().map(|one| one.id.clone()).unwrap_or_default()
    }

    #[test]
    fn every_text_code_and_name_finds_its_own_entry_first() {
        for symptom in catalogue() {
            for asked in symptom.texts.iter().chain(&symptom.codes).chain(&symptom.names) {
                assert_eq!(first(asked), symptom.id, "{asked}");
            }
        }
    }

    #[test]
    fn what_is_nearly_right_or_within_a_log_line_is_found() {
        for (asked, wanted) in [
            ("private key not foud", "private-key-not-found"),
            ("Keyset doesn't exist", "keyset-does-not-exist"),
            (
                "System.Security.Cryptography.CryptographicException: Keyset does not exist\\r\\n at ...",
                "keyset-does-not-exist",
            ),
            ("-2146893802", "keyset-does-not-exist"),
            ("invalid provider typ specified", "invalid-provider-type"),
            ("The remote server returned an error: (400) Bad Request.", "bad-request-400"),
            ("requires either a different password", "pfx-misleading-password"),
            ("Event 8311 SharePoint Foundation", "event-8311"),
        ] {
            assert_eq!(first(asked), wanted, "{asked}");
        }
    }

    #[test]
    fn what_nobody_knows_is_not_explained() {
        for asked in ["", "   ", "the", "zzzz qqqq", "0x00000000", "lorem ipsum dolor sit amet", "404040"] {
            assert!(search(asked).is_empty(), "{asked}: {:?}", search(asked).first());
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_search_panic(asked in "(?s).{0,300}") {
            prop_assert!(search(&asked).len() <= MAX_MATCHES);
        }
    }
}
