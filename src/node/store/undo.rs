//! Taking back what an act did, in the opposite order.

use crate::cert::Fingerprint;
use crate::error::Error;
use crate::farm::access::AccessState;
use crate::farm::store::{StoreName, StorePlace};
use crate::ports::{Host, KeyPlace, StoredCertificate};

/// How one step is taken back.
#[derive(Debug)]
pub(super) enum Step {
    /// A key was made.
    DeleteKey(KeyPlace),
    /// A certificate was added.
    Remove(StoreName, Fingerprint),
    /// A certificate was removed.
    Add(StoreName, StoredCertificate),
    /// A certificate names another key.
    SetKey(Fingerprint, Option<KeyPlace>),
    /// A certificate has another friendly name.
    SetName(Fingerprint, Option<String>),
    /// A key has another access.
    Access(KeyPlace, AccessState),
}

/// What was done so far.
pub(super) struct Undo<'a> {
    host: &'a Host,
    place: &'a StorePlace,
    steps: Vec<Step>,
}

impl<'a> Undo<'a> {
    pub(super) const fn new(host: &'a Host, place: &'a StorePlace) -> Self {
        Self { host, place, steps: Vec::new() }
    }

    /// Notes a step. It is noted before the act whose outcome may stay unclear: taking back what was not done does nothing.
    pub(super) fn note(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// Forgets the last step, which turned out to have done nothing.
    pub(super) fn forget_last(&mut self) {
        self.steps.pop();
    }

    /// Takes everything back, and adds to the error what could not be.
    pub(super) fn take_back(self, error: Error) -> Error {
        let mut error = error;
        for step in self.steps.iter().rev() {
            if let Err(left) = self.step(step) {
                error = error.hint(format!("left behind, because taking it back failed too: {left}"));
            }
        }
        error
    }

    fn step(&self, step: &Step) -> Result<(), String> {
        let stores = &self.host.stores;
        let thumb =
            |store: StoreName, certificate: &Fingerprint| format!("{certificate} in {}", self.place.text(store));
        match step {
            Step::DeleteKey(key) => {
                stores.delete_key(key).map(drop).map_err(|error| format!("{} ({error})", key.text()))
            }
            Step::Remove(store, certificate) => stores
                .remove(self.place, *store, certificate)
                .map(drop)
                .map_err(|error| format!("certificate {} ({error})", thumb(*store, certificate))),
            Step::Add(store, certificate) => {
                let print = Fingerprint::of(&certificate.der);
                stores
                    .add(self.place, *store, certificate)
                    .map(drop)
                    .map_err(|error| format!("the certificate {} is gone ({error})", thumb(*store, &print)))
            }
            Step::SetKey(certificate, key) => stores
                .set_key(self.place, StoreName::My, certificate, key.as_ref())
                .map_err(|error| format!("another key of certificate {} ({error})", thumb(StoreName::My, certificate))),
            Step::SetName(certificate, name) => {
                stores.set_friendly_name(self.place, StoreName::My, certificate, name.as_deref()).map_err(|error| {
                    format!("another friendly name of certificate {} ({error})", thumb(StoreName::My, certificate))
                })
            }
            Step::Access(key, access) => self
                .host
                .key_access
                .write(key, access)
                .map_err(|error| format!("another access to {}; it was {} ({error})", key.text(), access.text())),
        }
    }
}
