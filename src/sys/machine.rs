//! What this machine and this process are.

#![expect(clippy::disallowed_methods, reason = "the edge at which the own program is read")]

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};

use super::os;
use crate::ports::{Machine, MachineFacts};

/// How much of the program is read at once, in octets.
const CHUNK: usize = 1 << 20;

/// The machine that this process runs on.
pub(super) struct SystemMachine;

impl Machine for SystemMachine {
    fn facts(&self) -> io::Result<MachineFacts> {
        os::machine::facts()
    }

    fn program(&self) -> io::Result<PathBuf> {
        std::env::current_exe()
    }

    fn program_sha256(&self) -> io::Result<[u8; 32]> {
        let mut file = File::open(self.program()?)?;
        let mut hash = Context::new(&SHA256);
        let mut buffer = vec![0; CHUNK];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                count => hash.update(&buffer[..count]),
            }
        }
        let mut sum = [0; 32];
        sum.copy_from_slice(hash.finish().as_ref());
        Ok(sum)
    }
}
