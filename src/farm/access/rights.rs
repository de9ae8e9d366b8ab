//! What a mask of rights means for a file that holds a private key. Sources: [MS-DTYP] 2.4.3 and 2.5.1.1, and for the
//! meaning of the generic rights of files "File Security and Access Rights" of the Windows documentation.
//!
//! The access list of a CSP container and of a persisted CNG key is that of the key's file, so one table serves all.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GENERIC_READ`.
const GENERIC_READ: u32 = 0x8000_0000;
/// `GENERIC_WRITE`.
const GENERIC_WRITE: u32 = 0x4000_0000;
/// `GENERIC_EXECUTE`.
const GENERIC_EXECUTE: u32 = 0x2000_0000;
/// `GENERIC_ALL`.
const GENERIC_ALL: u32 = 0x1000_0000;
/// `MAXIMUM_ALLOWED` and the right to the audit list: they give nothing of a file's content.
const WITHOUT_MEANING: u32 = 0x0300_0000;
/// `FILE_GENERIC_READ`: content, attributes, extended attributes, access list, and waiting.
pub const FILE_READ: u32 = 0x0012_0089;
/// `FILE_GENERIC_WRITE`.
const FILE_WRITE: u32 = 0x0012_0116;
/// `FILE_GENERIC_EXECUTE`. It does not read, and is not more than reading that matters for a key.
const FILE_EXECUTE: u32 = 0x0012_00a0;
/// `FILE_ALL_ACCESS`.
pub const FILE_ALL: u32 = 0x001f_01ff;
/// `FILE_READ_DATA`: the one right that gives the content.
const READ_DATA: u32 = 0x1;

/// What is written for an identity that reads a key: as in the access list of a key that works,
/// `D:PAI(A;;0xd01f01ff;;;SY)(A;;0xd01f01ff;;;BA)(A;;0x80120089;;;NS)`.
pub const KEY_READ: u32 = GENERIC_READ | FILE_READ;
/// What is written for an identity that has full control of a key.
pub const KEY_FULL: u32 = GENERIC_READ | GENERIC_WRITE | GENERIC_ALL | FILE_ALL;

/// How much an identity may do with a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing.
    Nothing,
    /// Some rights, but not those to use the key.
    Partial,
    /// Uses the key.
    Read,
    /// Uses the key and can do more: write it, delete it or change who may.
    More,
    /// Everything.
    Full,
}

impl Level {
    /// Returns what a mask means.
    #[must_use]
    pub fn of(mask: u32) -> Self {
        let rights = specific(mask);
        if rights & FILE_ALL == FILE_ALL {
            Self::Full
        } else if rights & FILE_READ == FILE_READ {
            if rights & !(FILE_READ | FILE_EXECUTE) == 0 { Self::Read } else { Self::More }
        } else if rights & FILE_ALL == 0 {
            Self::Nothing
        } else {
            Self::Partial
        }
    }

    /// Returns whether the key can be used.
    #[must_use]
    pub fn reads(self) -> bool {
        self >= Self::Read
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Partial => "some rights, not enough to read",
            Self::Read => "read",
            Self::More => "more than read",
            Self::Full => "full control",
        })
    }
}

/// Returns the mask with generic rights replaced by those of files.
#[must_use]
pub fn specific(mask: u32) -> u32 {
    [(GENERIC_READ, FILE_READ), (GENERIC_WRITE, FILE_WRITE), (GENERIC_EXECUTE, FILE_EXECUTE), (GENERIC_ALL, FILE_ALL)]
        .into_iter()
        .filter(|(generic, _)| mask & generic != 0)
        .fold(
            mask & !(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | WITHOUT_MEANING),
            |rights, (_, of_file)| rights | of_file,
        )
}

/// Returns whether a denial of these rights keeps somebody from reading the key. A denial of waiting (`SYNCHRONIZE`)
/// does too: it is asked for with every generic read.
#[must_use]
pub fn denies_reading(mask: u32) -> bool {
    specific(mask) & FILE_READ != 0
}

/// Returns whether the mask gives the content of the file, even if not all of what reading a key asks for.
#[must_use]
pub fn gives_content(mask: u32) -> bool {
    specific(mask) & READ_DATA != 0
}

