//! The text of a new description: what was said or seen, and examples for the rest.

use std::fmt::Write as _;

use super::found::{Found, SeenServer};
use super::init::Request;
use crate::error::{Error, Kind, Result};
use crate::farm::description::{Address, Label, Name, Role, SharePointVersion, Transport};

/// The account under which the services run unless somebody chose another.
const DEFAULT_ACCOUNT: &str = "NETWORK SERVICE";
/// Marks what nobody has said.
pub(super) const MARK: &str = "# EXAMPLE";

/// One server of the draft.
struct Server {
    name: Name,
    roles: Vec<Role>,
    said: bool,
    seen: Option<SeenServer>,
}

/// One organization of the draft.
struct Organization {
    name: Name,
    said: bool,
    /// Its metadata document and its trust, where a trust showed them.
    seen: Option<(String, String)>,
}

/// One account of the draft.
struct Account {
    name: Label,
    roles: Vec<Role>,
    said: bool,
}

/// A description before it is written.
pub(super) struct Draft {
    name: Name,
    servers: Vec<Server>,
    organizations: Vec<Organization>,
    host: Option<Address>,
    accounts: Vec<Account>,
    sharepoint: Option<SharePointVersion>,
    transport: Transport,
}

impl Draft {
    /// Puts together what was said and what was seen.
    ///
    /// # Errors
    /// [`Kind::Usage`] when a name cannot be one.
    pub(super) fn of(request: &Request, found: &Found) -> Result<Self> {
        let mut servers: Vec<Server> = Vec::new();
        for seen in &found.servers {
            let (name, roles) = (seen.name.clone(), seen.roles.clone());
            servers.push(Server { name, roles, said: true, seen: Some(seen.clone()) });
        }
        let mut add = |names: &[String], role: Role, example: Option<&str>| -> Result<()> {
            // What was seen needs no example beside it.
            let known = servers.iter().any(|server| server.roles.contains(&role));
            let examples: Vec<String> =
                example.filter(|_| names.is_empty() && !known).map(str::to_owned).into_iter().collect();
            for text in names.iter().chain(&examples) {
                let name = word::<Name>(text)?;
                let said = !names.is_empty();
                match servers.iter_mut().find(|server| server.name.folded() == name.folded()) {
                    Some(server) if server.roles.contains(&role) => {}
                    Some(server) => server.roles.push(role),
                    None => servers.push(Server { name, roles: vec![role], said, seen: None }),
                }
            }
            Ok(())
        };
        add(&request.web, Role::Web, Some("crm-web-1"))?;
        // Without other words the first web server does it all, as a full server does.
        let seen = found.servers.iter().find(|one| one.roles.contains(&Role::Web)).map(|one| one.name.as_str());
        let first = request.web.first().map(String::as_str).or(seen).unwrap_or("crm-web-1");
        add(&request.asynchronous, Role::Async, Some(first))?;
        add(&request.tools, Role::DeploymentTools, Some(first))?;
        add(&request.sharepoint, Role::Sharepoint, Some("sp-1"))?;
        Ok(Self {
            name: word(&request.name)?,
            servers,
            organizations: organizations(request, found)?,
            host: request.host.as_deref().map(word).transpose()?,
            accounts: accounts(request, found)?,
            sharepoint: found.sharepoint,
            transport: request.transport,
        })
    }

