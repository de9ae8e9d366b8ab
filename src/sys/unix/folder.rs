//! Folders on Unix: where state stands, with which access, and what could be another's doing.

#![expect(clippy::disallowed_methods, reason = "the edge at which folders are made and the environment is read")]

use std::fs::{DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// The folder of root.
const OF_ROOT: &str = "/var/lib/s2scert";
/// The owner only.
const MODE: u32 = 0o700;
/// Write access for the group.
const GROUP_WRITES: u32 = 0o020;
/// Write access for everybody.
const OTHERS_WRITE: u32 = 0o002;
/// Only the owner of an entry may rename or remove it.
const STICKY: u32 = 0o1000;

/// Returns where the state folder stands unless somebody says otherwise.
///
/// # Errors
/// What is missing in the environment.
pub(crate) fn default_place() -> Result<PathBuf, &'static str> {
    if geteuid().is_root() {
        return Ok(PathBuf::from(OF_ROOT));
    }
    // The XDG specification: a path that is not absolute is to be ignored.
    let variable = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    variable("XDG_STATE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("s2scert"))
        .ok_or("neither XDG_STATE_HOME nor HOME is set; name the folder with --state-dir")
}

/// Creates a folder that nobody else can enter at any instant.
///
/// # Errors
/// That of the system.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(MODE).create(path)?;
    // The umask only takes away; here the owner gets back what it took.
    std::fs::set_permissions(path, Permissions::from_mode(MODE))
}

/// Lets everybody pass through a folder of ours to what lies in it under a known name, and list it where `listed`. Writing stays
/// with the owner.
///
/// # Errors
/// That of the system.
pub(crate) fn let_pass(path: &Path, listed: bool) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.mode() & 0o7777;
    let wanted = mode | if listed { 0o055 } else { 0o011 };
    if mode == wanted { Ok(()) } else { std::fs::set_permissions(path, Permissions::from_mode(wanted)) }
}

/// Returns what makes a folder or file of ours unsafe.
pub(crate) fn danger(_: &Path, metadata: &Metadata) -> Option<String> {
    let (owner, we) = (metadata.uid(), geteuid().as_raw());
    if owner != we {
        return Some(format!("it belongs to uid {owner}, and this process runs as uid {we}"));
    }
    // An access list of POSIX shows in the bits of the group, which are then its mask.
    let mode = metadata.mode();
    (mode & (GROUP_WRITES | OTHERS_WRITE) != 0)
        .then(|| format!("others may write it (mode {:o}); chmod go-w makes it safe", mode & 0o7777))
}

/// Returns what makes a folder or link on the way to ours unsafe.
pub(crate) fn danger_on_the_way(metadata: &Metadata) -> Option<String> {
    let (owner, we) = (metadata.uid(), geteuid().as_raw());
    if owner != we && owner != 0 {
        return Some(format!("it belongs to uid {owner}, who could exchange what is below it"));
    }
    let mode = metadata.mode();
    // For one without rights over the machine a folder shared with the own group is a choice of that person.
    let unsafe_bits = if we == 0 { GROUP_WRITES | OTHERS_WRITE } else { OTHERS_WRITE };
    (!metadata.is_symlink() && mode & unsafe_bits != 0 && mode & STICKY == 0)
        .then(|| format!("others may exchange what is below it (mode {:o})", mode & 0o7777))
}
