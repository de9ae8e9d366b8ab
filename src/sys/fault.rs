//! The system's errors as faults that a person can act on.

#![expect(clippy::disallowed_methods, reason = "looks which part of a path is missing")]

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::os;
use crate::ports::{EntryKind, FileError, FileFault};

/// Explains a failed operation on `path`.
pub(super) fn explain(path: &Path, error: io::Error) -> FileError {
    if let Some(fault) = os::file::fault(&error) {
        return FileError::new(path, fault);
    }
    let fault = match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => missing(path),
        ErrorKind::AlreadyExists => FileFault::Exists,
        ErrorKind::IsADirectory => FileFault::NotAFile { kind: EntryKind::Directory },
        ErrorKind::PermissionDenied => FileFault::Permission,
        ErrorKind::ReadOnlyFilesystem => FileFault::ReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => FileFault::DiskFull,
        ErrorKind::InvalidFilename => FileFault::NameTooLong,
        ErrorKind::InvalidInput if path.as_os_str().as_encoded_bytes().contains(&0) => {
            FileFault::InvalidName { why: "it contains a NUL character" }
        }
        _ => return FileError::other(path, error),
    };
    FileError::new(path, fault)
}

/// Says what of a path is missing: a folder on the way, or only the last part.
fn missing(path: &Path) -> FileFault {
    let mut folders: Vec<&Path> = path.ancestors().skip(1).filter(|part| !part.as_os_str().is_empty()).collect();
    folders.reverse();
    for folder in folders {
        let part = || PathBuf::from(folder);
        match std::fs::metadata(folder) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return FileFault::ParentNotDirectory { part: part() },
            Err(error) if error.kind() == ErrorKind::NotFound => return FileFault::ParentMissing { part: part() },
            // What cannot be seen is not what was asked about.
            Err(_) => break,
        }
    }
    FileFault::NotFound
}
