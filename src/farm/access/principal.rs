//! Whom a key may be readable by.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sid;

/// An identity: a SID on Windows, a user or group elsewhere.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Principal {
    /// A Windows identity.
    Sid(Sid),
    /// A user, by number.
    User(u32),
    /// A group, by number.
    Group(u32),
    /// Everybody who is neither the owner nor in an entry (POSIX).
    Other,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sid(sid) => sid.fmt(f),
            Self::User(number) => write!(f, "user:{number}"),
            Self::Group(number) => write!(f, "group:{number}"),
            Self::Other => f.write_str("other"),
        }
    }
}
