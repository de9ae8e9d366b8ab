//! Windows PowerShell on Unix: there is none. PowerShell 7 is another program and has no cmdlets of Dynamics.

use std::path::PathBuf;

use crate::ports::CommandError;

/// Returns the path of `powershell.exe`.
///
/// # Errors
/// [`CommandError::NoPowerShell`], always.
pub(crate) fn program() -> Result<PathBuf, CommandError> {
    Err(CommandError::NoPowerShell)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "the tests start programs themselves")]

    use std::process::{Command, Stdio};
    use std::time::Duration;

    use zeroize::Zeroizing;

    use super::super::super::commands::{Bounds, Ended, run};
    use super::program;
    use crate::ports::CommandError;

    const BOUNDS: Bounds = Bounds { output: 3 << 20, deadline: Duration::from_secs(60) };

    fn shell(script: &str, stdin: Vec<u8>, bounds: Bounds) -> Result<Ended, CommandError> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        run(&mut command, "sh", Some(Zeroizing::new(stdin)), bounds).map(|(ended, _)| ended)
    }

    #[test]
    fn there_is_no_powershell() {
        assert!(matches!(program(), Err(CommandError::NoPowerShell)));
    }

    #[test]
    fn both_streams_are_read_while_standard_input_is_written() {
        let input = vec![b'x'; 2 << 20];
        let ended = shell("tee /dev/stderr", input.clone(), BOUNDS).unwrap();
        assert!(ended.status.success());
        assert!(*ended.stdout == input && *ended.stderr == input);
    }

    #[test]
    fn a_program_that_reads_nothing_is_no_failure_and_its_exit_code_is_kept() {
        let ended = shell("echo out; echo err >&2; exit 7", vec![b'x'; 2 << 20], BOUNDS).unwrap();
        assert_eq!(
            (ended.status.code(), ended.stdout.as_slice(), ended.stderr.as_slice()),
            (Some(7), &b"out\n"[..], &b"err\n"[..])
        );
    }

    #[test]
    fn too_much_on_either_stream_ends_it() {
        let narrow = Bounds { output: 100, ..BOUNDS };
        for script in ["yes", "yes >&2"] {
            assert!(matches!(shell(script, Vec::new(), narrow), Err(CommandError::TooMuchOutput { limit: 100, .. })));
        }
    }
}
