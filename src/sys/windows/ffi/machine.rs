//! What the machine and this process are.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;

use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation};
use windows_sys::Win32::System::SystemInformation::{
    ComputerNamePhysicalDnsHostname, GetComputerNameExW, OSVERSIONINFOW,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::check;

/// Room for the name of a machine, in UTF-16 units. A part of a DNS name has at most 63.
const NAME: usize = 256;

/// Returns the version of Windows as `10.0.17763`, whatever the program says it was made for.
///
/// # Errors
/// When the system refuses.
pub(in crate::sys::os) fn version() -> io::Result<String> {
    let mut info =
        OSVERSIONINFOW { dwOSVersionInfoSize: size_of::<OSVERSIONINFOW>() as u32, ..OSVERSIONINFOW::default() };
    // SAFETY: the structure carries its size.
    let status = unsafe { RtlGetVersion(&raw mut info) };
    if status != 0 {
        return Err(io::Error::other(format!("RtlGetVersion returns {status:#x}")));
    }
    Ok(format!("{}.{}.{}", info.dwMajorVersion, info.dwMinorVersion, info.dwBuildNumber))
}

/// Returns the name of the machine.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn name() -> io::Result<String> {
    let (mut name, mut size) = ([0_u16; NAME], NAME as u32);
    // SAFETY: the buffer has the size that is told.
    check(unsafe { GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.as_mut_ptr(), &raw mut size) })?;
    Ok(String::from_utf16_lossy(name.get(..size as usize).unwrap_or_default()))
}

/// Returns whether the token of this process is elevated.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn elevated() -> io::Result<bool> {
    let mut handle = ptr::null_mut();
    // SAFETY: the pseudo handle of the process is always good, and the result is a place for one handle.
    check(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut handle) })?;
    // SAFETY: the handle was just opened and nobody else owns it.
    let token = unsafe { OwnedHandle::from_raw_handle(handle) };
    let (mut elevation, mut length) = (TOKEN_ELEVATION::default(), 0);
    // SAFETY: the token is open, and the size is that of the structure.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenElevation,
            (&raw mut elevation).cast(),
            size_of::<TOKEN_ELEVATION>() as u32,
            &raw mut length,
        )
    })?;
    Ok(elevation.TokenIsElevated != 0)
}
