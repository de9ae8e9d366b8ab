//! The one decision: what stands, and which channel is due to hear of it.
//!
//! It is made in two steps with the delivery between them: [`decide`] says who is due, [`delivered`] notes what got through.
//! What is not noted is due again in the next run.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, Item, Kind, Matter, Rules, items, minute};
use super::ladder::{Deadlines, Phase, Rung};
use super::memory::{Ack, Entry, Memory, Told, is_of_a_wrong_clock};
use super::{Level, later};

/// What a channel is there for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It is told everything from its level on.
    #[default]
    Primary,
    /// It is told what no primary channel could be told.
    Fallback,
    /// It is told what nobody has answered in time.
    Escalation,
}

/// A channel, as far as the decision knows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// Its name.
    pub name: String,
    /// The least level that it wants.
    pub level: Level,
    /// What it is there for.
    pub role: Role,
}

/// When somebody else is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Escalation {
    /// How long somebody has to answer.
    pub after: SignedDuration,
    /// From which level on.
    pub level: Level,
}

impl Default for Escalation {
    fn default() -> Self {
        Self { after: SignedDuration::from_hours(48), level: Level::Error }
    }
}

/// Something that stands at an instant.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Alert {
    /// The short name by which a person refers to it.
    pub id: String,
    /// Its identity over time: the de-duplication key of everything that is ever told of it.
    pub key: String,
    /// The de-duplication key of this crossing: the same however often it is sent.
    pub crossing: String,
    /// What sort.
    pub kind: Kind,
    /// How bad it is.
    pub level: Level,
    /// What it is about.
    pub title: String,
    /// What is so, in one sentence.
    pub message: String,
    /// What is known.
    pub details: Vec<Detail>,
    /// What to do.
    pub remedy: String,
    /// The date by which somebody must begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act_by: Option<Timestamp>,
    /// When it expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiry: Option<Timestamp>,
    /// Who has taken it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_by: Option<String>,
    /// Until when nobody wants to hear of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// What [`delivered`] will remember.
    #[serde(skip)]
    #[schemars(skip)]
    pub state: State,
}

/// A label and a value.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Detail {
    /// The label.
    pub label: &'static str,
    /// The value.
    pub value: String,
}

/// Where an item stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct State {
    /// How bad it is.
    pub level: Level,
    /// The last rung of the ladder, where it has one.
    pub rung: Option<Rung>,
    /// The marks, where it has none.
    pub marks: BTreeSet<String>,
}

/// Why a channel is due.
#[derive(Clone, Copy, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// A crossing since it was last reached.
    Crossing,
    /// Nobody has answered in time.
    Escalation,
}

/// A channel that is due to hear of an alert.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// The name of the channel.
    pub channel: String,
    /// Which of [`Decision::alerts`].
    pub alert: usize,
    /// Why.
    pub why: Why,
    /// Whether it is told only where no primary channel could be told.
    pub fallback: bool,
}

/// What follows from the facts.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Everything that stands, the worst first.
    pub alerts: Vec<Alert>,
    /// Who is due to hear of what.
    pub due: Vec<Due>,
    /// The memory, with what was seen noted in it. Nothing is told yet.
    pub memory: Memory,
}

/// By what it is decided.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    /// Dates to alerts.
    pub rules: Rules,
    /// The channels.
    pub routes: Vec<Route>,
    /// When somebody else is told.
    pub escalation: Escalation,
}

