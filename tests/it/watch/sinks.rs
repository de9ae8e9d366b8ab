//! Real receivers on loopback: mail, webhook, syslog, file, program; and what happens when they are ill.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::{ALL_VERSIONS, ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value as Json;

use super::smtp::{MailHost, Manner};
use super::{Answer, Desk};
use crate::tls_server::{Authority, Server};
use crate::tools::tool;

/// What came in: the path, and the body.
type Taken = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

const PASSWORD: &str = "Mail-4711";

/// A folder with an expired certificate, and the authority of the servers.
fn desk(authority: &Authority) -> Desk {
    let desk = Desk::new(&["expired.cer"]);
    desk.write("ca.cer", &authority.der);
    desk.write("mail.pass", PASSWORD);
    desk.write("hook.secret", "Hook-4711");
    desk
}

fn mail(port: u16, more: &str) -> String {
    format!(
        "[[smtp]]\nname = \"mail\"\nserver = \"127.0.0.1\"\nport = {port}\nauthorities = \"ca.cer\"\n\
         from = \"s2scert <s2scert@contoso.com>\"\nto = [\"Farm team <farm@contoso.com>\", \"ada@contoso.com\"]\n{more}\n"
    )
}

fn identity(authority: &Authority) -> Arc<ServerConfig> {
    authority.issue(&["127.0.0.1"], 2020, 2040).config(ALL_VERSIONS)
}

fn watch(desk: &Desk, settings: &str) -> Answer {
    desk.settings(settings);
    desk.watch(&["expired.cer"])
}

