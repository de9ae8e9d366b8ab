//! The difference over a Windows access list.

use std::collections::BTreeMap;

use super::descriptor::{Ace, AceKind, Acl, Descriptor, PlainAce};
use super::principal::Principal;
use super::rights::{self, Level};
use super::sid::Sid;
use super::state::{
    AccessState, Change, Deviation, DeviationKind, Difference, Holding, Obstacle, ObstacleKind, Wish, WishError,
};
use super::well_known;

/// Rights that do no harm beside reading: those of reading itself, and executing, which a key file does not know.
const HARMLESS: u32 = rights::FILE_READ | 0x0012_00a0;

/// The groups that every identity belongs to that can log on.
fn groups_of_all() -> [Sid; 2] {
    [well_known::EVERYONE.sid(), well_known::AUTHENTICATED_USERS.sid()]
}

/// Those who always have full control.
fn masters() -> [Sid; 2] {
    [well_known::SYSTEM.sid(), well_known::ADMINISTRATORS.sid()]
}

/// The rights that the entries of one identity give.
#[derive(Clone, Copy, Default)]
struct Given {
    own: u32,
    inherited: u32,
}

impl Given {
    fn all(self) -> u32 {
        self.own | self.inherited
    }

    fn level(self) -> Level {
        Level::of(self.all())
    }
}

fn allowing(ace: &Ace) -> Option<&PlainAce> {
    ace.plain().filter(|ace| ace.kind == AceKind::Allow && ace.applies())
}

fn given(aces: &[Ace], sid: &Sid) -> Given {
    aces.iter().filter_map(allowing).filter(|ace| ace.sid == *sid).fold(Given::default(), |mut given, ace| {
        *(if ace.is_inherited() { &mut given.inherited } else { &mut given.own }) |= ace.mask;
        given
    })
}

fn has_excess(mask: u32) -> bool {
    rights::specific(mask) & rights::FILE_ALL & !HARMLESS != 0
}

/// Replaces the entries of its own that allow something to `sid` by one with `mask`, or by none.
fn set(aces: &mut Vec<Ace>, sid: &Sid, mask: Option<u32>) {
    let own = |ace: &Ace| allowing(ace).is_some_and(|ace| ace.sid == *sid && !ace.is_inherited());
    let place = aces.iter().position(own).unwrap_or(aces.len());
    aces.retain(|ace| !own(ace));
    if let Some(mask) = mask {
        aces.insert(place, Ace::Plain(PlainAce::allow(sid.clone(), mask)));
    }
    // Canonical order; the sort is stable, so that entries of one rank keep theirs.
    aces.sort_by_key(Ace::rank);
}

fn sids(principals: &[Principal]) -> Result<Vec<Sid>, WishError> {
    let sid = |principal: &Principal| match principal {
        Principal::Sid(sid) => Ok(sid.clone()),
        other => Err(WishError::OtherSystem(other.clone())),
    };
    principals.iter().map(sid).collect()
}

/// Returns the access of a new key: nothing inherited, and what is granted.
pub(super) fn of_new_key(readers: &[Principal]) -> Result<AccessState, WishError> {
    let nobody = Acl { protected: true, aces: Some(Vec::new()), ..Acl::default() };
    let empty = Descriptor { dacl: Some(nobody), ..Descriptor::default() };
    Ok(difference(&empty, Wish::Grant(readers))?.after)
}

pub(super) fn difference(descriptor: &Descriptor, wish: Wish<'_>) -> Result<Difference, WishError> {
    let (readers, gone) = match wish {
        Wish::Grant(readers) => (sids(readers)?, Vec::new()),
        Wish::Revoke(gone) => (Vec::new(), sids(gone)?),
    };
    if let Some(master) = gone.iter().find(|sid| masters().contains(sid)) {
        return Err(WishError::Always(Principal::Sid(master.clone())));
    }
    if readers.iter().any(|sid| groups_of_all().contains(sid)) {
        return Err(WishError::Everybody);
    }
    let Some(before) = descriptor.aces() else {
        let everyone = Principal::Sid(well_known::EVERYONE.sid());
        let obstacle = Obstacle { principal: everyone, kind: ObstacleKind::NoList, through: None };
        let after = AccessState::Windows(descriptor.clone());
        return Ok(Difference { changes: Vec::new(), obstacles: vec![obstacle], after });
    };
    let mut aces = before.to_vec();
    let mut changes: Vec<Change> = Vec::new();
    let mut obstacles = Vec::new();
    let mut change = |aces: &mut Vec<Ace>, sid: &Sid, mask: Option<u32>| {
        let from = given(aces, sid).level();
        set(aces, sid, mask);
        let to = given(aces, sid).level();
        changes.push(Change { principal: Principal::Sid(sid.clone()), from, to });
    };
    for sid in masters() {
        if given(&aces, &sid).level() != Level::Full {
            change(&mut aces, &sid, Some(rights::KEY_FULL));
        }
    }
    for sid in readers.iter().filter(|sid| !masters().contains(sid)) {
        let now = given(&aces, sid);
        if !now.level().reads() || has_excess(now.own) {
            change(&mut aces, sid, Some(rights::KEY_READ));
        }
        if has_excess(now.inherited) {
            let principal = Principal::Sid(sid.clone());
            obstacles.push(Obstacle { principal, kind: ObstacleKind::Inherited, through: None });
        }
    }
    for sid in &gone {
        let now = given(&aces, sid);
        if now.own != 0 {
            change(&mut aces, sid, None);
        }
        if Level::of(now.inherited) != Level::Nothing {
            let principal = Principal::Sid(sid.clone());
            obstacles.push(Obstacle { principal, kind: ObstacleKind::Inherited, through: None });
        }
    }
    for sid in masters().iter().chain(&readers) {
        obstacles.extend(denied(&aces, sid));
    }
    obstacles.extend(gone.iter().filter_map(|sid| still_reads(&aces, sid)));
    let mut after = descriptor.clone();
    after.dacl = after.dacl.map(|acl| Acl { aces: Some(aces), ..acl });
    Ok(Difference { changes, obstacles, after: AccessState::Windows(after) })
}

