//! Looking at certificates that stand in no file: the certificate stores of this machine, and servers that show theirs.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::super::check::ChainExpiry;
use super::super::gate::{self, Gate};
use super::super::source::Input;
use super::Options;
use super::channels::chain;
use crate::cert::chain::{Wanted, find};
use crate::cert::{Certificate, Thumbprint};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::farm::metadata::{self, Metadata};
use crate::farm::store::StoreName;
use crate::policy::{Severity, WaiverUse};
use crate::ports::{Host, WebRequest, WebTrust};
use crate::watch::Level;
use crate::watch::facts::{CertificateFacts, Kind, Trouble, Violation};
use crate::watch::settings::{Asked, Endpoint, EndpointTable, Settings, StoreTable};

/// The most that is read of a file of authorities.
const MAX_AUTHORITIES: u64 = 1 << 20;
/// How many endpoints are asked at once.
const AT_ONCE: usize = 16;
/// The most certificates of one store, and of what one server shows, that are looked at.
const MOST_OF_ONE: usize = 10_000;

/// What was seen in places that are no files.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Every certificate, with the place in which it was seen.
    pub(super) certificates: Vec<CertificateFacts>,
    /// What could not be seen, or is wrong.
    pub(super) troubles: Vec<Trouble>,
    /// Places that could not be seen.
    pub(super) unseen: u64,
    /// SHA-256 of the certificate that the row of the farm names.
    pub(super) registered: Option<String>,
    /// What is only to be shown.
    pub(super) notes: Vec<String>,
}

impl Places {
    /// Notes that a place was not seen: it is never taken for good.
    pub(super) fn unseen(&mut self, about: String, why: &str, remedy: String) {
        self.unseen += 1;
        let message = format!("{about} cannot be seen: {why}");
        self.troubles.push(Trouble { kind: Kind::Unreadable, about, level: Level::Warning, message, remedy });
    }
}

/// Judges chains by the policy of the run.
pub(super) struct Judge<'a> {
    pub(super) gate: &'a Gate,
    pub(super) now: Timestamp,
}

impl Judge<'_> {
    /// Returns what is known of the certificate with this thumbprint, whose issuers are looked for in the bag.
    fn facts(&self, leaf: &Certificate, bag: &[Certificate], place: &str) -> CertificateFacts {
        let wanted = Wanted { key: None, leaf: Some(leaf.thumbprint()) };
        let mut facts = CertificateFacts {
            fingerprint: leaf.fingerprint().to_string(),
            thumbprint: leaf.thumbprint().to_string(),
            subject: leaf.subject().to_string(),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
            expiry: leaf.not_after(),
            limited_by: None,
            places: vec![place.to_owned()],
            more_places: 0,
            violations: Vec::new(),
            successor: None,
        };
        // A chain that cannot be told leaves the certificate itself.
        let Ok(found) = find(bag, &wanted, self.now) else { return facts };
        let expiry = ChainExpiry::of(&found.chain);
        (facts.expiry, facts.limited_by) = (expiry.at, expiry.limited_by);
        // Where no key can be looked at, nothing is said of it.
        let findings =
            self.gate.evaluate_one_of_many(&gate::facts_of_found(&found, self.now, None), &mut WaiverUse::default());
        let breaks = findings.into_iter().filter(|one| {
            one.severity == Severity::Error
                && one.waived_by.is_none()
                && !super::scan::OF_TIME.contains(&one.id.as_ref())
        });
        facts.violations = breaks.map(|one| Violation { rule: one.id.into_owned(), message: one.message }).collect();
        facts.violations.sort();
        facts
    }
}

/// Returns whether a word of the command line is the address of a server.
pub(super) fn is_endpoint(path: &Path) -> bool {
    path.to_str().is_some_and(Endpoint::is_meant)
}

/// Looks at everything that is no file.
///
/// # Errors
/// [`Kind::Usage`](ErrorKind::Usage) where the address of an endpoint cannot be used.
pub(super) fn look(host: &Host, settings: &Settings, options: &Options, judge: &Judge<'_>) -> Result<Places> {
    let mut tables = settings.endpoint.clone();
    for word in options.paths.iter().filter_map(|path| path.to_str()).filter(|word| Endpoint::is_meant(word)) {
        let url = Endpoint::try_from(word.to_owned()).map_err(|why| Error::new(ErrorKind::Usage, why).at(word))?;
        tables.push(EndpointTable::of(url));
    }
    let mut seen = Places::default();
    stores(host, &settings.store, judge, &mut seen);
    endpoints(host, &tables, judge, &mut seen);
    if let Some(table) = &settings.farm {
        super::farm::look(host, table, &options.ways, &mut seen);
        if let Some(signals) = &settings.signals {
            super::signals::look(host, signals, table, options, &mut seen);
        }
    }
    Ok(seen)
}

