//! HTTPS servers on loopback, for the tests of the client and for the lab: rustls over a listener of its own port.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![allow(clippy::disallowed_methods, reason = "a server of the tests")]
#![allow(dead_code, reason = "every test crate uses a part")]

use std::io::{self, Read as _, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

/// How long a connection may stand still.
const PATIENCE: Duration = Duration::from_secs(20);

/// A certificate authority.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    pub(crate) der: Vec<u8>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { params, key, der }
    }

    /// Issues to a server, valid in these years.
    pub(crate) fn issue(&self, names: &[&str], from: i32, until: i32) -> Identity {
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names[0]);
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        Identity { leaf: leaf.der().to_vec(), key: key.serialize_der() }
    }
}

/// A certificate of a server with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) leaf: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

impl Identity {
    /// How TLS is spoken with this certificate.
    pub(crate) fn config(&self, versions: &[&'static SupportedProtocolVersion]) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let chain = vec![CertificateDer::from(self.leaf.clone())];
        Arc::new(config.with_no_client_auth().with_single_cert(chain, key).unwrap())
    }
}

/// A listener of a port of its own, with a thread for each connection. Dropped, it stops listening.
pub(crate) struct Server {
    pub(crate) port: u16,
    ended: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Server {
    /// Hands every connection on.
    pub(crate) fn raw(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::at(0, serve).unwrap()
    }

    /// As [`Server::raw`], at a given port.
    pub(crate) fn at(port: u16, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let port = listener.local_addr()?.port();
        let ended = Arc::new(AtomicBool::new(false));
        let (seen, serve) = (ended.clone(), Arc::new(serve));
        let listen = move || {
            for stream in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let _ = stream.set_read_timeout(Some(PATIENCE));
                let _ = stream.set_write_timeout(Some(PATIENCE));
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        };
        Ok(Self { port, ended, listening: Some(thread::spawn(listen)) })
    }

    /// Answers every request over TLS. `answer` gets the head of the request and writes; where it fails, the connection ends
    /// without goodbye.
    pub(crate) fn tls(
        config: Arc<ServerConfig>,
        answer: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::raw(move |stream| {
            let _ = speak(&config, stream, &answer);
        })
    }
}

/// Speaks TLS with a client, reads the head of one request, and answers.
pub(crate) fn speak(
    config: &Arc<ServerConfig>,
    stream: TcpStream,
    answer: &dyn Fn(&str, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 << 10 {
        let mut octet = [0];
        tls.read_exact(&mut octet)?;
        head.extend(octet);
    }
    answer(&String::from_utf8_lossy(&head), &mut tls)?;
    tls.conn.send_close_notify();
    tls.flush()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the listener, so that it sees its end.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}
