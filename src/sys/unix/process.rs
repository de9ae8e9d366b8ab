//! Process trees on Unix: a process group of its own.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

/// A started program and what it started.
pub(crate) struct Tree {
    group: Pid,
}

impl Tree {
    /// Starts a program as the root of a tree.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let tree = Self { group: Pid::from_child(&child) };
        Ok((child, tree))
    }

    /// Ends the whole tree. Call it before the root is waited for: afterwards its number may be another's.
    pub(crate) fn end(&self) {
        // It fails only where nobody is left.
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    /// Lets go of the tree; what still runs goes on.
    pub(crate) fn release(self) {}
}