    /// Returns the text.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let host = self.host.as_ref().map_or("crm.contoso.com", Address::as_str);
        let host_mark = if self.host.is_some() { "" } else { "  # EXAMPLE: the address that SharePoint reads" };
        writeln!(
            text,
            "# The farm, as s2scert knows it. docs/farm.md explains each key. Check it: s2scert farm check"
        )?;
        writeln!(text, "# Lines marked EXAMPLE hold what nobody has said yet.")?;
        writeln!(text, "format = \"1.0\"\nname = {}\npolicy = \"production\"\n", quoted(self.name.as_str()))?;
        writeln!(text, "[certificate]")?;
        writeln!(text, "# Each generation needs a subject of its own: {{g}} is replaced by the generation.")?;
        let mark = if host_mark.is_empty() { "" } else { "  # EXAMPLE: your name and organization" };
        writeln!(text, "subject = {}{mark}", quoted(&format!("CN={host},OU={{g}},O=Contoso")))?;
        writeln!(text, "key_bits = 2048\n")?;
        writeln!(
            text,
            "[thresholds]\n# Days before expiry at which somebody is told.\ndays = [60, 30, 14, 7, 2, 1]\ncritical_days = 7\n"
        )?;
        let tools = self.servers.iter().find(|server| server.roles.contains(&Role::DeploymentTools));
        if let Some(server) = tools {
            writeln!(text, "[update_crm]\n# Where the step is done that is done once for the whole deployment.")?;
            writeln!(text, "node = {}\n", quoted(server.name.as_str()))?;
        }
        for server in &self.servers {
            self.server(text, server)?;
        }
        writeln!(text, "# The accounts of the services; each must be able to read the private key.")?;
        for account in &self.accounts {
            let mark = if account.said { "" } else { "  # EXAMPLE: who runs CRMAppPool and the asynchronous service" };
            let roles: Vec<String> = account.roles.iter().map(|role| quoted(role.word())).collect();
            writeln!(
                text,
                "[[identity]]\naccount = {}{mark}\nroles = [{}]\n",
                quoted(account.name.as_str()),
                roles.join(", ")
            )?;
        }
        for organization in &self.organizations {
            let name = &organization.name;
            let mark = if organization.said { "" } else { "  # EXAMPLE: its unique name" };
            writeln!(text, "[[organization]]\nname = {}{mark}", quoted(name.as_str()))?;
            match &organization.seen {
                Some((url, _)) => writeln!(text, "metadata = {}\n", quoted(url))?,
                None => {
                    let url = format!("https://{host}/XrmServices/2015/metadataendpoint.svc/json?orgName={name}");
                    writeln!(text, "metadata = {}{host_mark}\n", quoted(&url))?;
                }
            }
        }
        self.sharepoint(text)?;
        text.push_str(TAIL);
        Ok(())
    }

    fn server(&self, text: &mut String, server: &Server) -> std::fmt::Result {
        let mark = if server.said { "" } else { "  # EXAMPLE: the name of the server" };
        let roles: Vec<String> = server.roles.iter().map(|role| quoted(role.word())).collect();
        writeln!(text, "[[node]]\nname = {}{mark}", quoted(server.name.as_str()))?;
        writeln!(text, "roles = [{}]", roles.join(", "))?;
        // OpenSSH comes with Server 2019. Otherwise the older of the two common ones: its PFX is read by all.
        let guess = if self.transport == Transport::Ssh { "server2019" } else { "server2016" };
        match server.seen.as_ref().and_then(|seen| seen.os) {
            Some(os) => writeln!(text, "os = \"{os}\"")?,
            None => writeln!(
                text,
                "os = \"{guess}\"  # EXAMPLE: server2012r2, server2016, server2019, server2022, server2025"
            )?,
        }
        let here = server.seen.as_ref().is_some_and(|seen| seen.here);
        let transport = if here { Transport::Local } else { self.transport };
        writeln!(text, "transport = {}  # local, ssh, winrm or manual", quoted(transport.word()))?;
        if matches!(transport, Transport::Ssh | Transport::Winrm) {
            writeln!(text, "address = {}", quoted(server.name.as_str()))?;
        }
        writeln!(text)
    }

    fn sharepoint(&self, text: &mut String) -> std::fmt::Result {
        let servers: Vec<&Server> =
            self.servers.iter().filter(|server| server.roles.contains(&Role::Sharepoint)).collect();
        let names: Vec<String> = servers.iter().map(|server| quoted(server.name.as_str())).collect();
        let version = match self.sharepoint {
            Some(SharePointVersion::V2013) => "version = \"2013\"",
            Some(SharePointVersion::V2016) => "version = \"2016\"",
            Some(SharePointVersion::V2019) => "version = \"2019\"",
            Some(SharePointVersion::Subscription) => "version = \"subscription\"",
            None => "version = \"2019\"  # EXAMPLE: 2013, 2016, 2019, subscription",
        };
        writeln!(text, "[[sharepoint]]\nname = \"sharepoint\"\n{version}")?;
        writeln!(text, "servers = [{}]\nsites = []\n", names.join(", "))?;
        for organization in &self.organizations {
            let name = organization.name.as_str();
            let guess = if self.organizations.len() == 1 { "crm".to_owned() } else { format!("crm-{name}") };
            match &organization.seen {
                Some((_, trust)) => writeln!(text, "[[sharepoint.trust]]\nname = {}", quoted(trust))?,
                None => writeln!(
                    text,
                    "[[sharepoint.trust]]\nname = {}  # EXAMPLE: Get-SPTrustedSecurityTokenIssuer lists it",
                    quoted(&guess)
                )?,
            }
            writeln!(text, "organization = {}\n", quoted(name))?;
        }
        Ok(())
    }
}

