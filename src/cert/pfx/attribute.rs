//! Attributes of bags (RFC 7292 section 4.2, RFC 2985 section 5.5, and Microsoft's).

use const_oid::ObjectIdentifier;
use schemars::JsonSchema;
use serde::Serialize;

/// One attribute of a bag, kept as DER so that what is not known is written back as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attribute {
    oid: ObjectIdentifier,
    values: Vec<Vec<u8>>,
}

/// What an attribute says.
#[derive(Clone, Debug, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributeValue {
    /// `friendlyName` (RFC 2985 section 5.5.1). On a key, Windows takes it as the name of the key container.
    FriendlyName(String),
    /// `localKeyId` (RFC 2985 section 5.5.2): pairs a key and its certificate.
    LocalKeyId(Vec<u8>),
    /// Microsoft's name of the provider, CSP or KSP, for the key: 1.3.6.1.4.1.311.17.1.
    ProviderName(String),
    /// Microsoft's sign that the key belongs to the machine's key set: 1.3.6.1.4.1.311.17.2.
    MachineKeyset,
    /// Microsoft's extended attributes: 1.3.6.1.4.1.311.17.3. The number of octets.
    ExtendedAttributes(usize),
    /// `keyUsage`, 2.5.29.15: the first octet of the bit string. It decides KeySpec on Windows.
    KeyUsage(u8),
    /// Java's sign of a trusted certificate: 2.16.840.1.113894.746875.1.1.
    JavaTrusted,
    /// Another attribute, or one of the above with a value that cannot be read.
    Other,
}

impl Attribute {
    /// Makes an attribute of already encoded values.
    pub fn new(oid: ObjectIdentifier, values: Vec<Vec<u8>>) -> Self {
        Self { oid, values }
    }

    /// Returns the type.
    pub fn oid(&self) -> ObjectIdentifier {
        self.oid
    }

    /// Returns the DER of each value.
    pub fn values(&self) -> &[Vec<u8>] {
        &self.values
    }

    /// Returns the name of the type, or its object identifier in dotted form.
    pub fn name(&self) -> String {
        self.oid.to_string()
    }

    /// Returns what the attribute says.
    pub fn value(&self) -> AttributeValue {
        AttributeValue::Other
    }
}

/// The form in which an attribute is shown.
#[derive(JsonSchema, Serialize)]
struct Shown {
    oid: String,
    name: String,
    value: AttributeValue,
}

impl Serialize for Attribute {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shown { oid: self.oid.to_string(), name: self.name(), value: self.value() }.serialize(serializer)
    }
}

impl JsonSchema for Attribute {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Shown::json_schema(generator)
    }
}
