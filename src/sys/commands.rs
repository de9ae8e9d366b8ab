//! Programs of others, without a shell, bounded in time and output.

#![expect(clippy::disallowed_methods, reason = "the edge at which programs are started")]

use std::ffi::OsStr;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::bounded;
use super::os::openssh;
use super::os::process::Tree;
use crate::ports::{CommandError, CommandLimits, Commands, OpenSsh, ProgramLimits, ProgramOutput};

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
        let (ended, tree) = run(&mut command, name, None, Bounds { output: limits.output, deadline: limits.deadline })?;
        tree.release();
        if ended.status.success() {
            Ok(ended.stdout)
        } else {
            Err(CommandError::Failed { program: name.clone(), status: ended.status.to_string() })
        }
    }

    fn openssh(
        &self,
        client: OpenSsh,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        let passes = |name: &OsStr| openssh::VARIABLES.iter().any(|known| openssh::same_variable(name, known));
        exchange(&openssh::program(client)?, arguments, passes, stdin, limits)
    }

    fn feed(&self, argv: &[String], stdin: &[u8], limits: CommandLimits<'_>) -> Result<(), CommandError> {
        let (name, arguments) = argv.split_first().ok_or(CommandError::Empty)?;
        let mut command = Command::new(name);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        for variable in limits.hidden_variables {
            command.env_remove(variable);
        }
        let bounds = Bounds { output: limits.output.max(UNREAD_OUTPUT), deadline: limits.deadline };
        let (ended, tree) = run(&mut command, name, Some(Zeroizing::new(stdin.to_vec())), bounds)?;
        tree.release();
        if ended.status.success() {
            Ok(())
        } else {
            Err(CommandError::Failed { program: name.clone(), status: ended.status.to_string() })
        }
    }
}

/// Runs a program that reads what it is given and answers. It gets the variables of ours that `passes` lets through.
///
/// # Errors
/// What [`CommandError`] lists, but for an exit code.
pub(super) fn exchange(
    program: &Path,
    arguments: &[String],
    passes: impl Fn(&OsStr) -> bool,
    stdin: Zeroizing<Vec<u8>>,
    limits: ProgramLimits,
) -> Result<ProgramOutput, CommandError> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().envs(std::env::vars_os().filter(|(name, _)| passes(name)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let bounds = Bounds { output: limits.output, deadline: limits.deadline };
    // Dropping the tree ends, where there is a job, what the program left behind.
    let (ended, _tree) = run(&mut command, &program.display().to_string(), Some(stdin), bounds)?;
    Ok(ProgramOutput { code: ended.status.code(), stdout: ended.stdout, stderr: ended.stderr })
}

/// The most that a program which is only fed may write before it is ended.
const UNREAD_OUTPUT: u64 = 1 << 20;

/// How much is read from each stream of a program, and how long it may run.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) output: u64,
    pub(super) deadline: Duration,
}

/// A program that has ended by itself. A stream that was not piped is empty.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Zeroizing<Vec<u8>>,
    pub(super) stderr: Zeroizing<Vec<u8>>,
}

/// Runs a program to its end, or ends it and all that it started. `stdin` is written where standard input is piped.
///
/// # Errors
/// What [`CommandError`] lists, but for an exit code.
pub(super) fn run(
    command: &mut Command,
    name: &str,
    stdin: Option<Zeroizing<Vec<u8>>>,
    bounds: Bounds,
) -> Result<(Ended, Tree), CommandError> {
    let end = Instant::now() + bounds.deadline.min(LONGEST_DEADLINE);
    let (mut child, tree) =
        Tree::start(command).map_err(|source| CommandError::NotStarted { program: name.to_owned(), source })?;
    match finish(&mut child, stdin, bounds.output, end) {
        Ok(ended) => Ok((ended, tree)),
        Err(stop) => {
            tree.end();
            // Reaps the root; it has just been ended.
            let _ = child.wait();
            Err(stop.explain(name, bounds))
        }
    }
}

/// Feeds a program, reads both its streams at once and waits for it.
fn finish(child: &mut Child, stdin: Option<Zeroizing<Vec<u8>>>, limit: u64, end: Instant) -> Result<Ended, Stop> {
    if let (Some(mut pipe), Some(stdin)) = (child.stdin.take(), stdin) {
        // A program that does not read closes the pipe: that is no failure, its answer tells.
        let feed = move || drop(pipe.write_all(&stdin));
        thread::Builder::new().spawn(feed).map_err(Stop::Broken)?;
    }
    let stdout = child.stdout.take().map(|pipe| reader(pipe, limit)).transpose()?;
    let stderr = child.stderr.take().map(|pipe| reader(pipe, limit)).transpose()?;
    let stdout = collect(stdout, end)?;
    let stderr = collect(stderr, end)?;
    Ok(Ended { status: wait(child, end)?, stdout, stderr })
}

/// Why a run was broken off.
enum Stop {
    Late,
    Full,
    Broken(io::Error),
}

impl Stop {
    fn explain(self, name: &str, limits: Bounds) -> CommandError {
        let program = name.to_owned();
        match self {
            Self::Late => CommandError::Overran { program, deadline: limits.deadline },
            Self::Full => CommandError::TooMuchOutput { program, limit: limits.output },
            Self::Broken(source) => CommandError::Unread { program, source },
        }
    }
}

/// What a thread has read of one stream.
type Reading = mpsc::Receiver<io::Result<Option<Zeroizing<Vec<u8>>>>>;

/// Reads a stream in a thread, because a pipe cannot be read with a deadline on both systems. It ends when the tree does.
fn reader(pipe: impl io::Read + Send + 'static, limit: u64) -> Result<Reading, Stop> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let read = move || drop(sender.send(bounded::read(pipe, limit, 0)));
    thread::Builder::new().spawn(read).map_err(Stop::Broken)?;
    Ok(receiver)
}

/// Waits until the program and all who share the stream have closed it.
fn collect(reading: Option<Reading>, end: Instant) -> Result<Zeroizing<Vec<u8>>, Stop> {
    let Some(reading) = reading else { return Ok(Zeroizing::default()) };
    match reading.recv_timeout(end.saturating_duration_since(Instant::now())) {
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
