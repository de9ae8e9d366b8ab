//! The answer of a script: found between its marker lines, and not believed before it is checked.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Marker;
use super::clixml::message;

/// The most octets that are taken from the standard output of a call.
pub const LIMIT_OF_ANSWER: u64 = 8 << 20;

/// What a script tells of its failure.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ScriptFailure {
    /// The text, in the language of the server.
    pub message: String,
    /// The text of the cause below it.
    pub inner: String,
    /// PowerShell's name of the error, the same in every language.
    pub id: String,
    /// The short name of the exception, the same in every language.
    pub reason: String,
    /// The code of the exception.
    pub hresult: Option<i64>,
    /// How far the script came: `before`, `running` or `after` its act.
    pub stage: String,
    /// The execution policy in force.
    pub policy: String,
}

/// Why a call gave no usable answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AnswerError {
    /// No marker line, and nothing else.
    #[error("PowerShell ended without an answer")]
    Missing,
    /// Something else in the place of an answer: an error of PowerShell itself, a text in the language of the server.
    #[error("PowerShell gave no answer but said: {message}")]
    Instead {
        /// What it said, readable and of bounded length.
        message: String,
    },
    /// An answer, and something else beside it.
    #[error("PowerShell printed {lines} lines beside its answer, the first: {first}")]
    Noise {
        /// How many lines.
        lines: usize,
        /// The first, readable and of bounded length.
        first: String,
    },
    /// A begin and no end.
    #[error("the answer of PowerShell breaks off")]
    Truncated,
    /// More than one answer.
    #[error("PowerShell gave more than one answer")]
    Doubled,
    /// Something else between the markers.
    #[error("the answer of PowerShell cannot be read: {why}")]
    Junk {
        /// What is wrong, without the answer itself.
        why: String,
    },
    /// The session is in Constrained Language, mostly by AppLocker or WDAC.
    #[error("PowerShell runs in a constrained language mode")]
    LanguageMode,
    /// A script file was refused, by the execution policy or by a rule of AppLocker.
    #[error("PowerShell may not run the script file; the execution policy is {policy}")]
    FileRefused {
        /// The policy in force. Where it allows every file, AppLocker or WDAC refused it.
        policy: String,
    },
    /// A condition that the script itself checks.
    #[error("{}", said(.code))]
    Refused {
        /// The code behind `s2scert:` in the script.
        code: String,
    },
    /// Anything else that went wrong in the script.
    #[error("the script failed: {}", .0.message)]
    Script(Box<ScriptFailure>),
}

impl AnswerError {
    /// Returns whether it is certain that the script changed nothing. Where it is not, look before it is repeated.
    pub fn nothing_done(&self) -> bool {
        match self {
            Self::LanguageMode | Self::Refused { .. } => true,
            Self::Script(failure) => failure.stage == "before",
            Self::Missing
            | Self::Instead { .. }
            | Self::Noise { .. }
            | Self::Truncated
            | Self::Doubled
            | Self::Junk { .. }
            | Self::FileRefused { .. } => false,
        }
    }
}

/// The codes that scripts throw, and what they mean.
const CODES: &[(&str, &str)] = &[
    ("certificate-file-absent", "the certificate file to be registered is not there"),
    ("crm-snapin-absent", "the snap-in Microsoft.Crm.PowerShell is not installed on this server"),
    ("event-log-absent", "the Application log is not shown to this account"),
    ("iis-absent", "iisreset.exe is not on this server"),
    ("job-held", "the job RefreshMetadataFeed is held; release it first"),
    ("job-not-one", "the farm has not exactly one job RefreshMetadataFeed"),
    ("no-domain", "this server belongs to no domain"),
    ("pfx-absent", "the PFX to be installed is not there"),
    ("pool-absent", "there is no application pool of this name"),
    ("pool-not-running", "the application pool does not run"),
    ("row-moved", "the certificate row is not what it was when the plan was made"),
    ("row-of-another-type", "the certificate row is of another type"),
    ("script-absent", "CertificateReconfiguration.ps1 was not found"),
    ("script-changed", "CertificateReconfiguration.ps1 is not the file that was planned with"),
    ("service-absent", "there is no service of this name"),
    ("service-not-running", "the service does not run"),
    ("sharepoint-absent", "the SharePoint cmdlets are not installed on this server"),
];

