//! Where passwords come from: files, environment, stdin, programs, and at last the terminal. Never an argument.

use std::path::{Path, PathBuf};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::cert::Password;
use crate::cert::text;
use crate::error::{Error, Kind, Result};
use crate::ports::{CommandLimits, Host};

/// The most that is read from a file, stdin or program for one password: far above any real one.
const MAX_PASSWORD_INPUT: u64 = 64 * 1024;

/// How long a password program may take. A person may have to touch a token.
const COMMAND_DEADLINE: Duration = Duration::from_secs(60);

/// One place that holds a password.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The first line of a file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// The first line of stdin.
    Stdin,
    /// The first line that a program prints.
    Command {
        /// The program and its arguments. Split at spaces, double quotes keep spaces together.
        line: String,
        /// The variables that it does not get: all that the command line names as holding a password.
        hidden: Vec<String>,
    },
    /// As [`Source::Command`], in words that are split already.
    Program {
        /// The program and its arguments.
        argv: Vec<String>,
        /// The variables that it does not get.
        hidden: Vec<String>,
    },
}

/// Where the password of what is written comes from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutSource {
    /// It exists somewhere.
    From(Source),
    /// It is made, and written to this file.
    Generate(PathBuf),
    /// A person types it, twice.
    Ask,
}

/// The passwords that are tried on an input.
#[derive(Debug, Default)]
pub struct InputPasswords {
    known: Vec<Password>,
    named: bool,
}

impl InputPasswords {
    /// Reads all sources, in order.
    ///
    /// # Errors
    /// The first source that cannot be read.
    pub fn collect(host: &Host, sources: &[Source]) -> Result<Self> {
        let known = sources.iter().map(|source| read(host, source)).collect::<Result<Vec<_>>>()?;
        Ok(Self { named: !known.is_empty(), known })
    }

    /// Returns the passwords to try.
    pub fn known(&self) -> &[Password] {
        &self.known
    }

    /// Adds the password of the output where no source was named for the input: one password for both is common, and it is
    /// tried before a person is asked.
    pub fn or_that_of_the_output(&mut self, password: Option<&Password>) {
        if let (false, Some(password)) = (self.named, password) {
            self.also(password.clone());
        }
    }

    fn also(&mut self, password: Password) {
        if !self.known.contains(&password) {
            self.known.push(password);
        }
    }

    /// Returns whether the command line named a source.
    pub fn are_named(&self) -> bool {
        self.named
    }

    /// Asks a person for the password of `file`, where none was named and there is a terminal. Returns whether there is
    /// something new to try.
    ///
    /// # Errors
    /// When the terminal fails or the person breaks off.
    pub fn ask(&mut self, host: &Host, file: &Path) -> Result<bool> {
        if self.named {
            return Ok(false);
        }
        let Some(password) = prompt(host, &format!("Password of {}: ", file.display()))? else { return Ok(false) };
        let new = !self.known.contains(&password);
        self.also(password);
        Ok(new)
    }
}

/// Returns the password for what is written where it exists somewhere. It is read before the input, on which it is tried
/// too. One that is made or typed comes after the input has been opened: nobody is to invent a password for a file that
/// cannot be written.
///
/// # Errors
/// As [`for_output`].
pub fn at_hand(host: &Host, source: &OutSource, what: &Path) -> Result<Option<Password>> {
    match source {
        OutSource::From(_) => for_output(host, source, what).map(Some),
        OutSource::Generate(_) | OutSource::Ask => Ok(None),
    }
}

/// Returns the password for what is written. A generated one is returned with it; the caller writes its file together
/// with the others, so that all appear or none.
///
/// # Errors
/// [`Kind::Usage`] where there is no source and no terminal, where two typed passwords differ, or where it is empty.
pub fn for_output(host: &Host, source: &OutSource, what: &Path) -> Result<Password> {
    let password = match source {
        OutSource::From(source) => read(host, source)?,
        OutSource::Generate(_) => {
            let mut octets = Zeroizing::new([0; 16]);
            host.random
                .fill(&mut *octets)
                .map_err(|e| Error::new(Kind::Internal, "the system has no random numbers to give").because(e))?;
            Password::generate(&octets)
        }
        OutSource::Ask => ask_twice(host, what)?,
    };
    if password.is_empty() {
        return Err(Error::new(Kind::Usage, "the password is empty, so it would protect nothing")
            .at(what.display())
            .hint("use --generate-password-to FILE to have one made"));
    }
    Ok(password)
}

