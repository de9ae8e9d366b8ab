//! The acts on services and application pools: what runs, since when, and starting it anew.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::script::ask;
use super::{Did, Fault, Look, Work};
use crate::node::powershell::{
    AppPools, GetAppPools, GetServices, RecycleAppPool, ResetIis, RestartService, Services as ServiceList,
};
use crate::protocol::{After, Facts, GapFacts, List, Refusal, Restart, Service, Services, Text};

/// The service of the web server.
const WEB: &str = "W3SVC";

/// What runs on this machine.
struct Running {
    services: Vec<Service>,
    pools: Vec<Service>,
    gaps: Vec<GapFacts>,
}

/// Reads services and pools. A machine without the web server's module has no pools to tell of.
fn read(work: &Work<'_>) -> Result<Running, Fault> {
    let services = services(&ask(&GetServices, work)?);
    let (pools, gaps) = match ask(&GetAppPools, work) {
        Ok(answer) => (pools(&answer), Vec::new()),
        Err(fault) => {
            let why = match fault {
                Fault::Refused(Refusal { why, .. }) => why,
                Fault::Failed(trouble) | Fault::Unclear(trouble) => trouble.sentence(),
            };
            (Vec::new(), vec![GapFacts { what: Text::told("application pools"), why }])
        }
    };
    Ok(Running { services, pools, gaps })
}

fn services(answer: &ServiceList) -> Vec<Service> {
    let begun: BTreeMap<u32, Option<Timestamp>> =
        answer.processes.iter().map(|one| (one.id, one.started.parse().ok())).collect();
    let service = |one: &crate::node::powershell::Service| Service {
        name: Text::told(&one.name),
        state: Text::told(&one.state),
        account: Text::told(&one.start_name),
        begun: begun.get(&one.process_id).copied().flatten().filter(|_| one.process_id != 0),
    };
    answer.services.iter().map(service).collect()
}

fn pools(answer: &AppPools) -> Vec<Service> {
    let pool = |one: &crate::node::powershell::AppPool| Service {
        name: Text::told(&one.name),
        state: Text::told(&one.state),
        account: Text::told(if one.user_name.is_empty() { &one.identity_type } else { &one.user_name }),
        begun: answer
            .workers
            .iter()
            .filter(|worker| pool_of(&worker.command_line) == Some(one.name.as_str()))
            // A worker whose start cannot be read counts as an old one.
            .map(|worker| worker.started.parse().unwrap_or(Timestamp::UNIX_EPOCH))
            .min(),
    };
    answer.pools.iter().map(pool).collect()
}

/// Returns the pool that the command line of a worker process names.
fn pool_of(command_line: &str) -> Option<&str> {
    let behind = command_line.split_once("-ap ")?.1.trim_start();
    match behind.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => behind.split(' ').next(),
    }
}

impl Running {
    fn facts(self) -> Facts {
        Facts::Services(Services {
            services: List::first(self.services),
            pools: List::first(self.pools),
            gaps: List::first(self.gaps),
        })
    }
}

/// Tells services and pools.
pub(super) fn show(work: &Work<'_>) -> Result<Look, Fault> {
    Ok(Look::of(read(work)?.facts()))
}

/// Looks whether the process of a service began after an instant.
pub(super) fn is_restarted(asked: &Restart, work: &Work<'_>) -> Result<Look, Fault> {
    service_is_new(asked.name.as_str(), asked.after, work)
}

/// Looks whether the web server began after an instant.
pub(super) fn is_reset(asked: After, work: &Work<'_>) -> Result<Look, Fault> {
    service_is_new(WEB, asked.after, work)
}

fn service_is_new(name: &str, after: Timestamp, work: &Work<'_>) -> Result<Look, Fault> {
    let running = read(work)?;
    let service = running.services.iter().find(|one| one.name.as_str().eq_ignore_ascii_case(name));
    let holds = service.and_then(|one| one.begun).is_some_and(|begun| begun > after);
    Ok(Look::probe(holds, running.facts()))
}

/// Looks whether no worker process of a pool is left from before an instant. A pool without one begins anew when it is asked.
pub(super) fn is_recycled(asked: &Restart, work: &Work<'_>) -> Result<Look, Fault> {
    let running = read(work)?;
    let pool = running.pools.iter().find(|one| one.name.as_str().eq_ignore_ascii_case(asked.name.as_str()));
    let holds = pool.is_some_and(|one| one.begun.is_none_or(|begun| begun > asked.after));
    Ok(Look::probe(holds, running.facts()))
}

/// Restarts one service that runs.
pub(super) fn restart(asked: &Restart, work: &Work<'_>) -> Result<Did, Fault> {
    ask(&RestartService { name: asked.name.as_str().to_owned() }, work)?;
    Ok(Did::of(true, seen_afterwards(work)))
}

/// Recycles one pool that runs.
pub(super) fn recycle(asked: &Restart, work: &Work<'_>) -> Result<Did, Fault> {
    ask(&RecycleAppPool { name: asked.name.as_str().to_owned() }, work)?;
    Ok(Did::of(true, seen_afterwards(work)))
}

/// Restarts the web server.
pub(super) fn reset(work: &Work<'_>) -> Result<Did, Fault> {
    ask(&ResetIis, work)?;
    Ok(Did::of(true, seen_afterwards(work)))
}

/// What was done is done, also where it cannot be looked at afterwards.
fn seen_afterwards(work: &Work<'_>) -> Facts {
    match read(work) {
        Ok(running) => running.facts(),
        Err(Fault::Refused(refusal)) => {
            let gaps = List::first([GapFacts { what: Text::told("services"), why: refusal.why }]);
            Facts::Services(Services { gaps, ..Services::default() })
        }
        Err(Fault::Failed(trouble) | Fault::Unclear(trouble)) => Facts::Unseen(trouble),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pool_of_a_worker_is_read_from_its_command_line() {
        for (line, pool) in [
            ("w3wp.exe -ap \"CRMAppPool\" -v \"v4.0\"", Some("CRMAppPool")),
            ("w3wp.exe -ap CRMAppPool -v v4.0", Some("CRMAppPool")),
            ("w3wp.exe -ap \"CRM App Pool\"", Some("CRM App Pool")),
            ("w3wp.exe", None),
            ("", None),
        ] {
            assert_eq!(pool_of(line), pool, "{line}");
        }
    }
}
