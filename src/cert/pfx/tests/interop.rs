//! Both ways with the programs of others: OpenSSL, NSS, Java and GnuTLS.

#![expect(clippy::disallowed_methods, reason = "the tests run other programs on files")]

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::fixture::{chain, credential, password, seal_as};
use crate::cert::pfx::{
    BagContent, Cipher, Contents, DEFAULT_PROVIDER, EncryptionScheme, Labels, MacScheme, Pfx, PfxError, PfxProfile,
};
use crate::cert::signature::Hash;

const PASSWORDS: [&str; 6] = ["s3cret", "a'b\"c $d%e`f\\g", " with spaces ", "Zoë", "Zoë-密碼", "Zoë-密碼-😀"];

/// A folder with one program to run in it.
struct Bench {
    folder: TempDir,
    program: &'static str,
}

impl Bench {
    /// Returns `None` where the program is missing, which fails only where the environment asks for all tools.
    fn of(program: &'static str) -> Option<Self> {
        let found = Command::new(program).arg("--help").output().is_ok();
        if !found {
            assert_ne!(std::env::var("S2SCERT_REQUIRE_TOOLS").as_deref(), Ok("1"), "{program} not found");
            let _ =
                std::io::Write::write_all(&mut std::io::stderr(), format!("skipped: {program} not found\n").as_bytes());
            return None;
        }
        Some(Self { folder: TempDir::new().unwrap(), program })
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &[u8]) -> String {
        fs::write(self.path(name), content).unwrap();
        self.path(name).display().to_string()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs the program and returns what it printed. It must succeed.
    fn run(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.program)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{} {arguments:?}\n{text}\n{errors}", self.program);
        text + &errors
    }

    /// Writes the chain as PEM and the key as PKCS#8 PEM.
    fn write_pem(&self) {
        let chain: String = chain().iter().map(|certificate| pem("CERTIFICATE", certificate.der())).collect();
        self.write("chain.pem", chain.as_bytes());
        self.write("leaf.pem", pem("CERTIFICATE", chain_der(0)).as_bytes());
        self.write("key.pem", pem("PRIVATE KEY", credential().key().pkcs8_der()).as_bytes());
    }
}

fn chain_der(place: usize) -> &'static [u8] {
    chain()[place].der()
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn sealed(text: &str, profile: PfxProfile) -> Vec<u8> {
    let labels = Labels { friendly_name: Some("CRM S2S".to_owned()), ..Labels::default() };
    seal_as(&Contents::of_credential(credential(), &labels), text, profile).to_vec()
}

fn holds_the_credential(pfx: &Pfx) {
    let keys: Vec<_> = pfx.keys().collect();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].key_pair().unwrap().unwrap().pkcs8_der(), credential().key().pkcs8_der());
    let certificates: Vec<_> = pfx.certificates().filter_map(|bag| bag.certificate().cloned()).collect();
    assert_eq!(certificates.len(), 3);
    assert!(chain().iter().all(|certificate| certificates.contains(certificate)));
}

#[test]
fn openssl_reads_what_we_write() {
    let Some(openssl) = Bench::of("openssl") else { return };
    for profile in PfxProfile::ALL {
        for text in PASSWORDS.iter().copied().chain([""]) {
            openssl.write("our.pfx", &sealed(text, profile));
            openssl.write("password", format!("{text}\n").as_bytes());
            let shown = openssl.run(&["pkcs12", "-in", "our.pfx", "-passin", "file:password", "-nodes"]);
            let places: Vec<_> = [
                pem("PRIVATE KEY", credential().key().pkcs8_der()),
                pem("CERTIFICATE", chain_der(0)),
                pem("CERTIFICATE", chain_der(1)),
                pem("CERTIFICATE", chain_der(2)),
            ]
            .iter()
            .map(|block| shown.find(block.as_str()).unwrap())
            .collect();
            assert!(places.is_sorted(), "{text:?}: key, leaf, issuer, root");
            assert!(shown.contains(&format!("Microsoft CSP Name: {DEFAULT_PROVIDER}")), "{shown}");
            assert!(shown.contains("Microsoft Local Key set"), "{shown}");
            assert_eq!(shown.matches("X509v3 Key Usage: 10").count(), 2, "on the bag and in the key: {shown}");
            assert_eq!(shown.matches("friendlyName: CRM S2S").count(), 2, "on key and leaf");
            assert_eq!(shown.matches("localKeyID: 01 00 00 00").count(), 2, "on key and leaf");
        }
    }
}

