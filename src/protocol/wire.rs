//! Writing documents in pure ASCII, so that no code page on their way changes them.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use zeroize::Zeroizing;

use super::{MAX_REQUEST, Request};

/// Writes a request, or nothing where it is larger than a request may be. The memory is erased, and was never moved: its size
/// is known before the first octet.
#[must_use]
pub fn write(request: &Request) -> Option<Zeroizing<Vec<u8>>> {
    let mut count = Count(0);
    into(&mut count, request).ok()?;
    if count.0 as u64 > MAX_REQUEST {
        return None;
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(count.0));
    into(&mut *bytes, request).ok()?;
    Some(bytes)
}

/// Writes a document that holds no secret; nothing comes of one that cannot be written, which ours can.
#[must_use]
pub fn ascii(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if into(&mut bytes, document).is_err() {
        bytes.clear();
    }
    bytes
}

fn into(writer: impl Write, document: &impl Serialize) -> serde_json::Result<()> {
    document.serialize(&mut Serializer::with_formatter(writer, Ascii))
}

/// Counts what is written.
struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compact, with an escape for each UTF-16 unit beyond ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|letter: char| !letter.is_ascii()) {
            let (plain, more) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut letters = more.chars();
            let mut units = [0; 2];
            for unit in letters.next().unwrap_or_default().encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = letters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::protocol::{Action, Nothing, samples};

    #[test]
    fn whatever_is_written_is_ascii_and_reads_as_the_same() {
        for text in ["", "plain", "Zo\u{eb}", "\u{1f511}\u{1f512}", "a\"\\\u{7f}\u{80}\u{ffff}b", "M\u{fc}ller\n"] {
            let bytes = ascii(&text);
            assert!(bytes.is_ascii(), "{text:?}");
            assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text);
        }
    }

    #[test]
    fn a_request_is_written_as_it_is_read_and_never_too_large() {
        for action in samples::actions() {
            let request = samples::request(action);
            let bytes = write(&request).unwrap();
            assert!(bytes.is_ascii() && bytes.len() == bytes.capacity());
            let plain = serde_json::to_value(&request).unwrap();
            assert_eq!(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap(), plain);
        }
        let mut large = samples::request(Action::Describe(Nothing {}));
        large.schema = "x".repeat(5 << 20);
        assert!(write(&large).is_none());
    }
}
