//! The command line: structures that clap fills. Texts here are the help that people read; nothing is decided.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::access_args::AccessCommand;
use super::farm_args::FarmCommand;
use super::node_args::NodeArgs;
use super::password_args::{InPasswordArgs, OutPasswordArgs, PasswordArgs};
use super::pfx_args::{FormatArg, KeyArg, PfxArgs, TargetArg};
use super::rotate_args::RotateCommand;
use super::schedule_args::ScheduleCommand;
use super::schemas::SchemaArg;
use super::store_args::{InstallArgs, StoreCommand};
use super::watch_args::{AlertCommand, WatchArgs};

/// Looks after the certificate with which Dynamics 365 Customer Engagement (on-premises) signs its server-to-server
/// tokens, and which SharePoint (on-premises) trusts.
#[derive(Debug, Parser)]
#[command(name = "s2scert", version, propagate_version = true, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,

    /// Print one JSON document on stdout instead of text; errors too
    #[arg(long, global = true)]
    pub json: bool,
}

const AFTER_HELP: &str = "\
Exit codes: 0 done or nothing to do, 1 internal fault, 2 usage, 3 a finding of severity error,
4 not found, or cannot be read or written, 5 a plan would change something,
6 an alert of level attention or warning, 7 an alert of level error or critical,
8 a part of the farm unseen, 9 refused, 10 a roll was taken back, 11 something is left to do by hand,
12 access to a key differs, 13 nothing could be delivered, 20 nothing to do (--detailed-exitcode).

A certificate for evaluation, from nothing to a PFX:
  s2scert issue --subject \"CN=crm.contoso.com,O=Contoso\" --generate-password-to s2s.pass

What is wrong with a file that somebody sent:
  s2scert inspect s2s.pfx --password-file s2s.pass --lint --for server2016";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key and a self-signed evaluation certificate, and write them as PFX and .cer
    Issue(Box<IssueArgs>),
    /// Read a key and certificates from any mix of files, order the chain, and write one bundle
    Import(Box<ImportArgs>),
    /// Write a bundle or PFX as PFX, PEM, P7B or .cer
    Export(Box<ExportArgs>),
    /// Show everything about a certificate, chain, key, CSR, P7B or PFX
    Inspect(InspectArgs),
    /// Check files and folders of certificates against a policy
    Check(CheckArgs),
    /// Install a PFX on this server: short form of `store install`
    Install(Box<InstallArgs>),
    /// List, show, install and remove certificates in the stores of this machine
    #[command(subcommand)]
    Store(StoreCommand),
    /// Show, change and prove who may use a private key
    #[command(subcommand)]
    Access(AccessCommand),
    /// Answer one request of a controller: JSON on stdin, one JSON answer on stdout
    Node(NodeArgs),
    /// Describe a farm, see it, and tell where it disagrees
    #[command(subcommand)]
    Farm(FarmCommand),
    /// Roll the certificate of a farm: plan, apply, resume, roll back
    #[command(subcommand)]
    Rotate(RotateCommand),
    /// Judge what a roll needs, on this server or over the farm, and tell what to do
    ///
    /// Exit code 3 when a check fails, 8 when something was not seen and nothing fails. docs/doctor.md lists the checks.
    Doctor(DoctorArgs),
    /// Look at certificates, and tell who must act by when
    Watch(Box<WatchArgs>),
    /// Show what the watch has told, and answer it
    #[command(subcommand)]
    Alert(AlertCommand),
    /// Show who did what, and whether the log of it is whole
    #[command(subcommand)]
    Audit(super::audit::AuditCommand),
    /// Install, show, check and remove what calls the watch by the clock
    #[command(subcommand)]
    Schedule(ScheduleCommand),
    /// Tell what an error text or code may mean here, and which command tells its causes apart
    Explain {
        /// The text as it was shown, a part of it, or a code in any spelling; several words need no quotation marks
        #[arg(required = true, value_name = "TEXT|CODE", allow_negative_numbers = true)]
        text: Vec<String>,
    },
    /// Show the policies and explain their rules
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the JSON schema of a command's --json output
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a folder
    Man {
        /// The folder, which must exist
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Tell what this program was built from
    Version,
    /// Roll the certificate of a sample farm that is not there: a full life, then everything that can go wrong
    ///
    /// The same planner and engine as in a real roll, against a simulation in virtual time. No server is asked, nothing is
    /// changed. Exit code 1 when an invariant was broken.
    Rehearse(RehearseArgs),
    /// Look, without changing anything, at what nobody has seen yet on a real server; write a bundle without names
    Fieldtest(FieldtestArgs),
}

