//! Lease, roll marker and journal. Each act is one write of one file under the lock of the state, and doing it twice is as
//! doing it once, so none needs a record of its own.

use jiff::{SignedDuration, Timestamp};

use super::journal;
use super::standing::{Standing, holds};
use super::stored::unusable;
use crate::error::Kind;
use crate::node::acts::{Did, Fault, Look};
use crate::ports::StateFolder;
use crate::protocol::{
    Action, Facts, JournalFacts, LONGEST_LEASE, Lease, LeaseFacts, LeaseTake, List, Nothing, RollFacts, RollMarker,
    RollMarkerWrite, Ticket, Trouble,
};

/// The shortest lease, in seconds. A shorter one could run out between two steps of one machine.
const SHORTEST_LEASE: u32 = 10;

/// Looks. Returns nothing where the action is about something else.
pub(super) fn look(action: &Action, folder: Option<&dyn StateFolder>, now: Timestamp) -> Result<Option<Look>, Fault> {
    let standing = || folder.map_or_else(|| Ok(Standing::default()), Standing::read).map_err(Fault::Refused);
    let look = match action {
        Action::Lease(_) => Look::of(lease_facts(&standing()?)),
        Action::LeaseTake(take) => {
            let standing = standing()?;
            let held = standing.lease.as_ref().is_some_and(|lease| lease.holder == take.holder && lease.until > now);
            Look::probe(held, lease_facts(&standing))
        }
        Action::LeaseRenew(renew) => {
            let standing = standing()?;
            let wanted = lasting(now, renew.seconds)?;
            let lasts = standing.lease.as_ref().is_some_and(|lease| lease.until >= wanted);
            Look::probe(lasts, lease_facts(&standing))
        }
        Action::LeaseRelease(_) => {
            let standing = standing()?;
            Look::probe(standing.lease.is_none(), lease_facts(&standing))
        }
        Action::RollMarker(_) => Look::of(Facts::Roll(RollFacts { roll: standing()?.roll })),
        Action::RollMarkerWrite(write) => {
            let roll = standing()?.roll;
            Look::probe(roll.as_ref().is_some_and(|roll| says(roll, write)), Facts::Roll(RollFacts { roll }))
        }
        Action::RollMarkerClear(_) => {
            let roll = standing()?.roll;
            Look::probe(roll.is_none(), Facts::Roll(RollFacts { roll }))
        }
        Action::Journal(read) => {
            let (length, records) = match folder {
                Some(folder) => journal::read(folder, &read.roll, read.from)?,
                None => (0, Vec::new()),
            };
            let records = List::first(records);
            Look::of(Facts::Journal(JournalFacts { roll: read.roll.clone(), length, from: read.from, records }))
        }
        // A request to observe names no roll; the action `journal` does.
        Action::JournalAppend(_) => Look {
            holds: Some(crate::protocol::Holds::Unseen),
            facts: Facts::Unseen(Trouble::new(Kind::Usage, "whether a record stands is told by the action journal")),
        },
        _ => return Ok(None),
    };
    Ok(Some(look))
}

/// Acts, in view of a standing that has no objection; the caller holds the lock of the state. What the standing becomes is
/// written here, the fence with it.
pub(super) fn act(
    action: &Action,
    ticket: &Ticket,
    before: &Standing,
    folder: &dyn StateFolder,
    now: Timestamp,
) -> Result<Did, Fault> {
    let mut after = before.clone();
    after.highest_fence = after.highest_fence.max(ticket.fence);
    let write = |after: &Standing| match after == before {
        true => Ok(()),
        false => after.write(folder).map_err(|error| Fault::Refused(unusable(&error))),
    };
    Ok(match action {
        Action::LeaseTake(take) => {
            if !before.lease.as_ref().is_some_and(|lease| holds(lease, ticket, take)) {
                after.lease = Some(taken(take, ticket, now)?);
            }
            write(&after)?;
            let undo = Some(Action::LeaseRelease(Nothing {}));
            Did { changed: after.lease != before.lease, facts: lease_facts(&after), undo }
        }
        Action::LeaseRenew(renew) => {
            let until = lasting(now, renew.seconds)?;
            let Some(lease) = &mut after.lease else {
                let trouble = Trouble::new(Kind::Unreadable, "nobody holds the lease, so it cannot be renewed");
                return Err(Fault::Failed(trouble));
            };
            lease.until = until;
            write(&after)?;
            Did::of(after.lease != before.lease, lease_facts(&after))
        }
        Action::LeaseRelease(_) => {
            after.lease = None;
            write(&after)?;
            Did::of(before.lease.is_some(), lease_facts(&after))
        }
        Action::RollMarkerWrite(wanted) => {
            let says_so = before.roll.as_ref().is_some_and(|roll| says(roll, wanted));
            if !says_so {
                after.roll = Some(RollMarker {
                    roll: ticket.roll.clone(),
                    plan_sha256: wanted.plan_sha256,
                    owner: wanted.owner.clone(),
                    phase: wanted.phase.clone(),
                    begun: before.roll.as_ref().map_or(now, |roll| roll.begun),
                    written: now,
                });
            }
            write(&after)?;
            let undo = Some(before.roll.as_ref().map_or(Action::RollMarkerClear(Nothing {}), as_it_was));
            Did { changed: !says_so, facts: Facts::Roll(RollFacts { roll: after.roll }), undo }
        }
        Action::RollMarkerClear(_) => {
            after.roll = None;
            write(&after)?;
            let undo = before.roll.as_ref().map(as_it_was);
            Did { changed: before.roll.is_some(), facts: Facts::Roll(RollFacts { roll: None }), undo }
        }
        Action::JournalAppend(append) => {
            let changed = journal::append(folder, &ticket.roll, append.index, &append.record)?;
            write(&after)?;
            Did::silent(changed)
        }
        _ => return Err(Fault::Failed(Trouble::new(Kind::Internal, "this is nothing that a node keeps"))),
    })
}

fn lease_facts(standing: &Standing) -> Facts {
    Facts::Lease(LeaseFacts { lease: standing.lease.clone(), highest_fence: standing.highest_fence })
}

fn taken(take: &LeaseTake, ticket: &Ticket, now: Timestamp) -> Result<Lease, Fault> {
    let until = lasting(now, take.seconds)?;
    Ok(Lease { roll: ticket.roll.clone(), holder: take.holder.clone(), fence: ticket.fence, taken: now, until })
}

fn lasting(now: Timestamp, seconds: u32) -> Result<Timestamp, Fault> {
    let wrong = || Fault::Failed(Trouble::new(Kind::Usage, "a lease lasts between 10 and 3600 seconds"));
    if !(SHORTEST_LEASE..=LONGEST_LEASE).contains(&seconds) {
        return Err(wrong());
    }
    now.checked_add(SignedDuration::from_secs(i64::from(seconds))).map_err(|_| wrong())
}

fn says(roll: &RollMarker, wanted: &RollMarkerWrite) -> bool {
    roll.plan_sha256 == wanted.plan_sha256 && roll.owner == wanted.owner && roll.phase == wanted.phase
}

fn as_it_was(roll: &RollMarker) -> Action {
    Action::RollMarkerWrite(RollMarkerWrite {
        plan_sha256: roll.plan_sha256,
        owner: roll.owner.clone(),
        phase: roll.phase.clone(),
    })
}
