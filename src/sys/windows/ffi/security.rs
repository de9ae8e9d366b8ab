//! Security descriptors.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1, SE_FILE_OBJECT,
    SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, GROUP_SECURITY_INFORMATION, GetFileSecurityW, GetSecurityDescriptorDacl,
    GetTokenInformation, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
    SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser, UNPROTECTED_DACL_SECURITY_INFORMATION,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::{check, wide, wide_path};

/// Room for a TOKEN_USER and the longest SID (68 octets), aligned for both.
const TOKEN_USER_WORDS: usize = 16;
/// The most UTF-16 units of a SID as text: `S-1-`, an authority and 15 numbers of at most 10 digits.
const LONGEST_SID_TEXT: usize = 200;
/// The most octets of a descriptor: two lists of 64 KiB and two SIDs.
const LONGEST_DESCRIPTOR: usize = 1 << 18;

/// A security descriptor that the system has allocated.
pub(in crate::sys::os) struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// Makes one with a protected access list: full access for SYSTEM, Administrators and the current user, nothing
    /// inherited, nobody else.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn secret() -> io::Result<Self> {
        Self::from_sddl(&format!("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{})", current_user()?))
    }

    /// Makes the same for a folder, so that what is made in it has it too.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn secret_folder() -> io::Result<Self> {
        let user = current_user()?;
        Self::from_sddl(&format!("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{user})"))
    }

    /// Reads the security descriptor definition language.
    fn from_sddl(sddl: &str) -> io::Result<Self> {
        let sddl = wide(OsStr::new(sddl))?;
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the text ends with a NUL, the result is a place for one pointer, and the size is not asked for.
        check(unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                sddl.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        })?;
        Ok(Self(descriptor))
    }

    /// Returns the attributes with which an object is created. They are good while the descriptor lives.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor came from the system's local heap and is freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// Returns the octets as words, so that the system reads them aligned.
pub(super) fn aligned(octets: &[u8]) -> Vec<u64> {
    let word = |chunk: &[u8]| {
        let mut word = [0; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        u64::from_ne_bytes(word)
    };
    octets.chunks(8).map(word).collect()
}

/// Returns the self-relative descriptor of a file: access list, owner and group.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn of_file(path: &Path) -> io::Result<Vec<u8>> {
    let name = wide_path(path)?;
    let all = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut needed = 0;
    let mut words = vec![0_u64; LONGEST_DESCRIPTOR / 8];
    // SAFETY: the name ends with a NUL, and the buffer has the size that is told.
    check(unsafe {
        GetFileSecurityW(name.as_ptr(), all, words.as_mut_ptr().cast(), LONGEST_DESCRIPTOR as u32, &raw mut needed)
    })?;
    let octets = words.iter().flat_map(|word| word.to_ne_bytes()).take(needed as usize);
    Ok(octets.collect())
}

/// Writes the access list of a self-relative descriptor to a file. A list that is not protected takes in again what
/// the folder above gives.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn set_on_file(path: &Path, descriptor: &[u8], protected: bool) -> io::Result<()> {
    let name = wide_path(path)?;
    let words = aligned(descriptor);
    let (mut present, mut list, mut defaulted) = (0, ptr::null_mut(), 0);
    let start: PSECURITY_DESCRIPTOR = words.as_ptr().cast_mut().cast();
    // SAFETY: the descriptor is whole, aligned and self-relative, it is only read, and each result has a place.
    check(unsafe { GetSecurityDescriptorDacl(start, &raw mut present, &raw mut list, &raw mut defaulted) })?;
    let protection =
        if protected { PROTECTED_DACL_SECURITY_INFORMATION } else { UNPROTECTED_DACL_SECURITY_INFORMATION };
    // SAFETY: the name ends with a NUL, and the list lies in the descriptor, which lives until the call returns.
    let result = unsafe {
        SetNamedSecurityInfoW(
            name.as_ptr(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | protection,
            ptr::null_mut(),
            ptr::null_mut(),
            list,
            ptr::null_mut(),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result.cast_signed())) }
}

