//! Datagrams, and connections that are written to once; and waiting.

#![expect(clippy::disallowed_methods, reason = "the edge at which the program waits")]

use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _, UdpSocket};
use std::thread;
use std::time::Duration;

use super::{deadline, web};
use crate::ports::{Pause, Wire, WireProtocol, WireTarget};

/// The network of this machine.
pub(super) struct SystemWire;

impl Wire for SystemWire {
    fn send(&self, to: &WireTarget, bytes: &[u8]) -> io::Result<()> {
        let (to, bytes) = (to.clone(), bytes.to_vec());
        deadline::within(to.deadline, move || send(&to, &bytes))?
    }
}

impl Pause for SystemWire {
    fn pause(&self, time: Duration) {
        sleep(time);
    }
}

/// Lets this time pass.
pub(super) fn sleep(time: Duration) {
    thread::sleep(time);
}

fn send(to: &WireTarget, bytes: &[u8]) -> io::Result<()> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name leads to no address");
    for address in (to.host.as_str(), to.port).to_socket_addrs()? {
        let sent = match &to.protocol {
            WireProtocol::Udp => {
                let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
                UdpSocket::bind(any).and_then(|socket| socket.send_to(bytes, address)).map(drop)
            }
            WireProtocol::Tls(trust) => {
                // It goes through the addresses by itself.
                return web::send(&to.host, to.port, trust, bytes, to.deadline)
                    .map_err(|error| io::Error::other(error.why));
            }
            WireProtocol::Tcp => TcpStream::connect_timeout(&address, to.deadline).and_then(|mut stream| {
                stream.set_write_timeout(Some(to.deadline))?;
                stream.write_all(bytes)?;
                stream.shutdown(std::net::Shutdown::Write)
            }),
        };
        match sent {
            Ok(()) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}
