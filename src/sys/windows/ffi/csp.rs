//! Key containers of CryptoAPI.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;

use windows_sys::Win32::Security::Cryptography::{
    CRYPT_MACHINE_KEYSET, CRYPT_SILENT, CryptAcquireContextW, CryptGetProvParam, CryptReleaseContext,
    CryptSetProvParam, PP_KEYSET_SEC_DESCR, PP_UNIQUE_CONTAINER,
};
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION};

use super::{check, wide};
use crate::farm::KeyLocation;

/// The most octets of a descriptor: two lists of 64 KiB and two SIDs.
const LONGEST: usize = 1 << 18;

/// An open key container.
pub(in crate::sys::os) struct Container(usize);

impl Container {
    /// Opens a container that exists. Nobody is asked anything.
    ///
    /// # Errors
    /// `NTE_BAD_KEYSET` where there is none or it cannot be read, or what else the system reports.
    pub(in crate::sys::os) fn open(location: &KeyLocation) -> io::Result<Self> {
        let (name, provider) = (wide(OsStr::new(&location.container))?, wide(OsStr::new(&location.provider))?);
        let flags = CRYPT_SILENT | if location.machine { CRYPT_MACHINE_KEYSET } else { 0 };
        let mut handle = 0;
        // SAFETY: both names end with a NUL, and the result is a place for one handle.
        check(unsafe {
            CryptAcquireContextW(&raw mut handle, name.as_ptr(), provider.as_ptr(), location.provider_type, flags)
        })?;
        Ok(Self(handle))
    }

    /// Returns the self-relative descriptor: access list, and owner and group where they may be read.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn security(&self) -> io::Result<Vec<u8>> {
        let all = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        self.parameter(PP_KEYSET_SEC_DESCR, all)
            .or_else(|_| self.parameter(PP_KEYSET_SEC_DESCR, DACL_SECURITY_INFORMATION))
    }

    /// Writes the access list of a self-relative descriptor.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn set_security(&self, descriptor: &[u8]) -> io::Result<()> {
        let aligned = super::security::aligned(descriptor);
        // SAFETY: the descriptor is whole, aligned and self-relative, and only its access list is taken.
        check(unsafe {
            CryptSetProvParam(self.0, PP_KEYSET_SEC_DESCR, aligned.as_ptr().cast(), DACL_SECURITY_INFORMATION)
        })
    }

    /// Returns the unique name: that of the key's file.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn unique_name(&self) -> io::Result<String> {
        let octets = self.parameter(PP_UNIQUE_CONTAINER, 0)?;
        // The name is a number in hexadecimal and a GUID: ASCII.
        Ok(octets.into_iter().take_while(|octet| *octet != 0).map(char::from).collect())
    }

    fn parameter(&self, which: u32, flags: u32) -> io::Result<Vec<u8>> {
        let mut size = LONGEST as u32;
        let mut octets = vec![0_u8; LONGEST];
        // SAFETY: the container is open, and the buffer has the size that is told.
        check(unsafe { CryptGetProvParam(self.0, which, octets.as_mut_ptr(), &raw mut size, flags) })?;
        octets.truncate(size as usize);
        Ok(octets)
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed once.
        unsafe { CryptReleaseContext(self.0, 0) };
    }
}
