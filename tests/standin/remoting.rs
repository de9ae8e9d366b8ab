//! Sessions on other servers. What runs there is interpreted in a session of its own: no variable of this side is seen there,
//! and what comes back is plain data.
//!
//! `remote` of the world holds the servers by name: files, folders, programs, and the port at which they listen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::cmdlets::Bound;
use super::interpret::{Failure, Run, Session, Stop};
use super::machine::printed;
use super::value::{Object, Value};
use super::world::{World, at_path, items};

type Output = Run<Vec<Value>>;

fn report(text: &str, id: &str) -> Output {
    Err(Stop::Report(Failure::new(text, id, "PSRemotingTransportException")))
}

pub(super) fn open(session: &mut Session<'_>, bound: &Bound) -> Output {
    let name = bound.text("ComputerName");
    let state = session.world.state();
    let Some(host) = at_path(&state["remote"], &name) else {
        let text = format!("Connecting to remote server {name} failed: The network path was not found.");
        return report(&text, "NetworkPathNotFound,PSSessionOpenFailed");
    };
    let tls = bound.parameter("UseSSL").is_some_and(|flag| flag.truth());
    let port =
        bound.parameter("Port").map_or_else(|| if tls { "5986" } else { "5985" }.to_owned(), |port| port.words());
    let listens = host["port"].as_i64().unwrap_or(5985).to_string();
    if port != listens || tls != (host["tls"] == json!(true)) {
        let text = format!("Connecting to remote server {name} failed: WinRM cannot complete the operation.");
        return report(&text, "WinRMOperationTimeout,PSSessionOpenFailed");
    }
    match bound.text("Authentication").as_str() {
        "Kerberos" => {}
        "Default" | "Negotiate" => {
            return Err(Stop::Outside("outside the subset: a session that NTLM may open".to_owned()));
        }
        other => {
            let text = format!("Cannot bind parameter 'Authentication' to \"{other}\".");
            return Err(Stop::Throw(Failure::new(&text, "CannotConvertArgument", "ParameterBindingException")));
        }
    }
    session.world.with(|state| state["sessions"] = json!(state["sessions"].as_i64().unwrap_or(0) + 1));
    Ok(vec![Object::of("PSSession", &format!("[PSSession]{name}"), vec![("ComputerName", Value::text(&name))])])
}

pub(super) fn close(session: &mut Session<'_>, bound: &Bound) -> Output {
    server(bound)?;
    session.world.with(|state| state["sessions"] = json!(state["sessions"].as_i64().unwrap_or(0) - 1));
    Ok(Vec::new())
}

/// The server of the session that a cmdlet was given.
fn server(bound: &Bound) -> Run<String> {
    let given = bound.parameter("Session").or_else(|| bound.parameter("ToSession"));
    match given {
        Some(Value::Object(object)) if object.kind == "PSSession" => {
            Ok(object.property("ComputerName").map_or_else(String::new, |name| name.words()))
        }
        _ => {
            let text = format!("Cannot bind the session of {}.", bound.name);
            Err(Stop::Throw(Failure::new(&text, "CannotConvertArgument", "ParameterBindingException")))
        }
    }
}

pub(super) fn invoke(session: &mut Session<'_>, bound: &Bound) -> Output {
    let name = server(bound)?;
    let Some(Value::Block(block)) = bound.parameter("ScriptBlock") else {
        return Err(Stop::Outside("outside the subset: Invoke-Command without a block".to_owned()));
    };
    let arguments = bound.parameter("ArgumentList").map_or_else(Vec::new, Value::listed);
    if arguments.len() != block.parameters.len() {
        let (given, taken) = (arguments.len(), block.parameters.len());
        return Err(Stop::Outside(format!("outside the subset: {given} arguments for {taken} parameters")));
    }
    let state = session.world.state();
    let far = World::of(at_path(&state["remote"], &name).cloned().unwrap_or_default());
    let mut there = Session {
        world: &far,
        variables: BTreeMap::new(),
        stdout: Vec::new(),
        stderr: Vec::new(),
        loaded: BTreeSet::new(),
        location: "C:\\Users\\crmadmin\\Documents".to_owned(),
    };
    let arguments = arguments.into_iter().map(Value::received).collect::<Run<Vec<_>>>()?;
    let ended = there.call_block(&block, None, arguments);
    let said = std::mem::take(&mut there.stderr);
    for mut entry in far.record() {
        entry["server"] = json!(name);
        session.world.note(entry);
    }
    session.world.with(|state| {
        let key =
            state["remote"].as_object().and_then(|all| all.keys().find(|key| key.eq_ignore_ascii_case(&name)).cloned());
        if let Some(key) = key {
            state["remote"][key] = far.state();
        }
    });
    let output = match ended {
        Ok(output) => output.into_iter().map(Value::received).collect::<Run<Vec<_>>>()?,
        // An error that ends what runs there is reported here.
        Err(Stop::Throw(failure)) => return Err(Stop::Report(failure)),
        Err(stop) => return Err(stop),
    };
    match said.first() {
        Some(text) => report(text, "RemoteError"),
        None => Ok(output),
    }
}

