//! The trace checker: holds the invariants of DESIGN 6 against what happened. It shares no code with planner and engine.

use super::gap::no_gap;
use super::trace::{Cert, Ending, Event, NEW, OLD, Snapshot, Story, What};
use crate::rotation::basis::Strategy;

/// Something that must not happen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The invariant, 1 to 9.
    pub invariant: u8,
    /// What happened.
    pub what: String,
}

/// Finds every violation.
#[must_use]
pub fn check(story: &Story) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut tell = |invariant: u8, what: String| found.push(Violation { invariant, what });
    row_once(story, &mut tell);
    no_gap(story, &mut tell);
    gate(story, &mut tell);
    old_stays(story, &mut tell);
    ends(story, &mut tell);
    after_the_end(story, &mut tell);
    fences(story, &mut tell);
    one_at_a_time(story, &mut tell);
    staged(story, &mut tell);
    for leak in &story.leaks {
        tell(7, format!("a password is in {leak}"));
    }
    found
}

/// How long nobody takes the farm from a controller that was heard of, in seconds: a third of a lease, as it is renewed.
const LEASE: i64 = 100;

/// How long a lease lasts without being renewed, in seconds.
const WHOLE_LEASE: i64 = 300;

/// How long the questions of one proof take, in seconds.
const QUESTIONS: i64 = 10;

pub(super) type Tell<'a> = &'a mut dyn FnMut(u8, String);

/// 1: the row becomes new once, the script is never asked for what is so, and no two runs of it overlap.
fn row_once(story: &Story, tell: Tell<'_>) {
    let mut switched = [0, 0];
    let others = other_runs(story);
    let mut running: Vec<usize> = Vec::new();
    for event in &story.events {
        match &event.what {
            What::Rows { before, after } if event.run > 0 && !before.contains(&NEW) && after.contains(&NEW) => {
                switched[usize::from(others.contains(&event.run))] += 1;
            }
            What::ScriptBegins { node, update_crm, rows, unready } => {
                if !running.is_empty() {
                    tell(1, format!("at {} the script runs on {node} and on {running:?} at once", event.at));
                }
                if *update_crm && !story.strategy.switches() {
                    tell(1, format!("at {} the script is to write the row, and this roll never does", event.at));
                }
                if *update_crm && rows.as_slice() == [NEW] {
                    tell(1, format!("at {} the script is to write a row that is new already", event.at));
                }
                if !*update_crm && story.before.nodes[*node].signs && !unready.contains(node) {
                    tell(1, format!("at {} the script is to import on {node} what is ready there", event.at));
                }
                running.push(*node);
            }
            What::ScriptEnds { node } => running.retain(|one| one != node),
            _ => {}
        }
    }
    if switched.iter().any(|times| *times > 1) {
        tell(1, format!("the row became new {switched:?} times"));
    }
    if last_end(story) == Some(&Ending::Done)
        && switched == [0, 0]
        && story.before.rows.as_slice() != [NEW]
        && !story.by_hand
    {
        tell(1, "the roll is done, and the row never became new".to_owned());
    }
}

/// Returns the runs of another plan.
fn other_runs(story: &Story) -> Vec<u32> {
    let other = |event: &&Event| event.what == What::RunBegins { other: true };
    story.events.iter().filter(other).map(|event| event.run).collect()
}

/// 3: the script writes the row only after this very run has seen every server sign, and nothing was done to that server since.
fn gate(story: &Story, tell: Tell<'_>) {
    for (place, event) in story.events.iter().enumerate() {
        let What::ScriptBegins { update_crm: true, unready, .. } = &event.what else { continue };
        for (number, node) in story.before.nodes.iter().enumerate().filter(|(_, node)| node.signs) {
            let before = &story.events[..place];
            // Of a server that is looked after by people somebody has said that it is ready.
            if node.by_hand {
                if unready.contains(&number) && !story.by_hand {
                    tell(3, format!("at {} the row is written, and {} cannot sign", event.at, node.name));
                }
                continue;
            }
            let proven =
                before.iter().rposition(|one| one.run == event.run && one.what == (What::Proved { node: number }));
            let Some(proven) = proven else {
                tell(3, format!("at {} the row is written, and {} was not proven ready", event.at, node.name));
                continue;
            };
            // A proof is three questions; somebody at the server may come between them.
            let asked = before[proven].at - QUESTIONS;
            let touched = |(place, one): &(usize, &Event)| {
                touches(&one.what, number) && (*place > proven || (one.run == 0 && one.at >= asked))
            };
            let since: Vec<&Event> = before.iter().enumerate().filter(touched).map(|(_, one)| one).collect();
            if since.iter().any(|one| one.run == event.run) {
                tell(3, format!("at {} the row is written, and {} was changed after its proof", event.at, node.name));
            }
            if unready.contains(&number) && since.is_empty() {
                tell(3, format!("at {} the row is written, and {} cannot sign", event.at, node.name));
            }
        }
    }
}

