//! Files on Windows: access lists, moves, identity.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are touched")]

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Stdin};
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsHandle, OwnedHandle};
use std::path::Path;

use windows_sys::Win32::Foundation::{
    ERROR_FILENAME_EXCED_RANGE, ERROR_HANDLE_DISK_FULL, ERROR_INVALID_NAME, ERROR_LOCK_VIOLATION,
    ERROR_SHARING_VIOLATION,
};
use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_BACKUP_SEMANTICS;

use super::ffi;
use super::name::is_device;
use crate::ports::{Access, EntryKind, FileFault};

pub(crate) use super::ffi::file::{place_new, place_over};
pub(crate) use super::name::name_problem;

/// Names one file of this machine, whatever it is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct FileId {
    volume: u64,
    file: [u8; 16],
}

impl FileId {
    /// Returns the identity of what stands at `path`, links followed; nothing where nothing is.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn at(path: &Path) -> io::Result<Option<Self>> {
        if is_device(path) {
            return Ok(None);
        }
        // Access 0 asks for nothing but attributes; the flag lets a folder be opened.
        match OpenOptions::new().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path) {
            Ok(file) => Self::of(&file).map(Some),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(file: &File) -> io::Result<Self> {
        let (volume, file) = ffi::file::identity(file)?;
        Ok(Self { volume, file })
    }
}

/// Recognises one file again after it was renamed.
#[derive(Debug)]
pub(crate) struct Mark(FileId);

impl Mark {
    /// Marks a file and closes it, because an open one may not be movable. NTFS gives no
    /// number out twice.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn of(file: File) -> io::Result<Self> {
        FileId::of(&file).map(Self)
    }

    /// Returns whether the file stands at `path`.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        matches!(FileId::at(path), Ok(Some(id)) if id == self.0)
    }
}

/// Returns what tells one file from another of the same name without opening it: when it was made.
pub(crate) fn identity(metadata: &Metadata) -> (u64, u64, i64) {
    (0, metadata.creation_time(), 0)
}

/// Returns what an entry is.
pub(crate) fn entry_kind(metadata: &Metadata) -> EntryKind {
    if metadata.is_dir() {
        EntryKind::Directory
    } else if metadata.is_file() {
        EntryKind::File
    } else {
        EntryKind::Link
    }
}

/// Opens a regular file to read, or returns what stands there instead.
///
/// # Errors
/// That of the system.
pub(crate) fn open_regular(path: &Path) -> io::Result<Result<File, EntryKind>> {
    if is_device(path) {
        return Ok(Err(EntryKind::Device));
    }
    let before = entry_kind(&std::fs::metadata(path)?);
    if before != EntryKind::File {
        return Ok(Err(before));
    }
    let file = File::open(path)?;
    Ok(match ffi::file::handle_kind(&file) {
        EntryKind::File => Ok(file),
        other => Err(other),
    })
}

/// Creates a new file with its final access. Nobody else can open a secret one at any instant.
///
/// # Errors
/// That of the system; `AlreadyExists` where something stands at `path`.
pub(crate) fn create_new(path: &Path, access: Access) -> io::Result<File> {
    match access {
        Access::Secret => ffi::file::create_new(path, &ffi::security::Descriptor::secret()?),
        Access::Public | Access::Shared => OpenOptions::new().write(true).create_new(true).open(path),
    }
}

/// Flushes a folder. The moves write through, so there is nothing left to do.
///
/// # Errors
/// None.
pub(crate) fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Returns a second handle on standard input.
///
/// # Errors
/// That of the system.
pub(crate) fn duplicate(stdin: &Stdin) -> io::Result<OwnedHandle> {
    stdin.as_handle().try_clone_to_owned()
}

/// Returns whether two names in one folder mean one file. The file system compares by a table of its own; this one is close.
pub(crate) fn same_name(a: &OsStr, b: &OsStr) -> bool {
    match (a.to_str(), b.to_str()) {
        (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => a.eq_ignore_ascii_case(b),
    }
}

/// Returns the fault for errors that the standard library has no word for.
pub(crate) fn fault(error: &io::Error) -> Option<FileFault> {
    match error.raw_os_error()?.cast_unsigned() {
        ERROR_SHARING_VIOLATION | ERROR_LOCK_VIOLATION => Some(FileFault::InUse),
        ERROR_HANDLE_DISK_FULL => Some(FileFault::DiskFull),
        ERROR_FILENAME_EXCED_RANGE => Some(FileFault::NameTooLong),
        ERROR_INVALID_NAME => Some(FileFault::InvalidName { why: "Windows does not take it" }),
        _ => None,
    }
}
