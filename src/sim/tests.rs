//! Many rolls without a violation; and each part of the engine taken out in turn, which the checker must find.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::Arc;

use rayon::prelude::*;

use super::build::build;
use super::fault::Fault;
use super::roll::{Rolled, Shape, roll};
use crate::rotation::admission::{Refused, still_rests};
use crate::rotation::basis::{Basis, FarmSeen, Strategy};
use crate::rotation::belief::Belief;
use crate::rotation::engine::End;
use crate::rotation::mutant::{Part, take_out};
use crate::rotation::observe::observe;
use crate::rotation::plan::Phase;
use crate::rotation::planner;
use crate::rotation::record::EndKind;

/// How many rolls the ordinary tests run.
const ROLLS: u64 = 20_000;

fn kind(rolled: &Rolled) -> Option<EndKind> {
    rolled.end.as_ref().map(End::kind)
}

#[test]
fn twenty_thousand_rolls_in_which_things_go_wrong_break_no_invariant() {
    let shape = Shape::chaos(1, 5);
    let broken: Vec<String> = (0..ROLLS)
        .into_par_iter()
        .filter_map(|seed| match roll(seed, &shape) {
            Ok(rolled) if rolled.violations.is_empty() => None,
            Ok(rolled) => Some(format!("seed {seed}: {:?}", rolled.violations)),
            Err(why) => Some(format!("seed {seed}: {why}")),
        })
        .collect();
    assert!(broken.is_empty(), "{} of {ROLLS} rolls\n{}", broken.len(), broken[..broken.len().min(5)].join("\n"));
}

#[test]
fn a_seed_gives_the_same_story_each_time() {
    for seed in 0..50 {
        let shape = Shape::chaos(1, 5);
        let [one, other] = [0, 1].map(|_| roll(seed, &shape).unwrap().story.events);
        assert_eq!(one, other, "seed {seed}");
    }
}

/// Every shape of a roll.
const SHAPES: [Strategy; 6] =
    [Strategy::Initial, Strategy::Direct, Strategy::Overlap, Strategy::Recover, Strategy::Repair, Strategy::Retire];

/// What larger farms have shown: an act that was repeated unseen, a holder whose lease had run out, somebody who took access away
/// while old certificates went. What a seed draws changes with the simulation, so each is only a beginning.
#[test]
fn larger_farms_break_no_invariant() {
    let first = [20_005_017, 30_002_578, 30_049_818, 500_001_839];
    let broken: Vec<String> = first
        .into_par_iter()
        .flat_map_iter(|first| first..first + 25)
        .filter_map(|seed| match roll(seed, &Shape::chaos(6, 50)) {
            Ok(rolled) if rolled.violations.is_empty() => None,
            Ok(rolled) => Some(format!("seed {seed}: {:?}", rolled.violations)),
            Err(why) => Some(format!("seed {seed}: {why}")),
        })
        .collect();
    assert_eq!(broken, [""; 0]);
}

/// Somebody had recorded on one machine that a server is ready, and a second operator went on with the roll before the first did: the record
/// was given up with the journal that it stood in, and the way back told nobody to take the certificate away again.
#[test]
fn what_somebody_has_recorded_outlives_a_second_operator() {
    assert_eq!(roll(2_000_021_009, &Shape::chaos(1, 50)).unwrap().violations, []);
}

/// One fault of each kind at each request of a roll of two and of three servers, for every shape.
#[test]
fn one_fault_of_each_kind_at_each_request_breaks_no_invariant() {
    for (strategy, (least, seed)) in SHAPES.into_iter().flat_map(|shape| [(2, 3), (3, 4)].map(|farm| (shape, farm))) {
        let calm = Shape { strategy: Some(strategy), retire: false, ..Shape::calm(least, least) };
        let requests = roll(seed, &calm).unwrap().requests;
        let broken: Vec<String> = (1..=requests)
            .into_par_iter()
            .flat_map_iter(|request| Fault::ALL.map(|fault| (request, fault)))
            .filter_map(|(request, fault)| {
                let shape = Shape { fault_at: Some((request, fault)), ..calm.clone() };
                let rolled = roll(seed, &shape).ok()?;
                // A roll without an end, that was not refused either, is among the violations.
                (!rolled.violations.is_empty())
                    .then(|| format!("{fault:?} at request {request}: {:?}", rolled.violations))
            })
            .collect();
        assert!(broken.is_empty(), "{strategy:?} of {least} servers, seed {seed}: {}", broken.join("\n"));
    }
}

