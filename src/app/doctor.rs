//! `doctor`: can this farm be set up, or rolled? Gathers what can be seen from where it stands, and judges it by the table
//! in [`crate::doctor`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::farm::discover::{self, Told};
use super::farm::observe::Live;
use super::farm::status::{Collected, collect, look};
use super::farm::{DEFAULT_FILE, Described as Description, describe};
use super::once::Once;
use crate::doctor::{Described, Facts, Grade, Judged, Server, Way, judge};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::description::{Farm, Node, Role, Transport as Reached};
use crate::farm::truth::{Observation, SeenCertificate, ServerFacts, TruthTable};
use crate::node::acts::Acts;
use crate::policy::truth;
use crate::ports::{CarryError, CarryFault, Host, Transport};
use crate::protocol::Seen;

/// The schema of [`DoctorReport`].
pub const SCHEMA: &str = "s2scert.doctor/1.0";

/// How long one server may take, with everything that it is asked for the truth table.
const PATIENCE: Duration = Duration::from_secs(330);

/// What is looked at.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The description; without one, farm.toml where it is there.
    pub farm: Option<PathBuf>,
    /// A folder of bundles.
    pub from: Option<PathBuf>,
    /// The state folder of the node in this process, where it is not the default one.
    pub state: Option<PathBuf>,
}

/// How many checks ended so.
#[derive(Clone, Copy, Debug, Default, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Counts {
    /// As it has to be.
    pub ok: usize,
    /// Something may go wrong.
    pub warn: usize,
    /// A roll cannot be done.
    pub fail: usize,
    /// Not seen.
    pub unseen: usize,
}

/// What `doctor` answers.
#[derive(Debug, JsonSchema, Serialize)]
pub struct DoctorReport {
    /// `s2scert.doctor/1.0`.
    pub schema: &'static str,
    /// When it was judged.
    pub at: Timestamp,
    /// The machine that looked; unknown where it does not tell its name.
    pub machine: Option<String>,
    /// The description, where one was read.
    pub farm: Option<PathBuf>,
    /// The servers that were looked at.
    pub servers: Vec<String>,
    /// How many checks ended how.
    pub counts: Counts,
    /// The checks, in the order of the table.
    pub checks: Vec<Judged>,
}

impl DoctorReport {
    /// Returns how the command ends: what fails says more than what was not seen.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        let any = |grade| self.checks.iter().flat_map(|check| &check.seen).any(|sight| sight.grade == grade);
        if any(Grade::Fail) {
            ExitCode::Finding
        } else if any(Grade::Unseen) {
            ExitCode::PartialView
        } else {
            ExitCode::Ok
        }
    }
}

/// Makes the way to the servers of a farm, whose description stands in a file.
pub type Reach<'a> = &'a dyn Fn(&Path) -> Result<Arc<dyn Transport>>;

/// Looks, and judges.
///
/// # Errors
/// When a folder of bundles was named and cannot be searched. What cannot be seen is part of the answer.
pub fn doctor(host: &Host, acts: &dyn Acts, reach: Reach<'_>, options: &Options) -> Result<DoctorReport> {
    let (described, read) = description(host, options.farm.as_deref())?;
    let own = host.machine.facts().ok().map(|machine| machine.name);
    // Without a description this server is the farm, as far as it can be seen.
    let mut found = Farm::default();
    let mut told_here = None;
    if read.is_none() {
        let told = ask_this(host, acts, options, None);
        found.nodes.extend(told.described());
        told_here = Some(told);
    }
    let farm = read.as_ref().map_or(&found, |(_, read)| &read.farm);
    let way_there = match read.as_ref().filter(|_| options.from.is_none()) {
        Some((path, _)) => {
            // The truth table and the checks want to know much of the same.
            let transport: Arc<dyn Transport> = Arc::new(Once::new(reach(path)?));
            Some((path, transport))
        }
        None => None,
    };
    let collected = match (&options.from, &way_there) {
        (Some(folder), _) => collect(host, farm, folder)?,
        (None, Some((path, transport))) => {
            let live = Live { transport: Arc::clone(transport), deadline: PATIENCE, only: Vec::new() };
            look(host, farm, path, &live)?
        }
        (None, None) => Collected::default(),
    };
    let is_here = |node: &Node| {
        let named = own.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(node.name.as_str()));
        named || node.transport == Reached::Local
    };
    let told_here = told_here.unwrap_or_else(|| {
        // A machine that is not of the farm is asked what it is, and no more.
        let roles = farm.nodes.iter().find(|node| is_here(node)).map_or(&[][..], |node| &node.roles);
        ask_this(host, acts, options, Some(roles))
    });
    let here = match &told_here.node {
        Seen::There(node) => Some(node.clone()),
        Seen::Absent(_) | Seen::Unseen(_) => None,
    };
    let mut far = match &way_there {
        Some((_, transport)) => {
            let nodes: Vec<&Node> = farm.nodes.iter().filter(|node| !is_here(node)).collect();
            ask_far(&**transport, &nodes)
        }
        // What servers showed is judged without asking them.
        None => BTreeMap::new(),
    };
    let servers: Vec<Server<'_>> = farm
        .nodes
        .iter()
        .map(|node| {
            let shown = shown(node, &collected);
            if is_here(node) {
                return of_told(node, Way::Answered, told_here.clone(), shown);
            }
            match far.remove(node.name.as_str()) {
                Some(Ok(told)) => of_told(node, Way::Answered, told, shown),
                Some(Err(error)) => of_told(node, way(&error), Told::nothing(&error.why), shown),
                None => of_told(node, not_asked(node), Told::nothing("nobody asked it"), shown),
            }
        })
        .collect();
    let now = host.clock.now();
    let table = {
        let facts = servers.iter().filter_map(|server| server.shown.as_ref().ok().cloned()).collect();
        let gaps: Vec<(String, String)> = servers
            .iter()
            .filter_map(|server| Some((server.node.name.to_string(), server.shown.as_ref().err()?.clone())))
            .collect();
        TruthTable::of(&Observation::new(farm, now, facts, &gaps))
    };
    let mut findings = truth::findings(&table.disagreements, farm.thresholds.critical_days);
    findings.extend(collected.findings);
    let names = servers.iter().map(|server| server.node.name.to_string()).collect();
    let facts = Facts { now, here, described, farm, servers, findings, gaps: table.gaps };
    let checks = judge(&facts);
    Ok(DoctorReport {
        schema: SCHEMA,
        at: now,
        machine: own,
        farm: read.as_ref().map(|(path, _)| path.clone()),
        servers: names,
        counts: counts(&checks),
        checks,
    })
}

