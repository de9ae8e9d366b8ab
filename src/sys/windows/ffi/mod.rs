//! Calls of the Windows API: the only unsafe code of the house. Each function is safe to call and decides nothing.

pub(super) mod account;
pub(super) mod cert_store;
pub(super) mod console;
pub(super) mod csp;
pub(super) mod events;
pub(super) mod file;
pub(super) mod http;
pub(super) mod job;
pub(super) mod lock;
pub(super) mod machine;
pub(super) mod ncrypt;
pub(super) mod security;
pub(super) mod system;

use std::ffi::OsStr;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::path::{Component, Path, Prefix};

/// From this length on, in UTF-16 units, a path is written in the form that has no limit of 260 (MAX_PATH).
const LONG: usize = 240;

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

/// Returns a path as UTF-16 with a NUL at its end; a long one absolute and with `\\?\` before it, as the standard library
/// writes it.
///
/// # Errors
/// `InvalidInput` when there is a NUL in it, or that of finding the current folder.
fn wide_path(path: &Path) -> io::Result<Vec<u16>> {
    let given = wide(path.as_os_str())?;
    let absolute = std::path::absolute(path)?;
    if absolute.as_os_str().encode_wide().count() < LONG {
        return Ok(given);
    }
    let (start, skipped) = match absolute.components().next() {
        Some(Component::Prefix(prefix)) => match prefix.kind() {
            Prefix::Disk(_) => (r"\\?\", 0),
            // The two backslashes before the server become one behind UNC.
            Prefix::UNC(..) => (r"\\?\UNC", 1),
            _ => return Ok(given),
        },
        _ => return Ok(given),
    };
    let rest = wide(absolute.as_os_str())?;
    Ok(start.encode_utf16().chain(rest.into_iter().skip(skipped)).collect())
}

/// Returns the last error of this thread where a call returned 0.
fn check(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