/// `s2scert doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// The description of the farm [default: farm.toml, where it is there; else this server alone]
    #[arg(long, value_name = "FILE")]
    pub farm: Option<PathBuf>,

    /// Judge what servers showed: a folder of bundles, one JSON document of each
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,

    /// Where this node keeps its state.
    #[command(flatten)]
    pub state: super::node_args::StateArgs,
}

/// `s2scert rehearse`.
#[derive(Args, Clone, Debug)]
pub struct RehearseArgs {
    /// Rehearse this plan, on the farm as it was seen when it was made [default: a sample farm]
    #[arg(value_name = "PLAN.json", conflicts_with_all = ["servers", "from"])]
    pub plan: Option<PathBuf>,

    /// Plan from bundles of `farm collect` in this folder, with a stand-in for the new certificate, and rehearse that
    #[arg(long, value_name = "DIR", conflicts_with = "servers")]
    pub from: Option<PathBuf>,

    /// With --from: the shape of the roll [default: initial where there is no row yet, else direct]
    #[arg(long, value_enum, requires = "from")]
    pub strategy: Option<super::rotate_args::StrategyArg>,

    /// With --from: the description of the farm [default: farm.toml]
    #[arg(long, value_name = "FILE", requires = "from")]
    pub farm: Option<PathBuf>,

    /// How many servers of Dynamics the sample farm has
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::app::rehearse::MOST_SERVERS)))]
    pub servers: u32,

    /// What is left to chance follows from this number
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
}

/// `s2scert fieldtest`.
#[derive(Args, Debug)]
pub struct FieldtestArgs {
    /// Say that nothing shall be changed; there is no other way to run it
    #[arg(long, required = true)]
    pub read_only: bool,

    /// The bundle to write, JSON
    #[arg(long, value_name = "F.json")]
    pub out: PathBuf,

    /// Replace the bundle if it exists
    #[arg(long)]
    pub force: bool,

    /// Where this node keeps its state.
    #[command(flatten)]
    pub state: super::node_args::StateArgs,
}

/// `s2scert issue`.
#[derive(Args, Debug)]
pub struct IssueArgs {
    /// Subject of the certificate, RFC 4514 text as Windows shows it; {g} in a value is replaced by the generation
    #[arg(long, value_name = "DN", default_value = "CN=Dynamics 365 S2S evaluation")]
    pub subject: String,

    /// The element that makes this subject unique; added as OU unless the subject holds {g}
    /// [default: S2S g{YYYYMMDD}-{first 6 hex of the key's SHA-256}]
    #[arg(long, value_name = "TEXT")]
    pub generation: Option<String>,

    /// Validity in days from now
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=i64::from(crate::cert::issue::MAX_DAYS)))]
    pub days: u32,

    /// DNS name for the subjectAltName extension; may be given again
    #[arg(long = "dns", value_name = "NAME")]
    pub dns_names: Vec<String>,

    /// Kind of key to make
    #[arg(long, value_enum, default_value_t = KeyArg::Rsa2048)]
    pub key: KeyArg,

    /// Use this private key instead of making one (PEM or DER; a locked one needs --in-password-*)
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    pub key_file: Option<PathBuf>,

    /// The PFX to write
    #[arg(long, value_name = "F.pfx", default_value = "s2s.pfx")]
    pub out: PathBuf,

    /// The certificate to write, DER [default: the name of --out with .cer]
    #[arg(long, value_name = "F.cer")]
    pub cer: Option<PathBuf>,

    /// Read the PFX back after writing and show what `inspect` shows
    #[arg(long)]
    pub show: bool,

    /// Replace files that exist
    #[arg(long)]
    pub force: bool,

    /// How the PFX is made.
    #[command(flatten)]
    pub pfx: PfxArgs,

    /// The policy, before and after issuing.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Password of the new PFX.
    #[command(flatten)]
    pub password: OutPasswordArgs,

    /// Password of --key-file.
    #[command(flatten)]
    pub in_password: InPasswordArgs,
}

