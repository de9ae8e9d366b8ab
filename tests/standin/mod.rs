//! A stand-in for `powershell.exe`: it interprets the subset of docs/powershell.md over stubbed cmdlets, whose world is one
//! JSON document. What is outside the subset fails loudly. Nothing of it ships.

mod cmdlets;
mod crm;
mod interpret;
mod machine;
mod operators;
mod reconfiguration;
mod remoting;
mod sharepoint;
mod syntax;
mod value;
mod world;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use world::World;

use interpret::{Session, Stop};
use world::word;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i64,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a script on what stands on standard input.
///
/// # Errors
/// What left the subset.
pub(crate) fn run(text: &str, stdin: &[u8], world: &World) -> Result<Ended, String> {
    let statements = syntax::parse(text)?;
    let stdin = String::from_utf8_lossy(stdin);
    let mut session = Session {
        world,
        variables: BTreeMap::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        loaded: BTreeSet::new(),
        location: "C:\\Windows\\System32".to_owned(),
    };
    for (name, value) in cmdlets::variables(world, &stdin) {
        session.variables.insert(name.to_owned(), value);
    }
    let code = match session.script(&statements) {
        Ok(code) => code,
        Err(Stop::Outside(what)) => return Err(what),
        Err(_) => return Ok(Ended { code: 1, stdout: String::new(), stderr: String::new() }),
    };
    let lines = |lines: &[String]| lines.iter().map(|line| format!("{line}\r\n")).collect::<String>();
    let ended = Ended { code, stdout: lines(&session.stdout), stderr: lines(&session.stderr) };
    Ok(distorted(ended, world))
}

/// Spoils what is printed, where a test orders that.
fn distorted(ended: Ended, world: &World) -> Ended {
    let Some(fault) = world.fault("output") else { return ended };
    let text = word(&fault, "text");
    let stdout = ended.stdout;
    let (stdout, stderr) = match word(&fault, "kind") {
        "instead" => (format!("{text}\r\n"), ended.stderr),
        "before" => (format!("{text}\r\n{stdout}"), ended.stderr),
        "doubled" => (stdout.repeat(2), ended.stderr),
        "truncated" => (stdout.chars().take(stdout.len() * 2 / 3).collect(), ended.stderr),
        "oversize" => ("x".repeat(9 << 20), ended.stderr),
        "clixml" => {
            let item = format!("<S S=\"Error\">{text}</S>");
            (String::new(), format!("#< CLIXML\r\n<Objs Version=\"1.1.0.1\">{item}</Objs>"))
        }
        "spoilt" => (stdout.replacen("\"ok\":", "\"kaputt\":", 1), ended.stderr),
        _ => (stdout, ended.stderr),
    };
    Ended { code: fault["code"].as_i64().unwrap_or(ended.code), stdout, stderr }
}
