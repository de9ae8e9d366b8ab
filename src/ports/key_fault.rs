//! Why the access to a private key, or an identity, cannot be told or changed.

use std::io;

use super::EntryKind;
use crate::error::{Error, Kind};

/// Why the access to a key cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{fault}")]
pub struct KeyAccessError {
    /// The key or file.
    pub place: String,
    /// Why.
    pub fault: KeyFault,
    /// The system's words, where they say more.
    pub source: Option<io::Error>,
}

/// The sorts of [`KeyAccessError`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KeyFault {
    /// There is no such file or key.
    #[error("there is no such key or file")]
    NotFound,
    /// The path leads to something that is no file.
    #[error("is {0}, not a file; links are not followed here")]
    NotAFile(EntryKind),
    /// The system refused.
    #[error("access to the access list is denied")]
    Denied,
    /// The file system keeps no such list.
    #[error("the file system keeps no access lists, so one more reader cannot be added")]
    NoLists,
    /// Another sort of key or access than this system keeps.
    #[error("{0}")]
    NotHere(&'static str),
    /// The list cannot be understood or written.
    #[error("{0}")]
    Unusable(String),
    /// Anything else.
    #[error("the system reports an error")]
    Other,
}

impl From<KeyAccessError> for Error {
    fn from(error: KeyAccessError) -> Self {
        let kind = match error.fault {
            KeyFault::NotFound | KeyFault::NotAFile(_) | KeyFault::Denied | KeyFault::Unusable(_) => Kind::Unreadable,
            KeyFault::NoLists => Kind::Refused,
            KeyFault::NotHere(_) => Kind::Usage,
            KeyFault::Other => Kind::Internal,
        };
        let text = Self::new(kind, error.to_string()).at(&error.place);
        let text = match error.fault {
            KeyFault::Denied => text.hint("run as an administrator, or as root"),
            KeyFault::NoLists => {
                text.hint("keep the key on a file system with POSIX access lists, or use a group: group:NAME")
            }
            _ => text,
        };
        match error.source {
            Some(source) => text.because(source),
            None => text,
        }
    }
}

/// Why an identity cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PrincipalError {
    /// The name does not exist.
    #[error("there is no user, group or other identity of this name")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The system could not say.
    #[error("the identity cannot be looked up")]
    Lookup {
        /// The name.
        name: String,
        /// The system's words.
        source: io::Error,
    },
    /// The identity cannot be taken here.
    #[error("this identity cannot be taken from here: {0}")]
    NotPossible(String),
}

impl From<PrincipalError> for Error {
    fn from(error: PrincipalError) -> Self {
        match error {
            PrincipalError::Unknown { ref name } => Self::new(Kind::Unreadable, error.to_string()).at(name).hint(
                "write it as the system does: DOMAIN\\user, DOMAIN\\name$ for a gMSA, NETWORK SERVICE, or a SID; \
                 on Linux a user, or group:NAME",
            ),
            PrincipalError::Lookup { name, source } => {
                Self::new(Kind::Unreadable, "the identity cannot be looked up").at(name).because(source)
            }
            PrincipalError::NotPossible(_) => Self::new(Kind::Refused, error.to_string()),
        }
    }
}
