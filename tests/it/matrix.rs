//! What we write is read back equal by five foreign decoders and by an independent ASN.1 walk.
//!
//! {RSA 2048, 3072, 4096} x {legacy, modern} x {chain of 1, 2, 4} x {no, ASCII, Unicode friendly name} x {ASCII,
//! quoting-hostile, empty, non-ASCII password}: 216 files, and two whose friendly name lies beyond the Basic Multilingual Plane. A known deviation stands in `tests/oracles/exceptions.toml`; an
//! unknown one fails, and so does one that no longer shows.
#![expect(clippy::unwrap_used, reason = "a failed step fails the test")]

use std::path::Path;

use s2scert::cert::pfx::{Contents, DEFAULT_PROVIDER, Labels, PfxProfile, Settings, seal};
use s2scert::cert::{Credential, Password};

use crate::chains::{credential, keys};
use crate::exceptions::{Coordinates, Exception};
use crate::oracles::{Answer, File, Oracle, Property, Scheme, read_by_all};

const NAMES: [(&str, Option<&str>); 3] =
    [("none", None), ("ascii", Some("CRM S2S 2026")), ("unicode", Some("Zoë's \u{5bc6}\u{94a5}"))];

/// A friendly name that needs surrogates in UTF-16.
const BEYOND_BMP: (&str, Option<&str>) = ("beyond-bmp", Some("CRM \u{1f511}"));

/// What shells, batch files, PowerShell and argument parsers trip over; a leading dash and blanks at both ends included.
const HOSTILE: &str = " -p'a\"s\\s;`$(id)` %PATH% ^&|<>!*?[x]{y}~# ";

const PASSWORDS: [(&str, &str); 4] = [
    ("ascii", "Correct7Horse-Battery"),
    ("hostile", HOSTILE),
    ("empty", ""),
    ("non-ascii", "Zoë-\u{5bc6}\u{78bc}-\u{1f600}"),
];

const PROFILES: [(&str, PfxProfile); 2] = [("legacy", PfxProfile::Legacy), ("modern", PfxProfile::Modern)];

/// One file of the matrix and what must be seen in it.
struct Case {
    at: Coordinates,
    file: File,
    key: String,
    certificates: Vec<String>,
    name: Option<&'static str>,
    profile: PfxProfile,
}

#[test]
fn every_file_of_the_matrix_is_read_back_equal_by_every_decoder() {
    let folder = tempfile::tempdir().unwrap();
    let cases = cases(folder.path());
    assert_eq!(cases.len(), 216 + 2);
    let files: Vec<_> = cases.iter().map(|case| case.file.clone()).collect();
    let exceptions = Exception::all();
    let mut used = vec![false; exceptions.len()];
    let mut wrong = Vec::new();
    let seen = read_by_all(&files);
    for (oracle, answers) in &seen {
        for case in &cases {
            let known: Vec<_> = (0..exceptions.len()).filter(|i| exceptions[*i].holds_for(*oracle, &case.at)).collect();
            known.iter().for_each(|i| used[*i] = true);
            let known: Vec<_> = known.into_iter().map(|i| &exceptions[i]).collect();
            if let Err(what) = judge(case, *oracle, &answers[&case.file.id], &known) {
                wrong.push(format!("{} {}: {what}", oracle.name(), case.file.id));
            }
        }
    }
    for (exception, used) in exceptions.iter().zip(used) {
        if !used && seen.keys().any(|oracle| exception.is_for(*oracle)) {
            wrong.push(format!("holds for no case: {exception:?}"));
        }
    }
    let shown = wrong.iter().take(40).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} deviations:\n{shown}", wrong.len());
}

/// Compares what was seen with what was written and with the known deviations.
fn judge(case: &Case, oracle: Oracle, seen: &Answer, known: &[&Exception]) -> Result<(), String> {
    let refusals: Vec<_> = known.iter().filter_map(|exception| exception.refusal()).collect();
    if let Some(words) = &seen.refused {
        return if refusals.iter().any(|part| words.contains(part)) {
            Ok(())
        } else {
            Err(format!("refused: {}", words.chars().take(300).collect::<String>()))
        };
    }
    if !refusals.is_empty() {
        return Err("read, although exceptions.toml says that it is refused".to_owned());
    }
    let mut different = differences(case, oracle, seen);
    let mut expected: Vec<_> = known.iter().flat_map(|exception| exception.differences()).cloned().collect();
    expected.sort();
    different.sort();
    let names: Vec<_> = different.iter().map(|(property, _)| (*property).to_owned()).collect();
    if names == expected { Ok(()) } else { Err(format!("differs in {different:?}, known are {expected:?}")) }
}

