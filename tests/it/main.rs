//! The integration tests, one binary: linking once matters on a small machine. One module per topic.

#![expect(clippy::disallowed_methods, reason = "tests look at the machine themselves")]

/// Access to a key file against the real kernel.
#[cfg(unix)]
mod access;
/// Who may name whom, where the world is touched, how large a file may be.
mod architecture;
/// No test: bundles of a small farm.
mod bundles;
/// Certificates that we issue are parsed by OpenSSL and pyca/cryptography as we parse them.
mod certificates;
/// No test: keys and chains that others use, made once a run.
mod chains;
/// The page of dependencies against Cargo.toml and Cargo.lock.
mod dependencies;
/// What a foreign decoder is known to refuse or to show otherwise.
mod exceptions;
/// The page of exit codes, and that each code is used.
mod exit_codes;
/// Descriptions of farms on the real machine.
mod farm;
/// Files that others wrote are read by us.
mod foreign;
/// A full disk, several writers, a kill: files are whole or absent.
mod hardship;
/// Files that we write are read back by five foreign decoders and an independent ASN.1 walk.
mod matrix;
/// No test: finding and running the foreign programs.
mod oracles;
/// The program as a user runs it: exit codes, JSON and schemas, the password that is found nowhere.
mod program;
/// Command lines in remedies, hints and pages against the parser.
mod remedies;
/// No test: finding the programs that judge.
#[path = "../support/tools.rs"]
mod tools;
/// Sessions with the program, command by command, against the pages of `tests/transcripts`.
mod transcripts;