#[test]
fn whatever_two_beliefs_are_wrong_the_invariants_hold() {
    for strategy in SHAPES {
        for one in Belief::ALL {
            for other in Belief::ALL {
                for seed in 0..3 {
                    let disbelieved = vec![one, other];
                    let shape = Shape { disbelieved, strategy: Some(strategy), ..Shape::calm(1, 3) };
                    let rolled = roll(seed, &shape).unwrap();
                    assert_eq!(rolled.violations, [], "{strategy:?}, {one:?}, {other:?}, seed {seed}");
                }
            }
        }
    }
}

/// A roll of a shape in which nothing goes wrong is done, and the shape is the one that was asked for.
#[test]
fn every_shape_comes_to_its_end() {
    for strategy in SHAPES {
        for seed in 0..60 {
            let shape = Shape { strategy: Some(strategy), retire: false, ..Shape::calm(1, 6) };
            let rolled = roll(seed, &shape).unwrap();
            assert_eq!(rolled.plan.strategy, strategy, "seed {seed}");
            assert_eq!(rolled.violations, [], "{strategy:?}, seed {seed}");
            let ended = kind(&rolled);
            // Whoever is to do something by hand may give the roll up instead.
            let by_hand = rolled.plan.basis.seen.signing_by_hand().next().is_some();
            let retires = rolled.plan.steps.iter().any(|step| step.phase == Phase::Retire);
            let waits = by_hand || (strategy == Strategy::Retire && retires);
            let wanted: &[Option<EndKind>] = match strategy {
                // Where nothing has drifted there is nothing to repair; a bound certificate stays, and somebody who is told so may
                // give the roll up.
                Strategy::Repair => &[Some(EndKind::Done), Some(EndKind::NothingToDo)],
                _ if waits => &[Some(EndKind::Done), Some(EndKind::Manual), Some(EndKind::RolledBack)],
                _ => &[Some(EndKind::Done)],
            };
            assert!(wanted.contains(&ended), "{strategy:?}, seed {seed}: {:?}", rolled.end);
        }
    }
}

/// The farm that is planned for is the farm that is seen through the transport: what a plan rests on can be looked at again.
#[test]
fn what_is_seen_through_the_transport_is_what_a_plan_rests_on() {
    for seed in 0..20 {
        let sim = build(seed, &Shape::sample(3, Strategy::Direct)).unwrap();
        let planned = sim.admitted.plan();
        let seen = observe(&sim.farm, &sim).unwrap();
        for node in &planned.basis.seen.nodes {
            let now = seen.node(node.name.as_str()).unwrap();
            assert_eq!(now.accounts.len(), node.accounts.len());
            assert!(now.accounts.iter().all(|account| node.accounts.contains(account)));
            assert_eq!(
                (now.script_sha256, &now.services, now.holds(&planned.basis.asked.certificate.thumbprint)),
                (node.script_sha256, &node.services, node.holds(&planned.basis.asked.certificate.thumbprint))
            );
        }
        // A simulated certificate is only a name, so that its end cannot be read from it.
        let rows =
            |seen: &FarmSeen| -> Vec<_> { seen.rows.iter().map(|row| (row.id.clone(), row.thumbprint)).collect() };
        assert_eq!(rows(&seen), rows(&planned.basis.seen));
        assert_eq!(seen.sharepoint, planned.basis.seen.sharepoint);
        let basis = Basis { asked: planned.basis.asked.clone(), seen: seen.clone() };
        let plan = planner::plan(&basis).unwrap();
        assert_eq!(still_rests(&plan, plan.basis.asked.now, &seen), Ok(()));
        sim.state().hand_over_row();
        let moved = observe(&sim.farm, &sim).unwrap();
        assert!(matches!(still_rests(&plan, plan.basis.asked.now, &moved), Err(Refused::Moved(_))));
    }
}

/// What a plan rests on is enough to rehearse it.
#[test]
fn a_farm_as_it_was_seen_rolls_as_the_farm_itself() {
    for seed in 0..40 {
        let calm = Shape { retire: false, strategy: Some(Strategy::Direct), ..Shape::calm(1, 6) };
        let plan = roll(seed, &calm).unwrap().plan;
        if plan.basis.seen.signing_by_hand().next().is_some() {
            continue;
        }
        let observed = Shape::observed(Arc::new(plan.basis.clone()));
        let rolled = roll(seed, &observed).unwrap();
        assert_eq!(rolled.plan.bytes(), plan.bytes(), "seed {seed}");
        assert_eq!((&rolled.violations[..], kind(&rolled)), (&[][..], Some(EndKind::Done)), "seed {seed}");
        for request in (1..=rolled.requests).step_by(17) {
            let shape = Shape { fault_at: Some((request, Fault::FailsAfter)), ..observed.clone() };
            assert_eq!(roll(seed, &shape).unwrap().violations, [], "seed {seed}, request {request}");
        }
    }
}

