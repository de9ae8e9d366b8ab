//! `store` and `install`: the certificate stores of this machine. Reads the file, asks the policy, and turns names into
//! identities; the acts are those of [`crate::node::store`].

use std::path::PathBuf;

use super::access::principals;
use super::export::friendly_name_of;
use super::gate::{self, Gate};
use super::import::{mismatch, no_key};
use super::passwords::{InputPasswords, Source};
use super::source::{self, Choice, Gathered};
use crate::cert::Credential;
use crate::cert::bundle::Attributes;
use crate::error::{Error, Kind, Result};
use crate::farm::store::{StoreName, StorePlace};
use crate::node::store::{
    self, INSTALL_SCHEMA, InstallOrder, InstallReport, ListReport, OrphansReport, PURPOSE, RemoveOrder, RemoveReport,
    ShowReport,
};
use crate::ports::{FileError, FileFault, Host};

/// Octets of a nonce that is drawn here.
const NONCE: usize = 32;
/// Octets of a nonce that somebody else has drawn: enough that no two are one, and not more than a line.
const NONCES: std::ops::RangeInclusive<usize> = 16..=64;

/// What is to be installed, as the person asked for it.
#[derive(Clone, Debug)]
pub struct InstallOptions {
    /// The PFX, bundle or other file; `-` is stdin.
    pub file: PathBuf,
    /// The thumbprint of the leaf, where one is named.
    pub leaf: Option<String>,
    /// Whose stores.
    pub place: StorePlace,
    /// Who reads the key.
    pub grants: Vec<String>,
    /// The friendly name.
    pub friendly_name: Option<String>,
    /// The name of the provider.
    pub provider: String,
    /// Whether the key may leave the provider again.
    pub exportable: bool,
    /// Whether the root goes to Root.
    pub trust_root: bool,
    /// Whether another certificate of the same subject may stay.
    pub allow_same_subject: bool,
    /// Whether a wrong key is replaced.
    pub repair: bool,
    /// What the proof signs, hexadecimal; drawn here where nobody says.
    pub nonce: Option<String>,
    /// The policy and waivers.
    pub gate: gate::Options,
    /// Where the passwords of the file come from.
    pub passwords: Vec<Source>,
}

/// Lists the certificates of some stores; of My where none is named.
///
/// # Errors
/// As [`store::list`].
pub fn list(host: &Host, place: &StorePlace, stores: &[StoreName]) -> Result<ListReport> {
    must_exist(host, place)?;
    store::list(host, place, if stores.is_empty() { &[StoreName::My] } else { stores })
}

/// Shows one certificate.
///
/// # Errors
/// As [`store::show`].
pub fn show(host: &Host, place: &StorePlace, store: StoreName, thumbprint: &str) -> Result<ShowReport> {
    must_exist(host, place)?;
    store::show(host, place, store, thumbprint)
}

/// Removes a certificate.
///
/// # Errors
/// As [`store::remove`].
pub fn remove(host: &Host, order: &RemoveOrder<'_>) -> Result<RemoveReport> {
    must_exist(host, order.place)?;
    store::remove(host, order)
}

/// Lists what was left behind.
///
/// # Errors
/// As [`store::orphans`].
pub fn orphans(host: &Host, place: &StorePlace) -> Result<OrphansReport> {
    must_exist(host, place)?;
    store::orphans(host, place)
}

/// Installs the certificate of a file with its key.
///
/// # Errors
/// When the file cannot be read or opened, has no key, or as [`store::install`]. Nothing is installed then.
pub fn install(host: &Host, options: &InstallOptions) -> Result<InstallReport> {
    let now = host.clock.now();
    let gate = Gate::load(host, &options.gate)?;
    let nonce = nonce(host, options.nonce.as_deref())?;
    let readers = principals(host, &options.grants)?;
    let gathered = read(host, options)?;
    let Choice { found, key } = gathered.choose(options.leaf.as_deref(), now)?;
    let leaf = found.chain.leaf().clone();
    let key = key.ok_or_else(|| no_key(&leaf, &gathered))?;
    let mut facts = gate::facts_of_found(&found, now, None);
    facts.key = gate::key_facts(&key, &leaf);
    let findings = gate.evaluate(&facts);
    if gate::refuses(&findings) {
        return Ok(InstallReport {
            schema: INSTALL_SCHEMA,
            changed: false,
            installed: false,
            place: options.place.clone(),
            thumbprint: leaf.thumbprint().to_string(),
            fingerprint_sha256: leaf.fingerprint().to_string(),
            subject: leaf.subject().to_string(),
            entry: None,
            chain: Vec::new(),
            proof: None,
            access: None,
            former_key: None,
            policy: Some(gate.name().to_owned()),
            findings,
            notes: Vec::new(),
        });
    }
    let credential = Credential::prove(found.chain.clone(), key).map_err(mismatch)?;
    let default_name = friendly_name_of(&Attributes::of(&credential, &gathered.items), &leaf);
    let order = InstallOrder {
        place: &options.place,
        credential: &credential,
        readers: &readers,
        friendly_name: options.friendly_name.as_deref(),
        default_name: default_name.as_deref(),
        provider: &options.provider,
        exportable: options.exportable,
        trust_root: options.trust_root,
        allow_same_subject: options.allow_same_subject,
        repair: options.repair,
        nonce: &nonce,
        purpose: PURPOSE,
    };
    let mut report = store::install(host, &order)?;
    report.policy = Some(gate.name().to_owned());
    report.findings = findings;
    Ok(report)
}

fn read(host: &Host, options: &InstallOptions) -> Result<Gathered> {
    let mut passwords = InputPasswords::collect(host, &options.passwords)?;
    let input = source::read_asking(host, &options.file, &mut passwords)?;
    if let Some(error) = input.locked_error(&options.file, source::PASSWORD) {
        if options.passwords.is_empty() {
            return Err(error);
        }
        // The words under which people know this, and which send them to Active Directory.
        return Err(error.hint(
            "Windows says of a wrong password, and Server 2016 and older say of every file with AES: 'requires either a \
             different password or membership in an Active Directory principal'; no directory has a part in it",
        ));
    }
    let mut gathered = Gathered::default();
    gathered.add(&options.file, input);
    Ok(gathered)
}

/// Refuses a folder that was named and is not there: an empty store would be a false answer to a mistake in the name.
pub(super) fn must_exist(host: &Host, place: &StorePlace) -> Result<()> {
    match place {
        StorePlace::Folder(path) if host.files.kind(path)?.is_none() => {
            Err(Error::from(FileError::new(path, FileFault::NotFound))
                .hint("the first installation makes the folder: s2scert install FILE --store-dir DIR"))
        }
        _ => Ok(()),
    }
}

/// Draws a nonce, or reads that of the caller.
fn nonce(host: &Host, given: Option<&str>) -> Result<Vec<u8>> {
    let Some(text) = given else {
        let mut nonce = vec![0; NONCE];
        host.random
            .fill(&mut nonce)
            .map_err(|error| Error::new(Kind::Internal, "the random generator failed").because(error))?;
        return Ok(nonce);
    };
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let octets = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    octets.collect::<Option<Vec<u8>>>().filter(|octets| NONCES.contains(&octets.len())).ok_or_else(|| {
        Error::new(Kind::Usage, "a nonce is 16 to 64 octets in hexadecimal")
            .at(text)
            .hint("openssl rand -hex 32 draws one")
    })
}
