//! The last bound on a request: an answer comes, even where a call of the system never returns.
//!
//! PowerShell is ended at the deadline by its own bound. A call of the system cannot be ended from within the process; so the
//! request runs on a thread of its own, and whoever waits answers for it when its time is over. The process ends with that
//! answer, and the thread with the process: what it did is as far as after a kill, the attempt stands open on record, and a
//! repeat is told what its probe finds (docs/node-protocol.md).

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::{Acts, Answer, Order, Settings, obey, told};
use crate::error::Kind;
use crate::ports::Host;
use crate::protocol::{Effect, Facts, Holds, List, Nothing, Outcome, Text, Trouble, Unclear};

/// How long beyond its deadline a request may take to put back what it had begun.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Obeys an order, and answers within its deadline and `grace` whatever happens.
pub(super) fn answer_in_time(
    host: &Host,
    acts: Arc<dyn Acts>,
    settings: &Settings,
    order: Order,
    grace: Duration,
) -> Answer {
    let begun = host.clock.now();
    let (tell, heard) = mpsc::channel();
    let theirs = (host.clone(), settings.clone(), order.clone());
    let work = move || {
        let (host, settings, order) = theirs;
        // Nobody may listen any more.
        let _ = tell.send(obey(&host, &*acts, &settings, &order));
    };
    let Ok(_) = thread::Builder::new().name("request".to_owned()).spawn(work) else {
        let trouble = Trouble::new(Kind::Internal, "the system gives no thread to work with, so nothing was begun");
        return told(host, Some(order.request), Outcome::Failed(trouble));
    };
    let patience = Duration::from_secs(u64::from(order.deadline_seconds)) + grace;
    let why = match heard.recv_timeout(patience) {
        Ok(answer) => return answer,
        Err(RecvTimeoutError::Timeout) => {
            format!("a call of the system had not returned {} s after the request was read", patience.as_secs())
        }
        Err(RecvTimeoutError::Disconnected) => "the program failed inside".to_owned(),
    };
    let acted = order.ticket.is_some() && order.action.info().effect != Effect::Observes;
    let outcome = if acted {
        let why = Text::told(&format!("{why}, and the action was cut off with the program"));
        Outcome::Unclear(Unclear { begun, why, holds: Holds::Unseen, facts: Facts::Nothing(Nothing {}) })
    } else {
        let mut trouble = Trouble::new(Kind::Unreadable, &why);
        trouble.next =
            List::first([Text::told("look at the machine: its certificate store or its domain does not answer")]);
        Outcome::Failed(trouble)
    };
    told(host, Some(order.request), outcome)
}
