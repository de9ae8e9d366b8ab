//! s2scert: a certificate lifecycle manager for the S2S token-issuer certificate of Dynamics 365 Customer Engagement
//! (on-premises).
//!
//! This page is the map of the house. Arrows point one way:
//! `cli -> app -> {rotation, watch, policy} -> {farm, cert}`. `sys` implements [`ports`] and is named only where it is wired, in `main`.
//!
//! | room | holds | pure |
//! |---|---|---|
//! | [`cert`] | X.509, keys, PKCS#12: bytes to nouns and back | yes |
//! | [`farm`] | what a farm is and what was seen of it: stores, keys, access | yes |
//! | [`policy`] | rules as data, lint, findings | yes |
//! | [`watch`] | what to say when: thresholds, act-by dates, alerts, what was told | yes |
//! | [`doctor`] | what a farm needs before a roll, as named checks | yes |
//! | [`protocol`] | what goes over the wire to a node and back | yes |
//! | [`ports`] | every trait through which the core touches the world | yes |
//! | [`rotation`] | a roll: planner, lint, admission, engine, journal | through ports |
//! | [`sim`] | a farm that is not there, and the checker of what happened in it | yes |
//! | [`node`] | what happens on one server: certificate stores, access to private keys, the bridge to PowerShell | through ports |
//! | [`transport`] | one request to a node and one answer back: local, ssh, winrm, manual | through ports |
//! | [`notify`] | mail, webhook, syslog, file, program: alerts to messages, and out | through ports |
//! | [`store`] | the embedded database: what was told, the delivery log, the heartbeat, the audit log | through ports |
//! | [`app`] | one file per job: gathers, decides, acts | through ports |
//! | [`cli`] | arguments, human and JSON views from one value | through ports |
//! | [`sys`] | files, terminal, clock: one shape on Unix and Windows | no |
//! | [`error`] | the error a person sees, and the exit-code table | yes |

pub mod app;
pub mod cert;
pub mod cli;
pub mod doctor;
pub mod error;
pub mod farm;
pub mod node;
pub mod notify;
pub mod policy;
pub mod ports;
pub mod protocol;
pub mod rotation;
pub mod sim;
pub mod store;
pub mod sys;
pub mod transport;
pub mod watch;

// The machine in memory names the crate as integration tests do, and serves the unit tests too.
#[cfg(test)]
extern crate self as s2scert;
#[cfg(test)]
#[path = "../tests/support/current.rs"]
mod current;
#[cfg(test)]
#[path = "../tests/support/fake_acts.rs"]
mod fake_acts;
#[cfg(test)]
#[path = "../tests/support/fake_host.rs"]
mod fake_host;
