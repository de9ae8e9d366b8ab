//! Checks of the way to the servers.

use super::sight::{each, every, farm, server, told};
use super::{Check, Facts, Grade, Sight, Way};
use crate::farm::description::{Role, Transport};
use crate::protocol::{NodeFacts, Seen};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "server-reached",
        wants: "Each server answers",
        why: "a roll begins when every server that signs is proven ready; one that does not answer stops it",
        remedy: "look whether the address, the port and the firewall let this machine through; or use transport manual",
        look: "on the server itself: s2scert doctor",
        source: "docs/farm.md, transports",
        judge: |facts| {
            way(facts, |way| match way {
                Way::Answered => Some((Grade::Ok, "it answers".to_owned())),
                Way::Unreachable(why) | Way::Broken(why) => Some((Grade::Fail, why.clone())),
                _ => None,
            })
        },
    },
    Check {
        id: "server-known",
        wants: "Whoever answers is the server that is meant",
        why: "a certificate with its key that goes to another machine is in another's hands",
        remedy: "compare the host key with the one that the server shows on its console, then correct known_hosts",
        look: "on the server: ssh-keygen -lf C:\\ProgramData\\ssh\\ssh_host_ed25519_key.pub",
        source: "OpenSSH, StrictHostKeyChecking",
        judge: |facts| {
            way(facts, |way| match way {
                Way::Answered => Some((Grade::Ok, "it is the one that is known".to_owned())),
                Way::Stranger(why) => Some((Grade::Fail, why.clone())),
                _ => None,
            })
        },
    },
    Check {
        id: "server-lets-in",
        wants: "Each server lets this account in",
        why: "nobody can be asked for a password in the middle of a roll",
        remedy: "give the account a key on that server (ssh), or the right to remote management (winrm)",
        look: "on the server: the event log Security, logon failures",
        source: "docs/farm.md, transports",
        judge: |facts| {
            way(facts, |way| match way {
                Way::Answered => Some((Grade::Ok, "it lets this account in".to_owned())),
                Way::Denied(why) => Some((Grade::Fail, why.clone())),
                _ => None,
            })
        },
    },
    Check {
        id: "program-there",
        wants: "The program can be started on each server",
        why: "AppLocker, WDAC or a folder of somebody else's may keep the program from being started",
        remedy: "allow the program by its hash, or use transport manual for that server",
        look: "on the server: s2scert version",
        source: "Microsoft, AppLocker and Windows Defender Application Control",
        judge: |facts| {
            way(facts, |way| match way {
                Way::Answered => Some((Grade::Ok, "it was started".to_owned())),
                Way::Program(why) => Some((Grade::Warn, why.clone())),
                _ => None,
            })
        },
    },
    Check {
        id: "transport-usable",
        wants: "This machine has what its transports need",
        why: "winrm needs Windows on this side, ssh needs the OpenSSH client",
        remedy: "run s2scert on a Windows machine, install the OpenSSH client, or use transport manual",
        look: "on this machine: ssh -V",
        source: "docs/farm.md, transports",
        judge: usable,
    },
    Check {
        id: "same-version",
        wants: "Each server has the s2scert that this machine has",
        why: "another version may understand a request otherwise",
        remedy: "copy this program to the server, or remove the old one from its staging folder",
        look: "on the server: s2scert version",
        source: "docs/node-protocol.md",
        judge: version,
    },
    Check {
        id: "network-identity",
        wants: "Where SQL Server or a web service is reached, the session has credentials to go on with",
        why: "cmdlets of Dynamics and SharePoint go on to another machine; a login by key, or by WinRM, has nothing to show there (the double hop)",
        remedy: "run s2scert on that server, as a scheduled task of a gMSA, through JEA with a gMSA, or with delegated Kerberos over ssh",
        look: "on the server, in the session that will be used: s2scert node describe",
        source: "Microsoft, making the second hop in PowerShell remoting",
        judge: |facts| {
            told(
                facts,
                "server with deployment tools or SharePoint",
                |node| node.has(Role::DeploymentTools) || node.has(Role::Sharepoint),
                |_, told| match &told.network_identity {
                    Seen::There(one) if one.reached => (Grade::Ok, format!("{} was read", one.share.as_str())),
                    Seen::There(one) => {
                        let why = one.why.as_ref().map_or("nothing was shown", |why| why.as_str());
                        (Grade::Fail, format!("{} was refused: {why}", one.share.as_str()))
                    }
                    Seen::Absent(why) => (outside_a_domain(told), why.as_str().to_owned()),
                    Seen::Unseen(why) => (Grade::Unseen, why.as_str().to_owned()),
                },
            )
        },
    },
    Check {
        id: "same-domain",
        wants: "All servers belong to one domain",
        why: "SharePoint finds the user by the SID in the token; a SID of another forest is unknown to it",
        remedy: "make sure that the domains trust each other; other forests are not supported",
        look: "on each server: (Get-CimInstance Win32_ComputerSystem).Domain",
        source: "Microsoft, server-based authentication with SharePoint on-premises: same or trusted domain",
        judge: domain,
    },
];

