//! The cases of every script. Each result is written by hand.

mod crm;
mod machine;
mod remoting;
mod sharepoint;
mod signals;

use super::conform::Case;

/// Returns all cases.
pub(crate) fn all() -> Vec<Case> {
    let rooms = [machine::cases(), crm::cases(), sharepoint::cases(), remoting::cases(), signals::cases()];
    rooms.into_iter().flatten().collect()
}
