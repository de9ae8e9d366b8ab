//! Certificate stores.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::{CRYPT_E_EXISTS, CRYPT_E_NOT_FOUND};
use windows_sys::Win32::Security::Cryptography::{
    CERT_CONTEXT, CERT_FRIENDLY_NAME_PROP_ID, CERT_KEY_PROV_INFO_PROP_ID, CERT_STORE_ADD_NEW, CERT_STORE_CTRL_COMMIT,
    CERT_STORE_CTRL_COMMIT_FORCE_FLAG, CERT_STORE_OPEN_EXISTING_FLAG, CERT_STORE_PROV_SYSTEM_W,
    CERT_STORE_READONLY_FLAG, CERT_SYSTEM_STORE_CURRENT_USER, CERT_SYSTEM_STORE_LOCAL_MACHINE, CRYPT_INTEGER_BLOB,
    CRYPT_KEY_PROV_INFO, CRYPT_MACHINE_KEYSET, CertAddCertificateContextToStore, CertCloseStore, CertControlStore,
    CertCreateCertificateContext, CertDeleteCertificateFromStore, CertDuplicateCertificateContext,
    CertEnumCertificatesInStore, CertFreeCertificateContext, CertGetCertificateContextProperty, CertOpenStore,
    CertSetCertificateContextProperty, HCERTSTORE, X509_ASN_ENCODING,
};

use super::{check, wide};
use crate::farm::{KeyLocation, KeySpec};

/// The most octets of a property that is read here: names.
const LONGEST: usize = 1 << 16;
/// The most certificates of one store that are read.
const MOST: usize = 100_000;
/// The longest name in UTF-16 units.
const LONGEST_NAME: usize = LONGEST / 2;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sys::os) enum Purpose {
    Read,
    Change,
}

/// An open store.
pub(in crate::sys::os) struct Store(HCERTSTORE);

/// One certificate, held.
pub(in crate::sys::os) struct Context(*const CERT_CONTEXT);

