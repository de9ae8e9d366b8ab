//! File names that Windows does not take, or takes for a device.
//!
//! Source: Microsoft, "Naming Files, Paths, and Namespaces".

use std::path::{Component, Path};

/// The most UTF-16 units of one part of a path.
const LONGEST_PART: usize = 255;

/// Returns what is wrong with a path as the name of a new file.
pub(crate) fn name_problem(path: &Path) -> Option<&'static str> {
    path.components().find_map(|component| match component {
        Component::Normal(part) => match part.to_str() {
            Some(part) => part_problem(part),
            // Not Unicode, and so none of the names and characters looked for.
            None => None,
        },
        _ => None,
    })
}

/// Returns whether the last part of a path means a device wherever it stands, like `C:\data\nul.txt`.
pub(crate) fn is_device(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(is_reserved)
}

fn part_problem(part: &str) -> Option<&'static str> {
    if part.chars().any(|c| c < ' ' || "<>:\"|?*".contains(c)) {
        return Some("it contains one of < > : \" | ? * or a control character");
    }
    if part.encode_utf16().count() > LONGEST_PART {
        return Some("it is longer than 255 characters");
    }
    if part.ends_with(['.', ' ']) {
        return Some("it ends with a dot or a space, which Windows drops");
    }
    is_reserved(part).then_some("Windows takes it for a device")
}

/// Returns whether the name, up to its first dot or colon, is one that Windows keeps for devices.
fn is_reserved(name: &str) -> bool {
    let stem = name.split(['.', ':']).next().unwrap_or(name).trim_end_matches(' ').to_ascii_uppercase();
    match stem.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" => true,
        // The superscript digits of Latin-1 count as digits here.
        port => port
            .strip_prefix("COM")
            .or_else(|| port.strip_prefix("LPT"))
            .is_some_and(|number| matches!(number, "\u{b9}" | "\u{b2}" | "\u{b3}") || is_port_digit(number)),
    }
}

fn is_port_digit(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_would_change_or_take_for_a_device_are_refused() {
        for name in [
            "CON",
            "nul",
            "aux.txt",
            "NUL.tar.gz",
            "com1",
            "LPT9.pfx",
            "COM\u{b9}",
            "nul .txt",
            "CONIN$",
            "s2s.",
            "s2s ",
            "s2s:b",
            "s2s?.pfx",
            "a|b",
            "a<b",
            "a\"b",
            "tab\t",
            "folder./s2s.pfx",
            "con/s2s.pfx",
        ] {
            assert!(name_problem(Path::new(name)).is_some(), "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_are_taken() {
        for name in
            ["s2s.pfx", "console", "com", "com0", "com10", "LPT", "nula", "..", "./a", "../s2s.cer", "ü.pfx", "a b"]
        {
            assert_eq!(name_problem(Path::new(name)), None, "{name:?}");
        }
    }

    #[test]
    fn a_device_is_one_in_every_folder() {
        for (name, device) in [("data/nul.txt", true), ("NUL:", true), ("con/a", false), ("a", false)] {
            assert_eq!(is_device(Path::new(name)), device, "{name:?}");
        }
    }
}
