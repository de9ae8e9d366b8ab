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

#[cfg(test)]
mod tests;

/// Padding is asked for by RFC 4648, but lost by some who paste.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, PAD_INDIFFERENT.with_decode_allow_trailing_bits(true));

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const HYPHENS: &str = "-----";

/// Damaged blocks of no use that are passed over in one text. More of them are no accident, and fail it.
const MAX_DAMAGED: usize = 100;

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
    /// What the base64 stands for; empty where the block is damaged.
    pub content: Zeroizing<Vec<u8>>,
    /// Why the content is missing. Only blocks with labels that are of no use here come so.
    pub damage: Option<PemError>,
}

impl Block {
    /// Returns the value of the first header with this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, headers: _, line, preamble: _, content, damage: _ } = self;
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
/// lines of any length, a block on a single line. A damaged block with a label that is of no use here stays as a [`Block`]
/// with its [`Block::damage`].
///
/// # Errors
/// [`PemError`] for the first block that is damaged and could be a certificate, key or request: a block that was left out in
/// silence would be missed later.
pub fn scan(bytes: &[u8]) -> Result<Vec<Block>, PemError> {
    let text = text::decode_lossy(bytes);
    let mut blocks = Vec::new();
    let mut lines = LineCounter::new(&text);
    let mut position = 0;
    while let Some(begin) = find_marker(&text, position, BEGIN) {
        stray_end(&text[position..begin], position, &mut lines, &mut blocks)?;
        let line = lines.at(begin);
        let preamble = text[position..begin].trim().to_owned();
        let (label, body_start) = marker_label(&text, begin + BEGIN.len());
        let block = match read_block(&text, label, body_start, line, &mut lines) {
            Ok((headers, content, after)) => {
                position = after;
                Block { label: label.to_owned(), headers, line, preamble, content, damage: None }
            }
            Err(Fault { error, .. })
                if matters(label) || matches!(&error, PemError::LabelsDiffer { found, .. } if matters(found)) =>
            {
                return Err(error);
            }
            Err(Fault { error, after }) => {
                position = after.unwrap_or(begin + BEGIN.len());
                damaged(&blocks, label, line, error)?
            }
        };
        blocks.push(block);
    }
    stray_end(&text[position..], position, &mut lines, &mut blocks)?;
    Ok(blocks)
}

/// Keeps a damaged block that is of no use here, unless there are too many.
fn damaged(blocks: &[Block], label: &str, line: usize, error: PemError) -> Result<Block, PemError> {
    if blocks.iter().filter(|block| block.damage.is_some()).count() >= MAX_DAMAGED {
        return Err(error);
    }
    let (headers, preamble, content) = (Vec::new(), String::new(), Zeroizing::default());
    Ok(Block { label: label.to_owned(), headers, line, preamble, content, damage: Some(error) })
}

/// What is wrong with a block, and where reading may go on.
struct Fault {
    error: PemError,
    after: Option<usize>,
}

/// Headers and content of a block, and the position behind it.
type Parts = (Vec<(String, String)>, Zeroizing<Vec<u8>>, usize);

/// Reads from behind the label of `BEGIN`.
fn read_block(
    text: &str,
    label: &str,
    body_start: Option<usize>,
    line: usize,
    lines: &mut LineCounter<'_>,
) -> Result<Parts, Fault> {
    let unclosed = || Fault { error: PemError::Unclosed { line, label: label.to_owned() }, after: body_start };
    let body_start = body_start.ok_or_else(unclosed)?;
    let marks = |(at, _): &(usize, &str)| [BEGIN, END].iter().any(|mark| text[body_start + at..].starts_with(mark));
    let (next, _) = text[body_start..].match_indices(HYPHENS).find(marks).ok_or_else(unclosed)?;
    let end = body_start + next;
    // A second BEGIN before the END means that the first block lost its end.
    if text[end..].starts_with(BEGIN) {
        return Err(unclosed());
    }
    let (found, after) = marker_label(text, end + END.len());
    let after = after.ok_or_else(unclosed)?;
    let fault = |error| Fault { error, after: Some(after) };
    if found != label {
        return Err(fault(PemError::LabelsDiffer { line, label: label.to_owned(), found: found.to_owned() }));
    }
    let body = &text[body_start..end];
    let (headers, header_length) = headers(body, label, lines.at(body_start)).map_err(fault)?;
    let content_start = body_start + header_length;
    let content = decode_body(&text[content_start..end], label, line, lines.at(content_start)).map_err(fault)?;
    Ok((headers, content, after))
}

/// Returns whether a label promises what is read here: a certificate, a key, a request, PKCS#7 or PKCS#12.
fn matters(label: &str) -> bool {
    let label = label.to_ascii_uppercase();
    label.is_empty() || ["CERT", "KEY", "REQUEST", "PKCS", "CMS", "PFX"].iter().any(|word| label.contains(word))
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
    let rest = &text[from..];
    // Only up to the first end is looked, so that a long line full of markers costs no more than any other.
    let ends = |(at, mark): &(usize, &str)| *mark != "-" || rest[*at..].starts_with(HYPHENS);
    match rest.match_indices(['\n', '\r', '-']).find(ends) {
        Some((at, "-")) => (rest[..at].trim(), Some(from + at + HYPHENS.len())),
        Some((at, _)) => (rest[..at].trim(), None),
        None => (rest.trim(), None),
    }
}

/// Finds an `END` without its `BEGIN`: an error where its label matters, else a damaged block.
fn stray_end(
    between: &str,
    offset: usize,
    lines: &mut LineCounter<'_>,
    blocks: &mut Vec<Block>,
) -> Result<(), PemError> {
    let mut from = 0;
    while let Some(at) = find_marker(between, from, END) {
        let label = marker_label(between, at + END.len()).0;
        let line = lines.at(offset + at);
        let error = PemError::Stray { line, label: label.to_owned() };
        if matters(label) {
            return Err(error);
        }
        let block = damaged(blocks, label, line, error)?;
        blocks.push(block);
        from = at + END.len();
    }
    Ok(())
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
