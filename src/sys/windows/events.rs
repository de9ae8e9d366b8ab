//! The event log.

use std::io;
use std::sync::Arc;

use super::ffi::events;
use crate::ports::{Event, EventLevel, EventLog};

/// The name of our source.
const SOURCE: &str = "s2scert";

/// Returns the event log of this machine.
pub(crate) fn system() -> Arc<dyn EventLog> {
    Arc::new(SystemLog)
}

struct SystemLog;

impl EventLog for SystemLog {
    fn register(&self) -> io::Result<()> {
        events::register(SOURCE)
    }

    fn report(&self, event: &Event) -> io::Result<()> {
        let kind = match event.level {
            EventLevel::Information => events::INFORMATION,
            EventLevel::Warning => events::WARNING,
            EventLevel::Error => events::ERROR,
        };
        events::report(SOURCE, event.id, kind, &event.text)
    }
}
