//! Cases about other servers.

use std::time::Duration;

use s2scert::node::powershell as ps;
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use crate::powershell::conform::{Case, ask, case};

const NODE: &str = "crm-web-2.contoso.com";
const FOLDER: &str = "C:\\PROGRA~1\\s2scert\\AB12";
const PROGRAM: &str = "C:\\PROGRA~1\\s2scert\\AB12\\s2scert.exe";
const REQUEST: &str = "{\"schema\":\"s2scert.node-request/1.0\",\"name\":\"M\\u00fcller; $(whoami) 'x'\"}";

fn far(port: Option<u16>, tls: bool) -> ps::Far {
    ps::Far { address: NODE.to_owned(), port, tls, patience: Duration::from_secs(60) }
}

fn asked(port: Option<u16>, tls: bool) -> ps::AskNode {
    ps::AskNode::new(far(port, tls), PROGRAM.to_owned(), "AB12".to_owned(), Zeroizing::new(REQUEST.to_owned()))
}

fn put() -> ps::PutOnNode {
    let file = "C:\\s2scert\\s2scert.exe".to_owned();
    ps::PutOnNode::new(far(None, false), file, FOLDER.to_owned(), PROGRAM.to_owned(), "AB12".to_owned())
}

/// A server with the program.
fn with_program(state: &mut Json) {
    state["remote"] = json!({ NODE: {
        "files": { PROGRAM: { "sha256": "AB12" } },
        "programs": { PROGRAM: { "output": ["{\"schema\":\"answer\"}"], "errors": [], "exitCode": 0 } },
    } });
}

/// A server without it, and the program here.
fn without(state: &mut Json) {
    state["remote"] = json!({ NODE: { "files": {}, "folders": {} } });
    state["files"]["C:\\s2scert\\s2scert.exe"] = json!({ "sha256": "AB12" });
}

fn said(found: &str, code: Json, errors: Json, lines: Json) -> Result<Json, &'static str> {
    Ok(json!({ "found": found, "exitCode": code, "errors": errors, "lines": lines }))
}

/// The sessions that stand open, and what ran where.
fn ran(state: &Json, record: &[Json]) -> Json {
    let of = |entry: &Json| json!([entry["server"], entry["program"], entry["arguments"], entry["stdin"]]);
    let programs: Vec<Json> = record.iter().filter(|entry| !entry["program"].is_null()).map(of).collect();
    json!([state["sessions"], programs])
}

/// The sessions that stand open, and the files of the server.
fn there(state: &Json, _: &[Json]) -> Json {
    json!([state["sessions"], state["remote"][NODE]["files"]])
}

fn once() -> Json {
    json!([0, [[NODE, PROGRAM, ["node"], format!("{REQUEST}\r\n")]]])
}

fn never() -> Json {
    json!([0, []])
}

const UNREACHED: &str = "the script failed: Connecting to remote server crm-web-2.contoso.com failed: The network path was not \
    found. |  | NetworkPathNotFound,PSSessionOpenFailed | PSRemotingTransportException | before | RemoteSigned | -2146233088";
const SILENT: &str = "the script failed: Connecting to remote server crm-web-2.contoso.com failed: WinRM cannot complete the \
    operation. |  | WinRMOperationTimeout,PSSessionOpenFailed | PSRemotingTransportException | before | RemoteSigned | -2146233088";

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    [asking(), putting()].into_iter().flatten().collect()
}

