//! The metadata document of an organization: who issues its tokens, and with which certificates. Pure.
//!
//! The names in the document of Dynamics are not published; those of its relatives are (Exchange and Workflow Manager:
//! `keys[*].keyvalue.value`). So names are compared without letter case, what is not known is passed over, and one object
//! around the whole is looked through. Thumbprints in the document are not believed: who reads the certificate computes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::cert::{Certificate, text};
use crate::farm::truth::MetadataAnswer;

/// The longest document that is read, in octets. One with two certificates has about six thousand.
pub const MAX_BYTES: u64 = 1 << 20;
/// The most certificates of one document; Dynamics publishes one or two.
const MAX_KEYS: usize = 64;
/// The longest text of one certificate, in characters.
const MAX_VALUE: usize = 128 << 10;
/// The longest issuer, in characters; the usual one has 73.
const MAX_ISSUER: usize = 300;
/// How much of a page is searched for what it is, and how much of its title is shown, in characters.
const MAX_LOOKED_AT: usize = 16 << 10;
const MAX_TITLE: usize = 80;

/// What a document says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Metadata {
    /// The issuer with its realm, `ID@REALM`, as SharePoint registers it.
    pub issuer: Option<String>,
    /// The certificates as DER, each once, in the order of the document. There may be none.
    pub keys: Vec<Vec<u8>>,
}

/// Why an answer is no metadata document.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MetadataError {
    /// It is longer than any.
    #[error("the document has more than {MAX_BYTES} octets")]
    TooLarge,
    /// It is empty.
    #[error("the answer is empty")]
    Empty,
    /// It is a web page: that of a sign-in, or of an error.
    #[error("the answer is a web page{0}, not the metadata document: a sign-in page, or an error")]
    Page(String),
    /// It is XML.
    #[error("the answer is XML, not JSON: the address is not that of the JSON document")]
    Xml,
    /// It is no JSON.
    #[error("the answer is not JSON: {0}")]
    Json(String),
    /// It has another form.
    #[error("the document cannot be understood: {0}")]
    Form(String),
    /// A certificate in it cannot be read.
    #[error("key {place} of the document is no certificate: {why}")]
    Key {
        /// Which, counted from 1.
        place: usize,
        /// Why not.
        why: String,
    },
}

impl Metadata {
    /// Reads a document.
    ///
    /// # Errors
    /// [`MetadataError`]. A document with one certificate that cannot be read is not read at all: what is left could be taken
    /// for all there is.
    pub fn read(body: &[u8]) -> Result<Self, MetadataError> {
        if body.len() as u64 > MAX_BYTES {
            return Err(MetadataError::TooLarge);
        }
        let text = text::decode(body).map_err(|error| MetadataError::Json(error.to_string()))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(MetadataError::Empty);
        }
        if text.starts_with('<') {
            return Err(of_markup(text));
        }
        let document: Value = serde_json::from_str(text).map_err(|error| MetadataError::Json(error.to_string()))?;
        let document = unwrapped(document)?;
        let keys = match field(&document, "keys")? {
            Some(Value::Array(keys)) if keys.len() > MAX_KEYS => return Err(form("it has too many keys")),
            Some(Value::Array(keys)) => keys.as_slice(),
            Some(Value::Null) => &[],
            Some(_) => return Err(form("`keys` is no list")),
            None => return Err(form("it has no `keys`")),
        };
        let mut metadata = Self { issuer: issuer(&document)?, keys: Vec::new() };
        for (place, key) in keys.iter().enumerate() {
            if let Some(der) = certificate(key, place + 1)?
                && !metadata.keys.contains(&der)
            {
                metadata.keys.push(der);
            }
        }
        Ok(metadata)
    }

    /// Returns the realm, the part of the issuer behind the last `@`.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.issuer.as_deref()?.rsplit_once('@').map(|(_, realm)| realm)
    }

    /// Returns it as the facts of a server have it, certificates as base64.
    #[must_use]
    pub fn answer(&self) -> MetadataAnswer<String> {
        MetadataAnswer { issuer: self.issuer.clone(), keys: self.keys.iter().map(|der| STANDARD.encode(der)).collect() }
    }
}

fn form(why: impl Into<String>) -> MetadataError {
    MetadataError::Form(why.into())
}

/// Returns the object that holds the document: the whole, or the only thing in it.
fn unwrapped(document: Value) -> Result<Map<String, Value>, MetadataError> {
    let Value::Object(mut object) = document else { return Err(form("it is no object")) };
    if object.len() == 1
        && let Some(Value::Object(inner)) = object.values_mut().next()
    {
        return Ok(std::mem::take(inner));
    }
    Ok(object)
}

