//! From arguments to the options of `app`: defaults that depend on each other, and nothing else.

use std::path::{Path, PathBuf};

use super::args::{CheckArgs, DoctorArgs, ExportArgs, ImportArgs, InspectArgs, IssueArgs, PolicyArgs};
use super::password_args::{InPasswordArgs, OutPasswordArgs, PasswordArgs};
use super::pfx_args::{FormatArg, KeyArg, PfxArgs, ProfileArg, TargetArg};
use crate::app::passwords::{OutSource, Source, refuse_second_reader_of_stdin};
use crate::app::pfx_choice::PfxOptions;
use crate::app::{check, doctor, export, gate, import, inspect, issue};
use crate::cert::key::KeySpec;
use crate::cert::pfx::{PfxProfile, Target};
use crate::error::Result;

/// The path that means stdin.
const STDIN: &str = "-";

pub(super) fn issue(args: &IssueArgs) -> Result<issue::Options> {
    refuse_second_reader_of_stdin(&[
        ("--in-password-stdin", args.in_password.in_password_stdin),
        ("--password-stdin", args.password.password_stdin),
    ])?;
    let hidden = secret_variables(&args.in_password, &args.password);
    Ok(issue::Options {
        subject: args.subject.clone(),
        generation: args.generation.clone(),
        days: args.days,
        dns_names: args.dns_names.clone(),
        key: key_spec(args.key),
        key_file: args.key_file.clone().map(|path| (path, in_sources(&args.in_password, &hidden))),
        out: args.out.clone(),
        cer: args.cer.clone().unwrap_or_else(|| args.out.with_extension("cer")),
        pfx: pfx(&args.pfx),
        gate: gate_options(&args.policy, "evaluation"),
        password: out_source(&args.password, &hidden),
        show: args.show,
        force: args.force,
    })
}

pub(super) fn import(args: &ImportArgs) -> Result<import::Options> {
    refuse_second_reader_of_stdin(&[
        ("FILE -", args.files.iter().any(|file| is_stdin(file))),
        ("--in-password-stdin", args.in_password.in_password_stdin),
        ("--password-stdin", args.password.password_stdin),
    ])?;
    let hidden = secret_variables(&args.in_password, &args.password);
    Ok(import::Options {
        files: args.files.clone(),
        out: args.out.clone(),
        leaf: args.leaf.clone(),
        gate: gate_options(&args.policy, "production"),
        in_passwords: in_sources(&args.in_password, &hidden),
        password: out_source(&args.password, &hidden),
        unencrypted: args.insecure_unencrypted,
        force: args.force,
    })
}

pub(super) fn export(args: &ExportArgs) -> Result<export::Options> {
    refuse_second_reader_of_stdin(&[
        ("IN -", is_stdin(&args.input)),
        ("--in-password-stdin", args.in_password.in_password_stdin),
        ("--password-stdin", args.password.password_stdin),
    ])?;
    let hidden = secret_variables(&args.in_password, &args.password);
    Ok(export::Options {
        input: args.input.clone(),
        out: args.out.clone(),
        format: args.format.map_or_else(|| format_by_name(&args.out), format),
        leaf: args.leaf.clone(),
        pfx: pfx(&args.pfx),
        gate: gate_options(&args.policy, "production"),
        in_passwords: in_sources(&args.in_password, &hidden),
        password: out_source(&args.password, &hidden),
        unencrypted: args.insecure_unencrypted,
        force: args.force,
    })
}

pub(super) fn inspect(args: &InspectArgs) -> Result<inspect::Options> {
    refuse_second_reader_of_stdin(&[
        ("FILE -", is_stdin(&args.file)),
        ("--password-stdin", args.password.password_stdin),
    ])?;
    Ok(inspect::Options {
        file: args.file.clone(),
        lint: args.lint,
        target: args.target.map(target),
        passwords: sources(&args.password),
    })
}

