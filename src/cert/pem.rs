//! PEM: base64 between lines of hyphens (RFC 7468), read as people hand it in.
//!
//! Own scanner, because none of the libraries gives line numbers, tolerates byte order marks, UTF-16 and any text between
//! the blocks, and keeps the headers of RFC 1421 section 4.6 at the same time.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, PAD_INDIFFERENT, STANDARD};
use zeroize::Zeroizing;

use super::text;

/// Padding is asked for by RFC 4648, but lost by some who paste.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD_INDIFFERENT.with_decode_allow_trailing_bits(true));

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const HYPHENS: &str = "-----";

/// Characters of base64 on one line, RFC 7468 section 2.
const LINE_LENGTH: usize = 64;

/// One block. The content is erased when dropped, because it may be a key.
#[derive(Clone, Eq, PartialEq)]
pub struct Block {
    /// The words after `BEGIN`.
    pub label: String,
    /// The headers of RFC 1421, such as `DEK-Info`, in order.
    pub headers: Vec<(String, String)>,
    /// The line of `BEGIN`, counted from 1.
    pub line: usize,
    /// The text between the previous block and this one.
    pub preamble: String,
    /// What the base64 stands for.
    pub content: Zeroizing<Vec<u8>>,
}

impl Block {
    /// Returns the value of the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, headers: _, line, preamble: _, content } = self;
        write!(f, "Block({label}, line {line}, {} bytes)", content.len())
    }
}

/// Why a text is not PEM. Lines count from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PemError {
    /// `BEGIN` without `END`.
    #[error("line {line}: the block {label} has no END line: the file was cut off, or a line of hyphens was damaged")]
    Unclosed {
        /// The line of `BEGIN`.
        line: usize,
        /// The label of the block.
        label: String,
    },
    /// `END` without `BEGIN`.
    #[error("line {line}: END {label} without its BEGIN line: the first part of the block is missing")]
    Stray {
        /// The line of `END`.
        line: usize,
        /// The label that the line carries.
        label: String,
    },
    /// `BEGIN` and `END` with different labels.
    #[error("line {line}: BEGIN {label} is closed by END {found}: two blocks were mixed up or a part is missing")]
    LabelsDiffer {
        /// The line of `BEGIN`.
        line: usize,
        /// The label of `BEGIN`.
        label: String,
        /// The label of `END`.
        found: String,
    },
    /// A character that base64 does not have.
    #[error("line {line}: {character:?} is not a base64 character; the block {label} is damaged")]
    Character {
        /// The line of the character.
        line: usize,
        /// The character.
        character: char,
        /// The label of the block.
        label: String,
    },
    /// Characters of base64 are missing.
    #[error("line {line}: the base64 text of the block {label} does not add up: characters are missing or were added")]
    Incomplete {
        /// The line of `BEGIN`.
        line: usize,
        /// The label of the block.
        label: String,
    },
    /// Nothing between `BEGIN` and `END`.
    #[error("line {line}: the block {label} is empty")]
    Empty {
        /// The line of `BEGIN`.
        line: usize,
        /// The label of the block.
        label: String,
    },
    /// A header that cannot be read.
    #[error("line {line}: the header of the block {label} cannot be read")]
    Header {
        /// The line of the header.
        line: usize,
        /// The label of the block.
        label: String,
    },
}

