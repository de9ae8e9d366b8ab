//! A farm as the bundles of `farm collect` show it, in place of a look at its servers.
//!
//! The bundles answer the questions that a look asks, so that both are understood by the same code. What a bundle does not
//! tell was not seen.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::app::farm::status::{opened, owner};
use crate::cert::{Certificate, Thumbprint};
use crate::error::Result;
use crate::farm::bundle::Opened;
use crate::farm::description::{Farm, Node, Role, Transport as How};
use crate::farm::truth::{RowKind, Seen, ServerFacts, ServiceFacts, StoredCertificate, TrustSource};
use crate::ports::{CarryError, CarryFault, Host, Transport};
use crate::protocol::{
    self, Action, Answer, CertificateFacts, Certificates, Facts, Hex, Id, Issuer, KeyFacts, List, NetworkFacts,
    NodeFacts, Observed, Octets, Outcome, Request, Row, Rows, ScriptFacts, Service, Services, StateFacts, Text, Trusts,
};
use crate::rotation::basis::{ALTERNATIVE_ROW, CollectedSeen, FarmSeen, ISSUER_ROW};
use crate::rotation::observe::{STOPPED, Unseen, observe};

/// What is done about a bundle that does not do.
const AGAIN: &str = "collect it again: s2scert farm collect --all --out DIR --force";

/// Looks at a farm by its bundles.
///
/// # Errors
/// When the folder cannot be searched. What is not in the bundles is told within.
pub(in crate::app) fn seen(
    host: &Host,
    farm: &Farm,
    folder: &Path,
) -> Result<std::result::Result<FarmSeen, Vec<Unseen>>> {
    let bundles = Bundles::read(host, farm, folder)?;
    Ok(observe(farm, &bundles).map(|seen| FarmSeen { collected: bundles.told(farm), ..seen }))
}

/// The bundles of a folder, by server.
struct Bundles {
    servers: BTreeMap<String, std::result::Result<Opened, String>>,
    folder: String,
}

impl Bundles {
    fn read(host: &Host, farm: &Farm, folder: &Path) -> Result<Self> {
        let mut servers: BTreeMap<String, std::result::Result<Opened, String>> = BTreeMap::new();
        for (path, opened) in opened(host, folder)? {
            let name = match &opened {
                Ok(opened) => opened.facts.server.to_ascii_lowercase(),
                Err(_) => owner(farm, &path).to_ascii_lowercase(),
            };
            // Of two bundles of one server the later one counts, and a good one before one that cannot be read.
            let is_later = match (servers.get(&name), &opened) {
                (None, _) | (Some(Err(_)), Ok(_)) => true,
                (Some(Ok(other)), Ok(one)) => other.facts.collected_at < one.facts.collected_at,
                (Some(_), Err(_)) => false,
            };
            if is_later {
                servers.insert(name, opened);
            }
        }
        Ok(Self { servers, folder: folder.display().to_string() })
    }

    fn of(&self, node: &Node) -> std::result::Result<&ServerFacts<String>, String> {
        match self.servers.get(&node.name.folded()) {
            None => Err(format!("no bundle of it is in {}; {AGAIN}", self.folder)),
            Some(Err(why)) => Err(format!("{why}; {AGAIN}")),
            Some(Ok(opened)) if !opened.is_for_plans() => Err(format!(
                "its bundle is of version 1.{} and does not tell the script, the network identity, which services run and the \
                 rows of other types; {AGAIN}",
                opened.minor
            )),
            Some(Ok(opened)) => Ok(&opened.facts),
        }
    }

