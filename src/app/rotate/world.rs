//! The world of an engine on this machine: its clock, its waiting, its random octets, and the commands for the load balancer.

use std::time::Duration;

use crate::farm::description::ArgumentList;
use crate::ports::{CommandLimits, Host, Transport};
use crate::rotation::world::{Audience, Balancer, CredentialSource, Metadata, Patience, World};

/// How long a command for the load balancer may run.
const BALANCER: Duration = Duration::from_secs(300);

/// This machine.
pub(super) struct Here<'a>(pub(super) &'a Host);

impl Patience for Here<'_> {
    fn pause(&self, span: Duration) {
        self.0.pause.pause(span);
    }
}

impl Balancer for Here<'_> {
    fn run(&self, command: &ArgumentList) -> Result<(), String> {
        let limits = CommandLimits { output: 0, deadline: BALANCER, hidden_variables: &[] };
        self.0.commands.feed(command.words(), &[], limits).map_err(|error| error.to_string())
    }
}

impl Here<'_> {
    /// Returns the world, with what differs from run to run.
    pub(super) fn world<'w>(
        &'w self,
        transport: &'w dyn Transport,
        metadata: &'w dyn Metadata,
        credential: &'w dyn CredentialSource,
        audience: &'w dyn Audience,
    ) -> World<'w> {
        World {
            transport,
            metadata,
            credential,
            clock: &*self.0.clock,
            patience: self,
            random: &*self.0.random,
            audience,
            balancer: self,
        }
    }
}
