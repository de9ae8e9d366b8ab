//! The node: one suite of requests as data, run against the engine over a machine in memory and against the program itself; the
//! acts through PowerShell against the stand-in; and what only a process can show.
//!
//! `tests/wine/run` runs the same data against the Windows executable.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod advice;
mod conformance;
mod fieldtest;
mod pages;
#[cfg(unix)]
mod process;
mod scripts;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use s2scert::cert::Certificate;
use s2scert::node::acts::MachineActs;
use s2scert::node::engine::{Allow, Settings, serve};
use serde_json::{Value as Json, json};

use crate::fake_host::FakeHost;
use crate::transcripts::{FILES, PASSWORD};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_s2scert");

/// What came of a request: the exit code, the octets on standard output, and what they say.
struct Answer {
    code: i32,
    bytes: Vec<u8>,
    json: Json,
}

impl Answer {
    fn of(code: i32, bytes: Vec<u8>) -> Self {
        let json = serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{:?}", String::from_utf8_lossy(&bytes)));
        assert_eq!(bytes.iter().filter(|octet| **octet == b'\n').count(), 1, "an answer is one line");
        Self { code, bytes, json }
    }

    fn outcome(&self) -> &Json {
        &self.json["outcome"]
    }
}

/// Asks the engine over a machine in memory.
fn ask_engine(fake: &FakeHost, allow: Allow, request: &[u8]) -> Answer {
    let settings = Settings { allow, state: None, read_within: Duration::from_secs(1) };
    let reply = serve(&fake.clone().with_stdin(request).host(), Arc::new(MachineActs), &settings);
    Answer::of(i32::from(reply.exit_code.code()), reply.bytes)
}

/// Makes a machine in memory, with the clock of the fixtures.
fn machine() -> FakeHost {
    FakeHost::new(jiff::Timestamp::now(), 7).with_bindings(Vec::new())
}

/// Puts a request together.
fn request(action: &Json, ticket: Option<&Json>) -> Json {
    let mut request = json!({
        "schema": "s2scert.node-request/1.0", "request": "q-1", "deadline_seconds": 60, "mode": "observe", "action": action
    });
    if let Some(ticket) = ticket {
        request["mode"] = json!("perform");
        for (place, key) in ["roll", "step", "attempt", "fence"].iter().enumerate() {
            request[key] = ticket[place].clone();
        }
    }
    request
}

/// The PFX of the fixtures, its certificate and its password.
fn fixture(name: &str) -> &'static [u8] {
    &FILES.iter().find(|(file, _)| *file == name).unwrap().1
}

fn leaf() -> Certificate {
    Certificate::from_der(fixture("leaf.cer")).unwrap()
}

/// Says where an answer differs from what is expected of it. An object may hold more than is expected; `*` is any text, and
/// `~part` any text with that part.
fn difference(expected: &Json, found: &Json, at: &str) -> Option<String> {
    let differs = || Some(format!("{at}: {found} is not {expected}"));
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => expected.iter().find_map(|(key, value)| {
            let place = format!("{at}.{key}");
            match found.get(key) {
                Some(found) => difference(value, found, &place),
                None => Some(format!("{place} is missing")),
            }
        }),
        (Json::Array(expected), Json::Array(found)) if expected.len() == found.len() => {
            let mut pairs = expected.iter().zip(found).enumerate();
            pairs.find_map(|(place, (expected, found))| difference(expected, found, &format!("{at}.{place}")))
        }
        (Json::String(pattern), Json::String(text)) => match pattern.strip_prefix('~') {
            Some(part) => (!text.contains(part)).then(differs).flatten(),
            None => (pattern != "*" && pattern != text).then(differs).flatten(),
        },
        (expected, found) => (expected != found).then(differs).flatten(),
    }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/node").join(name)
}

/// Issues a PFX under a password, and returns the thumbprint with its octets.
fn issued(password: &str) -> (String, Vec<u8>) {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("leaf.key"), fixture("leaf.key")).unwrap();
    std::fs::write(folder.path().join("pass"), format!("{password}\n")).unwrap();
    let words = ["issue", "--key-file", "leaf.key", "--password-file", "pass", "--json"];
    let mut command = std::process::Command::new(PROGRAM);
    command.args(words).current_dir(folder.path()).stdin(std::process::Stdio::null());
    let made = command.output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let report: Json = serde_json::from_slice(&made.stdout).unwrap();
    (report["thumbprint"].as_str().unwrap().to_owned(), std::fs::read(folder.path().join("s2s.pfx")).unwrap())
}

/// The password of the fixtures.
const fn password() -> &'static str {
    PASSWORD
}
