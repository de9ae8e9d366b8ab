//! The integration tests, one binary: linking once matters on a small machine. One module per topic.

#![expect(clippy::disallowed_methods, reason = "tests look at the machine themselves")]

/// Access to a key file against the real kernel.
#[cfg(unix)]
mod access;
/// Who may name whom, where the world is touched, how large a file may be.
mod architecture;
/// No test: bundles of a small farm.
mod bundles;
/// What people do by hand as the files say, and hand in.
mod by_hand;
/// A password that is found in nothing that is written, printed, started or left.
mod canary;
/// Certificates that we issue are parsed by OpenSSL and pyca/cryptography as we parse them.
mod certificates;
/// No test: keys and chains that others use, made once a run.
mod chains;
/// The schedule of the watch against another implementation of cron.
mod cron;
/// The page of dependencies against Cargo.toml and Cargo.lock.
mod dependencies;
/// What a foreign decoder is known to refuse or to show otherwise.
mod exceptions;
/// The page of exit codes, and that each code is used.
mod exit_codes;
/// No test: a machine in memory.
#[path = "../support/fake_host.rs"]
mod fake_host;
/// Descriptions of farms on the real machine.
mod farm;
/// Files that others wrote are read by us.
mod foreign;
/// A full disk, several writers, a kill: files are whole or absent.
mod hardship;
/// No test: ten years of a watch.
#[path = "../support/histories/mod.rs"]
mod histories;
/// A farm of real processes, broken in one way after the other.
#[cfg(unix)]
mod lab;
/// No test: that farm.
#[cfg(unix)]
#[path = "../lab/mod.rs"]
mod lab_farm;
/// Files that we write are read back by five foreign decoders and an independent ASN.1 walk.
mod matrix;
/// Requests to a node and their answers.
mod node;
/// No test: finding and running the foreign programs.
mod oracles;
/// Ten thousand orders of handing in, through what `import` reads and orders with.
mod permutations;
/// The PowerShell scripts: their subset, their behaviour in the stand-in, their mutants, their faults.
mod powershell;
/// The program as a user runs it: exit codes, JSON and schemas.
mod program;
/// Command lines in remedies, hints and pages against the parser.
mod remedies;
/// The HTML report in a real browser.
mod report_html;
/// The schedule on the real machine: units before systemd's own checker, and a watch that stays and is asked to end.
#[cfg(unix)]
mod schedule;
/// No test: the stand-in for `powershell.exe`, here without a process of its own.
#[path = "../standin/mod.rs"]
mod standin;
/// Stores that are folders, against the real kernel: a service that reads its key, several installations at once.
#[cfg(unix)]
mod stores;
/// What is asked and typed on a terminal.
#[cfg(unix)]
mod terminal;
/// No test: finding the programs that judge.
#[path = "../support/tls_server.rs"]
mod tls_server;
#[path = "../support/tools.rs"]
mod tools;
/// Sessions with the program, command by command, against the pages of `tests/transcripts`.
mod transcripts;
/// The watch: simulated years, receivers, bad input, kills.
mod watch;
// The Web port against real servers.
mod web;
