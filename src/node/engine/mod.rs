//! The engine of a node: one request in, one answer out.
//!
//! What an action does is behind [`Acts`]; here is what makes it safe to ask: the fence, the lock, the record of each
//! attempt. An attempt is written down before it acts and after, so that a repeat is told what came of it and nothing happens
//! twice.

mod attempts;
mod describe;
mod journal;
mod keep;
pub(in crate::node) mod staging;
mod standing;
mod stored;
mod watchdog;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::acts::{Acts, Did, Fault, Look, Work};
use crate::error::{ExitCode, Kind};
use crate::ports::{FileError, FileFault, Host, StateFolder};
use crate::protocol::{
    self, Action, Answer, Busy, Done, Effect, Facts, Holds, List, MAX_ANSWER, MAX_REQUEST, Observed, Order, Outcome,
    Refusal, RefusalCode, Text, Ticket, Trouble, Unclear,
};
use attempts::{Attempt, End};
pub(crate) use standing::Standing;

/// The variable that names the state folder.
pub const STATE_VARIABLE: &str = "S2SCERT_STATE";
/// The folder of the node in the state folder.
const FOLDER: &str = "node";
/// The folder of the records.
const ATTEMPTS: &str = "attempts";
/// The lock that is held as long as an action lasts.
const ACTION_LOCK: &str = "action.lock";
/// The lock that is held while the standing is read and written.
const STATE_LOCK: &str = "state.lock";
/// How long the lock of the state is waited for. It is held for a few writes only.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a look of our own may take, in seconds: a description starts PowerShell three times, and SharePoint's cmdlets
/// need a minute to load.
const LOOK_SECONDS: u32 = 300;

/// The least time for the probe after an act that was ended at its deadline. Shorter than [`watchdog::GRACE`].
const LOOK_AFTER: SignedDuration = SignedDuration::from_secs(8);

/// What a request may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Allow {
    /// To look only.
    Observe,
    /// To look and to act.
    All,
}

/// How a node was started.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a request may ask for.
    pub allow: Allow,
    /// The state folder, where it is not the default one.
    pub state: Option<PathBuf>,
    /// How long the request may take to come in.
    pub read_within: Duration,
}

/// What a node prints, and its exit code.
#[derive(Clone, Debug)]
pub struct Reply {
    /// One line of JSON.
    pub bytes: Vec<u8>,
    /// The exit code.
    pub exit_code: ExitCode,
}

/// Reads one request from standard input and answers it, a little after its deadline at the latest. The process must end
/// with the answer: what hangs ends with it.
#[must_use]
pub fn serve(host: &Host, acts: Arc<dyn Acts>, settings: &Settings) -> Reply {
    let answer = match host.files.read_stdin_within(MAX_REQUEST, settings.read_within) {
        Ok(bytes) => match read(host, &bytes) {
            Ok(order) => watchdog::answer_in_time(host, acts, settings, order, watchdog::GRACE),
            Err(unread) => *unread,
        },
        Err(error) => told(host, None, Outcome::Refused(not_read(&error))),
    };
    written(host, answer)
}

/// Answers one request. What hangs is waited for.
#[must_use]
pub fn answer(host: &Host, acts: &dyn Acts, settings: &Settings, bytes: &[u8]) -> Answer {
    read(host, bytes).map_or_else(|unread| *unread, |order| obey(host, acts, settings, &order))
}

/// Reads a request, or answers why it was not understood.
fn read(host: &Host, bytes: &[u8]) -> Result<Order, Box<Answer>> {
    protocol::read(bytes).map_err(|unread| Box::new(told(host, unread.request, Outcome::Refused(unread.refusal))))
}

