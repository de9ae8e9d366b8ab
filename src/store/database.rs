//! Opening a database, and bringing it to the layout of this program. No table is known here.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::ports::{FileError, Held, StateFolder};

/// How long another run may hold the database before it is refused.
const PATIENCE: Duration = Duration::from_secs(10);

/// A sort of database: its file and the steps that made its tables.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The name of the file in the state folder: `watch.sqlite`.
    pub file: &'static str,
    /// What marks a file as ours: `application_id` of SQLite.
    pub application: i32,
    /// One script for each version, in order. Version n is what stands after the first n scripts. Never changed, only added to.
    pub steps: &'static [&'static str],
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the file cannot be used.
    #[error("the state folder cannot be used")]
    Folder(#[from] FileError),
    /// Another run has it.
    #[error("another run of s2scert is using {}", .path.display())]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A later version of this program wrote it.
    #[error("{} was written by a later version of s2scert (layout {found}; this one knows {known})", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The version of this program.
        known: i64,
    },
    /// SQLite reports an error.
    #[error("the database {} cannot be used", .path.display())]
    Sqlite {
        /// The database.
        path: PathBuf,
        /// SQLite's words.
        source: rusqlite::Error,
    },
    /// What stands in a row is not what this program writes.
    #[error("the database {} holds a record that is none", .path.display())]
    Record {
        /// The database.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

/// An open database, held against other runs until it is dropped.
pub struct Database {
    connection: Connection,
    path: PathBuf,
    _held: Option<Box<dyn Held>>,
}

/// A database, and what had to be done to have one.
pub struct Opened {
    /// The database.
    pub database: Database,
    /// Where the one that was damaged now lies. A new one was begun.
    pub set_aside: Option<PathBuf>,
}

impl Database {
    /// Opens the database of a layout in a folder, and makes it where it is missing. One that is damaged is kept under
    /// another name, and a new one is begun: rather is something told twice than not at all.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &dyn StateFolder, layout: &Layout, now: Timestamp) -> Result<Opened, StoreError> {
        let path = folder.path().join(layout.file);
        let lock = format!("{}.lock", layout.file);
        let held = folder.lock(&lock, PATIENCE)?.ok_or_else(|| StoreError::InUse { path: path.clone() })?;
        let mut set_aside = None;
        let connection = match Self::connect(folder, layout) {
            Err(error) if is_damage(&error) => {
                let aside = format!("{}.damaged-{}", layout.file, now.strftime("%Y%m%dT%H%M%SZ"));
                folder.rename(layout.file, &aside)?;
                // Without the file that they belong to they would be taken for those of the new one.
                for tail in ["-wal", "-shm"] {
                    folder.rename(&format!("{}{tail}", layout.file), &format!("{aside}{tail}"))?;
                }
                set_aside = Some(folder.path().join(aside));
                Self::connect(folder, layout)?
            }
            other => other?,
        };
        Ok(Opened { database: Self { connection, path, _held: Some(held) }, set_aside })
    }

    /// Makes a database that is gone with the process.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn in_memory(layout: &Layout) -> Result<Self, StoreError> {
        let path = PathBuf::from(":memory:");
        let sqlite = |source| StoreError::Sqlite { path: path.clone(), source };
        let mut connection = Connection::open_in_memory().map_err(sqlite)?;
        migrate(&mut connection, layout, 0).map_err(sqlite)?;
        Ok(Self { connection, path, _held: None })
    }

    fn connect(folder: &dyn StateFolder, layout: &Layout) -> Result<Connection, StoreError> {
        let path = folder.path().join(layout.file);
        let sqlite = |source| StoreError::Sqlite { path: path.clone(), source };
        // The file has its final access before SQLite writes into it; its companions take theirs from it.
        if !folder.entries()?.iter().any(|entry| entry.name == layout.file) {
            folder.write(layout.file, b"")?;
        }
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(sqlite)?;
        connection.busy_timeout(PATIENCE).map_err(sqlite)?;
        let pragmas = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";
        connection.execute_batch(pragmas).map_err(sqlite)?;
        let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(sqlite);
        let (version, application) = (number("user_version")?, number("application_id")?);
        let known = layout.steps.len() as i64;
        if version > known && application == i64::from(layout.application) {
            return Err(StoreError::Newer { path, found: version, known });
        }
        let is_empty = version == 0 && application == 0;
        let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(sqlite)?;
        if sound != "ok" || !(is_empty || application == i64::from(layout.application)) {
            return Err(sqlite(not_ours()));
        }
        let done = usize::try_from(version).map_err(|_| sqlite(not_ours()))?;
        migrate(&mut connection, layout, done).map_err(sqlite)?;
        Ok(connection)
    }

    /// Returns the connection, to read.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Does some work as one transaction: all of it is on disk when this returns, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`]; nothing is then changed.
    pub fn transaction<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let path = &self.path;
        let sqlite = |source| StoreError::Sqlite { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(sqlite)?;
        let value = work(&transaction).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
        Ok(value)
    }

    /// Adds the file to an error of SQLite.
    pub fn explain(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Sqlite { path: self.path.clone(), source }
    }

    /// Adds the file to an error of a record.
    pub fn bad_record(&self, source: serde_json::Error) -> StoreError {
        StoreError::Record { path: self.path.clone(), source }
    }
}

/// Each step with its number in one transaction, so that a kill leaves a whole layout.
fn migrate(connection: &mut Connection, layout: &Layout, done: usize) -> rusqlite::Result<()> {
    for (index, step) in layout.steps.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", layout.application)?;
        transaction.pragma_update(None, "user_version", (index + 1) as i64)?;
        transaction.commit()?;
    }
    Ok(())
}

fn not_ours() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None)
}

/// Returns whether the file itself is bad, not the disk or the moment.
fn is_damage(error: &StoreError) -> bool {
    let StoreError::Sqlite { source, .. } = error else { return false };
    matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}
