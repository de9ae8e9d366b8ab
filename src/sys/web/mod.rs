//! HTTPS as a client: TLS by rustls over a socket that knows its deadline, and one request of HTTP/1.1.
//!
//! No proxy is used, whatever the environment says: the servers of a farm are asked directly. No redirect is followed, no
//! session is resumed, no answer is compressed.

#![expect(clippy::disallowed_methods, reason = "the edge at which servers are reached and deadlines are kept")]

mod address;
mod http;
mod socket;
mod trust;

use std::io::{self, Write as _};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::ports::{Web, WebAnswer, WebError, WebFault, WebRequest, WebTrust};
use address::Place;
use socket::Socket;

/// The longest deadline that is kept; beyond it an instant could overflow.
const LONGEST_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// The network of this machine.
pub(super) struct SystemWeb;

impl Web for SystemWeb {
    fn exchange(&self, request: &WebRequest) -> Result<WebAnswer, WebError> {
        let place = Place::of(&request.url)?;
        let head = http::head(&place, request)?;
        let request = request.clone();
        let about = place.authority.clone();
        within(request.deadline, &about, move |end| {
            let config = trust::config(&request.trust)?;
            let (host, port) =
                request.connect_to.as_ref().map_or((&place.host, place.port), |(host, port)| (host, *port));
            let mut stream = handshake(config, &place.host, Socket::connect(host, port, end)?)?;
            let sent = stream
                .write_all(&head)
                .and_then(|()| stream.write_all(request.body.as_deref().unwrap_or_default()))
                .and_then(|()| stream.flush());
            // A server may answer before it has read everything, and close.
            http::answer(&mut stream, request.most).map_err(|stop| match (sent, stop) {
                (Err(error), http::Stop::Unread(_)) => explain(&place.authority, &error),
                (_, stop) => stop.explain(&place.authority, request.most),
            })
        })
    }

    fn certificates(&self, host: &str, port: u16, deadline: Duration) -> Result<Vec<Vec<u8>>, WebError> {
        let host = host.to_owned();
        let about = format!("{host}:{port}");
        within(deadline, &about, move |end| {
            let (config, shown) = trust::recorder()?;
            let ended = handshake(config, &host, Socket::connect(&host, port, end)?).map(drop);
            // What follows the certificates may fail: this machine need not agree with that server on anything.
            match (shown.take(), ended) {
                (certificates, _) if !certificates.is_empty() => Ok(certificates),
                (_, Err(error)) => Err(error),
                (_, Ok(())) => Err(fault(WebFault::Tls, format!("{host} shows no certificate"))),
            }
        })
    }
}

/// Does something on a thread of its own and waits for it until the deadline. Sockets end by themselves then; looking up a
/// name, and what Windows does to judge a certificate, cannot be broken off and is left behind.
fn within<T: Send + 'static>(
    deadline: Duration,
    about: &str,
    act: impl FnOnce(Instant) -> Result<T, WebError> + Send + 'static,
) -> Result<T, WebError> {
    let deadline = deadline.min(LONGEST_DEADLINE);
    let end = Instant::now() + deadline;
    let (sender, receiver) = mpsc::sync_channel(1);
    let work = move || drop(sender.send(act(end)));
    thread::Builder::new()
        .spawn(work)
        .map_err(|error| fault(WebFault::Unreachable, format!("no thread can be started: {error}")))?;
    receiver.recv_timeout(end.saturating_duration_since(Instant::now())).unwrap_or_else(|_| Err(late(about)))
}

/// Sends octets under TLS and closes the connection, without waiting for an answer.
///
/// # Errors
/// As those of an exchange.
pub(super) fn send(host: &str, port: u16, trust: &WebTrust, bytes: &[u8], deadline: Duration) -> Result<(), WebError> {
    let socket = Socket::connect(host, port, Instant::now() + deadline)?;
    let mut stream = handshake(trust::config(trust)?, host, socket)?;
    let broken = |error: io::Error| explain(host, &error);
    stream.write_all(bytes).map_err(broken)?;
    stream.conn.send_close_notify();
    stream.flush().map_err(broken)
}

/// Speaks TLS with whoever is at the other end. `host` is the name that its certificate must have.
fn handshake(
    config: ClientConfig,
    host: &str,
    mut socket: Socket,
) -> Result<StreamOwned<ClientConnection, Socket>, WebError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| fault(WebFault::Url, format!("{host:?} is no name of a server")))?;
    let mut connection = ClientConnection::new(Arc::new(config), name)
        .map_err(|error| fault(WebFault::Tls, format!("TLS cannot begin with {host}: {error}")))?;
    while connection.is_handshaking() {
        match connection.complete_io(&mut socket) {
            Ok((0, 0)) => return Err(closed(host)),
            Ok(_) => {}
            Err(error) if hangs_up(error.kind()) => return Err(closed(host)),
            Err(error) => return Err(explain(host, &error)),
        }
    }
    Ok(StreamOwned::new(connection, socket))
}

const fn hangs_up(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

fn closed(host: &str) -> WebError {
    fault(WebFault::Tls, format!("{host} closed the connection while TLS was agreed on"))
}

/// Turns what reading or writing brought into a fault.
fn explain(about: &str, error: &io::Error) -> WebError {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return trust::explain(about, tls);
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => late(about),
        _ => fault(WebFault::Broken, format!("the connection to {about} broke: {error}")),
    }
}

fn late(about: &str) -> WebError {
    fault(WebFault::Late, format!("no whole answer came from {about} in time"))
}

fn fault(fault: WebFault, why: impl Into<String>) -> WebError {
    WebError { fault, why: why.into() }
}
