//! Persisted keys of CNG.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;

use windows_sys::Win32::Security::Cryptography::{
    BCRYPT_RSAPUBLIC_BLOB, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_MACHINE_KEY_FLAG, NCRYPT_SECURITY_DESCR_PROPERTY,
    NCRYPT_SILENT_FLAG, NCRYPT_UNIQUE_NAME_PROPERTY, NCryptDeleteKey, NCryptExportKey, NCryptFreeObject,
    NCryptGetProperty, NCryptOpenKey, NCryptOpenStorageProvider, NCryptSetProperty,
};
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION};

use super::wide;
use crate::farm::KeyLocation;

/// The most octets of a property that are taken.
const LONGEST: usize = 1 << 18;
/// The bits of the export policy that let a key out, wrapped or in clear. Source: `ncrypt.h`.
const ANY_EXPORT: u32 = 0xf;

/// An open key.
pub(in crate::sys::os) struct Key {
    key: Handle,
    _provider: Handle,
}

struct Handle(usize);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed once.
        unsafe { NCryptFreeObject(self.0) };
    }
}

/// Returns the error of a call, which tells it as its result.
fn status(code: i32) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

impl Key {
    /// Opens a key that exists. Nobody is asked anything.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn open(location: &KeyLocation) -> io::Result<Self> {
        let (name, provider) = (wide(OsStr::new(&location.container))?, wide(OsStr::new(&location.provider))?);
        let mut handle = 0;
        // SAFETY: the name ends with a NUL, and the result is a place for one handle.
        status(unsafe { NCryptOpenStorageProvider(&raw mut handle, provider.as_ptr(), 0) })?;
        let provider = Handle(handle);
        let flags = NCRYPT_SILENT_FLAG | if location.machine { NCRYPT_MACHINE_KEY_FLAG } else { 0 };
        let mut handle = 0;
        // SAFETY: the provider is open, the name ends with a NUL, and the result is a place for one handle.
        status(unsafe { NCryptOpenKey(provider.0, &raw mut handle, name.as_ptr(), 0, flags) })?;
        Ok(Self { key: Handle(handle), _provider: provider })
    }

    /// Returns the self-relative descriptor: access list, and owner and group where they may be read.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn security(&self) -> io::Result<Vec<u8>> {
        let all = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
        self.property(NCRYPT_SECURITY_DESCR_PROPERTY, all)
            .or_else(|_| self.property(NCRYPT_SECURITY_DESCR_PROPERTY, DACL_SECURITY_INFORMATION))
    }

    /// Writes the access list of a self-relative descriptor.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn set_security(&self, descriptor: &[u8]) -> io::Result<()> {
        let aligned = super::security::aligned(descriptor);
        // SAFETY: the key is open, the descriptor is whole, aligned and self-relative, and its length is that of the octets.
        status(unsafe {
            NCryptSetProperty(
                self.key.0,
                NCRYPT_SECURITY_DESCR_PROPERTY,
                aligned.as_ptr().cast(),
                descriptor.len() as u32,
                DACL_SECURITY_INFORMATION | NCRYPT_SILENT_FLAG,
            )
        })
    }

    /// Returns the unique name: that of the key's file, or its path.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn unique_name(&self) -> io::Result<String> {
        let octets = self.property(NCRYPT_UNIQUE_NAME_PROPERTY, 0)?;
        let units: Vec<u16> = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        Ok(String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned())
    }

    /// Returns the BCRYPT_RSAPUBLIC_BLOB, and whether the private key may leave the provider in any form.
    ///
    /// # Errors
    /// That of the system; a key that is not RSA has no such form.
    pub(in crate::sys::os) fn public(&self) -> io::Result<(Vec<u8>, Option<bool>)> {
        let (mut blob, mut size) = (vec![0_u8; LONGEST], 0);
        // SAFETY: the key is open, the form is a constant of the system, and the buffer has the size that is told.
        status(unsafe {
            NCryptExportKey(
                self.key.0,
                0,
                BCRYPT_RSAPUBLIC_BLOB,
                std::ptr::null(),
                blob.as_mut_ptr(),
                LONGEST as u32,
                &raw mut size,
                NCRYPT_SILENT_FLAG,
            )
        })?;
        blob.truncate(size as usize);
        let policy = self.property(NCRYPT_EXPORT_POLICY_PROPERTY, 0).ok();
        let policy = policy.and_then(|octets| octets.try_into().ok()).map(u32::from_le_bytes);
        Ok((blob, policy.map(|policy| policy & ANY_EXPORT != 0)))
    }

    /// Deletes the key.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn delete(self) -> io::Result<()> {
        // SAFETY: the key is open.
        status(unsafe { NCryptDeleteKey(self.key.0, NCRYPT_SILENT_FLAG) })?;
        // The call has closed the handle.
        std::mem::forget(self.key);
        Ok(())
    }

    fn property(&self, which: windows_sys::core::PCWSTR, flags: u32) -> io::Result<Vec<u8>> {
        let (mut octets, mut size) = (vec![0_u8; LONGEST], 0);
        // SAFETY: the key is open, the name is a constant of the system, and the buffer has the size that is told.
        status(unsafe {
            NCryptGetProperty(
                self.key.0,
                which,
                octets.as_mut_ptr(),
                LONGEST as u32,
                &raw mut size,
                flags | NCRYPT_SILENT_FLAG,
            )
        })?;
        octets.truncate(size as usize);
        Ok(octets)
    }
}
