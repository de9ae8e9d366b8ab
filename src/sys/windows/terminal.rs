//! The terminal on Windows.

#![expect(clippy::disallowed_methods, reason = "the edge at which the console is opened")]

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};

pub(crate) use super::ffi::console::width;

/// The process's own console, whatever its standard streams are.
const CONTROLLING_TERMINAL: &str = "CONIN$";

/// Asks for a line on the console without echo; returns nothing where there is none.
///
/// # Errors
/// That of the console.
pub(crate) fn ask(text: &str) -> io::Result<Option<String>> {
    match OpenOptions::new().read(true).write(true).open(CONTROLLING_TERMINAL) {
        Ok(console) if console.is_terminal() => rpassword::prompt_password(text).map(Some),
        _ => Ok(None),
    }
}
