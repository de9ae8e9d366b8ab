//! Cases about a SharePoint farm.

use s2scert::node::powershell as ps;
use serde_json::{Value as Json, json};

use crate::powershell::conform::{Case, Request, ask, case};

fn run() -> Json {
    json!({
        "started": "2026-11-01T23:10:00.0000000Z", "ended": "2026-11-01T23:10:02.0000000Z", "status": "Succeeded",
        "server": "SP1",
    })
}

fn job(was_held: bool, held: bool, last_run: &str, runs: Json) -> Json {
    json!({
        "name": "RefreshMetadataFeed", "wasHeld": was_held, "held": held, "schedule": "daily at 00:10:00", "running": 0,
        "lastRun": last_run, "lastRunKind": "Unspecified", "runs": runs,
    })
}

fn quiet(was_held: bool, held: bool) -> Json {
    job(was_held, held, "2026-11-01T23:10:00.0000000", json!([run()]))
}

/// What the farm trusts of Dynamics, and its root authorities.
fn trusted(state: &Json, _: &[Json]) -> Json {
    let farm = &state["sharepoint"];
    let roots: Json = farm["roots"].as_array().unwrap().iter().map(|root| root["certificate"].clone()).collect();
    json!([farm["issuers"][0]["signing"], farm["issuers"][0]["additional"], roots])
}

fn held(state: &Json, _: &[Json]) -> Json {
    state["sharepoint"]["jobs"].as_array().unwrap().iter().map(|job| job["held"].clone()).collect()
}

fn hold(state: &mut Json) {
    state["sharepoint"]["jobs"][1]["held"] = json!(true);
}

fn no_cmdlets(state: &mut Json) {
    state["snapins"] = json!(["Microsoft.Crm.PowerShell"]);
}

fn without_job(state: &mut Json) {
    state["sharepoint"]["jobs"].as_array_mut().unwrap().pop();
}

fn fails_after(state: &mut Json) {
    state["faults"] = json!([{ "on": "Get-SPTimerJob", "kind": "report", "skip": 1, "message": "x" }]);
}

const FAILS_AFTER: &str = "the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear";
const FAILS_RUNNING: &str = "the script failed: x |  |  |  | running | RemoteSigned | -2146233088 | unclear";
const NO_JOB: &str = "the farm has not exactly one job RefreshMetadataFeed | job-not-one";

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    [trusts(), reading(), acting()].into_iter().flatten().collect()
}

