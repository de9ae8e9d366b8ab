//! Operators, casts and the one use of a regular expression with a script block.

use regex::Regex;
use serde_json::Value as Json;

use super::interpret::{Failure, Run, Session, Stop};
use super::syntax::Block;
use super::value::{Object, Value};

fn outside<T>(what: &str) -> Run<T> {
    Err(Stop::Outside(format!("outside the subset: {what}")))
}

fn wrong<T>(text: &str) -> Run<T> {
    Err(Stop::Throw(Failure::new(text, "RuntimeException", "RuntimeException")))
}

/// Applies an operator between two values.
pub(crate) fn binary(operator: &str, left: Value, right: &Value) -> Run<Value> {
    match operator {
        "-eq" | "-ne" | "-ceq" | "-cne" => {
            let holds = |one: &Value| one.equals(right, operator.starts_with("-c")) == operator.ends_with("eq");
            Ok(match left {
                Value::Array(items) => Value::Array(items.into_iter().filter(holds).collect()),
                one => Value::Bool(holds(&one)),
            })
        }
        "-gt" | "-lt" | "-ge" | "-le" => match (&left, right) {
            (Value::Number(one), Value::Number(other)) => Ok(Value::Bool(match operator {
                "-gt" => one > other,
                "-lt" => one < other,
                "-ge" => one >= other,
                _ => one <= other,
            })),
            _ => outside("an order of what are no numbers"),
        },
        "-contains" | "-notcontains" => {
            let found = left.listed().iter().any(|one| one.equals(right, false));
            Ok(Value::Bool(found == (operator == "-contains")))
        }
        "-match" | "-notmatch" => match &left {
            Value::Array(_) => outside("a match over an array"),
            one => match Regex::new(&format!("(?i){}", right.words())) {
                Ok(pattern) => Ok(Value::Bool(pattern.is_match(&one.words()) == (operator == "-match"))),
                Err(error) => wrong(&error.to_string()),
            },
        },
        "-is" | "-isnot" => match (&left, right) {
            (one, Value::Type(kind)) => {
                let same = matches!(one, Value::Object(object) if object.kind.eq_ignore_ascii_case(kind));
                Ok(Value::Bool(same == (operator == "-is")))
            }
            _ => outside("-is without a type"),
        },
        "-and" => Ok(Value::Bool(left.truth() && right.truth())),
        "-or" => Ok(Value::Bool(left.truth() || right.truth())),
        "-join" => {
            let parts: Vec<String> = left.listed().iter().map(Value::words).collect();
            Ok(Value::Text(parts.join(&right.words())))
        }
        "-f" => format(&left.words(), right),
        "+" => add(left, right),
        other => outside(other),
    }
}

fn add(left: Value, right: &Value) -> Run<Value> {
    match (left, right) {
        (Value::Array(mut items), other) => {
            items.extend(other.clone().listed());
            Ok(Value::Array(items))
        }
        (Value::Table(mut entries), Value::Table(more)) => {
            for (key, value) in more {
                if entries.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
                    return wrong(&format!("Item has already been added. Key in dictionary: '{key}'"));
                }
                entries.push((key.clone(), value.clone()));
            }
            Ok(Value::Table(entries))
        }
        (Value::Number(one), Value::Number(other)) => Ok(Value::Number(one + other)),
        (Value::Text(one), other) => Ok(Value::Text(one + &other.words())),
        (one, _) if one.is_null() => Ok(right.clone()),
        (one, _) => outside(&format!("{} + something", one.words())),
    }
}

/// Fills the places of a format string: `{0}` and `{0:x4}`.
fn format(text: &str, arguments: &Value) -> Run<Value> {
    let arguments = arguments.clone().listed();
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((place, after)) = behind.split_once('}') else { return wrong("Error formatting a string.") };
        let (index, form) = place.split_once(':').unwrap_or((place, ""));
        let value = index.parse::<usize>().ok().and_then(|index| arguments.get(index));
        filled += before;
        filled += &match (value, form) {
            (Some(Value::Number(number)), "x4") => format!("{number:04x}"),
            (Some(value), "") => value.words(),
            (Some(_), form) => return outside(&format!("the format {form}")),
            (None, _) => return wrong("Error formatting a string: Index must be less than the size of the list."),
        };
        rest = after;
    }
    Ok(Value::Text(filled + rest))
}

/// Casts a value.
pub(crate) fn cast(kind: &str, value: Value) -> Run<Value> {
    match (kind, value) {
        ("string", value) => Ok(Value::Text(value.words())),
        ("bool", value) => Ok(Value::Bool(value.truth())),
        ("ordered", Value::Table(entries)) => Ok(Value::Table(entries)),
        ("char", Value::Char(unit)) => Ok(Value::Char(unit)),
        ("char", Value::Text(text)) => match text.encode_utf16().collect::<Vec<_>>().as_slice() {
            [unit] => Ok(Value::Char(*unit)),
            _ => wrong("Cannot convert value to type \"System.Char\". String must be exactly one character long."),
        },
        ("int", Value::Char(unit)) => Ok(Value::Number(unit.into())),
        ("int", Value::Number(number)) => Ok(Value::Number(number)),
        (kind, value) => outside(&format!("[{kind}] of {}", value.words())),
    }
}

/// `[regex]::Replace` with a script block. .NET sees UTF-16 units, so a match of one character beyond them is two matches.
pub(crate) fn replace(session: &mut Session<'_>, text: &str, pattern: &str, block: &Block) -> Run<Value> {
    let pattern = match Regex::new(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return wrong(&error.to_string()),
    };
    let mut result = String::new();
    let mut place = 0;
    for found in pattern.find_iter(text) {
        result += &text[place..found.start()];
        place = found.end();
        let mut letters = found.as_str().chars();
        let parts = match (letters.next(), letters.next()) {
            (Some(letter), None) => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| Value::Char(*unit)).collect(),
            _ => vec![Value::text(found.as_str())],
        };
        for part in parts {
            let matched = Object::of("Match", found.as_str(), vec![("Value", part)]);
            let made = session.call_block(block, None, vec![matched])?;
            result += &Value::collected(made).words();
        }
    }
    Ok(Value::Text(result + &text[place..]))
}

/// `ConvertTo-Json -Compress`: enumerations are numbers, quotes and angle brackets are escaped, what lies deeper than `depth`
/// is its text.
pub(crate) fn to_json(value: &Value, depth: i64) -> Run<String> {
    let inner = |value: &Value| to_json(value, depth - 1);
    match value {
        Value::Nothing | Value::Null => Ok("null".to_owned()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(number) | Value::Enum(_, number) => Ok(number.to_string()),
        Value::Array(_) | Value::Table(_) if depth < 0 => Ok(quoted(&value.words())),
        Value::Array(items) => Ok(format!("[{}]", items.iter().map(inner).collect::<Run<Vec<_>>>()?.join(","))),
        Value::Table(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok(format!("{}:{}", quoted(key), inner(value)?)));
            Ok(format!("{{{}}}", entries.collect::<Run<Vec<_>>>()?.join(",")))
        }
        Value::Date(date) => Ok(format!("\"\\/Date({})\\/\"", date.at.as_millisecond())),
        Value::Text(text) => Ok(quoted(text)),
        other => outside(&format!("{} reaches ConvertTo-Json", other.words())),
    }
}

fn quoted(text: &str) -> String {
    let plain = Json::String(text.to_owned()).to_string();
    let escaped = [('\'', "\\u0027"), ('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026")];
    escaped.iter().fold(plain, |text, (letter, escape)| text.replace(*letter, escape))
}
