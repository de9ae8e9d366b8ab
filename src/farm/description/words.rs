//! Single values of farm.toml. A text becomes a type here, once, and no later code looks at its form again.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cert::Fingerprint;
use crate::cert::name::SubjectName;
use crate::farm::reading::shown;

/// The longest name, as that of a host in NetBIOS and DNS labels.
const MAX_NAME: usize = 63;
/// The longest free text on one line.
const MAX_LABEL: usize = 200;
/// The longest host name (RFC 1035 section 2.3.4, without the root).
const MAX_HOST: usize = 253;
/// The longest URL that is taken.
const MAX_URL: usize = 2048;
/// The most words of a command, and the longest of them.
const MAX_ARGUMENTS: (usize, usize) = (32, 1024);

/// Why a text is not such a value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct WordError(String);

/// Makes a text type that is read through its `parse` and written as it was.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = WordError;

            fn try_from(text: String) -> Result<Self, WordError> {
                Self::fault(&text).map_or(Ok(Self(text)), |fault| Err(WordError(fault)))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// A name by which other parts of the file refer to this one: letters, digits, `.`, `-`, `_`; it begins with a letter or
    /// digit. Letter case makes no difference between two names.
    Name
}

text_type! {
    /// One line of text for people.
    Label
}

text_type! {
    /// A host: a DNS name, an IPv4 or an IPv6 address. No port, no user, no option.
    Address
}

text_type! {
    /// A folder on a server, as a whole path: /opt/s2scert, or C:\PROGRA~1\s2scert. Of letters, digits, `.`, `-`, `_` and `~`
    /// only, so that every shell reads it as it stands.
    Folder
}

text_type! {
    /// An http or https address without user name, fragment or spaces.
    Url
}

text_type! {
    /// The subject of certificates as RFC 4514 text; {g} stands for the generation.
    Subject
}

text_type! {
    /// The SHA-256 of a certificate: 64 hexadecimal digits, with or without colons.
    Pin
}

text_type! {
    /// A SHA-256: 64 hexadecimal digits, with or without colons.
    Sha256
}

text_type! {
    /// A distance from UTC: +01:00, -05:30.
    Offset
}

text_type! {
    /// A time zone by its name in the IANA database: Europe/Paris. It follows summer time.
    Zone
}

impl Name {
    fn fault(text: &str) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let fits =
            text.len() <= MAX_NAME && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(plain);
        (!fits).then(|| {
            format!(
                "{:?} is no name: letters, digits, '.', '-' and '_', at most {MAX_NAME}, a letter or digit first",
                shown(text)
            )
        })
    }

    /// Returns the form in which two names are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl Label {
    fn fault(text: &str) -> Option<String> {
        let fits = !text.trim().is_empty() && text.chars().count() <= MAX_LABEL && !text.chars().any(char::is_control);
        (!fits).then(|| format!("a text here is one line of 1 to {MAX_LABEL} characters"))
    }
}

impl Address {
    fn fault(text: &str) -> Option<String> {
        let host = is_host(text) || text.parse::<Ipv6Addr>().is_ok();
        (!host).then(|| {
            format!(
                "{:?} is no host: a DNS name such as crm-web-1.contoso.com, or an IP address; no port and no user",
                shown(text)
            )
        })
    }

    /// Returns the form in which two addresses are compared.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.parse::<Ipv6Addr>().map_or_else(|_| self.0.to_ascii_lowercase(), |address| address.to_string())
    }
}

/// Labels of letters, digits and inner hyphens, so that nothing can look like an option or a path.
fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=MAX_NAME).contains(&label.len())
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // What ends in a number is an address (the URL standard), and then has four numbers of one octet.
    let numeric = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit()));
    text.len() <= MAX_HOST && text.split('.').all(label) && (!numeric || text.parse::<std::net::Ipv4Addr>().is_ok())
}

impl Folder {
    fn fault(text: &str) -> Option<String> {
        let plain = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~'))
                && !part.starts_with(['-', '~'])
                && part != "."
                && part != ".."
        };
        let parts = |path: &str, separator| path.split(separator).all(plain);
        let drive = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
        let fits = text.len() <= MAX_LABEL
            && (text.strip_prefix('/').is_some_and(|rest| parts(rest, '/'))
                || text.get(1..).and_then(|rest| rest.strip_prefix(":\\")).is_some_and(|rest| parts(rest, '\\'))
                    && drive(text));
        (!fits).then(|| {
            format!(
                "{:?} is no folder that every shell reads alike: a whole path of letters, digits, '.', '-', '_' and '~' \
                 such as C:\\PROGRA~1\\s2scert; for a name with a space take its short form (dir /x)",
                shown(text)
            )
        })
    }

    /// Returns whether it is a folder of a server that is not Windows.
    #[must_use]
    pub fn is_posix(&self) -> bool {
        self.0.starts_with('/')
    }
}