fn asking() -> Vec<Case> {
    let on = ps::ASK_NODE;
    let whole = || said("AB12", json!(0), json!([]), json!(["{\"schema\":\"answer\"}"]));
    vec![
        Case {
            after: (ran, once()),
            ..case("a node answers", on, with_program, |p, r| ask(p, r, &asked(None, false)), whole())
        },
        Case {
            after: (ran, once()),
            ..case(
                "a node answers at another port and over TLS",
                on,
                |state| {
                    with_program(state);
                    state["remote"][NODE]["port"] = json!(5999);
                    state["remote"][NODE]["tls"] = json!(true);
                },
                |p, r| ask(p, r, &asked(Some(5999), true)),
                whole(),
            )
        },
        Case {
            after: (ran, json!([null, []])),
            ..case(
                "nobody listens at the usual port",
                on,
                |state| {
                    with_program(state);
                    state["remote"][NODE]["port"] = json!(5986);
                    state["remote"][NODE]["tls"] = json!(true);
                },
                |p, r| ask(p, r, &asked(None, false)),
                Err(SILENT),
            )
        },
        Case {
            after: (ran, json!([null, []])),
            ..case("a node that is not there", on, |_| {}, |p, r| ask(p, r, &asked(None, false)), Err(UNREACHED))
        },
        Case {
            after: (ran, never()),
            ..case(
                "a node without the program",
                on,
                without,
                |p, r| ask(p, r, &asked(None, false)),
                said("", Json::Null, json!([]), json!([])),
            )
        },
        Case {
            after: (ran, never()),
            ..case(
                "a node with another program",
                on,
                |state| {
                    with_program(state);
                    state["remote"][NODE]["files"][PROGRAM]["sha256"] = json!("CD34");
                },
                |p, r| ask(p, r, &asked(None, false)),
                said("CD34", Json::Null, json!([]), json!([])),
            )
        },
        Case {
            after: (ran, once()),
            ..case(
                "a node that complains, writes two lines and ends with a code",
                on,
                |state| {
                    with_program(state);
                    let errors: Vec<String> = (0..25).map(|number| format!("line {number}")).collect();
                    state["remote"][NODE]["programs"][PROGRAM] =
                        json!({ "output": ["{", "}"], "errors": errors, "exitCode": 7 });
                },
                |p, r| ask(p, r, &asked(None, false)),
                {
                    let errors: Vec<String> = (0..20).map(|number| format!("line {number}")).collect();
                    said("AB12", json!(7), json!(errors), json!(["{", "}"]))
                },
            )
        },
        Case {
            after: (ran, once()),
            ..case(
                "a node whose AppLocker refuses the program",
                on,
                |state| {
                    with_program(state);
                    state["remote"][NODE]["programs"] = json!({});
                },
                |p, r| ask(p, r, &asked(None, false)),
                Err(
                    "the script failed: Program 's2scert.exe' failed to run: This program is blocked by group policy: \
                     C:\\PROGRA~1\\s2scert\\AB12\\s2scert.exe |  | NativeCommandFailed | ApplicationFailedException | running | \
                     RemoteSigned | -2146233088 | unclear",
                ),
            )
        },
        Case {
            after: (ran, once().as_array().map(|all| json!([1, all[1]])).unwrap_or_default()),
            ..case(
                "a session that does not close",
                on,
                |state| {
                    with_program(state);
                    state["faults"] = json!([{ "on": "Remove-PSSession", "kind": "report", "message": "busy" }]);
                },
                |p, r| ask(p, r, &asked(None, false)),
                whole(),
            )
        },
        Case {
            after: (ran, once().as_array().map(|all| json!([1, all[1]])).unwrap_or_default()),
            ..case(
                "a session that breaks when it is closed",
                on,
                |state| {
                    with_program(state);
                    state["faults"] = json!([{ "on": "Remove-PSSession", "kind": "throw", "message": "gone" }]);
                },
                |p, r| ask(p, r, &asked(None, false)),
                Err("the script failed: gone |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
            )
        },
    ]
}

fn putting() -> Vec<Case> {
    let on = ps::PUT_ON_NODE;
    let arrived = || Ok(json!({ "sha256": "AB12" }));
    vec![
        Case {
            after: (there, json!([0, { PROGRAM: { "sha256": "AB12" } }])),
            ..case("the program is put on a node", on, without, |p, r| ask(p, r, &put()), arrived())
        },
        Case {
            after: (there, json!([0, { PROGRAM: { "sha256": "AB12" } }])),
            ..case(
                "the program is put in the place of another",
                on,
                |state| {
                    without(state);
                    state["remote"][NODE]["folders"][FOLDER] = json!({});
                    state["remote"][NODE]["files"] =
                        json!({ PROGRAM: { "sha256": "CD34" }, format!("{PROGRAM}.part"): { "sha256": "EF56" } });
                },
                |p, r| ask(p, r, &put()),
                arrived(),
            )
        },
        Case {
            after: (there, json!([0, { format!("{PROGRAM}.part"): { "sha256": "0000" } }])),
            ..case(
                "a program that arrives spoilt is not put in its place",
                on,
                |state| {
                    without(state);
                    state["remote"][NODE]["spoils"] = json!(true);
                },
                |p, r| ask(p, r, &put()),
                Ok(json!({ "sha256": "0000" })),
            )
        },
        Case {
            after: (there, json!([null, {}])),
            ..case(
                "the program is put on a node that does not listen",
                on,
                |state| {
                    without(state);
                    state["remote"][NODE]["port"] = json!(5999);
                },
                |p, r| ask(p, r, &put()),
                Err(SILENT),
            )
        },
        Case {
            after: (there, json!([0, {}])),
            ..case(
                "a folder that cannot be made",
                on,
                |state| {
                    without(state);
                    state["faults"] = json!([{ "on": "Copy-Item", "kind": "report", "message": "denied" }]);
                },
                |p, r| ask(p, r, &put()),
                Err("the script failed: denied |  |  |  | running | RemoteSigned | -2146233088 | unclear"),
            )
        },
        Case {
            after: (there, json!([1, { PROGRAM: { "sha256": "AB12" } }])),
            ..case(
                "a program was put there, and its session does not close",
                on,
                |state| {
                    without(state);
                    state["faults"] = json!([{ "on": "Remove-PSSession", "kind": "report", "message": "busy" }]);
                },
                |p, r| ask(p, r, &put()),
                arrived(),
            )
        },
        Case {
            after: (there, json!([1, { PROGRAM: { "sha256": "AB12" } }])),
            ..case(
                "a program was put there, and its session breaks",
                on,
                |state| {
                    without(state);
                    state["faults"] = json!([{ "on": "Remove-PSSession", "kind": "throw", "message": "gone" }]);
                },
                |p, r| ask(p, r, &put()),
                Err("the script failed: gone |  |  |  | after | RemoteSigned | -2146233088 | unclear"),
            )
        },
    ]
}
