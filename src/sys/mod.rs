//! The real machine behind [`crate::ports`].
//!
//! One shape on both systems: `unix/` and `windows/` export the same names as `os`, and everything else here is written
//! once. All `cfg(unix)`, `cfg(windows)` and all unsafe code of the house live below this folder, unsafe code only in
//! `windows/ffi/`. Nothing here decides anything.

mod bounded;
mod commands;
#[cfg(test)]
mod contract;
mod deadline;
mod edges;
mod fault;
mod files;
mod key_access;
mod machine;
mod mail;
#[cfg(unix)]
#[path = "unix/mod.rs"]
mod os;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod os;
mod powershell;
mod scheduler;
mod staged;
mod state;
mod terminal;
mod web;
mod wire;
// The rules for Windows names are pure, so their table runs wherever the tests run.
#[cfg(all(test, unix))]
#[path = "windows/name.rs"]
mod windows_name;

use std::sync::Arc;

use crate::ports::{Host, PowerShell};

/// Returns the real machine. Only `main` asks for it.
pub fn host() -> Host {
    Host {
        clock: Arc::new(edges::SystemClock),
        random: Arc::new(edges::SystemRandom),
        files: Arc::new(files::SystemFiles::default()),
        terminal: Arc::new(terminal::SystemTerminal),
        environment: Arc::new(edges::ProcessEnvironment),
        commands: Arc::new(commands::SystemCommands),
        powershell: powershell(),
        key_access: Arc::new(key_access::SystemKeyAccess),
        principals: Arc::new(os::principal::SystemPrincipals),
        stores: Arc::new(os::store::SystemStores),
        state: Arc::new(state::SystemStateFolders),
        machine: Arc::new(machine::SystemMachine),
        mail: Arc::new(mail::SystemMail),
        wire: Arc::new(wire::SystemWire),
        pause: Arc::new(wire::SystemWire),
        web: Arc::new(web::SystemWeb),
        stop: os::stop::system(),
        scheduler: Arc::new(scheduler::SystemScheduler),
        events: os::events::system(),
    }
}

/// Returns the Windows PowerShell of this machine. Only `main` asks for it.
pub fn powershell() -> Arc<dyn PowerShell> {
    Arc::new(powershell::SystemPowerShell)
}
