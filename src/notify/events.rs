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
    // A NUL would end the text, and a percent sign may begin a place for another one.
    let text = text.chars().filter(|c| *c != '\0').take(LONGEST).collect::<String>().replace('%', "%%");
    Event { id: if message.test { TEST } else { id(alert.kind) }, level, text }
}
