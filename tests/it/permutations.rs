//! One key and its chain, handed in by ten thousand different orders, come out as one chain.
//!
//! A case is a row of certificates (the chain, strangers, repetitions), cut into files of any form, with the key in one of
//! them. `import` reads each file by `Input::of_bytes`, adds it to a `Gathered`, and asks that for its choice; so does this.
//! A part of the cases goes through the whole of `import` too, on a machine in memory.

#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use s2scert::app::gate;
use s2scert::app::import::{Options, import};
use s2scert::app::passwords::OutSource;
use s2scert::app::source::{Gathered, Input};
use s2scert::cert::{Certificate, Chain, Credential, Thumbprint, container, pem, pkcs7};

use crate::chains;
use crate::fake_host::FakeHost;

/// How many different orders are handed in.
const ORDERS: u32 = 10_000;

/// Without optimisation one order takes a millisecond or two, so two threads share them.
const THREADS: u32 = 2;

/// Of so many orders, one goes through the whole of `import`.
const WHOLE: usize = 100;

/// The most files of one case.
const FILES: usize = 4;

/// How the certificates of one file are written.
#[derive(Clone, Copy, Debug)]
enum Form {
    Der,
    Pkcs7,
    Base64,
    Pem,
    PemPkcs7,
    Crlf,
    ByteOrderMark,
    Utf16Le,
    Utf16Be,
}

/// The usual ones come twice as often as UTF-16, which takes longest to read in a build that is not optimised.
const FORMS: [Form; 16] = {
    use Form::{Base64, ByteOrderMark, Crlf, Der, Pem, PemPkcs7, Pkcs7, Utf16Be, Utf16Le};
    [
        Der,
        Der,
        Pkcs7,
        Pkcs7,
        Base64,
        Base64,
        Pem,
        Pem,
        PemPkcs7,
        PemPkcs7,
        Crlf,
        Crlf,
        ByteOrderMark,
        ByteOrderMark,
        Utf16Le,
        Utf16Be,
    ]
};

/// What stands between the blocks of a text.
#[derive(Clone, Copy, Debug)]
enum Junk {
    Nothing,
    Blanks,
    BagAttributes,
    Hyphens,
    Request,
    Parameters,
}

const JUNK: [Junk; 6] =
    [Junk::Nothing, Junk::Blanks, Junk::BagAttributes, Junk::Hyphens, Junk::Request, Junk::Parameters];

/// Names that say something else than what is in the file.
const NAMES: [&str; 5] = ["s2s.pfx", "s2s.txt", "s2s.key", "s2s", "s2s.p7b"];

/// One way of handing in.
#[derive(Clone, Debug)]
struct HandedIn {
    /// Places in [`bag`], repetitions included.
    order: Vec<usize>,
    /// Where the row is cut into files, as shares of its length in 256ths.
    cuts: Vec<u8>,
    /// One for each file, and one for that of the key.
    forms: [Form; FILES + 1],
    /// Used in turn.
    junk: [Junk; 4],
    /// Which file, in turn, is that of the key.
    key: usize,
    names: Vec<&'static str>,
}

/// The credential that is looked for: leaf, two intermediates, root.
fn wanted() -> &'static Credential {
    &hierarchy().0
}

/// The chain that is looked for, then strangers: two older generations of the leaf with other keys, by the same root and by
/// itself.
fn bag() -> &'static [Certificate] {
    &hierarchy().1
}

/// Only the leaf has an RSA key. Certificates with short keys are short, and reading them is most of the work here.
fn hierarchy() -> &'static (Credential, Vec<Certificate>) {
    static HIERARCHY: OnceLock<(Credential, Vec<Certificate>)> = OnceLock::new();
    HIERARCHY.get_or_init(|| {
        let key = &chains::keys()[0];
        let [root, policy, issuing, old, older] =
            std::array::from_fn(|_| rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap());
        let read = |made: Result<rcgen::Certificate, rcgen::Error>| Certificate::from_der(made.unwrap().der()).unwrap();
        let leaf = || chains::leaf("crm.contoso.com", 1);
        let [root_says, policy_says, issuing_says] =
            [("Contoso Root CA", 10), ("Contoso Policy CA", 11), ("Contoso Issuing CA", 12)]
                .map(|(name, serial)| chains::authority(name, serial));
        let by_root = rcgen::Issuer::from_params(&root_says, &root);
        let by_policy = rcgen::Issuer::from_params(&policy_says, &policy);
        let by_issuing = rcgen::Issuer::from_params(&issuing_says, &issuing);
        let chain = [
            read(leaf().signed_by(&chains::signer(key), &by_issuing)),
            read(issuing_says.signed_by(&issuing, &by_policy)),
            read(policy_says.signed_by(&policy, &by_root)),
            read(root_says.self_signed(&root)),
        ];
        let strangers = [read(leaf().signed_by(&old, &by_root)), read(leaf().self_signed(&older))];
        let bag = chain.iter().chain(&strangers).cloned().collect();
        let [leaf, issuers @ ..] = chain;
        (Credential::prove(Chain::new(leaf, issuers.to_vec()), key.clone()).unwrap(), bag)
    })
}

