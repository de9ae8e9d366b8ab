//! Programs of a machine in memory: none, unless they are installed.

use std::sync::Arc;

use s2scert::ports::{CommandError, OpenSsh, PowerShell, ProgramLimits, ProgramOutput};
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
