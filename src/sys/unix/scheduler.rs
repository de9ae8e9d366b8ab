//! systemd and cron.

#![expect(clippy::disallowed_methods, reason = "the edge at which it is looked for the schedulers of the machine")]

use std::io;
use std::path::{Path, PathBuf};

use crate::ports::{CommandError, SchedulerKind, SchedulerProgram};

/// Where an administrator's programs of the system stand.
const FOLDERS: [&str; 2] = ["/usr/bin", "/bin"];

/// Returns whether the machine has this scheduler at work.
pub(crate) fn has(kind: SchedulerKind) -> bool {
    match kind {
        SchedulerKind::Tasks => false,
        // The folder stands only where systemd is the first process (sd_booted).
        SchedulerKind::Systemd => Path::new("/run/systemd/system").is_dir(),
        SchedulerKind::Cron => Path::new("/etc/cron.d").is_dir(),
    }
}

/// Returns the program.
///
/// # Errors
/// When the machine has none.
pub(crate) fn program(program: SchedulerProgram) -> Result<PathBuf, CommandError> {
    let name = match program {
        SchedulerProgram::Systemctl => "systemctl",
        SchedulerProgram::SystemdAnalyze => "systemd-analyze",
        SchedulerProgram::Schtasks => "schtasks.exe",
    };
    let mut places = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
    let missing = || CommandError::NotStarted { program: name.to_owned(), source: io::ErrorKind::NotFound.into() };
    places.find(|path| path.is_file()).ok_or_else(missing)
}
