//! The difference over POSIX access lists.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::super::*;

const OWNER: u32 = 100;
const GROUP: u32 = 200;

fn state(text: &str) -> AccessState {
    AccessState::Posix(PosixAccess::from_text(OWNER, GROUP, text).unwrap())
}

#[test]
fn a_grant_adds_an_entry_and_lets_nobody_else_gain_by_the_mask() {
    for (before, principal, after) in [
        ("user::rw-,group::---,other::---", Principal::User(7), "user::rw-,user:7:r--,group::---,mask::r--,other::---"),
        ("user::rw-,group::---,other::---", Principal::Group(GROUP), "user::rw-,group::r--,other::---"),
        ("user::-w-,group::---,other::---", Principal::User(OWNER), "user::rw-,group::---,other::---"),
        ("user::rw-,group::---,other::---", Principal::User(0), "user::rw-,group::---,other::---"),
        // The mask held the group and user 8 down; they stay where they were.
        (
            "user::rw-,user:8:rw-,group::rwx,mask::---,other::---",
            Principal::User(7),
            "user::rw-,user:7:r--,user:8:---,group::---,mask::r--,other::---",
        ),
        // Held down to reading by the mask is reading.
        (
            "user::rw-,user:7:rw-,group::---,mask::r--,other::---",
            Principal::User(7),
            "user::rw-,user:7:rw-,group::---,mask::r--,other::---",
        ),
        (
            "user::rw-,user:7:rw-,group::---,mask::rw-,other::---",
            Principal::User(7),
            "user::rw-,user:7:r--,group::---,mask::r--,other::---",
        ),
    ] {
        let difference = state(before).difference(Wish::Grant(&[principal])).unwrap();
        assert_eq!(difference.after.text(), after);
        assert_eq!(difference.changes.is_empty(), before == after);
    }
}

#[test]
fn a_revocation_takes_the_entry_and_says_what_remains() {
    let revoke = |before: &str, principal| state(before).difference(Wish::Revoke(&[principal])).unwrap();
    let gone = revoke("user::rw-,user:7:r--,group::r--,mask::r--,other::---", Principal::User(7));
    assert_eq!((gone.after.text().as_str(), gone.obstacles.len()), ("user::rw-,group::r--,other::---", 0));
    let open = revoke("user::rw-,group::r--,other::r--", Principal::User(7));
    assert_eq!((open.changes.len(), open.obstacles[0].kind), (0, ObstacleKind::Through));
    let shut = "user::rw-,user:7:---,group::r--,mask::r--,other::r--";
    let kept = revoke(shut, Principal::User(7));
    assert_eq!((kept.after.text().as_str(), kept.obstacles.len()), (shut, 0));
    assert_eq!(
        revoke("user::rw-,group::r--,other::r--", Principal::Other).after.text(),
        "user::rw-,group::r--,other::---"
    );
    for always in [Principal::User(0), Principal::User(OWNER)] {
        let error = state("user::rw-,group::---,other::---").difference(Wish::Revoke(&[always])).unwrap_err();
        assert!(matches!(error, WishError::Always(_)));
    }
}

#[test]
fn deviations_leave_the_owner_alone_and_name_all_others() {
    let kinds = |text: &str| {
        let found = state(text).deviations(&[Principal::User(7)]);
        found.iter().map(|one| (one.kind, one.principal.clone().unwrap().to_string())).collect::<Vec<_>>()
    };
    use DeviationKind::{Excess, Foreign, Missing};
    assert_eq!(kinds("user::rw-,user:7:r--,group::---,mask::r--,other::---"), []);
    assert_eq!(kinds("user::rw-,group::---,other::---"), [(Missing, "user:7".to_owned())]);
    assert_eq!(kinds("user::rw-,user:7:rw-,group::---,mask::rw-,other::---"), [(Excess, "user:7".to_owned())]);
    assert_eq!(
        kinds("user::rw-,user:7:r--,group::r--,group:9:r--,mask::r--,other::--x"),
        [(Foreign, "group:200".to_owned()), (Foreign, "group:9".to_owned()), (Foreign, "other".to_owned())]
    );
}

fn access() -> impl Strategy<Value = PosixAccess> {
    let perm = || (0..8_u32).prop_map(Perm::of);
    let named = || prop::collection::btree_map(prop_oneof![0..4_u32, Just(OWNER), Just(GROUP)], perm(), 0..4);
    (perm(), perm(), perm(), named(), named(), prop::option::of(perm())).prop_map(
        |(owner_perm, group_perm, other_perm, users, groups, mask)| PosixAccess {
            owner: OWNER,
            group: GROUP,
            owner_perm,
            group_perm,
            other_perm,
            mask: mask.or_else(|| (users.len() + groups.len() > 0).then_some(Perm::of(7))),
            users: users.into_iter().collect(),
            groups: groups.into_iter().collect(),
        },
    )
}

proptest! {
    #![proptest_config(Config { cases: 10_000, ..Config::default() })]

    #[test]
    fn any_access_converges_in_one_step(access in access(), named in prop::collection::vec((0..6_u32, any::<bool>()), 0..4), grant: bool) {
        let named: Vec<Principal> =
            named.into_iter().map(|(number, user)| match (number, user) {
                (5, true) => Principal::User(OWNER),
                (5, false) => Principal::Group(GROUP),
                (number, true) => Principal::User(number),
                (number, false) => Principal::Group(number),
            }).collect();
        let before = AccessState::Posix(access.clone());
        prop_assert_eq!(&PosixAccess::from_octets(OWNER, GROUP, &access.to_octets()).unwrap(), &access);
        let wish = if grant { Wish::Grant(&named) } else { Wish::Revoke(&named) };
        let Ok(first) = before.difference(wish) else { return Ok(()) };
        let second = first.after.difference(wish).unwrap();
        prop_assert_eq!(&second.changes, &[]);
        prop_assert_eq!(&second.after, &first.after);
        if grant {
            let mine = first.after.deviations(&named);
            prop_assert!(mine.iter().all(|one| one.kind == DeviationKind::Foreign), "{:?}", mine);
        }
        let others = |state: &AccessState| -> Vec<String> {
            state.holdings().iter().filter(|one| !named.contains(&one.principal)).map(|one| format!("{one:?}")).collect()
        };
        prop_assert_eq!(others(&first.after), others(&before));
    }
}