fn touches(what: &What, number: usize) -> bool {
    match what {
        What::Imported { node, .. } | What::Removed { node, .. } | What::Access { node } => *node == number,
        _ => false,
    }
}

/// 4: the old certificate goes after proof and quarantine, and never while something uses it.
fn old_stays(story: &Story, tell: Tell<'_>) {
    for event in story.events.iter().filter(|event| event.run > 0) {
        let What::Removed { node, cert: OLD, bound, all_new } = event.what else { continue };
        if bound {
            tell(4, format!("at {} the old certificate leaves {node}, where a TLS binding uses it", event.at));
        }
        // Each server is proven before the first removal, and its own once more right before; somebody may come after that.
        let place = story.events.iter().position(|one| one == event).unwrap_or_default();
        let before = &story.events[..place];
        let since_proof = |one: &Event, number: usize| {
            let proof = |proof: &&Event| proof.run == event.run && proof.what == (What::Proved { node: number });
            before.iter().rev().find(proof).is_none_or(|proof| one.at >= proof.at - QUESTIONS)
        };
        let came_between = |one: &Event| match one.what {
            What::Imported { node, .. } | What::Removed { node, .. } | What::Access { node } => since_proof(one, node),
            What::Rows { .. } => one.at >= event.at - QUESTIONS,
            _ => false,
        };
        let excused = before.iter().any(|one| one.run == 0 && came_between(one));
        if !all_new && !excused {
            tell(4, format!("at {} the old certificate leaves {node}, and the farm is not all new", event.at));
        }
        let switched =
            story.events.iter().find(|one| matches!(&one.what, What::Rows { after, .. } if after.contains(&NEW)));
        // Where the row is not written, an earlier roll has verified it; or this one has, which asks every server to sign.
        let proved = story.events.iter().find(|one| matches!(one.what, What::Proved { .. }));
        let began = match story.strategy {
            Strategy::Retire => story.verified.or_else(|| proved.map(|one| one.at)),
            _ => switched.map(|one| one.at),
        };
        let since = began.map_or(i64::MIN, |began| event.at - began);
        match story.quarantine_days {
            Some(days) if since >= days * 86_400 => {}
            _ => tell(4, format!("at {} the old certificate leaves {node} {since} seconds after the switch", event.at)),
        }
    }
    let rows = &story.after.rows;
    for event in &story.events {
        if let What::Removed { node, cert: NEW, .. } = event.what
            && event.run > 0
            && story.before.nodes[node].signs
            && (story.before.rows.as_slice() != [NEW] || story.before.nodes[node].store.iter().any(|one| one.0 == NEW))
            && rows_at(story, event) == Some(vec![NEW])
            && !story.events.iter().any(|one| one.what == (What::Imported { node, cert: NEW }) && one.at >= event.at)
        {
            tell(4, format!("at {} a certificate leaves {node} while the row names it; in the end {rows:?}", event.at));
        }
    }
}

fn rows_at(story: &Story, event: &Event) -> Option<Vec<Cert>> {
    let before = story.events.iter().take_while(|one| *one != event);
    let changed = before.filter_map(|one| match &one.what {
        What::Rows { after, .. } => Some(after.clone()),
        _ => None,
    });
    Some(changed.last().unwrap_or_else(|| story.before.rows.clone()))
}

/// Returns how it ended; nothing where there is no end.
pub(super) fn last_end(story: &Story) -> Option<&Ending> {
    story.events.iter().rev().find_map(|event| match &event.what {
        What::RunEnds(ending) if !matches!(ending, Ending::Nothing | Ending::Stopped) => Some(ending),
        _ => None,
    })
}

/// 5 and 6: what the end is called is what the farm is.
fn ends(story: &Story, tell: Tell<'_>) {
    for event in &story.events {
        if matches!(&event.what, What::RunEnds(Ending::Manual { commands, .. }) if commands.is_empty()) {
            tell(5, format!("at {} something is left to do, and no command is told", event.at));
        }
    }
    let others = other_runs(story);
    let over = |event: &Event| {
        !others.contains(&event.run) && matches!(event.what, What::RunEnds(Ending::Done | Ending::RolledBack))
    };
    let over = story.events.iter().position(over).unwrap_or(usize::MAX);
    let changes = |(place, event): (usize, &Event)| {
        let other = others.contains(&event.run);
        let touched = matches!(
            event.what,
            What::Imported { .. } | What::Removed { .. } | What::Access { .. } | What::Restarted { .. }
        );
        other && (matches!(event.what, What::Rows { .. } | What::Alternatives { .. }) || (touched && place > over))
    };
    // Where a person or another roll changed the farm meanwhile, before and after are no measure.
    if story.by_hand || story.events.iter().enumerate().any(changes) {
        return;
    }
    match last_end(story) {
        Some(Ending::Done) => all_new(story, tell),
        Some(Ending::RolledBack) => as_before(story, tell),
        _ => {}
    }
}

