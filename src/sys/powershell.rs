//! Windows PowerShell 5.1 of this machine, by its absolute path.

#![expect(clippy::disallowed_methods, reason = "the edge at which PowerShell is started")]

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::commands::{Bounds, run};
use super::os::powershell::program;
use crate::ports::{CommandError, PowerShell, PowerShellLimits, PowerShellOutput};

/// The variables that PowerShell gets: those that Windows itself sets. No other, because it may hold a secret of ours, and
/// `PSModulePath` not, because PowerShell 7 leaves folders there whose modules 5.1 cannot load; without it 5.1 takes the
/// folders that the machine and the user name (unverified on Windows).
const VARIABLES: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMPUTERNAME",
    "CommonProgramFiles",
    "CommonProgramFiles(x86)",
    "CommonProgramW6432",
    "ComSpec",
    "DriverData",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "LOGONSERVER",
    "NUMBER_OF_PROCESSORS",
    "OS",
    "Path",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROCESSOR_IDENTIFIER",
    "PROCESSOR_LEVEL",
    "PROCESSOR_REVISION",
    "ProgramData",
    "ProgramFiles",
    "ProgramFiles(x86)",
    "ProgramW6432",
    "PUBLIC",
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
        command.args(arguments).env_clear().envs(std::env::vars_os().filter(|(name, _)| passes(name)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let bounds = Bounds { output: limits.output, deadline: limits.deadline };
        // Dropping the tree ends, where there is a job, what PowerShell left behind.
        let (ended, _tree) = run(&mut command, &path.display().to_string(), Some(stdin), bounds)?;
        Ok(PowerShellOutput { code: ended.status.code(), stdout: ended.stdout, stderr: ended.stderr })
    }
}

/// Returns whether PowerShell gets a variable. Windows knows names in any letter case.
fn passes(name: &OsStr) -> bool {
    let listed = VARIABLES.iter().any(|known| name.eq_ignore_ascii_case(known));
    // The stand-in is told where its world is.
    listed || (cfg!(debug_assertions) && name == "S2SCERT_STANDIN_STATE")
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
