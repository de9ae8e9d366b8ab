//! What checks and acts are called on a page: one sentence each, without a full stop.

use super::plan::{Act, Check, Phase, Which};

impl Phase {
    /// Returns the heading on a page.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Prepare => "every server gets the certificate",
            Self::Gate => "every server is proven ready",
            Self::Switch => "the row is written",
            Self::Settle => "metadata and services follow",
            Self::Trust => "SharePoint follows",
            Self::Verify => "everything is looked at once more",
            Self::HandOver => "what others have to do",
            Self::Retire => "the old certificate goes",
        }
    }
}

impl Which {
    /// Returns the certificate in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "the new certificate",
            Self::Old => "the old certificate",
        }
    }
}

impl Check {
    /// Returns what is to be so.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Present => "the store My of the machine holds the new certificate".to_owned(),
            Self::Usable => "its key opens, is its own, and lies in a CSP with KeySpec 1 (AT_KEYEXCHANGE)".to_owned(),
            Self::Readable(accounts) => format!("{} may read the key", listed(accounts)),
            Self::Ready(accounts) => {
                format!("all of that, {} may read the key, and the server has signed with it", listed(accounts))
            }
            Self::RowIsNew => "exactly one row S2STokenIssuer exists, and it holds the new certificate".to_owned(),
            Self::RowsAsBefore => "the rows S2STokenIssuer are what they were before".to_owned(),
            Self::Metadata(check) => format!(
                "the metadata document of {}, asked from this server, shows {} and not the other",
                check.organization,
                check.which.words()
            ),
            Self::Began(began) => format!("the process of {} began after this step was come to", began.service.name),
            Self::JobRan => "SharePoint's job has run with success since this step was come to".to_owned(),
            Self::Trust(check) => format!("the trust {} accepts {}", check.name.as_str(), check.which.words()),
            Self::Gone(which) => format!("the store My of the machine does not hold {}", which.words()),
            Self::AccessAsBefore => "the access list of the key is what it was before".to_owned(),
            Self::Quarantine(days) => format!("{} days have passed since everything was verified", days.days),
            Self::Recorded => "somebody has said that it is done".to_owned(),
        }
    }
}

impl Act {
    /// Returns what is done.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Look => "look".to_owned(),
            Self::ImportByScript(order) => format!(
                "import by CertificateReconfiguration.ps1, without -updateCrm, -serviceAccount {}",
                order.service_account.as_str()
            ),
            Self::ImportNatively => "import natively".to_owned(),
            Self::Mend => "remove the certificate with its key, and import it natively".to_owned(),
            Self::Grant(accounts) => format!("give read access to the key to {}", listed(accounts)),
            Self::Switch(order) => format!(
                "run CertificateReconfiguration.ps1 with -updateCrm, -serviceAccount {}",
                order.service_account.as_str()
            ),
            Self::RestoreRows => "make the row what it was, by Set-CrmCertificate".to_owned(),
            Self::Recycle(named) => format!("recycle the application pool {}", named.name.as_str()),
            Self::Restart(named) => format!("restart the service {}", named.name.as_str()),
            Self::Refresh => "start SharePoint's job RefreshMetadataFeed".to_owned(),
            Self::Remove(which) => format!("remove {} with its key", which.words()),
            Self::RestoreAccess => "make the access list of the key what it was".to_owned(),
            Self::ByHand(hand) => hand.what.as_str().to_owned(),
        }
    }
}

fn listed(accounts: &super::plan::Accounts) -> String {
    accounts.names.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
}
