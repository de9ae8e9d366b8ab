//! Certificate stores as folders: `My`, `CA`, `Root` with one PEM file for each certificate, and `keys` with one for each
//! private key. docs/store.md has the layout.

#![expect(clippy::disallowed_methods, reason = "the edge at which the stores are read and written")]

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::super::staged::StagedFile;
use super::super::{bounded, fault, state};
use super::{file, folder};
use crate::cert::{Certificate, Fingerprint, KeyPair, pem};
use crate::farm::KeyPlace;
use crate::farm::store::{StoreName, StorePlace, TlsBinding};
use crate::ports::{
    Access, CertificateStores, Existing, FileError, FileFault, Held, NewKey, OpenedKey, Staged, StoreError, StoreFault,
    StoredCertificate,
};

/// The folder of the keys, beside those of the certificates.
const KEYS: &str = "keys";
/// The folder of the stores in the state folder.
const STORES: &str = "stores";
/// The file that is locked while a store is changed.
const LOCK: &str = ".lock";
/// How long another run is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// The ending of every file.
const ENDING: &str = "pem";
/// The words before the friendly name, as JSON text, and before the name of the key file.
const FRIENDLY_NAME: &str = "Friendly-Name: ";
const KEY: &str = "Key: ";
/// The most octets of one file: above any certificate or key of the field.
const LARGEST: u64 = 1 << 20;
/// The most files of one folder that are read.
const MOST_FILES: usize = 10_000;

/// The stores of this machine.
pub(crate) struct SystemStores;

/// A certificate and its file.
struct Found {
    path: PathBuf,
    stored: StoredCertificate,
}

impl CertificateStores for SystemStores {
    fn lock(&self, place: &StorePlace) -> Result<Box<dyn Held>, StoreError> {
        let path = made_root(place)?.join(LOCK);
        let busy = || StoreError::new(path.display().to_string(), StoreFault::Busy);
        state::lock_file(&path, PATIENCE)?.ok_or_else(busy)
    }

    fn certificates(&self, place: &StorePlace, store: StoreName) -> Result<Vec<StoredCertificate>, StoreError> {
        Ok(found(place, store)?.into_iter().map(|one| one.stored).collect())
    }

    fn strangers(&self, place: &StorePlace, store: StoreName) -> Result<Vec<StoreError>, StoreError> {
        Ok(sorted(place, store)?.1)
    }

