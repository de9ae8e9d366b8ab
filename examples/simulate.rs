//! Rolls a simulated farm from many seeds, and tells what the checker finds: `simulate ROLLS LEAST MOST [FIRST_SEED]`.
//!
//! `docs/PERFORMANCE.md` has figures.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for people who look at the simulation")]

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::prelude::*;
use s2scert::sim::roll::{Shape, roll};

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
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
