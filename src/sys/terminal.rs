//! The terminal.

#![expect(clippy::disallowed_methods, reason = "the edge at which NO_COLOR, TERM and standard input are looked at")]

use std::io::{self, BufRead as _, ErrorKind, IsTerminal, Read as _, Write as _};

use super::os;
use crate::cert::Password;
use crate::ports::{Stream, Terminal};

/// The longest answer to a question, in octets.
const LONGEST_LINE: u64 = 4096;

/// The terminal of this process.
pub(super) struct SystemTerminal;

impl Terminal for SystemTerminal {
    fn is_terminal(&self, stream: Stream) -> bool {
        match stream {
            Stream::Stdin => io::stdin().is_terminal(),
            Stream::Stdout => io::stdout().is_terminal(),
            Stream::Stderr => io::stderr().is_terminal(),
        }
    }

    fn wants_color(&self, stream: Stream) -> bool {
        // https://no-color.org: set and not empty means no.
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        !refused && !dumb && self.is_terminal(stream)
    }

    fn pause(&self, span: std::time::Duration) {
        #[expect(clippy::disallowed_methods, reason = "the edge at which somebody is waited for")]
        std::thread::sleep(span);
    }

    fn width(&self) -> Option<u16> {
        os::terminal::width()
    }

    fn prompt_secret(&self, text: &str) -> io::Result<Option<Password>> {
        let Some(line) = os::terminal::ask(text)? else { return Ok(None) };
        let secret = Password::new(line);
        // The reader puts it where it met octets that are not UTF-8; a wrong password would be the only sign.
        if secret.expose().contains(char::REPLACEMENT_CHARACTER) {
            return Err(io::Error::new(ErrorKind::InvalidData, "what was typed is not UTF-8 text"));
        }
        Ok(Some(secret))
    }

    fn prompt_line(&self, text: &str) -> io::Result<Option<String>> {
        let mut out = io::stderr().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        let mut line = String::new();
        let count = io::stdin().lock().take(LONGEST_LINE).read_line(&mut line)?;
        if count as u64 == LONGEST_LINE {
            return Err(io::Error::new(ErrorKind::InvalidData, "the line is longer than any answer"));
        }
        Ok((count > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }
}
