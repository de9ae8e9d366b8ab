//! The metadata documents, asked from each web server itself and not through the load balancer.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::refuse_what_others_may_write;
use crate::app::source::Input;
use crate::cert::container;
use crate::error::Error;
use crate::farm::description::{Farm, Node, Organization, Role, SharePoint, TlsTrust, Transport};
use crate::farm::metadata::{self, Metadata};
use crate::farm::truth::{MetadataFacts, Seen};
use crate::ports::{Host, WebAnswer, WebRequest, WebTrust};

/// The most octets of a file with authorities.
const MAX_AUTHORITIES: u64 = container::MAX_SIZE as u64;
/// The most documents that are asked from one server at once.
const AT_ONCE: usize = 8;
/// How much of what a server says is repeated, in characters.
const MAX_SHOWN: usize = 200;

/// The documents of a farm, with whom to trust for each.
pub struct Documents<'a> {
    host: &'a Host,
    /// The organization, and its trust or why there is none.
    wanted: Vec<(&'a Organization, Result<WebTrust, String>)>,
}

impl<'a> Documents<'a> {
    /// Reads whom to trust. A file that cannot be used leaves the documents of its organizations unseen, and nothing else.
    #[must_use]
    pub fn of(host: &'a Host, farm: &'a Farm, description: &Path) -> Self {
        let trust = |organization| trust(host, description, &farm.tls_of(organization));
        Self { host, wanted: farm.organizations.iter().map(|one| (one, trust(one))).collect() }
    }

    /// Asks one web server for the document of every organization, each at most as long as `patience` says. Of a server
    /// that is no web server there is nothing to ask.
    #[must_use]
    pub fn ask(&self, node: &Node, patience: Duration) -> Vec<MetadataFacts<String>> {
        if !node.has(Role::Web) {
            return Vec::new();
        }
        let mut all = Vec::new();
        for some in self.wanted.chunks(AT_ONCE) {
            std::thread::scope(|scope| {
                let asked: Vec<_> = some
                    .iter()
                    .map(|(organization, trust)| {
                        scope.spawn(move || {
                            let document =
                                trust.clone().and_then(|trust| self.document(node, organization, trust, patience));
                            document.map_or_else(Seen::Unseen, |document| Seen::Seen(document.answer()))
                        })
                    })
                    .collect();
                all.extend(some.iter().zip(asked).map(|((organization, _), answer)| MetadataFacts {
                    organization: organization.name.to_string(),
                    answer: answer.join().unwrap_or_default(),
                }));
            });
        }
        all
    }

    /// Asks one web server for the document of one organization.
    ///
    /// # Errors
    /// Why it could not be seen.
    pub fn ask_for(&self, node: &Node, organization: &str, patience: Duration) -> Result<Metadata, String> {
        let named = |(one, _): &&(&Organization, _)| one.name.as_str() == organization;
        let (organization, trust) =
            self.wanted.iter().find(named).ok_or_else(|| format!("farm.toml has no organization {organization}"))?;
        self.document(node, organization, trust.clone()?, patience)
    }

    fn document(
        &self,
        node: &Node,
        organization: &Organization,
        trust: WebTrust,
        patience: Duration,
    ) -> Result<Metadata, String> {
        let url = &organization.metadata;
        let request = WebRequest {
            url: url.to_string(),
            connect_to: Some((address(node)?, url.port())),
            trust,
            body: None,
            headers: Vec::new(),
            deadline: patience,
            most: metadata::MAX_BYTES,
        };
        let answer = self.host.web.exchange(&request).map_err(|error| error.to_string())?;
        refused(&answer).map_or(Ok(()), Err)?;
        Metadata::read(&answer.body).map_err(|error| error.to_string())
    }
}

/// Returns the host to connect to.
fn address(node: &Node) -> Result<String, String> {
    match (&node.address, node.transport) {
        (Some(address), _) => Ok(address.to_string()),
        (None, Transport::Local) => Ok("localhost".to_owned()),
        (None, _) => Err(format!("farm.toml has no address for {}, so it cannot be asked itself", node.name)),
    }
}

