//! What a Unix machine and this process are.

use std::io;

use rustix::process::geteuid;
use rustix::system::uname;

use crate::ports::MachineFacts;

/// Returns the facts.
///
/// # Errors
/// None here.
pub(crate) fn facts() -> io::Result<MachineFacts> {
    let names = uname();
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    let user = geteuid();
    Ok(MachineFacts {
        system: text(names.sysname()).to_ascii_lowercase(),
        version: text(names.release()),
        name: text(names.nodename()),
        account: format!("uid:{}", user.as_raw()),
        elevated: user.is_root(),
    })
}
