//! What a Windows machine and this process are.

use std::io;

use super::ffi::{machine, security};
use crate::ports::MachineFacts;

/// Returns the facts.
///
/// # Errors
/// That of the system.
pub(crate) fn facts() -> io::Result<MachineFacts> {
    Ok(MachineFacts {
        system: "windows".to_owned(),
        version: machine::version()?,
        name: machine::name()?,
        account: security::current_user()?,
        elevated: machine::elevated()?,
    })
}
