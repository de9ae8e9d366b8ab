//! Windows PowerShell, as the machine has it.

use zeroize::Zeroizing;

use super::{CommandError, ProgramLimits, ProgramOutput};

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
        limits: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError>;
}
