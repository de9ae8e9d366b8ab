//! The terminal on Unix.

use std::io;

use rustix::termios::tcgetwinsize;

/// The process's own terminal, whatever its standard streams are.
pub(crate) const CONTROLLING_TERMINAL: &str = "/dev/tty";

/// Returns the width in columns of the terminal behind standard output or, failing that, standard error.
pub(crate) fn width() -> Option<u16> {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr())).ok()?;
    Some(size.ws_col).filter(|&columns| columns > 0)
}