/// Returns a field by its name in any letter case.
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, MetadataError> {
    let mut found = object.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        _ => Err(form(format!("`{name}` stands there twice"))),
    }
}

fn text_field<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, MetadataError> {
    Ok(field(object, name)?.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()))
}

/// The relatives of this document keep the realm in a field of its own.
fn issuer(document: &Map<String, Value>) -> Result<Option<String>, MetadataError> {
    let (issuer, realm) = (text_field(document, "issuer")?, text_field(document, "realm")?);
    let whole = match (issuer, realm) {
        (Some(issuer), Some(realm)) if !issuer.contains('@') => Some(format!("{issuer}@{realm}")),
        (issuer, _) => issuer.map(str::to_owned),
    };
    let sound = |text: &String| text.chars().count() <= MAX_ISSUER && !text.chars().any(char::is_control);
    if whole.as_ref().is_some_and(|text| !sound(text)) {
        return Err(form("`issuer` is no line of text"));
    }
    Ok(whole)
}

/// Returns the certificate of a key; nothing for a key of another sort or for another purpose.
fn certificate(key: &Value, place: usize) -> Result<Option<Vec<u8>>, MetadataError> {
    let broken = |why: String| MetadataError::Key { place, why };
    let object = |value: Option<&Value>, what: &str| match value {
        Some(Value::Object(object)) => Ok(object.clone()),
        _ => Err(broken(format!("it has no {what}"))),
    };
    let key = object(Some(key), "fields")?;
    if text_field(&key, "usage")?.is_some_and(|usage| !usage.eq_ignore_ascii_case("signing")) {
        return Ok(None);
    }
    let value = object(field(&key, "keyvalue")?, "`keyvalue`")?;
    if text_field(&value, "type")?.is_some_and(|sort| !sort.eq_ignore_ascii_case("x509certificate")) {
        return Ok(None);
    }
    let text = text_field(&value, "value")?.ok_or_else(|| broken("it has no `value`".to_owned()))?;
    if text.len() > MAX_VALUE {
        return Err(broken("it is longer than any".to_owned()));
    }
    let plain: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let der = STANDARD.decode(plain).map_err(|_| broken("it is no base64".to_owned()))?;
    Certificate::from_der(&der).map_err(|error| broken(error.to_string()))?;
    Ok(Some(der))
}

