//! Whether a plan may be applied: it is what the planner makes of its own basis, it is for this farm, and what it rests on has
//! not moved.

use super::basis::{Basis, FarmSeen};
use super::lint::lint;
use super::plan::{Plan, ReadError};
use super::planner;
use crate::cert::Fingerprint;
use crate::protocol::Hex;

/// A plan that may be applied.
#[derive(Clone, Debug)]
pub struct Admitted {
    plan: Plan,
    digest: Hex<32>,
}

/// Why a plan may not be applied.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// Planning again from its basis gives something else.
    #[error("it is not what this s2scert plans from the facts in it: it was edited, or made by another version")]
    Edited,
    /// It does not stand up to being read.
    #[error("it breaks a rule of its own: {0}")]
    Unsound(String),
    /// It is for another farm.
    #[error("it is for the farm {planned}, and this is {here}")]
    OtherFarm {
        /// The farm of the plan.
        planned: String,
        /// The farm that was seen.
        here: String,
    },
    /// What it rests on is not so any more.
    #[error("what it rests on has moved: {}", .0.join("; "))]
    Moved(Vec<String>),
    /// Its certificate has come to its end meanwhile, or has not begun.
    #[error("its certificate is not valid now")]
    NotValid,
}

impl Admitted {
    /// Returns the plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns the plan alone.
    #[must_use]
    pub(crate) fn into_plan(self) -> Plan {
        self.plan
    }

    /// Returns its digest.
    #[must_use]
    pub const fn digest(&self) -> Hex<32> {
        self.digest
    }
}

/// Reads a plan and plans again from the basis in it. Only equal octets are admitted.
///
/// # Errors
/// [`Refused`].
pub fn admit(bytes: &[u8]) -> Result<Admitted, Refused> {
    let plan = Plan::read(bytes)?;
    let again = planner::plan(&plan.basis).map_err(|_| Refused::Edited)?;
    if again.bytes() != bytes {
        return Err(Refused::Edited);
    }
    sound(plan)
}

/// Admits a plan that was made a moment ago and has not left this process.
///
/// # Errors
/// [`Refused::Unsound`].
pub fn sound(plan: Plan) -> Result<Admitted, Refused> {
    if let Some(fault) = lint(&plan).first() {
        return Err(Refused::Unsound(fault.to_string()));
    }
    let digest = plan.digest();
    Ok(Admitted { plan, digest })
}

/// Admits a plan that will never be a file, for a simulation: it is told from others by its name, which follows from its basis.
///
/// # Errors
/// [`Refused::Unsound`].
pub(crate) fn simulated(plan: Plan) -> Result<Admitted, Refused> {
    if let Some(fault) = lint(&plan).first() {
        return Err(Refused::Unsound(fault.to_string()));
    }
    let digest = Hex::from(*Fingerprint::of(plan.roll.as_str().as_bytes()).as_bytes());
    Ok(Admitted { plan, digest })
}

/// Compares what a plan rests on with what is seen now.
///
/// # Errors
/// [`Refused::OtherFarm`], [`Refused::NotValid`] and [`Refused::Moved`], with everything that has moved.
pub fn still_rests(plan: &Plan, now: jiff::Timestamp, seen: &FarmSeen) -> Result<(), Refused> {
    let Basis { asked, seen: planned } = &plan.basis;
    if planned.farm != seen.farm {
        let (planned, here) = (planned.farm.as_str().to_owned(), seen.farm.as_str().to_owned());
        return Err(Refused::OtherFarm { planned, here });
    }
    if now < asked.certificate.not_before || now >= asked.certificate.not_after {
        return Err(Refused::NotValid);
    }
    let mut moved = Vec::new();
    let mut tell = |same: bool, what: String| {
        if !same {
            moved.push(what);
        }
    };
    tell(planned.update_crm == seen.update_crm, "the node that writes the row".to_owned());
    tell(planned.rows == seen.rows, "the certificate rows of the deployment".to_owned());
    tell(planned.organizations == seen.organizations, "the organizations".to_owned());
    tell(planned.sharepoint == seen.sharepoint, "the trusts of SharePoint".to_owned());
    tell(planned.consumers == seen.consumers, "the consumers".to_owned());
    let seasons = planned.windows == seen.windows && planned.freezes == seen.freezes;
    tell(seasons, "the maintenance windows or freezes".to_owned());
    for node in &planned.nodes {
        match seen.node(node.name.as_str()) {
            None => tell(false, format!("{}: it is gone", node.name)),
            Some(now) => {
                tell(
                    planned_identity(node) == planned_identity(now),
                    format!("{}: role, system or transport", node.name),
                );
                tell(node.script_sha256 == now.script_sha256, format!("{}: the script", node.name));
                tell(
                    node.accounts == now.accounts && node.services == now.services,
                    format!("{}: its services", node.name),
                );
                tell(node.network_identity == now.network_identity, format!("{}: the network identity", node.name));
                tell(node.certificates == now.certificates, format!("{}: its certificates", node.name));
                tell(node.balancer == now.balancer, format!("{}: the commands of its load balancer", node.name));
            }
        }
    }
    for node in seen.nodes.iter().filter(|node| planned.node(node.name.as_str()).is_none()) {
        tell(false, format!("{}: it is new", node.name));
    }
    if moved.is_empty() { Ok(()) } else { Err(Refused::Moved(moved)) }
}

fn planned_identity(
    node: &super::basis::NodeSeen,
) -> (&[crate::farm::description::Role], crate::cert::pfx::Target, crate::farm::description::Transport) {
    (&node.roles, node.os, node.transport)
}
