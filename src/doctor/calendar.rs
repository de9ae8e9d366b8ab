//! The next span in which servers may be recycled.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::farm::description::{Day, Farm, Freeze, Window};

/// How far ahead is looked, in days: two weeks, and one day for a window that began before midnight.
const DAYS: i32 = 15;

/// The next window.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Opening {
    /// Its name.
    pub(super) name: String,
    /// When it opens.
    pub(super) from: Timestamp,
    /// When it closes.
    pub(super) until: Timestamp,
}

/// Returns the freeze that holds now, by the date in UTC.
pub(super) fn frozen(farm: &Farm, now: Timestamp) -> Option<&Freeze> {
    let today = now.to_zoned(TimeZone::UTC).date();
    farm.freezes.iter().find(|freeze| freeze.from <= today && today <= freeze.until)
}

/// Returns the window that is open, or else the next that opens within two weeks; a window that begins on a frozen day does
/// not open.
pub(super) fn next(farm: &Farm, now: Timestamp) -> Option<Opening> {
    let openings = farm.windows.iter().flat_map(|window| openings(window, &farm.freezes, now));
    openings.filter(|one| one.until > now).min_by_key(|one| one.from)
}

fn openings(window: &Window, freezes: &[Freeze], now: Timestamp) -> Vec<Opening> {
    let zone = window.time_zone();
    // A window of yesterday may still be open.
    let Ok(first) = now.to_zoned(zone.clone()).date().yesterday() else { return Vec::new() };
    let days = (0..=DAYS).filter_map(|ahead| first.checked_add(Span::new().days(ahead)).ok());
    let open =
        days.filter(|date| window.days.iter().any(|day| weekday(*day) == date.weekday()) && !is_frozen(freezes, *date));
    open.filter_map(|date| {
        let ends = if window.until <= window.from { date.tomorrow().ok()? } else { date };
        let instant = |date: Date, time| Some(date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp());
        Some(Opening {
            name: window.name.to_string(),
            from: instant(date, window.from)?,
            until: instant(ends, window.until)?,
        })
    })
    .collect()
}

fn is_frozen(freezes: &[Freeze], date: Date) -> bool {
    freezes.iter().any(|freeze| freeze.from <= date && date <= freeze.until)
}

fn weekday(day: Day) -> Weekday {
    match day {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::farm::description::read;

    fn farm(extra: &str) -> Farm {
        read(&format!("format = \"1.0\"\nname = \"x\"\n{extra}")).farm
    }

    #[test]
    fn the_next_window_is_found_across_midnight_offsets_and_freezes() {
        // 2026-11-25 is a Wednesday.
        let night = "[[window]]\nname = \"night\"\ndays = [\"wednesday\"]\nfrom = \"22:00\"\nuntil = \"02:00\"\noffset = \"+01:00\"\n";
        // Summer time ends on 2026-10-25 at 01:00 UTC, and begins on 2027-03-28.
        let paris = "[[window]]\nname = \"night\"\ndays = [\"sunday\"]\nfrom = \"02:30\"\nuntil = \"05:00\"\nzone = \"Europe/Paris\"\n";
        let frozen_week = "[[freeze]]\nreason = \"audit\"\nfrom = \"2026-11-25\"\nuntil = \"2026-11-27\"\n";
        for (extra, now, wanted) in [
            (night.to_owned(), "2026-11-25T12:00:00Z", Some(("2026-11-25T21:00:00Z", "2026-11-26T01:00:00Z"))),
            (night.to_owned(), "2026-11-26T00:30:00Z", Some(("2026-11-25T21:00:00Z", "2026-11-26T01:00:00Z"))),
            (night.to_owned(), "2026-11-26T01:00:00Z", Some(("2026-12-02T21:00:00Z", "2026-12-03T01:00:00Z"))),
            (
                format!("{night}{frozen_week}"),
                "2026-11-25T12:00:00Z",
                Some(("2026-12-02T21:00:00Z", "2026-12-03T01:00:00Z")),
            ),
            (paris.to_owned(), "2026-10-12T00:00:00Z", Some(("2026-10-18T00:30:00Z", "2026-10-18T03:00:00Z"))),
            (paris.to_owned(), "2026-10-19T00:00:00Z", Some(("2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"))),
            (paris.to_owned(), "2026-10-26T00:00:00Z", Some(("2026-11-01T01:30:00Z", "2026-11-01T04:00:00Z"))),
            // 02:30 does not exist on that day: it is the instant half an hour after the clock was set forward.
            (paris.to_owned(), "2027-03-22T00:00:00Z", Some(("2027-03-28T01:30:00Z", "2027-03-28T03:00:00Z"))),
            (String::new(), "2026-11-25T12:00:00Z", None),
        ] {
            let opening = next(&farm(&extra), now.parse().unwrap());
            let seen = opening.map(|one| (one.from.to_string(), one.until.to_string()));
            assert_eq!(seen, wanted.map(|(from, until)| (from.to_owned(), until.to_owned())), "{now}");
        }
        let farm = farm(frozen_week);
        assert!(frozen(&farm, "2026-11-26T10:00:00Z".parse().unwrap()).is_some());
        assert!(frozen(&farm, "2026-11-28T10:00:00Z".parse().unwrap()).is_none());
    }
}
