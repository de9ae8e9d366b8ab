//! Whether farm.toml lets something be changed now: maintenance windows, and days on which nothing may change.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::farm::description::{Day, Freeze, Window};

/// It is not the time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Closed {
    /// Why, and until when.
    pub why: String,
    /// When it is the time again, where that is within the next weeks.
    pub opens: Option<Timestamp>,
}

/// How many days ahead a window is looked for.
const AHEAD: i64 = 35;

/// Returns why nothing may be changed now, or nothing where it may. The days of a freeze are those of the first window's zone.
#[must_use]
pub fn frozen(windows: &[Window], freezes: &[Freeze], now: Timestamp) -> Option<Closed> {
    let zone = windows.first().map_or(TimeZone::UTC, Window::time_zone);
    let today = now.to_zoned(zone.clone()).date();
    let freeze = freezes.iter().filter(|one| (one.from..=one.until).contains(&today)).max_by_key(|one| one.until)?;
    let opens = freeze.until.tomorrow().ok().and_then(|day| begins(day, &zone));
    let why = format!("nothing may change until {} has passed: {}", freeze.until, freeze.reason.as_str());
    Some(Closed { why, opens })
}

/// Returns why no service may be started anew now, or nothing where it may.
#[must_use]
pub fn closed(windows: &[Window], freezes: &[Freeze], now: Timestamp) -> Option<Closed> {
    if let Some(frozen) = frozen(windows, freezes, now) {
        return Some(frozen);
    }
    let spans = || windows.iter().flat_map(|window| spans(window, now).map(move |span| (window, span)));
    if windows.is_empty() || spans().any(|(_, (from, until))| from <= now && now < until) {
        return None;
    }
    // A window that opens in a freeze opens for nobody.
    let next = spans().filter(|(_, (from, _))| *from > now && frozen(windows, freezes, *from).is_none());
    Some(match next.min_by_key(|(_, (from, _))| *from) {
        Some((window, (from, _))) => {
            let why = format!("no maintenance window is open; {} opens at {from}", window.name.as_str());
            Closed { why, opens: Some(from) }
        }
        None => Closed { why: "no maintenance window opens in the next weeks".to_owned(), opens: None },
    })
}

/// Returns the spans of a window, from the one that may have begun yesterday on.
fn spans(window: &Window, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let zone = window.time_zone();
    let today = now.to_zoned(zone.clone()).date();
    (-1..AHEAD).filter_map(move |ahead| {
        let first = today.checked_add(SignedDuration::from_hours(24 * ahead)).ok()?;
        if !window.days.contains(&day(first.weekday())) {
            return None;
        }
        let last = if window.until <= window.from { first.tomorrow().ok()? } else { first };
        let at = |date: Date, time| zone.to_timestamp(date.to_datetime(time)).ok();
        Some((at(first, window.from)?, at(last, window.until)?))
    })
}

fn begins(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.at(0, 0, 0, 0)).ok()
}

const fn day(of: Weekday) -> Day {
    match of {
        Weekday::Monday => Day::Monday,
        Weekday::Tuesday => Day::Tuesday,
        Weekday::Wednesday => Day::Wednesday,
        Weekday::Thursday => Day::Thursday,
        Weekday::Friday => Day::Friday,
        Weekday::Saturday => Day::Saturday,
        Weekday::Sunday => Day::Sunday,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn window(days: &[Day], from: &str, until: &str, zone: Option<&str>) -> Window {
        let zone = zone.map_or(serde_json::Value::Null, |zone| zone.into());
        serde_json::from_value(serde_json::json!({
            "name": "night", "days": days, "from": from, "until": until, "zone": zone
        }))
        .unwrap()
    }

    fn freeze(from: &str, until: &str) -> Freeze {
        serde_json::from_value(serde_json::json!({"reason": "end of the year", "from": from, "until": until})).unwrap()
    }

    #[test]
    fn a_window_is_open_from_its_beginning_to_its_end_over_midnight_too() {
        let night = [window(&[Day::Saturday], "22:00", "04:00", None)];
        for (now, opens) in [
            ("2026-06-06T21:59:59Z", Some("2026-06-06T22:00:00Z")),
            ("2026-06-06T22:00:00Z", None),
            ("2026-06-07T03:59:59Z", None),
            ("2026-06-07T04:00:00Z", Some("2026-06-13T22:00:00Z")),
            ("2026-06-07T23:00:00Z", Some("2026-06-13T22:00:00Z")),
        ] {
            let found = closed(&night, &[], now.parse().unwrap());
            assert_eq!(found.map(|one| one.opens.unwrap().to_string()), opens.map(str::to_owned), "{now}");
        }
        assert_eq!(closed(&[], &[], Timestamp::UNIX_EPOCH), None, "without a window it is always the time");
    }

    #[test]
    fn a_window_follows_the_summer_time_of_its_zone() {
        let night = [window(&[Day::Sunday], "01:00", "02:00", Some("Europe/Paris"))];
        assert_eq!(closed(&night, &[], "2026-07-04T23:30:00Z".parse().unwrap()), None);
        assert_eq!(closed(&night, &[], "2026-01-04T00:30:00Z".parse().unwrap()), None);
        assert!(closed(&night, &[], "2026-01-03T23:30:00Z".parse().unwrap()).is_some());
    }

    #[test]
    fn a_freeze_holds_everything_and_shuts_the_windows_in_it() {
        let every = [Day::Monday, Day::Tuesday, Day::Wednesday, Day::Thursday, Day::Friday, Day::Saturday, Day::Sunday];
        let night = [window(&every, "22:00", "23:00", None)];
        let freezes = [freeze("2026-12-20", "2027-01-03")];
        let within = "2026-12-24T22:30:00Z".parse().unwrap();
        let found = frozen(&night, &freezes, within).unwrap();
        assert_eq!(found.opens.unwrap().to_string(), "2027-01-04T00:00:00Z");
        assert!(found.why.contains("end of the year"), "{}", found.why);
        assert_eq!(closed(&night, &freezes, within), Some(found));
        let before = closed(&night, &freezes, "2026-12-19T23:30:00Z".parse().unwrap()).unwrap();
        assert_eq!(before.opens.unwrap().to_string(), "2027-01-04T22:00:00Z");
        assert_eq!(frozen(&night, &freezes, "2026-12-19T23:59:59Z".parse().unwrap()), None);
    }
}
