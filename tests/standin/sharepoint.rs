//! A SharePoint farm: its trusts, and the job that reads metadata, with the refresh rule of the second-hand observations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

use super::cmdlets::{Bound, second_hop};
use super::interpret::{Failure, Run, Session, Stop};
use super::value::{Date, Object, Value, Zone};
use super::world::{World, instant, items, items_mut, tick, word};

type Output = Run<Vec<Value>>;

fn certificate(data: &str) -> Value {
    let octets = STANDARD.decode(data).unwrap_or_default();
    Object::of("X509Certificate2", "[Subject]", vec![("RawData", Value::Bytes(octets))])
}

pub(super) fn farm(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    let service = Object::of("SPTimerService", "SPTimerService", Vec::new());
    let build = Object::of("Version", word(&state["sharepoint"], "build"), Vec::new());
    Ok(vec![Object::of("SPFarm", "SPFarm", vec![("BuildVersion", build), ("TimerService", service)])])
}

pub(super) fn realm(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    Ok(vec![Value::text(word(&session.world.state()["sharepoint"], "realm"))])
}

pub(super) fn servers(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |server: &Json| {
        let role = Value::Enum(word(server, "role").to_owned(), 1);
        let properties = vec![("Address", Value::text(word(server, "name"))), ("Role", role)];
        Object::of("SPServer", "SPServer", properties)
    };
    Ok(items(&state["sharepoint"], "servers").iter().map(entry).collect())
}

/// Service applications, or their proxies: one form for both.
fn applications(session: &mut Session<'_>, list: &str) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |one: &Json| {
        let properties = vec![
            ("Name", Value::text(word(one, "name"))),
            ("TypeName", Value::text(word(one, "kind"))),
            ("Status", Value::Enum(word(one, "status").to_owned(), 0)),
        ];
        Object::of("SPServiceApplication", "SPServiceApplication", properties)
    };
    if state["sharepoint"][list].is_null() {
        let text = "Access is denied.";
        return Err(Stop::Report(Failure::new(text, "AccessDenied", "SecurityException")));
    }
    Ok(items(&state["sharepoint"], list).iter().map(entry).collect())
}

pub(super) fn service_applications(session: &mut Session<'_>, _: &Bound) -> Output {
    applications(session, "applications")
}

pub(super) fn proxies(session: &mut Session<'_>, _: &Bound) -> Output {
    applications(session, "proxies")
}

pub(super) fn roots(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |root: &Json| {
        let properties =
            vec![("Name", Value::text(word(root, "name"))), ("Certificate", certificate(word(root, "certificate")))];
        Object::of("SPTrustedRootAuthority", "SPTrustedRootAuthority", properties)
    };
    Ok(items(&state["sharepoint"], "roots").iter().map(entry).collect())
}

pub(super) fn issuers(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    let entry = |issuer: &Json| {
        let signing = issuer["signing"].as_str().map_or(Value::Null, certificate);
        let more = items(issuer, "additional").iter().filter_map(Json::as_str).map(certificate).collect();
        let properties = vec![
            ("Name", Value::text(word(issuer, "name"))),
            ("RegisteredIssuerName", Value::text(word(issuer, "registeredIssuerName"))),
            ("MetadataEndPoint", Object::of("Uri", word(issuer, "metadataEndPoint"), Vec::new())),
            ("IsSelfIssuer", Value::Bool(issuer["isSelfIssuer"] == json!(true))),
            ("SigningCertificate", signing),
            (
                "AdditionalSigningCertificates",
                if issuer["additional"].is_null() { Value::Null } else { Value::Array(more) },
            ),
        ];
        Object::of("SPTrustedSecurityTokenService", "SPTrustedSecurityTokenService", properties)
    };
    Ok(items(&state["sharepoint"], "issuers").iter().map(entry).collect())
}

pub(super) fn jobs(session: &mut Session<'_>, _: &Bound) -> Output {
    second_hop(session)?;
    let state = session.world.state();
    // SharePoint keeps the last run without a zone, and the history in UTC.
    let kind = if word(&state["sharepoint"], "lastRunKind") == "Utc" { Zone::Utc } else { Zone::Unspecified };
    let date = |text: &str, kind| Value::Date(Date { at: instant(text), offset: 0, kind });
    let entry = |job: &Json| {
        let run = |run: &Json| {
            let properties = vec![
                ("StartTime", date(word(run, "started"), Zone::Utc)),
                ("EndTime", date(word(run, "ended"), Zone::Utc)),
                ("Status", Value::Enum(word(run, "status").to_owned(), 2)),
                ("ServerName", Value::text(word(run, "server"))),
            ];
            Object::of("SPJobHistory", "SPJobHistory", properties)
        };
        let runs = items(job, "runs");
        let last = runs.first().map_or("0001-01-01T00:00:00Z", |run| word(run, "started"));
        let properties = vec![
            ("Name", Value::text(word(job, "name"))),
            ("Title", Value::text(word(job, "title"))),
            ("IsDisabled", Value::Bool(job["held"] == json!(true))),
            ("Schedule", Object::of("SPDailySchedule", word(job, "schedule"), Vec::new())),
            ("LastRunTime", date(last, kind)),
            (
                "HistoryEntries",
                if runs.is_empty() { Value::Null } else { Value::Array(runs.iter().map(run).collect()) },
            ),
        ];
        Object::of("SPJobDefinition", "SPJobDefinition", properties)
    };
    Ok(items(&state["sharepoint"], "jobs").iter().map(entry).collect())
}

