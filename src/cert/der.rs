//! Tag-length-value reading and writing (ITU-T X.690), for the structures that no library reads as tolerantly as needed.

/// Encodes one element: tag octet, definite length, content.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    match content.len() {
        short @ 0..=0x7f => out.push(short as u8),
        long => {
            let octets = long.to_be_bytes();
            let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len() - 1);
            out.push(0x80 | (octets.len() - first) as u8);
            out.extend_from_slice(&octets[first..]);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Encodes a SEQUENCE of already encoded elements.
pub fn sequence(elements: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &elements.concat())
}

/// Encodes an unsigned INTEGER from its big-endian octets.
pub fn unsigned(octets: &[u8]) -> Vec<u8> {
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let digits = &octets[first..];
    let mut content = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|octet| octet & 0x80 != 0) {
        content.push(0);
    }
    content.extend_from_slice(digits);
    tlv(0x02, &content)
}

/// Returns the encoding of a nested element, found by its position at each level below the outermost element.
///
/// Reads DER only: single-octet tags and definite lengths.
pub fn raw_element<'a>(der: &'a [u8], path: &[usize]) -> Option<&'a [u8]> {
    let (element, _) = split(der)?;
    let Some((&index, rest)) = path.split_first() else { return Some(element) };
    let mut content = content_of(element)?;
    for _ in 0..index {
        content = split(content)?.1;
    }
    raw_element(content, rest)
}

/// Splits the first element, header included, from what follows it.
fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (header, length) = header(der)?;
    let end = header.checked_add(length)?;
    (end <= der.len()).then(|| der.split_at(end))
}

fn content_of(element: &[u8]) -> Option<&[u8]> {
    let (header, length) = header(element)?;
    element.get(header..header.checked_add(length)?)
}

/// Returns the lengths of header and content.
fn header(der: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let count = first & 0x7f;
    if count == 0 || count > size_of::<usize>() {
        return None;
    }
    let octets = der.get(2..2 + count)?;
    Some((2 + count, octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet))))
}
