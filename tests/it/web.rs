//! The Web port against real servers on loopback: whom it trusts, what it refuses, when it gives up.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ALL_VERSIONS;
use rustls::version::{TLS12, TLS13};
use s2scert::cert::Fingerprint;
use s2scert::ports::{Web, WebAnswer, WebError, WebFault, WebRequest, WebTrust};

use crate::tls_server::{Authority, Server};

/// Long enough for a busy machine; no test waits for its end but those of a late answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a test waits for what never comes.
const IMPATIENCE: Duration = Duration::from_millis(400);
const NAME: &str = "crm.contoso.com";
const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

fn web() -> Arc<dyn Web> {
    s2scert::sys::host().web
}

/// A request for the page of the name, from the server at a port of this machine.
fn request(port: u16, trust: WebTrust) -> WebRequest {
    WebRequest {
        url: format!("https://{NAME}/XrmServices/2015/metadataendpoint.svc/json?orgName=sales"),
        connect_to: Some(("127.0.0.1".to_owned(), port)),
        trust,
        body: None,
        headers: Vec::new(),
        deadline: PATIENCE,
        most: 1 << 20,
    }
}

fn ask(server: &Server, trust: WebTrust) -> Result<WebAnswer, WebError> {
    web().exchange(&request(server.port, trust))
}

fn of(authority: &Authority) -> WebTrust {
    WebTrust::Authorities(vec![authority.der.clone()])
}

fn hello(authority: &Authority, names: &[&str], from: i32, until: i32) -> Server {
    Server::tls(authority.issue(names, from, until).config(ALL_VERSIONS), |_, out| out.write_all(HELLO))
}

#[test]
fn one_server_is_asked_by_its_address_and_judged_by_the_name_in_the_url() {
    let authority = Authority::new("Contoso Root");
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let server = Server::tls(authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS), move |head, out| {
        seen.lock().unwrap().push(head.to_owned());
        out.write_all(HELLO)
    });
    let answer = ask(&server, of(&authority)).unwrap();
    assert_eq!((answer.status, answer.content_type.as_deref()), (200, Some("application/json")));
    assert_eq!(answer.body, b"{}");
    let asked = asked.lock().unwrap();
    let head: Vec<&str> = asked[0].lines().take(3).collect();
    let first = "GET /XrmServices/2015/metadataendpoint.svc/json?orgName=sales HTTP/1.1";
    assert_eq!(head, [first, "Host: crm.contoso.com", "Connection: close"]);
}

#[test]
fn each_version_of_tls_that_is_still_good_is_spoken() {
    let authority = Authority::new("Contoso Root");
    let identity = authority.issue(&[NAME], 2020, 2040);
    for version in [&TLS12, &TLS13] {
        let server = Server::tls(identity.config(&[version]), |_, out| out.write_all(HELLO));
        for trust in [of(&authority), WebTrust::Pin(Fingerprint::of(&identity.leaf))] {
            assert_eq!(ask(&server, trust).unwrap().body, b"{}", "{version:?}");
        }
    }
}

#[test]
fn a_certificate_that_is_not_to_be_trusted_is_refused_with_the_reason() {
    let [authority, other, namesake] = ["Contoso Root", "Fabrikam Root", "Contoso Root"].map(Authority::new);
    for (server, trust, why) in [
        (hello(&namesake, &[NAME], 2020, 2040), of(&authority), "did not sign it"),
        (hello(&other, &[NAME], 2020, 2040), of(&authority), "none of the trusted authorities"),
        (hello(&authority, &[NAME], 2020, 2040), WebTrust::System, "none of the trusted authorities"),
        (hello(&authority, &[NAME], 2020, 2021), of(&authority), "it is expired"),
        (hello(&authority, &[NAME], 2038, 2040), of(&authority), "not valid yet"),
        (hello(&authority, &["other.contoso.com", "127.0.0.1"], 2020, 2040), of(&authority), "for another name"),
    ] {
        let error = ask(&server, trust).unwrap_err();
        assert_eq!(error.fault, WebFault::Certificate, "{error}");
        assert!(error.why.contains(why), "{error}");
    }
    let server = hello(&authority, &[NAME], 2020, 2040);
    for unusable in [vec![], vec![b"no certificate".to_vec()]] {
        let error = ask(&server, WebTrust::Authorities(unusable)).unwrap_err();
        assert_eq!(error.fault, WebFault::Certificate, "{error}");
    }
}