/// Does what a request asks for.
fn obey(host: &Host, acts: &dyn Acts, settings: &Settings, order: &Order) -> Answer {
    let now = host.clock.now();
    let until = now.checked_add(SignedDuration::from_secs(i64::from(order.deadline_seconds))).unwrap_or(Timestamp::MAX);
    let place = match place(host, settings.state.as_deref()) {
        Ok(place) => place,
        Err(error) => return told(host, Some(order.request.clone()), Outcome::Refused(stored::unusable(&error))),
    };
    let call = Call { host, acts, place: &place, until, order };
    match &order.ticket {
        None if settings.allow == Allow::Observe && order.action.goes_out() => {
            told(host, Some(order.request.clone()), Outcome::Refused(observes_only("start it without --allow observe")))
        }
        None => told(host, Some(order.request.clone()), call.observe()),
        Some(_) if settings.allow == Allow::Observe => {
            let refusal = observes_only("ask with mode observe, or start it without --allow observe");
            told(host, Some(order.request.clone()), Outcome::Refused(refusal))
        }
        Some(ticket) => {
            let End { at, outcome } = call.perform(ticket);
            Answer::new(Some(order.request.clone()), &name(host), at, outcome)
        }
    }
}

fn observes_only(next: &str) -> Refusal {
    Refusal::new(RefusalCode::ObserveOnly, "this node was started to observe only", next)
}

/// Describes the node, as the action `describe` does.
#[must_use]
pub fn describe(host: &Host, acts: &dyn Acts, state: Option<&Path>) -> Answer {
    look(host, acts, state, "describe", Action::Describe(protocol::Nothing {}))
}

/// Makes the request that looks, under the name `request`.
#[must_use]
pub fn observation(request: &str, action: Action) -> protocol::Request {
    protocol::Request::new(protocol::Id::word(request), LOOK_SECONDS, None, action)
}

/// Looks from within this process, under the name `request`: a node that may observe only, so that nothing could act.
#[must_use]
pub fn look(host: &Host, acts: &dyn Acts, state: Option<&Path>, request: &str, action: Action) -> Answer {
    let request = observation(request, action);
    let settings = Settings { allow: Allow::Observe, state: state.map(Path::to_owned), read_within: Duration::ZERO };
    // What cannot be written cannot be read either, and is answered as such.
    answer(host, acts, &settings, &serde_json::to_vec(&request).unwrap_or_default())
}

/// One request on its way.
struct Call<'a> {
    host: &'a Host,
    acts: &'a dyn Acts,
    place: &'a Path,
    until: Timestamp,
    order: &'a Order,
}

