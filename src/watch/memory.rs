//! What outlasts a run: what was told on which channel, what was acknowledged, what is snoozed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ladder::{Phase, Stage};
use super::{CLOCK_TOLERANCE, Level, earlier, later};

/// How long a standing condition that is no longer seen is remembered, so that one that comes and goes is told once a day.
pub const FORGET_STANDING: SignedDuration = SignedDuration::from_hours(24);
/// How long what was told of a certificate's dates is remembered after it was last seen.
pub const FORGET_DATES: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long an acknowledgement keeps the daily word of an expired certificate back.
pub const ACK_HOLDS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Everything that is remembered, by key.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Memory {
    /// One entry for each key that was ever told or answered.
    pub entries: BTreeMap<String, Entry>,
}

/// What is remembered of one key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Entry {
    /// What it is about.
    pub title: String,
    /// When it was first told or answered.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// What was delivered last on each channel.
    pub told: BTreeMap<String, Told>,
    /// Since when nobody has answered what was delivered.
    pub unanswered_since: Option<Timestamp>,
    /// Who took it on.
    pub ack: Option<Ack>,
    /// Until when nobody wants to hear of it.
    pub snooze: Option<Snooze>,
}

/// What was delivered on a channel.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// How bad it was.
    pub level: Level,
    /// The stage of the ladder, where it has one.
    pub stage: Option<Stage>,
    /// The marks, where it stands without a ladder.
    pub marks: BTreeSet<String>,
}

/// Somebody has taken it on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Ack {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What they say.
    pub note: String,
    /// The worst that had been told by then: what is answered.
    pub answers: Told,
}

/// Nobody wants to hear of it for a while.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Snooze {
    /// When it was said.
    pub at: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// How bad it was then. Once it is worse, the snooze is over.
    pub level: Level,
    /// Who.
    pub by: String,
    /// What they say.
    pub note: String,
}

impl Entry {
    /// Makes one of which nothing was told yet.
    #[must_use]
    pub fn new(title: &str, now: Timestamp) -> Self {
        Self {
            title: title.to_owned(),
            first_seen: now,
            last_seen: now,
            told: BTreeMap::new(),
            unanswered_since: None,
            ack: None,
            snooze: None,
        }
    }

    /// Returns the worst that was told on any channel, if anything was.
    #[must_use]
    pub fn worst_told(&self) -> Option<&Told> {
        self.told.values().max_by_key(|told| (told.stage, told.level, told.marks.len(), told.at))
    }

    /// Returns the acknowledgement of where things stand: nothing where they have become worse since, or where a wrong clock
    /// dated it. Of an expired certificate, which gets worse by the day, it holds for [`ACK_HOLDS`].
    #[must_use]
    pub fn ack_of(&self, stage: Option<Stage>, level: Level, marks: &BTreeSet<String>, now: Timestamp) -> Option<&Ack> {
        let covers = |ack: &&Ack| {
            let expired = |stage: Option<Stage>| stage.is_some_and(|stage| stage.phase == Phase::Expired);
            let holds = now < later(ack.at, ACK_HOLDS);
            let both_expired = expired(stage) && expired(ack.answers.stage);
            !is_of_a_wrong_clock(ack.at, now)
                && level <= ack.answers.level
                && if both_expired { holds } else { stage <= ack.answers.stage }
                && marks.is_subset(&ack.answers.marks)
        };
        self.ack.as_ref().filter(covers)
    }

    /// Notes that somebody has taken it on.
    pub fn acknowledge(&mut self, by: &str, note: &str, now: Timestamp) {
        // What a wrong clock has told is not what somebody answers, unless there is nothing else.
        let right = self.told.values().filter(|told| !is_of_a_wrong_clock(told.at, now));
        let right = right.max_by_key(|told| (told.stage, told.level, told.marks.len(), told.at));
        let Some(answers) = right.or_else(|| self.worst_told()).cloned() else { return };
        self.ack = Some(Ack { at: now, by: by.to_owned(), note: note.to_owned(), answers });
        self.unanswered_since = None;
    }

    /// What a wrong clock has dated counts as never said, and stays so when that instant has come: what was told, what was
    /// answered, and since when nobody has answered.
    fn doubt(&mut self, answer: Level, now: Timestamp) {
        let right = |at: Timestamp| !is_of_a_wrong_clock(at, now);
        self.told.retain(|_, told| right(told.at));
        self.snooze = self.snooze.take().filter(|snooze| right(snooze.at));
        self.unanswered_since = self.unanswered_since.filter(|since| right(*since));
        if self.ack.as_ref().is_some_and(|ack| !right(ack.at)) {
            self.ack = None;
            if self.told.values().any(|told| told.level >= answer) {
                self.unanswered_since.get_or_insert(now);
            }
        }
    }

    /// Returns whether it is snoozed at `now`, at this level.
    #[must_use]
    pub fn is_snoozed(&self, level: Level, now: Timestamp) -> bool {
        let holds =
            |snooze: &Snooze| now < snooze.until && level <= snooze.level && !is_of_a_wrong_clock(snooze.at, now);
        self.snooze.as_ref().is_some_and(holds)
    }
}

/// Returns whether something was written at an instant that has not come yet.
#[must_use]
pub(super) fn is_of_a_wrong_clock(at: Timestamp, now: Timestamp) -> bool {
    at > later(now, CLOCK_TOLERANCE)
}

impl Memory {
    /// Notes what was seen, and forgets what has long not been seen. `seen` are keys with titles; `standing` tells which keys
    /// are conditions without a ladder; from the level `answer` on somebody has to answer.
    pub(super) fn keep_house(
        &mut self,
        seen: &BTreeSet<&str>,
        standing: impl Fn(&str) -> bool,
        answer: Level,
        now: Timestamp,
    ) {
        for (key, entry) in &mut self.entries {
            if seen.contains(key.as_str()) {
                entry.last_seen = now;
            } else if is_of_a_wrong_clock(entry.last_seen, now) {
                // It was last seen at an instant that has not come: counted from now on.
                entry.last_seen = now;
            }
            entry.doubt(answer, now);
        }
        self.entries.retain(|key, entry| {
            let keep = if standing(key) { FORGET_STANDING } else { FORGET_DATES };
            entry.last_seen >= earlier(now, keep)
        });
    }
}
