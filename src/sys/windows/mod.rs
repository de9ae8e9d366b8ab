//! What is special on Windows. Exports the same names as its sibling for Unix.
//!
//! Paths are handed to the system as they come: one longer than 260 characters works where the machine allows long paths
//! or where it was written with the `\\?\` prefix.

mod ffi;
pub(super) mod file;
mod name;
pub(super) mod process;
pub(super) mod terminal;

#[cfg(test)]
mod tests;
