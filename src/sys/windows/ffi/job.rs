//! Job objects: process trees that can be ended as one.

#![expect(unsafe_code, reason = "calls of the Windows API")]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::process::Child;
use std::ptr;

use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
    TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{OpenThread, ResumeThread, THREAD_SUSPEND_RESUME};

use super::check;

/// The exit code of what is ended with its job.
const ENDED: u32 = 1;

/// A job object. What belongs to it ends when it is dropped.
pub(in crate::sys::os) struct Job(OwnedHandle);

impl Job {
    /// Makes a job without members.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn new() -> io::Result<Self> {
        // SAFETY: neither attributes nor a name are asked for.
        let handle = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just opened and nobody else owns it.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(handle) });
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(job)
    }

    /// Takes a process into the job, and with it all that it will start.
    ///
    /// # Errors
    /// That of the system.
    pub(in crate::sys::os) fn take(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are open.
        check(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), child.as_raw_handle()) })
    }

    /// Ends all members.
    pub(in crate::sys::os) fn end(&self) {
        // SAFETY: the handle is open. Failure means that nobody is left.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), ENDED) };
    }

    /// Lets the members live on.
    pub(in crate::sys::os) fn release(self) {
        // Failure means that they end now, as the caller must expect of programs in the background.
        let _ = self.limit(0);
    }

    fn limit(&self, flags: u32) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        // SAFETY: the handle is open, and the size is that of the structure read from.
        check(unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
            )
        })
    }
}

/// Resumes the threads of a process that was started suspended. The standard library keeps no handle on them, so they are
/// looked up.
///
/// # Errors
/// That of the system; `NotFound` where the process has no thread.
pub(in crate::sys::os) fn resume(process: u32) -> io::Result<()> {
    // SAFETY: a snapshot of all threads takes no pointer.
    let handle = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened and nobody else owns it.
    let snapshot = unsafe { OwnedHandle::from_raw_handle(handle) };
    let mut entry = THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..THREADENTRY32::default() };
    let mut resumed = false;
    // SAFETY: the snapshot is open, and the entry carries its size.
    let mut more = unsafe { Thread32First(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if entry.th32OwnerProcessID == process {
            resume_thread(entry.th32ThreadID)?;
            resumed = true;
        }
        // SAFETY: the snapshot is open, and the entry carries its size.
        more = unsafe { Thread32Next(snapshot.as_raw_handle(), &raw mut entry) };
    }
    if resumed { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}

fn resume_thread(thread: u32) -> io::Result<()> {
    // SAFETY: no pointer is passed.
    let handle = unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, thread) };
    if handle.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened and nobody else owns it.
    let thread = unsafe { OwnedHandle::from_raw_handle(handle) };
    // SAFETY: the handle is open.
    if unsafe { ResumeThread(thread.as_raw_handle()) } == u32::MAX {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
