//! `farm status`: what servers showed, put together, and where it disagrees.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::load;
use super::metadata::Documents;
use super::observe::{Live, Reached, observe};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::bundle::{self, Bundle, Opened};
use crate::farm::description::{Farm, Role};
use crate::farm::reading::nearest;
use crate::farm::truth::{
    Certificates, Grade, Line, Observation, PlaceState, SeenCertificate, ServerFacts, TruthTable, Verdict,
};
use crate::policy::{Finding, Severity, truth as rules};
use crate::ports::{EntryKind, Host};

/// The schema of [`FarmStatusReport`].
pub const SCHEMA: &str = "s2scert.farm-status/1.0";
/// The most documents of one folder.
const MAX_DOCUMENTS: usize = 5_000;

/// What `farm status` answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct FarmStatusReport {
    /// `s2scert.farm-status/1.0`.
    pub schema: &'static str,
    /// The name of the farm.
    pub farm: String,
    /// When the question was asked.
    pub at: Timestamp,
    /// Whether everything was seen that has to be.
    pub complete: bool,
    /// The servers of the description.
    pub servers: Vec<ServerStatus>,
    /// The certificates that have to do with the farm, the one that expires last first.
    pub certificates: Vec<CertificateStatus>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was not seen.
    pub gaps: Vec<GapStatus>,
}

/// One server.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct ServerStatus {
    /// Its name.
    pub name: String,
    /// What it does.
    pub roles: Vec<Role>,
    /// When it was looked at; absent where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<Timestamp>,
    /// How it was reached; absent where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
}

/// Whence it is known what servers show.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// From the bundles in a folder.
    Folder(&'a Path),
    /// From the servers themselves, now.
    Live(&'a Live),
}

/// One certificate in the four places.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct CertificateStatus {
    /// SHA-1 of its DER.
    pub thumbprint: String,
    /// SHA-256 of its DER.
    pub fingerprint_sha256: String,
    /// Its subject as Windows shows it.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// The start of validity.
    pub not_before: Timestamp,
    /// The end of validity.
    pub not_after: Timestamp,
    /// The issuer in the chain that expires first, where that is before the certificate itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limited_by: Option<String>,
    /// When that issuer expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_not_after: Option<Timestamp>,
    /// Whole days until the first of all these ends; negative when over.
    pub days_left: i64,
    /// Whether the row names it.
    pub registered: bool,
    /// On the servers that sign.
    pub store: PlaceState,
    /// In the configuration database.
    pub row: PlaceState,
    /// In the metadata documents.
    pub metadata: PlaceState,
    /// In the trusts of SharePoint.
    pub trust: PlaceState,
    /// What that means together.
    pub verdict: Verdict,
    /// How good that is.
    pub grade: Grade,
    /// The verdict in one sentence.
    pub meaning: &'static str,
    /// The state at each spot.
    pub spots: Vec<SpotStatus>,
}

/// The state of a certificate at one spot.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct SpotStatus {
    /// The server, or the trust.
    pub about: String,
    /// The place: store, row, metadata, trust.
    pub place: &'static str,
    /// The organization, for metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The state.
    pub state: PlaceState,
    /// Whether the certificate itself was seen there. Absent and there: the services cannot use its key.
    pub there: bool,
}

/// Something that was not seen.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct GapStatus {
    /// The server, or the file of which it is not known whose it is.
    pub server: String,
    /// What of it; absent where it is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Why.
    pub why: String,
}

impl FarmStatusReport {
    /// Returns how the command ends: a finding of severity error says more than a gap.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        if self.findings.iter().any(Finding::stops) {
            ExitCode::Finding
        } else if self.complete {
            ExitCode::Ok
        } else {
            ExitCode::PartialView
        }
    }
}

