//! Who may use a private key: the adapter of the port. What is special is in `os`.

use std::path::{Path, PathBuf};

use super::os;
use crate::farm::access::AccessState;
use crate::ports::{KeyAccess, KeyAccessError, KeyFault, KeyPlace};

/// The keys of this machine.
pub(super) struct SystemKeyAccess;

impl KeyAccess for SystemKeyAccess {
    fn read(&self, place: &KeyPlace) -> Result<AccessState, KeyAccessError> {
        match place {
            KeyPlace::File(path) => os::key_access::read_file(path).map_err(|fault| at(path, fault)),
            KeyPlace::Key(location) => {
                os::key_access::read_key(location).map_err(|fault| named(&location.container, fault))
            }
        }
    }

    fn write(&self, place: &KeyPlace, state: &AccessState) -> Result<(), KeyAccessError> {
        match place {
            KeyPlace::File(path) => os::key_access::write_file(path, state).map_err(|fault| at(path, fault)),
            KeyPlace::Key(location) => {
                os::key_access::write_key(location, state).map_err(|fault| named(&location.container, fault))
            }
        }
    }

    fn key_file(&self, place: &KeyPlace) -> Result<Option<PathBuf>, KeyAccessError> {
        match place {
            KeyPlace::File(path) => Ok(Some(path.clone())),
            KeyPlace::Key(location) => {
                os::key_access::key_file(location).map_err(|fault| named(&location.container, fault))
            }
        }
    }
}

/// Why a call of the system failed.
pub(super) type Failure = (KeyFault, Option<std::io::Error>);

fn at(path: &Path, failure: Failure) -> KeyAccessError {
    named(&path.display().to_string(), failure)
}

fn named(place: &str, (fault, source): Failure) -> KeyAccessError {
    KeyAccessError { place: place.to_owned(), fault, source }
}
