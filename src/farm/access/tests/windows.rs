//! The difference over Windows access lists.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use proptest::prelude::*;
use proptest::test_runner::Config;

use super::super::*;
use super::forms;

fn state(sddl: &str) -> AccessState {
    AccessState::Windows(sddl.parse().unwrap())
}

fn principals(names: &[&str]) -> Vec<Principal> {
    names.iter().map(|name| Principal::Sid(well_known::by_name(name).unwrap())).collect()
}

#[test]
fn a_new_key_is_readable_by_those_who_are_named_and_inherits_nothing() {
    let new = |names: &[&str]| AccessState::of_new_windows_key(&principals(names)).map(|state| state.text());
    let masters = "D:P(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)";
    assert_eq!(new(&[]).unwrap(), masters);
    assert_eq!(new(&["NETWORK SERVICE", "SYSTEM"]).unwrap(), format!("{masters}(A;;0x80120089;;;NS)"));
    assert_eq!(new(&["Everyone"]), Err(WishError::Everybody));
}

#[test]
fn a_grant_writes_what_is_missing_in_canonical_order_and_touches_nobody_else() {
    let ns = &principals(&["NETWORK SERVICE"]);
    for (before, after) in [
        ("D:P", "D:P(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)(A;;0x80120089;;;NS)"),
        (forms::WORKING, forms::WORKING),
        // Read in another notation is read.
        ("D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;GR;;;NS)", "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;GR;;;NS)"),
        // Too much is cut, in its place.
        ("D:(A;;GA;;;SY)(A;;GA;;;NS)(A;;FA;;;BA)", "D:(A;;GA;;;SY)(A;;0x80120089;;;NS)(A;;FA;;;BA)"),
        // Rights in pieces become one entry only when something is missing.
        (
            "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;0x120088;;;NS)(A;;0x1;;;NS)",
            "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;0x120088;;;NS)(A;;0x1;;;NS)",
        ),
        // Inherited entries stay behind, denials go before.
        (
            "D:(A;;GA;;;SY)(A;ID;FA;;;BA)(D;;FW;;;BU)(A;ID;FR;;;BU)",
            "D:(D;;FW;;;BU)(A;;GA;;;SY)(A;;0x80120089;;;NS)(A;ID;FA;;;BA)(A;ID;FR;;;BU)",
        ),
        // What is inherited suffices.
        ("D:(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FR;;;NS)", "D:(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FR;;;NS)"),
        // An entry only for what lies below gives nothing here, and stays.
        (
            "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;OIIO;GR;;;NS)",
            "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;OIIO;GR;;;NS)(A;;0x80120089;;;NS)",
        ),
        // The registry's read is not enough for a file.
        ("D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;KR;;;NS)", "D:(A;;GA;;;SY)(A;;FA;;;BA)(A;;0x80120089;;;NS)"),
        // An entry that is not understood stays.
        (
            "D:(XA;;FR;;;WD;(a==1))(A;;GA;;;SY)(A;;FA;;;BA)",
            "D:(XA;;FR;;;WD;(a==1))(A;;GA;;;SY)(A;;FA;;;BA)(A;;0x80120089;;;NS)",
        ),
    ] {
        let difference = state(before).difference(Wish::Grant(ns)).unwrap();
        assert_eq!(difference.after.text(), after, "{before}");
        assert_eq!(difference.changes.is_empty(), before == after, "{before}");
        assert_eq!(difference.obstacles, [], "{before}");
    }
}

#[test]
fn a_revocation_removes_what_stands_here_and_says_what_remains() {
    let ns = &principals(&["NETWORK SERVICE"]);
    let obstacle = |sddl: &str| {
        let difference = state(sddl).difference(Wish::Revoke(ns)).unwrap();
        (difference.after.text(), difference.obstacles.iter().map(|one| one.kind).collect::<Vec<_>>())
    };
    let masters = "(A;;FA;;;SY)(A;;FA;;;BA)";
    assert_eq!(obstacle(&format!("D:{masters}(A;;GR;;;NS)(A;;0x1;;;NS)")), (format!("D:{masters}"), vec![]));
    assert_eq!(
        obstacle(&format!("D:{masters}(A;ID;FR;;;NS)")),
        (format!("D:{masters}(A;ID;FR;;;NS)"), vec![ObstacleKind::Inherited])
    );
    assert_eq!(obstacle(&format!("D:{masters}(A;;FR;;;WD)")).1, [ObstacleKind::Through]);
    for master in ["SYSTEM", "Administrators"] {
        let error = state("D:P").difference(Wish::Revoke(&principals(&[master]))).unwrap_err();
        assert!(matches!(error, WishError::Always(_)));
    }
    let wrong = state("D:P").difference(Wish::Grant(&[Principal::User(7)])).unwrap_err();
    assert_eq!(wrong, WishError::OtherSystem(Principal::User(7)));
    assert_eq!(state("D:P").difference(Wish::Grant(&principals(&["Everyone"]))).unwrap_err(), WishError::Everybody);
}

