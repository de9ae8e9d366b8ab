//! A mail server of the tests: STARTTLS or TLS from the first octet, a login, and what a bad day brings. It knows nothing of
//! the program; what it takes is written down as it came.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::tls_server::Server;

/// How a server behaves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Manner {
    StartTls,
    Implicit,
    /// It offers no TLS.
    Plain,
    /// It accepts a connection and says nothing.
    Hangs,
    /// It refuses each recipient for good.
    Refuses,
    /// It cannot take anything now.
    NotNow,
}

/// What a server was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Letter {
    pub(super) login: Option<(String, String)>,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) data: String,
    pub(super) in_tls: bool,
}

/// A server with everything that came.
pub(super) struct MailHost {
    pub(super) server: Server,
    pub(super) letters: Arc<Mutex<Vec<Letter>>>,
    /// Every line that was read in clear.
    pub(super) in_clear: Arc<Mutex<String>>,
    pub(super) connections: Arc<Mutex<u32>>,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl MailHost {
    pub(super) fn new(manner: Manner, config: Arc<ServerConfig>) -> Self {
        let letters: Arc<Mutex<Vec<Letter>>> = Arc::default();
        let in_clear: Arc<Mutex<String>> = Arc::default();
        let connections: Arc<Mutex<u32>> = Arc::default();
        let kept = (letters.clone(), in_clear.clone(), connections.clone());
        let server = Server::raw(move |stream| {
            *kept.2.lock().unwrap() += 1;
            let _ = serve(manner, &config, stream, &kept.0, &kept.1);
        });
        Self { server, letters, in_clear, connections }
    }
}

fn serve(
    manner: Manner,
    config: &Arc<ServerConfig>,
    mut stream: TcpStream,
    letters: &Mutex<Vec<Letter>>,
    in_clear: &Mutex<String>,
) -> io::Result<()> {
    let tls = |stream| ServerConnection::new(config.clone()).map(|one| StreamOwned::new(one, stream));
    match manner {
        Manner::Hangs => {
            std::thread::sleep(Duration::from_secs(6));
            Ok(())
        }
        Manner::Implicit => {
            let mut stream = tls(stream).map_err(io::Error::other)?;
            talk(manner, &mut stream, letters, None, true).map(drop)
        }
        _ => {
            if talk(manner, &mut stream, letters, Some(in_clear), true)? {
                let mut stream = tls(stream).map_err(io::Error::other)?;
                talk(manner, &mut stream, letters, None, false)?;
            }
            Ok(())
        }
    }
}

/// Speaks SMTP; returns whether the client wants TLS from here on.
fn talk(
    manner: Manner,
    stream: &mut dyn Stream,
    letters: &Mutex<Vec<Letter>>,
    in_clear: Option<&Mutex<String>>,
    greets: bool,
) -> io::Result<bool> {
    let in_tls = in_clear.is_none();
    if greets {
        stream.write_all(b"220 mail.contoso.com ESMTP\r\n")?;
    }
    let mut letter = Letter { in_tls, ..Letter::default() };
    loop {
        let line = line(stream)?;
        if let Some(seen) = in_clear {
            seen.lock().unwrap().push_str(&line);
        }
        let line = line.trim_end();
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let rest = line.get(word.len()..).unwrap_or_default().trim().to_owned();
        let answer: &str = match word.as_str() {
            "EHLO" if in_tls => "250-mail.contoso.com\r\n250 AUTH PLAIN LOGIN",
            "EHLO" if manner == Manner::Plain => "250 mail.contoso.com",
            "EHLO" => "250-mail.contoso.com\r\n250 STARTTLS",
            "STARTTLS" => {
                stream.write_all(b"220 go ahead\r\n")?;
                return Ok(true);
            }
            "AUTH" => {
                let plain = rest.strip_prefix("PLAIN ").and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default();
                let text = String::from_utf8_lossy(&plain).into_owned();
                let parts: Vec<&str> = text.split('\0').collect();
                letter.login =
                    parts.get(1).zip(parts.get(2)).map(|(user, word)| ((*user).to_owned(), (*word).to_owned()));
                if letter.login.as_ref().is_some_and(|(_, word)| word == "Mail-4711") {
                    "235 welcome"
                } else {
                    "535 no"
                }
            }
            "MAIL" if manner == Manner::NotNow => "451 come back later",
            "MAIL" => {
                letter.from = rest;
                "250 ok"
            }
            "RCPT" if manner == Manner::Refuses => "550 nobody here",
            "RCPT" => {
                letter.to.push(rest);
                "250 ok"
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                while !letter.data.ends_with("\r\n.\r\n") {
                    letter.data.push_str(&self::line(stream)?);
                }
                letters.lock().unwrap().push(std::mem::take(&mut letter));
                letter.in_tls = in_tls;
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(false);
            }
            _ => "250 ok",
        };
        stream.write_all(answer.as_bytes())?;
        stream.write_all(b"\r\n")?;
        stream.flush()?;
    }
}

fn line(stream: &mut dyn Stream) -> io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") && line.len() < 64 << 10 {
        let mut octet = [0];
        stream.read_exact(&mut octet)?;
        line.extend(octet);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}
