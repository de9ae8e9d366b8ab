//! The clients of OpenSSH on Unix: wherever the search path has them.

use std::ffi::OsStr;
use std::path::PathBuf;

use crate::ports::{CommandError, OpenSsh};

/// The variables that they get: who and where the user is, what logs in for him, and what a ProxyCommand is found with.
pub(crate) const VARIABLES: &[&str] =
    &["HOME", "KRB5CCNAME", "KRB5_CONFIG", "LOGNAME", "PATH", "SSH_AUTH_SOCK", "TMPDIR", "USER"];

/// Returns whether both are one variable.
pub(crate) fn same_variable(name: &OsStr, known: &str) -> bool {
    name == known
}

/// Returns the program.
///
/// # Errors
/// None here; starting it tells whether it is there.
pub(crate) fn program(client: OpenSsh) -> Result<PathBuf, CommandError> {
    Ok(PathBuf::from(match client {
        OpenSsh::Ssh => "ssh",
        OpenSsh::Sftp => "sftp",
    }))
}
