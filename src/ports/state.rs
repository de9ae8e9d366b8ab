//! The folder in which s2scert keeps what must outlast a run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::FileError;

/// Opens state folders.
pub trait StateFolders: Send + Sync {
    /// Returns where the folder stands unless somebody says otherwise: `%ProgramData%\\s2scert`; `/var/lib/s2scert` for root;
    /// `$XDG_STATE_HOME/s2scert` for others.
    ///
    /// # Errors
    /// When the environment does not tell.
    fn default_place(&self) -> Result<PathBuf, FileError>;

    /// Opens a folder that exists, or returns nothing where none does.
    ///
    /// # Errors
    /// [`super::FileFault::Unsafe`] when it, something in it or something on the way could be another's doing: a foreign owner,
    /// a link or reparse point, or access to write for others. The path in the error is what is wrong.
    fn find(&self, path: &Path) -> Result<Option<Arc<dyn StateFolder>>, FileError>;

    /// Opens a folder; creates it, and folders missing on the way, with their final access: the owner only.
    ///
    /// # Errors
    /// As [`StateFolders::find`], or what the system reports.
    fn create(&self, path: &Path) -> Result<Arc<dyn StateFolder>, FileError>;

    /// Examines a file that a person wrote, by the rule for state folders: the file, its folder and the way to them could be
    /// nobody else's doing. What else lies in the folder does not matter. A file that is missing is let through.
    ///
    /// # Errors
    /// [`super::FileFault::Unsafe`]; the path in the error is what is wrong.
    fn admit(&self, file: &Path) -> Result<(), FileError> {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        self.find(folder).map(|_| ())
    }
}

/// What stands in a state folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The name.
    pub name: String,
    /// The size in octets; 0 for a folder.
    pub size: u64,
    /// Whether it is a folder.
    pub folder: bool,
    /// When it was last written.
    pub written: Timestamp,
}

/// A lock, until it is dropped or the process ends, however it ends.
pub trait Held: Send {}

/// A folder of ours that nobody else can write. Names are single words: ASCII letters, digits, `.`, `-`, `_`.
pub trait StateFolder: Send + Sync {
    /// Returns the path.
    fn path(&self) -> &Path;

    /// Opens a folder below, or returns nothing where none is.
    ///
    /// # Errors
    /// As [`StateFolders::find`].
    fn find(&self, name: &str) -> Result<Option<Arc<dyn StateFolder>>, FileError>;

    /// Opens a folder below, and creates it where it is missing.
    ///
    /// # Errors
    /// As [`StateFolders::create`].
    fn create(&self, name: &str) -> Result<Arc<dyn StateFolder>, FileError>;

    /// Returns what is in the folder, sorted by name, what broken runs left behind included.
    ///
    /// # Errors
    /// What the system reports.
    fn entries(&self) -> Result<Vec<Entry>, FileError>;

    /// Reads a file of at most `limit` octets, or returns nothing where none is.
    ///
    /// # Errors
    /// [`super::FileFault::TooLarge`], or what the system reports.
    fn read(&self, name: &str, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, FileError>;

    /// Writes a whole file in place of what stands there. It is on disk when this returns, and never half.
    ///
    /// # Errors
    /// What the system reports; the old file is then still there.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError>;

    /// Writes behind the first `length` octets of a file; what stood there goes. On disk when this returns; a power cut
    /// before may leave a part.
    ///
    /// # Errors
    /// What the system reports; a part may have been written.
    fn append(&self, name: &str, length: u64, bytes: &[u8]) -> Result<(), FileError>;

    /// Removes a file, and returns whether it was there.
    ///
    /// # Errors
    /// What the system reports.
    fn remove(&self, name: &str) -> Result<bool, FileError>;

    /// Gives a file another name in the same folder; what stood there goes. Returns whether it was there.
    ///
    /// # Errors
    /// What the system reports.
    fn rename(&self, name: &str, new: &str) -> Result<bool, FileError>;

    /// Takes a lock, or returns nothing where another process, or another holder in this one, has it for longer than
    /// `patience`.
    ///
    /// # Errors
    /// What the system reports.
    fn lock(&self, name: &str, patience: Duration) -> Result<Option<Box<dyn Held>>, FileError>;
}
