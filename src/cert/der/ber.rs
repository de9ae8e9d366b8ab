//! BER to definite lengths, in two passes: the first measures and checks, the second writes into one buffer of the exact size.

use std::ops::Deref;

use zeroize::Zeroizing;

use super::{DerError, Header, MAX_DEPTH, MAX_SIZE, OCTET_STRING, header_length, push_length, tag_length};

const CONSTRUCTED: u8 = 0x20;
const END_OF_CONTENTS: [u8; 2] = [0, 0];

/// The first element of an input with definite lengths: the input itself, or a rewritten copy that is erased when dropped.
pub enum Definite<'a> {
    /// The input was definite already.
    AsRead(&'a [u8]),
    /// The input was BER that is not DER in lengths or chunks.
    Rewritten(Zeroizing<Vec<u8>>),
}

impl Definite<'_> {
    /// Returns whether lengths or chunks had to be rewritten.
    pub fn was_ber(&self) -> bool {
        matches!(self, Self::Rewritten(_))
    }
}

impl Deref for Definite<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::AsRead(der) => der,
            Self::Rewritten(der) => der,
        }
    }
}

/// Reads the first element of `ber` with all that is in it, and returns it with definite, shortest lengths and octet strings in
/// one piece; and the number of octets that follow it. The order of sets and the form of values stay as they are.
///
/// # Errors
/// [`DerError`] when the input breaks a limit or is not BER. Linear in time and memory.
pub fn definite(ber: &[u8]) -> Result<(Definite<'_>, usize), DerError> {
    if ber.len() > MAX_SIZE {
        return Err(DerError::TooLarge);
    }
    let mut plan = Vec::new();
    let measured = measure(ber, 0, &mut plan)?;
    let trailing = ber.len() - measured.read;
    let first = &ber[..measured.read];
    if !measured.rewrite {
        return Ok((Definite::AsRead(first), trailing));
    }
    let mut out = Zeroizing::new(Vec::with_capacity(measured.written));
    rewrite(first, &mut plan.into_iter(), &mut out)?;
    Ok((Definite::Rewritten(out), trailing))
}

/// What the first pass knows of one element.
struct Measured {
    /// The octets that the element takes in the input.
    read: usize,
    /// The octets that it takes when rewritten.
    written: usize,
    /// Whether the two forms differ.
    rewrite: bool,
}

/// First pass: checks the element and all in it, and notes the content length of each element, outermost first.
fn measure(input: &[u8], depth: usize, plan: &mut Vec<u32>) -> Result<Measured, DerError> {
    if depth > MAX_DEPTH {
        return Err(DerError::TooDeep);
    }
    let header = Header::read(input)?;
    let tag_length = tag_length(input);
    let entry = plan.len();
    plan.push(0);
    let (content, read) = match header.content {
        Some(length) => {
            let read = header.length.checked_add(length).ok_or(DerError::Truncated)?;
            (input.get(header.length..read).ok_or(DerError::Truncated)?, Some(read))
        }
        // X.690 section 8.1.3.2: only constructed elements may have an indefinite length.
        None if input[0] & CONSTRUCTED == 0 => return Err(DerError::Malformed),
        None => (&input[header.length..], None),
    };
    let chunked = input[0] == OCTET_STRING | CONSTRUCTED;
    let (mut place, mut written, mut rewrite) = (0, 0, read.is_none() || chunked);
    if input[0] & CONSTRUCTED == 0 {
        written = content.len();
    } else {
        loop {
            let rest = &content[place..];
            if read.is_none() && rest.starts_with(&END_OF_CONTENTS) {
                place += END_OF_CONTENTS.len();
                break;
            }
            if read.is_some() && rest.is_empty() {
                break;
            }
            if chunked && rest.first().is_some_and(|tag| tag & !CONSTRUCTED != OCTET_STRING) {
                return Err(DerError::Malformed);
            }
            let child_entry = plan.len();
            let child = measure(rest, depth + 1, plan)?;
            place += child.read;
            // The chunks of an octet string are written without their headers.
            written += if chunked { plan[child_entry] as usize } else { child.written };
            rewrite |= child.rewrite;
        }
    }
    // An element grows by two octets at most, where a longer length replaces an indefinite one.
    plan[entry] = u32::try_from(written).map_err(|_| DerError::TooLarge)?;
    let total = tag_length + header_length(written) - 1 + written;
    let read = read.unwrap_or(header.length + place);
    Ok(Measured { read, written: total, rewrite: rewrite || header.length != tag_length + header_length(written) - 1 })
}

