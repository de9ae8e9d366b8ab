//! The acts of the real machine: each action to the room that does it.

use super::{Acts, Did, Fault, Look, Surroundings, Work, access, store};
use crate::node::protocol::{Action, Refusal, RefusalCode, Seen, Text};

/// The acts of this machine, through its ports.
#[derive(Clone, Copy, Debug)]
pub struct MachineActs;

impl Acts for MachineActs {
    fn look(&self, action: &Action, work: &Work<'_>) -> Result<Look, Fault> {
        match action {
            Action::StoreList(list) => store::list(list.store, work),
            Action::StoreShow(which) => store::show(&which.thumbprint, work),
            Action::Orphans(_) => store::orphans(work),
            Action::Install(install) => store::is_installed(install, work),
            Action::Remove(remove) => store::is_gone(remove, work),
            Action::AccessShow(which) => access::show(&which.thumbprint, work),
            Action::Grant(asked) => access::is_granted(asked, work),
            Action::Revoke(asked) => access::is_revoked(asked, work),
            Action::RestoreAccess(asked) => access::is_restored(asked, work),
            Action::Prove(prove) => store::prove(prove, work),
            other => Err(not_here(other)),
        }
    }

    fn act(&self, action: &Action, work: &Work<'_>) -> Result<Did, Fault> {
        match action {
            Action::Install(install) => store::install(install, work),
            Action::Remove(remove) => store::remove(remove, work),
            Action::Grant(asked) => access::grant(asked, work),
            Action::Revoke(asked) => access::revoke(asked, work),
            Action::RestoreAccess(asked) => access::restore(asked, work),
            other => Err(not_here(other)),
        }
    }

    fn surroundings(&self, _: &Work<'_>) -> Surroundings {
        Surroundings {
            powershell: Seen::Unseen(Text::told("not looked for")),
            script: Seen::Unseen(Text::told("not looked for")),
            network_identity: Seen::Unseen(Text::told("not measured")),
        }
    }
}

fn not_here(action: &Action) -> Fault {
    let why = format!("the action {} needs Windows PowerShell, which this machine has not", action.info().name);
    Fault::Refused(Refusal::new(RefusalCode::NotHere, &why, "ask a Windows server of the farm"))
}