/// Looks at the certificate stores of this machine.
fn stores(host: &Host, tables: &[StoreTable], judge: &Judge<'_>, places: &mut Places) {
    for table in tables {
        let mut issuers = Vec::new();
        let mut leaves = Vec::new();
        for store in StoreName::ALL {
            let name = table.place.text(store);
            let wanted = table.stores.contains(&store);
            let remedy = || "see whether this account may read it: s2scert store list".to_owned();
            let there = super::super::store::must_exist(host, &table.place)
                .and_then(|()| host.stores.certificates(&table.place, store).map_err(Error::from));
            match there {
                Ok(stored) => {
                    let strangers = host.stores.strangers(&table.place, store).unwrap_or_default();
                    for stranger in strangers.into_iter().filter(|_| wanted).take(MOST_OF_ONE) {
                        let what = format!("{} in {name}", stranger.place);
                        places.unseen(what, &stranger.fault.to_string(), remedy());
                    }
                    let more = stored.len().saturating_sub(MOST_OF_ONE);
                    for one in stored.into_iter().take(MOST_OF_ONE) {
                        match Certificate::from_der(&one.der) {
                            Ok(certificate) => {
                                issuers.push(certificate.clone());
                                leaves.extend(wanted.then(|| (certificate, name.clone())));
                            }
                            Err(error) if wanted => {
                                let what = format!("{} in {name}", Thumbprint::of(&one.der));
                                places.unseen(what, &error.to_string(), remedy());
                            }
                            Err(_) => {}
                        }
                    }
                    if more > 0 && wanted {
                        places.unseen(format!("{more} certificates of {name}"), "there are too many", remedy());
                    }
                }
                Err(error) if wanted => places.unseen(name, &chain(&error), remedy()),
                Err(_) => {}
            }
        }
        let facts = leaves.iter().map(|(leaf, name)| judge.facts(leaf, &issuers, name));
        places.certificates.extend(facts);
    }
}

/// Asks servers for what they show, several at once.
fn endpoints(host: &Host, tables: &[EndpointTable], judge: &Judge<'_>, places: &mut Places) {
    for some in tables.chunks(AT_ONCE) {
        let shown: Vec<Result<Vec<Certificate>, String>> = std::thread::scope(|scope| {
            let asked: Vec<_> = some.iter().map(|table| scope.spawn(move || ask(host, table))).collect();
            let fallen = || Err("asking it failed within s2scert".to_owned());
            asked.into_iter().map(|thread| thread.join().unwrap_or_else(|_| fallen())).collect()
        });
        for (table, shown) in some.iter().zip(shown) {
            let place = table.url.as_str();
            match shown {
                Ok(shown) => {
                    // A document has certificates of one rank; a TLS server shows its own first, and then its issuers.
                    let leaves = match table.url.asked() {
                        Asked::Chain { .. } => shown.len().min(1),
                        Asked::Document(_) => shown.len(),
                    };
                    let facts = shown[..leaves].iter().map(|leaf| judge.facts(leaf, &shown, place));
                    places.certificates.extend(facts);
                }
                Err(why) => {
                    let remedy = "see whether it answers from here, and at that address".to_owned();
                    places.unseen(place.to_owned(), &why, remedy);
                }
            }
        }
    }
}

fn ask(host: &Host, table: &EndpointTable) -> Result<Vec<Certificate>, String> {
    let deadline = Duration::from_secs(u64::from(table.seconds.clamp(1, 300)));
    let ders = match table.url.asked() {
        Asked::Chain { host: name, port } => {
            host.web.certificates(&name, port, deadline).map_err(|error| error.to_string())?
        }
        Asked::Document(url) => {
            let request = WebRequest {
                url,
                connect_to: None,
                trust: trust(host, table.authorities.as_ref()).map_err(|error| chain(&error))?,
                body: None,
                headers: Vec::new(),
                deadline,
                most: metadata::MAX_BYTES,
            };
            let answer = host.web.exchange(&request).map_err(|error| error.to_string())?;
            if answer.status != 200 {
                return Err(format!("the server answers with status {}", answer.status));
            }
            let document = Metadata::read(&answer.body).map_err(|error| error.to_string())?;
            if document.keys.is_empty() {
                return Err("the document has no certificate".to_owned());
            }
            document.keys
        }
    };
    let read =
        |der: &Vec<u8>| Certificate::from_der(der).map_err(|error| format!("it shows what is no certificate: {error}"));
    ders.iter().take(MOST_OF_ONE).map(read).collect()
}

fn trust(host: &Host, authorities: Option<&PathBuf>) -> Result<WebTrust> {
    let Some(path) = authorities else { return Ok(WebTrust::System) };
    let bytes = host.files.read(path, MAX_AUTHORITIES)?;
    let certificates = Input::of_bytes(path, &bytes, &[])?.certificates();
    Ok(WebTrust::Authorities(certificates.iter().map(|one| one.der().to_vec()).collect()))
}
