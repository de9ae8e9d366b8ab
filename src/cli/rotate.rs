//! `rotate`: the job, what is told meanwhile, its view, its exit code.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use super::output::Output;
use super::rotate_args::{ReachArgs, RotateCommand, UpkeepArgs};
use super::{views, ways};
use crate::app::rotate::plan::Verb;
use crate::app::rotate::progress::Progress;
use crate::app::rotate::{emit, evidence, plan, record, run, status, verify};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::ports::{Host, Transport};
use crate::rotation::engine::Way;
use crate::rotation::record::EndKind;

pub(super) fn rotate(command: &RotateCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        RotateCommand::Plan(args) => {
            let report = plan::plan(host, &args.options(), &|file| ways::looking_with(host, file, &args.reach))?;
            output.answer(&report, views::rotate::plan::render)?;
            Ok(report.exit_code())
        }
        RotateCommand::Show { plan } => {
            output.answer(&plan::show(host, plan)?, views::rotate::plan::render)?;
            Ok(ExitCode::Ok)
        }
        RotateCommand::Apply(args) => {
            let report = carried_out(host, &args.options(), &args.reach, output)?;
            let unchanged = args.detailed_exitcode && report.end == EndKind::NothingToDo;
            Ok(if unchanged { ExitCode::Unchanged } else { report.exit_code() })
        }
        RotateCommand::Resume(args) => {
            Ok(carried_out(host, &args.options(Way::Resume), &args.reach, output)?.exit_code())
        }
        RotateCommand::Rollback(args) => {
            Ok(carried_out(host, &args.options(Way::Rollback), &args.reach, output)?.exit_code())
        }
        RotateCommand::Abort(args) => {
            Ok(carried_out(host, &args.options(Way::Abort), &args.reach, output)?.exit_code())
        }
        RotateCommand::Repair(args) => upkeep(host, &args.options(), &args.upkeep, Verb::Repair, output),
        RotateCommand::Retire(args) => upkeep(host, &args.options(), &args.upkeep, Verb::Retire, output),
        RotateCommand::Verify(args) => {
            // Signing a token is more than looking, though it changes nothing: a node that may only observe refuses it.
            let way = |file: &Path| match args.with() {
                verify::With::Token => ways::acting(host, file, &args.reach),
                verify::With::Nothing => ways::looking_with(host, file, &args.reach),
            };
            let report = verify::verify(host, &args.options(), args.with(), &way)?;
            output.answer(&report, views::rotate::render_verify)?;
            Ok(report.exit_code())
        }
        RotateCommand::Record(args) => {
            let report = record::record(host, &args.options())?;
            output.answer(&report, views::rotate::render_record)?;
            Ok(report.exit_code())
        }
        RotateCommand::Status(args) => {
            let report = status::status(host, &args.options(), &|file| ways::looking_with(host, file, &args.reach))?;
            output.answer(&report, views::rotate::render_status)?;
            Ok(report.exit_code())
        }
        RotateCommand::Emit(args) => {
            let report = emit::emit(host, &args.plan, &args.dir)?;
            output.answer(&report, views::rotate::files::render_emit)?;
            Ok(ExitCode::Ok)
        }
        RotateCommand::Evidence(args) => {
            let looking = |file: &Path| ways::looking_with(host, file, &args.reach);
            let report = evidence::evidence(host, &args.options(), &looking)?;
            output.answer(&report, views::rotate::files::render_evidence)?;
            Ok(report.exit_code())
        }
    }
}

/// Plans what is no roll and shows it; what was approved is carried out.
fn upkeep(
    host: &Host,
    options: &plan::Options,
    args: &UpkeepArgs,
    verb: Verb,
    output: &mut Output<'_>,
) -> Result<ExitCode> {
    if let Some(approved) = &args.approved_digest {
        return Ok(carried_out(host, &args.run(verb, approved.clone()), &args.reach, output)?.exit_code());
    }
    output.lines = args.apply;
    let report = plan::plan(host, options, &|file| ways::looking_with(host, file, &args.reach))?;
    output.answer(&report, views::rotate::plan::render)?;
    match (report.exit_code(), report.plan_sha256) {
        // What was shown is what is carried out: a plan that was put in its place meanwhile has another digest.
        (ExitCode::ChangesPending, Some(shown)) if args.apply => {
            Ok(carried_out(host, &args.run(verb, shown), &args.reach, output)?.exit_code())
        }
        (code, _) => Ok(code),
    }
}

/// Carries a roll to an end on a thread of its own, while this one prints what happens: lines on stderr for people; with
/// `--json` a line of JSON each on stdout, and the answer as the last line.
fn carried_out(
    host: &Host,
    options: &run::Options,
    reach: &ReachArgs,
    output: &mut Output<'_>,
) -> Result<run::RunReport> {
    output.lines = true;
    let (sender, receiver) = mpsc::channel::<Progress>();
    let went = std::thread::scope(|scope| {
        let working = scope.spawn(move || {
            // Whoever listens may have gone; the roll goes on.
            let tell = move |progress: Progress| drop(sender.send(progress));
            let way = |file: &Path| -> Result<Arc<dyn Transport>> { ways::acting(host, file, reach) };
            run::run(host, options, &way, &tell)
        });
        for progress in receiver {
            if output.json {
                // A reader that went away does not end a roll.
                let _ = output.line(&progress);
            } else {
                output.talk(&views::rotate::progress(&progress));
            }
        }
        working.join()
    });
    let report = went.map_err(|_| {
        Error::new(Kind::Internal, "the roll was cut off by a fault of s2scert")
            .hint("everything that was begun is in the journal: s2scert rotate status, then s2scert rotate resume")
    })??;
    output.answer(&report, views::rotate::render_run)?;
    Ok(report)
}
