//! Lints about the outside of a PFX other than its protection: password, encoding, size.

use super::bags::Envelope;
use super::view::View;
use super::{ANY_PFX, Confidence, Hit, Lint, OPENED, Place, Scope, Weight};
use crate::cert::Password;
use crate::policy::Severity::{Info, Warning};

/// A chain of four with a 4096-bit key takes 10 KiB.
const LARGE: usize = 64 * 1024;
/// Against a trial of all passwords; see `docs/SECURITY.md` on legacy encryption.
const SHORT_PASSWORD: usize = 12;

pub(super) const LINTS: &[Lint] = &[
    Lint {
        id: "pfx-password-empty",
        weight: Weight::Always(Warning),
        title: "the password is empty",
        reason: "Whoever has the file has the key. An empty password can also be encoded in two ways, and readers differ.",
        remedy: "s2scert export FILE --generate-password-to s2s.txt --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 appendix B.1",
        confidence: Confidence::Documented,
        scopes: OPENED,
        check: password_empty,
    },
    Lint {
        id: "pfx-password-short",
        weight: Weight::Always(Info),
        title: "a password of fewer than 12 characters",
        reason: "The encryption of a PFX, the legacy one above all, is as strong as its password.",
        remedy: "s2scert export FILE --generate-password-to s2s.txt --for TARGET --out s2s-TARGET.pfx",
        source: "NIST SP 800-63B; s2scert, docs/SECURITY.md",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: password_short,
    },
    Lint {
        id: "pfx-password-non-ascii",
        weight: Weight::Always(Warning),
        title: "a password with characters outside ASCII",
        reason: "Java refuses it for encryption, and scripts lose it on the way through code pages.",
        remedy: "s2scert export FILE --generate-password-to s2s.txt --for TARGET --out s2s-TARGET.pfx",
        source: "OpenJDK PBEKey (ASCII only); puppetlabs-sslcertificate issue 25",
        confidence: Confidence::Code,
        scopes: OPENED,
        check: password_non_ascii,
    },
    Lint {
        id: "pfx-password-encoding",
        weight: Weight::Always(Warning),
        title: "the password was encoded against the standard",
        reason: "The file opens here because several encodings are tried. Windows tries its own only, and calls the rest a \
                 wrong password.",
        remedy: "s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 appendix B.1; RFC 8018 section 3",
        confidence: Confidence::Inferred,
        scopes: OPENED,
        check: password_encoding,
    },
    Lint {
        id: "pfx-ber",
        weight: Weight::Always(Info),
        title: "BER instead of DER",
        reason: "NSS and old Java write lengths and strings in pieces. Windows reads this; several libraries do not.",
        remedy: "write the file again, which writes DER: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "ITU-T X.690; measured: two of five libraries refuse pk12util's output",
        confidence: Confidence::Code,
        scopes: ANY_PFX,
        check: ber,
    },
    Lint {
        id: "pfx-trailing-octets",
        weight: Weight::Always(Warning),
        title: "octets after the end of the PFX",
        reason: "Nothing protects them. The file was glued together, transferred as text, or holds something else too.",
        remedy: "write the file again, which leaves them out: s2scert export FILE --for TARGET --out s2s-TARGET.pfx",
        source: "RFC 7292 section 4",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: trailing,
    },
    Lint {
        id: "pfx-large",
        weight: Weight::Always(Info),
        title: "a file of more than 64 KiB",
        reason: "A key and its chain take a tenth of that. The file may be a trust store or carry what does not belong.",
        remedy: "see what it holds: s2scert inspect FILE",
        source: "measured: a chain of four with a 4096-bit key takes 10 KiB",
        confidence: Confidence::Inferred,
        scopes: ANY_PFX,
        check: large,
    },
    Lint {
        id: "pfx-locked",
        weight: Weight::Always(Info),
        title: "the inside was not looked at",
        reason: "Without the password only encryption and integrity can be judged, not certificates, attributes and order.",
        remedy: "s2scert inspect FILE --lint --password-file FILE",
        source: "RFC 7292 section 4",
        confidence: Confidence::Documented,
        scopes: &[Scope::LockedPfx],
        check: locked,
    },
];

/// Runs a check over the outside of a PFX.
pub(super) fn of_envelope(view: &View<'_>, message: impl FnOnce(&Envelope<'_>) -> Option<String>) -> Vec<Hit> {
    view.envelope.as_ref().and_then(message).map(|text| Hit::new(Place::File, text)).into_iter().collect()
}

fn of_password(view: &View<'_>, message: impl FnOnce(&Password) -> Option<String>) -> Vec<Hit> {
    let password = view.pfx.as_ref().and_then(|pfx| pfx.password);
    password.and_then(message).map(|text| Hit::new(Place::File, text)).into_iter().collect()
}

fn password_empty(view: &View<'_>) -> Vec<Hit> {
    of_password(view, |password| password.is_empty().then(|| "it opened with an empty password".to_owned()))
}

fn password_short(view: &View<'_>) -> Vec<Hit> {
    of_password(view, |password| {
        let length = password.expose().chars().count();
        (1..SHORT_PASSWORD)
            .contains(&length)
            .then(|| format!("the password has fewer than {SHORT_PASSWORD} characters"))
    })
}

fn password_non_ascii(view: &View<'_>) -> Vec<Hit> {
    of_password(view, |password| (!password.is_ascii()).then(|| "the password has characters outside ASCII".to_owned()))
}

fn password_encoding(view: &View<'_>) -> Vec<Hit> {
    let mut encodings = view.pfx.iter().flat_map(|pfx| &pfx.pfx.password_encodings);
    let odd = encodings.find(|encoding| !encoding.is_standard());
    odd.map(|encoding| Hit::new(Place::File, format!("it opened with the encoding {encoding:?}"))).into_iter().collect()
}

fn ber(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| envelope.was_ber.then(|| "the encoding is BER that is not DER".to_owned()))
}

fn trailing(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| match envelope.trailing_octets {
        0 => None,
        1 => Some("1 octet follows".to_owned()),
        more => Some(format!("{more} octets follow")),
    })
}

fn large(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| (envelope.size > LARGE).then(|| format!("the file has {} octets", envelope.size)))
}

fn locked(view: &View<'_>) -> Vec<Hit> {
    of_envelope(view, |envelope| envelope.locked.then(|| "no password was given".to_owned()))
}
