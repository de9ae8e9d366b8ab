//! Windows Remote Management: the `powershell.exe` of this machine opens the session and carries both ways.
//!
//! The scripts are those of the bridge; the request goes in as data on standard input. The hash of the program is compared on
//! the node in the same block that starts it. Whether the session has credentials to go on with is for the node to measure.

use std::net::IpAddr;
use std::time::Duration;

use zeroize::Zeroizing;

use super::staging::Place;
use super::{Carrier, Push, answer, encoded, error};
use crate::farm::description::Node;
use crate::node::powershell::{
    self, AnswerError, AskNode, CallError, CallFault, Far, FromNode, LIMIT_OF_INPUT, PutOnNode, ScriptFailure,
};
use crate::ports::{CarryError, CarryFault, CommandError};
use crate::protocol::{Answer, MAX_ANSWER, Request};

/// The port of WinRM over TLS.
const TLS_PORT: u16 = 5986;

/// What stands before the comma in PowerShell's name of an error that no language changes. Unverified on Windows: another
/// name makes the fault a broken connection.
const NAMES: &[(&str, CarryFault)] = &[
    ("AccessDenied", CarryFault::Denied),
    ("LogonFailure", CarryFault::Denied),
    ("AuthenticationFailed", CarryFault::Denied),
    ("ServerNotTrusted", CarryFault::Stranger),
    ("CannotUseIPAddress", CarryFault::Unusable),
    ("NetworkPathNotFound", CarryFault::Unreachable),
    ("ComputerNotFound", CarryFault::Unreachable),
    ("CannotConnect", CarryFault::Unreachable),
    ("WinRMOperationTimeout", CarryFault::Unreachable),
];

/// PowerShell's name of the error where Windows refuses to start a program.
const REFUSED: &str = "NativeCommandFailed";

impl Carrier {
    /// Sends a request by WinRM.
    pub(super) fn by_winrm(&self, node: &Node, request: &Request, patience: Duration) -> Result<Answer, CarryError> {
        let begun = self.host.clock.now();
        let left = || {
            let spent = Duration::try_from(self.host.clock.now().duration_since(begun)).unwrap_or_default();
            patience.saturating_sub(spent)
        };
        let (local, sha256) = self.program_for(node)?;
        let place = Place::of(node, &sha256);
        if place.is_posix() {
            return Err(error(
                CarryFault::Unusable,
                &format!("WinRM reaches Windows only, and {} is a folder of another system", place.program()),
                "name a folder of Windows: staging = 'D:\\s2scert', or use transport = \"ssh\"",
            ));
        }
        let text = text_of(request)?;
        let far = |patience| far(node, patience);
        let mut said = self.session(node, AskNode::new(far(left())?, place.program(), sha256.clone(), text.clone()))?;
        if !same(&said.found, &sha256) && self.settings.push == Push::WhenMissing {
            let file = local.to_str().ok_or_else(|| {
                let why = format!("PowerShell cannot take the path {}", local.display());
                error(CarryFault::Unusable, &why, "copy the program to a path of plain letters")
            })?;
            let put = PutOnNode::new(far(left())?, file.to_owned(), place.below(), place.program(), sha256.clone());
            let put = powershell::call(&*self.host.powershell, &*self.host.random, &put)
                .map_err(|fault| not_put(carried(node, &fault, patience)))?;
            if !same(&put.sha256, &sha256) {
                return Err(error(
                    CarryFault::Program,
                    "what arrived on the node is not the program that was sent",
                    "look at what stands between: a scanner, a full disk; then put it there again with --push",
                ));
            }
            said = self.session(node, AskNode::new(far(left())?, place.program(), sha256.clone(), text))?;
        }
        if !same(&said.found, &sha256) {
            return Err(error(
                CarryFault::Program,
                &format!("this version of s2scert is not there: {}", place.program()),
                "put it there with --push, or by hand; its SHA-256 is the name of its folder",
            ));
        }
        read(&said, request)
    }

    fn session(&self, node: &Node, ask: AskNode) -> Result<FromNode, CarryError> {
        let patience = ask.far.patience;
        powershell::call(&*self.host.powershell, &*self.host.random, &ask)
            .map_err(|fault| carried(node, &fault, patience))
    }
}

/// Reads what the program of a node wrote.
fn read(said: &FromNode, request: &Request) -> Result<Answer, CarryError> {
    let bytes = said.lines.join("\n").into_bytes();
    if bytes.len() > MAX_ANSWER {
        return Err(answer::garbled(format!("what came back is longer than {MAX_ANSWER} octets, and no answer is")));
    }
    if bytes.trim_ascii().is_empty() {
        let words = answer::shown(said.errors.join(" ").as_bytes());
        let code = said.exit_code.map_or_else(|| "no exit code".to_owned(), |code| format!("exit code {code}"));
        let why = if words.is_empty() { code } else { words };
        return Err(CarryError {
            fault: CarryFault::Program,
            reached: true,
            why: format!("the program on the node gave no answer: {why}"),
            next:
                "look at the program there, and at what AppLocker or an antivirus says of it: s2scert explain applocker"
                    .to_owned(),
        });
    }
    answer::read(&bytes, request)
}

