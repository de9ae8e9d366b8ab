//! What one server shows of its farm, as far as a description needs it.

use super::discover::{self, Told};
use crate::cert::pfx::Target;
use crate::doctor;
use crate::farm::description::{Label, Name, Role, SharePointVersion, Url};
use crate::node::acts::Acts;
use crate::ports::Host;
use crate::protocol::{Seen, Servers, Services, Trusts};

/// The account of a pool that has a built-in one, as Windows names the account.
const BUILT_IN: [(&str, &str); 3] =
    [("NetworkService", "NETWORK SERVICE"), ("LocalService", "LOCAL SERVICE"), ("LocalSystem", "SYSTEM")];

/// One server that was seen.
#[derive(Clone, Debug)]
pub(super) struct SeenServer {
    pub(super) name: Name,
    pub(super) roles: Vec<Role>,
    /// Its Windows, where it is this server.
    pub(super) os: Option<Target>,
    /// Whether it is this server.
    pub(super) here: bool,
}

/// One organization that a trust shows.
#[derive(Clone, Debug)]
pub(super) struct SeenOrganization {
    pub(super) name: Name,
    pub(super) metadata: Url,
    pub(super) trust: Label,
}

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) servers: Vec<SeenServer>,
    pub(super) accounts: Vec<(Label, Vec<Role>)>,
    pub(super) organizations: Vec<SeenOrganization>,
    pub(super) sharepoint: Option<SharePointVersion>,
    /// What was seen, in words.
    pub(super) shown: Vec<String>,
    /// What was not, and why.
    pub(super) unseen: Vec<String>,
}

impl Found {
    /// Asks the node in this process.
    pub(super) fn here(host: &Host, acts: &dyn Acts) -> Self {
        match discover::ask_here(host, acts, None, None) {
            Ok(told) => Self::of(&told),
            Err(error) => Self { unseen: vec![format!("this server: {}", error.why)], ..Self::default() },
        }
    }

    /// Takes from what a server told what a description needs.
    pub(super) fn of(told: &Told) -> Self {
        let mut found = Self::default();
        if let (Some(node), Seen::There(told_node)) = (told.described(), &told.node)
            && !node.roles.is_empty()
        {
            let os = Some(node.os).filter(|_| told_node.system.as_str() == "windows");
            let roles: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
            found.shown.push(format!("this server, {}: {}", node.name, roles.join(", ")));
            found.servers.push(SeenServer { name: node.name, roles: node.roles, os, here: true });
        }
        let mut unseen = Vec::new();
        let mut take = |what: &str, why: &crate::protocol::Text| unseen.push(format!("{what}: {}", why.as_str()));
        match &told.deployment {
            Seen::There(list) => found.deployment(list),
            Seen::Absent(why) | Seen::Unseen(why) => take("servers of the deployment", why),
        }
        match &told.services {
            Seen::There(list) => found.services(list),
            Seen::Absent(why) | Seen::Unseen(why) => take("accounts of the services", why),
        }
        match &told.trusts {
            Seen::There(trusts) => found.trusts(trusts),
            Seen::Absent(why) | Seen::Unseen(why) => take("SharePoint and the organizations that it trusts", why),
        }
        found.unseen = unseen;
        found
    }

    fn deployment(&mut self, list: &Servers) {
        let mut names = Vec::new();
        for server in &*list.servers {
            let roles = roles(server.roles.as_str());
            if let Some(name) = self.add(server.name.as_str(), &roles) {
                names.push(name);
            }
        }
        self.shown.push(format!("servers of the deployment: {}", names.join(", ")));
    }

    /// Adds a server with roles, or roles to a server that is known; one without a role that matters is left out.
    fn add(&mut self, name: &str, roles: &[Role]) -> Option<String> {
        let name: Name = name.to_owned().try_into().ok()?;
        // Dynamics and Windows may write one server with and without its domain.
        let short = |name: &Name| name.folded().split('.').next().unwrap_or_default().to_owned();
        let known = self.servers.iter_mut().find(|one| short(&one.name) == short(&name));
        match known {
            Some(one) => {
                let new: Vec<Role> = roles.iter().copied().filter(|role| !one.roles.contains(role)).collect();
                one.roles.extend(new);
                Some(one.name.to_string())
            }
            None if roles.is_empty() => None,
            None => {
                self.servers.push(SeenServer { name: name.clone(), roles: roles.to_vec(), os: None, here: false });
                Some(name.to_string())
            }
        }
    }

    fn services(&mut self, list: &Services) {
        for service in doctor::signing_services(list) {
            let role = if service.name.as_str().eq_ignore_ascii_case("CRMAppPool") { Role::Web } else { Role::Async };
            let account = service.account.as_str();
            let named = BUILT_IN.iter().find(|(word, _)| word.eq_ignore_ascii_case(account));
            let Ok(account) = Label::try_from(named.map_or(account, |(_, name)| name).to_owned()) else { continue };
            self.shown.push(format!("{} runs as {account}", service.name.as_str()));
            match self.accounts.iter_mut().find(|(known, _)| known.as_str().eq_ignore_ascii_case(account.as_str())) {
                Some((_, roles)) => roles.push(role),
                None => self.accounts.push((account, vec![role])),
            }
        }
    }