/// Evaluates what servers show.
///
/// # Errors
/// When the description has errors or cannot be used, or the folder cannot be searched. A document that cannot be used, or a
/// server that cannot be seen, is a gap and ends nothing.
pub fn status(host: &Host, file: &Path, source: Source<'_>) -> Result<FarmStatusReport> {
    let described = load(host, file)?;
    let farm = &described.farm;
    let collected = match source {
        Source::Folder(folder) => collect(host, farm, folder)?,
        Source::Live(live) => look(host, farm, file, live)?,
    };
    let now = host.clock.now();
    let times: Vec<(String, Timestamp)> =
        collected.facts.iter().map(|one| (one.server.to_ascii_lowercase(), one.collected_at)).collect();
    let seen = Observation::new(farm, now, collected.facts, &collected.gaps);
    let table = TruthTable::of(&seen);
    let mut findings = rules::findings(&table.disagreements, farm.thresholds.critical_days);
    findings.extend(collected.findings);
    findings.extend(described.findings.into_iter().filter(|finding| finding.severity == Severity::Warning));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let known = |name: &str| farm.node(name).is_some();
    let strangers = collected.gaps.iter().filter(|(server, _)| !known(server));
    let gaps: Vec<GapStatus> = table
        .gaps
        .iter()
        .map(|gap| GapStatus {
            server: gap.server.clone(),
            topic: gap.topic.as_ref().map(|topic| topic.words()),
            why: gap.why.clone(),
        })
        .chain(strangers.map(|(server, why)| GapStatus { server: server.clone(), topic: None, why: why.clone() }))
        .collect();
    let servers = farm.nodes.iter().map(|node| ServerStatus {
        name: node.name.to_string(),
        roles: node.roles.clone(),
        collected_at: times.iter().filter(|(name, _)| *name == node.name.folded()).map(|(_, at)| *at).max(),
        reached: collected.reached.iter().find(|(name, _)| *name == node.name.as_str()).map(|(_, way)| way.clone()),
    });
    Ok(FarmStatusReport {
        schema: SCHEMA,
        farm: farm.name.as_ref().map(ToString::to_string).unwrap_or_default(),
        at: now,
        complete: gaps.is_empty(),
        servers: servers.collect(),
        certificates: table.lines.iter().map(|line| of_line(line, now)).collect(),
        findings,
        gaps,
    })
}

fn of_line(line: &Line, now: Timestamp) -> CertificateStatus {
    let certificate = &line.certificate;
    let [store, row, metadata, trust] = line.states;
    let spots = line.cells.iter().map(|cell| SpotStatus {
        about: cell.about.clone(),
        place: crate::farm::truth::PLACES[cell.place],
        organization: cell.organization.clone(),
        state: cell.state,
        there: cell.there,
    });
    CertificateStatus {
        thumbprint: certificate.thumbprint.to_string(),
        fingerprint_sha256: certificate.fingerprint.to_string(),
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        effective_not_after: line.limited_by.as_ref().map(|_| line.end),
        limited_by: line.limited_by.clone(),
        days_left: (line.end.as_second() - now.as_second()).div_euclid(86_400),
        registered: line.registered,
        store,
        row,
        metadata,
        trust,
        verdict: line.verdict,
        grade: line.verdict.grade(),
        meaning: line.verdict.text(),
        spots: spots.collect(),
    }
}

/// What a folder holds.
#[derive(Default)]
pub(in crate::app) struct Collected {
    /// What each server showed.
    pub(in crate::app) facts: Vec<ServerFacts<Arc<SeenCertificate>>>,
    /// Servers or files of which nothing was seen, each with why.
    pub(in crate::app) gaps: Vec<(String, String)>,
    /// What is wrong with the folder.
    pub(in crate::app) findings: Vec<Finding>,
    /// How each server was reached.
    reached: Vec<(String, Reached)>,
}

/// Looks at the servers themselves.
///
/// # Errors
/// When a server is named that the description does not have.
pub(in crate::app) fn look(host: &Host, farm: &Farm, file: &Path, live: &Live) -> Result<Collected> {
    let mut collected = Collected::default();
    let mut certificates = Certificates::new(farm);
    known(farm, &live.only)?;
    for one in observe(host, farm, &Documents::of(host, farm, file), live) {
        match one.facts {
            Ok(facts) => collected.facts.push(facts.turn(|text| certificates.decode(text))),
            Err(why) => collected.gaps.push((one.name.clone(), why)),
        }
        collected.reached.push((one.name, one.reached));
    }
    let asked = |name: &str| collected.reached.iter().any(|(one, _)| one == name);
    let others: Vec<_> = farm.nodes.iter().map(|node| node.name.to_string()).filter(|name| !asked(name)).collect();
    collected.gaps.extend(others.into_iter().map(|name| (name, "not asked: another server was named".to_owned())));
    Ok(collected)
}