    /// Returns which bundles speak for the servers of a farm.
    fn told(&self, farm: &Farm) -> Vec<CollectedSeen> {
        let asked = farm.nodes.iter().filter(|node| node.transport != How::Manual);
        let one = |node: &Node| {
            let opened = self.servers.get(&node.name.folded())?.as_ref().ok()?;
            Some(CollectedSeen {
                node: Id::word(node.name.as_str()),
                at: opened.facts.collected_at,
                by: Text::told(&opened.facts.collected_by),
                sha256: Hex::from(*opened.sha256.as_bytes()),
            })
        };
        let mut told: Vec<CollectedSeen> = asked.filter_map(one).collect();
        told.sort_by(|one, other| one.node.cmp(&other.node));
        told
    }
}

impl Transport for Bundles {
    fn ask(&self, node: &Node, request: &Request, _: Duration) -> std::result::Result<Answer, CarryError> {
        let told = self.of(node).and_then(|bundle| Ok((bundle.collected_at, facts(bundle, &request.action)?)));
        let (at, facts) = told.map_err(|why| CarryError {
            fault: CarryFault::Unreachable,
            reached: false,
            why,
            next: AGAIN.to_owned(),
        })?;
        let outcome = Outcome::Observed(Observed { holds: None, facts });
        Ok(Answer::new(Some(request.request.clone()), node.name.as_str(), at, outcome))
    }
}

/// Answers a question from a bundle.
fn facts(bundle: &ServerFacts<String>, action: &Action) -> std::result::Result<Facts, String> {
    match action {
        Action::Describe(_) => Ok(Facts::Node(Box::new(node(bundle)?))),
        Action::Services(_) => Ok(Facts::Services(services(said("services", &bundle.services)?))),
        Action::StoreList(_) => {
            let stored = said("the store", &bundle.store)?.certificates.iter().map(certificate);
            let certificates = List::first(stored.collect::<std::result::Result<Vec<_>, _>>()?);
            Ok(Facts::Certificates(Certificates { certificates, ..Certificates::default() }))
        }
        Action::CrmCertificates(_) => Ok(Facts::Rows(rows(bundle)?)),
        Action::SharepointTrusts(_) => Ok(Facts::Trusts(trusts(bundle)?)),
        _ => Err("a bundle does not tell that".to_owned()),
    }
}

fn said<'a, T>(what: &str, place: &'a Seen<T>) -> std::result::Result<&'a T, String> {
    match place {
        Seen::Seen(seen) => Ok(seen),
        Seen::Unseen(why) => Err(format!("its bundle does not show {what}: {why}")),
    }
}

fn node(bundle: &ServerFacts<String>) -> std::result::Result<NodeFacts, String> {
    let nothing = || Text::told("");
    let script = match &bundle.script_sha256 {
        Seen::Seen(Some(sha256)) => protocol::Seen::There(ScriptFacts {
            file: nothing(),
            sha256: hex("the script", sha256)?,
            signature: nothing(),
        }),
        Seen::Seen(None) => protocol::Seen::Absent(nothing()),
        Seen::Unseen(why) => protocol::Seen::Unseen(Text::told(why)),
    };
    let network_identity = match &bundle.network_identity {
        Seen::Seen(reached) => protocol::Seen::There(NetworkFacts { share: nothing(), reached: *reached, why: None }),
        Seen::Unseen(why) => protocol::Seen::Unseen(Text::told(why)),
    };
    Ok(NodeFacts {
        version: Text::told(&bundle.collected_by),
        program_sha256: None,
        system: nothing(),
        system_version: nothing(),
        machine: Text::told(&bundle.server),
        account: nothing(),
        elevated: false,
        state: StateFacts::default(),
        powershell: protocol::Seen::Unseen(Text::told("a bundle does not tell that")),
        script,
        network_identity,
    })
}

fn services(told: &[ServiceFacts]) -> Services {
    let of = |role: Role| {
        let one = |service: &ServiceFacts| Service {
            name: Text::told(&service.name),
            state: Text::told(if service.runs == Some(false) { STOPPED } else { "" }),
            account: Text::told(&service.account),
            begun: None,
        };
        List::first(told.iter().filter(|service| service.role == role).map(one).collect::<Vec<_>>())
    };
    Services { services: of(Role::Async), pools: of(Role::Web), gaps: List::default() }
}