/// What the timer service runs just now.
pub(crate) fn running_jobs(world: &World) -> Value {
    let state = world.state();
    let entry = |title: &Json| {
        let title = Value::text(title.as_str().unwrap_or_default());
        Object::of("SPRunningJob", "SPRunningJob", vec![("JobDefinitionTitle", title)])
    };
    Value::Array(items(&state["sharepoint"], "running").iter().map(entry).collect())
}

fn identity(bound: &Bound) -> Run<String> {
    match bound.parameter("Identity") {
        Some(Value::Object(job)) => Ok(job.property("Name").unwrap_or(Value::Null).words()),
        other => {
            let text = format!("Cannot bind parameter 'Identity' to {}.", other.unwrap_or(Value::Null).words());
            Err(Stop::Throw(Failure::new(&text, "CannotConvertArgument", "ParameterBindingException")))
        }
    }
}

fn hold(session: &mut Session<'_>, bound: &Bound, held: bool) -> Output {
    second_hop(session)?;
    let name = identity(bound)?;
    session.world.with(|state| {
        tick(state);
        for job in items_mut(&mut state["sharepoint"], "jobs").iter_mut().filter(|job| word(job, "name") == name) {
            job["held"] = json!(held);
        }
    });
    Ok(vec![Value::text("the job")])
}

pub(super) fn disable(session: &mut Session<'_>, bound: &Bound) -> Output {
    hold(session, bound, true)
}

pub(super) fn enable(session: &mut Session<'_>, bound: &Bound) -> Output {
    hold(session, bound, false)
}

pub(super) fn start(session: &mut Session<'_>, bound: &Bound) -> Output {
    second_hop(session)?;
    let name = identity(bound)?;
    session.world.with(|state| {
        let (started, ended) = (tick(state), tick(state));
        refresh(state);
        for job in items_mut(&mut state["sharepoint"], "jobs").iter_mut().filter(|job| word(job, "name") == name) {
            let run = json!({ "started": started, "ended": ended, "status": "Succeeded", "server": "SP1" });
            items_mut(job, "runs").insert(0, run);
        }
    });
    session.world.note(json!({ "job-run": name }));
    Ok(Vec::new())
}

/// Reads the metadata: what the job registered by itself and is no longer there goes, what is new comes, the first as the one
/// that signs, each with a root authority.
fn refresh(state: &mut Json) {
    let published: Vec<String> = ["S2STokenIssuer", "AlternativeS2STokenIssuer"]
        .iter()
        .flat_map(|kind| items(&state["crm"], "rows").iter().filter(move |row| word(row, "certificateType") == *kind))
        .map(|row| word(row, "data").to_owned())
        .collect();
    let fed = |issuer: &&mut Json| !word(issuer, "metadataEndPoint").is_empty();
    for issuer in items_mut(&mut state["sharepoint"], "issuers").iter_mut().filter(fed) {
        let held = issuer["signing"].as_str().map(str::to_owned).into_iter();
        let held = held.chain(items(issuer, "additional").iter().filter_map(Json::as_str).map(str::to_owned));
        let mut kept: Vec<String> = held.filter(|data| published.contains(data)).collect();
        kept.extend(published.iter().filter(|data| !kept.contains(data)).cloned().collect::<Vec<_>>());
        issuer["signing"] = kept.first().map_or(Json::Null, |data| json!(data));
        issuer["additional"] = json!(kept.get(1..).unwrap_or_default());
    }
    let roots = items_mut(&mut state["sharepoint"], "roots");
    roots.retain(|root| {
        root["automatic"] != json!(true) || published.iter().any(|data| word(root, "certificate") == data)
    });
    for data in &published {
        if !roots.iter().any(|root| word(root, "certificate") == data) {
            roots.push(json!({ "name": format!("auto {}", roots.len() + 1), "certificate": data, "automatic": true }));
        }
    }
}
