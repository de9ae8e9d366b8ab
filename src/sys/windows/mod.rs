//! What is special on Windows. Exports the same names as its sibling for Unix.
//!
//! Long paths work: the standard library and `ffi` write them with the `\\?\` prefix.

pub(super) mod events;
mod ffi;
pub(super) mod file;
pub(super) mod folder;
pub(super) mod key_access;
pub(super) mod machine;
mod name;
pub(super) mod openssh;
pub(super) mod powershell;
pub(super) mod principal;
pub(super) mod process;
pub(super) mod scheduler;
pub(super) mod stop;
pub(super) mod store;
pub(super) mod terminal;

#[cfg(test)]
mod tests;
