//! Certificate stores, key containers and the access to them, in memory, as Windows has them. Each call can be made to fail,
//! before or after it has done its work.

use std::collections::BTreeMap;
use std::path::PathBuf;

use s2scert::cert::{Fingerprint, KeyPair};
use s2scert::farm::access::AccessState;
use s2scert::farm::store::{StoreName, StorePlace, TlsBinding};
use s2scert::farm::{KeyLocation, KeyPlace};
use s2scert::ports::{
    CertificateStores, Held, KeyAccess, KeyAccessError, KeyFault, NewKey, OpenedKey, StoreError, StoreFault,
    StoredCertificate,
};

use super::{FakeHost, place_name};

/// What a call that is to fail does before it fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing.
    NotDone,
    /// Its work; only the answer is lost.
    Done,
}

/// The stores of one machine, whatever the place.
#[derive(Default)]
pub(super) struct Stores {
    certificates: BTreeMap<StoreName, Vec<StoredCertificate>>,
    keys: BTreeMap<String, (KeyLocation, KeyPair, bool)>,
    bindings: Option<Vec<TlsBinding>>,
    /// The calls so far, in order.
    calls: Vec<&'static str>,
    fail: Option<(usize, Outcome)>,
    /// From which call on all fail.
    fail_from: Option<usize>,
}

impl FakeHost {
    /// Puts a certificate into a store.
    pub(crate) fn with_certificate(self, store: StoreName, certificate: StoredCertificate) -> Self {
        self.state().stores.certificates.entry(store).or_default().push(certificate);
        self
    }

    /// Makes a key container, with the access that the masters have.
    pub(crate) fn with_container(self, location: &KeyLocation, key: &KeyPair) -> Self {
        let exportable = false;
        self.state().stores.keys.insert(location.container.clone(), (location.clone(), key.clone(), exportable));
        let Ok(masters) = AccessState::of_new_windows_key(&[]) else { unreachable!("nobody is named") };
        self.with_access(&location.container, masters)
    }

    /// Lets http.sys tell its TLS bindings; without, they cannot be seen.
    pub(crate) fn with_bindings(self, bindings: Vec<TlsBinding>) -> Self {
        self.state().stores.bindings = Some(bindings);
        self
    }

    /// Makes the call with this number fail, counted from the next, over stores, keys and access together.
    pub(crate) fn failing_call(&self, number: usize, outcome: Outcome) {
        let mut state = self.state();
        state.stores.calls.clear();
        state.stores.fail = Some((number, outcome));
    }

    /// Makes the call with this number, counted from the next, and all that follow fail.
    pub(crate) fn failing_from(&self, number: usize) {
        let mut state = self.state();
        state.stores.calls.clear();
        state.stores.fail_from = Some(number);
    }

    /// Returns the calls since the last [`FakeHost::failing_call`].
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        self.state().stores.calls.clone()
    }

    /// Returns everything in the stores, as text: certificates, what they name, containers, access.
    pub(crate) fn stores_text(&self) -> String {
        let state = self.state();
        let mut lines = Vec::new();
        for (store, certificates) in &state.stores.certificates {
            lines.extend(certificates.iter().map(|one| {
                let key = one.key.as_ref().map_or_else(|| "no key".to_owned(), KeyPlace::text);
                format!("{} {} {:?} {key}", store.text(), Fingerprint::of(&one.der), one.friendly_name)
            }));
        }
        lines.sort();
        lines.extend(state.stores.keys.iter().map(|(name, (location, key, exportable))| {
            format!("{name} {location:?} {} {exportable}", key.public_key().fingerprint())
        }));
        lines.extend(state.access.iter().map(|(place, access)| format!("{place} {}", access.text())));
        lines.join("\n")
    }

    /// Notes a call. Returns whether it is to fail, and what it does before.
    fn call(&self, name: &'static str) -> Option<Outcome> {
        let mut state = self.state();
        let number = state.stores.calls.len();
        state.stores.calls.push(name);
        if state.stores.fail_from.is_some_and(|from| number >= from) {
            return Some(Outcome::NotDone);
        }
        state.stores.fail.filter(|(at, _)| *at == number).map(|(_, outcome)| outcome)
    }

    /// Does the work of a call, unless it is to fail before.
    fn store_call<T>(
        &self,
        name: &'static str,
        work: impl FnOnce(&mut super::State) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let outcome = self.call(name);
        if outcome == Some(Outcome::NotDone) {
            return Err(StoreError::new(name, StoreFault::Other));
        }
        let done = work(&mut self.state())?;
        if outcome.is_some() { Err(StoreError::new(name, StoreFault::Other)) } else { Ok(done) }
    }
}

/// Finds a certificate in a store.
fn certificate<'a>(
    state: &'a mut super::State,
    store: StoreName,
    print: &Fingerprint,
) -> Result<&'a mut StoredCertificate, StoreError> {
    let all = state.stores.certificates.entry(store).or_default();
    let found = all.iter_mut().find(|one| Fingerprint::of(&one.der) == *print);
    found.ok_or_else(|| StoreError::new(print.to_string(), StoreFault::NoCertificate))
}

/// Finds a container.
fn key(state: &super::State, place: &KeyPlace) -> Result<(KeyPair, bool), StoreError> {
    let found = state.stores.keys.get(&place_name(place)).map(|(_, key, exportable)| (key.clone(), *exportable));
    found.ok_or_else(|| StoreError::new(place.text(), StoreFault::KeyMissing))
}

/// A lock that nobody else wants.
struct FakeLock;

impl Held for FakeLock {}

impl CertificateStores for FakeHost {
    fn lock(&self, _: &StorePlace) -> Result<Box<dyn Held>, StoreError> {
        self.store_call("lock", |_| Ok(Box::new(FakeLock) as Box<dyn Held>))
    }

