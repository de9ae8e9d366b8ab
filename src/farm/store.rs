//! Certificate stores of one server: what stands in them, and which of it belongs together.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::KeyLocation;
use crate::cert::Certificate;
use crate::cert::name::{DistinguishedName, NameMatch, compare};

/// A store, by the name that Windows gives it. On Linux it is a folder of that name.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, JsonSchema, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreName {
    /// Certificates with their private keys.
    My,
    /// Intermediate authorities.
    Ca,
    /// Authorities that are trusted.
    Root,
}

impl StoreName {
    /// Every store, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::My, Self::Ca, Self::Root];

    /// Returns the name as Windows writes it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::My => "My",
            Self::Ca => "CA",
            Self::Root => "Root",
        }
    }
}

/// Whose stores are meant.
#[derive(Clone, Debug, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StorePlace {
    /// Those of the machine: on Linux the folder `stores/LocalMachine` below the state folder.
    LocalMachine,
    /// Those of the current user: on Linux the folder `stores/CurrentUser` below the state folder.
    CurrentUser,
    /// The folder that holds `My`, `CA`, `Root` and `keys`. Not on Windows.
    #[serde(serialize_with = "path_text")]
    Folder(PathBuf),
}

impl StorePlace {
    /// Returns the name of a store in this place, as a person knows it.
    #[must_use]
    pub fn text(&self, store: StoreName) -> String {
        match self {
            Self::LocalMachine => format!("LocalMachine\\{}", store.text()),
            Self::CurrentUser => format!("CurrentUser\\{}", store.text()),
            Self::Folder(path) => path.join(store.text()).display().to_string(),
        }
    }
}

/// Where a private key is, and what its access list hangs on.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyPlace {
    /// A file that holds a key.
    #[serde(serialize_with = "path_text")]
    File(PathBuf),
    /// A key in a provider of Windows.
    Key(KeyLocation),
}

impl KeyPlace {
    /// Returns how the key is named to a person.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Key(location) => format!("container {}", location.container),
        }
    }

    /// Returns whether both are one key: one file, or one container of one key set. Windows makes the name of the key's file
    /// from the container's in lower case; the provider is not asked, because all of one kind share a key set.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(a), Self::Key(b)) => {
                a.container.eq_ignore_ascii_case(&b.container) && a.machine == b.machine && a.kind() == b.kind()
            }
            (Self::File(a), Self::File(b)) => a == b,
            _ => false,
        }
    }
}

/// What is known of the private key that a certificate names.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// It was opened, and its public key is that of the certificate.
    Matches,
    /// It was opened, and its public key is another.
    OtherKey,
    /// There is no such container or file.
    Missing,
    /// It cannot be opened by whoever looks: no access, or a provider that is not here.
    NotOpened,
}

/// The private key that a certificate names.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StoredKey {
    /// Where it is.
    pub place: KeyPlace,
    /// What is known of it.
    pub state: KeyState,
    /// Why it could not be opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The file that holds it, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Whether the provider gives the key out; unknown where it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exportable: Option<bool>,
    /// Who may use it: SDDL, or the text of a POSIX access list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
}

/// One certificate in a store.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct StoreEntry {
    /// The store.
    pub store: StoreName,
    /// SHA-1 of the DER, upper-case hexadecimal.
    pub thumbprint: String,
    /// SHA-256 of the DER, upper-case hexadecimal.
    pub fingerprint_sha256: String,
    /// The subject as RFC 4514 text.
    pub subject: String,
    /// The subject as DER, base64.
    pub subject_der: String,
    /// The issuer as RFC 4514 text.
    pub issuer: String,
    /// The serial number, upper-case hexadecimal.
    pub serial: String,
    /// The first instant of validity.
    pub not_before: Timestamp,
    /// The last instant of validity.
    pub not_after: Timestamp,
    /// The name that Windows shows beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// Its private key, where the store names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<StoredKey>,
}