impl Url {
    fn fault(text: &str) -> Option<String> {
        let fits = text.len() <= MAX_URL
            && text.bytes().all(|octet| {
                octet.is_ascii_graphic()
                    && !matches!(octet, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#')
            })
            && Self::parts(text).is_some_and(|(_, authority, _)| {
                let (host, port) = match authority.rsplit_once(':') {
                    Some((host, port)) if !port.contains(']') => (host, port),
                    _ => (authority, "443"),
                };
                let literal = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
                let host = literal.map_or_else(|| is_host(host), |inner| inner.parse::<Ipv6Addr>().is_ok());
                host && port.parse::<u16>().is_ok_and(|port| port > 0)
            });
        (!fits).then(|| {
            format!(
                "{:?} is no address of a web page: https://HOST/PATH, without user name, fragment or spaces",
                shown(text)
            )
        })
    }

    /// Splits into scheme, authority, and everything behind.
    fn parts(text: &str) -> Option<(&str, &str, &str)> {
        let (scheme, rest) = text.split_once("://")?;
        let known = ["http", "https"].iter().any(|one| scheme.eq_ignore_ascii_case(one));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        known.then(|| (scheme, &rest[..end], &rest[end..]))
    }

    /// Returns the port, 443 where none stands there.
    #[must_use]
    pub fn port(&self) -> u16 {
        let authority = Self::parts(&self.0).map_or("", |(_, authority, _)| authority);
        let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
        port.and_then(|port| port.parse().ok()).unwrap_or(443)
    }

    /// Returns whether the answer comes over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        Self::parts(&self.0).is_some_and(|(scheme, ..)| scheme.eq_ignore_ascii_case("https"))
    }

    /// Returns the value of the first query parameter with this name, letter case passed over.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.0.split_once('?')?;
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Returns the form in which two addresses are compared: scheme and host without letter case.
    #[must_use]
    pub fn folded(&self) -> String {
        match Self::parts(&self.0) {
            Some((scheme, authority, rest)) => {
                format!("{}://{}{rest}", scheme.to_ascii_lowercase(), authority.to_ascii_lowercase())
            }
            None => self.0.clone(),
        }
    }
}

impl Subject {
    fn fault(text: &str) -> Option<String> {
        SubjectName::parse(text).err().map(|error| format!("no subject: {error}"))
    }

    /// Returns the template; nothing where the text is none, which the reading has excluded.
    #[must_use]
    pub fn template(&self) -> Option<SubjectName> {
        SubjectName::parse(&self.0).ok()
    }
}

impl Pin {
    fn fault(text: &str) -> Option<String> {
        let fits = text.len() <= MAX_LABEL && Fingerprint::parse(text).is_some();
        (!fits).then(|| format!("{:?} is no SHA-256 of a certificate: 64 hexadecimal digits", shown(text)))
    }

    /// Returns the hash; nothing where the text is none, which the reading has excluded.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(&self.0)
    }
}

impl Sha256 {
    fn fault(text: &str) -> Option<String> {
        let fits = text.len() <= MAX_LABEL && Fingerprint::parse(text).is_some();
        (!fits).then(|| format!("{:?} is no SHA-256: 64 hexadecimal digits", shown(text)))
    }

    /// Returns whether it is that of these octets.
    #[must_use]
    pub fn is_of(&self, octets: &[u8]) -> bool {
        Fingerprint::parse(&self.0) == Some(Fingerprint::of(octets))
    }
}

impl Offset {
    fn fault(text: &str) -> Option<String> {
        let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u8>().ok()).flatten();
        let fits = text
            .strip_prefix(['+', '-'])
            .and_then(|rest| rest.split_once(':'))
            .and_then(|(hours, minutes)| Some((digits(hours)?, digits(minutes)?)))
            .is_some_and(|(hours, minutes)| hours <= 14 && minutes < 60);
        (!fits).then(|| format!("{:?} is no distance from UTC; write it as +01:00", shown(text)))
    }
}

impl Offset {
    /// Returns the distance.
    #[must_use]
    pub fn distance(&self) -> jiff::tz::Offset {
        // The form is that of `fault`: a sign, two digits, a colon, two digits.
        let number = |part: Option<&str>| part.and_then(|digits| digits.parse::<i32>().ok()).unwrap_or(0);
        let seconds = number(self.0.get(1..3)) * 3600 + number(self.0.get(4..6)) * 60;
        let signed = if self.0.starts_with('-') { -seconds } else { seconds };
        jiff::tz::Offset::from_seconds(signed).unwrap_or(jiff::tz::Offset::UTC)
    }
}

impl Zone {
    fn fault(text: &str) -> Option<String> {
        let known = text.len() <= MAX_NAME && TimeZoneDatabase::bundled().get(text).is_ok();
        (!known).then(|| format!("{:?} is no time zone of the IANA database; write it as Europe/Paris", shown(text)))
    }

    /// Returns the rules of the zone. They come with the program, so that they are the same on every machine.
    #[must_use]
    pub fn rules(&self) -> TimeZone {
        TimeZoneDatabase::bundled().get(&self.0).unwrap_or(TimeZone::UTC)
    }
}

impl Default for Offset {
    fn default() -> Self {
        Self("+00:00".to_owned())
    }
}

/// A program and its arguments. No shell reads it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
#[schemars(with = "Vec<String>")]
pub struct ArgumentList(Vec<String>);

impl ArgumentList {
    /// Returns the words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for ArgumentList {
    type Error = WordError;

    fn try_from(words: Vec<String>) -> Result<Self, WordError> {
        let (most, longest) = MAX_ARGUMENTS;
        let fits = (1..=most).contains(&words.len())
            && words.first().is_some_and(|program| !program.is_empty())
            && words.iter().all(|word| word.len() <= longest && !word.contains('\0'));
        let why = || {
            WordError(format!(
                "a command has 1 to {most} words of at most {longest} octets: [\"PROGRAM\", \"ARGUMENT\"]"
            ))
        };
        if fits { Ok(Self(words)) } else { Err(why()) }
    }
}

impl From<ArgumentList> for Vec<String> {
    fn from(command: ArgumentList) -> Self {
        command.0
    }
}

/// Where a secret comes from. Never the secret.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// The value of an environment variable of this name.
    Env(String),
    /// The first line of this file.
    File(PathBuf),
    /// The first line that this program writes.
    Command(ArgumentList),
    /// Somebody is asked at the terminal, with this text.
    Prompt(String),
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
