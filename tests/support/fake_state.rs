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
}

impl StateFolders for FakeFolders {
    fn default_place(&self) -> Result<PathBuf, FileError> {
        Ok(PathBuf::from("/var/lib/s2scert"))
    }

    fn find(&self, path: &Path) -> Result<Option<Arc<dyn StateFolder>>, FileError> {
        let exists = self.contents().folders.contains(path);
        Ok(exists.then(|| self.folder(path.to_owned())))
    }

    fn create(&self, path: &Path) -> Result<Arc<dyn StateFolder>, FileError> {
        self.contents().folders.insert(path.to_owned());
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
        Ok(entries)
    }

    fn read(&self, name: &str, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, FileError> {
        let path = self.path.join(name);
        match self.all.contents().files.get(&path) {
            Some(bytes) if bytes.len() as u64 > limit => Err(FileError::new(&path, FileFault::TooLarge { limit })),
            found => Ok(found.cloned().map(Zeroizing::new)),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        self.all.contents().files.insert(self.path.join(name), bytes.to_vec());
        Ok(())
    }

    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<(), FileError> {
        let mut contents = self.all.contents();
        let file = contents.files.entry(self.path.join(name)).or_default();
        file.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        file.extend_from_slice(bytes);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<bool, FileError> {
        Ok(self.all.contents().files.remove(&self.path.join(name)).is_some())
    }

    fn lock(&self, name: &str, _: Duration) -> Result<Option<Box<dyn Held>>, FileError> {
        let path = self.path.join(name);
        let taken = self.all.contents().locks.insert(path.clone());
        Ok(taken.then(|| Box::new(FakeLock { all: self.all.clone(), path }) as Box<dyn Held>))
    }
}

impl Held for FakeLock {}

impl Drop for FakeLock {
    fn drop(&mut self) {
        self.all.contents().locks.remove(&self.path);
    }
}