/// `s2scert import`.
#[derive(Args, Debug)]
pub struct ImportArgs {
    /// Files in any form: PEM, DER, P7B, PFX, PKCS#1, PKCS#8; - is stdin
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// The bundle to write: the encrypted key and the chain, leaf first, in one PEM
    #[arg(long, value_name = "F.pem")]
    pub out: PathBuf,

    /// The thumbprint (SHA-1 or SHA-256) of the leaf, where the files hold more than one
    #[arg(long, value_name = "THUMBPRINT")]
    pub leaf: Option<String>,

    /// Write the private key without a password
    #[arg(long)]
    pub insecure_unencrypted: bool,

    /// Replace the bundle if it exists
    #[arg(long)]
    pub force: bool,

    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Passwords of the files.
    #[command(flatten)]
    pub in_password: InPasswordArgs,

    /// Password of the bundle.
    #[command(flatten)]
    pub password: OutPasswordArgs,
}

/// `s2scert export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// A bundle, PFX or other file that holds the chain (and the key, where the output needs it); - is stdin
    #[arg(value_name = "IN")]
    pub input: PathBuf,

    /// The file to write
    #[arg(long, value_name = "F")]
    pub out: PathBuf,

    /// The form to write [default: by the name of --out: .pfx .p12, .pem, .p7b .p7c, .cer .crt .der; else pfx]
    #[arg(long, value_enum)]
    pub format: Option<FormatArg>,

    /// The thumbprint (SHA-1 or SHA-256) of the leaf, where the input holds more than one
    #[arg(long, value_name = "THUMBPRINT")]
    pub leaf: Option<String>,

    /// Write the private key of a PEM without a password
    #[arg(long)]
    pub insecure_unencrypted: bool,

    /// Replace the output if it exists
    #[arg(long)]
    pub force: bool,

    /// How a PFX is made.
    #[command(flatten)]
    pub pfx: PfxArgs,

    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Passwords of the input.
    #[command(flatten)]
    pub in_password: InPasswordArgs,

    /// Password of the output.
    #[command(flatten)]
    pub password: OutPasswordArgs,
}

/// `s2scert inspect`.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// The file; - is stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Say what in the file will not work, and why
    #[arg(long)]
    pub lint: bool,

    /// The oldest Windows Server that must read the file; makes --lint stricter
    #[arg(long = "for", value_name = "TARGET", requires = "lint")]
    pub target: Option<TargetArg>,

    /// Password of the file; without one, what can be seen from outside is shown.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// `s2scert check`.
#[derive(Args, Debug)]
#[command(
    after_help = "check never asks for a password at a prompt: name its sources. A file that none of them opens is reported."
)]
pub struct CheckArgs {
    /// Files and folders; folders are searched to the bottom; - is stdin
    #[arg(required = true, value_name = "FILE")]
    pub paths: Vec<PathBuf>,

    /// The oldest Windows Server that must read a PFX
    #[arg(long = "for", value_name = "TARGET")]
    pub target: Option<TargetArg>,

    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Passwords of the files, each tried on each locked file.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// Which policy.
#[derive(Args, Debug)]
#[command(next_help_heading = "Policy")]
pub struct PolicyArgs {
    /// A shipped policy (baseline, evaluation, production) or the path of one
    /// [default: evaluation for issue, production for all others]
    #[arg(long, value_name = "NAME|PATH")]
    pub policy: Option<String>,

    /// A file of waivers: accepted findings with owner, reason and end date
    #[arg(long, value_name = "FILE")]
    pub waivers: Option<PathBuf>,
}

/// `s2scert policy`.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the shipped policies
    List,
    /// Show the rules of a policy, with those it inherits
    Show {
        /// A shipped policy or the path of one
        #[arg(value_name = "NAME|PATH")]
        policy: String,
    },
    /// Explain a rule: what it asks, why, and where that is known from
    Explain {
        /// The identifier of a rule or lint finding
        id: String,
        /// The policy in which the rule stands
        #[arg(long, value_name = "NAME|PATH", default_value = "production")]
        policy: String,
    },
    /// Print the JSON schema of policy files
    Schema,
}

/// `s2scert schema`.
#[derive(Args, Debug)]
pub struct SchemaArgs {
    /// The command whose output is described
    #[arg(value_enum)]
    pub of: SchemaArg,
}
