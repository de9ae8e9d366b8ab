//! `rotate apply`, `resume`, `rollback`: the engine, with the world behind it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::credential::{Credentials, Sealer, is_needed, open};
use super::places::{How, Kept, Rolls, description};
use super::plan::Verb;
use super::progress::{Tell, Teller};
use super::world::Here;
use super::{Reach, described, owner, refused};
use crate::app::audit;
use crate::app::farm::metadata::Documents;
use crate::app::farm::refuse_what_others_may_write;
use crate::cert::Fingerprint;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::farm::description::Farm;
use crate::ports::{Host, Transport};
use crate::protocol::{Action, Facts, Hex, Id, Lease, Nothing, Outcome, Request};
use crate::rotation::admission::{self, Admitted};
use crate::rotation::engine::{self, End, Left, Operator, Way};
use crate::rotation::journal::FileJournal;
use crate::rotation::observe::observe;
use crate::rotation::plan::MAX_BYTES;
use crate::rotation::record::{EndKind, Journal, Record};

/// The schema of [`RunReport`].
pub const SCHEMA: &str = "s2scert.rotate-run/1.0";
/// How long the lease is waited for to be read, in seconds.
const LOOK: u32 = 60;

/// What is carried out.
#[derive(Clone, Debug)]
pub struct Options {
    /// How the roll is taken up.
    pub way: Way,
    /// The plan. Without one: that of the one roll that is open here.
    pub plan: Option<PathBuf>,
    /// SHA-256 of the plan that somebody has approved.
    pub approved: Option<String>,
    /// The verb for whose plans this is; a plan of another shape is refused then.
    pub verb: Option<Verb>,
    /// The description of the farm; without one that with which the roll was begun.
    pub farm: Option<PathBuf>,
    /// The credential; without one that with which the roll was begun.
    pub credentials: Credentials,
    /// The state folder.
    pub state: Option<PathBuf>,
    /// The fence of a lease whose holder is dead.
    pub take_over: Option<u64>,
    /// Whether the journal is taken from the server that writes the row, because the controller that had it is lost.
    pub from_node: bool,
}

/// What a run answers.
#[derive(Clone, Debug, JsonSchema, Serialize)]
pub struct RunReport {
    /// `s2scert.rotate-run/1.0`.
    pub schema: &'static str,
    /// The roll.
    pub roll: String,
    /// SHA-256 of its plan.
    pub plan_sha256: String,
    /// How it ended: `done`, `rolled-back`, `nothing-to-do`, `manual`, `aborted`.
    pub end: EndKind,
    /// Whether this run asked a server for any change.
    pub changed: bool,
    /// Why it ended so.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// What is left to do, with the commands.
    pub left: Vec<LeftLine>,
    /// How many records the journal has.
    pub records: u32,
    /// The hash of its last record.
    pub journal_head: String,
    /// How long the command took, in seconds.
    pub seconds: i64,
    /// Remarks.
    pub notes: Vec<String>,
    /// The next commands.
    pub next: Vec<String>,
}

/// Something that is left to do.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LeftLine {
    /// Where.
    pub node: String,
    /// What.
    pub what: String,
    /// The commands, in order.
    pub commands: Vec<String>,
}

impl RunReport {
    /// Returns the exit code.
    #[must_use]
    pub const fn exit_code(&self) -> ExitCode {
        match self.end {
            EndKind::Done | EndKind::NothingToDo => ExitCode::Ok,
            EndKind::RolledBack => ExitCode::RolledBack,
            EndKind::Manual | EndKind::Aborted => ExitCode::ManualLeft,
        }
    }
}

