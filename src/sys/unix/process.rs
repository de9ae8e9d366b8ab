//! Process trees on Unix: a process group of its own.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

/// A started program and what it started.
pub(crate) struct Tree {
    group: Pid,
}

impl Tree {
    /// Starts a program as the root of a tree.
    ///
    /// # Errors
    /// That of the system.
    pub(crate) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let tree = Self { group: Pid::from_child(&child) };
        Ok((child, tree))
    }

    /// Ends the whole tree. Call it before the root is waited for: afterwards its number may be another's.
    pub(crate) fn end(&self) {
        // It fails only where nobody is left.
        let _ = kill_process_group(self.group, Signal::KILL);
    }

    /// Lets go of the tree; what still runs goes on.
    pub(crate) fn release(self) {}
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "the tests examine processes")]

    use std::time::{Duration, Instant};

    use super::super::super::host;
    use crate::ports::{CommandError, CommandLimits};

    const LIMITS: CommandLimits<'_> =
        CommandLimits { output: 100, deadline: Duration::from_secs(30), hidden_variables: &[] };

    fn run(argv: &[&str], limits: CommandLimits<'_>) -> Result<String, CommandError> {
        let argv: Vec<String> = argv.iter().map(|&argument| argument.to_owned()).collect();
        let output = host().commands.secret_output(&argv, limits)?;
        Ok(String::from_utf8(output.to_vec()).unwrap())
    }

    fn shell(script: &str, limits: CommandLimits<'_>) -> Result<String, CommandError> {
        run(&["sh", "-c", script], limits)
    }

    /// Returns whether a process runs. One that has ended and waits for its parent does not.
    fn runs(process: &str) -> bool {
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .is_ok_and(|text| !text.rsplit_once(')').unwrap().1.trim_start().starts_with(['Z', 'X']))
    }

    #[test]
    fn output_is_taken_and_no_shell_reads_the_arguments() {
        assert_eq!(run(&["printf", "%s|", "a b", "$HOME", "`id`", "\"'"], LIMITS).unwrap(), "a b|$HOME|`id`|\"'|");
    }

    #[test]
    fn standard_input_is_empty() {
        assert_eq!(run(&["cat"], LIMITS).unwrap(), "");
    }

    #[test]
    fn hidden_variables_do_not_reach_the_program() {
        let has_path = |text: &str| text.lines().any(|line| line.starts_with("PATH="));
        let wide = CommandLimits { output: 1 << 20, ..LIMITS };
        assert!(has_path(&run(&["/usr/bin/env"], wide).unwrap()));
        let hidden = CommandLimits { hidden_variables: &["PATH"], ..wide };
        assert!(!has_path(&run(&["/usr/bin/env"], hidden).unwrap()));
    }

    #[test]
    fn a_failure_names_the_program_and_neither_arguments_nor_output() {
        let cases = [
            (&["sh", "-c", "echo canary; exit 3"][..], "sh failed: exit status: 3"),
            (&["sh", "-c", "echo canary; kill -9 $$"], "sh failed: signal: 9 (SIGKILL)"),
            (&["no-such-program", "canary"], "cannot start no-such-program"),
            (&["sh", "-c", "echo canary; yes"], "sh wrote more than 100 octets and was ended"),
            (&[], "no program is named"),
        ];
        for (argv, text) in cases {
            let error = run(argv, LIMITS).unwrap_err();
            assert_eq!(error.to_string(), text);
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
        }
    }

    #[test]
    fn output_up_to_the_limit_is_taken() {
        assert_eq!(shell("printf %0100d 0", LIMITS).unwrap().len(), 100);
        assert!(matches!(shell("printf %0101d 0", LIMITS), Err(CommandError::TooMuchOutput { limit: 100, .. })));
    }

    #[test]
    fn at_the_deadline_the_program_and_all_that_it_started_are_ended() {
        let folder = tempfile::TempDir::new().unwrap();
        let note = folder.path().join("grandchild");
        let scripts = [
            // The output stays open in the grandchild, and in the child.
            format!("sleep 300 & echo $! > {}; wait", note.display()),
            // The output is closed, the child goes on.
            format!("exec >&-; sleep 300 & echo $! > {}; wait", note.display()),
            // The child has ended, the grandchild holds the output.
            format!("sleep 300 & echo $! > {}", note.display()),
        ];
        for script in scripts {
            let begun = Instant::now();
            let error = shell(&script, CommandLimits { deadline: Duration::from_secs(1), ..LIMITS }).unwrap_err();
            assert!(matches!(error, CommandError::Overran { .. }), "{error:?}");
            assert!(begun.elapsed() < Duration::from_secs(20), "{script}");
            let grandchild = std::fs::read_to_string(&note).unwrap();
            let gone = (0..100).any(|_| {
                std::thread::sleep(Duration::from_millis(20));
                !runs(grandchild.trim())
            });
            assert!(gone, "{script}");
        }
    }
}
