//! Values as Windows PowerShell has them, as far as the subset needs them.

use std::rc::Rc;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};

use super::syntax::Block;

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// What a pipeline without output gives: nothing where it is listed, otherwise null.
    Nothing,
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    /// One UTF-16 unit.
    Char(u16),
    /// A member of an enumeration: its name in a text, its number in JSON.
    Enum(String, i64),
    Date(Date),
    Bytes(Vec<u8>),
    Array(Vec<Self>),
    /// A table with its entries in order.
    Table(Vec<(String, Self)>),
    Object(Rc<Object>),
    Type(String),
    Block(Rc<Block>),
}

/// An instant, and what PowerShell knows of its zone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Date {
    pub(crate) at: Timestamp,
    /// The minutes east of Greenwich that it is shown in.
    pub(crate) offset: i64,
    pub(crate) kind: Zone,
}

/// The kind of a .NET date.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Zone {
    Utc,
    Local,
    Unspecified,
}

/// An object of .NET.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    /// What a cast to a string gives.
    pub(crate) text: String,
    pub(crate) properties: Vec<(&'static str, Value)>,
    /// Whether a property that is not there is null, as a value of the registry is.
    pub(crate) open: Vec<(String, Value)>,
    pub(crate) lenient: bool,
}

impl Object {
    /// Makes an object of known properties.
    pub(crate) fn of(kind: &'static str, text: &str, properties: Vec<(&'static str, Value)>) -> Value {
        Value::Object(Rc::new(Self { kind, text: text.to_owned(), properties, open: Vec::new(), lenient: false }))
    }

    /// Makes an object of any properties.
    pub(crate) fn open(kind: &'static str, open: Vec<(String, Value)>, lenient: bool) -> Value {
        Value::Object(Rc::new(Self { kind, text: kind.to_owned(), properties: Vec::new(), open, lenient }))
    }

    /// Returns a property, or nothing where the object has none of that name.
    pub(crate) fn property(&self, name: &str) -> Option<Value> {
        let known = self.properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let open = self.open.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        known.or(open).cloned().or_else(|| self.lenient.then_some(Value::Null))
    }
}

impl Value {
    /// Makes a text.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// Makes a value from JSON, as `ConvertFrom-Json` does.
    pub(crate) fn from_json(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(flag) => Self::Bool(*flag),
            Json::Number(number) => number.as_i64().map_or(Self::Null, Self::Number),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::Array(items.iter().map(Self::from_json).collect()),
            Json::Object(map) => Object::open("PSCustomObject", Self::entries(map), false),
        }
    }

    /// Makes properties from JSON.
    pub(crate) fn entries(map: &Map<String, Json>) -> Vec<(String, Self)> {
        map.iter().map(|(key, value)| (key.clone(), Self::from_json(value))).collect()
    }

    /// Returns the values that a pipeline passes on.
    pub(crate) fn listed(self) -> Vec<Self> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Array(items) => items,
            other => vec![other],
        }
    }

    /// Returns what an assignment keeps of a pipeline's output.
    pub(crate) fn collected(mut items: Vec<Self>) -> Self {
        match items.len() {
            0 => Self::Nothing,
            1 => items.remove(0),
            _ => Self::Array(items),
        }
    }

    /// Returns whether a condition takes it for true.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Nothing | Self::Null => false,
            Self::Bool(flag) => *flag,
            Self::Number(number) | Self::Enum(_, number) => *number != 0,
            Self::Text(text) => !text.is_empty(),
            Self::Array(items) => match items.as_slice() {
                [] => false,
                [only] => only.truth(),
                _ => true,
            },
            _ => true,
        }
    }

    /// Returns whether it is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Nothing | Self::Null)
    }

    /// Returns what a cast to a string gives.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Nothing | Self::Null => String::new(),
            Self::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) | Self::Enum(text, _) | Self::Type(text) => text.clone(),
            Self::Char(unit) => String::from_utf16_lossy(&[*unit]),
            Self::Date(date) => date.at.to_string(),
            Self::Bytes(_) => "System.Byte[]".to_owned(),
            Self::Array(items) => items.iter().map(Self::words).collect::<Vec<_>>().join(" "),
            Self::Table(_) => "System.Collections.Hashtable".to_owned(),
            Self::Object(object) => object.text.clone(),
            Self::Block(_) => "{}".to_owned(),
        }
    }

    /// Returns whether both are equal as `-eq` sees it, converted to the type of the left.
    pub(crate) fn equals(&self, other: &Self, case: bool) -> bool {
        match (self, other) {
            (one, other) if one.is_null() || other.is_null() => one.is_null() && other.is_null(),
            (Self::Bool(flag), other) => *flag == other.truth(),
            (Self::Number(number), Self::Text(text)) => text.trim().parse() == Ok(*number),
            (Self::Number(one), Self::Number(other)) => one == other,
            (one, other) if case => one.words() == other.words(),
            (one, other) => one.words().to_lowercase() == other.words().to_lowercase(),
        }
    }
}

impl Date {
    /// Returns the form of `ToString('o')`.
    pub(crate) fn round_trip(&self) -> String {
        let offset = Offset::from_seconds(i32::try_from(self.offset * 60).unwrap_or(0)).unwrap_or(Offset::UTC);
        let zoned = self.at.to_zoned(TimeZone::fixed(offset));
        let shown = zoned.strftime("%Y-%m-%dT%H:%M:%S.0000000").to_string();
        match self.kind {
            Zone::Utc => format!("{shown}Z"),
            Zone::Unspecified => shown,
            Zone::Local => format!("{shown}{}", zoned.strftime("%:z")),
        }
    }

    /// Returns the same instant in UTC. A date without a zone is taken for local time.
    pub(crate) fn universal(&self, local: i64) -> Self {
        let at = match self.kind {
            Zone::Unspecified => self.at - SignedDuration::from_mins(local),
            Zone::Utc | Zone::Local => self.at,
        };
        Self { at, offset: 0, kind: Zone::Utc }
    }
}
