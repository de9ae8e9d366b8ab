//! `watch` and `alert`: the job, its view, its exit code.

use std::ffi::OsString;

use super::output::Output;
use super::views;
use super::watch_args::{AlertCommand, WatchArgs, WatchFormat};
use crate::app::watch as job;
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::Host;

/// What Nagios takes for "nothing is known": the number 3.
pub(super) const UNKNOWN: ExitCode = ExitCode::Finding;

/// Returns whether the answer is for Nagios, which knows the exit codes 0 to 3 only.
pub(super) fn wants_nagios(arguments: &[OsString]) -> bool {
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--").collect();
    words.iter().any(|word| word == "--format=nagios") || words.windows(2).any(|pair| pair == ["--format", "nagios"])
}

/// Says in one line on stdout that nothing is known.
pub(super) fn unknown(error: &Error, output: &mut Output<'_>) -> ExitCode {
    // The report on stderr has said it all; a second failure has nobody to tell.
    let _ = output.data(
        super::output::clean(&format!("S2SCERT UNKNOWN - {}\n", views::watch::nagios_text(&error.to_string())))
            .as_bytes(),
    );
    UNKNOWN
}

pub(super) fn watch(args: &WatchArgs, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    if args.stay {
        return stay(&args.options(), host, output);
    }
    if args.if_due {
        let round = job::round::if_due(host, &args.options())?;
        output.answer(&round, views::watch::render_round)?;
        return Ok(round.exit_code());
    }
    let report = job::once(host, &args.options())?;
    match args.format {
        WatchFormat::Text => output.answer(&report, views::watch::render)?,
        WatchFormat::Table => output.answer(&report, views::watch::render_table)?,
        WatchFormat::Nagios => {
            let (line, code) = views::watch::nagios(&report);
            output.answer(&report, |_| line)?;
            return Ok(code);
        }
    }
    Ok(report.exit_code())
}

/// Looks whenever a run is due, until somebody asks the process to end. A mistake in the first round ends it; later ones are said,
/// and the next round tries again.
fn stay(options: &job::Options, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    let broken = |error| Error::new(Kind::Internal, "requests to end cannot be heard").because(error);
    host.stop.listen().map_err(broken)?;
    let mut first = true;
    loop {
        let next = match job::round::if_due(host, options) {
            Ok(round) => {
                // A round in which nothing happened is no news.
                if first || round.report.is_some() || !round.notes.is_empty() {
                    output.answer(&round, views::watch::render_round)?;
                }
                round.next
            }
            Err(error) if first => return Err(error),
            Err(error) => {
                output.talk(&error.report());
                None
            }
        };
        first = false;
        if host.stop.wait(job::round::pause(host.clock.now(), next)) {
            output.talk("asked to end: no run is at work");
            return Ok(ExitCode::Ok);
        }
    }
}

pub(super) fn alert(command: &AlertCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        AlertCommand::List(state) => {
            output.answer(&job::alerts::list(host, state.state_dir.as_deref())?, views::watch::render_list)?;
        }
        AlertCommand::Ack { answer } => {
            let report = job::alerts::acknowledge(host, answer.state.state_dir.as_deref(), &answer.answer())?;
            output.answer(&report, views::watch::render_answer)?;
        }
        AlertCommand::Snooze { answer, until } => {
            let report = job::alerts::snooze(host, answer.state.state_dir.as_deref(), &answer.answer(), until)?;
            output.answer(&report, views::watch::render_answer)?;
        }
        AlertCommand::History { most, state } => {
            let report = job::alerts::history(host, state.state_dir.as_deref(), *most)?;
            output.answer(&report, views::watch::render_history)?;
        }
        AlertCommand::Test { channel, config } => {
            let report = job::alerts::test(host, config, channel)?;
            output.answer(&report, views::watch::render_test)?;
            return Ok(if report.sent.delivered { ExitCode::Ok } else { ExitCode::Undelivered });
        }
    }
    Ok(ExitCode::Ok)
}
