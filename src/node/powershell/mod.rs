//! The bridge to Windows PowerShell 5.1: constant scripts, data on standard input, one JSON answer between two marker lines.
//!
//! Everything here is pure. `docs/powershell.md` tells the subset that the scripts keep to, and what is proven of them.

mod answer;
mod clixml;
mod input;
mod script;

pub use answer::{AnswerError, LIMIT_OF_ANSWER, ScriptFailure, read};
pub use clixml::message;
pub use input::{Field, InputError, LIMIT_OF_INPUT, Marker, input};
pub use script::{Effect, Needs, SCRIPTS, Script};
