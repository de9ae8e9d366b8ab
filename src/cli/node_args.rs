//! The command line of `node`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use crate::node::engine::{Allow, Settings};

/// `s2scert node`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct NodeArgs {
    /// One request.
    #[command(flatten)]
    pub serve: ServeArgs,

    /// What else.
    #[command(subcommand)]
    pub command: Option<NodeCommand>,
}

/// How one request is answered.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// What a request may ask for: to observe only, or to act as well
    #[arg(long, value_enum, default_value_t = AllowArg::All)]
    pub allow: AllowArg,

    /// How long the request may take to come in, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub read_within: u32,

    /// Where this node keeps its state.
    #[command(flatten)]
    pub state: StateArgs,
}

/// Where this node keeps its state.
#[derive(Args, Debug)]
pub struct StateArgs {
    /// The state folder
    /// [default: S2SCERT_STATE; else %ProgramData%\s2scert, /var/lib/s2scert for root, $XDG_STATE_HOME/s2scert]
    #[arg(long, value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// The verbs of `node`.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Show what this node is, who runs it, what stands on it and what was left behind
    Describe(StateArgs),
}

/// What a request may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum AllowArg {
    /// To observe.
    Observe,
    /// To observe and to act.
    All,
}

impl ServeArgs {
    pub(super) fn settings(&self) -> Settings {
        let allow = match self.allow {
            AllowArg::Observe => Allow::Observe,
            AllowArg::All => Allow::All,
        };
        let read_within = Duration::from_secs(u64::from(self.read_within));
        Settings { allow, state: self.state.state_dir.clone(), read_within }
    }
}
