//! Stores as folders, on the real file system.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]
#![expect(clippy::disallowed_methods, reason = "the tests look at what was written")]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::store::SystemStores;
use crate::cert::{Certificate, Fingerprint, KeyPair, pem};
use crate::farm::access::Principal;
use crate::farm::store::{StoreName, StorePlace};
use crate::farm::{KeyPlace, KeySpec};
use crate::ports::{CertificateStores, FileFault, NewKey, StoreError, StoreFault, StoredCertificate};

struct Stand {
    folder: TempDir,
    place: StorePlace,
    key: KeyPair,
    certificate: StoredCertificate,
}

impl Stand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = StorePlace::Folder(folder.path().join("store"));
        let blocks = pem::scan(include_bytes!("../../../tests/data/keys/leaf.pem")).unwrap();
        let key = KeyPair::from_pkcs8_der(&blocks[0].content).unwrap();
        let made = rcgen::generate_simple_self_signed(["crm.contoso.com".to_owned()]).unwrap();
        let der = made.cert.der().to_vec();
        Self { folder, place, key, certificate: StoredCertificate { der, friendly_name: None, key: None } }
    }

    fn path(&self, rest: &str) -> PathBuf {
        self.folder.path().join("store").join(rest)
    }

    fn print(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate.der)
    }

    fn import(&self, container: &str) -> Result<KeyPlace, StoreError> {
        let wish = NewKey {
            container,
            provider: "",
            provider_type: 24,
            key_spec: KeySpec::Exchange,
            exportable: false,
            readers: &[Principal::User(7)],
        };
        SystemStores.import_key(&self.place, &self.key, &wish)
    }

    fn list(&self) -> Result<Vec<StoredCertificate>, StoreError> {
        SystemStores.certificates(&self.place, StoreName::My)
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn what_is_put_into_a_store_comes_out_and_goes_and_others_may_pass_and_not_read_the_key() {
    let stand = Stand::new();
    let stores = SystemStores;
    assert_eq!(stand.list().unwrap(), []);
    assert_eq!(stores.keys(&stand.place).unwrap(), []);
    let key = stand.import("s2s").unwrap();
    assert_eq!(stand.import("s2s").unwrap_err().fault, StoreFault::KeyExists);
    assert_eq!(mode(&stand.path("keys/s2s.pem")), 0o600);
    assert_eq!([mode(&stand.path("")), mode(&stand.path("keys"))], [0o711, 0o711]);
    let full = StoredCertificate {
        friendly_name: Some("S2S \"für\"\nZoë".to_owned()),
        key: Some(key.clone()),
        ..stand.certificate.clone()
    };
    assert!(stores.add(&stand.place, StoreName::My, &full).unwrap());
    assert!(!stores.add(&stand.place, StoreName::My, &stand.certificate).unwrap());
    assert_eq!(mode(&stand.path("My")), 0o755);
    assert_eq!(stand.list().unwrap(), [full]);
    assert_eq!(stores.certificates(&stand.place, StoreName::Root).unwrap(), []);

    let opened = stores.open_key(&key).unwrap();
    assert_eq!((opened.public, opened.exportable), (stand.key.public_key().clone(), None));
    assert_eq!(stores.sign(&key, b"text").unwrap(), stand.key.sign_sha256(b"text").unwrap());
    stores.set_friendly_name(&stand.place, StoreName::My, &stand.print(), None).unwrap();
    stores.set_key(&stand.place, StoreName::My, &stand.print(), None).unwrap();
    assert_eq!(stand.list().unwrap(), std::slice::from_ref(&stand.certificate));

    assert!(stores.remove(&stand.place, StoreName::My, &stand.print()).unwrap());
    assert!(!stores.remove(&stand.place, StoreName::My, &stand.print()).unwrap());
    let gone = stores.set_key(&stand.place, StoreName::My, &stand.print(), None).unwrap_err();
    assert_eq!(gone.fault, StoreFault::NoCertificate);
    assert_eq!(stores.keys(&stand.place).unwrap(), std::slice::from_ref(&key));
    assert_eq!([stores.delete_key(&key).unwrap(), stores.delete_key(&key).unwrap()], [true, false]);
    assert_eq!(stores.open_key(&key).unwrap_err().fault, StoreFault::KeyMissing);
    assert_eq!(stores.tls_bindings().unwrap(), []);
}

#[test]
fn a_store_that_could_be_anothers_doing_is_refused() {
    let stand = Stand::new();
    SystemStores.add(&stand.place, StoreName::My, &stand.certificate).unwrap();
    let my = stand.path("My");
    let open = |path: &Path, bits: u32| std::fs::set_permissions(path, PermissionsExt::from_mode(bits)).unwrap();
    let refused = |what: &str| {
        let fault = stand.list().unwrap_err().fault;
        assert!(matches!(fault, StoreFault::File(FileFault::Unsafe { .. })), "{what}: {fault:?}");
    };
    open(&my, 0o777);
    refused("the store");
    open(&my, 0o755);
    open(&stand.path(""), 0o733);
    refused("the folder above");
    open(&stand.path(""), 0o711);
    let file = my.join(format!("{}.pem", stand.print()));
    open(&file, 0o666);
    refused("the file");
    open(&file, 0o644);
    assert_eq!(stand.list().unwrap().len(), 1);
    symlink(&file, my.join("other.pem")).unwrap();
    refused("a link");
}

#[test]
fn what_is_no_entry_of_a_store_is_told_by_its_file() {
    let stand = Stand::new();
    SystemStores.add(&stand.place, StoreName::My, &stand.certificate).unwrap();
    let text = pem::encode("CERTIFICATE", &stand.certificate.der).to_string();
    let other = stand.path("My/other.pem");
    for (content, word) in [
        (String::new(), "one certificate"),
        (text.repeat(2), "one certificate"),
        (pem::encode("CERTIFICATE", b"0").to_string(), "not an X.509 certificate"),
        (text.replace("MII", "M!I"), "base64"),
        (format!("Key: ../../../etc/shadow\n{text}"), "leads elsewhere"),
        (format!("Key: .hidden\n{text}"), "leads elsewhere"),
        (format!("Friendly-Name: Zoë\n{text}"), "no JSON text"),
    ] {
        std::fs::write(&other, content).unwrap();
        // It is told, and hides no certificate.
        assert_eq!(stand.list().unwrap().len(), 1, "{word}");
        let error = SystemStores.strangers(&stand.place, StoreName::My).unwrap().remove(0);
        assert!(error.place.ends_with("other.pem"), "{}", error.place);
        assert!(error.to_string().contains(word), "{word}: {error}");
    }
    // A file by hand is as good as one of ours.
    std::fs::write(&other, &text).unwrap();
    assert_eq!(stand.list().unwrap().len(), 2);
    assert!(Certificate::from_der(&stand.list().unwrap()[1].der).is_ok());
}

#[test]
fn a_key_of_another_system_or_folder_is_refused() {
    let stand = Stand::new();
    SystemStores.add(&stand.place, StoreName::My, &stand.certificate).unwrap();
    let set = |key: &KeyPlace| SystemStores.set_key(&stand.place, StoreName::My, &stand.print(), Some(key));
    let bad = stand.folder.path().join("a key.pem");
    assert!(matches!(set(&KeyPlace::File(bad)).unwrap_err().fault, StoreFault::NotHere(_)));
    let location = crate::farm::KeyLocation {
        provider: String::new(),
        provider_type: 24,
        container: "s2s".to_owned(),
        key_spec: KeySpec::Exchange,
        machine: true,
    };
    assert!(matches!(set(&KeyPlace::Key(location)).unwrap_err().fault, StoreFault::NotHere(_)));
    let damaged = stand.folder.path().join("damaged.pem");
    std::fs::write(&damaged, "no key").unwrap();
    let error = SystemStores.open_key(&KeyPlace::File(damaged)).unwrap_err();
    assert!(matches!(error.fault, StoreFault::Unusable(_)));
}
