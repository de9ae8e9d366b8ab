//! Certificate stores, and the containers of CryptoAPI behind them.

#![expect(clippy::disallowed_methods, reason = "the edge at which another run is waited for")]

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::{
    CRYPT_E_NOT_FOUND, E_ACCESSDENIED, ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
    ERROR_SHARING_VIOLATION, ERROR_WRITE_PROTECT, NTE_BAD_ALGID, NTE_BAD_DATA, NTE_BAD_KEY, NTE_BAD_KEYSET,
    NTE_BAD_LEN, NTE_BAD_PROV_TYPE, NTE_BAD_TYPE, NTE_EXISTS, NTE_KEYSET_NOT_DEF, NTE_NO_KEY, NTE_NOT_FOUND, NTE_PERM,
    NTE_PROV_DLL_NOT_FOUND, NTE_PROV_TYPE_NO_MATCH, NTE_PROV_TYPE_NOT_DEF, NTE_PROVIDER_DLL_FAIL,
};

use super::ffi::cert_store::{Context, Purpose, Store};
use super::ffi::{csp, http, lock, machine, ncrypt};
use crate::cert::capi;
use crate::cert::digest::hex_upper;
use crate::cert::pfx::DEFAULT_PROVIDER;
use crate::cert::{Fingerprint, KeyPair};
use crate::farm::access::AccessState;
use crate::farm::store::{StoreName, StorePlace, TlsBinding};
use crate::farm::{KeyKind, KeyLocation, KeyPlace, KeySpec};
use crate::ports::{CertificateStores, Held, NewKey, OpenedKey, StoreError, StoreFault, StoredCertificate};

/// `PROV_RSA_AES`. All CSPs of Microsoft for RSA keep their containers in one place, so that one of them lists all.
const PROV_RSA_AES: u32 = 24;
/// The names whose existence says that somebody changes the stores.
const LOCK_OF_MACHINE: &str = r"Global\s2scert-store";
const LOCK_OF_USER: &str = r"Local\s2scert-store-of-user";
/// How long another run is waited for, and how often it is looked.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// The stores, kept from other runs.
struct HeldStores {
    _lock: lock::Lock,
}

impl Held for HeldStores {}

/// The stores of this machine.
pub(crate) struct SystemStores;

impl CertificateStores for SystemStores {
    fn lock(&self, place: &StorePlace) -> Result<Box<dyn Held>, StoreError> {
        let name = if is_machine(place)? { LOCK_OF_MACHINE } else { LOCK_OF_USER };
        let begun = Instant::now();
        loop {
            match lock::take(name).map_err(|error| explain("the lock of the certificate stores", error))? {
                Some(held) => return Ok(Box::new(HeldStores { _lock: held })),
                None if begun.elapsed() >= PATIENCE => {
                    return Err(StoreError::new("the certificate stores", StoreFault::Busy));
                }
                None => thread::sleep(PAUSE),
            }
        }
    }

