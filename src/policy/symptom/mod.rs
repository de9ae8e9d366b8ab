//! Symptoms to causes: what an error text or code may mean here, the likeliest first, with the command that tells the causes
//! apart. Data, in `explanations/symptoms.toml`; this file reads and searches it.

mod code;
mod search;

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use code::{codes_in, spellings};
pub use search::{Match, search};

/// A text or code that people meet.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Symptom {
    /// The stable identifier, never reused.
    pub id: String,
    /// The texts under which it is met, the most telling first.
    pub texts: Vec<String>,
    /// Its codes: HRESULT or Win32, `0x80090016`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// Other names: `NTE_BAD_KEYSET`, `event 8311`, `401`.
    #[serde(default)]
    pub names: Vec<String>,
    /// Which part says so.
    pub layer: String,
    /// Why, the likeliest first.
    pub causes: Vec<Cause>,
}

/// Why it may be said.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The cause, in one sentence.
    pub what: String,
    /// The command, or the look, that shows whether it is this one.
    pub tell: String,
    /// What to do then.
    pub mend: String,
    /// Where that is known from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    format: String,
    symptom: Vec<Symptom>,
}

/// The text of the catalogue.
const TEXT: &str = include_str!("../../../explanations/symptoms.toml");
/// The format of the catalogue.
const FORMAT: &str = "1.0";

static CATALOGUE: LazyLock<Vec<Symptom>> = LazyLock::new(|| read(TEXT).unwrap_or_default());

/// Returns every symptom that is known.
#[must_use]
pub fn catalogue() -> &'static [Symptom] {
    &CATALOGUE
}

fn read(text: &str) -> Result<Vec<Symptom>, String> {
    let catalogue: Catalogue = toml::from_str(text).map_err(|error| error.to_string())?;
    if catalogue.format == FORMAT { Ok(catalogue.symptom) } else { Err(catalogue.format) }
}

/// Returns `docs/explain.md`.
#[must_use]
pub fn symptom_page() -> String {
    let mut page = String::from(
        "# What an error may mean\n\n\
         `s2scert explain TEXT` finds these by text, by code in any spelling, and by what is nearly right. Causes are ordered by how likely they\n\
         are; each has the look or command that tells it from the others. Written from `explanations/symptoms.toml`; a test compares the two.\n",
    );
    for symptom in catalogue() {
        page.push_str(&format!("\n## {}\n\n", symptom.texts.first().map_or(symptom.id.as_str(), String::as_str)));
        page.push_str(&format!("`{}`, said by {}", symptom.id, symptom.layer));
        let others: Vec<&str> = symptom.codes.iter().chain(&symptom.names).map(String::as_str).collect();
        if !others.is_empty() {
            page.push_str(&format!("; also {}", others.join(", ")));
        }
        page.push_str(".\n\n");
        for (index, cause) in symptom.causes.iter().enumerate() {
            page.push_str(&format!(
                "{}. {}\n   Tell: {}\n   Mend: {}\n   ({})\n",
                index + 1,
                cause.what,
                cause.tell,
                cause.mend,
                cause.source
            ));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_read_and_each_entry_is_whole_and_there_once() {
        let all = read(TEXT).unwrap();
        assert!(all.len() >= 40, "{}", all.len());
        let ids: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids.len(), all.len());
        for one in &all {
            assert!(!one.texts.is_empty() && !one.causes.is_empty() && !one.layer.is_empty(), "{}", one.id);
            for cause in &one.causes {
                let filled = [&cause.what, &cause.tell, &cause.mend, &cause.source].iter().all(|text| text.len() > 5);
                assert!(filled, "{}: {cause:?}", one.id);
            }
            for code in &one.codes {
                assert_eq!(codes_in(code).len(), 1, "{code}");
            }
        }
        let codes: Vec<&String> = all.iter().flat_map(|one| &one.codes).collect();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "a code stands in two entries");
        let texts: Vec<String> = all.iter().flat_map(|one| &one.texts).map(|text| text.to_lowercase()).collect();
        assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "a text stands in two entries");
    }

    #[test]
    fn the_page_is_that_of_the_catalogue() {
        crate::current::assert_current("docs/explain.md", &symptom_page());
    }
}
