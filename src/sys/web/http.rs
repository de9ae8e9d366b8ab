//! One request and one answer of HTTP/1.1 (RFC 9112), as far as a client needs it that asks once and closes.

use std::io::{self, BufRead, BufReader, Read};

use zeroize::Zeroizing;

use super::address::Place;
use super::{explain, fault};
use crate::ports::{WebAnswer, WebError, WebFault, WebRequest};

/// The most octets of a status line with its header fields.
const MOST_HEAD: u64 = 64 << 10;
/// The most interim answers before the real one.
const MOST_INTERIM: usize = 8;
/// The most octets of the line that begins a chunk, or of the fields behind the last.
const MOST_CHUNK_LINE: u64 = 8 << 10;
/// The fields that are written here and by nobody else.
const OWN: [&str; 4] = ["host", "connection", "content-length", "transfer-encoding"];

/// Puts the head of a request together.
///
/// # Errors
/// [`WebFault::Url`] for a header field that would break out of its line.
pub(super) fn head(place: &Place, request: &WebRequest) -> Result<Zeroizing<Vec<u8>>, WebError> {
    let method = if request.body.is_some() { "POST" } else { "GET" };
    let mut head = Zeroizing::new(Vec::with_capacity(4096));
    let mut line = |parts: &[&str]| {
        parts.iter().for_each(|part| head.extend_from_slice(part.as_bytes()));
        head.extend_from_slice(b"\r\n");
    };
    line(&[method, " ", &place.target, " HTTP/1.1"]);
    line(&["Host: ", &place.authority]);
    line(&["Connection: close"]);
    let given = |name: &str| request.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name));
    if !given("user-agent") {
        line(&["User-Agent: s2scert/", env!("CARGO_PKG_VERSION")]);
    }
    if !given("accept") {
        line(&["Accept: */*"]);
    }
    for header in &request.headers {
        let token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
        let sound = !header.name.is_empty()
            && header.name.bytes().all(token)
            && !OWN.iter().any(|own| header.name.eq_ignore_ascii_case(own))
            && header.value.bytes().all(|octet| octet == b'\t' || (octet >= 0x20 && octet != 0x7f));
        if !sound {
            return Err(fault(WebFault::Url, format!("the header field {:?} cannot be sent", header.name)));
        }
        line(&[&header.name, ": ", &header.value]);
    }
    if let Some(body) = &request.body {
        line(&["Content-Length: ", &body.len().to_string()]);
    }
    line(&[]);
    Ok(head)
}

/// Why an answer was not read to its end.
pub(super) enum Stop {
    Unread(io::Error),
    TooLarge,
    Broken(&'static str),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Unread(error)
    }
}

impl Stop {
    pub(super) fn explain(self, about: &str, most: u64) -> WebError {
        match self {
            // Without the goodbye of TLS an answer that ends with the connection may have been cut.
            Self::Unread(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                fault(WebFault::Broken, format!("the answer of {about} broke off"))
            }
            Self::Unread(error) => explain(about, &error),
            Self::TooLarge => fault(WebFault::TooLarge, format!("the answer of {about} is longer than {most} octets")),
            Self::Broken(why) => fault(WebFault::Broken, format!("the answer of {about} is no HTTP: {why}")),
        }
    }
}

/// Reads an answer with a body of at most `most` octets.
///
/// # Errors
/// [`Stop`].
pub(super) fn answer(stream: &mut impl Read, most: u64) -> Result<WebAnswer, Stop> {
    let mut input = BufReader::new(stream);
    let mut head = read_head(&mut input)?;
    for _ in 0..MOST_INTERIM {
        if !(100..200).contains(&head.status) {
            break;
        }
        head = read_head(&mut input)?;
    }
    if (100..200).contains(&head.status) {
        return Err(Stop::Broken("only interim answers come"));
    }
    if head.encoded {
        return Err(Stop::Broken("the body is compressed, which was not asked for"));
    }
    let body = match (head.status, head.chunked, head.length) {
        (204 | 304, ..) => Vec::new(),
        (_, true, _) => chunks(&mut input, most)?,
        (_, false, Some(length)) if length > most => return Err(Stop::TooLarge),
        (_, false, Some(length)) => exactly(&mut input, length)?,
        (_, false, None) => to_the_end(&mut input, most)?,
    };
    let Head { status, content_type, location, date, diagnostics, .. } = head;
    Ok(WebAnswer { status, content_type, location, body, date, diagnostics })
}

#[derive(Default)]
struct Head {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    date: Option<String>,
    diagnostics: Option<String>,
    length: Option<u64>,
    chunked: bool,
    encoded: bool,
}

