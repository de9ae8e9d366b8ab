//! `schedule`: the job, its view, its exit code, and the question before anything is changed.

use super::output::Output;
use super::schedule_args::ScheduleCommand;
use super::views;
use crate::app::schedule::{self as job, ScheduleReport};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;

pub(super) fn schedule(command: &ScheduleCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    let options = command.options();
    let report = match command {
        ScheduleCommand::Install { yes, .. } => {
            job::install(host, &options, |report| agreed(report, *yes, "install", host, output))?
        }
        ScheduleCommand::Remove { yes, .. } => {
            job::remove(host, &options, |report| agreed(report, *yes, "remove", host, output))?
        }
        ScheduleCommand::Show { .. } => job::show(host, &options)?,
        ScheduleCommand::Check { .. } => job::check(host, &options)?,
    };
    output.answer(&report, views::schedule::render)?;
    let shown = matches!(command, ScheduleCommand::Show { .. });
    Ok(if shown { ExitCode::Ok } else { report.exit_code() })
}

/// Asks whoever sits there. Where nobody does, or JSON was asked for, nobody agrees.
fn agreed(report: &ScheduleReport, yes: bool, verb: &str, host: &Host, output: &mut Output<'_>) -> Result<bool> {
    if yes || output.json {
        return Ok(yes);
    }
    output.talk(&views::schedule::render(report));
    let question = format!("Type yes to {verb} it (what you type is not shown): ");
    let broken =
        |error| Error::new(Kind::Usage, "nobody could be asked").because(error).hint("agree beforehand: --yes");
    let typed = host.terminal.prompt_secret(&question).map_err(broken)?;
    Ok(typed.is_some_and(|typed| typed.expose().trim().eq_ignore_ascii_case("yes")))
}