    fn certificates(&self, place: &StorePlace, store: StoreName) -> Result<Vec<StoredCertificate>, StoreError> {
        let failed = |error| explain(place.text(store), error);
        let opened = match open(place, store, Purpose::Read)? {
            Ok(opened) => opened,
            Err(error) if is_missing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let stored = |context: Context| {
            let (friendly_name, key) = (context.friendly_name()?, context.key()?.map(KeyPlace::Key));
            Ok(StoredCertificate { der: context.der(), friendly_name, key })
        };
        opened.contexts().into_iter().map(stored).collect::<io::Result<_>>().map_err(failed)
    }

    fn add(&self, place: &StorePlace, store: StoreName, certificate: &StoredCertificate) -> Result<bool, StoreError> {
        let key = certificate.key.as_ref().map(location).transpose()?;
        let failed = |error| explain(place.text(store), error);
        let opened = open(place, store, Purpose::Change)?.map_err(failed)?;
        let add = || {
            let context = Context::of(&certificate.der)?;
            if certificate.friendly_name.is_some() {
                context.set_friendly_name(certificate.friendly_name.as_deref())?;
            }
            if key.is_some() {
                context.set_key(key)?;
            }
            opened.add(&context)
        };
        add().map_err(failed)
    }

    fn remove(&self, place: &StorePlace, store: StoreName, certificate: &Fingerprint) -> Result<bool, StoreError> {
        let failed = |error| explain(place.text(store), error);
        let opened = open(place, store, Purpose::Change)?.map_err(failed)?;
        let Some(context) = find(&opened, certificate) else { return Ok(false) };
        context.delete().map_err(failed)?;
        opened.commit();
        Ok(true)
    }

    fn set_key(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        key: Option<&KeyPlace>,
    ) -> Result<(), StoreError> {
        let key = key.map(location).transpose()?;
        change(place, store, certificate, |context| context.set_key(key))
    }

    fn set_friendly_name(
        &self,
        place: &StorePlace,
        store: StoreName,
        certificate: &Fingerprint,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        change(place, store, certificate, |context| context.set_friendly_name(name))
    }

    fn import_key(&self, place: &StorePlace, key: &KeyPair, wish: &NewKey<'_>) -> Result<KeyPlace, StoreError> {
        let location = KeyLocation {
            provider: wish.provider.to_owned(),
            provider_type: wish.provider_type,
            container: wish.container.to_owned(),
            key_spec: wish.key_spec,
            machine: is_machine(place)?,
        };
        let text = KeyPlace::Key(location.clone()).text();
        let unfit = |why: String| StoreError::new(&*text, StoreFault::KeyUnfit(why));
        if wish.key_spec != KeySpec::Exchange {
            return Err(unfit("only keys for AT_KEYEXCHANGE are imported".to_owned()));
        }
        let blob = capi::private_blob(key).map_err(|error| unfit(error.to_string()))?;
        let access = if location.machine { Some(first_access(&text, wish)?) } else { None };
        let container = csp::Container::create(&location).map_err(|error| explain(&*text, error))?;
        let filled = access
            .map_or(Ok(()), |access| container.set_security(&access))
            .and_then(|()| container.import(&blob, wish.exportable));
        drop(container);
        match filled {
            Ok(()) => Ok(KeyPlace::Key(location)),
            Err(error) => {
                let error = explain(&*text, error);
                match csp::Container::delete(&location) {
                    Ok(()) => Err(error),
                    Err(left) => Err(StoreError {
                        fault: StoreFault::Unusable(format!("{error}, and the empty container could not be deleted")),
                        source: Some(left),
                        ..error
                    }),
                }
            }
        }
    }

    fn open_key(&self, key: &KeyPlace) -> Result<OpenedKey, StoreError> {
        let location = location(key)?;
        let failed = |error| explain(key.text(), error);
        let unusable = |error: capi::BlobError| StoreError::new(key.text(), StoreFault::Unusable(error.to_string()));
        let (public, exportable) = match location.kind() {
            KeyKind::Csp => {
                let opened = csp::Container::open(location).map_err(failed)?;
                let (blob, exportable) = opened.public(location.key_spec.value()).map_err(failed)?;
                (capi::public_key(&blob).map_err(unusable)?, exportable)
            }
            KeyKind::Cng => {
                let (blob, exportable) = ncrypt::Key::open(location).and_then(|key| key.public()).map_err(failed)?;
                (capi::cng_public_key(&blob).map_err(unusable)?, exportable)
            }
        };
        Ok(OpenedKey { public, exportable })
    }

    fn sign(&self, key: &KeyPlace, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let location = location(key)?;
        if location.kind() == KeyKind::Cng {
            let why = "it is in CNG, and the product signs with CSP keys only".to_owned();
            return Err(StoreError::new(key.text(), StoreFault::KeyUnfit(why)));
        }
        csp::Container::open(location)
            .and_then(|container| container.sign(location.key_spec.value(), content))
            .map_err(|error| explain(key.text(), error))
    }

    fn delete_key(&self, key: &KeyPlace) -> Result<bool, StoreError> {
        let location = location(key)?;
        let deleted = match location.kind() {
            KeyKind::Csp => csp::Container::delete(location),
            KeyKind::Cng => ncrypt::Key::open(location).and_then(ncrypt::Key::delete),
        };
        match deleted.map_err(|error| explain(key.text(), error)) {
            Ok(()) => Ok(true),
            Err(error) if error.fault == StoreFault::KeyMissing => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn keys(&self, place: &StorePlace) -> Result<Vec<KeyPlace>, StoreError> {
        let machine = is_machine(place)?;
        let names = csp::Container::names(DEFAULT_PROVIDER, PROV_RSA_AES, machine)
            .map_err(|error| explain("the key containers", error))?;
        Ok(names.into_iter().filter_map(|name| listed(name, machine)).map(KeyPlace::Key).collect())
    }

    fn tls_bindings(&self) -> Result<Vec<TlsBinding>, StoreError> {
        let bindings = http::bindings().map_err(|error| StoreError {
            place: "http.sys".to_owned(),
            fault: StoreFault::Unusable("the TLS bindings of http.sys cannot be seen".to_owned()),
            source: Some(error),
        })?;
        let binding = |one: http::Binding| TlsBinding {
            endpoint: one.endpoint,
            thumbprint: hex_upper(&one.hash),
            store: one.store,
        };
        Ok(bindings.into_iter().map(binding).collect())
    }
}

/// Looks at a container that was listed. One that is not in this key set is none of ours; one that cannot be opened is.
fn listed(container: String, machine: bool) -> Option<KeyLocation> {
    let exchange = KeyLocation {
        provider: DEFAULT_PROVIDER.to_owned(),
        provider_type: PROV_RSA_AES,
        container,
        key_spec: KeySpec::Exchange,
        machine,
    };
    let opened = match csp::Container::open(&exchange) {
        Ok(opened) => opened,
        Err(error) => {
            return (explain("", error).fault != StoreFault::KeyMissing).then_some(exchange);
        }
    };
    // A container can hold a key of each sort; the one that signs only is told where the other is not there.
    let has = |spec: KeySpec| opened.public(spec.value()).is_ok();
    let signing = !has(KeySpec::Exchange) && has(KeySpec::Signature);
    Some(if signing { KeyLocation { key_spec: KeySpec::Signature, ..exchange } } else { exchange })
}

/// Returns the access that a new container has before the key is in it.
fn first_access(text: &str, wish: &NewKey<'_>) -> Result<Vec<u8>, StoreError> {
    let unusable = |why: String| StoreError::new(text, StoreFault::Unusable(why));
    match AccessState::of_new_windows_key(wish.readers).map_err(|error| unusable(error.to_string()))? {
        AccessState::Windows(descriptor) => descriptor.to_octets().map_err(|error| unusable(error.to_string())),
        AccessState::Posix(_) => Err(unusable("a key here has a security descriptor, no mode".to_owned())),
    }
}

fn is_machine(place: &StorePlace) -> Result<bool, StoreError> {
    match place {
        StorePlace::LocalMachine => Ok(true),
        StorePlace::CurrentUser => Ok(false),
        StorePlace::Folder(path) => {
            let not_here = StoreFault::NotHere("a folder is no certificate store on Windows; leave --store-dir out");
            Err(StoreError::new(path.display().to_string(), not_here))
        }
    }
}

/// Opens a store. The outer error is one of the request, the inner one that of the system.
fn open(place: &StorePlace, store: StoreName, purpose: Purpose) -> Result<io::Result<Store>, StoreError> {
    Ok(Store::open(store.text(), is_machine(place)?, purpose))
}

fn find(store: &Store, certificate: &Fingerprint) -> Option<Context> {
    store.contexts().into_iter().find(|context| Fingerprint::of(&context.der()) == *certificate)
}

fn change(
    place: &StorePlace,
    store: StoreName,
    certificate: &Fingerprint,
    change: impl FnOnce(&Context) -> io::Result<()>,
) -> Result<(), StoreError> {
    let failed = |error| explain(place.text(store), error);
    let opened = open(place, store, Purpose::Change)?.map_err(failed)?;
    let missing = || StoreError::new(format!("{certificate} in {}", place.text(store)), StoreFault::NoCertificate);
    change(&find(&opened, certificate).ok_or_else(missing)?).map_err(failed)?;
    opened.commit();
    Ok(())
}

fn location(key: &KeyPlace) -> Result<&KeyLocation, StoreError> {
    match key {
        KeyPlace::Key(location) => Ok(location),
        KeyPlace::File(path) => {
            let not_here = StoreFault::NotHere("a store of Windows names key containers, no files");
            Err(StoreError::new(path.display().to_string(), not_here))
        }
    }
}

fn is_missing(error: &io::Error) -> bool {
    let code = error.raw_os_error().unwrap_or_default().cast_unsigned();
    matches!(code, ERROR_FILE_NOT_FOUND | ERROR_PATH_NOT_FOUND)
}

fn explain(place: impl Into<String>, error: io::Error) -> StoreError {
    let code = error.raw_os_error().unwrap_or_default();
    let fault = match code {
        CRYPT_E_NOT_FOUND => StoreFault::NoCertificate,
        // Windows says so also to somebody who may not open the key's file.
        NTE_BAD_KEYSET if !machine::elevated().unwrap_or(true) => StoreFault::Denied,
        NTE_BAD_KEYSET | NTE_NOT_FOUND | NTE_NO_KEY => StoreFault::KeyMissing,
        NTE_EXISTS => StoreFault::KeyExists,
        NTE_PERM | E_ACCESSDENIED => StoreFault::Denied,
        NTE_KEYSET_NOT_DEF
        | NTE_PROV_TYPE_NOT_DEF
        | NTE_PROV_TYPE_NO_MATCH
        | NTE_PROV_DLL_NOT_FOUND
        | NTE_PROVIDER_DLL_FAIL
        | NTE_BAD_PROV_TYPE => StoreFault::NoProvider,
        NTE_BAD_ALGID => StoreFault::KeyUnfit("it knows no SHA-256 ('Invalid algorithm specified')".to_owned()),
        NTE_BAD_DATA | NTE_BAD_LEN | NTE_BAD_TYPE | NTE_BAD_KEY => {
            StoreFault::KeyUnfit("it does not take a key of this form".to_owned())
        }
        _ => match code.cast_unsigned() {
            ERROR_ACCESS_DENIED => StoreFault::Denied,
            ERROR_WRITE_PROTECT => StoreFault::ReadOnly,
            ERROR_SHARING_VIOLATION => StoreFault::Busy,
            _ => StoreFault::Other,
        },
    };
    StoreError { place: place.into(), fault, source: Some(error) }
}
