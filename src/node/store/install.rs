//! Installing a certificate with its key, and proving that the product can use it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::report::{INSTALL_SCHEMA, InstallReport, Placed, Proof, proof_text};
use super::seen::{self, Seen};
use super::undo::{Step, Undo};
use crate::cert::digest::hex_upper;
use crate::cert::name::{NameMatch, compare};
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::cert::{Certificate, Credential};
use crate::error::{Error, Kind, Result};
use crate::farm::KeySpec;
use crate::farm::access::{AccessState, Principal};
use crate::farm::store::{KeyState, StoreEntry, StoreName, StorePlace};
use crate::node::access;
use crate::policy::Finding;
use crate::policy::store as rules;
use crate::ports::{Host, KeyPlace, NewKey, StoredCertificate};

/// The beginning of the name of every container that is made here.
const CONTAINER: &str = "s2scert-";
/// Random octets in the name of a container, so that no two are one.
const CONTAINER_RANDOM: usize = 16;

/// What is to be installed, and how.
#[derive(Clone, Copy, Debug)]
pub struct InstallOrder<'a> {
    /// Whose stores.
    pub place: &'a StorePlace,
    /// The key and the chain of its certificate.
    pub credential: &'a Credential,
    /// Who reads the key, beside SYSTEM and Administrators or the owner.
    pub readers: &'a [Principal],
    /// The friendly name that was asked for.
    pub friendly_name: Option<&'a str>,
    /// The one that a new certificate gets where none was asked for.
    pub default_name: Option<&'a str>,
    /// The name of the provider: a CSP of type 24.
    pub provider: &'a str,
    /// Whether the key may leave the provider again.
    pub exportable: bool,
    /// Whether the self-signed certificate of the chain goes to Root.
    pub trust_root: bool,
    /// Whether another certificate of the same subject may stay beside it.
    pub allow_same_subject: bool,
    /// Whether a certificate that is there with a wrong key gets a right one.
    pub repair: bool,
    /// What the proof signs, so that it is not one of another time: at least 16 octets that the caller has drawn.
    pub nonce: &'a [u8],
    /// What the proof is for: [`super::PURPOSE`].
    pub purpose: &'a str,
}

/// Installs a certificate: leaf to My, intermediates to CA, the root to Root where it is to be trusted. A second run writes
/// nothing.
///
/// # Errors
/// [`Kind::Refused`] for another certificate of the same subject, for a wrong key of a certificate that is there already
/// and no repair, and for a provider with which the product cannot sign. Nothing is left behind then, nor after any other
/// error.
pub fn install(host: &Host, order: &InstallOrder<'_>) -> Result<InstallReport> {
    admit_provider(order.provider)?;
    // Asked for its errors, before anything is made.
    if order.readers.iter().any(|one| matches!(one, Principal::Sid(_))) {
        AccessState::of_new_windows_key(order.readers)
            .map_err(|error| Error::new(Kind::Usage, error.to_string()).at("--grant"))?;
    }
    let node = host
        .machine
        .facts()
        .map_err(|error| Error::new(Kind::Internal, "the name of this machine cannot be told").because(error))?
        .name;
    let leaf = order.credential.chain().leaf();
    // From here to the end nobody else of ours changes the stores: what is taken back is only what was done here.
    let _held = host.stores.lock(order.place)?;
    let contents = seen::read(host, order.place, StoreName::My)?;
    let there = contents.certificates.iter().find(|one| one.certificate == *leaf);
    if there.is_none() && !order.allow_same_subject {
        refuse_same_subject(order.place, leaf, &contents.certificates)?;
    }
    let wrong = there.and_then(|there| wrong_key(host, order.place, there));
    if let (Some((entry, finding)), false) = (&wrong, order.repair) {
        return Err(Error::new(
            Kind::Refused,
            "the certificate is there already, with a key that the product cannot use",
        )
        .at(leaf.thumbprint())
        .because(format!("{}: {}", key_text(entry), finding.message))
        .hint("put the key into a right container: s2scert store install FILE --repair"));
    }
    let mut act = Act { host, order, undo: Undo::new(host, order.place), changed: false, chain: Vec::new() };
    match act.all(there, wrong.map(|(entry, _)| entry), &node) {
        Ok(report) => Ok(report),
        Err(error) => Err(act.undo.take_back(error)),
    }
}

/// Refuses a provider that cannot sign what the product signs.
fn admit_provider(name: &str) -> Result<()> {
    let why = if name.contains("Key Storage Provider") || name.contains("Platform Crypto Provider") {
        "it is a CNG key storage provider, and the product reads CSP keys only ('Invalid provider type specified')"
    } else if SHA1_ONLY.contains(&name) {
        "it is not of type 24, and no other knows SHA-256, with which tokens are signed"
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Refused, "the product cannot sign with a key of this provider")
        .at(name)
        .because(why)
        .hint("leave --provider out: the default is Microsoft Enhanced RSA and AES Cryptographic Provider"))
}

