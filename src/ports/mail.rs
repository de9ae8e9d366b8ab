//! Mail to one server.

use std::fmt;
use std::time::Duration;

use super::WebTrust;
use crate::cert::Password;

/// Hands mails to a server.
pub trait Mail: Send + Sync {
    /// Hands one mail to a server and returns once the server has taken it on.
    ///
    /// # Errors
    /// [`MailError`]. Where it says [`MailFault::Late`] the server may have taken it on all the same.
    fn send(&self, server: &MailServer, message: &MailMessage) -> Result<(), MailError>;
}

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MailTls {
    /// STARTTLS, and nothing is sent before it.
    StartTls,
    /// TLS from the first octet.
    Implicit,
    /// Not at all.
    None,
}

/// A mail server.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Whom to trust.
    pub trust: WebTrust,
    /// User name and password, where it wants them.
    pub login: Option<(String, Password)>,
    /// How long everything may take together.
    pub deadline: Duration,
}

/// One mail, with the same content as text and as HTML.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailMessage {
    /// The sender.
    pub from: String,
    /// The recipients.
    pub to: Vec<String>,
    /// The subject, one line.
    pub subject: String,
    /// The message id without brackets: the same for each attempt, so that a reader sees one mail.
    pub id: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// Why a mail was not taken on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MailFault {
    /// An address or the subject cannot be used.
    Address,
    /// Nothing answers.
    Unreachable,
    /// No STARTTLS, or a certificate that is not trusted.
    Tls,
    /// The server refuses for ever: the login, the sender, a recipient.
    Refused,
    /// The server refuses for now.
    NotNow,
    /// It did not end in time.
    Late,
    /// What came is no SMTP, or broke off.
    Broken,
}

/// A mail that was not taken on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailError {
    /// What went wrong.
    pub fault: MailFault,
    /// What was seen, for people; no secret is in it.
    pub why: String,
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for MailError {}