/// Says why an answer is no document, from its status.
fn refused(answer: &WebAnswer) -> Option<String> {
    let status = answer.status;
    match (status, &answer.location) {
        (200, _) => None,
        (300..=399, Some(to)) => {
            let to: String = to.chars().filter(|c| !c.is_control()).take(MAX_SHOWN).collect();
            Some(format!(
                "the server redirects to {to} (status {status}); the document has to be readable without a sign-in"
            ))
        }
        (401 | 403, _) => Some(format!("the server asks for a sign-in (status {status})")),
        _ => Some(format!("the server answers with status {status}")),
    }
}

fn trust(host: &Host, description: &Path, tls: &TlsTrust) -> Result<WebTrust, String> {
    if let Some(pin) = &tls.pin {
        return pin.fingerprint().map(WebTrust::Pin).ok_or_else(|| "tls_pin is no SHA-256".to_owned());
    }
    let Some(ca) = &tls.ca else { return Ok(WebTrust::System) };
    authorities(host, description, ca).map(WebTrust::Authorities).map_err(|error| {
        let causes = error.causes().join(": ");
        format!(
            "the authorities of tls_ca cannot be used: {error}{}{causes}",
            if causes.is_empty() { "" } else { ": " }
        )
    })
}

/// Returns the authorities of which one must have issued the certificates of the sites of a SharePoint farm: what it says
/// itself, else what the farm says; none where both leave that to each machine.
///
/// # Errors
/// Why they cannot be used.
pub(in crate::app) fn authorities_of(
    host: &Host,
    farm: &Farm,
    sharepoint: &SharePoint,
    description: &Path,
) -> Result<Vec<Vec<u8>>, String> {
    let ca = sharepoint.tls_ca.as_ref().or(farm.tls.ca.as_ref());
    match trust(host, description, &TlsTrust { ca: ca.cloned(), pin: None })? {
        WebTrust::Authorities(all) => Ok(all),
        WebTrust::System | WebTrust::Pin(_) => Ok(Vec::new()),
    }
}

