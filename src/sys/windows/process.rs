//! Process trees on Windows: a job object.

use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};

use windows_sys::Win32::System::Threading::CREATE_SUSPENDED;

use super::ffi::job::{Job, resume};

/// A started program and what it started.
pub(crate) struct Tree {
    job: Job,
}

impl Tree {
    /// Starts a program as the root of a tree. Should this process die, the tree ends too.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let job = Job::new()?;
        // Suspended, so that it cannot start others before it belongs to the job.
        let mut child = command.creation_flags(CREATE_SUSPENDED).spawn()?;
        match job.take(&child).and_then(|()| resume(child.id())) {
            Ok(()) => Ok((child, Self { job })),
            Err(error) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(error)
            }
        }
    }

    /// Ends the whole tree.
    pub(crate) fn end(&self) {
        self.job.end();
    }

    /// Lets go of the tree; what still runs goes on.
    pub(crate) fn release(self) {
        self.job.release();
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "the tests start themselves as the program of another")]

    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use super::super::super::host;
    use crate::ports::{CommandError, CommandLimits};

    const LIMITS: CommandLimits<'_> =
        CommandLimits { output: 100, deadline: Duration::from_secs(60), hidden_variables: &[] };
    /// Set for a second process, and for the third that it starts: the file that shows that the third lives.
    const HEARTBEAT: &str = "S2SCERT_TEST_HEARTBEAT";
    /// Set for the third process.
    const GRANDCHILD: &str = "S2SCERT_TEST_GRANDCHILD";

    fn run(argv: &[&str], limits: CommandLimits<'_>) -> Result<String, CommandError> {
        let argv: Vec<String> = argv.iter().map(|&argument| argument.to_owned()).collect();
        let output = host().commands.secret_output(&argv, limits)?;
        Ok(String::from_utf8(output.to_vec()).unwrap())
    }

    #[test]
    fn output_is_taken() {
        assert_eq!(run(&["cmd.exe", "/c", "echo contoso"], LIMITS).unwrap(), "contoso\r\n");
    }

    #[test]
    fn hidden_variables_do_not_reach_the_program() {
        let shown = |limits| run(&["cmd.exe", "/c", "echo %APPDATA%"], limits).unwrap();
        assert!(!shown(LIMITS).contains('%'));
        assert_eq!(shown(CommandLimits { hidden_variables: &["APPDATA"], ..LIMITS }), "%APPDATA%\r\n");
    }

    #[test]
    fn a_failure_names_the_program_and_neither_arguments_nor_output() {
        let cases = [
            (&["cmd.exe", "/c", "echo canary& exit 3"][..], "cmd.exe failed: exit code: 3"),
            (&["no-such-program.exe", "canary"], "cannot start no-such-program.exe"),
        ];
        for (argv, text) in cases {
            let error = run(argv, LIMITS).unwrap_err();
            assert_eq!(error.to_string(), text);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn at_the_deadline_the_program_and_all_that_it_started_are_ended() {
        let test = "sys::os::process::tests::at_the_deadline_the_program_and_all_that_it_started_are_ended";
        if let Some(heartbeat) = std::env::var_os(HEARTBEAT) {
            return if std::env::var_os(GRANDCHILD).is_some() {
                beat(Path::new(&heartbeat))
            } else {
                start_a_grandchild(test)
            };
        }
        let folder = tempfile::TempDir::new().unwrap();
        let heartbeat = folder.path().join("heartbeat");
        let this = std::env::current_exe().unwrap();
        // The path travels in a file beside the test, because the environment of this process must not change.
        let script = format!("set {HEARTBEAT}={}& \"{}\" --exact {test}", heartbeat.display(), this.display());
        let batch = folder.path().join("start.bat");
        std::fs::write(&batch, format!("@{script}\r\n")).unwrap();
        let argv = ["cmd.exe", "/c", batch.to_str().unwrap()];
        let limits = CommandLimits { output: 10_000, deadline: Duration::from_secs(8), ..LIMITS };
        let error = run(&argv, limits).unwrap_err();
        assert!(matches!(error, CommandError::Overran { .. }), "{error:?}");
        std::thread::sleep(Duration::from_secs(1));
        let length = || std::fs::metadata(&heartbeat).unwrap().len();
        let first = length();
        assert!(first > 0, "the grandchild never ran");
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(length(), first, "the grandchild still runs");
    }

    fn start_a_grandchild(test: &str) {
        let this = std::env::current_exe().unwrap();
        Command::new(this).args(["--exact", test]).env(GRANDCHILD, "1").spawn().unwrap().wait().unwrap();
    }

    fn beat(heartbeat: &Path) {
        for beat in 0..600 {
            std::fs::write(heartbeat, vec![b'x'; beat + 1]).unwrap();
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