/// Says what came instead of JSON.
fn of_markup(text: &str) -> MetadataError {
    // ASCII letters alone change, so that places stay where they are.
    let begin: String = text.chars().take(MAX_LOOKED_AT).collect();
    let folded = begin.to_ascii_lowercase();
    if !folded.contains("<html") && !folded.contains("<!doctype html") {
        return MetadataError::Xml;
    }
    let title = folded.find("<title").and_then(|start| {
        let from = start + folded[start..].find('>')? + 1;
        begin.get(from..from + folded[from..].find("</title")?)
    });
    let title: Vec<&str> = title.unwrap_or_default().split_whitespace().collect();
    let title: String = title.join(" ").chars().filter(|c| !c.is_control()).take(MAX_TITLE).collect();
    MetadataError::Page(if title.is_empty() { title } else { format!(" ({title:?})") })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn der(name: &str) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    /// Base64 in lines of 64, as PowerShell and OpenSSL break it.
    fn broken_lines(der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        text.as_bytes().chunks(64).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect()
    }

    fn key(value: &str) -> Value {
        json!({ "usage": "Signing", "keyvalue": { "type": "x509Certificate", "value": value } })
    }

    fn read(document: &Value) -> Result<Metadata, MetadataError> {
        Metadata::read(document.to_string().as_bytes())
    }

    const ID: &str = "00000007-0000-0000-c000-000000000000";

    #[test]
    fn names_in_any_case_unknown_fields_and_broken_lines_are_understood() {
        let (one, two) = (der("one"), der("two"));
        let documents = [
            json!({ "issuer": format!("{ID}@realm-1"), "name": ID, "keys": [key(&broken_lines(&one)), key(&STANDARD.encode(&two))] }),
            json!({
                "Issuer": ID, "REALM": "realm-1", "version": 1.0, "allowedAudiences": [],
                "Keys": [
                    { "Usage": "signing", "KeyInfo": { "x5t": "a lie" },
                      "KeyValue": { "Type": "X509Certificate", "Value": broken_lines(&one) } },
                    { "usage": "encryption", "keyvalue": { "type": "x509certificate", "value": "not looked at" } },
                    { "usage": "signing", "keyvalue": { "type": "symmetric", "value": "not looked at" } },
                    { "keyvalue": { "value": STANDARD.encode(&two) } },
                    key(&STANDARD.encode(&one)),
                ],
                "endpoints": [{ "location": "https://crm.contoso.com/", "usage": "metadata" }],
            }),
            json!({ "MetadataResult": { "issuer": format!("{ID}@realm-1"), "keys": [key(&STANDARD.encode(&one)), key(&STANDARD.encode(&two))] } }),
        ];
        for document in documents {
            let metadata = read(&document).unwrap();
            assert_eq!(metadata.issuer.as_deref(), Some(format!("{ID}@realm-1").as_str()), "{document}");
            assert_eq!(metadata.realm(), Some("realm-1"));
            assert_eq!(metadata.keys, [one.clone(), two.clone()], "{document}");
            assert_eq!(metadata.answer().keys, [STANDARD.encode(&one), STANDARD.encode(&two)]);
        }
        let text = json!({ "keys": [] }).to_string();
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(Metadata::read(&utf16), Ok(Metadata::default()));
        assert_eq!(Metadata::read(format!("\u{feff}{text}").as_bytes()), Ok(Metadata::default()));
    }

    #[test]
    fn no_key_and_ten_keys_are_answers() {
        for none in [json!({ "issuer": "a@b", "keys": [] }), json!({ "issuer": "a@b", "keys": null })] {
            assert_eq!(read(&none).unwrap(), Metadata { issuer: Some("a@b".to_owned()), keys: Vec::new() });
        }
        let ten: Vec<Vec<u8>> = (0..10).map(|number| der(&format!("key {number}"))).collect();
        let keys: Vec<Value> = ten.iter().map(|der| key(&STANDARD.encode(der))).collect();
        assert_eq!(read(&json!({ "keys": keys })).unwrap().keys, ten);
    }

    #[test]
    fn what_is_no_document_is_told_for_what_it_is() {
        let good = key(&STANDARD.encode(der("one")));
        let page = "<!DOCTYPE html>\n<HTML><head><Title lang=en>\n Sign \u{7}In </TITLE></head></html>";
        for (body, wanted) in [
            (String::new(), "the answer is empty"),
            (" \r\n".to_owned(), "the answer is empty"),
            (page.to_owned(), "a web page (\"Sign In\")"),
            ("<html>".to_owned(), "the answer is a web page, not"),
            ("<?xml version=\"1.0\"?><Fault/>".to_owned(), "is XML"),
            ("Unauthorized".to_owned(), "not JSON"),
            ("{\"keys\": [".to_owned(), "not JSON"),
            ("[".repeat(100_000), "not JSON"),
            ("[]".to_owned(), "no object"),
            ("{}".to_owned(), "no `keys`"),
            (json!({ "keys": {}, "issuer": "a" }).to_string(), "`keys` is no list"),
            (json!({ "keys": [], "Keys": [] }).to_string(), "twice"),
            (json!({ "keys": [], "issuer": "a\nb" }).to_string(), "no line of text"),
            (json!({ "keys": vec![json!({}); MAX_KEYS + 1] }).to_string(), "too many keys"),
            (
                json!({ "keys": [good, 7], "a": 1 }).to_string(),
                "key 2 of the document is no certificate: it has no fields",
            ),
            (
                json!({ "keys": [{ "keyvalue": "x" }] }).to_string(),
                "key 1 of the document is no certificate: it has no `keyvalue`",
            ),
            (json!({ "keys": [{ "keyvalue": {} }] }).to_string(), "it has no `value`"),
            (json!({ "keys": [key("%%%")] }).to_string(), "no base64"),
            (json!({ "keys": [key("TkVX")] }).to_string(), "key 1 of the document is no certificate"),
            (json!({ "keys": [key(&"A".repeat(MAX_VALUE + 1))] }).to_string(), "longer than any"),
            ("x".repeat(1 << 21), "more than"),
        ] {
            let error = Metadata::read(body.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}\nfor {}", body.chars().take(80).collect::<String>());
        }
        assert!(Metadata::read(b"\xff\xfe\x00\xd8").is_err());
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_reader_panic(text in "(?s).{0,200}", markup in "<[a-z<>/ \u{130}]{0,60}") {
            let _ = Metadata::read(text.as_bytes());
            let _ = Metadata::read(markup.as_bytes());
            let _ = Metadata::read(format!("{{\"keys\":[{text}]}}").as_bytes());
        }
    }
}
