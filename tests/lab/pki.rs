//! The certificates of the lab, and the stores of its nodes filled with them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use s2scert::cert::{Fingerprint, pem};

use super::{ASYNC_ACCOUNT, Folder, HOST, NODES, Node, WEB_ACCOUNT, make, run, write};

/// A certificate with its key as PKCS#8.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) der: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// All certificates of the lab. The public ones, and the keys of those that sign tokens, lie in `pki` too.
pub(crate) struct Pki {
    pub(crate) root: Vec<u8>,
    pub(crate) issuing: Vec<u8>,
    /// The certificate with which tokens are signed.
    pub(crate) current: Held,
    /// The one before, still valid, with another subject.
    pub(crate) former: Held,
    /// One with the subject of the current one.
    pub(crate) namesake: Held,
    /// One of this farm that is over.
    pub(crate) expired: Held,
    /// The authority of the web servers.
    pub(crate) tls_root: Vec<u8>,
    /// The certificate of the web servers, and one that is over.
    pub(crate) tls: Held,
    pub(crate) tls_expired: Held,
}

struct Authority {
    params: CertificateParams,
    key: KeyPair,
    der: Vec<u8>,
}

/// Dates are taken from the clock: what is seen of the farm must be valid today.
macro_rules! days {
    ($from_now:expr) => {{
        let at = (Timestamp::now() + SignedDuration::from_hours(24 * $from_now)).to_zoned(TimeZone::UTC).date();
        rcgen::date_time_ymd(at.year().into(), at.month().unsigned_abs(), at.day().unsigned_abs())
    }};
}

fn draft(name: &str, from: i64, until: i64) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Contoso");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = days!(from);
    params.not_after = days!(until);
    params.use_authority_key_identifier_extension = true;
    params
}

fn authority(name: &str, by: Option<&Authority>) -> Authority {
    let mut params = draft(name, -1000, 3000);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let der = match by {
        Some(by) => params.signed_by(&key, &Issuer::from_params(&by.params, &by.key)).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let der = der.der().to_vec();
    Authority { params, key, der }
}

fn signed(params: &CertificateParams, key: &KeyPair, by: &Authority) -> Held {
    let certificate = params.signed_by(key, &Issuer::from_params(&by.params, &by.key)).unwrap();
    Held { der: certificate.der().to_vec(), key: key.serialize_der() }
}

impl Pki {
    pub(crate) fn new() -> Self {
        let root = authority("Contoso Root", None);
        let issuing = authority("Contoso Issuing", Some(&root));
        let tls_root = authority("Contoso TLS Root", None);
        // Two keys serve four certificates: making RSA keys is what takes long.
        let keys = [(); 2].map(|()| KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap());
        let leaf = |generation: &str, from, until, key: &KeyPair| {
            signed(&draft(&format!("{HOST} {generation}"), from, until), key, &issuing)
        };
        let tls = |from, until| {
            let mut params = draft(HOST, from, until);
            let address = NODES.iter().find(|node| node.is_sharepoint()).unwrap().address.parse().unwrap();
            params.subject_alt_names =
                vec![rcgen::SanType::DnsName(HOST.try_into().unwrap()), rcgen::SanType::IpAddress(address)];
            signed(&params, &KeyPair::generate().unwrap(), &tls_root)
        };
        Self {
            current: leaf("g2", -30, 335, &keys[0]),
            former: leaf("g1", -300, 65, &keys[1]),
            namesake: leaf("g2", -10, 355, &keys[1]),
            expired: leaf("g0", -700, -10, &keys[1]),
            tls: tls(-30, 335),
            tls_expired: tls(-400, -10),
            root: root.der,
            issuing: issuing.der,
            tls_root: tls_root.der,
        }
    }

    fn held(&self) -> [(&'static str, &Held); 6] {
        [
            ("current", &self.current),
            ("former", &self.former),
            ("namesake", &self.namesake),
            ("expired", &self.expired),
            ("tls", &self.tls),
            ("tls-expired", &self.tls_expired),
        ]
    }

    /// Writes everything to a folder, and the authority of the web servers beside farm.toml.
    pub(crate) fn save(&self, folder: &Path) {
        make(folder);
        for (name, der) in [("root", &self.root), ("issuing", &self.issuing), ("tls-root", &self.tls_root)] {
            write(&folder.join(format!("{name}.cer")), der, 0o644);
        }
        for (name, held) in self.held() {
            write(&folder.join(format!("{name}.cer")), &held.der, 0o644);
            write(&folder.join(format!("{name}.key")), &held.key, 0o600);
        }
        write(&folder.with_file_name("tls-ca.pem"), pem::encode("CERTIFICATE", &self.tls_root).as_bytes(), 0o644);
    }

    /// Fills the stores of a node as an installation does.
    pub(crate) fn fill(&self, folder: &Folder, node: &Node) {
        make(&folder.of(node.name).join("state"));
        let stores = folder.stores(node.name);
        let above = [stores.parent().unwrap().to_owned(), stores.clone()];
        above.iter().chain(&["My", "CA", "Root", "keys"].map(|name| stores.join(name))).for_each(|path| make(path));
        put(&stores, "Root", &self.root, None);
        put(&stores, "CA", &self.issuing, None);
        if !node.is_sharepoint() {
            put_with_key(&stores, &self.current);
        }
    }
}

/// Reads a certificate of the lab.
pub(crate) fn load(folder: &Folder, name: &str) -> Held {
    let file = |ending| folder.path("pki").join(format!("{name}.{ending}"));
    Held { der: fs::read(file("cer")).unwrap(), key: fs::read(file("key")).unwrap_or_default() }
}

/// Where a store keeps a certificate.
pub(crate) fn place(stores: &Path, store: &str, der: &[u8]) -> PathBuf {
    stores.join(store).join(format!("{}.pem", Fingerprint::of(der)))
}

/// Where the lab keeps the key of a certificate.
pub(crate) fn key_place(stores: &Path, der: &[u8]) -> PathBuf {
    stores.join("keys").join(key_name(der))
}

fn key_name(der: &[u8]) -> String {
    format!("s2scert-{}.pem", Fingerprint::of(der).to_string()[..32].to_ascii_lowercase())
}

/// Puts a certificate into a store, with the name of its key.
pub(crate) fn put(stores: &Path, store: &str, der: &[u8], key: Option<&str>) {
    let key = key.map(|name| format!("Key: {name}\n")).unwrap_or_default();
    write(&place(stores, store, der), format!("{key}{}", *pem::encode("CERTIFICATE", der)), 0o644);
}

/// Puts a certificate with its key into My, and lets the services read it.
pub(crate) fn put_with_key(stores: &Path, held: &Held) {
    let path = key_place(stores, &held.der);
    write(&path, pem::encode("PRIVATE KEY", &held.key).as_bytes(), 0o600);
    grant(&path);
    put(stores, "My", &held.der, Some(&key_name(&held.der)));
}

/// Lets both services read a key.
pub(crate) fn grant(key: &Path) {
    let entries = format!("u:{WEB_ACCOUNT}:r,u:{ASYNC_ACCOUNT}:r");
    run("setfacl", &["-m", &entries, &key.display().to_string()]);
}

/// Lets nobody but the owner read a key.
pub(crate) fn revoke(key: &Path) {
    run("setfacl", &["-b", &key.display().to_string()]);
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
}
