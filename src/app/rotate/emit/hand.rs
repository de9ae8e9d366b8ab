//! The scripts for what people do on a server that they look after.

use super::piece::{Part, Piece, Pieces};
use crate::error::Result;
use crate::farm::description::Role;
use crate::node::powershell::{GetAppPools, GetServices, RecycleAppPool, RestartService};
use crate::rotation::basis::NodeSeen;
use crate::rotation::observe::{ASYNC, POOL};
use crate::rotation::plan::{Accounts, Step, Which};
use crate::rotation::planner::HandPart;

impl Pieces<'_> {
    /// Returns what is run for a step that people do: first what acts, then what shows that it is so.
    pub(super) fn hand(&self, step: &Step, part: HandPart, node: &NodeSeen) -> Result<Vec<Piece>> {
        let accounts = Accounts { names: node.accounts.clone() };
        let mut pieces = Vec::new();
        match part {
            HandPart::Ready => {
                pieces.push(self.install(step)?);
                pieces.push(self.grant(step, &accounts)?);
                pieces.push(self.prove(step)?);
                pieces.push(self.show(step, self.thumbprint(Which::New), Some(&accounts))?);
            }
            HandPart::Recycle => self.recycle(step, node, Looking::Too, &mut pieces)?,
            HandPart::Retire => {
                pieces.push(self.remove(step, Which::Old)?);
                pieces.push(self.show(step, self.thumbprint(Which::Old), None)?);
            }
            HandPart::Back => {
                pieces.push(self.remove(step, Which::New)?);
                self.recycle(step, node, Looking::NotYet, &mut pieces)?;
                pieces.push(self.show(step, self.thumbprint(Which::New), None)?);
            }
        }
        Ok(pieces)
    }

    /// What runs there was not seen, so that it is called what Dynamics calls it.
    fn recycle(&self, step: &Step, node: &NodeSeen, looking: Looking, pieces: &mut Vec<Piece>) -> Result<()> {
        let has = |role| node.roles.contains(&role);
        if has(Role::Web) {
            pieces.push(self.bridge(step, Part::Do, &RecycleAppPool { name: POOL.to_owned() })?);
        }
        if has(Role::Async) {
            pieces.push(self.bridge(step, Part::Do, &RestartService { name: ASYNC.to_owned() })?);
        }
        if looking == Looking::Too && has(Role::Web) {
            pieces.push(self.bridge(step, Part::Look, &GetAppPools)?);
        }
        if looking == Looking::Too && has(Role::Async) {
            pieces.push(self.bridge(step, Part::Look, &GetServices)?);
        }
        Ok(())
    }
}

/// Whether it is looked at services.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Looking {
    Too,
    NotYet,
}
