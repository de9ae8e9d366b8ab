//! `access`: who may use a private key. Turns names into identities and a target into a key; the acts are those of
//! [`crate::node::access`].

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::passwords::Source;
use super::source;
use crate::cert::pfx::DEFAULT_PROVIDER;
use crate::cert::{Certificate, KeyPair};
use crate::error::{Error, Kind, Result};
use crate::farm::access::Principal;
use crate::farm::store::{StoreName, StorePlace};
use crate::farm::{KeyLocation, KeySpec};
use crate::node::access::{self, AccessReport};
use crate::node::store;
use crate::ports::{Host, KeyPlace};

/// The beginning of a target that names a key container.
const CONTAINER: &str = "container:";
/// `PROV_RSA_AES`, the type of [`DEFAULT_PROVIDER`].
const PROV_RSA_AES: u32 = 24;
/// Octets of the text that is signed to prove that a key can be used.
const CHALLENGE: usize = 32;

/// Which key, and how it is found.
#[derive(Clone, Debug)]
pub struct Target {
    /// A file, `container:NAME`, or the thumbprint of a certificate of the machine.
    pub text: String,
    /// The name of a provider, for a container; [`DEFAULT_PROVIDER`] without.
    pub provider: Option<String>,
    /// The type of that provider; 0 is CNG, 24 without.
    pub provider_type: Option<u32>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum Request {
    /// Show the access.
    Show,
    /// Let these read.
    Grant(Vec<String>),
    /// Take the entries of these away.
    Revoke(Vec<String>),
    /// Put back what an earlier answer told.
    Restore(String),
    /// Compare: exactly these read.
    Check {
        /// Who should read.
        readers: Vec<String>,
        /// Whether others may have entries too.
        others: bool,
    },
}

/// Does one act.
///
/// # Errors
/// When a name does not exist, the key cannot be opened, or the access cannot be read or written.
pub fn run(host: &Host, target: &Target, request: &Request) -> Result<AccessReport> {
    let place = place(host, target)?;
    match request {
        Request::Show => access::show(host, &place),
        Request::Grant(names) => access::grant(host, &place, &principals(host, names)?),
        Request::Revoke(names) => access::revoke(host, &place, &principals(host, names)?),
        Request::Restore(text) => access::restore(host, &place, text),
        Request::Check { readers, others } => access::check(host, &place, &principals(host, readers)?, *others),
    }
}

/// Digits of a SHA-1 and of a SHA-256 in hexadecimal.
const THUMBPRINTS: [usize; 2] = [40, 64];

/// Returns the key that a target names.
fn place(host: &Host, target: &Target) -> Result<KeyPlace> {
    Ok(match target.text.strip_prefix(CONTAINER) {
        Some("") => return Err(Error::new(Kind::Usage, "container: is followed by the name of a container")),
        Some(container) => KeyPlace::Key(KeyLocation {
            provider: target.provider.clone().unwrap_or_else(|| DEFAULT_PROVIDER.to_owned()),
            provider_type: target.provider_type.unwrap_or(PROV_RSA_AES),
            container: container.to_owned(),
            key_spec: KeySpec::Exchange,
            machine: true,
        }),
        None => {
            let file = PathBuf::from(&target.text);
            let is_thumbprint =
                THUMBPRINTS.contains(&target.text.len()) && target.text.bytes().all(|octet| octet.is_ascii_hexdigit());
            if is_thumbprint && host.files.kind(&file)?.is_none() {
                return key_of(host, &target.text);
            }
            KeyPlace::File(file)
        }
    })
}

/// Returns the key that a certificate of the machine names.
fn key_of(host: &Host, thumbprint: &str) -> Result<KeyPlace> {
    let seen = store::find(host, &StorePlace::LocalMachine, StoreName::My, thumbprint)?;
    seen.stored.key.ok_or_else(|| {
        Error::new(Kind::Unreadable, "the store names no private key for this certificate")
            .at(thumbprint)
            .hint("install its PFX: s2scert store install FILE")
    })
}

/// Returns the identities of names, each once.
pub(super) fn principals(host: &Host, names: &[String]) -> Result<Vec<Principal>> {
    let mut principals = Vec::new();
    for name in names {
        let principal = host.principals.find(name)?;
        if !principals.contains(&principal) {
            principals.push(principal);
        }
    }
    Ok(principals)
}

/// The schema of [`ProveReport`].
pub const PROVE_SCHEMA: &str = "s2scert.access-prove/1.0";

/// The answer of `access prove`.
#[derive(Debug, JsonSchema, Serialize)]
pub struct ProveReport {
    /// `s2scert.access-prove/1.0`.
    pub schema: &'static str,
    /// The file.
    pub file: PathBuf,
    /// As whom it was opened.
    pub principal: Principal,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a signature was made by that identity and verified.
    pub proven: bool,
    /// The thumbprint of the certificate that verified it; without one the public key of the same file did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// The SHA-256 of the public key.
    pub public_key_sha256: String,
}

/// Opens the key as another identity, signs a text that nobody knew before, and verifies the signature.
///
/// # Errors
/// [`Kind::Refused`] when that identity cannot be taken here; [`Kind::Unreadable`] when it cannot open the key.
pub fn prove(host: &Host, target: &Target, name: &str, passwords: &[Source]) -> Result<ProveReport> {
    let KeyPlace::File(file) = place(host, target)? else {
        return Err(Error::new(Kind::Refused, "a key in a provider cannot be used as another identity from here")
            .at(&target.text)
            .hint("s2scert access check says whether the identity may read it"));
    };
    let principal = host.principals.find(name)?;
    let mut challenge = vec![0; CHALLENGE];
    host.random
        .fill(&mut challenge)
        .map_err(|e| Error::new(Kind::Internal, "the random generator failed").because(e))?;
    let mut outcome = None;
    // The password is found as ourselves: that of the key is not the service's to read.
    let known = super::passwords::InputPasswords::collect(host, passwords)?;
    let mut act = || outcome = Some(sign(host, &file, known.known(), &challenge));
    host.principals.act_as(&principal, &mut act)?;
    let signed = outcome.ok_or_else(|| Error::new(Kind::Internal, "the other identity did nothing"))?;
    let (key, certificate, signature) = signed.map_err(|error| {
        let hint = format!("s2scert access grant {} \"{name}\"", file.display());
        error.hint(format!("this is what {name} sees; if access is missing: {hint}"))
    })?;
    let public = certificate.as_ref().map_or_else(|| key.public_key().clone(), Certificate::public_key);
    crate::cert::signature::SignatureAlgorithm::RsaPkcs1(crate::cert::signature::Hash::Sha256)
        .verify(&public, &challenge, &signature)
        .map_err(|e| Error::new(Kind::Internal, "the signature does not verify").at(file.display()).because(e))?;
    Ok(ProveReport {
        schema: PROVE_SCHEMA,
        name: host.principals.name(&principal),
        principal,
        proven: true,
        thumbprint: certificate.map(|one| one.thumbprint().to_string()),
        public_key_sha256: public.fingerprint().to_string(),
        file,
    })
}

fn sign(
    host: &Host,
    file: &Path,
    passwords: &[crate::cert::Password],
    challenge: &[u8],
) -> Result<(KeyPair, Option<Certificate>, Vec<u8>)> {
    let input = source::read(host, file, passwords)?;
    if let Some(error) = input.locked_error(file, source::PASSWORD) {
        return Err(error);
    }
    let key = input.keys().into_iter().next();
    let key =
        key.ok_or_else(|| Error::new(Kind::Unreadable, "there is no private key in this file").at(file.display()))?;
    let matching = |one: &Certificate| one.public_key().bits() == key.public_key().bits();
    let certificate = input.certificates().into_iter().find(matching);
    let signature = key
        .sign_sha256(challenge)
        .map_err(|e| Error::new(Kind::Unreadable, "the key does not sign").at(file.display()).because(e))?;
    Ok((key, certificate, signature))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

    use super::*;
    use crate::fake_host::FakeHost;
    use crate::ports::StoredCertificate;

    #[test]
    fn a_thumbprint_names_the_key_of_its_certificate() {
        let key = KeyPair::generate(crate::cert::key::KeySpec::Rsa2048).unwrap();
        let certificate = rcgen::generate_simple_self_signed(["crm.contoso.com".to_owned()]).unwrap();
        let der = certificate.cert.der().to_vec();
        let certificate = Certificate::from_der(&der).unwrap();
        let location = KeyLocation {
            provider: DEFAULT_PROVIDER.to_owned(),
            provider_type: PROV_RSA_AES,
            container: "s2s".to_owned(),
            key_spec: KeySpec::Exchange,
            machine: true,
        };
        let machine = |key: Option<KeyPlace>| {
            let stored = StoredCertificate { der: der.clone(), friendly_name: None, key };
            FakeHost::new("2026-11-25T00:00:00Z".parse().unwrap(), 1).with_certificate(StoreName::My, stored)
        };
        let show = |fake: &FakeHost, text: String| {
            run(&fake.host(), &Target { text, provider: None, provider_type: None }, &Request::Show)
        };
        let with_key = machine(Some(KeyPlace::Key(location.clone()))).with_container(&location, &key);
        for text in [certificate.thumbprint().to_string(), certificate.fingerprint().to_string().to_lowercase()] {
            assert_eq!(show(&with_key, text).unwrap().key, Some(location.clone()));
        }
        let without = show(&machine(None), certificate.thumbprint().to_string()).unwrap_err();
        assert_eq!(without.what(), "the store names no private key for this certificate");
        let absent = show(&machine(None), "0".repeat(40)).unwrap_err();
        assert_eq!(
            (absent.kind(), absent.what()),
            (Kind::Unreadable, "no certificate in the store has this thumbprint")
        );
        // A file of such a name is a file.
        let file = machine(None)
            .with_file(&"0".repeat(40), "")
            .with_access(&"0".repeat(40), crate::farm::access::AccessState::of_new_windows_key(&[]).unwrap());
        assert!(show(&file, "0".repeat(40)).unwrap().key.is_none());
    }
}
