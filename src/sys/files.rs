//! The file system.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are read")]

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use walkdir::{DirEntry, WalkDir};
use zeroize::Zeroizing;

use super::staged::{Before, StagedFile, folder_of};
use super::{bounded, fault, os};
use crate::ports::{Access, EntryKind, Existing, FileError, FileFault, FileStamp, Files, Staged};

/// How many folders below a root a walk goes down. Certificates lie flatter; a tree made to exhaust us does not end.
const MAX_DEPTH: usize = 128;

/// The file system of this machine.
pub(super) struct SystemFiles {
    before: Before,
}

impl Default for SystemFiles {
    fn default() -> Self {
        Self { before: Arc::new(|_| Ok(())) }
    }
}

#[cfg(test)]
impl SystemFiles {
    /// Makes one in which `before` can fail each step of a creation.
    pub(super) fn failing(before: Before) -> Self {
        Self { before }
    }
}

impl Files for SystemFiles {
    fn read(&self, path: &Path, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let explain = |error| fault::explain(path, error);
        let file = os::file::open_regular(path)
            .map_err(explain)?
            .map_err(|kind| FileError::new(path, FileFault::NotAFile { kind }))?;
        let size = file.metadata().map_err(explain)?.len();
        let too_large = || FileError::new(path, FileFault::TooLarge { limit });
        if size > limit {
            return Err(too_large());
        }
        bounded::read(file, limit, size).map_err(explain)?.ok_or_else(too_large)
    }

    fn read_stdin(&self, limit: u64) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let path = Path::new("-");
        stdin()
            .and_then(|stdin| bounded::read(stdin, limit, 0))
            .map_err(|error| fault::explain(path, error))?
            .ok_or_else(|| FileError::new(path, FileFault::TooLarge { limit }))
    }

    fn read_stdin_within(&self, limit: u64, patience: Duration) -> Result<Zeroizing<Vec<u8>>, FileError> {
        let path = Path::new("-");
        let (sender, receiver) = mpsc::sync_channel(1);
        // A thread, because a pipe cannot be read with a deadline on both systems. Late, it ends with the process.
        let read = move || {
            let _ = sender.send(stdin().and_then(|stdin| bounded::read(stdin, limit, 0)));
        };
        thread::Builder::new().spawn(read).map_err(|error| fault::explain(path, error))?;
        match receiver.recv_timeout(patience) {
            Ok(read) => read
                .map_err(|error| fault::explain(path, error))?
                .ok_or_else(|| FileError::new(path, FileFault::TooLarge { limit })),
            Err(_) => Err(FileError::new(path, FileFault::Late { seconds: patience.as_secs() })),
        }
    }

    fn kind(&self, path: &Path) -> Result<Option<EntryKind>, FileError> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(os::file::entry_kind(&metadata))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(fault::explain(path, error)),
        }
    }

    fn stamp(&self, path: &Path) -> Result<Option<FileStamp>, FileError> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(fault::explain(path, error)),
        };
        if !metadata.is_file() {
            return Ok(None);
        }
        let written = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
        let identity = os::file::identity(&metadata);
        Ok(written.map(|written| FileStamp { size: metadata.len(), written, identity }))
    }

    fn same_file(&self, a: &Path, b: &Path) -> Result<bool, FileError> {
        let id = |path: &Path| os::file::FileId::at(path).map_err(|error| fault::explain(path, error));
        match (id(a)?, id(b)?) {
            (Some(one), Some(other)) => Ok(one == other),
            (None, None) => {
                let (Some(one), Some(other)) = (a.file_name(), b.file_name()) else { return Ok(false) };
                if !os::file::same_name(one, other) {
                    return Ok(false);
                }
                let (one, other) = (id(&folder_of(a))?, id(&folder_of(b))?);
                Ok(one.is_some() && one == other)
            }
            _ => Ok(false),
        }
    }

    fn stage(
        &self,
        path: &Path,
        access: Access,
        existing: Existing,
        bytes: &[u8],
    ) -> Result<Box<dyn Staged>, FileError> {
        Ok(Box::new(StagedFile::write(path, access, existing, bytes, Arc::clone(&self.before))?))
    }

    fn walk(&self, roots: &[PathBuf], visit: &mut dyn FnMut(Result<PathBuf, FileError>) -> ControlFlow<()>) {
        for root in roots {
            if walk_root(root, visit).is_break() {
                return;
            }
        }
    }
}

fn walk_root(root: &Path, visit: &mut dyn FnMut(Result<PathBuf, FileError>) -> ControlFlow<()>) -> ControlFlow<()> {
    for entry in WalkDir::new(root).max_depth(MAX_DEPTH).sort_by_file_name() {
        let found = match entry {
            Ok(entry) => seen(entry),
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                Some(Err(fault::explain(&path, error.into())))
            }
        };
        if let Some(found) = found {
            visit(found)?;
        }
    }
    ControlFlow::Continue(())
}

/// Returns what a walk says of an entry: a file, an error, or nothing.
fn seen(entry: DirEntry) -> Option<Result<PathBuf, FileError>> {
    let (depth, file_type) = (entry.depth(), entry.file_type());
    let path = entry.into_path();
    if file_type.is_file() {
        return Some(Ok(path));
    }
    if file_type.is_dir() {
        let too_deep = depth >= MAX_DEPTH;
        return too_deep.then(|| Err(FileError::new(&path, FileFault::TooDeep { limit: MAX_DEPTH })));
    }
    let kind = match std::fs::metadata(&path) {
        Ok(metadata) => os::file::entry_kind(&metadata),
        Err(error) => return Some(Err(fault::explain(&path, error))),
    };
    match kind {
        EntryKind::File => Some(Ok(path)),
        // A pipe among files is not what was asked about; a pipe that was named is.
        EntryKind::Directory => None,
        _ if depth > 0 => None,
        kind => Some(Err(FileError::new(&path, FileFault::NotAFile { kind }))),
    }
}

/// Returns standard input without the buffer of the standard library, which is never erased. A console stays behind it,
/// because on Windows only the library turns what is typed into UTF-8.
fn stdin() -> io::Result<Box<dyn Read>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        return Ok(Box::new(stdin));
    }
    Ok(Box::new(File::from(os::file::duplicate(&stdin)?)))
}

#[cfg(test)]
mod tests;
