//! Folders of the system.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

/// Room for the path in UTF-16 units. The system's own limit is 260.
const ROOM: u32 = 1024;

/// Returns the folder that is mostly called System32. No variable of the environment is asked.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn system_folder() -> io::Result<PathBuf> {
    let mut units = [0; ROOM as usize];
    // SAFETY: the buffer holds as many units as are said.
    let length = unsafe { GetSystemDirectoryW(units.as_mut_ptr(), ROOM) };
    match units.get(..length as usize) {
        Some([]) => Err(io::Error::last_os_error()),
        Some(path) => Ok(PathBuf::from(OsString::from_wide(path))),
        None => Err(io::ErrorKind::InvalidFilename.into()),
    }
}
