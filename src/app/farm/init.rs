//! `farm init`: a commented description to begin with, filled with what was said on the command line, and with what this
//! server shows of its farm.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::ask;
use super::draft::{Draft, MARK};
use super::found::Found;
use crate::error::{Error, Kind, Result};
use crate::farm::description::{Transport, read};
use crate::node::acts::Acts;
use crate::policy::farm as rules;
use crate::policy::{Finding, Severity};
use crate::ports::{Access, Existing, Host};

/// The schema of [`FarmInitReport`].
pub const SCHEMA: &str = "s2scert.farm-init/1.0";

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
    /// Whether this server is not asked for what it shows.
    pub offline: bool,
    /// Whether the person at the terminal is asked for what this server does not show.
    pub ask: bool,
}

impl Request {
    /// Whether somebody said what the farm is: then nothing is looked for.
    fn is_said(&self) -> bool {
        let lists = [&self.web, &self.asynchronous, &self.tools, &self.sharepoint, &self.organizations];
        lists.iter().any(|list| !list.is_empty()) || self.account.is_some()
    }
}

/// What `farm init` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmInitReport {
    /// `s2scert.farm-init/1.0`.
    pub schema: &'static str,
    /// The file that was written.
    pub file: PathBuf,
    /// What this server showed of its farm.
    pub found: Vec<String>,
    /// What it did not show, each with why.
    pub unseen: Vec<String>,
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

/// Writes a description.
///
/// # Errors
/// [`Kind::Usage`] when a name cannot be one; [`Kind::Refused`] when the file exists.
pub fn init(host: &Host, acts: &dyn Acts, request: &Request) -> Result<FarmInitReport> {
    let mut request = request.clone();
    let found = if request.offline || request.is_said() {
        Found::default()
    } else {
        let found = Found::here(host, acts);
        if request.ask {
            ask::fill_in(host, &mut request, &found)?;
        }
        found
    };
    let text = Draft::of(&request, &found)?.text();
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
    let (found, unseen) = (found.shown, found.unseen);
    Ok(FarmInitReport { schema: SCHEMA, file: request.out.clone(), found, unseen, examples, findings })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::fake_acts::FakeActs;
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
            offline: false,
            ask: true,
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
            let report = init(&fake.host(), &FakeActs::default(), &request).unwrap();
            let (_, bytes) = fake.file("/srv/farm.toml").unwrap();
            let reading = read(std::str::from_utf8(&bytes).unwrap());
            assert_eq!(reading.problems, [], "{request:?}");
            assert!(!report.examples.is_empty());
            assert_eq!(init(&fake.host(), &FakeActs::default(), &request).unwrap_err().kind(), Kind::Refused);
        }
    }

    #[test]
    fn what_this_server_shows_needs_no_example_and_options_go_before_it() {
        let found = Found::of(&super::super::found::tests::told());
        let text = Draft::of(&request(), &found).unwrap().text();
        let reading = read(&text);
        assert_eq!(reading.problems, []);
        let names: Vec<&str> = reading.farm.nodes.iter().map(|node| node.name.as_str()).collect();
        assert_eq!(names, ["CRM-1", "CRM-2", "SP-1"]);
        assert_eq!(reading.farm.update_crm.unwrap().node.as_str(), "CRM-1");
        let accounts: Vec<&str> = reading.farm.identities.iter().map(|one| one.account.as_str()).collect();
        assert_eq!(accounts, ["NETWORK SERVICE", "CONTOSO\\crm"]);
        assert_eq!(reading.farm.organizations[0].metadata.parameter("orgName"), Some("sales"));
        assert_eq!(reading.farm.sharepoint[0].trusts[0].name.as_str(), "crm");
        for line in text.lines().filter(|line| line.contains(MARK) && !line.starts_with('#')) {
            assert!(line.starts_with("subject =") || line.starts_with("os ="), "{line}");
        }
        assert!(Request { web: vec!["crm-web-1".to_owned()], ..request() }.is_said() && !request().is_said());
    }

    #[test]
    fn a_hostile_name_is_refused_and_an_account_is_quoted() {
        let fake = FakeHost::new("2026-11-24T00:00:00Z".parse().unwrap(), 1);
        for name in ["-oProxyCommand=x", "a\"b", "a b", "a\nb"] {
            let error = init(&fake.host(), &FakeActs::default(), &Request { web: vec![name.to_owned()], ..request() })
                .unwrap_err();
            assert_eq!(error.kind(), Kind::Usage, "{name}");
        }
        let account = "CONTOSO\\svc \"crm\"".to_owned();
        init(&fake.host(), &FakeActs::default(), &Request { account: Some(account.clone()), ..request() }).unwrap();
        let (_, bytes) = fake.file("/srv/farm.toml").unwrap();
        assert_eq!(read(std::str::from_utf8(&bytes).unwrap()).farm.identities[0].account.as_str(), account);
    }
}
