//! The console.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::os::windows::io::{AsRawHandle, RawHandle};
use std::sync::atomic::{AtomicBool, Ordering};

use windows_sys::Win32::System::Console::{
    CONSOLE_SCREEN_BUFFER_INFO, CTRL_BREAK_EVENT, CTRL_C_EVENT, GetConsoleScreenBufferInfo, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::{INFINITE, SleepEx};

use super::check;

/// Whether somebody has asked this process to end.
static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on a console event is noted and ends nothing by itself.
///
/// # Errors
/// That of the system.
pub(in crate::sys::os) fn keep_requests_to_end() -> io::Result<()> {
    // SAFETY: the handler is a function of the shape that the call wants, and lives as long as the program.
    check(unsafe { SetConsoleCtrlHandler(Some(on_event), 1) })
}

/// Returns whether somebody has asked.
pub(in crate::sys::os) fn asked_to_end() -> bool {
    ASKED.load(Ordering::Acquire)
}

/// Called by the system on a thread of its own. After an event of closing or shutdown the process is ended as soon as this
/// returns, so it does not: the process ends by itself after the run, or the system ends it when its patience is over.
unsafe extern "system" fn on_event(event: u32) -> i32 {
    ASKED.store(true, Ordering::Release);
    if !matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
        loop {
            // SAFETY: the call takes a number and a flag.
            unsafe { SleepEx(INFINITE, 0) };
        }
    }
    1
}

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
