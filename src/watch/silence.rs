//! The dead man's switch: from the heartbeat of another watch to what is wrong with it.

use jiff::{SignedDuration, Timestamp};

/// How old a heartbeat may be where nothing is said, for a watch that looks once a day: so that one look a day at it speaks
/// of the silence within two periods after the first run that did not come, summer time included.
pub const LATE: SignedDuration = SignedDuration::from_hours(46);
/// How long after a promised run, or after the last call of its trigger, a watch with a schedule counts as silent: a restart or
/// an update of the machine is no silence, and clocks differ.
pub const GRACE: SignedDuration = SignedDuration::from_hours(2);
/// How far the clock of another machine may be ahead.
const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// What a heartbeat says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Beat {
    /// When the last run ended, by the clock of that machine.
    pub ended: Timestamp,
    /// When its trigger called last, where it has a schedule.
    pub called: Option<Timestamp>,
    /// When the next run is due, where it has a schedule.
    pub next: Option<Timestamp>,
    /// Whether that run could tell somebody what it had to tell.
    pub could_tell: bool,
}

/// What is wrong with another watch.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Silence {
    /// It has not run for too long.
    Late,
    /// It should have run at this instant.
    Missed(Timestamp),
    /// Its trigger has not called since this instant.
    Uncalled(Timestamp),
    /// It ended at an instant that has not come: one of the two clocks is wrong, and its age says nothing.
    Ahead,
    /// It ran, and could tell nobody anything.
    Mute,
}

/// Returns what is wrong with another watch at `now`, if anything is. `late` is the greatest age of a good heartbeat where
/// somebody has said so; else the schedule tells what was promised, and [`LATE`] holds where there is none.
#[must_use]
pub fn silence(beat: Beat, late: Option<SignedDuration>, now: Timestamp) -> Option<Silence> {
    let since = |at: Timestamp| now.duration_since(at);
    let promised = |at: Option<Timestamp>| at.filter(|at| late.is_none() && since(*at) > GRACE);
    if since(beat.ended) > late.unwrap_or(LATE) && (late.is_some() || beat.next.is_none()) {
        Some(Silence::Late)
    } else if let Some(next) = promised(beat.next) {
        Some(Silence::Missed(next))
    } else if let Some(called) = promised(beat.called) {
        Some(Silence::Uncalled(called))
    } else if since(beat.ended) < -SKEW {
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
        for (called, next, late, expected) in [
            (None, None, None, Some(Silence::Late)),
            (None, None, Some(60), None),
            (Some(at(98)), Some(at(120)), None, None),
            (Some(at(97)), Some(at(120)), None, Some(Silence::Uncalled(at(97)))),
            (Some(at(100)), Some(at(98)), None, None),
            (Some(at(100)), Some(at(97)), None, Some(Silence::Missed(at(97)))),
            (Some(at(100)), Some(at(97)), Some(60), None),
            (Some(at(100)), Some(at(120)), Some(40), Some(Silence::Late)),
            (Some(at(200)), Some(at(200)), None, None),
        ] {
            let beat = Beat { ended: at(50), called, next, could_tell: true };
            let late = late.map(SignedDuration::from_hours);
            assert_eq!(silence(beat, late, now), expected, "{called:?} {next:?} {late:?}");
        }
    }
}
