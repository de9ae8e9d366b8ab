//! Names of identities.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, ERROR_NONE_MAPPED};
use windows_sys::Win32::Security::{LookupAccountNameW, LookupAccountSidW};

use super::{check, wide};

/// The most octets of a SID.
const LONGEST_SID: usize = 68;
/// The most octets of a SID, as words of 32 bits, so that it is aligned.
const SID_WORDS: usize = LONGEST_SID / 4;
/// Room for a name and for a domain, in UTF-16 units; Windows knows none that is longer than 256.
const NAME: usize = 512;

/// Returns the SID of a name, or nothing where the name does not exist.
///
/// # Errors
/// That of the system, for example when no domain controller answers.
pub(in crate::sys::os) fn sid_of(name: &str) -> io::Result<Option<Vec<u8>>> {
    let name = wide(OsStr::new(name))?;
    let mut sid = [0_u32; SID_WORDS];
    let (mut sid_size, mut domain, mut domain_size, mut kind) = (LONGEST_SID as u32, [0_u16; NAME], NAME as u32, 0);
    // SAFETY: the name ends with a NUL, and each buffer has the size that is told.
    let result = check(unsafe {
        LookupAccountNameW(
            ptr::null(),
            name.as_ptr(),
            sid.as_mut_ptr().cast(),
            &raw mut sid_size,
            domain.as_mut_ptr(),
            &raw mut domain_size,
            &raw mut kind,
        )
    });
    match result {
        Ok(()) => Ok(Some(sid.iter().flat_map(|word| word.to_le_bytes()).collect())),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the name of a SID with its domain, or nothing where it has none.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn name_of(sid: &[u8]) -> io::Result<Option<String>> {
    // Aligned, as the system reads it.
    let mut words = [0_u32; SID_WORDS];
    for (word, octets) in words.iter_mut().zip(sid.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*octets);
    }
    let (mut name, mut domain) = ([0_u16; NAME], [0_u16; NAME]);
    let (mut name_size, mut domain_size, mut kind) = (NAME as u32, NAME as u32, 0);
    // SAFETY: the SID is whole and aligned, and each buffer has the size that is told.
    let result = check(unsafe {
        LookupAccountSidW(
            ptr::null(),
            words.as_mut_ptr().cast(),
            name.as_mut_ptr(),
            &raw mut name_size,
            domain.as_mut_ptr(),
            &raw mut domain_size,
            &raw mut kind,
        )
    });
    match result {
        Ok(()) => {
            let text =
                |units: &[u16], size: u32| String::from_utf16_lossy(units.get(..size as usize).unwrap_or_default());
            let (name, domain) = (text(&name, name_size), text(&domain, domain_size));
            Ok(Some(if domain.is_empty() { name } else { format!("{domain}\\{name}") }))
        }
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_unknown(error: &io::Error) -> bool {
    let code = error.raw_os_error().unwrap_or_default().cast_unsigned();
    // A name that is longer than any that exists is unknown too.
    matches!(code, ERROR_NONE_MAPPED | ERROR_INSUFFICIENT_BUFFER)
}
