//! `farm init`: a commented description to begin with, filled with what was said on the command line.

use std::fmt::Write as _;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::farm::description::{Address, Label, Name, Role, Transport, read};
use crate::policy::farm as rules;
use crate::policy::{Finding, Severity};
use crate::ports::{Access, Existing, Host};

/// The schema of [`FarmInitReport`].
pub const SCHEMA: &str = "s2scert.farm-init/1.0";
/// The account under which the services run unless somebody chose another.
const DEFAULT_ACCOUNT: &str = "NETWORK SERVICE";

/// What is known of the farm.
#[derive(Clone, Debug)]
pub struct Request {
    /// The file to write.
    pub out: PathBuf,
    /// Whether a file that exists is replaced.
    pub force: bool,
    /// The name of the farm.
    pub name: String,
    /// Servers with the web role.
    pub web: Vec<String>,
    /// Servers with the asynchronous role.
    pub asynchronous: Vec<String>,
    /// Servers with the deployment tools.
    pub tools: Vec<String>,
    /// SharePoint servers.
    pub sharepoint: Vec<String>,
    /// Organizations.
    pub organizations: Vec<String>,
    /// The host under which people reach Dynamics 365.
    pub host: Option<String>,
    /// The account of the services.
    pub account: Option<String>,
    /// How the servers are reached.
    pub transport: Transport,
}

/// What `farm init` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmInitReport {
    /// `s2scert.farm-init/1.0`.
    pub schema: &'static str,
    /// The file that was written.
    pub file: PathBuf,
    /// The keys that hold an example and have to be looked at, each with its line.
    pub examples: Vec<Example>,
    /// What the check of the new file finds.
    pub findings: Vec<Finding>,
}

/// A line that holds an example.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct Example {
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

/// Marks what nobody has said.
const MARK: &str = "# EXAMPLE";

/// Writes a description.
///
/// # Errors
/// [`Kind::Usage`] when a name cannot be one; [`Kind::Refused`] when the file exists.
pub fn init(host: &Host, request: &Request) -> Result<FarmInitReport> {
    let text = Draft::of(request)?.text();
    let problems = read(&text).problems;
    let findings = rules::findings(&problems);
    if let Some(fault) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(Error::new(Kind::Usage, "these options do not make a farm")
            .because(fault.message.clone())
            .hint(fault.remedy.clone()));
    }
    let existing = if request.force { Existing::Replace } else { Existing::Refuse };
    host.files.create(&request.out, Access::Public, existing, text.as_bytes()).map_err(Error::from).map_err(
        |error| {
            if error.kind() == Kind::Refused {
                error.hint("replace it with --force, or name another file with --out")
            } else {
                error
            }
        },
    )?;
    let marked = text.lines().enumerate().filter(|(_, line)| line.contains(MARK) && !line.starts_with('#'));
    let examples = marked.map(|(index, line)| Example { line: index + 1, text: line.to_owned() }).collect();
    Ok(FarmInitReport { schema: SCHEMA, file: request.out.clone(), examples, findings })
}

/// One server of the draft.
struct Server {
    name: Name,
    roles: Vec<Role>,
    said: bool,
}

struct Draft {
    name: Name,
    servers: Vec<Server>,
    organizations: Vec<(Name, bool)>,
    host: Option<Address>,
    account: Label,
    account_said: bool,
    transport: Transport,
}

impl Draft {
    fn of(request: &Request) -> Result<Self> {
        let mut servers: Vec<Server> = Vec::new();
        let mut add = |names: &[String], role: Role, example: Option<&str>| -> Result<()> {
            let examples: Vec<String> = example.filter(|_| names.is_empty()).map(str::to_owned).into_iter().collect();
            for text in names.iter().chain(&examples) {
                let name = word::<Name>(text)?;
                let said = !names.is_empty();
                match servers.iter_mut().find(|server| server.name.folded() == name.folded()) {
                    Some(server) if server.roles.contains(&role) => {}
                    Some(server) => server.roles.push(role),
                    None => servers.push(Server { name, roles: vec![role], said }),
                }
            }
            Ok(())
        };
        add(&request.web, Role::Web, Some("crm-web-1"))?;
        // Without other words the first web server does it all, as a full server does.
        let first = request.web.first().map_or("crm-web-1", String::as_str);
        add(&request.asynchronous, Role::Async, Some(first))?;
        add(&request.tools, Role::DeploymentTools, Some(first))?;
        add(&request.sharepoint, Role::Sharepoint, Some("sp-1"))?;
        let organizations = match request.organizations.as_slice() {
            [] => vec![(word::<Name>("contoso")?, false)],
            names => names.iter().map(|name| Ok((word::<Name>(name)?, true))).collect::<Result<_>>()?,
        };
        Ok(Self {
            name: word(&request.name)?,
            servers,
            organizations,
            host: request.host.as_deref().map(word).transpose()?,
            account: word(request.account.as_deref().unwrap_or(DEFAULT_ACCOUNT))?,
            account_said: request.account.is_some(),
            transport: request.transport,
        })
    }

