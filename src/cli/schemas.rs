//! The JSON schemas that `s2scert schema` prints, one for each document that a person or a script reads or writes.

use clap::ValueEnum;
use schemars::{Schema, schema_for};

use super::ErrorReport;
use crate::app::{
    access, check, doctor, explain, export, farm, fieldtest, import, inspect, issue, policies, rehearse, rotate,
    schedule, version, watch,
};
use crate::{node, protocol};

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum SchemaArg {
    /// `issue --json`.
    Issue,
    /// `import --json`.
    Import,
    /// `export --json`.
    Export,
    /// `inspect --json`.
    Inspect,
    /// `check --json`.
    Check,
    /// `policy list --json`.
    PolicyList,
    /// `policy show --json`.
    Policy,
    /// `policy explain --json`.
    Explanation,
    /// `access show|grant|revoke|restore|check --json`.
    Access,
    /// `access prove --json`.
    AccessProve,
    /// The file farm.toml.
    Farm,
    /// `farm init --json`.
    FarmInit,
    /// `farm check --json`.
    FarmCheck,
    /// `farm status --json`.
    FarmStatus,
    /// `farm report --json`.
    FarmReport,
    /// `farm collect --json`.
    FarmCollect,
    /// A bundle: what one server shows, for `farm status --from`.
    FarmFacts,
    /// `doctor --json`.
    Doctor,
    /// `explain --json`.
    Explain,
    /// `version --json`.
    Version,
    /// What `node` reads.
    NodeRequest,
    /// What `node` answers.
    NodeAnswer,
    /// `store list --json`.
    StoreList,
    /// `store show --json`.
    StoreShow,
    /// `install --json` and `store install --json`.
    StoreInstall,
    /// `store remove --json`.
    StoreRemove,
    /// `store orphans --json`.
    StoreOrphans,
    /// `rehearse --json`.
    Rehearse,
    /// `rotate plan --json`.
    RotatePlan,
    /// The last line of `rotate apply --json`, `rotate resume --json`, `rotate rollback --json` and `rotate abort --json`.
    RotateRun,
    /// Each other line of them.
    RotateProgress,
    /// `rotate status --json`.
    RotateStatus,
    /// `rotate verify --json`.
    RotateVerify,
    /// `rotate record --json`.
    RotateRecord,
    /// `rotate emit --json`.
    RotateEmit,
    /// `rotate evidence --json`.
    RotateEvidence,
    /// The file that `rotate evidence` writes.
    Evidence,
    /// The file that `rotate plan` writes.
    RotationPlan,
    /// `fieldtest --json`.
    Fieldtest,
    /// The bundle that `fieldtest` writes.
    FieldtestBundle,
    /// `watch --json`.
    Watch,
    /// `watch --once --if-due --json` and `watch --stay --json`.
    WatchRound,
    /// `schedule install|show|remove|check --json`.
    Schedule,
    /// The file watch.toml.
    WatchSettings,
    /// What channels are sent.
    WatchMessage,
    /// `alert list --json`.
    AlertList,
    /// `alert ack --json` and `alert snooze --json`.
    AlertAnswer,
    /// `alert history --json`.
    AlertHistory,
    /// `alert test --json`.
    AlertTest,
    /// `audit show --json`.
    AuditShow,
    /// `audit verify --json`.
    AuditVerify,
    /// `audit export --json`.
    AuditExport,
    /// What any command prints with --json when it fails.
    Error,
}

