//! How many rolls are simulated in a second on one core, for a farm of 3 servers and for one of 50.
//!
//! Each roll is of another seed: its farm, its shape and what goes wrong are drawn, and the checker reads what happened. `calm` is a
//! `direct` roll of a farm of 5 in which nothing goes wrong: all that planner, engine and journal compute for it, the simulated servers
//! included. A real roll of such a farm waits for minutes.

#![expect(clippy::unwrap_used, reason = "a failed step fails the bench")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use s2scert::rotation::basis::Strategy;
use s2scert::sim::roll::{Shape, roll};

/// How many rolls are measured at once, so that large and small ones are mixed alike each time.
const ROLLS: u64 = 64;

fn rolls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("rolls");
    group.sample_size(10).measurement_time(Duration::from_secs(10)).throughput(Throughput::Elements(ROLLS));
    let shapes = [
        ("3 servers", Shape::chaos(3, 3)),
        ("50 servers", Shape::chaos(50, 50)),
        ("calm, 5 servers", Shape::sample(5, Strategy::Direct)),
    ];
    for (name, shape) in shapes {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for seed in 0..ROLLS {
                    assert_eq!(black_box(roll(seed, &shape).unwrap()).violations, []);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, rolls);
criterion_main!(benches);
