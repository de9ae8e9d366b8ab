//! Folders that hold what must outlast a run. Nobody but us, and who administers the machine, may write in them.

#![expect(clippy::disallowed_methods, reason = "the edge at which state is kept")]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::staged::StagedFile;
use super::{bounded, fault, os};
use crate::ports::{Access, Entry, Existing, FileError, FileFault, Held, Staged, StateFolder, StateFolders};

/// The longest name in a state folder.
const LONGEST_NAME: usize = 100;
/// How often it is looked whether a lock is free.
const PAUSE: Duration = Duration::from_millis(10);
/// How many links one path may lead over.
const MOST_LINKS: usize = 40;

/// The state folders of this machine.
pub(super) struct SystemStateFolders;

impl StateFolders for SystemStateFolders {
    fn default_place(&self) -> Result<PathBuf, FileError> {
        os::folder::default_place()
            .map_err(|why| FileError::new(Path::new("s2scert"), FileFault::Unsafe { why: why.to_owned() }))
    }

    fn find(&self, path: &Path) -> Result<Option<Arc<dyn StateFolder>>, FileError> {
        let Some(path) = walk(path, false)? else { return Ok(None) };
        open(path).map(Some)
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn StateFolder>, FileError> {
        let missing = || FileError::new(path, FileFault::NotFound);
        open(walk(path, true)?.ok_or_else(missing)?)
    }

    fn admit(&self, file: &Path) -> Result<(), FileError> {
        let Some(file) = walk(file, false)? else { return Ok(()) };
        for part in file.parent().into_iter().chain([file.as_path()]) {
            let metadata = std::fs::symlink_metadata(part).map_err(|error| fault::explain(part, error))?;
            if let Some(why) = os::folder::danger(part, &metadata) {
                return Err(unsafe_entry(part, why));
            }
            if part == file && !metadata.is_file() {
                return Err(unsafe_entry(part, format!("it is {}, not a file", os::file::entry_kind(&metadata))));
            }
        }
        Ok(())
    }
}

/// Follows a path from the root, and refuses what another could exchange on the way. Returns the path without links, or
/// nothing where it does not exist and is not to be made.
pub(super) fn walk(path: &Path, create: bool) -> Result<Option<PathBuf>, FileError> {
    let mut absolute = std::path::absolute(path).map_err(|error| fault::explain(path, error))?;
    for _ in 0..MOST_LINKS {
        match pass(&absolute, create)? {
            Passed::Whole => return Ok(Some(absolute)),
            Passed::Missing => return Ok(None),
            Passed::Link(elsewhere) => absolute = elsewhere,
        }
    }
    Err(unsafe_entry(path, "it leads over too many links".to_owned()))
}

/// Where a walk came to.
enum Passed {
    Whole,
    Missing,
    Link(PathBuf),
}

fn pass(path: &Path, create: bool) -> Result<Passed, FileError> {
    let mut ancestors: Vec<&Path> = path.ancestors().skip(1).collect();
    ancestors.reverse();
    for part in ancestors {
        let metadata = match std::fs::symlink_metadata(part) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound && !create => return Ok(Passed::Missing),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(part)?;
                std::fs::symlink_metadata(part).map_err(|error| fault::explain(part, error))?
            }
            Err(error) => return Err(fault::explain(part, error)),
        };
        if let Some(why) = os::folder::danger_on_the_way(&metadata) {
            return Err(unsafe_entry(part, why));
        }
        if metadata.is_symlink() {
            let target = std::fs::read_link(part).map_err(|error| fault::explain(part, error))?;
            // Everything but the link's own part is taken as it was; the new path is walked from its root again.
            let rest = path.strip_prefix(part).unwrap_or_else(|_| Path::new(""));
            return Ok(Passed::Link(part.parent().unwrap_or(part).join(target).join(rest)));
        }
    }
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(Passed::Whole),
        Err(error) if error.kind() == ErrorKind::NotFound && !create => Ok(Passed::Missing),
        Err(error) if error.kind() == ErrorKind::NotFound => make(path).map(|()| Passed::Whole),
        Err(error) => Err(fault::explain(path, error)),
    }
}

/// Creates a folder with its final access. One that another has just made is examined like any other.
fn make(path: &Path) -> Result<(), FileError> {
    match os::folder::create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(fault::explain(path, error)),
        _ => os::file::sync_directory(path.parent().unwrap_or(path)).map_err(|error| fault::explain(path, error)),
    }
}

fn unsafe_entry(path: &Path, why: String) -> FileError {
    FileError::new(path, FileFault::Unsafe { why })
}

/// Opens a folder, and refuses it when it, or anything in it, could be another's doing.
fn open(path: PathBuf) -> Result<Arc<dyn StateFolder>, FileError> {
    let metadata = std::fs::symlink_metadata(&path).map_err(|error| fault::explain(&path, error))?;
    if !metadata.is_dir() {
        return Err(unsafe_entry(&path, format!("it is {}, not a folder", os::file::entry_kind(&metadata))));
    }
    if let Some(why) = os::folder::danger(&path, &metadata) {
        return Err(unsafe_entry(&path, why));
    }
    let folder = SystemFolder { path };
    for (entry, metadata) in folder.list()? {
        let path = folder.path.join(&entry);
        if !metadata.is_file() && !metadata.is_dir() {
            return Err(unsafe_entry(&path, format!("it is {}", os::file::entry_kind(&metadata))));
        }
        if let Some(why) = lasting_danger(&path, metadata) {
            return Err(unsafe_entry(&path, why));
        }
    }
    Ok(Arc::new(folder))
}

