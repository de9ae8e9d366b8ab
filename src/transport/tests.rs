//! What each way hands to the programs below it, and what it makes of what they say.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::staging::{Found, Place, found};
use super::{Carrier, Push, Settings, ssh};
use crate::fake_host::FakeHost;
use crate::farm::description::{self, Node, Ssh};
use crate::ports::{CarryError, CarryFault, CommandError, OpenSsh, ProgramOutput, Transport as _};
use crate::protocol::{
    self, Action, Answer, Facts, Id, LeaseFacts, Nothing, Observed, Outcome, Refusal, RefusalCode, Request, samples,
};

pub(super) const PATIENCE: Duration = Duration::from_secs(60);
pub(super) const NOW: &str = "2026-11-25T12:00:00Z";
/// What the machine in memory says of its own program.
pub(super) const HASH: &str = "5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A5A";

pub(super) fn request() -> Request {
    samples::request(Action::Lease(Nothing {}))
}

pub(super) fn node(transport: &str, more: &str) -> Node {
    let text = format!(
        "format = \"1.0\"\nname = \"x\"\n[[node]]\nname = \"crm-web-1\"\nroles = [\"web\"]\nos = \"server2019\"\ntransport = \"{transport}\"\n{more}\n"
    );
    description::read(&text).farm.nodes.remove(0)
}

/// A Linux node with a folder of its own.
fn linux() -> Node {
    node("ssh", "address = \"crm-web-1.contoso.com\"\nport = 2222\nuser = 'CONTOSO\\s2s'\nstaging = \"/opt/s2scert\"")
}

pub(super) fn answer_to(number: Option<&str>) -> Answer {
    let facts = Facts::Lease(LeaseFacts { lease: None, highest_fence: 3 });
    let outcome = Outcome::Observed(Observed { holds: None, facts });
    Answer::new(number.map(Id::word), "crm-web-1", NOW.parse().unwrap(), outcome)
}

fn output(code: i32, stdout: impl Into<Vec<u8>>, stderr: &str) -> ProgramOutput {
    let stderr = Zeroizing::new(stderr.as_bytes().to_vec());
    ProgramOutput { code: Some(code), stdout: Zeroizing::new(stdout.into()), stderr }
}

/// What was started: the client, its arguments, its input.
pub(super) type Started = Arc<Mutex<Vec<(OpenSsh, Vec<String>, Vec<u8>)>>>;

/// A carrier over programs that answer by their number.
pub(super) fn carrier(
    settings: Settings,
    answers: impl Fn(usize, &[String]) -> Result<ProgramOutput, CommandError> + Send + Sync + 'static,
) -> (Carrier, Started) {
    let started = Started::default();
    let record = Arc::clone(&started);
    let fake = FakeHost::new(NOW.parse::<Timestamp>().unwrap(), 7)
        .with_file("/srv/s2scert.exe", "MZ program")
        .with_openssh(Arc::new(move |client, arguments: &[String], stdin: &[u8]| {
            let mut all = record.lock().unwrap();
            all.push((client, arguments.to_vec(), stdin.to_vec()));
            let number = all.len() - 1;
            drop(all);
            answers(number, arguments)
        }));
    let here = Arc::new(|bytes: &[u8]| {
        let order = protocol::read(bytes).unwrap();
        answer_to(Some(order.request.as_str()))
    });
    (Carrier::new(&fake.host(), here, settings), started)
}

pub(super) fn plain() -> Settings {
    Settings { ssh: Ssh::default(), node_program: None, push: Push::Never }
}

/// The hash is right, and then comes `last`.
fn after_the_check(
    last: impl Fn() -> Result<ProgramOutput, CommandError> + Send + Sync + 'static,
) -> Result<Answer, CarryError> {
    let (carrier, _) = carrier(plain(), move |number, _| {
        if number == 0 { Ok(output(0, format!("{}  /opt/s2scert/x\n", HASH.to_lowercase()), "")) } else { last() }
    });
    carrier.ask(&linux(), &request(), PATIENCE)
}

#[test]
fn this_machine_answers_in_process_and_nothing_is_started() {
    let (carrier, started) = carrier(plain(), |_, _| panic!("started"));
    let answer = carrier.ask(&node("local", ""), &request(), PATIENCE).unwrap();
    assert_eq!(answer.request, Some(Id::word("q-1")));
    assert!(started.lock().unwrap().is_empty());
}

#[test]
fn a_server_by_hand_is_told_with_the_command_to_run_there() {
    let (carrier, _) = carrier(plain(), |_, _| panic!("started"));
    let error = carrier.ask(&node("manual", ""), &request(), PATIENCE).unwrap_err();
    assert_eq!((error.fault, error.reached), (CarryFault::Manual, false));
    assert!(error.next.contains("s2scert farm collect --node crm-web-1 --out crm-web-1.json"), "{}", error.next);
}

