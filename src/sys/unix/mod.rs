//! What is special on Unix. Exports the same names as its sibling for Windows.

pub(super) mod file;
pub(super) mod powershell;
pub(super) mod process;
pub(super) mod terminal;

#[cfg(test)]
mod tests;
