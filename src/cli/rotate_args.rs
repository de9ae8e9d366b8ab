//! The command line of `rotate`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::args::PolicyArgs;
use super::farm_args::FileArgs;
use super::node_args::StateArgs;
use crate::app::rotate::plan;
use crate::protocol::Hex;

/// `s2scert rotate`.
#[derive(Debug, Subcommand)]
pub enum RotateCommand {
    /// Look at the farm, plan a roll of the certificate, and show it as one page; nothing is changed
    ///
    /// Exit code 5 when a plan was made that would change something, 3 when something stands against a roll, 8 when a part of
    /// the farm was not seen.
    Plan(Box<PlanArgs>),
    /// Show a plan that was made before, as the page that somebody approves; no server is asked
    Show {
        /// The plan
        #[arg(value_name = "PLAN.json", default_value = plan::DEFAULT_OUT)]
        plan: PathBuf,
    },
    /// Carry out a plan, one line a step
    ///
    /// Exit code 0 when everything was proven, 10 when the roll was taken back, 11 when something is left to do, 9 when the plan
    /// is refused or somebody else holds the farm.
    Apply(Box<ApplyArgs>),
    /// Go on with a roll that was cut off, in the direction in which it went
    Resume(Box<AgainArgs>),
    /// Take a roll back: the row first, then what follows it, at last the certificates of the servers
    Rollback(Box<AgainArgs>),
    /// Give a roll up: what was changed stays, no PFX is left, and another roll may begin
    ///
    /// Exit code 11: the farm is as the roll has left it. Take it back instead where that is possible.
    Abort(Box<AgainArgs>),
    /// Bring new, rebuilt or drifted servers to the certificate that the row names: plan it, show it, and with approval carry it out
    ///
    /// The row is never written. Exit code 5 when the plan waits for approval; once it is carried out, those of `apply`.
    Repair(Box<RepairArgs>),
    /// Remove an old certificate once its quarantine is over: plan it, show it, and with approval carry it out
    ///
    /// Everything is proven with the certificate of the row before. The quarantine began when a roll from here first verified it.
    /// Exit code 5 when the plan waits for approval; once it is carried out, those of `apply`.
    Retire(Box<RetireArgs>),
    /// Prove that every server and SharePoint use the certificate of a roll; nothing is changed
    ///
    /// Exit code 3 when something is not so, 8 when something was not seen.
    Verify(VerifyArgs),
    /// Write down that somebody has done a step by hand, or judge what its scripts printed; without either, show which are
    ///
    /// Exit code 3 when an output says that it is not so, 9 when an output is not taken, 11 when something is left to do.
    Record(RecordArgs),
    /// Show the rolls that are kept here, who holds the farm, and what stands on each server
    ///
    /// Exit code 11 when a roll is open.
    Status(StatusArgs),
    /// Write a plan as numbered PowerShell files with a runbook, for people who run its steps themselves
    ///
    /// Nothing is asked of any server. What the program runs through PowerShell is written octet for octet; each step says how
    /// far its script is proven.
    Emit(EmitArgs),
    /// Put plan, journal, the facts afterwards and the audit log of a roll into one file
    ///
    /// examples/check_evidence.py checks it without this program. Exit code 8 when the farm could not be seen for it.
    Evidence(EvidenceArgs),
}

/// `s2scert rotate emit`.
#[derive(Args, Debug)]
pub struct EmitArgs {
    /// The plan
    #[arg(value_name = "PLAN.json", default_value = plan::DEFAULT_OUT)]
    pub plan: PathBuf,

    /// The folder to write into; it is made with access for you alone, and must be empty
    #[arg(long, value_name = "DIR")]
    pub dir: PathBuf,
}

/// `s2scert rotate evidence`.
#[derive(Args, Debug)]
pub struct EvidenceArgs {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "evidence.json")]
    pub out: PathBuf,

    /// The roll [default: the one that was last written to]
    #[arg(long, value_name = "NAME")]
    pub roll: Option<String>,

    /// Ask no server: without the facts afterwards
    #[arg(long)]
    pub here: bool,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,

    /// The description of the farm [default: that with which the roll was begun]
    #[arg(long, value_name = "FILE")]
    pub farm: Option<PathBuf>,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plans and journals are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// How the servers are reached.
