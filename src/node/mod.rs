//! What happens on one server.
//!
//! Only what nothing else reaches goes through PowerShell: see [`powershell`].

pub mod powershell;
