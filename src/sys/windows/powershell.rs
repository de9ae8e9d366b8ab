//! Where Windows PowerShell is: below System32, and never looked for in a search path.

use std::path::{Path, PathBuf};

use super::ffi::system::system_folder;
use crate::ports::CommandError;

/// The program below System32. A 64-bit process sees the 64-bit one here.
const BELOW_SYSTEM: &str = r"WindowsPowerShell\v1.0\powershell.exe";

/// Returns the path of `powershell.exe`.
///
/// # Errors
/// [`CommandError::NoPowerShell`] where no file is there, or the system cannot tell its folder.
pub(crate) fn program() -> Result<PathBuf, CommandError> {
    let path = system_folder().map_err(|_| CommandError::NoPowerShell)?.join(BELOW_SYSTEM);
    if is_file(&path) { Ok(path) } else { Err(CommandError::NoPowerShell) }
}

#[expect(clippy::disallowed_methods, reason = "the edge at which PowerShell is looked for")]
fn is_file(path: &Path) -> bool {
    path.is_file()
}
