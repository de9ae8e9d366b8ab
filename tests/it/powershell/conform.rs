//! What a case is, and how one is run: a typed request through the bridge into the stand-in, in this process.

use std::fmt::Write as _;
use std::io;

use s2scert::node::powershell::{AnswerError, Call, CallError, CallFault, Script, call};
use s2scert::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput, Random};
use serde::Serialize;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::standin::{self, World};

/// One case of a script.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) script: Script,
    /// Changes the world before.
    pub(crate) before: fn(&mut Json),
    pub(crate) request: Request,
    /// The typed result, or the error in words.
    pub(crate) expected: Result<Json, &'static str>,
    /// What is looked at afterwards, and what it must be.
    pub(crate) after: (Look, Json),
}

/// Sends the request of a case.
pub(crate) type Request = fn(&dyn PowerShell, &dyn Random) -> Result<Json, CallError>;

/// Makes a case that looks at nothing afterwards.
pub(crate) fn case(
    name: &'static str,
    script: Script,
    before: fn(&mut Json),
    request: Request,
    expected: Result<Json, &'static str>,
) -> Case {
    Case { name, script, before, request, expected, after: (nothing, Json::Null) }
}

/// Picks what matters out of the state and the record.
pub(crate) type Look = fn(&Json, &[Json]) -> Json;

/// Nothing is looked at afterwards.
fn nothing(_: &Json, _: &[Json]) -> Json {
    Json::Null
}

/// Sends a request and returns its typed result as JSON.
pub(crate) fn ask<C: Call>(powershell: &dyn PowerShell, random: &dyn Random, request: &C) -> Result<Json, CallError>
where
    C::Answer: Serialize,
{
    Ok(serde_json::to_value(call(powershell, random, request)?).unwrap())
}

/// Random octets that are none.
pub(crate) struct Fixed;

impl Random for Fixed {
    fn fill(&self, buffer: &mut [u8]) -> io::Result<()> {
        buffer.fill(0x5a);
        Ok(())
    }
}

/// The stand-in in this process, with a text of its own in the place of the encoded one if there is one.
pub(crate) struct InProcess<'a> {
    pub(crate) world: &'a World,
    pub(crate) text: Option<&'a str>,
}

impl PowerShell for InProcess<'_> {
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        let text = self.text.map_or_else(|| decoded(arguments), str::to_owned);
        let ended = standin::run(&text, &stdin, self.world).unwrap_or_else(|what| standin::Ended {
            code: 99,
            stdout: String::new(),
            stderr: what,
        });
        if ended.stdout.len() as u64 > limits.output {
            return Err(CommandError::TooMuchOutput { program: "powershell.exe".to_owned(), limit: limits.output });
        }
        Ok(ProgramOutput {
            code: i32::try_from(ended.code).ok(),
            stdout: Zeroizing::new(ended.stdout.into_bytes()),
            stderr: Zeroizing::new(ended.stderr.into_bytes()),
        })
    }
}

fn decoded(arguments: &[String]) -> String {
    use base64::Engine as _;
    let octets = base64::engine::general_purpose::STANDARD.decode(arguments.last().unwrap()).unwrap();
    let units: Vec<u16> = octets.chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).unwrap()
}

/// Returns the world that cases begin with.
pub(crate) fn contoso() -> Json {
    serde_json::from_str(include_str!("../../standin/contoso.json")).unwrap()
}

/// Returns the error of a call in words, with all that a script told of it.
pub(crate) fn words(error: &CallError) -> String {
    let mut text = error.fault.to_string();
    if let Some(failure) = error.failure() {
        let hresult = failure.hresult.unwrap_or_default();
        let parts = [&failure.inner, &failure.id, &failure.reason, &failure.stage, &failure.policy];
        let _ = write!(text, " | {} | {hresult}", parts.map(String::as_str).join(" | "));
    }
    if let CallFault::Answer(AnswerError::Refused { code }) = &error.fault {
        let _ = write!(text, " | {code}");
    }
    if error.nothing_done() { text } else { text + " | unclear" }
}

impl Case {
    /// Runs the case with the script's own text, or with another in its place.
    ///
    /// # Errors
    /// What differs from what is expected.
    pub(crate) fn run(&self, text: Option<&str>) -> Result<(), String> {
        let mut state = contoso();
        (self.before)(&mut state);
        let world = World::of(state);
        let seen = (self.request)(&InProcess { world: &world, text }, &Fixed).map_err(|error| words(&error));
        let expected = self.expected.clone().map_err(str::to_owned);
        if seen != expected {
            return Err(format!("{}: {}\nseen:     {seen:?}\nexpected: {expected:?}", self.script.name, self.name));
        }
        let (look, wanted) = &self.after;
        let found = look(&world.state(), &world.record());
        if found == *wanted {
            Ok(())
        } else {
            Err(format!("{}: {}: afterwards\nseen:     {found}\nexpected: {wanted}", self.script.name, self.name))
        }
    }
}

#[test]
fn every_case_gives_its_typed_result() {
    let faults: Vec<String> = super::cases::all().iter().filter_map(|case| case.run(None).err()).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_script_has_a_case_that_succeeds() {
    let cases = super::cases::all();
    for script in s2scert::node::powershell::SCRIPTS {
        let own = cases.iter().filter(|case| case.script == *script);
        assert!(own.clone().any(|case| case.expected.is_ok()), "{}", script.name);
    }
}