    fn add(&self, place: &StorePlace, store: StoreName, certificate: &StoredCertificate) -> Result<bool, StoreError> {
        if found(place, store)?.iter().any(|one| one.stored.der == certificate.der) {
            return Ok(false);
        }
        let folder = made(place, store.text())?;
        let name = format!("{}.{ENDING}", Fingerprint::of(&certificate.der));
        match write(&folder.join(name), Existing::Refuse, certificate) {
            Ok(()) => Ok(true),
            // Another has added it meanwhile: it is theirs.
            Err(error) if error.fault == StoreFault::File(FileFault::Exists) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, place: &StorePlace, store: StoreName, certificate: &Fingerprint) -> Result<bool, StoreError> {
        let Some(one) = search(place, store, certificate)? else { return Ok(false) };
        delete(&one.path)
    }

    fn set_key(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        key: Option<&KeyPlace>,
    ) -> Result<(), StoreError> {
        change(place, store, certificate, |stored| stored.key = key.cloned())
    }

    fn set_friendly_name(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        change(place, store, certificate, |stored| stored.friendly_name = name.map(str::to_owned))
    }

    fn import_key(&self, place: &StorePlace, key: &KeyPair, wish: &NewKey<'_>) -> Result<KeyPlace, StoreError> {
        let path = made(place, KEYS)?.join(format!("{}.{ENDING}", wish.container));
        let text = pem::encode("PRIVATE KEY", key.pkcs8_der());
        match place_file(&path, Access::Secret, Existing::Refuse, text.as_bytes()) {
            Err(error) if *error.fault() == FileFault::Exists => {
                Err(StoreError::new(path.display().to_string(), StoreFault::KeyExists))
            }
            other => Ok(other.map(|()| KeyPlace::File(path))?),
        }
    }

    fn open_key(&self, key: &KeyPlace) -> Result<OpenedKey, StoreError> {
        Ok(OpenedKey { public: read_key(key)?.public_key().clone(), exportable: None })
    }

    fn sign(&self, key: &KeyPlace, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let unfit =
            |error: crate::cert::key::KeyError| StoreError::new(key.text(), StoreFault::KeyUnfit(error.to_string()));
        read_key(key)?.sign_sha256(content).map_err(unfit)
    }

    fn delete_key(&self, key: &KeyPlace) -> Result<bool, StoreError> {
        delete(path_of(key)?)
    }

    fn keys(&self, place: &StorePlace) -> Result<Vec<KeyPlace>, StoreError> {
        let Some(folder) = opened(place, KEYS)? else { return Ok(Vec::new()) };
        Ok(files(&folder)?.into_iter().map(KeyPlace::File).collect())
    }

    fn tls_bindings(&self) -> Result<Vec<TlsBinding>, StoreError> {
        // There is no http.sys here.
        Ok(Vec::new())
    }
}

/// Returns the folder that holds the stores of a place.
fn root(place: &StorePlace) -> Result<PathBuf, StoreError> {
    let below = |name: &str| {
        let base = folder::default_place()
            .map_err(|why| StoreError::new("the certificate stores", StoreFault::Unusable(why.to_owned())))?;
        Ok(base.join(STORES).join(name))
    };
    match place {
        StorePlace::LocalMachine => below("LocalMachine"),
        StorePlace::CurrentUser => below("CurrentUser"),
        StorePlace::Folder(path) => Ok(path.clone()),
    }
}

/// Opens a folder of a place that exists and that nobody else can write.
fn opened(place: &StorePlace, name: &str) -> Result<Option<PathBuf>, StoreError> {
    let root = root(place)?;
    let Some(walked) = state::walk(&root, false)? else { return Ok(None) };
    safe(&walked)?;
    let Some(folder) = state::walk(&walked.join(name), false)? else { return Ok(None) };
    safe(&folder)?;
    Ok(Some(folder))
}

/// Makes the folder that holds the stores of a place.
fn made_root(place: &StorePlace) -> Result<PathBuf, StoreError> {
    let root = root(place)?;
    let missing = || StoreError::from(FileError::new(&root, FileFault::NotFound));
    let walked = state::walk(&root, true)?.ok_or_else(missing)?;
    safe(&walked)?;
    if !std::fs::metadata(&walked).is_ok_and(|found| found.is_dir()) {
        let part = walked.clone();
        return Err(FileError::new(&walked, FileFault::ParentNotDirectory { part }).into());
    }
    Ok(walked)
}

/// Makes a folder of a place. Others may pass through, so that a service that may read its key reaches it.
fn made(place: &StorePlace, name: &str) -> Result<PathBuf, StoreError> {
    let walked = made_root(place)?;
    let missing = || StoreError::from(FileError::new(&walked, FileFault::NotFound));
    let folder = state::walk(&walked.join(name), true)?.ok_or_else(missing)?;
    safe(&folder)?;
    let listed = name != KEYS;
    // The folders above a store of our own are ours too: stores, and the state folder.
    let above = if matches!(place, StorePlace::Folder(_)) { 1 } else { 3 };
    for path in walked.ancestors().take(above) {
        folder::let_pass(path, false).map_err(|error| fault::explain(path, error))?;
    }
    folder::let_pass(&folder, listed).map_err(|error| fault::explain(&folder, error))?;
    Ok(folder)
}

/// Refuses a folder or file that could be another's doing.
fn safe(path: &Path) -> Result<(), StoreError> {
    let metadata = std::fs::symlink_metadata(path).map_err(|error| fault::explain(path, error))?;
    match folder::danger(path, &metadata) {
        Some(why) => Err(FileError::new(path, FileFault::Unsafe { why }).into()),
        None => Ok(()),
    }
}

/// Returns the PEM files of a folder in the order of their names. What begins with a dot is a file on its way to its place.
fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let explain = |error: io::Error| StoreError::from(fault::explain(folder, error));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(explain)? {
        let path = entry.map_err(explain)?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !hidden && path.extension().is_some_and(|ending| ending == ENDING) {
            files.push(path);
        }
        if files.len() > MOST_FILES {
            let why = format!("it holds more than {MOST_FILES} files");
            return Err(StoreError::new(folder.display().to_string(), StoreFault::Unusable(why)));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads all certificates of a store.
fn found(place: &StorePlace, store: StoreName) -> Result<Vec<Found>, StoreError> {
    Ok(sorted(place, store)?.0)
}

/// Reads all files of a store: certificates, and what is none. A file that could be another's doing, or that cannot be read, ends it.
fn sorted(place: &StorePlace, store: StoreName) -> Result<(Vec<Found>, Vec<StoreError>), StoreError> {
    let (mut all, mut strangers) = (Vec::new(), Vec::new());
    let Some(folder) = opened(place, store.text())? else { return Ok((all, strangers)) };
    let keys = folder.with_file_name(KEYS);
    for path in files(&folder)? {
        safe(&path)?;
        let Some(octets) = read(&path)? else { continue };
        match understood(&path, &octets, &keys) {
            Ok(stored) => all.push(Found { stored, path }),
            Err(error) => strangers.push(error),
        }
    }
    Ok((all, strangers))
}

fn search(place: &StorePlace, store: StoreName, print: &Fingerprint) -> Result<Option<Found>, StoreError> {
    Ok(found(place, store)?.into_iter().find(|one| Fingerprint::of(&one.stored.der) == *print))
}

/// Reads a file; nothing where it has just been removed.
fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let explain = |error| StoreError::from(fault::explain(path, error));
    let opened = match file::open_regular(path) {
        Ok(Ok(file)) => file,
        Ok(Err(kind)) => return Err(FileError::new(path, FileFault::NotAFile { kind }).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(explain(error)),
    };
    let size = opened.metadata().map_err(explain)?.len().min(LARGEST);
    let octets = bounded::read(opened, LARGEST, size).map_err(explain)?;
    octets.map(Some).ok_or_else(|| FileError::new(path, FileFault::TooLarge { limit: LARGEST }).into())
}

fn understood(path: &Path, octets: &[u8], keys: &Path) -> Result<StoredCertificate, StoreError> {
    let unusable = |why: String| StoreError::new(path.display().to_string(), StoreFault::Unusable(why));
    let blocks = pem::scan(octets).map_err(|error| unusable(error.to_string()))?;
    let block = match blocks.as_slice() {
        [only] if only.label == "CERTIFICATE" => only,
        _ => return Err(unusable("a file of a store holds one certificate as PEM, and nothing else".to_owned())),
    };
    // Read here, so that what is told of a store never holds what is no certificate.
    Certificate::from_der(&block.content).map_err(|error| unusable(error.to_string()))?;
    let value = |start: &str| block.preamble.lines().find_map(|line| line.strip_prefix(start));
    let friendly_name = value(FRIENDLY_NAME)
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| unusable("its friendly name is no JSON text".to_owned()))?;
    let key = match value(KEY) {
        Some(name) if is_plain(name) => Some(KeyPlace::File(keys.join(name))),
        Some(_) => return Err(unusable("the name of its key file leads elsewhere".to_owned())),
        None => None,
    };
    Ok(StoredCertificate { der: block.content.to_vec(), friendly_name, key })
}

/// Returns whether a name stays in its folder.
fn is_plain(name: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}

fn write(path: &Path, existing: Existing, certificate: &StoredCertificate) -> Result<(), StoreError> {
    let mut text = String::new();
    if let Some(name) = &certificate.friendly_name {
        // A text always has a JSON form.
        let name = serde_json::to_string(name).unwrap_or_default();
        text.extend([FRIENDLY_NAME, &name, "\n"]);
    }
    if let Some(key) = &certificate.key {
        let name = path_of(key)?.file_name().and_then(|name| name.to_str()).filter(|name| is_plain(name));
        let elsewhere =
            || StoreError::new(key.text(), StoreFault::NotHere("a store names only keys of its own folder"));
        text.extend([KEY, name.ok_or_else(elsewhere)?, "\n"]);
    }
    text.push_str(&pem::encode("CERTIFICATE", &certificate.der));
    Ok(place_file(path, Access::Public, existing, text.as_bytes())?)
}

fn place_file(path: &Path, access: Access, existing: Existing, bytes: &[u8]) -> Result<(), FileError> {
    let mut staged = Box::new(StagedFile::write(path, access, existing, bytes, Arc::new(|_| Ok(())))?);
    staged.place()?;
    staged.keep();
    Ok(())
}

fn change(
    place: &StorePlace,
    store: StoreName,
    certificate: &Fingerprint,
    change: impl FnOnce(&mut StoredCertificate),
) -> Result<(), StoreError> {
    let missing = || StoreError::new(format!("{certificate} in {}", place.text(store)), StoreFault::NoCertificate);
    let mut one = search(place, store, certificate)?.ok_or_else(missing)?;
    change(&mut one.stored);
    write(&one.path, Existing::Replace, &one.stored)
}

fn delete(path: &Path) -> Result<bool, StoreError> {
    let removed = std::fs::remove_file(path).and_then(|()| file::sync_directory(path.parent().unwrap_or(path)));
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fault::explain(path, error).into()),
    }
}

fn path_of(key: &KeyPlace) -> Result<&Path, StoreError> {
    match key {
        KeyPlace::File(path) => Ok(path),
        KeyPlace::Key(_) => {
            let not_here = StoreFault::NotHere("key containers are a thing of Windows; name a file");
            Err(StoreError::new(key.text(), not_here))
        }
    }
}

fn read_key(key: &KeyPlace) -> Result<KeyPair, StoreError> {
    let path = path_of(key)?;
    let octets = read(path)?.ok_or_else(|| StoreError::new(key.text(), StoreFault::KeyMissing))?;
    let unusable = |why: String| StoreError::new(key.text(), StoreFault::Unusable(why));
    let blocks = pem::scan(&octets).map_err(|error| unusable(error.to_string()))?;
    let block = blocks.iter().find(|block| block.label == "PRIVATE KEY");
    let block = block.ok_or_else(|| unusable("it holds no private key".to_owned()))?;
    KeyPair::from_pkcs8_der(&block.content).map_err(|error| unusable(error.to_string()))
}