fn said(code: &str) -> String {
    let known = CODES.iter().find(|(name, _)| *name == code);
    known.map_or_else(|| format!("the script refused: {code}"), |(_, meaning)| (*meaning).to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T> {
    ok: bool,
    value: Option<T>,
    error: Option<ScriptFailure>,
}

/// Reads the answer of a call from all that PowerShell wrote to standard output. Beside the answer stand empty lines only.
///
/// # Errors
/// [`AnswerError`].
pub fn read<T: DeserializeOwned>(stdout: &[u8], marker: &Marker) -> Result<T, AnswerError> {
    let text = between(stdout, marker)?;
    let junk = |why: String| AnswerError::Junk { why };
    if !text.is_ascii() {
        return Err(junk("it holds more than ASCII".to_owned()));
    }
    // The place is told and not the words, which may hold anything.
    let document: Document<T> = serde_json::from_slice(&text)
        .map_err(|error| junk(format!("{:?} error in column {}", error.classify(), error.column())))?;
    match (document.ok, document.value, document.error) {
        (true, Some(value), None) => Ok(value),
        (false, None, Some(failure)) => Err(failed(failure)),
        _ => Err(junk("it is neither a value nor an error".to_owned())),
    }
}

fn between(stdout: &[u8], marker: &Marker) -> Result<Vec<u8>, AnswerError> {
    let (begin, end) = (marker.begin().into_bytes(), marker.end().into_bytes());
    let lines: Vec<&[u8]> =
        stdout.split(|octet| *octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect();
    let places = |wanted: &[u8]| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| **line == wanted).map(|(place, _)| place).collect()
    };
    match (places(&begin).as_slice(), places(&end).as_slice()) {
        ([], []) => Err(AnswerError::Missing),
        ([_], []) => Err(AnswerError::Truncated),
        ([first], [last]) if first < last => {
            let (before, after) = (lines.get(..*first), lines.get(last + 1..));
            quiet(before.into_iter().chain(after).flatten())?;
            Ok(lines.get(first + 1..*last).unwrap_or_default().concat())
        }
        ([_, _, ..], _) | (_, [_, _, ..]) => Err(AnswerError::Doubled),
        _ => Err(AnswerError::Junk { why: "the end stands before the beginning".to_owned() }),
    }
}

/// Refuses lines that hold anything. A script that prints beside its answer is not the script that was tested.
fn quiet<'a>(lines: impl Iterator<Item = &'a &'a [u8]>) -> Result<(), AnswerError> {
    let loud: Vec<&&[u8]> = lines.filter(|line| !line.trim_ascii().is_empty()).collect();
    match loud.first() {
        None => Ok(()),
        Some(first) => Err(AnswerError::Noise { lines: loud.len(), first: message(first).chars().take(200).collect() }),
    }
}

