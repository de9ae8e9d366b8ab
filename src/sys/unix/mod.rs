//! What is special on Unix. Exports the same names as its sibling for Windows.

pub(super) mod events;
pub(super) mod file;
pub(super) mod folder;
pub(super) mod key_access;
pub(super) mod machine;
pub(super) mod openssh;
pub(super) mod powershell;
pub(super) mod principal;
pub(super) mod process;
pub(super) mod scheduler;
pub(super) mod stop;
pub(super) mod store;
pub(super) mod terminal;

#[cfg(test)]
mod folder_tests;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod tests;
