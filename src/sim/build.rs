//! Builds a simulated farm from a seed.

use std::collections::BTreeMap;

use super::dice::Dice;
use super::fault::Faults;
use super::roll::Shape;
use super::state::{CertInfo, FIRST, Process, SimNode, SimRow, SimSharePoint, State, Stored};
use super::trace::{Cert, FOREIGN, NEW};
use super::world::{Rival, Sim};
use crate::cert::Fingerprint;
use crate::cert::pfx::Target;
use crate::farm::description::{
    Farm, Label, Name, Node, Organization, Role, SharePoint, SharePointVersion, Transport, Trust, UpdateCrm, Url,
};
use crate::node::engine::Standing;
use crate::protocol::{Hex, Id, Text};
use crate::rotation::admission;
use crate::rotation::basis::{
    Asked, Basis, FarmSeen, ISSUER_ROW, NewCertificate, NodeSeen, OrganizationSeen, RowSeen, ServiceKind, ServiceSeen,
    SharePointSeen, StoredSeen, Strategy, TrustSeen,
};
use crate::rotation::belief::Belief;
use crate::rotation::planner;

/// The accounts of every simulated farm.
const ACCOUNTS: [&str; 2] = ["CONTOSO\\svc-crm-web", "CONTOSO\\svc-crm-async"];

/// Builds a farm. What goes wrong is drawn here too.
pub(super) fn build(seed: u64, shape: &Shape) -> Result<Sim, String> {
    let mut dice = Dice::new(seed);
    let state = state(&mut dice, shape)?;
    let basis = basis(&state, &mut dice, shape)?;
    let admitted = |basis: &Basis| {
        let plan = planner::plan(basis).map_err(|objections| format!("{objections:?}"))?;
        admission::sound(plan).map_err(|refused| refused.to_string())
    };
    let mut another = basis.clone();
    another.asked.retire_after_days = match basis.asked.retire_after_days {
        None => Some(99),
        Some(_) => None,
    };
    let farm = farm(&state)?;
    let (at, takes_over, other) = (dice.below(400), dice.below(2) == 0, dice.below(3) == 0);
    let rival = Rival { at, takes_over, other, resumes: dice.below(3) > 0 };
    let rival = Some(rival).filter(|_| dice.below(6) == 0 && shape.faults);
    let another = rival.filter(|rival| rival.other).map(|_| admitted(&another)).transpose()?;
    let plans = (admitted(&basis)?, another);
    Ok(Sim::new(State { dice, ..state }, farm, plans, rival))
}