fn all_new(story: &Story, tell: Tell<'_>) {
    let after = &story.after;
    if after.rows.as_slice() != [NEW] {
        tell(5, format!("the roll is done, and the rows are {:?}", after.rows));
    }
    if !after.alternatives.is_empty() && story.strategy == Strategy::Overlap {
        tell(5, format!("the roll is done, and beside the row stands {:?}", after.alternatives));
    }
    if story.strategy == Strategy::Recover {
        web_servers(story, tell);
    }
    let in_scope = |name: &String| story.scope.is_empty() || story.scope.contains(name);
    let touched = |name: &String| {
        let number = story.before.nodes.iter().position(|node| node.name == *name);
        story.events.iter().any(|event| event.run > 0 && number.is_some_and(|number| touches(&event.what, number)))
    };
    for node in after.nodes.iter().filter(|node| node.signs && in_scope(&node.name)) {
        let ready = |(cert, usable, readers): &(Cert, bool, u32)| {
            *cert == NEW && *usable && readers & node.readers == node.readers
        };
        if !node.store.iter().any(ready) {
            tell(5, format!("the roll is done, and {} cannot sign", node.name));
        }
        let begun = story.strategy.switches() || (story.strategy == Strategy::Repair && touched(&node.name));
        if begun && node.signs_with.iter().any(|one| *one != Some(NEW)) {
            tell(5, format!("the roll is done, and a process of {} signs with another", node.name));
        }
    }
    // A trust that accepts nothing is one that nobody has set up yet.
    for (was, is) in story.before.trusts.iter().zip(&after.trusts) {
        if !was.is_empty() && !is.contains(&NEW) {
            tell(5, format!("the roll is done, and a trust accepts {is:?}"));
        }
    }
    leftovers(after, tell);
}

/// SharePoint's web servers began anew after their trusts had read the new certificate.
fn web_servers(story: &Story, tell: Tell<'_>) {
    for (number, node) in story.after.nodes.iter().enumerate().filter(|(_, node)| !node.signs) {
        let began = |event: &&Event| matches!(event.what, What::Restarted { node, .. } if node == number);
        let reads =
            |event: &&Event| matches!(&event.what, What::TrustsRead { accepted, .. } if accepted.contains(&NEW));
        let first = story.events.iter().find(reads).map(|event| event.at);
        let last = story.events.iter().rev().find(began).map(|event| event.at);
        if node.serves_sharepoint && (last.is_none() || last < first) {
            tell(5, format!("the roll is done, and the web server of {} is an old one", node.name));
        }
    }
}

fn as_before(story: &Story, tell: Tell<'_>) {
    let (before, after) = (&story.before, &story.after);
    if before.alternatives != after.alternatives {
        tell(6, format!("rolled back, and beside the row stands {:?}", after.alternatives));
    }
    if before.rows != after.rows {
        tell(6, format!("rolled back, and the rows are {:?}", after.rows));
    }
    for (was, is) in before.nodes.iter().zip(&after.nodes) {
        // A key in the wrong provider that was mended stays mended.
        let mended = |(one, other): (&(Cert, bool, u32), &(Cert, bool, u32))| {
            (one.0, one.2) == (other.0, other.2) && (other.1 || !one.1)
        };
        if was.store.len() != is.store.len() || !was.store.iter().zip(&is.store).all(mended) {
            tell(6, format!("rolled back, and the store of {} is {:?}, before {:?}", is.name, is.store, was.store));
        }
        if is.signs && is.signs_with.contains(&Some(NEW)) && was.signs_with != is.signs_with {
            tell(6, format!("rolled back, and a process of {} signs with the new certificate", is.name));
        }
    }
    for (was, is) in before.trusts.iter().zip(&after.trusts) {
        if was.contains(&OLD) && !is.contains(&OLD) {
            tell(6, format!("rolled back, and a trust accepts {is:?}"));
        }
    }
    leftovers(after, tell);
}

fn leftovers(after: &Snapshot, tell: Tell<'_>) {
    for node in after.nodes.iter().filter(|node| node.marked) {
        tell(5, format!("the roll is over, and its marker stands on {}", node.name));
    }
}