/// Reads all blocks in order. A text without a block gives an empty list: what that means, the caller knows.
///
/// Understood: byte order marks, UTF-16, line feeds with or without carriage returns, blanks before and after the lines, any text between the blocks,
/// lines of any length, a block on a single line.
///
/// # Errors
/// [`PemError`] for the first block that is damaged: a block that was left out in silence would be missed later.
pub fn scan(bytes: &[u8]) -> Result<Vec<Block>, PemError> {
    let text = text::decode_lossy(bytes);
    let mut blocks = Vec::new();
    let mut lines = LineCounter::new(&text);
    let mut position = 0;
    while let Some(begin) = find_marker(&text, position, BEGIN) {
        refuse_stray_end(&text[position..begin], position, &mut lines)?;
        let line = lines.at(begin);
        let preamble = text[position..begin].trim().to_owned();
        let (label, body_start) = marker_label(&text, begin + BEGIN.len());
        let unclosed = || PemError::Unclosed { line, label: label.to_owned() };
        let body_start = body_start.ok_or_else(unclosed)?;
        let end = text[body_start..].find(END).ok_or_else(unclosed)? + body_start;
        // A second BEGIN before the END means that the first block lost its end.
        if text[body_start..end].contains(BEGIN) {
            return Err(unclosed());
        }
        let (found, after) = marker_label(&text, end + END.len());
        position = after.ok_or_else(unclosed)?;
        if found != label {
            return Err(PemError::LabelsDiffer { line, label: label.to_owned(), found: found.to_owned() });
        }
        let body = &text[body_start..end];
        let (headers, header_length) = headers(body, label, lines.at(body_start))?;
        let content_start = body_start + header_length;
        let content = decode_body(&text[content_start..end], label, line, lines.at(content_start))?;
        blocks.push(Block { label: label.to_owned(), headers, line, preamble, content });
    }
    refuse_stray_end(&text[position..], position, &mut lines)?;
    Ok(blocks)
}

/// Encodes one block with line feeds, RFC 7468 section 2. Erased when dropped, because it may hold a key.
pub fn encode(label: &str, content: &[u8]) -> Zeroizing<String> {
    let base64 = Zeroizing::new(STANDARD.encode(content));
    let lines = base64.len() / LINE_LENGTH + 1;
    let mut text = Zeroizing::new(String::with_capacity(base64.len() + lines + 2 * label.len() + 40));
    for part in [BEGIN, label, HYPHENS, "\n"] {
        text.push_str(part);
    }
    let mut rest = base64.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(LINE_LENGTH));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    for part in [END, label, HYPHENS, "\n"] {
        text.push_str(part);
    }
    text
}

/// Reads base64 without the lines of hyphens, as it stands in a metadata document or is pasted out of a mail.
///
/// Gives `None` when the text holds anything but base64 and blanks, or when the content does not start as every ASN.1
/// structure of this product does, with a SEQUENCE.
pub fn bare_base64(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let text = text::decode(bytes).ok()?;
    // A DER SEQUENCE of 128 octets or more starts with these letters: nothing else needs to be collected.
    if !text.trim_start().starts_with("MI") {
        return None;
    }
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len()));
    letters.extend(text.bytes().filter(|octet| !octet.is_ascii_whitespace()));
    LENIENT.decode(letters.as_slice()).ok().map(Zeroizing::new)
}

/// Finds a marker that starts a line, blanks before it allowed.
fn find_marker(text: &str, from: usize, marker: &str) -> Option<usize> {
    // Only blanks are walked back over, so that a long line full of markers costs no more than any other.
    text[from..].match_indices(marker).map(|(at, _)| from + at).find(|at| {
        let before = text[from..*at].trim_end_matches(['\0', ' ', '\t', '\u{feff}', '\u{a0}']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    })
}

/// Returns the label that starts at `from`, and the position behind its hyphens if they stand on the same line.
fn marker_label(text: &str, from: usize) -> (&str, Option<usize>) {
    let line_end = text[from..].find(['\n', '\r']).map_or(text.len(), |end| from + end);
    match text[from..line_end].find(HYPHENS) {
        Some(length) => (text[from..from + length].trim(), Some(from + length + HYPHENS.len())),
        None => (text[from..line_end].trim(), None),
    }
}

fn refuse_stray_end(between: &str, offset: usize, lines: &mut LineCounter<'_>) -> Result<(), PemError> {
    match find_marker(between, 0, END) {
        None => Ok(()),
        Some(at) => {
            let label = marker_label(between, at + END.len()).0.to_owned();
            Err(PemError::Stray { line: lines.at(offset + at), label })
        }
    }
}

/// Reads the headers of RFC 1421 section 4.6: `Name: value`, continued on lines that start with a blank, ended by an empty
/// line. Base64 has no colon, so what has none is not a header. Returns them and their length in octets.
fn headers(body: &str, label: &str, first_line: usize) -> Result<(Vec<(String, String)>, usize), PemError> {
    let mut headers: Vec<(String, String)> = Vec::new();
    let mut length = 0;
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let content = line.trim();
        let continues = !headers.is_empty() && line.starts_with([' ', '\t']) && !content.is_empty();
        if continues && !content.contains(':') {
            if let Some((_, value)) = headers.last_mut() {
                value.push_str(content);
            }
        } else if let Some((name, value)) = content.split_once(':') {
            if name.is_empty() || name.contains(char::is_whitespace) {
                return Err(PemError::Header { line: first_line + index, label: label.to_owned() });
            }
            headers.push((name.to_owned(), value.trim().to_owned()));
        } else if !(content.is_empty() && headers.is_empty()) {
            break;
        }
        length += line.len();
    }
    Ok(if headers.is_empty() { (headers, 0) } else { (headers, length) })
}

