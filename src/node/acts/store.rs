//! The acts on certificate stores, and the proof that a key can be used.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::access::principals;
use super::{Did, Fault, Look, Work, told, whole};
use crate::cert::digest::hex_upper;
use crate::cert::pfx::DEFAULT_PROVIDER;
use crate::cert::signature::{Hash, SignatureAlgorithm};
use crate::error::{Error, Kind};
use crate::farm::access::Wish;
use crate::farm::store::{StoreName, StorePlace};
use crate::node::engine::staging;
use crate::node::store::{self, InstallOrder, PURPOSE, RemoveOrder, Seen, proof_text};
use crate::policy::{Finding, store as rules};
use crate::protocol::{
    Action, Certificates, Facts, Hex, Install, List, Octets, Orphans, ProofFacts, Prove, Remove, Store, StoreList,
    Text, Trouble,
};

/// Octets of the nonce that an installation draws for its own proof.
const NONCE: usize = 32;
/// What Windows calls its own system.
const WINDOWS: &str = "windows";

/// Returns where the stores of the machine are. A state folder that was named holds those of a machine that has none itself.
pub(super) fn place(work: &Work<'_>) -> StorePlace {
    let on_windows = work.host.machine.facts().is_ok_and(|facts| facts.system == WINDOWS);
    let default = work.host.state.default_place().is_ok_and(|default| default == work.place);
    if on_windows || default {
        StorePlace::LocalMachine
    } else {
        StorePlace::Folder(work.place.join("stores").join("LocalMachine"))
    }
}

/// Returns the same where anything is there. A named folder that is not there yet holds nothing.
fn there(work: &Work<'_>) -> Result<Option<StorePlace>, Fault> {
    let place = place(work);
    Ok(match &place {
        StorePlace::Folder(path) if work.host.state.find(path)?.is_none() => None,
        _ => Some(place),
    })
}

/// Lists a store.
pub(super) fn list(asked: &StoreList, work: &Work<'_>) -> Result<Look, Fault> {
    let name = match asked.store {
        Store::My => StoreName::My,
        Store::Ca => StoreName::Ca,
        Store::Root => StoreName::Root,
    };
    let Some(place) = there(work)? else { return Ok(Look::of(Facts::Certificates(Certificates::default()))) };
    let report = store::list(work.host, &place, &[name])?;
    let groups = report.same_subjects.iter();
    let mut certificates: Vec<_> = report.entries.iter().filter_map(told::certificate).collect();
    if let Some(whole) = &asked.whole {
        whole::add(&mut certificates, whole, &place, name, work)?;
    }
    Ok(Look::of(Facts::Certificates(Certificates {
        certificates: List::first(certificates),
        same_subject: List::first(
            groups.map(|group| List::first(group.thumbprints.iter().filter_map(|one| one.parse().ok()))),
        ),
        findings: List::default(),
        gaps: told::gaps(&report.gaps),
    })))
}

/// Shows one certificate.
pub(super) fn show(thumbprint: &Hex<20>, work: &Work<'_>) -> Result<Look, Fault> {
    facts(thumbprint, work).map(Look::of)
}

fn facts(thumbprint: &Hex<20>, work: &Work<'_>) -> Result<Facts, Fault> {
    if there(work)?.is_none() {
        return Err(absent(thumbprint));
    }
    let report = store::show(work.host, &place(work), StoreName::My, &told::print(thumbprint))?;
    let others = report.same_subject.iter().filter_map(|one| one.parse().ok());
    let group: List<Hex<20>, _> = List::first(others);
    Ok(Facts::Certificates(Certificates {
        certificates: List::first(told::certificate(&report.entry)),
        same_subject: List::first((!group.is_empty()).then_some(group)),
        findings: told::findings(&report.findings),
        gaps: told::gaps(&report.gaps),
    }))
}

/// Lists keys that no certificate names.
pub(super) fn orphans(work: &Work<'_>) -> Result<Look, Fault> {
    let Some(place) = there(work)? else { return Ok(Look::of(Facts::Orphans(Orphans::default()))) };
    let report = store::orphans(work.host, &place)?;
    let keys = report.keys.iter().map(|one| Text::told(&one.place.text()));
    Ok(Look::of(Facts::Orphans(Orphans { keys: List::first(keys), gaps: told::gaps(&report.gaps) })))
}

/// Finds a certificate of the store My; nothing where it is not there.
pub(super) fn find(thumbprint: &Hex<20>, work: &Work<'_>) -> Result<Option<Seen>, Fault> {
    let print = told::print(thumbprint);
    let Some(place) = there(work)? else { return Ok(None) };
    let there = store::list(work.host, &place, &[StoreName::My])?.entries;
    if !there.iter().any(|entry| entry.thumbprint == print) {
        return Ok(None);
    }
    Ok(Some(store::find(work.host, &place, StoreName::My, &print)?))
}

/// Looks whether a certificate is installed so that the product can sign with it, and these may read its key.
pub(super) fn is_installed(install: &Install, work: &Work<'_>) -> Result<Look, Fault> {
    let Some(seen) = find(&install.thumbprint, work)? else {
        return Ok(Look::probe(false, Facts::Certificates(Certificates::default())));
    };
    let entry = seen.entry(work.host);
    let usable = !rules::findings(&place(work), &entry).iter().any(Finding::stops);
    let readers = principals(&install.readers, work)?;
    let readable = match &seen.stored.key {
        None => false,
        Some(key) => {
            let access = work.host.key_access.read(key).map_err(Error::from)?;
            let difference = access.difference(Wish::Grant(&readers));
            difference.is_ok_and(|left| left.changes.is_empty() && left.obstacles.is_empty())
        }
    };
    Ok(Look::probe(usable && readable, facts(&install.thumbprint, work)?))
}