#[test]
fn ssh_is_started_with_every_option_and_the_request_on_standard_input() {
    let ssh = Ssh {
        identity_file: Some(PathBuf::from("keys/100%/id")),
        known_hosts: Some(PathBuf::from("known hosts")),
        config: Some(PathBuf::from("ssh.conf")),
    };
    let bytes = protocol::ascii(&answer_to(Some("q-1")));
    let (carrier, started) = carrier(Settings { ssh, ..plain() }, move |number, _| {
        Ok(if number == 0 { output(0, format!("{HASH}  x\n"), "") } else { output(0, bytes.clone(), "") })
    });
    carrier.ask(&linux(), &request(), PATIENCE).unwrap();
    carrier.ask(&linux(), &request(), PATIENCE).unwrap();
    let started = started.lock().unwrap();
    // One question for the hash in a run, then a request each.
    assert_eq!(started.len(), 3);
    let wanted = "-F ssh.conf -i keys/100%%/id -o IdentitiesOnly=yes -o UserKnownHostsFile=\"known hosts\" -o \
                  GlobalKnownHostsFile=\"known hosts\" -o BatchMode=yes -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o \
                  VerifyHostKeyDNS=no -o ForwardAgent=no -o ForwardX11=no -o ClearAllForwardings=yes -o Tunnel=no -o \
                  PermitLocalCommand=no -o ControlMaster=no -o ControlPath=none -o ServerAliveInterval=15 -o \
                  ServerAliveCountMax=3 -o LogLevel=ERROR -o RequestTTY=no -o RemoteCommand=none -o EscapeChar=none -o \
                  ConnectTimeout=20 -T -p 2222 -l CONTOSO\\s2s -- crm-web-1.contoso.com";
    let (client, arguments, stdin) = &started[1];
    assert_eq!(*client, OpenSsh::Ssh);
    assert_eq!(arguments.join(" "), format!("{wanted} /opt/s2scert/{HASH}/s2scert node"));
    assert_eq!(*stdin, protocol::ascii(&request()));
    assert!(
        started[0].2.is_empty()
            && started[0].1.join(" ").starts_with(&format!("{wanted} sha256sum /opt/s2scert/{HASH}/s2scert && find "))
    );
}

#[test]
fn the_words_of_ssh_tell_what_went_wrong_and_whether_the_node_may_have_acted() {
    use CarryFault::{Broken, Denied, Stranger, Unreachable, Unusable};
    let changed = "@@@@@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@@@@@\nIT IS POSSIBLE THAT SOMEONE IS DOING \
                   SOMETHING NASTY!\nHost key verification failed.\r\n";
    let cases = [
        (changed, Stranger, false, "REMOTE HOST IDENTIFICATION HAS CHANGED!"),
        (
            "No ED25519 host key is known for [127.0.0.1]:2222 and you have requested strict checking.\nHost key verification failed.\r\n",
            Stranger,
            false,
            "No ED25519 host key is known",
        ),
        ("s2s@crm-web-1.contoso.com: Permission denied (publickey,password).\r\n", Denied, false, "Permission denied"),
        (
            "Received disconnect from 10.0.0.7 port 22:2: Too many authentication failures\r\n",
            Denied,
            false,
            "Too many",
        ),
        (
            "ssh: Could not resolve hostname crm-web-1.contoso.com: Name or service not known\r\n",
            Unreachable,
            false,
            "resolve",
        ),
        ("ssh: connect to host 10.0.0.7 port 22: Connection refused\r\n", Unreachable, false, "refused"),
        ("ssh: connect to host 10.0.0.7 port 22: Connection timed out\r\n", Unreachable, false, "timed out"),
        ("ssh: connect to host 10.0.0.7 port 22: No route to host\r\n", Unreachable, false, "No route"),
        ("Connection timed out during banner exchange\r\n", Unreachable, false, "banner"),
        ("kex_exchange_identification: Connection closed by remote host\r\n", Unreachable, false, "kex_"),
        ("client_loop: send disconnect: Connection reset\r\n", Broken, true, "client_loop"),
        ("Connection closed by 10.0.0.7 port 22\r\n", Broken, true, "closed by"),
        ("", Broken, true, "the connection broke"),
        ("Bad owner or permissions on /etc/ssh/ssh_config\r\n", Unusable, false, "Bad owner"),
        ("command-line line 0: Bad configuration option: tunel\r\n", Unusable, false, "Bad configuration"),
        (
            "Unable to negotiate with 10.0.0.7 port 22: no matching host key type found.\r\n",
            Unusable,
            false,
            "negotiate",
        ),
    ];
    for (said, fault, reached, words) in cases {
        let error = ssh::failed(&linux(), said);
        assert_eq!((error.fault, error.reached), (fault, reached), "{said}");
        assert!(
            error.why.contains(words) && !error.why.contains(['\n', '\r']) && !error.why.contains("@@"),
            "{:?}",
            error.why
        );
        assert!(!error.next.is_empty());
    }
}