/// Carries a roll to an end.
///
/// # Errors
/// Whatever stops it before or within: nothing is done then that is not in the journal.
pub fn run(host: &Host, options: &Options, reach: &Reach<'_>, tell: &Tell<'_>) -> Result<RunReport> {
    let begun = host.clock.now();
    let teller = Teller::new(&*host.clock, begun, tell);
    let rolls = Rolls::create(host, options.state.as_deref())?;
    let _held = rolls.lock()?;
    let found = find(host, &rolls, options)?;
    let plan = found.admitted.plan();
    let farm = described(host, &found.farm)?;
    let credentials = credentials(options, &found);
    let opened = match &credentials.file {
        Some(file) => Some(open(host, file, &credentials.passwords)?),
        None if options.way == Way::Apply && is_needed(plan) => return Err(no_credential()),
        None => None,
    };
    let sealer = Sealer::new(host, plan.basis.asked.certificate.certificate.as_bytes(), opened)?;
    let transport = reach(&found.farm)?;
    if options.way == Way::Apply && !found.is_kept {
        teller.begins("looking whether the farm is still as the plan has seen it");
        let seen = observe(&farm, &*transport).map_err(|unseen| refused::unseen(&unseen))?;
        admission::still_rests(plan, host.clock.now(), &seen)
            .map_err(|fault| refused::plan(&fault, found.file.as_deref().unwrap_or_else(|| Path::new("the plan"))))?;
    }
    let kept = rolls.of(&plan.roll)?;
    if !found.is_kept || options.credentials.file.is_some() {
        kept.keep(&found.bytes, &How::new(&found.farm, &credentials))?;
    }
    let mut journal = kept.journal()?;
    let before = journal.length();
    let documents = Documents::of(host, &farm, &found.farm);
    let teller = teller.of(plan);
    let here = Here(host);
    let world = here.world(&*transport, &documents, &sealer, &teller);
    let take_over = options.take_over.or_else(|| own_lease(&farm, &found.admitted, &*transport, &journal));
    let operator = Operator { owner: owner(host)?, take_over };
    let noted = Noted { host, state: options.state.as_deref(), what: command(options.way), roll: plan.roll.as_str() };
    // What cannot be written down is not begun.
    noted.note("begins", &beginning(found.admitted.digest(), options.take_over))?;
    let end = match engine::run(&found.admitted, &farm, world, &mut journal, options.way, &operator) {
        Ok(end) => end,
        Err(stop) => {
            // The reason itself is told below, with or without this line.
            drop(noted.note("stopped", &stop.to_string()));
            return Err(refused::stop(&stop));
        }
    };
    let word = end_word(end.kind());
    let mut report = report(end, &found, &journal, before, host.clock.now().duration_since(begun).as_secs());
    if let Err(error) = noted.note(word, &format!("journal head {}", report.journal_head)) {
        report.notes.push(format!("the end of this run is not in the audit log: {error}"));
    }
    Ok(report)
}

/// A run that is written down in the audit log.
struct Noted<'a> {
    host: &'a Host,
    state: Option<&'a Path>,
    what: &'static str,
    roll: &'a str,
}

impl Noted<'_> {
    fn note(&self, result: &str, detail: &str) -> Result<()> {
        let act = audit::Act { what: self.what, about: self.roll, result, detail };
        audit::note(self.host, self.state, &act).map(drop)
    }
}

fn beginning(plan: Hex<32>, take_over: Option<u64>) -> String {
    let over = take_over.map(|fence| format!("; takes over the lease of fence {fence}")).unwrap_or_default();
    format!("plan {plan}{over}")
}

const fn command(way: Way) -> &'static str {
    match way {
        Way::Apply => "rotate apply",
        Way::Resume => "rotate resume",
        Way::Rollback => "rotate rollback",
        Way::Abort => "rotate abort",
    }
}

const fn end_word(end: EndKind) -> &'static str {
    match end {
        EndKind::Done => "done",
        EndKind::RolledBack => "rolled back",
        EndKind::NothingToDo => "nothing to do",
        EndKind::Manual => "something is left to do",
        EndKind::Aborted => "given up",
    }
}

/// A plan that is to be carried out, and where it was found.
pub(super) struct Found {
    pub(super) admitted: Admitted,
    bytes: Vec<u8>,
    file: Option<PathBuf>,
    pub(super) farm: PathBuf,
    how: Option<How>,
    /// Whether a roll of this plan was begun from here.
    is_kept: bool,
}

