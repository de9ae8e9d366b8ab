//! A farm from a seed.

use super::build::{Made, sim_node};
use super::dice::Dice;
use super::roll::Shape;
use super::state::{CertInfo, FIRST, Process, RowKind, SimNode, SimRow, SimSharePoint, State, Stored};
use super::trace::{Cert, FOREIGN, NEW};
use crate::cert::Fingerprint;
use crate::cert::pfx::Target;
use crate::farm::description::{Role, Transport};
use crate::protocol::{Hex, Id, Text};
use crate::rotation::basis::{
    ALTERNATIVE_ROW, Asked, Basis, FarmSeen, ISSUER_ROW, NewCertificate, NodeSeen, OrganizationSeen, RowSeen,
    ServiceKind, ServiceSeen, SharePointSeen, StoredSeen, Strategy, TrustSeen,
};

/// The accounts of every simulated farm.
const ACCOUNTS: [&str; 2] = ["CONTOSO\\svc-crm-web", "CONTOSO\\svc-crm-async"];

/// Draws a farm.
pub(super) fn farm(dice: &mut Dice, shape: &Shape) -> Result<Made, String> {
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
        sharepoint.push(SimSharePoint {
            server: nodes.len() - 1,
            trusts,
            running: None,
            last_success: None,
            next,
            held: false,
        });
    }
    let rows = if initial { Vec::new() } else { vec![SimRow { id: 1, kind: RowKind::Issuer, cert: FIRST }] };
    let accounts = ACCOUNTS.map(Text::told).to_vec();
    Ok(Made { nodes, update_crm: 0, rows, sharepoint, certs, accounts })
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
    Ok(SimNode { processes, ..sim_node(name.parse::<Id>()?, roles, accounts) })
}

/// What is seen of it.
pub(super) fn basis(state: &State, dice: &mut Dice, shape: &Shape) -> Result<Basis, String> {
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
        balancer: None,
    };
    let row = |row: &SimRow| RowSeen {
        certificate_type: Text::told(match row.kind {
            RowKind::Issuer => ISSUER_ROW,
            RowKind::Alternative => ALTERNATIVE_ROW,
        }),
        id: Text::told(&row.id.to_string()),
        thumbprint: Some(state.thumbprint(row.cert)),
        certificate: Some(state.certs[usize::from(row.cert)].der.clone()),
        not_after: None,
    };
    let organizations = (0..=if shape.plain.is_none() { dice.below(2) } else { 0 }).map(|number| OrganizationSeen {
        name: Id::word(&format!("org{number}")),
        metadata: Text::told(&address(number)),
    });
    let sharepoint = state.sharepoint.iter().map(|farm| SharePointSeen {
        name: Id::word(&format!("farm-{}", state.nodes[farm.server].name)),
        server: Some(state.nodes[farm.server].name.clone()),
        servers: vec![state.nodes[farm.server].name.clone()],
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
        asked: Asked { retire_after_days, ..Asked::new(state.instant(0), certificate) },
        seen: FarmSeen {
            farm: Text::told("simulated"),
            update_crm: state.nodes[state.update_crm].name.clone(),
            nodes: state.nodes.iter().map(seen).collect(),
            rows: state.rows.iter().map(row).collect(),
            organizations: organizations.collect(),
            sharepoint: if state.rows.is_empty() { Vec::new() } else { sharepoint.collect() },
            consumers: Vec::new(),
            windows: Vec::new(),
            freezes: Vec::new(),
        },
    })
}

fn address(number: u64) -> String {
    format!("https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=org{number}")
}
