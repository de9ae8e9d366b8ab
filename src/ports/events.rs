//! The event log of Windows.

use std::io;

/// How bad an event is, in the words of the log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventLevel {
    /// Information.
    Information,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// One event of the source `s2scert` in the log `Application`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Event {
    /// Its number, 1 to 1000, which never changes its meaning.
    pub id: u16,
    /// How bad it is.
    pub level: EventLevel,
    /// The text. No secret is in it.
    pub text: String,
}

/// The event log.
pub trait EventLog: Send + Sync {
    /// Registers the source, so that the log shows its texts as they are. Only an administrator can.
    ///
    /// # Errors
    /// [`io::ErrorKind::Unsupported`] where there is no such log; what the system reports.
    fn register(&self) -> io::Result<()>;

    /// Writes an event.
    ///
    /// # Errors
    /// As [`EventLog::register`].
    fn report(&self, event: &Event) -> io::Result<()>;
}
