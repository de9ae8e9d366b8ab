//! What the answer of a script says about the step for which it was run: what it proves, and what it does not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::judge::{Refused, Verdict};
use crate::app::rotate::credential::is_signed;
use crate::app::rotate::emit::{Part, Piece, Pieces};
use crate::app::rotate::words;
use crate::cert::{Certificate, Thumbprint};
use crate::node::powershell::{AppPools, CrmCertificates, MetadataJob, Services, SharePointTrusts};
use crate::protocol::{Hex, Text};
use crate::rotation::basis::{ALTERNATIVE_ROW, ISSUER_ROW, ServiceKind};
use crate::rotation::observe::{ASYNC, POOL};
use crate::rotation::plan::{Check, Step, Which};
use crate::rotation::planner::HandPart;

/// What nobody can see from an output.
const WHO: &str = "who wrote it, and that nobody changed a value in it";

/// What an answer says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Says {
    pub(super) verdict: Verdict,
    /// What it proves, shows, or contradicts.
    pub(super) what: String,
    /// What it does not prove.
    pub(super) not: String,
}

impl Says {
    fn new(verdict: Verdict, what: impl Into<String>, not: impl Into<String>) -> Self {
        Self { verdict, what: what.into(), not: not.into() }
    }

    pub(super) fn not_so(what: impl Into<String>) -> Self {
        Self::new(Verdict::NotSo, what, "")
    }

    /// Proven where nothing stands against it.
    fn unless(against: Option<String>, what: impl Into<String>, not: impl Into<String>) -> Self {
        against.map_or_else(|| Self::new(Verdict::Proven, what, not), Self::not_so)
    }
}

/// What `ProveKey` prints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    machine: String,
    signature: String,
}

/// What `ShowCertificate` prints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Shown {
    machine: String,
    found: u32,
    has_key: bool,
    provider: String,
    provider_type: i64,
    key_spec: String,
    machine_key_set: bool,
    #[serde(rename = "container")]
    _container: String,
    #[serde(rename = "access")]
    _access: String,
    readers: Vec<Reads>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reads {
    name: String,
    #[serde(rename = "sid")]
    _sid: String,
    reads: bool,
}

/// What `ReadMetadata` prints.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "issuer")]
    _issuer: String,
    keys: Vec<String>,
}

/// Says what an answer proves of its step.
pub(super) fn says(
    pieces: &Pieces<'_>,
    step: &Step,
    piece: &Piece,
    value: Value,
    switched: Option<Timestamp>,
) -> Result<Says, Refused> {
    let script = piece.runs.name();
    if piece.part == Part::Do {
        return Ok(Says::new(
            Verdict::Shown,
            "the script came to its end",
            "that it is so: hand in what the look printed",
        ));
    }
    match script {
        "ProveKey" => signed(pieces, step, form(script, value)?),
        "ShowCertificate" => shown(pieces, step, &form(script, value)?),
        "GetCrmCertificate" => Ok(rows(pieces, step, &form(script, value)?)),
        "ReadMetadata" => Ok(document(pieces, step, &form(script, value)?)),
        "GetAppPools" => Ok(pools(step, &form(script, value)?, switched)),
        "GetServices" => Ok(services(step, &form(script, value)?, switched)),
        "GetSharePointTrusts" => Ok(trusts(pieces, step, &form(script, value)?)),
        "GetMetadataJob" => Ok(job(step, &form(script, value)?)),
        _ => Ok(Says::new(Verdict::Shown, "the script came to its end", "anything that is judged here")),
    }
}

fn form<T: DeserializeOwned>(script: &'static str, value: Value) -> Result<T, Refused> {
    // The place is told and not the words, which may hold anything.
    serde_json::from_value(value).map_err(|error| {
        let why = Text::told(&error.to_string()).as_str().chars().take(200).collect();
        Refused::Form { script, why }
    })
}

/// Refuses what another server of the plan printed. A server may know itself by a name that farm.toml does not have.
fn at_home(pieces: &Pieces<'_>, step: &Step, machine: &str) -> Result<(), Refused> {
    let node = pieces.place(step).as_str();
    let others = pieces.plan.basis.seen.nodes.iter().map(|one| one.name.as_str());
    match others.filter(|name| *name != node).find(|name| name.eq_ignore_ascii_case(machine)) {
        Some(_) => Err(Refused::OtherServer { machine: machine.to_owned(), node: node.to_owned() }),
        None => Ok(()),
    }
}

fn signed(pieces: &Pieces<'_>, step: &Step, proof: Proof) -> Result<Says, Refused> {
    at_home(pieces, step, &proof.machine)?;
    let der = pieces.plan.basis.asked.certificate.certificate.as_bytes();
    let text = pieces.proof_text(step);
    let holds = match (Certificate::from_der(der), BASE64.decode(&proof.signature)) {
        (Ok(certificate), Ok(signature)) => is_signed(&certificate, &text, &signature),
        _ => false,
    };
    let machine = Text::told(&proof.machine);
    let against = (!holds).then(|| "the signature is not that of the new key over the text of this step".to_owned());
    let what = format!("the new key signed the text of this step, on a server that calls itself {}", machine.as_str());
    Ok(Says::unless(against, what, "that the services may read the key, and which server it was beyond that name"))
}

