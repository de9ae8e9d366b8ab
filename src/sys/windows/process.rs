//! Process trees on Windows: a job object.

use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};

use windows_sys::Win32::System::Threading::CREATE_SUSPENDED;

use super::ffi::job::{Job, resume};

/// A started program and what it started.
pub(crate) struct Tree {
    job: Job,
}

impl Tree {
    /// Starts a program as the root of a tree. Should this process die, the tree ends too.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let job = Job::new()?;
        // Suspended, so that it cannot start others before it belongs to the job.
        let mut child = command.creation_flags(CREATE_SUSPENDED).spawn()?;
        match job.take(&child).and_then(|()| resume(child.id())) {
            Ok(()) => Ok((child, Self { job })),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Ends the whole tree.
    pub(crate) fn end(&self) {
        self.job.end();
    }

    /// Lets go of the tree; what still runs goes on.
    pub(crate) fn release(self) {
        self.job.release();
    }
}
