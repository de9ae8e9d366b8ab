//! The one error type that reaches a person, the exit-code table, and the one place that prints a chain of causes.
//!
//! Rooms below `app` have small error enums of their own. `app` turns them into [`Error`], which adds the place (a path,
//! a host, a rule) and the next step. Nothing else belongs here: no formatting for a terminal, no process exit.

use std::error::Error as StdError;
use std::fmt;

/// The process exit code, as documented in `docs/exit-codes.md`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum ExitCode {
    /// The command did what was asked, or had nothing to do.
    Ok = 0,
    /// A fault of the program itself.
    Internal = 1,
    /// The command line cannot be understood, or an answer that it needs is missing.
    Usage = 2,
    /// A policy rule or a lint finding of severity `error` stands.
    Finding = 3,
    /// Something named was not found, cannot be read as what it should be, or cannot be written.
    Unreadable = 4,
    /// A plan would change something.
    ChangesPending = 5,
    /// An alert of level attention or warning stands.
    AlertWarning = 6,
    /// An alert of level error or critical stands.
    AlertCritical = 7,
    /// A part of the farm was not seen, and nothing that was seen is wrong.
    PartialView = 8,
    /// The request was understood and refused: an existing target, an unsafe file.
    Refused = 9,
    /// The roll was taken back; the farm is as before.
    RolledBack = 10,
    /// Something is left to do by hand, with the commands told.
    ManualLeft = 11,
    /// The access to a private key is not what was asked for.
    AccessDiffers = 12,
    /// Somebody should have been told, and nothing got through.
    Undelivered = 13,
    /// It was so already, and that was to be told by the exit code.
    Unchanged = 20,
}

impl ExitCode {
    /// Every code this version can end with, in order, each with the sentence printed in the documentation.
    pub const TABLE: [(Self, &'static str); 15] = [
        (Self::Ok, "done, or nothing to do"),
        (Self::Internal, "a fault of s2scert itself, or of the machine (disk full)"),
        (Self::Usage, "the command line is not understood, or a password is missing"),
        (Self::Finding, "a policy rule or a lint finding of severity error stands"),
        (
            Self::Unreadable,
            "something named was not found, or cannot be read or written (no such folder, access denied)",
        ),
        (Self::ChangesPending, "a plan was made that would change something"),
        (Self::AlertWarning, "an alert of level attention or warning stands"),
        (Self::AlertCritical, "an alert of level error or critical stands"),
        (Self::PartialView, "a part of the farm was not seen; what was seen is in order"),
        (Self::Refused, "refused: the target exists, input and output are one file, an unsafe file"),
        (Self::RolledBack, "the roll was taken back; the farm is as before"),
        (Self::ManualLeft, "something is left to do by hand; the commands are told"),
        (Self::AccessDiffers, "the access to a private key is not what was asked for"),
        (Self::Undelivered, "somebody should have been told, and nothing got through on any channel"),
        (Self::Unchanged, "nothing to do, where --detailed-exitcode asks to be told so"),
    ];

    /// Returns the number handed to the operating system.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// The kind of an [`Error`], which decides the exit code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A fault of the program or of the machine under it.
    Internal,
    /// A mistake on the command line.
    Usage,
    /// A policy or lint finding that stops the command.
    Finding,
    /// An input that is missing or cannot be read, or an output that cannot be written.
    Unreadable,
    /// A request that is refused for safety.
    Refused,
}

impl Kind {
    /// Returns the exit code that belongs to this kind.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Internal => ExitCode::Internal,
            Self::Usage => ExitCode::Usage,
            Self::Finding => ExitCode::Finding,
            Self::Unreadable => ExitCode::Unreadable,
            Self::Refused => ExitCode::Refused,
        }
    }
}

/// An error as a person sees it: what happened, where, why, and what to do next.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    what: String,
    place: Option<String>,
    hints: Vec<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of everything in `app`.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Makes an error of `kind` that says `what` happened, in one short sentence without a full stop.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), place: None, hints: Vec::new(), source: None }
    }

    /// Adds the place: a path, a host, a rule id.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.place = Some(place.to_string());
        self
    }

    /// Adds the cause. Its text is printed by [`Error::report`], never repeated in `what`.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Returns the kind.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns what happened, without place and cause.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns where it happened, if that is known.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// Returns the next steps.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Returns the texts of the causes, outermost first.
    pub fn causes(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let mut cause = StdError::source(self);
        while let Some(error) = cause {
            texts.push(error.to_string());
            cause = error.source();
        }
        texts
    }

    /// Returns the whole report as lines for stderr: what and where, each cause, each hint.
    pub fn report(&self) -> String {
        let mut text = format!("error: {self}");
        for cause in self.causes() {
            text.push_str("\n  because: ");
            text.push_str(&cause);
        }
        for hint in &self.hints {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_place_cause_and_next_step_once_each() {
        let error = Error::new(Kind::Unreadable, "cannot read the file")
            .at("s2s.pfx")
            .because(std::io::Error::other("permission denied"))
            .hint("run as an administrator");
        assert_eq!(
            error.report(),
            "error: s2s.pfx: cannot read the file\n  because: permission denied\n  hint: run as an administrator"
        );
        assert_eq!(error.kind().exit_code().code(), 4);
    }
}
