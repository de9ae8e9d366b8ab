//! Reading what a person handed in: bytes from a path or stdin, opened with the passwords at hand.

use std::path::Path;

use jiff::Timestamp;

use super::passwords::{InputPasswords, Source};
use crate::cert::chain::{Found, SearchError, Wanted, find};
use crate::cert::container::{self, ContainerError, ContainerKind, Content, Contents, Item};
use crate::cert::pfx::{Outline, Pfx};
use crate::cert::{Certificate, KeyPair, Password};
use crate::error::{Error, Kind, Result};
use crate::ports::Host;

/// One file as it was read.
#[derive(Debug)]
pub struct Input {
    contents: Contents,
    outline: Option<Outline>,
    size: usize,
    tried: bool,
}

/// The option of a command that only reads.
pub const PASSWORD: &str = "--password-file FILE";
/// The option of a command that reads and writes.
pub const IN_PASSWORD: &str = "--in-password-file FILE";

/// Returns whether the path means stdin.
pub fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a file with the passwords given. What stays locked is part of the result.
///
/// # Errors
/// When the file cannot be read, or is nothing that holds certificates or keys.
pub fn read(host: &Host, path: &Path, passwords: &[Password]) -> Result<Input> {
    let bytes = bytes(host, path)?;
    Input::of_bytes(path, &bytes, passwords)
}

/// As [`read`], and asks a person for the password where none was named and something is locked.
///
/// # Errors
/// As [`read`]; and when the terminal fails.
pub fn read_asking(host: &Host, path: &Path, passwords: &mut InputPasswords) -> Result<Input> {
    let bytes = bytes(host, path)?;
    let input = Input::of_bytes(path, &bytes, passwords.known())?;
    if input.is_locked() && passwords.ask(host, path)? {
        return Input::of_bytes(path, &bytes, passwords.known());
    }
    Ok(input)
}

/// Reads the one private key of a file.
///
/// # Errors
/// As [`read`]; and when there is no key, more than one, or it stays locked.
pub fn read_key(host: &Host, path: &Path, sources: &[Source]) -> Result<KeyPair> {
    let mut passwords = InputPasswords::collect(host, sources)?;
    let input = read_asking(host, path, &mut passwords)?;
    if let Some(error) = input.locked_error(path, IN_PASSWORD) {
        return Err(error);
    }
    let mut keys = input.keys();
    match keys.len() {
        1 => Ok(keys.remove(0)),
        0 => Err(Error::new(Kind::Unreadable, "there is no private key in this file").at(path.display())),
        count => {
            Err(Error::new(Kind::Unreadable, format!("there are {count} private keys in this file; one is wanted"))
                .at(path.display()))
        }
    }
}

fn bytes(host: &Host, path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>> {
    let limit = container::MAX_SIZE as u64;
    Ok(if is_stdin(path) { host.files.read_stdin(limit)? } else { host.files.read(path, limit)? })
}

/// Returns whether an error only says that a file is something else than certificates or keys.
pub fn is_foreign(error: &Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<ContainerError>());
    matches!(
        cause,
        Some(
            ContainerError::Empty
                | ContainerError::Foreign { .. }
                | ContainerError::NoBlock { .. }
                | ContainerError::Unknown { .. }
                | ContainerError::Zeros { .. }
        )
    )
}

impl Input {
    /// Opens what was read.
    ///
    /// # Errors
    /// When it is nothing that holds certificates or keys, or damaged.
    pub fn of_bytes(path: &Path, bytes: &[u8], passwords: &[Password]) -> Result<Self> {
        let contents = container::read(bytes, passwords)
            .map_err(|e| Error::new(Kind::Unreadable, "the file cannot be used").at(path.display()).because(e))?;
        let outline = match (&contents.pfx, contents.kind) {
            (Some(pfx), _) => Some(pfx.outline()),
            (None, ContainerKind::Pfx) => Outline::read(bytes).ok(),
            (None, _) => None,
        };
        Ok(Self { contents, outline, size: bytes.len(), tried: !passwords.is_empty() })
    }

    /// Returns what the file is as a whole.
    pub fn kind(&self) -> ContainerKind {
        self.contents.kind
    }

    /// Returns its size in octets.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Returns the items in the order of the file.
    pub fn items(&self) -> &[Item] {
        &self.contents.items
    }

    /// Returns the opened PFX, where the file is one.
    pub fn pfx(&self) -> Option<&Pfx> {
        self.contents.pfx.as_ref()
    }

    /// Returns the structure of the PFX, opened or not.
    pub fn outline(&self) -> Option<&Outline> {
        self.outline.as_ref()
    }

    /// Returns the certificates in order.
    pub fn certificates(&self) -> Vec<Certificate> {
        self.contents.certificates().cloned().collect()
    }

    /// Returns the private keys in order.
    pub fn keys(&self) -> Vec<KeyPair> {
        self.contents.keys().map(|file| file.key.clone()).collect()
    }

    /// Returns whether something stayed locked.
    pub fn is_locked(&self) -> bool {
        self.contents.locked().next().is_some()
    }