/// Returns the files from which passwords are read: no output may take the place of one.
pub fn files<'a>(sources: &'a [Source], output: &'a OutSource) -> impl Iterator<Item = PathBuf> + 'a {
    let output = match output {
        OutSource::From(source) => Some(source),
        OutSource::Generate(_) | OutSource::Ask => None,
    };
    sources.iter().chain(output).filter_map(|source| match source {
        Source::File(path) => Some(path.clone()),
        Source::Environment(_) | Source::Stdin | Source::Command { .. } | Source::Program { .. } => None,
    })
}

/// Refuses a command line on which two things want stdin, which can be read once.
///
/// # Errors
/// [`Kind::Usage`], naming the two.
pub fn refuse_second_reader_of_stdin(readers: &[(&str, bool)]) -> Result<()> {
    let mut wanting = readers.iter().filter(|(_, wants)| *wants).map(|(name, _)| *name);
    match (wanting.next(), wanting.next()) {
        (Some(first), Some(second)) => {
            Err(Error::new(Kind::Usage, format!("{first} and {second} both read stdin, which can be read once"))
                .hint("put one of them into a file"))
        }
        _ => Ok(()),
    }
}

fn read(host: &Host, source: &Source) -> Result<Password> {
    match source {
        Source::File(path) => {
            let bytes = host
                .files
                .read(path, MAX_PASSWORD_INPUT)
                .map_err(|e| Error::from(e).hint("a password file holds the password in its first line"))?;
            first_line(&bytes, &path.display().to_string())
        }
        Source::Environment(name) => match host.environment.var(name) {
            Ok(Some(value)) => Ok(Password::new(value)),
            Ok(None) => Err(Error::new(Kind::Usage, "the environment variable is not set").at(name)),
            Err(e) => Err(Error::new(Kind::Usage, "the password cannot be read").at(name).because(e)),
        },
        Source::Stdin => {
            let bytes = host.files.read_stdin(MAX_PASSWORD_INPUT)?;
            if bytes.is_empty() {
                return Err(Error::new(Kind::Usage, "no password came on stdin").at("stdin"));
            }
            first_line(&bytes, "stdin")
        }
        Source::Command { line, hidden } => output_of(host, &split_command(line)?, hidden),
        Source::Program { argv, hidden } => output_of(host, argv, hidden),
    }
}

/// Returns the secret that one source holds.
///
/// # Errors
/// When it cannot be read.
pub fn read_one(host: &Host, source: &Source) -> Result<Password> {
    read(host, source)
}

fn output_of(host: &Host, argv: &[String], hidden: &[String]) -> Result<Password> {
    let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
    let limits = CommandLimits { output: MAX_PASSWORD_INPUT, deadline: COMMAND_DEADLINE, hidden_variables: &hidden };
    let output = host.commands.secret_output(argv, limits).map_err(|e| {
        Error::new(Kind::Unreadable, "the password program gave no password")
            .because(e)
            .hint("run it by hand: it must print the password in its first line and end with exit code 0")
    })?;
    first_line(&output, argv.first().map_or("", String::as_str))
}

fn first_line(bytes: &[u8], place: &str) -> Result<Password> {
    text::first_line(bytes)
        .map_err(|e| Error::new(Kind::Unreadable, "the password cannot be read").at(place).because(e))
}

fn prompt(host: &Host, text: &str) -> Result<Option<Password>> {
    host.terminal.prompt_secret(text).map_err(|e| Error::new(Kind::Usage, "no password was typed").because(e))
}

