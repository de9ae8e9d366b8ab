//! What a farm is and what was seen of it: nouns without behaviour of their own. Pure.
//!
//! A server's certificate store and the access to its private keys stand here, because a decision rests on them wherever
//! they were seen: on this machine, on another one, or in a test.

pub mod access;
pub mod bundle;
pub mod description;
mod key;
pub mod metadata;
pub(crate) mod reading;
pub mod store;
pub mod truth;

pub use key::{KeyKind, KeyLocation, KeySpec};
pub use store::{Gap, KeyPlace};
