//! Requests to end on Windows: console events, which is how a container is asked to stop, too.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::ffi::console;
use crate::ports::Stop;

/// How often it is looked whether somebody has asked.
const LOOK: Duration = Duration::from_millis(200);

/// Returns what hears the console events of this process.
pub(crate) fn system() -> Arc<dyn Stop> {
    Arc::new(SystemStop)
}

struct SystemStop;

impl Stop for SystemStop {
    fn listen(&self) -> io::Result<()> {
        console::keep_requests_to_end()
    }

    fn wait(&self, time: Duration) -> bool {
        let mut left = time;
        loop {
            if console::asked_to_end() {
                return true;
            }
            let step = left.min(LOOK);
            if step.is_zero() {
                return false;
            }
            super::super::wire::sleep(step);
            left -= step;
        }
    }
}