fn trusts() -> Vec<Case> {
    let seen = json!({
        "build": "16.0.10337.12109",
        "realm": "5f0d3a52-0000-0000-0000-0000000000aa",
        "issuers": [
            { "name": "crm", "registeredIssuerName": "00000007-0000-0000-c000-000000000000@aa",
              "metadataEndPoint": "https://crm.contoso.com/XrmServices/2015/metadataendpoint.svc/json?orgName=contoso",
              "isSelfIssuer": true, "signing": ["T0xE"], "additional": [] },
            { "name": "workflow", "registeredIssuerName": "00000005-0000-0000-c000-000000000000@aa", "metadataEndPoint": "",
              "isSelfIssuer": false, "signing": ["V0ZN"], "additional": ["V0Yx", "V0Yy"] },
            { "name": "empty", "registeredIssuerName": "00000009-0000-0000-c000-000000000000@aa", "metadataEndPoint": "",
              "isSelfIssuer": false, "signing": [], "additional": [] },
        ],
        "roots": [{ "name": "auto 1", "certificate": "T0xE" }, { "name": "contoso root", "certificate": "Uk9P" }],
        "servers": [{ "name": "SP1", "role": "Application" }, { "name": "SQL1", "role": "Invalid" }],
        "applications": [
            { "name": "apps", "kind": "App Management Service Application", "status": "Online" },
            { "name": "users", "kind": "User Profile Service Application", "status": "Disabled" },
        ],
        "proxies": [{ "name": "apps proxy", "kind": "App Management Service Application Proxy", "status": "Online" }],
    });
    let mut closed = seen.clone();
    closed["applications"] = json!([]);
    closed["proxies"] = json!([]);
    let ask_trusts: Request = |p, r| ask(p, r, &ps::GetSharePointTrusts);
    vec![
        case("what a farm trusts", ps::GET_SHAREPOINT_TRUSTS, |_| {}, ask_trusts, Ok(seen.clone())),
        case(
            "the Subscription Edition, with its module",
            ps::GET_SHAREPOINT_TRUSTS,
            |state| {
                state["snapins"] = json!([]);
                state["modules"] = json!(["SharePointServer"]);
            },
            ask_trusts,
            Ok(seen),
        ),
        case(
            "a farm that does not show its service applications",
            ps::GET_SHAREPOINT_TRUSTS,
            |state| {
                state["sharepoint"]["applications"] = Json::Null;
                state["sharepoint"]["proxies"] = Json::Null;
            },
            ask_trusts,
            Ok(closed),
        ),
        case(
            "a server without SharePoint",
            ps::GET_SHAREPOINT_TRUSTS,
            no_cmdlets,
            ask_trusts,
            Err("the SharePoint cmdlets are not installed on this server | sharepoint-absent"),
        ),
        case(
            "a refused second hop",
            ps::GET_SHAREPOINT_TRUSTS,
            |state| state["session"]["networkIdentity"] = json!(false),
            ask_trusts,
            Err(
                "the script failed: Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'. |  | SqlException | SqlException | \
                 before | RemoteSigned | -2146233088",
            ),
        ),
    ]
}

fn reading() -> Vec<Case> {
    let read: Request = |p, r| ask(p, r, &ps::GetMetadataJob);
    let mut running = quiet(false, false);
    running["running"] = json!(2);
    let short = json!({
        "started": "2026-11-01T00:00:00.0000000Z", "ended": "2026-11-01T00:00:01.0000000Z", "status": "Failed", "server": "SP2",
    });
    let mut utc = job(false, false, "2026-11-01T23:10:00.0000000Z", json!([run()]));
    utc["lastRunKind"] = json!("Utc");
    vec![
        case("a quiet job", ps::GET_METADATA_JOB, |_| {}, read, Ok(quiet(false, false))),
        case("a held job", ps::GET_METADATA_JOB, hold, read, Ok(quiet(true, true))),
        case(
            "a job that runs on two servers, and another job",
            ps::GET_METADATA_JOB,
            |state| {
                let title = state["sharepoint"]["jobs"][1]["title"].clone();
                state["sharepoint"]["running"] = json!([title, "Alerts", title]);
            },
            read,
            Ok(running),
        ),
        case(
            "a job that never ran",
            ps::GET_METADATA_JOB,
            |state| state["sharepoint"]["jobs"][1]["runs"] = json!([]),
            read,
            Ok(job(false, false, "0001-01-01T00:00:00.0000000", json!([]))),
        ),
        case(
            "a long history, of which ten runs are shown",
            ps::GET_METADATA_JOB,
            |state| {
                let runs = (0..11).map(|_| json!({
                    "started": "2026-11-01T00:00:00Z", "ended": "2026-11-01T00:00:01Z", "status": "Failed", "server": "SP2",
                }));
                state["sharepoint"]["jobs"][1]["runs"] = runs.collect();
            },
            read,
            Ok(job(false, false, "2026-11-01T00:00:00.0000000", vec![short; 10].into())),
        ),
        case(
            "a last run in UTC",
            ps::GET_METADATA_JOB,
            |state| state["sharepoint"]["lastRunKind"] = json!("Utc"),
            read,
            Ok(utc),
        ),
        case(
            "the name as one page of Microsoft misspells it",
            ps::GET_METADATA_JOB,
            |state| state["sharepoint"]["jobs"][1]["name"] = json!("refreshmetadafeed"),
            |p, r| ask(p, r, &ps::GetMetadataJob).map(|job| job["name"].clone()),
            Ok(json!("refreshmetadafeed")),
        ),
        case("no job", ps::GET_METADATA_JOB, without_job, read, Err(NO_JOB)),
        case(
            "two jobs",
            ps::GET_METADATA_JOB,
            |state| state["sharepoint"]["jobs"][0]["name"] = json!("Job-RefreshMetadataFeed-2"),
            read,
            Err(NO_JOB),
        ),
    ]
}