#[test]
fn what_is_no_answer_to_this_request_is_refused() {
    let other = protocol::ascii(&answer_to(Some("q-2")));
    let refusal = Refusal::new(RefusalCode::Version, "version 2.0 of the request is not known", "use one version");
    let nameless = Answer::new(None, "crm-web-1", NOW.parse().unwrap(), Outcome::Refused(refusal));
    let right = protocol::ascii(&answer_to(Some("q-1")));
    let mut twice = right.clone();
    twice.extend(&right);
    let cases: [(Vec<u8>, &str); 7] = [
        (other, "the answer to another request"),
        (protocol::ascii(&nameless), "did not understand the request: version 2.0"),
        (b"Welcome to crm-web-1\x1b[2J\n".to_vec(), "it begins with: Welcome to crm-web-1 [2J"),
        (b"{\"schema\": \"s2scert.node-answer/1.0\", ".to_vec(), "breaks off"),
        (b"{\"schema\": 7}".to_vec(), "no answer"),
        (twice, "two things"),
        (vec![0xff; 100_000], "it begins with: "),
    ];
    for (bytes, words) in cases {
        let error = after_the_check(move || Ok(output(0, bytes.clone(), ""))).unwrap_err();
        assert_eq!((error.fault, error.reached), (CarryFault::Garbled, true));
        assert!(error.why.contains(words) && error.why.chars().count() < 400, "{}", error.why);
    }
    // An exit code beside a right answer says nothing more than the answer does.
    assert!(after_the_check(move || Ok(output(9, right.clone(), "noise"))).is_ok());
}

#[test]
fn a_program_that_does_not_answer_is_told_apart_from_one_that_may_act() {
    let program = || "ssh".to_owned();
    let late = move || Err(CommandError::Overran { program: program(), deadline: PATIENCE });
    let much = move || Err(CommandError::TooMuchOutput { program: program(), limit: 8 << 20 });
    let gone = move || Err(CommandError::NotStarted { program: program(), source: io::ErrorKind::NotFound.into() });
    type Run = Box<dyn Fn() -> Result<ProgramOutput, CommandError> + Send + Sync>;
    let cases: [(Run, CarryFault, bool, &str); 6] = [
        (Box::new(late), CarryFault::Late, true, "no whole answer within 60 seconds"),
        (Box::new(much), CarryFault::Garbled, true, "longer than 8388608 octets"),
        (Box::new(gone), CarryFault::Unusable, false, "cannot be started"),
        (Box::new(|| Ok(output(127, "", "sh: 1: x: not found\n"))), CarryFault::Program, false, "not found"),
        (Box::new(|| Ok(output(3, "\n", "Access is denied.\r\n"))), CarryFault::Program, true, "Access is denied."),
        (Box::new(|| Ok(output(255, "", "Broken"))), CarryFault::Broken, true, "Broken"),
    ];
    for (run, fault, reached, words) in cases {
        let error = after_the_check(run).unwrap_err();
        assert_eq!((error.fault, error.reached), (fault, reached), "{}", error.why);
        assert!(error.why.contains(words), "{}", error.why);
    }
}

#[test]
fn the_place_of_the_program_holds_nothing_that_a_shell_could_take_for_something_else() {
    let windows = Place::of(&node("ssh", "address = \"crm-web-1\""), HASH);
    assert_eq!(windows.program(), format!(r"C:\PROGRA~1\s2scert\{HASH}\s2scert.exe"));
    assert_eq!(windows.question(), format!(r"certutil -hashfile C:\PROGRA~1\s2scert\{HASH}\s2scert.exe SHA256"));
    let folder = format!("/C:/PROGRA~1/s2scert/{HASH}");
    assert_eq!(
        windows.batch("/srv/s2scert.exe"),
        format!(
            "-mkdir /C:/PROGRA~1/s2scert\n-mkdir {folder}\nput \"/srv/s2scert.exe\" {folder}/s2scert.exe.part\n\
             -rm {folder}/s2scert.exe\nrename {folder}/s2scert.exe.part {folder}/s2scert.exe\n"
        )
    );
    let linux = Place::of(&linux(), HASH);
    assert_eq!(linux.program(), format!("/opt/s2scert/{HASH}/s2scert"));
}

