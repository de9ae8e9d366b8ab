//! Checks of what stands in the way of a roll now.

use super::sight::{by_hand, every, farm};
use super::{Check, Facts, Grade, Sight, calendar};

const DESCRIBE: &str = "on the server: s2scert node describe";
const NODE: &str = "docs/node-protocol.md";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "no-freeze",
        wants: "Nothing is frozen today",
        why: "somebody has said that nothing may change on these days",
        remedy: "wait until the freeze ends, or agree on an exception and take it out of farm.toml",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "docs/farm.md",
        judge: |facts| match (calendar::frozen(facts.farm, facts.now), facts.is_described()) {
            (_, false) => vec![farm(Grade::Unseen, "no freeze is known without farm.toml")],
            (Some(freeze), true) => vec![farm(Grade::Fail, format!("{}, until {}", freeze.reason, freeze.until))],
            (None, true) => vec![farm(Grade::Ok, "no freeze holds today")],
        },
    },
    Check {
        id: "window-ahead",
        wants: "A span in which servers may be recycled lies within the next two weeks",
        why: "the roll recycles pools and services; people notice",
        remedy: "write a [[window]] in farm.toml",
        look: "name the file: s2scert doctor --farm farm.toml",
        source: "docs/farm.md",
        judge: window,
    },
    Check {
        id: "no-roll-stands",
        wants: "No roll has begun and not ended",
        why: "while a roll marker stands on a server, another roll is refused there",
        remedy: "end the roll that stands, by its owner: resume it, roll it back or abort it",
        look: DESCRIBE,
        source: NODE,
        judge: |facts| {
            every(facts, |told| match &told.state.roll {
                None => (Grade::Ok, "no roll stands here".to_owned()),
                Some(roll) => (
                    Grade::Fail,
                    format!(
                        "roll {} of {}, begun {}, in phase {}",
                        roll.roll,
                        roll.owner.as_str(),
                        roll.begun,
                        roll.phase
                    ),
                ),
            })
        },
    },
    Check {
        id: "lease-free",
        wants: "Nobody holds the farm",
        why: "steps run at this moment; of two operators one proceeds and the other is told",
        remedy: "wait until it is given back or has run out",
        look: DESCRIBE,
        source: NODE,
        judge: |facts| {
            every(facts, |told| match &told.state.lease {
                Some(lease) if lease.until > facts.now => (
                    Grade::Warn,
                    format!("{} holds it for roll {}, until {}", lease.holder.as_str(), lease.roll, lease.until),
                ),
                _ => (Grade::Ok, "nobody holds it".to_owned()),
            })
        },
    },
    Check {
        id: "nothing-staged",
        wants: "No PFX was left in a staging folder",
        why: "a private key lies there, under a one-use password; whoever reads the disk may try it",
        remedy: "let the roll that left it end, or send the node the request unstage",
        look: DESCRIBE,
        source: NODE,
        judge: |facts| {
            every(facts, |told| {
                left(told.state.staged.iter().map(|file| format!("{} of {}", file.name.as_str(), file.written)))
            })
        },
    },
    Check {
        id: "no-open-attempt",
        wants: "No attempt was begun of which the end is not known",
        why: "it may have had its effect; the next roll has to look first",
        remedy: "resume the roll: it looks before it repeats anything",
        look: DESCRIBE,
        source: NODE,
        judge: |facts| {
            every(facts, |told| {
                left(
                    told.state
                        .open_attempts
                        .iter()
                        .map(|one| format!("{} of roll {}, begun {}", one.action.as_str(), one.roll, one.begun)),
                )
            })
        },
    },
    Check {
        id: "watch-scheduled",
        wants: "Somebody is told before the certificate expires",
        why: "expiry is found out by the outage where the scheduled job has stopped in silence",
        remedy: "let the watch run daily, and let something outside notice when it no longer does",
        look: "in the Task Scheduler, or in the list of timers",
        source: "docs/farm.md, thresholds",
        judge: |_| by_hand("whether a watch runs is not seen from here"),
    },
    Check {
        id: "people-ready",
        wants: "The administrators of Dynamics and of SharePoint are there at the same time",
        why: "the trusts are often another team's; between the switch and their refresh people are without documents",
        remedy: "agree on a time within the window",
        look: "ask them",
        source: SET_UP,
        judge: |_| by_hand("only people know that"),
    },
];

const SET_UP: &str = "Microsoft, server-based authentication with SharePoint on-premises: roles";

/// What an earlier roll left.
fn left(things: impl Iterator<Item = String>) -> (Grade, String) {
    let things: Vec<String> = things.collect();
    match things.as_slice() {
        [] => (Grade::Ok, "nothing was left".to_owned()),
        things => (Grade::Warn, things.join(", ")),
    }
}

fn window(facts: &Facts<'_>) -> Vec<Sight> {
    if !facts.is_described() {
        return vec![farm(Grade::Unseen, "no window is known without farm.toml")];
    }
    if facts.farm.windows.is_empty() {
        return vec![farm(Grade::Ok, "no window is described: any time will do")];
    }
    match calendar::next(facts.farm, facts.now) {
        None => vec![farm(Grade::Warn, "no window opens within two weeks")],
        Some(open) if open.from <= facts.now => {
            vec![farm(Grade::Ok, format!("{} is open until {}", open.name, open.until))]
        }
        Some(next) => vec![farm(Grade::Ok, format!("{} opens at {}, until {}", next.name, next.from, next.until))],
    }
}
