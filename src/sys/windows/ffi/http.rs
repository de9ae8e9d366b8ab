//! The TLS bindings of http.sys.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::{OsStr, c_void};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;

use windows_sys::Win32::Foundation::{ERROR_NO_MORE_ITEMS, FreeLibrary, HANDLE, HMODULE};
use windows_sys::Win32::Networking::HttpServer::{
    HTTP_INITIALIZE_CONFIG, HTTP_SERVICE_CONFIG_ID, HTTP_SERVICE_CONFIG_SSL_PARAM, HTTP_SERVICE_CONFIG_SSL_QUERY,
    HTTP_SERVICE_CONFIG_SSL_SET, HTTP_SERVICE_CONFIG_SSL_SNI_QUERY, HTTP_SERVICE_CONFIG_SSL_SNI_SET, HTTPAPI_VERSION,
    HttpServiceConfigQueryNext, HttpServiceConfigSSLCertInfo, HttpServiceConfigSslSniCertInfo,
};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};

use super::wide;

type Initialize = unsafe extern "system" fn(HTTPAPI_VERSION, u32, *mut c_void) -> u32;
type Terminate = unsafe extern "system" fn(u32, *mut c_void) -> u32;
type Query = unsafe extern "system" fn(
    HANDLE,
    HTTP_SERVICE_CONFIG_ID,
    *const c_void,
    u32,
    *mut c_void,
    u32,
    *mut u32,
    *const c_void,
) -> u32;

/// Version 1 of the interface knows the configuration of the service.
const VERSION: HTTPAPI_VERSION = HTTPAPI_VERSION { HttpApiMajorVersion: 1, HttpApiMinorVersion: 0 };
/// Room for one binding, in words of 64 bits: names and addresses are far shorter than 64 KiB.
const WORDS: usize = 8192;
/// The most bindings that are read.
const MOST: u32 = 100_000;
/// The families of addresses. Source: `winsock2.h`.
const AF_INET: u16 = 2;
const AF_INET6: u16 = 23;

/// One binding.
pub(in crate::sys::os) struct Binding {
    /// Address or host name, and port.
    pub(in crate::sys::os) endpoint: String,
    /// The hash of the certificate, as http.sys keeps it.
    pub(in crate::sys::os) hash: Vec<u8>,
    /// The store; `My` where none is named.
    pub(in crate::sys::os) store: String,
}

/// The library, loaded from System32 and from nowhere else: a server without http.sys does not keep this program from starting.
struct Library {
    module: HMODULE,
    terminate: Terminate,
    query: Query,
}

impl Library {
    fn load() -> io::Result<Self> {
        let name = wide(OsStr::new("httpapi.dll"))?;
        // SAFETY: the name ends with a NUL.
        let module = unsafe { LoadLibraryExW(name.as_ptr(), ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32) };
        if module.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the library is loaded, and each name ends with a NUL.
        let found = unsafe {
            (
                GetProcAddress(module, c"HttpInitialize".as_ptr().cast()),
                GetProcAddress(module, c"HttpTerminate".as_ptr().cast()),
                GetProcAddress(module, c"HttpQueryServiceConfiguration".as_ptr().cast()),
            )
        };
        let (Some(initialize), Some(terminate), Some(query)) = found else {
            // SAFETY: the library is loaded and unloaded once.
            unsafe { FreeLibrary(module) };
            return Err(io::Error::other("httpapi.dll lacks a function"));
        };
        // SAFETY: these are the signatures of the three functions in http.h.
        let (initialize, terminate, query) = unsafe {
            (
                std::mem::transmute::<unsafe extern "system" fn() -> isize, Initialize>(initialize),
                std::mem::transmute::<unsafe extern "system" fn() -> isize, Terminate>(terminate),
                std::mem::transmute::<unsafe extern "system" fn() -> isize, Query>(query),
            )
        };
        // SAFETY: the last argument is reserved and must be null.
        let status = unsafe { initialize(VERSION, HTTP_INITIALIZE_CONFIG, ptr::null_mut()) };
        if status != 0 {
            // SAFETY: the library is loaded and unloaded once.
            unsafe { FreeLibrary(module) };
            return Err(io::Error::from_raw_os_error(status.cast_signed()));
        }
        Ok(Self { module, terminate, query })
    }

