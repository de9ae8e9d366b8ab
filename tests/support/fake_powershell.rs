//! Programs of a machine in memory: none, unless they are installed.

use std::io;
use std::sync::Arc;

use s2scert::ports::{CommandError, CommandLimits, Commands, OpenSsh, PowerShell, ProgramLimits, ProgramOutput};
use zeroize::Zeroizing;

use super::FakeHost;

/// What stands in the place of the clients of OpenSSH.
pub(crate) type FakeOpenSsh = dyn Fn(OpenSsh, &[String], &[u8]) -> Result<ProgramOutput, CommandError> + Send + Sync;

impl FakeHost {
    /// Installs OpenSSH.
    pub(crate) fn with_openssh(mut self, openssh: Arc<FakeOpenSsh>) -> Self {
        self.openssh = Some(openssh);
        self
    }

    /// Installs Windows PowerShell.
    pub(crate) fn with_powershell(mut self, powershell: Arc<dyn PowerShell>) -> Self {
        self.powershell = Some(powershell);
        self
    }
}

/// A machine without one.
impl PowerShell for FakeHost {
    fn run(&self, _: &[String], _: Zeroizing<Vec<u8>>, _: ProgramLimits) -> Result<ProgramOutput, CommandError> {
        Err(CommandError::NoPowerShell)
    }
}

impl Commands for FakeHost {
    fn secret_output(&self, argv: &[String], limits: CommandLimits<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let program = argv.first().ok_or(CommandError::Empty)?.clone();
        match self.state().outputs.get(&program) {
            Some(output) if output.len() as u64 > limits.output => {
                Err(CommandError::TooMuchOutput { program, limit: limits.output })
            }
            Some(output) => Ok(Zeroizing::new(output.clone())),
            None => Err(CommandError::NotStarted { program, source: io::ErrorKind::NotFound.into() }),
        }
    }

    fn openssh(
        &self,
        client: OpenSsh,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        _: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        match &self.openssh {
            Some(openssh) => openssh(client, arguments, &stdin),
            None => Err(CommandError::NotStarted { program: "ssh".to_owned(), source: io::ErrorKind::NotFound.into() }),
        }
    }
}
