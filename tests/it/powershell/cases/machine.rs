//! Cases about the machine.

use s2scert::node::powershell as ps;
use serde_json::{Value as Json, json};

use crate::powershell::conform::{Case, ask, case};

/// Starts and numbers of the worker processes, the account of none.
fn processes(state: &Json, _: &[Json]) -> Json {
    let of = |process: &Json| json!([process["id"], process["started"]]);
    let worth = |process: &&Json| process["started"].as_str().unwrap() > "2026-11-02";
    state["processes"].as_array().unwrap().iter().filter(worth).map(of).collect()
}

fn restart(name: &str) -> ps::RestartService {
    ps::RestartService { name: name.to_owned() }
}

fn recycle(name: &str) -> ps::RecycleAppPool {
    ps::RecycleAppPool { name: name.to_owned() }
}

fn description() -> Json {
    json!({
        "version": "5.1.20348.2849", "edition": "Desktop", "is64Bit": true, "languageMode": "FullLanguage",
        "policies": [
            { "scope": "MachinePolicy", "policy": "Undefined" },
            { "scope": "UserPolicy", "policy": "Undefined" },
            { "scope": "LocalMachine", "policy": "RemoteSigned" },
        ],
        "effectivePolicy": "RemoteSigned", "moduleLogging": false, "scriptBlockLogging": false,
        "invocationLogging": false, "transcription": false, "transcriptFolder": "", "appLockerStart": 3,
        "appLockerRules": [], "codeIntegrity": 0,
        "disks": [{ "name": "C:", "free": 53_687_091_200_u64 }, { "name": "D:", "free": null }], "restartPending": false, "identity": "CONTOSO\\crmadmin", "authentication": "Kerberos",
        "impersonation": "Impersonation",
    })
}

