//! The event log, and the registry key that tells it where the texts of a source are.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::ffi::OsStr;
use std::{io, ptr};

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::EventLog::{
    DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE, EVENTLOG_WARNING_TYPE, REPORT_EVENT_TYPE,
    RegisterEventSourceW, ReportEventW,
};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_SET_VALUE, REG_DWORD, REG_EXPAND_SZ, REG_OPTION_NON_VOLATILE, RegCloseKey,
    RegCreateKeyExW, RegSetValueExW,
};

use super::{check, wide};

/// The sorts of events.
pub(in crate::sys::os) const INFORMATION: REPORT_EVENT_TYPE = EVENTLOG_INFORMATION_TYPE;
/// As above.
pub(in crate::sys::os) const WARNING: REPORT_EVENT_TYPE = EVENTLOG_WARNING_TYPE;
/// As above.
pub(in crate::sys::os) const ERROR: REPORT_EVENT_TYPE = EVENTLOG_ERROR_TYPE;

/// A file of Windows whose table holds, for each number from 1 to 1000, the text of the event and nothing else.
const MESSAGES: &str = r"%SystemRoot%\System32\EventCreate.exe";
/// Where sources of the log `Application` are registered.
const SOURCES: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application";
/// Error, warning and information.
const TYPES: u32 = 7;

/// Registers a source.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn register(source: &str) -> io::Result<()> {
    let path = wide(OsStr::new(&format!("{SOURCES}\\{source}")))?;
    let mut key: HKEY = ptr::null_mut();
    // SAFETY: the path ends with NUL, the pointers that may be null are, and the result is a place for one handle.
    let status = unsafe {
        RegCreateKeyExW(
            HKEY_LOCAL_MACHINE,
            path.as_ptr(),
            0,
            ptr::null(),
            REG_OPTION_NON_VOLATILE,
            KEY_SET_VALUE,
            ptr::null(),
            &raw mut key,
            ptr::null_mut(),
        )
    };
    done(status)?;
    let key = Key(key);
    let file: Vec<u8> = wide(OsStr::new(MESSAGES))?.into_iter().flat_map(u16::to_le_bytes).collect();
    key.set("EventMessageFile", REG_EXPAND_SZ, &file)?;
    key.set("TypesSupported", REG_DWORD, &TYPES.to_le_bytes())
}

/// Writes an event.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn report(source: &str, id: u16, kind: REPORT_EVENT_TYPE, text: &str) -> io::Result<()> {
    let (source, text) = (wide(OsStr::new(source))?, wide(OsStr::new(text))?);
    // SAFETY: the name ends with NUL, and null names this machine.
    let log = unsafe { RegisterEventSourceW(ptr::null(), source.as_ptr()) };
    if log.is_null() {
        return Err(io::Error::last_os_error());
    }
    let texts = [text.as_ptr()];
    // SAFETY: the handle is open, one text that ends with NUL is handed over as said, and there is neither user nor data.
    let written =
        check(unsafe { ReportEventW(log, kind, 0, u32::from(id), ptr::null_mut(), 1, 0, texts.as_ptr(), ptr::null()) });
    // SAFETY: the handle was opened above and is closed once.
    unsafe { DeregisterEventSource(log) };
    written
}

/// A key of the registry, closed when it is dropped.
struct Key(HKEY);

impl Key {
    fn set(&self, name: &str, kind: u32, value: &[u8]) -> io::Result<()> {
        let name = wide(OsStr::new(name))?;
        // SAFETY: the key is open, the name ends with NUL, and the value has the length that is said.
        done(unsafe { RegSetValueExW(self.0, name.as_ptr(), 0, kind, value.as_ptr(), value.len() as u32) })
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key was opened by us and is closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

/// The registry returns its errors in place of keeping them.
fn done(status: u32) -> io::Result<()> {
    if status == ERROR_SUCCESS { Ok(()) } else { Err(io::Error::from_raw_os_error(status.cast_signed())) }
}
