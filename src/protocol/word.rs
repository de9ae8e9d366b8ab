//! Texts of a request that have a form and a bound: names, hashes, octets.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cert::digest::hex_upper;

/// Before words of ours in an error of the parser, so that they are told from those that could repeat a value.
pub(super) const OURS: &str = "s2scert: ";
/// The most characters of a name.
pub const LONGEST_ID: usize = 80;
/// The most characters of a free text.
const LONGEST_TEXT: usize = 64 * 1024;
/// The most octets that are repeated of what the machine told.
const LONGEST_TOLD: usize = 4 * 1024;
/// The most octets of a value.
const MOST_OCTETS: usize = 64 * 1024;

// Names, texts and octets never change, and a roll hands the same ones on thousands of times: a copy shares them.

/// A name: letters and digits of ASCII, `.`, `-`, `_`, `@`; 1 to 80 of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Id(Arc<str>);

/// A text without control characters, of at most 65,536 octets.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Text(Arc<str>);

/// `N` octets as upper-case hexadecimal: a thumbprint (20) or a SHA-256 (32).
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Hex<const N: usize>([u8; N]);

/// Octets as base64, at most 65,536.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Octets(Arc<[u8]>);

/// A list of at most `N`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct List<T, const N: usize>(Vec<T>);

impl<T, const N: usize> List<T, N> {
    /// Takes the first `N`.
    pub fn first(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().take(N).collect())
    }
}

impl<T, const N: usize> Default for List<T, N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const N: usize> Deref for List<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T: Serialize, const N: usize> Serialize for List<T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for List<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Bounded(PhantomData))
    }
}

impl<T: JsonSchema, const N: usize> JsonSchema for List<T, N> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("ListOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "maxItems": N, "items": generator.subschema_for::<T>()})
    }
}

/// Reads a list and stops at the first element too many, before it is kept.
struct Bounded<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Bounded<T, N> {
    type Value = List<T, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = elements.next_element()? {
            if items.len() == N {
                return Err(de::Error::custom(format_args!("{OURS}a list has more than {N} elements")));
            }
            items.push(item);
        }
        Ok(List(items))
    }
}

impl Id {
    /// Takes a word of ours. What could not be read as a name is left out of it.
    #[must_use]
    pub fn word(text: &str) -> Self {
        if text.len() <= LONGEST_ID && text.bytes().all(|octet| allowed(char::from(octet))) {
            return Self(text.into());
        }
        Self(text.chars().filter(|letter| allowed(*letter)).take(LONGEST_ID).collect::<String>().into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Text {
    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Text {
    /// Returns a text that something is done with later, such as an access list: as it is, or cut where it cannot be taken.
    #[must_use]
    pub fn whole(text: &str) -> Self {
        text.parse().unwrap_or_else(|_| Self::told(text))
    }

    /// Returns what the machine told as a text that fits: control characters become spaces, what is too long is cut.
    #[must_use]
    pub fn told(text: &str) -> Self {
        let text = text.trim();
        // Nearly every text is plain already.
        if text.len() <= LONGEST_TOLD && !has_controls(text) {
            return Self(text.into());
        }
        let mut plain: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        let mut end = plain.len().min(LONGEST_TOLD);
        while !plain.is_char_boundary(end) {
            end -= 1;
        }
        plain.truncate(end);
        Self(plain.into())
    }
}

impl Octets {
    /// Takes octets, where there are not too many.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() <= MOST_OCTETS).then(|| Self(bytes.into()))
    }

    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> Hex<N> {
    /// Returns the octets.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> From<[u8; N]> for Hex<N> {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Id {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = !text.is_empty() && text.len() <= LONGEST_ID && text.chars().all(allowed);
        fits.then(|| Self(text.into())).ok_or("a name is not 1 to 80 letters, digits, dots, dashes, underscores or @")
    }
}

impl Ord for Id {
    fn cmp(&self, other: &Self) -> Ordering {
        // Most names that are found in a map are the very one that stands there.
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Id {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Returns whether a text holds a control character. Those beyond ASCII are looked for only where there is anything else.
fn has_controls(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().any(|octet| octet.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Returns whether a name may hold a letter.
fn allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '@')
}

impl FromStr for Text {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST_TEXT {
            return Err("a text is longer than 65536 octets");
        }
        if has_controls(text) {
            return Err("a text holds a control character");
        }
        Ok(Self(text.into()))
    }
}

impl<const N: usize> FromStr for Hex<N> {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a hash is not hexadecimal of the right length";
        let digits = text.as_bytes();
        if digits.len() != 2 * N {
            return Err(WRONG);
        }
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_chunks::<2>().0) {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            *byte = high.zip(low).map(|(high, low)| (high << 4 | low) as u8).ok_or(WRONG)?;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for Octets {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = STANDARD.decode(text).map_err(|_| "a value is not base64")?;
        (bytes.len() <= MOST_OCTETS).then(|| Self(bytes.into())).ok_or("a value has more than 65536 octets")
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex_upper(&self.0))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hex({self})")
    }
}

/// Reads a text through [`FromStr`].
fn parse<'de, T: FromStr<Err = &'static str>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(|why| de::Error::custom(format_args!("{OURS}{why}")))
}

macro_rules! text_on_the_wire {
    ($([$($generics:tt)*] $type:ty, $name:literal, |$value:ident| $print:expr, $schema:expr;)*) => {$(
        impl<'de, $($generics)*> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                parse(deserializer)
            }
        }

        impl<$($generics)*> Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let $value = self;
                serializer.serialize_str($print)
            }
        }

        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

text_on_the_wire! {
    [] super::token::Site, "Site", |site| site.as_str(), json_schema!({"type": "string", "pattern": "^https://", "maxLength": super::token::LONGEST_SITE});
    [] super::token::Realm, "Realm", |realm| realm.as_str(),
        json_schema!({"type": "string", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"});
    [] Id, "Id", |id| &id.0, json_schema!({"type": "string", "pattern": "^[A-Za-z0-9._@-]{1,80}$"});
    [] Text, "Text", |text| &text.0, json_schema!({"type": "string", "maxLength": LONGEST_TEXT});
    [] Octets, "Octets", |octets| &STANDARD.encode(&octets.0), json_schema!({"type": "string", "contentEncoding": "base64"});
    [const N: usize] Hex<N>, "Hex", |hex| &hex.to_string(),
        json_schema!({"type": "string", "pattern": format!("^[0-9A-Fa-f]{{{}}}$", 2 * N)});
}
