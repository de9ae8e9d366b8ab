//! The question to a site of SharePoint with a token: what the token is made of, and what the site answered.
//!
//! The request holds fields and no text of a token. The node puts the token together itself, for one site, as Dynamics and for a
//! few minutes, so that nobody gets anything else signed by this action. The token goes to that site and nowhere else: it stands
//! in no answer.

use std::str::FromStr;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::word::{Hex, List, Octets, Text};

/// The shortest life of a token, in seconds.
pub const SHORTEST_TOKEN: u32 = 60;
/// The longest: ten minutes, so that a token that somebody got hold of is soon worth nothing.
pub const LONGEST_TOKEN: u32 = 600;
/// The longest address of a site, in characters.
pub const LONGEST_SITE: usize = 400;
/// The most authorities that a request names.
pub const MOST_AUTHORITIES: usize = 16;

/// Asks a site with a token: the node asks for `_api/web` once without it and once with it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenOrder {
    /// The certificate whose key signs.
    pub thumbprint: Hex<20>,
    /// The site. Its host is in the audience of the token.
    pub site: Site,
    /// The realm of the SharePoint farm, in the audience.
    pub realm: Realm,
    /// The realm of the issuer, as SharePoint has registered Dynamics.
    pub issuer_realm: Realm,
    /// How long the token lives, in seconds: 60 to 600.
    pub seconds: Lifetime,
    /// The authorities of which one must have issued the TLS certificate of the site, as DER; without any, those that the node
    /// trusts.
    #[serde(default)]
    pub authorities: List<Octets, MOST_AUTHORITIES>,
}

/// What a site answered. The token is not in it.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TokenFacts {
    /// SHA-256 of the claims of the token, as JSON; nothing where none was made, because the site answers anybody.
    pub claims_sha256: Option<Hex<32>>,
    /// The status of the answer to the question without a token.
    pub without: u16,
    /// The status of the answer to the question with it.
    pub with: Option<u16>,
    /// The kind of that answer, as `Content-Type` tells it.
    pub content_type: Option<Text>,
    /// Why it was refused, as the site says in `x-ms-diagnostics`.
    pub diagnostics: Option<Text>,
    /// When the token was made, by the clock of the node: its life begins then.
    pub made: Timestamp,
    /// The clock of the site, as its last answer tells it.
    pub site_clock: Option<Timestamp>,
}

/// How long a token lives, in seconds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(try_from = "u32", into = "u32")]
#[schemars(with = "u32")]
pub struct Lifetime(u32);

impl Lifetime {
    /// Returns the seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for Lifetime {
    type Error = String;

    fn try_from(seconds: u32) -> Result<Self, String> {
        let fits = (SHORTEST_TOKEN..=LONGEST_TOKEN).contains(&seconds);
        fits.then_some(Self(seconds)).ok_or_else(|| format!("{}a token lives 60 to 600 seconds", super::word::OURS))
    }
}

impl From<Lifetime> for u32 {
    fn from(lifetime: Lifetime) -> Self {
        lifetime.0
    }
}

/// The realm of a SharePoint farm or of an organization: a GUID. Letter case is kept, because SharePoint compares it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Realm(String);

impl Realm {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Realm {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.split('-');
        let fits = [8, 4, 4, 4, 12].iter().all(|length| {
            parts
                .next()
                .is_some_and(|part| part.len() == *length && part.bytes().all(|octet| octet.is_ascii_hexdigit()))
        });
        (fits && parts.next().is_none()).then(|| Self(text.to_owned())).ok_or("a realm is no GUID")
    }
}

/// The address of a site: `https://HOST[:PORT]/PATH`, without user name, query and fragment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Site(String);

/// What an address of a site begins with.
const SCHEME: &str = "https://";

impl Site {
    /// Returns the text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, with the port where one is named: what the audience of a token names.
    #[must_use]
    pub fn authority(&self) -> &str {
        let rest = self.0.get(SCHEME.len()..).unwrap_or_default();
        rest.split('/').next().unwrap_or_default()
    }
}

impl FromStr for Site {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a site is not https://HOST/PATH without user name, query and fragment";
        let text = text.trim_end_matches('/');
        let rest = text.strip_prefix(SCHEME).ok_or(WRONG)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = |octet: u8| octet.is_ascii_alphanumeric() || b".-:[]".contains(&octet);
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"/.-_~%+".contains(&octet);
        let climbs = path.split('/').any(|part| part == "." || part == "..");
        let fits = text.len() <= LONGEST_SITE
            && !authority.is_empty()
            && authority.bytes().all(host)
            && path.bytes().all(plain)
            && !climbs;
        fits.then(|| Self(text.to_owned())).ok_or(WRONG)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn a_site_is_an_address_over_https_and_nothing_behind_its_path() {
        for (text, authority) in [
            ("https://sharepoint.contoso.com", "sharepoint.contoso.com"),
            ("https://sharepoint.contoso.com/", "sharepoint.contoso.com"),
            ("https://sharepoint.contoso.com:8443/sites/crm%20eu/", "sharepoint.contoso.com:8443"),
            ("https://[fd00::1]/sites/crm", "[fd00::1]"),
        ] {
            let site: Site = text.parse().unwrap();
            assert_eq!((site.authority(), site.as_str()), (authority, text.trim_end_matches('/')));
        }
        let long = format!("https://contoso.com/{}", "a".repeat(LONGEST_SITE));
        for text in [
            "http://sharepoint.contoso.com",
            "https://",
            "https:///sites",
            "https://ada@contoso.com/",
            "https://contoso.com/?a=b",
            "https://contoso.com/#a",
            "https://contoso.com/a b",
            "https://contoso.com/sites/../other",
            "https://contoso.com/a\r\nb",
            "https://contoso.com\\sites",
            long.as_str(),
        ] {
            assert!(text.parse::<Site>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_realm_is_a_guid_and_a_token_lives_minutes() {
        let realm = "5F0d3a52-0000-0000-0000-0000000000aa";
        assert_eq!(realm.parse::<Realm>().unwrap().as_str(), realm);
        for text in ["", "5f0d3a52", "5f0d3a52-0000-0000-0000-0000000000aa-", "5f0d3a52-0000-0000-0000-0000000000ag"] {
            assert!(text.parse::<Realm>().is_err(), "{text}");
        }
        for (seconds, fits) in [(0, false), (59, false), (60, true), (600, true), (601, false), (u32::MAX, false)] {
            assert_eq!(Lifetime::try_from(seconds).is_ok(), fits, "{seconds}");
        }
    }
}
