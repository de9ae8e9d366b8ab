//! Builds a simulation: a farm from a seed or from what was seen, and what goes wrong.

use std::collections::BTreeMap;

use super::chance;
use super::dice::Dice;
use super::fault::Faults;
use super::load::load;
use super::roll::Shape;
use super::state::{CertInfo, SimNode, SimRow, SimSharePoint, State};
use super::world::{Rival, Sim};
use crate::farm::description::{
    Farm, Label, Name, Node, Organization, Role, SharePoint, SharePointVersion, Trust, UpdateCrm, Url, WordError,
};
use crate::node::engine::Standing;
use crate::protocol::{Id, Text};
use crate::rotation::admission;
use crate::rotation::basis::{Basis, Strategy};
use crate::rotation::belief::Belief;
use crate::rotation::planner;

/// A farm without time and chance.
pub(super) struct Made {
    pub(super) nodes: Vec<SimNode>,
    pub(super) update_crm: usize,
    pub(super) rows: Vec<SimRow>,
    pub(super) sharepoint: Vec<SimSharePoint>,
    pub(super) certs: Vec<CertInfo>,
    pub(super) accounts: Vec<Text>,
    /// The shape for which it was drawn.
    pub(super) strategy: Option<Strategy>,
}

/// Builds a farm. What goes wrong is drawn here too.
pub(super) fn build(seed: u64, shape: &Shape) -> Result<Sim, String> {
    let mut dice = Dice::new(seed);
    let (state, basis) = match &shape.observed {
        Some(basis) => (state(load(basis)?, &mut dice, shape), Basis::clone(basis)),
        None => {
            let made = chance::farm(&mut dice, shape)?;
            let strategy = made.strategy;
            let state = state(made, &mut dice, shape);
            let basis = chance::basis(&state, strategy, &mut dice, shape)?;
            (state, basis)
        }
    };
    let admitted = |basis: &Basis| {
        let plan = planner::plan(basis).map_err(|objections| format!("{objections:?}"))?;
        admission::simulated(plan).map_err(|refused| refused.to_string())
    };
    let farm = farm(&basis)?;
    let (at, takes_over, other) = (dice.below(400), dice.below(2) == 0, dice.below(3) == 0);
    let rival = Rival { at, takes_over, other, resumes: dice.below(3) > 0 };
    let rival = Some(rival).filter(|_| dice.below(6) == 0 && shape.faults);
    let another = || {
        let mut another = basis.clone();
        another.asked.retire_after_days = match basis.asked.retire_after_days {
            None => Some(99),
            Some(_) => None,
        };
        admitted(&another)
    };
    let another = rival.filter(|rival| rival.other).map(|_| another()).transpose()?;
    let plans = (admitted(&basis)?, another);
    Ok(Sim::new(State { dice, ..state }, farm, plans, rival))
}

fn state(made: Made, dice: &mut Dice, shape: &Shape) -> State {
    let Made { mut nodes, update_crm, rows, sharepoint, certs, accounts, strategy: _ } = made;
    for node in &mut nodes {
        node.ahead = dice.below(121) as i64 - 60;
    }
    let faults = if shape.faults {
        Faults { left: dice.below(6) as u32, rate: 5 + dice.below(60), ..Faults::default() }
    } else {
        Faults { at: shape.fault_at, ..Faults::default() }
    };
    let disbelieved = if shape.faults && dice.below(4) == 0 {
        vec![Belief::ALL[dice.below(8) as usize], Belief::ALL[dice.below(8) as usize]]
    } else {
        shape.disbelieved.clone()
    };
    State {
        now: 0,
        controller_ahead: 0,
        dice: Dice::new(0),
        places: nodes.iter().enumerate().map(|(place, node)| (node.name.as_str().to_owned(), place)).collect(),
        nodes,
        update_crm,
        rows,
        sharepoint,
        certs,
        accounts,
        disbelieved,
        events: Vec::new(),
        run: 0,
        faults,
        sealed: 0,
        by_hand: false,
        requests: 0,
        stragglers: Vec::new(),
    }
}

/// A server on which nothing is and nothing runs.
pub(super) fn sim_node(name: Id, roles: Vec<Role>, accounts: Vec<Text>) -> SimNode {
    SimNode {
        name,
        roles,
        by_hand: false,
        balanced: false,
        drained: false,
        down_until: i64::MIN,
        ahead: 0,
        standing: Standing::default(),
        journals: BTreeMap::new(),
        attempts: BTreeMap::new(),
        running: None,
        staged: None,
        store: Vec::new(),
        accounts,
        processes: Vec::new(),
        script: None,
        bound: None,
        shown: None,
    }
}

/// Returns the farm.toml of what was seen.
fn farm(basis: &Basis) -> Result<Farm, String> {
    let word = |error: WordError| error.to_string();
    let name = |id: &Id| Name::try_from(id.as_str().to_owned()).map_err(word);
    let seen = &basis.seen;
    let mut nodes = Vec::new();
    for node in &seen.nodes {
        nodes.push(Node {
            name: name(&node.name)?,
            roles: node.roles.clone(),
            os: node.os,
            transport: node.transport,
            address: None,
            port: None,
            user: None,
            drain: None,
            undrain: None,
            staging: None,
        });
    }
    let mut organizations = Vec::new();
    for one in &seen.organizations {
        organizations.push(Organization {
            name: name(&one.name)?,
            metadata: Url::try_from(one.metadata.as_str().to_owned()).map_err(word)?,
            tls_ca: None,
            tls_pin: None,
        });
    }
    let mut sharepoint = Vec::new();
    for farm in &seen.sharepoint {
        let mut trusts = Vec::new();
        for trust in &farm.trusts {
            let label = Label::try_from(trust.name.as_str().to_owned()).map_err(word)?;
            trusts.push(Trust { name: label, organization: name(&trust.organization)?, app_only: Vec::new() });
        }
        let servers = farm.server.iter().map(name).collect::<Result<_, _>>()?;
        let (version, sites, tls_ca) = (SharePointVersion::V2019, Vec::new(), None);
        sharepoint.push(SharePoint { name: name(&farm.name)?, version, servers, sites, tls_ca, trusts });
    }
    let update_crm = Some(UpdateCrm { node: name(&seen.update_crm)? });
    Ok(Farm { name: None, update_crm, nodes, organizations, sharepoint, ..Farm::default() })
}
