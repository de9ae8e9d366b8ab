//! Requests about the machine itself: its PowerShell, its services, its application pools.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::input::Field;
use super::script::{
    DESCRIBE, GET_APP_POOLS, GET_SERVICES, NETWORK_IDENTITY, RECYCLE_APP_POOL, RESET_IIS, RESTART_SERVICE, Script,
};

/// Asks what PowerShell is there.
#[derive(Clone, Copy, Debug)]
pub struct Describe;

/// What PowerShell is on a machine, and what of a call it writes down.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Description {
    /// The version, `5.1.…`.
    pub version: String,
    /// `Desktop` for Windows PowerShell.
    pub edition: String,
    /// Whether the process has 64 bits.
    pub is64_bit: bool,
    /// `FullLanguage` where scripts may do all they need.
    pub language_mode: String,
    /// The execution policy of each scope.
    pub policies: Vec<PolicyOfScope>,
    /// The execution policy in force.
    pub effective_policy: String,
    /// Whether the parameters of every cmdlet are logged, the one-use password among them.
    pub module_logging: bool,
    /// Whether the text of scripts is logged. Ours holds no datum.
    pub script_block_logging: bool,
    /// Whether starts and ends of scripts are logged.
    pub invocation_logging: bool,
    /// Whether everything that is printed is written to a file.
    pub transcription: bool,
    /// Where transcripts go; empty for the default.
    pub transcript_folder: String,
    /// How the service of AppLocker starts: 2 by itself, 3 on demand, 4 never.
    #[serde(deserialize_with = "Option::deserialize")]
    pub app_locker_start: Option<i64>,
    /// The collections for which AppLocker has rules.
    pub app_locker_rules: Vec<String>,
    /// How Windows Defender Application Control treats programs: 0 off, 1 audited, 2 enforced.
    #[serde(deserialize_with = "Option::deserialize")]
    pub code_integrity: Option<i64>,
    /// The local disks.
    pub disks: Vec<Disk>,
    /// Whether Windows waits for a restart to end the installation of an update.
    pub restart_pending: bool,
    /// The account.
    pub identity: String,
    /// How it was authenticated: `Kerberos`, `NTLM`, `Negotiate`, or nothing for a local session.
    pub authentication: String,
    /// How far it may act for the account.
    pub impersonation: String,
}

/// One local disk.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Disk {
    /// Its name: `C:`.
    pub name: String,
    /// Its free octets; nothing where that cannot be read, as of a locked one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub free: Option<u64>,
}

/// The execution policy of one scope.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PolicyOfScope {
    /// The scope.
    pub scope: String,
    /// The policy.
    pub policy: String,
}

impl Call for Describe {
    const SCRIPT: Script = DESCRIBE;
    type Answer = Description;
}

/// Measures by one read of the domain's SYSVOL share whether the session has credentials to go on with.
#[derive(Clone, Copy, Debug)]
pub struct NetworkIdentity;

/// What became of that read.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NetworkAccess {
    /// The share that was read.
    pub share: String,
    /// Whether it could be read. Where it could not, the second hop is refused.
    pub reached: bool,
    /// The words of the system, in its language, where it could not.
    #[serde(deserialize_with = "Option::deserialize")]
    pub message: Option<String>,
}

impl Call for NetworkIdentity {
    const SCRIPT: Script = NETWORK_IDENTITY;
    type Answer = NetworkAccess;
}

/// Asks for the services of Dynamics (`MSCRM…`), of SharePoint's timer and of IIS.
#[derive(Clone, Copy, Debug)]
pub struct GetServices;

/// The services, and the processes behind them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Services {
    /// The services.
    pub services: Vec<Service>,
    /// The processes of those that run.
    pub processes: Vec<StartedProcess>,
}

/// One service.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Service {
    /// The key name, such as `MSCRMAsyncService`.
    pub name: String,
    /// The name in the language of the server.
    pub display_name: String,
    /// `Running`, `Stopped` and so on.
    pub state: String,
    /// `Auto`, `Manual`, `Disabled`.
    pub start_mode: String,
    /// The account it runs as: who needs to read the private key.
    pub start_name: String,
    /// The process, 0 where it does not run.
    pub process_id: u32,
}

/// A process and its start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StartedProcess {
    /// The number.
    pub id: u32,
    /// The start by the clock of the server, ISO 8601 in UTC.
    pub started: String,
}

impl Call for GetServices {
    const SCRIPT: Script = GET_SERVICES;
    type Answer = Services;
}

/// Restarts one service that runs.
#[derive(Clone, Debug)]
pub struct RestartService {
    /// Its key name.
    pub name: String,
}

/// The states after an act.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct States {
    /// The state of each that has the name.
    pub states: Vec<String>,
}

impl Call for RestartService {
    const SCRIPT: Script = RESTART_SERVICE;
    type Answer = States;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("name", Field::Text(&self.name))]
    }
}

/// Asks for the application pools.
#[derive(Clone, Copy, Debug)]
pub struct GetAppPools;

/// The application pools, and the worker processes of this machine.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AppPools {
    /// The pools.
    pub pools: Vec<AppPool>,
    /// The worker processes of all pools.
    pub workers: Vec<Worker>,
}

/// One application pool.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AppPool {
    /// The name, such as `CRMAppPool`.
    pub name: String,
    /// `Started`, `Stopped` and so on.
    pub state: String,
    /// `NetworkService`, `SpecificUser`, `ApplicationPoolIdentity` and so on.
    pub identity_type: String,
    /// The account where the type is `SpecificUser`.
    pub user_name: String,
}

/// One worker process.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Worker {
    /// The number.
    pub id: u32,
    /// The command line, which names the pool behind `-ap`. Empty where the caller may not see it.
    pub command_line: String,
    /// The start by the clock of the server, ISO 8601 in UTC.
    pub started: String,
}

impl Call for GetAppPools {
    const SCRIPT: Script = GET_APP_POOLS;
    type Answer = AppPools;
}

/// Recycles one application pool that runs.
#[derive(Clone, Debug)]
pub struct RecycleAppPool {
    /// Its name.
    pub name: String,
}

impl Call for RecycleAppPool {
    const SCRIPT: Script = RECYCLE_APP_POOL;
    type Answer = States;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("name", Field::Text(&self.name))]
    }
}

/// Restarts the web server of this machine, of Dynamics or of SharePoint.
#[derive(Clone, Copy, Debug)]
pub struct ResetIis;

/// What `iisreset.exe` did.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct IisReset {
    /// Its exit code.
    #[serde(deserialize_with = "Option::deserialize")]
    pub exit_code: Option<i64>,
    /// What it printed, in the language of the server.
    pub output: Vec<String>,
    /// The state of the service W3SVC afterwards.
    pub states: Vec<String>,
}

impl Call for ResetIis {
    const SCRIPT: Script = RESET_IIS;
    type Answer = IisReset;
}
