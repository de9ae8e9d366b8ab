//! Servers that sign and are looked after by people: their part of a plan waits until somebody has recorded it.

use super::Draft;
use super::unwind::undoing;
use crate::cert::digest::hex_upper;
use crate::protocol::Hex;
use crate::rotation::basis::{NodeSeen, ServiceKind};
use crate::rotation::plan::{Act, Phase, Plan, Step};

/// What people do on a server that they look after.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HandPart {
    /// They install the certificate and let the services read its key.
    Ready,
    /// They start anew what signs.
    Recycle,
    /// They remove the old certificate.
    Retire,
    /// They take back what they did.
    Back,
}

impl HandPart {
    const ALL: [Self; 4] = [Self::Ready, Self::Recycle, Self::Retire, Self::Back];

    const fn word(self) -> &'static str {
        match self {
            Self::Ready => "hand-ready-",
            Self::Recycle => "hand-recycle-",
            Self::Retire => "hand-retire-",
            Self::Back => "hand-back-",
        }
    }

    /// Returns the name of the step in which this is done on a server.
    fn step(self, node: &NodeSeen) -> String {
        format!("{}{}", self.word(), node.name)
    }

    /// Returns what a step has people do, and on which server; nothing for any other step.
    #[must_use]
    pub fn of<'a>(plan: &'a Plan, step: &Step) -> Option<(Self, &'a NodeSeen)> {
        let Act::ByHand(_) = step.act else { return None };
        Self::ALL.into_iter().find_map(|part| {
            let name = step.id.as_str().strip_prefix(part.word())?;
            let node = plan.basis.seen.node(name).filter(|node| node.by_hand() && node.signs())?;
            Some((part, node))
        })
    }
}

impl Draft<'_> {
    /// The row is written only after somebody has recorded for each of these servers that it is ready.
    pub(super) fn gate_by_hand(&self, steps: &mut Vec<Step>) {
        for node in self.seen().signing_by_hand() {
            let accounts: Vec<&str> = node.accounts.iter().map(|one| one.as_str()).collect();
            let what = format!(
                "{}: import the certificate with its key into LocalMachine\\My, as a CSP key with KeySpec 1, let {} read the key, and look that it can be used",
                node.name,
                if accounts.is_empty() { "every account that signs".to_owned() } else { accounts.join(" and ") }
            );
            let new = hex_upper(self.basis.asked.certificate.thumbprint.as_bytes());
            let import = "certutil -f -p * -csp \"Microsoft Enhanced RSA and AES Cryptographic Provider\" -importpfx My NEW.pfx AT_KEYEXCHANGE";
            let look = format!("certutil -store My {new}");
            self.hand(&HandPart::Ready.step(node), Phase::Gate, &what, &[import, &look], steps);
        }
    }

    /// Their services are started anew by whoever looks after them.
    pub(super) fn settle_by_hand(&self, steps: &mut Vec<Step>) {
        for node in self.seen().signing_by_hand() {
            let what = format!("{}: start every service anew that signs", node.name);
            let commands = restarts(node);
            let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
            self.hand(&HandPart::Recycle.step(node), Phase::Settle, &what, &commands, steps);
        }
    }

    /// The old certificate goes there by hand.
    pub(super) fn retire_by_hand(&self, old: &Hex<20>, steps: &mut Vec<Step>) {
        for node in self.seen().signing_by_hand() {
            let what = format!("{}: remove the old certificate with its key", node.name);
            let remove = format!("Remove-Item -Path Cert:\\LocalMachine\\My\\{} -DeleteKey", hex_upper(old.as_bytes()));
            self.hand(&HandPart::Retire.step(node), Phase::Retire, &what, &[&remove], steps);
        }
    }

    /// What people have done is taken back by people.
    pub(super) fn back_by_hand(&self, steps: &mut Vec<Step>) {
        for node in self.seen().signing_by_hand() {
            let begun = steps.len();
            let new = hex_upper(self.basis.asked.certificate.thumbprint.as_bytes());
            let what = format!(
                "{}: remove the new certificate with its key, and start every service anew that signs with it",
                node.name
            );
            let mut commands = vec![format!("Remove-Item -Path Cert:\\LocalMachine\\My\\{new} -DeleteKey")];
            commands.extend(restarts(node));
            let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
            self.hand(&HandPart::Back.step(node), Phase::Prepare, &what, &commands, steps);
            undoing(&mut steps[begun..], &HandPart::Ready.step(node));
        }
    }
}

/// The commands that start what signs anew. What runs there was not seen, so they name what Dynamics calls it.
fn restarts(node: &NodeSeen) -> Vec<String> {
    let mut commands: Vec<String> = node.services.iter().map(restart).collect();
    if commands.is_empty() && node.publishes() {
        commands.push("Restart-WebAppPool -Name 'CRMAppPool'".to_owned());
    }
    if commands.is_empty() || !node.publishes() {
        commands.push("Restart-Service -Name 'MSCRMAsyncService*'".to_owned());
    }
    commands
}

fn restart(service: &crate::rotation::basis::ServiceSeen) -> String {
    match service.kind {
        ServiceKind::Pool => format!("Restart-WebAppPool -Name '{}'", service.name),
        ServiceKind::Service => format!("Restart-Service -Name '{}'", service.name),
    }
}