#[test]
fn the_hash_is_read_from_what_the_tools_of_both_systems_print() {
    let lower = HASH.to_lowercase();
    let spaced: Vec<String> =
        lower.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
    let certutil = |hash: &str| {
        format!("SHA256 hash of file x:\r\n{hash}\r\nCertUtil: -hashfile command completed successfully.\r\n")
    };
    for (text, wanted) in [
        (certutil(&lower), Found::Right),
        (certutil(&spaced.join(" ")), Found::Right),
        (certutil(&lower.replace('5', "6")), Found::Wrong),
        ("CertUtil: -hashfile command FAILED: 0x80070002\r\n".to_owned(), Found::Wrong),
        (format!("Welcome\n{lower}  /opt/s2scert/{HASH}/s2scert\n"), Found::Right),
        (format!("{lower}  /opt/s2scert/x\n/opt/s2scert\n"), Found::Unsafe("/opt/s2scert".to_owned())),
        (String::new(), Found::Wrong),
        (String::from_utf8(protocol::ascii(&answer_to(None))).unwrap(), Found::Right),
    ] {
        assert_eq!(found(text.as_bytes(), HASH), wanted, "{text}");
    }
}

#[test]
fn a_program_that_is_missing_is_put_there_only_where_that_is_asked_for_and_is_looked_at_again() {
    let missing =
        |number: usize, _: &[String]| Ok(output(if number == 9 { 0 } else { 1 }, "", "sha256sum: no such file\n"));
    let (never, started) = carrier(plain(), missing);
    let error = never.ask(&linux(), &request(), PATIENCE).unwrap_err();
    assert_eq!((error.fault, error.reached, started.lock().unwrap().len()), (CarryFault::Program, false, 1));
    assert!(error.next.contains("--push"));

    let push = || Settings { push: Push::WhenMissing, ..plain() };
    let bytes = protocol::ascii(&answer_to(Some("q-1")));
    let (pushing, started) = carrier(push(), move |number, _| {
        Ok(match number {
            0 => output(1, "", "sha256sum: no such file\n"),
            1 => output(0, "", ""),
            2 => output(0, format!("{HASH}  x\n"), ""),
            _ => output(0, bytes.clone(), ""),
        })
    });
    pushing.ask(&linux(), &request(), PATIENCE).unwrap();
    let all = started.lock().unwrap();
    let clients: Vec<OpenSsh> = all.iter().map(|(client, ..)| *client).collect();
    assert_eq!(clients, [OpenSsh::Ssh, OpenSsh::Sftp, OpenSsh::Ssh, OpenSsh::Ssh]);
    assert!(
        all[1].1.join(" ").ends_with("-b - -P 2222 -o User=CONTOSO\\s2s -- crm-web-1.contoso.com"),
        "{:?}",
        all[1].1
    );
    assert!(String::from_utf8_lossy(&all[1].2).contains("put \"/opt/s2scert/s2scert\" /opt/s2scert/"));

    // Put there, and still another: whoever changed it is not trusted.
    let (changed, _) =
        carrier(push(), |number, _| Ok(output(i32::from(number == 0), if number == 2 { "00  x\n" } else { "" }, "")));
    assert_eq!(changed.ask(&linux(), &request(), PATIENCE).unwrap_err().fault, CarryFault::Program);
    let (refused, _) = carrier(push(), |_, _| Ok(output(1, "", "dest open \"/opt/s2scert\": Permission denied\n")));
    assert_eq!(refused.ask(&linux(), &request(), PATIENCE).unwrap_err().fault, CarryFault::Denied);
}

#[test]
fn a_node_of_another_system_needs_its_own_program() {
    let windows = node("ssh", "address = \"crm-web-1\"");
    let (without, started) = carrier(plain(), |_, _| panic!("started"));
    let error = without.ask(&windows, &request(), PATIENCE).unwrap_err();
    assert_eq!((error.fault, started.lock().unwrap().len()), (CarryFault::Unusable, 0));
    assert!(error.next.contains("--node-program"));
    let settings = Settings { node_program: Some(PathBuf::from("/srv/s2scert.exe")), ..plain() };
    let (with, started) = carrier(settings, |_, _| Ok(output(1, "", "")));
    assert!(with.ask(&windows, &request(), PATIENCE).is_err());
    let sum = crate::cert::Fingerprint::of(b"MZ program").to_string();
    assert!(started.lock().unwrap()[0].1.last().unwrap().contains(&sum));
}
