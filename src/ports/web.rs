//! HTTPS to one server at one address.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::cert::Fingerprint;

/// Speaks HTTPS as a client.
pub trait Web: Send + Sync {
    /// Sends one request and reads the whole answer. A redirect is an answer: it is never followed.
    ///
    /// # Errors
    /// [`WebError`]. An answer with a status of 400 or more is no error.
    fn exchange(&self, request: &WebRequest) -> Result<WebAnswer, WebError>;

    /// Opens a TLS connection and tells which certificates the server shows, leaf first, as DER. Nothing is trusted and
    /// nothing is sent.
    ///
    /// # Errors
    /// [`WebError`].
    fn certificates(&self, host: &str, port: u16, deadline: Duration) -> Result<Vec<Vec<u8>>, WebError>;
}

/// One request.
#[derive(Clone, Debug)]
pub struct WebRequest {
    /// The address: `https://host[:port]/path?query`.
    pub url: String,
    /// Where to connect instead of what the URL names: one server behind a load balancer. The name in the URL is still the
    /// one that the certificate must have.
    pub connect_to: Option<(String, u16)>,
    /// Whom to trust.
    pub trust: WebTrust,
    /// What is sent: without a body a GET, with one a POST.
    pub body: Option<Vec<u8>>,
    /// Header fields.
    pub headers: Vec<WebHeader>,
    /// How long everything may take together.
    pub deadline: Duration,
    /// The most octets of the answer's body.
    pub most: u64,
}

/// A header field. Its value may be a secret and is not shown.
#[derive(Clone)]
pub struct WebHeader {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Zeroizing<String>,
}

impl fmt::Debug for WebHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ...", self.name)
    }
}

/// Whom to trust at the other end.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WebTrust {
    /// The authorities that this machine trusts.
    System,
    /// These authorities only, as DER.
    Authorities(Vec<Vec<u8>>),
    /// Exactly this certificate of the server, whatever its name and dates are.
    Pin(Fingerprint),
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebAnswer {
    /// The status: 200, 301, 404.
    pub status: u16,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// `Location`, as sent.
    pub location: Option<String>,
    /// The body.
    pub body: Vec<u8>,
    /// The instant that the server's `Date` header tells, if any, as sent.
    pub date: Option<String>,
    /// `x-ms-diagnostics`, as sent: why a server of Microsoft refuses a token.
    pub diagnostics: Option<String>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WebFault {
    /// The URL cannot be used.
    Url,
    /// The name cannot be resolved.
    Name,
    /// Nothing answers.
    Unreachable,
    /// The certificate of the server is not trusted, is expired or has another name.
    Certificate,
    /// TLS failed otherwise.
    Tls,
    /// No whole answer came in time.
    Late,
    /// The answer is longer than the bound.
    TooLarge,
    /// What came is not HTTP, or broke off.
    Broken,
}

/// A request without an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WebError {
    /// What went wrong.
    pub fault: WebFault,
    /// What was seen, for people; no secret is in it.
    pub why: String,
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for WebError {}
