//! What a node tells of itself.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::Trouble;
use super::farm::{JobFacts, Rows, Servers, Services, Trusts};
use super::signals::{MonitoringFacts, SignalFacts};
use super::word::{Hex, Id, List, Octets, Text};

/// The most certificates of one answer.
pub const MOST_CERTIFICATES: usize = 2000;
/// The most rows, servers, services, trusts or entries of one answer.
pub const MOST_ROWS: usize = 500;
/// The most records of a journal in one answer.
pub const MOST_RECORDS: usize = 64;

/// The most collections of rules that are told; AppLocker has five.
const MOST_RULES: usize = 16;
/// The most disks that are told.
const MOST_DISKS: usize = 64;

/// What was seen, or what is now. On the wire an object with one key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Facts {
    /// Nothing was looked at.
    Nothing(super::Nothing),
    /// It could not be seen.
    Unseen(Trouble),
    /// What the node is.
    Node(Box<NodeFacts>),
    /// Certificates.
    Certificates(Certificates),
    /// Keys that no certificate names.
    Orphans(Orphans),
    /// What is staged.
    Staged(Staged),
    /// Who may use a key.
    Access(AccessFacts),
    /// A run of Microsoft's script.
    Script(ScriptRun),
    /// Certificate rows of the deployment.
    Rows(Rows),
    /// Servers of the deployment.
    Servers(Servers),
    /// Services and application pools.
    Services(Services),
    /// The lease.
    Lease(LeaseFacts),
    /// The roll marker.
    Roll(RollFacts),
    /// Records of a journal.
    Journal(JournalFacts),
    /// Trusts of SharePoint.
    Trusts(Trusts),
    /// The job that reads metadata.
    Job(JobFacts),
    /// A proof.
    Proof(ProofFacts),
    /// Events.
    Signals(SignalFacts),
    /// From when on the deployment warns.
    Monitoring(MonitoringFacts),
    /// What a site answered to a token.
    Token(super::token::TokenFacts),
}

/// What a node is, and what stands on it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NodeFacts {
    /// The version of s2scert.
    pub version: Text,
    /// SHA-256 of the program; unknown where its file is gone.
    pub program_sha256: Option<Hex<32>>,
    /// The system: `windows`, `linux`.
    pub system: Text,
    /// Its version.
    pub system_version: Text,
    /// The name of the machine.
    pub machine: Text,
    /// Who runs the program: a SID, or `uid:0`.
    pub account: Text,
    /// Whether it may change the machine.
    pub elevated: bool,
    /// What is kept on the node.
    pub state: StateFacts,
    /// Windows PowerShell, where there is one.
    pub powershell: Seen<PowerShellFacts>,
    /// Microsoft's script, where it is.
    pub script: Seen<ScriptFacts>,
    /// Whether this session has credentials to go on with, measured by a harmless read.
    pub network_identity: Seen<NetworkFacts>,
}

/// Something that is there, is not there, or could not be seen.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen<T> {
    /// It is there.
    There(T),
    /// It is not there.
    Absent(Text),
    /// It could not be seen.
    Unseen(Text),
}

/// What s2scert keeps on a node.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StateFacts {
    /// The folder.
    pub folder: Text,
    /// What makes it unsafe, so that every request to act is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<Text>,
    /// The highest fence that was seen.
    pub highest_fence: u64,
    /// Who holds the lease.
    pub lease: Option<Lease>,
    /// The roll that stands here.
    pub roll: Option<RollMarker>,
    /// What was left in the staging folder.
    pub staged: List<StagedFile, MOST_ROWS>,
    /// Attempts that were begun and of which the end is not known.
    pub open_attempts: List<OpenAttempt, MOST_ROWS>,
}

/// An attempt without an outcome.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAttempt {
    /// The roll.
    pub roll: Id,
    /// The step.
    pub step: Id,
    /// The attempt.
    pub attempt: u32,
    /// The action.
    pub action: Text,
    /// When it began.
    pub begun: Timestamp,
}

/// Windows PowerShell, what of a call it writes down, and what it tells of the machine.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PowerShellFacts {
    /// Its version.
    pub version: Text,
    /// Its language mode.
    pub language_mode: Text,
    /// The execution policy that is in force.
    pub execution_policy: Text,
    /// Whether it is the 64-bit one.
    pub is_64_bit: bool,
    /// Whether it logs modules, script blocks, or transcripts: three answers of three policies.
    pub module_logging: bool,
    /// Whether script blocks are logged.
    pub script_block_logging: bool,
    /// Whether sessions are written down.
    pub transcription: bool,
    /// Whether the beginning and end of each script block is logged as well.
    #[serde(default)]
    pub invocation_logging: bool,
    /// The edition: `Desktop` for Windows PowerShell.
    #[serde(default)]
    pub edition: Text,
    /// How the service of AppLocker starts: 2 by itself, 3 on demand, 4 never; nothing where there is none.
    #[serde(default)]
    pub app_locker_start: Option<i64>,
    /// The collections for which AppLocker has rules.
    #[serde(default)]
    pub app_locker_rules: List<Text, MOST_RULES>,
    /// How Windows Defender Application Control treats programs: 0 off, 1 audited, 2 enforced.
    #[serde(default)]
    pub code_integrity: Option<i64>,
    /// The local disks.
    #[serde(default)]
    pub disks: List<DiskFacts, MOST_DISKS>,
    /// Whether Windows waits for a restart to end the installation of an update.
    #[serde(default)]
    pub restart_pending: bool,
}

