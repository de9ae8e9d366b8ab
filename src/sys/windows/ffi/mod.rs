//! Calls of the Windows API: the only unsafe code of the house. Each function is safe to call and decides nothing.

pub(super) mod console;
pub(super) mod file;
pub(super) mod job;
pub(super) mod security;

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;

/// Returns the text as UTF-16 with a NUL at its end.
///
/// # Errors
/// `InvalidInput` when there is a NUL in it.
fn wide(text: &OsStr) -> io::Result<Vec<u16>> {
    let mut units: Vec<u16> = text.encode_wide().collect();
    if units.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a NUL character in a name"));
    }
    units.push(0);
    Ok(units)
}

/// Returns the last error of this thread where a call returned 0.
fn check(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