/// Installs the staged PFX. It is gone afterwards, whatever comes of it.
pub(super) fn install(install: &Install, work: &Work<'_>) -> Result<Did, Fault> {
    let installed = staged(install, work);
    let cleared = staging::clear(work);
    let did = installed?;
    cleared?;
    Ok(did)
}

fn staged(install: &Install, work: &Work<'_>) -> Result<Did, Fault> {
    let staged = staging::take(work, install.password.password(), &install.thumbprint)?;
    let readers = principals(&install.readers, work)?;
    let mut nonce = [0; NONCE];
    work.host
        .random
        .fill(&mut nonce)
        .map_err(|error| Error::new(Kind::Internal, "the random generator failed").because(error))?;
    let place = place(work);
    if let StorePlace::Folder(path) = &place {
        work.host.state.create(path)?;
    }
    let order = InstallOrder {
        place: &place,
        credential: &staged.credential,
        readers: &readers,
        friendly_name: install.friendly_name.as_ref().map(Text::as_str),
        default_name: staged.friendly_name.as_deref(),
        provider: DEFAULT_PROVIDER,
        exportable: false,
        trust_root: install.trust_root,
        allow_same_subject: install.same_subject,
        repair: false,
        nonce: &nonce,
        purpose: PURPOSE,
    };
    let report = store::install(work.host, &order).map_err(|error| in_the_middle(&error))?;
    let undo = report.changed.then_some(Action::Remove(Remove { thumbprint: install.thumbprint, with_key: true }));
    Ok(Did { changed: report.changed, facts: facts(&install.thumbprint, work)?, undo })
}

/// Looks whether a certificate is gone.
pub(super) fn is_gone(remove: &Remove, work: &Work<'_>) -> Result<Look, Fault> {
    Ok(match find(&remove.thumbprint, work)? {
        None => Look::probe(true, Facts::Certificates(Certificates::default())),
        Some(_) => Look::probe(false, facts(&remove.thumbprint, work)?),
    })
}

/// Removes a certificate that nothing else uses.
pub(super) fn remove(remove: &Remove, work: &Work<'_>) -> Result<Did, Fault> {
    let Some(place) = there(work)? else { return Ok(Did::silent(false)) };
    let order = RemoveOrder {
        place: &place,
        store: StoreName::My,
        thumbprint: &told::print(&remove.thumbprint),
        with_key: remove.with_key,
        even_if_used: false,
    };
    let report = store::remove(work.host, &order).map_err(|error| in_the_middle(&error))?;
    let was = report.entry.as_ref().and_then(told::certificate);
    let facts = Facts::Certificates(Certificates { certificates: List::first(was), ..Certificates::default() });
    Ok(Did::of(report.changed, facts))
}

/// Signs with the key that the store names, and verifies with the certificate.
pub(super) fn prove(prove: &Prove, work: &Work<'_>) -> Result<Look, Fault> {
    let seen = find(&prove.thumbprint, work)?.ok_or_else(|| absent(&prove.thumbprint))?;
    let node = work.host.machine.facts().map(|facts| facts.name).unwrap_or_default();
    let nonce = hex_upper(prove.nonce.as_bytes());
    let text = proof_text(&nonce, &node, prove.purpose.as_str(), &told::print(&prove.thumbprint));
    let signature = signed(&seen, &prove.thumbprint, &text, work)?;
    let octets = |bytes: &[u8]| BASE64.encode(bytes).parse::<Octets>();
    match (octets(seen.certificate.der()), octets(&signature)) {
        (Ok(certificate), Ok(signature)) => {
            let node = Text::told(&node);
            Ok(Look::of(Facts::Proof(ProofFacts { certificate, node, signature })))
        }
        _ => Err(Fault::Failed(Trouble::new(Kind::Unreadable, "the certificate is too large for an answer"))),
    }
}

/// Signs with the key that the store names for a certificate, by RSASSA-PKCS1-v1_5 with SHA-256. What does not verify with the
/// certificate is not given out.
pub(super) fn signed(seen: &Seen, thumbprint: &Hex<20>, content: &[u8], work: &Work<'_>) -> Result<Vec<u8>, Fault> {
    let key = seen.stored.key.as_ref().ok_or_else(|| no_key(thumbprint))?;
    let signature = work.host.stores.sign(key, content).map_err(Error::from)?;
    let key = seen.certificate.public_key();
    SignatureAlgorithm::RsaPkcs1(Hash::Sha256).verify(&key, content, &signature).map_err(|error| {
        let wrong = Error::new(Kind::Unreadable, "the signature does not verify with the certificate");
        wrong.at(thumbprint).because(error).hint("the store names another key: install the PFX again")
    })?;
    Ok(signature)
}

/// Says that a certificate is not there.
pub(super) fn absent(thumbprint: &Hex<20>) -> Fault {
    let error = Error::new(Kind::Unreadable, "no certificate in the store My has this thumbprint").at(thumbprint);
    error.hint("see what is there with the action store-list").into()
}

/// Says that a certificate names no key.
pub(super) fn no_key(thumbprint: &Hex<20>) -> Fault {
    let error = Error::new(Kind::Unreadable, "the store names no key for this certificate").at(thumbprint);
    error.hint("install its PFX").into()
}

/// An act that failed has taken back what it did, but for a fault of the machine, and where that failed too.
pub(super) fn in_the_middle(error: &Error) -> Fault {
    let left_behind = error.hints().iter().any(|hint| hint.starts_with("left behind"));
    let trouble = Trouble::from(error);
    if left_behind || error.kind() == Kind::Internal { Fault::Unclear(trouble) } else { Fault::Failed(trouble) }
}
