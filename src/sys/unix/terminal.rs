//! The terminal on Unix.

#![expect(clippy::disallowed_methods, reason = "the edge at which the terminal is opened")]

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// The process's own terminal, whatever its standard streams are.
const CONTROLLING_TERMINAL: &str = "/dev/tty";
/// What Ctrl-C sends to a terminal that makes no signal of it.
const INTERRUPT: u8 = 3;

/// Returns the width in columns of the terminal behind standard output or, failing that, standard error.
pub(crate) fn width() -> Option<u16> {
    let size = tcgetwinsize(io::stdout()).or_else(|_| tcgetwinsize(io::stderr())).ok()?;
    Some(size.ws_col).filter(|&columns| columns > 0)
}

/// Asks for a line on the controlling terminal without echo; returns nothing where there is none.
///
/// # Errors
/// `Other` when the person breaks off, or that of the terminal.
pub(crate) fn ask(text: &str) -> io::Result<Option<String>> {
    // Without a terminal of its own (a service, a scheduled job) the process cannot open it.
    let Ok(terminal) = OpenOptions::new().read(true).write(true).open(CONTROLLING_TERMINAL) else { return Ok(None) };
    let mut quiet = Quiet::new(terminal)?;
    quiet.terminal.write_all(text.as_bytes())?;
    let typed = Typed(quiet.terminal.try_clone()?);
    let line = read_password_with_config(ConfigBuilder::new().input_reader(typed).output_discard().build());
    quiet.terminal.write_all(b"\n")?;
    line.map(Some)
}

/// A terminal without echo, until it is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut modes = before.clone();
        // Keys come as they are struck, are not shown, and make no signal: it would end us before the echo is back.
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Now, &modes)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // Where the terminal is gone there is no echo to bring back.
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
    }
}

/// What is typed, up to Ctrl-C.
struct Typed(File);

impl Read for Typed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        if buffer[..count].contains(&INTERRUPT) {
            return Err(io::Error::other("interrupted"));
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
    #![expect(clippy::disallowed_methods, reason = "the tests start themselves on a terminal")]

    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};

    use super::super::super::host;
    use crate::ports::Stream;

    const ON_A_TERMINAL: &str = "S2SCERT_TEST_ON_A_TERMINAL";

    /// Starts the calling test once more, on a terminal that `tool` makes and with the shell text around it, where it finds
    /// [`is_second_process`]; nothing where the tool is missing.
    fn ask_by(test: &str, tool: &[&str], before: &str, after: &str) -> Option<Child> {
        let this = std::env::current_exe().unwrap();
        let test =
            format!("{before} '{}' --exact sys::os::terminal::tests::{test} --nocapture {after}", this.display());
        let started = Command::new(tool[0])
            .args(&tool[1..])
            .arg(&test)
            .env(ON_A_TERMINAL, "1")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        if started.is_err() {
            println!("skipped: {} not found", tool[0]);
            assert!(std::env::var_os("S2SCERT_REQUIRE_TOOLS").is_none_or(|value| value != "1"), "{tool:?} not found");
        }
        started.ok()
    }

    fn is_second_process() -> bool {
        std::env::var_os(ON_A_TERMINAL).is_some()
    }

    /// What the second process does.
    fn ask_for_a_secret() {
        let terminal = host().terminal;
        println!("width: {:?}", terminal.width());
        println!("terminal: {} colour: {}", terminal.is_terminal(Stream::Stdout), terminal.wants_color(Stream::Stdout));
        match terminal.prompt_secret("Password of s2s.pfx: ") {
            Ok(Some(secret)) => println!("answer: {} characters, {}", secret.expose().len(), secret.is_ascii()),
            other => println!("answer: {other:?}"),
        }
    }

    /// Types `typed` when the prompt has come, and returns all that the terminal showed.
    fn converse(mut child: Child, typed: &str) -> String {
        let (mut shown, mut octet) = (Vec::new(), [0]);
        let mut stdout = child.stdout.take().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        while !shown.ends_with(b"s2s.pfx: ") {
            assert_eq!(stdout.read(&mut octet).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
            shown.push(octet[0]);
        }
        stdin.write_all(typed.as_bytes()).unwrap();
        stdout.read_to_end(&mut shown).unwrap();
        child.wait().unwrap();
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_secret_is_asked_for_on_the_terminal_without_echo_even_when_streams_lead_elsewhere() {
        if is_second_process() {
            return ask_for_a_secret();
        }
        let test = "a_secret_is_asked_for_on_the_terminal_without_echo_even_when_streams_lead_elsewhere";
        for after in ["", "</dev/null"] {
            let Some(child) = ask_by(test, &["script", "-q", "/dev/null", "-c"], "stty cols 97;", after) else {
                return;
            };
            let shown = converse(child, "contoso-canary\r");
            assert!(shown.contains("width: Some(97)"), "{shown}");
            assert!(shown.contains("terminal: true colour: true"), "{shown}");
            assert!(shown.contains("answer: 14 characters, true"), "{shown}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn ctrl_c_at_the_prompt_is_an_error_and_the_echo_comes_back() {
        if is_second_process() {
            return ask_for_a_secret();
        }
        let test = "ctrl_c_at_the_prompt_is_an_error_and_the_echo_comes_back";
        let Some(child) = ask_by(test, &["script", "-q", "/dev/null", "-c"], "", "; stty -a") else { return };
        let shown = converse(child, "contoso-canary\u{3}");
        assert!(shown.contains("answer: Err") && shown.contains("interrupted"), "{shown}");
        assert!(shown.contains(" echo ") && shown.contains("isig icanon"), "{shown}");
        assert!(!shown.contains("-isig") && !shown.contains("canary"), "{shown}");
    }

    #[test]
    fn without_a_terminal_nobody_is_asked() {
        if is_second_process() {
            return ask_for_a_secret();
        }
        let Some(child) = ask_by("without_a_terminal_nobody_is_asked", &["setsid", "--wait", "sh", "-c"], "", "")
        else {
            return;
        };
        let output = child.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(shown.contains("width: None"), "{shown}");
        assert!(shown.contains("terminal: false colour: false"), "{shown}");
        assert!(shown.contains("answer: Ok(None)"), "{shown}");
    }
}