/// Decides what stands at `now`, and who is due to hear of it.
#[must_use]
pub fn decide(facts: &Facts, memory: &Memory, orders: &Orders, now: Timestamp) -> Decision {
    let items = items(facts, &orders.rules, now);
    let mut memory = memory.clone();
    let seen: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
    let dates = format!("{}/", Kind::Expiry.word());
    memory.keep_house(&seen, |key| !key.starts_with(&dates), orders.escalation.level, now);
    let mut alerts: Vec<Alert> = items
        .iter()
        .filter(|item| !item.retired)
        .filter_map(|item| {
            let state = state(item, &orders.rules, now)?;
            Some(alert(item, state, memory.entries.get(&item.key), now))
        })
        .collect();
    for alert in &alerts {
        // What has become better and then worse again is told again.
        let told = memory.entries.get_mut(&alert.key).into_iter().flat_map(|entry| entry.told.values_mut());
        for told in told.filter(|told| told.stage.is_none()) {
            told.level = told.level.min(alert.state.level);
            told.marks.retain(|mark| alert.state.marks.contains(mark));
        }
    }
    alerts.sort_by(|a, b| (b.level, a.expiry, &a.key).cmp(&(a.level, b.expiry, &b.key)));
    let mut due = Vec::new();
    for (index, alert) in alerts.iter().enumerate() {
        let entry = memory.entries.get(&alert.key);
        for route in &orders.routes {
            let why = match route.role {
                Role::Escalation => escalates(alert, entry, route, orders.escalation, now).then_some(Why::Escalation),
                Role::Primary | Role::Fallback => crossed(alert, entry, route, now).then_some(Why::Crossing),
            };
            let fallback = route.role == Role::Fallback;
            due.extend(why.map(|why| Due { channel: route.name.clone(), alert: index, why, fallback }));
        }
    }
    Decision { alerts, due, memory }
}

/// Returns whether some channel has heard of where an alert stands.
#[must_use]
pub fn is_told(memory: &Memory, alert: &Alert, now: Timestamp) -> bool {
    let Some(entry) = memory.entries.get(&alert.key) else { return false };
    let state = &alert.state;
    let stage = state.rung.map(|rung| rung.stage);
    entry.told.values().any(|told| {
        !is_of_a_wrong_clock(told.at, now)
            && told.stage >= stage
            && told.level >= state.level
            && state.marks.is_subset(&told.marks)
    })
}

/// Notes that an alert got through on a channel at `now`.
pub fn delivered(memory: &mut Memory, alert: &Alert, route: &Route, escalation: Escalation, now: Timestamp) {
    let entry = memory.entries.entry(alert.key.clone()).or_insert_with(|| Entry::new(&alert.title, now));
    let state = &alert.state;
    let told =
        Told { at: now, level: state.level, stage: state.rung.map(|rung| rung.stage), marks: state.marks.clone() };
    entry.told.insert(route.name.clone(), told);
    // What was answered has become worse: nobody has answered that.
    if ack(entry, state, now).is_none() {
        entry.ack = None;
    }
    if route.role != Role::Escalation && state.level >= escalation.level && entry.ack.is_none() {
        entry.unanswered_since.get_or_insert(now);
    }
}

fn ack<'a>(entry: &'a Entry, state: &State, now: Timestamp) -> Option<&'a Ack> {
    entry.ack_of(state.rung.map(|rung| rung.stage), state.level, &state.marks, now)
}

fn state(item: &Item, rules: &Rules, now: Timestamp) -> Option<State> {
    match &item.matter {
        Matter::Dates(dates) => {
            let rung = rules.ladder.last_rung(*dates, now)?;
            let level = rules.ladder.level(rung.stage, *dates, now);
            Some(State { level, rung: Some(rung), marks: BTreeSet::new() })
        }
        Matter::Standing { level, marks } => Some(State { level: *level, rung: None, marks: marks.clone() }),
    }
}

/// Returns whether a channel has not heard of where things stand.
fn crossed(alert: &Alert, entry: Option<&Entry>, route: &Route, now: Timestamp) -> bool {
    let state = &alert.state;
    if state.level < route.level {
        return false;
    }
    let Some(entry) = entry else { return true };
    if entry.is_snoozed(state.level, now) {
        return false;
    }
    let Some(told) = entry.told.get(&route.name) else { return true };
    // Told at an instant that has not come yet: by a clock that was wrong. Rather told again than not at all.
    if is_of_a_wrong_clock(told.at, now) {
        return true;
    }
    let Some(rung) = state.rung else {
        return state.level > told.level || !state.marks.is_subset(&told.marks);
    };
    let is_new = Some(rung.stage) > told.stage || rung.at > told.at;
    let daily = rung.stage.phase == Phase::Expired && told.stage.is_some_and(|stage| stage.phase == Phase::Expired);
    is_new && !(daily && ack(entry, state, now).is_some())
}

