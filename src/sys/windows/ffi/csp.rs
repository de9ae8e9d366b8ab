//! Key containers of CryptoAPI.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::ERROR_NO_MORE_ITEMS;
use windows_sys::Win32::Security::Cryptography::{
    CALG_SHA_256, CRYPT_DELETEKEYSET, CRYPT_EXPORT, CRYPT_EXPORTABLE, CRYPT_FIRST, CRYPT_MACHINE_KEYSET,
    CRYPT_NEWKEYSET, CRYPT_NEXT, CRYPT_SILENT, CRYPT_VERIFYCONTEXT, CryptAcquireContextW, CryptCreateHash,
    CryptDestroyHash, CryptDestroyKey, CryptExportKey, CryptGetKeyParam, CryptGetProvParam, CryptGetUserKey,
    CryptHashData, CryptImportKey, CryptReleaseContext, CryptSetProvParam, CryptSignHashW, KP_PERMISSIONS,
    PP_ENUMCONTAINERS, PP_KEYSET_SEC_DESCR, PP_UNIQUE_CONTAINER, PUBLICKEYBLOB,
};
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION};

use super::{check, wide};
use crate::farm::KeyLocation;

/// The most octets of a descriptor: two lists of 64 KiB and two SIDs.
const LONGEST: usize = 1 << 18;
/// The most octets of a public key or a signature.
const LONGEST_BLOB: usize = 1 << 14;
/// The most containers that are listed.
const MOST_CONTAINERS: usize = 100_000;

/// An open key container.
pub(in crate::sys::os) struct Container(usize);

impl Container {
    /// Opens a container that exists. Nobody is asked anything.
    ///
    /// # Errors
    /// `NTE_BAD_KEYSET` where there is none or it cannot be read, or what else the system reports.
    pub(in crate::sys::os) fn open(location: &KeyLocation) -> io::Result<Self> {
        Self::acquire(location, 0).map(Self)
    }

    /// Makes a container without a key.
    ///
    /// # Errors
    /// `NTE_EXISTS` where one has this name, or what else the system reports.
    pub(in crate::sys::os) fn create(location: &KeyLocation) -> io::Result<Self> {
        Self::acquire(location, CRYPT_NEWKEYSET).map(Self)
    }

    /// Deletes a container with its keys.
    ///
    /// # Errors
    /// `NTE_BAD_KEYSET` where there is none, or what else the system reports.
    pub(in crate::sys::os) fn delete(location: &KeyLocation) -> io::Result<()> {
        // No handle is given back that would have to be closed.
        Self::acquire(location, CRYPT_DELETEKEYSET).map(drop)
    }

    fn acquire(location: &KeyLocation, flags: u32) -> io::Result<usize> {
        let (name, provider) = (wide(OsStr::new(&location.container))?, wide(OsStr::new(&location.provider))?);
        // A store may leave the provider out: then it is the first of its type.
        let provider_name = if location.provider.is_empty() { ptr::null() } else { provider.as_ptr() };
        let flags = flags | CRYPT_SILENT | if location.machine { CRYPT_MACHINE_KEYSET } else { 0 };
        let mut handle = 0;
        // SAFETY: both names end with a NUL, and the result is a place for one handle.
        check(unsafe {
            CryptAcquireContextW(&raw mut handle, name.as_ptr(), provider_name, location.provider_type, flags)
        })?;
        Ok(handle)
    }

    /// Returns the names of all containers of one provider. Names of the other key set may be among them: Wine tells the
    /// key set by the flag of each question, Windows by that of the context and is not asked to know the former.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn names(provider: &str, provider_type: u32, machine: bool) -> io::Result<Vec<String>> {
        let provider = wide(OsStr::new(provider))?;
        let set = if machine { CRYPT_MACHINE_KEYSET } else { 0 };
        let mut handle = 0;
        // SAFETY: the name ends with a NUL, no container is named, and the result is a place for one handle.
        check(unsafe {
            CryptAcquireContextW(
                &raw mut handle,
                ptr::null(),
                provider.as_ptr(),
                provider_type,
                CRYPT_VERIFYCONTEXT | CRYPT_SILENT | set,
            )
        })?;
        let context = Self(handle);
        let mut names = context.names_told(0)?;
        if let (true, Ok(more)) = (machine, context.names_told(CRYPT_MACHINE_KEYSET)) {
            names.extend(more);
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn names_told(&self, flag: u32) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut which = CRYPT_FIRST;
        while names.len() < MOST_CONTAINERS {
            match self.parameter(PP_ENUMCONTAINERS, which | flag) {
                Ok(octets) => {
                    let name: Vec<u8> = octets.into_iter().take_while(|octet| *octet != 0).collect();
                    names.push(String::from_utf8_lossy(&name).into_owned());
                }
                Err(error) if error.raw_os_error() == Some(ERROR_NO_MORE_ITEMS.cast_signed()) => break,
                Err(error) => return Err(error),
            }
            which = CRYPT_NEXT;
        }
        Ok(names)
    }