/// Returns the first seed that shows a part to be missing, and how.
fn killed(part: Part) -> Option<(u64, String)> {
    take_out(Some(part));
    // What only one shape has would be met too seldom among all.
    let strategy = match part {
        Part::Hold | Part::Release => Some(Strategy::Overlap),
        Part::UndoHold | Part::UndoCross | Part::UndoRelease => Some(Strategy::Overlap),
        Part::SecondProbe => Some(Strategy::Direct),
        Part::LastProof => Some(Strategy::Retire),
        _ => None,
    };
    let shape = Shape { strategy, ..Shape::chaos(1, 4) };
    let found = (0..ROLLS).find_map(|seed| match roll(seed, &shape) {
        Ok(rolled) => rolled.violations.first().map(|one| (seed, format!("{}: {}", one.invariant, one.what))),
        Err(why) => Some((seed, why)),
    });
    take_out(None);
    found
}

macro_rules! mutants {
    ($($name:ident: $part:ident;)*) => {$(
        #[test]
        fn $name() {
            let found = killed(Part::$part);
            assert!(found.is_some(), "nobody notices that {} is taken out", stringify!($part));
            let (seed, what) = found.unwrap();
            println!("{} taken out: seed {seed}, invariant {what}", stringify!($part));
        }
    )*};
}

mutants! {
    the_checker_finds_that_it_is_not_looked_before: FirstProbe;
    the_checker_finds_that_it_is_not_looked_after: SecondProbe;
    the_checker_finds_a_missing_gate: Gate;
    the_checker_finds_a_missing_proof_after_the_switch: ProofAfterSwitch;
    the_checker_finds_that_nothing_is_awaited: Settle;
    the_checker_finds_that_nothing_is_fenced_off: FenceOff;
    the_checker_finds_a_missing_lease: Lease;
    the_checker_finds_a_lease_that_is_not_renewed: Renewal;
    the_checker_finds_a_missing_marker: Marker;
    the_checker_finds_a_missing_intent: Intent;
    the_checker_finds_a_journal_that_is_not_copied: Copy;
    the_checker_finds_that_nothing_is_started_anew: Recycle;
    the_checker_finds_trusts_that_were_left_out: Trust;
    the_checker_finds_a_missing_quarantine: Quarantine;
    the_checker_finds_a_way_back_after_the_point_of_no_return: NoReturn;
    the_checker_finds_a_pfx_that_was_left: Unstage;
    the_checker_finds_a_marker_that_was_left: Unmark;
    the_checker_finds_a_row_that_is_not_taken_back: UndoRow;
    the_checker_finds_a_certificate_that_is_not_taken_back: UndoImport;
    the_checker_finds_access_that_is_not_taken_back: UndoAccess;
    the_checker_finds_processes_that_are_left_on_the_way_back: UndoRecycle;
    the_checker_finds_trusts_that_are_left_on_the_way_back: UndoTrust;
    the_checker_finds_an_end_without_instructions: Instructions;
    the_checker_finds_a_switch_that_no_trust_is_ready_for: Publish;
    the_checker_finds_an_old_certificate_that_is_not_published_on: Cross;
    the_checker_finds_a_job_that_is_not_held: Hold;
    the_checker_finds_a_job_that_is_not_released: Release;
    the_checker_finds_an_old_certificate_that_is_published_in_the_end: Withdraw;
    the_checker_finds_web_servers_that_are_left: ResetWeb;
    the_checker_finds_a_job_that_is_not_held_on_the_way_back: UndoHold;
    the_checker_finds_a_new_certificate_that_is_not_published_on_the_way_back: UndoCross;
    the_checker_finds_a_job_that_is_not_released_on_the_way_back: UndoRelease;
    the_checker_finds_a_row_beside_it_that_is_not_taken_back: UndoPublish;
    the_checker_finds_a_server_that_requests_go_to_when_it_restarts: Drain;
    the_checker_finds_a_server_that_is_not_put_back: Undrain;
    the_checker_finds_a_step_that_is_taken_after_its_time: Until;
    the_checker_finds_an_old_certificate_that_goes_without_a_last_proof: LastProof;
}
