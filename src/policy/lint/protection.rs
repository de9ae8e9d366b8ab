//! Lints about the protection of a PFX: encryption and integrity. Most need no password.

use super::bags::Encrypted;
use super::envelope::of_envelope;
use super::view::View;
use super::{ANY_PFX, Confidence, Hit, Lint, Place, Weight};
use crate::cert::pfx::{BagKind, EncryptionScheme, MacScheme, PfxProfile, Target};
use crate::policy::Severity::{Error, Info, Warning};

/// Windows writes 2,000 and OpenSSL 2,048; RFC 8018 section 4.2 asks for 1,000 at least.
const FEW_ITERATIONS: u32 = 1_000;
/// What the .NET loader accepts by default for one key derivation, and for the MAC.
const MOST_ITERATIONS: u32 = 300_000;
/// What .NET accepts in all for a file opened without a password, since June 2023 (KB5025823).
const MOST_ITERATIONS_TOGETHER: u64 = 600_000;
/// RFC 8018 section 4.1.
const SHORT_SALT: usize = 8;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "pfx-aes-for-old-target",
        weight: Weight::ByTarget { concerned: Error, unknown: Warning },
        title: "PBES2 (AES) encryption, which Server 2016 and older cannot read",
        reason: "Their import asks for another password or says that the file is protected to an Active Directory \
                 principal. No password helps: the encryption is not known there.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PKCS12_PBES2_EXPORT_PARAMS; dsccommunity/CertificateDsc issue 153",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: aes_for_old,
    },
    Lint {
        id: "pfx-sha2-mac-for-old-target",
        weight: Weight::ByTarget { concerned: Error, unknown: Warning },
        title: "SHA-2 MAC, which Server 2016 and older cannot check",
        reason: "The integrity check fails there, with the same text as a wrong password.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "trustico.com and acmesh-official/acme.sh issue 6805 (SHA-1 MAC needed)",
        confidence: Confidence::Reported,
        scopes: ANY_PFX,
        check: sha2_mac_for_old,
    },
    Lint {
        id: "pfx-pbmac1",
        weight: Weight::ByTarget { concerned: Error, unknown: Warning },
        title: "a PBMAC1 integrity check",
        reason: "RFC 9579 is of 2024. No Windows Server up to 2022 is known to read it, and 2025 is not proven.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 9579",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: pbmac1,
    },
    Lint {
        id: "pfx-legacy-for-new-target",
        weight: Weight::Always(Info),
        title: "legacy encryption although the target reads AES",
        reason: "3DES with SHA-1 rests on the password alone: each guess is cheap. Server 2019 and later read AES.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft, PKCS12_PBES2_EXPORT_PARAMS",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: legacy_for_new,
    },
    Lint {
        id: "pfx-rc2-certificates",
        weight: Weight::Always(Warning),
        title: "certificates encrypted with RC2",
        reason: "The default of old Windows, Java and OpenSSL. OpenSSL 3 and FIPS systems refuse to read it.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "openssl-pkcs12 manual (-legacy); bcgit/bc-csharp issue 372",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: rc2_certificates,
    },
    Lint {
        id: "pfx-weak-key-encryption",
        weight: Weight::Always(Error),
        title: "the private key is encrypted with RC2 or two-key 3DES",
        reason: "40-bit RC2 is broken by trying all keys, without the password. Whoever has the file has the key.",
        remedy: "write it again and treat the old file as a key in clear: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "NIST SP 800-131A revision 2",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: weak_key_encryption,
    },
    Lint {
        id: "pfx-key-in-clear",
        weight: Weight::Always(Error),
        title: "the private key is not encrypted",
        reason: "Whoever can read the file has the key that signs all tokens.",
        remedy: "replace the key if the file has travelled, else encrypt it: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4.2.1",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: key_in_clear,
    },
    Lint {
        id: "pfx-certificates-in-clear",
        weight: Weight::Always(Info),
        title: "the certificates are not encrypted",
        reason: "Certificates are no secret, and Windows reads such files. The names of servers and people are readable.",
        remedy: "nothing needs to be done; s2scert export encrypts them",
        source: "RFC 7292 section 4.1",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: certificates_in_clear,
    },
    Lint {
        id: "pfx-mac-missing",
        weight: Weight::Always(Warning),
        title: "no integrity check (MAC)",
        reason: "A damaged or altered file is not noticed, and some readers refuse it. A wrong password cannot be told from \
                 a damaged file.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: mac_missing,
    },
    Lint {
        id: "pfx-mac-weak",
        weight: Weight::Always(Warning),
        title: "MAC with a salt below 8 octets",
        reason: "A short salt makes a trial of many passwords on many files cheap. A file whose MAC uses MD5 or MD2 is not \
                 read at all.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 8018 section 4.1",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: mac_weak,
    },
    Lint {
        id: "pfx-iterations-low",
        weight: Weight::Always(Warning),
        title: "fewer than 1,000 iterations of a key derivation",
        reason: "Each guess at the password costs next to nothing.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 8018 section 4.2",
        confidence: Confidence::Documented,
        scopes: ANY_PFX,
        check: iterations_low,
    },
    Lint {
        id: "pfx-iterations-high",
        weight: Weight::Always(Warning),
        title: "more iterations than .NET accepts",
        reason: "The .NET loader refuses more than 300,000 for one derivation or the MAC, and since June 2023 .NET and .NET \
                 Framework refuse more than 600,000 in all where no password is given.",
        remedy: "write the file again, which uses a number that every reader accepts: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "Microsoft KB5025823; dotnet/runtime Pkcs12LoaderLimits.cs",
        confidence: Confidence::Code,
        scopes: ANY_PFX,
        check: iterations_high,
    },
];

