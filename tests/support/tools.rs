//! Programs that judge what is written here. A test that needs one is skipped where it is missing, unless
//! `S2SCERT_REQUIRE_TOOLS` is 1.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(
    clippy::disallowed_methods,
    reason = "a test starts the program that judges, and asks whether it is required"
)]
#![allow(clippy::print_stderr, reason = "a test says aloud what it skips")]
#![allow(dead_code, reason = "every test crate uses a part")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// One program.
pub(crate) struct Tool {
    program: &'static str,
}

/// The `openssl` program, or `None` with a note.
pub(crate) fn openssl() -> Option<Tool> {
    tool("openssl", "version")
}

/// A program that answers `probe`, or `None` with a note.
pub(crate) fn tool(program: &'static str, probe: &str) -> Option<Tool> {
    let found = Command::new(program).arg(probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some(Tool { program });
    }
    skip(program);
    None
}

/// Says that a program is missing, or fails where it is required.
pub(crate) fn skip(program: &str) {
    eprintln!("skipped: {program} not found");
    assert_ne!(std::env::var("S2SCERT_REQUIRE_TOOLS").as_deref(), Ok("1"), "{program} is required");
}

/// Builds what kills a program at a change of a file (`kill_at.c`), for `LD_PRELOAD`.
pub(crate) fn killer(folder: &std::path::Path) -> Option<String> {
    let cc = tool("cc", "--version")?;
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/kill_at.c");
    let library = folder.join("kill_at.so").display().to_string();
    cc.run(&["-shared", "-fPIC", "-O1", "-o", &library, source, "-ldl"]);
    Some(library)
}

impl Tool {
    /// Runs the program and returns what it prints.
    pub(crate) fn run(&self, arguments: &[&str]) -> Vec<u8> {
        self.run_with(arguments, b"")
    }

    /// Runs the program with an input and returns what it prints.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let output = self.output(arguments, input);
        let talk = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {talk}", self.program);
        output.stdout
    }

    /// Runs the program and returns how it went.
    pub(crate) fn output(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut command = Command::new(self.program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that does not read its input closes the pipe: that is no failure.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }
}
