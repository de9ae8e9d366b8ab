//! The integration tests, one binary: linking once matters on a small machine. One module per topic.

#![expect(clippy::disallowed_methods, reason = "tests look at the machine themselves")]

/// Who may name whom, where the world is touched, how large a file may be.
mod architecture;
/// The page of dependencies against Cargo.toml and Cargo.lock.
mod dependencies;
/// The page of exit codes, and that each code is used.
mod exit_codes;
