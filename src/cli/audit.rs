//! `audit`: its command line, and what answers it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::node_args::StateArgs;
use super::output::Output;
use super::views;
use crate::app::audit;
use crate::error::{ExitCode, Result};
use crate::ports::Host;
use crate::protocol::Hex;

/// `s2scert audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Show the last events
    Show {
        /// The most events
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        most: u32,

        /// Where the log is.
        #[command(flatten)]
        state: StateArgs,
    },
    /// Read the chain from its beginning, and look for a head that is known from elsewhere
    ///
    /// Exit code 3 when the chain is broken, or the head is not in it.
    Verify {
        /// A head that was sent out or written down before: 64 hexadecimal digits
        #[arg(long, value_name = "HEX")]
        head: Option<Hex<32>>,

        /// Where the log is.
        #[command(flatten)]
        state: StateArgs,
    },
    /// Write the lines of the log into a file, for a checker that is not ours
    Export(ExportArgs),
}

/// `s2scert audit export`.
#[derive(Args, Debug)]
pub struct ExportArgs {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,

    /// Where the log is.
    #[command(flatten)]
    pub state: StateArgs,
}

pub(super) fn audit(command: &AuditCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        AuditCommand::Show { most, state } => {
            let report = audit::show(host, state.state_dir.as_deref(), *most as usize)?;
            output.answer(&report, views::audit::render)?;
            Ok(if report.broken.is_some() { ExitCode::Finding } else { ExitCode::Ok })
        }
        AuditCommand::Verify { head, state } => {
            let report = audit::verify(host, state.state_dir.as_deref(), *head)?;
            output.answer(&report, views::audit::render_verify)?;
            Ok(report.exit_code())
        }
        AuditCommand::Export(args) => {
            let report = audit::export(host, args.state.state_dir.as_deref(), &args.out, args.force)?;
            output.answer(&report, views::audit::render_export)?;
            Ok(ExitCode::Ok)
        }
    }
}
