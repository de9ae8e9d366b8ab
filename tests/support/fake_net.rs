//! What a process finds around it: variables, the machine, programs of others, mail, datagrams, waiting. In memory.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use s2scert::ports::{
    CommandError, CommandLimits, Commands, Environment, EnvironmentError, Event, EventLog, Machine, MachineFacts, Mail,
    MailError, MailFault, MailMessage, MailServer, OpenSsh, Pause, ProgramLimits, ProgramOutput, Wire, WireTarget,
};
use zeroize::Zeroizing;

use super::FakeHost;

impl FakeHost {
    /// Makes what is sent to a host fail this many times.
    pub(crate) fn deaf(self, host: &str, times: usize) -> Self {
        self.state().deaf.insert(host.to_owned(), times);
        self
    }

    /// Returns what was sent: to whom, and what.
    pub(crate) fn outbox(&self) -> Vec<(String, String)> {
        self.state().outbox.clone()
    }

    /// Notes that something was sent.
    pub(super) fn sent(&self, to: &str, bytes: &[u8]) {
        self.state().outbox.push((to.to_owned(), String::from_utf8_lossy(bytes).into_owned()));
    }

    /// Returns whether this host does not answer now.
    pub(super) fn is_deaf(&self, host: &str) -> bool {
        let mut state = self.state();
        match state.deaf.get_mut(host) {
            Some(0) | None => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

impl EventLog for FakeHost {
    fn register(&self) -> io::Result<()> {
        self.sent("event log", b"registered");
        Ok(())
    }

    fn report(&self, event: &Event) -> io::Result<()> {
        self.sent("event log", format!("{} {:?} {}", event.id, event.level, event.text).as_bytes());
        Ok(())
    }
}

impl Mail for FakeHost {
    fn send(&self, server: &MailServer, message: &MailMessage) -> Result<(), MailError> {
        if self.is_deaf(&server.host) {
            return Err(MailError { fault: MailFault::Unreachable, why: "connection refused".to_owned() });
        }
        self.sent(&server.host, format!("{}\n\n{}", message.subject, message.text).as_bytes());
        Ok(())
    }
}

impl Wire for FakeHost {
    fn send(&self, to: &WireTarget, bytes: &[u8]) -> io::Result<()> {
        if self.is_deaf(&to.host) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        self.sent(&to.host, bytes);
        Ok(())
    }
}

impl Pause for FakeHost {
    fn pause(&self, time: Duration) {
        self.pass(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
    }
}

impl Commands for FakeHost {
    fn secret_output(&self, argv: &[String], limits: CommandLimits<'_>) -> Result<Zeroizing<Vec<u8>>, CommandError> {
        let program = argv.first().ok_or(CommandError::Empty)?.clone();
        match self.state().outputs.get(&program) {
            Some(output) if output.len() as u64 > limits.output => {
                Err(CommandError::TooMuchOutput { program, limit: limits.output })
            }
            Some(output) => Ok(Zeroizing::new(output.clone())),
            None => Err(CommandError::NotStarted { program, source: io::ErrorKind::NotFound.into() }),
        }
    }

    fn openssh(
        &self,
        client: OpenSsh,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        _: ProgramLimits,
    ) -> Result<ProgramOutput, CommandError> {
        match &self.openssh {
            Some(openssh) => openssh(client, arguments, &stdin),
            None => Err(CommandError::NotStarted { program: "ssh".to_owned(), source: io::ErrorKind::NotFound.into() }),
        }
    }

    fn feed(&self, argv: &[String], stdin: &[u8], limits: CommandLimits<'_>) -> Result<(), CommandError> {
        self.secret_output(argv, limits)?;
        self.sent("command", stdin);
        Ok(())
    }
}

impl Environment for FakeHost {
    fn var(&self, name: &str) -> Result<Option<String>, EnvironmentError> {
        Ok(self.state().variables.get(name).cloned())
    }
}

impl Machine for FakeHost {
    fn facts(&self) -> io::Result<MachineFacts> {
        let [system, version, name, account] = ["linux", "6.1", "crm01", "uid:0"].map(str::to_owned);
        Ok(MachineFacts { system, version, name, account, elevated: true })
    }

    fn program(&self) -> io::Result<PathBuf> {
        Ok(PathBuf::from("/opt/s2scert/s2scert"))
    }

    fn program_sha256(&self) -> io::Result<[u8; 32]> {
        Ok([0x5a; 32])
    }
}
