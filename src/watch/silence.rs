//! The dead man's switch: from the heartbeat of another watch to what is wrong with it.

use jiff::{SignedDuration, Timestamp};

/// How old a heartbeat may be where nothing is said, for a watch that looks once a day: so that one look a day at it speaks
/// of the silence within two periods after the first run that did not come, summer time included.
pub const LATE: SignedDuration = SignedDuration::from_hours(46);
/// How far the clock of another machine may be ahead.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// What a heartbeat says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Beat {
    /// When the last run ended, by the clock of that machine.
    pub ended: Timestamp,
    /// Whether that run could tell somebody what it had to tell.
    pub could_tell: bool,
}

/// What is wrong with another watch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Silence {
    /// It has not run for too long.
    Late,
    /// It ended at an instant that has not come: one of the two clocks is wrong, and its age says nothing.
    Ahead,
    /// It ran, and could tell nobody anything.
    Mute,
}

/// Returns what is wrong with another watch at `now`, if anything is. `late` is the greatest age of a good heartbeat.
#[must_use]
pub fn silence(beat: Beat, late: SignedDuration, now: Timestamp) -> Option<Silence> {
    let age = now.duration_since(beat.ended);
    if age > late {
        Some(Silence::Late)
    } else if age < -SKEW {
        Some(Silence::Ahead)
    } else {
        (!beat.could_tell).then_some(Silence::Mute)
    }
}