fn failed(failure: ScriptFailure) -> AnswerError {
    match failure.message.strip_prefix("s2scert:") {
        Some("language-mode") => AnswerError::LanguageMode,
        Some(code) => AnswerError::Refused { code: code.chars().take(60).collect() },
        None if failure.reason == "PSSecurityException" => AnswerError::FileRefused { policy: failure.policy },
        None => AnswerError::Script(Box::new(failure)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::node::powershell::SCRIPTS;

    fn answer(lines: &[&str]) -> Result<Vec<u8>, AnswerError> {
        let marker = Marker::new(&[9; 16]);
        let text = lines.join("\r\n").replace("BEGIN", &marker.begin()).replace("END", &marker.end());
        read(text.as_bytes(), &marker)
    }

    #[test]
    fn an_answer_may_be_folded_and_has_empty_lines_around_it() {
        assert_eq!(answer(&["", "BEGIN", r#"{"ok":true,"value":[1,2]}"#, "END", " ", ""]).unwrap(), [1, 2]);
        assert_eq!(answer(&["BEGIN", r#"{"ok":true,"#, r#""value":[]}"#, "END"]).unwrap(), [0; 0]);
        // A host with a narrow window folds lines anywhere, in the middle of a text too.
        let marker = Marker::new(&[9; 16]);
        let text = format!("{}\r\n{{\"ok\":true,\"value\":\"a \r\n b\"}}\r\n{}\r\n", marker.begin(), marker.end());
        assert_eq!(read::<String>(text.as_bytes(), &marker).unwrap(), "a  b");
    }

    #[test]
    fn every_other_shape_is_named() {
        let whole = r#"{"ok":true,"value":[]}"#;
        assert_eq!(answer(&[]), Err(AnswerError::Missing));
        assert_eq!(answer(&[whole]), Err(AnswerError::Missing));
        assert_eq!(answer(&["BEGIN", whole]), Err(AnswerError::Truncated));
        assert_eq!(answer(&["BEGIN", whole, "END", "BEGIN", whole, "END"]), Err(AnswerError::Doubled));
        for lines in [
            &["END", whole, "BEGIN"][..],
            &["END"],
            &["BEGIN", "END"],
            &["BEGIN", "Zugriff verweigert", "END"],
            &["BEGIN", "{\"ok\":true,\"value\":[],\"more\":\"\u{fc}\"}", "END"],
            &["BEGIN", r#"{"ok":true,"value":[],"more":1}"#, "END"],
            &["BEGIN", r#"{"ok":true,"value":[256]}"#, "END"],
            &["BEGIN", r#"{"ok":true}"#, "END"],
            &["BEGIN", r#"{"ok":false,"value":[]}"#, "END"],
            &["BEGIN", r#"{"ok":true,"value":[]}{}"#, "END"],
            &["BEGIN", r#"{"ok":false,"error":{"message":"\ud800"}}"#, "END"],
        ] {
            assert!(matches!(answer(lines), Err(AnswerError::Junk { .. })), "{lines:?}");
        }
    }

    #[test]
    fn lines_beside_an_answer_are_told() {
        let whole = r#"{"ok":true,"value":[]}"#;
        let noise = |lines, first: &str| Err(AnswerError::Noise { lines, first: first.to_owned() });
        assert_eq!(answer(&["Zugriff verweigert", "BEGIN", whole, "END", "x"]), noise(2, "Zugriff verweigert"));
        assert_eq!(answer(&["BEGIN", whole, "END", &"y".repeat(1000)]), noise(1, &"y".repeat(200)));
    }

    #[test]
    fn failures_become_their_kinds_in_every_language() {
        let fail = |error: &str| answer(&["BEGIN", &format!(r#"{{"ok":false,"error":{error}}}"#), "END"]).unwrap_err();
        assert_eq!(fail(r#"{"message":"s2scert:language-mode"}"#), AnswerError::LanguageMode);
        assert_eq!(fail(r#"{"message":"s2scert:row-moved"}"#), AnswerError::Refused { code: "row-moved".to_owned() });
        let refused = r#"{"message":"kann nicht geladen werden","reason":"PSSecurityException","policy":"AllSigned"}"#;
        assert_eq!(fail(refused), AnswerError::FileRefused { policy: "AllSigned".to_owned() });
        let script = fail(r#"{"message":"Zugriff verweigert","stage":"running","hresult":-2147024891}"#);
        assert!(matches!(&script, AnswerError::Script(failure) if failure.hresult == Some(-2_147_024_891)));
        assert!(!script.nothing_done());
        assert!(fail(r#"{"message":"x","stage":"before"}"#).nothing_done());
    }

    #[test]
    fn every_code_of_a_script_has_its_words_and_no_other() {
        let texts: String = SCRIPTS.iter().map(super::super::Script::text).collect();
        let mut thrown: Vec<&str> =
            texts.split("throw 's2scert:").skip(1).map(|rest| rest.split('\'').next().unwrap()).collect();
        thrown.sort_unstable();
        thrown.dedup();
        let known: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        assert_eq!(thrown, known);
    }
}
