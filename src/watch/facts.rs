//! What was seen, and the items that can be spoken of.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::act_by::{FreezeSpan, LeadTimes, act_by};
use super::ladder::{DAY, Deadlines, Ladder};
use super::unattended::RollNews;
use super::{Level, later};
use crate::cert::Fingerprint;

/// The most places of one certificate that are named.
pub const MOST_PLACES: usize = 8;

/// The rules by which dates become alerts.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The thresholds.
    pub ladder: Ladder,
    /// How long a roll takes.
    pub times: LeadTimes,
    /// When nothing may change.
    pub freezes: Vec<FreezeSpan>,
}

impl Rules {
    /// Returns the dates of a certificate.
    #[must_use]
    pub fn deadlines(&self, not_before: Timestamp, expiry: Timestamp) -> Deadlines {
        let act_by = act_by(expiry, self.times, &self.freezes);
        Deadlines { act_by, expiry, life: expiry.duration_since(not_before).max(SignedDuration::ZERO) }
    }
}

/// One certificate with its chain, wherever it was seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CertificateFacts {
    /// SHA-256 of the leaf, upper-case hexadecimal: its identity here.
    pub fingerprint: String,
    /// SHA-1 of the leaf, as Windows shows it.
    pub thumbprint: String,
    /// The subject as RFC 4514 text.
    pub subject: String,
    /// The leaf's first instant of validity.
    pub not_before: Timestamp,
    /// The leaf's last instant of validity.
    pub not_after: Timestamp,
    /// The earliest last instant in the chain: the effective expiry.
    pub expiry: Timestamp,
    /// Whose last instant that is, where it is not the leaf's.
    pub limited_by: Option<String>,
    /// Where it was seen, at most [`MOST_PLACES`].
    pub places: Vec<String>,
    /// In how many more places.
    pub more_places: u64,
    /// The policy rules of severity error that it breaks, each with what was seen.
    pub violations: Vec<Violation>,
    /// The certificate that has taken its place, if one has.
    pub successor: Option<Successor>,
}

/// A policy rule that is broken by what is deployed.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Violation {
    /// The id of the rule.
    pub rule: String,
    /// What was seen.
    pub message: String,
}

/// A certificate that has taken the place of another.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Successor {
    /// Its thumbprint.
    pub thumbprint: String,
    /// When it expires.
    pub expiry: Timestamp,
    /// Whether it is proven that it is the one in use.
    pub proven: bool,
}

/// Something else that somebody must know of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trouble {
    /// What sort.
    pub kind: Kind,
    /// What it is about: a path, a waiver, a channel. Makes the key.
    pub about: String,
    /// How bad it is.
    pub level: Level,
    /// What was seen, in one sentence.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// Everything that a run has seen.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The certificates that may be spoken of.
    pub certificates: Vec<CertificateFacts>,
    /// Everything else.
    pub troubles: Vec<Trouble>,
    /// What has become of a roll that nobody sits at.
    pub roll: Option<RollNews>,
}

/// The sorts of things that are spoken of.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A certificate expires, or has expired.
    Expiry,
    /// A certificate is not valid yet.
    NotYetValid,
    /// What is deployed breaks the policy.
    Policy,
    /// A source cannot be read, so nothing is known of it.
    Unreadable,
    /// Somebody who has to use a private key cannot, or the key cannot be used.
    Access,
    /// The places of a farm disagree.
    Disagreement,
    /// A waiver ends or has ended.
    Waiver,
    /// A channel could not be reached.
    Channel,
    /// A watch, here or elsewhere, has fallen silent or its schedule is not as it should be.
    Silent,
    /// The clock went back, or the memory was lost.
    Doubt,
    /// A roll that nobody sits at was prepared, refused or carried out.
    Roll,
    /// A server says by itself that something is wrong with a certificate.
    Signal,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Expiry,
        Self::NotYetValid,
        Self::Policy,
        Self::Unreadable,
        Self::Access,
        Self::Disagreement,
        Self::Waiver,
        Self::Channel,
        Self::Silent,
        Self::Doubt,
        Self::Roll,
        Self::Signal,
    ];

    /// Returns the word used in keys and output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::NotYetValid => "not-yet-valid",
            Self::Policy => "policy",
            Self::Unreadable => "unreadable",
            Self::Access => "access",
            Self::Disagreement => "disagreement",
            Self::Waiver => "waiver",
            Self::Channel => "channel",
            Self::Silent => "silent",
            Self::Doubt => "doubt",
            Self::Roll => "roll",
            Self::Signal => "signal",
        }
    }
}

/// What decides when an item is spoken of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Matter {
    /// The ladder.
    Dates(Deadlines),
    /// It is so, now: told when it begins, and again when it gets worse or has a new mark.
    Standing {
        /// How bad it is.
        level: Level,
        /// What tells one state of it from another: the rules that are broken.
        marks: BTreeSet<String>,
    },
}