fn state(dice: &mut Dice, shape: &Shape) -> Result<State, String> {
    let count = shape.least + dice.below(u64::from(shape.most - shape.least) + 1) as u32;
    let certs: Vec<CertInfo> = [FIRST, NEW, FOREIGN].into_iter().filter_map(CertInfo::new).collect();
    let script = Hex::from(*Fingerprint::of(b"CertificateReconfiguration.ps1").as_bytes());
    let initial = match shape.plain {
        Some(strategy) => strategy == Strategy::Initial,
        None => dice.below(8) == 0,
    };
    let odd = shape.plain.is_none();
    let mut nodes = Vec::new();
    for number in 0..count {
        let (name, roles) = match number {
            0 if odd && count > 1 && dice.below(6) == 0 => ("tools-01".to_owned(), vec![Role::DeploymentTools]),
            0 => ("crm-001".to_owned(), vec![Role::Web, Role::Async, Role::DeploymentTools]),
            number => {
                let roles = match if odd { dice.below(3) } else { 2 } {
                    0 => vec![Role::Web],
                    1 => vec![Role::Async],
                    _ => vec![Role::Web, Role::Async],
                };
                (format!("crm-{:03}", number + 1), roles)
            }
        };
        let publishes = roles.contains(&Role::Web);
        let mut node = node(&name, roles)?;
        node.script = (number == 0 || (publishes && (!odd || dice.below(8) > 0))).then_some(script);
        if node.signs() && !initial {
            let bound = odd && publishes && dice.below(12) == 0;
            node.store.push(Stored { cert: FIRST, usable: true, readers: 3 });
            node.bound = bound.then_some(FIRST);
        }
        if odd && node.signs() && dice.below(10) == 0 {
            node.store.push(Stored { cert: NEW, usable: dice.below(4) > 0, readers: dice.below(4) as u32 });
        }
        nodes.push(node);
    }
    if !nodes.iter().any(SimNode::signs) {
        nodes.push(node("crm-900", vec![Role::Web, Role::Async])?);
        if !initial && let Some(last) = nodes.last_mut() {
            last.store.push(Stored { cert: FIRST, usable: true, readers: 3 });
        }
    }
    let mut sharepoint = Vec::new();
    for number in 0..if odd { dice.below(3) } else { 1 } {
        nodes.push(node(&format!("sp-{}", number + 1), vec![Role::Sharepoint])?);
        let accepted: Vec<Cert> = if initial { Vec::new() } else { vec![FIRST] };
        let trusts = (0..=if odd { dice.below(2) } else { 0 })
            .map(|trust| (Text::told(&format!("crm-{trust}")), accepted.clone()))
            .collect();
        let next = if odd { dice.below(86_400) as i64 } else { 50_000 };
        sharepoint.push(SimSharePoint { server: nodes.len() - 1, trusts, running: None, last_success: None, next });
    }
    for node in &mut nodes {
        node.ahead = dice.below(121) as i64 - 60;
    }
    let faults = if shape.faults {
        Faults { left: dice.below(6) as u32, rate: 5 + dice.below(60), at: None }
    } else {
        Faults { at: shape.fault_at, ..Faults::default() }
    };
    let disbelieved = if shape.faults && dice.below(4) == 0 {
        vec![Belief::ALL[dice.below(8) as usize], Belief::ALL[dice.below(8) as usize]]
    } else {
        shape.disbelieved.clone()
    };
    let rows = if initial { Vec::new() } else { vec![SimRow { id: 1, cert: FIRST }] };
    Ok(State {
        now: 0,
        controller_ahead: 0,
        dice: Dice::new(0),
        places: nodes.iter().enumerate().map(|(place, node)| (node.name.as_str().to_owned(), place)).collect(),
        nodes,
        update_crm: 0,
        rows,
        sharepoint,
        certs,
        accounts: ACCOUNTS.map(Text::told).to_vec(),
        disbelieved,
        events: Vec::new(),
        run: 0,
        faults,
        sealed: 0,
        by_hand: false,
        requests: 0,
        stragglers: Vec::new(),
    })
}

fn node(name: &str, roles: Vec<Role>) -> Result<SimNode, String> {
    let mut processes = Vec::new();
    let mut accounts = Vec::new();
    let mut process = |kind, name: &str, account: &str| {
        let (name, account) = (name.to_owned(), account.to_owned());
        processes.push(Process { seen: ServiceSeen { kind, name, account }, begun: -1000, loaded: Some(FIRST) });
    };
    if roles.contains(&Role::Web) {
        accounts.push(Text::told(ACCOUNTS[0]));
        process(ServiceKind::Pool, "CRMAppPool", ACCOUNTS[0]);
    }
    if roles.contains(&Role::Async) {
        accounts.push(Text::told(ACCOUNTS[1]));
        process(ServiceKind::Service, "MSCRMAsyncService", ACCOUNTS[1]);
        process(ServiceKind::Service, "MSCRMAsyncService$maintenance", ACCOUNTS[1]);
    }
    Ok(SimNode {
        name: name.parse::<Id>()?,
        roles,
        down_until: i64::MIN,
        ahead: 0,
        standing: Standing::default(),
        journals: BTreeMap::new(),
        attempts: BTreeMap::new(),
        running: None,
        staged: None,
        store: Vec::new(),
        accounts,
        processes,
        script: None,
        bound: None,
        shown: None,
    })
}

