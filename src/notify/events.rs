//! Alerts as events of the Windows event log. The numbers are stable: a filter or a subscription may rest on them.

use super::Message;
use crate::ports::{Event, EventLevel};
use crate::watch::Level;
use crate::watch::decide::Alert;
use crate::watch::facts::Kind;

/// The longest text, in characters; the log takes 31,839.
const LONGEST: usize = 8_000;
/// The number of a test.
pub const TEST: u16 = 100;

/// Returns the number of events about such things. Never given out again with another meaning.
#[must_use]
pub const fn id(kind: Kind) -> u16 {
    match kind {
        Kind::Expiry => 110,
        Kind::NotYetValid => 111,
        Kind::Policy => 112,
        Kind::Unreadable => 113,
        Kind::Waiver => 114,
        Kind::Channel => 115,
        Kind::Silent => 116,
        Kind::Doubt => 117,
        Kind::Access => 118,
        Kind::Disagreement => 119,
        Kind::Roll => 120,
        Kind::Signal => 121,
    }
}

/// Returns the event of one alert.
pub(super) fn event(message: &Message, alert: &Alert) -> Event {
    let level = match alert.level {
        Level::Attention => EventLevel::Information,
        Level::Warning => EventLevel::Warning,
        Level::Error | Level::Critical => EventLevel::Error,
    };
    let mut text = format!("{}: {}\r\n", alert.level.word().to_uppercase(), alert.message);
    for detail in &alert.details {
        text.push_str(&format!("{}: {}\r\n", detail.label, detail.value));
    }
    text.push_str(&format!("{}\r\nAlert {} of {}, crossing {}", alert.remedy, alert.id, message.from, alert.crossing));
    Event { id: if message.test { TEST } else { id(alert.kind) }, level, text: plain(&text) }
}

/// A NUL would end the text, and a percent sign before a digit would be a place for another one.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().filter(|c| *c != '\0').take(LONGEST) {
        if c.is_ascii_digit() && plain.ends_with('%') {
            plain.push(' ');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [Kind; 12] = [
        Kind::Expiry,
        Kind::NotYetValid,
        Kind::Policy,
        Kind::Unreadable,
        Kind::Waiver,
        Kind::Channel,
        Kind::Silent,
        Kind::Doubt,
        Kind::Access,
        Kind::Disagreement,
        Kind::Roll,
        Kind::Signal,
    ];

    #[test]
    fn numbers_are_those_that_were_published_and_each_is_there_once() {
        let numbers: Vec<u16> = KINDS.iter().map(|kind| id(*kind)).collect();
        assert_eq!(numbers, [110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 121]);
        assert_eq!(numbers.iter().chain([&TEST]).collect::<BTreeSet<_>>().len(), KINDS.len() + 1);
        // The table of texts knows no others.
        assert!(numbers.iter().all(|number| (1..=1000).contains(number)));
    }

    #[test]
    fn a_text_holds_no_place_for_another_one() {
        assert_eq!(plain("10%1 100% a\0b %20"), "10% 1 100% ab % 20");
        assert_eq!(plain(&"a".repeat(LONGEST + 1)).len(), LONGEST);
    }
}