#[test]
fn we_read_what_openssl_writes() {
    use EncryptionScheme::{PbeSha1Rc2_40, PbeSha1Rc2_128, PbeSha1TripleDes, PbeSha1TwoKeyTripleDes, Pbes2};
    let Some(openssl) = Bench::of("openssl") else { return };
    openssl.write_pem();
    let aes = |cipher| Some(Pbes2 { cipher, prf: Hash::Sha256 });
    let pbe = |name| vec!["-legacy", "-keypbe", name, "-certpbe", name];
    let table: [(Vec<&str>, Option<EncryptionScheme>, Option<Hash>); 15] = [
        (vec![], aes(Cipher::Aes256), Some(Hash::Sha256)),
        (vec!["-legacy"], Some(PbeSha1Rc2_40), Some(Hash::Sha1)),
        (pbe("PBE-SHA1-3DES"), Some(PbeSha1TripleDes), Some(Hash::Sha1)),
        (pbe("PBE-SHA1-2DES"), Some(PbeSha1TwoKeyTripleDes), Some(Hash::Sha1)),
        (pbe("PBE-SHA1-RC2-128"), Some(PbeSha1Rc2_128), Some(Hash::Sha1)),
        (pbe("PBE-SHA1-RC2-40"), Some(PbeSha1Rc2_40), Some(Hash::Sha1)),
        (vec!["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"], aes(Cipher::Aes128), Some(Hash::Sha256)),
        (vec!["-keypbe", "AES-192-CBC", "-certpbe", "AES-192-CBC"], aes(Cipher::Aes192), Some(Hash::Sha256)),
        (vec!["-keypbe", "DES-EDE3-CBC", "-certpbe", "DES-EDE3-CBC"], aes(Cipher::TripleDes), Some(Hash::Sha256)),
        (vec!["-certpbe", "NONE"], None, Some(Hash::Sha256)),
        (vec!["-certpbe", "NONE", "-keypbe", "NONE", "-nomac"], None, None),
        (vec!["-nomac"], None, None),
        (vec!["-nomac", "-certpbe", "AES-256-CBC"], aes(Cipher::Aes256), None),
        (vec!["-macalg", "sha512", "-iter", "100000"], aes(Cipher::Aes256), Some(Hash::Sha512)),
        (vec!["-macalg", "sha384", "-iter", "1"], aes(Cipher::Aes256), Some(Hash::Sha384)),
    ];
    let common = ["pkcs12", "-export", "-in", "chain.pem", "-inkey", "key.pem", "-out", "their.pfx"];
    let labels = ["-name", "Zoë", "-CSP", "Contoso CSP", "-LMK", "-keyex", "-passout", "file:password"];
    for (options, scheme, mac) in table {
        for text in ["s3cret", "", "Zoë-密碼-😀"] {
            openssl.write("password", format!("{text}\n").as_bytes());
            openssl.run(&[&common[..], &labels, &options].concat());
            let pfx = Pfx::open(&openssl.read("their.pfx"), &password(text)).unwrap();
            holds_the_credential(&pfx);
            assert_eq!(pfx.mac.map(|mac| (mac.scheme, mac.hash)), mac.map(|hash| (MacScheme::Pkcs12Kdf, hash)));
            let certificates = pfx.safes.iter().find(|safe| safe.bags[0].certificate().is_some()).unwrap();
            assert_eq!(certificates.encryption.map(|encryption| encryption.scheme), scheme, "{options:?}");
            let key = pfx.keys().next().unwrap();
            assert_eq!(key.friendly_name().as_deref(), Some("Zoë"));
            assert_eq!(key.provider_name().as_deref(), Some("Contoso CSP"));
            assert!(key.is_machine_keyset());
            assert_eq!(key.key_usage(), Some(0x10), "inside the key");
            assert!(pfx.password_encodings.iter().all(|encoding| encoding.is_standard()), "{options:?}");
            let wrong = Pfx::open(&openssl.read("their.pfx"), &password("wrong")).map(|_| ());
            match (mac, scheme) {
                (Some(_), _) => assert_eq!(wrong, Err(PfxError::WrongPassword)),
                (None, Some(_)) => assert_eq!(wrong, Err(PfxError::Undecryptable { place: "safe" })),
                (None, None) if options.contains(&"-keypbe") => assert_eq!(wrong, Ok(()), "nothing is encrypted"),
                (None, None) => assert_eq!(wrong, Err(PfxError::Undecryptable { place: "key bag" })),
            }
        }
    }
}

