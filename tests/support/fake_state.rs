//! State folders in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use s2scert::ports::{Entry, FileError, FileFault, Held, StateFolder, StateFolders};
use zeroize::Zeroizing;

/// The folders of one machine. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct FakeFolders(Arc<Mutex<Contents>>);

#[derive(Default)]
struct Contents {
    folders: BTreeSet<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    locks: BTreeSet<PathBuf>,
    operations: usize,
    crash: Option<(usize, Crash)>,
    crashed: bool,
    unsafe_entry: Option<PathBuf>,
}

/// Where in an operation the process dies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Crash {
    /// Before it has an effect.
    Before,
    /// After its effect, before anybody is told.
    After,
}

struct FakeFolder {
    all: FakeFolders,
    path: PathBuf,
}

struct FakeLock {
    all: FakeFolders,
    path: PathBuf,
}

impl FakeFolders {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn folder(&self, path: PathBuf) -> Arc<dyn StateFolder> {
        Arc::new(FakeFolder { all: self.clone(), path })
    }

    /// Lets the process die in the operation with this number, counted from now and from 0.
    pub(crate) fn crash_at(&self, number: usize, when: Crash) {
        let mut contents = self.contents();
        let at = contents.operations + number;
        contents.crash = Some((at, when));
    }

    /// Starts the process again, and returns whether it had died.
    pub(crate) fn revive(&self) -> bool {
        let mut contents = self.contents();
        contents.crash = None;
        contents.locks.clear();
        std::mem::take(&mut contents.crashed)
    }

    /// Makes an entry another's doing.
    pub(crate) fn spoil(&self, path: &Path) {
        self.contents().unsafe_entry = Some(path.to_owned());
    }

    /// Takes a lock, as another process does.
    pub(crate) fn occupy(&self, path: &Path) {
        self.contents().locks.insert(path.to_owned());
    }

    /// Puts a file there, behind everybody's back.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        self.contents().files.insert(path.to_owned(), bytes.to_vec());
    }

    /// Returns the paths of all files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.contents().files.keys().cloned().collect()
    }

    /// Returns whether any file holds these octets.
    pub(crate) fn holds(&self, octets: &[u8]) -> bool {
        self.contents().files.values().any(|file| file.windows(octets.len()).any(|window| window == octets))
    }

    /// Does one operation, or dies in it.
    pub(crate) fn step<T>(&self, path: &Path, act: impl FnOnce() -> T) -> Result<T, FileError> {
        let dead = || FileError::new(path, FileFault::Other);
        let crash = {
            let mut contents = self.contents();
            if contents.crashed {
                return Err(dead());
            }
            if let Some(entry) = contents.unsafe_entry.clone().filter(|entry| entry.starts_with(path)) {
                let why = "it belongs to uid 4711, and this process runs as uid 0".to_owned();
                return Err(FileError::new(&entry, FileFault::Unsafe { why }));
            }
            let number = contents.operations;
            contents.operations += 1;
            contents.crash.filter(|(at, _)| *at == number).map(|(_, when)| when)
        };
        match crash {
            None => Ok(act()),
            Some(when) => {
                if when == Crash::After {
                    act();
                }
                self.contents().crashed = true;
                Err(dead())
            }
        }
    }
}

impl StateFolders for FakeFolders {
    fn default_place(&self) -> Result<PathBuf, FileError> {
        Ok(PathBuf::from("/var/lib/s2scert"))
    }

    fn find(&self, path: &Path) -> Result<Option<Arc<dyn StateFolder>>, FileError> {
        let exists = self.step(path, || self.contents().folders.contains(path))?;
        Ok(exists.then(|| self.folder(path.to_owned())))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn StateFolder>, FileError> {
        self.step(path, || self.contents().folders.insert(path.to_owned()))?;
        Ok(self.folder(path.to_owned()))
    }
}

impl StateFolder for FakeFolder {
    fn path(&self) -> &Path {
        &self.path
    }

    fn find(&self, name: &str) -> Result<Option<Arc<dyn StateFolder>>, FileError> {
        self.all.find(&self.path.join(name))
    }

    fn create(&self, name: &str) -> Result<Arc<dyn StateFolder>, FileError> {
        StateFolders::create(&self.all, &self.path.join(name))
    }

    fn entries(&self) -> Result<Vec<Entry>, FileError> {
        self.all.step(&self.path, || self.listed())
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
        let path = self.path.join(name);
        let found = self.all.step(&path, || self.all.contents().files.get(&path).cloned())?;
        match found {
            Some(bytes) if bytes.len() as u64 > limit => Err(FileError::new(&path, FileFault::TooLarge { limit })),
            found => Ok(found.map(Zeroizing::new)),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let path = self.path.join(name);
        self.all.step(&path, || self.all.contents().files.insert(path.clone(), bytes.to_vec()))?;
        Ok(())
    }

    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<(), FileError> {
        let path = self.path.join(name);
        self.all.step(&path, || {
            let mut contents = self.all.contents();
            let file = contents.files.entry(path.clone()).or_default();
            file.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            file.extend_from_slice(bytes);
        })
    }

    fn remove(&self, name: &str) -> Result<bool, FileError> {
        let path = self.path.join(name);
        self.all.step(&path, || self.all.contents().files.remove(&path).is_some())
    }

    fn rename(&self, name: &str, new: &str) -> Result<bool, FileError> {
        let (path, new) = (self.path.join(name), self.path.join(new));
        self.all.step(&path, || {
            let mut contents = self.all.contents();
            let file = contents.files.remove(&path);
            file.map(|file| contents.files.insert(new.clone(), file)).is_some()
        })
    }

    fn lock(&self, name: &str, _: Duration) -> Result<Option<Box<dyn Held>>, FileError> {
        let path = self.path.join(name);
        let taken = self.all.step(&path, || self.all.contents().locks.insert(path.clone()))?;
        Ok(taken.then(|| Box::new(FakeLock { all: self.all.clone(), path }) as Box<dyn Held>))
    }
}

impl FakeFolder {
    fn listed(&self) -> Vec<Entry> {
        let contents = self.all.contents();
        let here = |path: &&PathBuf| path.parent() == Some(self.path.as_path());
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files =
            contents.files.iter().filter(|(path, _)| here(path)).map(|(path, bytes)| (path, bytes.len(), false));
        let folders = contents.folders.iter().filter(here).map(|path| (path, 0, true));
        let mut entries: Vec<Entry> = files
            .chain(folders)
            .map(|(path, size, folder)| Entry {
                name: name(path),
                size: size as u64,
                folder,
                written: Timestamp::UNIX_EPOCH,
            })
            .collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }
}

impl Held for FakeLock {}

impl Drop for FakeLock {
    fn drop(&mut self) {
        self.all.contents().locks.remove(&self.path);
    }
}
