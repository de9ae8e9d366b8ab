//! OpenSSH: `ssh` for requests, `sftp` for the program.
//!
//! The remote command is a path of ours and the word `node`. Nothing else is in it, so that every shell reads it alike; data
//! travel on standard input. Exit code 255 is ssh's own, and then its words tell why.

use std::path::Path;
use std::time::Duration;

use zeroize::Zeroizing;

use super::{Carrier, answer, encoded};
use crate::farm::description::{Node, Ssh};
use crate::ports::{CarryError, CarryFault, CommandError, OpenSsh, ProgramLimits, ProgramOutput};
use crate::protocol::{Answer, MAX_ANSWER, Request};

/// How ssh ends where it failed itself.
const OF_SSH: i32 = 255;
/// How a shell ends that finds no program, or cannot start it.
const NOT_STARTED: [i32; 2] = [126, 127];
/// The longest time for a connection, in seconds.
const CONNECT_SECONDS: u64 = 20;
/// What is taken beyond the longest answer, so that a longer one is told from it, in octets.
const SLACK: u64 = 1024;

/// What every connection is made with.
const OPTIONS: &[&str] = &[
    // Nobody is asked, and nobody is trusted who is not known.
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "VerifyHostKeyDNS=no",
    // The far side gets nothing of ours but the request.
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "Tunnel=no",
    "PermitLocalCommand=no",
    // One process, one connection: a shared one would outlive the deadline.
    "ControlMaster=no",
    "ControlPath=none",
    // A connection that died is found out.
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    // Banners are left out, failures are told.
    "LogLevel=ERROR",
];

/// What only `ssh` takes: no terminal, so that octets pass as they are.
const OF_REQUESTS: &[&str] = &["RequestTTY=no", "RemoteCommand=none", "EscapeChar=none"];

/// Where the words of ssh mean something, in this order; whether the request may have arrived.
const WORDS: &[(&str, CarryFault, bool)] = &[
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", CarryFault::Stranger, false),
    ("host key is known for", CarryFault::Stranger, false),
    ("Host key verification failed", CarryFault::Stranger, false),
    ("Bad owner or permissions", CarryFault::Unusable, false),
    ("Bad configuration option", CarryFault::Unusable, false),
    ("Can't open user config file", CarryFault::Unusable, false),
    ("Unable to negotiate", CarryFault::Unusable, false),
    ("contains invalid characters", CarryFault::Unusable, false),
    ("Permission denied", CarryFault::Denied, false),
    ("Too many authentication failures", CarryFault::Denied, false),
    ("Could not resolve hostname", CarryFault::Unreachable, false),
    ("client_loop", CarryFault::Broken, true),
    ("kex_exchange_identification", CarryFault::Unreachable, false),
    ("banner exchange", CarryFault::Unreachable, false),
    ("Connection refused", CarryFault::Unreachable, false),
    ("No route to host", CarryFault::Unreachable, false),
    ("Network is unreachable", CarryFault::Unreachable, false),
    ("Connection timed out", CarryFault::Unreachable, false),
    ("Operation timed out", CarryFault::Unreachable, false),
];

