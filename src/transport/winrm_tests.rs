//! What is handed to `powershell.exe` for a server behind WinRM, and what is made of what it says.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::tests::{HASH, NOW, PATIENCE, answer_to, node, plain, request};
use super::{Carrier, Push, Settings};
use crate::fake_host::FakeHost;
use crate::node::powershell::{ASK_NODE, LIMIT_OF_ANSWER, PUT_ON_NODE};
use crate::ports::{CarryError, CarryFault, CommandError, PowerShell, ProgramLimits, ProgramOutput, Transport as _};
use crate::protocol::{self, Answer};

/// What PowerShell does: the number of the call and the data it got give what it prints, without its markers.
type Act = dyn Fn(usize, &Json) -> Said + Send + Sync;

/// What a PowerShell of memory does.
enum Said {
    /// It prints an answer between the markers of the call.
    Document(Json),
    /// It prints something else.
    Octets(Vec<u8>),
    /// It does not come to its end.
    Fault(CommandError),
}

/// One start: its arguments, its data and its bounds.
struct Started {
    arguments: Vec<String>,
    data: Json,
    limits: ProgramLimits,
}

struct Fake {
    act: Box<Act>,
    started: Arc<Mutex<Vec<Started>>>,
}

impl PowerShell for Fake {
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        assert!(stdin.is_ascii() && stdin.ends_with(b"\n"));
        let data: Json = serde_json::from_slice(&stdin).unwrap();
        let mut all = self.started.lock().unwrap();
        all.push(Started { arguments: arguments.to_vec(), data: data.clone(), limits });
        let number = all.len() - 1;
        drop(all);
        let stdout = match (self.act)(number, &data) {
            Said::Document(answer) => {
                let (begin, end) = (data["begin"].as_str().unwrap(), data["end"].as_str().unwrap());
                format!("{begin}\r\n{answer}\r\n{end}\r\n").into_bytes()
            }
            Said::Octets(octets) => octets,
            Said::Fault(fault) => return Err(fault),
        };
        if stdout.len() as u64 > limits.output {
            return Err(CommandError::TooMuchOutput { program: "powershell.exe".to_owned(), limit: limits.output });
        }
        Ok(ProgramOutput { code: Some(0), stdout: Zeroizing::new(stdout), stderr: Zeroizing::default() })
    }
}

fn windows() -> crate::farm::description::Node {
    node("winrm", "address = \"crm-web-1.contoso.com\"")
}

fn settings(push: Push) -> Settings {
    Settings { node_program: Some(PathBuf::from("/srv/s2scert.exe")), push, ..plain() }
}

/// The hash of the program for nodes of Windows.
fn sum() -> String {
    crate::cert::Fingerprint::of(b"MZ program").to_string()
}

fn said(found: &str, lines: &[&str]) -> Said {
    let code = if found.is_empty() { Json::Null } else { json!(0) };
    Said::Document(json!({ "ok": true, "value": { "found": found, "exitCode": code, "errors": [], "lines": lines } }))
}

fn carrier(
    push: Push,
    act: impl Fn(usize, &Json) -> Said + Send + Sync + 'static,
) -> (Carrier, Arc<Mutex<Vec<Started>>>) {
    let started = Arc::default();
    let fake = FakeHost::new(NOW.parse().unwrap(), 7)
        .with_file("/srv/s2scert.exe", "MZ program")
        .with_powershell(Arc::new(Fake { act: Box::new(act), started: Arc::clone(&started) }));
    (Carrier::new(&fake.host(), Arc::new(|_: &[u8]| panic!("asked here")), settings(push)), started)
}

fn ask(act: impl Fn(usize, &Json) -> Said + Send + Sync + 'static) -> Result<Answer, CarryError> {
    carrier(Push::Never, act).0.ask(&windows(), &request(), PATIENCE)
}

fn whole(number: &str) -> String {
    String::from_utf8(protocol::ascii(&answer_to(Some(number)))).unwrap()
}

#[test]
fn the_request_is_data_and_the_script_is_the_same_for_every_request() {
    let (carrier, started) = carrier(Push::Never, |_, _| said(&sum().to_lowercase(), &[&whole("q-1")]));
    let answer = carrier.ask(&windows(), &request(), PATIENCE).unwrap();
    assert_eq!(answer.request.unwrap().as_str(), "q-1");
    let all = started.lock().unwrap();
    let one = &all[0];
    assert_eq!((all.len(), &one.arguments), (1, &ASK_NODE.arguments()));
    assert_eq!(one.data["address"], "crm-web-1.contoso.com");
    assert_eq!((&one.data["port"], &one.data["tls"]), (&Json::Null, &json!(false)));
    assert_eq!(one.data["program"], format!(r"C:\PROGRA~1\s2scert\{}\s2scert.exe", sum()));
    assert_eq!(one.data["sha256"], json!(sum()));
    assert_eq!(one.data["text"].as_str().unwrap().as_bytes(), protocol::ascii(&request()));
    assert!(one.limits.deadline <= PATIENCE && one.limits.output == 2 * LIMIT_OF_ANSWER);
}

