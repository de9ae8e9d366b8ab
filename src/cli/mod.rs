//! The command line: arguments in, one answer out, and the exit code.

pub mod access_args;
pub mod args;
pub mod farm_args;
mod output;
mod password_args;
mod requests;
mod views;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::{CommandFactory, Parser};
use schemars::{JsonSchema, schema_for};
use serde::Serialize;

use crate::app::{access, check, explain, export, farm, gate, import, inspect, issue, policies};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::policy::Finding;
use crate::ports::{Access, Existing, Host};
use access_args::AccessCommand;
use args::{Cli, Command, PolicyCommand, SchemaArg};
use farm_args::FarmCommand;
use output::Output;

/// The schema of what is printed with `--json` when a command fails.
pub const ERROR_SCHEMA: &str = "s2scert.error/1.0";

/// What is printed with `--json` when a command fails.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ErrorReport {
    /// `s2scert.error/1.0`.
    pub schema: &'static str,
    /// The exit code.
    pub exit_code: u8,
    /// What happened.
    pub what: String,
    /// Where: a path, an option, a rule.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Why, outermost cause first.
    pub causes: Vec<String>,
    /// The next steps.
    pub hints: Vec<String>,
}

/// Runs one command line and returns its exit code. Everything that is printed goes to `stdout` and `stderr`.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    host: &Host,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(e) => {
            let json = arguments.iter().take_while(|one| *one != "--").any(|one| one == "--json");
            return answer_of_parser(&e, Output { stdout, stderr, json });
        }
    };
    let mut output = Output { stdout, stderr, json: cli.json };
    dispatch(&cli.command, host, &mut output).unwrap_or_else(|error| {
        output.talk(&error.report());
        if output.json {
            // The report on stderr has said it all; a second failure has nobody to tell.
            let _ = output.answer(&ErrorReport::of(&error), |_| String::new());
        }
        error.kind().exit_code()
    })
}

/// Prints what the parser of the command line has to say: help and version, or a mistake.
fn answer_of_parser(answer: &clap::Error, mut output: Output<'_>) -> ExitCode {
    if !answer.use_stderr() {
        let printed = output.data(answer.to_string().as_bytes());
        return printed.map_or_else(
            |error| {
                output.talk(&error.report());
                error.kind().exit_code()
            },
            |()| ExitCode::Ok,
        );
    }
    output.talk(answer.to_string().trim_end());
    if output.json {
        // The words on stderr have said it all; a second failure has nobody to tell.
        let _ = output.answer(&ErrorReport::of_parser(answer), |_| String::new());
    }
    ExitCode::Usage
}

fn dispatch(command: &Command, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        Command::Issue(args) => {
            let report = issue::issue(host, &requests::issue(args)?)?;
            output.answer(&report, views::issue::render).map_err(|e| untold(e, report.written))?;
            Ok(verdict(&report.findings))
        }
        Command::Import(args) => {
            let report = import::import(host, &requests::import(args)?)?;
            output.answer(&report, views::export::render_import).map_err(|e| untold(e, report.written))?;
            Ok(verdict(&report.findings))
        }
        Command::Export(args) => {
            let report = export::export(host, &requests::export(args)?)?;
            output.answer(&report, views::export::render_export).map_err(|e| untold(e, report.written))?;
            Ok(verdict(&report.findings))
        }
        Command::Inspect(args) => {
            let report = inspect::inspect(host, &requests::inspect(args)?)?;
            output.answer(&report, views::inspect::render)?;
            Ok(verdict(&report.findings))
        }
        Command::Check(args) => check_command(host, &requests::check(args)?, output),
        Command::Access(command) => access_command(command, host, output),
        Command::Farm(command) => farm_command(command, host, output),
        Command::Explain { text } => {
            output.answer(&explain::explain(&text.join(" "))?, views::explain::render)?;
            Ok(ExitCode::Ok)
        }
        Command::Policy(command) => policy_command(command, host, output),
        Command::Schema(args) => {
            let schema = match args.of {
                SchemaArg::Issue => schema_for!(issue::IssueReport),
                SchemaArg::Import => schema_for!(import::ImportReport),
                SchemaArg::Export => schema_for!(export::ExportReport),
                SchemaArg::Inspect => schema_for!(inspect::InspectReport),
                SchemaArg::Check => schema_for!(check::CheckReport),
                SchemaArg::PolicyList => schema_for!(policies::PolicyList),
                SchemaArg::Policy => schema_for!(policies::ShownPolicy),
                SchemaArg::Explanation => schema_for!(policies::Explanation),
                SchemaArg::Access => schema_for!(crate::node::access::AccessReport),
                SchemaArg::AccessProve => schema_for!(access::ProveReport),
                SchemaArg::FarmInit => schema_for!(farm::init::FarmInitReport),
                SchemaArg::FarmCheck => schema_for!(farm::check::FarmCheckReport),
                SchemaArg::FarmStatus => schema_for!(farm::status::FarmStatusReport),
                SchemaArg::FarmReport => schema_for!(farm::report::FarmReportReport),
                SchemaArg::FarmFacts => schema_for!(crate::farm::bundle::Bundle),
                SchemaArg::Farm => return document(&crate::farm::description::farm_schema(), output),
                SchemaArg::Explain => schema_for!(explain::ExplainReport),
                SchemaArg::Error => schema_for!(ErrorReport),
            };
            document(&schema, output)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "s2scert", &mut script);
            output.data(&script)?;
            Ok(ExitCode::Ok)
        }
        Command::Man { out } => {
            let written = write_manual(host, out)?;
            output.talk(&format!("{written} manual pages written to {}", out.display()));
            Ok(ExitCode::Ok)
        }
    }
}

