//! Programs that read what they are given and answer: what bounds them, what they leave.

use std::time::Duration;

use zeroize::Zeroizing;

/// Bounds of one run of a program.
#[derive(Clone, Copy, Debug)]
pub struct ProgramLimits {
    /// The most octets that are taken from standard output, and as many from standard error.
    pub output: u64,
    /// How long it may run; then it and all that it started are ended.
    pub deadline: Duration,
}

/// What a run of a program left. It may hold a secret that the program printed, so it is erased and has no debug text.
pub struct ProgramOutput {
    /// The exit code; nothing where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Zeroizing<Vec<u8>>,
    /// Standard error.
    pub stderr: Zeroizing<Vec<u8>>,
}

/// The clients of OpenSSH.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OpenSsh {
    /// `ssh`: runs a command there.
    Ssh,
    /// `sftp`: puts files there.
    Sftp,
}
