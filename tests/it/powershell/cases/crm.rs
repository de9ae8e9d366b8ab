//! Cases about the deployment of Dynamics and Microsoft's script.

use s2scert::cert::Password;
use s2scert::node::powershell as ps;
use serde_json::{Value as Json, json};

use crate::powershell::conform::{Case, ask, case};

const PASSWORD: &str = "0123456789abcdefghjkmnpqrs";
const SCRIPT: &str = "C:\\Program Files\\Dynamics 365\\Tools\\CertificateReconfiguration.ps1";

fn row(id: &str, name: &str, kind: &str, data: &str) -> Json {
    json!({
        "id": id, "name": name, "certificateType": kind, "data": data, "storeName": "My", "storeLocation": "LocalMachine",
        "storeFindType": "FindBySubjectDistinguishedName",
    })
}

fn old() -> Json {
    row("11111111-0000-0000-0000-000000000000", "s2s", "S2STokenIssuer", "T0xE")
}

fn strange() -> Json {
    json!({
        "id": "22222222-0000-0000-0000-000000000000", "name": "ifd", "certificateType": "TokenEncryption", "data": "SUZE",
        "storeName": "Root", "storeLocation": "CurrentUser", "storeFindType": "FindByThumbprint",
    })
}

/// The rows, without what never differs.
fn rows(state: &Json, _: &[Json]) -> Json {
    state["crm"]["rows"].as_array().unwrap().iter().map(|row| json!([row["certificateType"], row["data"]])).collect()
}

fn set(expected: &str, kind: ps::CertificateType, name: Option<&str>) -> ps::SetCrmCertificate {
    ps::SetCrmCertificate {
        certificate_type: kind,
        expected_data: expected.to_owned(),
        data_file: "C:\\s2scert\\new.cer".to_owned(),
        name: name.map(str::to_owned),
    }
}

fn remove(id: &str) -> ps::RemoveCrmCertificate {
    ps::RemoveCrmCertificate { id: id.to_owned(), certificate_type: ps::CertificateType::S2sTokenIssuer }
}

fn reconfigure(update_crm: bool, find: Option<&str>) -> ps::CertificateReconfiguration {
    ps::CertificateReconfiguration {
        sha256: "A1B2".to_owned(),
        certificate_file: "C:\\s2scert\\s2s.pfx".to_owned(),
        password: ps::OneUsePassword::received(Password::new(PASSWORD.to_owned())).unwrap(),
        certificate_type: ps::CertificateType::S2sTokenIssuer,
        service_account: "CONTOSO\\crmweb".to_owned(),
        store_find_type: find.map(str::to_owned),
        update_crm,
    }
}

/// What Microsoft's script was given, where it ran, and what became of store and rows.
fn effects(state: &Json, record: &[Json]) -> Json {
    let run = record.iter().find(|entry| entry["reconfiguration"] == "begins").cloned().unwrap_or_default();
    json!({
        "parameters": run["parameters"],
        "location": run["location"],
        "readers": state["my"].as_array().unwrap().iter().map(|one| json!([one["data"], one["readers"]])).collect::<Json>(),
        "rows": rows(state, record),
    })
}

fn ran(more: Json, rows: Json) -> Json {
    let mut parameters = json!({
        "certificateFile": "C:\\s2scert\\s2s.pfx", "password": PASSWORD, "certificateType": "S2STokenIssuer",
        "serviceAccount": "CONTOSO\\crmweb",
    });
    parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({
        "parameters": parameters,
        "location": "C:\\Program Files\\Dynamics 365\\Tools",
        "readers": [["T0xE", ["NT AUTHORITY\\NETWORK SERVICE"]], ["TkVX", ["CONTOSO\\crmweb"]]],
        "rows": rows,
    })
}

fn outcome(output: Json, errors: Json, code: Json) -> Json {
    json!({
        "file": SCRIPT, "sha256": "A1B2", "signature": "NotSigned", "exitCode": code, "errors": errors, "output": output,
    })
}

const NO_SNAPIN: &str = "the snap-in Microsoft.Crm.PowerShell is not installed on this server | crm-snapin-absent";

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    [reading(), writing(), removing(), locating(), reconfiguring()].into_iter().flatten().collect()
}