/// Returns a request as a text, in memory that is erased.
fn text_of(request: &Request) -> Result<Zeroizing<String>, CarryError> {
    let bytes = encoded(request)?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| text.is_ascii());
    let text = text.ok_or_else(|| {
        error(CarryFault::Unusable, "the request is not ASCII", "this is a fault of s2scert: tell its authors")
    })?;
    Ok(Zeroizing::new(text.trim_end().to_owned()))
}

/// Returns where the session is opened.
fn far(node: &Node, patience: Duration) -> Result<Far, CarryError> {
    let address = node.address.as_ref().map(ToString::to_string).ok_or_else(|| {
        error(
            CarryFault::Unusable,
            &format!("node {} has no address", node.name),
            "name it in farm.toml: address = \"HOST\"",
        )
    })?;
    if address.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Err(error(
            CarryFault::Unusable,
            &format!("Kerberos knows servers by name, and {address} is an address"),
            "name the server in farm.toml by its full name: address = \"crm-web-1.contoso.com\"",
        ));
    }
    if let Some(user) = &node.user {
        return Err(error(
            CarryFault::Unusable,
            &format!("a session by WinRM is that of whoever runs s2scert, and never that of {user}"),
            "take `user` out of farm.toml and run s2scert as that account",
        ));
    }
    Ok(Far { address, port: node.port, tls: node.port == Some(TLS_PORT), patience })
}

fn same(found: &str, wanted: &str) -> bool {
    found.eq_ignore_ascii_case(wanted)
}

/// What could not be put there leaves the question what came of it, and nothing of a request.
fn not_put(mut error: CarryError) -> CarryError {
    error.why = format!("the program cannot be put on the node: {}", error.why);
    error.reached = false;
    error
}

/// Tells what became of a request that brought no answer.
fn carried(node: &Node, failed: &CallError, patience: Duration) -> CarryError {
    let reached = !failed.nothing_done();
    let carry = |fault, reached, why: String, next: &str| CarryError { fault, reached, why, next: next.to_owned() };
    match &failed.fault {
        CallFault::Process(CommandError::NoPowerShell) => carry(
            CarryFault::Unusable,
            false,
            "WinRM goes out from Windows only, and this machine has no Windows PowerShell".to_owned(),
            &format!("run s2scert on a Windows machine, or there: {}", super::collect(node)),
        ),
        CallFault::Process(CommandError::Overran { .. }) => carry(
            CarryFault::Late,
            true,
            format!("no whole answer within {} seconds", patience.as_secs()),
            &format!("look what {} is doing, and ask again with a longer --deadline", node.name),
        ),
        CallFault::Process(CommandError::TooMuchOutput { limit, .. }) => {
            answer::garbled(format!("what came back is longer than {limit} octets, and no answer is"))
        }
        CallFault::Process(CommandError::NotStarted { .. }) => carry(
            CarryFault::Unusable,
            false,
            "Windows PowerShell cannot be started on this machine".to_owned(),
            "ask whether AppLocker or a policy of Windows refuses powershell.exe to this account",
        ),
        CallFault::Input(why) => carry(
            CarryFault::Unusable,
            false,
            format!("the request does not fit through PowerShell: {why}"),
            &format!("ask for less at once: at most {LIMIT_OF_INPUT} octets"),
        ),
        CallFault::Answer(AnswerError::LanguageMode) => carry(
            CarryFault::Unusable,
            false,
            "PowerShell on this machine runs in a constrained language mode".to_owned(),
            "let AppLocker or WDAC trust the caller's PowerShell, or run s2scert on the node itself",
        ),
        CallFault::Answer(AnswerError::Script(failure)) => scripted(node, failure, reached),
        other => {
            let mut error = answer::garbled(other.to_string());
            error.reached = reached;
            "look for a profile, a wrapper or a policy that changes what powershell.exe prints"
                .clone_into(&mut error.next);
            error
        }
    }
}

/// Tells an error of PowerShell itself.
fn scripted(node: &Node, failure: &ScriptFailure, reached: bool) -> CarryError {
    let words = answer::shown(failure.message.as_bytes());
    let address = node.address.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = failure.id.split(',').next().unwrap_or_default();
    if name == REFUSED {
        return error(
            CarryFault::Program,
            &format!("the program on the node cannot be started ({words})"),
            "look at what AppLocker or an antivirus says of it: s2scert explain applocker",
        );
    }
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, fault)| *fault);
    let fault = known.unwrap_or(if reached { CarryFault::Broken } else { CarryFault::Unreachable });
    let (what, next) = match fault {
        CarryFault::Denied => (
            format!("{address} does not let us in"),
            "give the account the right to remote management there: the group Remote Management Users or Administrators",
        ),
        CarryFault::Stranger => (
            format!("{address} does not prove by Kerberos that it is this server"),
            "look at the name, at the service principal name HTTP/HOST and at the clocks; never add it to TrustedHosts",
        ),
        CarryFault::Unusable => (
            format!("Kerberos knows servers by name, and {address} is none"),
            "name the server in farm.toml by its full name",
        ),
        CarryFault::Unreachable => (
            format!("nothing answers at {address}"),
            "look at the name, the firewall and the service WinRM: Test-WSMan NAME",
        ),
        _ => (
            "the session broke before an answer came".to_owned(),
            "look before anything is repeated: the node may have acted",
        ),
    };
    let why = if words.is_empty() { what } else { format!("{what} ({words})") };
    CarryError { fault, reached, why, next: next.to_owned() }
}