/// The providers of Windows that are not of type 24. Source: `wincrypt.h`.
const SHA1_ONLY: [&str; 5] = [
    "Microsoft Base Cryptographic Provider v1.0",
    "Microsoft Strong Cryptographic Provider",
    "Microsoft Enhanced Cryptographic Provider v1.0",
    "Microsoft RSA Signature Cryptographic Provider",
    "Microsoft RSA SChannel Cryptographic Provider",
];

/// Refuses a second certificate that the product may take for this one.
fn refuse_same_subject(place: &StorePlace, leaf: &Certificate, there: &[Seen]) -> Result<()> {
    let subject = leaf.subject();
    for other in there {
        let why = match compare(&subject, &other.certificate.subject()) {
            NameMatch::Different => continue,
            NameMatch::Same => {
                "the product finds its certificate by the subject, so which of the two signs cannot be told".to_owned()
            }
            NameMatch::Ambiguous(why) => why,
        };
        return Err(Error::new(
            Kind::Refused,
            format!("{} holds another certificate of this subject", place.text(other.store)),
        )
        .at(format!("{subject}: there {}, new {}", other.certificate.thumbprint(), leaf.thumbprint()))
        .because(why)
        .hint("give each generation a subject of its own: s2scert issue, or {g} in the subject of the request")
        .hint(format!(
            "if the other is not needed any more: s2scert store remove --thumbprint {}",
            other.certificate.thumbprint()
        ))
        .hint("--allow-same-subject installs it nevertheless"));
    }
    Ok(())
}

/// Returns what is wrong with the key of a certificate that is there already; nothing where it names none.
fn wrong_key(host: &Host, place: &StorePlace, there: &Seen) -> Option<(StoreEntry, Finding)> {
    let entry = there.entry(host);
    entry.key.as_ref()?;
    let finding = rules::findings(place, &entry).into_iter().find(Finding::stops)?;
    Some((entry, finding))
}

/// Names the key of an entry.
fn key_text(entry: &StoreEntry) -> String {
    entry.key.as_ref().map_or_else(|| "no key".to_owned(), |key| key.place.text())
}

/// An installation under way.
struct Act<'a> {
    host: &'a Host,
    order: &'a InstallOrder<'a>,
    undo: Undo<'a>,
    changed: bool,
    chain: Vec<Placed>,
}

