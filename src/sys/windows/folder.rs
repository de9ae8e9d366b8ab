//! Folders on Windows: where state stands, with which access, and what could be another's doing.

#![expect(clippy::disallowed_methods, reason = "the edge at which the environment is read")]

use std::fs::Metadata;
use std::io;
use std::os::windows::fs::MetadataExt;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::FILE_ATTRIBUTE_REPARSE_POINT;

use super::ffi;
use crate::farm::access::descriptor::{Ace, AceKind};
use crate::farm::access::{Descriptor, Sid, rights, well_known};

/// What lets somebody change a file or folder, its list or its owner: write and append data, extended attributes, delete
/// child, attributes, DELETE, WRITE_DAC, WRITE_OWNER. Source: [MS-DTYP] 2.4.3, `winnt.h`.
const CHANGES: u32 = 0x0002 | 0x0004 | 0x0010 | 0x0040 | 0x0100 | 0x0001_0000 | 0x0004_0000 | 0x0008_0000;

/// Whoever makes something in the folder; that can only be one of those who may write in it.
const CREATOR_OWNER: &str = "S-1-3-0";

/// Returns where the state folder stands unless somebody says otherwise.
///
/// # Errors
/// What is missing in the environment.
pub(crate) fn default_place() -> Result<PathBuf, &'static str> {
    std::env::var_os("ProgramData")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .map(|base| base.join("s2scert"))
        .ok_or("ProgramData is not set; name the folder with --state-dir")
}

/// Creates a folder that nobody else can enter at any instant: SYSTEM, Administrators, the current user; nothing
/// inherited from above.
///
/// # Errors
/// That of the system.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    ffi::file::create_folder(path, &ffi::security::Descriptor::secret_folder()?)
}

/// Returns what makes a folder or file of ours unsafe.
pub(crate) fn danger(path: &Path, metadata: &Metadata) -> Option<String> {
    danger_on_the_way(metadata).or_else(|| {
        let octets = ffi::security::of_file(path);
        let user = ffi::security::current_user();
        match (octets, user) {
            (Ok(octets), Ok(user)) => match (Descriptor::from_octets(&octets), user.parse()) {
                (Ok(descriptor), Ok(user)) => foreign(&descriptor, &user),
                _ => Some("its access list cannot be understood".to_owned()),
            },
            (Err(error), _) | (_, Err(error)) => Some(format!("its access list cannot be read: {error}")),
        }
    })
}

/// Returns what makes a folder on the way to ours unsafe. Who may write there is not asked: below `ProgramData` everybody
/// may make folders, and for that reason ours is examined itself.
pub(crate) fn danger_on_the_way(metadata: &Metadata) -> Option<String> {
    (metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0)
        .then(|| "it is a reparse point, which can lead anywhere".to_owned())
}

/// Returns who else owns or may change it.
fn foreign(descriptor: &Descriptor, user: &Sid) -> Option<String> {
    let known = [well_known::SYSTEM, well_known::ADMINISTRATORS];
    let ours =
        |sid: &Sid| sid == user || known.iter().any(|known| known.sid() == *sid) || sid.to_string() == CREATOR_OWNER;
    let name = |sid: &Sid| well_known::of(sid).map_or_else(|| sid.to_string(), |known| known.name.to_owned());
    match &descriptor.owner {
        Some(owner) if !ours(owner) => return Some(format!("it belongs to {}", name(owner))),
        None => return Some("it has no owner".to_owned()),
        Some(_) => {}
    }
    let Some(entries) = descriptor.aces() else { return Some("it has no access list: everybody may write".to_owned()) };
    entries.iter().find_map(|entry| match entry {
        Ace::Plain(entry) => {
            let changes = entry.kind == AceKind::Allow && rights::specific(entry.mask) & CHANGES != 0;
            (changes && !ours(&entry.sid)).then(|| format!("{} may change it", name(&entry.sid)))
        }
        Ace::Opaque(entry) => {
            (!entry.denies()).then(|| "its access list holds an entry that is not understood".to_owned())
        }
    })
}
