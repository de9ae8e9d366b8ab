//! Work that may hang, and a deadline after which nobody waits for it any longer.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Does some work in a thread and returns what it gives, or an error where it does not end in time. Late, the thread is
/// left to itself and ends with the process.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`], or what the system reports when no thread can be started.
pub(super) fn within<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    // Whoever waited may have gone.
    thread::Builder::new().spawn(move || drop(sender.send(work())))?;
    receiver.recv_timeout(time).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "the test makes something hang")]

    use super::*;

    #[test]
    fn what_ends_in_time_is_returned_and_what_hangs_is_not_waited_for() {
        assert_eq!(within(Duration::from_secs(60), || 7).ok(), Some(7));
        let late = within(Duration::from_millis(20), || thread::sleep(Duration::from_secs(30)));
        assert_eq!(late.map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    }
}