impl Act<'_> {
    /// Does everything. `wrong` is the certificate as it is there, where its key is to be replaced.
    fn all(&mut self, there: Option<&Seen>, wrong: Option<StoreEntry>, node: &str) -> Result<InstallReport> {
        let leaf = self.order.credential.chain().leaf().clone();
        let named = there.and_then(|there| there.stored.key.clone());
        let key = match named.clone().filter(|_| wrong.is_none()) {
            Some(key) => key,
            None => self.new_key()?,
        };
        let access = self.access(&key)?;
        self.issuers()?;
        self.leaf(&leaf, there, &key)?;
        let (entry, proof) = self.prove(&leaf, &key, node)?;
        let former = wrong.and_then(|entry| entry.key).filter(|key| key.state != KeyState::Missing);
        let mut notes = Vec::new();
        if self.order.exportable && entry.key.as_ref().is_some_and(|key| key.exportable == Some(false)) {
            notes.push("the key was there already and is not exportable; it stays so".to_owned());
        }
        if let Some(former) = &former {
            notes.push(format!("{} is named by no certificate any more, and still exists", former.place.text()));
        }
        Ok(InstallReport {
            schema: INSTALL_SCHEMA,
            changed: self.changed || access.changed,
            installed: true,
            place: self.order.place.clone(),
            thumbprint: entry.thumbprint.clone(),
            fingerprint_sha256: entry.fingerprint_sha256.clone(),
            subject: entry.subject.clone(),
            entry: Some(entry),
            chain: std::mem::take(&mut self.chain),
            proof: Some(proof),
            access: Some(access),
            former_key: former.map(|key| key.place),
            policy: None,
            findings: Vec::new(),
            notes,
        })
    }

    fn new_key(&mut self) -> Result<KeyPlace> {
        let mut random = [0; CONTAINER_RANDOM];
        self.host
            .random
            .fill(&mut random)
            .map_err(|error| Error::new(Kind::Internal, "the random generator failed").because(error))?;
        let container = format!("{CONTAINER}{}", hex_upper(&random).to_ascii_lowercase());
        let wish = NewKey {
            container: &container,
            provider: self.order.provider,
            provider_type: rules::PROV_RSA_AES,
            key_spec: KeySpec::Exchange,
            exportable: self.order.exportable,
            readers: self.order.readers,
        };
        let key = self.host.stores.import_key(self.order.place, self.order.credential.key(), &wish)?;
        self.undo.note(Step::DeleteKey(key.clone()));
        self.changed = true;
        Ok(key)
    }

    /// Makes the access what it should be. A new container of Windows has it already.
    fn access(&mut self, key: &KeyPlace) -> Result<access::AccessReport> {
        // In a key set of one user that user is the only one who needs an entry, and has it.
        if *self.order.place == StorePlace::CurrentUser && self.order.readers.is_empty() {
            return access::show(self.host, key);
        }
        self.undo.note(Step::Access(key.clone(), self.host.key_access.read(key)?));
        let report = access::grant(self.host, key, self.order.readers)?;
        if !report.changed {
            self.undo.forget_last();
        }
        Ok(report)
    }

    fn issuers(&mut self) -> Result<()> {
        for certificate in self.order.credential.chain().certificates() {
            let is_leaf = certificate == self.order.credential.chain().leaf();
            let store = match (certificate.is_self_signed(), self.order.trust_root) {
                (true, true) => Some(StoreName::Root),
                (true, false) if is_leaf => continue,
                (true, false) => None,
                (false, _) if is_leaf => continue,
                (false, _) => Some(StoreName::Ca),
            };
            let new = match store {
                Some(store) => {
                    let plain = StoredCertificate { der: certificate.der().to_vec(), friendly_name: None, key: None };
                    self.add(store, &plain)?
                }
                None => false,
            };
            self.placed(store, certificate, new);
        }
        Ok(())
    }

    /// Adds a certificate, and returns whether it is new. One that is there already must stay after a failure, so what is
    /// there is asked first.
    fn add(&mut self, store: StoreName, certificate: &StoredCertificate) -> Result<bool> {
        let there = self.host.stores.certificates(self.order.place, store)?;
        if there.iter().any(|one| one.der == certificate.der) {
            return Ok(false);
        }
        self.undo.note(Step::Remove(store, crate::cert::Fingerprint::of(&certificate.der)));
        let new = self.host.stores.add(self.order.place, store, certificate)?;
        if !new {
            self.undo.forget_last();
        }
        self.changed |= new;
        Ok(new)
    }

    fn placed(&mut self, store: Option<StoreName>, certificate: &Certificate, new: bool) {
        self.chain.push(Placed {
            store,
            thumbprint: certificate.thumbprint().to_string(),
            subject: certificate.subject().to_string(),
            new,
        });
    }

    fn leaf(&mut self, leaf: &Certificate, there: Option<&Seen>, key: &KeyPlace) -> Result<()> {
        let (stores, place, print) = (&self.host.stores, self.order.place, leaf.fingerprint());
        let Some(there) = there else {
            let name = self.order.friendly_name.or(self.order.default_name);
            let new = StoredCertificate {
                der: leaf.der().to_vec(),
                friendly_name: name.map(str::to_owned),
                key: Some(key.clone()),
            };
            if !self.add(StoreName::My, &new)? {
                return Err(Error::new(
                    Kind::Refused,
                    "another program has installed the certificate at the same time",
                )
                .at(leaf.thumbprint())
                .hint("do it again, and see what is there: s2scert store list"));
            }
            self.placed(Some(StoreName::My), leaf, true);
            return Ok(());
        };
        if there.stored.key.as_ref() != Some(key) {
            self.undo.note(Step::SetKey(print, there.stored.key.clone()));
            stores.set_key(place, StoreName::My, &print, Some(key))?;
            self.changed = true;
        }
        if let Some(name) = self.order.friendly_name
            && there.stored.friendly_name.as_deref() != Some(name)
        {
            self.undo.note(Step::SetName(print, there.stored.friendly_name.clone()));
            stores.set_friendly_name(place, StoreName::My, &print, Some(name))?;
            self.changed = true;
        }
        self.placed(Some(StoreName::My), leaf, false);
        Ok(())
    }

    /// Reads the certificate from the store, opens the key that it names, and lets it sign.
    fn prove(&self, leaf: &Certificate, key: &KeyPlace, node: &str) -> Result<(StoreEntry, Proof)> {
        let thumbprint = leaf.thumbprint().to_string();
        let failed = |why: String| {
            Error::new(Kind::Internal, "the installed key is not proven, so it was taken back")
                .at(&thumbprint)
                .because(why)
        };
        let seen = seen::find(self.host, self.order.place, StoreName::My, &thumbprint)?;
        if seen.stored.key.as_ref() != Some(key) {
            return Err(failed("the store names another key than was set".to_owned()));
        }
        let entry = seen.entry(self.host);
        if let Some(finding) = rules::findings(self.order.place, &entry).into_iter().find(Finding::stops) {
            return Err(failed(finding.message));
        }
        let nonce = hex_upper(self.order.nonce);
        let text = proof_text(&nonce, node, self.order.purpose, &thumbprint);
        let signature = self.host.stores.sign(key, &text)?;
        SignatureAlgorithm::RsaPkcs1(Hash::Sha256)
            .verify(&leaf.public_key(), &text, &signature)
            .map_err(|error| failed(error.to_string()))?;
        let proof = Proof {
            nonce,
            node: node.to_owned(),
            purpose: self.order.purpose.to_owned(),
            signature: BASE64.encode(signature),
            verified: true,
        };
        Ok((entry, proof))
    }
}
