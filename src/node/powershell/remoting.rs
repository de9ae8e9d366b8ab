//! Requests that go on to another server by Windows Remote Management: the program there is started, or put there.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{ASK_NODE, Call, Field, LIMIT_OF_ANSWER, PUT_ON_NODE, Script};
use crate::ports::ProgramLimits;

/// Where a session is opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Far {
    /// The name of the server. Kerberos knows servers by name, and not by address.
    pub address: String,
    /// The port, where it is not the usual one.
    pub port: Option<u16>,
    /// Whether the session goes over TLS.
    pub tls: bool,
    /// How long all of it may take.
    pub patience: Duration,
}

/// Hands one request to the program on a node.
pub struct AskNode {
    /// The node.
    pub far: Far,
    /// The port as a text, as PowerShell gets it.
    port: Option<String>,
    /// The full path of the program there.
    pub program: String,
    /// The SHA-256 that it must have, in upper-case hexadecimal.
    pub sha256: String,
    /// The request: one line of JSON in ASCII. It may hold secrets.
    pub request: Zeroizing<String>,
}

impl AskNode {
    /// Makes one.
    #[must_use]
    pub fn new(far: Far, program: String, sha256: String, request: Zeroizing<String>) -> Self {
        let port = far.port.map(|port| port.to_string());
        Self { far, port, program, sha256, request }
    }
}

/// What came of a request.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FromNode {
    /// The SHA-256 of the program that stands there; empty where none does. Another one was not started.
    pub found: String,
    /// Its exit code; nothing where it was not started.
    #[serde(deserialize_with = "Option::deserialize")]
    pub exit_code: Option<i64>,
    /// What it wrote to standard error, the first 20 lines.
    pub errors: Vec<String>,
    /// What it wrote to standard output.
    pub lines: Vec<String>,
}

impl Call for AskNode {
    const SCRIPT: Script = ASK_NODE;
    type Answer = FromNode;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let mut fields = place(&self.far, self.port.as_deref());
        fields.extend([
            ("program", Field::Text(&self.program)),
            ("sha256", Field::Text(&self.sha256)),
            ("text", Field::Text(&self.request)),
        ]);
        fields
    }

    /// The answer of a node stands in a text of JSON, with a stroke before each quotation mark: at most twice as long.
    fn limits(&self) -> ProgramLimits {
        ProgramLimits { output: 2 * LIMIT_OF_ANSWER, deadline: self.far.patience }
    }
}

/// Puts the program on a node.
pub struct PutOnNode {
    /// The node.
    pub far: Far,
    /// The port as a text, as PowerShell gets it.
    port: Option<String>,
    /// The program on this machine.
    pub file: String,
    /// The folder on the node that is named by the hash.
    pub folder: String,
    /// The full path of the program there.
    pub program: String,
    /// Where it stands until it is whole.
    part: String,
    /// Its SHA-256, in upper-case hexadecimal.
    pub sha256: String,
}

impl PutOnNode {
    /// Makes one.
    #[must_use]
    pub fn new(far: Far, file: String, folder: String, program: String, sha256: String) -> Self {
        let (port, part) = (far.port.map(|port| port.to_string()), format!("{program}.part"));
        Self { far, port, file, folder, program, part, sha256 }
    }
}

/// What was put on a node.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Put {
    /// The SHA-256 that the node computed of what arrived. It stands in its place only if it is the wanted one.
    pub sha256: String,
}

impl Call for PutOnNode {
    const SCRIPT: Script = PUT_ON_NODE;
    type Answer = Put;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        let mut fields = place(&self.far, self.port.as_deref());
        fields.extend([
            ("file", Field::Text(&self.file)),
            ("folder", Field::Text(&self.folder)),
            ("program", Field::Text(&self.program)),
            ("part", Field::Text(&self.part)),
            ("sha256", Field::Text(&self.sha256)),
        ]);
        fields
    }

    fn limits(&self) -> ProgramLimits {
        ProgramLimits { output: LIMIT_OF_ANSWER, deadline: self.far.patience }
    }
}

fn place<'a>(far: &'a Far, port: Option<&'a str>) -> Vec<(&'static str, Field<'a>)> {
    vec![("address", Field::Text(&far.address)), ("port", Field::optional(port)), ("tls", Field::Flag(far.tls))]
}
