//! Files on Unix: modes, renames, identity.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are touched")]

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Stdin};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::ports::{Access, EntryKind, FileFault};

/// The mode of a secret file.
const SECRET_MODE: u32 = 0o600;
/// The mode of a public file, from which the umask takes away.
const PUBLIC_MODE: u32 = 0o666;
/// The mode of a file for everybody to read, whatever the umask is.
const SHARED_MODE: u32 = 0o644;

/// Names one file of this machine, whatever it is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// Returns the identity of what stands at `path`, links followed; nothing where nothing is.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn at(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::from_metadata(&metadata))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Recognises one file again after it was renamed.
#[derive(Debug)]
pub(crate) struct Mark {
    id: FileId,
    // Held open, because the number of a file that is gone is given to the next one.
    _file: File,
}

impl Mark {
    /// Marks a file.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        Ok(Self { id: FileId::from_metadata(&file.metadata()?), _file: file })
    }

    /// Returns whether the file stands at `path`.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        matches!(FileId::at(path), Ok(Some(id)) if id == self.id)
    }
}

/// Returns device, number and the instant of the last change of anything about a file, in nanoseconds.
pub(crate) fn identity(metadata: &Metadata) -> (u64, u64, i64) {
    let changed = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
    (metadata.dev(), metadata.ino(), changed)
}

/// Returns what an entry is.
pub(crate) fn entry_kind(metadata: &Metadata) -> EntryKind {
    let file_type = metadata.file_type();
    if file_type.is_file() {
        EntryKind::File
    } else if file_type.is_dir() {
        EntryKind::Directory
    } else if file_type.is_symlink() {
        EntryKind::Link
    } else if file_type.is_fifo() {
        EntryKind::Pipe
    } else if file_type.is_socket() {
        EntryKind::Socket
    } else {
        EntryKind::Device
    }
}

/// Opens a regular file to read, or returns what stands there instead.
///
/// # Errors
/// That of the system.
pub(crate) fn open_regular(path: &Path) -> io::Result<Result<File, EntryKind>> {
    // Looked at before, because opening a device can do something; and after, because it can have been exchanged.
    let before = entry_kind(&std::fs::metadata(path)?);
    if before != EntryKind::File {
        return Ok(Err(before));
    }
    // Without O_NONBLOCK a pipe that comes between would hold us until somebody writes.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path)?;
    Ok(match entry_kind(&file.metadata()?) {
        EntryKind::File => Ok(file),
        other => Err(other),
    })
}

/// Creates a new file with its final access. Nobody else can open a secret one at any instant.
///
/// # Errors
/// That of the system; `AlreadyExists` where something stands at `path`, a dangling link included.
pub(crate) fn create_new(path: &Path, access: Access) -> io::Result<File> {
    let mode = match access {
        Access::Secret => SECRET_MODE,
        Access::Public => PUBLIC_MODE,
        Access::Shared => SHARED_MODE,
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    if access != Access::Public {
        // The umask only takes away, so the file is never wider than this; here the owner gets back what it took.
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    Ok(file)
}

/// Gives the file its final name unless something stands there.
///
/// # Errors
/// `AlreadyExists`, or what else the system reports.
pub(crate) fn place_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Network file systems and old kernels do not know the flag; a link never replaces either.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            std::fs::hard_link(from, to)?;
            std::fs::remove_file(from)
        }
        done => Ok(done?),
    }
}

/// Gives the file its final name, in place of what stands there.
///
/// # Errors
/// That of the system.
pub(crate) fn place_over(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Flushes a directory, so that a new name in it outlasts a power cut.
///
/// # Errors
/// That of the system.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    match synced {
        // A folder that may be written but not read cannot be opened, and some file systems cannot flush one.
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::InvalidInput) => Ok(()),
        done => done,
    }
}

/// Returns a second handle on standard input.
///
/// # Errors
/// That of the system.
pub(crate) fn duplicate(stdin: &Stdin) -> io::Result<OwnedFd> {
    stdin.as_fd().try_clone_to_owned()
}

/// Returns whether two names in one folder mean one file.
pub(crate) fn same_name(a: &OsStr, b: &OsStr) -> bool {
    a == b
}

/// Returns what is wrong with a path as the name of a new file. On Unix every name without NUL is possible.
pub(crate) fn name_problem(_: &Path) -> Option<&'static str> {
    None
}

/// Returns the fault for errors that the standard library has no word for.
pub(crate) fn fault(error: &io::Error) -> Option<FileFault> {
    (error.raw_os_error() == Some(Errno::ROFS.raw_os_error())).then_some(FileFault::ReadOnly)
}
