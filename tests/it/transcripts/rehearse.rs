//! `s2scert rehearse`: a roll of a farm that is not there.

use super::shell::Shell;

#[test]
fn rehearse() {
    Shell::new()
        .says("A full life of a sample farm, then everything that can go wrong. No server is asked.")
        .run("s2scert rehearse --servers 1")
        .run("s2scert rehearse --servers 2 --seed 7")
        .run("s2scert rehearse --servers 1 --json")
        .says("What cannot be rehearsed.")
        .run("s2scert rehearse --servers 0")
        .run("s2scert rehearse --servers 21")
        .run("s2scert rehearse --seed soon")
        .compare("rehearse");
}
