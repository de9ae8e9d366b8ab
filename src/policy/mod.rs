//! Rules as data, lint, and the findings of both. Pure: `now` is an argument, nothing is opened.

pub mod finding;
pub mod lint;

pub use finding::{Finding, Severity, WaivedBy};
