//! Syslog over TLS to a real receiver: octets counted, whom it trusts, what it does when nobody takes them.

use std::io::Read as _;
use std::sync::mpsc;
use std::time::Duration;

use rustls::{ALL_VERSIONS, ServerConnection, StreamOwned};

use super::Desk;
use crate::tls_server::{Authority, Server};

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn settings(port: u16) -> String {
    format!(
        "[[syslog]]\nname = \"log\"\nserver = \"localhost\"\nport = {port}\nprotocol = \"tls\"\nauthorities = \"ca.cer\"\n"
    )
}

/// A receiver that hands on all that one connection brings.
fn receiver(authority: &Authority) -> (Server, mpsc::Receiver<Vec<u8>>) {
    let config = authority.issue(&["localhost"], 2020, 2040).config(ALL_VERSIONS);
    let (sender, receiver) = mpsc::channel();
    let server = Server::raw(move |stream| {
        let Ok(connection) = ServerConnection::new(config.clone()) else { return };
        let mut taken = Vec::new();
        // An end without goodbye is an error here, and then nothing is handed on.
        if StreamOwned::new(connection, stream).read_to_end(&mut taken).is_ok() {
            let _ = sender.send(taken);
        }
    });
    (server, receiver)
}

#[test]
fn an_alert_arrives_under_tls_with_its_length_and_a_goodbye() {
    let authority = Authority::new("Contoso Root");
    let (server, taken) = receiver(&authority);
    let desk = Desk::new(&["expired.cer"]);
    desk.write("ca.cer", &authority.der);
    desk.settings(&settings(server.port));
    let answer = desk.watch(&["expired.cer"]);
    assert_eq!((answer.code, answer.number("delivered")), (7, 1), "{answer:?}");
    let text = String::from_utf8(taken.recv_timeout(PATIENCE).unwrap()).unwrap();
    let (length, line) = text.split_once(' ').unwrap();
    assert_eq!(length.parse::<usize>().unwrap(), line.len(), "{text}");
    assert!(line.starts_with("<26>1 ") && line.contains(" s2scert - expiry [alert@32473 "), "{line}");
}

#[test]
fn a_receiver_that_is_not_trusted_gets_nothing_and_that_is_said() {
    let (contoso, fabrikam) = (Authority::new("Contoso Root"), Authority::new("Fabrikam Root"));
    let (server, taken) = receiver(&fabrikam);
    let desk = Desk::new(&["expired.cer"]);
    desk.write("ca.cer", &contoso.der);
    desk.settings(&settings(server.port));
    let answer = desk.watch(&["expired.cer"]);
    assert_eq!((answer.code, answer.number("untold")), (13, 1), "{answer:?}");
    let why = answer.json["sent"][0]["error"].as_str().unwrap().to_owned();
    assert!(why.contains("ertificate"), "{why}");
    drop(server);
    assert!(taken.try_recv().is_err());
}