/// 6: whoever takes up a roll that is over changes nothing.
fn after_the_end(story: &Story, tell: Tell<'_>) {
    let others = other_runs(story);
    let ours = |event: &&Event| event.run > 0 && !others.contains(&event.run);
    let events: Vec<&Event> = story.events.iter().filter(ours).collect();
    let over = events.iter().position(|event| matches!(event.what, What::RunEnds(Ending::Done | Ending::RolledBack)));
    for event in events.into_iter().skip(over.unwrap_or(usize::MAX)) {
        let changes = matches!(
            event.what,
            What::ScriptBegins { .. }
                | What::Rows { .. }
                | What::Imported { .. }
                | What::Removed { .. }
                | What::Access { .. }
                | What::Restarted { .. }
                | What::Alternatives { .. }
                | What::JobHeld { .. }
                | What::JobStarted
        );
        if changes {
            tell(6, format!("at {} after the end: {:?}", event.at, event.what));
        }
    }
    for event in &story.events {
        if event.what != What::RunEnds(Ending::Nothing) {
            continue;
        }
        let own = story.events.iter().filter(|one| one.run == event.run && one.run > 0);
        let changed =
            own.filter(|one| matches!(one.what, What::Rows { .. } | What::Imported { .. } | What::Removed { .. }));
        if changed.count() > 0 {
            tell(6, format!("at {} there was nothing to do, and something was done", event.at));
        }
    }
}

/// 8: once a higher fence acts anywhere, no lower one of another run does.
fn fences(story: &Story, tell: Tell<'_>) {
    let mut highest = (0, 0);
    for event in &story.events {
        if let What::Acts { node, fence } = event.what {
            if fence < highest.0 && event.run != highest.1 {
                tell(
                    8,
                    format!("at {} run {} acts on {node} with fence {fence} after {highest:?}", event.at, event.run),
                );
            }
            highest = highest.max((fence, event.run));
        }
    }
}

/// 8: nobody acts while another controller is alive and holds the farm, nor with another plan while a roll is not over.
fn one_at_a_time(story: &Story, tell: Tell<'_>) {
    // The lease is kept by the clock of one node. Where that was set, it may have run out early.
    let set = What::ClockSet { node: Some(story.update_crm) };
    let clocks_agree = !story.events.iter().any(|event| event.what == set);
    let mut leased: Vec<(u32, i64)> = Vec::new();
    let mut alive: Vec<(u32, i64)> = Vec::new();
    let mut holding: Vec<u32> = Vec::new();
    let mut others: Vec<u32> = Vec::new();
    let mut begun = false;
    for event in &story.events {
        match &event.what {
            What::RunBegins { other } => {
                holding.push(event.run);
                if *other {
                    others.push(event.run);
                }
            }
            What::RunEnds(ending) => {
                alive.retain(|one| one.0 != event.run);
                holding.retain(|one| *one != event.run);
                begun &= !matches!(ending, Ending::Done | Ending::RolledBack);
            }
            What::ScriptBegins { .. } | What::Imported { .. } | What::Access { .. } | What::Restarted { .. } => {
                begun |= event.run > 0 && !others.contains(&event.run);
            }
            What::Unmarked => begun = false,
            What::Leased => {
                leased.retain(|one| one.0 != event.run);
                leased.push((event.run, event.at));
            }
            What::Died | What::Released => {
                alive.retain(|one| one.0 != event.run);
                holding.retain(|one| *one != event.run);
            }
            What::Acts { node, .. } => {
                if begun && others.contains(&event.run) {
                    tell(8, format!("at {} another plan acts on {node} before the roll is over", event.at));
                }
                let recent = |one: &&(u32, i64)| one.0 != event.run && event.at - one.1 < LEASE;
                if let Some(one) = alive.iter().find(recent).filter(|_| clocks_agree) {
                    tell(8, format!("at {} run {} acts on {node}, and run {} is alive", event.at, event.run, one.0));
                }
                alive.retain(|one| one.0 != event.run);
                // A request that comes through late is no sign of life, and an act after the lease has run out is none of a holder.
                let lease = leased.iter().find(|one| one.0 == event.run);
                let in_time = lease.is_none_or(|one| event.at - one.1 < WHOLE_LEASE);
                if holding.contains(&event.run) && in_time {
                    alive.push((event.run, event.at));
                }
            }
            _ => {}
        }
    }
}

/// 9: when the last run has ended, no PFX lies on a node that it did not name.
fn staged(story: &Story, tell: Tell<'_>) {
    let named: &[String] = match last_end(story) {
        None => return,
        Some(Ending::Manual { named, .. }) => named,
        Some(_) => &[],
    };
    for node in story.after.nodes.iter().filter(|node| node.staged && !named.contains(&node.name)) {
        tell(9, format!("a PFX is left on {}", node.name));
    }
}