#[test]
fn a_pinned_certificate_is_believed_whatever_its_name_and_dates_and_no_other() {
    let authority = Authority::new("Contoso Root");
    let expired = authority.issue(&["elsewhere"], 2001, 2002);
    let server = Server::tls(expired.config(ALL_VERSIONS), |_, out| out.write_all(HELLO));
    let pin = Fingerprint::of(&expired.leaf);
    assert_eq!(ask(&server, WebTrust::Pin(pin)).unwrap().status, 200);
    let error = ask(&server, WebTrust::Pin(Fingerprint::of(b"another"))).unwrap_err();
    assert_eq!(error.fault, WebFault::Certificate);
    assert!(error.why.contains(&pin.to_string()), "{error}");
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let authority = Authority::new("Contoso Root");
    let config = authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS);
    let moved = b"HTTP/1.1 302 Found\r\nLocation: https://login.contoso.com/\r\nContent-Length: 0\r\n\r\n";
    let server = Server::tls(config, |_, out| out.write_all(moved));
    let answer = ask(&server, of(&authority)).unwrap();
    assert_eq!((answer.status, answer.location.as_deref()), (302, Some("https://login.contoso.com/")));
}

#[test]
fn an_answer_beyond_the_bound_is_not_read() {
    let authority = Authority::new("Contoso Root");
    let config = authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS);
    let told = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n";
    for head in
        [&told[..], b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40000000\r\n"]
    {
        // Writes a gigabyte unless the client hangs up.
        let server = Server::tls(config.clone(), move |_, out| {
            out.write_all(head)?;
            (0..1 << 10).try_for_each(|_| out.write_all(&[b'x'; 1 << 20]))
        });
        let error = ask(&server, of(&authority)).unwrap_err();
        assert_eq!(error.fault, WebFault::TooLarge, "{error}");
    }
}

#[test]
fn one_deadline_holds_for_everything_however_the_server_trickles() {
    let authority = Authority::new("Contoso Root");
    let config = authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS);
    let drip = Server::tls(config, |_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            out.write_all(b"x")?;
            out.flush()?;
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    let silent = Server::raw(|stream| {
        std::thread::sleep(Duration::from_secs(2));
        drop(stream);
    });
    // One octet after the other of a TLS record that promises 16 KiB.
    let record = Server::raw(|mut stream| {
        let _ = stream.write_all(&[0x16, 3, 3, 0x40, 0]);
        while stream.write_all(&[2]).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    for server in [drip, silent, record] {
        let hasty = WebRequest { deadline: IMPATIENCE, ..request(server.port, of(&authority)) };
        assert_eq!(web().exchange(&hasty).unwrap_err().fault, WebFault::Late);
    }
}

#[test]
fn what_does_not_speak_tls_or_http_is_told_apart() {
    let authority = Authority::new("Contoso Root");
    let config = authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS);
    let plain = |text: &'static [u8]| {
        Server::raw(move |mut stream: TcpStream| {
            let _ = stream.write_all(text);
            // Waits for the client's first octets, so that the answer is not lost with the connection.
            let _ = std::io::Read::read(&mut stream, &mut [0; 512]);
        })
    };
    for (server, fault) in [
        (plain(b"HTTP/1.1 400 Bad Request\r\n\r\n"), WebFault::Tls),
        (plain(b"SSH-2.0-OpenSSH_9.2\r\n"), WebFault::Tls),
        (Server::tls(config.clone(), |_, out| out.write_all(b"\x00\x01garbage\r\n\r\n")), WebFault::Broken),
        (Server::tls(config.clone(), |_, out| out.write_all(&HELLO[..HELLO.len() - 1])), WebFault::Broken),
        (
            // The connection ends without the goodbye of TLS: the body may have been cut.
            Server::tls(config, |_, out| {
                out.write_all(b"HTTP/1.1 200 OK\r\n\r\n{}")?;
                Err(std::io::ErrorKind::Other.into())
            }),
            WebFault::Broken,
        ),
    ] {
        let error = ask(&server, of(&authority)).unwrap_err();
        assert_eq!(error.fault, fault, "{error}");
    }
}

#[test]
fn nobody_there_and_no_such_name_are_told_apart() {
    let gone = Server::raw(drop).port;
    let error = web().exchange(&request(gone, WebTrust::System)).unwrap_err();
    assert_eq!(error.fault, WebFault::Unreachable, "{error}");
    let nowhere = WebRequest { connect_to: Some(("a\0b".to_owned(), 443)), ..request(1, WebTrust::System) };
    assert_eq!(web().exchange(&nowhere).unwrap_err().fault, WebFault::Name);
    let url = WebRequest { url: "http://crm.contoso.com/".to_owned(), ..request(1, WebTrust::System) };
    assert_eq!(web().exchange(&url).unwrap_err().fault, WebFault::Url);
}