/// Reads the authorities of a file; a path is taken from the folder of the description.
///
/// # Errors
/// When the file cannot be read, is one that others may write while we are elevated, or holds no certificate.
pub(super) fn authorities(host: &Host, description: &Path, ca: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let path: PathBuf = description.parent().map_or_else(|| ca.to_owned(), |folder| folder.join(ca));
    refuse_what_others_may_write(host, &path)?;
    let bytes = host.files.read(&path, MAX_AUTHORITIES)?;
    let certificates = Input::of_bytes(&path, &bytes, &[])?.certificates();
    if certificates.is_empty() {
        return Err(Error::new(crate::error::Kind::Unreadable, "the file holds no certificate").at(path.display()));
    }
    Ok(certificates.iter().map(|one| one.der().to_vec()).collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::fake_host::{FakeHost, page};
    use crate::farm::description;
    use crate::ports::{WebError, WebFault};

    const SALES: &str = "https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=sales";
    const SERVICE: &str = "https://crm.contoso.com:8443/XrmServices/2015/metadataendpoint.svc/json?orgName=service";

    fn farm(head: &str, organization: &str) -> Farm {
        let node = |name: &str, more: &str| format!("[[node]]\nname = {name:?}\nos = \"server2019\"\n{more}\n");
        let text = format!(
            "format = \"1.0\"\nname = \"contoso\"\n{head}\n[update_crm]\nnode = \"web-1\"\n{}{}{}\
             [[identity]]\naccount = 'CONTOSO\\crm'\nroles = [\"web\", \"async\"]\n\
             [[organization]]\nname = \"sales\"\nmetadata = {SALES:?}\n{organization}\n\
             [[organization]]\nname = \"service\"\nmetadata = {SERVICE:?}\n",
            node("web-1", "roles = [\"web\", \"deployment-tools\"]\ntransport = \"ssh\"\naddress = \"10.0.0.1\""),
            node("web-2", "roles = [\"web\"]\ntransport = \"manual\""),
            node("async-1", "roles = [\"async\"]\ntransport = \"local\""),
        );
        let reading = description::read(&text);
        assert!(reading.problems.is_empty(), "{:?}", reading.problems);
        reading.farm
    }

    fn fake() -> FakeHost {
        FakeHost::new("2026-11-25T12:00:00Z".parse().unwrap(), 1)
    }

    fn ask(fake: &FakeHost, farm: &Farm, node: &str) -> Vec<(String, Seen<Vec<String>>)> {
        let host = fake.host();
        let documents = Documents::of(&host, farm, Path::new("/farm/farm.toml"));
        let asked = documents.ask(farm.node(node).unwrap(), Duration::from_secs(5));
        let keys = |answer| match answer {
            Seen::Seen(crate::farm::truth::MetadataAnswer { keys, .. }) => Seen::Seen(keys),
            Seen::Unseen(why) => Seen::Unseen(why),
        };
        asked.into_iter().map(|one| (one.organization, keys(one.answer))).collect()
    }

    fn authority() -> Vec<u8> {
        rcgen::CertificateParams::new(Vec::new())
            .unwrap()
            .self_signed(&rcgen::KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .to_vec()
    }

    #[test]
    fn each_document_is_asked_from_the_server_itself_at_the_port_of_its_address() {
        let der = authority();
        let key = serde_json::json!({ "keyvalue": { "value": STANDARD.encode(&der) } });
        let body = serde_json::json!({ "issuer": "a@b", "keys": [key] }).to_string();
        let fake = fake().with_page("10.0.0.1:443", SALES, Ok(page(200, "application/json", body)));
        let farm = farm("", "");
        let seen = ask(&fake, &farm, "web-1");
        assert_eq!(seen[0], ("sales".to_owned(), Seen::Seen(vec![STANDARD.encode(&der)])));
        let nobody = Seen::Unseen("nothing answers at 10.0.0.1:8443".to_owned());
        assert_eq!(seen[1], ("service".to_owned(), nobody));
        assert!(fake.web_requests().iter().all(|one| one.trust == WebTrust::System && one.body.is_none()));
        assert!(ask(&fake, &farm, "async-1").is_empty());
        let (_, unseen) = ask(&fake, &farm, "web-2").remove(0);
        assert!(unseen.gap().unwrap().contains("no address for web-2"), "{unseen:?}");
    }

    #[test]
    fn what_is_no_document_leaves_the_place_unseen_with_the_reason() {
        let moved = WebAnswer { location: Some("https://sts.contoso.com/".to_owned()), ..page(302, "", "") };
        let late = WebError { fault: WebFault::Late, why: "no whole answer came".to_owned() };
        for (answer, wanted) in [
            (Ok(moved), "redirects to https://sts.contoso.com/"),
            (Ok(page(401, "text/html", "")), "asks for a sign-in"),
            (Ok(page(500, "text/html", "")), "status 500"),
            (Ok(page(200, "text/html", "<html><title>Sign In</title>")), "Sign In"),
            (Ok(page(200, "application/json", vec![b' '; 2 << 20])), "longer than"),
            (Err(late), "no whole answer"),
        ] {
            let fake = fake().with_page("10.0.0.1:443", SALES, answer);
            let (_, seen) = ask(&fake, &farm("", ""), "web-1").remove(0);
            assert!(seen.gap().unwrap().contains(wanted), "{seen:?}");
        }
    }

    #[test]
    fn an_organization_is_trusted_by_what_it_says_itself_else_by_what_the_farm_says() {
        let der = authority();
        let pin = "AB".repeat(32);
        let fake = fake().with_file("/farm/ca.cer", der.clone());
        let farm = farm("tls_ca = \"ca.cer\"", &format!("tls_pin = {pin:?}"));
        let _ = ask(&fake, &farm, "web-1");
        let trust = |url: &str| fake.web_requests().into_iter().find(|one| one.url == url).unwrap().trust;
        let pinned = crate::cert::Fingerprint::parse(&pin).unwrap();
        assert_eq!((trust(SALES), trust(SERVICE)), (WebTrust::Pin(pinned), WebTrust::Authorities(vec![der])));
    }

    #[test]
    fn authorities_that_cannot_be_used_leave_only_their_documents_unseen_and_nobody_is_asked() {
        for fake in [fake(), fake().with_file("/farm/ca.cer", "no certificate")] {
            let seen = ask(&fake, &farm("", "tls_ca = \"ca.cer\""), "web-1");
            assert!(seen[0].1.gap().unwrap().contains("authorities of tls_ca"), "{seen:?}");
            assert_eq!(fake.web_requests().len(), 1);
        }
    }
}