impl StoreEntry {
    /// Describes a certificate without a key.
    #[must_use]
    pub fn of(store: StoreName, certificate: &Certificate) -> Self {
        let subject = certificate.subject();
        Self {
            store,
            thumbprint: certificate.thumbprint().to_string(),
            fingerprint_sha256: certificate.fingerprint().to_string(),
            subject: subject.to_string(),
            subject_der: BASE64.encode(subject.der()),
            issuer: certificate.issuer().to_string(),
            serial: certificate.serial_hex(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            friendly_name: None,
            key: None,
        }
    }
}

/// Certificates of one store whose subjects are, or may be taken for, one name. The product finds its certificate by the
/// subject, so which of them signs cannot be told.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct SameSubject {
    /// The store.
    pub store: StoreName,
    /// The subject of the first.
    pub subject: String,
    /// The thumbprints.
    pub thumbprints: Vec<String>,
    /// Why it is not certain that the names are one, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncertain: Option<String>,
}

/// A TLS binding of http.sys.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct TlsBinding {
    /// The address and port, or the host name and port.
    pub endpoint: String,
    /// The thumbprint of its certificate, upper-case hexadecimal.
    pub thumbprint: String,
    /// The store in which http.sys looks for it.
    pub store: String,
}

/// Something that could not be seen. It is not known to be absent.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct Gap {
    /// What was looked for.
    pub what: String,
    /// Why it was not seen.
    pub why: String,
}

/// Groups the certificates of one store whose names are one, or may be taken for one.
#[must_use]
pub fn same_subjects(store: StoreName, certificates: &[Certificate]) -> Vec<SameSubject> {
    let mut left: Vec<(&Certificate, DistinguishedName)> =
        certificates.iter().map(|one| (one, one.subject())).filter(|(_, subject)| !subject.is_empty()).collect();
    let mut groups = Vec::new();
    while !left.is_empty() {
        let (first, subject) = left.remove(0);
        let mut group = vec![first.thumbprint().to_string()];
        let mut uncertain = None;
        left.retain(|(other, name)| match compare(&subject, name) {
            NameMatch::Different => true,
            NameMatch::Same => {
                group.push(other.thumbprint().to_string());
                false
            }
            NameMatch::Ambiguous(why) => {
                group.push(other.thumbprint().to_string());
                uncertain.get_or_insert(why);
                false
            }
        });
        if group.len() > 1 {
            groups.push(SameSubject { store, subject: subject.to_string(), thumbprints: group, uncertain });
        }
    }
    groups
}

/// Writes a path into JSON. What is no Unicode in it is replaced.
fn path_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn named(common_name: &str) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(DnType::CommonName, common_name);
        Certificate::from_der(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der()).unwrap()
    }

    #[test]
    fn certificates_of_one_name_are_grouped_also_where_it_is_not_certain() {
        let certificates = ["crm.contoso.com", "sql.contoso.com", "CRM.contoso.com", "crm.contoso.com"].map(named);
        let print = |index: usize| certificates[index].thumbprint().to_string();
        let groups = same_subjects(StoreName::My, &certificates);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].thumbprints, [print(0), print(2), print(3)]);
        assert!(groups[0].uncertain.as_ref().unwrap().contains("letter case"));
    }

    #[test]
    fn a_container_is_one_whatever_provider_opens_it() {
        let key = |provider: &str, kind: u32, machine: bool| {
            KeyPlace::Key(KeyLocation {
                provider: provider.to_owned(),
                provider_type: kind,
                container: if machine { "s2s" } else { "S2S" }.to_owned(),
                key_spec: super::super::KeySpec::Exchange,
                machine,
            })
        };
        assert!(key("a", 24, true).is(&key("b", 12, true)));
        assert!(!key("a", 24, true).is(&key("a", 24, false)));
        assert!(!key("a", 24, true).is(&key("a", 0, true)));
        assert!(!key("a", 24, true).is(&KeyPlace::File("s2s".into())));
    }
}
