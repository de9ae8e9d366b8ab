//! The security descriptor definition language. Source: [MS-DTYP] 2.5.1.
//!
//! What Windows writes is read, and what is written here Windows reads, with one exception: an entry that has no form in
//! this language and came as octets is written as `(RAW;hexadecimal)`, which only s2scert reads.

use std::fmt;
use std::str::FromStr;

use super::descriptor::{Ace, AceKind, Acl, Descriptor, OpaqueAce, PlainAce, flags};
use super::sid::Sid;
use super::{rights, well_known};

/// The most octets of text that are looked at: more than a full list can need.
pub const MAX_TEXT: usize = 1 << 20;
/// The mark of an entry of octets.
const RAW: &str = "RAW;";

/// Why a text is no security descriptor.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SddlError {
    /// The text is longer than [`MAX_TEXT`].
    #[error("longer than {MAX_TEXT} octets")]
    TooLong,
    /// Something stands where `O:`, `G:`, `D:` or `S:` should.
    #[error("at {at}: expected O:, G:, D: or S:")]
    Component {
        /// The offset in octets.
        at: usize,
    },
    /// A component stands there twice.
    #[error("{0}: stands there twice")]
    Twice(char),
    /// A flag of a list is not known.
    #[error("at {at}: a flag of a list is P, AR, AI or NO_ACCESS_CONTROL")]
    ListFlag {
        /// The offset in octets.
        at: usize,
    },
    /// An entry has no end.
    #[error("at {at}: the parenthesis is never closed")]
    Open {
        /// The offset in octets.
        at: usize,
    },
    /// An entry is not what it should be.
    #[error("the entry ({entry}): {why}")]
    Entry {
        /// What stands between the parentheses.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An owner or group is no identity.
    #[error("{0} is no identity: a SID or two letters that mean the same everywhere")]
    Identity(String),
}

impl FromStr for Descriptor {
    type Err = SddlError;

    fn from_str(text: &str) -> Result<Self, SddlError> {
        if text.len() > MAX_TEXT {
            return Err(SddlError::TooLong);
        }
        let mut descriptor = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let at = || text.len() - rest.len();
            let (Some(component), Some((_, value))) =
                (rest.chars().next(), rest.split_at_checked(2).filter(|(start, _)| start.ends_with(':')))
            else {
                return Err(SddlError::Component { at: at() });
            };
            let component = component.to_ascii_uppercase();
            let is_new = match component {
                'O' => descriptor.owner.is_none(),
                'G' => descriptor.group.is_none(),
                'D' => descriptor.dacl.is_none(),
                'S' => descriptor.sacl.is_none(),
                _ => return Err(SddlError::Component { at: at() }),
            };
            if !is_new {
                return Err(SddlError::Twice(component));
            }
            match component {
                'O' | 'G' => {
                    let (sid, after) = owner(value)?;
                    *(if component == 'O' { &mut descriptor.owner } else { &mut descriptor.group }) = Some(sid);
                    rest = after;
                }
                _ => {
                    let (acl, after) = list(text, value)?;
                    *(if component == 'D' { &mut descriptor.dacl } else { &mut descriptor.sacl }) = Some(acl);
                    rest = after;
                }
            }
        }
        Ok(descriptor)
    }
}

/// Reads the identity after `O:` or `G:`. It ends where the next component begins: before a letter and a colon.
fn owner(text: &str) -> Result<(Sid, &str), SddlError> {
    let end = text.find(':').map_or(text.len(), |colon| colon.saturating_sub(1));
    let (name, rest) = text.split_at_checked(end).ok_or_else(|| SddlError::Identity(text.to_owned()))?;
    identity(name).map(|sid| (sid, rest)).ok_or_else(|| SddlError::Identity(name.to_owned()))
}

fn identity(text: &str) -> Option<Sid> {
    let text = text.trim();
    text.parse().ok().or_else(|| well_known::by_alias(text))
}

fn list<'a>(whole: &str, text: &'a str) -> Result<(Acl, &'a str), SddlError> {
    let mut acl = Acl { aces: Some(Vec::new()), ..Acl::default() };
    let mut rest = text;
    loop {
        let at = whole.len() - rest.len();
        let flag = |name: &str| {
            rest.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name)).and_then(|_| rest.get(name.len()..))
        };
        if rest.is_empty() || rest.starts_with('(') || rest.as_bytes().get(1) == Some(&b':') {
            break;
        } else if let Some(after) = flag("NO_ACCESS_CONTROL") {
            acl.aces = None;
            rest = after;
        } else if let Some(after) = flag("AR") {
            acl.inherit_required = true;
            rest = after;
        } else if let Some(after) = flag("AI") {
            acl.auto_inherited = true;
            rest = after;
        } else if let Some(after) = flag("P") {
            acl.protected = true;
            rest = after;
        } else if let Some(after) = rest.strip_prefix(' ') {
            rest = after;
        } else {
            return Err(SddlError::ListFlag { at });
        }
    }
    while let Some(inside) = rest.trim_start().strip_prefix('(') {
        let end = closing(inside).ok_or(SddlError::Open { at: whole.len() - inside.len() })?;
        // The offset is that of an ASCII parenthesis.
        let (entry, after) = inside.split_at(end);
        let ace = read_entry(entry)?;
        match &mut acl.aces {
            Some(aces) => aces.push(ace),
            None => return Err(SddlError::Entry { entry: entry.to_owned(), why: "a null list has no entries" }),
        }
        rest = after.strip_prefix(')').unwrap_or(after);
    }
    Ok((acl, rest.trim_start()))
}

