//! The command line: arguments in, one answer out, and the exit code.

pub mod access_args;
pub mod args;
pub mod audit;
pub mod farm_args;
pub mod node_args;
mod noted;
mod output;
mod password_args;
pub mod pfx_args;
mod requests;
mod rotate;
pub mod rotate_args;
mod rotate_options;
mod schedule;
pub mod schedule_args;
pub mod schemas;
pub mod store_args;
mod views;
mod watch;
pub mod watch_args;
mod ways;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser};
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::{
    access, check, doctor, explain, export, farm, fieldtest, gate, import, inspect, issue, policies, rehearse, store,
    version,
};
use crate::error::{Error, ExitCode, Kind, Result};
use crate::node::acts::MachineActs;
use crate::node::{self, engine};
use crate::policy::Finding;
use crate::ports::{Access, Existing, Host};
use access_args::AccessCommand;
use args::{Cli, Command, PolicyCommand};
use farm_args::FarmCommand;
use node_args::{NodeArgs, NodeCommand};
use output::Output;
use store_args::{InstallArgs, StoreCommand};

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
        Err(mut e) => {
            hide_passwords(&mut e, &arguments);
            let json = arguments.iter().take_while(|one| *one != "--").any(|one| one == "--json");
            let code = answer_of_parser(&e, Output { stdout, stderr, json, lines: false });
            return if e.use_stderr() && watch::wants_nagios(&arguments) { watch::UNKNOWN } else { code };
        }
    };
    let mut output = Output { stdout, stderr, json: cli.json, lines: false };
    dispatch(&cli.command, host, &mut output).unwrap_or_else(|error| {
        output.talk(&error.report());
        if watch::wants_nagios(&arguments) {
            return watch::unknown(&error, &mut output);
        }
        if output.json {
            // The report on stderr has said it all; a second failure has nobody to tell.
            let _ = output.answer(&ErrorReport::of(&error), |_| String::new());
        }
        error.kind().exit_code()
    })
}

/// Takes out of a complaint about the command line what somebody may have meant for a password: a value that was given to
/// an option which takes none (`--password-stdin=...`) would be repeated on the screen and in a log.
fn hide_passwords(error: &mut clap::Error, arguments: &[OsString]) {
    let words: Vec<_> = arguments.iter().map(|one| one.to_string_lossy()).collect();
    let is_meant = |option: &str| option.starts_with("--") && option.contains("pass") && !option.ends_with("-file");
    let joined = words.iter().filter_map(|word| word.split_once('=')).filter(|(option, _)| is_meant(option));
    let apart = words.windows(2).filter(|pair| is_meant(&pair[0]) && !pair[0].contains('='));
    let secrets: Vec<&str> = joined.map(|(_, value)| value).chain(apart.map(|pair| &*pair[1])).collect();
    let shown: Vec<ContextKind> = error
        .context()
        .filter(|(_, value)| matches!(value, ContextValue::String(text) if secrets.contains(&text.as_str())))
        .map(|(kind, _)| kind)
        .collect();
    for kind in shown {
        error.insert(kind, ContextValue::String("[not shown]".to_owned()));
    }
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
        Command::Install(args) => install_command(args, host, output),
        Command::Store(command) => store_command(command, host, output),
        Command::Access(command) => access_command(command, host, output),
        Command::Farm(command) => {
            let ended = farm_command(command, host, output);
            command.description().into_iter().for_each(|file| alarm(host, file, output));
            ended
        }
        Command::Doctor(args) => {
            let report =
                doctor::doctor(host, &MachineActs, &|file| ways::looking(host, file), &requests::doctor(args))?;
            output.answer(&report, views::doctor::render)?;
            args.farm.iter().for_each(|file| alarm(host, file, output));
            Ok(report.exit_code())
        }
        Command::Watch(args) => watch::watch(args, host, output),
        Command::Alert(command) => watch::alert(command, host, output),
        Command::Audit(command) => audit::audit(command, host, output),
        Command::Schedule(command) => schedule::schedule(command, host, output),
        Command::Explain { text } => {
            output.answer(&explain::explain(&text.join(" "))?, views::explain::render)?;
            Ok(ExitCode::Ok)
        }
        Command::Node(args) => node_command(args, host, output),
        Command::Policy(command) => policy_command(command, host, output),
        Command::Schema(args) => {
            let schema = schemas::of(args.of);
            output.json = true;
            output.answer(&schema, |_| String::new())?;
            Ok(ExitCode::Ok)
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
        Command::Rehearse(args) => {
            let report = rehearse::rehearse(host, &args.options())?;
            output.answer(&report, views::rehearse::render)?;
            Ok(report.exit_code())
        }
        Command::Rotate(command) => rotate::rotate(command, host, output),
        Command::Fieldtest(args) => {
            let report = fieldtest::fieldtest(host, &MachineActs, &args.options())?;
            output.answer(&report, views::fieldtest::render)?;
            Ok(report.exit_code())
        }
        Command::Version => {
            output.answer(&version::version(host), views::version::render)?;
            Ok(ExitCode::Ok)
        }
    }
}