    fn trusts(&mut self, trusts: &Trusts) {
        self.sharepoint = doctor::sharepoint_product(trusts.build.as_str());
        for server in &*trusts.servers {
            let _ = self.add(server.as_str(), &[Role::Sharepoint]);
        }
        self.shown.push(format!("SharePoint {}", trusts.build.as_str()));
        for issuer in trusts.issuers.iter().filter(|one| one.realm_of_dynamics().is_some()) {
            let metadata = Url::try_from(issuer.metadata_endpoint.as_str().to_owned()).ok();
            let trust = Label::try_from(issuer.name.as_str().to_owned()).ok();
            let (Some(metadata), Some(trust)) = (metadata, trust) else { continue };
            let name = metadata.parameter("orgName").and_then(|name| Name::try_from(name.to_owned()).ok());
            let Some(name) = name else { continue };
            if self.organizations.iter().any(|one| one.name.folded() == name.folded()) {
                continue;
            }
            self.shown.push(format!("organization {name}, which trust {trust} names"));
            self.organizations.push(SeenOrganization { name, metadata, trust });
        }
    }
}

/// Roles as `Get-CrmServer` writes them: single roles, their groups, or all.
fn roles(text: &str) -> Vec<Role> {
    let words: Vec<&str> = text.split([',', ' ']).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.iter().any(|one| one.eq_ignore_ascii_case(word)));
    let known = [
        (Role::Web, has(&["WebApplicationServer", "FrontEnd", "FullServer", "All"])),
        (Role::Async, has(&["AsynchronousProcessingService", "BackEnd", "FullServer", "All"])),
        (Role::DeploymentTools, has(&["DeploymentTools", "DeploymentAdministration", "FullServer", "All"])),
    ];
    known.into_iter().filter_map(|(role, is)| is.then_some(role)).collect()
}

#[cfg(test)]
pub(super) mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use serde_json::json;

    use super::*;

    pub(in crate::app::farm) fn told() -> Told {
        let mut told = Told::nothing("not asked");
        told.deployment = Seen::There(
            serde_json::from_value(json!({ "servers": [
            { "name": "CRM-1", "roles": "WebApplicationServer, DeploymentTools", "state": "Enabled", "version": "9.1" },
            { "name": "CRM-2", "roles": "BackEnd", "state": "Enabled", "version": "9.1" },
            { "name": "SQL-1", "roles": "SqlServer", "state": "Enabled", "version": "9.1" },
        ] }))
            .unwrap(),
        );
        told.services = Seen::There(serde_json::from_value(json!({
            "services": [{ "name": "MSCRMAsyncService", "state": "Running", "account": "CONTOSO\\crm", "begun": null }],
            "pools": [
                { "name": "CRMAppPool", "state": "Started", "account": "NetworkService", "begun": null },
                { "name": "DefaultAppPool", "state": "Started", "account": "CONTOSO\\web", "begun": null },
            ],
        })).unwrap());
        let issuer = |name: &str, principal: &str, url: &str| json!({ "name": name, "registered_name": format!("{principal}@5f2a"), "metadata_endpoint": url, "certificates": [] });
        let metadata = "https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=sales";
        told.trusts = Seen::There(
            serde_json::from_value(json!({
                "build": "16.0.10337.12109", "realm": "5f2a", "roots": [], "servers": ["SP-1"], "issuers": [
                    issuer("crm", "00000007-0000-0000-c000-000000000000", metadata),
                    issuer("workflow", "00000005-0000-0000-c000-000000000000", metadata),
                    issuer("fixed", "00000007-0000-0000-c000-000000000000", ""),
                ],
            }))
            .unwrap(),
        );
        told
    }

    #[test]
    fn servers_accounts_and_organizations_are_found_and_what_is_none_of_them_is_left_out() {
        let found = Found::of(&told());
        let servers: Vec<(String, usize)> =
            found.servers.iter().map(|one| (one.name.to_string(), one.roles.len())).collect();
        assert_eq!(servers, [("CRM-1".to_owned(), 2), ("CRM-2".to_owned(), 1), ("SP-1".to_owned(), 1)]);
        let accounts: Vec<(&str, &[Role])> =
            found.accounts.iter().map(|(name, roles)| (name.as_str(), roles.as_slice())).collect();
        assert_eq!(accounts, [("NETWORK SERVICE", &[Role::Web][..]), ("CONTOSO\\crm", &[Role::Async][..])]);
        let organizations: Vec<&str> = found.organizations.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(organizations, ["sales"]);
        assert_eq!(found.sharepoint, Some(SharePointVersion::V2019));
        assert_eq!(found.unseen, Vec::<String>::new());
        let nothing = Found::of(&Told::nothing("no PowerShell"));
        assert!(nothing.servers.is_empty() && nothing.unseen.len() == 3, "{nothing:?}");
    }

    #[test]
    fn roles_are_read_one_by_one_in_groups_and_all_at_once() {
        for (text, count) in
            [("", 0), ("HelpServer", 0), ("FrontEnd, BackEnd", 2), ("All", 3), ("webapplicationserver", 1)]
        {
            assert_eq!(roles(text).len(), count, "{text}");
        }
    }
}
