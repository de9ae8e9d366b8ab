//! The stand-in as a program, for tests that start `powershell.exe` as a process of its own.
//!
//! `S2SCERT_STANDIN_STATE` names the file of its world; without it that is `standin.json` beside the program, because a release of
//! s2scert hands no such variable on. It takes exactly the arguments that the bridge gives.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::print_stderr, reason = "a program for tests only")]
#![allow(unreachable_pub, reason = "shared with tests/it")]

#[path = "mod.rs"]
mod standin;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// What stands before the script.
const FLAGS: &[&str] =
    &["-NoProfile", "-NonInteractive", "-InputFormat", "Text", "-OutputFormat", "Text", "-EncodedCommand"];

/// The exit code where the subset is left.
const OUTSIDE: u8 = 99;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let beside = || std::env::current_exe().expect("the program has a path").with_file_name("standin.json");
    let world = standin::World::Shared(std::env::var_os("S2SCERT_STANDIN_STATE").map_or_else(beside, Into::into));
    let environment: serde_json::Value = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), json!(value.to_string_lossy())))
        .collect();
    world.note(json!({ "started": arguments, "environment": environment, "process": std::process::id() }));
    let Some(text) = script(&arguments) else {
        eprintln!("outside the subset: the arguments");
        return ExitCode::from(OUTSIDE);
    };
    let mut stdin = Vec::new();
    std::io::stdin().read_to_end(&mut stdin).expect("standard input can be read");
    match standin::run(&text, &stdin, &world) {
        Ok(ended) => {
            // Whoever listens may have gone.
            let _ = std::io::stdout().write_all(ended.stdout.as_bytes());
            let _ = std::io::stderr().write_all(ended.stderr.as_bytes());
            ExitCode::from(u8::try_from(ended.code).unwrap_or(OUTSIDE))
        }
        Err(what) => {
            eprintln!("{what}");
            ExitCode::from(OUTSIDE)
        }
    }
}

fn script(arguments: &[String]) -> Option<String> {
    let (encoded, flags) = arguments.split_last()?;
    if flags != FLAGS {
        return None;
    }
    let octets = STANDARD.decode(encoded).ok()?;
    let units: Vec<u16> = octets.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}
