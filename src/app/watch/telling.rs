//! Deciding who is due to hear of what, telling them, and remembering it.

use std::path::Path;

use jiff::Timestamp;

use super::super::audit;
use super::channels::{Sender, Sent, chain};
use crate::notify::AuditHead;
use crate::ports::Host;
use crate::store::WatchStore;
use crate::watch::decide::{Alert, Orders, decide, is_told};
use crate::watch::facts::Facts;
use crate::watch::memory::Memory;
use crate::watch::settings::Settings;

/// Whoever tells.
pub(super) struct Teller<'a> {
    pub(super) host: &'a Host,
    pub(super) settings: &'a Settings,
    pub(super) orders: &'a Orders,
    pub(super) name: &'a str,
    pub(super) machine: &'a str,
    /// The state folder.
    pub(super) state: Option<&'a Path>,
}

/// What was told.
pub(super) struct Told {
    /// Everything that stands, the worst first.
    pub(super) alerts: Vec<Alert>,
    /// What was sent.
    pub(super) sent: Vec<Sent>,
    /// Alerts of which somebody should have been told, and nobody has been.
    pub(super) untold: u64,
}

impl Teller<'_> {
    /// Tells what is due at `now`. A memory that cannot be used is said, and everything is told all the same.
    pub(super) fn tell(
        &self,
        facts: &Facts,
        store: &mut Option<WatchStore>,
        now: Timestamp,
        notes: &mut Vec<String>,
    ) -> Told {
        let before = match store.as_ref().map(WatchStore::memory) {
            Some(Ok(memory)) => memory,
            Some(Err(error)) => {
                notes.push(format!("what was told before is not known, so it is told again: {}", chain(&error)));
                *store = None;
                Memory::default()
            }
            None => Memory::default(),
        };
        let decision = decide(facts, &before, self.orders, now);
        let mut memory = decision.memory.clone();
        if let Some(Err(error)) = store.as_mut().map(|store| store.keep(&before, &memory)) {
            notes.push(format!("the memory cannot be written: {}", chain(&error)));
        }
        let sender = Sender {
            host: self.host,
            settings: self.settings,
            from: self.name.to_owned(),
            machine: self.machine.to_owned(),
            now,
            escalation: self.orders.escalation,
            audit: self.audit(notes),
        };
        let mut outcome = sender.send(&decision, &mut memory, store.as_mut());
        notes.append(&mut outcome.notes);
        let mut due: Vec<usize> = decision.due.iter().map(|due| due.alert).collect();
        due.dedup();
        let untold = due.iter().filter(|alert| !is_told(&memory, &decision.alerts[**alert], now)).count() as u64;
        Told { alerts: decision.alerts, sent: outcome.sent, untold }
    }

    /// Returns the head of the audit log. A log that cannot be read keeps nothing from being told.
    fn audit(&self, notes: &mut Vec<String>) -> Option<AuditHead> {
        audit::head(self.host, self.state).unwrap_or_else(|error| {
            notes.push(format!("the head of the audit log is not known: {error}"));
            None
        })
    }
}