/// The mnemonics of [MS-DTYP] 2.5.1.1, as they are read.
const MNEMONICS: &[(&str, u32)] = &[
    ("GA", GENERIC_ALL),
    ("GR", GENERIC_READ),
    ("GW", GENERIC_WRITE),
    ("GX", GENERIC_EXECUTE),
    ("FA", FILE_ALL),
    ("FR", FILE_READ),
    ("FW", FILE_WRITE),
    ("FX", FILE_EXECUTE),
    ("KA", 0x000f_003f),
    ("KR", 0x0002_0019),
    ("KW", 0x0002_0006),
    ("KX", 0x0002_0019),
    ("SD", 0x0001_0000),
    ("RC", 0x0002_0000),
    ("WD", 0x0004_0000),
    ("WO", 0x0008_0000),
    ("CC", 0x0001),
    ("DC", 0x0002),
    ("LC", 0x0004),
    ("SW", 0x0008),
    ("RP", 0x0010),
    ("WP", 0x0020),
    ("DT", 0x0040),
    ("LO", 0x0080),
    ("CR", 0x0100),
];
/// How many of [`MNEMONICS`] are also written: the generic ones and those of files.
const WRITTEN: usize = 8;

/// Reads the rights of SDDL: mnemonics one after the other, or a number (hexadecimal, octal or decimal).
#[must_use]
pub fn parse(text: &str) -> Option<u32> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return parse_number(text);
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().try_fold(0, |mask, pair| {
        let found = MNEMONICS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(pair));
        found.map(|(_, right)| mask | right)
    })
}

fn parse_number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    digits.bytes().all(|octet| octet.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

/// Writes rights as SDDL: a mnemonic that says it all, else a hexadecimal number.
#[must_use]
pub fn print(mask: u32) -> String {
    let known = MNEMONICS.iter().take(WRITTEN).find(|(_, rights)| *rights == mask);
    known.map_or_else(|| format!("{mask:#x}"), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_means_what_windows_would_let_somebody_do() {
        for (mask, level) in [
            (0x8000_0000, Level::Read),    // GENERIC_READ
            (0x8010_0000, Level::Read),    // what MMC and .NET write for Read
            (0x8012_0089, Level::Read),    // a key that works
            (0x0012_0089, Level::Read),    // icacls R
            (0x0012_00a9, Level::Read),    // icacls RX
            (0x1000_0000, Level::Full),    // GENERIC_ALL
            (0x9010_0000, Level::Full),    // what MMC and .NET write for Full control
            (0xd01f_01ff, Level::Full),    // a key that works
            (0x001f_01ff, Level::Full),    // icacls F
            (0xc000_0000, Level::More),    // read and write
            (0x0013_0089, Level::More),    // read and delete
            (0x0016_0089, Level::More),    // read and change the access list
            (0x4000_0000, Level::Partial), // write only
            (0x0002_0019, Level::Partial), // KEY_READ of the registry: no attributes, no waiting
            (0x0000_0001, Level::Partial),
            (0x2000_0000, Level::Partial),
            (0x0200_0000, Level::Nothing),
            (0, Level::Nothing),
        ] {
            assert_eq!(Level::of(mask), level, "{mask:#x}");
        }
    }

    #[test]
    fn rights_are_read_in_every_notation() {
        for (text, mask) in [
            ("GA", Some(0x1000_0000)),
            ("GRGW", Some(0xc000_0000)),
            ("frsd", Some(0x0013_0089)),
            ("KR", Some(0x0002_0019)),
            ("0x80120089", Some(0x8012_0089)),
            ("0X1F01FF", Some(0x001f_01ff)),
            ("017", Some(15)),
            ("0", Some(0)),
            ("1179785", Some(0x0012_0089)),
            ("", Some(0)),
            ("G", None),
            ("GQ", None),
            ("0x", None),
            ("0x+1", None),
            ("09", None),
            ("0x100000000", None),
            ("GäR", None),
        ] {
            assert_eq!(parse(text), mask, "{text}");
        }
        for mask in [KEY_READ, KEY_FULL, FILE_READ, FILE_ALL, GENERIC_ALL, 0, 0x0002_0019] {
            assert_eq!(parse(&print(mask)), Some(mask));
        }
    }
}
