//! The schedulers of a machine in memory: systemd with units and their state, cron, the Task Scheduler with tasks.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use s2scert::ports::{
    Access, CommandError, FileError, ProgramLimits, ProgramOutput, Scheduler, SchedulerKind, SchedulerProgram,
    StateFolders as _, Stop,
};
use zeroize::Zeroizing;

use super::{FakeHost, plain};

/// What the schedulers hold, and how often the process is waited for before somebody asks it to end.
#[derive(Default)]
pub(crate) struct Schedulers {
    present: Vec<SchedulerKind>,
    enabled: bool,
    task: Option<String>,
    called: Vec<String>,
    refuses: Option<String>,
    rounds: usize,
}

impl FakeHost {
    /// Gives the machine a scheduler.
    pub(crate) fn with_scheduler(self, kind: SchedulerKind) -> Self {
        self.state().schedulers.present.push(kind);
        self
    }

    /// Makes somebody ask the process to end when it has waited this many times.
    pub(crate) fn ending_after(self, rounds: usize) -> Self {
        self.state().schedulers.rounds = rounds;
        self
    }

    /// Makes every command that begins like this fail.
    pub(crate) fn refuse(&self, beginning: &str) {
        self.state().schedulers.refuses = Some(beginning.to_owned());
    }

    /// Switches the timer off, as somebody else would.
    pub(crate) fn switch_off(&self) {
        self.state().schedulers.enabled = false;
    }

    /// Returns the task that is registered.
    pub(crate) fn task(&self) -> Option<String> {
        self.state().schedulers.task.clone()
    }

    /// Changes the task that is registered.
    pub(crate) fn change_task(&self, change: impl FnOnce(String) -> Option<String>) {
        let mut state = self.state();
        state.schedulers.task = state.schedulers.task.take().and_then(change);
    }

    /// Returns the commands that were run.
    pub(crate) fn called(&self) -> Vec<String> {
        self.state().schedulers.called.clone()
    }

    fn schtasks(&self, arguments: &[String]) -> (i32, String) {
        match arguments.first().map(String::as_str) {
            Some("/Create") => {
                let file = PathBuf::from(&arguments[4]);
                let folder = self.folders.find(file.parent().unwrap_or_else(|| Path::new(""))).ok().flatten();
                let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let Some(bytes) = folder.and_then(|folder| folder.read(&name, 1 << 20).ok().flatten()) else {
                    return (1, "ERROR: The system cannot find the file specified.".to_owned());
                };
                let units: Vec<u16> =
                    bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
                let text = String::from_utf16_lossy(&units);
                self.state().schedulers.task = Some(text.trim_start_matches('\u{feff}').to_owned());
                (0, "SUCCESS".to_owned())
            }
            Some("/Query") => self.task().map_or_else(|| (1, "ERROR: no such task".to_owned()), |task| (0, task)),
            _ => {
                let there = self.state().schedulers.task.take().is_some();
                (i32::from(!there), String::new())
            }
        }
    }

    fn systemctl(&self, arguments: &[String]) -> (i32, String) {
        let mut state = self.state();
        match arguments.first().map(String::as_str) {
            Some("enable") => state.schedulers.enabled = true,
            Some("disable") => state.schedulers.enabled = false,
            Some("show") => {
                let timer = arguments[1].ends_with(".timer");
                let on = state.schedulers.enabled && timer;
                let (file, active) = if on { ("enabled", "active") } else { ("disabled", "inactive") };
                let file = if timer { file } else { "static" };
                return (
                    0,
                    format!(
                        "UnitFileState={file}\nActiveState={active}\nDropInPaths=\nNeedDaemonReload=no\nLoadState=loaded\n"
                    ),
                );
            }
            _ => {}
        }
        (0, String::new())
    }
}

impl Scheduler for FakeHost {
    fn has(&self, kind: SchedulerKind) -> bool {
        self.state().schedulers.present.contains(&kind)
    }

    fn call(
        &self,
        program: SchedulerProgram,
        arguments: &[String],
        _: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        let name = match program {
            SchedulerProgram::Schtasks => "schtasks",
            SchedulerProgram::Systemctl => "systemctl",
            SchedulerProgram::SystemdAnalyze => "systemd-analyze",
        };
        let line = format!("{name} {}", arguments.join(" "));
        let refused = {
            let mut state = self.state();
            state.schedulers.called.push(line.clone());
            state.schedulers.refuses.as_ref().is_some_and(|beginning| line.starts_with(beginning))
        };
        if program == SchedulerProgram::SystemdAnalyze && !refused {
            return Err(CommandError::NotStarted { program: name.to_owned(), source: io::ErrorKind::NotFound.into() });
        }
        let (code, text) = match program {
            _ if refused => (5, "ERROR: Access is denied.".to_owned()),
            SchedulerProgram::Schtasks => self.schtasks(arguments),
            SchedulerProgram::Systemctl | SchedulerProgram::SystemdAnalyze => self.systemctl(arguments),
        };
        let stdout = Zeroizing::new(text.into_bytes());
        Ok(ProgramOutput { code: Some(code), stdout, stderr: Zeroizing::default() })
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        self.begin("write", path)?.files.insert(plain(path), (Access::Shared, bytes.to_vec()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<bool, FileError> {
        Ok(self.begin("remove", path)?.files.remove(&plain(path)).is_some())
    }

    fn absolute(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(if path.is_absolute() { path.to_owned() } else { Path::new("/conf").join(path) })
    }
}

impl Stop for FakeHost {
    fn listen(&self) -> io::Result<()> {
        Ok(())
    }

    fn wait(&self, time: Duration) -> bool {
        self.pass(i64::try_from(time.as_secs()).unwrap_or_default());
        let mut state = self.state();
        state.schedulers.rounds = state.schedulers.rounds.saturating_sub(1);
        state.schedulers.rounds == 0
    }
}
