//! Bytes to text. PowerShell 5.1 writes UTF-16 with and without a byte order mark, so text is never taken for granted.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

use super::password::Password;

/// How the characters of a text are stored.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// UTF-16, low octet first.
    Utf16Le,
    /// UTF-16, high octet first.
    Utf16Be,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 (little endian)",
            Self::Utf16Be => "UTF-16 (big endian)",
        })
    }
}

/// Why bytes are not a text. Offsets count from the first byte of the file, byte order mark included.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// A sequence that the encoding does not have.
    #[error("not valid {encoding} at byte {offset}: save the file as UTF-8 and try again")]
    Invalid {
        /// The encoding that was recognised.
        encoding: Encoding,
        /// Where the sequence starts.
        offset: usize,
    },
    /// The number of bytes is odd.
    #[error("not valid {encoding}: the file ends in the middle of a character at byte {offset}")]
    Cut {
        /// The encoding that was recognised.
        encoding: Encoding,
        /// Where the incomplete character starts.
        offset: usize,
    },
    /// A zero character, which no password can hold.
    #[error("a zero character stands at byte {offset}: this is not a text file")]
    Zero {
        /// Where the character starts.
        offset: usize,
    },
}

/// A text that was read. What had to be converted is erased when dropped, because it may hold a password or a key.
pub enum Text<'a> {
    /// UTF-8, as it lies in the input.
    Borrowed(&'a str),
    /// Converted.
    Converted(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Converted(text) => text,
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text([elided])")
    }
}

/// Returns the encoding of a text and the length of its byte order mark.
///
/// Without a mark, UTF-16 shows itself by zero octets: every ASCII character has one, at an odd offset (little endian) or at
/// an even one (big endian). A few stand on the other side, as in U+4E00. A stray zero in a file of another encoding is no
/// sign: a quarter of all octets on that side must be zero.
pub fn detect(bytes: &[u8]) -> (Encoding, usize) {
    if let Some(marked) = byte_order_mark(bytes) {
        return marked;
    }
    // Most texts have none, and to see that is far cheaper than to count.
    if !bytes.contains(&0) {
        return (Encoding::Utf8, 0);
    }
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|octet| **octet == 0).count();
    let many = |zeros: usize| zeros > 0 && 4 * zeros >= bytes.len() / 2;
    match (zeros(0), zeros(1)) {
        (even, odd) if odd > 4 * even && many(odd) => (Encoding::Utf16Le, 0),
        (even, odd) if even > 4 * odd && many(even) => (Encoding::Utf16Be, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// Returns the encoding that a byte order mark names and the length of the mark, where the text begins with one.
pub(super) fn byte_order_mark(bytes: &[u8]) -> Option<(Encoding, usize)> {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] => Some((Encoding::Utf8, 3)),
        [0xff, 0xfe, ..] => Some((Encoding::Utf16Le, 2)),
        [0xfe, 0xff, ..] => Some((Encoding::Utf16Be, 2)),
        _ => None,
    }
}

/// Reads a whole text; the byte order mark is left out, line ends stay as they are.
///
/// # Errors
/// [`TextError`] with the byte offset of what cannot be read.
pub fn decode(bytes: &[u8]) -> Result<Text<'_>, TextError> {
    let (encoding, mark) = detect(bytes);
    if encoding == Encoding::Utf8 {
        return std::str::from_utf8(&bytes[mark..])
            .map(Text::Borrowed)
            .map_err(|e| TextError::Invalid { encoding, offset: mark + e.valid_up_to() });
    }
    let mut offset = mark;
    let mut text = Zeroizing::new(String::with_capacity(converted_capacity(bytes)));
    for character in char::decode_utf16(units(&bytes[mark..], encoding)) {
        let character = character.map_err(|_| TextError::Invalid { encoding, offset })?;
        offset += character.len_utf16() * 2;
        text.push(character);
    }
    if offset < bytes.len() {
        return Err(TextError::Cut { encoding, offset });
    }
    Ok(Text::Converted(text))
}