pub(super) fn copy(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (from, to, name) = (bound.text("LiteralPath"), bound.text("Destination"), server(bound)?);
    let state = session.world.state();
    let Some(file) = at_path(&state["files"], &from) else {
        return report(&format!("Cannot find path '{from}' because it does not exist."), "PathNotFound");
    };
    let folder = to.rsplit_once('\\').map_or("", |(folder, _)| folder);
    let host = at_path(&state["remote"], &name).cloned().unwrap_or_default();
    if at_path(&host["folders"], folder).is_none() {
        return report(&format!("Could not find a part of the path '{to}'."), "CopyError");
    }
    if at_path(&host["files"], &to).is_some() && bound.parameter("Force").is_none() {
        return report(&format!("The item '{to}' exists."), "CopyError");
    }
    let file = if host["spoils"] == json!(true) { json!({ "sha256": "0000" }) } else { file.clone() };
    session.world.with(|state| {
        if let Some(host) = state["remote"].as_object_mut().and_then(|all| all.get_mut(&name)) {
            host["files"][to] = file;
        }
    });
    Ok(Vec::new())
}

pub(super) fn make(session: &mut Session<'_>, bound: &Bound) -> Output {
    let path = bound.text("Path");
    if bound.text("ItemType") != "Directory" {
        let text = format!("Cannot make an item of the type {}.", bound.text("ItemType"));
        return report(&text, "Argument");
    }
    session.world.with(|state| {
        if at_path(&state["folders"], &path).is_some() && bound.parameter("Force").is_none() {
            return report(&format!("An item with the name {path} already exists."), "DirectoryExist");
        }
        state["folders"][path.as_str()] = json!({});
        Ok(vec![Object::of("DirectoryInfo", &path, Vec::new())])
    })
}

pub(super) fn rename(session: &mut Session<'_>, bound: &Bound) -> Output {
    let (from, to) = (bound.text("LiteralPath"), bound.text("Destination"));
    session.world.with(|state| {
        if at_path(&state["files"], &to).is_some() && bound.parameter("Force").is_none() {
            return report("Cannot create a file when that file already exists.", "MoveFileInfoItemIOError");
        }
        match state["files"].as_object_mut().and_then(|files| files.remove(&from)) {
            Some(file) => {
                state["files"][to] = file;
                Ok(Vec::new())
            }
            None => report(&format!("Cannot find path '{from}' because it does not exist."), "PathNotFound"),
        }
    })
}

/// Runs the program of a server: what its world says that it prints, or a real one.
pub(super) fn program(session: &mut Session<'_>, path: &str, bound: &Bound) -> Output {
    let words: Vec<String> = bound.positional.iter().map(Value::words).collect();
    let stdin: String = bound.input.iter().map(|line| line.words() + "\r\n").collect();
    session.world.note(json!({ "program": path, "arguments": words, "stdin": stdin }));
    let state = session.world.state();
    let Some(program) = at_path(&state["programs"], path) else {
        let text = format!("Program 's2scert.exe' failed to run: This program is blocked by group policy: {path}");
        return Err(Stop::Throw(Failure::new(&text, "NativeCommandFailed", "ApplicationFailedException")));
    };
    let (lines, errors, code) = match program["run"].as_array() {
        Some(command) => real(command, &words, &stdin)?,
        None => (
            items(program, "output").to_vec(),
            items(program, "errors").to_vec(),
            program["exitCode"].as_i64().unwrap_or(0),
        ),
    };
    let lines: Vec<Json> = match program["oversize"].as_u64() {
        Some(size) => vec![json!("x".repeat(usize::try_from(size).unwrap_or(0)))],
        None => lines,
    };
    let errors = errors
        .iter()
        .map(|line| Failure::new(line.as_str().unwrap_or_default(), "NativeCommandError", "RemoteException"));
    let printed = printed(session, bound, &lines, errors.collect())?;
    session.variables.insert("lastexitcode".to_owned(), Value::Number(code));
    Ok(printed)
}

/// Starts a program of this machine in the place of that of a server.
#[allow(clippy::disallowed_methods, reason = "the server of a test is a process of this machine")]
fn real(command: &[Json], words: &[String], stdin: &str) -> Run<(Vec<Json>, Vec<Json>, i64)> {
    let broken = |error: std::io::Error| Stop::Outside(format!("the program of the server: {error}"));
    let mut parts = command.iter().filter_map(Json::as_str);
    let mut started = Command::new(parts.next().unwrap_or_default());
    started.args(parts).args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = started.spawn().map_err(broken)?;
    if let Some(mut pipe) = child.stdin.take() {
        pipe.write_all(stdin.as_bytes()).map_err(broken)?;
    }
    let ended = child.wait_with_output().map_err(broken)?;
    let lines = |octets: &[u8]| String::from_utf8_lossy(octets).lines().map(|line| json!(line)).collect();
    Ok((lines(&ended.stdout), lines(&ended.stderr), ended.status.code().unwrap_or(-1).into()))
}

impl Value {
    /// Returns the value as it arrives on the other side of a session.
    fn received(self) -> Run<Self> {
        match self {
            Self::Nothing | Self::Null => Ok(Self::Null),
            Self::Bool(_) | Self::Number(_) | Self::Text(_) => Ok(self),
            Self::Array(items) => Ok(Self::Array(items.into_iter().map(Self::received).collect::<Run<_>>()?)),
            Self::Table(entries) => {
                let entries = entries.into_iter().map(|(key, value)| Ok((key, value.received()?)));
                Ok(Self::Table(entries.collect::<Run<_>>()?))
            }
            other => Err(Stop::Outside(format!("outside the subset: {} goes over a session", other.words()))),
        }
    }
}
