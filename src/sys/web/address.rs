//! The address of a page: what is connected to, whom the certificate must name, what is asked for.

use std::net::Ipv6Addr;

use super::fault;
use crate::ports::{WebError, WebFault};

/// The usual port.
const HTTPS: u16 = 443;

/// What an address says.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Place {
    /// The host without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// Host and port as they stand in the address.
    pub(super) authority: String,
    /// Path and query.
    pub(super) target: String,
}

impl Place {
    /// Reads an address.
    ///
    /// # Errors
    /// [`WebFault::Url`]. The address is not repeated: it may hold a token.
    pub(super) fn of(url: &str) -> Result<Self, WebError> {
        let unfit = |why: &str| fault(WebFault::Url, format!("the address cannot be used: {why}"));
        if !url.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(unfit("it holds a space or a character that has to be written as %XX"));
        }
        let (scheme, rest) = url.split_once("://").ok_or_else(|| unfit("it does not begin with https://"))?;
        if !scheme.eq_ignore_ascii_case("https") {
            return Err(unfit("it does not begin with https://"));
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(unfit("a user name has no place in it"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().ok().filter(|port| *port > 0)),
            _ => (authority, Some(HTTPS)),
        };
        let port = port.ok_or_else(|| unfit("its port is no number from 1 to 65535"))?;
        let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(literal) if literal.parse::<Ipv6Addr>().is_ok() => literal,
            None if !host.is_empty() && !host.contains([':', '[', ']']) => host,
            _ => return Err(unfit("it names no host")),
        };
        let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
        Ok(Self { host: host.to_owned(), port, authority: authority.to_owned(), target })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn an_address_is_split_into_host_port_and_what_is_asked_for() {
        for (url, host, port, authority, target) in [
            ("https://crm.contoso.com", "crm.contoso.com", 443, "crm.contoso.com", "/"),
            ("HTTPS://crm.contoso.com:8443/a?b=c#d", "crm.contoso.com", 8443, "crm.contoso.com:8443", "/a?b=c"),
            ("https://[::1]:8443?x", "::1", 8443, "[::1]:8443", "/?x"),
            ("https://[::1]/", "::1", 443, "[::1]", "/"),
        ] {
            let place = Place::of(url).unwrap();
            let expected =
                Place { host: host.to_owned(), port, authority: authority.to_owned(), target: target.to_owned() };
            assert_eq!(place, expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_page_over_tls_is_refused_and_not_repeated() {
        for url in [
            "",
            "http://token-7/",
            "token-7",
            "https://",
            "https:///token-7",
            "https://user:token-7@crm/",
            "https://crm:0/token-7",
            "https://crm:99999/token-7",
            "https://crm:/token-7",
            "https://a:b:c/token-7",
            "https://[zz]/token-7",
            "https://crm/to ken-7",
            "https://crm/token-7\r\nHost: x",
            "https://crm/tök-7",
        ] {
            let error = Place::of(url).unwrap_err();
            assert_eq!(error.fault, WebFault::Url, "{url}");
            assert!(!error.why.contains("-7"), "{}", error.why);
        }
    }
}
