//! Where plans and journals are kept: a folder for each roll, in the folder `rolls` of the state folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::credential::Credentials;
use super::status::last;
use crate::app::farm::DEFAULT_FILE;
use crate::app::passwords::Source;
use crate::error::{Error, Kind, Result};
use crate::node::engine;
use crate::ports::{Held, Host, StateFolder};
use crate::protocol::Id;
use crate::rotation::journal::FileJournal;
use crate::rotation::plan::MAX_BYTES;
use crate::rotation::record::{Journal, JournalError, Record, State};

/// The folder of the rolls in the state folder.
const FOLDER: &str = "rolls";
/// The lock of whoever rolls from here. It ends with the process, however that ends.
const LOCK: &str = "controller.lock";
/// The plan in the folder of a roll.
const PLAN: &str = "plan.json";
/// With what files the roll was begun.
const HOW: &str = "how.json";
/// The format of that file.
const HOW_SCHEMA: &str = "s2scert.roll-how/1.0";
/// The most octets of it.
const HOW_BYTES: u64 = 1 << 20;

/// With what files a roll was begun, so that nobody has to name them again. Paths and commands, never a password.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    schema: String,
    /// The description of the farm.
    pub(super) farm: PathBuf,
    /// The credential.
    credential: Option<PathBuf>,
    /// Files that hold its password.
    password_files: Vec<PathBuf>,
    /// Commands that print it.
    password_commands: Vec<String>,
}

impl How {
    /// Writes down what was named.
    pub(super) fn new(farm: &Path, credentials: &Credentials) -> Self {
        let mut how = Self {
            schema: HOW_SCHEMA.to_owned(),
            farm: farm.to_owned(),
            credential: credentials.file.clone(),
            password_files: Vec::new(),
            password_commands: Vec::new(),
        };
        for source in &credentials.passwords {
            match source {
                Source::File(path) => how.password_files.push(path.clone()),
                Source::Command { line, .. } => how.password_commands.push(line.clone()),
                Source::Environment(_) | Source::Stdin | Source::Program { .. } => {}
            }
        }
        how
    }

    /// Returns what was named, for one who names nothing.
    pub(super) fn credentials(&self) -> Credentials {
        let files = self.password_files.iter().cloned().map(Source::File);
        let commands = self.password_commands.iter().cloned();
        let commands = commands.map(|line| Source::Command { line, hidden: Vec::new() });
        Credentials { file: self.credential.clone(), passwords: files.chain(commands).collect() }
    }
}

/// Returns the description of the farm: the one that is named, that with which the roll was begun, or the usual one.
pub(super) fn description(asked: Option<&PathBuf>, how: Option<&How>) -> PathBuf {
    let known = || how.map(|how| how.farm.clone());
    asked.cloned().or_else(known).unwrap_or_else(|| PathBuf::from(DEFAULT_FILE))
}

/// The folder of the rolls.
pub(super) struct Rolls {
    folder: Arc<dyn StateFolder>,
}

/// One roll that is kept here.
pub(super) struct Kept {
    /// Its name.
    pub(super) roll: Id,
    folder: Arc<dyn StateFolder>,
}

impl Rolls {
    /// Opens the folder, and makes it where it is missing.
    ///
    /// # Errors
    /// When it cannot be made, or could be another's doing.
    pub(super) fn create(host: &Host, asked: Option<&Path>) -> Result<Self> {
        let place = engine::place(host, asked)?;
        let folder = host.state.create(&place)?.create(FOLDER)?;
        Ok(Self { folder })
    }

    /// Opens the folder where there is one.
    ///
    /// # Errors
    /// As [`Rolls::create`].
    pub(super) fn find(host: &Host, asked: Option<&Path>) -> Result<Option<Self>> {
        let place = engine::place(host, asked)?;
        let Some(state) = host.state.find(&place)? else { return Ok(None) };
        Ok(state.find(FOLDER)?.map(|folder| Self { folder }))
    }

