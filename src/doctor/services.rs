//! Checks of Dynamics 365: its tools, servers, services and accounts.

use super::sight::{Answered, Look, asked, server, there, truth};
use super::{Check, Facts, Grade, Sight, Way};
use crate::farm::description::Role;
use crate::farm::truth::Topic;
use crate::protocol::{Seen, Servers, Service, Services};

const LISTED: &str = "on a server with the deployment tools: Get-CrmServer";
const DEPLOYMENT: &str = "Microsoft, Get-CrmServer";
/// Accounts that mean another principal on each machine.
const LOCAL_ACCOUNTS: [&str; 6] = [
    "ApplicationPoolIdentity",
    "NetworkService",
    "LocalService",
    "LocalSystem",
    "NT AUTHORITY\\NetworkService",
    "NT AUTHORITY\\NETWORK SERVICE",
];

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "deployment-tools",
        wants: "The deployment tools have the snap-in Microsoft.Crm.PowerShell",
        why: "the row in the configuration database is read and written through it",
        remedy: "install the Deployment Tools role of Dynamics 365 on that server, or give another node the role in farm.toml",
        look: "on the server: Get-PSSnapin -Registered",
        source: DEPLOYMENT,
        judge: |facts| {
            deployment(facts, |answer| match answer {
                Answered::There(_) => (Grade::Ok, "the snap-in answers".to_owned()),
                Answered::Absent(why) => (Grade::Fail, why.to_owned()),
                Answered::Failed(why) => (Grade::Unseen, why.to_owned()),
            })
        },
    },
    Check {
        id: "deployment-servers",
        wants: "Every server of the deployment is described",
        why: "a server that is not described gets no certificate, and fails after the roll",
        remedy: "write a [[node]] for it in farm.toml",
        look: LISTED,
        source: DEPLOYMENT,
        judge: described,
    },
    Check {
        id: "deployment-enabled",
        wants: "No server of the deployment is disabled",
        why: "a disabled server that is enabled after the roll signs with the certificate that it had before",
        remedy: "enable the server in Deployment Manager, or remove it from the deployment",
        look: LISTED,
        source: DEPLOYMENT,
        judge: |facts| {
            deployment(facts, |answer| {
                there(answer, |list| {
                    let off = list.servers.iter().filter(|one| !one.state.as_str().eq_ignore_ascii_case("Enabled"));
                    let off: Vec<&str> = off.map(|one| one.name.as_str()).collect();
                    match off.as_slice() {
                        [] => (Grade::Ok, format!("{} servers, all enabled", list.servers.len())),
                        off => (Grade::Warn, format!("not enabled: {}", off.join(", "))),
                    }
                })
            })
        },
    },
    Check {
        id: "deployment-versions",
        wants: "All servers of the deployment have one version",
        why: "a deployment in the middle of an update is not the time for a roll",
        remedy: "bring all servers to the same update",
        look: LISTED,
        source: DEPLOYMENT,
        judge: |facts| {
            deployment(facts, |answer| {
                there(answer, |list| {
                    let mut versions: Vec<&str> = list.servers.iter().map(|one| one.version.as_str()).collect();
                    versions.sort_unstable();
                    versions.dedup();
                    let grade = if versions.len() > 1 { Grade::Warn } else { Grade::Ok };
                    (grade, versions.join(", "))
                })
            })
        },
    },
    Check {
        id: "dynamics-9",
        wants: "Dynamics 365 is 9.0 or later",
        why: "SharePoint 2019 and Subscription Edition need 9.0 Update 0.13 or later; older versions are out of support",
        remedy: "install the latest update of Dynamics 365 Customer Engagement (on-premises)",
        look: LISTED,
        source: "Microsoft, server-based authentication with SharePoint on-premises",
        judge: |facts| {
            deployment(facts, |answer| {
                there(answer, |list| {
                    let major = |text: &str| text.split('.').next().and_then(|part| part.parse::<u32>().ok());
                    match list.servers.iter().map(|one| (major(one.version.as_str()), one.version.as_str())).min() {
                        None => (Grade::Unseen, "no server is listed".to_owned()),
                        Some((None, version)) => (Grade::Unseen, format!("{version} is no version")),
                        Some((Some(..9), version)) => (Grade::Fail, version.to_owned()),
                        Some((Some(_), version)) => (Grade::Ok, version.to_owned()),
                    }
                })
            })
        },
    },
    Check {
        id: "async-running",
        wants: "The asynchronous service runs on each of its servers",
        why: "a service that does not run cannot be shown to use the new certificate",
        remedy: "Start-Service MSCRMAsyncService",
        look: "on the server: Get-Service MSCRM*",
        source: "Microsoft, connect Dynamics 365 (on-premises) to Exchange Online: the async services are restarted",
        judge: |facts| {
            running(facts, Role::Async, "server with the asynchronous role", "MSCRMAsyncService", |list| &list.services)
        },
    },
    Check {
        id: "web-running",
        wants: "The web server runs on each web server of Dynamics",
        why: "the metadata document is read from each of them to prove the roll",
        remedy: "Start-Service W3SVC",
        look: "on the server: Get-Service W3SVC",
        source: "docs/farm.md",
        judge: |facts| running(facts, Role::Web, "web server", "W3SVC", |list| &list.services),
    },
    Check {
        id: "pool-running",
        wants: "The application pool CRMAppPool runs on each web server",
        why: "a pool that is stopped cannot be recycled, and signs nothing",
        remedy: "Start-WebAppPool CRMAppPool",
        look: "on the server: Get-WebAppPoolState CRMAppPool",
        source: "Microsoft, server-based authentication with SharePoint on-premises: the identity of CRMAppPool",
        judge: |facts| running(facts, Role::Web, "web server", "CRMAppPool", |list| &list.pools),
    },
    Check {
        id: "service-accounts",
        wants: "The services that sign run under accounts that mean the same on every server",
        why: "a built-in account is another principal on each machine; read access is then granted server by server, and lost with a rebuilt one",
        remedy: "run CRMAppPool and the asynchronous service as a domain account or a gMSA",
        look: "on the server: Get-CimInstance Win32_Service, and the identity of CRMAppPool in IIS Manager",
        source: "Microsoft, service accounts of Dynamics 365",
        judge: accounts,
    },
    Check {
        id: "accounts-as-described",
        wants: "The services run under the accounts that farm.toml says",
        why: "the key would be granted to somebody who does not need it, and not to the one who does",
        remedy: "correct the [[identity]] in farm.toml",
        look: "on the server: Get-CimInstance Win32_Service, and the identity of CRMAppPool in IIS Manager",
        source: "docs/farm.md",
        judge: |facts| {
            truth(
                facts,
                &Look {
                    ids: &["account-differs"],
                    whom: "server that signs",
                    pick: |node| node.signs(),
                    part: |topic| *topic == Topic::Services,
                    unseen: |shown| shown.services.gap(),
                    well: "no service runs under another account",
                },
            )
        },
    },
];

