//! The cases of every script. Each result is written by hand.

mod crm;
mod machine;
mod remoting;
mod sharepoint;

use super::conform::Case;

/// Returns all cases.
pub(crate) fn all() -> Vec<Case> {
    [machine::cases(), crm::cases(), sharepoint::cases(), remoting::cases()].into_iter().flatten().collect()
}