fn decode_body(body: &str, label: &str, line: usize, first_line: usize) -> Result<Zeroizing<Vec<u8>>, PemError> {
    let mut letters = Zeroizing::new(Vec::with_capacity(body.len()));
    for part in body.split_whitespace() {
        letters.extend_from_slice(part.as_bytes());
    }
    if letters.is_empty() {
        return Err(PemError::Empty { line, label: label.to_owned() });
    }
    LENIENT.decode(letters.as_slice()).map(Zeroizing::new).map_err(|_| {
        let foreign = |c: char| !(c.is_ascii_alphanumeric() || "+/=".contains(c) || c.is_whitespace());
        match body.char_indices().find(|(_, character)| foreign(*character)) {
            Some((at, character)) => {
                let line = first_line + LineCounter::new(body).at(at) - 1;
                PemError::Character { line, character, label: label.to_owned() }
            }
            None => PemError::Incomplete { line, label: label.to_owned() },
        }
    })
}

/// Counts lines up to positions that only grow, so that a large file is walked once.
struct LineCounter<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, position: 0, line: 1 }
    }

    fn at(&mut self, position: usize) -> usize {
        if position > self.position {
            self.line += self.text[self.position..position].matches('\n').count();
            self.position = position;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    const CONTENT: &[u8] = b"0123456789 any content will do: the scanner does not look inside, and two lines are made";

    fn block() -> String {
        encode("CERTIFICATE", CONTENT).to_string()
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let text = block();
        assert!(text.lines().all(|line| line.len() <= LINE_LENGTH));
        let blocks = scan(text.as_bytes()).unwrap();
        assert_eq!(blocks.len(), 1);
        assert_eq!(
            (blocks[0].label.as_str(), blocks[0].line, blocks[0].content.as_slice()),
            ("CERTIFICATE", 1, CONTENT)
        );
        assert_eq!(format!("{blocks:?}"), "[Block(CERTIFICATE, line 1, 88 bytes)]");
    }

    #[test]
    fn every_way_of_handing_in_gives_the_same_block() {
        let text = block();
        let one_line = text.replace('\n', " ").trim().to_owned();
        let indented = text.lines().map(|line| format!("\t  {line}  \r\n")).collect::<String>();
        let lines_of_76 = {
            let base64 = STANDARD.encode(CONTENT);
            format!("{BEGIN}CERTIFICATE-----\n{}\n\n{}\n{END}CERTIFICATE-----", &base64[..76], &base64[76..])
        };
        let little = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        let mut junk = b"Bag Attributes\n    friendlyName: Zo\xeb\n".to_vec();
        junk.extend_from_slice(text.as_bytes());
        junk.extend_from_slice(b"\xff\xfe the end, and -----BEGIN in a sentence");
        for (name, bytes) in [
            ("CRLF", text.replace('\n', "\r\n").into_bytes()),
            ("mark", format!("\u{feff}{text}").into_bytes()),
            ("one line", one_line.into_bytes()),
            ("indented", indented.into_bytes()),
            ("long lines", lines_of_76.into_bytes()),
            ("no padding", text.replace('=', "").into_bytes()),
            ("UTF-16 LE", little),
            ("UTF-16 BE", big),
            ("junk that is not UTF-8", junk),
        ] {
            let blocks = scan(&bytes).unwrap();
            assert_eq!(blocks.len(), 1, "{name}");
            assert_eq!(blocks[0].content.as_slice(), CONTENT, "{name}");
        }
    }

    #[test]
    fn headers_and_the_text_before_a_block_are_kept() {
        let text = "first line\n  second\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,\n \
                    00112233\n\nAAEC\n-----END RSA PRIVATE KEY-----\n\n-----BEGIN X-----\nAAEC\n-----END X-----\n";
        let blocks = scan(text.as_bytes()).unwrap();
        assert_eq!(blocks[0].preamble, "first line\n  second");
        assert_eq!(blocks[0].header("proc-type"), Some("4,ENCRYPTED"));
        assert_eq!(blocks[0].header("DEK-Info"), Some("AES-128-CBC,00112233"));
        assert_eq!(blocks[0].content.as_slice(), [0, 1, 2]);
        assert_eq!((blocks[1].preamble.as_str(), blocks[1].line, blocks[1].headers.len()), ("", 11, 0));
    }

    #[test]
    fn damage_is_named_with_its_line() {
        for (text, message) in [
            (
                "a\n-----BEGIN X-----\nAAEC\n",
                "line 2: the block X has no END line: the file was cut off, or a line of hyphens was damaged",
            ),
            (
                "-----BEGIN X-----\nAAEC\n-----BEGIN X-----\nAAEC\n-----END X-----\n",
                "line 1: the block X has no END line: the file was cut off, or a line of hyphens was damaged",
            ),
            (
                "a\r\nAAEC\r\n-----END X-----",
                "line 3: END X without its BEGIN line: the first part of the block is missing",
            ),
            (
                "-----BEGIN X-----\nAAEC\n-----END Y-----",
                "line 1: BEGIN X is closed by END Y: two blocks were mixed up or a part is missing",
            ),
            (
                "\n-----BEGIN X-----\nAA\nA*EC\n-----END X-----",
                "line 4: '*' is not a base64 character; the block X is damaged",
            ),
            (
                "-----BEGIN X-----\nAAECA\n-----END X-----",
                "line 1: the base64 text of the block X does not add up: characters are missing or were added",
            ),
            ("-----BEGIN X-----\n-----END X-----", "line 1: the block X is empty"),
            ("-----BEGIN X-----\n: a\nAAEC\n-----END X-----", "line 2: the header of the block X cannot be read"),
        ] {
            assert_eq!(scan(text.as_bytes()).unwrap_err().to_string(), message, "{text:?}");
        }
        assert_eq!(scan(b"no block at all").unwrap(), []);
    }

    #[test]
    fn base64_without_armour_is_recognised() {
        let mut content = vec![0x30, 0x82, 0x01, 0x00];
        content.extend([7; 256]);
        let base64 = STANDARD.encode(&content);
        assert_eq!(bare_base64(base64.as_bytes()).unwrap().as_slice(), content);
        assert_eq!(
            bare_base64(format!("\u{feff} {}\r\n{}\n", &base64[..64], &base64[64..]).as_bytes()).unwrap().len(),
            260
        );
        for other in ["", "MI*", "hello", "AAEC"] {
            assert!(bare_base64(other.as_bytes()).is_none(), "{other}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end_in_blocks_or_an_error(bytes: Vec<u8>, pieces: Vec<u8>) {
            let _ = (scan(&bytes), bare_base64(&bytes));
            // Damage near the structure: the markers in any order, with junk between.
            let parts = ["-----BEGIN ", "-----END ", "X", "-----", "\n", "AAEC", " ", ":", "\u{feff}", "é"];
            let text = pieces.iter().map(|piece| parts[usize::from(*piece) % parts.len()]).collect::<String>();
            let _ = scan(text.as_bytes());
        }
    }
}
