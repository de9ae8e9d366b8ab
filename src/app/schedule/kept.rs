//! The record of what was installed, in the state folder: what every run compares the machine with.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::ports::{Host, StateFolder};
use crate::watch::schedule::{Text, Trigger};

/// The record.
const FILE: &str = "trigger.json";
/// The format of the record.
const FORMAT: &str = "1.0";
/// The most that is read of it.
const MAX_FILE: u64 = 1 << 20;

/// What was installed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Kept {
    format: String,
    /// When.
    pub(super) at: Timestamp,
    /// What.
    pub(super) trigger: Trigger,
    /// The texts, as they were written.
    pub(super) texts: Vec<Text>,
}

impl Kept {
    /// Makes a record.
    pub(super) fn new(at: Timestamp, trigger: Trigger, texts: Vec<Text>) -> Self {
        Self { format: FORMAT.to_owned(), at, trigger, texts }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn write(&self, folder: &dyn StateFolder) -> Result<()> {
        Ok(folder.write(FILE, &serde_json::to_vec_pretty(self).unwrap_or_default())?)
    }
}

/// Reads the record of a state folder, if there is one.
///
/// # Errors
/// [`Kind::Unreadable`] where it cannot be understood; what the folder reports.
pub(super) fn read(host: &Host, state: &Path) -> Result<Option<Kept>> {
    let Some(folder) = host.state.find(state)? else { return Ok(None) };
    let Some(bytes) = folder.read(FILE, MAX_FILE)? else { return Ok(None) };
    let wrong = || Error::new(Kind::Unreadable, "the record of the installed schedule cannot be understood").at(FILE);
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|error| wrong().because(error))?;
    if kept.format == FORMAT { Ok(Some(kept)) } else { Err(wrong().hint("use the s2scert that installed it")) }
}

/// Removes the record.
///
/// # Errors
/// What the system reports.
pub(super) fn forget(folder: &dyn StateFolder) -> Result<bool> {
    Ok(folder.remove(FILE)?)
}
