//! Identities of Windows by name and by SID.

use crate::farm::access::{Principal, Sid, well_known};
use crate::ports::{PrincipalError, Principals};

use super::ffi::{account, security};

/// The identities of this machine and its domain.
pub(crate) struct SystemPrincipals;

impl Principals for SystemPrincipals {
    fn find(&self, name: &str) -> Result<Principal, PrincipalError> {
        if let Some(sid) = name.parse().ok().or_else(|| well_known::by_name(name)) {
            return Ok(Principal::Sid(sid));
        }
        let lookup = |source| PrincipalError::Lookup { name: name.to_owned(), source };
        let octets = account::sid_of(name).map_err(lookup)?;
        let octets = octets.ok_or_else(|| PrincipalError::Unknown { name: name.to_owned() })?;
        let (sid, _) = Sid::from_octets(&octets).map_err(|e| lookup(std::io::Error::other(e)))?;
        Ok(Principal::Sid(sid))
    }

    fn name(&self, principal: &Principal) -> Option<String> {
        let Principal::Sid(sid) = principal else { return None };
        let told = account::name_of(&sid.to_octets()).ok().flatten();
        told.or_else(|| well_known::of(sid).map(|known| known.name.to_owned()))
    }

    fn act_as(&self, principal: &Principal, act: &mut (dyn FnMut() + Send)) -> Result<(), PrincipalError> {
        let not_possible = |why: &str| PrincipalError::NotPossible(why.to_owned());
        let Principal::Sid(sid) = principal else { return Err(not_possible("it is no identity of Windows")) };
        let current = security::current_user().map_err(|e| PrincipalError::NotPossible(e.to_string()))?;
        if current != sid.to_string() {
            return Err(not_possible(
                "no token of another identity can be had on Windows without its password; run this command as that identity",
            ));
        }
        act();
        Ok(())
    }
}
