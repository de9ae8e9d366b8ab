//! The tables of the watch: what was told, the delivery log, the runs, and what the files showed.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use schemars::JsonSchema;
use serde::Serialize;

use super::database::{Database, Layout, Opened, StoreError};
use crate::ports::{FileStamp, StateFolder};
use crate::watch::memory::{Entry, Memory};

/// The layout of `watch.sqlite`. The mark is "S2sw".
pub const LAYOUT: Layout = Layout {
    file: "watch.sqlite",
    application: 0x5332_7377,
    steps: &["CREATE TABLE entry (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
        CREATE TABLE delivery (id INTEGER PRIMARY KEY, at TEXT NOT NULL, channel TEXT NOT NULL, crossing TEXT NOT NULL,
            level TEXT NOT NULL, title TEXT NOT NULL, outcome TEXT NOT NULL, attempts INTEGER NOT NULL, why TEXT NOT NULL) STRICT;
        CREATE TABLE run (id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT NOT NULL, exit_code INTEGER NOT NULL,
            certificates INTEGER NOT NULL, alerts INTEGER NOT NULL, delivered INTEGER NOT NULL, failed INTEGER NOT NULL) STRICT;
        CREATE TABLE file (path TEXT PRIMARY KEY, size INTEGER NOT NULL, written INTEGER NOT NULL, device INTEGER NOT NULL,
            number INTEGER NOT NULL, changed INTEGER NOT NULL, rules TEXT NOT NULL, judged TEXT NOT NULL,
            body TEXT NOT NULL) STRICT;
        CREATE INDEX delivery_by_channel ON delivery (channel, outcome, id);"],
};

/// The most lines that the delivery log and the log of runs keep.
const MOST_LINES: i64 = 10_000;

/// The memory of the watch on disk.
pub struct WatchStore {
    database: Database,
}

/// One line of the delivery log.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Delivery {
    /// When.
    pub at: Timestamp,
    /// On which channel.
    pub channel: String,
    /// The de-duplication key of the crossing.
    pub crossing: String,
    /// How bad it was.
    pub level: String,
    /// What it was about.
    pub title: String,
    /// `delivered` or `failed`.
    pub outcome: String,
    /// How many attempts it took.
    pub attempts: u32,
    /// Why it failed; empty where it did not.
    pub why: String,
}

/// One run: the heartbeat.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Run {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// With which exit code.
    pub exit_code: u8,
    /// How many certificates it saw.
    pub certificates: u64,
    /// How many alerts stood.
    pub alerts: u64,
    /// How many messages got through.
    pub delivered: u64,
    /// How many did not.
    pub failed: u64,
}

/// What one file showed when it was read last.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownFile {
    /// What told its state.
    pub stamp: FileStamp,
    /// By which rules it was judged.
    pub rules: String,
    /// When it was judged.
    pub judged: Timestamp,
    /// What it showed, in the form of whoever wrote it.
    pub body: String,
}