    /// Returns what to say when something stayed locked.
    ///
    /// `source` is the option with which this command is told the password of a file that it reads.
    pub fn locked_error(&self, path: &Path, source: &str) -> Option<Error> {
        let locked = self.contents.locked().next()?;
        let how = locked.encryption.as_ref().map_or_else(String::new, |how| format!(" ({how})"));
        let error = if self.tried {
            Error::new(Kind::Unreadable, format!("no password that was given opens the {}{how}", locked.what))
                .hint("passwords are case-sensitive; a file from another system may hold a space or line end too many")
                .hint(
                    "a file that was altered or damaged on its way looks the same: ask who sent it for its SHA-256 and \
                     compare",
                )
        } else {
            Error::new(Kind::Usage, format!("the {}{how} needs a password, and none was given", locked.what))
                .hint(format!("name its source: {source}"))
        };
        Some(error.at(path.display()))
    }

    /// Returns why there is no certificate to look at.
    pub fn why_empty(&self) -> Error {
        let holds = |wanted: fn(&Content) -> bool| self.items().iter().any(|item| wanted(&item.content));
        let what = if holds(|content| matches!(content, Content::Csr(_))) {
            "holds a signing request, no certificate"
        } else if holds(|content| matches!(content, Content::Key(_))) {
            "holds a private key only, no certificate"
        } else {
            "holds no certificate"
        };
        Error::new(Kind::Unreadable, what)
    }
}

/// What several files hold together.
#[derive(Debug, Default)]
pub struct Gathered {
    /// All certificates, with duplicates.
    pub certificates: Vec<Certificate>,
    /// The distinct private keys.
    pub keys: Vec<KeyPair>,
    /// Every item, for the attributes that stand with it.
    pub items: Vec<Item>,
    /// What was passed over, and where.
    pub passed_over: Vec<String>,
}

/// A key and the chain of its certificate, as found in what was handed in.
#[derive(Debug)]
pub struct Choice {
    /// The chain and how it was found.
    pub found: Found,
    /// The key of the leaf.
    pub key: Option<KeyPair>,
}

impl Gathered {
    /// Adds what a file holds.
    pub fn add(&mut self, path: &Path, input: Input) {
        for item in &input.contents.items {
            match &item.content {
                Content::Certificate(certificate) => self.certificates.push(certificate.clone()),
                Content::Key(file) => {
                    if !self.keys.iter().any(|key| key.public_key() == file.key.public_key()) {
                        self.keys.push(file.key.clone());
                    }
                }
                Content::Csr(_) => self.passed_over.push(format!("{}: a signing request", path.display())),
                Content::PassedOver(what) => self.passed_over.push(format!("{}: {what}", path.display())),
                Content::Locked(_) => {}
            }
        }
        self.items.extend(input.contents.items);
    }

    /// Chooses leaf and chain: by the thumbprint where one is named, else by the key.
    ///
    /// # Errors
    /// When the leaf cannot be told, or several keys compete.
    pub fn choose(&self, leaf: Option<&str>, now: Timestamp) -> Result<Choice> {
        let leaf = leaf.map(|text| self.named(text)).transpose()?;
        let key = match leaf {
            Some(leaf) => self.keys.iter().find(|key| key.public_key().bits() == leaf.public_key().bits()),
            None => self.only_key()?,
        };
        let wanted = Wanted { key: key.map(KeyPair::public_key), leaf: leaf.map(Certificate::thumbprint) };
        let found = find(&self.certificates, &wanted, now).map_err(no_chain)?;
        Ok(Choice { found, key: key.cloned() })
    }

    /// Returns the key to use where no leaf is named: the only one, or the only one that has a certificate.
    fn only_key(&self) -> Result<Option<&KeyPair>> {
        let has_certificate = |key: &&KeyPair| {
            self.certificates.iter().any(|certificate| certificate.public_key().bits() == key.public_key().bits())
        };
        let paired: Vec<&KeyPair> = self.keys.iter().filter(has_certificate).collect();
        match (paired.as_slice(), self.keys.as_slice()) {
            (_, []) => Ok(None),
            ([only], _) => Ok(Some(*only)),
            ([], [only]) => Ok(Some(only)),
            ([], several) => Err(Error::new(
                Kind::Unreadable,
                format!("none of the {} private keys has its certificate here", several.len()),
            )),
            (several, _) => Err(Error::new(
                Kind::Usage,
                format!("{} private keys have a certificate here; choose one by --leaf THUMBPRINT", several.len()),
            )
            .hint("see the thumbprints: s2scert inspect FILE")),
        }
    }

    /// Finds the certificate that a person named by SHA-1 or SHA-256, with or without separators.
    fn named(&self, text: &str) -> Result<&Certificate> {
        let wanted: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        self.certificates
            .iter()
            .find(|one| one.thumbprint().to_string() == wanted || one.fingerprint().to_string() == wanted)
            .ok_or_else(|| {
                Error::new(Kind::Unreadable, "no certificate in what was handed in has this thumbprint")
                    .at(text)
                    .hint("see the thumbprints: s2scert inspect FILE")
            })
    }
}

fn no_chain(error: SearchError) -> Error {
    let kind = match error {
        SearchError::SeveralLeaves { .. } => Kind::Usage,
        _ => Kind::Unreadable,
    };
    let hint = matches!(error, SearchError::SeveralLeaves { .. });
    let error = Error::new(kind, "the certificate that is meant cannot be told").because(error);
    if hint { error.hint("name it: --leaf THUMBPRINT") } else { error }
}
