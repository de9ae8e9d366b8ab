//! A few octets to one address, as syslog wants them; and waiting.

use std::io;
use std::time::Duration;

use super::WebTrust;

/// Sends octets to an address without waiting for an answer.
pub trait Wire: Send + Sync {
    /// Sends everything. Over UDP nobody says whether it arrived.
    ///
    /// # Errors
    /// What the system reports, or [`io::ErrorKind::TimedOut`].
    fn send(&self, to: &WireTarget, bytes: &[u8]) -> io::Result<()>;
}

/// Where octets go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WireTarget {
    /// How.
    pub protocol: WireProtocol,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How long everything may take together.
    pub deadline: Duration,
}

/// How octets go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WireProtocol {
    /// One datagram.
    Udp,
    /// One connection.
    Tcp,
    /// One connection under TLS, with whoever is trusted so.
    Tls(WebTrust),
}

/// Waits.
pub trait Pause: Send + Sync {
    /// Returns after this time.
    fn pause(&self, time: Duration);
}
