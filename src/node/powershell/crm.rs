//! Requests to the deployment of Dynamics: certificate rows and servers.

use serde::{Deserialize, Serialize};

use super::call::Call;
use super::input::Field;
use super::script::{GET_CRM_CERTIFICATE, GET_CRM_SERVER, REMOVE_CRM_CERTIFICATE, SET_CRM_CERTIFICATE, Script};

/// The two types of certificate that are ours. Rows of every other type are never touched.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum CertificateType {
    /// The certificate that signs.
    #[serde(rename = "S2STokenIssuer")]
    S2sTokenIssuer,
    /// The second certificate that the metadata show during an overlap.
    #[serde(rename = "AlternativeS2STokenIssuer")]
    AlternativeS2sTokenIssuer,
}

impl CertificateType {
    /// Returns the word of Dynamics for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::S2sTokenIssuer => "S2STokenIssuer",
            Self::AlternativeS2sTokenIssuer => "AlternativeS2STokenIssuer",
        }
    }
}

/// One row, of any type.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CrmCertificate {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The type; see [`CertificateType::word`].
    pub certificate_type: String,
    /// The certificate as base64 of its DER.
    pub data: String,
    /// The store in which the servers look for the private key.
    pub store_name: String,
    /// The location of that store.
    pub store_location: String,
    /// By what they look.
    pub store_find_type: String,
}

/// The rows of a deployment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CrmCertificates {
    /// The rows.
    pub rows: Vec<CrmCertificate>,
}

/// Asks for the certificate rows.
#[derive(Clone, Copy, Debug)]
pub struct GetCrmCertificate;

impl Call for GetCrmCertificate {
    const SCRIPT: Script = GET_CRM_CERTIFICATE;
    type Answer = CrmCertificates;
}

/// Writes the row of one type, if it is still what the caller has seen.
#[derive(Clone, Debug)]
pub struct SetCrmCertificate {
    /// The type.
    pub certificate_type: CertificateType,
    /// The [`CrmCertificate::data`] of all rows of that type as they were seen, joined by `|`; empty where there was none.
    pub expected_data: String,
    /// The full path on the server of the certificate, without its key.
    pub data_file: String,
    /// A name for the row, if it gets one.
    pub name: Option<String>,
}

impl Call for SetCrmCertificate {
    const SCRIPT: Script = SET_CRM_CERTIFICATE;
    /// All rows afterwards.
    type Answer = CrmCertificates;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![
            ("certificateType", Field::Text(self.certificate_type.word())),
            ("expectedData", Field::Text(&self.expected_data)),
            ("dataFile", Field::Text(&self.data_file)),
            ("name", Field::optional(self.name.as_deref())),
        ]
    }
}

/// Removes one row by its id, if it is of the type that is named.
#[derive(Clone, Debug)]
pub struct RemoveCrmCertificate {
    /// The id.
    pub id: String,
    /// The type that it must have.
    pub certificate_type: CertificateType,
}

/// What a removal did.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Removed {
    /// Whether there was a row to remove.
    pub removed: bool,
    /// All rows afterwards.
    pub rows: Vec<CrmCertificate>,
}

impl Call for RemoveCrmCertificate {
    const SCRIPT: Script = REMOVE_CRM_CERTIFICATE;
    type Answer = Removed;

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        vec![("id", Field::Text(&self.id)), ("certificateType", Field::Text(self.certificate_type.word()))]
    }
}

/// Asks for the servers of the deployment.
#[derive(Clone, Copy, Debug)]
pub struct GetCrmServer;

/// The servers of a deployment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CrmServers {
    /// The servers.
    pub servers: Vec<CrmServer>,
}

/// One server of a deployment.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CrmServer {
    /// The short name.
    pub name: String,
    /// The full name.
    pub full_name: String,
    /// Its roles, separated by commas.
    pub roles: String,
    /// Its state.
    pub state: String,
    /// Its version.
    pub version: String,
}

impl Call for GetCrmServer {
    const SCRIPT: Script = GET_CRM_SERVER;
    type Answer = CrmServers;
}
