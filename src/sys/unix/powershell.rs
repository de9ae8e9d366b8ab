//! Windows PowerShell on Unix: there is none. PowerShell 7 is another program and has no cmdlets of Dynamics.

use std::path::PathBuf;

use crate::ports::CommandError;

/// Returns the path of `powershell.exe`.
///
/// # Errors
/// [`CommandError::NoPowerShell`], always.
pub(crate) fn program() -> Result<PathBuf, CommandError> {
    Err(CommandError::NoPowerShell)
}