fn differences(case: &Case, oracle: Oracle, seen: &Answer) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut differs = |property, equal: bool, seen: String| {
        if !equal {
            found.push((property, seen));
        }
    };
    let [key] = seen.keys.as_slice() else { return vec![("key", format!("{} keys", seen.keys.len()))] };
    let order: Vec<_> = seen.certificates.iter().map(|one| one.sha256.as_str()).collect();
    differs("key", key.spki == case.key, key.spki.clone());
    differs("certificates", order == case.certificates, format!("{order:?}"));
    let Some(leaf) = seen.certificates.first() else { return found };
    let name = case.name.map(|name| oracle.shown_name(name));
    // Java makes up an alias where there is no friendly name.
    let named = name.is_some() || oracle != Oracle::Java;
    if named && oracle.shows(Property::LeafName) {
        differs("leaf-name", leaf.name == name, format!("{:?}", leaf.name));
        let others = &seen.certificates[1..];
        differs("issuer-name", others.iter().all(|one| one.name.is_none()), format!("{others:?}"));
    }
    if named && oracle.shows(Property::KeyName) {
        differs("key-name", key.name == name, format!("{:?}", key.name));
    }
    if oracle.shows(Property::LocalKeyId) {
        let pair = (&key.local_key_id, &leaf.local_key_id);
        differs("local-key-id", pair.0.is_some() && pair.0 == pair.1, format!("{pair:?}"));
        let none = seen.certificates[1..].iter().all(|one| one.local_key_id.is_none());
        differs("issuer-local-key-id", none, format!("{:?}", &seen.certificates[1..]));
    }
    if oracle.shows(Property::Microsoft) {
        differs("csp", key.csp.as_deref() == Some(DEFAULT_PROVIDER), format!("{:?}", key.csp));
        differs("machine-keyset", key.machine_keyset, String::new());
        differs("key-usage", key.key_usage.as_deref() == Some("10"), format!("{:?}", key.key_usage));
    }
    if oracle.shows(Property::Structure) {
        structure(case, seen, &mut differs);
    }
    found
}