fn deployment(facts: &Facts<'_>, judge: impl Fn(Answered<'_, Servers>) -> (Grade, String)) -> Vec<Sight> {
    asked(facts, Role::DeploymentTools, "server with deployment tools", |one| &one.deployment, judge)
}

fn described(facts: &Facts<'_>) -> Vec<Sight> {
    deployment(facts, |answer| {
        there(answer, |list| {
            if !facts.is_described() {
                let names: Vec<&str> = list.servers.iter().map(|one| one.name.as_str()).collect();
                return (
                    Grade::Unseen,
                    format!("no farm.toml to compare with; the deployment has {}", names.join(", ")),
                );
            }
            // Dynamics knows servers by their short names.
            let short = |name: &str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
            let known: Vec<String> = facts.farm.nodes.iter().map(|node| short(node.name.as_str())).collect();
            let signs = |roles: &str| roles.contains("WebApplication") || roles.contains("Asynchronous");
            let missing = list.servers.iter().filter(|one| !known.contains(&short(one.name.as_str())));
            let (signing, others): (Vec<_>, Vec<_>) = missing.partition(|one| signs(one.roles.as_str()));
            let names = |list: &[&crate::protocol::Server]| {
                list.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
            };
            match (signing.as_slice(), others.as_slice()) {
                ([], []) => (Grade::Ok, format!("all {} servers", list.servers.len())),
                ([], others) => (Grade::Warn, format!("not described, and of no role that signs: {}", names(others))),
                (signing, _) => (Grade::Fail, format!("not described: {}", names(signing))),
            }
        })
    })
}

fn running(facts: &Facts<'_>, role: Role, whom: &str, name: &str, of: impl Fn(&Services) -> &[Service]) -> Vec<Sight> {
    asked(
        facts,
        role,
        whom,
        |one| &one.services,
        |answer| {
            there(answer, |list| match of(list).iter().find(|one| one.name.as_str().eq_ignore_ascii_case(name)) {
                Some(one) if matches!(one.state.as_str(), "Running" | "Started") => (Grade::Ok, format!("{name} runs")),
                Some(one) => (Grade::Fail, format!("{name}: {}", one.state.as_str())),
                None => match list.gaps.first() {
                    Some(gap) => (Grade::Unseen, format!("{}: {}", gap.what.as_str(), gap.why.as_str())),
                    None => (Grade::Fail, format!("there is no {name}")),
                },
            })
        },
    )
}

fn accounts(facts: &Facts<'_>) -> Vec<Sight> {
    super::sight::each(
        facts,
        "server that signs",
        |node| node.signs(),
        |one| match &one.services {
            Seen::Absent(why) | Seen::Unseen(why) => {
                let why =
                    if one.way == Way::ByHand { "steps are done by hand there, nobody asked" } else { why.as_str() };
                server(one, Grade::Unseen, why)
            }
            Seen::There(list) => {
                let signing = super::signing_services(list);
                let local = signing.iter().filter(|service| {
                    LOCAL_ACCOUNTS.iter().any(|account| account.eq_ignore_ascii_case(service.account.as_str()))
                });
                let words = |service: &&&Service| format!("{} as {}", service.name.as_str(), service.account.as_str());
                let local: Vec<String> = local.map(|service| words(&service)).collect();
                let all: Vec<String> = signing.iter().map(|service| words(&service)).collect();
                match (local.as_slice(), all.as_slice()) {
                    ([], []) => server(one, Grade::Unseen, "no service that signs was found"),
                    ([], all) => server(one, Grade::Ok, all.join(", ")),
                    (local, _) => server(one, Grade::Warn, local.join(", ")),
                }
            }
        },
    )
}
