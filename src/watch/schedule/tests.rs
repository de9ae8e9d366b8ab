//! The rules of the schedule: summer time, zones, catching up, clocks.

use super::*;

fn cron(text: &str) -> Cron {
    Cron::try_from(text.to_owned()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Returns every instant after `from` up to `until`.
fn all(expression: &str, name: &str, from: &str, until: &str) -> Vec<String> {
    let (cron, zone, until) = (cron(expression), zone(name), at(until));
    let mut found = Vec::new();
    let mut now = at(from);
    while let Some(next) = cron.next(&zone, now).filter(|next| *next <= until) {
        assert!(next > now, "{expression} in {name} does not go on after {now}");
        assert_eq!(cron.latest(&zone, next), Some(next), "{expression} in {name}: {next} is not its own latest");
        found.push(next.to_string());
        now = next;
    }
    found
}

#[test]
fn what_the_wall_clock_skips_is_due_at_the_jump_and_what_it_shows_twice_is_due_once() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str, &str, &[&str])] = &[
        // Spring: 02:00 becomes 03:00 in Berlin at 01:00 UTC.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z",
            &["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 2,14 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-29T12:30:00Z"]),
        ("*/20 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["2026-03-29T01:00:00Z"]),
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["2026-03-29T01:00:00Z"]),
        ("59 1 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["2026-03-29T00:59:00Z"]),
        ("0 3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T12:00:00Z", &["2026-03-29T01:00:00Z"]),
        // Autumn: 03:00 becomes 02:00 at 01:00 UTC; the first 02:30 is at 00:30 UTC.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", &["2026-10-25T00:30:00Z"]),
        ("*/30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", "2026-10-25T02:30:00Z",
            &["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:30:00Z"]),
        ("0 3 * * *", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z", &["2026-10-25T02:00:00Z"]),
        // New York, whose change is at 02:00 of its own clock, 07:00 and 06:00 UTC.
        ("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", "2026-03-09T00:00:00Z", &["2026-03-08T07:00:00Z"]),
        ("30 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", &["2026-11-01T05:30:00Z"]),
        // Lord Howe moves by half an hour: 02:00 becomes 02:30 at 15:30 UTC, and 02:00 becomes 01:30 at 15:00 UTC.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z", &["2026-10-03T15:30:00Z"]),
        ("30 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", "2026-10-04T00:00:00Z", &["2026-10-03T15:30:00Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00:00Z", "2026-04-05T00:00:00Z", &["2026-04-04T14:45:00Z"]),
        ("*/15 * * * *", "Australia/Lord_Howe", "2026-04-04T14:20:00Z", "2026-04-04T15:45:00Z",
            &["2026-04-04T14:30:00Z", "2026-04-04T14:45:00Z", "2026-04-04T15:30:00Z", "2026-04-04T15:45:00Z"]),
        // Zones at odd offsets, and one whose midnight is skipped.
        ("0 7 * * *", "Asia/Kathmandu", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", &["2026-06-01T01:15:00Z"]),
        ("0 0 * * *", "America/Havana", "2026-03-07T12:00:00Z", "2026-03-09T00:00:00Z", &["2026-03-08T05:00:00Z"]),
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T12:00:00Z", &["2026-04-23T22:00:00Z"]),
        // A zone that left out a whole day: Samoa, 30 December 2011.
        ("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z", "2012-01-02T00:00:00Z", &["2011-12-30T10:00:00Z"]),
        // A zone that changed its offset for good: Pyongyang, 5 May 2018, 23:30 became 24:00.
        ("45 23 * * *", "Asia/Pyongyang", "2018-05-04T12:00:00Z", "2018-05-05T20:00:00Z",
            &["2018-05-04T15:00:00Z", "2018-05-05T14:45:00Z"]),
        // Year and month boundaries, leap days, both sorts of days.
        ("59 23 31 12 *", "UTC", "2025-06-01T00:00:00Z", "2027-06-01T00:00:00Z",
            &["2025-12-31T23:59:00Z", "2026-12-31T23:59:00Z"]),
        ("0 0 1 1 *", "Pacific/Kiritimati", "2026-12-30T00:00:00Z", "2027-01-02T00:00:00Z", &["2026-12-31T10:00:00Z"]),
        ("0 6 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2033-01-01T00:00:00Z",
            &["2028-02-29T06:00:00Z", "2032-02-29T06:00:00Z"]),
        ("0 6 13 * FRI", "UTC", "2026-11-10T00:00:00Z", "2026-11-21T00:00:00Z",
            &["2026-11-13T06:00:00Z", "2026-11-20T06:00:00Z"]),
        ("0 6 * * 7", "UTC", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z",
            &["2026-11-22T06:00:00Z", "2026-11-29T06:00:00Z"]),
    ];
    for (expression, name, from, until, expected) in table {
        assert_eq!(all(expression, name, from, until), *expected, "{expression} in {name} after {from}");
    }
}

#[test]
fn within_a_repeated_hour_the_latest_instant_lies_in_the_first_of_the_two() {
    let (half_hourly, berlin) = (cron("*/30 * * * *"), zone("Europe/Berlin"));
    for (now, latest) in [
        ("2026-10-25T00:59:59Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:00:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:10:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T01:59:59Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"),
    ] {
        assert_eq!(half_hourly.latest(&berlin, at(now)), Some(at(latest)), "at {now}");
    }
}

#[test]
fn expressions_that_mean_something_else_elsewhere_are_refused() {
    for wrong in [
        "",
        "0 7 * *",
        "0 7 * * * *",
        "@daily",
        "60 7 * * *",
        "0 24 * * *",
        "0 7 0 * *",
        "0 7 * 13 *",
        "0 7 * * 8",
        "0 7 L * *",
        "0 7 15W * *",
        "0 7 * * FRI#2",
        "0 7 ? * *",
        "0 7 * * +1",
        "a b c d e",
        "0 7 * * \u{e9}",
        "-1 7 * * *",
        "*/0 7 * * *",
        "5-1 7 * * *",
        "0 7 30 2 *",
        "0 7 * JANFEB *",
    ] {
        assert!(Cron::try_from(wrong.to_owned()).is_err(), "{wrong:?} was taken");
    }
    assert!(Cron::try_from(format!("0 7 * * {}", "1,".repeat(80))).is_err());
    for (text, kept) in [("0  7 *\t* *", "0 7 * * *"), ("0 7 * jan-mar mon", "0 7 * jan-mar mon")] {
        assert_eq!(cron(text).to_string(), kept);
    }
}

fn run(started: &str, untold: bool) -> LastRun {
    LastRun { started: at(started), ended: at(started), exit_code: if untold { 13 } else { 0 }, untold }
}

#[test]
fn one_run_is_due_for_every_time_that_has_come_and_one_for_many_that_were_missed() {
    let (daily, berlin) = (cron("0 7 * * *"), zone("Europe/Berlin"));
    for (last, now, expected) in [
        // 07:00 in Berlin is 06:00 UTC in winter.
        ("2026-11-24T06:05:00Z", "2026-11-25T05:59:59Z", Verdict::Wait),
        ("2026-11-24T06:05:00Z", "2026-11-25T06:00:00Z", Verdict::Due(Reason::Time)),
        ("2026-11-24T06:05:00Z", "2026-11-25T23:00:00Z", Verdict::Due(Reason::Time)),
        ("2026-11-25T06:00:00Z", "2026-11-25T06:00:00Z", Verdict::Wait),
        ("2026-11-25T06:00:00Z", "2026-11-25T06:15:00Z", Verdict::Wait),
        // Down for a week, for a year: one run.
        ("2026-11-24T06:05:00Z", "2026-12-01T12:00:00Z", Verdict::Due(Reason::Missed)),
        ("2025-11-24T06:05:00Z", "2026-12-01T12:00:00Z", Verdict::Due(Reason::Missed)),
        ("2026-12-01T12:00:00Z", "2026-12-01T12:15:00Z", Verdict::Wait),
        // Set back by less than an hour nothing happens, by more it looks at once, and then the record is true again.
        ("2026-11-25T06:05:00Z", "2026-11-25T05:30:00Z", Verdict::Wait),
        ("2026-11-25T06:05:00Z", "2026-11-25T05:00:00Z", Verdict::Due(Reason::ClockWentBack)),
        ("2030-01-01T06:05:00Z", "2026-11-25T05:00:00Z", Verdict::Due(Reason::ClockWentBack)),
    ] {
        let last = run(last, false);
        assert_eq!(due(&daily, &berlin, Known::Run(&last), at(now)), expected, "last {} now {now}", last.started);
    }
    let last = run("2026-11-25T06:05:00Z", true);
    assert_eq!(due(&daily, &berlin, Known::Run(&last), at("2026-11-25T06:20:00Z")), Verdict::Due(Reason::Untold));
    let never = due(&daily, &berlin, Known::Nothing, at("2026-11-25T06:20:00Z"));
    assert_eq!(never, Verdict::Due(Reason::First));
}

#[test]
fn without_a_record_a_run_is_due_at_its_time_and_not_at_every_call() {
    let (daily, utc) = (cron("0 7 * * *"), TimeZone::UTC);
    let calls = (0..96).map(|call| at("2026-11-25T00:03:00Z") + SignedDuration::from_mins(15 * call));
    let runs: Vec<String> = calls
        .filter(|now| due(&daily, &utc, Known::Unknown, *now) != Verdict::Wait)
        .map(|now| now.to_string())
        .collect();
    assert_eq!(runs, ["2026-11-25T07:03:00Z", "2026-11-25T07:18:00Z"]);
}

#[test]
fn in_another_zone_the_same_record_is_read_by_the_new_one() {
    let daily = cron("0 7 * * *");
    let last = run("2026-11-25T06:05:00Z", false);
    let now = at("2026-11-25T12:10:00Z");
    assert_eq!(due(&daily, &zone("Europe/Berlin"), Known::Run(&last), now), Verdict::Wait);
    assert_eq!(due(&daily, &zone("America/New_York"), Known::Run(&last), now), Verdict::Due(Reason::Time));
    assert_eq!(due(&daily, &zone("Asia/Tokyo"), Known::Run(&last), now), Verdict::Wait);
}

/// A year of calls every quarter of an hour, in zones that change: every day is looked at once.
#[test]
fn over_a_year_every_day_has_one_run() {
    let daily = cron("30 2 * * *");
    for name in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"] {
        let zone = zone(name);
        let mut now = at("2026-01-01T12:07:00Z");
        let mut last = LastRun { started: now, ended: now, exit_code: 0, untold: false };
        let mut runs = 0;
        for _ in 0..(365 * 96) {
            now += SignedDuration::from_mins(15);
            if let Verdict::Due(reason) = due(&daily, &zone, Known::Run(&last), now) {
                assert_eq!(reason, Reason::Time, "{name} at {now}");
                runs += 1;
                last.started = now;
            }
        }
        assert_eq!(runs, 365, "{name}");
    }
}
