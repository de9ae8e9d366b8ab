//! Telling somebody: alerts to messages, and messages out through the ports.
//!
//! | file | holds |
//! |---|---|
//! | `message` | one message for one channel: its alerts, its words, its JSON |
//! | `html` | the same as HTML for a mail |
//! | `webhook` | the bodies that generic receivers, Teams, Slack and PagerDuty want, and the signature |
//! | `syslog` | RFC 5424 |
//! | `events` | the event log of Windows, with numbers that never change |
//! | `deliver` | one channel: secrets, deadline, retries with growing pauses |
//!
//! A message is at most one for each channel and run. What it cannot hold is counted, never left out in silence.

mod deliver;
pub mod events;
mod html;
mod message;
mod syslog;
mod webhook;

pub use deliver::{Attempted, Failure, MOST_ATTEMPTS, Prepared, Secrets, deliver};
pub use html::render as html;
pub use message::{AuditHead, MESSAGE_SCHEMA, Message};
