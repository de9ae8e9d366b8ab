//! Looks at a farm, so that it can be planned for: every server through the transport, nothing else, nothing changed.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::basis::{
    ALTERNATIVE_ROW, BalancerSeen, ConsumerSeen, FarmSeen, ISSUER_ROW, NodeSeen, OrganizationSeen, RowSeen,
    ServiceKind, ServiceSeen, SharePointSeen, StoredSeen, TrustSeen,
};
use crate::cert::{Certificate, Thumbprint};
use crate::farm::description::{Farm, Node, Role, SharePoint, Transport as How};
use crate::ports::Transport;
use crate::protocol::{Action, Facts, Hex, Id, Nothing, Octets, Request, Row, Seen, Service, Store, StoreList, Text};

/// How long one look may take, in seconds: a description starts PowerShell three times, SharePoint's cmdlets need a minute to
/// load.
const LOOK: u32 = 300;
/// The application pool that signs on a web server.
pub const POOL: &str = "CRMAppPool";
/// How the services that sign on an async server begin.
pub const ASYNC: &str = "MSCRMAsyncService";
/// The state of a service or pool that does not run.
pub const STOPPED: &str = "Stopped";

/// Something that must be seen for a plan, and was not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unseen {
    /// The server.
    pub node: String,
    /// Why.
    pub why: String,
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.node, self.why)
    }
}

/// Looks at a farm.
///
/// # Errors
/// Everything that could not be seen. What was not seen is not known to be absent, so there is no plan without it.
pub fn observe(farm: &Farm, transport: &dyn Transport) -> Result<FarmSeen, Vec<Unseen>> {
    let mut looker = Looker { farm, transport, asked: 0, gaps: Vec::new() };
    let seen = looker.farm();
    if looker.gaps.is_empty() { Ok(seen) } else { Err(looker.gaps) }
}

struct Looker<'a> {
    farm: &'a Farm,
    transport: &'a dyn Transport,
    asked: u64,
    gaps: Vec<Unseen>,
}

