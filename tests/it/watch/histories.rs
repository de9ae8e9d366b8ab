//! Ten simulated years at a time. docs/PERFORMANCE.md has the command for many more.

use jiff::Timestamp;
use s2scert::watch::decide::Alert;

use crate::histories::{Found, live};

/// How many histories a test run goes through.
const HISTORIES: u64 = 60;

#[test]
fn in_no_history_is_a_crossing_lost_or_told_again_beyond_what_is_documented() {
    let all = (0..HISTORIES).map(|seed| live(seed, |_, _| true)).reduce(Found::and).unwrap_or_default();
    assert_eq!((all.lost.first(), all.lost.len()), (None, 0));
    assert_eq!((all.repeated.first(), all.repeated.len()), (None, 0));
    assert_eq!((all.silence.first(), all.silence.len()), (None, 0));
    assert!(all.told > 50 * HISTORIES && all.silences > 10 * HISTORIES, "hardly anything happened: {all:?}");
}

#[test]
fn the_checker_finds_what_is_lost_where_only_the_very_day_of_a_rung_counts() {
    let on_the_day = |alert: &Alert, now: Timestamp| {
        alert.state.rung.is_some_and(|rung| (0..86_400).contains(&now.duration_since(rung.at).as_secs()))
    };
    for seed in 0..5 {
        let found = live(seed, on_the_day);
        assert!(found.lost.len() > 10, "{seed}: {found:?}");
    }
}