#[test]
fn the_port_and_the_folder_of_farm_toml_are_taken() {
    for (port, tls) in [(5985, false), (5986, true), (8443, false)] {
        let (carrier, started) = carrier(Push::Never, |_, _| said(&sum(), &[&whole("q-1")]));
        let more = format!("address = \"crm-web-1\"\nport = {port}\nstaging = 'D:\\s2scert'");
        carrier.ask(&node("winrm", &more), &request(), PATIENCE).unwrap();
        let all = started.lock().unwrap();
        assert_eq!((&all[0].data["port"], &all[0].data["tls"]), (&json!(port.to_string()), &json!(tls)));
        assert_eq!(all[0].data["program"], format!(r"D:\s2scert\{}\s2scert.exe", sum()));
    }
}

#[test]
fn what_kerberos_or_a_session_cannot_do_is_told_before_anything_starts() {
    let cases = [
        ("address = \"10.0.0.7\"", "Kerberos knows servers by name"),
        ("address = \"2001:db8::7\"", "Kerberos knows servers by name"),
        ("address = \"crm-web-1\"\nuser = 'CONTOSO\\s2s'", "whoever runs s2scert"),
        ("address = \"crm-web-1\"\nstaging = \"/opt/s2scert\"", "Windows only"),
        ("", "no address"),
    ];
    for (more, words) in cases {
        let (carrier, started) = carrier(Push::Never, |_, _| panic!("started"));
        let error = carrier.ask(&node("winrm", more), &request(), PATIENCE).unwrap_err();
        assert_eq!((error.fault, error.reached), (CarryFault::Unusable, false), "{more}");
        assert!(error.why.contains(words) && !error.next.is_empty(), "{more}: {}", error.why);
        assert!(started.lock().unwrap().is_empty());
    }
    let (without, _) = super::tests::carrier(settings(Push::Never), |_, _| panic!("started"));
    let error = without.ask(&windows(), &request(), PATIENCE).unwrap_err();
    assert_eq!((error.fault, error.reached), (CarryFault::Unusable, false));
    assert!(error.why.contains("goes out from Windows only"), "{}", error.why);
    assert!(error.next.contains("s2scert farm collect --node crm-web-1"), "{}", error.next);
}

#[test]
fn a_program_that_is_missing_is_put_there_only_where_that_is_asked_for() {
    for found in ["", HASH] {
        let (never, started) = carrier(Push::Never, move |_, _| said(found, &[]));
        let error = never.ask(&windows(), &request(), PATIENCE).unwrap_err();
        assert_eq!((error.fault, error.reached), (CarryFault::Program, false));
        assert!(error.next.contains("--push") && started.lock().unwrap().len() == 1);
    }
    let put = |sum: &str| Said::Document(json!({ "ok": true, "value": { "sha256": sum } }));
    let (pushing, started) = carrier(Push::WhenMissing, move |number, _| match number {
        0 => said("", &[]),
        1 => put(&sum()),
        _ => said(&sum(), &[&whole("q-1")]),
    });
    pushing.ask(&windows(), &request(), PATIENCE).unwrap();
    let all = started.lock().unwrap();
    let scripts: Vec<&Vec<String>> = all.iter().map(|one| &one.arguments).collect();
    assert_eq!(scripts, [&ASK_NODE.arguments(), &PUT_ON_NODE.arguments(), &ASK_NODE.arguments()]);
    let folder = format!(r"C:\PROGRA~1\s2scert\{}", sum());
    assert_eq!(all[1].data["file"], "/srv/s2scert.exe");
    assert_eq!(all[1].data["folder"], json!(folder));
    assert_eq!(all[1].data["program"], format!(r"{folder}\s2scert.exe"));
    assert_eq!(all[1].data["part"], format!(r"{folder}\s2scert.exe.part"));
    assert_eq!(all[1].data["sha256"], json!(sum()));

    // What arrived spoilt, and what stands there as another one all the same, is not started.
    let (spoilt, _) = carrier(Push::WhenMissing, move |number, _| if number == 1 { put(HASH) } else { said("", &[]) });
    let (changed, _) =
        carrier(Push::WhenMissing, move |number, _| if number == 1 { put(&sum()) } else { said(HASH, &[]) });
    let (refused, _) = carrier(Push::WhenMissing, move |number, _| match number {
        0 => said("", &[]),
        _ => failure("UnauthorizedAccess,CopyFile", "running", "Access is denied"),
    });
    for (carrier, words) in
        [(spoilt, "not the program that was sent"), (changed, "not there"), (refused, "cannot be put")]
    {
        let error = carrier.ask(&windows(), &request(), PATIENCE).unwrap_err();
        assert!(!error.reached && error.why.contains(words), "{}", error.why);
    }
}

fn failure(id: &str, stage: &str, message: &str) -> Said {
    Said::Document(json!({ "ok": false, "error": {
        "message": message, "inner": "", "id": id, "reason": "PSRemotingTransportException", "hresult": null, "stage": stage,
        "policy": "RemoteSigned",
    } }))
}