    fn text(&self) -> String {
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
        let mark = if self.account_said { "" } else { "  # EXAMPLE: who runs CRMAppPool and the asynchronous service" };
        writeln!(
            text,
            "[[identity]]\naccount = {}{mark}\nroles = [\"web\", \"async\"]\n",
            quoted(self.account.as_str())
        )?;
        for (organization, said) in &self.organizations {
            let mark = if *said { "" } else { "  # EXAMPLE: its unique name" };
            writeln!(text, "[[organization]]\nname = {}{mark}", quoted(organization.as_str()))?;
            let url = format!("https://{host}/XrmServices/2015/metadataendpoint.svc/json?orgName={organization}");
            writeln!(text, "metadata = {}{host_mark}\n", quoted(&url))?;
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
        let os = if self.transport == Transport::Ssh { "server2019" } else { "server2016" };
        writeln!(text, "os = \"{os}\"  # EXAMPLE: server2012r2, server2016, server2019, server2022, server2025")?;
        writeln!(text, "transport = {}  # local, ssh, winrm or manual", quoted(self.transport.word()))?;
        if matches!(self.transport, Transport::Ssh | Transport::Winrm) {
            writeln!(text, "address = {}", quoted(server.name.as_str()))?;
        }
        writeln!(text)
    }

    fn sharepoint(&self, text: &mut String) -> std::fmt::Result {
        let servers: Vec<&Server> =
            self.servers.iter().filter(|server| server.roles.contains(&Role::Sharepoint)).collect();
        let names: Vec<String> = servers.iter().map(|server| quoted(server.name.as_str())).collect();
        writeln!(
            text,
            "[[sharepoint]]\nname = \"sharepoint\"\nversion = \"2019\"  # EXAMPLE: 2013, 2016, 2019, subscription"
        )?;
        writeln!(text, "servers = [{}]\nsites = []\n", names.join(", "))?;
        for (organization, _) in &self.organizations {
            let name = if self.organizations.len() == 1 { "crm".to_owned() } else { format!("crm-{organization}") };
            writeln!(
                text,
                "[[sharepoint.trust]]\nname = {}  # EXAMPLE: Get-SPTrustedSecurityTokenIssuer lists it",
                quoted(&name)
            )?;
            writeln!(text, "organization = {}\n", quoted(organization.as_str()))?;
        }
        Ok(())
    }
}

/// What most farms do not need, to be uncommented.
const TAIL: &str = r#"# Who else has the public certificate and must get each new one, by hand:
# [[consumer]]
# name = "exchange-online"
# kind = "entra-service-principal"   # or sharepoint-online-app, other
# step = "Add the new certificate to service principal 00000007-0000-0000-c000-000000000000"

# When servers may be recycled. The offset does not follow summer time.
# [[window]]
# name = "Sunday night"
# days = ["sunday"]
# from = "01:00"
# until = "05:00"
# offset = "+01:00"

# When nothing may change:
# [[freeze]]
# reason = "Year-end closing"
# from = "2026-12-20"
# until = "2027-01-06"

# Who watches:
# [watcher]
# owner = "Identity team"
"#;

fn word<T: TryFrom<String, Error = crate::farm::description::WordError>>(text: &str) -> Result<T> {
    T::try_from(text.to_owned()).map_err(|error| Error::new(Kind::Usage, "a name cannot be used").because(error))
}

/// Returns a TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::fake_host::FakeHost;

    fn request() -> Request {
        Request {
            out: PathBuf::from("/srv/farm.toml"),
            force: false,
            name: "contoso".to_owned(),
            web: Vec::new(),
            asynchronous: Vec::new(),
            tools: Vec::new(),
            sharepoint: Vec::new(),
            organizations: Vec::new(),
            host: None,
            account: None,
            transport: Transport::Winrm,
        }
    }

    #[test]
    fn a_description_from_nothing_and_one_from_options_are_both_without_errors() {
        let full = Request {
            web: vec!["crm-web-1".to_owned(), "crm-web-2".to_owned()],
            asynchronous: vec!["crm-async-1".to_owned(), "CRM-WEB-2".to_owned()],
            tools: vec!["crm-async-1".to_owned()],
            sharepoint: vec!["sp-1".to_owned(), "sp-2".to_owned()],
            organizations: vec!["sales".to_owned(), "service".to_owned()],
            host: Some("crm.contoso.com".to_owned()),
            account: Some("CONTOSO\\svc-crm".to_owned()),
            transport: Transport::Ssh,
            ..request()
        };
        for request in [request(), full, Request { transport: Transport::Manual, ..request() }] {
            let fake = FakeHost::new("2026-11-24T00:00:00Z".parse().unwrap(), 1);
            let report = init(&fake.host(), &request).unwrap();
            let (_, bytes) = fake.file("/srv/farm.toml").unwrap();
            let reading = read(std::str::from_utf8(&bytes).unwrap());
            assert_eq!(reading.problems, [], "{request:?}");
            assert!(!report.examples.is_empty());
            assert_eq!(init(&fake.host(), &request).unwrap_err().kind(), Kind::Refused);
        }
    }

    #[test]
    fn a_hostile_name_is_refused_and_an_account_is_quoted() {
        let fake = FakeHost::new("2026-11-24T00:00:00Z".parse().unwrap(), 1);
        for name in ["-oProxyCommand=x", "a\"b", "a b", "a\nb"] {
            let error = init(&fake.host(), &Request { web: vec![name.to_owned()], ..request() }).unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{name}");
        }
        let account = "CONTOSO\\svc \"crm\"".to_owned();
        init(&fake.host(), &Request { account: Some(account.clone()), ..request() }).unwrap();
        let (_, bytes) = fake.file("/srv/farm.toml").unwrap();
        assert_eq!(read(std::str::from_utf8(&bytes).unwrap()).farm.identities[0].account.as_str(), account);
    }
}