#[derive(Args, Debug)]
#[command(next_help_heading = "Servers")]
pub struct ReachArgs {
    /// Put s2scert on servers that lack this version of it
    #[arg(long)]
    pub push: bool,

    /// The program for servers of another system than this machine's: s2scert.exe
    #[arg(long, value_name = "FILE")]
    pub node_program: Option<PathBuf>,
}

/// The credential, and how its password is found. Never from an argument, never from the environment.
#[derive(Args, Debug)]
#[command(next_help_heading = "Credential")]
pub struct CredentialArgs {
    /// The PFX with the new certificate and its key
    #[arg(long, value_name = "F.pfx")]
    pub credential: Option<PathBuf>,

    /// Read its password from the first line of a file; may be given again, each is tried
    #[arg(long, value_name = "FILE")]
    pub password_file: Vec<PathBuf>,

    /// Read its password from the first line of stdin
    #[arg(long)]
    pub password_stdin: bool,

    /// Run a program and take the first line of its output; split at spaces, double quotes keep spaces, no shell
    #[arg(long, value_name = "COMMAND")]
    pub password_command: Vec<String>,
}

/// The shapes of a roll.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum StrategyArg {
    /// The first set-up: no row yet.
    Initial,
    /// The documented way, with a gap until SharePoint has read the metadata again.
    Direct,
    /// Both certificates are published before and after the switch: no gap, unproven on a real farm.
    Overlap,
    /// The old certificate has expired: as direct, and SharePoint's web servers are started anew.
    Recover,
    /// No switch: servers are brought to the certificate that the row names.
    Repair,
    /// No switch: an old certificate goes after its quarantine.
    Retire,
}

/// Why a certificate is rolled.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum ReasonArg {
    /// The old key is in other hands: the old certificate goes at once, and what still rests on it breaks.
    KeyCompromise,
}

/// `s2scert rotate plan`.
#[derive(Args, Debug)]
pub struct PlanArgs {
    /// The shape of the roll [default: initial where there is no row yet, else direct]
    #[arg(long, value_enum)]
    pub strategy: Option<StrategyArg>,

    /// Make a self-signed certificate as the table certificate of farm.toml says, and write it to --credential [default: s2s-new.pfx]
    #[arg(long, conflicts_with_all = ["password_file", "password_stdin", "password_command"])]
    pub issue: bool,

    /// With --issue: make a password and write it to this file [default: the name of the PFX with .pass]
    #[arg(long, value_name = "FILE", requires = "issue")]
    pub generate_password_to: Option<PathBuf>,

    /// Remove the old certificate so many days after everything was verified [default: it stays]
    #[arg(long, value_name = "DAYS")]
    pub retire_after: Option<u16>,

    /// Why it is rolled, where that shapes the plan
    #[arg(long, value_enum)]
    pub reason: Option<ReasonArg>,

    /// With --strategy repair: this server only; may be given again [default: all that sign]
    #[arg(long, value_name = "NAME")]
    pub node: Vec<String>,

    /// With --strategy retire: the thumbprint (SHA-1) of the certificate that goes
    #[arg(long, value_name = "THUMBPRINT")]
    pub old: Option<Hex<20>>,

    /// Plan from bundles of `farm collect` in this folder instead of asking the servers; `apply` looks at the servers all the same
    #[arg(long, value_name = "DIR", conflicts_with_all = ["push", "node_program"])]
    pub from: Option<PathBuf>,

    /// The plan to write
    #[arg(long, value_name = "F.json", default_value = plan::DEFAULT_OUT)]
    pub out: PathBuf,

    /// Replace files that exist
    #[arg(long)]
    pub force: bool,

    /// The credential.
    #[command(flatten)]
    pub credential: CredentialArgs,

    /// The policy by which the certificate is judged.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where the journals of earlier rolls are.
    #[command(flatten)]
    pub state: StateArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}

/// `s2scert rotate repair`.
#[derive(Args, Debug)]
pub struct RepairArgs {
    /// This server only; may be given again [default: all that sign]
    #[arg(long, value_name = "NAME")]
    pub node: Vec<String>,

    /// What every such verb has.
    #[command(flatten)]
    pub upkeep: UpkeepArgs,
}

/// `s2scert rotate retire`.
#[derive(Args, Debug)]
pub struct RetireArgs {
    /// The thumbprint (SHA-1) of the certificate that goes
    #[arg(long, value_name = "THUMBPRINT")]
    pub old: Option<Hex<20>>,