fn reading() -> Vec<Case> {
    vec![
        case(
            "the rows of every type",
            ps::GET_CRM_CERTIFICATE,
            |_| {},
            |p, r| ask(p, r, &ps::GetCrmCertificate),
            Ok(json!({ "rows": [old(), strange()] })),
        ),
        case(
            "a deployment without a row",
            ps::GET_CRM_CERTIFICATE,
            |state| state["crm"]["rows"] = json!([]),
            |p, r| ask(p, r, &ps::GetCrmCertificate),
            Ok(json!({ "rows": [] })),
        ),
        case(
            "a server without the snap-in",
            ps::GET_CRM_CERTIFICATE,
            |state| state["snapins"] = json!(["Microsoft.SharePoint.PowerShell"]),
            |p, r| ask(p, r, &ps::GetCrmCertificate),
            Err(NO_SNAPIN),
        ),
        case(
            "a server without any snap-in",
            ps::GET_CRM_SERVER,
            |state| state["snapins"] = json!([]),
            |p, r| ask(p, r, &ps::GetCrmServer),
            Err(NO_SNAPIN),
        ),
        case(
            "a refused second hop",
            ps::GET_CRM_CERTIFICATE,
            |state| state["session"]["networkIdentity"] = json!(false),
            |p, r| ask(p, r, &ps::GetCrmCertificate),
            Err(
                "the script failed: Login failed for user 'NT AUTHORITY\\ANONYMOUS LOGON'. |  | SqlException | SqlException | \
                 before | RemoteSigned | -2146233088",
            ),
        ),
        case(
            "a snap-in that warns while it is loaded",
            ps::GET_CRM_SERVER,
            |state| state["faults"] = json!([{ "on": "Add-PSSnapin", "kind": "warn", "message": "old" }]),
            |p, r| ask(p, r, &ps::GetCrmServer),
            Ok(servers()),
        ),
        case(
            "the servers and their roles",
            ps::GET_CRM_SERVER,
            |_| {},
            |p, r| ask(p, r, &ps::GetCrmServer),
            Ok(servers()),
        ),
    ]
}

fn servers() -> Json {
    json!({ "servers": [
        { "name": "CRM1", "fullName": "crm1.contoso.com", "roles": "WebApplicationServer, DeploymentTools",
          "state": "Enabled", "version": "9.1.21.21" },
        { "name": "CRM2", "fullName": "crm2.contoso.com", "roles": "AsynchronousProcessingService",
          "state": "Disabled", "version": "9.1.21.22" },
    ] })
}