fn shown(pieces: &Pieces<'_>, step: &Step, seen: &Shown) -> Result<Says, Refused> {
    at_home(pieces, step, &seen.machine)?;
    let gone = matches!(
        (HandPart::of(pieces.plan, step), &step.check),
        (Some((HandPart::Retire | HandPart::Back, _)), _) | (_, Check::Gone(_))
    );
    if gone {
        let against = (seen.found > 0).then(|| format!("the certificate is still in the store, {} times", seen.found));
        return Ok(Says::unless(against, "the certificate is not in the store", WHO));
    }
    if step.check == Check::AccessAsBefore {
        return Ok(Says::new(Verdict::Shown, "the access list as it is", "that it is the list from before the roll"));
    }
    let wanted: Vec<&str> = match (HandPart::of(pieces.plan, step), &step.check) {
        (Some((_, node)), _) => node.accounts.iter().map(Text::as_str).collect(),
        (None, Check::Readable(accounts)) => accounts.names.iter().map(Text::as_str).collect(),
        (None, _) => Vec::new(),
    };
    let reads = |name: &&&str| seen.readers.iter().any(|one| one.name.eq_ignore_ascii_case(name) && one.reads);
    let against = if seen.found != 1 {
        Some(format!("the certificate is in the store {} times, not once", seen.found))
    } else if !seen.has_key {
        Some("the certificate has no private key there".to_owned())
    } else if step.check != Check::Present && (seen.provider_type == 0 || seen.provider.is_empty()) {
        Some("the key is in no CSP, and Dynamics can use no other".to_owned())
    } else if step.check != Check::Present && !["Exchange", "1"].contains(&seen.key_spec.as_str()) {
        Some(format!("the KeySpec is {}, not Exchange (1)", Text::told(&seen.key_spec).as_str()))
    } else if step.check != Check::Present && !seen.machine_key_set {
        Some("the key is that of one user, not of the machine".to_owned())
    } else {
        wanted.iter().find(|name| !reads(name)).map(|name| format!("{name} may not read the key"))
    };
    let what = match wanted.is_empty() {
        true => "the certificate is there with a key that Dynamics can use".to_owned(),
        false => format!("the key is usable, and {} may read it", wanted.join(" and ")),
    };
    Ok(Says::unless(against, what, WHO))
}

/// Returns the thumbprint of one of the two certificates of the roll.
fn print(pieces: &Pieces<'_>, which: Which) -> Option<Hex<20>> {
    match which {
        Which::New => Some(pieces.plan.basis.asked.certificate.thumbprint),
        Which::Old => pieces.plan.basis.old(),
    }
}

/// Returns the thumbprint of a certificate in base64.
fn hashed(text: &str) -> Option<Hex<20>> {
    BASE64.decode(text).ok().map(|der| Hex::from(*Thumbprint::of(&der).as_bytes()))
}

fn rows(pieces: &Pieces<'_>, step: &Step, seen: &CrmCertificates) -> Says {
    let (kind, wanted) = match &step.check {
        Check::RowIsNew => (ISSUER_ROW, print(pieces, Which::New)),
        Check::RowsAsBefore => (ISSUER_ROW, pieces.plan.basis.seen.current().and_then(|row| row.thumbprint)),
        Check::AlternativeIs(which) => (ALTERNATIVE_ROW, print(pieces, *which)),
        _ => (ALTERNATIVE_ROW, None),
    };
    let there: Vec<Option<Hex<20>>> =
        seen.rows.iter().filter(|row| row.certificate_type == kind).map(|row| hashed(&row.data)).collect();
    let is_so = match wanted {
        Some(wanted) => there == [Some(wanted)],
        None => there.is_empty(),
    };
    let named = |one: &Option<Hex<20>>| one.as_ref().map_or_else(|| "an unreadable one".to_owned(), words::print);
    let names: Vec<String> = there.iter().map(named).collect();
    let told = if names.is_empty() { "there is no row".to_owned() } else { format!("rows: {}", names.join(", ")) };
    Says::unless((!is_so).then(|| format!("{kind}: {told}")), words::look(&step.check), WHO)
}