/// Second pass: writes what the first has measured. Returns the octets read.
fn rewrite(
    input: &[u8],
    plan: &mut impl Iterator<Item = u32>,
    out: &mut Zeroizing<Vec<u8>>,
) -> Result<usize, DerError> {
    let header = Header::read(input)?;
    let length = plan.next().ok_or(DerError::Malformed)? as usize;
    let chunked = input[0] == OCTET_STRING | CONSTRUCTED;
    out.extend_from_slice(&input[..tag_length(input)]);
    if chunked {
        let tag = out.len() - 1;
        out[tag] = OCTET_STRING;
    }
    push_length(length, out);
    if input[0] & CONSTRUCTED == 0 {
        let end = header.length + length;
        out.extend_from_slice(&input[header.length..end]);
        return Ok(end);
    }
    inner(input, &header, |rest| if chunked { chunk(rest, plan, out) } else { rewrite(rest, plan, out) })
}

/// Writes one chunk of an octet string, or the chunks of a chunk, without headers. Returns the octets read.
fn chunk(input: &[u8], plan: &mut impl Iterator<Item = u32>, out: &mut Zeroizing<Vec<u8>>) -> Result<usize, DerError> {
    let header = Header::read(input)?;
    let length = plan.next().ok_or(DerError::Malformed)? as usize;
    if input[0] & CONSTRUCTED == 0 {
        let end = header.length + length;
        out.extend_from_slice(&input[header.length..end]);
        return Ok(end);
    }
    inner(input, &header, |rest| chunk(rest, plan, out))
}

