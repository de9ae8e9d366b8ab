//! The date by which somebody must begin, counted back from the expiry.
//!
//! A roll waits for the certification authority (`lead`; nothing changes meanwhile, so a freeze does not hinder it), then
//! changes things for `overlap` and until SharePoint's `cache` is over. No part of the change may fall into a freeze.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{earlier, later};

/// How long the parts of a roll take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LeadTimes {
    /// How long the certification authority takes.
    pub lead: SignedDuration,
    /// How long both certificates are to be valid side by side.
    pub overlap: SignedDuration,
    /// How long SharePoint may keep what it has read of the metadata document: 24 hours.
    pub cache: SignedDuration,
}

impl Default for LeadTimes {
    fn default() -> Self {
        Self { lead: SignedDuration::ZERO, overlap: SignedDuration::ZERO, cache: SignedDuration::from_hours(24) }
    }
}

impl LeadTimes {
    /// Returns how long things change.
    fn change(self) -> SignedDuration {
        self.overlap.saturating_add(self.cache)
    }

    /// Returns the longest distance between act-by and expiry, freezes included.
    #[must_use]
    pub fn longest(self, freezes: &[FreezeSpan]) -> SignedDuration {
        let change = self.change();
        let frozen = freezes.iter().map(|freeze| freeze.until.duration_since(freeze.from).saturating_add(change));
        frozen.fold(self.lead.saturating_add(change), SignedDuration::saturating_add)
    }
}

/// A time in which nothing may change: from the first instant up to, and without, the second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FreezeSpan {
    /// The first instant of the freeze.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
}

impl FreezeSpan {
    /// Makes one of whole days of a zone, both of them included.
    #[must_use]
    pub fn of_days(first: Date, last: Date, zone: &TimeZone) -> Self {
        let start = |date: Date, otherwise| zone.to_timestamp(date.at(0, 0, 0, 0)).unwrap_or(otherwise);
        Self {
            from: start(first, Timestamp::MIN),
            until: last.tomorrow().map_or(Timestamp::MAX, |after| start(after, Timestamp::MAX)),
        }
    }
}

/// Returns the latest instant at which a roll can begin so that it is over before `expiry` and changes nothing in a freeze.
#[must_use]
pub fn act_by(expiry: Timestamp, times: LeadTimes, freezes: &[FreezeSpan]) -> Timestamp {
    let change = times.change();
    let mut start = earlier(expiry, change);
    // Each freeze can push the start back once at most, because afterwards the change ends before that freeze begins.
    for _ in 0..=freezes.len() {
        let end = later(start, change);
        let meets = |freeze: &&FreezeSpan| {
            freeze.from < freeze.until && freeze.from < end.max(later(start, TICK)) && start < freeze.until
        };
        let Some(freeze) = freezes.iter().filter(meets).min_by_key(|freeze| freeze.from) else { break };
        start = earlier(freeze.from, change.max(TICK));
    }
    earlier(start, times.lead)
}

/// A change that takes no time still happens at an instant.
const TICK: SignedDuration = SignedDuration::from_secs(1);

#[cfg(test)]
mod tests;
