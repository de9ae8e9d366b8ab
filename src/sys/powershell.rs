//! Windows PowerShell 5.1 of this machine, by its absolute path.

use std::ffi::OsStr;
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::commands::exchange;
use super::os::powershell::program;
use crate::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput};

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
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        exchange(&substitute().map_or_else(program, Ok)?, arguments, passes, stdin, limits)
    }
}

/// Returns whether PowerShell gets a variable. Windows knows names in any letter case.
fn passes(name: &OsStr) -> bool {
    let listed = VARIABLES.iter().any(|known| name.eq_ignore_ascii_case(known));
    // The stand-in is told where its world is.
    listed || (cfg!(debug_assertions) && name == "S2SCERT_STANDIN_STATE")
}

/// Returns the program that a test puts in the place of PowerShell. A release build knows no such variable.
#[expect(clippy::disallowed_methods, reason = "the edge at which the stand-in of a test is named")]
#[cfg(debug_assertions)]
fn substitute() -> Option<PathBuf> {
    std::env::var_os("S2SCERT_TEST_POWERSHELL").map(PathBuf::from)
}

/// A release build takes no other program.
#[cfg(not(debug_assertions))]
fn substitute() -> Option<PathBuf> {
    None
}
