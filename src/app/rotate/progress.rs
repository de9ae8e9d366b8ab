//! What happens in a roll, one line a step: what is done, since when, and what is waited for.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::words;
use crate::ports::Clock;
use crate::rotation::plan::{Plan, Step};
use crate::rotation::world::{Audience, News};

/// The schema of [`Progress`].
pub const SCHEMA: &str = "s2scert.rotate-progress/1.0";

/// Something that happened.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Progress {
    /// `s2scert.rotate-progress/1.0`.
    pub schema: &'static str,
    /// When, by the clock of the controller.
    pub at: Timestamp,
    /// Seconds since the command began.
    pub seconds: i64,
    /// What happened.
    pub event: Event,
    /// The number of the step on the page of the plan, from 1; nothing on the way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    /// How many steps the plan has.
    pub steps: usize,
    /// The step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What the step is about.
    pub what: String,
    /// Why it waits or fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The command begins something that takes a while.
    Begins,
    /// A step was so already.
    Holds,
    /// A step is acted on.
    Acts,
    /// A step is not so yet; it is waited for.
    Waits,
    /// A step became so.
    Done,
    /// A step did not become so.
    Fails,
    /// The roll is taken back.
    Turns,
}

/// Is told what happens.
pub type Tell<'a> = dyn Fn(Progress) + Sync + 'a;

/// Puts what the engine tells into words.
pub(super) struct Teller<'a> {
    clock: &'a dyn Clock,
    begun: Timestamp,
    tell: &'a Tell<'a>,
    plan: Option<&'a Plan>,
    /// What was told last, so that a step that waits tells so once.
    last: Mutex<Option<(String, String)>>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(clock: &'a dyn Clock, begun: Timestamp, tell: &'a Tell<'a>) -> Self {
        Self { clock, begun, tell, plan: None, last: Mutex::default() }
    }

    /// Tells of the steps of a plan from now on.
    pub(super) fn of(self, plan: &'a Plan) -> Self {
        Self { plan: Some(plan), ..self }
    }

    /// Tells that something begins that takes a while.
    pub(super) fn begins(&self, what: &str) {
        self.say(Event::Begins, None, what.to_owned(), None);
    }

    fn say(&self, event: Event, step: Option<&Step>, what: String, why: Option<&str>) {
        let at = self.clock.now();
        let place = |step: &Step| self.plan.and_then(|plan| plan.steps.iter().position(|one| one.id == step.id));
        (self.tell)(Progress {
            schema: SCHEMA,
            at,
            seconds: at.duration_since(self.begun).as_secs(),
            event,
            number: step.and_then(place).map(|place| place + 1),
            steps: self.plan.map_or(0, |plan| plan.steps.len()),
            step: step.map(|step| step.id.as_str().to_owned()),
            node: step.map(|step| step.node.as_str().to_owned()),
            what,
            why: why.map(str::to_owned),
        });
    }

    fn is_new(&self, step: &Step, why: &str) -> bool {
        let now = Some((step.id.as_str().to_owned(), why.to_owned()));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let new = *last != now;
        *last = now;
        new
    }
}

impl Audience for Teller<'_> {
    fn tell(&self, news: &News<'_>) {
        let step = |event, step: &Step, why: Option<&str>| {
            let what = if event == Event::Acts { words::step(step) } else { words::look(&step.check) };
            self.say(event, Some(step), what, why);
        };
        match *news {
            News::Holds(one) => step(Event::Holds, one, None),
            News::Acts(one) => step(Event::Acts, one, None),
            News::Waits(one, why) if self.is_new(one, why) => step(Event::Waits, one, Some(why)),
            News::Waits(..) => {}
            News::Done(one) => step(Event::Done, one, None),
            News::Fails(one, why) => step(Event::Fails, one, Some(why)),
            News::Turns(why) => self.say(Event::Turns, None, "the roll is taken back".to_owned(), Some(why)),
        }
    }
}