const WHO_READS_IT: &str = "Server 2019 and later read it, Server 2016 and older do not";

fn of_encryptions(view: &View<'_>, message: impl Fn(&Encrypted) -> Option<String>) -> Vec<Hit> {
    let encryptions = view.envelope.iter().flat_map(|envelope| &envelope.encryptions);
    encryptions.filter_map(|one| Some(Hit::new(one.place, message(one)?))).collect()
}

fn is_old(target: Option<Target>) -> bool {
    target.is_none_or(|target| target.profile() == PfxProfile::Legacy)
}

fn aes_for_old(view: &View<'_>) -> Vec<Hit> {
    let old = is_old(view.target);
    of_encryptions(view, |one| {
        (old && one.encryption.scheme.is_modern())
            .then(|| format!("encrypted with {}: {WHO_READS_IT}", one.encryption.scheme))
    })
}

fn sha2_mac_for_old(view: &View<'_>) -> Vec<Hit> {
    let old = is_old(view.target);
    of_envelope(view, |envelope| {
        let mac = envelope.mac?;
        (old && mac.scheme == MacScheme::Pkcs12Kdf && !mac.hash.is_broken())
            .then(|| format!("the MAC uses {}: {WHO_READS_IT}", mac.hash))
    })
}

fn pbmac1(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| {
        let mac = envelope.mac?;
        matches!(mac.scheme, MacScheme::Pbmac1 { .. }).then(|| format!("the MAC is {} with {}", mac.scheme, mac.hash))
    })
}

fn legacy_for_new(view: &View<'_>) -> Vec<Hit> {
    let Some(target) = view.target.filter(|target| target.profile() == PfxProfile::Modern) else { return Vec::new() };
    of_envelope(view, |envelope| {
        let legacy = envelope.encryptions.iter().find(|one| !one.encryption.scheme.is_modern())?;
        Some(format!("encrypted with {}, and {target} reads AES", legacy.encryption.scheme))
    })
}

fn is_rc2(scheme: EncryptionScheme) -> bool {
    matches!(scheme, EncryptionScheme::PbeSha1Rc2_40 | EncryptionScheme::PbeSha1Rc2_128)
}

fn rc2_certificates(view: &View<'_>) -> Vec<Hit> {
    of_encryptions(view, |one| {
        (one.holds_certificates && is_rc2(one.encryption.scheme))
            .then(|| format!("encrypted with {}", one.encryption.scheme))
    })
}

fn weak_key_encryption(view: &View<'_>) -> Vec<Hit> {
    of_encryptions(view, |one| {
        let scheme = one.encryption.scheme;
        let weak = is_rc2(scheme) || scheme == EncryptionScheme::PbeSha1TwoKeyTripleDes;
        (weak && matches!(one.place, Place::Bag(_))).then(|| format!("encrypted with {scheme}"))
    })
}

fn key_in_clear(view: &View<'_>) -> Vec<Hit> {
    view.bags
        .iter()
        .enumerate()
        .filter(|(_, bag)| bag.kind == BagKind::Key && !is_encrypted(view, bag.safe))
        .map(|(at, _)| Hit::new(Place::Bag(at), "a key bag in clear, in a safe that is not encrypted"))
        .collect()
}

fn certificates_in_clear(view: &View<'_>) -> Vec<Hit> {
    let mut safes: Vec<usize> =
        view.bags.iter().filter(|bag| bag.kind == BagKind::Certificate).map(|bag| bag.safe).collect();
    safes.dedup();
    safes
        .into_iter()
        .filter(|safe| !is_encrypted(view, *safe))
        .map(|safe| Hit::new(Place::Safe(safe), "the safe with certificates is not encrypted"))
        .collect()
}

fn is_encrypted(view: &View<'_>, safe: usize) -> bool {
    view.envelope.iter().flat_map(|envelope| &envelope.encryptions).any(|one| one.place == Place::Safe(safe))
}

fn mac_missing(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| envelope.mac.is_none().then(|| "the file has no MAC".to_owned()))
}

fn mac_weak(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| {
        let mac = envelope.mac?;
        (mac.salt_length < SHORT_SALT).then(|| format!("the salt of the MAC has {} octets", mac.salt_length))
    })
}

/// Lists the iterations of the MAC and of each encryption.
fn iterations<'a>(view: &'a View<'_>) -> impl Iterator<Item = (Place, &'static str, u32)> + 'a {
    view.envelope.iter().flat_map(|envelope| {
        let mac = envelope.mac.map(|mac| (Place::File, "the MAC", mac.iterations));
        let others = envelope.encryptions.iter().map(|one| (one.place, "its encryption", one.encryption.iterations));
        mac.into_iter().chain(others)
    })
}

fn iterations_low(view: &View<'_>) -> Vec<Hit> {
    iterations(view)
        .filter(|(_, _, count)| *count < FEW_ITERATIONS)
        .map(|(place, what, count)| Hit::new(place, format!("{what} uses {count} iterations")))
        .collect()
}

fn iterations_high(view: &View<'_>) -> Vec<Hit> {
    let single: Vec<Hit> = iterations(view)
        .filter(|(_, _, count)| *count > MOST_ITERATIONS)
        .map(|(place, what, count)| {
            Hit::new(place, format!("{what} uses {count} iterations, .NET accepts {MOST_ITERATIONS}"))
        })
        .collect();
    let total: u64 = iterations(view).map(|(_, _, count)| u64::from(count)).sum();
    if single.is_empty() && total > MOST_ITERATIONS_TOGETHER {
        return vec![Hit::new(
            Place::File,
            format!("{total} iterations in all, .NET accepts {MOST_ITERATIONS_TOGETHER}"),
        )];
    }
    single
}
