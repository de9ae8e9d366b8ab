//! Programs of others, without a shell, bounded in time and output.

#![expect(clippy::disallowed_methods, reason = "the edge at which programs are started")]

use std::io;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::bounded;
use super::os::process::Tree;
use crate::ports::{CommandError, CommandLimits, Commands};

/// The longest pause between two looks whether a program that has closed its output has ended.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The longest deadline that is kept; beyond it an instant could overflow.
const LONGEST_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// The programs of this machine.
pub(super) struct SystemCommands;

impl Commands for SystemCommands {
    fn secret_output(&self, argv: &[String], limits: CommandLimits<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let (name, arguments) = argv.split_first().ok_or(CommandError::Empty)?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        for variable in limits.hidden_variables {
            command.env_remove(variable);
        }
        let end = Instant::now() + limits.deadline.min(LONGEST_DEADLINE);
        let (mut child, tree) =
            Tree::start(&mut command).map_err(|source| CommandError::NotStarted { program: name.clone(), source })?;
        match collect(&mut child, limits.output, end).and_then(|output| Ok((output, wait(&mut child, end)?))) {
            Ok((output, status)) if status.success() => {
                tree.release();
                Ok(output)
            }
            Ok((_, status)) => {
                tree.release();
                Err(CommandError::Failed { program: name.clone(), status: status.to_string() })
            }
            Err(stop) => {
                tree.end();
                // Reaps the root; it has just been ended.
                let _ = child.wait();
                Err(stop.explain(name, limits))
            }
        }
    }
}

/// Why a run was broken off.
enum Stop {
    Late,
    Full,
    Broken(io::Error),
}

impl Stop {
    fn explain(self, name: &str, limits: CommandLimits<'_>) -> CommandError {
        let program = name.to_owned();
        match self {
            Self::Late => CommandError::Overran { program, deadline: limits.deadline },
            Self::Full => CommandError::TooMuchOutput { program, limit: limits.output },
            Self::Broken(source) => CommandError::Unread { program, source },
        }
    }
}

/// Reads what the program writes until it and all who share its output have closed it.
fn collect(child: &mut Child, limit: u64, end: Instant) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let Some(stdout) = child.stdout.take() else { return Ok(Zeroizing::default()) };
    let (sender, receiver) = mpsc::sync_channel(1);
    // A thread, because a pipe cannot be read with a deadline on both systems. It ends when the tree does.
    let reader = move |stdout: ChildStdout| {
        let _ = sender.send(bounded::read(stdout, limit, 0));
    };
    thread::Builder::new().spawn(move || reader(stdout)).map_err(Stop::Broken)?;
    match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
        Ok(Ok(Some(output))) => Ok(output),
        Ok(Ok(None)) => Err(Stop::Full),
        Ok(Err(error)) => Err(Stop::Broken(error)),
        Err(_) => Err(Stop::Late),
    }
}

/// Waits for the root of the tree.
fn wait(child: &mut Child, end: Instant) -> Result<ExitStatus, Stop> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().map_err(Stop::Broken)? {
            return Ok(status);
        }
        if Instant::now() >= end {
            return Err(Stop::Late);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