fn certificate(stored: &StoredCertificate<String>) -> std::result::Result<CertificateFacts, String> {
    let der = octets("a certificate of its store", &stored.certificate)?;
    let read = Certificate::from_der(der.as_bytes()).map_err(|error| format!("a certificate of its store: {error}"))?;
    let subject_der = Octets::new(read.subject().der().to_vec());
    let names_key = stored.names_key.unwrap_or(!matches!(stored.key, Seen::Seen(None)));
    Ok(CertificateFacts {
        thumbprint: Hex::from(*read.thumbprint().as_bytes()),
        fingerprint_sha256: Hex::from(*read.fingerprint().as_bytes()),
        subject: Text::told(&read.subject().to_string()),
        subject_der: subject_der.ok_or("a subject in its store is larger than any that is told")?,
        issuer: Text::told(&read.issuer().to_string()),
        not_before: read.not_before(),
        not_after: read.not_after(),
        friendly_name: None,
        key: names_key.then(|| KeyFacts {
            place: Text::told(""),
            provider: None,
            provider_type: None,
            key_spec: None,
            state: Id::word("not-opened"),
            exportable: None,
            access: None,
        }),
        whole: None,
    })
}

fn rows(bundle: &ServerFacts<String>) -> std::result::Result<Rows, String> {
    let row = |id: &str, certificate_type: &str, thumbprint, certificate| Row {
        id: Text::told(id),
        name: Text::told(""),
        certificate_type: Text::told(certificate_type),
        thumbprint,
        certificate,
        store_name: Text::told(""),
        store_location: Text::told(""),
        store_find_type: Text::told(""),
    };
    let mut rows = Vec::new();
    for one in said("the rows", &bundle.rows)? {
        let der = octets("the certificate of a row", &one.certificate)?;
        let kind = match one.kind {
            RowKind::S2STokenIssuer => ISSUER_ROW,
            RowKind::AlternativeS2STokenIssuer => ALTERNATIVE_ROW,
        };
        rows.push(row(&one.id, kind, Some(Hex::from(*Thumbprint::of(der.as_bytes()).as_bytes())), Some(der)));
    }
    for one in said("the rows of other types", &bundle.other_rows)? {
        let thumbprint = one.thumbprint.as_ref().map(|text| hex("a row of another type", text)).transpose()?;
        rows.push(row(&one.id, &one.certificate_type, thumbprint, None));
    }
    Ok(Rows { rows: List::first(rows) })
}

fn trusts(bundle: &ServerFacts<String>) -> std::result::Result<Trusts, String> {
    let mut issuers = Vec::new();
    for one in said("the trusts", &bundle.trusts)? {
        let certificates =
            one.signing.iter().chain(&one.additional).map(|text| octets("a certificate of a trust", text));
        issuers.push(Issuer {
            name: Text::told(&one.name),
            registered_name: Text::told(one.registered_issuer.as_deref().unwrap_or_default()),
            metadata_endpoint: Text::told(match &one.source {
                TrustSource::Metadata(address) => address,
                TrustSource::Fixed => "",
            }),
            certificates: List::first(certificates.collect::<std::result::Result<Vec<_>, _>>()?),
        });
    }
    Ok(Trusts {
        build: Text::told(""),
        realm: Text::told(""),
        issuers: List::first(issuers),
        roots: List::default(),
        servers: List::default(),
        applications: List::default(),
        proxies: List::default(),
    })
}

fn octets(what: &str, text: &str) -> std::result::Result<Octets, String> {
    let decoded = BASE64.decode(text).map_err(|error| format!("{what}: {error}"))?;
    Octets::new(decoded).ok_or_else(|| format!("{what} is larger than any that is told"))
}

fn hex<const N: usize>(what: &str, text: &str) -> std::result::Result<Hex<N>, String> {
    text.parse().map_err(|_| format!("{what}: its hash is none"))
}