impl Call<'_> {
    fn work(&self, folder: Option<Arc<dyn StateFolder>>) -> Work<'_> {
        Work { host: self.host, place: self.place, folder, until: self.until }
    }

    fn end(&self, outcome: Outcome) -> End {
        End { at: self.host.clock.now(), outcome }
    }

    /// Somebody acts, and it is not this attempt.
    fn busy(&self) -> End {
        self.end(Outcome::Busy(Busy { running: None, since: None }))
    }

    /// Looks. Creates nothing.
    fn observe(&self) -> Outcome {
        let found = self.host.state.find(self.place).and_then(|state| match state {
            Some(state) => state.find(FOLDER),
            None => Ok(None),
        });
        let looked = match (&self.order.action, found) {
            (Action::Describe(_), Err(error)) => {
                let why = stored::unusable(&error).why;
                describe::describe(self.acts, &self.work(None), Some(why.as_str()))
            }
            (Action::Describe(_), Ok(folder)) => describe::describe(self.acts, &self.work(folder), None),
            (_, Err(error)) => Err(Fault::Refused(stored::unusable(&error))),
            (action, Ok(folder)) => self.look(action, &self.work(folder)),
        };
        match looked {
            Ok(Look { holds, facts }) => Outcome::Observed(Observed { holds, facts }),
            Err(Fault::Refused(refusal)) => Outcome::Refused(refusal),
            Err(Fault::Failed(trouble) | Fault::Unclear(trouble)) => Outcome::Failed(trouble),
        }
    }

    fn look(&self, action: &Action, work: &Work<'_>) -> Result<Look, Fault> {
        if let Some(look) = keep::look(action, work.folder.as_deref(), self.host.clock.now())? {
            return Ok(look);
        }
        match staging::look(action, work)? {
            Some(look) => Ok(look),
            None => self.acts.look(action, work),
        }
    }

    /// Acts, once for each ticket.
    fn perform(&self, ticket: &Ticket) -> End {
        let folder = match self.host.state.create(self.place).and_then(|state| state.create(FOLDER)) {
            Ok(folder) => folder,
            Err(error) => return self.end(Outcome::Refused(stored::unusable(&error))),
        };
        let ended = if self.order.action.info().effect == Effect::Keeps {
            self.keep(&*folder, ticket)
        } else {
            self.change(&folder, ticket)
        };
        ended.unwrap_or_else(|refusal| self.end(Outcome::Refused(refusal)))
    }

    /// Changes what s2scert itself keeps.
    fn keep(&self, folder: &dyn StateFolder, ticket: &Ticket) -> Result<End, Refusal> {
        let Some(_held) = lock(folder, STATE_LOCK, PATIENCE)? else { return Ok(self.busy()) };
        let now = self.host.clock.now();
        let standing = Standing::read(folder)?;
        match standing.objection(ticket, &self.order.action, now) {
            Some(refusal) => Err(refusal),
            None => Ok(self.end(outcome(keep::act(&self.order.action, ticket, &standing, folder, now)))),
        }
    }

    /// Changes the node or the farm.
    fn change(&self, folder: &Arc<dyn StateFolder>, ticket: &Ticket) -> Result<End, Refusal> {
        let action = &self.order.action;
        let records = folder.create(ATTEMPTS).map_err(|error| stored::unusable(&error))?;
        let Some(_acting) = lock(&**folder, ACTION_LOCK, Duration::ZERO)? else {
            return self.while_another_acts(&**folder, &*records, ticket);
        };
        let attempt = {
            let Some(_held) = lock(&**folder, STATE_LOCK, PATIENCE)? else { return Ok(self.busy()) };
            let now = self.host.clock.now();
            let mut standing = Standing::read(&**folder)?;
            if let Some(refusal) = standing.objection(ticket, action, now) {
                return Err(refusal);
            }
            if let Some(attempt) = Attempt::read(&*records, ticket)? {
                attempt.same_action(action)?;
                return Ok(match attempt.end {
                    Some(end) => end,
                    None => self.cut_off(&attempt, folder),
                });
            }
            attempts::make_room(&*records, &ticket.roll)?;
            let attempt = Attempt::begin(ticket, action, now);
            if standing.highest_fence < ticket.fence {
                standing.highest_fence = ticket.fence;
                standing.write(&**folder).map_err(|error| stored::unusable(&error))?;
            }
            attempt.write(&*records).map_err(|error| stored::unusable(&error))?;
            attempt
        };
        let work = self.work(Some(Arc::clone(folder)));
        let did = match staging::act(action, &work) {
            Ok(Some(did)) => Ok(did),
            Ok(None) => self.acts.act(action, &work),
            Err(fault) => Err(fault),
        };
        let ended = match did {
            Err(Fault::Unclear(trouble)) => self.unclear(attempt.begun, trouble.sentence().as_str(), &work),
            did => outcome(did),
        };
        let end = self.end(ended);
        // Whoever asks meanwhile reads under the same lock: on Windows a file that is read cannot be replaced.
        let _held = lock(&**folder, STATE_LOCK, PATIENCE);
        // Where the end cannot be written down the answer still tells it; a repeat is then told that it is unclear.
        let _ = attempt.ended(end.clone()).write(&*records);
        Ok(end)
    }

    /// Tells what is known while somebody else acts.
    fn while_another_acts(
        &self,
        folder: &dyn StateFolder,
        records: &dyn StateFolder,
        ticket: &Ticket,
    ) -> Result<End, Refusal> {
        let Some(_held) = lock(folder, STATE_LOCK, PATIENCE)? else { return Ok(self.busy()) };
        let standing = Standing::read(folder)?;
        if let Some(refusal) = standing.objection(ticket, &self.order.action, self.host.clock.now()) {
            return Err(refusal);
        }
        if let Some(attempt) = Attempt::read(records, ticket)? {
            attempt.same_action(&self.order.action)?;
            if let Some(end) = attempt.end {
                return Ok(end);
            }
            let busy = Busy { running: Some(attempt.ticket), since: Some(attempt.begun) };
            return Ok(self.end(Outcome::Busy(busy)));
        }
        Ok(self.busy())
    }

    /// Tells of an attempt that was begun and of which nobody wrote down the end: the probe says how it is now.
    fn cut_off(&self, attempt: &Attempt, folder: &Arc<dyn StateFolder>) -> End {
        let why = "the attempt was cut off before its end was written down";
        self.end(self.unclear(attempt.begun, why, &self.work(Some(Arc::clone(folder)))))
    }

    fn unclear(&self, begun: Timestamp, why: &str, work: &Work<'_>) -> Outcome {
        // An act that was ended at the deadline has left no time, and its probe needs some.
        let until = self.host.clock.now().checked_add(LOOK_AFTER).unwrap_or(Timestamp::MAX).max(work.until);
        let work = Work { folder: work.folder.clone(), until, ..*work };
        let (holds, facts) = match self.look(&self.order.action, &work) {
            Ok(look) => (look.holds.unwrap_or(Holds::Unseen), look.facts),
            Err(Fault::Failed(trouble) | Fault::Unclear(trouble)) => (Holds::Unseen, Facts::Unseen(trouble)),
            Err(Fault::Refused(refusal)) => {
                (Holds::Unseen, Facts::Unseen(Trouble::new(Kind::Refused, refusal.why.as_str())))
            }
        };
        Outcome::Unclear(Unclear { begun, why: Text::told(why), holds, facts })
    }
}

