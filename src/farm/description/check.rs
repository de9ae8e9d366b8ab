//! What only the whole description shows: duplicates, references that lead nowhere, roles and transports that do not fit.

use std::collections::HashMap;

use super::nouns::{Node, Role, SharePoint, SharePointVersion, Transport, Trust};
use super::problem::{Fault, Place, Problem};
use super::read::{Read, Tables};
use super::words::{Name, Offset, SecretSource};
use crate::cert::pfx::Target;
use crate::farm::reading::nearest;

/// Looks at everything and adds what is wrong.
pub(super) fn check(tables: &Tables, problems: &mut Vec<Problem>) {
    let mut check = Check { tables, problems };
    check.names();
    check.tls();
    check.certificate();
    check.thresholds();
    tables.nodes.iter().for_each(|node| check.node(node));
    check.addresses();
    check.identities();
    check.organizations();
    check.update_crm();
    check.watcher();
    check.unattended();
    tables.sharepoint.iter().for_each(|(farm, trusts)| check.sharepoint(farm, trusts));
    check.roles_of_the_whole();
    check.calendar();
}

struct Check<'a> {
    tables: &'a Tables,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Check<'a> {
    fn tell<T>(&mut self, table: &Read<T>, key: &str, fault: Fault) {
        self.at(Some(table.place(key)), &table.part, fault);
    }

    fn at(&mut self, place: Option<Place>, part: &str, fault: Fault) {
        self.problems.push(Problem { place, part: part.to_owned(), fault });
    }

    /// Tells each name that an earlier table of the same sort has.
    fn twice<'t, T: 't>(
        &mut self,
        what: &'static str,
        tables: impl Iterator<Item = (&'t Read<T>, &'static str, String)>,
    ) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (table, key, name) in tables {
            let place = table.place(key);
            let folded = name.to_ascii_lowercase();
            match seen.get(&folded) {
                Some(first) => self.tell(table, key, Fault::Duplicate { what, name, first: *first }),
                None => drop(seen.insert(folded, place.line)),
            }
        }
    }

    fn names(&mut self) {
        let tables = self.tables;
        self.twice("node", tables.nodes.iter().map(|one| (one, "name", one.value.name.to_string())));
        self.twice("identity", tables.identities.iter().map(|one| (one, "account", one.value.account.to_string())));
        self.twice("organization", tables.organizations.iter().map(|one| (one, "name", one.value.name.to_string())));
        self.twice("sharepoint", tables.sharepoint.iter().map(|(one, _)| (one, "name", one.value.name.to_string())));
        self.twice("consumer", tables.consumers.iter().map(|one| (one, "name", one.value.name.to_string())));
        self.twice("window", tables.windows.iter().map(|one| (one, "name", one.value.name.to_string())));
        for (_, trusts) in &tables.sharepoint {
            self.twice("trust", trusts.iter().map(|one| (one, "name", one.value.name.to_string())));
        }
    }

    /// Of two sorts of trust in one table one would be passed over.
    fn tls(&mut self) {
        let tables = self.tables;
        let both = Fault::Senseless("`tls_pin` trusts one certificate, `tls_ca` authorities; give one of the two");
        if let Some(head) = tables.head.as_ref().filter(|one| one.value.tls_ca.is_some() && one.value.tls_pin.is_some())
        {
            self.tell(head, "tls_pin", both.clone());
        }
        for one in tables.organizations.iter().filter(|one| one.value.tls_ca.is_some() && one.value.tls_pin.is_some()) {
            self.tell(one, "tls_pin", both.clone());
        }
    }

    fn certificate(&mut self) {
        let tables = self.tables;
        let Some(certificate) = &tables.certificate else { return };
        if !certificate.value.subject.template().is_some_and(|template| template.has_placeholder()) {
            self.tell(certificate, "subject", Fault::NoGeneration);
        }
        if ![2048, 3072, 4096].contains(&certificate.value.key_bits) {
            self.tell(certificate, "key_bits", Fault::Senseless("a key here has 2048, 3072 or 4096 bits"));
        }
    }

    fn thresholds(&mut self) {
        let tables = self.tables;
        let Some(thresholds) = &tables.thresholds else { return };
        let days = &thresholds.value.days;
        if days.is_empty() || !days.is_sorted_by(|a, b| a > b) {
            self.tell(
                thresholds,
                "days",
                Fault::Senseless("`days` fall from the first to the last: [60, 30, 14, 7, 2, 1]"),
            );
        }
        if days.first().is_some_and(|first| thresholds.value.critical_days > *first) {
            self.tell(thresholds, "critical_days", Fault::Senseless("`critical_days` lie before the first of `days`"));
        }
        if thresholds.value.clock_seconds == 0 {
            self.tell(
                thresholds,
                "clock_seconds",
                Fault::Senseless("two clocks are never equal; `clock_seconds` is at least 1"),
            );
        }
    }

    fn node(&mut self, node: &Read<Node>) {
        let Node { roles, os, transport, .. } = &node.value;
        let word = transport.word();
        if roles.is_empty() {
            self.tell(
                node,
                "roles",
                Fault::Roles("a node has at least one role: web, async, deployment-tools, sharepoint"),
            );
        }
        let networked = matches!(transport, Transport::Ssh | Transport::Winrm);
        if networked && node.value.address.is_none() {
            self.tell(node, "transport", Fault::NoAddress(word));
        }
        let there = [
            ("port", node.value.port.is_some()),
            ("user", node.value.user.is_some()),
            ("staging", node.value.staging.is_some()),
        ];
        for (key, _) in there.into_iter().filter(|(_, there)| *there && !networked) {
            self.tell(node, key, Fault::Unused { transport: word, key });
        }
        if node.value.port == Some(0) {
            self.tell(node, "port", Fault::Senseless("a port lies between 1 and 65535"));
        }
        let impossible = match (transport, os) {
            (Transport::Local | Transport::Ssh | Transport::Winrm, Target::Server2012R2) => {
                Some("Server 2016 is the oldest on which s2scert runs; use transport manual")
            }
            (Transport::Ssh, Target::Server2016) => {
                Some("OpenSSH is part of Server 2019 and later; use winrm or manual")
            }
            _ => None,
        };
        if let Some(why) = impossible {
            self.tell(node, "transport", Fault::TransportTooNew { transport: word, product: os.product(), why });
        }
        match (&node.value.drain, &node.value.undrain) {
            (Some(_), None) => self.tell(node, "drain", Fault::HalfDrained { there: "drain", missing: "undrain" }),
            (None, Some(_)) => self.tell(node, "undrain", Fault::HalfDrained { there: "undrain", missing: "drain" }),
            _ => {}
        }
    }

    fn addresses(&mut self) {
        let tables = self.tables;
        let mut seen: HashMap<(String, Option<u16>), &Name> = HashMap::new();
        let mut local: Option<&Name> = None;
        for node in &tables.nodes {
            let name = &node.value.name;
            if node.value.transport == Transport::Local {
                match local {
                    Some(first) => self.tell(node, "transport", Fault::LocalTwice(first.to_string())),
                    None => local = Some(name),
                }
            }
            let Some(address) = &node.value.address else { continue };
            // Two servers behind one address can only be told apart by their ports, as in a lab.
            match seen.get(&(address.folded(), node.value.port)) {
                Some(other) => {
                    let fault = Fault::SameAddress { address: address.to_string(), other: other.to_string() };
                    self.tell(node, "address", fault);
                }
                None => drop(seen.insert((address.folded(), node.value.port), name)),
            }
        }
    }

    fn identities(&mut self) {
        let tables = self.tables;
        for identity in &tables.identities {
            if identity.value.roles.is_empty() || !identity.value.roles.iter().all(|role| role.signs()) {
                self.tell(
                    identity,
                    "roles",
                    Fault::Roles("an identity has the roles whose services run as it: web, async"),
                );
            }
        }
    }

    fn organizations(&mut self) {
        let tables = self.tables;
        let trusted: Vec<String> = tables
            .sharepoint
            .iter()
            .flat_map(|(_, trusts)| trusts)
            .map(|trust| trust.value.organization.folded())
            .collect();
        let mut seen: HashMap<String, &Name> = HashMap::new();
        for organization in &tables.organizations {
            let (name, metadata) = (&organization.value.name, &organization.value.metadata);
            if !metadata.is_https() {
                self.tell(organization, "metadata", Fault::PlainMetadata);
            }
            match metadata.parameter("orgName") {
                Some(other) if other.eq_ignore_ascii_case(name.as_str()) => {}
                Some(other) => {
                    let fault =
                        Fault::OtherOrganization(format!("the organization {:?}", crate::farm::reading::shown(other)));
                    self.tell(organization, "metadata", fault);
                }
                None => self.tell(
                    organization,
                    "metadata",
                    Fault::OtherOrganization(format!("no organization: ?orgName={name}")),
                ),
            }
            match seen.get(&metadata.folded()) {
                Some(other) => self.tell(organization, "metadata", Fault::SameMetadata { other: other.to_string() }),
                None => drop(seen.insert(metadata.folded(), name)),
            }
            if !tables.sharepoint.is_empty() && !trusted.contains(&name.folded()) {
                self.tell(organization, "name", Fault::Untrusted);
            }
        }
    }

    fn update_crm(&mut self) {
        let tables = self.tables;
        let Some(update) = &tables.update_crm else {
            if !tables.has_update_crm {
                self.at(None, "farm", Fault::NoUpdateCrm);
            }
            return;
        };
        if let Some(node) = self.known_node(update, "node", &update.value.node)
            && !node.has(Role::DeploymentTools)
        {
            let fault = Fault::LacksRole { node: node.name.to_string(), role: Role::DeploymentTools.word() };
            self.tell(update, "node", fault);
        }
    }

    fn watcher(&mut self) {
        let tables = self.tables;
        if let Some(watcher) = &tables.watcher
            && let Some(node) = &watcher.value.node
        {
            self.known_node(watcher, "node", node);
        }
    }

    fn unattended(&mut self) {
        let tables = self.tables;
        let Some(unattended) = &tables.unattended else { return };
        if let Some(SecretSource::Prompt(_)) = unattended.value.password {
            self.tell(
                unattended,
                "password",
                Fault::Senseless("nobody is there to be asked: name a file, a variable or a command"),
            );
        }
        if unattended.value.apply && tables.windows.is_empty() {
            let fault = Fault::Senseless("without a [[window]] it is never the time for a roll that nobody sits at");
            self.tell(unattended, "apply", fault);
        }
    }

    fn sharepoint(&mut self, farm: &Read<SharePoint>, trusts: &[Read<Trust>]) {
        let tables = self.tables;
        if farm.value.servers.is_empty() {
            self.tell(farm, "servers", Fault::NoNode(Role::Sharepoint.word()));
        }
        for server in &farm.value.servers {
            if let Some(node) = self.known_node(farm, "servers", server)
                && !node.has(Role::Sharepoint)
            {
                let fault = Fault::LacksRole { node: node.name.to_string(), role: Role::Sharepoint.word() };
                self.tell(farm, "servers", fault);
            }
        }
        let organizations: Vec<&str> = tables.organizations.iter().map(|one| one.value.name.as_str()).collect();
        let mut seen: Vec<String> = Vec::new();
        for trust in trusts {
            let name = &trust.value.organization;
            let known = organizations.iter().any(|one| one.eq_ignore_ascii_case(name.as_str()));
            if !known && !tables.broken.contains(&name.folded()) {
                let nearest = nearest(name.as_str(), organizations.iter().copied());
                self.tell(
                    trust,
                    "organization",
                    Fault::Unknown { what: "organization", name: name.to_string(), nearest },
                );
            }
            if seen.contains(&name.folded()) {
                self.tell(trust, "organization", Fault::TrustTwice(name.to_string()));
            }
            seen.push(name.folded());
            for site in &trust.value.app_only {
                if !site.is_https() || site.as_str().contains('?') {
                    let why = "a token goes over https only, to an address without a question mark";
                    self.tell(trust, "app_only", Fault::Senseless(why));
                }
                if !farm.value.sites.iter().any(|one| one.folded() == site.folded()) {
                    let why = "a site under `app_only` stands among the `sites` of its SharePoint farm too";
                    self.tell(trust, "app_only", Fault::Senseless(why));
                }
            }
        }
        seen.sort();
        seen.dedup();
        if farm.value.version == SharePointVersion::V2013 && seen.len() > 1 {
            self.tell(farm, "version", Fault::OneOrganization(seen.len()));
        }
    }

    fn roles_of_the_whole(&mut self) {
        let tables = self.tables;
        let has = |role: Role| tables.nodes.iter().any(|node| node.value.has(role));
        // A node that could not be read may be the one that is missed.
        if tables.broken.is_empty() {
            for role in [Role::Web, Role::Async] {
                if !has(role) {
                    self.at(None, "farm", Fault::NoNode(role.word()));
                }
            }
        }
        for role in [Role::Web, Role::Async] {
            let known = tables.identities.iter().any(|one| one.value.roles.contains(&role));
            if has(role) && !known && tables.broken.is_empty() {
                self.at(None, "farm", Fault::NoIdentity(role.word()));
            }
        }
        if tables.organizations.is_empty() && tables.broken.is_empty() {
            self.at(None, "farm", Fault::NoOrganization);
        }
    }

    fn calendar(&mut self) {
        let tables = self.tables;
        for window in &tables.windows {
            if window.value.days.is_empty() {
                self.tell(window, "days", Fault::Senseless("a window has at least one day: [\"sunday\"]"));
            }
            if window.value.zone.is_some() && window.value.offset != Offset::default() {
                self.tell(window, "offset", Fault::Senseless("a window has a zone or an offset, not both"));
            }
            if window.value.from == window.value.until {
                self.tell(window, "until", Fault::Senseless("the window ends when it begins"));
            }
        }
        for freeze in &tables.freezes {
            if freeze.value.until < freeze.value.from {
                self.tell(freeze, "until", Fault::Senseless("the freeze ends before it begins"));
            }
        }
    }

    fn known_node<T>(&mut self, table: &Read<T>, key: &str, name: &Name) -> Option<&'a Node> {
        let tables = self.tables;
        let node = tables.nodes.iter().find(|node| node.value.name.folded() == name.folded());
        if node.is_none() && !tables.broken.contains(&name.folded()) {
            let nearest = nearest(name.as_str(), tables.nodes.iter().map(|node| node.value.name.as_str()));
            self.tell(table, key, Fault::Unknown { what: "node", name: name.to_string(), nearest });
        }
        node.map(|node| &node.value)
    }
}

impl Transport {
    /// Returns the word of the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ssh => "ssh",
            Self::Winrm => "winrm",
            Self::Manual => "manual",
        }
    }
}
