//! The difference over owner, mode and POSIX access list.
//!
//! The mask limits every entry but the owner's and that of all others. When it must grow for a new reader, the entries that
//! it held down are first cut to what they really gave: nobody gains by another's grant.

use super::posix::{Perm, PosixAccess};
use super::principal::Principal;
use super::rights::Level;
use super::state::{
    AccessState, Change, Deviation, DeviationKind, Difference, Holding, Obstacle, ObstacleKind, Wish, WishError,
};

/// The number of root, whom no mode keeps out.
const ROOT: u32 = 0;

fn level(perm: Perm) -> Level {
    match (perm.reads(), perm.writes()) {
        (true, false) => Level::Read,
        (true, true) => Level::More,
        (false, _) if perm == Perm::NONE => Level::Nothing,
        (false, _) => Level::Partial,
    }
}

/// Returns what the entry of an identity gives, after the mask. Nothing where there is no entry.
fn entry(access: &PosixAccess, principal: &Principal) -> Option<Perm> {
    let of = |list: &[(u32, Perm)], number: u32| list.iter().find(|(one, _)| *one == number).map(|(_, perm)| *perm);
    match *principal {
        Principal::User(number) if number == access.owner => Some(access.owner_perm),
        Principal::User(number) => of(&access.users, number).map(|perm| access.masked(perm)),
        Principal::Group(number) if number == access.group => Some(access.masked(access.group_perm)),
        Principal::Group(number) => of(&access.groups, number).map(|perm| access.masked(perm)),
        Principal::Other => Some(access.other_perm),
        Principal::Sid(_) => None,
    }
}

fn found(access: &PosixAccess, principal: &Principal) -> Level {
    entry(access, principal).map_or(Level::Nothing, level)
}

/// Cuts every entry to what it gives, and makes the mask no wider than they are.
fn settle(access: &mut PosixAccess) {
    if let Some(mask) = access.mask {
        access.group_perm = access.group_perm.and(mask);
        access.users.iter_mut().chain(&mut access.groups).for_each(|(_, perm)| *perm = perm.and(mask));
    }
    let named = || access.users.iter().chain(&access.groups);
    let widest = named().fold(access.group_perm, |widest, (_, perm)| widest.or(*perm));
    access.mask = named().next().is_some().then_some(widest);
}

/// Gives an identity an entry, or takes it away.
fn set(access: &mut PosixAccess, principal: &Principal, perm: Option<Perm>) {
    fn put(list: &mut Vec<(u32, Perm)>, number: u32, perm: Option<Perm>) {
        list.retain(|(one, _)| *one != number);
        list.extend(perm.map(|perm| (number, perm)));
        list.sort_unstable_by_key(|(one, _)| *one);
    }
    settle(access);
    access.mask = None;
    match *principal {
        Principal::User(number) if number == access.owner => {
            access.owner_perm = access.owner_perm.or(perm.unwrap_or(Perm::NONE));
        }
        Principal::User(number) => put(&mut access.users, number, perm),
        Principal::Group(number) if number == access.group => access.group_perm = perm.unwrap_or(Perm::NONE),
        Principal::Group(number) => put(&mut access.groups, number, perm),
        Principal::Other => access.other_perm = perm.unwrap_or(Perm::NONE),
        Principal::Sid(_) => {}
    }
    settle(access);
}

fn is_satisfied(access: &PosixAccess, principal: &Principal) -> bool {
    match *principal {
        Principal::User(ROOT) => true,
        // An owner can give itself anything, so that more than reading says nothing.
        Principal::User(number) if number == access.owner => access.owner_perm.reads(),
        _ => found(access, principal) == Level::Read,
    }
}

pub(super) fn difference(access: &PosixAccess, wish: Wish<'_>) -> Result<Difference, WishError> {
    let mut after = access.clone();
    let mut changes = Vec::new();
    let mut obstacles = Vec::new();
    let (named, perm) = match wish {
        Wish::Grant(readers) => (readers, Some(Perm::READ)),
        Wish::Revoke(gone) => (gone, None),
    };
    for principal in named {
        match (principal, perm) {
            (Principal::Sid(_), _) => return Err(WishError::OtherSystem(principal.clone())),
            (Principal::Other, Some(_)) => return Err(WishError::Everybody),
            (Principal::User(number), None) if *number == ROOT || *number == access.owner => {
                return Err(WishError::Always(principal.clone()));
            }
            _ => {}
        }
        let from = found(&after, principal);
        // An entry that gives nothing shuts its identity out; taking it away would let it in through another.
        let holds = if perm.is_some() { is_satisfied(&after, principal) } else { from == Level::Nothing };
        if !holds {
            set(&mut after, principal, perm);
            changes.push(Change { principal: principal.clone(), from, to: found(&after, principal) });
        }
    }
    if perm.is_none() {
        let through = named.iter().filter(|one| entry(&after, one).is_none() && after.other_perm.reads());
        obstacles.extend(through.map(|one| Obstacle {
            principal: one.clone(),
            kind: ObstacleKind::Through,
            through: Some(Principal::Other),
        }));
    }
    Ok(Difference { changes, obstacles, after: AccessState::Posix(after) })
}

pub(super) fn deviations(access: &PosixAccess, readers: &[Principal]) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    for principal in readers.iter().filter(|one| !is_satisfied(access, one)) {
        let found = found(access, principal);
        let kind = if found < Level::Read { DeviationKind::Missing } else { DeviationKind::Excess };
        deviations.push(Deviation { principal: Some(principal.clone()), kind, found, wanted: Level::Read });
    }
    for holding in holdings(access) {
        if !holding.owner && holding.level != Level::Nothing && !readers.contains(&holding.principal) {
            deviations.push(Deviation {
                principal: Some(holding.principal),
                kind: DeviationKind::Foreign,
                found: holding.level,
                wanted: Level::Nothing,
            });
        }
    }
    deviations
}

pub(super) fn holdings(access: &PosixAccess) -> Vec<Holding> {
    let holding = |principal, perm: Perm, owner| Holding {
        principal,
        denies: false,
        level: level(perm),
        rights: perm.to_string(),
        inherited: false,
        owner,
    };
    let mut holdings = vec![holding(Principal::User(access.owner), access.owner_perm, true)];
    // An entry for the owner by number is never looked at by the kernel.
    let users = access.users.iter().filter(|(number, _)| *number != access.owner);
    holdings.extend(users.map(|(number, perm)| holding(Principal::User(*number), access.masked(*perm), false)));
    holdings.push(holding(Principal::Group(access.group), access.masked(access.group_perm), false));
    let groups = access.groups.iter();
    holdings.extend(groups.map(|(number, perm)| holding(Principal::Group(*number), access.masked(*perm), false)));
    holdings.push(holding(Principal::Other, access.other_perm, false));
    holdings
}
