//! Reading with a limit into memory that is erased.

use std::io::{self, Read};

use zeroize::Zeroizing;

/// What is read at least at once, in octets.
const CHUNK: usize = 8 * 1024;

/// Reads to the end, or returns nothing where there are more than `limit` octets. `expected` is a hint for the size. No
/// octet is left behind in memory that is not erased.
///
/// # Errors
/// That of the reader.
pub(super) fn read(mut reader: impl Read, limit: u64, expected: u64) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX - CHUNK);
    // One octet more than is expected, so that the end is seen without growing.
    let capacity = usize::try_from(expected).unwrap_or(usize::MAX).min(limit).saturating_add(1);
    let mut buffer = Zeroizing::new(vec![0; capacity]);
    let mut length = 0;
    loop {
        if length == buffer.len() {
            grow(&mut buffer, limit);
        }
        match reader.read(&mut buffer[length..]) {
            Ok(0) => {
                buffer.truncate(length);
                return Ok(Some(buffer));
            }
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length > limit {
            return Ok(None);
        }
    }
}

/// Doubles the buffer. A vector that grows by itself would leave its old octets behind.
fn grow(buffer: &mut Zeroizing<Vec<u8>>, limit: usize) {
    let size = buffer.len().saturating_mul(2).max(CHUNK).min(limit.saturating_add(1));
    let mut larger = Zeroizing::new(vec![0; size]);
    larger[..buffer.len()].copy_from_slice(buffer);
    *buffer = larger;
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;

    #[test]
    fn everything_up_to_the_limit_is_read_whatever_was_expected() {
        for size in [0_usize, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 100_000] {
            let input: Vec<u8> = (0..size).map(|place| place as u8).collect();
            for expected in [0, 1, size as u64, size as u64 * 3, u64::MAX] {
                let read = |limit| read(input.as_slice(), limit, expected).unwrap();
                assert_eq!(read(size as u64).unwrap().as_slice(), input, "{size} {expected}");
                assert_eq!(read(size as u64 + 1).unwrap().as_slice(), input, "{size} {expected}");
                if size > 0 {
                    assert!(read(size as u64 - 1).is_none(), "{size} {expected}");
                }
            }
        }
    }

    #[test]
    fn an_endless_input_ends_at_the_limit() {
        assert!(read(io::repeat(7), 1_000_000, 0).unwrap().is_none());
    }
}
