//! Windows PowerShell 5.1 of this machine, by its absolute path.

#![expect(clippy::disallowed_methods, reason = "the edge at which PowerShell is started")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::commands::{Bounds, run};
use super::os::powershell::program;
use crate::ports::{CommandError, PowerShell, PowerShellLimits, PowerShellOutput};

/// Where PowerShell 7 leaves the folders of its own modules, which 5.1 cannot load. Without the variable 5.1 takes the
/// folders that the machine and the user name (unverified on Windows).
const MODULE_PATH: &str = "PSModulePath";

/// The Windows PowerShell of this machine.
pub(super) struct SystemPowerShell;

impl PowerShell for SystemPowerShell {
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: PowerShellLimits,
    ) -> Result<PowerShellOutput, CommandError> {
        let path = substitute().map_or_else(program, Ok)?;
        let mut command = Command::new(&path);
        command.args(arguments).env_remove(MODULE_PATH);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let bounds = Bounds { output: limits.output, deadline: limits.deadline };
        // Dropping the tree ends, where there is a job, what PowerShell left behind.
        let (ended, _tree) = run(&mut command, &path.display().to_string(), Some(stdin), bounds)?;
        Ok(PowerShellOutput { code: ended.status.code(), stdout: ended.stdout, stderr: ended.stderr })
    }
}

/// Returns the program that a test puts in the place of PowerShell. A release build knows no such variable.
#[cfg(debug_assertions)]
fn substitute() -> Option<PathBuf> {
    std::env::var_os("S2SCERT_TEST_POWERSHELL").map(PathBuf::from)
}

/// A release build takes no other program.
#[cfg(not(debug_assertions))]
fn substitute() -> Option<PathBuf> {
    None
}
