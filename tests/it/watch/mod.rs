//! The watch: ten simulated years at a time, sources, real receivers on loopback, bad input, kills.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod hardship;
mod histories;
mod outputs;
mod sinks;
mod smtp;
mod sources;
mod syslog_tls;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::transcripts::FILES;

/// A folder with watch.toml, and the program in it.
pub(crate) struct Desk {
    folder: TempDir,
}

/// What a run answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) json: Json,
    pub(crate) stderr: String,
}

impl Desk {
    /// Makes one with the files that the transcripts use.
    pub(crate) fn new(files: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in FILES.iter().filter(|(name, _)| files.contains(name)) {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn dir(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes watch.toml.
    pub(crate) fn settings(&self, text: &str) {
        self.write("watch.toml", format!("format = \"1.0\"\nname = \"crm01\"\n{text}"));
    }

    /// Returns a command of the program in this folder.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_s2scert"));
        command.args(words).current_dir(self.dir()).stdin(Stdio::null());
        command.env("S2SCERT_STATE", self.path("acts"));
        command
    }

    /// Watches once with the settings, and what else is named.
    pub(crate) fn watch(&self, more: &[&str]) -> Answer {
        let usual = ["watch", "--once", "--json", "--config", "watch.toml", "--state-dir", "state"];
        Answer::of(self.command(&[&usual[..], more].concat()))
    }
}

impl Answer {
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
        Self { code: output.status.code().unwrap_or(-1), json, stderr }
    }

    /// Returns the alerts of a kind, as title and message.
    pub(crate) fn alerts(&self, kind: &str) -> Vec<String> {
        let all = self.json["alerts"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        let text = |one: &Json, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let of_kind = all.iter().filter(|one| one["kind"] == kind);
        of_kind.map(|one| format!("{}: {}", text(one, "title"), text(one, "message"))).collect()
    }

    /// Returns a number of the summary.
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.json["summary"][key].as_u64().unwrap_or_else(|| panic!("{key}: {self:?}"))
    }

    pub(crate) fn notes(&self) -> String {
        self.json["notes"].to_string()
    }
}

/// Returns year, month and day of an instant some days from now.
pub(crate) fn in_days(days: i64) -> (i32, u8, u8) {
    let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    let date = then.to_zoned(jiff::tz::TimeZone::UTC).date();
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