fn with(mut json: Json, changes: &[(&str, Json)]) -> Json {
    for (key, value) in changes {
        json[*key] = value.clone();
    }
    json
}

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    const LOGGING: &str = "HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell\\";
    vec![
        case("a plain server", ps::DESCRIBE, |_| {}, |p, r| ask(p, r, &ps::Describe), Ok(description())),
        case(
            "a server that writes everything down",
            ps::DESCRIBE,
            |state| {
                let key = |name: &str| format!("{LOGGING}{name}");
                state["registry"][key("ModuleLogging")] = json!({ "EnableModuleLogging": 1 });
                let blocks = json!({ "EnableScriptBlockLogging": 1, "EnableScriptBlockInvocationLogging": 1 });
                state["registry"][key("ScriptBlockLogging")] = blocks;
                let transcripts = json!({ "EnableTranscripting": 1, "OutputDirectory": "D:\\transcripts" });
                state["registry"][key("Transcription")] = transcripts;
                for rules in ["Exe", "Script", "Dll"] {
                    state["registry"][format!("HKLM:\\SOFTWARE\\Policies\\Microsoft\\Windows\\SrpV2\\{rules}")] =
                        json!({});
                }
                let servicing =
                    "HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending";
                state["registry"][servicing] = json!({});
                state["codeIntegrity"] = json!(2);
                state["session"]["policies"][0]["policy"] = json!("AllSigned");
            },
            |p, r| ask(p, r, &ps::Describe),
            Ok(with(
                description(),
                &[
                    ("moduleLogging", json!(true)),
                    ("scriptBlockLogging", json!(true)),
                    ("invocationLogging", json!(true)),
                    ("transcription", json!(true)),
                    ("transcriptFolder", json!("D:\\transcripts")),
                    ("appLockerRules", json!(["Exe", "Script", "Dll"])),
                    ("codeIntegrity", json!(2)),
                    ("restartPending", json!(true)),
                    ("effectivePolicy", json!("AllSigned")),
                    (
                        "policies",
                        json!([
                            { "scope": "MachinePolicy", "policy": "AllSigned" },
                            { "scope": "UserPolicy", "policy": "Undefined" },
                            { "scope": "LocalMachine", "policy": "RemoteSigned" },
                        ]),
                    ),
                ],
            )),
        ),
        case(
            "a server without AppLocker, without Device Guard, and with disks that are not shown",
            ps::DESCRIBE,
            |state| {
                state["codeIntegrity"] = Json::Null;
                state["disks"] = Json::Null;
                state["registry"] = json!({});
            },
            |p, r| ask(p, r, &ps::Describe),
            Ok(with(
                description(),
                &[("codeIntegrity", Json::Null), ("appLockerStart", Json::Null), ("disks", json!([]))],
            )),
        ),
        case(
            "a constrained language mode",
            ps::DESCRIBE,
            |state| state["session"]["languageMode"] = json!("ConstrainedLanguage"),
            |p, r| ask(p, r, &ps::Describe),
            Err("PowerShell runs in a constrained language mode"),
        ),
        case(
            "a session with credentials",
            ps::NETWORK_IDENTITY,
            |_| {},
            |p, r| ask(p, r, &ps::NetworkIdentity),
            Ok(json!({ "share": "\\\\contoso.com\\SYSVOL", "reached": true, "message": null })),
        ),
        case(
            "a share that shows nothing",
            ps::NETWORK_IDENTITY,
            |state| state["shares"]["\\\\contoso.com\\SYSVOL"] = json!([]),
            |p, r| ask(p, r, &ps::NetworkIdentity),
            Ok(json!({ "share": "\\\\contoso.com\\SYSVOL", "reached": false, "message": null })),
        ),
        case(
            "a refused second hop",
            ps::NETWORK_IDENTITY,
            |state| state["session"]["networkIdentity"] = json!(false),
            |p, r| ask(p, r, &ps::NetworkIdentity),
            Ok(json!({
                "share": "\\\\contoso.com\\SYSVOL", "reached": false,
                "message": "Access to the path '\\\\contoso.com\\SYSVOL' is denied.",
            })),
        ),
        case(
            "a server of no domain",
            ps::NETWORK_IDENTITY,
            |state| state["domain"] = Json::Null,
            |p, r| ask(p, r, &ps::NetworkIdentity),
            Err("this server belongs to no domain | no-domain"),
        ),
        case(
            "the services of Dynamics, SharePoint and IIS",
            ps::GET_SERVICES,
            |_| {},
            |p, r| ask(p, r, &ps::GetServices),
            Ok(json!({
                "services": [
                    { "name": "MSCRMAsyncService", "displayName": "Asynchroner Dienst \u{2013} M\u{fc}ller \u{1f511}",
                      "state": "Running", "startMode": "Auto", "startName": "CONTOSO\\crmasync", "processId": 400 },
                    { "name": "MSCRMAsyncService$maintenance", "displayName": "Asynchronous (maintenance)",
                      "state": "Stopped", "startMode": "Manual", "startName": "CONTOSO\\crmasync", "processId": 0 },
                    { "name": "SPTimerV4", "displayName": "Timer", "state": "Running", "startMode": "Auto",
                      "startName": "CONTOSO\\spfarm", "processId": 408 },
                    { "name": "W3SVC", "displayName": "World Wide Web", "state": "Running", "startMode": "Auto",
                      "startName": "LocalSystem", "processId": 412 },
                ],
                "processes": [
                    { "id": 400, "started": "2026-11-01T03:00:01.0000000Z" },
                    { "id": 408, "started": "2026-11-01T03:00:03.0000000Z" },
                    { "id": 412, "started": "2026-11-01T03:00:04.0000000Z" },
                ],
            })),
        ),
        case(
            "no service at all",
            ps::GET_SERVICES,
            |state| state["services"] = json!([]),
            |p, r| ask(p, r, &ps::GetServices),
            Ok(json!({ "services": [], "processes": [] })),
        ),
        Case {
            after: (processes, json!([[1400, "2026-11-02T08:00:01Z"]])),
            ..case(
                "a service is restarted",
                ps::RESTART_SERVICE,
                |_| {},
                |p, r| ask(p, r, &restart("mscrmasyncservice")),
                Ok(json!({ "states": ["Running"] })),
            )
        },
        Case {
            after: (processes, json!([[1412, "2026-11-02T08:00:01Z"]])),
            ..case(
                "a service on which others depend is restarted",
                ps::RESTART_SERVICE,
                |_| {},
                |p, r| ask(p, r, &restart("W3SVC")),
                Ok(json!({ "states": ["Running"] })),
            )
        },
        Case {
            after: (processes, json!([])),
            ..case(
                "a service that stands still",
                ps::RESTART_SERVICE,
                |_| {},
                |p, r| ask(p, r, &restart("MSCRMAsyncService$maintenance")),
                Err("the service does not run | service-not-running"),
            )
        },
        Case {
            after: (processes, json!([])),
            ..case(
                "a constrained language mode, in which nothing is touched",
                ps::RESTART_SERVICE,
                |state| state["session"]["languageMode"] = json!("ConstrainedLanguage"),
                |p, r| ask(p, r, &restart("MSCRMAsyncService")),
                Err("PowerShell runs in a constrained language mode"),
            )
        },
        case(
            "a service that is not there",
            ps::RESTART_SERVICE,
            |_| {},
            |p, r| ask(p, r, &restart("Contoso'; x")),
            Err("there is no service of this name | service-absent"),
        ),
        case(
            "a restart that is refused",
            ps::RESTART_SERVICE,
            |state| {
                state["faults"] = json!([{
                    "on": "Restart-Service", "kind": "report", "message": "Zugriff verweigert: \u{e4}", "inner": "innen",
                    "id": "CouldNotStopService", "reason": "ServiceCommandException", "hresult": -2147024891_i64,
                }]);
            },
            |p, r| ask(p, r, &restart("MSCRMAsyncService")),
            Err(
                "the script failed: Zugriff verweigert: \u{e4} | innen | CouldNotStopService | ServiceCommandException | \
                 running | RemoteSigned | -2147024891 | unclear",
            ),
        ),
        case(
            "services that cannot be read before",
            ps::RESTART_SERVICE,
            |state| state["faults"] = json!([{ "on": "Get-CimInstance", "kind": "report", "message": "x" }]),
            |p, r| ask(p, r, &restart("MSCRMAsyncService")),
            Err("the script failed: x |  |  |  | before | RemoteSigned | -2146233088"),
        ),
        case(
            "services that cannot be read after",
            ps::RESTART_SERVICE,
            |state| state["faults"] = json!([{ "on": "Get-CimInstance", "kind": "report", "skip": 1, "message": "x" }]),
            |p, r| ask(p, r, &restart("MSCRMAsyncService")),
            Err("the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
        ),
        case(
            "pools and workers",
            ps::GET_APP_POOLS,
            |_| {},
            |p, r| ask(p, r, &ps::GetAppPools),
            Ok(json!({
                "pools": [
                    { "name": "CRMAppPool", "state": "Started", "identityType": "SpecificUser", "userName": "CONTOSO\\crmweb" },
                    { "name": "DefaultAppPool", "state": "Started", "identityType": "ApplicationPoolIdentity", "userName": "" },
                    { "name": "OldPool", "state": "Stopped", "identityType": "NetworkService", "userName": "" },
                ],
                "workers": [
                    { "id": 500, "commandLine": "w3wp.exe -ap \"CRMAppPool\" -v \"v4.0\"",
                      "started": "2026-11-01T03:05:00.0000000Z" },
                    { "id": 504, "commandLine": "w3wp.exe -ap \"DefaultAppPool\"", "started": "2026-11-01T03:06:00.0000000Z" },
                ],
            })),
        ),
        case(
            "a server without IIS",
            ps::GET_APP_POOLS,
            |state| state["modules"] = json!([]),
            |p, r| ask(p, r, &ps::GetAppPools),
            Err(
                "the script failed: The specified module 'WebAdministration' was not loaded because no valid module file was \
                 found. |  | Modules_ModuleNotFound | FileNotFoundException | before | RemoteSigned | -2146233088",
            ),
        ),
        Case {
            after: (processes, json!([[1500, "2026-11-02T08:00:01Z"]])),
            ..case(
                "a pool is recycled",
                ps::RECYCLE_APP_POOL,
                |_| {},
                |p, r| ask(p, r, &recycle("CRMAppPool")),
                Ok(json!({ "states": ["Started"] })),
            )
        },
        Case {
            after: (processes, json!([])),
            ..case(
                "a pool that stands still",
                ps::RECYCLE_APP_POOL,
                |_| {},
                |p, r| ask(p, r, &recycle("OldPool")),
                Err("the application pool does not run | pool-not-running"),
            )
        },
        case(
            "a pool that is not there",
            ps::RECYCLE_APP_POOL,
            |_| {},
            |p, r| ask(p, r, &recycle("CRMAppPool2")),
            Err("there is no application pool of this name | pool-absent"),
        ),
        case(
            "a recycle that fails",
            ps::RECYCLE_APP_POOL,
            |state| state["faults"] = json!([{ "on": "Restart-WebAppPool", "kind": "throw", "message": "x" }]),
            |p, r| ask(p, r, &recycle("CRMAppPool")),
            Err("the script failed: x |  |  |  | running | RemoteSigned | -2146233088 | unclear"),
        ),
        case(
            "pools that cannot be read after",
            ps::RECYCLE_APP_POOL,
            |state| state["faults"] = json!([{ "on": "Get-ChildItem", "kind": "report", "skip": 1, "message": "x" }]),
            |p, r| ask(p, r, &recycle("CRMAppPool")),
            Err("the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
        ),
        Case {
            after: (
                processes,
                json!([[1412, "2026-11-02T08:00:02Z"], [1500, "2026-11-02T08:00:01Z"], [1504, "2026-11-02T08:00:01Z"]]),
            ),
            ..case(
                "the web server is restarted",
                ps::RESET_IIS,
                |state| {
                    state["iisreset"]["output"] = (0..60).map(|line| format!("line {line}")).collect();
                    state["iisreset"]["exitCode"] = json!(3);
                },
                |p, r| ask(p, r, &ps::ResetIis),
                Ok(json!({
                    "exitCode": 3,
                    "output": (0..50).map(|line| format!("line {line}")).collect::<Vec<_>>(),
                    "states": ["Running"],
                })),
            )
        },
        case(
            "what the program writes to standard error is kept",
            ps::RESET_IIS,
            |state| state["iisreset"]["errors"] = json!(["Zugriff verweigert"]),
            |p, r| ask(p, r, &ps::ResetIis),
            Ok(json!({
                "exitCode": 0,
                "output": ["Attempting stop...", "Internet services successfully restarted", "Zugriff verweigert"],
                "states": ["Running"],
            })),
        ),
        case(
            "a server without iisreset",
            ps::RESET_IIS,
            |state| state["files"] = json!({}),
            |p, r| ask(p, r, &ps::ResetIis),
            Err("iisreset.exe is not on this server | iis-absent"),
        ),
        case(
            "an iisreset that breaks off",
            ps::RESET_IIS,
            |state| state["faults"] = json!([{ "on": "iisreset.exe", "kind": "throw-after", "message": "x" }]),
            |p, r| ask(p, r, &ps::ResetIis),
            Err("the script failed: x |  |  |  | running | RemoteSigned | -2146233088 | unclear"),
        ),
        case(
            "services that cannot be read after iisreset",
            ps::RESET_IIS,
            |state| state["faults"] = json!([{ "on": "Get-CimInstance", "kind": "report", "message": "x" }]),
            |p, r| ask(p, r, &ps::ResetIis),
            Err("the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
        ),
    ]
}
