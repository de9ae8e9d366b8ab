//! Every trait through which the core touches the world, on one page.
//!
//! `app` and `cli` know these traits and nothing behind them. [`crate::sys`] implements them for the real machine and
//! `tests/support/fake_host.rs` for tests. [`Host`] is what `main` wires. No trait here decides anything.

mod events;
mod fault;
mod key_fault;
mod mail;
mod powershell;
mod program;
mod scheduler;
mod state;
mod stop;
mod store;
mod transport;
mod web;
mod wire;

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::cert::Password;
use crate::farm::access::{AccessState, Principal};

pub use crate::farm::KeyPlace;
pub use events::{Event, EventLevel, EventLog};
pub use fault::{CommandError, EntryKind, EnvironmentError, FileError, FileFault};
pub use key_fault::{KeyAccessError, KeyFault, PrincipalError};
pub use mail::{Mail, MailError, MailFault, MailMessage, MailServer, MailTls};
pub use powershell::PowerShell;
pub use program::{OpenSsh, ProgramLimits, ProgramOutput};
pub use scheduler::{Scheduler, SchedulerKind, SchedulerProgram};
pub use state::{Entry, Held, StateFolder, StateFolders};
pub use stop::Stop;
pub use store::{CertificateStores, NewKey, OpenedKey, StoreError, StoreFault, StoredCertificate};
pub use transport::{CarryError, CarryFault, Transport};
pub use web::{Web, WebAnswer, WebError, WebFault, WebHeader, WebRequest, WebTrust};
pub use wire::{Pause, Wire, WireProtocol, WireTarget};

/// The world, as `main` wires it.
#[derive(Clone)]
pub struct Host {
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of random octets.
    pub random: Arc<dyn Random>,
    /// The file system and standard input.
    pub files: Arc<dyn Files>,
    /// The terminal, if there is one.
    pub terminal: Arc<dyn Terminal>,
    /// The environment variables.
    pub environment: Arc<dyn Environment>,
    /// Programs of others.
    pub commands: Arc<dyn Commands>,
    /// Windows PowerShell.
    pub powershell: Arc<dyn PowerShell>,
    /// Who may use a private key.
    pub key_access: Arc<dyn KeyAccess>,
    /// Who is who.
    pub principals: Arc<dyn Principals>,
    /// The certificate stores and the keys behind them.
    pub stores: Arc<dyn CertificateStores>,
    /// What outlasts a run.
    pub state: Arc<dyn StateFolders>,
    /// What this machine and this process are.
    pub machine: Arc<dyn Machine>,
    /// Mail.
    pub mail: Arc<dyn Mail>,
    /// A few octets to an address.
    pub wire: Arc<dyn Wire>,
    /// Waiting.
    pub pause: Arc<dyn Pause>,
    /// HTTPS servers.
    pub web: Arc<dyn Web>,
    /// Being asked to end.
    pub stop: Arc<dyn Stop>,
    /// What calls programs by the clock.
    pub scheduler: Arc<dyn Scheduler>,
    /// The event log of Windows.
    pub events: Arc<dyn EventLog>,
}

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

/// Draws random octets fit for keys and passwords.
pub trait Random: Send + Sync {
    /// Fills the whole buffer.
    ///
    /// # Errors
    /// When the system has no randomness to give; the buffer is then unusable.
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()>;
}

/// Who may read a file that is created.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// The owner only (0600 whatever the umask is; on Windows SYSTEM, Administrators and the current user, nothing
    /// inherited).
    Secret,
    /// What the system gives a new file by default.
    Public,
    /// Everybody may read it and only the owner may write it (0644 whatever the umask is; on Windows as [`Access::Public`]).
    Shared,
}

/// What happens when the target exists.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Existing {
    /// The target stays and [`FileFault::Exists`] is returned. Of two writers at once exactly one wins.
    Refuse,
    /// A regular file is replaced in one step; a symbolic link, directory or device is refused.
    Replace,
}

