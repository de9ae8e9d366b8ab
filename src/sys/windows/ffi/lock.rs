//! A lock between processes: a named object that only one of them makes.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{FromRawHandle, OwnedHandle};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, GetLastError, SetLastError};
use windows_sys::Win32::System::Threading::CreateMutexW;

use super::security::Descriptor;
use super::wide;

/// The object, while it is held. It goes with its last handle, however the process ends; nobody ever waits on it, so that no
/// thread owns it.
pub(in crate::sys::os) struct Lock {
    _object: OwnedHandle,
}

/// Makes the object, or returns nothing where another process has it.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn take(name: &str) -> io::Result<Option<Lock>> {
    let name = wide(OsStr::new(name))?;
    let descriptor = Descriptor::secret()?;
    let attributes = descriptor.attributes();
    // SAFETY: the name ends with a NUL, and the attributes live until the call returns.
    let (handle, code) = unsafe {
        SetLastError(0);
        (CreateMutexW(&raw const attributes, 0, name.as_ptr()), GetLastError())
    };
    if handle.is_null() {
        // That of another user, which we may not open.
        let taken = code == ERROR_ACCESS_DENIED;
        return if taken { Ok(None) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) };
    }
    // SAFETY: the handle was just opened and nobody else owns it.
    let object = unsafe { OwnedHandle::from_raw_handle(handle) };
    Ok((code != ERROR_ALREADY_EXISTS).then_some(Lock { _object: object }))
}
