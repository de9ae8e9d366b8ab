//! One file per job: gather through the ports, decide with the pure rooms, act, and return a report as a value.
//!
//! Nothing here prints. Reports are rendered in [`crate::cli`], for people and as JSON from the same value.

pub mod access;
pub mod audit;
pub mod check;
mod check_report;
mod check_subjects;
pub mod doctor;
pub mod explain;
pub mod export;
pub mod farm;
pub mod fieldtest;
pub mod gate;
pub mod import;
pub mod inspect;
pub mod issue;
pub mod keygen;
mod once;
pub mod outputs;
pub mod passwords;
pub mod pfx_choice;
pub mod policies;
pub mod rehearse;
pub mod report;
pub mod rotate;
pub mod schedule;
pub mod source;
pub mod store;
pub mod version;
pub mod watch;