/// Finds the plan that is to be proven: the one that is named, the one that is open, or the last that was begun here.
///
/// # Errors
/// When there is none, or it cannot be read.
pub(super) fn find_for_proof(host: &Host, rolls: &Rolls, options: &Options) -> Result<Found> {
    if options.plan.is_some() || open_roll(rolls).is_ok() {
        return find(host, rolls, &Options { from_node: true, ..options.clone() });
    }
    let newest = rolls.newest()?.filter(|(at, _)| at.is_some());
    let (_, kept) = newest.ok_or_else(|| {
        Error::new(Kind::Unreadable, "no roll was begun from here").hint("begin one: s2scert rotate plan")
    })?;
    let bytes = kept.plan()?;
    let admitted = admission::admit(&bytes).map_err(|fault| refused::plan(&fault, Path::new("the plan")))?;
    let how = kept.how()?;
    let farm = description(options.farm.as_ref(), how.as_ref());
    Ok(Found { admitted, bytes, file: None, farm, how, is_kept: true })
}

fn find(host: &Host, rolls: &Rolls, options: &Options) -> Result<Found> {
    let (bytes, file) = match &options.plan {
        Some(file) => {
            refuse_what_others_may_write(host, file)?;
            (host.files.read(file, MAX_BYTES as u64 + 1)?.to_vec(), Some(file.clone()))
        }
        None => (open_roll(rolls)?.plan()?, None),
    };
    let place = file.clone().unwrap_or_else(|| PathBuf::from("the plan of this roll"));
    if let Some(approved) = &options.approved {
        let digest = Fingerprint::of(&bytes).to_string();
        if !digest.eq_ignore_ascii_case(approved) {
            return Err(Error::new(Kind::Refused, "this is not the plan that was approved")
                .at(place.display())
                .because(std::io::Error::other(format!("its SHA-256 is {digest}")))
                .hint("look at it again, and have it approved: s2scert rotate show"));
        }
    }
    let admitted = admission::admit(&bytes).map_err(|fault| refused::plan(&fault, &place))?;
    if let Some(verb) = options.verb.filter(|verb| verb.strategy() != admitted.plan().strategy) {
        let word = admitted.plan().strategy.word();
        return Err(Error::new(Kind::Refused, format!("this is no plan of rotate {}", verb.word()))
            .at(place.display())
            .because(std::io::Error::other(format!("its strategy is {word}")))
            .hint("carry it out as what it is: s2scert rotate apply"));
    }
    let kept = rolls.all()?.into_iter().find(|kept| kept.roll == admitted.plan().roll);
    let begun = match &kept {
        Some(kept) => kept.journal()?.length() > 0,
        None => false,
    };
    let how = kept.as_ref().map(Kept::how).transpose()?.flatten();
    if options.way != Way::Apply && !begun && !options.from_node {
        return Err(Error::new(Kind::Refused, "this roll was not begun from here")
            .at(&admitted.plan().roll)
            .hint("begin it: s2scert rotate apply plan.json")
            .hint("take it over from a controller that is lost: s2scert rotate resume plan.json --from-node"));
    }
    let farm = description(options.farm.as_ref(), how.as_ref());
    Ok(Found { admitted, bytes, file, farm, how, is_kept: begun })
}

/// Returns the one roll that was begun here and has not ended.
pub(super) fn open_roll(rolls: &Rolls) -> Result<Kept> {
    let mut open = Vec::new();
    for kept in rolls.all()? {
        let (records, state) = kept.state()?;
        if !records.is_empty() && state.over().is_none() {
            open.push(kept);
        }
    }
    match open.len() {
        1 => Ok(open.remove(0)),
        0 => Err(Error::new(Kind::Unreadable, "no roll is open here")
            .hint("see how the farm stands: s2scert rotate status")
            .hint("take one over from a controller that is lost: s2scert rotate resume plan.json --from-node")),
        count => {
            let error = Error::new(Kind::Usage, format!("{count} rolls are open here; name the plan of one"));
            let error = open.iter().fold(error, |error, one| error.hint(one.roll.to_string()));
            Err(error.hint("see them: s2scert rotate status"))
        }
    }
}