fn request() -> &'static str {
    static REQUEST: OnceLock<String> = OnceLock::new();
    REQUEST.get_or_init(|| {
        let params = rcgen::CertificateParams::new(["crm.contoso.com".to_owned()]).unwrap();
        params.serialize_request(&rcgen::KeyPair::generate().unwrap()).unwrap().pem().unwrap()
    })
}

fn handed_in() -> impl Strategy<Value = HandedIn> {
    let count = bag().len();
    let order = proptest::collection::vec(0..count, 0..4)
        .prop_map(move |repeated| (0..count).chain(repeated).collect::<Vec<_>>())
        .prop_shuffle();
    let cuts = proptest::collection::vec(any::<u8>(), 0..FILES);
    let forms = std::array::from_fn(|_| select(&FORMS[..]));
    let junk = std::array::from_fn(|_| select(&JUNK[..]));
    (order, cuts, forms, junk, 0..=FILES, Just(NAMES.to_vec()).prop_shuffle())
        .prop_map(|(order, cuts, forms, junk, key, names)| HandedIn { order, cuts, forms, junk, key, names })
}

impl HandedIn {
    /// Returns the files with their names, in the order in which they are handed in.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut cuts: Vec<usize> = self.cuts.iter().map(|cut| usize::from(*cut) * self.order.len() / 256).collect();
        cuts.extend([0, self.order.len()]);
        cuts.sort_unstable();
        let rows = cuts.windows(2).map(|cut| &self.order[cut[0]..cut[1]]).filter(|row| !row.is_empty());
        let mut files: Vec<Vec<u8>> = rows.zip(self.forms).map(|(row, form)| self.file(row, form)).collect();
        files.insert(self.key % (files.len() + 1), self.key_file());
        self.names.iter().map(PathBuf::from).zip(files).collect()
    }

    fn file(&self, row: &[usize], form: Form) -> Vec<u8> {
        let certificates: Vec<Certificate> = row.iter().map(|at| bag()[*at].clone()).collect();
        let der = || certificates.iter().flat_map(|one| one.der().to_vec()).collect::<Vec<u8>>();
        let text = || {
            let blocks = certificates.iter().map(|one| pem::encode("CERTIFICATE", one.der()).to_string());
            self.with_junk(blocks)
        };
        match form {
            Form::Der => der(),
            Form::Pkcs7 => pkcs7::certificates_only(&certificates),
            Form::Base64 => STANDARD.encode(der()).into_bytes(),
            Form::PemPkcs7 => {
                let block = pem::encode("PKCS7", &pkcs7::certificates_only(&certificates)).to_string();
                self.with_junk([block].into_iter()).into_bytes()
            }
            Form::Pem => text().into_bytes(),
            Form::Crlf => text().replace('\n', "\r\n").into_bytes(),
            Form::ByteOrderMark => format!("\u{feff}{}", text()).into_bytes(),
            Form::Utf16Le => format!("\u{feff}{}", text()).encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Form::Utf16Be => text().encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }

    fn key_file(&self) -> Vec<u8> {
        let key = wanted().key().pkcs8_der();
        match self.forms[FILES] {
            Form::Der | Form::Pkcs7 => key.to_vec(),
            Form::Base64 => STANDARD.encode(key).into_bytes(),
            _ => self.with_junk([pem::encode("PRIVATE KEY", key).to_string()].into_iter()).into_bytes(),
        }
    }

    /// Joins blocks with junk before each and after the last.
    fn with_junk(&self, blocks: impl Iterator<Item = String>) -> String {
        let mut junk = self.junk.iter().cycle().map(|junk| match junk {
            Junk::Nothing => String::new(),
            Junk::Blanks => "\n \t\n\n".to_owned(),
            Junk::BagAttributes => "Bag Attributes\n    friendlyName: old\n".to_owned(),
            Junk::Hyphens => "subject=CN = x -----BEGIN\n".to_owned(),
            Junk::Request => request().to_owned(),
            Junk::Parameters => pem::encode("EC PARAMETERS", &[6, 1, 1]).to_string(),
        });
        let mut text = String::new();
        for block in blocks {
            text.extend(junk.next());
            text.push_str(&block);
        }
        text.extend(junk.next());
        text
    }
}

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn thumbprints<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<Thumbprint> {
    let mut thumbprints: Vec<_> = certificates.into_iter().map(Certificate::thumbprint).collect();
    thumbprints.sort();
    thumbprints
}

