//! What a node writes down of each attempt: the intent before it acts, the outcome after.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stored;
use crate::cert::digest::{Fingerprint, hex_upper};
use crate::ports::{FileError, StateFolder};
use crate::protocol::{Action, Hex, Id, OpenAttempt, Outcome, Refusal, RefusalCode, Text, Ticket};

/// The format of a record.
const SCHEMA: &str = "s2scert.node-attempt/1.0";
/// Octets of the hash that names a record.
const NAME: usize = 16;
/// How many records of other rolls stay. Those of the roll that acts are never pruned: a repeat must find them.
const KEPT: usize = 512;
/// How many records there may be at all.
const MOST: usize = 2048;

/// One attempt.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attempt {
    schema: String,
    /// Whose attempt it is.
    pub(super) ticket: Ticket,
    /// The action's name.
    pub(super) action: Text,
    /// What tells this action from others.
    pub(super) digest: Hex<32>,
    /// When it began.
    pub(super) begun: Timestamp,
    /// What came of it, and when; nothing while it runs, and after a crash.
    pub(super) end: Option<End>,
}

/// The end of an attempt.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    /// When.
    pub(super) at: Timestamp,
    /// What came of it.
    pub(super) outcome: Outcome,
}

impl Attempt {
    /// Begins one.
    pub(super) fn begin(ticket: &Ticket, action: &Action, begun: Timestamp) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            ticket: ticket.clone(),
            action: Text::told(action.info().name),
            digest: action.digest(),
            begun,
            end: None,
        }
    }

    /// Ends it.
    pub(super) fn ended(self, end: End) -> Self {
        Self { end: Some(end), ..self }
    }

    /// Reads the record of a ticket.
    pub(super) fn read(folder: &dyn StateFolder, ticket: &Ticket) -> Result<Option<Self>, Refusal> {
        stored::read(folder, &name(ticket), SCHEMA)
    }

    /// Writes the record.
    pub(super) fn write(&self, folder: &dyn StateFolder) -> Result<(), FileError> {
        stored::write(folder, &name(&self.ticket), self)
    }

    /// Refuses another action under the same ticket.
    pub(super) fn same_action(&self, action: &Action) -> Result<(), Refusal> {
        if self.digest == action.digest() {
            return Ok(());
        }
        let why = format!(
            "attempt {} of step {} was another action: {}",
            self.ticket.attempt,
            self.ticket.step,
            self.action.as_str()
        );
        Err(Refusal::new(RefusalCode::TicketUsed, &why, "give every action a step or attempt of its own"))
    }
}

/// Returns the attempts without an outcome, the oldest first. A record that cannot be read is left out here; whoever
/// repeats its attempt is told.
pub(super) fn open(folder: &dyn StateFolder) -> Result<Vec<OpenAttempt>, FileError> {
    let mut found = Vec::new();
    for entry in folder.entries()?.into_iter().filter(|entry| !entry.folder && entry.name.ends_with(ENDING)) {
        if let Ok(Some(attempt)) = stored::read::<Attempt>(folder, &entry.name, SCHEMA)
            && attempt.end.is_none()
        {
            let Attempt { ticket, action, begun, .. } = attempt;
            found.push(OpenAttempt { roll: ticket.roll, step: ticket.step, attempt: ticket.attempt, action, begun });
        }
    }
    found.sort_by_key(|attempt| attempt.begun);
    Ok(found)
}

/// Removes the oldest records of other rolls that have an outcome, and refuses where too many are left.
pub(super) fn make_room(folder: &dyn StateFolder, roll: &Id) -> Result<(), Refusal> {
    let unusable = |error: FileError| stored::unusable(&error);
    let entries = folder.entries().map_err(unusable)?;
    let mut records: Vec<_> = entries.into_iter().filter(|entry| entry.name.ends_with(ENDING)).collect();
    if records.len() < KEPT {
        return Ok(());
    }
    records.sort_by_key(|entry| entry.written);
    let mut left = records.len();
    for entry in &records {
        if left < KEPT {
            break;
        }
        // One that is damaged is evidence, and stays.
        let Ok(Some(attempt)) = stored::read::<Attempt>(folder, &entry.name, SCHEMA) else { continue };
        if attempt.ticket.roll != *roll && attempt.end.is_some() && folder.remove(&entry.name).map_err(unusable)? {
            left -= 1;
        }
    }
    if left < MOST {
        return Ok(());
    }
    let why = format!("{left} attempts are on record, and no more are kept");
    Err(Refusal::new(RefusalCode::Full, &why, "end the roll, and begin another"))
}

/// The ending of a record's name.
const ENDING: &str = ".json";

/// Returns the name of a record. Names of rolls and steps are too long for a file's, so it is a hash.
fn name(ticket: &Ticket) -> String {
    let text = format!("{}\n{}\n{}", ticket.roll, ticket.step, ticket.attempt);
    format!("{}{ENDING}", hex_upper(&Fingerprint::of(text.as_bytes()).as_bytes()[..NAME]))
}