/// Reads and creates files. `-` has no meaning here.
pub trait Files: Send + Sync {
    /// Reads a whole regular file of at most `limit` octets. Symbolic links are followed.
    ///
    /// # Errors
    /// [`FileFault::NotAFile`] for a directory, pipe, socket or device, which is never waited for;
    /// [`FileFault::TooLarge`] beyond `limit`; or what the system reports.
    fn read(&self, path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError>;

    /// Reads standard input to its end, at most `limit` octets.
    ///
    /// # Errors
    /// [`FileFault::TooLarge`] beyond `limit`, or what the system reports. The path in the error is `-`.
    fn read_stdin(&self, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError>;

    /// Reads standard input as [`Files::read_stdin`] does, if it comes to its end in time.
    ///
    /// # Errors
    /// [`FileFault::Late`] where it does not, and as there.
    fn read_stdin_within(&self, limit: u64, patience: Duration) -> Result<Zeroizing<Vec<u8>>, FileError>;

    /// Returns what stands at `path`, symbolic links followed; nothing where nothing is, or where a link leads nowhere.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, FileError>;

    /// Returns what tells one state of a regular file from another without reading it, links followed; nothing where no
    /// regular file is. Two equal stamps do not prove equal content where the file was written within the same instant.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn stamp(&self, path: &Path) -> Result<Option<FileStamp>, FileError>;

    /// Returns whether both paths name one file, links of both sorts resolved. Where neither exists: whether both would
    /// name one.
    ///
    /// # Errors
    /// When a file that exists cannot be examined.
    fn same_file(&self, a: &Path, b: &Path) -> Result<bool, FileError>;

    /// Writes a temporary file beside `path`, with its final access before the first octet, and flushes it to disk.
    /// Nothing stands at `path` before [`Staged::place`].
    ///
    /// # Errors
    /// What [`FileFault`] lists. Nothing is left behind.
    fn stage(
        &self,
        path: &Path,
        access: Access,
        existing: Existing,
        bytes: &[u8],
    ) -> Result<Box<dyn Staged>, FileError>;

    /// Calls `visit` with every regular file under `roots`, in sorted order per directory and one by one; a root that is
    /// a file is itself visited. A link to a file counts as a file; a link to a directory is followed only as a root, so
    /// there are no loops. What cannot be read is one error each and does not end the walk.
    fn walk(&self, roots: &[PathBuf], visit: &mut dyn FnMut(Result<PathBuf, FileError>) -> ControlFlow<()>);

    /// Creates one complete file, or nothing: [`Files::stage`] and [`place_all`] for a command that writes one file.
    ///
    /// # Errors
    /// As those two.
    fn create(&self, path: &Path, access: Access, existing: Existing, bytes: &[u8]) -> Result<(), FileError> {
        place_all(vec![self.stage(path, access, existing, bytes)?])
    }
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FileStamp {
    /// The size in octets.
    pub size: u64,
    /// When its content was last written.
    pub written: Timestamp,
    /// Device, number of the file and, where the system keeps it, when anything about it was last changed, in nanoseconds.
    pub identity: (u64, u64, i64),
}

/// A complete file that is not in its place yet, or is there on trial. Dropped without [`Staged::keep`], it is undone: the
/// temporary file goes, a file put in place goes, and a file it replaced comes back.
pub trait Staged {
    /// Returns the target.
    fn path(&self) -> &Path;

    /// Puts the file in its place in one step and flushes the directory.
    ///
    /// # Errors
    /// [`FileFault::Exists`] when another writer was faster, or what the system reports.
    fn place(&mut self) -> Result<(), FileError>;

    /// Makes the placing final.
    fn keep(self: Box<Self>);
}

/// Puts several staged files in place, all or none.
///
/// # Errors
/// That of the first file that could not be placed. Those placed before it are undone.
pub fn place_all(mut files: Vec<Box<dyn Staged>>) -> Result<(), FileError> {
    for file in &mut files {
        file.place()?;
    }
    files.into_iter().for_each(Staged::keep);
    Ok(())
}

/// A standard stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// The terminal a person sits at.
pub trait Terminal: Send + Sync {
    /// Returns whether the stream is a terminal.
    fn is_terminal(&self, stream: Stream) -> bool;

    /// Returns whether colour may be written to the stream: it is a terminal, `NO_COLOR` is unset or empty, and `TERM` is
    /// not `dumb`.
    fn wants_color(&self, stream: Stream) -> bool;

    /// Leaves a person the time to read what stands there.
    fn pause(&self, span: Duration);

    /// Returns the width in columns, where standard output or standard error is a terminal.
    fn width(&self) -> Option<u16>;

    /// Asks for a secret on the controlling terminal (never on standard input), without echo. Returns nothing where
    /// there is no terminal to ask on.
    ///
    /// # Errors
    /// When the person breaks off, or the terminal fails.
    fn prompt_secret(&self, text: &str) -> io::Result<Option<Password>>;

    /// Asks for a line on standard error, reads it from standard input and returns it without its end. Returns nothing
    /// where standard input is at its end. Who calls it has made sure that both are a terminal.
    ///
    /// # Errors
    /// That of the streams; also a line that is longer than any answer.
    fn prompt_line(&self, text: &str) -> io::Result<Option<String>>;
}

/// The environment variables of this process.
pub trait Environment: Send + Sync {
    /// Returns the value of a variable, if it is set.
    ///
    /// # Errors
    /// When the value is not Unicode; the error names the variable and never the value.
    fn var(&self, name: &str) -> Result<Option<String>, EnvironmentError>;
}

/// What the machine and the process are, as far as it does not change during a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MachineFacts {
    /// The system: `windows`, `linux`, or what it calls itself.
    pub system: String,
    /// Its version as the system tells it.
    pub version: String,
    /// The name of the machine.
    pub name: String,
    /// Who runs this process: a SID on Windows, `uid:0` elsewhere.
    pub account: String,
    /// Whether the process may change the machine: an elevated token on Windows, root elsewhere.
    pub elevated: bool,
}

/// Tells what the machine and this process are.
pub trait Machine: Send + Sync {
    /// Returns the facts.
    ///
    /// # Errors
    /// What the system reports.
    fn facts(&self) -> io::Result<MachineFacts>;

    /// Returns the file that this process was started from.
    ///
    /// # Errors
    /// When the system cannot tell.
    fn program(&self) -> io::Result<PathBuf>;

    /// Returns the SHA-256 of the file that this process was started from.
    ///
    /// # Errors
    /// When it is gone or cannot be read.
    fn program_sha256(&self) -> io::Result<[u8; 32]>;
}

/// Bounds of one run of a program.
#[derive(Clone, Copy, Debug)]
pub struct CommandLimits<'a> {
    /// The most octets that are taken from its standard output.
    pub output: u64,
    /// How long it may run; then it and all that it started are ended.
    pub deadline: Duration,
    /// Environment variables that it does not get, because they hold secrets of ours.
    pub hidden_variables: &'a [&'a str],
}