#[test]
fn the_names_of_errors_tell_what_went_wrong_and_whether_the_node_may_have_acted() {
    use CarryFault::{Broken, Denied, Program, Stranger, Unreachable, Unusable};
    let cases = [
        ("NetworkPathNotFound,PSSessionOpenFailed", "before", Unreachable, false),
        ("WinRMOperationTimeout,PSSessionOpenFailed", "before", Unreachable, false),
        ("CannotConnect,PSSessionOpenFailed", "before", Unreachable, false),
        ("-2144108526,PSSessionOpenFailed", "before", Unreachable, false),
        ("AccessDenied,PSSessionOpenFailed", "before", Denied, false),
        ("LogonFailure,PSSessionOpenFailed", "before", Denied, false),
        ("ServerNotTrusted,PSSessionOpenFailed", "before", Stranger, false),
        ("CannotUseIPAddress,PSSessionOpenFailed", "before", Unusable, false),
        ("NativeCommandFailed", "running", Program, false),
        ("WinRMOperationAborted,PSSessionStateBroken", "running", Broken, true),
        ("", "after", Broken, true),
    ];
    for (id, stage, fault, reached) in cases {
        let error = ask(move |_, _| failure(id, stage, "Zugriff\r\nverweigert\u{1b}[2J")).unwrap_err();
        assert_eq!((error.fault, error.reached), (fault, reached), "{id}");
        assert!(error.why.contains("Zugriff verweigert [2J") && !error.next.is_empty(), "{id}: {}", error.why);
    }
}

#[test]
fn what_is_no_answer_to_this_request_is_refused() {
    let lines = |lines: &'static [&'static str]| ask(move |_, _| said(&sum(), lines)).unwrap_err();
    let cases = [
        (ask(|_, _| said(&sum(), &[&whole("q-2")])).unwrap_err(), "the answer to another request"),
        (lines(&["Willkommen bei Contoso"]), "it begins with: Willkommen bei Contoso"),
        (lines(&["{\"schema\": \"s2scert.node-answer/1.0\", "]), "breaks off"),
        (lines(&["{\"schema\": 7}"]), "no answer"),
        (ask(|_, _| said(&sum(), &[&whole("q-1"), &whole("q-1")])).unwrap_err(), "two things"),
        (ask(|_, _| said(&sum(), &[&"x".repeat(9 << 20)])).unwrap_err(), "longer than 8388608 octets"),
        (ask(|_, _| Said::Octets(vec![b'x'; 17 << 20])).unwrap_err(), "longer than 16777216 octets"),
        (ask(|_, _| Said::Octets(b"Zugriff verweigert\r\n".to_vec())).unwrap_err(), "said: Zugriff verweigert"),
        (ask(|_, _| Said::Octets(Vec::new())).unwrap_err(), "ended without an answer"),
        (ask(|_, data| Said::Octets(data["begin"].as_str().unwrap().into())).unwrap_err(), "breaks off"),
        (ask(|_, _| Said::Document(json!({ "ok": true, "value": { "found": 7 } }))).unwrap_err(), "cannot be read"),
    ];
    for (error, words) in cases {
        assert_eq!((error.fault, error.reached), (CarryFault::Garbled, true), "{}", error.why);
        assert!(error.why.contains(words) && error.why.chars().count() < 500, "{}", error.why);
    }
    // A line that PowerShell folded at the end of a text is still one document.
    let text = whole("q-1");
    let place = text.find(',').unwrap() + 1;
    let halves = [text[..place].to_owned(), text[place..].to_owned()];
    assert!(ask(move |_, _| said(&sum(), &[&halves[0], &halves[1]])).is_ok());
}

#[test]
fn a_program_that_does_not_answer_is_told_apart_from_one_that_may_act() {
    let program = || "powershell.exe".to_owned();
    let late =
        ask(move |_, _| Said::Fault(CommandError::Overran { program: program(), deadline: Duration::from_secs(60) }));
    let gone = ask(move |_, _| {
        Said::Fault(CommandError::NotStarted { program: program(), source: std::io::ErrorKind::NotFound.into() })
    });
    let silent = ask(|_, _| {
        Said::Document(json!({ "ok": true, "value": {
            "found": sum(), "exitCode": 3, "errors": ["Access is denied."], "lines": [],
        } }))
    });
    let mute = ask(|_, _| said(&sum(), &[""]));
    let narrow = ask(|_, _| failure("", "before", "s2scert:language-mode"));
    let cases = [
        (late, CarryFault::Late, true, "no whole answer within 60 seconds"),
        (gone, CarryFault::Unusable, false, "cannot be started"),
        (silent, CarryFault::Program, true, "Access is denied."),
        (mute, CarryFault::Program, true, "exit code 0"),
        (narrow, CarryFault::Unusable, false, "constrained language mode"),
    ];
    for (outcome, fault, reached, words) in cases {
        let error = outcome.unwrap_err();
        assert_eq!((error.fault, error.reached), (fault, reached), "{}", error.why);
        assert!(error.why.contains(words), "{}", error.why);
    }
}