fn outcome(did: Result<Did, Fault>) -> Outcome {
    match did {
        Ok(Did { changed, facts, undo }) => Outcome::Done(Done { changed, facts, undo: undo.map(Box::new) }),
        Err(Fault::Refused(refusal)) => Outcome::Refused(refusal),
        Err(Fault::Failed(trouble) | Fault::Unclear(trouble)) => Outcome::Failed(trouble),
    }
}

fn lock(
    folder: &dyn StateFolder,
    name: &str,
    patience: Duration,
) -> Result<Option<Box<dyn crate::ports::Held>>, Refusal> {
    folder.lock(name, patience).map_err(|error| stored::unusable(&error))
}

/// Returns where the state folder stands: what was asked for, what the variable says, or the default.
///
/// # Errors
/// When the variable is no text, or the environment does not tell a default.
pub fn place(host: &Host, asked: Option<&Path>) -> Result<PathBuf, FileError> {
    if let Some(place) = asked {
        return Ok(place.to_owned());
    }
    let named = host
        .environment
        .var(STATE_VARIABLE)
        .map_err(|error| FileError::new(Path::new(STATE_VARIABLE), FileFault::Unsafe { why: error.to_string() }))?;
    match named.filter(|place| !place.is_empty()) {
        Some(place) => Ok(PathBuf::from(place)),
        None => host.state.default_place(),
    }
}

fn not_read(error: &FileError) -> Refusal {
    match error.fault() {
        FileFault::TooLarge { limit } => {
            let why = format!("the request has more than {limit} octets");
            Refusal::new(RefusalCode::TooLarge, &why, "send one JSON document; a PFX in it has at most 1 MiB")
        }
        FileFault::Late { .. } => {
            let why = format!("the request {error}");
            Refusal::new(RefusalCode::Late, &why, "write the request to standard input and close it")
        }
        _ => Refusal::new(
            RefusalCode::Malformed,
            &format!("standard input: {error}"),
            "write the request to standard input",
        ),
    }
}

fn name(host: &Host) -> String {
    host.machine.facts().map(|facts| facts.name).unwrap_or_default()
}

fn told(host: &Host, request: Option<protocol::Id>, outcome: Outcome) -> Answer {
    Answer::new(request, &name(host), host.clock.now(), outcome)
}

/// Writes an answer. One that is too large is replaced by one that says so.
fn written(host: &Host, answer: Answer) -> Reply {
    let line = |answer: &Answer| {
        let mut bytes = protocol::ascii(answer);
        bytes.push(b'\n');
        Reply { bytes, exit_code: answer.exit_code() }
    };
    let reply = line(&answer);
    if reply.bytes.len() <= MAX_ANSWER {
        return reply;
    }
    let outcome = match answer.outcome {
        Outcome::Done(done) => {
            let trouble = Trouble::new(Kind::Internal, "what was seen afterwards is larger than an answer may be");
            Outcome::Done(Done { facts: Facts::Unseen(trouble), ..done })
        }
        _ => {
            let mut trouble = Trouble::new(Kind::Internal, "the answer is larger than an answer may be");
            trouble.next = List::first([Text::told("ask for less: one certificate, or a later part of the journal")]);
            Outcome::Failed(trouble)
        }
    };
    line(&told(host, answer.request, outcome))
}