/// Runs programs of others.
pub trait Commands: Send + Sync {
    /// Runs a program without a shell and returns what it wrote to standard output. Its standard input is empty, its
    /// standard error is ours.
    ///
    /// # Errors
    /// [`CommandError`]; it names the program, never its arguments or output.
    fn secret_output(&self, argv: &[String], limits: CommandLimits<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError>;

    /// Runs a client of OpenSSH as this machine has it, gives it `stdin` and waits for its end. What it started ends with it.
    /// The arguments must hold no secret: other programs can read them. Of our environment it gets only what it needs.
    ///
    /// # Errors
    /// [`CommandError`]; [`CommandError::NotStarted`] where the machine has none. An exit code is no error here.
    fn openssh(
        &self,
        client: OpenSsh,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError>;

    /// Runs a program without a shell, with `stdin` on its standard input. What it writes to standard output is thrown away.
    ///
    /// # Errors
    /// [`CommandError`]; it names the program, never its arguments or its input.
    fn feed(&self, argv: &[String], stdin: &[u8], limits: CommandLimits<'_>) -> Result<(), CommandError>;
}

/// Reads and writes who may use a private key.
pub trait KeyAccess: Send + Sync {
    /// Reads the access. A symbolic link is not followed.
    ///
    /// # Errors
    /// [`KeyAccessError`].
    fn read(&self, place: &KeyPlace) -> Result<AccessState, KeyAccessError>;

    /// Writes the access list of `state`, in one step; owner and group stay as they are.
    ///
    /// # Errors
    /// [`KeyAccessError`]. The access is then as before.
    fn write(&self, place: &KeyPlace, state: &AccessState) -> Result<(), KeyAccessError>;

    /// Returns the file that holds the key, where it is known.
    ///
    /// # Errors
    /// [`KeyAccessError`] when the key cannot be opened.
    fn key_file(&self, place: &KeyPlace) -> Result<Option<PathBuf>, KeyAccessError>;
}

/// Knows the users, groups and other identities of this machine and its domain.
pub trait Principals: Send + Sync {
    /// Returns the identity of a name. Windows: an English well-known name in any display language, `DOMAIN\\user`, a gMSA
    /// `DOMAIN\\name$`, `NT SERVICE\\name`, or a SID. Elsewhere: a user, `group:name`, or `user:` and `group:` with a
    /// number.
    ///
    /// # Errors
    /// [`PrincipalError::Unknown`] for a name that does not exist.
    fn find(&self, name: &str) -> Result<Principal, PrincipalError>;

    /// Returns the name of an identity as the system shows it, if it has one.
    fn name(&self, principal: &Principal) -> Option<String>;

    /// Runs `act` once on a thread that has this identity and no other; the rest of the program keeps its own.
    ///
    /// # Errors
    /// [`PrincipalError::NotPossible`] where that identity cannot be taken here; `act` has not run then.
    fn act_as(&self, principal: &Principal, act: &mut (dyn FnMut() + Send)) -> Result<(), PrincipalError>;
}
