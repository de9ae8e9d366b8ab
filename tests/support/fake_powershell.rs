//! Windows PowerShell of a machine in memory: none, unless one is installed.

use std::sync::Arc;

use s2scert::ports::{CommandError, PowerShell, ProgramLimits, ProgramOutput};
use zeroize::Zeroizing;

use super::FakeHost;

impl FakeHost {
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