#[test]
fn what_is_refused_is_refused_by_name() {
    let Some(openssl) = Bench::of("openssl") else { return };
    openssl.write_pem();
    let common =
        ["pkcs12", "-export", "-in", "chain.pem", "-inkey", "key.pem", "-out", "their.pfx", "-passout", "pass:x"];
    for (options, place, name) in [
        (vec!["-macalg", "md5"], "MAC", "MD5 (1.2.840.113549.2.5)"),
        (vec!["-legacy", "-certpbe", "PBE-SHA1-RC4-128"], "safe", "pbeWithSHAAnd128BitRC4 (1.2.840.113549.1.12.1.1)"),
        (vec!["-legacy", "-keypbe", "PBE-MD5-DES"], "key bag", "pbeWithMD5AndDES-CBC (1.2.840.113549.1.5.3)"),
        (vec!["-certpbe", "CAMELLIA-256-CBC"], "safe", "Camellia-256-CBC (1.2.392.200011.61.1.1.1.4)"),
    ] {
        openssl.run(&[&common[..], &options].concat());
        let error = Pfx::open(&openssl.read("their.pfx"), &password("x")).unwrap_err();
        assert_eq!(error, PfxError::Unsupported { place, algorithm: name.to_owned() });
        assert_eq!(error.to_string(), format!("the {place} uses {name}, which is not read"));
    }
}

#[test]
fn nss_reads_what_we_write_and_we_read_its_ber() {
    let Some(nss) = Bench::of("pk12util") else { return };
    if Bench::of("certutil").is_none() {
        return;
    }
    // certutil asks again and again where it cannot make the database: hence the deadline, and a copy for each case.
    fs::create_dir(nss.path("empty")).unwrap();
    let make = ["60", "certutil", "-N", "-d", "sql:empty", "--empty-password"];
    let made = Command::new("timeout").args(make).current_dir(nss.folder.path()).output().unwrap();
    assert!(made.status.success(), "certutil -N");
    let table = [
        ("s3cret", PfxProfile::Legacy),
        ("s3cret", PfxProfile::Modern),
        (" a'b\"c", PfxProfile::Modern),
        ("Zoë-密碼-😀", PfxProfile::Legacy),
        ("Zoë-密碼-😀", PfxProfile::Modern),
    ];
    for (number, (text, profile)) in table.into_iter().enumerate() {
        let name = format!("database-{number}");
        fs::create_dir(nss.path(&name)).unwrap();
        for part in ["cert9.db", "key4.db", "pkcs11.txt"] {
            fs::copy(nss.path("empty").join(part), nss.path(&name).join(part)).unwrap();
        }
        let database = format!("sql:{name}");
        nss.write("our.pfx", &sealed(text, profile));
        nss.write("password", text.as_bytes());
        nss.run(&["-i", "our.pfx", "-d", &database, "-w", "password"]);
        nss.run(&["-o", "their.pfx", "-n", "CRM S2S", "-d", &database, "-w", "password"]);
        let pfx = Pfx::open(&nss.read("their.pfx"), &password(text)).unwrap();
        holds_the_credential(&pfx);
        assert!(pfx.was_ber, "NSS writes indefinite lengths");
        assert!(pfx.password_encodings.iter().all(|encoding| encoding.is_standard()), "{:?}", pfx.password_encodings);
    }
}

