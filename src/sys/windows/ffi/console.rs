//! The console.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::os::windows::io::{AsRawHandle, RawHandle};

use windows_sys::Win32::System::Console::{CONSOLE_SCREEN_BUFFER_INFO, GetConsoleScreenBufferInfo};

/// Returns the width in columns of the console behind standard output or, failing that, standard error.
pub(crate) fn width() -> Option<u16> {
    window_width(io::stdout().as_raw_handle()).or_else(|| window_width(io::stderr().as_raw_handle()))
}

fn window_width(handle: RawHandle) -> Option<u16> {
    let mut info = CONSOLE_SCREEN_BUFFER_INFO::default();
    // SAFETY: the handle is open or null, which the call refuses, and the result is a place for the structure.
    if unsafe { GetConsoleScreenBufferInfo(handle, &raw mut info) } == 0 {
        return None;
    }
    u16::try_from(i32::from(info.srWindow.Right) - i32::from(info.srWindow.Left) + 1).ok().filter(|&width| width > 0)
}