/// Returns the SID of the user of this process, as text.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn current_user() -> io::Result<String> {
    let mut handle = ptr::null_mut();
    // SAFETY: the pseudo handle of the process is always good, and the result is a place for one handle.
    check(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut handle) })?;
    // SAFETY: the handle was just opened and nobody else owns it.
    let token = unsafe { OwnedHandle::from_raw_handle(handle) };
    let mut buffer = [0_u64; TOKEN_USER_WORDS];
    let mut length = 0;
    // SAFETY: the token is open, and the size is that of the buffer.
    check(unsafe {
        GetTokenInformation(
            token.as_raw_handle(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            size_of_val(&buffer) as u32,
            &raw mut length,
        )
    })?;
    // SAFETY: the call has filled the buffer, which is large enough and aligned, with a TOKEN_USER.
    let user = unsafe { &*buffer.as_ptr().cast::<TOKEN_USER>() };
    let mut text = ptr::null_mut();
    // SAFETY: the SID lies in the buffer, and the result is a place for one pointer.
    check(unsafe { ConvertSidToStringSidW(user.User.Sid, &raw mut text) })?;
    let mut sid = String::new();
    for place in 0..LONGEST_SID_TEXT {
        // SAFETY: the text ends with a NUL, at which the loop stops.
        let unit = unsafe { *text.add(place) };
        if unit == 0 {
            break;
        }
        // A SID is ASCII.
        sid.push(char::from(unit as u8));
    }
    // SAFETY: the text came from the system's local heap and is freed once.
    unsafe { LocalFree(text.cast()) };
    Ok(sid)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "the tests look for Wine")]

    use tempfile::TempDir;
    use windows_sys::Win32::Security::Authorization::{
        ConvertSecurityDescriptorToStringSecurityDescriptorW, GetSecurityInfo,
    };

    use super::super::file::create_new;
    use super::*;

    /// Returns the access list as text.
    fn sddl(descriptor: &Descriptor) -> String {
        let (mut text, mut length) = (ptr::null_mut(), 0);
        // SAFETY: the descriptor is good, and the results are places for a pointer and a length.
        check(unsafe {
            ConvertSecurityDescriptorToStringSecurityDescriptorW(
                descriptor.0,
                SDDL_REVISION_1,
                DACL_SECURITY_INFORMATION,
                &raw mut text,
                &raw mut length,
            )
        })
        .unwrap();
        // SAFETY: the call returned so many units.
        let units = unsafe { std::slice::from_raw_parts(text, length as usize) };
        let sddl = String::from_utf16_lossy(units).trim_end_matches('\0').to_owned();
        // SAFETY: the text came from the system's local heap and is freed once.
        unsafe { LocalFree(text.cast()) };
        sddl
    }

    #[test]
    fn a_secret_descriptor_is_protected_and_names_three_principals() {
        let user = current_user().unwrap();
        assert!(user.starts_with("S-1-"), "{user}");
        let text = sddl(&Descriptor::secret().unwrap());
        assert!(text.starts_with("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;"), "{text}");
        assert_eq!(text.matches('(').count(), 3, "{text}");
    }

    #[test]
    fn a_secret_file_carries_the_descriptor_with_which_it_was_created() {
        let folder = TempDir::new().unwrap();
        let descriptor = Descriptor::secret().unwrap();
        let file = create_new(&folder.path().join("s2s.pfx"), &descriptor).unwrap();
        let mut read_back: PSECURITY_DESCRIPTOR = ptr::null_mut();
        // SAFETY: the handle is open, only the descriptor is asked for, and it has a place.
        let result = unsafe {
            GetSecurityInfo(
                file.as_raw_handle(),
                SE_FILE_OBJECT,
                DACL_SECURITY_INFORMATION,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
                &raw mut read_back,
            )
        };
        assert_eq!(result, 0);
        let (wanted, found) = (sddl(&descriptor), sddl(&Descriptor(read_back)));
        if std::env::var_os("WINELOADERNOEXEC").is_some() || std::env::var_os("WINEUSERNAME").is_some() {
            println!("skipped: Wine does not keep access lists of files ({found})");
            return;
        }
        assert_eq!(found, wanted);
    }
}