fn credentials(options: &Options, found: &Found) -> Credentials {
    match (&options.credentials.file, &found.how) {
        (None, Some(how)) => {
            let known = how.credentials();
            let passwords = match options.credentials.passwords.is_empty() {
                true => known.passwords,
                false => options.credentials.passwords.clone(),
            };
            Credentials { file: known.file, passwords }
        }
        _ => options.credentials.clone(),
    }
}

fn no_credential() -> Error {
    Error::new(Kind::Usage, "the credential is not named, and no server gets a certificate without it")
        .hint("name the file that the plan was made with: --credential FILE")
}

/// Returns the fence of a lease that this very journal has taken. The lock of the state folder tells that whoever took it is
/// dead, so that nobody has to say so.
fn own_lease(farm: &Farm, admitted: &Admitted, transport: &dyn Transport, journal: &FileJournal) -> Option<u64> {
    let lease = lease(farm, admitted.plan().basis.seen.update_crm.as_str(), transport).ok().flatten()?;
    let own = journal.records().into_iter().rev().find_map(|record| match record {
        Record::Run(run) => Some(run),
        _ => None,
    })?;
    (lease.roll == admitted.plan().roll && lease.fence == own.fence && lease.holder == own.holder)
        .then_some(lease.fence)
}

/// Reads the lease of a farm.
///
/// # Errors
/// Why it could not be read.
pub(super) fn lease(farm: &Farm, node: &str, transport: &dyn Transport) -> Result<Option<Lease>, String> {
    let node = farm.node(node).ok_or_else(|| format!("farm.toml has no server {node}"))?;
    let request = Request::new(Id::word("lease"), LOOK, None, Action::Lease(Nothing {}));
    let patience = Duration::from_secs(u64::from(LOOK) + 10);
    match transport.ask(node, &request, patience).map_err(|error| error.why)?.outcome {
        Outcome::Observed(seen) => match seen.facts {
            Facts::Lease(facts) => Ok(facts.lease),
            _ => Err("it tells no lease".to_owned()),
        },
        Outcome::Refused(refusal) => Err(refusal.why.as_str().to_owned()),
        _ => Err("it tells no lease".to_owned()),
    }
}

fn report(end: End, found: &Found, journal: &FileJournal, before: u32, seconds: i64) -> RunReport {
    let kind = end.kind();
    let (why, left) = match end {
        End::Done | End::NothingToDo | End::Aborted => (String::new(), Vec::new()),
        End::RolledBack { why } => (why, Vec::new()),
        End::Manual { why, left } => (why, left),
    };
    let records = journal.records();
    let changed = records.iter().skip(before as usize).any(|record| matches!(record, Record::Intent(_)));
    let digest: Hex<32> = found.admitted.digest();
    let next = match kind {
        EndKind::Done => vec![
            "prove it once more, whenever you like: s2scert rotate verify".to_owned(),
            "let somebody be told in time next year: s2scert watch --once".to_owned(),
        ],
        EndKind::RolledBack => vec!["mend what is told above, then plan anew: s2scert rotate plan".to_owned()],
        EndKind::NothingToDo => Vec::new(),
        EndKind::Aborted => vec![
            "see what of it stays on the servers: s2scert farm status".to_owned(),
            "plan anew: s2scert rotate plan".to_owned(),
        ],
        EndKind::Manual => vec!["see how it stands: s2scert rotate status".to_owned()],
    };
    RunReport {
        schema: SCHEMA,
        roll: found.admitted.plan().roll.to_string(),
        plan_sha256: digest.to_string(),
        end: kind,
        changed,
        why,
        left: left.into_iter().map(line).collect(),
        records: journal.length(),
        journal_head: journal.head().to_string(),
        seconds,
        notes: Vec::new(),
        next,
    }
}

fn line(left: Left) -> LeftLine {
    LeftLine { node: left.node, what: left.what, commands: left.commands }
}
