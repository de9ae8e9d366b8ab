//! Holding the farm: the lease, the fence, the roll marker on every node, the copy of the journal.
//!
//! The lease lies on the node that writes the row. Its fence is higher than every one that any node has seen; the markers carry
//! it to every node before the first step, so that an earlier controller is shut out everywhere.

use super::talk::stop;
use super::{Engine, Halt, Operator, Stop};
use crate::protocol::{
    Action, Facts, Id, JournalAppend, JournalRead, LeaseRenew, LeaseTake, Nothing, Octets, Outcome, RollMarker,
    RollMarkerWrite,
};
use crate::rotation::mutant::{Part, is_out};
use crate::rotation::record::{Record, Run};

/// How long the lease lasts without being renewed, in seconds.
const LEASE: u32 = 300;
/// After how long it is renewed, in seconds.
const RENEW: i64 = 100;

impl Engine<'_> {
    /// Takes the lease, unless another roll stands on a node.
    pub(super) fn hold(&mut self, operator: &Operator) -> Result<(), Halt> {
        let mut highest = self.state.fence;
        for node in self.names() {
            let Ok(seen) = self.see(&node, &Action::Lease(Nothing {})) else { continue };
            if let Facts::Lease(lease) = seen.facts {
                highest = highest.max(lease.highest_fence);
            }
            if let Some(marker) = self.marker(&node).filter(|marker| marker.roll != self.plan.roll) {
                let why = format!(
                    "roll {} of {} stands on {node}, in phase {}",
                    marker.roll,
                    marker.owner.as_str(),
                    marker.phase
                );
                return Err(Halt::Stop(Stop::Stands(why)));
            }
        }
        self.fence = highest + 1;
        let take = LeaseTake { holder: self.holder.clone(), seconds: LEASE, over: operator.take_over };
        if !is_out(Part::Lease) {
            self.keep(&self.lease_node(), &Action::LeaseTake(take))?;
        }
        self.renew_at = self.until(RENEW);
        Ok(())
    }

    pub(super) fn names(&self) -> Vec<Id> {
        self.nodes.keys().cloned().collect()
    }

    pub(super) fn marker(&mut self, node: &Id) -> Option<RollMarker> {
        match self.see(node, &Action::RollMarker(Nothing {})).ok()?.facts {
            Facts::Roll(facts) => facts.roll,
            _ => None,
        }
    }

    /// Begins a run that holds the lease: writes it down, marks every node, and waits until nothing of an earlier run acts.
    pub(super) fn begin_run(&mut self) -> Result<(), Halt> {
        let run = Run { holder: self.holder.clone(), fence: self.fence, at: self.now() };
        self.record(Record::Run(run))?;
        self.copy_records()?;
        let phase = if self.state.turned.is_some() { "back" } else { "forward" };
        for node in self.names() {
            self.keep_lease()?;
            self.mark(&node, phase)?;
        }
        for node in self.names() {
            self.settle(&node)?;
        }
        Ok(())
    }

    pub(super) fn mark(&mut self, node: &Id, phase: &str) -> Result<(), Halt> {
        if is_out(Part::Marker) {
            return Ok(());
        }
        let marker = RollMarkerWrite { plan_sha256: self.digest, owner: self.owner.clone(), phase: Id::word(phase) };
        self.keep(node, &Action::RollMarkerWrite(marker))
    }

    /// Renews the lease in time.
    pub(super) fn keep_lease(&mut self) -> Result<(), Halt> {
        if self.now() >= self.renew_at && !is_out(Part::Renewal) && !is_out(Part::Lease) {
            self.keep(&self.lease_node(), &Action::LeaseRenew(LeaseRenew { seconds: LEASE }))?;
            self.renew_at = self.until(RENEW);
        }
        Ok(())
    }

    /// Takes the lease over from itself with a higher fence, so that a request that is still on its way is refused.
    pub(super) fn fence_off(&mut self) -> Result<(), Halt> {
        if is_out(Part::FenceOff) || is_out(Part::Lease) {
            return Ok(());
        }
        let over = self.fence;
        self.fence += 1;
        let take = LeaseTake { holder: self.holder.clone(), seconds: LEASE, over: Some(over) };
        self.keep(&self.lease_node(), &Action::LeaseTake(take))?;
        let run = Run { holder: self.holder.clone(), fence: self.fence, at: self.now() };
        self.record(Record::Run(run))?;
        self.renew_at = self.until(RENEW);
        Ok(())
    }

    /// Copies the records that the node of the lease has not got.
    pub(super) fn copy_records(&mut self) -> Result<(), Halt> {
        let node = self.lease_node();
        while self.copied < self.journal.length() && !is_out(Part::Copy) {
            let Some(record) = self.journal.octets(self.copied) else { break };
            self.keep(&node, &Action::JournalAppend(JournalAppend { index: self.copied, record }))?;
            self.copied += 1;
        }
        Ok(())
    }

    /// Makes this journal what the node of the lease has, and more where it has less. Every action was written down there
    /// first; what stands only here was never acted on.
    pub(super) fn catch_up(&mut self) -> Result<(), Halt> {
        let there = self.journal_there()?;
        let here = self.journal.length();
        let common = (0..here.min(there.len() as u32))
            .take_while(|index| self.journal.octets(*index).as_ref() == there.get(*index as usize))
            .count();
        if common < there.len() {
            // What somebody has said here of a step by hand was copied by no run yet, and is true all the same.
            let said: Vec<Record> = match here as usize > common {
                true => self.journal.records().into_iter().skip(common).filter(is_said).collect(),
                false => Vec::new(),
            };
            self.journal.take_over(common as u32, &there[common..])?;
            self.state = self.journal.state().map_err(|error| Halt::Stop(Stop::Journal(error.to_string())))?;
            if self.state.plan_sha256.is_some_and(|sha256| sha256 != self.digest) {
                return Err(Halt::Stop(Stop::Order("the journal on the node is that of another plan")));
            }
            let lost =
                |record: &Record| matches!(record, Record::Recorded(one) if !self.state.recorded.contains(&one.step));
            let over = self.state.over().is_some();
            let said: Vec<Record> = said.into_iter().filter(|record| !over && lost(record)).collect();
            for record in said {
                self.record(record)?;
            }
        }
        self.copied = there.len() as u32;
        if self.state.fence >= self.fence {
            return Err(Halt::Stop(Stop::Fenced(format!("the journal knows fence {}", self.state.fence))));
        }
        Ok(())
    }

    fn journal_there(&mut self) -> Result<Vec<Octets>, Halt> {
        let node = self.lease_node();
        let mut records: Vec<Octets> = Vec::new();
        loop {
            let read = JournalRead { roll: self.plan.roll.clone(), from: records.len() as u32 };
            let seen = self.see(&node, &Action::Journal(read)).map_err(|why| Halt::Lost(node.clone(), why))?;
            let Facts::Journal(facts) = seen.facts else {
                return Err(Halt::Lost(node, "it tells no journal".to_owned()));
            };
            records.extend(facts.records.iter().cloned());
            if facts.records.is_empty() || records.len() as u32 >= facts.length {
                return Ok(records);
            }
        }
    }

    /// Gives the lease back, as well as that goes, and returns the reason.
    pub(super) fn let_go(&mut self, reason: Stop) -> Stop {
        self.release();
        reason
    }

    /// Gives the lease back. Where that fails it runs out by itself.
    pub(super) fn release(&mut self) {
        let ticket = self.ticket(Id::word("keep"), 1);
        let node = self.lease_node();
        if self.renew_at != jiff::Timestamp::MIN {
            let _ = self.perform_once(&node, ticket, Action::LeaseRelease(Nothing {}));
        }
    }

    fn perform_once(&mut self, node: &Id, ticket: crate::protocol::Ticket, action: Action) -> Result<(), Stop> {
        match self.send_once(node, ticket, action) {
            Some(Outcome::Refused(refusal)) => Err(stop(&refusal)),
            _ => Ok(()),
        }
    }
}

/// Whether somebody has said that a step is done.
const fn is_said(record: &Record) -> bool {
    matches!(record, Record::Recorded(_))
}
