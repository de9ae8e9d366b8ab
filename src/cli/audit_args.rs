//! The command line of `audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::node_args::StateArgs;
use super::rotate_args::ReachArgs;
use crate::app::audit::{ExportOptions, Options};
use crate::app::farm::DEFAULT_FILE;
use crate::protocol::Hex;

/// `s2scert audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show what was done in a roll, record by record
    Show(OfArgs),
    /// Verify that the journal of a roll is whole
    Verify {
        /// The hash of a record that somebody wrote down elsewhere: it must be in the journal
        #[arg(long, value_name = "HEX")]
        head: Option<Hex<32>>,

        /// Which roll.
        #[command(flatten)]
        of: OfArgs,
    },
    /// Write everything about a roll into one file, for somebody who has no s2scert
    ///
    /// Plan, journal, the facts before and after, versions and hashes. examples/check_evidence.py checks it.
    Export(ExportArgs),
}

/// Which roll.
#[derive(Args, Debug)]
pub struct OfArgs {
    /// The roll [default: the last that was begun here]
    #[arg(value_name = "ROLL")]
    pub roll: Option<String>,

    /// Where plans and journals are kept.
    #[command(flatten)]
    pub state: StateArgs,
}

/// `s2scert audit export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The file to write
    #[arg(long, value_name = "F.json")]
    pub out: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,

    /// Ask no server: without the facts after the roll
    #[arg(long)]
    pub here: bool,

    /// The description of the farm, which is looked at once more
    #[arg(long, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub farm: PathBuf,

    /// How the servers are reached.
    #[command(flatten)]
    pub reach: ReachArgs,

    /// Which roll.
    #[command(flatten)]
    pub of: OfArgs,
}

impl OfArgs {
    pub(super) fn options(&self, head: Option<Hex<32>>) -> Options {
        Options { roll: self.roll.clone(), head, state: self.state.state_dir.clone() }
    }
}

impl ExportArgs {
    pub(super) fn options(&self) -> ExportOptions {
        let farm = (!self.here).then(|| self.farm.clone());
        ExportOptions { of: self.of.options(None), out: self.out.clone(), force: self.force, farm }
    }
}
