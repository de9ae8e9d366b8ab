//! Who may use a private key: key containers of CryptoAPI, keys of CNG, and files.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are touched")]

use std::io;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, NTE_BAD_KEYSET, NTE_KEYSET_NOT_DEF, NTE_NOT_FOUND,
    NTE_PERM,
};

use super::super::key_access::Failure;
use super::ffi::{csp, ncrypt, security};
use super::file::entry_kind;
use super::name::is_device;
use crate::farm::access::{AccessState, Descriptor};
use crate::farm::{KeyKind, KeyLocation};
use crate::ports::{EntryKind, KeyFault};

/// Reads the access list, owner and group of a file.
///
/// # Errors
/// What stands in the way.
pub(crate) fn read_file(path: &Path) -> Result<AccessState, Failure> {
    only_files(path)?;
    understood(&security::of_file(path).map_err(explain)?)
}

/// Writes the access list of a file.
///
/// # Errors
/// What stands in the way.
pub(crate) fn write_file(path: &Path, state: &AccessState) -> Result<(), Failure> {
    only_files(path)?;
    let (octets, protected) = octets(state)?;
    security::set_on_file(path, &octets, protected).map_err(explain)
}

/// Reads the access list of a key.
///
/// # Errors
/// What stands in the way.
pub(crate) fn read_key(location: &KeyLocation) -> Result<AccessState, Failure> {
    let octets = match location.kind() {
        KeyKind::Csp => csp::Container::open(location).and_then(|container| container.security()),
        KeyKind::Cng => ncrypt::Key::open(location).and_then(|key| key.security()),
    };
    understood(&octets.map_err(explain)?)
}

/// Writes the access list of a key.
///
/// # Errors
/// What stands in the way.
pub(crate) fn write_key(location: &KeyLocation, state: &AccessState) -> Result<(), Failure> {
    let (octets, _) = octets(state)?;
    match location.kind() {
        KeyKind::Csp => csp::Container::open(location).and_then(|container| container.set_security(&octets)),
        KeyKind::Cng => ncrypt::Key::open(location).and_then(|key| key.set_security(&octets)),
    }
    .map_err(explain)
}

/// Returns the file of a key: its unique name in the folder of the machine's keys. CNG may tell a whole path.
///
/// # Errors
/// What stands in the way.
pub(crate) fn key_file(location: &KeyLocation) -> Result<Option<PathBuf>, Failure> {
    let (unique, folder) = match location.kind() {
        KeyKind::Csp => {
            let container = csp::Container::open(location).map_err(explain)?;
            (container.unique_name().ok(), r"Microsoft\Crypto\RSA\MachineKeys")
        }
        KeyKind::Cng => {
            let key = ncrypt::Key::open(location).map_err(explain)?;
            (key.unique_name().ok(), r"Microsoft\Crypto\Keys")
        }
    };
    let Some(unique) = unique.filter(|name| !name.is_empty()) else { return Ok(None) };
    if unique.contains('\\') {
        return Ok(Some(PathBuf::from(unique)));
    }
    // A key of one user lies in that user's profile, under a folder that we do not know.
    let data = std::env::var_os("ProgramData").filter(|_| location.machine);
    Ok(data.map(|data| Path::new(&data).join(folder).join(unique)))
}

fn understood(octets: &[u8]) -> Result<AccessState, Failure> {
    let unusable = |error: crate::farm::access::BinaryError| (KeyFault::Unusable(error.to_string()), None);
    Descriptor::from_octets(octets).map(AccessState::Windows).map_err(unusable)
}

/// Returns the list alone, as octets, and whether it is protected from inheritance.
fn octets(state: &AccessState) -> Result<(Vec<u8>, bool), Failure> {
    let AccessState::Windows(descriptor) = state else {
        return Err((KeyFault::NotHere("a key here has a security descriptor, no mode"), None));
    };
    let list = Descriptor { dacl: descriptor.dacl.clone(), ..Descriptor::default() };
    let protected = list.dacl.as_ref().is_some_and(|dacl| dacl.protected);
    let octets = list.to_octets().map_err(|error| (KeyFault::Unusable(error.to_string()), None))?;
    Ok((octets, protected))
}

fn only_files(path: &Path) -> Result<(), Failure> {
    if is_device(path) {
        return Err((KeyFault::NotAFile(EntryKind::Device), None));
    }
    match entry_kind(&std::fs::symlink_metadata(path).map_err(explain)?) {
        EntryKind::File => Ok(()),
        other => Err((KeyFault::NotAFile(other), None)),
    }
}

fn explain(error: io::Error) -> Failure {
    let code = error.raw_os_error().unwrap_or_default();
    let fault = match code {
        NTE_BAD_KEYSET | NTE_KEYSET_NOT_DEF | NTE_NOT_FOUND => KeyFault::NotFound,
        NTE_PERM => KeyFault::Denied,
        _ => match code.cast_unsigned() {
            ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND => KeyFault::NotFound,
            ERROR_ACCESS_DENIED => KeyFault::Denied,
            _ => KeyFault::Other,
        },
    };
    (fault, Some(error))
}