pub(super) fn check(args: &CheckArgs) -> Result<check::Options> {
    refuse_second_reader_of_stdin(&[
        ("FILE -", args.paths.iter().any(|path| is_stdin(path))),
        ("--password-stdin", args.password.password_stdin),
    ])?;
    Ok(check::Options {
        paths: args.paths.clone(),
        gate: gate_options(&args.policy, "production"),
        target: args.target.map(target),
        passwords: sources(&args.password),
    })
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

pub(super) fn gate_options(args: &PolicyArgs, default: &str) -> gate::Options {
    gate::Options { policy: args.policy.clone().unwrap_or_else(|| default.to_owned()), waivers: args.waivers.clone() }
}

fn pfx(args: &PfxArgs) -> PfxOptions {
    PfxOptions {
        profile: args.profile.map(|profile| match profile {
            ProfileArg::Legacy => PfxProfile::Legacy,
            ProfileArg::Modern => PfxProfile::Modern,
        }),
        targets: args.targets.iter().copied().map(target).collect(),
        provider: args.provider.clone(),
        friendly_name: args.friendly_name.clone(),
        iterations: args.iterations,
    }
}

fn key_spec(key: KeyArg) -> KeySpec {
    match key {
        KeyArg::Rsa2048 => KeySpec::Rsa2048,
        KeyArg::Rsa3072 => KeySpec::Rsa3072,
        KeyArg::Rsa4096 => KeySpec::Rsa4096,
    }
}

fn target(target: TargetArg) -> Target {
    match target {
        TargetArg::Server2012R2 => Target::Server2012R2,
        TargetArg::Server2016 => Target::Server2016,
        TargetArg::Server2019 => Target::Server2019,
        TargetArg::Server2022 => Target::Server2022,
        TargetArg::Server2025 => Target::Server2025,
    }
}

fn format(format: FormatArg) -> export::Format {
    match format {
        FormatArg::Pfx => export::Format::Pfx,
        FormatArg::Pem => export::Format::Bundle,
        FormatArg::PemChain => export::Format::PemChain,
        FormatArg::P7b => export::Format::P7b,
        FormatArg::Cer => export::Format::Cer,
    }
}

fn format_by_name(path: &Path) -> export::Format {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("pem") => export::Format::Bundle,
        Some("p7b" | "p7c") => export::Format::P7b,
        Some("cer" | "crt" | "der") => export::Format::Cer,
        _ => export::Format::Pfx,
    }
}

/// All variables that the command line names as holding a password: no program that is started gets one of them.
fn secret_variables(input: &InPasswordArgs, output: &OutPasswordArgs) -> Vec<String> {
    input.in_password_env.iter().chain(&output.password_env).cloned().collect()
}

impl super::args::FieldtestArgs {
    pub(super) fn options(&self) -> crate::app::fieldtest::Options {
        crate::app::fieldtest::Options { out: self.out.clone(), force: self.force, state: self.state.state_dir.clone() }
    }
}

fn collect(
    files: &[PathBuf],
    variables: &[String],
    stdin: bool,
    commands: &[String],
    hidden: &[String],
) -> Vec<Source> {
    let files = files.iter().cloned().map(Source::File);
    let variables = variables.iter().cloned().map(Source::Environment);
    let stdin = stdin.then_some(Source::Stdin);
    let commands = commands.iter().map(|line| Source::Command { line: line.clone(), hidden: hidden.to_vec() });
    files.chain(variables).chain(stdin).chain(commands).collect()
}

pub(super) fn doctor(args: &DoctorArgs) -> doctor::Options {
    doctor::Options { farm: args.farm.clone(), from: args.from.clone(), state: args.state.state_dir.clone() }
}

pub(super) fn sources(args: &PasswordArgs) -> Vec<Source> {
    collect(&args.password_file, &args.password_env, args.password_stdin, &args.password_command, &args.password_env)
}

fn in_sources(args: &InPasswordArgs, hidden: &[String]) -> Vec<Source> {
    collect(&args.in_password_file, &args.in_password_env, args.in_password_stdin, &args.in_password_command, hidden)
}

fn out_source(args: &OutPasswordArgs, hidden: &[String]) -> OutSource {
    if let Some(path) = &args.generate_password_to {
        return OutSource::Generate(path.clone());
    }
    let given = collect(
        args.password_file.as_slice(),
        args.password_env.as_slice(),
        args.password_stdin,
        args.password_command.as_slice(),
        hidden,
    );
    given.into_iter().next().map_or(OutSource::Ask, OutSource::From)
}
