//! Records that follow one another: one line of JSON each, with the hash of the line before.
//!
//! SHA-256 is that of three lines without an end: the number of the record, the hash of the line before in upper-case
//! hexadecimal (64 zeros before the first), and the record as JSON without white space, as it stands in the line. A chain tells
//! that no line was altered, left out or put in between; it does not tell that the last lines are still there, nor who wrote
//! them. For that its head must be known from elsewhere (docs/SECURITY.md).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Hex;
use crate::cert::Fingerprint;

/// What stands in the place of the hash before the first line.
#[must_use]
pub fn beginning() -> Hex<32> {
    Hex::from([0; 32])
}

/// One line.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Link<R> {
    /// The number of the record, from 0.
    index: u32,
    /// The hash of the line before.
    previous: Hex<32>,
    /// SHA-256 of index, previous and record.
    sha256: Hex<32>,
    /// The record.
    record: R,
}

/// Writes a record as the line that follows a hash. Returns the line without its end, and its own hash.
///
/// # Errors
/// When the record cannot be written as JSON.
pub fn link<R: Serialize>(index: u32, previous: Hex<32>, record: &R) -> Result<(Vec<u8>, Hex<32>), String> {
    let sha256 = hash(index, &previous, record)?;
    let line = serde_json::to_vec(&Link { index, previous, sha256, record }).map_err(|error| error.to_string())?;
    Ok((line, sha256))
}

/// Reads a line that is to follow a hash. Returns the record, and the hash of the line.
///
/// # Errors
/// Why it does not.
pub fn follow<R: DeserializeOwned + Serialize>(
    line: &[u8],
    index: u32,
    previous: &Hex<32>,
) -> Result<(R, Hex<32>), String> {
    let read: Link<R> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if read.index != index || read.previous != *previous {
        return Err("it does not follow the line before".to_owned());
    }
    if hash(index, previous, &read.record)? != read.sha256 {
        return Err("its hash does not fit".to_owned());
    }
    Ok((read.record, read.sha256))
}

fn hash<R: Serialize>(index: u32, previous: &Hex<32>, record: &R) -> Result<Hex<32>, String> {
    let record = serde_json::to_string(record).map_err(|error| error.to_string())?;
    Ok(Hex::from(*Fingerprint::of(format!("{index}\n{previous}\n{record}").as_bytes()).as_bytes()))
}

/// Reads a line by itself: its number, its record, and its hash, which must be that of what stands in it. Whether it follows
/// another is not asked.
///
/// # Errors
/// Why it is none.
pub fn alone<R: DeserializeOwned + Serialize>(line: &[u8]) -> Result<(u32, R, Hex<32>), String> {
    let read: Link<R> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    if hash(read.index, &read.previous, &read.record)? != read.sha256 {
        return Err("its hash does not fit".to_owned());
    }
    Ok((read.index, read.record, read.sha256))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    fn three() -> Vec<(Vec<u8>, Hex<32>)> {
        let mut lines: Vec<(Vec<u8>, Hex<32>)> = Vec::new();
        for (index, word) in ["one", "two", "a \"third\" \u{e9}\u{7}"].iter().enumerate() {
            let previous = lines.last().map_or_else(beginning, |(_, hash)| *hash);
            lines.push(link(index as u32, previous, &(*word).to_owned()).unwrap());
        }
        lines
    }

    fn read(lines: &[Vec<u8>]) -> Result<Vec<String>, String> {
        let (mut head, mut words) = (beginning(), Vec::new());
        for (index, line) in lines.iter().enumerate() {
            let (word, hash) = follow::<String>(line, index as u32, &head)?;
            head = hash;
            words.push(word);
        }
        Ok(words)
    }

    #[test]
    fn what_was_linked_is_followed() {
        let lines: Vec<Vec<u8>> = three().into_iter().map(|(line, _)| line).collect();
        assert_eq!(read(&lines).unwrap().len(), 3);
        assert_eq!(alone::<String>(&lines[2]).unwrap().2, three()[2].1);
    }

    #[test]
    fn no_line_can_be_altered_left_out_swapped_or_repeated() {
        let lines: Vec<Vec<u8>> = three().into_iter().map(|(line, _)| line).collect();
        let swapped = vec![lines[1].clone(), lines[0].clone(), lines[2].clone()];
        let left_out = vec![lines[0].clone(), lines[2].clone()];
        let repeated = vec![lines[0].clone(), lines[0].clone()];
        for broken in [swapped, left_out, repeated] {
            assert!(read(&broken).is_err());
        }
        for at in 0..lines[1].len() {
            for bit in 0..8 {
                let mut altered = lines.clone();
                altered[1][at] ^= 1 << bit;
                // Hexadecimal may be written in either case; that is the same line.
                let same = altered[1].eq_ignore_ascii_case(&lines[1]);
                assert!(same || read(&altered).is_err(), "octet {at}, bit {bit}");
            }
        }
    }
}