/// What was said, else what was seen, else an example.
fn organizations(request: &Request, found: &Found) -> Result<Vec<Organization>> {
    let said = |name: &String| Ok(Organization { name: word(name)?, said: true, seen: None });
    let seen = found.organizations.iter().map(|one| Organization {
        name: one.name.clone(),
        said: true,
        seen: Some((one.metadata.to_string(), one.trust.to_string())),
    });
    match (request.organizations.as_slice(), found.organizations.is_empty()) {
        ([], true) => Ok(vec![Organization { name: word("contoso")?, said: false, seen: None }]),
        ([], false) => Ok(seen.collect()),
        (names, _) => names.iter().map(said).collect(),
    }
}

/// The accounts that were seen, and for each role without one what was said, or an example.
fn accounts(request: &Request, found: &Found) -> Result<Vec<Account>> {
    let mut accounts: Vec<Account> = found
        .accounts
        .iter()
        .map(|(name, roles)| Account { name: name.clone(), roles: roles.clone(), said: true })
        .collect();
    let has = |role: &Role| found.accounts.iter().any(|(_, roles)| roles.contains(role));
    let roles: Vec<Role> = [Role::Web, Role::Async].into_iter().filter(|role| !has(role)).collect();
    if !roles.is_empty() {
        let name = word(request.account.as_deref().unwrap_or(DEFAULT_ACCOUNT))?;
        accounts.push(Account { name, roles, said: request.account.is_some() });
    }
    Ok(accounts)
}

/// What most farms do not need, to be uncommented.
const TAIL: &str = r#"# Who else has the public certificate and must get each new one, by hand:
# [[consumer]]
# name = "exchange-online"
# kind = "entra-service-principal"   # or sharepoint-online-app, other
# step = "Add the new certificate to service principal 00000007-0000-0000-c000-000000000000"

# When servers may be recycled. A zone follows summer time; offset = "+01:00" in its place does not.
# [[window]]
# name = "Sunday night"
# days = ["sunday"]
# from = "01:00"
# until = "05:00"
# zone = "Europe/Paris"

# When nothing may change:
# [[freeze]]
# reason = "Year-end closing"
# from = "2026-12-20"
# until = "2027-01-06"

# Who watches:
# [watcher]
# owner = "Identity team"

# What watch --rotate prepares when it should have been rolled; with apply = true it rolls within a window:
# [unattended]
# credential = "staged/next.pfx"
# sha256 = "64 hexadecimal digits: that of the file"
# key_sha256 = "64 hexadecimal digits: that of the public key"
# password = { file = "staged/next.pass" }
# apply = false
"#;

fn word<T: TryFrom<String, Error = crate::farm::description::WordError>>(text: &str) -> Result<T> {
    T::try_from(text.to_owned()).map_err(|error| Error::new(Kind::Usage, "a name cannot be used").because(error))
}

/// Returns a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