/// Finds the entry that denies reading to an identity, or to a group that holds everybody.
fn denied(aces: &[Ace], sid: &Sid) -> Option<Obstacle> {
    let groups = groups_of_all();
    let denial = aces.iter().filter_map(Ace::plain).find(|ace| {
        let concerns = ace.sid == *sid || groups.contains(&ace.sid);
        ace.kind == AceKind::Deny && ace.applies() && concerns && rights::denies_reading(ace.mask)
    })?;
    let through = (denial.sid != *sid).then(|| Principal::Sid(denial.sid.clone()));
    Some(Obstacle { principal: Principal::Sid(sid.clone()), kind: ObstacleKind::Denied, through })
}

fn still_reads(aces: &[Ace], sid: &Sid) -> Option<Obstacle> {
    let group =
        groups_of_all().into_iter().find(|group| group != sid && rights::gives_content(given(aces, group).all()))?;
    let through = Some(Principal::Sid(group));
    Some(Obstacle { principal: Principal::Sid(sid.clone()), kind: ObstacleKind::Through, through })
}

pub(super) fn deviations(descriptor: &Descriptor, readers: &[Principal]) -> Vec<Deviation> {
    let everyone = Principal::Sid(well_known::EVERYONE.sid());
    let Some(aces) = descriptor.aces() else {
        let (kind, found, wanted) = (DeviationKind::Foreign, Level::Full, Level::Nothing);
        return vec![Deviation { principal: Some(everyone), kind, found, wanted }];
    };
    let mut wanted: BTreeMap<Sid, Level> = BTreeMap::new();
    for principal in readers {
        if let Principal::Sid(sid) = principal {
            wanted.insert(sid.clone(), Level::Read);
        }
    }
    wanted.extend(masters().map(|sid| (sid, Level::Full)));
    let mut deviations = Vec::new();
    for (sid, &wanted) in &wanted {
        let now = given(aces, sid);
        let found = now.level();
        let mut add =
            |kind| deviations.push(Deviation { principal: Some(Principal::Sid(sid.clone())), kind, found, wanted });
        if found < wanted {
            add(DeviationKind::Missing);
        } else if wanted == Level::Read && has_excess(now.all()) {
            add(DeviationKind::Excess);
        }
        if denied(aces, sid).is_some() {
            add(DeviationKind::Blocked);
        }
    }
    let mut foreign: Vec<&Sid> = Vec::new();
    for ace in aces.iter().filter_map(allowing) {
        if !wanted.contains_key(&ace.sid) && !foreign.contains(&&ace.sid) {
            foreign.push(&ace.sid);
        }
    }
    for sid in foreign {
        let found = given(aces, sid).level();
        if found != Level::Nothing {
            let (principal, kind, wanted) = (Some(Principal::Sid(sid.clone())), DeviationKind::Foreign, Level::Nothing);
            deviations.push(Deviation { principal, kind, found, wanted });
        }
    }
    let unknown = aces.iter().filter(|ace| ace.plain().is_none());
    deviations.extend(unknown.map(|_| Deviation {
        principal: None,
        kind: DeviationKind::Unknown,
        found: Level::Partial,
        wanted: Level::Nothing,
    }));
    deviations
}

pub(super) fn holdings(descriptor: &Descriptor) -> Vec<Holding> {
    let Some(aces) = descriptor.aces() else {
        return vec![Holding {
            principal: Principal::Sid(well_known::EVERYONE.sid()),
            denies: false,
            level: Level::Full,
            rights: "no access list".to_owned(),
            inherited: false,
            owner: false,
        }];
    };
    let entries = aces.iter().filter_map(Ace::plain).filter(|ace| ace.applies() && ace.kind != AceKind::Audit);
    let holding = |ace: &PlainAce| Holding {
        principal: Principal::Sid(ace.sid.clone()),
        denies: ace.kind == AceKind::Deny,
        level: Level::of(ace.mask),
        rights: rights::print(ace.mask),
        inherited: ace.is_inherited(),
        owner: false,
    };
    entries.map(holding).collect()
}