fn ask_twice(host: &Host, what: &Path) -> Result<Password> {
    let missing = || {
        Error::new(Kind::Usage, "a password is needed, and there is no terminal to ask on")
            .at(what.display())
            .hint("--generate-password-to FILE makes one; --password-file FILE reads one")
            .hint("a password is never taken from the command line itself, where every user could see it")
    };
    let first = prompt(host, &format!("New password for {}: ", what.display()))?.ok_or_else(missing)?;
    let second = prompt(host, "The same again: ")?.ok_or_else(missing)?;
    if first != second {
        return Err(Error::new(Kind::Usage, "the two passwords differ; nothing was written").at(what.display()));
    }
    Ok(first)
}

/// Splits a command at spaces. Double quotes keep spaces together; a backslash is a plain character, as in Windows paths.
fn split_command(text: &str) -> Result<Vec<String>> {
    let mut argv = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for character in text.chars() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' | '\t' if !quoted => argv.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    if quoted {
        return Err(Error::new(Kind::Usage, "a double quote is not closed").at("--password-command"));
    }
    argv.extend(word);
    if argv.is_empty() {
        return Err(Error::new(Kind::Usage, "no program is named").at("--password-command"));
    }
    Ok(argv)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake_host::FakeHost;

    #[test]
    fn a_command_is_split_at_spaces_outside_quotes_and_backslashes_stay() {
        for (text, expected) in [
            ("pass show s2s", vec!["pass", "show", "s2s"]),
            (r#""C:\Program Files\vault.exe" get  s2s"#, vec![r"C:\Program Files\vault.exe", "get", "s2s"]),
            (r#"vault "" x"y z""#, vec!["vault", "", "xy z"]),
        ] {
            assert_eq!(split_command(text).ok().as_deref(), Some(&expected.map_strings()[..]), "{text}");
        }
        for text in ["", "  ", "a \"b"] {
            assert_eq!(split_command(text).map_err(|e| e.kind()), Err(Kind::Usage), "{text}");
        }
    }

    #[test]
    fn two_readers_of_stdin_are_refused_by_name() {
        assert!(refuse_second_reader_of_stdin(&[("a", true), ("b", false)]).is_ok());
        let error = refuse_second_reader_of_stdin(&[("IN -", true), ("x", false), ("--password-stdin", true)]);
        assert_eq!(
            error.map_err(|e| e.to_string()),
            Err("IN - and --password-stdin both read stdin, which can be read once".to_owned())
        );
    }

    #[test]
    fn a_new_password_is_typed_twice_and_the_two_must_be_one() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap_or_default();
        let cases: [(&[&str], Result<&str, &str>); 5] = [
            (&["Geheim-1", "Geheim-1"], Ok("Geheim-1")),
            (&["Geheim-1", "Geheim-2"], Err("s2s.pfx: the two passwords differ; nothing was written")),
            (&["", ""], Err("s2s.pfx: the password is empty, so it would protect nothing")),
            (&["Geheim-1"], Err("no password was typed")),
            (&[], Err("s2s.pfx: a password is needed, and there is no terminal to ask on")),
        ];
        for (typed, expected) in cases {
            let machine = FakeHost::new(now, 1);
            let machine = if typed.is_empty() { machine } else { machine.with_answers(typed) };
            let answer = for_output(&machine.host(), &OutSource::Ask, Path::new("s2s.pfx"));
            let answer = answer.map(|password| password.expose().to_owned());
            assert!(!matches!(&answer, Err(e) if e.kind() != Kind::Usage), "{typed:?}");
            assert_eq!(
                answer.map_err(|e| e.to_string()),
                expected.map(str::to_owned).map_err(str::to_owned),
                "{typed:?}"
            );
        }
    }

    trait Strings {
        fn map_strings(&self) -> Vec<String>;
    }

    impl Strings for Vec<&str> {
        fn map_strings(&self) -> Vec<String> {
            self.iter().map(|text| (*text).to_owned()).collect()
        }
    }
}
