//! What to say when: from facts, a memory and an instant to the alerts that are due. Pure.
//!
//! | file | holds |
//! |---|---|
//! | `level` | how bad it is |
//! | `ladder` | thresholds, the rungs that they make in time, and where an instant stands on them |
//! | `act_by` | the date by which somebody must begin, from the expiry, lead times and freezes |
//! | `facts` | what was seen, as items that can be spoken of |
//! | `memory` | what was told on which channel, acknowledged and snoozed |
//! | `decide` | the one decision: (facts, memory, now) to alerts, and who is due to get them |
//! | `schedule` | when the watch looks: a cron expression in a zone, and whether a run is due |
//! | `silence` | what is wrong with another watch, from its heartbeat |
//! | `succession` | one certificate in several places, and one that takes the place of another |
//! | `settings` | watch.toml |
//! | `unattended` | what is said of a roll that nobody sits at |
//!
//! An alert is due on a channel when a rung of the ladder was crossed since that channel was last *reached*, not when an
//! instant equals a rung. So a missed day, a dead channel or a clock that was set back loses nothing.

pub mod act_by;
pub mod decide;
pub mod facts;
pub mod ladder;
mod level;
pub mod memory;
pub mod schedule;
pub mod settings;
pub mod silence;
pub mod succession;
pub mod unattended;

pub use level::Level;

use jiff::{SignedDuration, Timestamp};

/// How far the clock may step back before what was told at a later instant counts as told by a wrong clock.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// Adds to an instant; what lies beyond the calendar is its end.
pub(crate) fn later(instant: Timestamp, by: SignedDuration) -> Timestamp {
    let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
    instant.checked_add(by).unwrap_or(end)
}

/// Subtracts from an instant; what lies before the calendar is its beginning.
pub(crate) fn earlier(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_sub(by).unwrap_or_else(|_| if by.is_negative() { Timestamp::MAX } else { Timestamp::MIN })
}