fn acting() -> Vec<Case> {
    let begin: Request = |p, r| ask(p, r, &ps::StartMetadataJob);
    let stop: Request = |p, r| ask(p, r, &ps::HoldMetadataJob);
    let go_on: Request = |p, r| ask(p, r, &ps::ReleaseMetadataJob);
    let new_run = json!({
        "started": "2026-11-02T08:00:01.0000000Z", "ended": "2026-11-02T08:00:02.0000000Z", "status": "Succeeded",
        "server": "SP1",
    });
    vec![
        Case {
            after: (trusted, json!(["TkVX", ["QUxU"], ["Uk9P", "TkVX", "QUxU"]])),
            ..case(
                "a start reads the metadata: what is gone goes, what is new comes",
                ps::START_METADATA_JOB,
                |state| {
                    state["crm"]["rows"][0]["data"] = json!("TkVX");
                    state["crm"]["rows"][1]["certificateType"] = json!("AlternativeS2STokenIssuer");
                    state["crm"]["rows"][1]["data"] = json!("QUxU");
                },
                begin,
                Ok(job(false, false, "2026-11-02T08:00:01.0000000", json!([new_run, run()]))),
            )
        },
        Case {
            after: (trusted, json!(["T0xE", [], ["T0xE", "Uk9P"]])),
            ..case(
                "a held job is not started",
                ps::START_METADATA_JOB,
                |state| {
                    hold(state);
                    state["crm"]["rows"][0]["data"] = json!("TkVX");
                },
                begin,
                Err("the job RefreshMetadataFeed is held; release it first | job-held"),
            )
        },
        Case {
            after: (held, json!([false, true])),
            ..case("a job is held", ps::HOLD_METADATA_JOB, |_| {}, stop, Ok(quiet(false, true)))
        },
        case("a job is held twice", ps::HOLD_METADATA_JOB, hold, stop, Ok(quiet(true, true))),
        Case {
            after: (held, json!([false, false])),
            ..case("a job is released", ps::RELEASE_METADATA_JOB, hold, go_on, Ok(quiet(true, false)))
        },
        case("a free job is released", ps::RELEASE_METADATA_JOB, |_| {}, go_on, Ok(quiet(false, false))),
        case(
            "a start that fails",
            ps::START_METADATA_JOB,
            |state| state["faults"] = json!([{ "on": "Start-SPTimerJob", "kind": "throw", "message": "x" }]),
            begin,
            Err(FAILS_RUNNING),
        ),
        case(
            "a hold that fails",
            ps::HOLD_METADATA_JOB,
            |state| state["faults"] = json!([{ "on": "Disable-SPTimerJob", "kind": "report", "message": "x" }]),
            stop,
            Err(FAILS_RUNNING),
        ),
        case(
            "a release that fails",
            ps::RELEASE_METADATA_JOB,
            |state| state["faults"] = json!([{ "on": "Enable-SPTimerJob", "kind": "throw-after", "message": "x" }]),
            go_on,
            Err(FAILS_RUNNING),
        ),
        case("a job that cannot be read after a start", ps::START_METADATA_JOB, fails_after, begin, Err(FAILS_AFTER)),
        case("a job that cannot be read after a hold", ps::HOLD_METADATA_JOB, fails_after, stop, Err(FAILS_AFTER)),
        case(
            "a job that cannot be read after a release",
            ps::RELEASE_METADATA_JOB,
            fails_after,
            go_on,
            Err(FAILS_AFTER),
        ),
    ]
}