fn document(pieces: &Pieces<'_>, step: &Step, seen: &Document) -> Says {
    let Check::Metadata(check) = &step.check else {
        return Says::new(Verdict::Shown, "the document as it is", "anything that is judged here");
    };
    let keys: Vec<Option<Hex<20>>> = seen.keys.iter().map(|key| hashed(key)).collect();
    let shows = |which| print(pieces, which).is_some_and(|one| keys.contains(&Some(one)));
    let other = if check.which == Which::New { Which::Old } else { Which::New };
    let against = if !shows(check.which) {
        Some("the document does not show the certificate".to_owned())
    } else if shows(other) != check.both {
        let word = if check.both { "does not show" } else { "still shows" };
        Some(format!("the document {word} the other certificate"))
    } else {
        None
    };
    Says::unless(against, words::look(&step.check), "which web server answered, behind a load balancer")
}

/// Says of the beginnings of processes whether all are later than the row was written.
fn began(name: &str, starts: &[&str], switched: Option<Timestamp>) -> Says {
    let Some(switched) = switched else {
        let not = "that it began after the row was written: the journal does not know when that was";
        return Says::new(Verdict::Shown, format!("{name} runs"), not);
    };
    let early = starts.iter().find(|start| start.parse::<Timestamp>().map_or(true, |start| start <= switched));
    let against = early.map(|start| {
        format!(
            "a process of {name} began at {}, not after the row was written ({switched})",
            Text::told(start).as_str()
        )
    });
    let what = format!("every process of {name} began after the row was written");
    Says::unless(against, what, "that the clock of the server is right")
}

fn pools(step: &Step, seen: &AppPools, switched: Option<Timestamp>) -> Says {
    let name = match &step.check {
        Check::Began(began) if began.service.kind == ServiceKind::Pool => began.service.name.as_str(),
        _ => POOL,
    };
    let state = seen.pools.iter().find(|pool| pool.name.eq_ignore_ascii_case(name)).map(|pool| pool.state.as_str());
    if state != Some("Started") {
        return Says::not_so(format!("the application pool {name} does not run"));
    }
    let of_it = |line: &str| line.to_ascii_lowercase().contains(&format!("\"{}\"", name.to_ascii_lowercase()));
    let starts: Vec<&str> =
        seen.workers.iter().filter(|one| of_it(&one.command_line)).map(|one| one.started.as_str()).collect();
    if let Some(hidden) = seen.workers.iter().find(|one| one.command_line.is_empty()) {
        let not = format!("whose worker process {} is: run it as administrator", hidden.id);
        return Says::new(Verdict::Shown, format!("{name} runs"), not);
    }
    began(name, &starts, switched)
}

fn services(step: &Step, seen: &Services, switched: Option<Timestamp>) -> Says {
    let begins = |name: &str| name.get(..ASYNC.len()).is_some_and(|start| start.eq_ignore_ascii_case(ASYNC));
    let meant = |name: &str| match &step.check {
        Check::Began(began) => name.eq_ignore_ascii_case(&began.service.name),
        _ => begins(name),
    };
    let all: Vec<_> = seen.services.iter().filter(|one| meant(&one.name)).collect();
    let running: Vec<_> = all.iter().filter(|one| one.state == "Running").collect();
    if running.is_empty() {
        return Says::not_so("the service does not run".to_owned());
    }
    let mut starts = Vec::new();
    for one in &running {
        match seen.processes.iter().find(|process| process.id == one.process_id) {
            Some(process) => starts.push(process.started.as_str()),
            None => return Says::not_so(format!("of the process of {} it is not told when it began", one.name)),
        }
    }
    began(ASYNC, &starts, switched)
}

fn trusts(pieces: &Pieces<'_>, step: &Step, seen: &SharePointTrusts) -> Says {
    let (check, wanted) = match &step.check {
        Check::Trust(check) => (check, true),
        Check::Untrusted(check) => (check, false),
        _ => return Says::new(Verdict::Shown, "the trusts as they are", "anything that is judged here"),
    };
    let Some(issuer) = seen.issuers.iter().find(|one| one.name == check.name.as_str()) else {
        return Says::not_so(format!("there is no trust {}", check.name.as_str()));
    };
    let accepted = issuer.signing.iter().chain(&issuer.additional);
    let accepts =
        print(pieces, check.which).is_some_and(|one| accepted.map(|text| hashed(text)).any(|all| all == Some(one)));
    let word = if accepts { "accepts" } else { "does not accept" };
    let against = (accepts != wanted).then(|| format!("the trust {} {word} it", check.name.as_str()));
    Says::unless(
        against,
        words::look(&step.check),
        "that every server of SharePoint has read it: their cache lives a day",
    )
}

fn job(step: &Step, seen: &MetadataJob) -> Says {
    let against = match &step.check {
        Check::JobHeld if !seen.held => Some("the job is not held".to_owned()),
        Check::JobHeld if seen.running > 0 => Some("a run of the job goes on".to_owned()),
        Check::JobFree if seen.held => Some("the job is held".to_owned()),
        Check::JobHeld | Check::JobFree => None,
        _ => return Says::new(Verdict::Shown, "the runs of the job", "that one began after the metadata had changed"),
    };
    Says::unless(against, words::look(&step.check), WHO)
}
