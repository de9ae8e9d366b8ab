//! What stands on a node: the highest fence, the lease, the roll marker; and who may act in view of it. The decision is pure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::stored;
use crate::ports::StateFolder;
use crate::protocol::{Action, Lease, LeaseTake, Refusal, RefusalCode, RollMarker, Ticket};

/// The file.
const FILE: &str = "standing.json";
/// Its format.
const SCHEMA: &str = "s2scert.node-standing/1.0";

/// What stands on a node.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Standing {
    schema: String,
    /// The highest fence that was seen; 0 before the first.
    pub(crate) highest_fence: u64,
    /// Who holds the lease.
    pub(crate) lease: Option<Lease>,
    /// The roll that has begun and not ended.
    pub(crate) roll: Option<RollMarker>,
}

impl Default for Standing {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), highest_fence: 0, lease: None, roll: None }
    }
}

impl Standing {
    /// Reads it. Nothing has stood on a node without the file.
    pub(crate) fn read(folder: &dyn StateFolder) -> Result<Self, Refusal> {
        let found: Option<Self> = stored::read(folder, FILE, SCHEMA)?;
        Ok(found.unwrap_or_default())
    }

    /// Writes it.
    pub(crate) fn write(&self, folder: &dyn StateFolder) -> Result<(), crate::ports::FileError> {
        stored::write(folder, FILE, self)
    }

    /// Says why this ticket may not act now, or nothing where it may.
    pub(crate) fn objection(&self, ticket: &Ticket, action: &Action, now: Timestamp) -> Option<Refusal> {
        if ticket.fence < self.highest_fence {
            let why = format!("fence {} is lower than {}, which this node has seen", ticket.fence, self.highest_fence);
            return Some(Refusal::new(RefusalCode::Fenced, &why, "another controller has taken over; read the lease"));
        }
        if let Some(roll) = self.roll.as_ref().filter(|roll| roll.roll != ticket.roll) {
            let why =
                format!("roll {} of {} stands on this node, in phase {}", roll.roll, roll.owner.as_str(), roll.phase);
            let next = "resume that roll, roll it back, or abort it, before another begins";
            return Some(Refusal::new(RefusalCode::RollStands, &why, next));
        }
        match (action, &self.lease) {
            (Action::LeaseTake(take), lease) => self.objection_to_taking(ticket, take, lease.as_ref(), now),
            (_, Some(lease)) if lease.fence != ticket.fence || lease.roll != ticket.roll => {
                let why = format!("roll {} holds the lease with fence {}", lease.roll, lease.fence);
                Some(Refusal::new(RefusalCode::Fenced, &why, "take the lease before you act"))
            }
            _ => None,
        }
    }

    fn objection_to_taking(
        &self,
        ticket: &Ticket,
        take: &LeaseTake,
        lease: Option<&Lease>,
        now: Timestamp,
    ) -> Option<Refusal> {
        if lease.is_some_and(|lease| holds(lease, ticket, take)) {
            return None;
        }
        if let Some(lease) = lease.filter(|lease| lease.until > now && take.over != Some(lease.fence)) {
            let why =
                format!("{} holds the lease until {}, with fence {}", lease.holder.as_str(), lease.until, lease.fence);
            let next = "wait until it has run out, or take over that very fence if its holder is dead";
            return Some(Refusal::new(RefusalCode::LeaseHeld, &why, next));
        }
        (ticket.fence <= self.highest_fence).then(|| {
            let why = format!("a lease needs a fence higher than {}", self.highest_fence);
            Refusal::new(RefusalCode::Fenced, &why, "read the lease and take it with a higher fence")
        })
    }
}

/// Returns whether a lease is the very one that is asked for: the request was heard before.
pub(super) fn holds(lease: &Lease, ticket: &Ticket, take: &LeaseTake) -> bool {
    lease.roll == ticket.roll && lease.fence == ticket.fence && lease.holder == take.holder
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::protocol::{Hex, Nothing};

    const NOW: &str = "2026-11-25T10:00:00Z";

    fn lease(roll: &str, fence: u64, until: &str) -> Option<Lease> {
        Some(Lease {
            roll: roll.parse().unwrap(),
            holder: "ada on ops01".parse().unwrap(),
            fence,
            taken: NOW.parse().unwrap(),
            until: until.parse().unwrap(),
        })
    }

    fn marker(roll: &str) -> Option<RollMarker> {
        Some(RollMarker {
            roll: roll.parse().unwrap(),
            plan_sha256: Hex::from([1; 32]),
            owner: "ada".parse().unwrap(),
            phase: "import".parse().unwrap(),
            begun: NOW.parse().unwrap(),
            written: NOW.parse().unwrap(),
        })
    }

    fn take(holder: &str, over: Option<u64>) -> Action {
        Action::LeaseTake(LeaseTake { holder: holder.parse().unwrap(), seconds: 60, over })
    }

    const SOON: &str = "2026-11-25T10:05:00Z";
    const PAST: &str = "2026-11-25T09:59:59Z";

    /// The highest fence, the lease, the marker; a ticket's roll and fence, an action; what is said.
    type Case = (u64, Option<Lease>, Option<RollMarker>, &'static str, u64, Action, Option<RefusalCode>);

    #[test]
    fn who_may_act_is_told_by_fence_marker_and_lease() {
        use RefusalCode::{Fenced, LeaseHeld, RollStands};
        let act = || Action::Unstage(Nothing {});
        let cases: [Case; 18] = [
            (0, None, None, "a", 1, act(), None),
            (5, None, None, "a", 5, act(), None),
            (5, None, None, "a", 6, act(), None),
            (5, None, None, "a", 4, act(), Some(Fenced)),
            (5, None, marker("a"), "a", 5, act(), None),
            (5, None, marker("b"), "a", 6, act(), Some(RollStands)),
            (5, None, marker("b"), "a", 6, take("bob", None), Some(RollStands)),
            (5, lease("a", 5, SOON), None, "a", 5, act(), None),
            (5, lease("a", 5, PAST), None, "a", 5, act(), None),
            (5, lease("a", 5, SOON), None, "a", 6, act(), Some(Fenced)),
            (5, lease("b", 5, PAST), None, "a", 5, act(), Some(Fenced)),
            (5, None, None, "a", 5, take("bob", None), Some(Fenced)),
            (5, None, None, "a", 6, take("bob", None), None),
            (5, lease("b", 5, SOON), None, "a", 6, take("bob", None), Some(LeaseHeld)),
            (5, lease("b", 5, SOON), None, "a", 6, take("bob", Some(4)), Some(LeaseHeld)),
            (5, lease("b", 5, SOON), None, "a", 6, take("bob", Some(5)), None),
            (5, lease("b", 5, PAST), None, "a", 6, take("bob", None), None),
            (5, lease("a", 5, SOON), None, "a", 5, take("ada on ops01", None), None),
        ];
        for (number, (highest_fence, lease, roll, name, fence, action, said)) in cases.into_iter().enumerate() {
            let standing = Standing { highest_fence, lease, roll, ..Standing::default() };
            let ticket = Ticket { roll: name.parse().unwrap(), step: "s".parse().unwrap(), attempt: 1, fence };
            let objection = standing.objection(&ticket, &action, NOW.parse().unwrap());
            assert_eq!(objection.map(|refusal| refusal.code), said, "case {number}");
        }
    }
}
