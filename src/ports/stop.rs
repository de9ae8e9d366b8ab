//! Being asked to end.

use std::io;
use std::time::Duration;

/// Hears when somebody asks the process to end, and lets what is at work finish first.
pub trait Stop: Send + Sync {
    /// From now on a request to end (SIGTERM, SIGINT; on Windows a console event) is kept for [`Stop::wait`] and ends nothing by
    /// itself. Called once, before the first thread is started.
    ///
    /// # Errors
    /// What the system reports.
    fn listen(&self) -> io::Result<()>;

    /// Waits for this time, or until somebody asks; returns whether somebody did.
    fn wait(&self, time: Duration) -> bool;
}
