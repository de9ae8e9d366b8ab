//! Rungs, levels and spans.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or_default()
}

fn dates(act_by: &str, expiry: &str) -> Deadlines {
    Deadlines { act_by: at(act_by), expiry: at(expiry), life: DAY * 365 }
}

#[test]
fn a_span_is_a_number_and_a_unit_and_nothing_else() {
    for (text, seconds) in [("14d", 1_209_600), ("36h", 129_600), ("45m", 2_700), ("0d", 0)] {
        assert_eq!(span_of(text).map(|span| span.as_secs()), Ok(seconds), "{text}");
    }
    for text in ["", "d", "14", "-1d", "1.5d", " 1d", "1d ", "14 d", "9999999d", "4000d", "1w", "ä", "1ä", "۱d"] {
        assert!(span_of(text).is_err(), "{text}");
    }
    for (text, written) in [("14d", "14d"), ("48h", "2d"), ("36h", "36h"), ("90m", "90m"), ("10%", "10%")] {
        assert_eq!(Threshold::try_from(text.to_owned()).map(String::from), Ok(written.to_owned()), "{text}");
    }
    for text in ["0d", "0%", "100%", "-5%", "%", "1.5%", "10 %"] {
        assert!(Threshold::try_from(text.to_owned()).is_err(), "{text}");
    }
}

#[test]
fn the_ladder_counts_to_act_by_then_to_the_expiry_then_by_the_day() {
    let ladder = Ladder::default();
    let two = dates("2027-05-11T12:00:00Z", "2027-06-10T12:00:00Z");
    for (now, word, level) in [
        ("2027-03-12T11:59:59Z", "", Level::Attention),
        ("2027-03-12T12:00:00Z", "act-by-60d", Level::Attention),
        ("2027-04-11T11:59:59Z", "act-by-60d", Level::Attention),
        ("2027-04-11T12:00:00Z", "act-by-30d", Level::Attention),
        ("2027-04-27T12:00:00Z", "act-by-14d", Level::Warning),
        ("2027-05-09T12:00:00Z", "act-by-2d", Level::Error),
        ("2027-05-11T11:59:59Z", "act-by-1d", Level::Error),
        ("2027-05-11T12:00:00Z", "late", Level::Error),
        ("2027-05-27T12:00:00Z", "expiry-14d", Level::Error),
        ("2027-06-03T12:00:00Z", "expiry-7d", Level::Critical),
        ("2027-06-10T11:59:59Z", "expiry-1d", Level::Critical),
        ("2027-06-10T12:00:00Z", "expired-0", Level::Critical),
        ("2027-06-11T11:59:59Z", "expired-0", Level::Critical),
        ("2027-06-11T12:00:00Z", "expired-1", Level::Critical),
        ("2037-06-07T12:00:00Z", "expired-3650", Level::Critical),
    ] {
        let rung = ladder.last_rung(two, at(now));
        assert_eq!(rung.map(|rung| rung.stage.word()).unwrap_or_default(), word, "{now}");
        if let Some(rung) = rung {
            assert_eq!(ladder.level(rung.stage, two, at(now)), level, "{now}");
            assert!(rung.at <= at(now));
        }
    }
}

#[test]
fn where_nothing_takes_time_there_is_one_countdown_to_the_expiry() {
    let one = dates("2027-06-10T12:00:00Z", "2027-06-10T12:00:00Z");
    let ladder = Ladder::default();
    let words: Vec<String> = ladder.rungs(one).iter().map(|rung| rung.stage.word()).collect();
    assert_eq!(words, ["expiry-60d", "expiry-30d", "expiry-14d", "expiry-7d", "expiry-2d", "expiry-1d", "expired-0"]);
}

#[test]
fn a_share_of_the_life_is_a_threshold_of_its_own_for_each_certificate() {
    let ladder = Ladder::new(vec![Threshold::Percent(10)], DAY);
    let short = Deadlines { life: DAY * 10, ..dates("2027-06-10T12:00:00Z", "2027-06-10T12:00:00Z") };
    assert_eq!(ladder.last_rung(short, at("2027-06-09T11:59:59Z")), None);
    assert!(ladder.last_rung(short, at("2027-06-09T12:00:00Z")).is_some());
}

#[test]
fn stages_and_rungs_rise_together_and_the_next_rung_is_the_next() {
    let ladder = Ladder::default();
    for act_by in ["2027-06-10T12:00:00Z", "2027-06-09T12:00:00Z", "2027-05-01T00:00:00Z", "2026-01-01T00:00:00Z"] {
        let dates = dates(act_by, "2027-06-10T12:00:00Z");
        let mut now = at("2025-01-01T00:00:00Z");
        let mut before = None;
        for _ in 0..300 {
            let next = ladder.next_rung(dates, now);
            assert!(next.at > now, "{act_by}");
            assert_eq!(
                ladder.last_rung(dates, earlier(next.at, SignedDuration::from_secs(1))).map(|rung| rung.stage),
                before
            );
            assert_eq!(ladder.last_rung(dates, next.at), Some(next));
            assert!(Some(next.stage) > before);
            before = Some(next.stage);
            now = next.at;
        }
    }
}

#[test]
fn the_ends_of_the_calendar_are_no_trouble() {
    let ladder = Ladder::default();
    for (act_by, expiry) in
        [(Timestamp::MIN, Timestamp::MIN), (Timestamp::MIN, Timestamp::MAX), (Timestamp::MAX, Timestamp::MAX)]
    {
        for now in [Timestamp::MIN, at("2027-01-01T00:00:00Z"), Timestamp::MAX] {
            let dates = Deadlines { act_by, expiry, life: Timestamp::MAX.duration_since(Timestamp::MIN) };
            if let Some(rung) = ladder.last_rung(dates, now) {
                let _ = ladder.level(rung.stage, dates, now);
                let _ = rung.stage.word();
            }
            let _ = ladder.next_rung(dates, now);
        }
    }
}
