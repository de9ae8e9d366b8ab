//! The terminal.

#![expect(clippy::disallowed_methods, reason = "the edge at which the terminal is opened and its variables are read")]

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, IsTerminal};

use super::os;
use crate::cert::Password;
use crate::ports::{Stream, Terminal};

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

    fn width(&self) -> Option<u16> {
        os::terminal::width()
    }

    fn prompt_secret(&self, text: &str) -> io::Result<Option<Password>> {
        match OpenOptions::new().read(true).write(true).open(os::terminal::CONTROLLING_TERMINAL) {
            Ok(terminal) if terminal.is_terminal() => {}
            // Without a terminal of its own (a service, a scheduled job) the process cannot open it at all.
            _ => return Ok(None),
        }
        match rpassword::prompt_password(text) {
            Ok(secret) => Ok(Some(Password::new(secret))),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(io::Error::new(ErrorKind::UnexpectedEof, "no password was typed"))
            }
            Err(error) => Err(error),
        }
    }
}
