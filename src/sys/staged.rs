//! A file that appears whole or not at all.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are created")]

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{fault, os};
use crate::ports::{Access, EntryKind, Existing, FileError, FileFault, Staged};

/// How often another random name is tried. A second try is needed once in 2^64 files.
const NAME_ATTEMPTS: usize = 8;

/// The steps from nothing to a kept file. A test can fail each.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Create,
    Write,
    Flush,
    Backup,
    Place,
    FlushFolder,
}

/// Called before each step; its error is that of the step.
pub(super) type Before = Arc<dyn Fn(Step) -> io::Result<()> + Send + Sync>;

/// Where a staged file stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Temporary,
    Placed,
    Kept,
}

/// A file on its way to its place.
pub(super) struct StagedFile {
    target: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    existing: Existing,
    /// The file that is replaced, under a second name.
    backup: Option<PathBuf>,
    /// Whether something is replaced that has no second name, because the file system gives none.
    irreversible: bool,
    /// Tells the file from one that another puts in its place. Absent until the file is complete.
    mark: Option<os::file::Mark>,
    state: State,
    before: Before,
}

impl StagedFile {
    /// Writes the temporary file beside `target`.
    pub(super) fn write(
        target: &Path,
        access: Access,
        existing: Existing,
        bytes: &[u8],
        before: Before,
    ) -> Result<Self, FileError> {
        if let Some(why) = name_problem(target) {
            return Err(FileError::new(target, FileFault::InvalidName { why }));
        }
        replaceable(target, existing)?;
        let explain = |error| fault::explain(target, error);
        let folder = folder_of(target);
        let (temporary, file) = create_temporary(&folder, access, &before).map_err(explain)?;
        // From here on a failure drops `staged`, which removes the temporary file.
        let mut staged = Self {
            target: target.to_owned(),
            folder,
            temporary,
            existing,
            backup: None,
            irreversible: false,
            mark: None,
            state: State::Temporary,
            before,
        };
        staged.fill(file, bytes).map_err(explain)?;
        Ok(staged)
    }

    fn fill(&mut self, mut file: File, bytes: &[u8]) -> io::Result<()> {
        (self.before)(Step::Write)?;
        file.write_all(bytes)?;
        (self.before)(Step::Flush)?;
        file.sync_all()?;
        self.mark = Some(os::file::Mark::of(file)?);
        Ok(())
    }

    fn put(&mut self) -> io::Result<()> {
        match self.existing {
            Existing::Refuse => {
                (self.before)(Step::Place)?;
                os::file::place_new(&self.temporary, &self.target)?;
            }
            Existing::Replace => {
                self.back_up()?;
                (self.before)(Step::Place)?;
                os::file::place_over(&self.temporary, &self.target)?;
            }
        }
        self.state = State::Placed;
        (self.before)(Step::FlushFolder)?;
        os::file::sync_directory(&self.folder)
    }

    /// Gives the file that will be replaced a second name, from which it can come back.
    fn back_up(&mut self) -> io::Result<()> {
        (self.before)(Step::Backup)?;
        let name = beside(&self.folder, "old")?;
        match std::fs::hard_link(&self.target, &name) {
            Ok(()) => self.backup = Some(name),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                return Err(error);
            }
            // FAT knows no second names, and Linux refuses them for a file of another owner.
            Err(_) => self.irreversible = true,
        }
        Ok(())
    }

    /// Undoes a placing, unless the target is no longer the file that was placed.
    fn unplace(&self) {
        let still_ours = self.mark.as_ref().is_some_and(|mark| mark.is_at(&self.target));
        if !still_ours || self.irreversible {
            return;
        }
        let _ = match &self.backup {
            Some(backup) => os::file::place_over(backup, &self.target),
            None => std::fs::remove_file(&self.target),
        };
        let _ = os::file::sync_directory(&self.folder);
    }
}

impl Staged for StagedFile {
    fn path(&self) -> &Path {
        &self.target
    }

    fn place(&mut self) -> Result<(), FileError> {
        if self.state != State::Temporary {
            return Ok(());
        }
        replaceable(&self.target, self.existing)?;
        self.put().map_err(|error| fault::explain(&self.target, error))
    }

    fn keep(mut self: Box<Self>) {
        if self.state == State::Placed {
            self.state = State::Kept;
        }
    }
}

impl Drop for StagedFile {
    /// Leaves the new file alone if it was kept, the old state otherwise. An error here has nobody to go to: that which
    /// led here is already on its way.
    fn drop(&mut self) {
        match self.state {
            State::Temporary => {
                let _ = std::fs::remove_file(&self.temporary);
            }
            State::Placed => self.unplace(),
            State::Kept => {}
        }
        if let Some(backup) = &self.backup {
            let _ = std::fs::remove_file(backup);
        }
    }
}

/// Refuses a target that must stay or that is no file.
fn replaceable(target: &Path, existing: Existing) -> Result<(), FileError> {
    let fault = match std::fs::symlink_metadata(target) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fault::explain(target, error)),
        Ok(metadata) => match (existing, os::file::entry_kind(&metadata)) {
            (Existing::Replace, EntryKind::File) => return Ok(()),
            (Existing::Replace, kind) => FileFault::TargetNotAFile { kind },
            (Existing::Refuse, _) => FileFault::Exists,
        },
    };
    Err(FileError::new(target, fault))
}

fn name_problem(target: &Path) -> Option<&'static str> {
    let text = target.as_os_str().as_encoded_bytes();
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.last().is_some_and(|&last| std::path::is_separator(char::from(last))) || target.file_name().is_none() {
        return Some("it names a folder");
    }
    os::file::name_problem(target)
}

/// Returns the folder of a target, in a form that can be opened.
pub(super) fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn create_temporary(folder: &Path, access: Access, before: &Before) -> io::Result<(PathBuf, File)> {
    before(Step::Create)?;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let path = beside(folder, "tmp")?;
        match os::file::create_new(&path, access) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && attempts < NAME_ATTEMPTS => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns an unused name in the folder. It does not contain the target's, which may be as long as a name can be.
fn beside(folder: &Path, ending: &str) -> io::Result<PathBuf> {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("the random generator failed"))?;
    Ok(folder.join(format!(".s2scert-{:016x}.{ending}", u64::from_be_bytes(random))))
}

#[cfg(test)]
mod tests;
