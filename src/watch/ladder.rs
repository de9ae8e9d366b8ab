//! The ladder of thresholds. Each threshold makes a rung in time; an instant stands on the last rung that it has passed.
//!
//! Up to the act-by date the thresholds count to it; once it has passed they count to the expiry; after the expiry every day
//! is a rung. So rungs only ever get worse with time, and "crossed since" is a question about two instants.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Level, earlier, later};

/// The length of a day here: expiry is an instant, not a date of a calendar.
pub const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The longest threshold that is taken, in days.
const MOST_DAYS: i64 = 3660;
/// The most thresholds of one ladder.
pub const MOST_THRESHOLDS: usize = 32;

/// How long before a date somebody is told.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Threshold {
    /// A span of time: `14d`, `36h`.
    Span(SignedDuration),
    /// A share of the whole life of the certificate, in percent: `10%`.
    Percent(u8),
}

impl Threshold {
    /// Makes one of whole days.
    #[must_use]
    pub fn days(days: u16) -> Self {
        Self::Span(SignedDuration::from_hours(24 * i64::from(days)))
    }

    /// Returns the span for a certificate that lives so long.
    #[must_use]
    pub fn span(self, life: SignedDuration) -> SignedDuration {
        match self {
            Self::Span(span) => span,
            Self::Percent(percent) => SignedDuration::from_secs(life.as_secs().max(0) / 100 * i64::from(percent)),
        }
    }
}

/// Reads `14d`, `36h` or `45m`.
///
/// # Errors
/// A sentence, where the text is none of these.
pub fn span_of(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{:?} is no span of time; write it as 14d, 36h or 45m", shown(text));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        _ => return Err(wrong()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    let span = number * seconds;
    if span > MOST_DAYS * 86_400 {
        return Err(format!("{text:?} is longer than {MOST_DAYS} days"));
    }
    Ok(SignedDuration::from_secs(span))
}

/// The beginning of a text, for a message.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

impl TryFrom<String> for Threshold {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let Some(percent) = text.strip_suffix('%') else {
            let span = span_of(&text)?;
            let none = || "a threshold is longer than nothing: 1d".to_owned();
            return if span.is_zero() { Err(none()) } else { Ok(Self::Span(span)) };
        };
        match percent.parse::<u8>() {
            Ok(percent @ 1..=99) => Ok(Self::Percent(percent)),
            _ => Err(format!("{:?} is no share of a life; write it as 10%", shown(&text))),
        }
    }
}

impl From<Threshold> for String {
    fn from(threshold: Threshold) -> Self {
        threshold.to_string()
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Span(span) => f.write_str(&span_text(*span)),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Writes a span with the largest unit that divides it.
pub(crate) fn span_text(span: SignedDuration) -> String {
    let seconds = span.as_secs();
    match seconds {
        _ if seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        _ if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        _ => format!("{}m", seconds / 60),
    }
}

/// The dates of one certificate.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Deadlines {
    /// When somebody must have begun at the latest. Never after `expiry`.
    pub act_by: Timestamp,
    /// When the first certificate of the chain expires.
    pub expiry: Timestamp,
    /// How long the certificate lives from its first to its last instant.
    pub life: SignedDuration,
}

/// Which date the rungs count to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// To the act-by date.
    ToActBy,
    /// The act-by date has passed.
    Late,
    /// To the expiry.
    ToExpiry,
    /// It has expired.
    Expired,
}

/// Where on the ladder an instant stands. A later stage is greater.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Stage {
    /// Which date the rungs count to.
    pub phase: Phase,
    /// How far into the phase: minus the threshold in seconds, or the whole days since the expiry.
    pub depth: i64,
}

impl Stage {
    /// Returns the word for this stage in keys: `act-by-14d`, `late`, `expiry-7d`, `expired-3`.
    #[must_use]
    pub fn word(self) -> String {
        let span = span_text(SignedDuration::from_secs(-self.depth));
        match self.phase {
            Phase::ToActBy => format!("act-by-{span}"),
            Phase::Late => "late".to_owned(),
            Phase::ToExpiry => format!("expiry-{span}"),
            Phase::Expired => format!("expired-{}", self.depth),
        }
    }
}

/// A stage and the instant at which it began.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rung {
    /// The stage that begins here.
    pub stage: Stage,
    /// When it begins.
    pub at: Timestamp,
}