#[test]
fn a_denial_that_blocks_is_told_and_not_removed() {
    let ns = &principals(&["NETWORK SERVICE"]);
    let masters = "(A;;FA;;;SY)(A;;FA;;;BA)";
    for (denial, blocks) in [
        ("(D;;FR;;;NS)", true),
        ("(D;;GA;;;NS)", true),
        ("(D;;0x1;;;NS)", true),
        ("(D;;0x10000;;;NS)", false),
        ("(D;;FR;;;BG)", false),
        ("(D;OIIO;FR;;;NS)", false),
    ] {
        let difference = state(&format!("D:{denial}{masters}")).difference(Wish::Grant(ns)).unwrap();
        assert_eq!(difference.obstacles.iter().any(|one| one.kind == ObstacleKind::Denied), blocks, "{denial}");
        assert!(difference.after.text().contains(denial));
    }
    let all = state(&format!("D:(D;;FR;;;WD){masters}")).difference(Wish::Grant(ns)).unwrap();
    assert_eq!(all.obstacles.len(), 3, "everybody is denied, the masters too: {:?}", all.obstacles);
}

#[test]
fn without_a_list_nothing_is_written_and_that_is_told() {
    for sddl in ["D:NO_ACCESS_CONTROL", "O:BA"] {
        let difference = state(sddl).difference(Wish::Grant(&principals(&["NETWORK SERVICE"]))).unwrap();
        assert_eq!(difference.changes, []);
        assert_eq!(difference.obstacles[0].kind, ObstacleKind::NoList);
        assert_eq!(state(sddl).deviations(&[])[0].kind, DeviationKind::Foreign);
    }
}

#[test]
fn deviations_name_every_place_that_differs() {
    let ns = &principals(&["NETWORK SERVICE"]);
    let kinds = |sddl: &str| state(sddl).deviations(ns).iter().map(|one| one.kind).collect::<Vec<_>>();
    use DeviationKind::{Blocked, Excess, Foreign, Missing, Unknown};
    assert_eq!(kinds(forms::WORKING), []);
    assert_eq!(kinds("D:(A;;FA;;;SY)(A;;FA;;;BA)"), [Missing]);
    assert_eq!(kinds("D:(A;;FA;;;SY)(A;;FR;;;BA)(A;;FR;;;NS)"), [Missing]);
    assert_eq!(kinds("D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;NS)"), [Excess]);
    assert_eq!(kinds("D:(D;;FR;;;NS)(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)"), [Blocked]);
    assert_eq!(kinds("D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)(A;;FR;;;BU)(A;;0x1;;;IS)"), [Foreign, Foreign]);
    assert_eq!(kinds("D:(XA;;FR;;;WD;(a==1))(A;;FA;;;SY)(A;;FA;;;BA)(A;;FR;;;NS)"), [Unknown]);
}

proptest! {
    #![proptest_config(Config { cases: 10_000, ..Config::default() })]

    /// From any access list one step leads to the wish, a second step changes nothing, and nobody who was not named gains
    /// or loses anything.
    #[test]
    fn any_access_converges_in_one_step(descriptor in forms::descriptor(), named in prop::collection::vec(forms::sid(), 0..4), grant: bool) {
        let named: Vec<Principal> = named.into_iter().map(Principal::Sid).collect();
        let before = AccessState::Windows(descriptor);
        let wish = if grant { Wish::Grant(&named) } else { Wish::Revoke(&named) };
        let Ok(first) = before.difference(wish) else { return Ok(()) };
        let second = first.after.difference(wish).unwrap();
        prop_assert_eq!(&second.changes, &[]);
        prop_assert_eq!(&second.after, &first.after);
        prop_assert_eq!(&second.obstacles, &first.obstacles);
        prop_assert_eq!(first.changes.is_empty(), first.after == before);

        let excused = |one: &Deviation| {
            let obstacle = |other: &Obstacle| Some(&other.principal) == one.principal.as_ref() || other.kind == ObstacleKind::NoList;
            first.obstacles.iter().any(obstacle)
        };
        let masters = principals(&["SYSTEM", "Administrators"]);
        let mine = |one: &Principal| named.contains(one) || masters.contains(one);
        for one in first.after.deviations(if grant { &named } else { &[] }) {
            let is_mine = one.principal.as_ref().is_some_and(mine);
            prop_assert!(!is_mine || excused(&one), "{:?} in {}", one, first.after.text());
        }
        let others = |state: &AccessState| {
            let mut held: Vec<String> = state.holdings().iter().filter(|one| one.denies || one.inherited || !mine(&one.principal))
                .map(|one| format!("{one:?}")).collect();
            held.sort();
            held
        };
        prop_assert_eq!(others(&first.after), others(&before));
    }
}
