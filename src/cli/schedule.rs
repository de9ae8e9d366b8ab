//! `schedule`: the job, its view, its exit code, and the question before anything is changed.

use super::output::Output;
use super::schedule_args::ScheduleCommand;
use super::views;
use crate::app::audit::{self, Act};
use crate::app::schedule::{self as job, Options, ScheduleReport};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::{Host, Stream};

pub(super) fn schedule(command: &ScheduleCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    let options = command.options();
    let mut asked = false;
    let report = match command {
        ScheduleCommand::Install { yes, .. } => job::install(host, &options, |report| {
            asked = !*yes && someone_sits_there(host, output);
            let agreed = if asked { agreed(report, "install", host, output)? } else { *yes };
            begins(host, &options, "schedule install", agreed)
        })?,
        ScheduleCommand::Remove { yes, .. } => job::remove(host, &options, |report| {
            asked = !*yes && someone_sits_there(host, output);
            let agreed = if asked { agreed(report, "remove", host, output)? } else { *yes };
            begins(host, &options, "schedule remove", agreed)
        })?,
        ScheduleCommand::Show { .. } => job::show(host, &options)?,
        ScheduleCommand::Check { .. } => job::check(host, &options)?,
    };
    if report.changed {
        let what =
            if matches!(command, ScheduleCommand::Remove { .. }) { "schedule remove" } else { "schedule install" };
        note(host, &options, what, "done")
            .map_err(|error| error.hint("the act itself is done; only that it is done is not written down"))?;
    }
    // Whoever was asked has seen it.
    let seen = asked && !report.changed;
    output.answer(&report, |report| {
        if seen { "Nothing has been changed\n".to_owned() } else { views::schedule::render(report) }
    })?;
    let shown = matches!(command, ScheduleCommand::Show { .. });
    Ok(if shown { ExitCode::Ok } else { report.exit_code() })
}

/// Writes down that it begins, where somebody has agreed. What cannot be written down is not begun.
fn begins(host: &Host, options: &Options, what: &str, agreed: bool) -> Result<bool> {
    if agreed {
        note(host, options, what, "begins")?;
    }
    Ok(agreed)
}

fn note(host: &Host, options: &Options, what: &str, result: &str) -> Result<()> {
    let settings = options.config.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let act = Act { what, about: "watch", result, detail: &settings };
    audit::note(host, options.state.as_deref(), &act).map(drop)
}

/// Returns whether there is somebody to ask. Where nobody is, or JSON was asked for, nobody agrees.
fn someone_sits_there(host: &Host, output: &Output<'_>) -> bool {
    !output.json && host.terminal.is_terminal(Stream::Stdin)
}

fn agreed(report: &ScheduleReport, verb: &str, host: &Host, output: &mut Output<'_>) -> Result<bool> {
    output.talk(&views::schedule::render(report));
    let question = format!("Type yes to {verb} it (what you type is not shown): ");
    let broken =
        |error| Error::new(Kind::Usage, "nobody could be asked").because(error).hint("agree beforehand: --yes");
    let typed = host.terminal.prompt_secret(&question).map_err(broken)?;
    Ok(typed.is_some_and(|typed| typed.expose().trim().eq_ignore_ascii_case("yes")))
}