/// Something that can be spoken of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Its identity over time: one key, one story.
    pub key: String,
    /// What sort.
    pub kind: Kind,
    /// What it is about, in a few words.
    pub title: String,
    /// What was seen, in one sentence, where that is not said by its dates.
    pub said: String,
    /// What is known, as label and value.
    pub details: Vec<(&'static str, String)>,
    /// What to do.
    pub remedy: String,
    /// What decides when it is spoken of.
    pub matter: Matter,
    /// Whether another certificate is proven to be in use in its place, so that nobody need be told.
    pub retired: bool,
}

impl Item {
    /// Returns the short name by which a person refers to it: the beginning of a hash of the key.
    #[must_use]
    pub fn id(key: &str) -> String {
        Fingerprint::of(key.as_bytes()).as_bytes().iter().take(5).fold(String::new(), |mut text, octet| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{octet:02x}");
            text
        })
    }
}

/// Returns everything that can be spoken of at `now`.
#[must_use]
pub fn items(facts: &Facts, rules: &Rules, now: Timestamp) -> Vec<Item> {
    let of_certificates = facts.certificates.iter().flat_map(|one| of_certificate(one, rules, now));
    of_certificates.chain(facts.troubles.iter().map(of_trouble)).chain(facts.roll.iter().map(RollNews::item)).collect()
}

fn of_trouble(trouble: &Trouble) -> Item {
    Item {
        key: format!("{}/{}", trouble.kind.word(), trouble.about),
        kind: trouble.kind,
        title: trouble.about.clone(),
        said: trouble.message.clone(),
        details: Vec::new(),
        remedy: trouble.remedy.clone(),
        matter: Matter::Standing { level: trouble.level, marks: BTreeSet::new() },
        retired: false,
    }
}

/// Returns the items of one certificate: its dates, that it is not valid yet, the rules it breaks.
#[must_use]
pub fn of_certificate(facts: &CertificateFacts, rules: &Rules, now: Timestamp) -> Vec<Item> {
    let dates = rules.deadlines(facts.not_before, facts.expiry);
    let item = |kind: Kind, details, remedy: String, matter| Item {
        key: format!("{}/{}", kind.word(), facts.fingerprint),
        kind,
        title: facts.subject.clone(),
        said: match kind {
            Kind::NotYetValid => format!("{} is not valid yet", facts.subject),
            Kind::Policy => format!("{} breaks the policy", facts.subject),
            _ => String::new(),
        },
        details,
        remedy,
        matter,
        retired: facts.successor.as_ref().is_some_and(|one| one.proven),
    };
    let mut items = Vec::new();
    let place = facts.places.first().map_or("FILE", String::as_str);
    if rules.ladder.last_rung(dates, now).is_some() {
        let mut details = described(facts);
        if dates.act_by < dates.expiry {
            details.push(("act by", minute(dates.act_by)));
        }
        let remedy = match &facts.successor {
            Some(one) => format!("{} takes its place; see that it is in use everywhere", one.thumbprint),
            None => "order or issue a new one, and roll it before the act-by date".to_owned(),
        };
        items.push(item(Kind::Expiry, details, remedy, Matter::Dates(dates)));
    }
    if now < facts.not_before {
        let mut details = described(facts);
        details.push(("valid from", minute(facts.not_before)));
        let remedy =
            "see that nothing uses it before that instant, and that the clock of this machine is right".to_owned();
        let level = Level::Attention;
        items.push(item(Kind::NotYetValid, details, remedy, Matter::Standing { level, marks: BTreeSet::new() }));
    }
    if !facts.violations.is_empty() {
        let mut details = described(facts);
        details.extend(facts.violations.iter().map(|one| ("rule", format!("{}: {}", one.rule, one.message))));
        let marks = facts.violations.iter().map(|one| one.rule.clone()).collect();
        let remedy = format!("see what is wrong and what to do: s2scert check {place}");
        items.push(item(Kind::Policy, details, remedy, Matter::Standing { level: Level::Warning, marks }));
    }
    items
}

fn described(facts: &CertificateFacts) -> Vec<(&'static str, String)> {
    let mut details = vec![("thumbprint", facts.thumbprint.clone())];
    let mut places = facts.places.join(", ");
    if facts.more_places > 0 {
        let _ = write!(places, " and {} more", facts.more_places);
    }
    details.push(("seen in", places));
    details.push(("expires", minute(facts.expiry)));
    if let Some(issuer) = &facts.limited_by {
        details.push((
            "because of",
            format!("{issuer}, which expires before the certificate itself ({})", minute(facts.not_after)),
        ));
    }
    if let Some(one) = &facts.successor {
        let how = if one.proven { "is in use in its place" } else { "has the same subject and expires later" };
        details.push(("superseded", format!("{} {how}: {}", one.thumbprint, minute(one.expiry))));
    }
    details
}

/// Returns whether a certificate can have something to say at `now`, or has within a day: cheap, and never wrong towards no.
#[must_use]
pub fn may_matter(
    not_before: Timestamp,
    expiry: Timestamp,
    rules: &Rules,
    ahead: SignedDuration,
    now: Timestamp,
) -> bool {
    let life = expiry.duration_since(not_before).max(SignedDuration::ZERO);
    let reach = rules.ladder.reach(life, ahead).saturating_add(DAY);
    now < not_before || later(now, reach) >= expiry
}

/// Writes an instant for people: to the minute, UTC.
#[must_use]
pub fn minute(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
