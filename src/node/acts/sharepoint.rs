//! The acts on a SharePoint farm: what it trusts, and the job that reads metadata.

use jiff::Timestamp;

use super::script::ask;
use super::{Did, Fault, Look, Work};
use crate::node::powershell::{
    GetMetadataJob, GetSharePointTrusts, HoldMetadataJob, MetadataJob, ReleaseMetadataJob, ServiceApplication,
    StartMetadataJob, TrustedIssuer,
};
use crate::protocol::{
    Action, After, ApplicationFacts, Facts, Issuer, JobFacts, List, Nothing, RootAuthority, Text, Trusts,
};

/// The role of a server on which SharePoint is not installed.
const NO_SHAREPOINT: &str = "Invalid";
/// How SharePoint calls a run that succeeded.
const SUCCEEDED: &str = "Succeeded";

/// Reads what the farm trusts.
pub(super) fn trusts(work: &Work<'_>) -> Result<Look, Fault> {
    let answer = ask(&GetSharePointTrusts, work)?;
    let issuer = |one: &TrustedIssuer| Issuer {
        name: Text::told(&one.name),
        registered_name: Text::told(&one.registered_issuer_name),
        metadata_endpoint: Text::told(&one.metadata_end_point),
        certificates: List::first(one.signing.iter().chain(&one.additional).filter_map(|data| data.parse().ok())),
    };
    let roots = answer.roots.iter().filter_map(|one| {
        Some(RootAuthority { name: Text::told(&one.name), certificate: one.certificate.parse().ok()? })
    });
    // A server that only holds databases belongs to the farm too, without SharePoint on it.
    let servers = answer.servers.iter().filter(|one| one.role != NO_SHAREPOINT);
    Ok(Look::of(Facts::Trusts(Trusts {
        build: Text::told(&answer.build),
        realm: Text::told(&answer.realm),
        issuers: List::first(answer.issuers.iter().map(issuer)),
        roots: List::first(roots),
        servers: List::first(servers.map(|one| Text::told(&one.name))),
        applications: List::first(answer.applications.iter().map(application)),
        proxies: List::first(answer.proxies.iter().map(application)),
    })))
}

fn application(one: &ServiceApplication) -> ApplicationFacts {
    ApplicationFacts { name: Text::told(&one.name), kind: Text::told(&one.kind), status: Text::told(&one.status) }
}

/// Reads the job.
pub(super) fn job(work: &Work<'_>) -> Result<Look, Fault> {
    Ok(Look::of(facts(&ask(&GetMetadataJob, work)?)))
}

/// Looks whether the last run that succeeded began after an instant.
pub(super) fn has_run(asked: After, work: &Work<'_>) -> Result<Look, Fault> {
    let job = ask(&GetMetadataJob, work)?;
    Ok(Look::probe(last_success(&job).is_some_and(|begun| begun > asked.after), facts(&job)))
}

/// Looks whether the job is held, and no run goes on.
pub(super) fn is_held(work: &Work<'_>) -> Result<Look, Fault> {
    let job = ask(&GetMetadataJob, work)?;
    Ok(Look::probe(job.held && job.running == 0, facts(&job)))
}

/// Looks whether the job is not held.
pub(super) fn is_released(work: &Work<'_>) -> Result<Look, Fault> {
    let job = ask(&GetMetadataJob, work)?;
    Ok(Look::probe(!job.held, facts(&job)))
}

/// Starts the job.
pub(super) fn start(work: &Work<'_>) -> Result<Did, Fault> {
    Ok(Did::of(true, facts(&ask(&StartMetadataJob, work)?)))
}

/// Holds the job.
pub(super) fn hold(work: &Work<'_>) -> Result<Did, Fault> {
    let job = ask(&HoldMetadataJob, work)?;
    let changed = job.held != job.was_held;
    Ok(Did { changed, facts: facts(&job), undo: changed.then_some(Action::MetadataJobRelease(Nothing {})) })
}

/// Releases the job.
pub(super) fn release(work: &Work<'_>) -> Result<Did, Fault> {
    let job = ask(&ReleaseMetadataJob, work)?;
    let changed = job.held != job.was_held;
    Ok(Did { changed, facts: facts(&job), undo: changed.then_some(Action::MetadataJobHold(Nothing {})) })
}

fn facts(job: &MetadataJob) -> Facts {
    Facts::Job(JobFacts {
        name: Text::told(&job.name),
        held: job.held,
        running: job.running,
        last_success: last_success(job),
        schedule: Text::told(&job.schedule),
    })
}

/// Returns when the latest run that succeeded began. An instant without its distance from UTC is not guessed at.
fn last_success(job: &MetadataJob) -> Option<Timestamp> {
    job.runs.iter().filter(|run| run.status == SUCCEEDED).filter_map(|run| run.started.parse().ok()).max()
}