impl Store {
    /// Opens a system store of the machine or of the current user.
    ///
    /// # Errors
    /// That of the system: `ERROR_FILE_NOT_FOUND` where it does not exist and is to be read.
    pub(in crate::sys::os) fn open(name: &str, machine: bool, purpose: Purpose) -> io::Result<Self> {
        let name = wide(OsStr::new(name))?;
        let place = if machine { CERT_SYSTEM_STORE_LOCAL_MACHINE } else { CERT_SYSTEM_STORE_CURRENT_USER };
        let flags = match purpose {
            Purpose::Read => CERT_STORE_READONLY_FLAG | CERT_STORE_OPEN_EXISTING_FLAG,
            Purpose::Change => 0,
        };
        // SAFETY: the provider is a constant of the system, which takes a name that ends with a NUL.
        let store = unsafe { CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, place | flags, name.as_ptr().cast()) };
        if store.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(store)) }
    }

    /// Returns every certificate.
    pub(in crate::sys::os) fn contexts(&self) -> Vec<Context> {
        let mut all = Vec::new();
        let mut last: *const CERT_CONTEXT = ptr::null();
        while all.len() < MOST {
            // SAFETY: the store is open; the call takes back the certificate before.
            last = unsafe { CertEnumCertificatesInStore(self.0, last) };
            if last.is_null() {
                return all;
            }
            // SAFETY: the certificate is good; the second hold on it is given back by `Context`.
            all.push(Context(unsafe { CertDuplicateCertificateContext(last) }));
        }
        // SAFETY: the certificate is held by the loop alone.
        unsafe { CertFreeCertificateContext(last) };
        all
    }

    /// Adds a certificate with its properties, and returns whether it was new.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn add(&self, context: &Context) -> io::Result<bool> {
        // SAFETY: store and certificate are good, and the copy in the store is not asked for.
        let added =
            check(unsafe { CertAddCertificateContextToStore(self.0, context.0, CERT_STORE_ADD_NEW, ptr::null_mut()) });
        match added {
            Ok(()) => Ok(true),
            Err(error) if error.raw_os_error() == Some(CRYPT_E_EXISTS) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has changed properties written. Windows writes at once and needs no asking; where it is not so, whoever reads the store
    /// again finds it.
    pub(in crate::sys::os) fn commit(&self) {
        // SAFETY: the store is open, and this control takes no further data.
        unsafe {
            CertControlStore(self.0, CERT_STORE_CTRL_COMMIT_FORCE_FLAG, CERT_STORE_CTRL_COMMIT, ptr::null());
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: the store is open and closed once; certificates that are held outlive it.
        unsafe { CertCloseStore(self.0, 0) };
    }
}

impl Context {
    /// Makes one that is in no store.
    ///
    /// # Errors
    /// That of the system, for octets that are no certificate.
    pub(in crate::sys::os) fn of(der: &[u8]) -> io::Result<Self> {
        let length = u32::try_from(der.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        // SAFETY: the octets have the length that is told, and are copied.
        let context = unsafe { CertCreateCertificateContext(X509_ASN_ENCODING, der.as_ptr(), length) };
        if context.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(context)) }
    }

    /// Returns the DER.
    pub(in crate::sys::os) fn der(&self) -> Vec<u8> {
        // SAFETY: the certificate is held, and its octets with it; they are copied.
        unsafe {
            let context = &*self.0;
            std::slice::from_raw_parts(context.pbCertEncoded, context.cbCertEncoded as usize).to_vec()
        }
    }

    /// Returns the friendly name.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn friendly_name(&self) -> io::Result<Option<String>> {
        let Some((words, size)) = self.property(CERT_FRIENDLY_NAME_PROP_ID)? else { return Ok(None) };
        let octets: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).take(size).collect();
        let units = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        Ok(Some(String::from_utf16_lossy(&units)))
    }

    /// Returns where the store says that the key is.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn key(&self) -> io::Result<Option<KeyLocation>> {
        let Some((words, size)) = self.property(CERT_KEY_PROV_INFO_PROP_ID)? else { return Ok(None) };
        if size < size_of::<CRYPT_KEY_PROV_INFO>() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        // SAFETY: the property is this structure, the buffer is large enough and aligned, and its texts lie in the same buffer.
        let info = unsafe { &*words.as_ptr().cast::<CRYPT_KEY_PROV_INFO>() };
        Ok(Some(KeyLocation {
            provider: text_of(info.pwszProvName),
            provider_type: info.dwProvType,
            container: text_of(info.pwszContainerName),
            key_spec: KeySpec::from_value(info.dwKeySpec),
            machine: info.dwFlags & CRYPT_MACHINE_KEYSET != 0,
        }))
    }

    /// Says where the key is, or that there is none.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn set_key(&self, location: Option<&KeyLocation>) -> io::Result<()> {
        let Some(location) = location else { return self.set_property(CERT_KEY_PROV_INFO_PROP_ID, ptr::null()) };
        let mut container = wide(OsStr::new(&location.container))?;
        let mut provider = wide(OsStr::new(&location.provider))?;
        let info = CRYPT_KEY_PROV_INFO {
            pwszContainerName: container.as_mut_ptr(),
            pwszProvName: provider.as_mut_ptr(),
            dwProvType: location.provider_type,
            dwFlags: if location.machine { CRYPT_MACHINE_KEYSET } else { 0 },
            cProvParam: 0,
            rgProvParam: ptr::null_mut(),
            dwKeySpec: location.key_spec.value(),
        };
        self.set_property(CERT_KEY_PROV_INFO_PROP_ID, ptr::from_ref(&info).cast())
    }

    /// Sets the friendly name, or takes it away.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn set_friendly_name(&self, name: Option<&str>) -> io::Result<()> {
        let Some(name) = name else { return self.set_property(CERT_FRIENDLY_NAME_PROP_ID, ptr::null()) };
        let mut units = wide(OsStr::new(name))?;
        if units.len() > LONGEST_NAME {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the friendly name is too long"));
        }
        let blob = CRYPT_INTEGER_BLOB { cbData: (units.len() * 2) as u32, pbData: units.as_mut_ptr().cast() };
        self.set_property(CERT_FRIENDLY_NAME_PROP_ID, ptr::from_ref(&blob).cast())
    }

    /// Removes the certificate from the store in which it was found.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn delete(self) -> io::Result<()> {
        let context = self.0;
        std::mem::forget(self);
        // SAFETY: the certificate is good; the call gives back this hold on it, whatever comes of it.
        check(unsafe { CertDeleteCertificateFromStore(context) })
    }

    /// Returns a property as aligned words, and its size in octets.
    fn property(&self, which: u32) -> io::Result<Option<(Vec<u64>, usize)>> {
        let mut words = vec![0_u64; LONGEST / 8];
        let mut size = LONGEST as u32;
        // SAFETY: the certificate is good, and the buffer has the size that is told.
        let read = check(unsafe {
            CertGetCertificateContextProperty(self.0, which, words.as_mut_ptr().cast(), &raw mut size)
        });
        match read {
            Ok(()) => Ok(Some((words, size as usize))),
            Err(error) if error.raw_os_error() == Some(CRYPT_E_NOT_FOUND) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn set_property(&self, which: u32, value: *const core::ffi::c_void) -> io::Result<()> {
        // SAFETY: the certificate is good, and the value is null or of the type that belongs to the property.
        check(unsafe { CertSetCertificateContextProperty(self.0, which, 0, value) })
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the certificate is held, and this hold is given back once.
        unsafe { CertFreeCertificateContext(self.0) };
    }
}

/// Copies a text of the system; empty where there is none.
fn text_of(start: *const u16) -> String {
    if start.is_null() {
        return String::new();
    }
    let mut units = Vec::new();
    while units.len() < LONGEST_NAME {
        // SAFETY: the text ends with a NUL, at which the loop stops.
        let unit = unsafe { *start.add(units.len()) };
        if unit == 0 {
            break;
        }
        units.push(unit);
    }
    String::from_utf16_lossy(&units)
}
