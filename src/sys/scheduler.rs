//! The schedulers of this machine: their programs, their files.

#![expect(clippy::disallowed_methods, reason = "the edge at which the files of a scheduler are removed")]

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::os::{openssh, scheduler};
use super::{commands, fault, files};
use crate::ports::{
    Access, CommandError, Existing, FileError, Files as _, ProgramLimits, ProgramOutput, Scheduler, SchedulerKind,
    SchedulerProgram,
};

/// The schedulers of this machine.
pub(super) struct SystemScheduler;

impl Scheduler for SystemScheduler {
    fn has(&self, kind: SchedulerKind) -> bool {
        scheduler::has(kind)
    }

    fn call(
        &self,
        program: SchedulerProgram,
        arguments: &[String],
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        // The variables without which no program starts are those that the clients of OpenSSH get.
        let passes = |name: &OsStr| openssh::VARIABLES.iter().any(|known| openssh::same_variable(name, known));
        commands::exchange(&scheduler::program(program)?, arguments, passes, Zeroizing::default(), limits)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        files::SystemFiles::default().create(path, Access::Shared, Existing::Replace, bytes)
    }

    fn remove(&self, path: &Path) -> Result<bool, FileError> {
        match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fault::explain(path, error)),
        }
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        std::path::absolute(path)
    }
}