    /// Asks for one setting into a buffer, and returns whether there was one.
    fn next<T>(&self, which: HTTP_SERVICE_CONFIG_ID, query: &T, buffer: &mut [u64]) -> io::Result<bool> {
        let mut length = 0;
        // SAFETY: the query is of the type that belongs to `which`, and the buffer has the size that is told.
        let status = unsafe {
            (self.query)(
                ptr::null_mut(),
                which,
                ptr::from_ref(query).cast(),
                size_of::<T>() as u32,
                buffer.as_mut_ptr().cast(),
                size_of_val(buffer) as u32,
                &raw mut length,
                ptr::null(),
            )
        };
        match status {
            0 => Ok(true),
            ERROR_NO_MORE_ITEMS => Ok(false),
            other => Err(io::Error::from_raw_os_error(other.cast_signed())),
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the library was initialized with this flag, and is unloaded once.
        unsafe {
            (self.terminate)(HTTP_INITIALIZE_CONFIG, ptr::null_mut());
            FreeLibrary(self.module);
        }
    }
}

/// Returns every binding: those of an address, and those of a host name.
///
/// # Errors
/// That of the system. Windows says that there are no more; any other answer is an error, also where nothing was told yet.
pub(in crate::sys::os) fn bindings() -> io::Result<Vec<Binding>> {
    let library = Library::load()?;
    let mut found = Vec::new();
    let mut buffer = vec![0_u64; WORDS];
    for token in 0..MOST {
        let query = HTTP_SERVICE_CONFIG_SSL_QUERY {
            QueryDesc: HttpServiceConfigQueryNext,
            dwToken: token,
            ..HTTP_SERVICE_CONFIG_SSL_QUERY::default()
        };
        if !library.next(HttpServiceConfigSSLCertInfo, &query, &mut buffer)? {
            break;
        }
        // SAFETY: the call has filled the buffer, which is large enough and aligned, with this structure.
        let set = unsafe { &*buffer.as_ptr().cast::<HTTP_SERVICE_CONFIG_SSL_SET>() };
        let endpoint = endpoint(within(&buffer, set.KeyDesc.pIpPort.cast()));
        found.push(binding(endpoint, &set.ParamDesc, &buffer));
    }
    for token in 0..MOST {
        let query = HTTP_SERVICE_CONFIG_SSL_SNI_QUERY {
            QueryDesc: HttpServiceConfigQueryNext,
            dwToken: token,
            ..HTTP_SERVICE_CONFIG_SSL_SNI_QUERY::default()
        };
        if !library.next(HttpServiceConfigSslSniCertInfo, &query, &mut buffer)? {
            break;
        }
        // SAFETY: the call has filled the buffer, which is large enough and aligned, with this structure.
        let set = unsafe { &*buffer.as_ptr().cast::<HTTP_SERVICE_CONFIG_SSL_SNI_SET>() };
        let host = text(within(&buffer, set.KeyDesc.Host.cast()));
        let port = endpoint(within(&buffer, (&raw const set.KeyDesc.IpPort).cast()));
        let port = port.rsplit(':').next().unwrap_or_default().to_owned();
        found.push(binding(format!("{host}:{port}"), &set.ParamDesc, &buffer));
    }
    Ok(found)
}

fn binding(endpoint: String, parameters: &HTTP_SERVICE_CONFIG_SSL_PARAM, buffer: &[u64]) -> Binding {
    let hash = within(buffer, parameters.pSslHash.cast());
    let length = (parameters.SslHashLength as usize).min(hash.len());
    let store = text(within(buffer, parameters.pSslCertStoreName.cast()));
    let store = if store.is_empty() { "My".to_owned() } else { store };
    Binding { endpoint, hash: hash[..length].to_vec(), store }
}

/// Returns the octets of the buffer from a pointer on that the system wrote into it; none where it leads elsewhere.
fn within(buffer: &[u64], pointer: *const u8) -> Vec<u8> {
    let octets: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let start = pointer.addr().checked_sub(buffer.as_ptr().addr());
    start.and_then(|start| octets.get(start..)).map(<[u8]>::to_vec).unwrap_or_default()
}

/// Reads UTF-16 up to a NUL.
fn text(octets: Vec<u8>) -> String {
    let units = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// Reads a socket address.
fn endpoint(octets: Vec<u8>) -> String {
    let pair = |at: usize| octets.get(at..at + 2).and_then(|two| <[u8; 2]>::try_from(two).ok());
    let (Some(family), Some(port)) = (pair(0).map(u16::from_le_bytes), pair(2).map(u16::from_be_bytes)) else {
        return "unknown".to_owned();
    };
    let four = octets.get(4..8).and_then(|four| <[u8; 4]>::try_from(four).ok());
    let sixteen = octets.get(8..24).and_then(|sixteen| <[u8; 16]>::try_from(sixteen).ok());
    match (family, four, sixteen) {
        (AF_INET, Some(address), _) => SocketAddr::from((Ipv4Addr::from(address), port)).to_string(),
        (AF_INET6, _, Some(address)) => SocketAddr::from((Ipv6Addr::from(address), port)).to_string(),
        _ => format!("unknown:{port}"),
    }
}