    /// Puts a key into the container.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn import(&self, private_blob: &[u8], exportable: bool) -> io::Result<()> {
        let length = u32::try_from(private_blob.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut key = 0;
        // SAFETY: the container is open, the blob has the length that is told, and the result is a place for one handle.
        check(unsafe {
            CryptImportKey(
                self.0,
                private_blob.as_ptr(),
                length,
                0,
                if exportable { CRYPT_EXPORTABLE } else { 0 },
                &raw mut key,
            )
        })?;
        drop(Key(key));
        Ok(())
    }

    /// Returns the PUBLICKEYBLOB of a key of the container, and whether the key may leave it.
    ///
    /// # Errors
    /// `NTE_NO_KEY` where the container has no key of this sort, or what else the system reports.
    pub(in crate::sys::os) fn public(&self, key_spec: u32) -> io::Result<(Vec<u8>, Option<bool>)> {
        let mut handle = 0;
        // SAFETY: the container is open, and the result is a place for one handle.
        check(unsafe { CryptGetUserKey(self.0, key_spec, &raw mut handle) })?;
        let key = Key(handle);
        let mut blob = vec![0_u8; LONGEST_BLOB];
        let mut size = LONGEST_BLOB as u32;
        // SAFETY: the key is open, and the buffer has the size that is told.
        check(unsafe { CryptExportKey(key.0, 0, PUBLICKEYBLOB, 0, blob.as_mut_ptr(), &raw mut size) })?;
        blob.truncate(size as usize);
        let (mut permissions, mut size) = (0_u32, size_of::<u32>() as u32);
        // SAFETY: the key is open, and the result is a place for one number of the size that is told.
        let told =
            check(unsafe { CryptGetKeyParam(key.0, KP_PERMISSIONS, (&raw mut permissions).cast(), &raw mut size, 0) });
        Ok((blob, told.ok().map(|()| permissions & CRYPT_EXPORT != 0)))
    }

    /// Signs with SHA-256; the result has the greatest octet first, as everybody but CryptoAPI writes it.
    ///
    /// # Errors
    /// `NTE_BAD_ALGID` where the provider knows no SHA-256, or what else the system reports.
    pub(in crate::sys::os) fn sign(&self, key_spec: u32, content: &[u8]) -> io::Result<Vec<u8>> {
        let length = u32::try_from(content.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut handle = 0;
        // SAFETY: the container is open, and the result is a place for one handle.
        check(unsafe { CryptCreateHash(self.0, CALG_SHA_256, 0, 0, &raw mut handle) })?;
        let hash = Hash(handle);
        // SAFETY: the hash is open, and the content has the length that is told.
        check(unsafe { CryptHashData(hash.0, content.as_ptr(), length, 0) })?;
        let mut signature = vec![0_u8; LONGEST_BLOB];
        let mut size = LONGEST_BLOB as u32;
        // SAFETY: the hash is open, no description is given, and the buffer has the size that is told.
        check(unsafe { CryptSignHashW(hash.0, key_spec, ptr::null(), 0, signature.as_mut_ptr(), &raw mut size) })?;
        signature.truncate(size as usize);
        signature.reverse();
        Ok(signature)
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

/// An open key.
struct Key(usize);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed once.
        unsafe { CryptDestroyKey(self.0) };
    }
}

/// An open hash.
struct Hash(usize);

impl Drop for Hash {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed once.
        unsafe { CryptDestroyHash(self.0) };
    }
}
