//! `tests/oracles/exceptions.toml`: what a decoder is known to refuse or to show otherwise, each with its reason.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use serde::Deserialize;

use crate::oracles::{Oracle, source};

/// One known deviation. Conditions that are left out hold for every case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Exception {
    decoder: String,
    key: Option<String>,
    profile: Option<String>,
    chain: Option<usize>,
    name: Option<String>,
    password: Option<String>,
    /// Part of the words with which the decoder refuses the file.
    says: Option<String>,
    /// The properties that the decoder shows otherwise.
    #[serde(default)]
    differs: Vec<String>,
    reason: String,
}

/// The coordinates of a case in the matrix.
#[derive(Clone, Debug)]
pub(crate) struct Coordinates {
    pub(crate) key: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) chain: usize,
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
}

impl Exception {
    pub(crate) fn all() -> Vec<Self> {
        #[derive(Deserialize)]
        struct Table {
            exception: Vec<Exception>,
        }
        let text = std::fs::read_to_string(source("exceptions.toml")).unwrap();
        toml::from_str::<Table>(&text).unwrap().exception
    }

    /// Makes one for a test of the judge.
    pub(crate) fn refuses(decoder: &str, says: &str) -> Self {
        let text = format!("decoder = {decoder:?}\nsays = {says:?}\nreason = \"a test\"");
        toml::from_str(&text).unwrap()
    }

    pub(crate) fn is_for(&self, oracle: Oracle) -> bool {
        self.decoder == oracle.name()
    }

    pub(crate) fn holds_for(&self, oracle: Oracle, at: &Coordinates) -> bool {
        let is = |condition: &Option<String>, value: &str| condition.as_ref().is_none_or(|wanted| wanted == value);
        self.is_for(oracle)
            && is(&self.key, at.key)
            && is(&self.profile, at.profile)
            && is(&self.name, at.name)
            && is(&self.password, at.password)
            && self.chain.is_none_or(|length| length == at.chain)
    }

    /// Part of the refusal, where the decoder refuses.
    pub(crate) fn refusal(&self) -> Option<&str> {
        self.says.as_deref()
    }

    /// The properties shown otherwise.
    pub(crate) fn differences(&self) -> &[String] {
        &self.differs
    }
}

#[test]
fn every_exception_names_a_decoder_an_effect_and_a_reason() {
    for exception in Exception::all() {
        assert!(Oracle::ALL.iter().any(|oracle| exception.is_for(*oracle)), "no such decoder: {exception:?}");
        assert_ne!(exception.says.is_some(), !exception.differs.is_empty(), "one effect is needed: {exception:?}");
        assert!(exception.reason.ends_with('.') && exception.reason.len() > 20, "no reason: {exception:?}");
    }
}