/// Reads and chooses as `import` does.
fn chosen_of(handed: &HandedIn) -> Result<(), TestCaseError> {
    let mut gathered = Gathered::default();
    for (path, bytes) in handed.files() {
        let input = Input::of_bytes(&path, &bytes, &[]).map_err(|e| TestCaseError::fail(format!("{e}, {e:?}")))?;
        prop_assert!(!input.is_locked());
        gathered.add(&path, input);
    }
    prop_assert_eq!(gathered.certificates.len(), handed.order.len());
    let choice = gathered.choose(None, now()).map_err(|e| TestCaseError::fail(format!("{e}, {e:?}")))?;
    let found = choice.found;
    prop_assert_eq!(&found.chain, wanted().chain());
    prop_assert_eq!(choice.key.map(|key| key.public_key().clone()), Some(wanted().key().public_key().clone()));
    // PKCS#7 is a set, so the order of these is not that of the row.
    let strangers = bag().iter().filter(|one| !wanted().chain().certificates().contains(one));
    prop_assert_eq!(thumbprints(&found.unused), thumbprints(strangers));
    prop_assert!(found.missing.is_none() && found.alternatives.is_empty());
    prop_assert!(found.choices.is_empty() && found.remarks.is_empty());
    Ok(())
}

/// Lets `import` write the bundle, and reads that.
fn imported_of(handed: &HandedIn) -> Result<(), TestCaseError> {
    let files = handed.files();
    let machine = files.iter().fold(FakeHost::new(now(), 1), |machine, (path, bytes)| {
        machine.with_file(path.to_str().unwrap(), bytes.clone())
    });
    let options = Options {
        files: files.into_iter().map(|(path, _)| path).collect(),
        out: PathBuf::from("bundle.pem"),
        leaf: None,
        gate: gate::Options { policy: "baseline".to_owned(), waivers: None },
        in_passwords: Vec::new(),
        password: OutSource::Ask,
        unencrypted: true,
        force: false,
    };
    let report = import(&machine.host(), &options).map_err(|e| TestCaseError::fail(format!("{e}, {e:?}")))?;
    prop_assert!(report.written, "{:?}", report.findings);
    let (_, bundle) = machine.file("bundle.pem").unwrap();
    let read = container::read(&bundle, &[]).unwrap();
    prop_assert_eq!(&read.certificates().cloned().collect::<Vec<_>>(), wanted().chain().certificates());
    prop_assert_eq!(read.keys().map(|file| file.key.public_key()).collect::<Vec<_>>(), [wanted().key().public_key()]);
    Ok(())
}

/// The orders that were handed in, by all threads.
type Seen = Mutex<HashSet<Vec<usize>>>;

/// Hands in so many orders that nobody has handed in before.
fn hand_in(count: u32, seen: &Seen) {
    let config = ProptestConfig {
        cases: count,
        max_global_rejects: ORDERS,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let outcome = TestRunner::new(config).run(&handed_in(), |handed| {
        let number = {
            let mut seen = seen.lock().unwrap();
            // An order that came before is no case: the runner draws another, and gives up if that goes on.
            if !seen.insert(handed.order.clone()) {
                return Err(TestCaseError::reject("an order that came before"));
            }
            seen.len()
        };
        let outcome =
            chosen_of(&handed).and_then(|()| if number.is_multiple_of(WHOLE) { imported_of(&handed) } else { Ok(()) });
        if outcome.is_err() {
            // So that the runner can come back to it while it looks for a smaller one.
            seen.lock().unwrap().remove(&handed.order);
        }
        outcome
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn ten_thousand_orders_of_handing_in_give_one_chain() {
    let seen = Seen::default();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| hand_in(ORDERS / THREADS, &seen));
        }
    });
    assert_eq!(seen.into_inner().unwrap().len(), ORDERS as usize);
}

/// The test above can fail: it does not hold for a row that lacks a link.
#[test]
fn an_order_without_an_intermediate_is_no_success() {
    let handed = HandedIn {
        order: vec![0, 1, 3, 4, 5],
        cuts: Vec::new(),
        forms: [Form::Pem; FILES + 1],
        junk: [Junk::Nothing; 4],
        key: 0,
        names: NAMES.to_vec(),
    };
    assert!(chosen_of(&handed).is_err());
    assert_eq!(handed.files()[0].0, Path::new("s2s.pfx"));
}