    /// How many days the quarantine has [default: 14]
    #[arg(long, value_name = "DAYS")]
    pub retire_after: Option<u16>,

    /// What every such verb has.
    #[command(flatten)]
    pub upkeep: UpkeepArgs,
}

/// What `rotate repair` and `rotate retire` have in common.
#[derive(Args, Debug)]
pub struct UpkeepArgs {
    /// Carry out what was planned and shown a moment ago
    #[arg(long, conflicts_with = "approved_digest")]
    pub apply: bool,

    /// Carry out the plan that was shown before, whose SHA-256 this is; another plan is refused
    #[arg(long, value_name = "HEX")]
    pub approved_digest: Option<String>,

    /// The plan to write, or to carry out [default: repair.json or retire.json]
    #[arg(long, value_name = "F.json")]
    pub out: Option<PathBuf>,

    /// Replace a plan that exists
    #[arg(long)]
    pub force: bool,

    /// Take over the lease of this fence, whose holder is dead
    #[arg(long, value_name = "FENCE")]
    pub take_over: Option<u64>,

    /// The credential.
    #[command(flatten)]
    pub credential: CredentialArgs,

    /// The policy by which the certificate is judged.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plans and journals are kept.
    #[command(flatten)]
    pub state: StateArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}

/// `s2scert rotate apply`.
#[derive(Args, Debug)]
pub struct ApplyArgs {
    /// The plan
    #[arg(value_name = "PLAN.json", default_value = plan::DEFAULT_OUT)]
    pub plan: PathBuf,

    /// SHA-256 of the plan that was approved; another plan is refused
    #[arg(long, value_name = "HEX")]
    pub approved_digest: Option<String>,

    /// End with exit code 20 when there was nothing to do
    #[arg(long)]
    pub detailed_exitcode: bool,

    /// Take over the lease of this fence, whose holder is dead
    #[arg(long, value_name = "FENCE")]
    pub take_over: Option<u64>,

    /// The credential.
    #[command(flatten)]
    pub credential: CredentialArgs,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plan and journal are kept.
    #[command(flatten)]
    pub state: StateArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}

/// `s2scert rotate resume` and `rotate rollback`.
#[derive(Args, Debug)]
pub struct AgainArgs {
    /// The plan [default: that of the one roll that is open here]
    #[arg(value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,

    /// Take the journal from the server that writes the row: the controller that had it is lost
    #[arg(long, requires = "plan")]
    pub from_node: bool,

    /// Take over the lease of this fence, whose holder is dead; `rotate status` tells the fence
    #[arg(long, value_name = "FENCE")]
    pub take_over: Option<u64>,

    /// The description of the farm [default: that with which the roll was begun, else farm.toml]
    #[arg(long, value_name = "FILE")]
    pub farm: Option<PathBuf>,

    /// The credential.
    #[command(flatten)]
    pub credential: CredentialArgs,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plan and journal are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `s2scert rotate verify`.
#[derive(Args, Debug)]
pub struct VerifyArgs {
    /// The plan [default: that of the roll that is open here, else of the last]
    #[arg(value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,

    /// Ask each site of app_only in farm.toml with a token that a server makes and signs with the new key; unproven on a real farm
    #[arg(long)]
    pub token: bool,

    /// The description of the farm [default: that with which the roll was begun, else farm.toml]
    #[arg(long, value_name = "FILE")]
    pub farm: Option<PathBuf>,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plan and journal are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `s2scert rotate record`.
#[derive(Args, Debug)]
pub struct RecordArgs {
    /// The step: its number on the page of the plan, or its name
    #[arg(value_name = "STEP")]
    pub step: Option<String>,

    /// What a script printed that was run by hand, as Tee-Object wrote it; - is standard input; may be given again
    ///
    /// A step is recorded when every look of it was handed in and proves that it is so.
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,

    /// The plan of a roll that people do from its beginning [default: that of the roll that is open here]
    #[arg(long, value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,

    /// Who has done it [default: the account that runs this]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// What to say about it: what was seen, a ticket, the output of a command
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub note: String,

    /// Where plan and journal are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `s2scert rotate status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// Ask no server: only what is kept here
    #[arg(long)]
    pub here: bool,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Where plans and journals are kept.
    #[command(flatten)]
    pub state: StateArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}
