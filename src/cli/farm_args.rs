//! The command line of `farm`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use crate::app::farm::init::Request;
use crate::farm::description::Transport;

/// `s2scert farm`.
#[derive(Debug, Subcommand)]
pub enum FarmCommand {
    /// Write a commented description of the farm to begin with
    ///
    /// It is filled with what the options say. Where none names a server, an organization or an account, this server is asked:
    /// with the deployment tools it knows the servers of the deployment and their roles, its services tell their accounts, and
    /// a SharePoint server its version and the organizations that it trusts. Every other line that needs a look is marked
    /// EXAMPLE.
    Init(Box<InitArgs>),
    /// Find everything that is wrong with the description, at once
    Check(FileArgs),
    /// Show in one table what servers showed, and where the four places disagree
    ///
    /// Exit code 3 when something is wrong, 8 when a part of the farm was not seen and the rest is in order.
    Status(StatusArgs),
    /// Write the same as one HTML file that needs nothing else
    Report(ReportArgs),
    /// Write what this server shows into a bundle, for farm status --from
    ///
    /// It holds public certificates, where keys are and who can read them; no key and no password.
    Collect(CollectArgs),
}

impl FarmCommand {
    /// Returns the description that is read.
    pub(super) fn description(&self) -> Option<&Path> {
        match self {
            Self::Init(_) => None,
            Self::Check(args) => Some(&args.file),
            Self::Status(args) => Some(&args.of.farm.file),
            Self::Report(args) => Some(&args.of.farm.file),
            Self::Collect(args) => Some(&args.farm.file),
        }
    }
}

/// Which description.
#[derive(Args, Debug)]
pub struct FileArgs {
    /// The description of the farm
    #[arg(long = "farm", value_name = "FILE", default_value = crate::app::farm::DEFAULT_FILE)]
    pub file: PathBuf,
}

/// What servers show, and of which farm.
#[derive(Args, Debug)]
pub struct FromArgs {
    /// Read bundles from this folder instead of asking the servers
    #[arg(long, value_name = "DIR", conflicts_with_all = ["deadline", "node", "push", "node_program"])]
    pub from: Option<PathBuf>,

    /// Ask this server only; may be given again
    #[arg(long, value_name = "NAME")]
    pub node: Vec<String>,

    /// The way.
    #[command(flatten)]
    pub way: WayArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}

/// How servers are asked.
#[derive(Args, Debug)]
pub struct WayArgs {
    /// How long each server may take, in seconds; all are asked at once
    #[arg(long, value_name = "SECONDS", default_value_t = 180, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub deadline: u32,

    /// Put s2scert on servers that lack this version of it
    #[arg(long)]
    pub push: bool,

    /// The program for servers of another system than this machine's: s2scert.exe
    #[arg(long, value_name = "FILE")]
    pub node_program: Option<PathBuf>,
}

/// `s2scert farm status`.
#[derive(Args, Debug)]
pub struct StatusArgs {
    /// What servers show.
    #[command(flatten)]
    pub of: FromArgs,

    /// Look again every so many seconds, until it is interrupted
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60",
        value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub watch: Option<u32>,
}

/// `s2scert farm collect`.
#[derive(Args, Debug)]
pub struct CollectArgs {
    /// The file to write; with --all the folder
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// Replace what exists
    #[arg(long)]
    pub force: bool,

    /// The name of this server in farm.toml [default: the node with transport local, or with the name of this machine]
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub node: Option<String>,

    /// Ask every server, and write a file NAME.json for each into the folder --out
    #[arg(long)]
    pub all: bool,

    /// The way.
    #[command(flatten)]
    pub way: WayArgs,

    /// The description.
    #[command(flatten)]
    pub farm: FileArgs,
}

/// `s2scert farm report`.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub html: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,

    /// What servers showed.
    #[command(flatten)]
    pub of: FromArgs,
}

/// `s2scert farm init`.
#[derive(Args, Debug)]
pub struct InitArgs {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = crate::app::farm::DEFAULT_FILE)]
    pub out: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,

    /// The name of the farm
    #[arg(long, value_name = "NAME", default_value = "farm")]
    pub name: String,

    /// A server with the web role; may be given again, as all below
    #[arg(long, value_name = "NAME")]
    pub web: Vec<String>,

    /// A server with the asynchronous role [default: the first of --web]
    #[arg(long = "async", value_name = "NAME")]
    pub asynchronous: Vec<String>,

    /// A server with the deployment tools; the first does the step that is done once [default: the first of --web]
    #[arg(long, value_name = "NAME")]
    pub tools: Vec<String>,

    /// A SharePoint server
    #[arg(long, value_name = "NAME")]
    pub sharepoint: Vec<String>,

    /// The unique name of an organization
    #[arg(long = "org", value_name = "NAME")]
    pub organizations: Vec<String>,

    /// The host under which SharePoint reads the metadata document
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,

    /// The account of the services [default: NETWORK SERVICE]
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,

    /// How the servers are reached
    #[arg(long, value_enum, default_value_t = TransportArg::Winrm)]
    pub transport: TransportArg,

    /// Ask this server nothing: write what the options say, and examples
    #[arg(long)]
    pub offline: bool,

    /// Ask nothing on the terminal either; so also with --json, and where no terminal is
    #[arg(long)]
    pub no_input: bool,
}

/// The ways to a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum TransportArg {
    /// OpenSSH, Server 2019 and later.
    Ssh,
    /// Windows Remote Management.
    Winrm,
    /// By hand.
    Manual,
}

impl InitArgs {
    pub(super) fn request(&self, json: bool) -> Request {
        Request {
            out: self.out.clone(),
            force: self.force,
            name: self.name.clone(),
            web: self.web.clone(),
            asynchronous: self.asynchronous.clone(),
            tools: self.tools.clone(),
            sharepoint: self.sharepoint.clone(),
            organizations: self.organizations.clone(),
            host: self.host.clone(),
            account: self.account.clone(),
            transport: match self.transport {
                TransportArg::Ssh => Transport::Ssh,
                TransportArg::Winrm => Transport::Winrm,
                TransportArg::Manual => Transport::Manual,
            },
            offline: self.offline,
            ask: !self.no_input && !json,
        }
    }
}
