//! Sessions with the real program, as a person has them: command line, what is printed, what is written, exit code.
//!
//! Each test runs one session in a folder of its own and compares it with its page in `tests/transcripts`. To write the
//! pages anew: `INSTA_UPDATE=always cargo test --test it transcripts`, then read the difference as an administrator would.
//! `coverage` fails when a command, an option, an exit code or an error text has no transcript.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod coverage;
pub(crate) mod fixtures;
mod shell;

pub(crate) use fixtures::{FILES, PASSWORD};
pub(crate) use shell::{split, without_terminal};

/// Key files have another access on Windows; `tests/wine/run` has its sessions.
#[cfg(unix)]
mod access;
mod audit;
mod check;
mod convert;
mod doctor;
mod errors;
mod explain;
mod farm;
mod fieldtest;
mod help;
mod inspect;
mod issue;
mod node;
mod passwords;
mod policy;
mod rehearse;
mod rotate;
mod rotate_from;
mod store;
mod watch;
