//! A cron expression, and the instants that it names in a time zone.
//!
//! The expression names minutes on the wall clock of the zone; `croner` finds them on a clock that knows no zone. What the zone makes
//! of them is decided here, because a watch must not lose one:
//!
//! 1. A minute that the clock skips (spring) is due at the instant at which the clock jumps. Several of one gap are one.
//! 2. A minute that the clock shows twice (autumn) is due at the first of the two.
//! 3. Every other minute is due when the clock shows it.
//!
//! The rules of `croner` itself, which are those of Vixie cron, leave out a skipped minute where the expression has more
//! than one hour or minute.

use std::fmt;

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// The longest expression, in octets.
const LONGEST: usize = 120;
/// The most minutes of the wall clock that are walked over where a clock went back: more than a day of them.
const MOST_STEPS: usize = 2_000;
/// Where the search for a first instant begins, when it is asked whether there is any.
const ANY_DAY: DateTime = DateTime::constant(2000, 1, 1, 0, 0, 0, 0);

/// A cron expression of five fields: minute, hour, day of the month, month, day of the week. A field is `*`, a number, a name
/// of a month or day, a range, a list, or one of these with a step. Where both days are restricted, either is enough.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cron {
    text: String,
    inner: Box<croner::Cron>,
}

impl TryFrom<String> for Cron {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            "this is no cron expression of five fields (minute, hour, day, month, day of the week); write it as \"0 7 * * *\""
                .to_owned()
        };
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '*' | '/' | ',' | '-' | ' ' | '\t');
        let fields: Vec<&str> = text.split_ascii_whitespace().collect();
        if text.len() > LONGEST || !text.chars().all(known) || fields.len() != 5 || !fields.iter().all(|one| plain(one))
        {
            return Err(wrong());
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let inner = Box::new(parser.parse(&text).map_err(|_| wrong())?);
        if inner.find_next_occurrence(&ANY_DAY, true).is_err() {
            return Err("this cron expression names a day that never comes".to_owned());
        }
        Ok(Self { text: fields.join(" "), inner })
    }
}

impl From<Cron> for String {
    fn from(cron: Cron) -> Self {
        cron.text
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Letters stand for months and days only: `L`, `W` and their kin mean something else to every other cron.
fn plain(field: &str) -> bool {
    const NAMES: [&str; 19] = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC", "SUN", "MON", "TUE", "WED",
        "THU", "FRI", "SAT",
    ];
    let words = field.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let mut known = words.map(|word| NAMES.iter().any(|name| name.eq_ignore_ascii_case(word)));
    known.all(|known| known)
}

impl Cron {
    /// Returns the last instant that the expression names, `now` or before it.
    #[must_use]
    pub fn latest(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let mut minute = highest_shown(zone, now);
        let mut inclusive = true;
        for _ in 0..MOST_STEPS {
            minute = self.inner.find_previous_occurrence(&minute, inclusive).ok()?;
            inclusive = false;
            if let Some(at) = due_at(zone, minute).filter(|at| *at <= now) {
                return Some(at);
            }
        }
        None
    }

    /// Returns the first instant that the expression names after `now`.
    #[must_use]
    pub fn next(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        let mut minute = zone.to_datetime(now);
        for _ in 0..MOST_STEPS {
            minute = self.inner.find_next_occurrence(&minute, false).ok()?;
            if let Some(at) = due_at(zone, minute).filter(|at| *at > now) {
                return Some(at);
            }
        }
        None
    }
}

/// Returns the highest wall clock time that the zone has shown around `now`: in a repeated hour, its end.
fn highest_shown(zone: &TimeZone, now: Timestamp) -> DateTime {
    let shown = zone.to_datetime(now);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Fold { before, after } => {
            let back = i64::from(before.seconds()) - i64::from(after.seconds());
            shown.checked_add(Span::new().seconds(back)).unwrap_or(shown)
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Gap { .. } => shown,
    }
}

/// Returns when a minute of the wall clock is due.
fn due_at(zone: &TimeZone, minute: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(minute);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.unambiguous().ok(),
        AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        AmbiguousOffset::Gap { .. } => {
            let (from, until) = (ambiguous.earlier().ok()?, ambiguous.later().ok()?);
            let jump = zone.following(from).next().map(|jump| jump.timestamp()).filter(|jump| *jump <= until);
            Some(jump.unwrap_or(until))
        }
    }
}