type Read = Option<(PathBuf, Description)>;

/// Reads the description. One that was not named need not be there.
fn description(host: &Host, named: Option<&Path>) -> Result<(Described, Read)> {
    let path = named.unwrap_or_else(|| Path::new(DEFAULT_FILE));
    if named.is_none() && host.files.kind(path).ok().flatten().is_none() {
        return Ok((Described::Missing, None));
    }
    match describe(host, path) {
        Ok(read) => Ok((Described::Read(read.findings.clone()), Some((path.to_owned(), read)))),
        // A file that was named and is not there is a mistake on the command line, and not a fault of the farm.
        Err(error) if error.kind() == Kind::Unreadable && host.files.kind(path).ok().flatten().is_none() => Err(error),
        Err(error) => Ok((Described::Unusable(sentence(&error)), None)),
    }
}

/// What happened, where, and why.
fn sentence(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.causes()).collect::<Vec<_>>().join(": ")
}

fn ask_this(host: &Host, acts: &dyn Acts, options: &Options, roles: Option<&[Role]>) -> Told {
    discover::ask_here(host, acts, options.state.as_deref(), roles).unwrap_or_else(|error| Told::nothing(&error.why))
}

/// Asks all servers at once: it lasts as long as the slowest of them.
fn ask_far(transport: &dyn Transport, nodes: &[&Node]) -> BTreeMap<String, Result<Told, CarryError>> {
    std::thread::scope(|scope| {
        let asked: Vec<_> = nodes
            .iter()
            .map(|node| (node.name.to_string(), scope.spawn(|| discover::ask_far(transport, node))))
            .collect();
        let lost = || {
            let why = "the question was lost in this program".to_owned();
            CarryError { fault: CarryFault::Broken, reached: true, why, next: String::new() }
        };
        asked.into_iter().map(|(name, answer)| (name, answer.join().unwrap_or_else(|_| Err(lost())))).collect()
    })
}

/// How a server is told of that nobody asked.
fn not_asked(node: &Node) -> Way {
    match node.transport {
        Reached::Manual => Way::ByHand,
        _ => Way::NotAsked("with --from nobody is asked: run doctor on that server, or without --from".to_owned()),
    }
}

/// Returns how a question went that brought no answer.
#[must_use]
pub fn way(error: &CarryError) -> Way {
    let why = error.why.clone();
    match error.fault {
        CarryFault::Manual => Way::ByHand,
        CarryFault::Unusable => Way::Unusable(why),
        CarryFault::Unreachable => Way::Unreachable(why),
        CarryFault::Stranger => Way::Stranger(why),
        CarryFault::Denied => Way::Denied(why),
        CarryFault::Program => Way::Program(why),
        CarryFault::Late | CarryFault::Broken | CarryFault::Garbled => Way::Broken(why),
    }
}

type Shown = Result<ServerFacts<Arc<SeenCertificate>>, String>;

fn shown(node: &Node, collected: &Collected) -> Shown {
    let is = |name: &str| name.eq_ignore_ascii_case(node.name.as_str());
    let latest = collected.facts.iter().filter(|facts| is(&facts.server)).max_by_key(|facts| facts.collected_at);
    let why = || collected.gaps.iter().find(|(server, _)| is(server)).map(|(_, why)| why.clone());
    latest.cloned().ok_or_else(|| why().unwrap_or_else(|| "no bundle of this server was given".to_owned()))
}

fn of_told(node: &Node, way: Way, told: Told, shown: Shown) -> Server<'_> {
    let Told { node: described, services, deployment, trusts, job } = told;
    Server { node, way, told: described, services, deployment, trusts, job, shown }
}

fn counts(checks: &[Judged]) -> Counts {
    let of = |grade| checks.iter().filter(|check| check.grade == grade).count();
    Counts { ok: of(Grade::Ok), warn: of(Grade::Warn), fail: of(Grade::Fail), unseen: of(Grade::Unseen) }
}