/// Reads a text of which only a part matters: what cannot be read becomes U+FFFD. Never fails.
pub(super) fn decode_lossy(bytes: &[u8]) -> Text<'_> {
    let (encoding, mark) = detect(bytes);
    let bytes = &bytes[mark..];
    let mut text = Zeroizing::new(String::with_capacity(converted_capacity(bytes)));
    if encoding == Encoding::Utf8 {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Text::Borrowed(text);
        }
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
    } else {
        text.extend(char::decode_utf16(units(bytes, encoding)).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
    Text::Converted(text)
}

/// Reads the first line of a password file: exactly one line end is left out, blanks are kept, and what follows the first
/// line is not looked at beyond its encoding.
///
/// # Errors
/// [`TextError`] when the file is not text, or when the first line holds a zero character.
pub fn first_line(bytes: &[u8]) -> Result<Password, TextError> {
    let text = decode(bytes)?;
    let line = text.split('\n').next().unwrap_or_default();
    let line = if line.len() < text.len() { line.strip_suffix('\r').unwrap_or(line) } else { line };
    if let Some(position) = line.find('\0') {
        let (encoding, mark) = detect(bytes);
        let before = &line[..position];
        let octets = if encoding == Encoding::Utf8 { before.len() } else { before.encode_utf16().count() * 2 };
        return Err(TextError::Zero { offset: mark + octets });
    }
    Ok(Password::new(line.to_owned()))
}

/// No octet of any input gives more than three octets of UTF-8, so the text never moves while it grows and leaves no copy
/// behind.
fn converted_capacity(bytes: &[u8]) -> usize {
    bytes.len().saturating_mul(3)
}

fn units(bytes: &[u8], encoding: Encoding) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(move |pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes([pair[0], pair[1]]),
        Encoding::Utf16Le | Encoding::Utf8 => u16::from_le_bytes([pair[0], pair[1]]),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn utf16(text: &str, encoding: Encoding, mark: bool) -> Vec<u8> {
        let text = if mark { format!("\u{feff}{text}") } else { text.to_owned() };
        text.encode_utf16()
            .flat_map(|unit| if encoding == Encoding::Utf16Be { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn one_text_in_every_encoding_reads_the_same() {
        let text = "Zoë 密碼 😀\r\nsecond\r\n";
        let cases = [
            ("UTF-8", text.as_bytes().to_vec()),
            ("UTF-8 with mark", format!("\u{feff}{text}").into_bytes()),
            ("UTF-16 LE with mark", utf16(text, Encoding::Utf16Le, true)),
            ("UTF-16 BE with mark", utf16(text, Encoding::Utf16Be, true)),
            ("UTF-16 LE", utf16(text, Encoding::Utf16Le, false)),
            ("UTF-16 BE", utf16(text, Encoding::Utf16Be, false)),
        ];
        for (name, bytes) in cases {
            assert_eq!(&*decode(&bytes).unwrap(), text, "{name}");
            assert_eq!(first_line(&bytes).unwrap().expose(), "Zoë 密碼 😀", "{name}");
            assert_eq!(&*decode_lossy(&bytes), text, "{name}");
        }
    }

    #[test]
    fn a_stray_zero_does_not_make_another_encoding_of_a_text() {
        for position in 0..8 {
            let mut bytes = b"-----BEGIN CERTIFICATE-----\n".to_vec();
            bytes.insert(position, 0);
            assert_eq!(detect(&bytes), (Encoding::Utf8, 0), "{position}");
        }
        assert_eq!(
            detect("ab".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>().as_slice()).0,
            Encoding::Utf16Be
        );
    }

    #[test]
    fn exactly_one_line_end_is_left_out() {
        for (bytes, password) in [
            (&b""[..], ""),
            (b"\n", ""),
            (b"\r\n", ""),
            (b"secret", "secret"),
            (b"secret\n", "secret"),
            (b"secret\r\n", "secret"),
            (b"secret\r\r\n", "secret\r"),
            (b"secret\r", "secret\r"),
            (b" secret \t\n", " secret \t"),
            (b"secret\n\nmore", "secret"),
            (b"\nsecret", ""),
            (b"\xef\xbb\xbf", ""),
        ] {
            assert_eq!(first_line(bytes).unwrap().expose(), password, "{bytes:?}");
        }
    }

    #[test]
    fn an_invalid_encoding_names_the_byte() {
        use Encoding::{Utf8, Utf16Be, Utf16Le};
        for (bytes, error) in [
            (&b"ab\xe9\n"[..], TextError::Invalid { encoding: Utf8, offset: 2 }),
            (b"\xef\xbb\xbfab\xe9", TextError::Invalid { encoding: Utf8, offset: 5 }),
            (b"\xff\xfea\x00\x00\xd8b\x00", TextError::Invalid { encoding: Utf16Le, offset: 4 }),
            (b"\xfe\xff\x00a\xdc\x00", TextError::Invalid { encoding: Utf16Be, offset: 4 }),
            (b"\xff\xfea\x00b", TextError::Cut { encoding: Utf16Le, offset: 4 }),
            (b"a\x00\x00\x00b\x00", TextError::Zero { offset: 1 }),
            (b"\xff\xfea\x00\x00\x00", TextError::Zero { offset: 4 }),
        ] {
            assert_eq!(first_line(bytes).unwrap_err(), error, "{bytes:?}");
        }
    }

    #[test]
    fn a_lossy_reading_keeps_what_is_readable() {
        assert_eq!(&*decode_lossy(b"a\xe9b"), "a\u{fffd}b");
        assert_eq!(&*decode_lossy(b"\xff\xfea\x00\x00\xd8"), "a\u{fffd}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused_within_the_capacity(bytes: Vec<u8>) {
            let _ = first_line(&bytes);
            for text in [decode(&bytes).ok(), Some(decode_lossy(&bytes))].into_iter().flatten() {
                if let Text::Converted(text) = text {
                    assert!(text.len() <= converted_capacity(&bytes));
                }
            }
        }
    }
}