/// Returns whether nobody has answered in time, and this channel has not been told so yet.
fn escalates(alert: &Alert, entry: Option<&Entry>, route: &Route, by: Escalation, now: Timestamp) -> bool {
    let Some(entry) = entry else { return false };
    let Some(since) = entry.unanswered_since else { return false };
    let level = alert.state.level;
    if level < by.level.max(route.level) || entry.is_snoozed(level, now) || now < later(since, by.after) {
        return false;
    }
    entry
        .told
        .get(&route.name)
        .is_none_or(|told| told.at < since || is_of_a_wrong_clock(told.at, now) || told.level < level)
}

fn alert(item: &Item, state: State, entry: Option<&Entry>, now: Timestamp) -> Alert {
    let dates = match &item.matter {
        Matter::Dates(dates) => Some(*dates),
        Matter::Standing { .. } => None,
    };
    let ack = entry.and_then(|entry| ack(entry, &state, now));
    let snoozed = entry.filter(|entry| entry.is_snoozed(state.level, now)).and_then(|entry| entry.snooze.as_ref());
    Alert {
        id: Item::id(&item.key),
        key: item.key.clone(),
        crossing: crossing(item, &state),
        kind: item.kind,
        level: state.level,
        title: item.title.clone(),
        message: message(item, dates, now),
        details: item.details.iter().map(|(label, value)| Detail { label, value: value.clone() }).collect(),
        remedy: item.remedy.clone(),
        act_by: dates.map(|dates| dates.act_by),
        expiry: dates.map(|dates| dates.expiry),
        acknowledged_by: ack.map(|ack| ack.by.clone()),
        snoozed_until: snoozed.map(|snooze| snooze.until),
        state,
    }
}

fn crossing(item: &Item, state: &State) -> String {
    match (&item.matter, state.rung) {
        (Matter::Dates(dates), Some(rung)) => {
            format!("{}/{}/{}", item.key, rung.stage.word(), dates.expiry.strftime("%Y%m%dT%H%M%SZ"))
        }
        _ => {
            let marks: Vec<&str> = state.marks.iter().map(String::as_str).collect();
            format!("{}/{}/{}", item.key, state.level.word(), Item::id(&marks.join(" ")))
        }
    }
}

fn message(item: &Item, dates: Option<Deadlines>, now: Timestamp) -> String {
    let Some(dates) = dates else { return item.said.clone() };
    let expiry = minute(dates.expiry);
    if now >= dates.expiry {
        return format!("{} expired {} ago, on {expiry}", item.title, distance(now.duration_since(dates.expiry)));
    }
    let left = distance(dates.expiry.duration_since(now));
    if dates.act_by >= dates.expiry {
        return format!("{} expires in {left}, on {expiry}", item.title);
    }
    let act_by = minute(dates.act_by);
    if now >= dates.act_by {
        return format!("{} should have been rolled by {act_by}; it expires in {left}, on {expiry}", item.title);
    }
    let to_act = distance(dates.act_by.duration_since(now));
    format!("{} must be rolled within {to_act}, by {act_by}; it expires on {expiry}", item.title)
}

/// Writes a distance for people, in the largest whole unit, never more than there is.
#[must_use]
pub fn distance(span: SignedDuration) -> String {
    let plural = |number: i64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    let seconds = span.as_secs().max(0);
    match seconds {
        172_800.. => plural(seconds / 86_400, "day"),
        7_200.. => plural(seconds / 3_600, "hour"),
        _ => plural(seconds / 60, "minute"),
    }
}

#[cfg(test)]
mod tests;