/// Says where the watch of the farm has fallen silent: whoever reads its description sees it.
fn alarm(host: &Host, file: &Path, output: &mut Output<'_>) {
    if let Some(why) = crate::app::watch::alarm(host, file) {
        output.talk(&format!("warning: {why}"));
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

fn install_command(args: &InstallArgs, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    let options = args.options()?;
    let report = noted::installed(host, &options, || store::install(host, &options))?;
    let look = |error: Error| error.hint("it is installed; look at it: s2scert store show THUMBPRINT");
    let answered = output.answer(&report, views::store::render_install);
    answered.map_err(|error| if report.changed { look(error) } else { error })?;
    Ok(report.exit_code())
}

fn store_command(command: &StoreCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        StoreCommand::List { store: stores, place } => {
            let stores: Vec<_> = stores.iter().map(|store| store.name()).collect();
            output.answer(&store::list(host, &place.place(), &stores)?, views::store::render_list)?;
        }
        StoreCommand::Show { thumbprint, store, place } => {
            let report = store::show(host, &place.place(), store.name(), thumbprint)?;
            output.answer(&report, views::store::render_show)?;
            return Ok(report.exit_code());
        }
        StoreCommand::Install(args) => return install_command(args, host, output),
        StoreCommand::Remove { thumbprint, store, with_key, even_if_used, place } => {
            let place = &place.place();
            let (with_key, even_if_used) = (*with_key, *even_if_used);
            let order = node::store::RemoveOrder { place, store: store.name(), thumbprint, with_key, even_if_used };
            let report = noted::removed(host, &order, || store::remove(host, &order))?;
            output.answer(&report, views::store::render_remove)?;
        }
        StoreCommand::Orphans { place } => {
            output.answer(&store::orphans(host, &place.place())?, views::store::render_orphans)?;
        }
    }
    Ok(ExitCode::Ok)
}

fn access_command(command: &AccessCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    if let Some((target, request)) = command.request() {
        let report = noted::access(host, &target, &request, || access::run(host, &target, &request))?;
        output.answer(&report, views::access::render)?;
        return Ok(report.exit_code());
    }
    if let AccessCommand::Prove { target, name, password } = command {
        let report = access::prove(host, &target.target(), name, &requests::sources(password))?;
        output.answer(&report, views::access::render_prove)?;
    }
    Ok(ExitCode::Ok)
}

/// Answers one request on standard input, or describes this node. The answer is JSON whatever was asked for.
fn node_command(args: &NodeArgs, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match &args.command {
        None => {
            let reply = engine::serve(host, std::sync::Arc::new(MachineActs), &args.serve.settings());
            output.data(&reply.bytes)?;
            Ok(reply.exit_code)
        }
        Some(NodeCommand::Describe(state)) => {
            let answer = engine::describe(host, &MachineActs, state.state_dir.as_deref());
            output.answer(&answer, views::node::render)?;
            Ok(answer.exit_code())
        }
    }
}

fn farm_command(command: &FarmCommand, host: &Host, output: &mut Output<'_>) -> Result<ExitCode> {
    match command {
        FarmCommand::Init(args) => {
            let report = farm::init::init(host, &MachineActs, &args.request(output.json))?;
            output.answer(&report, views::farm::render_init)?;
            Ok(verdict(&report.findings))
        }
        FarmCommand::Status(args) => loop {
            let report = ways::status(host, &args.of)?;
            output.answer(&report, views::farm::status::render)?;
            let Some(seconds) = args.watch else { return Ok(report.exit_code()) };
            host.terminal.pause(std::time::Duration::from_secs(u64::from(seconds)));
        },
        FarmCommand::Report(args) => {
            let status = ways::status(host, &args.of)?;
            let page = views::farm::html::render(&status);
            let report = farm::report::write(host, &args.html, args.force, &status, &page)?;
            output.answer(&report, views::farm::render_report)?;
            Ok(status.exit_code())
        }
        FarmCommand::Collect(args) => {
            let (name, out) = (args.node.clone(), args.out.clone());
            let what = if args.all {
                farm::collect::What::All { folder: out }
            } else {
                farm::collect::What::Here { name, file: out }
            };
            let file = &args.farm.file;
            let live = if farm::collect::is_alone(host, file, &what) {
                ways::alone(host, &args.way)
            } else {
                ways::live(host, file, &args.way, &[])?
            };
            let report = farm::collect::collect(host, &MachineActs, file, &what, &live, args.force)?;
            output.answer(&report, views::farm::render_collect)?;
            Ok(report.exit_code())
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
    collect_pages(&Cli::command(), &[], &mut pages)?;
    for (name, page) in &pages {
        host.files.create(&folder.join(format!("{name}.1")), Access::Public, Existing::Replace, page)?;
    }
    Ok(pages.len())
}

/// Makes the page of a command and of all below it. `above` are the words that stand before its own on the command line:
/// a page shows the line as it is typed, and its file is named by the same words.
fn collect_pages(command: &clap::Command, above: &[&str], pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let words = [above, &[command.get_name()]].concat();
    let (name, typed) = (words.join("-"), words.join(" "));
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(&typed).bin_name(&typed))
        .title(&name)
        .render(&mut page)
        .map_err(|e| Error::new(Kind::Internal, "a manual page cannot be made").at(&name).because(e))?;
    let mut text = String::from_utf8_lossy(&page).into_owned();
    for sub in command.get_subcommands() {
        // The page of a subcommand is found under its file's name.
        let below = sub.get_name();
        text = text.replace(&format!("{typed}\\-{below}(1)"), &format!("{}\\-{below}(1)", words.join("\\-")));
        collect_pages(sub, &words, pages)?;
    }
    pages.push((name, text.into_bytes()));
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