/// The thresholds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Ladder {
    thresholds: Vec<Threshold>,
    critical: SignedDuration,
}

impl Default for Ladder {
    /// Room for a pending request and 24 hours of SharePoint's cache: 60, 30, 14, 7, 2 and 1 days; critical from 7 days on.
    fn default() -> Self {
        Self::new([60, 30, 14, 7, 2, 1].map(Threshold::days).to_vec(), DAY * 7)
    }
}

impl Ladder {
    /// Makes a ladder. From `critical` before the expiry on everything is critical.
    #[must_use]
    pub fn new(thresholds: Vec<Threshold>, critical: SignedDuration) -> Self {
        Self { thresholds, critical }
    }

    /// Returns how long before its expiry a certificate can be spoken of at the earliest, where `ahead` is the longest
    /// distance between act-by and expiry.
    #[must_use]
    pub fn reach(&self, life: SignedDuration, ahead: SignedDuration) -> SignedDuration {
        let longest = self.thresholds.iter().map(|one| one.span(life)).max().unwrap_or(SignedDuration::ZERO);
        longest.saturating_add(ahead).max(self.critical)
    }

    /// Returns every rung up to the expiry, in the order of time.
    fn rungs(&self, dates: Deadlines) -> Vec<Rung> {
        let act_by = dates.act_by.min(dates.expiry);
        let rung = |phase, depth, at| Rung { stage: Stage { phase, depth }, at };
        let mut rungs = Vec::with_capacity(2 * self.thresholds.len() + 2);
        for threshold in &self.thresholds {
            let span = threshold.span(dates.life);
            // Where both dates are one, there is one countdown: to the expiry.
            if act_by < dates.expiry {
                rungs.push(rung(Phase::ToActBy, -span.as_secs(), earlier(act_by, span)));
            }
            let at = earlier(dates.expiry, span);
            if at > act_by || act_by == dates.expiry {
                rungs.push(rung(Phase::ToExpiry, -span.as_secs(), at));
            }
        }
        if act_by < dates.expiry {
            rungs.push(rung(Phase::Late, 0, act_by));
        }
        rungs.push(rung(Phase::Expired, 0, dates.expiry));
        rungs.sort_by_key(|rung| rung.stage);
        rungs
    }

    /// Returns the last rung that has been passed, if any.
    #[must_use]
    pub fn last_rung(&self, dates: Deadlines, now: Timestamp) -> Option<Rung> {
        if now >= dates.expiry {
            let days = now.duration_since(dates.expiry).as_secs() / DAY.as_secs();
            let at = later(dates.expiry, SignedDuration::from_secs(days * DAY.as_secs()));
            return Some(Rung { stage: Stage { phase: Phase::Expired, depth: days }, at });
        }
        self.rungs(dates).into_iter().rev().find(|rung| rung.at <= now)
    }

    /// Returns the next rung that will be passed.
    #[must_use]
    pub fn next_rung(&self, dates: Deadlines, now: Timestamp) -> Rung {
        let coming = self.rungs(dates).into_iter().find(|rung| rung.at > now);
        coming.unwrap_or_else(|| {
            let days = now.duration_since(dates.expiry).as_secs().max(0) / DAY.as_secs() + 1;
            let at = later(dates.expiry, SignedDuration::from_secs(days.saturating_mul(DAY.as_secs())));
            Rung { stage: Stage { phase: Phase::Expired, depth: days }, at }
        })
    }

    /// Returns how bad it is at an instant at which a stage has been reached: the worse of what the stage says and of what
    /// the distance to the expiry says.
    #[must_use]
    pub fn level(&self, stage: Stage, dates: Deadlines, now: Timestamp) -> Level {
        let by_stage = match stage.phase {
            Phase::Expired => Level::Critical,
            Phase::Late => Level::Error,
            Phase::ToActBy | Phase::ToExpiry => match -stage.depth / DAY.as_secs() {
                ..=2 => Level::Error,
                3..=14 => Level::Warning,
                _ => Level::Attention,
            },
        };
        // Once it is late, nothing is better than late.
        let late = if stage.phase == Phase::ToExpiry && dates.act_by < dates.expiry { Level::Error } else { by_stage };
        let near = if earlier(dates.expiry, self.critical) <= now { Level::Critical } else { by_stage };
        by_stage.max(late).max(near)
    }
}

#[cfg(test)]
mod tests;
