//! Owner, mode and POSIX access list of a file that holds a private key.

#![expect(clippy::disallowed_methods, reason = "the edge at which files are touched")]

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, XattrFlags, fgetxattr, fsetxattr};
use rustix::io::Errno;

use super::file::entry_kind;
use crate::farm::KeyLocation;
use crate::farm::access::{AccessState, PosixAccess};
use crate::ports::KeyFault;

use super::super::key_access::Failure;

/// The name under which Linux keeps the list.
const ATTRIBUTE: &str = "system.posix_acl_access";
/// The most octets that the kernel gives an attribute.
const MAX_ATTRIBUTE: usize = 65_536;
/// What of a mode is no permission: set-user-id, set-group-id, sticky.
const SPECIAL: u32 = 0o7000;

const NO_CONTAINERS: Failure = (KeyFault::NotHere("key containers are a thing of Windows; name a file"), None);

/// Reads the access to a file.
///
/// # Errors
/// What stands in the way.
pub(crate) fn read_file(path: &Path) -> Result<AccessState, Failure> {
    access_of(&open(path)?).map(AccessState::Posix)
}

/// Writes the access list, and nothing else, of a file.
///
/// # Errors
/// What stands in the way.
pub(crate) fn write_file(path: &Path, state: &AccessState) -> Result<(), Failure> {
    let AccessState::Posix(wanted) = state else {
        return Err((
            KeyFault::NotHere("a file here has a mode and a POSIX access list, no security descriptor"),
            None,
        ));
    };
    let file = open(path)?;
    let before = access_of(&file)?;
    // A list without further entries is turned into the mode by the kernel, in the same step.
    match fsetxattr(&file, ATTRIBUTE, &wanted.to_octets(), XattrFlags::empty()) {
        Ok(()) => Ok(()),
        Err(Errno::OPNOTSUPP) if wanted.is_plain_mode() && before.is_plain_mode() => {
            let metadata = file.metadata().map_err(explain)?;
            let mode = metadata.mode() & SPECIAL | wanted.mode();
            file.set_permissions(std::fs::Permissions::from_mode(mode)).map_err(explain)
        }
        Err(Errno::OPNOTSUPP) => Err((KeyFault::NoLists, None)),
        Err(error) => Err(explain(error.into())),
    }
}

/// Reads the access to a key of a provider, which there is not here.
///
/// # Errors
/// Always.
pub(crate) fn read_key(_: &KeyLocation) -> Result<AccessState, Failure> {
    Err(NO_CONTAINERS)
}

/// Writes the access to a key of a provider, which there is not here.
///
/// # Errors
/// Always.
pub(crate) fn write_key(_: &KeyLocation, _: &AccessState) -> Result<(), Failure> {
    Err(NO_CONTAINERS)
}

/// Returns the file of a key of a provider, which there is not here.
///
/// # Errors
/// Always.
pub(crate) fn key_file(_: &KeyLocation) -> Result<Option<PathBuf>, Failure> {
    Err(NO_CONTAINERS)
}

fn access_of(file: &File) -> Result<PosixAccess, Failure> {
    let metadata = file.metadata().map_err(explain)?;
    let (owner, group) = (metadata.uid(), metadata.gid());
    let mut octets = vec![0; MAX_ATTRIBUTE];
    match fgetxattr(file, ATTRIBUTE, octets.as_mut_slice()) {
        Ok(length) => {
            octets.truncate(length);
            PosixAccess::from_octets(owner, group, &octets)
                .map_err(|error| (KeyFault::Unusable(error.to_string()), None))
        }
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(PosixAccess::of_mode(owner, group, metadata.mode())),
        Err(error) => Err(explain(error.into())),
    }
}

/// Opens a regular file and no link to one: whoever may write the folder could aim a link at another file.
fn open(path: &Path) -> Result<File, Failure> {
    let before = entry_kind(&std::fs::symlink_metadata(path).map_err(explain)?);
    if before != crate::ports::EntryKind::File {
        return Err((KeyFault::NotAFile(before), None));
    }
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path).map_err(explain)?;
    match entry_kind(&file.metadata().map_err(explain)?) {
        crate::ports::EntryKind::File => Ok(file),
        other => Err((KeyFault::NotAFile(other), None)),
    }
}

fn explain(error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => (KeyFault::NotFound, None),
        ErrorKind::PermissionDenied => (KeyFault::Denied, Some(error)),
        _ => (KeyFault::Other, Some(error)),
    }
}