fn basis(state: &State, dice: &mut Dice, shape: &Shape) -> Result<Basis, String> {
    let new = &state.certs[usize::from(NEW)];
    let date = |text: &str| text.parse().map_err(|error| format!("{error}"));
    let certificate = NewCertificate {
        certificate: new.der.clone(),
        thumbprint: new.thumbprint,
        fingerprint_sha256: Hex::from(*Fingerprint::of(new.der.as_bytes()).as_bytes()),
        subject: new.subject.clone(),
        not_before: date("2026-05-01T00:00:00Z")?,
        not_after: date("2028-05-01T00:00:00Z")?,
    };
    let seen = |node: &SimNode| NodeSeen {
        name: node.name.clone(),
        roles: node.roles.clone(),
        os: Target::Server2019,
        transport: Transport::Ssh,
        script_sha256: node.script,
        network_identity: true,
        accounts: node.accounts.clone(),
        services: node.processes.iter().map(|process| process.seen.clone()).collect(),
        certificates: node
            .store
            .iter()
            .map(|one| StoredSeen {
                thumbprint: state.thumbprint(one.cert),
                subject: state.certs[usize::from(one.cert)].subject.clone(),
                has_key: true,
            })
            .collect(),
    };
    let row = |row: &SimRow| RowSeen {
        certificate_type: Text::told(ISSUER_ROW),
        id: Text::told(&row.id.to_string()),
        thumbprint: Some(state.thumbprint(row.cert)),
        certificate: Some(state.certs[usize::from(row.cert)].der.clone()),
    };
    let organizations = (0..=if shape.plain.is_none() { dice.below(2) } else { 0 }).map(|number| OrganizationSeen {
        name: Id::word(&format!("org{number}")),
        metadata: Text::told(&address(number)),
    });
    let sharepoint = state.sharepoint.iter().map(|farm| SharePointSeen {
        name: Id::word(&format!("farm-{}", state.nodes[farm.server].name)),
        server: Some(state.nodes[farm.server].name.clone()),
        trusts: farm
            .trusts
            .iter()
            .map(|(name, accepted)| TrustSeen {
                name: name.clone(),
                organization: Id::word("org0"),
                by_metadata: true,
                accepted: accepted.iter().map(|one| state.thumbprint(*one)).collect(),
            })
            .collect(),
    });
    let retire_after_days = shape.retire.then(|| dice.below(15) as u16).filter(|_| dice.below(3) == 0);
    Ok(Basis {
        asked: Asked { now: state.instant(0), strategy: None, certificate, retire_after_days },
        seen: FarmSeen {
            farm: Text::told("simulated"),
            update_crm: state.nodes[state.update_crm].name.clone(),
            nodes: state.nodes.iter().map(seen).collect(),
            rows: state.rows.iter().map(row).collect(),
            organizations: organizations.collect(),
            sharepoint: if state.rows.is_empty() { Vec::new() } else { sharepoint.collect() },
            consumers: Vec::new(),
        },
    })
}

fn address(number: u64) -> String {
    format!("https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=org{number}")
}

fn farm(state: &State) -> Result<Farm, String> {
    let word = |error: crate::farm::description::WordError| error.to_string();
    let mut nodes = Vec::new();
    for node in &state.nodes {
        nodes.push(Node {
            name: Name::try_from(node.name.as_str().to_owned()).map_err(word)?,
            roles: node.roles.clone(),
            os: Target::Server2019,
            transport: Transport::Ssh,
            address: None,
            port: None,
            user: None,
            drain: None,
            undrain: None,
            staging: None,
        });
    }
    let mut organizations = Vec::new();
    for number in 0..2 {
        organizations.push(Organization {
            name: Name::try_from(format!("org{number}")).map_err(word)?,
            metadata: Url::try_from(address(number)).map_err(word)?,
            tls_ca: None,
            tls_pin: None,
        });
    }
    let mut sharepoint = Vec::new();
    for farm in &state.sharepoint {
        let label = |name: &Text| Label::try_from(name.as_str().to_owned()).map_err(word);
        let mut trusts = Vec::new();
        for (name, _) in &farm.trusts {
            trusts.push(Trust { name: label(name)?, organization: Name::try_from("org0".to_owned()).map_err(word)? });
        }
        let server = Name::try_from(state.nodes[farm.server].name.as_str().to_owned()).map_err(word)?;
        sharepoint.push(SharePoint {
            name: Name::try_from(format!("farm-{server}")).map_err(word)?,
            version: SharePointVersion::V2019,
            servers: vec![server],
            sites: Vec::new(),
            trusts,
        });
    }
    let node = Name::try_from(state.nodes[state.update_crm].name.as_str().to_owned()).map_err(word)?;
    let name = Some(Name::try_from("simulated".to_owned()).map_err(word)?);
    Ok(Farm { name, update_crm: Some(UpdateCrm { node }), nodes, organizations, sharepoint, ..Farm::default() })
}