impl Looker<'_> {
    fn farm(&mut self) -> FarmSeen {
        let farm = self.farm;
        let update_crm = farm.update_crm.as_ref().map(|one| one.node.as_str().to_owned()).unwrap_or_default();
        let mut nodes = self.nodes();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        let rows = match farm.node(&update_crm) {
            Some(node) => self.rows(node),
            None => Vec::new(),
        };
        let mut organizations: Vec<OrganizationSeen> = farm
            .organizations
            .iter()
            .map(|one| OrganizationSeen {
                name: Id::word(one.name.as_str()),
                metadata: Text::told(one.metadata.as_str()),
            })
            .collect();
        organizations.sort_by(|one, other| one.name.cmp(&other.name));
        // Where no row names a certificate there is nothing yet that SharePoint could trust.
        let is_first = !rows.iter().any(|row| row.certificate_type.as_str() == ISSUER_ROW);
        let mut sharepoint: Vec<SharePointSeen> =
            farm.sharepoint.iter().map(|one| self.sharepoint(one, is_first)).collect();
        sharepoint.sort_by(|one, other| one.name.cmp(&other.name));
        let mut consumers: Vec<ConsumerSeen> = farm
            .consumers
            .iter()
            .map(|one| ConsumerSeen { name: Id::word(one.name.as_str()), step: Text::told(one.step.as_str()) })
            .collect();
        consumers.sort_by(|one, other| one.name.cmp(&other.name));
        FarmSeen {
            farm: Text::told(farm.name.as_ref().map_or("", |name| name.as_str())),
            update_crm: Id::word(&update_crm),
            nodes,
            rows,
            organizations,
            sharepoint,
            consumers,
            windows: farm.windows.clone(),
            freezes: farm.freezes.clone(),
            collected: Vec::new(),
        }
    }

    /// Looks at every server at once: each may have to start PowerShell several times.
    fn nodes(&mut self) -> Vec<NodeSeen> {
        let (farm, transport) = (self.farm, self.transport);
        std::thread::scope(|scope| {
            let look = |node| {
                scope.spawn(move || {
                    let mut looker = Self { farm, transport, asked: 0, gaps: Vec::new() };
                    let seen = looker.node(node);
                    (seen, looker.gaps)
                })
            };
            let threads: Vec<_> = farm.nodes.iter().map(|node| (node, look(node))).collect();
            let mut nodes = Vec::new();
            for (node, thread) in threads {
                match thread.join() {
                    Ok((seen, gaps)) => {
                        nodes.push(seen);
                        self.gaps.extend(gaps);
                    }
                    Err(_) => self.gap(node, "looking at it failed within s2scert"),
                }
            }
            nodes
        })
    }

    fn ask(&mut self, node: &Node, action: Action) -> Result<Facts, String> {
        self.asked += 1;
        let request = Request::new(Id::word(&format!("look-{}-{}", node.name, self.asked)), LOOK, None, action);
        let patience = Duration::from_secs(u64::from(LOOK) + 30);
        let answer = self.transport.ask(node, &request, patience).map_err(|error| error.why)?;
        answer.outcome.shown().map_err(|unshown| unshown.why.as_str().to_owned())
    }

    fn gap(&mut self, node: &Node, why: impl Into<String>) {
        self.gaps.push(Unseen { node: node.name.as_str().to_owned(), why: why.into() });
    }

    /// Looks at one server. One that people look after is only described.
    fn node(&mut self, node: &Node) -> NodeSeen {
        let mut accounts: Vec<Text> =
            self.farm.identities_of(node).map(|one| Text::told(one.account.as_str())).collect();
        let mut seen = NodeSeen {
            name: Id::word(node.name.as_str()),
            roles: node.roles.clone(),
            os: node.os,
            transport: node.transport,
            script_sha256: None,
            network_identity: false,
            accounts: Vec::new(),
            services: Vec::new(),
            certificates: Vec::new(),
            balancer: node
                .drain
                .clone()
                .zip(node.undrain.clone())
                .map(|(drain, undrain)| BalancerSeen { drain, undrain }),
        };
        seen.roles.sort_unstable();
        if node.transport == How::Manual {
            accounts.sort_by(|one, other| one.as_str().cmp(other.as_str()));
            seen.accounts = accounts;
            return seen;
        }
        self.described(node, &mut seen);
        if node.signs() {
            let found = self.services(node);
            for (service, _) in &found {
                let account = Text::told(&service.account);
                let same = |one: &Text| one.as_str().eq_ignore_ascii_case(account.as_str());
                if !accounts.iter().any(same) && !account.as_str().is_empty() {
                    accounts.push(account);
                }
            }
            // What is stopped signs nothing, and loads what is there once somebody starts it: it needs access, and no restart.
            seen.services = found.into_iter().filter(|(_, runs)| *runs).map(|(service, _)| service).collect();
        }
        if node.signs() || seen.name.as_str() == self.farm.update_crm.as_ref().map_or("", |one| one.node.as_str()) {
            seen.certificates = self.store(node);
        }
        accounts.sort_by(|one, other| one.as_str().cmp(other.as_str()));
        seen.accounts = accounts;
        seen
    }

    fn described(&mut self, node: &Node, seen: &mut NodeSeen) {
        let facts = match self.ask(node, Action::Describe(Nothing {})) {
            Ok(Facts::Node(facts)) => facts,
            Ok(_) => return self.gap(node, "it does not describe itself"),
            Err(why) => return self.gap(node, why),
        };
        match &facts.script {
            Seen::There(script) => seen.script_sha256 = Some(script.sha256),
            Seen::Absent(_) => {}
            Seen::Unseen(why) => self.gap(node, format!("whether the script is there: {}", why.as_str())),
        }
        // An identity that could not be measured is not there: nothing is put on it.
        seen.network_identity = matches!(&facts.network_identity, Seen::There(network) if network.reached);
    }

    /// Returns what signs on a server, each with whether it runs.
    fn services(&mut self, node: &Node) -> Vec<(ServiceSeen, bool)> {
        let facts = match self.ask(node, Action::Services(Nothing {})) {
            Ok(Facts::Services(facts)) => facts,
            Ok(_) => {
                self.gap(node, "it tells no services");
                return Vec::new();
            }
            Err(why) => {
                self.gap(node, why);
                return Vec::new();
            }
        };
        let named = |kind, service: &Service| {
            let (name, account) = (service.name.as_str().to_owned(), service.account.as_str().to_owned());
            (ServiceSeen { kind, name, account }, !is_stopped(service))
        };
        let mut found = Vec::new();
        if node.has(Role::Web) {
            let pools = facts.pools.iter().filter(|pool| pool.name.as_str().eq_ignore_ascii_case(POOL));
            found.extend(pools.map(|pool| named(ServiceKind::Pool, pool)));
        }
        if node.has(Role::Async) {
            let begins = |name: &str| name.get(..ASYNC.len()).is_some_and(|start| start.eq_ignore_ascii_case(ASYNC));
            let services = facts.services.iter().filter(|service| begins(service.name.as_str()));
            found.extend(services.map(|service| named(ServiceKind::Service, service)));
        }
        if found.is_empty() {
            self.gap(node, "neither its application pool nor its service was seen");
        }
        found.sort();
        found
    }

    fn store(&mut self, node: &Node) -> Vec<StoredSeen> {
        match self.ask(node, Action::StoreList(StoreList { store: Store::My, whole: None })) {
            Ok(Facts::Certificates(facts)) => {
                if let Some(gap) = facts.gaps.first() {
                    self.gap(node, format!("{}: {}", gap.what.as_str(), gap.why.as_str()));
                }
                let mut found: Vec<StoredSeen> = facts
                    .certificates
                    .iter()
                    .map(|one| StoredSeen {
                        thumbprint: one.thumbprint,
                        subject: one.subject.clone(),
                        has_key: one.key.is_some(),
                    })
                    .collect();
                found.sort_by(|one, other| one.thumbprint.as_bytes().cmp(other.thumbprint.as_bytes()));
                found
            }
            Ok(_) => {
                self.gap(node, "it tells no certificates");
                Vec::new()
            }
            Err(why) => {
                self.gap(node, why);
                Vec::new()
            }
        }
    }

    fn rows(&mut self, node: &Node) -> Vec<RowSeen> {
        match self.ask(node, Action::CrmCertificates(Nothing {})) {
            Ok(Facts::Rows(facts)) => {
                let mut rows: Vec<RowSeen> = facts
                    .rows
                    .iter()
                    .map(|row| RowSeen {
                        certificate_type: row.certificate_type.clone(),
                        id: row.id.clone(),
                        thumbprint: row.thumbprint,
                        certificate: row.certificate.clone().filter(|_| is_ours(row)),
                        not_after: row.certificate.as_ref().filter(|_| is_ours(row)).and_then(not_after),
                    })
                    .collect();
                rows.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
                rows
            }
            Ok(_) => {
                self.gap(node, "it tells no certificate rows");
                Vec::new()
            }
            Err(why) => {
                self.gap(node, why);
                Vec::new()
            }
        }
    }

    /// Returns the servers of a SharePoint farm that are not looked after by people.
    fn servers(&self, farm: &SharePoint) -> Vec<Id> {
        let mut names: Vec<Id> = reached(self.farm, farm).map(|node| Id::word(node.name.as_str())).collect();
        names.sort_unstable();
        names
    }

    /// Looks at a SharePoint farm through the first of its servers that is not looked after by people. Before the first set-up
    /// a trust of farm.toml need not be there.
    fn sharepoint(&mut self, farm: &SharePoint, is_first: bool) -> SharePointSeen {
        let name = Id::word(farm.name.as_str());
        let all = self.servers(farm);
        let Some(server) = reached(self.farm, farm).next() else {
            return SharePointSeen { name, server: None, servers: all, trusts: Vec::new() };
        };
        let issuers = match self.ask(server, Action::SharepointTrusts(Nothing {})) {
            Ok(Facts::Trusts(trusts)) => trusts.issuers,
            Ok(_) => {
                self.gap(server, "it tells no trusts");
                return SharePointSeen { name, server: None, servers: all, trusts: Vec::new() };
            }
            Err(why) => {
                self.gap(server, why);
                return SharePointSeen { name, server: None, servers: all, trusts: Vec::new() };
            }
        };
        let mut trusts = Vec::new();
        for trust in &farm.trusts {
            let Some(issuer) = issuers.iter().find(|issuer| issuer.name.as_str() == trust.name.as_str()) else {
                if !is_first {
                    self.gap(server, format!("the trust {} was not seen", trust.name.as_str()));
                }
                continue;
            };
            let mut accepted: Vec<Hex<20>> =
                issuer.certificates.iter().map(|der| Hex::from(*Thumbprint::of(der.as_bytes()).as_bytes())).collect();
            accepted.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
            trusts.push(TrustSeen {
                name: issuer.name.clone(),
                organization: Id::word(trust.organization.as_str()),
                by_metadata: !issuer.metadata_endpoint.as_str().is_empty(),
                accepted,
            });
        }
        SharePointSeen { name, server: Some(Id::word(server.name.as_str())), servers: all, trusts }
    }
}

/// Returns the servers of a SharePoint farm that are not looked after by people, in the order of farm.toml.
pub fn reached<'a>(farm: &'a Farm, sharepoint: &'a SharePoint) -> impl Iterator<Item = &'a Node> {
    let servers = sharepoint.servers.iter().filter_map(|server| farm.node(server.as_str()));
    servers.filter(|node| node.transport != How::Manual)
}

/// Returns whether a service or pool does not run. What is not said to be stopped runs, or may at any moment.
#[must_use]
pub fn is_stopped(service: &Service) -> bool {
    service.begun.is_none() && service.state.as_str().eq_ignore_ascii_case(STOPPED)
}

/// Whether a row is of a type that a roll writes.
fn is_ours(row: &Row) -> bool {
    [ISSUER_ROW, ALTERNATIVE_ROW].contains(&row.certificate_type.as_str())
}

/// Returns the last instant of a certificate, where it can be read.
fn not_after(der: &Octets) -> Option<Timestamp> {
    Certificate::from_der(der.as_bytes()).ok().map(|certificate| certificate.not_after())
}
