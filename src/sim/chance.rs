//! A farm from a seed.

use super::acts::WEB;
use super::build::{Made, sim_node};
use super::dice::Dice;
use super::roll::Shape;
use super::state::{CertInfo, FIRST, Process, RowKind, SimNode, SimRow, SimSharePoint, State, Stored};
use super::trace::{Cert, FOREIGN, NEW};
use crate::cert::Fingerprint;
use crate::cert::pfx::Target;
use crate::farm::description::{ArgumentList, Role, Transport};
use crate::protocol::{Hex, Id, Text};
use crate::rotation::basis::{
    ALTERNATIVE_ROW, Asked, BalancerSeen, Basis, FarmSeen, ISSUER_ROW, NewCertificate, NodeSeen, OrganizationSeen,
    Reason, RowSeen, ServiceKind, ServiceSeen, SharePointSeen, StoredSeen, Strategy, TrustSeen,
};

/// The accounts of every simulated farm.
const ACCOUNTS: [&str; 2] = ["CONTOSO\\svc-crm-web", "CONTOSO\\svc-crm-async"];

/// Draws a farm.
pub(super) fn farm(dice: &mut Dice, shape: &Shape) -> Result<Made, String> {
    let count = shape.least + dice.below(u64::from(shape.most - shape.least) + 1) as u32;
    let certs: Vec<CertInfo> = [FIRST, NEW, FOREIGN].into_iter().filter_map(CertInfo::new).collect();
    let script = Hex::from(*Fingerprint::of(b"CertificateReconfiguration.ps1").as_bytes());
    let strategy = shape.plain.or(shape.strategy).unwrap_or_else(|| draw(dice));
    let initial = strategy == Strategy::Initial;
    let odd = shape.plain.is_none();
    let balanced = odd && dice.below(4) == 0;
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
        node.by_hand = odd && strategy.switches() && number > 0 && node.signs() && dice.below(24) == 0;
        node.by_hand &= strategy != Strategy::Overlap;
        node.balanced = balanced && node.signs();
        node.script = (number == 0 || (publishes && (!odd || dice.below(8) > 0))).then_some(script);
        if node.signs() && !initial {
            let bound = odd && publishes && dice.below(12) == 0;
            node.store.push(Stored { cert: FIRST, usable: true, readers: 3 });
            node.bound = bound.then_some(FIRST);
        }
        if odd && node.signs() && !node.by_hand && strategy.switches() && dice.below(10) == 0 {
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
    if !strategy.switches() {
        nodes.iter_mut().filter(|node| node.signs()).for_each(|node| rolled(node, strategy, dice));
    }
    let mut sharepoint = Vec::new();
    for number in 0..if odd { dice.below(3) } else { 1 } {
        let mut server = node(&format!("sp-{}", number + 1), vec![Role::Sharepoint])?;
        server.processes.push(web());
        nodes.push(server);
        let accepted: Vec<Cert> = match (initial, strategy.switches()) {
            (true, _) => Vec::new(),
            (false, true) => vec![FIRST],
            (false, false) => vec![NEW],
        };
        let trusts = (0..=if odd { dice.below(2) } else { 0 })
            .map(|trust| (Text::told(&format!("crm-{trust}")), accepted.clone()))
            .collect();
        // Somebody may have set the job to run often, so that it comes at any instant.
        let every = if odd { [86_400, 3600, 300][dice.below(3) as usize] } else { 86_400 };
        let next = if odd { dice.below(every as u64) as i64 } else { 50_000 };
        sharepoint.push(SimSharePoint {
            server: nodes.len() - 1,
            trusts,
            running: None,
            last_success: None,
            next,
            every,
            held: false,
        });
    }
    let cert = if strategy.switches() { FIRST } else { NEW };
    let rows = if initial { Vec::new() } else { vec![SimRow { id: 1, kind: RowKind::Issuer, cert }] };
    let accounts = ACCOUNTS.map(Text::told).to_vec();
    Ok(Made { nodes, update_crm: 0, rows, sharepoint, certs, accounts, strategy: Some(strategy) })
}

/// The commands of a load balancer. The last word is the server.
fn balancer(node: &SimNode) -> Option<BalancerSeen> {
    let command = |part: &str| {
        let words = vec!["lb".to_owned(), part.to_owned(), node.name.as_str().to_owned()];
        ArgumentList::try_from(words).ok()
    };
    Some(BalancerSeen { drain: command("drain")?, undrain: command("undrain")? })
}

fn draw(dice: &mut Dice) -> Strategy {
    match dice.below(16) {
        0 | 1 => Strategy::Initial,
        2..=5 => Strategy::Overlap,
        6 => Strategy::Recover,
        7 | 8 => Strategy::Repair,
        9 => Strategy::Retire,
        _ => Strategy::Direct,
    }
}

/// A server after a roll, with the certificate of the row; for a repair something may be missing.
fn rolled(node: &mut SimNode, strategy: Strategy, dice: &mut Dice) {
    let drift = if strategy == Strategy::Repair { dice.below(4) } else { 3 };
    let (usable, readers) = (drift != 1, if drift == 2 { 0 } else { 3 });
    if drift == 0 {
        node.store.clear();
        node.bound = None;
    } else {
        node.store.push(Stored { cert: NEW, usable, readers });
    }
    for process in &mut node.processes {
        process.loaded = (drift != 0).then_some(NEW);
    }
}

/// The web server of a SharePoint server. It signs nothing.
pub(super) fn web() -> Process {
    let (kind, name, account) = (ServiceKind::Service, WEB.to_owned(), String::new());
    Process { seen: ServiceSeen { kind, name, account }, begun: -1000, loaded: None }
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
pub(super) fn basis(
    state: &State,
    strategy: Option<Strategy>,
    dice: &mut Dice,
    shape: &Shape,
) -> Result<Basis, String> {
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
        transport: if node.by_hand { Transport::Manual } else { Transport::Ssh },
        script_sha256: node.script,
        network_identity: true,
        accounts: node.accounts.clone(),
        services: node.processes.iter().filter(|_| node.signs()).map(|process| process.seen.clone()).collect(),
        certificates: node
            .store
            .iter()
            .map(|one| StoredSeen {
                thumbprint: state.thumbprint(one.cert),
                subject: state.certs[usize::from(one.cert)].subject.clone(),
                has_key: true,
            })
            .collect(),
        balancer: Some(node).filter(|node| node.balanced).and_then(balancer),
    };
    let not_after =
        date(if strategy == Some(Strategy::Recover) { "2026-05-31T00:00:00Z" } else { "2026-07-31T00:00:00Z" })?;
    let row = |row: &SimRow| RowSeen {
        certificate_type: Text::told(match row.kind {
            RowKind::Issuer => ISSUER_ROW,
            RowKind::Alternative => ALTERNATIVE_ROW,
        }),
        id: Text::told(&row.id.to_string()),
        thumbprint: Some(state.thumbprint(row.cert)),
        certificate: Some(state.certs[usize::from(row.cert)].der.clone()),
        not_after: Some(not_after),
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
    let upkeep = strategy.filter(|strategy| !strategy.switches());
    let mut asked = Asked { retire_after_days, strategy: upkeep, ..Asked::new(state.instant(0), certificate) };
    match strategy {
        Some(Strategy::Overlap) => asked.strategy = strategy,
        Some(Strategy::Repair) if dice.below(2) == 0 => {
            let signing: Vec<&SimNode> = state.nodes.iter().filter(|node| node.signs()).collect();
            let chosen = signing[dice.below(signing.len() as u64) as usize];
            asked.nodes.push(chosen.name.clone());
        }
        Some(Strategy::Retire) => {
            asked.old = Some(state.thumbprint(FIRST));
            asked.verified = Some(state.instant(-86_400 * dice.below(20) as i64));
        }
        Some(Strategy::Direct) if shape.retire && dice.below(12) == 0 => asked.reason = Some(Reason::KeyCompromise),
        _ => {}
    }
    Ok(Basis {
        asked,
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
            collected: Vec::new(),
        },
    })
}

fn address(number: u64) -> String {
    format!("https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=org{number}")
}