#[test]
fn a_body_is_sent_as_post_with_the_given_header_fields() {
    let authority = Authority::new("Contoso Root");
    let asked = Arc::new(Mutex::new(String::new()));
    let seen = asked.clone();
    let config = authority.issue(&[NAME], 2020, 2040).config(ALL_VERSIONS);
    let server = Server::tls(config, move |head, out| {
        seen.lock().unwrap().push_str(head);
        out.write_all(HELLO)
    });
    let header = s2scert::ports::WebHeader {
        name: "Authorization".to_owned(),
        value: zeroize::Zeroizing::new("Bearer kanarienvogel".to_owned()),
    };
    let mut post = request(server.port, of(&authority));
    post.body = Some(b"{\"a\":1}".to_vec());
    post.headers.push(header);
    assert!(!format!("{post:?}").contains("kanarienvogel"));
    assert_eq!(web().exchange(&post).unwrap().status, 200);
    let asked = asked.lock().unwrap();
    for line in ["POST /XrmServices/", "Authorization: Bearer kanarienvogel\r\n", "Content-Length: 7\r\n"] {
        assert!(asked.contains(line), "{asked}");
    }
}

#[test]
fn a_server_shows_its_certificates_though_nobody_trusts_them() {
    let authority = Authority::new("Contoso Root");
    let identity = authority.issue(&["elsewhere"], 2001, 2002);
    for version in [&TLS12, &TLS13] {
        let server = Server::tls(identity.config(&[version]), |_, _| Ok(()));
        let shown = web().certificates("127.0.0.1", server.port, PATIENCE).unwrap();
        assert_eq!(shown, vec![identity.leaf.clone()]);
    }
    let plain = Server::raw(drop);
    assert_eq!(web().certificates("127.0.0.1", plain.port, PATIENCE).unwrap_err().fault, WebFault::Tls);
}

/// A server of somebody else, ended with the test.
struct Foreign(Child);

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks until the foreign server listens.
fn ask_foreign(port: u16, trust: &WebTrust) -> WebAnswer {
    for _ in 0..600 {
        match web().exchange(&request(port, trust.clone())) {
            Ok(answer) => return answer,
            Err(error) => assert_eq!(error.fault, WebFault::Unreachable, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server at {port} does not listen");
}

#[test]
fn servers_of_openssl_and_python_are_understood() {
    let Some(openssl) = crate::tools::openssl() else { return };
    let folder = tempfile::TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let subject = format!("/CN={NAME}");
    let names = format!("subjectAltName=DNS:{NAME}");
    let (key, certificate) = (path("key.pem"), path("leaf.pem"));
    openssl.run(&[
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        &key,
        "-out",
        &certificate,
        "-subj",
        &subject,
        "-addext",
        &names,
        "-addext",
        "basicConstraints=critical,CA:FALSE",
    ]);
    let der = openssl.run(&["x509", "-in", &certificate, "-outform", "der"]);
    let trust = WebTrust::Pin(Fingerprint::of(&der));
    let start = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Foreign(command.spawn().unwrap())
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let port = Server::raw(drop).port;
        let accept = port.to_string();
        let flags = ["s_server", "-accept", &accept, "-key", &key, "-cert", &certificate, version, "-www", "-quiet"];
        let _server = start("openssl", &flags);
        let answer = ask_foreign(port, &trust);
        assert_eq!(answer.status, 200, "{version}");
        assert!(String::from_utf8_lossy(&answer.body).contains("s_server"), "{version}");
        assert_eq!(web().certificates("127.0.0.1", port, PATIENCE).unwrap(), vec![der.clone()]);
    }
    if crate::tools::tool("python3", "--version").is_none() {
        return;
    }
    let port = Server::raw(drop).port;
    let script = format!(
        "import http.server, ssl\n\
         class Page(http.server.BaseHTTPRequestHandler):\n\
         \x20def do_GET(self):\n\
         \x20 self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')\n\
         server = http.server.HTTPServer(('127.0.0.1', {port}), Page)\n\
         context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
         context.load_cert_chain({certificate:?}, {key:?})\n\
         server.socket = context.wrap_socket(server.socket, server_side=True)\n\
         server.serve_forever()\n"
    );
    let _server = start("python3", &["-c", &script]);
    let answer = ask_foreign(port, &trust);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
    assert!(answer.date.is_some());
}
