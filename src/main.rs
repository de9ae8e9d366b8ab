//! Arguments in, exit code out: wires the real machine to the command line, and nothing else.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let host = s2scert::sys::host();
    let code = s2scert::cli::run(std::env::args_os(), &host, &mut io::stdout().lock(), &mut io::stderr().lock());
    ExitCode::from(code.code())
}