/// Returns the schema of a document.
pub(super) fn of(which: SchemaArg) -> Schema {
    match which {
        SchemaArg::Issue => schema_for!(issue::IssueReport),
        SchemaArg::Import => schema_for!(import::ImportReport),
        SchemaArg::Export => schema_for!(export::ExportReport),
        SchemaArg::Inspect => schema_for!(inspect::InspectReport),
        SchemaArg::Check => schema_for!(check::CheckReport),
        SchemaArg::PolicyList => schema_for!(policies::PolicyList),
        SchemaArg::Policy => schema_for!(policies::ShownPolicy),
        SchemaArg::Explanation => schema_for!(policies::Explanation),
        SchemaArg::Access => schema_for!(node::access::AccessReport),
        SchemaArg::AccessProve => schema_for!(access::ProveReport),
        SchemaArg::Farm => crate::farm::description::farm_schema(),
        SchemaArg::FarmInit => schema_for!(farm::init::FarmInitReport),
        SchemaArg::FarmCheck => schema_for!(farm::check::FarmCheckReport),
        SchemaArg::FarmStatus => schema_for!(farm::status::FarmStatusReport),
        SchemaArg::FarmReport => schema_for!(farm::report::FarmReportReport),
        SchemaArg::FarmCollect => schema_for!(farm::collect::FarmCollectReport),
        SchemaArg::FarmFacts => schema_for!(crate::farm::bundle::Bundle),
        SchemaArg::Doctor => schema_for!(doctor::DoctorReport),
        SchemaArg::Explain => schema_for!(explain::ExplainReport),
        SchemaArg::Version => schema_for!(version::VersionReport),
        SchemaArg::NodeRequest => schema_for!(protocol::Request),
        SchemaArg::NodeAnswer => schema_for!(protocol::Answer),
        SchemaArg::StoreList => schema_for!(node::store::ListReport),
        SchemaArg::StoreShow => schema_for!(node::store::ShowReport),
        SchemaArg::StoreInstall => schema_for!(node::store::InstallReport),
        SchemaArg::StoreRemove => schema_for!(node::store::RemoveReport),
        SchemaArg::StoreOrphans => schema_for!(node::store::OrphansReport),
        SchemaArg::Rehearse => schema_for!(rehearse::RehearseReport),
        SchemaArg::RotatePlan => schema_for!(rotate::plan::PlanReport),
        SchemaArg::RotateRun => schema_for!(rotate::run::RunReport),
        SchemaArg::RotateProgress => schema_for!(rotate::progress::Progress),
        SchemaArg::RotateStatus => schema_for!(rotate::status::StatusReport),
        SchemaArg::RotateVerify => schema_for!(rotate::verify::VerifyReport),
        SchemaArg::RotateRecord => schema_for!(rotate::record::RecordReport),
        SchemaArg::RotateEmit => schema_for!(rotate::emit::EmitReport),
        SchemaArg::RotateEvidence => schema_for!(rotate::evidence::EvidenceReport),
        SchemaArg::Evidence => schema_for!(crate::rotation::evidence::Evidence),
        SchemaArg::RotationPlan => schema_for!(crate::rotation::plan::Plan),
        SchemaArg::Fieldtest => schema_for!(fieldtest::FieldReport),
        SchemaArg::FieldtestBundle => schema_for!(fieldtest::Bundle),
        SchemaArg::Watch => schema_for!(watch::WatchReport),
        SchemaArg::WatchRound => schema_for!(watch::round::Round),
        SchemaArg::Schedule => schema_for!(schedule::ScheduleReport),
        SchemaArg::WatchSettings => crate::watch::settings::schema(),
        SchemaArg::WatchMessage => schema_for!(crate::notify::Message),
        SchemaArg::AlertList => schema_for!(watch::alerts::AlertList),
        SchemaArg::AlertAnswer => schema_for!(watch::alerts::AlertAnswer),
        SchemaArg::AlertHistory => schema_for!(watch::alerts::AlertHistory),
        SchemaArg::AlertTest => schema_for!(watch::alerts::AlertTest),
        SchemaArg::AuditShow => schema_for!(crate::app::audit::AuditShow),
        SchemaArg::AuditVerify => schema_for!(crate::app::audit::AuditVerify),
        SchemaArg::AuditExport => schema_for!(crate::app::audit::AuditExport),
        SchemaArg::Error => schema_for!(ErrorReport),
    }
}
