//! The bridge to Windows PowerShell 5.1: constant scripts, data on standard input, one JSON answer between two marker lines.
//!
//! [`call()`] runs one typed request and returns its typed result. `docs/powershell.md` tells the subset that the scripts keep
//! to, and what is proven of them.

mod answer;
mod call;
mod cause;
mod clixml;
mod crm;
mod input;
mod machine;
mod reconfiguration;
mod remoting;
mod script;
mod sharepoint;
mod signals;

pub use answer::{AnswerError, LIMIT_OF_ANSWER, ScriptFailure, read};
pub use call::{Call, CallError, CallFault, call};
pub use cause::{CAUSES, Cause, cause};
pub use clixml::message;
pub use crm::{
    CertificateType, CrmCertificate, CrmCertificates, CrmServer, CrmServers, GetCrmCertificate, GetCrmServer,
    RemoveCrmCertificate, Removed, SetCrmCertificate,
};
pub use input::{Field, InputError, LIMIT_OF_INPUT, Marker, NotOneUse, OneUsePassword, input};
pub use machine::{
    AppPool, AppPools, Describe, Description, Disk, GetAppPools, GetServices, IisReset, NetworkAccess, NetworkIdentity,
    PolicyOfScope, RecycleAppPool, ResetIis, RestartService, Service, Services, StartedProcess, States, Worker,
};
pub use reconfiguration::{
    CertificateReconfiguration, LocateReconfiguration, Location, ReconfigurationOutcome, ReportedError,
};
pub use remoting::{AskNode, Far, FromNode, Put, PutOnNode};
pub use script::*;
pub use sharepoint::{
    FarmServer, GetMetadataJob, GetSharePointTrusts, HoldMetadataJob, JobRun, MetadataJob, ReleaseMetadataJob,
    RootAuthority, ServiceApplication, SharePointTrusts, StartMetadataJob, TrustedIssuer,
};
pub use signals::{CrmMonitoring, GetCrmMonitoring, GetEvents, LogEvent, LogEvents};
