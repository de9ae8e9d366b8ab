//! The terminal on Windows.

/// The process's own console, whatever its standard streams are.
pub(crate) const CONTROLLING_TERMINAL: &str = "CONIN$";

pub(crate) use super::ffi::console::width;