/// Refuses a name that the description does not have.
pub(super) fn known(farm: &Farm, names: &[String]) -> Result<()> {
    let Some(name) = names.iter().find(|name| farm.node(name).is_none()) else { return Ok(()) };
    let error = Error::new(Kind::Usage, "the description has no such node").at(name);
    Err(match nearest(name, farm.nodes.iter().map(|node| node.name.as_str())) {
        Some(nearest) => error.hint(format!("did you mean {nearest}?")),
        None => error.hint("see which there are: s2scert farm check"),
    })
}

/// Opens every bundle of a folder.
///
/// # Errors
/// When the folder cannot be searched.
pub(in crate::app) fn collect(host: &Host, farm: &Farm, folder: &Path) -> Result<Collected> {
    let mut collected = Collected::default();
    let mut certificates = Certificates::new(farm);
    for (path, opened) in opened(host, folder)? {
        match opened {
            Ok(opened) => collected.take(farm, opened.facts.turn(|text| certificates.decode(text))),
            Err(why) => collected.gaps.push((owner(farm, &path), why)),
        }
    }
    Ok(collected)
}

/// Opens every bundle of a folder as it is. What cannot be opened is told with its file.
///
/// # Errors
/// When the folder cannot be searched.
pub(in crate::app) fn opened(host: &Host, folder: &Path) -> Result<Vec<(PathBuf, Result<Opened, String>)>> {
    if host.files.kind(folder)? != Some(EntryKind::Directory) {
        return Err(Error::new(Kind::Unreadable, "this is no folder")
            .at(folder.display())
            .hint("name the folder that holds the bundles, one JSON file of each server"));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    let mut all = Vec::new();
    host.files.walk(&[folder.to_owned()], &mut |entry| {
        match entry {
            Ok(path) if path.extension().is_some_and(|one| one.eq_ignore_ascii_case("json")) => files.push(path),
            Ok(_) => {}
            Err(error) => all.push((error.path().to_owned(), Err(error.to_string()))),
        }
        if files.len() > MAX_DOCUMENTS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if files.len() > MAX_DOCUMENTS {
        return Err(Error::new(Kind::Unreadable, format!("more than {MAX_DOCUMENTS} documents")).at(folder.display()));
    }
    all.extend(files.into_iter().map(|path| {
        let opened = open(host, &path);
        (path, opened)
    }));
    Ok(all)
}

fn open(host: &Host, path: &Path) -> Result<Opened, String> {
    let bytes = host.files.read(path, bundle::MAX_BYTES).map_err(|error| error.to_string())?;
    Bundle::open(&bytes).map_err(|error| error.to_string())
}

/// Returns whose a file is: it is named after its server, so that a broken one still says that.
pub(in crate::app) fn owner(farm: &Farm, path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    farm.node(&stem).map_or_else(|| path.display().to_string(), |node| node.name.to_string())
}

impl Collected {
    fn take(&mut self, farm: &Farm, facts: ServerFacts<Arc<SeenCertificate>>) {
        if farm.node(&facts.server).is_some() {
            self.facts.push(facts);
            return;
        }
        let nearest = nearest(&facts.server, farm.nodes.iter().map(|node| node.name.as_str()));
        let remedy = match nearest {
            Some(name) => format!("if it is {name}, collect again under that name; otherwise describe it in farm.toml"),
            None => "describe it in farm.toml, or take the document out of the folder".to_owned(),
        };
        self.findings.push(Finding {
            id: "server-unknown".into(),
            severity: Severity::Warning,
            subject: facts.server,
            message: "the description has no such node; what it showed is left out".to_owned(),
            reason: "a server that is not described gets no certificate at the next roll".into(),
            remedy: remedy.into(),
            waived_by: None,
        });
    }
}