/// Walks the elements inside a constructed element that has been measured. Returns the octets that it takes.
fn inner(
    input: &[u8],
    header: &Header,
    mut each: impl FnMut(&[u8]) -> Result<usize, DerError>,
) -> Result<usize, DerError> {
    let mut place = header.length;
    loop {
        match header.content {
            Some(length) if place == header.length + length => return Ok(place),
            None if input[place..].starts_with(&END_OF_CONTENTS) => return Ok(place + END_OF_CONTENTS.len()),
            _ => place += each(&input[place..])?,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ber_forms_become_definite_lengths() {
        let table: [(&str, &[u8], &[u8], bool); 8] = [
            ("DER stays", &[0x30, 3, 2, 1, 5], &[0x30, 3, 2, 1, 5], false),
            ("an indefinite sequence", &[0x30, 0x80, 2, 1, 5, 0, 0], &[0x30, 3, 2, 1, 5], true),
            ("a long length", &[0x30, 0x82, 0, 3, 2, 1, 5], &[0x30, 3, 2, 1, 5], true),
            ("chunks", &[0x24, 6, 4, 1, 7, 4, 1, 8], &[4, 2, 7, 8], true),
            ("indefinite chunks", &[0x24, 0x80, 4, 1, 7, 4, 1, 8, 0, 0], &[4, 2, 7, 8], true),
            ("chunks of chunks", &[0x24, 0x80, 0x24, 3, 4, 1, 7, 4, 1, 8, 0, 0], &[4, 2, 7, 8], true),
            ("no chunk", &[0xa0, 4, 0x24, 0x80, 0, 0], &[0xa0, 2, 4, 0], true),
            ("a long tag", &[0xbf, 0x81, 1, 0x80, 5, 0, 0, 0], &[0xbf, 0x81, 1, 2, 5, 0], true),
        ];
        for (name, ber, der, was_ber) in table {
            let (read, trailing) = definite(ber).unwrap();
            assert_eq!((&read[..], read.was_ber(), trailing), (der, was_ber, 0), "{name}");
        }
    }

    #[test]
    fn broken_and_hostile_inputs_are_refused() {
        let deep: Vec<u8> = [0x30, 0x80].repeat(MAX_DEPTH + 2);
        let closed: Vec<u8> = [deep.clone(), vec![0; deep.len()]].concat();
        let table: [(&str, &[u8], DerError); 9] = [
            ("nothing", &[], DerError::Truncated),
            ("a tag alone", &[0x30], DerError::Truncated),
            ("content missing", &[4, 2, 0], DerError::Truncated),
            ("a length of 2^63", &[4, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0], DerError::Truncated),
            ("no end of contents", &[0x30, 0x80, 2, 1, 5], DerError::Truncated),
            ("an indefinite primitive", &[4, 0x80, 0, 0], DerError::Malformed),
            ("a chunk of another type", &[0x24, 3, 2, 1, 7], DerError::Malformed),
            ("an endless tag", &[0x1f, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 0], DerError::Malformed),
            ("too deep", &closed, DerError::TooDeep),
        ];
        for (name, ber, error) in table {
            assert_eq!(definite(ber).err(), Some(error), "{name}");
        }
        assert_eq!(definite(&vec![0; MAX_SIZE + 1]).err(), Some(DerError::TooLarge));
    }

    #[test]
    fn what_follows_is_counted() {
        assert_eq!(definite(&[5, 0, 1, 2, 3]).unwrap().1, 3);
    }

    /// Writes `value` with the choices of `coins` between BER forms.
    fn scrambled(value: &[u8], depth: u8, coins: &mut impl Iterator<Item = u8>) -> (Vec<u8>, Vec<u8>) {
        let coin = coins.next().unwrap_or(0);
        if depth == 0 || value.len() < 2 || coin & 4 == 0 {
            let der = super::super::tlv(OCTET_STRING, value);
            let (left, right) = value.split_at(value.len() / 2);
            let ber = match coin % 3 {
                0 => der.clone(),
                1 => [&[0x24, 0x80], &super::super::tlv(4, left)[..], &super::super::tlv(4, right), &[0, 0]].concat(),
                _ => [&[OCTET_STRING, 0x84], &(value.len() as u32).to_be_bytes()[..], value].concat(),
            };
            return (ber, der);
        }
        let (left, right) = value.split_at(value.len() / 2);
        let (left_ber, left_der) = scrambled(left, depth - 1, coins);
        let (right_ber, right_der) = scrambled(right, depth - 1, coins);
        let der = super::super::sequence(&[&left_der, &right_der]);
        let ber = if coin & 1 == 0 {
            [&[0x30, 0x80], &left_ber[..], &right_ber, &[0, 0]].concat()
        } else {
            super::super::sequence(&[&left_ber, &right_ber])
        };
        (ber, der)
    }

    proptest! {
        #[test]
        fn every_choice_of_ber_forms_gives_the_one_der(value in prop::collection::vec(any::<u8>(), 0..2000),
                                                       coins in prop::collection::vec(any::<u8>(), 64)) {
            let (ber, der) = scrambled(&value, 5, &mut coins.into_iter());
            let (read, trailing) = definite(&ber).unwrap();
            prop_assert_eq!(&read[..], &der[..]);
            prop_assert_eq!(read.was_ber(), ber != der);
            prop_assert_eq!(trailing, 0);
        }

        #[test]
        fn arbitrary_octets_never_panic_and_what_is_read_reads_again(octets in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Ok((read, _)) = definite(&octets) {
                let (again, trailing) = definite(&read).unwrap();
                prop_assert_eq!((&again[..], again.was_ber(), trailing), (&read[..], false, 0));
            }
        }
    }
}
