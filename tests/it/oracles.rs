//! Finding and running the foreign programs of `tests/oracles` (its README says what each is).
//!
//! A missing program makes a test say so on standard error and pass; with `S2SCERT_REQUIRE_TOOLS=1` the test fails.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed step fails the test")]

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

/// A decoder of PKCS#12 that shares no code with ours.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Oracle {
    OpenSsl,
    GnuTls,
    Nss,
    Java,
    Pyca,
    Asn1Walk,
}

/// A file to be read.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) path: PathBuf,
    /// `None` where no password is given at all.
    pub(crate) password: Option<String>,
}

/// What a decoder saw in one file. Which of the optional fields it shows is in [`Oracle::shows`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    id: String,
    pub(crate) refused: Option<String>,
    pub(crate) keys: Vec<Key>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) version: u8,
    pub(crate) mac: Option<Scheme>,
    pub(crate) containers: Vec<Option<Scheme>>,
    pub(crate) order: Vec<String>,
}

/// A private key, as a decoder saw it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Key {
    pub(crate) spki: String,
    pub(crate) name: Option<String>,
    pub(crate) local_key_id: Option<String>,
    pub(crate) csp: Option<String>,
    pub(crate) machine_keyset: bool,
    pub(crate) key_usage: Option<String>,
    pub(crate) encryption: Option<Scheme>,
}

/// A certificate, as a decoder saw it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Certificate {
    pub(crate) sha256: String,
    pub(crate) name: Option<String>,
    pub(crate) local_key_id: Option<String>,
}

/// An encryption or MAC, as the ASN.1 walk saw it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
pub(crate) struct Scheme {
    pub(crate) scheme: String,
    pub(crate) cipher: String,
    pub(crate) prf: String,
    pub(crate) algorithm: String,
    pub(crate) iterations: u32,
    pub(crate) salt: u32,
}

/// A property that not every decoder shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Property {
    LeafName,
    KeyName,
    LocalKeyId,
    /// CSP name, machine key set and key usage.
    Microsoft,
    /// Encryption, MAC and the order of bags.
    Structure,
}

impl Oracle {
    /// All, the slowest first: pyca/cryptography proves the primes of each key that it loads.
    pub(crate) const ALL: [Self; 6] = [Self::Pyca, Self::Nss, Self::GnuTls, Self::OpenSsl, Self::Java, Self::Asn1Walk];

    /// The name used in `exceptions.toml` and in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenSsl => "openssl",
            Self::GnuTls => "gnutls",
            Self::Nss => "nss",
            Self::Java => "java",
            Self::Pyca => "pyca",
            Self::Asn1Walk => "asn1",
        }
    }

    /// What the decoder shows beside keys and certificates.
    pub(crate) fn shows(self, property: Property) -> bool {
        match self {
            Self::OpenSsl => property != Property::Structure,
            Self::GnuTls => matches!(property, Property::LeafName | Property::KeyName | Property::LocalKeyId),
            Self::Nss | Self::Java => matches!(property, Property::LeafName | Property::KeyName),
            Self::Pyca => property == Property::LeafName,
            Self::Asn1Walk => true,
        }
    }

    /// The form in which the decoder shows a friendly name.
    pub(crate) fn shown_name(self, name: &str) -> String {
        match self {
            // The command prints the low octet of each UTF-16 unit.
            Self::OpenSsl => name.encode_utf16().map(|unit| char::from(unit as u8)).collect(),
            Self::Java => name.to_lowercase(),
            Self::GnuTls | Self::Nss | Self::Pyca | Self::Asn1Walk => name.to_owned(),
        }
    }

    /// The first program of those it needs that is not there.
    pub(crate) fn missing(self) -> Option<String> {
        let programs: &[&str] = match self {
            Self::OpenSsl => &["openssl"],
            Self::GnuTls => &["certtool"],
            Self::Nss => &["pk12util", "certutil"],
            Self::Java => return (!found("java")).then(|| "java".to_owned()),
            Self::Pyca | Self::Asn1Walk => &[],
        };
        programs.iter().find(|program| !found(program)).map(|program| (*program).to_owned()).or_else(python_missing)
    }

    /// Runs the decoder over the files, in one process.
    fn read(self, files: &[&File], folder: &Path) -> BTreeMap<String, Answer> {
        let (manifest, answers) = (folder.join("manifest"), folder.join("answers.json"));
        if self == Self::Java {
            std::fs::write(&manifest, java_manifest(files)).unwrap();
            run("java", [source("JavaOracle.java").as_os_str(), manifest.as_os_str(), answers.as_os_str()]);
        } else {
            std::fs::write(&manifest, serde_json::to_vec(files).unwrap()).unwrap();
            let program = source(match self {
                Self::OpenSsl => "openssl_cli.py",
                Self::GnuTls => "gnutls_cli.py",
                Self::Nss => "nss_cli.py",
                Self::Pyca => "pyca.py",
                Self::Asn1Walk => "asn1_walk.py",
                Self::Java => unreachable!("Java has its own branch"),
            });
            run_python([program.as_os_str(), manifest.as_os_str(), answers.as_os_str()]);
        }
        let answers: Vec<Answer> = serde_json::from_slice(&std::fs::read(answers).unwrap()).unwrap();
        assert_eq!(answers.len(), files.len(), "{} left files unanswered", self.name());
        answers.into_iter().map(|answer| (answer.id.clone(), answer)).collect()
    }
}

