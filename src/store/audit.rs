//! The audit log: who did what to which thing, as a chain of lines in a database of its own.
//!
//! A line is never altered and never deleted. The chain tells when somebody else did; `docs/SECURITY.md` says what it does not
//! tell.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::database::{Database, Layout, Opened, StoreError};
use crate::ports::StateFolder;
use crate::protocol::{Hex, chain};

/// The layout of `audit.sqlite`. The mark is "S2au".
pub const LAYOUT: Layout = Layout {
    file: "audit.sqlite",
    application: 0x5332_6175,
    steps: &["CREATE TABLE line (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;"],
};

/// What somebody did.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When, by the clock of this machine.
    pub at: Timestamp,
    /// Who ran the program: a SID on Windows, `uid:0` elsewhere.
    pub account: String,
    /// On which machine.
    pub machine: String,
    /// What was done, as the command is called: `rotate apply`.
    pub what: String,
    /// To what: a roll, an alert, a thumbprint.
    pub about: String,
    /// What came of it: `begins`, `done`, `rolled back`, and so on.
    pub result: String,
    /// More about it, for people. No secret is in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The audit log on disk.
pub struct AuditStore {
    database: Database,
}

impl AuditStore {
    /// Opens the log in a state folder. One that is damaged is kept under another name, which is returned, and a new one is
    /// begun.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &dyn StateFolder, now: Timestamp) -> Result<(Self, Option<std::path::PathBuf>), StoreError> {
        let Opened { database, set_aside } = Database::open(folder, &LAYOUT, now)?;
        Ok((Self { database }, set_aside))
    }

    /// Writes an event behind the last line, and returns the hash of its line: the new head. Behind a line that cannot be read
    /// the chain begins anew, so that the break stays to be seen and nothing is kept from being written down.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn append(&mut self, event: &Event) -> Result<Hex<32>, StoreError> {
        let last = self.last().map_err(|source| self.database.explain(source))?;
        let (number, previous) = match &last {
            None => (0, chain::beginning()),
            Some((number, text)) => {
                let head = chain::alone::<Event>(text.as_bytes()).map_or_else(|_| chain::beginning(), |read| read.2);
                (number.saturating_add(1), head)
            }
        };
        let (line, head) = chain::link(number, previous, event).map_err(|why| self.bad(&why))?;
        let text = String::from_utf8(line).map_err(|why| self.bad(&why.to_string()))?;
        self.database.transaction(|transaction| {
            transaction.execute("INSERT INTO line (number, text) VALUES (?1, ?2)", params![number, text]).map(drop)
        })?;
        Ok(head)
    }

    /// Returns every line as it stands, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lines(&self) -> Result<Vec<String>, StoreError> {
        let read = || {
            let mut statement = self.database.connection().prepare("SELECT text FROM line ORDER BY number")?;
            statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        read().map_err(|source| self.database.explain(source))
    }

    /// Returns how many lines there are, and the hash of the last; nothing where there is none, or where the last cannot be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self) -> Result<Option<(u64, Hex<32>)>, StoreError> {
        let last = self.last().map_err(|source| self.database.explain(source))?;
        Ok(last.and_then(|(number, text)| {
            let (_, _, head) = chain::alone::<Event>(text.as_bytes()).ok()?;
            Some((u64::from(number) + 1, head))
        }))
    }

    fn last(&self) -> rusqlite::Result<Option<(u32, String)>> {
        let sql = "SELECT number, text FROM line ORDER BY number DESC LIMIT 1";
        self.database.connection().query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
    }

    fn bad(&self, why: &str) -> StoreError {
        self.database.bad_record(serde::ser::Error::custom(why))
    }
}

#[cfg(test)]
mod tests;