/// Returns how the message on a channel fared: whether it got through, attempts, why not.
fn fared(answer: &Answer, channel: &str) -> (bool, u64, String) {
    let sent = answer.json["sent"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    let one = sent.iter().find(|one| one["channel"] == channel).unwrap_or_else(|| panic!("{answer:?}"));
    let why = one["error"].as_str().unwrap_or_default().to_owned();
    (one["delivered"].as_bool().unwrap(), one["attempts"].as_u64().unwrap(), why)
}

/// Mail as another reader of mail sees it: headers, and each part by its type.
const READ_MAIL: &str = "import sys, json, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
print(json.dumps({'subject': m['Subject'], 'to': m['To'], 'id': m['Message-ID'],
    'parts': {p.get_content_type(): p.get_content() for p in m.walk() if not p.is_multipart()}}))";

#[test]
fn mail_arrives_over_starttls_and_over_tls_with_its_login_and_reads_as_mail() {
    let authority = Authority::new("Contoso Root");
    for (manner, word) in [(Manner::StartTls, "starttls"), (Manner::Implicit, "implicit")] {
        let host = MailHost::new(manner, identity(&authority));
        let desk = desk(&authority);
        let more = format!("tls = {word:?}\nuser = \"s2scert\"\npassword = {{ file = \"mail.pass\" }}");
        let answer = watch(&desk, &mail(host.server.port, &more));
        assert_eq!((fared(&answer, "mail"), answer.code), ((true, 1, String::new()), 7), "{answer:?}");
        let letters = host.letters.lock().unwrap();
        let [letter] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!(letter.login, Some(("s2scert".to_owned(), PASSWORD.to_owned())));
        assert!(letter.in_tls && letter.from.contains("<s2scert@contoso.com>") && letter.to.len() == 2, "{letter:?}");
        // Nothing but the wish for TLS goes over the line in clear.
        let clear = host.in_clear.lock().unwrap();
        assert!(clear.lines().all(|line| line.starts_with("EHLO ") || line == "STARTTLS"), "{clear}");
        let Some(python) = tool("python3", "--version") else { continue };
        let read: Json = serde_json::from_slice(&python.run_with(&["-c", READ_MAIL], letter.data.as_bytes())).unwrap();
        let subject = read["subject"].as_str().unwrap();
        assert!(subject.starts_with("[s2scert critical] CN=crm.contoso.com g20260101"), "{read}");
        for part in ["text/plain", "text/html"] {
            assert!(read["parts"][part].as_str().unwrap().contains("CN=crm.contoso.com g20260101"), "{read}");
        }
        // The next run has nothing to say.
        drop(letters);
        assert_eq!(desk.watch(&["expired.cer"]).number("delivered"), 0);
        assert_eq!(host.letters.lock().unwrap().len(), 1);
    }
}

#[test]
fn a_mail_server_that_is_ill_ends_in_a_clear_line_within_its_deadline_and_gets_no_secret() {
    let authority = Authority::new("Contoso Root");
    let stranger = Authority::new("Fabrikam Root");
    let login = "user = \"s2scert\"\npassword = { file = \"mail.pass\" }";
    for (manner, of, attempts, why) in [
        (Manner::Hangs, &authority, 1, "did not end within 1 seconds"),
        (Manner::Refuses, &authority, 1, "nobody here"),
        (Manner::StartTls, &stranger, 1, "ertificate"),
        (Manner::Plain, &authority, 1, "STARTTLS"),
    ] {
        let host = MailHost::new(manner, identity(of));
        let seconds = if manner == Manner::Hangs { "seconds = 1" } else { "" };
        let answer = watch(&desk(&authority), &mail(host.server.port, &format!("{login}\n{seconds}")));
        let (delivered, tried, told) = fared(&answer, "mail");
        assert_eq!((delivered, tried, answer.code), (false, attempts, 13), "{manner:?}: {answer:?}");
        assert!(told.contains(why), "{manner:?}: {told}");
        assert!(!answer.json.to_string().contains(PASSWORD) && !answer.stderr.contains(PASSWORD));
        assert!(host.letters.lock().unwrap().is_empty());
        assert!(!host.in_clear.lock().unwrap().contains("AUTH"), "{manner:?}");
    }
}

#[test]
fn what_can_fare_better_is_tried_three_times_and_a_dead_channel_hides_no_other() {
    let authority = Authority::new("Contoso Root");
    let host = MailHost::new(Manner::NotNow, identity(&authority));
    let hook = Hook::new(identity(&authority), "500 Internal Server Error");
    let desk = desk(&authority);
    fs::create_dir(desk.path("drop")).unwrap();
    let file = "[[file]]\nname = \"drop\"\nfolder = \"drop\"\nrole = \"fallback\"\n";
    let answer = watch(&desk, &format!("{}{}{file}", mail(host.server.port, ""), hook.table("")));
    assert_eq!(answer.code, 7, "{answer:?}");
    for (channel, why) in [("mail", "come back later"), ("hook", "the server answered 500")] {
        let (delivered, attempts, told) = fared(&answer, channel);
        assert_eq!((delivered, attempts), (false, 3), "{answer:?}");
        assert!(told.contains(why), "{told}");
    }
    assert_eq!((*host.connections.lock().unwrap(), hook.taken().len()), (3, 3));
    // Each attempt is the same message.
    let ids: Vec<String> = hook.taken().iter().map(|one| header(&one.0, "X-S2scert-Message")).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{ids:?}");
    // The fallback was told what no primary channel took.
    assert!(fared(&answer, "drop").0);
    assert_eq!(fs::read_dir(desk.path("drop")).unwrap().count(), 1);
}

/// A receiver of webhooks that answers the same to everybody.
struct Hook {
    server: Server,
    taken: Taken,
}

impl Hook {
    fn new(config: Arc<ServerConfig>, status: &'static str) -> Self {
        let taken: Taken = Arc::default();
        let kept = taken.clone();
        let server = Server::raw(move |stream| {
            let _ = receive(&config, stream, status, &kept);
        });
        Self { server, taken }
    }

    fn taken(&self) -> Vec<(String, Vec<u8>)> {
        self.taken.lock().unwrap().clone()
    }

    fn table(&self, more: &str) -> String {
        let url = format!("https://127.0.0.1:{}/s2s", self.server.port);
        format!("[[webhook]]\nname = \"hook\"\nurl = {url:?}\nauthorities = \"ca.cer\"\n{more}\n")
    }
}

fn receive(
    config: &Arc<ServerConfig>,
    stream: TcpStream,
    status: &str,
    taken: &Mutex<Vec<(String, Vec<u8>)>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 << 10 {
        let mut octet = [0];
        tls.read_exact(&mut octet)?;
        head.extend(octet);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut body = vec![0; header(&head, "Content-Length").parse().unwrap_or(0)];
    tls.read_exact(&mut body)?;
    taken.lock().unwrap().push((head, body));
    write!(tls, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")?;
    tls.conn.send_close_notify();
    tls.flush()
}

fn header(head: &str, name: &str) -> String {
    let value = |line: &str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    };
    head.lines().find_map(value).unwrap_or_default()
}

#[test]
fn a_webhook_is_signed_so_that_another_implementation_agrees() {
    let authority = Authority::new("Contoso Root");
    let hook = Hook::new(identity(&authority), "204 No Content");
    let desk = desk(&authority);
    let answer = watch(&desk, &hook.table("secret = { file = \"hook.secret\" }"));
    assert_eq!((fared(&answer, "hook"), answer.code), ((true, 1, String::new()), 7), "{answer:?}");
    let taken = hook.taken();
    let (head, body) = &taken[0];
    assert!(head.starts_with("POST /s2s HTTP/1.1\r\n"), "{head}");
    let message: Json = serde_json::from_slice(body).unwrap();
    assert_eq!(message["schema"], "s2scert.message/1.0");
    assert!(!head.contains("Hook-4711") && !String::from_utf8_lossy(body).contains("Hook-4711"));
    let Some(openssl) = crate::tools::openssl() else { return };
    let signed = [header(head, "X-S2scert-Timestamp").as_bytes(), b".", body].concat();
    let made = openssl.run_with(&["dgst", "-sha256", "-hmac", "Hook-4711", "-r"], &signed);
    let hex = String::from_utf8_lossy(&made).split(' ').next().unwrap().to_owned();
    assert_eq!(header(head, "X-S2scert-Signature"), format!("sha256={hex}"));
}

#[test]
fn what_cannot_fare_better_is_tried_once_and_a_redirect_is_not_followed() {
    let authority = Authority::new("Contoso Root");
    let elsewhere = Hook::new(identity(&authority), "200 OK");
    let to = format!("302 Found\r\nLocation: https://127.0.0.1:{}/", elsewhere.server.port);
    for (status, why) in
        [(to, "nothing is followed"), ("404 Not Found".to_owned(), "404"), ("401 No".to_owned(), "401")]
    {
        let hook = Hook::new(identity(&authority), status.leak());
        let answer = watch(&desk(&authority), &hook.table(""));
        let (delivered, attempts, told) = fared(&answer, "hook");
        assert_eq!((delivered, attempts, answer.code, hook.taken().len()), (false, 1, 13, 1), "{answer:?}");
        assert!(told.contains(why), "{told}");
    }
    assert!(elsewhere.taken().is_empty());
    // A certificate that is not to be trusted gets nothing.
    let stranger = Hook::new(identity(&Authority::new("Fabrikam Root")), "200 OK");
    let answer = watch(&desk(&authority), &stranger.table("secret = { file = \"hook.secret\" }"));
    assert_eq!((fared(&answer, "hook").0, answer.code, stranger.taken().len()), (false, 13, 0), "{answer:?}");
    // One that hangs ends with its deadline.
    let hangs = Server::raw(|stream| {
        std::thread::sleep(Duration::from_secs(5));
        drop(stream);
    });
    let table = format!("[[webhook]]\nname = \"hook\"\nurl = \"https://127.0.0.1:{}/\"\nseconds = 1\n", hangs.port);
    let answer = watch(&desk(&authority), &table);
    assert!(fared(&answer, "hook").2.contains("in time"), "{answer:?}");
}

#[test]
fn syslog_arrives_as_one_datagram_and_as_counted_octets() {
    let authority = Authority::new("Contoso Root");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let table = |port, protocol| {
        format!("[[syslog]]\nname = \"log\"\nserver = \"127.0.0.1\"\nport = {port}\nprotocol = {protocol:?}\n")
    };
    let answer = watch(&desk(&authority), &table(udp.local_addr().unwrap().port(), "udp"));
    assert!(fared(&answer, "log").0, "{answer:?}");
    let mut octets = [0; 4096];
    let length = udp.recv(&mut octets).unwrap();
    let datagram = String::from_utf8_lossy(&octets[..length]).into_owned();
    assert!(datagram.starts_with("<26>1 20") && datagram.contains(" s2scert - expiry [alert@32473 id="), "{datagram}");
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let receiver = std::thread::spawn(move || {
        let mut text = String::new();
        tcp.accept().unwrap().0.read_to_string(&mut text).unwrap();
        text
    });
    let answer = watch(&desk(&authority), &table(port, "tcp"));
    assert!(fared(&answer, "log").0, "{answer:?}");
    let text = receiver.join().unwrap();
    let (count, line) = text.split_once(' ').unwrap();
    assert_eq!(count.parse::<usize>().unwrap(), line.len(), "{text}");
    // Nobody listens there any more.
    let answer = watch(&desk(&authority), &format!("{}seconds = 1\n", table(port, "tcp")));
    assert_eq!(answer.code, 13, "{answer:?}");
}

#[test]
fn a_program_gets_the_message_on_its_standard_input_and_no_secret_in_its_environment() {
    let authority = Authority::new("Contoso Root");
    let desk = desk(&authority);
    let script = "cat > told.json; env > environment";
    let hook = Hook::new(identity(&authority), "200 OK");
    desk.settings(&format!(
        "[[command]]\nname = \"page\"\ncommand = [\"sh\", \"-c\", {script:?}]\n{}",
        hook.table("secret = { env = \"HOOK_SECRET\" }")
    ));
    let mut command = desk.command(&["watch", "--once", "--json", "--config", "watch.toml", "--state-dir", "state"]);
    command.arg("expired.cer").env("HOOK_SECRET", "Hook-4712");
    let answer = Answer::of(command);
    assert!(fared(&answer, "page").0 && fared(&answer, "hook").0, "{answer:?}");
    let told: Json = serde_json::from_slice(&fs::read(desk.path("told.json")).unwrap()).unwrap();
    assert_eq!(told["alerts"][0]["kind"], "expiry");
    assert!(!fs::read_to_string(desk.path("environment")).unwrap().contains("Hook-4712"));
    // One that fails, and one that does not end.
    for (script, why) in [("exit 3", "3"), ("sleep 60", "1 seconds")] {
        let desk = self::desk(&authority);
        let table = format!("[[command]]\nname = \"page\"\ncommand = [\"sh\", \"-c\", {script:?}]\nseconds = 1\n");
        let answer = watch(&desk, &table);
        let (delivered, attempts, told) = fared(&answer, "page");
        assert_eq!((delivered, attempts, answer.code), (false, 1, 13), "{answer:?}");
        assert!(told.contains(why), "{told}");
    }
}
