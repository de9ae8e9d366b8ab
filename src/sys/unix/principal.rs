//! Users and groups of Unix, and acting as one of them.

use std::io;
use std::thread;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use rustix::process::{geteuid, getuid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::farm::access::Principal;
use crate::ports::{PrincipalError, Principals};

/// The users and groups of this machine.
pub(crate) struct SystemPrincipals;

impl Principals for SystemPrincipals {
    fn find(&self, name: &str) -> Result<Principal, PrincipalError> {
        let unknown = || PrincipalError::Unknown { name: name.to_owned() };
        let lookup = |source: nix::Error| PrincipalError::Lookup { name: name.to_owned(), source: source.into() };
        if name.contains('\0') {
            return Err(unknown());
        }
        if name == "other" {
            return Ok(Principal::Other);
        }
        let (is_group, account) = match name.split_once(':') {
            Some(("user", account)) => (false, account),
            Some(("group", account)) => (true, account),
            _ => (false, name),
        };
        // A number needs no account behind it: that of a container's user has none here. The last one means nobody.
        if name != account
            && let Ok(number) = account.parse::<u32>()
            && number != u32::MAX
        {
            return Ok(if is_group { Principal::Group(number) } else { Principal::User(number) });
        }
        if is_group {
            let group = Group::from_name(account).map_err(lookup)?.ok_or_else(unknown)?;
            return Ok(Principal::Group(group.gid.as_raw()));
        }
        let user = User::from_name(account).map_err(lookup)?.ok_or_else(unknown)?;
        Ok(Principal::User(user.uid.as_raw()))
    }

    fn name(&self, principal: &Principal) -> Option<String> {
        match *principal {
            Principal::User(number) => Some(User::from_uid(Uid::from_raw(number)).ok()??.name),
            Principal::Group(number) => Some(format!("group:{}", Group::from_gid(Gid::from_raw(number)).ok()??.name)),
            Principal::Other => Some("all others".to_owned()),
            Principal::Sid(_) => None,
        }
    }

    fn act_as(&self, principal: &Principal, act: &mut (dyn FnMut() + Send)) -> Result<(), PrincipalError> {
        let not_possible = |why: &str| PrincipalError::NotPossible(why.to_owned());
        let &Principal::User(number) = principal else { return Err(not_possible("only a user can be acted as")) };
        if geteuid().as_raw() == number && getuid().as_raw() == number {
            act();
            return Ok(());
        }
        if !geteuid().is_root() {
            return Err(not_possible("only root can act as another user"));
        }
        let lookup = |source: nix::Error| PrincipalError::Lookup { name: principal.to_string(), source: source.into() };
        let user = User::from_uid(Uid::from_raw(number)).map_err(lookup)?;
        let user = user.ok_or_else(|| not_possible("the number has no account, so its groups are not known"))?;
        let name = std::ffi::CString::new(user.name).map_err(|_| not_possible("a name with a NUL character"))?;
        let groups = getgrouplist(&name, user.gid).map_err(lookup)?;
        // Linux keeps the identity per thread. This one takes it for good and ends; the program keeps its own.
        thread::scope(|scope| {
            let thread = scope.spawn(|| become_user(user.uid.as_raw(), user.gid.as_raw(), &groups).map(|()| act()));
            match thread.join() {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(PrincipalError::NotPossible(error.to_string())),
                Err(_) => Err(not_possible("the attempt broke off")),
            }
        })
    }
}

/// Gives this thread another identity, with no way back.
fn become_user(user: u32, group: u32, groups: &[Gid]) -> io::Result<()> {
    let (uid, gid) = (rustix::fs::Uid::from_raw(user), rustix::fs::Gid::from_raw(group));
    let groups: Vec<rustix::fs::Gid> = groups.iter().map(|one| rustix::fs::Gid::from_raw(one.as_raw())).collect();
    set_thread_groups(&groups)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_thread_res_uid(uid, uid, uid)?;
    Ok(())
}