/// DESIGN 7: how a profile encrypts, and nothing in clear but the key's own envelope.
fn structure(case: &Case, seen: &Answer, differs: &mut impl FnMut(&'static str, bool, String)) {
    let iterations = Settings::of(case.profile).iterations();
    let (encryption, mac) = match case.profile {
        PfxProfile::Legacy => (Scheme { scheme: "1.2.840.113549.1.12.1.3".to_owned(), ..Scheme::default() }, "sha1"),
        PfxProfile::Modern => (
            Scheme {
                scheme: "1.2.840.113549.1.5.13".to_owned(),
                cipher: "2.16.840.1.101.3.4.1.42".to_owned(),
                prf: "sha256".to_owned(),
                ..Scheme::default()
            },
            "sha256",
        ),
    };
    let agrees = |scheme: Option<&Scheme>| {
        scheme
            .is_some_and(|seen| seen.salt >= 8 && *seen == Scheme { iterations, salt: seen.salt, ..encryption.clone() })
    };
    differs("version", seen.version == 3, seen.version.to_string());
    let key = seen.keys[0].encryption.as_ref();
    differs("key-encryption", agrees(key), format!("{key:?}"));
    let containers: Vec<_> = seen.containers.iter().flatten().collect();
    let one = containers.len() == 1 && agrees(containers.first().copied());
    differs("certificate-encryption", one, format!("{containers:?}"));
    let mac_agrees = seen
        .mac
        .as_ref()
        .is_some_and(|seen| (seen.algorithm.as_str(), seen.iterations) == (mac, iterations) && seen.salt >= 8);
    differs("mac", mac_agrees, format!("{:?}", seen.mac));
    let mut order = vec!["certificate"; case.certificates.len()];
    order.push("shrouded key");
    let mut seen_order: Vec<_> = seen.order.iter().map(String::as_str).collect();
    seen_order.sort_unstable();
    differs("bags", seen_order == order, format!("{:?}", seen.order));
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for (key, size) in keys().iter().zip(["rsa-2048", "rsa-3072", "rsa-4096"]) {
        for chain in [1, 2, 4] {
            let credential = credential(key, chain);
            for (profile_name, profile) in PROFILES {
                let mut add = |(name, text): (&'static str, Option<&'static str>), (password, secret)| {
                    let at = Coordinates { key: size, profile: profile_name, chain, name, password };
                    cases.push(case(folder, at, &credential, profile, text, secret));
                };
                for name in NAMES {
                    PASSWORDS.into_iter().for_each(|password| add(name, password));
                }
                if (size, chain) == ("rsa-2048", 2) {
                    add(BEYOND_BMP, PASSWORDS[0]);
                }
            }
        }
    }
    cases
}

fn case(
    folder: &Path,
    at: Coordinates,
    credential: &Credential,
    profile: PfxProfile,
    name: Option<&'static str>,
    password: &str,
) -> Case {
    let id = format!("{}-{}-chain{}-{}-{}", at.key, at.profile, at.chain, at.name, at.password);
    let labels = Labels { friendly_name: name.map(str::to_owned), ..Labels::default() };
    let contents = Contents::of_credential(credential, &labels);
    let sealed = seal(&contents, &Password::new(password.to_owned()), &Settings::of(profile), &mut random).unwrap();
    let path = folder.join(format!("{id}.pfx"));
    std::fs::write(&path, &*sealed).unwrap();
    let hex = |fingerprint: s2scert::cert::Fingerprint| fingerprint.to_string().to_lowercase();
    Case {
        at,
        file: File { id, path, password: Some(password.to_owned()) },
        key: hex(credential.key().public_key().fingerprint()),
        certificates: credential.chain().certificates().iter().map(|one| hex(one.fingerprint())).collect(),
        name,
        profile,
    }
}

fn random(octets: &mut [u8]) {
    aws_lc_rs::rand::fill(octets).unwrap();
}

/// A case whose file need not exist, and what a faithful decoder shows of it.
fn sample() -> (Case, Answer) {
    let at = Coordinates { key: "rsa-2048", profile: "legacy", chain: 2, name: "ascii", password: "ascii" };
    let file = File { id: String::new(), path: "none".into(), password: None };
    let certificates = vec!["aa".to_owned(), "bb".to_owned()];
    let case = Case { at, file, key: "cc".to_owned(), certificates, name: Some("N"), profile: PfxProfile::Legacy };
    let seen = serde_json::from_str(
        r#"{"keys": [{"spki": "cc", "name": "N"}], "certificates": [{"sha256": "aa", "name": "N"}, {"sha256": "bb"}]}"#,
    );
    (case, seen.unwrap())
}

#[test]
fn a_swapped_chain_another_key_and_another_name_are_told() {
    let (case, seen) = sample();
    assert_eq!(judge(&case, Oracle::Nss, &seen, &[]), Ok(()));
    let mut swapped = seen.clone();
    swapped.certificates.swap(0, 1);
    assert!(judge(&case, Oracle::Nss, &swapped, &[]).unwrap_err().contains("certificates"));
    let mut another = seen.clone();
    another.keys[0].spki = "dd".to_owned();
    assert!(judge(&case, Oracle::Nss, &another, &[]).unwrap_err().contains("key"));
    let mut renamed = seen;
    renamed.keys[0].name = None;
    assert!(judge(&case, Oracle::Nss, &renamed, &[]).unwrap_err().contains("key-name"));
}

#[test]
fn a_known_refusal_must_show_with_its_words() {
    let (case, seen) = sample();
    let known = Exception::refuses("nss", "bad password");
    assert!(judge(&case, Oracle::Nss, &seen, &[&known]).unwrap_err().contains("although"));
    let mut refused = seen;
    refused.refused = Some("a bad password it was".to_owned());
    assert_eq!(judge(&case, Oracle::Nss, &refused, &[&known]), Ok(()));
    assert!(judge(&case, Oracle::Nss, &refused, &[]).is_err());
    refused.refused = Some("out of memory".to_owned());
    assert!(judge(&case, Oracle::Nss, &refused, &[&known]).is_err());
}
