//! The dead man's switch: from the heartbeat of another watch to what is wrong with it.

use jiff::{SignedDuration, Timestamp};

/// How old a heartbeat may be where nothing is said, for a watch that looks once a day: so that one look a day at it speaks
/// of the silence within two periods after the first run that did not come, summer time included.
pub const LATE: SignedDuration = SignedDuration::from_hours(46);
/// How far the clock of another machine may be ahead.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// How long after a promised run, or after the last call of its trigger, a watch with a schedule counts as silent: a restart or
/// an update of the machine is no silence, and clocks differ.
pub const GRACE: SignedDuration = SignedDuration::from_hours(2);

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
    /// A run that its schedule promised has not come.
    Missed,
    /// Its trigger calls no more.
    Uncalled,
    /// It ended at an instant that has not come: one of the two clocks is wrong, and its age says nothing.
    Ahead,
    /// It ran, and could tell nobody anything.
    Mute,
}

/// Returns what is wrong with another watch that has a schedule: when its trigger called last, and when its next run is due.
#[must_use]
pub fn broken(called: Option<Timestamp>, next: Option<Timestamp>, now: Timestamp) -> Option<Silence> {
    let over = |at: Option<Timestamp>| at.is_some_and(|at| now.duration_since(at) > GRACE);
    if over(next) { Some(Silence::Missed) } else { over(called).then_some(Silence::Uncalled) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_that_does_not_keep_its_promise_is_silent_two_hours_later() {
        let at = |hour: i64| Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        let now = at(100);
        for (called, next, expected) in [
            (None, None, None),
            (Some(at(98)), Some(at(120)), None),
            (Some(at(97)), Some(at(120)), Some(Silence::Uncalled)),
            (Some(at(100)), Some(at(98)), None),
            (Some(at(100)), Some(at(97)), Some(Silence::Missed)),
            (Some(at(200)), Some(at(200)), None),
        ] {
            assert_eq!(broken(called, next, now), expected, "{called:?} {next:?}");
        }
    }
}
