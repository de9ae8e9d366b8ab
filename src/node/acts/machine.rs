//! The acts of the real machine: each action to the room that does it.

use super::{
    Acts, Did, Fault, Look, Surroundings, Work, access, crm, script, services, sharepoint, signals, store, token,
};
use crate::error::Kind;
use crate::protocol::{Action, Trouble};

/// The acts of this machine, through its ports.
#[derive(Clone, Copy, Debug)]
pub struct MachineActs;

impl Acts for MachineActs {
    fn look(&self, action: &Action, work: &Work<'_>) -> Result<Look, Fault> {
        match action {
            Action::StoreList(list) => store::list(list, work),
            Action::StoreShow(which) => store::show(&which.thumbprint, work),
            Action::Orphans(_) => store::orphans(work),
            Action::Install(install) => store::is_installed(install, work),
            Action::Remove(remove) => store::is_gone(remove, work),
            Action::AccessShow(which) => access::show(&which.thumbprint, work),
            Action::Grant(asked) => access::is_granted(asked, work),
            Action::Revoke(asked) => access::is_revoked(asked, work),
            Action::RestoreAccess(asked) => access::is_restored(asked, work),
            Action::Reconfigure(asked) => script::is_reconfigured(asked, work),
            Action::CrmCertificates(_) => crm::rows(work),
            Action::CrmCertificateSet(asked) => crm::is_set(asked, work),
            Action::CrmCertificateRemove(asked) => crm::is_removed(asked, work),
            Action::CrmServers(_) => crm::servers(work),
            Action::Services(_) => services::show(work),
            Action::ServiceRestart(asked) => services::is_restarted(asked, work),
            Action::PoolRecycle(asked) => services::is_recycled(asked, work),
            Action::IisReset(asked) => services::is_reset(*asked, work),
            Action::SharepointTrusts(_) => sharepoint::trusts(work),
            Action::MetadataJob(_) => sharepoint::job(work),
            Action::MetadataJobStart(asked) => sharepoint::has_run(*asked, work),
            Action::MetadataJobHold(_) => sharepoint::is_held(work),
            Action::MetadataJobRelease(_) => sharepoint::is_released(work),
            Action::Prove(prove) => store::prove(prove, work),
            Action::Signals(asked) => signals::events(*asked, work),
            Action::CrmMonitoring(_) => signals::monitoring(work),
            Action::Token(order) => token::present(order, work),
            Action::Describe(_)
            | Action::Stage(_)
            | Action::Unstage(_)
            | Action::Lease(_)
            | Action::LeaseTake(_)
            | Action::LeaseRenew(_)
            | Action::LeaseRelease(_)
            | Action::RollMarker(_)
            | Action::RollMarkerWrite(_)
            | Action::RollMarkerClear(_)
            | Action::Journal(_)
            | Action::JournalAppend(_) => Err(of_the_engine(action)),
        }
    }

    fn act(&self, action: &Action, work: &Work<'_>) -> Result<Did, Fault> {
        match action {
            Action::Install(install) => store::install(install, work),
            Action::Remove(remove) => store::remove(remove, work),
            Action::Grant(asked) => access::grant(asked, work),
            Action::Revoke(asked) => access::revoke(asked, work),
            Action::RestoreAccess(asked) => access::restore(asked, work),
            Action::Reconfigure(asked) => script::reconfigure(asked, work),
            Action::CrmCertificateSet(asked) => crm::set(asked, work),
            Action::CrmCertificateRemove(asked) => crm::remove(asked, work),
            Action::ServiceRestart(asked) => services::restart(asked, work),
            Action::PoolRecycle(asked) => services::recycle(asked, work),
            Action::IisReset(_) => services::reset(work),
            Action::MetadataJobStart(_) => sharepoint::start(work),
            Action::MetadataJobHold(_) => sharepoint::hold(work),
            Action::MetadataJobRelease(_) => sharepoint::release(work),
            _ => Err(of_the_engine(action)),
        }
    }

    fn surroundings(&self, work: &Work<'_>) -> Surroundings {
        script::surroundings(work)
    }
}

/// The engine does these itself, or refuses to perform what only looks: they do not come here.
fn of_the_engine(action: &Action) -> Fault {
    let what = format!("the action {} is not one of the machine", action.info().name);
    Fault::Failed(Trouble::new(Kind::Internal, &what))
}
