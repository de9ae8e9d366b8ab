//! The lab by hand: `up`, `down`, `break`, `mend`, `list`. See README.md. Nothing of it ships.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for developers"
)]

#[cfg(unix)]
#[path = "mod.rs"]
mod lab;
#[cfg(unix)]
#[path = "../standin/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "shared with tests/it")]
mod standin;
#[cfg(unix)]
#[path = "../support/tls_server.rs"]
mod tls_server;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    by_hand::run()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("the lab needs a Unix");
    ExitCode::FAILURE
}

#[cfg(unix)]
mod by_hand {
    use std::os::unix::process::CommandExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::time::Duration;

    use crate::lab::breakages::{BREAKAGES, break_it, broken, mend};
    use crate::lab::{Folder, Lab, Programs};

    const USAGE: &str = "usage: lab up DIR | down DIR | break DIR NAME | mend DIR | list";

    pub(crate) fn run() -> ExitCode {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let done = match words.as_slice() {
            ["up", folder] => up(Path::new(folder)),
            ["serve", folder] => serve(Path::new(folder)),
            ["down", folder] => down(Path::new(folder)),
            ["break", folder, name] => break_it(&Folder(folder.into()), name),
            ["mend", folder] => {
                mend(&Folder(folder.into()));
                Ok(())
            }
            ["list"] => {
                BREAKAGES.iter().for_each(|one| println!("{:20} {}", one.name, one.words));
                Ok(())
            }
            _ => Err(USAGE.to_owned()),
        };
        done.map_or_else(
            |why| {
                eprintln!("lab: {why}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        )
    }

    /// Starts a process that keeps the web servers, and waits until everything listens.
    fn up(folder: &Path) -> Result<(), String> {
        if folder.join("farm.toml").exists() {
            return Err(format!("{} holds a lab already", folder.display()));
        }
        std::fs::create_dir_all(folder).unwrap();
        let log = std::fs::File::create(folder.join("lab.log")).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("serve").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0);
        let mut serving = command.spawn().map_err(|error| error.to_string())?;
        while !folder.join("farm.toml").exists() {
            if let Some(status) = serving.try_wait().unwrap() {
                let log = std::fs::read_to_string(folder.join("lab.log")).unwrap_or_default();
                return Err(format!("the lab does not come up ({status}):\n{log}"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("up: s2scert farm status --farm {}", folder.join("farm.toml").display());
        Ok(())
    }

    fn serve(folder: &Path) -> Result<(), String> {
        let beside = |name: &str| -> PathBuf {
            let own = std::env::current_exe().unwrap();
            let examples = own.parent().unwrap();
            if name == "s2scert" { examples.parent().unwrap().join(name) } else { examples.join(name) }
        };
        let programs = Programs { s2scert: beside("s2scert"), powershell: beside("powershell") };
        for program in [&programs.s2scert, &programs.powershell] {
            if !program.is_file() {
                return Err(format!("build it first: {}", program.display()));
            }
        }
        let _lab = Lab::up(folder, &programs);
        std::fs::write(folder.join("lab.pid"), std::process::id().to_string()).unwrap();
        while folder.join("lab.pid").exists() {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// Takes the number of the process away, which it sees as its end, and waits until no node is left.
    fn down(folder: &Path) -> Result<(), String> {
        let number = std::fs::read_to_string(folder.join("lab.pid")).map_err(|_| "no lab runs there".to_owned())?;
        let lab = Folder(folder.to_owned());
        if broken(&lab).is_some() {
            mend(&lab);
        }
        std::fs::remove_file(folder.join("lab.pid")).unwrap();
        while Path::new("/proc").join(&number).exists() {
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("down; the folder is yours to remove: {}", folder.display());
        Ok(())
    }
}