    fn certificates(&self, _: &StorePlace, store: StoreName) -> Result<Vec<StoredCertificate>, StoreError> {
        self.store_call("certificates", |state| Ok(state.stores.certificates.get(&store).cloned().unwrap_or_default()))
    }

    fn add(&self, _: &StorePlace, store: StoreName, certificate: &StoredCertificate) -> Result<bool, StoreError> {
        self.store_call("add", |state| {
            let all = state.stores.certificates.entry(store).or_default();
            let new = all.iter().all(|one| one.der != certificate.der);
            if new {
                all.push(certificate.clone());
            }
            Ok(new)
        })
    }

    fn remove(&self, _: &StorePlace, store: StoreName, print: &Fingerprint) -> Result<bool, StoreError> {
        self.store_call("remove", |state| {
            let all = state.stores.certificates.entry(store).or_default();
            let before = all.len();
            all.retain(|one| Fingerprint::of(&one.der) != *print);
            let after = all.len();
            Ok(after < before)
        })
    }

    fn set_key(
        &self,
        _: &StorePlace,
        store: StoreName,
        print: &Fingerprint,
        key: Option<&KeyPlace>,
    ) -> Result<(), StoreError> {
        self.store_call("set_key", |state| {
            certificate(state, store, print)?.key = key.cloned();
            Ok(())
        })
    }

    fn set_friendly_name(
        &self,
        _: &StorePlace,
        store: StoreName,
        print: &Fingerprint,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        self.store_call("set_friendly_name", |state| {
            certificate(state, store, print)?.friendly_name = name.map(str::to_owned);
            Ok(())
        })
    }

    /// Leaves nothing behind when its answer is lost, as the port asks.
    fn import_key(&self, place: &StorePlace, key: &KeyPair, wish: &NewKey<'_>) -> Result<KeyPlace, StoreError> {
        if self.call("import_key").is_some() {
            return Err(StoreError::new(wish.container, StoreFault::Other));
        }
        let location = KeyLocation {
            provider: wish.provider.to_owned(),
            provider_type: wish.provider_type,
            container: wish.container.to_owned(),
            key_spec: wish.key_spec,
            machine: *place == StorePlace::LocalMachine,
        };
        let unusable = |error: s2scert::farm::access::WishError| {
            StoreError::new(wish.container, StoreFault::Unusable(error.to_string()))
        };
        let access = AccessState::of_new_windows_key(wish.readers).map_err(unusable)?;
        let mut state = self.state();
        if state.stores.keys.contains_key(wish.container) {
            return Err(StoreError::new(wish.container, StoreFault::KeyExists));
        }
        state.access.insert(wish.container.to_owned(), access);
        state.stores.keys.insert(wish.container.to_owned(), (location.clone(), key.clone(), wish.exportable));
        Ok(KeyPlace::Key(location))
    }

    fn open_key(&self, place: &KeyPlace) -> Result<OpenedKey, StoreError> {
        self.store_call("open_key", |state| {
            let (key, exportable) = key(state, place)?;
            Ok(OpenedKey { public: key.public_key().clone(), exportable: Some(exportable) })
        })
    }

    fn sign(&self, place: &KeyPlace, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.store_call("sign", |state| {
            let unfit = |error: s2scert::cert::key::KeyError| {
                StoreError::new(place.text(), StoreFault::KeyUnfit(error.to_string()))
            };
            key(state, place)?.0.sign_sha256(content).map_err(unfit)
        })
    }

    fn delete_key(&self, place: &KeyPlace) -> Result<bool, StoreError> {
        self.store_call("delete_key", |state| {
            state.access.remove(&place_name(place));
            Ok(state.stores.keys.remove(&place_name(place)).is_some())
        })
    }

    fn keys(&self, _: &StorePlace) -> Result<Vec<KeyPlace>, StoreError> {
        self.store_call("keys", |state| {
            Ok(state.stores.keys.values().map(|(location, ..)| KeyPlace::Key(location.clone())).collect())
        })
    }

    fn tls_bindings(&self) -> Result<Vec<TlsBinding>, StoreError> {
        self.store_call("tls_bindings", |state| {
            let unseen = || StoreError::new("http.sys", StoreFault::NotHere("http.sys does not answer"));
            state.stores.bindings.clone().ok_or_else(unseen)
        })
    }
}

impl KeyAccess for FakeHost {
    fn read(&self, place: &KeyPlace) -> Result<AccessState, KeyAccessError> {
        let lost = |fault| KeyAccessError { place: place_name(place), fault, source: None };
        if self.call("read").is_some() {
            return Err(lost(KeyFault::Other));
        }
        self.state().access.get(&place_name(place)).cloned().ok_or_else(|| lost(KeyFault::NotFound))
    }

    fn write(&self, place: &KeyPlace, access: &AccessState) -> Result<(), KeyAccessError> {
        let outcome = self.call("write");
        if outcome != Some(Outcome::NotDone) {
            let mut state = self.state();
            state.access_written += 1;
            state.access.insert(place_name(place), access.clone());
        }
        match outcome {
            Some(_) => Err(KeyAccessError { place: place_name(place), fault: KeyFault::Other, source: None }),
            None => Ok(()),
        }
    }

    fn key_file(&self, place: &KeyPlace) -> Result<Option<PathBuf>, KeyAccessError> {
        if self.call("key_file").is_some() {
            return Err(KeyAccessError { place: place_name(place), fault: KeyFault::Other, source: None });
        }
        Ok(match place {
            KeyPlace::File(path) => Some(path.clone()),
            KeyPlace::Key(_) => None,
        })
    }
}