impl Carrier {
    /// Sends a request by ssh.
    pub(super) fn by_ssh(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError> {
        let begun = self.host.clock.now();
        let stdin = encoded(request)?;
        let program = self.ready(node, patience)?;
        let spent = Duration::try_from(self.host.clock.now().duration_since(begun)).unwrap_or_default();
        let output = self.ssh(node, &format!("{program} node"), stdin, patience.saturating_sub(spent))?;
        if output.stdout.trim_ascii().is_empty() {
            return Err(silent(node, &output));
        }
        answer::read(&output.stdout, request)
    }

    /// Runs a command on a node. It must hold nothing that a shell could take for something else.
    pub(super) fn ssh(
        &self,
        node: &Node,
        command: &str,
        stdin: Zeroizing<Vec<u8>>,
        patience: Duration,
    ) -> Result<ProgramOutput, CarryError> {
        let mut arguments = options(&self.settings.ssh, OF_REQUESTS, patience)?;
        arguments.push("-T".to_owned());
        arguments.extend(["-p".to_owned(), node.port.unwrap_or(22).to_string()]);
        arguments.extend(node.user.iter().flat_map(|user| ["-l".to_owned(), user.to_string()]));
        let address = node.address.as_ref().ok_or_else(|| no_address(node))?;
        arguments.extend(["--".to_owned(), address.to_string(), command.to_owned()]);
        self.client(node, OpenSsh::Ssh, &arguments, stdin, patience)
    }

    /// Has files put on a node by the lines of a batch.
    pub(super) fn sftp(&self, node: &Node, batch: &str, patience: Duration) -> Result<ProgramOutput, CarryError> {
        let mut arguments = options(&self.settings.ssh, &[], patience)?;
        arguments.extend(["-b".to_owned(), "-".to_owned(), "-P".to_owned(), node.port.unwrap_or(22).to_string()]);
        // sftp has no option for the user but this one.
        arguments
            .extend(node.user.iter().flat_map(|user| ["-o".to_owned(), format!("User={}", quoted(user.as_str()))]));
        let address = node.address.as_ref().ok_or_else(|| no_address(node))?.to_string();
        let address = if address.contains(':') { format!("[{address}]") } else { address };
        arguments.extend(["--".to_owned(), address]);
        self.client(node, OpenSsh::Sftp, &arguments, Zeroizing::new(batch.as_bytes().to_vec()), patience)
    }

    fn client(
        &self,
        node: &Node,
        client: OpenSsh,
        arguments: &[String],
        stdin: Zeroizing<Vec<u8>>,
        patience: Duration,
    ) -> Result<ProgramOutput, CarryError> {
        let limits = ProgramLimits { output: MAX_ANSWER as u64 + SLACK, deadline: patience };
        self.host.commands.openssh(client, arguments, stdin, limits).map_err(|error| not_run(node, &error, patience))
    }
}

/// Returns the options of both clients.
fn options(ssh: &Ssh, more: &[&str], patience: Duration) -> Result<Vec<String>, CarryError> {
    let mut arguments = Vec::new();
    if let Some(config) = &ssh.config {
        arguments.extend(["-F".to_owned(), path(config)?]);
    }
    if let Some(key) = &ssh.identity_file {
        arguments.extend(["-i".to_owned(), path(key)?.replace('%', "%%")]);
        arguments.extend(["-o".to_owned(), "IdentitiesOnly=yes".to_owned()]);
    }
    if let Some(known) = &ssh.known_hosts {
        let known = quoted(&path(known)?.replace('%', "%%"));
        for option in ["UserKnownHostsFile", "GlobalKnownHostsFile"] {
            arguments.extend(["-o".to_owned(), format!("{option}={known}")]);
        }
    }
    let timeout = format!("ConnectTimeout={}", patience.as_secs().clamp(1, CONNECT_SECONDS));
    for option in OPTIONS.iter().chain(more).copied().chain([timeout.as_str()]) {
        arguments.extend(["-o".to_owned(), option.to_owned()]);
    }
    Ok(arguments)
}

/// Returns a path as OpenSSH takes it: with slashes on Windows too.
fn path(path: &Path) -> Result<String, CarryError> {
    let text = path.to_str().filter(|text| !text.contains(['"', '\n', '\r']));
    let text = text.ok_or_else(|| {
        super::error(
            CarryFault::Unusable,
            &format!("OpenSSH cannot take the path {}", path.display()),
            "give the file a path of plain letters, and name it under [ssh] in farm.toml",
        )
    })?;
    Ok(if std::path::MAIN_SEPARATOR == '\\' { text.replace('\\', "/") } else { text.to_owned() })
}

/// Quotes a value of an option.
fn quoted(text: &str) -> String {
    if text.contains(' ') { format!("\"{text}\"") } else { text.to_owned() }
}

fn no_address(node: &Node) -> CarryError {
    let next = "name it in farm.toml: address = \"HOST\"";
    super::error(CarryFault::Unusable, &format!("node {} has no address", node.name), next)
}

/// The client itself did not come to its end.
fn not_run(node: &Node, error: &CommandError, patience: Duration) -> CarryError {
    let name = &node.name;
    let carry = |fault, reached, why: String, next: &str| CarryError { fault, reached, why, next: next.to_owned() };
    match error {
        CommandError::Overran { .. } => carry(
            CarryFault::Late,
            true,
            format!("no whole answer within {} seconds", patience.as_secs()),
            &format!("look what {name} is doing, and ask again with a longer --deadline"),
        ),
        CommandError::TooMuchOutput { limit, .. } => {
            answer::garbled(format!("what came back is longer than {limit} octets, and no answer is"))
        }
        CommandError::NotStarted { .. } => carry(
            CarryFault::Unusable,
            false,
            "the OpenSSH client cannot be started on this machine".to_owned(),
            "install it: on Windows the optional feature OpenSSH Client, on Debian the package openssh-client",
        ),
        other => carry(CarryFault::Broken, true, other.to_string(), "ask again; nothing was learnt"),
    }
}

/// Nothing was written to standard output: tells why.
pub(super) fn silent(node: &Node, output: &ProgramOutput) -> CarryError {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.code == Some(OF_SSH) {
        return failed(node, &said);
    }
    let started = !output.code.is_some_and(|code| NOT_STARTED.contains(&code));
    let why = match (output.code, answer::shown(said.as_bytes())) {
        (Some(code), words) if words.is_empty() => format!("the program on the node gave no answer (exit code {code})"),
        (None, words) if words.is_empty() => "the connection was ended by a signal".to_owned(),
        (_, words) => format!("the program on the node gave no answer: {words}"),
    };
    let next = "look at the program there, and at what AppLocker or an antivirus says of it: s2scert explain applocker";
    CarryError { fault: CarryFault::Program, reached: started, why, next: next.to_owned() }
}

/// Tells a failure of ssh itself.
pub(super) fn failed(node: &Node, said: &str) -> CarryError {
    let known = WORDS.iter().find(|(words, ..)| said.contains(words));
    let (fault, reached) = known.map_or((CarryFault::Broken, true), |(_, fault, reached)| (*fault, *reached));
    // The line that says so; of a warning in many lines the one that matters.
    let line = known.and_then(|(words, ..)| said.lines().find(|line| line.contains(words)));
    let line = line.or_else(|| said.lines().rev().find(|line| !line.trim().is_empty())).unwrap_or_default();
    let words = answer::shown(line.trim_matches(['@', ' ', '\r']).as_bytes());
    let address = node.address.as_ref().map(ToString::to_string).unwrap_or_default();
    let (what, next) = match fault {
        CarryFault::Stranger => (
            format!("{address} shows a host key that is not the known one"),
            format!(
                "do not go on before somebody has compared the key on the console of {}; only then correct known_hosts",
                node.name
            ),
        ),
        CarryFault::Denied => (
            format!("{address} does not let us in"),
            "log in by hand with the same user and key: ssh -o BatchMode=yes USER@HOST".to_owned(),
        ),
        CarryFault::Unreachable => {
            (format!("nothing answers at {address}"), "look at the name, the firewall and the service sshd".to_owned())
        }
        CarryFault::Unusable => (
            "the OpenSSH client of this machine refuses to connect".to_owned(),
            "correct what it says: its configuration, or [ssh] in farm.toml".to_owned(),
        ),
        _ => (
            "the connection broke before an answer came".to_owned(),
            "look before anything is repeated: the node may have acted".to_owned(),
        ),
    };
    let why = if words.is_empty() { what } else { format!("{what} ({words})") };
    CarryError { fault, reached, why, next }
}
