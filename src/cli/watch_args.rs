//! The command line of `watch` and `alert`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};

use super::args::PolicyArgs;
use super::node_args::StateArgs;
use super::password_args::PasswordArgs;
use crate::app::watch::alerts::Answer;
use crate::app::watch::{Options, Ways};

/// `s2scert watch`.
#[derive(Args, Debug)]
#[command(after_help = "\
Without a channel in the settings nobody but the reader of this output is told, and nothing is remembered. \
Exit code 6: an alert of level attention or warning stands; 7: error or critical; 4: something could not be read; \
13: somebody should have been told, and nothing got through.")]
pub struct WatchArgs {
    /// Files, folders (searched to the bottom), patterns (*, ?, **), tls://HOST:PORT or the https address of a metadata document, in addition to those of the settings
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Look once and end; a schedule of the machine calls again
    #[arg(long, required_unless_present = "stay")]
    pub once: bool,

    /// Look only where the schedule of the settings has a run due that has not been made: for a trigger that calls every
    /// 15 minutes
    #[arg(long, requires = "config", conflicts_with = "stay")]
    pub if_due: bool,

    /// Stay and look whenever the schedule has a run due, until SIGTERM or Ctrl+C, which end it between two runs: for containers
    #[arg(long, requires = "config", conflicts_with = "once")]
    pub stay: bool,

    /// Once the certificate of the farm's row should have been rolled: plan and rehearse the roll with the credential that is
    /// staged (table unattended of farm.toml), and carry it out where that is allowed
    #[arg(long, requires = "config")]
    pub rotate: bool,

    /// The settings: what is watched, when somebody is told, and how
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// How the result is printed
    #[arg(long, value_enum, default_value_t = WatchFormat::Text, conflicts_with_all = ["if_due", "stay"])]
    pub format: WatchFormat,

    /// Where what was told is remembered.
    #[command(flatten)]
    pub state: StateArgs,

    /// The policy.
    #[command(flatten)]
    pub policy: PolicyArgs,

    /// Passwords of the files, each tried on each locked file.
    #[command(flatten)]
    pub password: PasswordArgs,
}

/// How the result of a watch is printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum WatchFormat {
    /// Sentences.
    Text,
    /// One line for each alert.
    Table,
    /// One line for Nagios and its kin, with exit codes 0 to 3.
    Nagios,
}

impl WatchArgs {
    pub(super) fn options(&self) -> Options {
        Options {
            paths: self.paths.clone(),
            ways: Ways(Some(Arc::new(super::ways::looking))),
            hands: Ways(Some(Arc::new(super::ways::acting_plainly))),
            rotate: self.rotate,
            config: self.config.clone(),
            state: self.state.state_dir.clone(),
            policy: self.policy.policy.clone(),
            waivers: self.policy.waivers.clone(),
            passwords: super::requests::sources(&self.password),
        }
    }
}

/// `s2scert alert`.
#[derive(Debug, Subcommand)]
pub enum AlertCommand {
    /// List what was told, the worst first
    List(StateArgs),
    /// Take an alert on: nobody else is told because you do not answer
    Ack {
        /// Which one, and who answers.
        #[command(flatten)]
        answer: AnswerArgs,
    },
    /// Say that nobody wants to hear of an alert for a while; it ends early when it gets worse
    Snooze {
        /// Which one, and who answers.
        #[command(flatten)]
        answer: AnswerArgs,

        /// Until when: 3d, 2026-12-01 (UTC), or an RFC 3339 instant
        #[arg(long, value_name = "WHEN")]
        until: String,
    },
    /// Show the delivery log, the newest first
    History {
        /// The most lines
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
        most: u32,

        /// Where it is remembered.
        #[command(flatten)]
        state: StateArgs,
    },
    /// Send a message over one channel that says that it is a test
    Test {
        /// The name of the channel
        channel: String,

        /// The settings
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

/// Which alert, and who answers.
#[derive(Args, Debug)]
pub struct AnswerArgs {
    /// The id of the alert, or its first letters
    pub id: String,

    /// Who answers [default: the account that runs this]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,

    /// What to say about it
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub note: String,

    /// Where it is remembered.
    #[command(flatten)]
    pub state: StateArgs,
}

impl AnswerArgs {
    pub(super) fn answer(&self) -> Answer {
        Answer { id: self.id.clone(), by: self.by.clone(), note: self.note.clone() }
    }
}
