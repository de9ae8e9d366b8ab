//! Requests around Microsoft's CertificateReconfiguration.ps1. Its text is not public: what it did is seen by its effects.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::crm::CertificateType;
use super::input::{Field, OneUsePassword};
use super::script::{CERTIFICATE_RECONFIGURATION, LOCATE_RECONFIGURATION, Needs, Script};

/// Asks which file would run.
#[derive(Clone, Copy, Debug)]
pub struct LocateReconfiguration;

/// The file that would run.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Location {
    /// Its full path.
    pub file: String,
    /// Its SHA-256 in upper-case hexadecimal, which a run must name.
    pub sha256: String,
    /// The state of its signature: `Valid`, `NotSigned` and so on.
    pub signature: String,
    /// The version of Dynamics that the registry names; may be empty.
    pub server_version: String,
}

impl Call for LocateReconfiguration {
    const SCRIPT: Script = LOCATE_RECONFIGURATION;
    type Answer = Location;
}

/// Runs the script once.
pub struct CertificateReconfiguration {
    /// The SHA-256 that the file had when it was planned with.
    pub sha256: String,
    /// The full path on the server of the re-sealed PFX.
    pub certificate_file: String,
    /// Its password.
    pub password: OneUsePassword,
    /// The type.
    pub certificate_type: CertificateType,
    /// The account that gets access to the key: `CONTOSO\crmweb` or `Network Service`.
    pub service_account: String,
    /// By what the servers look for the certificate. Documented is `FindBySubjectDistinguishedName`.
    pub store_find_type: Option<String>,
    /// Whether the row in the configuration database is written: on one server, once in a roll.
    pub update_crm: bool,
}

/// What the script printed and how it ended. It proves nothing: look at the store, the key and the row.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReconfigurationOutcome {
    /// The file that ran.
    pub file: String,
    /// Its SHA-256 as it was read just before.
    pub sha256: String,
    /// The state of its signature.
    pub signature: String,
    /// The exit code, where the script set one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub exit_code: Option<i64>,
    /// Errors that did not break it off, the first 50.
    pub errors: Vec<ReportedError>,
    /// Everything else it printed, the first 200 lines, the password taken out.
    pub output: Vec<String>,
}

/// An error that a script reported and went on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReportedError {
    /// The text, in the language of the server; [`super::cause()`] may know its true meaning.
    pub message: String,
    /// PowerShell's name of the error.
    pub id: String,
    /// The code of the exception.
    #[serde(deserialize_with = "Option::deserialize")]
    pub hresult: Option<i64>,
}

impl Call for CertificateReconfiguration {
    const SCRIPT: Script = CERTIFICATE_RECONFIGURATION;
    type Answer = ReconfigurationOutcome;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("sha256", Field::Text(&self.sha256)),
            ("certificateFile", Field::Text(&self.certificate_file)),
            ("password", Field::Secret(&self.password)),
            ("certificateType", Field::Text(self.certificate_type.word())),
            ("serviceAccount", Field::Text(&self.service_account)),
            ("storeFindType", Field::optional(self.store_find_type.as_deref())),
            ("updateCrm", Field::Flag(self.update_crm)),
        ]
    }

    /// Import and grant stay on this machine; only the row is elsewhere. That the script asks nobody else before is an
    /// inference from its documentation (unverified on Windows).
    fn needs(&self) -> Needs {
        if self.update_crm { Needs::NetworkIdentity } else { Needs::Local }
    }
}
