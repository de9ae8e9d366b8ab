//! Findings that somebody answers for, until a day.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::nearest;
use super::finding::{Finding, Severity, WaivedBy};
use super::rule::{Rule, RuleId, Sentence};
use super::values::{Pattern, Sha256Hex};
use super::view::CertificateView;

/// The longest time for which a waiver may hold, in years: nobody answers for ever.
const MAX_YEARS: i64 = 1;
/// How many days before its end a waiver is spoken of.
const EXPIRING_DAYS: i32 = 30;
/// From how many days before its end on that is a warning.
const EXPIRING_SOON_DAYS: i32 = 7;

/// A waiver: the finding of one rule on some certificates is accepted until a day.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The id of the rule.
    rule: RuleId,
    /// The SHA-256 fingerprint of the certificate that is covered, in hexadecimal. Give this or `subject`.
    #[serde(default)]
    fingerprint: Option<Sha256Hex>,
    /// A regular expression; certificates are covered whose whole subject (RFC 4514 text) it matches.
    #[serde(default)]
    subject: Option<Pattern>,
    /// The person or team that answers for it.
    owner: Sentence,
    /// Why it is accepted.
    reason: Sentence,
    /// The last day on which it holds (UTC), at most one year ahead: "2027-01-31".
    until: LastDay,
}

/// The last day of a waiver. It holds until that day ends in UTC.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("format" = "date"))]
pub(crate) struct LastDay(Date);

impl TryFrom<String> for LastDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("{:?} is no date; write it as year-month-day: \"2027-01-31\"", super::error::shown(&text));
        // Parsing a Date would also take a date with a time and drop the time.
        if text.len() != 10 {
            return Err(wrong());
        }
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// What a waiver is worth at some instant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// It covers; so many days are left after today.
    Holds { days_left: i32 },
    /// Its last day is over.
    Expired,
    /// It ends too far ahead to count.
    TooLong,
}

/// Which waivers have covered a finding. One value serves for all files of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct WaiverUse {
    used: Vec<bool>,
}

impl WaiverUse {
    /// Adds what another run over other files has used.
    pub fn merge(&mut self, other: &Self) {
        self.used.resize(self.used.len().max(other.used.len()), false);
        for (mine, theirs) in self.used.iter_mut().zip(&other.used) {
            *mine |= theirs;
        }
    }

    fn mark(&mut self, index: usize) {
        self.used.resize(self.used.len().max(index + 1), false);
        self.used[index] = true;
    }

    fn has(&self, index: usize) -> bool {
        self.used.get(index).copied().unwrap_or(false)
    }
}

impl Waiver {
    pub(crate) fn validate(&self) -> Result<(), String> {
        match (&self.fingerprint, &self.subject) {
            (Some(_), Some(_)) => Err("give `fingerprint` or `subject`, not both".to_owned()),
            (None, None) => {
                Err("give the `fingerprint` or the `subject` of the certificates that are covered".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn state(&self, now: Timestamp) -> State {
        let today = TimeZone::UTC.to_datetime(now).date();
        let latest = today.saturating_add(jiff::Span::new().years(MAX_YEARS));
        if self.until.0 < today {
            State::Expired
        } else if self.until.0 > latest {
            State::TooLong
        } else {
            State::Holds { days_left: today.until(self.until.0).map_or(0, |span| span.get_days()) }
        }
    }

    fn is_for(&self, view: &CertificateView<'_>) -> bool {
        self.fingerprint.is_some_and(|hash| hash.is(view.fingerprint()))
            || self.subject.as_ref().is_some_and(|pattern| pattern.matches_whole(&view.subject().to_string()))
    }
}

/// Returns the waiver that covers a finding of `rule` on this certificate, and notes its use.
pub(crate) fn cover(
    waivers: &[Waiver],
    rule: &str,
    view: &CertificateView<'_>,
    now: Timestamp,
    used: &mut WaiverUse,
) -> Option<WaivedBy> {
    let (index, waiver) = waivers.iter().enumerate().find(|(_, waiver)| {
        waiver.rule.0 == rule && matches!(waiver.state(now), State::Holds { .. }) && waiver.is_for(view)
    })?;
    used.mark(index);
    Some(WaivedBy { owner: waiver.owner.0.clone(), reason: waiver.reason.0.clone(), until: waiver.until.0.to_string() })
}

/// Returns the findings about the waivers themselves.
pub(crate) fn findings(waivers: &[Waiver], rules: &[Rule], now: Timestamp, used: &WaiverUse) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, waiver) in waivers.iter().enumerate() {
        let until = waiver.until.0;
        let mut add = |id, severity, message: String, reason, remedy| {
            findings.push(Finding {
                id: Cow::Borrowed(id),
                severity,
                subject: format!("waiver of {} ({})", waiver.rule.0, waiver.owner.0),
                message,
                reason: Cow::Borrowed(reason),
                remedy: Cow::Borrowed(remedy),
                waived_by: None,
            });
        };
        match waiver.state(now) {
            State::Expired => {
                let message = format!("the waiver ended with {until} and no longer covers anything");
                add(
                    "waiver-expired",
                    Severity::Warning,
                    message,
                    ENDS,
                    "cure the finding, or let its owner decide again",
                );
                continue;
            }
            State::TooLong => {
                let message = format!("the waiver ends on {until}, more than a year ahead, and does not count");
                add("waiver-too-long", Severity::Warning, message, ENDS, "choose a day within one year");
                continue;
            }
            State::Holds { days_left } if days_left <= EXPIRING_DAYS => {
                let soon = days_left <= EXPIRING_SOON_DAYS;
                let severity = if soon { Severity::Warning } else { Severity::Info };
                let message = format!("the last day of the waiver is {until}; {days_left} days are left after today");
                add("waiver-expiring", severity, message, ENDS, "cure the finding before that day");
            }
            State::Holds { .. } => {}
        }
        if !used.has(index) {
            let known = rules.iter().any(|rule| rule.id == waiver.rule.0);
            let message = if known {
                "the waiver covers no finding".to_owned()
            } else {
                let hint = nearest(&waiver.rule.0, rules.iter().map(Rule::id));
                let hint = hint.map_or_else(String::new, |id| format!("; did you mean {id:?}?"));
                format!("the policy has no rule {:?}, so the waiver covers nothing{hint}", waiver.rule.0)
            };
            add("waiver-unused", Severity::Info, message, UNUSED, "remove the waiver, or correct what it is meant for");
        }
    }
    findings
}

const ENDS: &str =
    "A waiver is a decision of a person for a time; when the time is over, the decision has to be made again.";
const UNUSED: &str =
    "A waiver that covers nothing hides the next finding of its rule without anybody having decided that.";
