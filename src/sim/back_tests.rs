//! Rolls that are taken back: a part of all cases here, all of them by `cargo run --example simulate -- back`.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::sync::LazyLock;

use rayon::prelude::*;

use super::back::{Case, Ground, Proven};
use crate::rotation::basis::Strategy;
use crate::rotation::mutant::{Part, take_out};

const SHAPES: [Strategy; 6] =
    [Strategy::Initial, Strategy::Direct, Strategy::Overlap, Strategy::Recover, Strategy::Repair, Strategy::Retire];

/// One in so many cases is run.
const EVERY: usize = 499;

static SOME: LazyLock<Vec<(Ground, Case)>> = LazyLock::new(|| {
    let grounds: Vec<Ground> =
        SHAPES.iter().flat_map(|shape| [1, 2, 3].map(|servers| Ground::first(*shape, servers, 0).unwrap())).collect();
    let all = grounds.into_par_iter().map(|ground| {
        let cases = ground.cases().unwrap();
        // Every one is of another remainder, so that neither one kind of fault nor one request is met each time.
        let begin = ground.servers as usize * 7;
        cases.into_iter().skip(begin).step_by(EVERY).map(|case| (ground, case)).collect::<Vec<_>>()
    });
    all.flatten().collect()
});

#[test]
fn what_is_taken_back_is_as_before_or_what_people_are_told_makes_it_so() {
    let ends: Vec<(String, Result<Proven, String>)> = SOME
        .par_iter()
        .map(|(ground, case)| {
            (format!("{ground:?}, {case:?}"), ground.prove(*case).map_err(|broken| broken.to_string()))
        })
        .collect();
    let broken: Vec<&(String, Result<Proven, String>)> = ends.iter().filter(|(_, end)| end.is_err()).collect();
    assert!(broken.is_empty(), "{} of {} cases: {:#?}", broken.len(), ends.len(), &broken[..broken.len().min(5)]);
    for wanted in [Proven::Restored, Proven::ByHand] {
        assert!(ends.iter().any(|(_, end)| *end == Ok(wanted)), "no case ends as {wanted:?}");
    }
}

/// Returns the first case that shows that a part is missing.
fn found(part: Part) -> Option<String> {
    let cases = &*SOME;
    take_out(Some(part));
    let found = cases
        .iter()
        .find_map(|(ground, case)| ground.prove(*case).err().map(|broken| format!("{ground:?}, {case:?}: {broken}")));
    take_out(None);
    found
}

#[test]
fn an_undo_or_an_instruction_that_is_left_out_is_found() {
    for part in [
        Part::UndoRow,
        Part::UndoImport,
        Part::UndoRecycle,
        Part::UndoTrust,
        Part::Instructions,
        Part::FirstInstruction,
    ] {
        let found = found(part);
        assert!(found.is_some(), "nobody notices that {part:?} is taken out");
        println!("{part:?} taken out: {}", found.unwrap());
    }
}

#[test]
fn an_end_without_the_server_that_writes_the_row_tells_how_a_held_job_is_released() {
    let ground = Ground::first(Strategy::Overlap, 2, 0).unwrap();
    let told = ground.gone_while_the_job_is_held().unwrap();
    assert!(told > 0, "the job was never held");
    take_out(Some(Part::HeldTold));
    let found = ground.gone_while_the_job_is_held();
    take_out(None);
    assert!(found.is_err(), "nobody notices that {:?} is taken out: {found:?}", Part::HeldTold);
}