/// Judges how each server was reached; how another check names it is unseen here.
fn way(facts: &Facts<'_>, judge: impl Fn(&Way) -> Option<(Grade, String)>) -> Vec<Sight> {
    each(
        facts,
        "server",
        |_| true,
        |one| {
            let (grade, what) = judge(&one.way).unwrap_or_else(|| {
                let why = match &one.way {
                    Way::Answered => "it answers",
                    Way::ByHand => "steps are done by hand there, nobody asked",
                    Way::NotAsked(why)
                    | Way::Unusable(why)
                    | Way::Unreachable(why)
                    | Way::Stranger(why)
                    | Way::Denied(why)
                    | Way::Program(why)
                    | Way::Broken(why) => why,
                };
                (Grade::Unseen, why.to_owned())
            });
            server(one, grade, what)
        },
    )
}

fn usable(facts: &Facts<'_>) -> Vec<Sight> {
    let windows = facts.here.as_ref().map(|here| here.system.as_str() == "windows");
    each(
        facts,
        "server",
        |_| true,
        |one| match (&one.way, one.node.transport, windows) {
            (Way::Unusable(why), ..) => server(one, Grade::Fail, why.clone()),
            (_, Transport::Winrm, Some(false)) => server(one, Grade::Fail, "winrm goes out from Windows only"),
            (_, Transport::Winrm, None) => server(one, Grade::Unseen, "this machine does not tell what it is"),
            (Way::NotAsked(why), Transport::Ssh, _) => server(one, Grade::Unseen, why.clone()),
            (_, transport, _) => server(one, Grade::Ok, transport.word()),
        },
    )
}

fn version(facts: &Facts<'_>) -> Vec<Sight> {
    let Some(here) = &facts.here else {
        return vec![farm(Grade::Unseen, "this machine does not describe itself")];
    };
    every(facts, |told| {
        let (ours, theirs) = (here.version.as_str(), told.version.as_str());
        // Programs of one version for one system are the same octets.
        let altered = here.system == told.system
            && here.program_sha256.is_some()
            && told.program_sha256.is_some()
            && here.program_sha256 != told.program_sha256;
        if ours != theirs {
            (Grade::Fail, format!("it has s2scert {theirs}, this machine has {ours}"))
        } else if altered {
            (Grade::Warn, format!("it has s2scert {theirs}, with another hash"))
        } else {
            (Grade::Ok, format!("s2scert {theirs}"))
        }
    })
}

fn domain(facts: &Facts<'_>) -> Vec<Sight> {
    let share = |one: &super::Server<'_>| match &one.told {
        Seen::There(told) => match &told.network_identity {
            Seen::There(network) => Some(network.share.as_str().to_ascii_lowercase()),
            Seen::Absent(_) | Seen::Unseen(_) => None,
        },
        Seen::Absent(_) | Seen::Unseen(_) => None,
    };
    let first = facts.servers.iter().find_map(share);
    told(
        facts,
        "server",
        |_| true,
        |one, told| match (&told.network_identity, share(one), &first) {
            (Seen::There(network), Some(own), Some(first)) if own != *first => {
                (Grade::Warn, format!("{}, where another server has {first}", network.share.as_str()))
            }
            (Seen::There(network), ..) => (Grade::Ok, network.share.as_str().to_owned()),
            (Seen::Absent(why), ..) => (outside_a_domain(told), why.as_str().to_owned()),
            (Seen::Unseen(why), ..) => (Grade::Unseen, why.as_str().to_owned()),
        },
    )
}

/// Absent means outside a domain where PowerShell could look; else nobody looked.
fn outside_a_domain(told: &NodeFacts) -> Grade {
    if matches!(told.powershell, Seen::There(_)) { Grade::Warn } else { Grade::Unseen }
}
