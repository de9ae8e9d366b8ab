//! Maintenance windows and freezes, held against what happened: the spans are reckoned here from the seconds of a day alone.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;

use super::roll::{Shape, roll};
use super::trace::{Event, Story, What};
use crate::rotation::basis::{Basis, Strategy};
use crate::rotation::mutant::{Part, take_out};

/// Seconds of an hour and of a day. Every simulation begins at midnight.
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// How long an act lasts that is begun in time, in seconds.
const LASTS: i64 = 60;

/// When something may be done.
#[derive(Clone, Copy, Debug)]
struct Calendar {
    /// The hours of each day in which services may be started anew.
    window: Option<(i64, i64)>,
    /// The days, counted from the first, on which nothing may change.
    freeze: Option<(i64, i64)>,
}

impl Calendar {
    fn put_into(self, basis: &mut Basis) {
        if let Some((from, until)) = self.window {
            let window = serde_json::json!({
                "name": "night", "from": format!("{from:02}:00"), "until": format!("{until:02}:00"),
                "days": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
            });
            basis.seen.windows = vec![serde_json::from_value(window).unwrap()];
        }
        if let Some((from, until)) = self.freeze {
            let date = |day: i64| format!("2026-06-{:02}", day + 1);
            let freeze = serde_json::json!({"reason": "end of the year", "from": date(from), "until": date(until)});
            basis.seen.freezes = vec![serde_json::from_value(freeze).unwrap()];
        }
    }

    fn is_frozen(self, at: i64) -> bool {
        self.freeze.is_some_and(|(from, until)| (from * DAY..(until + 1) * DAY).contains(&at))
    }

    fn is_open(self, at: i64) -> bool {
        let hours = |(from, until): (i64, i64)| (from * HOUR..until * HOUR).contains(&at.rem_euclid(DAY));
        self.window.is_none_or(hours)
    }

    /// Returns the first act that came at the wrong time. A way back waits for no window, and these rolls have none.
    fn broken(self, story: &Story) -> Option<&Event> {
        story.events.iter().filter(|event| event.run > 0).find(|event| {
            let changes = matches!(
                event.what,
                What::Imported { .. }
                    | What::Removed { .. }
                    | What::Access { .. }
                    | What::Rows { .. }
                    | What::Alternatives { .. }
                    | What::Restarted { .. }
            );
            let restarts = matches!(event.what, What::Rows { .. } | What::Restarted { .. });
            let begun = event.at - LASTS;
            (changes && self.is_frozen(event.at) && self.is_frozen(begun))
                || (restarts && !self.is_open(event.at) && !self.is_open(begun))
        })
    }
}

const CALENDARS: [Calendar; 4] = [
    Calendar { window: Some((2, 6)), freeze: None },
    Calendar { window: None, freeze: Some((0, 2)) },
    Calendar { window: Some((1, 5)), freeze: Some((0, 1)) },
    // It shuts while the roll goes on.
    Calendar { window: Some((0, 1)), freeze: Some((3, 4)) },
];

/// Returns what was done at the wrong time, and how many rolls changed the row.
fn rolled(seeds: u64) -> (Vec<String>, usize) {
    let (mut broken, mut switched) = (Vec::new(), 0);
    for (seed, calendar) in (0..seeds).flat_map(|seed| CALENDARS.map(|calendar| (seed, calendar))) {
        for strategy in [Strategy::Direct, Strategy::Overlap] {
            let calm = Shape { retire: false, strategy: Some(strategy), ..Shape::calm(1, 5) };
            let plan = roll(seed, &calm).unwrap().plan;
            let mut basis = plan.basis;
            if basis.seen.signing_by_hand().next().is_some() {
                continue;
            }
            calendar.put_into(&mut basis);
            let rolled = roll(seed, &Shape::observed(Arc::new(basis))).unwrap();
            let turned = |event: &Event| matches!(&event.what, What::Rows { .. });
            switched += usize::from(rolled.story.events.iter().any(turned));
            if let Some(event) = calendar.broken(&rolled.story) {
                broken.push(format!("seed {seed}, {strategy:?}, {calendar:?}: {event:?}"));
            }
        }
    }
    (broken, switched)
}

#[test]
fn nothing_is_done_outside_of_windows_and_on_frozen_days() {
    let (broken, switched) = rolled(12);
    assert_eq!(broken, [""; 0]);
    assert!(switched > 20, "{switched} rolls came to the row");
}

#[test]
fn a_freeze_and_a_window_that_are_ignored_are_found() {
    for part in [Part::Freeze, Part::Window] {
        take_out(Some(part));
        let (broken, _) = rolled(4);
        take_out(None);
        assert!(!broken.is_empty(), "nobody notices that {part:?} is taken out");
        println!("{part:?} taken out: {}", broken[0]);
    }
}
