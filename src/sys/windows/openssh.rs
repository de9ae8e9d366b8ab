//! The clients of OpenSSH on Windows: below System32, and never looked for in a search path.

use std::ffi::OsStr;
use std::path::PathBuf;

use super::ffi::system::system_folder;
use crate::ports::{CommandError, OpenSsh};

/// The variables that they get: those of Windows itself without which no program starts, and what finds keys and agent.
pub(crate) const VARIABLES: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMPUTERNAME",
    "ComSpec",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "LOGONSERVER",
    "Path",
    "PATHEXT",
    "ProgramData",
    "SSH_AUTH_SOCK",
    "SystemDrive",
    "SystemRoot",
    "TEMP",
    "TMP",
    "USERDNSDOMAIN",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "windir",
];

/// Returns whether both are one variable. Windows knows names in any letter case.
pub(crate) fn same_variable(name: &OsStr, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

/// Returns the program.
///
/// # Errors
/// When the system cannot tell its folder.
pub(crate) fn program(client: OpenSsh) -> Result<PathBuf, CommandError> {
    let file = match client {
        OpenSsh::Ssh => r"OpenSSH\ssh.exe",
        OpenSsh::Sftp => r"OpenSSH\sftp.exe",
    };
    let folder = system_folder().map_err(|source| CommandError::NotStarted { program: file.to_owned(), source })?;
    Ok(folder.join(file))
}
