//! What of this machine calls programs by the clock.

use std::io;
use std::path::{Path, PathBuf};

use super::{CommandError, FileError, ProgramLimits, ProgramOutput};

/// The schedulers that a machine may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SchedulerKind {
    /// The Windows Task Scheduler.
    Tasks,
    /// systemd, as the system's first process.
    Systemd,
    /// A cron that reads /etc/cron.d.
    Cron,
}

/// The programs by which they are spoken to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SchedulerProgram {
    /// `schtasks.exe`.
    Schtasks,
    /// `systemctl`.
    Systemctl,
    /// `systemd-analyze`.
    SystemdAnalyze,
}

/// The schedulers of this machine. Only an administrator changes anything here.
pub trait Scheduler: Send + Sync {
    /// Returns whether the machine has this one at work.
    fn has(&self, kind: SchedulerKind) -> bool;

    /// Runs one of the programs, by its absolute path, and waits for its end. The arguments hold no secret.
    ///
    /// # Errors
    /// [`CommandError`]; [`CommandError::NotStarted`] where the machine has none. An exit code is no error here.
    fn call(
        &self,
        program: SchedulerProgram,
        arguments: &[String],
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError>;

    /// Writes a file of a scheduler whole, in place of what stands there: everybody may read it, only its owner may write it, whatever
    /// the umask is.
    ///
    /// # Errors
    /// What the system reports.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError>;

    /// Removes a file of a scheduler, and returns whether it was there.
    ///
    /// # Errors
    /// What the system reports.
    fn remove(&self, path: &Path) -> Result<bool, FileError>;

    /// Returns a path that means the same from whatever folder the program is started.
    ///
    /// # Errors
    /// What the system reports.
    fn absolute(&self, path: &Path) -> io::Result<PathBuf>;
}
