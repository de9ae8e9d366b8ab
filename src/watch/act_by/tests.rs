//! Act-by against a search that knows nothing of how it is computed.

use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600;

/// Whether a roll that begins at this hour is over in time and changes nothing in a freeze. Hours, counted one by one.
fn works(start: i64, (lead, change): (i64, i64), expiry: i64, freezes: &[(i64, i64)]) -> bool {
    let from = start + lead;
    let hours = from..from + change;
    from + change <= expiry && hours.into_iter().all(|hour| freezes.iter().all(|(a, b)| hour < *a || hour >= *b))
}

fn hour(number: i64) -> Timestamp {
    Timestamp::from_second(number * HOUR).unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn act_by_is_the_latest_hour_at_which_a_roll_still_works(
        lead in 0_i64..30,
        overlap in 0_i64..20,
        cache in 1_i64..20,
        freezes in prop::collection::vec((800_i64..1_000, 0_i64..60), 0..5),
    ) {
        let expiry = 1_000;
        let freezes: Vec<(i64, i64)> = freezes.into_iter().map(|(from, length)| (from, from + length)).collect();
        let change = overlap + cache;
        let latest = (0..=expiry).rev().find(|start| works(*start, (lead, change), expiry, &freezes));
        let times = LeadTimes {
            lead: SignedDuration::from_hours(lead),
            overlap: SignedDuration::from_hours(overlap),
            cache: SignedDuration::from_hours(cache),
        };
        let spans: Vec<FreezeSpan> =
            freezes.iter().map(|(from, until)| FreezeSpan { from: hour(*from), until: hour(*until) }).collect();
        prop_assert_eq!(Some(act_by(hour(expiry), times, &spans)), latest.map(hour));
        prop_assert!(hour(expiry).duration_since(act_by(hour(expiry), times, &spans)) <= times.longest(&spans));
    }
}

#[test]
fn a_change_that_takes_no_time_still_does_not_happen_in_a_freeze() {
    let times = LeadTimes { lead: SignedDuration::ZERO, overlap: SignedDuration::ZERO, cache: SignedDuration::ZERO };
    let freeze = FreezeSpan { from: hour(90), until: hour(110) };
    assert_eq!(act_by(hour(100), times, &[]), hour(100));
    assert_eq!(act_by(hour(100), times, &[freeze]), earlier(hour(90), TICK));
}

#[test]
fn a_freeze_of_days_is_whole_days_of_its_zone() {
    let freeze = FreezeSpan::of_days(Date::constant(2026, 12, 20), Date::constant(2027, 1, 3), &TimeZone::UTC);
    assert_eq!(
        (freeze.from.to_string(), freeze.until.to_string()),
        ("2026-12-20T00:00:00Z".into(), "2027-01-04T00:00:00Z".into())
    );
    let _ = FreezeSpan::of_days(Date::MIN, Date::MAX, &TimeZone::UTC);
}
