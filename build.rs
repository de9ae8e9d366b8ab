//! Tells the program what it is built from: `s2scert version` prints it. No clock and no path goes in, so that two builds
//! of one commit give the same bytes.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script asks cargo by the environment, and the compiler for its version"
)]

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok());
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
    println!("cargo::rustc-env=S2SCERT_RUSTC={}", version.as_deref().unwrap_or("unknown").trim());
    println!("cargo::rustc-env=S2SCERT_TARGET={}", variable("TARGET"));
    println!("cargo::rustc-env=S2SCERT_PROFILE={}", variable("PROFILE"));
    // Given by tests/wine/build and by whoever makes a release. To ask git here would build anew with each commit.
    println!("cargo::rustc-env=S2SCERT_COMMIT={}", variable("S2SCERT_COMMIT"));
    println!("cargo::rerun-if-env-changed=S2SCERT_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
}
