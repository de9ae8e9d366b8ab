//! Creating, moving and identifying files.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::{GENERIC_WRITE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_NEW, CreateDirectoryW, CreateFileW, FILE_ATTRIBUTE_NORMAL, FILE_ID_INFO, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_TYPE_DISK, FILE_TYPE_PIPE, FileIdInfo, GetFileInformationByHandleEx, GetFileType, MOVEFILE_REPLACE_EXISTING,
    MOVEFILE_WRITE_THROUGH, MoveFileExW,
};

use super::security::Descriptor;
use super::{check, wide_path};
use crate::ports::EntryKind;

/// Creates a new file whose access list is `descriptor` from its first instant.
///
/// # Errors
/// That of the system; `AlreadyExists` where something stands at `path`.
pub(in crate::sys::os) fn create_new(path: &Path, descriptor: &Descriptor) -> io::Result<File> {
    let name = wide_path(path)?;
    let attributes = descriptor.attributes();
    // SAFETY: `name` ends with a NUL, and `attributes` with the descriptor in it lives until the call returns.
    let handle = unsafe {
        CreateFileW(
            name.as_ptr(),
            GENERIC_WRITE,
            FILE_SHARE_READ | FILE_SHARE_DELETE,
            &raw const attributes,
            CREATE_NEW,
            FILE_ATTRIBUTE_NORMAL,
            ptr::null_mut(),
        )
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened and nobody else owns it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Creates a folder whose access list is `descriptor` from its first instant.
///
/// # Errors
/// That of the system; `AlreadyExists` where something stands at `path`.
pub(in crate::sys::os) fn create_folder(path: &Path, descriptor: &Descriptor) -> io::Result<()> {
    let name = wide_path(path)?;
    let attributes = descriptor.attributes();
    // SAFETY: `name` ends with a NUL, and `attributes` with the descriptor in it lives until the call returns.
    check(unsafe { CreateDirectoryW(name.as_ptr(), &raw const attributes) })
}

/// Gives the file its final name unless something stands there. Returns when the move is on disk.
///
/// # Errors
/// `AlreadyExists`, or what else the system reports.
pub(crate) fn place_new(from: &Path, to: &Path) -> io::Result<()> {
    move_file(from, to, MOVEFILE_WRITE_THROUGH)
}

/// Gives the file its final name, in place of what stands there. It keeps its own access list. Returns when the move is
/// on disk.
///
/// # Errors
/// That of the system.
pub(crate) fn place_over(from: &Path, to: &Path) -> io::Result<()> {
    move_file(from, to, MOVEFILE_WRITE_THROUGH | MOVEFILE_REPLACE_EXISTING)
}

fn move_file(from: &Path, to: &Path, flags: u32) -> io::Result<()> {
    let (from, to) = (wide_path(from)?, wide_path(to)?);
    // SAFETY: both names end with a NUL and live until the call returns.
    check(unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), flags) })
}

/// Returns the volume and the number of an open file on it.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn identity(file: &File) -> io::Result<(u64, [u8; 16])> {
    let mut info = FILE_ID_INFO::default();
    // SAFETY: the handle is open, and the size is that of the structure written to.
    check(unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileIdInfo,
            (&raw mut info).cast(),
            size_of::<FILE_ID_INFO>() as u32,
        )
    })?;
    Ok((info.VolumeSerialNumber, info.FileId.Identifier))
}

/// Returns what an open handle leads to.
pub(in crate::sys::os) fn handle_kind(file: &File) -> EntryKind {
    // SAFETY: the handle is open.
    match unsafe { GetFileType(file.as_raw_handle()) } {
        FILE_TYPE_DISK => EntryKind::File,
        FILE_TYPE_PIPE => EntryKind::Pipe,
        _ => EntryKind::Device,
    }
}
