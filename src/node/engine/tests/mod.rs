//! The engine over a machine in memory.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

mod answers;
mod crashes;
mod hangs;
mod storm;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::fake_acts::FakeActs;
use crate::fake_host::FakeHost;
use crate::protocol::Request;

/// A node that is not there.
struct Node {
    fake: FakeHost,
    acts: FakeActs,
    allow: Allow,
}

impl Node {
    fn new() -> Self {
        let fake = FakeHost::new("2026-11-25T10:00:00Z".parse().unwrap(), 1);
        let acts = FakeActs::beside(fake.folders());
        Self { fake, acts, allow: Allow::All }
    }

    fn asked(&self, bytes: &[u8]) -> Reply {
        let settings = Settings { allow: self.allow, state: None, read_within: Duration::from_secs(1) };
        serve(&self.fake.clone().with_stdin(bytes).host(), Arc::new(self.acts.clone()), &settings)
    }

    fn ask(&self, request: &Request) -> Outcome {
        let reply = self.asked(&serde_json::to_vec(request).unwrap());
        protocol::read_answer(&reply.bytes).unwrap().outcome
    }

    fn folder(&self) -> PathBuf {
        Path::new("/var/lib/s2scert").join(FOLDER)
    }
}

fn code(outcome: &Outcome) -> Option<RefusalCode> {
    match outcome {
        Outcome::Refused(refusal) => Some(refusal.code),
        _ => None,
    }
}
