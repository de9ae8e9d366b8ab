//! Windows PowerShell, as the machine has it.

use std::time::Duration;

use zeroize::Zeroizing;

use super::CommandError;

/// Bounds of one run of PowerShell.
#[derive(Clone, Copy, Debug)]
pub struct PowerShellLimits {
    /// The most octets that are taken from standard output, and as many from standard error.
    pub output: u64,
    /// How long it may run; then it and all that it started are ended.
    pub deadline: Duration,
}

/// What a run of PowerShell left. It may hold a secret that a program printed, so it is erased and has no debug text.
pub struct PowerShellOutput {
    /// The exit code; nothing where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Zeroizing<Vec<u8>>,
    /// Standard error.
    pub stderr: Zeroizing<Vec<u8>>,
}

/// Runs Windows PowerShell 5.1, 64-bit.
pub trait PowerShell: Send + Sync {
    /// Runs `powershell.exe` with these arguments, gives it `stdin` and waits for its end. What it started ends with it.
    /// The arguments must hold no secret: other programs can read them.
    ///
    /// # Errors
    /// [`CommandError`]; [`CommandError::NoPowerShell`] where the machine has none. An exit code is no error here.
    fn run(
        &self,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        limits: PowerShellLimits,
    ) -> Result<PowerShellOutput, CommandError>;
}
