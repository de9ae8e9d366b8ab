//! What happens on one server. Decisions come from the pure rooms, the world is touched through the ports.
//!
//! Only what nothing else reaches goes through PowerShell: see [`powershell`].

pub mod access;
pub mod acts;
pub mod engine;
pub mod powershell;
pub mod store;