/// Returns what makes an entry unsafe. Another process may have deleted it since it was listed, and made it again: SQLite takes
/// its companions away with its last user. What is gone is no danger; what is there is looked at again.
fn lasting_danger(path: &Path, mut metadata: std::fs::Metadata) -> Option<String> {
    let mut danger = os::folder::danger(path, &metadata)?;
    for _ in 0..LOOKS {
        metadata = match std::fs::symlink_metadata(path) {
            Ok(now) => now,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(_) => return Some(danger),
        };
        danger = os::folder::danger(path, &metadata)?;
    }
    Some(danger)
}

/// How often an entry that seems unsafe is looked at again.
const LOOKS: usize = 3;

/// One folder that was examined.
struct SystemFolder {
    path: PathBuf,
}

/// A locked file. Closing it unlocks it, and so does the end of the process.
struct LockedFile {
    _file: File,
}

impl Held for LockedFile {}

impl SystemFolder {
    /// Returns the path of a name, or refuses what could lead out of the folder.
    fn at(&self, name: &str) -> Result<PathBuf, FileError> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
        if name.is_empty() || name.len() > LONGEST_NAME || matches!(name, "." | "..") || !name.bytes().all(plain) {
            let why = "names here are letters, digits, dots and dashes";
            return Err(FileError::new(&self.path.join("?"), FileFault::InvalidName { why }));
        }
        Ok(self.path.join(name))
    }

    fn list(&self) -> Result<Vec<(std::ffi::OsString, std::fs::Metadata)>, FileError> {
        let explain = |error| fault::explain(&self.path, error);
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(explain)? {
            let entry = entry.map_err(explain)?;
            match std::fs::symlink_metadata(entry.path()) {
                Ok(metadata) => found.push((entry.file_name(), metadata)),
                // Another run of ours has removed it meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(fault::explain(&entry.path(), error)),
            }
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(found)
    }
}

impl StateFolder for SystemFolder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn find(&self, name: &str) -> Result<Option<Arc<dyn StateFolder>>, FileError> {
        let path = self.at(name)?;
        match std::fs::symlink_metadata(&path) {
            Ok(_) => open(path).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(fault::explain(&path, error)),
        }
    }

    fn create(&self, name: &str) -> Result<Arc<dyn StateFolder>, FileError> {
        let path = self.at(name)?;
        if std::fs::symlink_metadata(&path).is_err() {
            make(&path)?;
        }
        open(path)
    }

    fn entries(&self) -> Result<Vec<Entry>, FileError> {
        let entry = |(name, metadata): (std::ffi::OsString, std::fs::Metadata)| Entry {
            name: name.to_string_lossy().into_owned(),
            size: if metadata.is_dir() { 0 } else { metadata.len() },
            folder: metadata.is_dir(),
            written: metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or_default(),
        };
        Ok(self.list()?.into_iter().map(entry).collect())
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
        let path = self.at(name)?;
        let explain = |error| fault::explain(&path, error);
        let file = match os::file::open_regular(&path) {
            Ok(Ok(file)) => file,
            Ok(Err(kind)) => return Err(FileError::new(&path, FileFault::NotAFile { kind })),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(explain(error)),
        };
        let size = file.metadata().map_err(explain)?.len();
        let read = bounded::read(file, limit, size.min(limit)).map_err(explain)?;
        read.map(Some).ok_or_else(|| FileError::new(&path, FileFault::TooLarge { limit }))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let path = self.at(name)?;
        let mut staged =
            Box::new(StagedFile::write(&path, Access::Secret, Existing::Replace, bytes, Arc::new(|_| Ok(())))?);
        staged.place()?;
        staged.keep();
        Ok(())
    }

    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<(), FileError> {
        let path = self.at(name)?;
        let append = || {
            let mut file = match os::file::create_new(&path, Access::Secret) {
                Ok(file) => {
                    os::file::sync_directory(&self.path)?;
                    file
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => OpenOptions::new().write(true).open(&path)?,
                Err(error) => return Err(error),
            };
            if file.metadata()?.len() < length {
                return Err(io::Error::new(ErrorKind::InvalidData, "the file is shorter than it was read"));
            }
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            file.write_all(bytes)?;
            file.sync_all()
        };
        append().map_err(|error| fault::explain(&path, error))
    }

    fn remove(&self, name: &str) -> Result<bool, FileError> {
        let path = self.at(name)?;
        match std::fs::remove_file(&path).and_then(|()| os::file::sync_directory(&self.path)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fault::explain(&path, error)),
        }
    }

    fn rename(&self, name: &str, new: &str) -> Result<bool, FileError> {
        let (path, new) = (self.at(name)?, self.at(new)?);
        match std::fs::rename(&path, new).and_then(|()| os::file::sync_directory(&self.path)) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(fault::explain(&path, error)),
        }
    }

    fn lock(&self, name: &str, patience: Duration) -> Result<Option<Box<dyn Held>>, FileError> {
        let path = self.at(name)?;
        lock_file(&path, patience)
    }
}

/// Locks a file, and makes it where it is missing; nothing where another holds it for longer than `patience`.
pub(super) fn lock_file(path: &Path, patience: Duration) -> Result<Option<Box<dyn Held>>, FileError> {
    let explain = |error| fault::explain(path, error);
    match os::file::create_new(path, Access::Secret) {
        // Opened again like one that was there: on Windows whoever makes a file shares it with nobody.
        Ok(file) => drop(file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(explain(error)),
    }
    let begun = Instant::now();
    loop {
        match OpenOptions::new().write(true).open(path).map_err(explain) {
            Ok(file) => match file.try_lock() {
                Ok(()) => return Ok(Some(Box::new(LockedFile { _file: file }))),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(explain(error)),
            },
            // Another is making it at this instant.
            Err(error) if *error.fault() == FileFault::InUse => {}
            Err(error) => return Err(error),
        }
        if begun.elapsed() >= patience {
            return Ok(None);
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests;