    /// Takes the lock of the controller. Whoever has it knows that no other process rolls from this folder.
    ///
    /// # Errors
    /// [`Kind::Refused`] when another has it.
    pub(super) fn lock(&self) -> Result<Box<dyn Held>> {
        self.folder.lock(LOCK, Duration::ZERO)?.ok_or_else(|| {
            Error::new(Kind::Refused, "another s2scert is rolling from this state folder")
                .at(self.folder.path().display())
                .hint("look how far it is: s2scert rotate status")
        })
    }

    /// Returns every roll that is kept here, by name.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn all(&self) -> Result<Vec<Kept>> {
        let folders = self.folder.entries()?.into_iter().filter(|entry| entry.folder);
        let mut kept = Vec::new();
        for roll in folders.filter_map(|entry| entry.name.parse::<Id>().ok()) {
            if let Some(folder) = self.folder.find(roll.as_str())? {
                kept.push(Kept { roll, folder });
            }
        }
        Ok(kept)
    }

    /// Returns the roll that was written to last, and when that was; one without a record only where there is no other.
    ///
    /// # Errors
    /// As [`Kept::journal`], for any of them.
    pub(super) fn newest(&self) -> Result<Option<(Option<Timestamp>, Kept)>> {
        let mut newest: Option<(Option<Timestamp>, Kept)> = None;
        for kept in self.all()? {
            let at = last(&kept.journal()?.records());
            if newest.as_ref().is_none_or(|(other, _)| *other < at) {
                newest = Some((at, kept));
            }
        }
        Ok(newest)
    }

    /// Makes the folder of a roll, or opens it.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn of(&self, roll: &Id) -> Result<Kept> {
        Ok(Kept { roll: roll.clone(), folder: self.folder.create(roll.as_str())? })
    }
}

impl Kept {
    /// Keeps a plan, and with what it was begun.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn keep(&self, plan: &[u8], how: &How) -> Result<()> {
        self.folder.write(PLAN, plan)?;
        self.folder.write(HOW, &serde_json::to_vec_pretty(how).unwrap_or_default())?;
        Ok(())
    }

    /// Returns the octets of the plan.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn plan(&self) -> Result<Vec<u8>> {
        let found = self.folder.read(PLAN, MAX_BYTES as u64)?;
        found.map(|bytes| bytes.to_vec()).ok_or_else(|| {
            Error::new(Kind::Unreadable, "the plan of this roll is not here")
                .at(self.folder.path().display())
                .hint("name it: s2scert rotate resume plan.json")
        })
    }

    /// Returns with what the roll was begun, where that is known.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn how(&self) -> Result<Option<How>> {
        let found = self.folder.read(HOW, HOW_BYTES)?;
        Ok(found.and_then(|bytes| serde_json::from_slice::<How>(&bytes).ok()).filter(|how| how.schema == HOW_SCHEMA))
    }

    /// Opens the journal.
    ///
    /// # Errors
    /// [`Kind::Unreadable`] when it is damaged before its last line.
    pub(super) fn journal(&self) -> Result<FileJournal> {
        FileJournal::open(Arc::clone(&self.folder), &self.roll).map_err(|error| damaged(&self.folder, error))
    }

    /// Opens the journal, and says what its records say.
    ///
    /// # Errors
    /// As [`Kept::journal`].
    pub(super) fn opened(&self) -> Result<(FileJournal, State)> {
        let journal = self.journal()?;
        let state = State::of(&journal.records());
        let state = state.map_err(|error| damaged(&self.folder, JournalError(error.to_string())))?;
        Ok((journal, state))
    }

    /// Returns the records and what they say.
    ///
    /// # Errors
    /// As [`Kept::journal`].
    pub(super) fn state(&self) -> Result<(Vec<Record>, State)> {
        self.opened().map(|(journal, state)| (journal.records(), state))
    }
}

fn damaged(folder: &Arc<dyn StateFolder>, error: JournalError) -> Error {
    Error::new(Kind::Unreadable, "the journal of this roll cannot be used")
        .at(folder.path().display())
        .because(error)
        .hint(
            "leave the file as it is for whoever looks into it; the update-crm node has a copy of every record: move the \
             file away, then s2scert rotate resume --from-node",
        )
}
