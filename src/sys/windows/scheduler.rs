//! The Task Scheduler.

use std::io;
use std::path::PathBuf;

use super::ffi::system::system_folder;
use crate::ports::{CommandError, SchedulerKind, SchedulerProgram};

/// Returns whether the machine has this scheduler at work.
pub(crate) fn has(kind: SchedulerKind) -> bool {
    kind == SchedulerKind::Tasks
}

/// Returns the program: below System32, and never looked for in a search path.
///
/// # Errors
/// When the machine has none, or the system cannot tell its folder.
pub(crate) fn program(program: SchedulerProgram) -> Result<PathBuf, CommandError> {
    let missing = |program: &str, source| CommandError::NotStarted { program: program.to_owned(), source };
    match program {
        SchedulerProgram::Schtasks => {
            let folder = system_folder().map_err(|source| missing("schtasks.exe", source))?;
            Ok(folder.join("schtasks.exe"))
        }
        SchedulerProgram::Systemctl => Err(missing("systemctl", io::ErrorKind::NotFound.into())),
        SchedulerProgram::SystemdAnalyze => Err(missing("systemd-analyze", io::ErrorKind::NotFound.into())),
    }
}