/// Shows all files to all decoders that are there, on two threads.
pub(crate) fn read_by_all(files: &[File]) -> BTreeMap<Oracle, BTreeMap<String, Answer>> {
    let mut work = VecDeque::new();
    for oracle in Oracle::ALL {
        match oracle.missing() {
            Some(program) => skip(&program),
            // Every other file, so that both cores have as many large keys.
            None => work.extend([0, 1].map(|first| (oracle, files.iter().skip(first).step_by(2).collect::<Vec<_>>()))),
        }
    }
    let (work, seen) = (Mutex::new(work), Mutex::new(BTreeMap::<Oracle, BTreeMap<_, _>>::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((oracle, files)) = work.lock().unwrap().pop_front() else { return };
                    let folder = tempfile::tempdir().unwrap();
                    let answers = oracle.read(&files, folder.path());
                    seen.lock().unwrap().entry(oracle).or_default().extend(answers);
                }
            });
        }
    });
    seen.into_inner().unwrap()
}

/// Says that a program is missing, or fails where all are required.
pub(crate) fn skip(program: &str) {
    // Not `eprintln!`: what a passing test prints is swallowed.
    let _ = writeln!(std::io::stderr(), "skipped: {program} not found");
    assert!(
        std::env::var_os("S2SCERT_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "{program} not found, and S2SCERT_REQUIRE_TOOLS=1 asks for it"
    );
}

/// Returns what is missing for the Python programs: the environment that `setup.sh` makes.
pub(crate) fn python_missing() -> Option<String> {
    (!python().is_file()).then(|| "the environment of tests/oracles/setup.sh".to_owned())
}

/// Returns whether a program stands on the search path.
pub(crate) fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Returns the path of a file in `tests/oracles`.
pub(crate) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles").join(name)
}

/// Runs one of the Python programs.
pub(crate) fn run_python<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) {
    run(python(), arguments);
}

fn python() -> PathBuf {
    let folder = std::env::var_os("S2SCERT_ORACLES")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("../oracles"), PathBuf::from);
    folder.join("bin/python")
}

fn run<S: AsRef<OsStr>>(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item = S>) {
    let mut command = Command::new(program);
    // Python would leave its compiled files in the source tree.
    let done = command.args(arguments).env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    if !done.status.success() {
        panic!("{command:?} failed: {}", String::from_utf8_lossy(&done.stderr));
    }
}

fn java_manifest(files: &[&File]) -> String {
    let mut lines = String::new();
    for file in files {
        let password = file.password.as_ref().map_or_else(
            || "none".to_owned(),
            |text| {
                text.bytes().fold(String::new(), |mut hex, octet| {
                    let _ = write!(hex, "{octet:02x}");
                    hex
                })
            },
        );
        let _ = writeln!(lines, "{}\n{}\n{password}", file.id, file.path.display());
    }
    lines
}
