//! Requests to end on Unix: SIGTERM and SIGINT, blocked and waited for by a thread of their own.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};

use crate::ports::Stop;

/// Returns what hears the signals of this process.
pub(crate) fn system() -> Arc<dyn Stop> {
    Arc::new(SystemStop { asked: Mutex::new(None) })
}

struct SystemStop {
    asked: Mutex<Option<Receiver<()>>>,
}

impl Stop for SystemStop {
    fn listen(&self) -> io::Result<()> {
        let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT]);
        // Every thread that is started later inherits this; a program that is started does not, the standard library sees to it.
        signals.thread_block()?;
        let (sender, receiver) = mpsc::channel();
        thread::Builder::new().spawn(move || {
            while signals.wait().is_ok() {
                if sender.send(()).is_err() {
                    break;
                }
            }
        })?;
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(receiver);
        Ok(())
    }

    fn wait(&self, time: Duration) -> bool {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.as_ref().map(|asked| asked.recv_timeout(time)) {
            Some(Ok(())) => true,
            Some(Err(RecvTimeoutError::Timeout)) => false,
            // Nobody listens, or the thread is gone: the time passes all the same.
            Some(Err(RecvTimeoutError::Disconnected)) | None => {
                super::super::wire::sleep(time);
                false
            }
        }
    }
}
