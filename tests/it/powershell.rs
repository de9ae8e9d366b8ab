//! The PowerShell bridge: the subset of its scripts, and what they do in the stand-in.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

/// Answers of any shape: one is believed.
mod answers;
/// No test: the cases of every script.
mod cases;
/// Every case gives the result that is written beside it.
pub(crate) mod conform;
/// Every fault is an error of its own, and hostile data arrive unchanged.
mod faults;
/// The subset that scripts keep to.
mod lint;
/// A script with any statement deleted or any literal or operator altered fails a case.
mod mutants;
/// The stand-in as a process of its own: arguments, environment, deadline, overlapping calls.
mod process;

pub(crate) use conform::{InProcess, contoso};
#[cfg(unix)]
pub(crate) use process::program as standin_program;