/// Prints what has no other form than JSON.
fn document<T: Serialize>(value: &T, output: &mut Output<'_>) -> Result<ExitCode> {
    output.json = true;
    output.answer(value, |_| String::new())?;
    Ok(ExitCode::Ok)
}

/// Says that the work was done where only its report could not be printed.
fn untold(error: Error, written: bool) -> Error {
    if written { error.hint("the files have been written; look at them: s2scert inspect FILE") } else { error }
}

fn check_command(host: &Host, options: &check::Options, output: &mut Output<'_>) -> Result<ExitCode> {
    let mut view = views::check::View::new(output);
    let outcome = check::check(host, options, &mut view)?;
    view.finish(&outcome)?;
    Ok(outcome.exit_code())
}

fn access_command(command: &AccessCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    if let Some((target, request)) = command.request() {
        let report = access::run(host, &target, &request)?;
        output.answer(&report, views::access::render)?;
        return Ok(report.exit_code());
    }
    if let AccessCommand::Prove { target, name, password } = command {
        let report = access::prove(host, &target.target(), name, &requests::sources(password))?;
        output.answer(&report, views::access::render_prove)?;
    }
    Ok(ExitCode::Ok)
}

fn farm_command(command: &FarmCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        FarmCommand::Init(args) => {
            let report = farm::init::init(host, &args.request())?;
            output.answer(&report, views::farm::render_init)?;
            Ok(verdict(&report.findings))
        }
        FarmCommand::Status(args) => {
            let report = farm::status::status(host, &args.farm.file, &args.from)?;
            output.answer(&report, views::farm::status::render)?;
            Ok(report.exit_code())
        }
        FarmCommand::Report(args) => {
            let status = farm::status::status(host, &args.of.farm.file, &args.of.from)?;
            let page = views::farm::html::render(&status);
            let report = farm::report::write(host, &args.html, args.force, &status, &page)?;
            output.answer(&report, views::farm::render_report)?;
            Ok(status.exit_code())
        }
        FarmCommand::Check(args) => {
            let report = farm::check::check(host, &args.file)?;
            output.answer(&report, views::farm::render_check)?;
            Ok(verdict(&report.findings))
        }
    }
}

fn policy_command(command: &PolicyCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        PolicyCommand::List => output.answer(&policies::list(), views::policy::render_list)?,
        PolicyCommand::Show { policy } => output.answer(&policies::show(host, policy)?, views::policy::render_show)?,
        PolicyCommand::Explain { id, policy } => {
            output.answer(&policies::explain(host, policy, id)?, views::policy::render_explanation)?;
        }
        PolicyCommand::Schema => {
            document(&crate::policy::Policy::json_schema(), output)?;
        }
    }
    Ok(ExitCode::Ok)
}

fn verdict(findings: &[Finding]) -> ExitCode {
    if gate::refuses(findings) { ExitCode::Finding } else { ExitCode::Ok }
}

fn write_manual(host: &Host, folder: &Path) -> Result<usize> {
    let mut pages = Vec::new();
    collect_pages(&Cli::command(), "", &mut pages)?;
    for (name, page) in &pages {
        host.files.create(&folder.join(format!("{name}.1")), Access::Public, Existing::Replace, page)?;
    }
    Ok(pages.len())
}

fn collect_pages(command: &clap::Command, prefix: &str, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let name =
        if prefix.is_empty() { command.get_name().to_owned() } else { format!("{prefix}-{}", command.get_name()) };
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .title(&name)
        .render(&mut page)
        .map_err(|e| Error::new(Kind::Internal, "a manual page cannot be made").at(&name).because(e))?;
    for sub in command.get_subcommands() {
        collect_pages(sub, &name, pages)?;
    }
    pages.push((name, page));
    Ok(())
}

impl ErrorReport {
    /// The first paragraph is what happened; a help text in its place means that the command is missing.
    fn of_parser(error: &clap::Error) -> Self {
        let text = error.to_string();
        let first = text.split("\n\n").next().and_then(|paragraph| paragraph.strip_prefix("error: "));
        let words = first.unwrap_or("a command is missing").split_whitespace().collect::<Vec<_>>();
        let tips = text.lines().filter_map(|line| line.trim_start().strip_prefix("tip: ")).map(str::to_owned);
        Self {
            schema: ERROR_SCHEMA,
            exit_code: ExitCode::Usage.code(),
            what: words.join(" "),
            place: None,
            causes: Vec::new(),
            hints: tips.chain(["see the commands: s2scert --help".to_owned()]).collect(),
        }
    }

    fn of(error: &Error) -> Self {
        Self {
            schema: ERROR_SCHEMA,
            exit_code: error.kind().exit_code().code(),
            what: error.what().to_owned(),
            place: error.place().map(str::to_owned),
            causes: error.causes(),
            hints: error.hints().to_vec(),
        }
    }
}