/// One local disk.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DiskFacts {
    /// Its name: `C:`.
    pub name: Text,
    /// Its free octets, where they could be read.
    pub free: Option<u64>,
}

/// Microsoft's script.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptFacts {
    /// Where it is.
    pub file: Text,
    /// SHA-256 of it.
    pub sha256: Hex<32>,
    /// What Windows says of its signature.
    pub signature: Text,
}

/// A harmless read of the domain's SYSVOL share.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFacts {
    /// What was read.
    pub share: Text,
    /// Whether it was reached: this session has credentials to go on with.
    pub reached: bool,
    /// What Windows said, where not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
}

/// One certificate of a store.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFacts {
    /// SHA-1 of the DER.
    pub thumbprint: Hex<20>,
    /// SHA-256 of the DER.
    pub fingerprint_sha256: Hex<32>,
    /// The subject as RFC 4514 text.
    pub subject: Text,
    /// The subject as DER.
    pub subject_der: Octets,
    /// The issuer as RFC 4514 text.
    pub issuer: Text,
    /// The first instant of validity.
    pub not_before: Timestamp,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The name that Windows shows beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<Text>,
    /// Its key, where it names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyFacts>,
    /// What was asked beyond that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<Box<super::WholeFacts>>,
}

/// The key that a certificate names.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFacts {
    /// The container, or the file.
    pub place: Text,
    /// The provider; nothing for a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<Text>,
    /// Its type; 0 is CNG.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_type: Option<u32>,
    /// KeySpec: 1 is AT_KEYEXCHANGE.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_spec: Option<u32>,
    /// `matches`, `other-key`, `missing` or `not-opened`.
    pub state: Id,
    /// Whether the provider gives it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exportable: Option<bool>,
    /// Who may use it: SDDL, or the text of a POSIX access list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Text>,
}

/// Something that could not be seen. It is not known to be absent.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GapFacts {
    /// What was looked for.
    pub what: Text,
    /// Why it was not seen.
    pub why: Text,
}

/// Certificates of one store.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Certificates {
    /// The certificates.
    pub certificates: List<CertificateFacts, MOST_CERTIFICATES>,
    /// Groups of one subject, by thumbprint.
    #[serde(default)]
    pub same_subject: List<List<Hex<20>, MOST_ROWS>, MOST_ROWS>,
    /// What else is wrong, as sentences.
    #[serde(default)]
    pub findings: List<Text, MOST_ROWS>,
    /// What could not be seen.
    #[serde(default)]
    pub gaps: List<GapFacts, MOST_ROWS>,
}

/// Keys that no certificate names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Orphans {
    /// The containers or files.
    pub keys: List<Text, MOST_CERTIFICATES>,
    /// What could not be seen.
    #[serde(default)]
    pub gaps: List<GapFacts, MOST_ROWS>,
}

/// What is staged.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Staged {
    /// The files.
    pub files: List<StagedFile, MOST_ROWS>,
}

/// A file in the staging folder.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StagedFile {
    /// Its name.
    pub name: Text,
    /// Its size in octets.
    pub size: u64,
    /// When it was written.
    pub written: Timestamp,
}

/// Who may use a key.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AccessFacts {
    /// The container, or the file.
    pub place: Text,
    /// The list before, as `restore-access` takes it.
    pub before: Text,
    /// The list as it is now.
    pub now: Text,
    /// What is not as asked for.
    #[serde(default)]
    pub differences: List<Text, MOST_ROWS>,
    /// What is wrong, whatever was asked for.
    #[serde(default)]
    pub findings: List<Text, MOST_ROWS>,
}

/// A run of Microsoft's script. Its exit code proves nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptRun {
    /// What ran.
    pub script: ScriptFacts,
    /// Its exit code.
    pub exit_code: Option<i64>,
    /// Its errors.
    pub errors: List<Text, MOST_ROWS>,
    /// What it printed.
    pub output: List<Text, MOST_ROWS>,
    /// What is left in the staging folder.
    pub staged: List<StagedFile, MOST_ROWS>,
}

/// The lease.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseFacts {
    /// Who holds it.
    pub lease: Option<Lease>,
    /// The highest fence that was seen.
    pub highest_fence: u64,
}

/// Who holds the farm while steps run.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lease {
    /// The roll.
    pub roll: Id,
    /// Who, for people.
    pub holder: Text,
    /// The fencing number.
    pub fence: u64,
    /// Since when.
    pub taken: Timestamp,
    /// When it runs out.
    pub until: Timestamp,
}

/// The roll marker.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RollFacts {
    /// The marker.
    pub roll: Option<RollMarker>,
}

/// A roll that has begun and not ended.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RollMarker {
    /// The roll.
    pub roll: Id,
    /// SHA-256 of its plan.
    pub plan_sha256: Hex<32>,
    /// Whose it is, for people.
    pub owner: Text,
    /// How far it is.
    pub phase: Id,
    /// Since when.
    pub begun: Timestamp,
    /// When it was last written.
    pub written: Timestamp,
}

/// Records of a journal.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct JournalFacts {
    /// The roll.
    pub roll: Id,
    /// How many records there are.
    pub length: u32,
    /// The number of the first record here.
    pub from: u32,
    /// The records. There may be more: ask from the next number.
    pub records: List<Octets, MOST_RECORDS>,
}

/// A proof that the node can use a key now.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ProofFacts {
    /// The DER of the certificate.
    pub certificate: Octets,
    /// The name of the node that was signed.
    pub node: Text,
    /// The signature, RSASSA-PKCS1-v1_5 with SHA-256, over the text that `docs/node-protocol.md` shows. It verified here.
    pub signature: Octets,
}