/// Finds the parenthesis that closes an entry. A condition may hold parentheses and texts in quotation marks.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0_usize, false);
    for (place, octet) in text.bytes().enumerate() {
        match octet {
            b'"' => quoted = !quoted,
            b'(' if !quoted => depth += 1,
            b')' if !quoted && depth == 0 => return Some(place),
            b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn read_entry(entry: &str) -> Result<Ace, SddlError> {
    let fault = |why| SddlError::Entry { entry: entry.to_owned(), why };
    if let Some(hexadecimal) = entry.strip_prefix(RAW) {
        let octets = raw(hexadecimal).ok_or_else(|| fault("RAW holds the octets of one entry in hexadecimal"))?;
        return Ok(Ace::Opaque(OpaqueAce::Octets(octets)));
    }
    let mut fields = entry.split(';').map(str::trim);
    let mut field = || fields.next().unwrap_or_default();
    let kind = match field().to_ascii_uppercase().as_str() {
        "A" => AceKind::Allow,
        "D" => AceKind::Deny,
        "AU" => AceKind::Audit,
        "" => return Err(fault("the first field says what the entry does")),
        _ => return Ok(Ace::Opaque(OpaqueAce::Text(entry.to_owned()))),
    };
    let flags = parse_flags(field()).ok_or_else(|| fault("a flag is not known"))?;
    let mask = rights::parse(field()).ok_or_else(|| fault("a right is not known"))?;
    if !field().is_empty() || !field().is_empty() {
        return Err(fault("an entry of this sort is not for one property"));
    }
    let sid = identity(field())
        .ok_or_else(|| fault("the sixth field is a SID or two letters that mean the same everywhere"))?;
    if fields.next().is_some() {
        return Err(fault("more than six fields"));
    }
    Ok(Ace::Plain(PlainAce { kind, flags, mask, sid }))
}

/// The flags of an entry and their letters.
const FLAGS: &[(&str, u8)] = &[
    ("OI", flags::OBJECT_INHERIT),
    ("CI", flags::CONTAINER_INHERIT),
    ("NP", flags::NO_PROPAGATE),
    ("IO", flags::INHERIT_ONLY),
    ("ID", flags::INHERITED),
    ("CR", flags::CRITICAL),
    ("SA", flags::SUCCESS),
    ("FA", flags::FAILURE),
];

fn parse_flags(text: &str) -> Option<u8> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let parsed = pairs.iter().try_fold(0, |set, pair| {
        FLAGS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(pair)).map(|(_, flag)| set | flag)
    });
    parsed.filter(|_| rest.is_empty())
}

fn raw(hexadecimal: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = hexadecimal.as_bytes().as_chunks::<2>();
    let octet = |pair: &[u8; 2]| {
        let digit = |octet: u8| char::from(octet).to_digit(16);
        // Two digits of four bits each fit an octet.
        Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8)
    };
    let octets: Vec<u8> = pairs.iter().map(octet).collect::<Option<_>>()?;
    let [_, _, low, high, ..] = octets[..] else { return None };
    (rest.is_empty() && usize::from(u16::from_le_bytes([low, high])) == octets.len()).then_some(octets)
}

impl fmt::Display for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (letter, sid) in [('O', &self.owner), ('G', &self.group)] {
            if let Some(sid) = sid {
                write!(f, "{letter}:")?;
                write_identity(f, sid)?;
            }
        }
        for (letter, acl) in [('D', &self.dacl), ('S', &self.sacl)] {
            if let Some(acl) = acl {
                write!(f, "{letter}:{acl}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_set, flag) in [(self.protected, "P"), (self.inherit_required, "AR"), (self.auto_inherited, "AI")] {
            f.write_str(if is_set { flag } else { "" })?;
        }
        match &self.aces {
            None => f.write_str("NO_ACCESS_CONTROL"),
            Some(aces) => aces.iter().try_for_each(|ace| write!(f, "{ace}")),
        }
    }
}

impl fmt::Display for Ace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hexadecimal = |f: &mut fmt::Formatter<'_>, octets: &[u8]| {
            write!(f, "({RAW}")?;
            octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?;
            f.write_str(")")
        };
        match self {
            Self::Opaque(OpaqueAce::Text(text)) => write!(f, "({text})"),
            Self::Opaque(OpaqueAce::Octets(octets)) => hexadecimal(f, octets),
            Self::Plain(ace) => {
                let kind = match ace.kind {
                    AceKind::Allow => "A",
                    AceKind::Deny => "D",
                    AceKind::Audit => "AU",
                };
                write!(f, "({kind};")?;
                let known = FLAGS.iter().filter(|(_, flag)| ace.flags & flag != 0);
                known.clone().try_for_each(|(name, _)| f.write_str(name))?;
                write!(f, ";{};;;", rights::print(ace.mask))?;
                write_identity(f, &ace.sid)?;
                f.write_str(")")
            }
        }
    }
}

fn write_identity(f: &mut fmt::Formatter<'_>, sid: &Sid) -> fmt::Result {
    match well_known::of(sid).and_then(|known| known.alias) {
        Some(alias) => f.write_str(alias),
        None => write!(f, "{sid}"),
    }
}