#[test]
fn java_reads_what_we_write_and_we_read_its_stores() {
    let Some(keytool) = Bench::of("keytool") else { return };
    let store = |name: &'static str| ["-keystore", name, "-storetype", "PKCS12", "-storepass", "s3cret"];
    for profile in PfxProfile::ALL {
        keytool.write("our.pfx", &sealed("s3cret", profile));
        let shown = keytool.run(&[&["-list", "-v"][..], &store("our.pfx")].concat());
        assert!(shown.contains("Certificate chain length: 3"), "{shown}");
    }
    let source = ["-importkeystore", "-srckeystore", "our.pfx", "-srcstorepass", "s3cret", "-noprompt"];
    let target = ["-destkeystore", "their.pfx", "-deststoretype", "PKCS12", "-deststorepass", "s3cret"];
    keytool.run(&[&source[..], &target].concat());
    holds_the_credential(&Pfx::open(&keytool.read("their.pfx"), &password("s3cret")).unwrap());

    keytool.write_pem();
    let import = ["-importcert", "-noprompt", "-alias", "trusted", "-file", "leaf.pem"];
    keytool.run(&[&import[..], &store("trust.pfx")].concat());
    let trust = Pfx::open(&keytool.read("trust.pfx"), &password("s3cret")).unwrap();
    assert_eq!((trust.keys().count(), trust.certificates().count()), (0, 1));
    let names: Vec<_> = trust.certificates().next().unwrap().attributes.iter().map(|one| one.name()).collect();
    assert!(names.contains(&"Java trusted certificate".into()), "{names:?}");

    let secret = ["-genseckey", "-alias", "secret", "-keyalg", "AES", "-keysize", "128"];
    keytool.run(&[&secret[..], &store("secret.pfx")].concat());
    let secret = Pfx::open(&keytool.read("secret.pfx"), &password("s3cret")).unwrap();
    assert!(matches!(secret.bags()[0].content, BagContent::Secret { .. }));
}

#[test]
fn gnutls_reads_what_we_write_and_we_read_what_it_writes() {
    let Some(certtool) = Bench::of("certtool") else { return };
    certtool.write_pem();
    for text in ["s3cret", "Zoë-密碼"] {
        let password_option = format!("--password={text}");
        for profile in PfxProfile::ALL {
            certtool.write("our.pfx", &sealed(text, profile));
            let shown = certtool.run(&["--p12-info", "--inder", "--infile", "our.pfx", &password_option]);
            assert_eq!(shown.matches("BEGIN CERTIFICATE").count(), 3, "{shown}");
        }
        for cipher in ["aes-256", "3des", "3des-pkcs12", "rc2-40"] {
            let cipher = format!("--pkcs-cipher={cipher}");
            let files = ["--load-privkey", "key.pem", "--load-certificate", "chain.pem", "--outfile", "their.pfx"];
            let options = ["--to-p12", "--outder", "--p12-name=theirs", &password_option, &cipher];
            certtool.run(&[&options[..], &files].concat());
            let pfx = Pfx::open(&certtool.read("their.pfx"), &password(text)).unwrap();
            holds_the_credential(&pfx);
            assert!(
                pfx.password_encodings.iter().all(|encoding| encoding.is_standard()),
                "{:?}",
                pfx.password_encodings
            );
        }
    }
}