fn writing() -> Vec<Case> {
    use ps::CertificateType::{AlternativeS2sTokenIssuer, S2sTokenIssuer};
    let changed = |name| row("11111111-0000-0000-0000-000000000000", name, "S2STokenIssuer", "TkVX");
    let alternative = row("00000000-0000-0000-0000-000000000003", "s2s 2", "AlternativeS2STokenIssuer", "TkVX");
    vec![
        Case {
            after: (rows, json!([["S2STokenIssuer", "TkVX"], ["TokenEncryption", "SUZE"]])),
            ..case(
                "the row is updated in place",
                ps::SET_CRM_CERTIFICATE,
                |_| {},
                |p, r| ask(p, r, &set("T0xE", S2sTokenIssuer, None)),
                Ok(json!({ "rows": [changed(""), strange()] })),
            )
        },
        case(
            "a second type gets a row with a name",
            ps::SET_CRM_CERTIFICATE,
            |_| {},
            |p, r| ask(p, r, &set("", AlternativeS2sTokenIssuer, Some("s2s 2"))),
            Ok(json!({ "rows": [old(), strange(), alternative] })),
        ),
        Case {
            after: (rows, json!([["S2STokenIssuer", "T0xE"], ["TokenEncryption", "SUZE"]])),
            ..case(
                "a row that is not what was seen, in one letter's case",
                ps::SET_CRM_CERTIFICATE,
                |_| {},
                |p, r| ask(p, r, &set("t0xE", S2sTokenIssuer, None)),
                Err("the certificate row is not what it was when the plan was made | row-moved"),
            )
        },
        case(
            "two rows of one type are seen together",
            ps::SET_CRM_CERTIFICATE,
            |state| state["crm"]["rows"][1]["certificateType"] = json!("S2STokenIssuer"),
            |p, r| ask(p, r, &set("T0xE|SUZE", S2sTokenIssuer, None)).map(|value| value["rows"][0]["data"].clone()),
            Ok(json!("TkVX")),
        ),
        case(
            "a certificate file that is not there",
            ps::SET_CRM_CERTIFICATE,
            |state| {
                state["files"].as_object_mut().unwrap().remove("C:\\s2scert\\new.cer");
            },
            |p, r| ask(p, r, &set("T0xE", S2sTokenIssuer, None)),
            Err("the certificate file to be registered is not there | certificate-file-absent"),
        ),
        case(
            "a write that fails",
            ps::SET_CRM_CERTIFICATE,
            |state| state["faults"] = json!([{ "on": "Set-CrmCertificate", "kind": "throw-after", "message": "x" }]),
            |p, r| ask(p, r, &set("T0xE", S2sTokenIssuer, None)),
            Err("the script failed: x |  |  |  | running | RemoteSigned | -2146233088 | unclear"),
        ),
        case(
            "rows that cannot be read after a write",
            ps::SET_CRM_CERTIFICATE,
            |state| {
                state["faults"] = json!([{ "on": "Get-CrmCertificate", "kind": "report", "skip": 1, "message": "x" }])
            },
            |p, r| ask(p, r, &set("T0xE", S2sTokenIssuer, None)),
            Err("the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
        ),
    ]
}

fn removing() -> Vec<Case> {
    vec![
        Case {
            after: (rows, json!([["TokenEncryption", "SUZE"]])),
            ..case(
                "a row is removed",
                ps::REMOVE_CRM_CERTIFICATE,
                |_| {},
                |p, r| ask(p, r, &remove("11111111-0000-0000-0000-000000000000")),
                Ok(json!({ "removed": true, "rows": [strange()] })),
            )
        },
        case(
            "a row that is gone already",
            ps::REMOVE_CRM_CERTIFICATE,
            |_| {},
            |p, r| ask(p, r, &remove("33333333-0000-0000-0000-000000000000")),
            Ok(json!({ "removed": false, "rows": [old(), strange()] })),
        ),
        Case {
            after: (rows, json!([["S2STokenIssuer", "T0xE"], ["TokenEncryption", "SUZE"]])),
            ..case(
                "a row of another type is never removed",
                ps::REMOVE_CRM_CERTIFICATE,
                |_| {},
                |p, r| ask(p, r, &remove("22222222-0000-0000-0000-000000000000")),
                Err("the certificate row is of another type | row-of-another-type"),
            )
        },
        case(
            "a removal that fails",
            ps::REMOVE_CRM_CERTIFICATE,
            |state| state["faults"] = json!([{ "on": "Remove-CrmCertificate", "kind": "report", "message": "x" }]),
            |p, r| ask(p, r, &remove("11111111-0000-0000-0000-000000000000")),
            Err("the script failed: x |  |  |  | running | RemoteSigned | -2146233088 | unclear"),
        ),
        case(
            "rows that cannot be read after a removal",
            ps::REMOVE_CRM_CERTIFICATE,
            |state| {
                state["faults"] = json!([{ "on": "Get-CrmCertificate", "kind": "report", "skip": 1, "message": "x" }])
            },
            |p, r| ask(p, r, &remove("11111111-0000-0000-0000-000000000000")),
            Err("the script failed: x |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
        ),
    ]
}

/// Puts the script where a test wants it, with the place as its hash.
fn put(state: &mut Json, registry: Json, folders: &[&str]) {
    state["registry"]["HKLM:\\SOFTWARE\\Microsoft\\MSCRM"] = registry;
    state["files"] = json!({});
    for folder in folders {
        let file = json!({ "sha256": folder, "signature": "Valid" });
        state["files"][format!("{folder}\\CertificateReconfiguration.ps1")] = file;
    }
}

fn located(folder: &str, version: &str) -> Result<Json, &'static str> {
    let file = format!("{folder}\\CertificateReconfiguration.ps1");
    Ok(json!({ "file": file, "sha256": folder, "signature": "Valid", "serverVersion": version }))
}

fn locating() -> Vec<Case> {
    const OLD: &str = "C:\\Program Files\\Microsoft Dynamics CRM\\Tools";
    const NEW: &str = "C:\\Program Files\\Dynamics 365\\Tools";
    let locate = |name, before, expected| {
        case(name, ps::LOCATE_RECONFIGURATION, before, |p, r| ask(p, r, &ps::LocateReconfiguration), expected)
    };
    vec![
        locate(
            "where the registry says, in Tools",
            |state| {
                let registry = json!({ "CRM_Server_InstallDir": "D:\\CRM", "CRM_Server_Version": "9.1" });
                put(state, registry, &["D:\\CRM\\Tools", "D:\\CRM", OLD, NEW]);
            },
            located("D:\\CRM\\Tools", "9.1"),
        ),
        locate(
            "where the registry says, beside Tools",
            |state| put(state, json!({ "CRM_Server_InstallDir": "D:\\CRM" }), &["D:\\CRM", OLD, NEW]),
            located("D:\\CRM", ""),
        ),
        locate(
            "in the older folder, and the registry says nothing",
            |state| put(state, json!({}), &[OLD, NEW]),
            located(OLD, ""),
        ),
        locate(
            "in the newer folder, and there is no registry key",
            |state| {
                put(state, json!({}), &[NEW]);
                state["registry"] = json!({});
            },
            located(NEW, ""),
        ),
        locate(
            "not where the registry says, but in the newer folder",
            |state| put(state, json!({ "CRM_Server_InstallDir": "D:\\CRM" }), &[NEW]),
            located(NEW, ""),
        ),
        locate(
            "nowhere",
            |state| put(state, json!({ "CRM_Server_InstallDir": "D:\\CRM" }), &["C:"]),
            Err("CertificateReconfiguration.ps1 was not found | script-absent"),
        ),
    ]
}

fn reconfiguring() -> Vec<Case> {
    let run = |name, before, expected| {
        case(name, ps::CERTIFICATE_RECONFIGURATION, before, |p, r| ask(p, r, &reconfigure(false, None)), expected)
    };
    let before = json!([["S2STokenIssuer", "T0xE"], ["TokenEncryption", "SUZE"]]);
    let after = json!([["S2STokenIssuer", "TkVX"], ["TokenEncryption", "SUZE"]]);
    let error = |number: usize| json!({ "message": format!("error {number}"), "id": "E1", "hresult": -7 });
    vec![
        Case {
            after: (effects, ran(json!({}), before)),
            ..run(
                "import and grant without the row",
                |_| {},
                Ok(outcome(json!(["Certificate installed."]), json!([]), Json::Null)),
            )
        },
        Case {
            after: (
                effects,
                ran(json!({ "updateCrm": "True", "storeFindType": "FindBySubjectDistinguishedName" }), after),
            ),
            ..case(
                "with the row",
                ps::CERTIFICATE_RECONFIGURATION,
                |_| {},
                |p, r| ask(p, r, &reconfigure(true, Some("FindBySubjectDistinguishedName"))),
                Ok(outcome(json!(["Certificate installed."]), json!([]), Json::Null)),
            )
        },
        run(
            "errors that do not break it off are kept apart from its lines, both in bounds",
            |state| {
                state["reconfiguration"] = json!({
                    "output": (0..201).map(|line| format!("line {line}")).collect::<Vec<_>>(),
                    "errors": (0..51).map(|number| json!({
                        "message": format!("error {number}"), "id": "E1", "hresult": -7,
                    })).collect::<Vec<_>>(),
                    "exitCode": 3,
                });
            },
            Ok(outcome((0..200).map(|line| format!("line {line}")).collect(), (0..50).map(error).collect(), json!(3))),
        ),
        run(
            "an error is no line",
            |state| {
                let error = json!({ "message": "error 1", "id": "E1", "hresult": -7 });
                state["reconfiguration"] = json!({ "output": ["a line"], "errors": [error], "exitCode": 0 });
            },
            Ok(outcome(json!(["a line"]), json!([error(1)]), json!(0))),
        ),
        run(
            "a script that prints its password",
            |state| state["reconfiguration"]["output"] = json!(["it is {password}!"]),
            Ok(outcome(json!(["it is (password)!"]), json!([]), Json::Null)),
        ),
        Case {
            after: (|_, record| json!(record.iter().any(|entry| entry["reconfiguration"] != Json::Null)), json!(false)),
            ..run(
                "a script that is another than planned",
                |state| state["files"][SCRIPT]["sha256"] = json!("FFFF"),
                Err("CertificateReconfiguration.ps1 is not the file that was planned with | script-changed"),
            )
        },
        run(
            "a PFX that is not there",
            |state| {
                state["files"].as_object_mut().unwrap().remove("C:\\s2scert\\s2s.pfx");
            },
            Err("the PFX to be installed is not there | pfx-absent"),
        ),
        run(
            "a PFX of another password",
            |state| state["files"]["C:\\s2scert\\s2s.pfx"]["password"] = json!("other"),
            Err(
                "the script failed: The PFX file you are trying to import requires either a different password or membership \
                 in an Active Directory principal to which it is protected. |  | \
                 System.Security.Cryptography.CryptographicException | CryptographicException | running | RemoteSigned | \
                 -2147024810 | unclear",
            ),
        ),
        run(
            "a policy that wants signatures",
            |state| state["session"]["policies"][0]["policy"] = json!("AllSigned"),
            Err("PowerShell may not run the script file; the execution policy is AllSigned | unclear"),
        ),
    ]
}
