//! Rolls a simulated farm from many seeds, and tells what the checker finds: `simulate ROLLS LEAST MOST [FIRST_SEED]`.
//!
//! `simulate back [SERVERS] [SEED] [EVERY]` takes rolls of every shape back: farms of 1 to SERVERS servers (3), from every point, with every
//! fault at every request, or at one in EVERY.
//!
//! `docs/PERFORMANCE.md` has figures.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for people who look at the simulation")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;
use s2scert::rotation::basis::Strategy;
use s2scert::sim::back::{Case, Ground, Proven};
use s2scert::sim::roll::{Shape, roll};

const SHAPES: [Strategy; 6] =
    [Strategy::Initial, Strategy::Direct, Strategy::Overlap, Strategy::Recover, Strategy::Repair, Strategy::Retire];
/// How many broken cases are shown.
const SHOWN: usize = 10;

/// Takes rolls back from everywhere. Returns how many left the farm otherwise than it was.
fn back(most: u32, seed: u64, every: usize) -> usize {
    let mut broken = 0;
    for (strategy, servers) in SHAPES.into_iter().flat_map(|shape| (1..=most).map(move |servers| (shape, servers))) {
        let ground = Ground::first(strategy, servers, seed).unwrap();
        let cases: Vec<Case> = ground.cases().unwrap().into_iter().step_by(every).collect();
        let ends: Vec<_> = cases.par_iter().map(|case| (case, ground.prove(*case))).collect();
        let of = |wanted| ends.iter().filter(|(_, end)| *end == Ok(wanted)).count();
        println!(
            "{strategy:?} of {servers} servers: {} cases, {} as before, {} by hand, {} behind the point of no return",
            ends.len(),
            of(Proven::Restored),
            of(Proven::ByHand),
            of(Proven::Over)
        );
        let wrong = || ends.iter().filter_map(|(case, end)| Some((case, end.as_ref().err()?)));
        wrong().take(SHOWN).for_each(|(case, end)| println!("  {ground:?}, {case:?}: {end}"));
        broken += wrong().count();
    }
    broken
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    if std::env::args().nth(1).is_some_and(|word| word == "back") {
        let [most, seed, every] = [0, 1, 2].map(|place| numbers.get(place).copied().unwrap_or([3, 0, 1][place]));
        let broken = back(most as u32, seed, every.max(1) as usize);
        println!("{broken} cases left the farm otherwise than it was");
        std::process::exit(i32::from(broken > 0));
    }
    let [rolls, least, most] = [0, 1, 2].map(|place| numbers.get(place).copied().unwrap_or([1000, 1, 5][place]));
    let first = numbers.get(3).copied().unwrap_or_default();
    let shape = Shape::chaos(least as u32, most as u32);
    let ends: Mutex<BTreeMap<String, u64>> = Mutex::default();
    let shown: Mutex<u32> = Mutex::default();
    let (violations, requests) = (first..first + rolls)
        .into_par_iter()
        .map(|seed| match roll(seed, &shape) {
            Ok(rolled) => {
                if rolls == 1 {
                    println!("{:#?}", rolled.story.before);
                    rolled.story.events.iter().for_each(|event| println!("{event:?}"));
                    println!("{:#?}\n{:?}", rolled.story.after, rolled.end);
                }
                let word = rolled.end.map_or_else(|| "refused".to_owned(), |end| format!("{:?}", end.kind()));
                *ends.lock().unwrap().entry(word).or_default() += 1;
                if !rolled.violations.is_empty() {
                    let mut shown = shown.lock().unwrap();
                    *shown += 1;
                    if *shown <= 10 {
                        println!("seed {seed}: {:?}", rolled.violations);
                    }
                }
                (rolled.violations.len() as u64, rolled.requests)
            }
            Err(why) => {
                println!("seed {seed}: {why}");
                (1, 0)
            }
        })
        .reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    println!(
        "{rolls} rolls of {least} to {most} servers: {violations} violations; {requests} requests; ends {:?}",
        ends.lock().unwrap()
    );
    std::process::exit(i32::from(violations > 0));
}
