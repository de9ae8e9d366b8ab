//! Steps and checks as sentences.

use crate::cert::digest::hex_upper;
use crate::protocol::{Hex, Text};
use crate::rotation::basis::Strategy;
use crate::rotation::plan::{Accounts, Act, Check, Phase, Season, Step, Which};

/// Returns a thumbprint as Windows shows it.
pub(super) fn print(thumbprint: &Hex<20>) -> String {
    hex_upper(thumbprint.as_bytes())
}

/// Says what a step does, or looks for.
pub(super) fn step(step: &Step) -> String {
    match &step.act {
        Act::Look => look(&step.check),
        Act::ImportByScript(_) => "import with Microsoft's script, without -updateCrm".to_owned(),
        Act::ImportNatively => "import natively".to_owned(),
        Act::Mend => "the key opens, in a CSP with KeySpec 1; where not, install it again natively".to_owned(),
        Act::Grant(accounts) => format!("give read access to the key: {}", names(accounts)),
        Act::Switch(_) => "run Microsoft's script with -updateCrm: the row names the new certificate".to_owned(),
        Act::RestoreRows => "make the row what it was, with Set-CrmCertificate".to_owned(),
        Act::SetAlternative(which) => {
            format!("publish the {} certificate beside the other, with Set-CrmCertificate", word(*which))
        }
        Act::RemoveAlternative => "publish one certificate only again, with Remove-CrmCertificate".to_owned(),
        Act::HoldJob => "hold SharePoint's job that reads the metadata".to_owned(),
        Act::ReleaseJob => "let SharePoint's job run again".to_owned(),
        Act::ResetWeb => "start the web server of this machine anew".to_owned(),
        Act::Recycle(named) => format!("recycle the application pool {}", named.name.as_str()),
        Act::Restart(named) => format!("restart the service {}", named.name.as_str()),
        Act::Refresh => "start SharePoint's job that reads the metadata".to_owned(),
        Act::Remove(which) => format!("remove the {} certificate with its key", word(*which)),
        Act::RestoreAccess => "make the access list of the key what it was".to_owned(),
        Act::Drain(_) => "take the server out of the load balancer".to_owned(),
        Act::Undrain(_) => "put the server back into the load balancer".to_owned(),
        Act::ByHand(hand) => format!("by hand: {}", hand.what.as_str()),
    }
}

/// Says what is looked for.
pub(super) fn look(check: &Check) -> String {
    match check {
        Check::Present => "the certificate is in the store".to_owned(),
        Check::Usable => "the key opens, is its own, in a CSP with KeySpec 1".to_owned(),
        Check::Readable(accounts) => format!("access to the key is there: {}", names(accounts)),
        Check::Ready(_) => {
            "prove it ready: it signs what was drawn for it, and every account may read the key".to_owned()
        }
        Check::RowIsNew => "the row names the new certificate, alone".to_owned(),
        Check::RowsAsBefore => "the row is what it was".to_owned(),
        Check::AlternativeIs(which) => format!("the {} certificate is published beside the other", word(*which)),
        Check::NoAlternative => "one certificate only is published".to_owned(),
        Check::JobHeld => "SharePoint's job is held, and no run of it goes on".to_owned(),
        Check::JobFree => "SharePoint's job is not held".to_owned(),
        Check::Untrusted(check) => {
            format!("the trust {} accepts the {} certificate no longer", check.name.as_str(), word(check.which))
        }
        Check::Metadata(check) if check.both => {
            format!("the metadata of {} shows both certificates", check.organization)
        }
        Check::Metadata(check) => {
            format!("the metadata of {} shows the {} certificate", check.organization, word(check.which))
        }
        Check::Began(began) => format!("{} has begun anew", began.service.name),
        Check::JobRan => "SharePoint's job has run to its end".to_owned(),
        Check::Trust(check) => {
            format!("the trust {} accepts the {} certificate", check.name.as_str(), word(check.which))
        }
        Check::Gone(which) => format!("the {} certificate is not in the store", word(*which)),
        Check::AccessAsBefore => "the access list is what it was".to_owned(),
        Check::Quarantine(days) => format!("{} days have passed since everything was verified", days.days),
        Check::Ran(_) => "the command of the load balancer has ended well".to_owned(),
        Check::Open(Season::Change) => "no freeze of farm.toml stands against a change".to_owned(),
        Check::Open(Season::Restart) => "a maintenance window is open, and there is no freeze".to_owned(),
        Check::Recorded => "somebody has recorded that it is done".to_owned(),
    }
}

/// Says what a part of a roll is for.
pub(super) const fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Prepare => "prepare: every server gets the certificate, nothing uses it yet",
        Phase::Gate => "gate: every server is proven ready before anything is switched",
        Phase::Publish => "publish: the new certificate beside the old one, until every trust accepts both",
        Phase::Switch => "switch: the one global step",
        Phase::Settle => "settle: metadata and services follow, one server after the other",
        Phase::Trust => "trust: SharePoint follows",
        Phase::Verify => "verify: everything is looked at once more",
        Phase::HandOver => "hand over: what others have to do",
        Phase::Withdraw => "withdraw: the old certificate is published no longer",
        Phase::Retire => "retire: the old certificate goes",
    }
}

/// Says what a shape is.
pub(super) const fn strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Initial => "first set-up: there is no row yet",
        Strategy::Overlap => {
            "both certificates are published before and after the switch: no gap; unproven on a real farm"
        }
        Strategy::Recover => {
            "the old certificate has expired: as direct, and SharePoint's web servers are started anew"
        }
        Strategy::Repair => "no switch: servers are brought to the certificate that the row names",
        Strategy::Retire => "no switch: an old certificate goes after its quarantine",
        Strategy::Direct => "the documented way, with a gap until SharePoint has read the metadata again",
    }
}

const fn word(which: Which) -> &'static str {
    match which {
        Which::New => "new",
        Which::Old => "old",
    }
}

fn names(accounts: &Accounts) -> String {
    accounts.names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}
