//! One call: a typed request in, a typed result or a typed error out.

use std::io;

use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::answer::{AnswerError, LIMIT_OF_ANSWER, ScriptFailure, read};
use super::cause::cause;
use super::clixml::message;
use super::input::{Field, InputError, Marker, input};
use super::script::{Effect, Needs, Script};
use crate::error::{Error, Kind};
use crate::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput, Random};

/// What stands in the place of a one-use password that a program printed.
const TAKEN_OUT: &[u8] = b"(password)";

/// A request that PowerShell answers.
pub trait Call {
    /// The script that does it.
    const SCRIPT: Script;
    /// What comes back.
    type Answer: DeserializeOwned;

    /// Returns the data for the script by name.
    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        Vec::new()
    }

    /// Returns what this very request needs. It may be less than what the script can need.
    fn needs(&self) -> Needs {
        Self::SCRIPT.needs
    }

    /// Returns how much is taken from it, and how long it is waited for.
    fn limits(&self) -> ProgramLimits {
        ProgramLimits { output: LIMIT_OF_ANSWER, deadline: Self::SCRIPT.deadline }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum CallFault {
    /// The data cannot be sent. PowerShell was not started.
    #[error(transparent)]
    Input(#[from] InputError),
    /// There is no randomness for the marker lines. PowerShell was not started.
    #[error("the random generator failed")]
    Random(#[source] io::Error),
    /// PowerShell could not be started, did not end in time or wrote too much.
    #[error(transparent)]
    Process(#[from] CommandError),
    /// PowerShell ended without a usable answer, or with an error.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// PowerShell answered, and ended with an exit code all the same.
    #[error("PowerShell answered and yet ended with {}", ending(*.code))]
    ExitCode {
        /// The code; nothing where a signal ended it.
        code: Option<i32>,
    },
    /// PowerShell ended with an exit code and printed nothing.
    #[error("PowerShell ended with {} and printed nothing", ending(*.code))]
    Silent {
        /// The code; nothing where a signal ended it.
        code: Option<i32>,
    },
}

fn ending(code: Option<i32>) -> String {
    code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

/// A call that failed: which script, and why. No datum of the call is in it.
#[derive(Debug, thiserror::Error)]
#[error("the PowerShell script {} gave no result", .script.name)]
pub struct CallError {
    /// The script.
    pub script: Script,
    /// Why.
    #[source]
    pub fault: CallFault,
}

/// Runs one request.
///
/// # Errors
/// [`CallError`]. Where [`CallError::nothing_done`] is false, the effect may be there: look before it is repeated.
pub fn call<C: Call>(powershell: &dyn PowerShell, random: &dyn Random, request: &C) -> Result<C::Answer, CallError> {
    answered(powershell, random, request).map_err(|fault| CallError { script: C::SCRIPT, fault })
}

fn answered<C: Call>(powershell: &dyn PowerShell, random: &dyn Random, request: &C) -> Result<C::Answer, CallFault> {
    let mut octets = [0; 16];
    random.fill(&mut octets).map_err(CallFault::Random)?;
    let marker = Marker::new(&octets);
    let fields = request.fields();
    let stdin = input(&marker, &fields)?;
    let mut output = powershell.run(&C::SCRIPT.arguments(), stdin, request.limits())?;
    for (_, field) in &fields {
        if let Field::Secret(password) = field {
            let secret = password.password().expose().as_bytes();
            output.stdout = without(&output.stdout, secret);
            output.stderr = without(&output.stderr, secret);
        }
    }
    let answer = read(&output.stdout, &marker).map_err(|error| match error {
        AnswerError::Missing => instead(&output),
        other => CallFault::Answer(other),
    })?;
    if output.code == Some(0) { Ok(answer) } else { Err(CallFault::ExitCode { code: output.code }) }
}

/// Tells what was said in the place of an answer: by PowerShell itself on standard error, or by anything else on standard
/// output.
fn instead(output: &ProgramOutput) -> CallFault {
    let said = [message(&output.stderr), message(&output.stdout)].into_iter().find(|text| !text.is_empty());
    match (said, output.code) {
        (Some(message), _) => CallFault::Answer(AnswerError::Instead { message }),
        (None, Some(0)) => CallFault::Answer(AnswerError::Missing),
        (None, code) => CallFault::Silent { code },
    }
}

/// How a host with a narrow window folds a line: in text, and in CLIXML.
const FOLDS: &[&[u8]] = &[b"\r", b"\n", b"_x000D_", b"_x000A_"];

/// Copies octets with a secret taken out, folded or not, into memory that is erased.
fn without(octets: &[u8], secret: &[u8]) -> Zeroizing<Vec<u8>> {
    // Never smaller than what is written: a vector that grows leaves its old octets behind.
    let room = octets.len() + octets.len() / secret.len().max(1) * TAKEN_OUT.len();
    let mut kept = Zeroizing::new(Vec::with_capacity(room));
    let mut rest = octets;
    while let Some((first, more)) = rest.split_first() {
        if let Some(behind) = behind(rest, secret) {
            kept.extend_from_slice(TAKEN_OUT);
            rest = behind;
        } else {
            kept.push(*first);
            rest = more;
        }
    }
    kept
}

/// Returns what stands behind a secret with which the octets begin.
fn behind<'a>(octets: &'a [u8], secret: &[u8]) -> Option<&'a [u8]> {
    let (first, others) = secret.split_first()?;
    let mut rest = octets.strip_prefix(&[*first])?;
    for octet in others {
        while let Some(unfolded) = FOLDS.iter().find_map(|fold| rest.strip_prefix(*fold)) {
            rest = unfolded;
        }
        rest = rest.strip_prefix(&[*octet])?;
    }
    Some(rest)
}

impl CallError {
    /// Returns whether it is certain that nothing was changed. Where it is not, look before the call is repeated.
    pub fn nothing_done(&self) -> bool {
        let certain = match &self.fault {
            CallFault::Input(_) | CallFault::Random(_) => true,
            CallFault::Process(error) => {
                matches!(error, CommandError::Empty | CommandError::NoPowerShell | CommandError::NotStarted { .. })
            }
            CallFault::Answer(error) => error.nothing_done(),
            CallFault::ExitCode { .. } | CallFault::Silent { .. } => false,
        };
        certain || self.script.effect == Effect::Observes
    }

    /// Returns what the script told of its failure.
    pub fn failure(&self) -> Option<&ScriptFailure> {
        match &self.fault {
            CallFault::Answer(AnswerError::Script(failure)) => Some(failure),
            _ => None,
        }
    }

    /// Returns the next steps, the likeliest first.
    pub fn hints(&self) -> Vec<String> {
        let mut hints: Vec<String> = Vec::new();
        match &self.fault {
            CallFault::Input(_) => hints.push("correct the value; nothing was started".to_owned()),
            CallFault::Random(_) => hints.push("look at the system's log; nothing was started".to_owned()),
            CallFault::Process(error) => hints.push(next_for_process(error)),
            CallFault::Answer(error) => hints.extend(next_for_answer(error)),
            CallFault::ExitCode { .. } | CallFault::Silent { .. } => {
                hints.push("look at the system's log of Windows PowerShell".to_owned())
            }
        }
        if self.script.needs == Needs::NetworkIdentity && self.failure().is_some() {
            hints.push("this script goes on to another server: `NetworkIdentity` measures whether it may".to_owned());
        }
        if !self.nothing_done() {
            hints.push("the change may have been made: look at the server before it is repeated".to_owned());
        }
        hints
    }
}

fn next_for_process(error: &CommandError) -> String {
    match error {
        CommandError::NoPowerShell => "run it on a Windows server with Windows PowerShell 5.1".to_owned(),
        CommandError::NotStarted { .. } => {
            "ask whether AppLocker or a policy of Windows refuses powershell.exe to this account".to_owned()
        }
        CommandError::Overran { .. } => "look at the load of the server and at its way to SQL Server".to_owned(),
        CommandError::Empty
        | CommandError::Failed { .. }
        | CommandError::TooMuchOutput { .. }
        | CommandError::Unread { .. } => "run the cmdlet by hand on the server and read what it prints".to_owned(),
    }
}

fn next_for_answer(error: &AnswerError) -> Vec<String> {
    match error {
        AnswerError::LanguageMode => {
            vec!["let AppLocker or WDAC trust the caller's PowerShell, or do the step by hand".to_owned()]
        }
        AnswerError::FileRefused { policy } => vec![format!(
            "the execution policy is {policy}; sign the file or let a group policy allow it; s2scert never overrides it"
        )],
        AnswerError::Script(failure) => {
            let texts = [&failure.message, &failure.inner];
            let known = texts.into_iter().find_map(|text| cause(text, failure.hresult));
            known.map_or_else(
                || vec!["run the cmdlet by hand on the server and read what it prints".to_owned()],
                |cause| vec![format!("it means: {}", cause.means), cause.next.to_owned()],
            )
        }
        AnswerError::Instead { message } => {
            let known = cause(message, None);
            known.map_or_else(Vec::new, |cause| vec![format!("it means: {}", cause.means), cause.next.to_owned()])
        }
        AnswerError::Refused { .. } => vec!["nothing was changed; see the page docs/powershell.md".to_owned()],
        AnswerError::Missing
        | AnswerError::Truncated
        | AnswerError::Doubled
        | AnswerError::Noise { .. }
        | AnswerError::Junk { .. } => {
            vec!["look for a profile, a wrapper or a policy that changes what powershell.exe prints".to_owned()]
        }
    }
}

impl From<CallError> for Error {
    fn from(error: CallError) -> Self {
        let kind = match &error.fault {
            CallFault::Input(_) => Kind::Usage,
            CallFault::Random(_) => Kind::Internal,
            CallFault::Answer(
                AnswerError::Refused { .. } | AnswerError::FileRefused { .. } | AnswerError::LanguageMode,
            ) => Kind::Refused,
            CallFault::Process(_) | CallFault::Answer(_) | CallFault::ExitCode { .. } | CallFault::Silent { .. } => {
                Kind::Unreadable
            }
        };
        let hints = error.hints();
        let place = format!("script {} in powershell.exe", error.script.name);
        let text = Self::new(kind, error.fault.to_string()).at(place);
        let text = hints.into_iter().fold(text, Self::hint);
        match error.fault {
            CallFault::Random(source)
            | CallFault::Process(CommandError::NotStarted { source, .. } | CommandError::Unread { source, .. }) => {
                text.because(source)
            }
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_wherever_it_stands() {
        let cases = [
            ("geheim", "(password)"),
            ("xgeheimgeheimx", "x(password)(password)x"),
            ("gehei", "gehei"),
            ("gegeheim", "ge(password)"),
            ("ge\r\nheim\r\n", "(password)\r\n"),
            ("ge_x000D__x000A_heim_x000D__x000A_", "(password)_x000D__x000A_"),
            ("ge heim\r\ngehei\r\n", "ge heim\r\ngehei\r\n"),
            ("", ""),
        ];
        for (text, kept) in cases {
            assert_eq!(*without(text.as_bytes(), b"geheim"), kept.as_bytes());
            assert_eq!(*without(text.as_bytes(), b""), text.as_bytes());
        }
    }
}
