//! A connection that ends at an instant, however slowly the other end trickles.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::{fault, late};
use crate::ports::{WebError, WebFault};

/// The most addresses of one name that are tried.
const MOST_ADDRESSES: usize = 8;

/// A connection with its end.
pub(super) struct Socket {
    stream: TcpStream,
    end: Instant,
}

impl Socket {
    /// Connects to the first address of a name that answers. Each address gets its share of the time that is left, so that
    /// one that swallows everything does not keep the others from their turn.
    ///
    /// # Errors
    /// [`WebFault::Name`], [`WebFault::Unreachable`], [`WebFault::Late`].
    pub(super) fn connect(host: &str, port: u16, end: Instant) -> Result<Self, WebError> {
        let unknown = |error: io::Error| fault(WebFault::Name, format!("the name {host} cannot be resolved: {error}"));
        let found = (host, port).to_socket_addrs().map_err(unknown)?;
        let addresses: Vec<SocketAddr> = found.take(MOST_ADDRESSES).collect();
        let mut last = None;
        for (turn, address) in addresses.iter().enumerate() {
            let left = end.saturating_duration_since(Instant::now());
            let turns = u32::try_from(addresses.len() - turn).unwrap_or(u32::MAX);
            let share = left / turns;
            if share.is_zero() {
                return Err(late(host));
            }
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => return Ok(Self { stream, end }),
                Err(error) => last = Some((address, error)),
            }
        }
        Err(match last {
            Some((address, error)) => fault(WebFault::Unreachable, format!("nothing answers at {address}: {error}")),
            None => fault(WebFault::Name, format!("the name {host} has no address")),
        })
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