impl WatchStore {
    /// Opens the store in a state folder.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &dyn StateFolder, now: Timestamp) -> Result<(Self, Option<std::path::PathBuf>), StoreError> {
        let Opened { database, set_aside } = Database::open(folder, &LAYOUT, now)?;
        Ok((Self { database }, set_aside))
    }

    /// Makes a store that is gone with the process.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Ok(Self { database: Database::in_memory(&LAYOUT)? })
    }

    /// Reads everything that is remembered. A record that cannot be read is left out: what it stands for is told again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn memory(&self) -> Result<Memory, StoreError> {
        let read = || {
            let mut statement = self.database.connection().prepare("SELECT key, body FROM entry")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = read().map_err(|source| self.database.explain(source))?;
        let entry = |(key, body): (String, String)| Some((key, serde_json::from_str::<Entry>(&body).ok()?));
        Ok(Memory { entries: rows.into_iter().filter_map(entry).collect() })
    }

    /// Writes one entry, with the line of the log that is the reason, as one transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record(&mut self, key: &str, entry: &Entry, line: Option<&Delivery>) -> Result<(), StoreError> {
        let body = serde_json::to_string(entry).map_err(|source| self.database.bad_record(source))?;
        self.database.transaction(|transaction| {
            transaction.execute("INSERT OR REPLACE INTO entry (key, body) VALUES (?1, ?2)", params![key, body])?;
            line.map_or(Ok(()), |line| log(transaction, line))
        })
    }

    /// Writes a line of the delivery log by itself.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn log(&mut self, line: &Delivery) -> Result<(), StoreError> {
        self.database.transaction(|transaction| log(transaction, line))
    }

    /// Brings what is remembered in line with `memory`: what is gone from it goes, what has changed is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(&mut self, before: &Memory, memory: &Memory) -> Result<(), StoreError> {
        let changed = memory.entries.iter().filter(|(key, entry)| before.entries.get(*key) != Some(entry));
        let bodies: Result<Vec<_>, _> =
            changed.map(|(key, entry)| serde_json::to_string(entry).map(|body| (key.clone(), body))).collect();
        let bodies = bodies.map_err(|source| self.database.bad_record(source))?;
        let gone: Vec<&String> = before.entries.keys().filter(|key| !memory.entries.contains_key(*key)).collect();
        if bodies.is_empty() && gone.is_empty() {
            return Ok(());
        }
        self.database.transaction(|transaction| {
            for (key, body) in &bodies {
                transaction.execute("INSERT OR REPLACE INTO entry (key, body) VALUES (?1, ?2)", params![key, body])?;
            }
            gone.iter()
                .try_for_each(|key| transaction.execute("DELETE FROM entry WHERE key = ?1", params![key]).map(drop))
        })
    }

    /// Notes the end of a run, and shortens the logs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_run(&mut self, run: &Run) -> Result<(), StoreError> {
        self.database.transaction(|transaction| {
            transaction.execute(
                "INSERT INTO run (started, ended, exit_code, certificates, alerts, delivered, failed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    run.started.to_string(),
                    run.ended.to_string(),
                    run.exit_code,
                    number(run.certificates),
                    number(run.alerts),
                    number(run.delivered),
                    number(run.failed)
                ],
            )?;
            for table in ["run", "delivery"] {
                let shorten = format!("DELETE FROM {table} WHERE id <= (SELECT max(id) FROM {table}) - ?1");
                transaction.execute(&shorten, params![MOST_LINES])?;
            }
            Ok(())
        })
    }

    /// Returns the last run, if there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_run(&self) -> Result<Option<Run>, StoreError> {
        let sql = "SELECT started, ended, exit_code, certificates, alerts, delivered, failed FROM run ORDER BY id DESC LIMIT 1";
        let run = self.database.connection().query_row(sql, [], |row| {
            Ok(Run {
                started: instant(row, 0)?,
                ended: instant(row, 1)?,
                exit_code: row.get(2)?,
                certificates: count(row, 3)?,
                alerts: count(row, 4)?,
                delivered: count(row, 5)?,
                failed: count(row, 6)?,
            })
        });
        run.optional().map_err(|source| self.database.explain(source))
    }

    /// Returns the last lines of the delivery log, the newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn deliveries(&self, most: u32) -> Result<Vec<Delivery>, StoreError> {
        let read = || {
            let sql = "SELECT at, channel, crossing, level, title, outcome, attempts, why FROM delivery ORDER BY id DESC LIMIT ?1";
            let mut statement = self.database.connection().prepare(sql)?;
            let rows = statement.query_map(params![most], |row| {
                Ok(Delivery {
                    at: instant(row, 0)?,
                    channel: row.get(1)?,
                    crossing: row.get(2)?,
                    level: row.get(3)?,
                    title: row.get(4)?,
                    outcome: row.get(5)?,
                    attempts: row.get(6)?,
                    why: row.get(7)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.database.explain(source))
    }

    /// Returns the channels over which the last message did not get through: since when none has, and why.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn dead_channels(&self) -> Result<Vec<(String, Timestamp, String)>, StoreError> {
        let read = || {
            let sql = "SELECT one.channel, min(one.at), max(one.why) FROM delivery AS one
                WHERE one.outcome = 'failed' AND one.id > (SELECT coalesce(max(id), 0) FROM delivery
                    WHERE channel = one.channel AND outcome = 'delivered')
                GROUP BY one.channel ORDER BY one.channel";
            let mut statement = self.database.connection().prepare(sql)?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, instant(row, 1)?, row.get(2)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(|source| self.database.explain(source))
    }

    /// Returns what every file showed when it was read last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn files(&self) -> Result<HashMap<String, KnownFile>, StoreError> {
        let read = || {
            let sql = "SELECT path, size, written, device, number, changed, rules, judged, body FROM file";
            let mut statement = self.database.connection().prepare(sql)?;
            let rows = statement.query_map([], |row| {
                let stamp = FileStamp {
                    size: count(row, 1)?,
                    written: Timestamp::from_nanosecond(i128::from(row.get::<_, i64>(2)?)).unwrap_or_default(),
                    identity: (bits(row, 3)?, bits(row, 4)?, row.get(5)?),
                };
                let known = KnownFile { stamp, rules: row.get(6)?, judged: instant(row, 7)?, body: row.get(8)? };
                Ok((row.get(0)?, known))
            })?;
            rows.collect::<rusqlite::Result<HashMap<_, _>>>()
        };
        read().map_err(|source| self.database.explain(source))
    }

    /// Writes what files showed, and forgets those that are gone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep_files(&mut self, read: &[(String, KnownFile)], gone: &[String]) -> Result<(), StoreError> {
        if read.is_empty() && gone.is_empty() {
            return Ok(());
        }
        self.database.transaction(|transaction| {
            let mut insert = transaction.prepare(
                "INSERT OR REPLACE INTO file (path, size, written, device, number, changed, rules, judged, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for (path, known) in read {
                let (device, file, changed) = known.stamp.identity;
                insert.execute(params![
                    path,
                    number(known.stamp.size),
                    i64::try_from(known.stamp.written.as_nanosecond()).unwrap_or_default(),
                    device.cast_signed(),
                    file.cast_signed(),
                    changed,
                    known.rules,
                    known.judged.to_string(),
                    known.body
                ])?;
            }
            let mut delete = transaction.prepare("DELETE FROM file WHERE path = ?1")?;
            gone.iter().try_for_each(|path| delete.execute(params![path]).map(drop))
        })
    }
}

fn log(transaction: &rusqlite::Transaction<'_>, line: &Delivery) -> rusqlite::Result<()> {
    transaction
        .execute(
            "INSERT INTO delivery (at, channel, crossing, level, title, outcome, attempts, why)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                line.at.to_string(),
                line.channel,
                line.crossing,
                line.level,
                line.title,
                line.outcome,
                line.attempts,
                line.why
            ],
        )
        .map(drop)
}

/// SQLite has no unsigned numbers; none of these comes near the bound.
fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(index)?).unwrap_or_default())
}

fn bits(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(index)?.cast_unsigned())
}

/// An instant that cannot be read is the beginning of time: older than everything.
fn instant(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    Ok(row.get::<_, String>(index)?.parse().unwrap_or(Timestamp::MIN))
}

#[cfg(test)]
mod tests;