fn read_head(input: &mut impl BufRead) -> Result<Head, Stop> {
    let mut budget = MOST_HEAD;
    let mut head = Head { status: status(&line(input, &mut budget)?)?, ..Head::default() };
    loop {
        let line = line(input, &mut budget)?;
        if line.is_empty() {
            return Ok(head);
        }
        let colon = line.iter().position(|octet| *octet == b':').filter(|at| *at > 0);
        let (name, value) = line.split_at(colon.ok_or(Stop::Broken("a header field has no name"))?);
        if name.iter().any(u8::is_ascii_whitespace) {
            return Err(Stop::Broken("the name of a header field holds a space"));
        }
        let value = String::from_utf8_lossy(&value[1..]).trim().to_owned();
        field(&mut head, &name.to_ascii_lowercase(), value)?;
    }
}

fn field(head: &mut Head, name: &[u8], value: String) -> Result<(), Stop> {
    match name {
        b"content-type" => head.content_type = Some(value),
        b"location" => head.location = Some(value),
        b"date" => head.date = Some(value),
        b"x-ms-diagnostics" => head.diagnostics = Some(value),
        b"content-encoding" => head.encoded = !value.is_empty() && !value.eq_ignore_ascii_case("identity"),
        b"transfer-encoding" => {
            if !value.eq_ignore_ascii_case("chunked") {
                return Err(Stop::Broken("the body is coded in a way that was not asked for"));
            }
            head.chunked = true;
        }
        b"content-length" => {
            let length = decimal(&value).ok_or(Stop::Broken("the length is no number"))?;
            if head.length.is_some_and(|other| other != length) {
                return Err(Stop::Broken("two lengths are told"));
            }
            head.length = Some(length);
        }
        _ => {}
    }
    Ok(())
}

fn status(line: &[u8]) -> Result<u16, Stop> {
    let text = std::str::from_utf8(line).unwrap_or_default();
    let code = text.strip_prefix("HTTP/1.0 ").or_else(|| text.strip_prefix("HTTP/1.1 "));
    let code = code.and_then(|rest| rest.split(' ').next()).filter(|code| code.len() == 3);
    let code = code.and_then(decimal).and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 100);
    code.ok_or(Stop::Broken("it does not begin with a status"))
}

