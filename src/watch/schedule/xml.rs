//! The little of XML that a task needs: texts with their places. No entity is ever expanded but the five of the standard and numbers.

/// The largest text, in octets.
const LONGEST: usize = 1 << 20;
/// The deepest nesting.
const DEEPEST: usize = 32;
/// The most texts.
const MOST: usize = 10_000;

/// A text with the names of the elements around it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Leaf {
    /// The names, outermost first: `Task/Settings/Enabled`.
    pub place: String,
    /// The text, entities read.
    pub text: String,
}

/// Escapes a text.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns the texts of all elements that hold no other, in order; nothing where this is no XML of the simple sort.
#[must_use]
pub fn leaves(text: &str) -> Option<Vec<Leaf>> {
    if text.len() > LONGEST {
        return None;
    }
    let mut rest = text.trim_start_matches('\u{feff}').trim();
    let mut open: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    // Whether the innermost element has held no other so far.
    let mut leaf = false;
    let mut ended = false;
    while !rest.is_empty() {
        let begin = rest.find('<')?;
        let (before, after) = rest.split_at(begin);
        if let Some(after) = after.strip_prefix("<!--") {
            rest = after.split_once("-->")?.1;
            continue;
        }
        if let Some(after) = after.strip_prefix("<?") {
            rest = after.split_once("?>")?.1;
            continue;
        }
        if after.starts_with("<!") || (ended && !before.trim().is_empty()) {
            return None;
        }
        let (tag, behind) = after.strip_prefix('<')?.split_once('>')?;
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            if open.last() != Some(&name.trim()) {
                return None;
            }
            if leaf {
                found.push(Leaf { place: open.join("/"), text: unescaped(before)? });
            }
            leaf = false;
            open.pop();
            ended = open.is_empty();
        } else {
            let empty = tag.ends_with('/');
            let name = tag.trim_end_matches('/').split_whitespace().next()?;
            if ended || open.len() >= DEEPEST || found.len() >= MOST {
                return None;
            }
            open.push(name);
            leaf = !empty;
            if empty {
                found.push(Leaf { place: open.join("/"), text: String::new() });
                open.pop();
                ended = open.is_empty();
            }
        }
    }
    ended.then_some(found)
}

fn unescaped(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let (name, behind) = after.split_once(';')?;
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#')?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)?
            }
        });
        rest = behind;
    }
    plain.push_str(rest);
    Some(plain)
}
