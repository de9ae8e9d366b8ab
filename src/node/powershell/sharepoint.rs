//! Requests to a SharePoint farm: what it trusts, and the job that reads metadata.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::script::{
    GET_METADATA_JOB, GET_SHAREPOINT_TRUSTS, HOLD_METADATA_JOB, RELEASE_METADATA_JOB, START_METADATA_JOB, Script,
};

/// Asks what the farm trusts.
#[derive(Clone, Copy, Debug)]
pub struct GetSharePointTrusts;

/// What a farm trusts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SharePointTrusts {
    /// The build of SharePoint.
    pub build: String,
    /// The realm of the farm.
    pub realm: String,
    /// The trusted token issuers.
    pub issuers: Vec<TrustedIssuer>,
    /// The trusted root authorities.
    pub roots: Vec<RootAuthority>,
    /// The servers of the farm.
    pub servers: Vec<FarmServer>,
    /// The service applications.
    pub applications: Vec<ServiceApplication>,
    /// Their proxies, through which they are reached.
    pub proxies: Vec<ServiceApplication>,
}

/// One service application, or the proxy of one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ServiceApplication {
    /// The name that somebody gave it.
    pub name: String,
    /// What it is, in the language of the farm.
    pub kind: String,
    /// `Online` where it is started.
    pub status: String,
}

/// One trusted token issuer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TrustedIssuer {
    /// The name.
    pub name: String,
    /// The principal and its realm, `00000007-0000-0000-c000-000000000000@…` for Dynamics.
    pub registered_issuer_name: String,
    /// Where its metadata are read; empty where the certificate was set by hand.
    pub metadata_end_point: String,
    /// Whether it speaks for itself only.
    pub is_self_issuer: bool,
    /// The certificate that signs, as base64 of its DER; none or one.
    pub signing: Vec<String>,
    /// Further certificates that are accepted.
    pub additional: Vec<String>,
}

/// One trusted root authority.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RootAuthority {
    /// The name.
    pub name: String,
    /// The certificate as base64 of its DER.
    pub certificate: String,
}

/// One server of the farm.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct FarmServer {
    /// The address.
    pub name: String,
    /// The role; `Invalid` for a database server.
    pub role: String,
}

impl Call for GetSharePointTrusts {
    const SCRIPT: Script = GET_SHAREPOINT_TRUSTS;
    type Answer = SharePointTrusts;
}

/// The job RefreshMetadataFeed, read after the act if there was one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MetadataJob {
    /// The name as the farm spells it.
    pub name: String,
    /// Whether it was held before.
    pub was_held: bool,
    /// Whether it is held.
    pub held: bool,
    /// The schedule.
    pub schedule: String,
    /// How many servers run it just now.
    pub running: u32,
    /// The last run by the clock of the farm, ISO 8601.
    pub last_run: String,
    /// Whether that instant is `Utc`, `Local` or `Unspecified`.
    pub last_run_kind: String,
    /// The latest ten runs.
    pub runs: Vec<JobRun>,
}

/// One run of the job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct JobRun {
    /// The beginning, ISO 8601.
    pub started: String,
    /// The end, ISO 8601.
    pub ended: String,
    /// `Succeeded`, `Failed` and so on.
    pub status: String,
    /// The server it ran on.
    pub server: String,
}

/// Makes the requests that have no data and are answered by the job.
macro_rules! job_requests {
    ($($(#[$doc:meta])* $request:ident = $script:ident;)+) => {
        $($(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub struct $request;

        impl Call for $request {
            const SCRIPT: Script = $script;
            type Answer = MetadataJob;
        })+
    };
}

job_requests! {
    /// Asks for the job.
    GetMetadataJob = GET_METADATA_JOB;
    /// Starts the job. One that is held is not started.
    StartMetadataJob = START_METADATA_JOB;
    /// Holds the job: it does not run until it is released.
    HoldMetadataJob = HOLD_METADATA_JOB;
    /// Releases the job.
    ReleaseMetadataJob = RELEASE_METADATA_JOB;
}