fn decimal(text: &str) -> Option<u64> {
    text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Reads one line without its end. What it holds is taken from the budget.
fn line(input: &mut impl BufRead, budget: &mut u64) -> Result<Vec<u8>, Stop> {
    let mut line = Vec::new();
    let read = input.by_ref().take(*budget).read_until(b'\n', &mut line)?;
    *budget = budget.saturating_sub(read as u64);
    if line.pop_if(|octet| *octet == b'\n').is_none() {
        let full = Stop::Broken("its head is too long");
        return Err(if *budget == 0 { full } else { Stop::Unread(io::ErrorKind::UnexpectedEof.into()) });
    }
    line.pop_if(|octet| *octet == b'\r');
    Ok(line)
}

fn exactly(input: &mut impl BufRead, length: u64) -> Result<Vec<u8>, Stop> {
    let mut body = Vec::new();
    let read = input.by_ref().take(length).read_to_end(&mut body)?;
    if (read as u64) < length { Err(Stop::Unread(io::ErrorKind::UnexpectedEof.into())) } else { Ok(body) }
}

fn to_the_end(input: &mut impl BufRead, most: u64) -> Result<Vec<u8>, Stop> {
    let mut body = Vec::new();
    let read = input.by_ref().take(most.saturating_add(1)).read_to_end(&mut body)?;
    if read as u64 > most { Err(Stop::TooLarge) } else { Ok(body) }
}

fn chunks(input: &mut impl BufRead, most: u64) -> Result<Vec<u8>, Stop> {
    let mut body = Vec::new();
    loop {
        let begin = line(input, &mut { MOST_CHUNK_LINE })?;
        let size = std::str::from_utf8(&begin).unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let hex = !size.is_empty() && size.bytes().all(|octet| octet.is_ascii_hexdigit());
        let size = hex.then(|| u64::from_str_radix(size, 16).ok()).flatten();
        let size = size.ok_or(Stop::Broken("a chunk has no size"))?;
        if size == 0 {
            break;
        }
        if size > most.saturating_sub(body.len() as u64) {
            return Err(Stop::TooLarge);
        }
        body.extend(exactly(input, size)?);
        if !line(input, &mut { MOST_CHUNK_LINE })?.is_empty() {
            return Err(Stop::Broken("a chunk is longer than its size"));
        }
    }
    // Fields behind the last chunk say nothing that is needed.
    let mut budget = MOST_CHUNK_LINE;
    while !line(input, &mut budget)?.is_empty() {}
    Ok(body)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;
    use crate::ports::{WebHeader, WebTrust};

    fn read(octets: &[u8], most: u64) -> Result<WebAnswer, WebFault> {
        answer(&mut &octets[..], most).map_err(|stop| stop.explain("crm", most).fault)
    }

    #[test]
    fn an_answer_is_read_whichever_way_its_length_is_told() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhellomore",
            "HTTP/1.1 200\r\ncontent-type:text/plain \r\n\r\nhello",
            "HTTP/1.0 200 OK\nContent-Type: text/plain\n\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        ] {
            let answer = read(text.as_bytes(), 5).unwrap();
            assert_eq!(
                (answer.status, answer.content_type.as_deref(), answer.body.as_slice()),
                (200, Some("text/plain"), &b"hello"[..]),
                "{text}"
            );
        }
        let moved = "HTTP/1.1 302 Found\r\nLocation: /login\r\nDate: Wed, 25 Nov 2026 12:00:00 GMT\r\nX-MS-Diagnostics: 3;a\r\n\r\n";
        let moved = read(moved.as_bytes(), 0).unwrap();
        assert_eq!(moved.location.as_deref(), Some("/login"));
        assert_eq!(moved.date.as_deref(), Some("Wed, 25 Nov 2026 12:00:00 GMT"));
        assert_eq!(moved.diagnostics.as_deref(), Some("3;a"));
        assert_eq!(read(b"HTTP/1.1 204 No Content\r\nContent-Length: 99\r\n\r\n", 5).unwrap().body, b"");
    }

    #[test]
    fn what_is_no_whole_answer_is_a_fault() {
        let ok = "HTTP/1.1 200 OK\r\n";
        for (text, fault) in [
            (String::new(), WebFault::Broken),
            ("SSH-2.0-OpenSSH\r\n".to_owned(), WebFault::Broken),
            ("HTTP/2 200\r\n\r\n".to_owned(), WebFault::Broken),
            ("HTTP/1.1 99 x\r\n\r\n".to_owned(), WebFault::Broken),
            ("HTTP/1.1 2000\r\n\r\n".to_owned(), WebFault::Broken),
            (format!("{ok}Content-Length: 6\r\n\r\nhello"), WebFault::Broken),
            (format!("{ok}Content-Length: +5\r\n\r\nhello"), WebFault::Broken),
            (format!("{ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), WebFault::Broken),
            (format!("{ok}Content-Length: 99999999999\r\n\r\nhello"), WebFault::TooLarge),
            (format!("{ok}\r\nhello more than six"), WebFault::TooLarge),
            (format!("{ok}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), WebFault::Broken),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\n7\r\nhello!!\r\n0\r\n\r\n"), WebFault::TooLarge),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nhello"), WebFault::TooLarge),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nhello"), WebFault::Broken),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\n-1\r\nhello"), WebFault::Broken),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"), WebFault::Broken),
            (format!("{ok}Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"), WebFault::Broken),
            (format!("{ok}Content-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"), WebFault::Broken),
            (format!("{ok}no colon\r\n\r\n"), WebFault::Broken),
            (format!("{ok}: no name\r\n\r\n"), WebFault::Broken),
            (format!("{ok}A: b\r\n folded\r\n\r\n"), WebFault::Broken),
            (format!("{ok}A: {}\r\n\r\n", "x".repeat(70_000)), WebFault::Broken),
            ("HTTP/1.1 100 Continue\r\n\r\n".repeat(20), WebFault::Broken),
        ] {
            let short: String = text.chars().take(120).collect();
            assert_eq!(read(text.as_bytes(), 6).unwrap_err(), fault, "{short}");
        }
    }

    #[test]
    fn a_request_says_whom_it_asks_and_no_field_breaks_out_of_its_line() {
        let place = Place::of("https://crm.contoso.com:8443/a?b").unwrap();
        let header =
            |name: &str, value: &str| WebHeader { name: name.to_owned(), value: Zeroizing::new(value.to_owned()) };
        let mut request = WebRequest {
            url: String::new(),
            connect_to: None,
            trust: WebTrust::System,
            body: Some(b"{}".to_vec()),
            headers: vec![header("Authorization", "Bearer x"), header("accept", "text/plain")],
            deadline: std::time::Duration::from_secs(1),
            most: 1,
        };
        let text = String::from_utf8(head(&place, &request).unwrap().to_vec()).unwrap();
        assert_eq!(
            text,
            format!(
                "POST /a?b HTTP/1.1\r\nHost: crm.contoso.com:8443\r\nConnection: close\r\nUser-Agent: s2scert/{}\r\n\
                 Authorization: Bearer x\r\naccept: text/plain\r\nContent-Length: 2\r\n\r\n",
                env!("CARGO_PKG_VERSION")
            )
        );
        for (name, value) in
            [("A", "x\r\nB: y"), ("A\r\nB", "x"), ("", "x"), ("A b", "x"), ("host", "other"), ("A", "\0")]
        {
            request.headers = vec![header(name, value)];
            let error = head(&place, &request).unwrap_err();
            assert_eq!(error.fault, WebFault::Url, "{name:?}: {value:?}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_the_reader_panic_or_exceed_its_bound(
            octets in proptest::collection::vec(any::<u8>(), 0..300), most in 0u64..64
        ) {
            let _ = read(&octets, most);
            for start in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"] {
                if let Ok(answer) = read(&[start.as_bytes(), &octets].concat(), most) {
                    prop_assert!(answer.body.len() as u64 <= most);
                }
            }
        }
    }
}
