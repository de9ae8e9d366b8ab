//! The command line of `schedule`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::node_args::StateArgs;
use crate::app::schedule::Options;
use crate::watch::schedule::TriggerKind;

/// `s2scert schedule`.
#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Install what calls the watch every 15 minutes: a task, a systemd timer or a cron table
    ///
    /// When the watch really looks is decided by the schedule of the settings. It shows first what it would do, and changes the
    /// machine only after a typed yes, or with --yes. Exit code 5: nobody has agreed.
    Install {
        /// What is installed.
        #[command(flatten)]
        of: TriggerArgs,

        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show what would be installed, how it stands on the machine, and when the watch looks next
    Show {
        /// What is shown.
        #[command(flatten)]
        of: TriggerArgs,
    },
    /// Take away what was installed
    Remove {
        /// Where the watch keeps its state.
        #[command(flatten)]
        state: StateArgs,

        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Tell whether the schedule is still there, switched on and right, and whether the watch is allowed what it needs
    ///
    /// Exit code 3: something is wrong with the schedule; 8: a right is missing, so a place is unseen.
    Check {
        /// The settings of the watch
        #[arg(long, value_name = "FILE")]
        config: PathBuf,

        /// Where the watch keeps its state.
        #[command(flatten)]
        state: StateArgs,
    },
}

/// Which trigger.
#[derive(Args, Debug)]
pub struct TriggerArgs {
    /// The settings of the watch
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,

    /// The sort of trigger [default: the best that the machine has]
    #[arg(long, value_enum)]
    pub kind: Option<KindArg>,

    /// As whom the watch runs: on Windows a managed service account such as CONTOSO\s2scert$, which must be an administrator
    /// of the server [default: SYSTEM or root]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,

    /// Where the watch keeps its state.
    #[command(flatten)]
    pub state: StateArgs,
}

/// The sorts of triggers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum KindArg {
    /// A task of the Windows Task Scheduler.
    Task,
    /// A service and a timer of systemd.
    Systemd,
    /// A table in /etc/cron.d.
    Cron,
}

impl ScheduleCommand {
    pub(super) fn options(&self) -> Options {
        match self {
            Self::Install { of, .. } | Self::Show { of } => Options {
                config: Some(of.config.clone()),
                state: of.state.state_dir.clone(),
                kind: of.kind.map(|kind| match kind {
                    KindArg::Task => TriggerKind::Task,
                    KindArg::Systemd => TriggerKind::Systemd,
                    KindArg::Cron => TriggerKind::Cron,
                }),
                account: of.account.clone(),
            },
            Self::Remove { state, .. } => Options { state: state.state_dir.clone(), ..Options::default() },
            Self::Check { config, state } => {
                Options { config: Some(config.clone()), state: state.state_dir.clone(), ..Options::default() }
            }
        }
    }
}
