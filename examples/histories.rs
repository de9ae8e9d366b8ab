//! Lives through simulated histories of the watch, ten years each, and tells what the checker finds: `histories COUNT [FIRST_SEED]`.
//!
//! `docs/PERFORMANCE.md` has figures.

#![expect(clippy::print_stdout, reason = "a tool for people who look at the simulation")]

use rayon::prelude::*;

#[path = "../tests/support/histories/mod.rs"]
mod histories;

use histories::{Found, live};

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (count, first) = (numbers.first().copied().unwrap_or(1_000), numbers.get(1).copied().unwrap_or_default());
    let all =
        (first..first + count).into_par_iter().map(|seed| live(seed, |_, _| true)).reduce(Found::default, Found::and);
    for (what, found) in [("lost", &all.lost), ("repeated", &all.repeated), ("silence", &all.silence)] {
        println!("{what}: {}", found.len());
        found.iter().take(5).for_each(|line| println!("  {line}"));
    }
    println!("{count} histories of ten years: {} runs, {} messages, {} silences", all.runs, all.told, all.silences);
    std::process::exit(i32::from(!(all.lost.is_empty() && all.repeated.is_empty() && all.silence.is_empty())));
}
